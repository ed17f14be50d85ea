//! A file of an estate: users, teams, bundles, accounts, products.
//!
//! # Design
//! Users are boxed: an estate has many, and when its files are taken together and sorted, only their keys are moved.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::access::AccessEntry;
use super::account::AccountEntry;
use super::scalars::Day;
use crate::config::codes;
use crate::diagnostic::{Diagnostic, Sink};
use crate::product::Product;
use crate::text::{Source, Spanned, Word};
use crate::yaml::{Decode, Decoder, Document, Entries, Node, decode_enum, decode_struct};

decode_struct! {
    /// A file of an estate. Which file or folder a thing stands in means nothing; every key may be left out.
    #[derive(Default)]
    pub struct File("a file of an estate") {
        /// People and service identities, by an e-mail address or any other key.
        #[schemars(default)]
        pub users: Entries<Box<User>>,
        /// Named sets of users.
        #[schemars(default)]
        pub teams: Entries<Team>,
        /// Named sets of accesses, for users to take.
        #[schemars(default)]
        pub bundles: Entries<Bundle>,
        /// Tenants, workspaces and subscriptions of products.
        #[schemars(default)]
        pub accounts: Entries<AccountEntry>,
        /// Product definitions of the estate's own.
        #[schemars(default)]
        pub products: Entries<Spanned<Product>>,
        /// Not available yet.
        #[schemars(skip)]
        pub policies: Option<NotYet>,
    }
}

decode_struct! {
    /// A person or a service identity.
    pub struct User("a user") {
        /// The name for people.
        pub name: Option<Word>,
        /// What sort of user this is.
        pub kind: Option<UserKind>,
        /// Whether what the user does must be kept from others on the same account.
        pub private: Option<bool>,
        /// The e-mail address, where the key is not it.
        pub email: Option<Box<Spanned<Word>>>,
        /// Handles by login name: `{github: ana-m}`.
        #[schemars(default)]
        pub logins: Entries<Spanned<Word>>,
        /// The teams that the user is a member of.
        #[schemars(default)]
        pub teams: Box<[Spanned<Word>]>,
        /// The bundles that the user has.
        #[schemars(default)]
        pub bundles: Box<[Spanned<Word>]>,
        /// What the user has, by account.
        #[schemars(default)]
        pub access: Entries<AccessEntry>,
        /// The first day without any access.
        pub leaves: Option<Box<Spanned<Day>>>,
        /// Who takes over what the user has.
        pub hand_over_to: Option<Box<Spanned<Word>>>,
        /// Earlier keys, addresses, or handles as `github:old-handle`.
        #[schemars(default)]
        pub formerly: Box<[Spanned<Word>]>,
    }
}

decode_enum! {
    /// What sort of user somebody is.
    pub enum UserKind {
        /// Employed by the organisation.
        Employee = "employee",
        /// Works for the organisation without being employed.
        Contractor = "contractor",
        /// Belongs to another organisation.
        Guest = "guest",
        /// Not a person: a bot, an integration.
        Service = "service",
    }
}

decode_struct! {
    /// A named set of users. Who is in it stands at the users.
    pub struct Team("a team") {
        /// Users who lead the team; they are members too.
        #[schemars(default)]
        pub leads: Vec<Spanned<Word>>,
        /// The team that this one lies in. What the parent has, its inner teams have.
        pub parent: Option<Spanned<Word>>,
        /// What each member has, by account.
        #[schemars(default)]
        pub access: Entries<AccessEntry>,
        /// Earlier names.
        #[schemars(default)]
        pub formerly: Vec<Spanned<Word>>,
    }
}

/// A named set of accesses, by account.
pub type Bundle = Entries<AccessEntry>;

/// A key that a later version takes.
#[derive(Clone, Debug, serde::Serialize)]
pub struct NotYet;

impl Decode for NotYet {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        cx.sink.push(
            Diagnostic::new(&codes::NOT_AVAILABLE, "policies are not available yet")
                .at(node.span, "")
                .help("delete them: nothing would check them"),
        );
        None
    }
}

impl JsonSchema for NotYet {
    fn schema_name() -> Cow<'static, str> {
        "NotYet".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(false)
    }
}

/// Reads one file of an estate, the document of a source; what could not be read is left out.
pub fn decode_file(document: &Document<'_>, source: &Source, sink: &mut Sink) -> File {
    let mut cx = Decoder::of(source);
    let read = document
        .root
        .as_ref()
        .and_then(|root| File::decode(root, &mut cx));
    sink.append(cx.sink);
    read.unwrap_or_default()
}
