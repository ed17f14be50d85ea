//! Who a user is for a product.

use serde::Serialize;

use crate::text::{Spanned, Word};
use crate::yaml::{decode_enum, decode_struct};

decode_struct! {
    /// Who a user is for the product.
    pub struct AccessRules("the user of a product") {
        /// The identity that the product keys on: `email`, or the name of a login (`github`).
        pub identity: Spanned<Identity>,
        /// Which identities are the same one.
        pub fold: Fold,
        /// How many roles one user has.
        pub roles: RolesPerUser,
        /// The kind of owned objects whose names are the roles here; roles are built in if not written.
        pub owned_roles: Option<Spanned<Word>>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

/// The identity that a product keys on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The user's e-mail address.
    Email,
    /// The user's handle under this login name.
    Login(Word),
}

impl Serialize for Identity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Email => serializer.serialize_str("email"),
            Self::Login(name) => serializer.serialize_str(name),
        }
    }
}

impl crate::yaml::Decode for Identity {
    fn decode(node: &crate::yaml::Node<'_>, cx: &mut crate::yaml::Decoder) -> Option<Self> {
        let word = Word::decode(node, cx)?;
        match word.as_str() {
            "email" => Some(Self::Email),
            _ => Some(Self::Login(word)),
        }
    }
}

impl schemars::JsonSchema for Identity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Identity".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "minLength": 1})
    }
}

decode_enum! {
    /// Which identities are the same one.
    pub enum Fold {
        /// Only equal texts.
        Exact = "exact",
        /// Texts that are equal when case is ignored.
        Case = "case",
    }
}

decode_enum! {
    /// How many roles one user has.
    pub enum RolesPerUser {
        /// Exactly one.
        One = "one",
        /// One or none.
        Optional = "optional",
        /// Any number, none included.
        Many = "many",
    }
}
