//! An account and what it owns.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::access::AccessEntry;
use super::billing::Billing;
use super::scalars::{Days, Literal};
use super::setting::SettingEntry;
use super::settings::UnmanagedWord;
use crate::diagnostic::Diagnostic;
use crate::text::{Spanned, Word};
use crate::yaml::codes as yaml_codes;
use crate::yaml::{Decode, Decoder, Entries, Node, NodeKind, decode_struct};

decode_struct! {
    /// One tenant, workspace or subscription of a product.
    pub struct Account("an account") {
        /// The product: one that is built in, or one of the estate's own.
        pub product: Spanned<Word>,
        /// How the account is reached.
        pub connection: Option<Spanned<Connection>>,
        /// What happens to people there to whom no access is written.
        pub unmanaged: Option<Spanned<UnmanagedWord>>,
        /// The account that this one is a sub-account of.
        pub parent: Option<Spanned<Word>>,
        /// Switches and subscription attributes; `{value, until, then}` for one that changes on a day.
        #[schemars(default)]
        pub settings: Entries<Spanned<SettingEntry>>,
        /// The quantities wanted, by pool; what is not written stays as it is. A quantity of a pool of which nothing can be
        /// bought before a setting changes on its day counts from that day on.
        #[schemars(default)]
        pub seats: Entries<Spanned<Seats>>,
        /// What is paid.
        pub billing: Option<Spanned<Billing>>,
        /// The teams that exist at the vendor; teams there are left alone if this is not written.
        pub teams: Option<Entries<AccountTeam>>,
        /// What users and teams (`team/NAME`) have here.
        #[schemars(default)]
        pub access: Entries<AccessEntry>,
        /// What the account owns, by kind; the keys are those of the kinds that its product declares.
        #[schemars(skip)]
        #[serde(flatten)]
        pub owned: Owned,
    }
}

/// An account as it stands in a file: every key that is no key of all accounts is a kind of things that it owns. Whether
/// there is such a kind only its product knows.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct AccountEntry(pub Account);

/// What an account owns, by kind.
#[derive(Clone, Debug, Default)]
pub struct Owned(pub Vec<OwnedKind>);

/// The objects of one kind that an account owns.
#[derive(Clone, Debug)]
pub struct OwnedKind {
    /// The key.
    pub kind: Spanned<Word>,
    /// The objects by name.
    pub objects: Entries<Spanned<OwnedObject>>,
    /// What is wrong with them; told only if there is such a kind.
    pub problems: Vec<Diagnostic>,
}

impl OwnedKind {
    /// Whether the files say what there is of the kind: at least one that shall be there.
    pub fn is_managed(&self) -> bool {
        self.objects.iter().any(|(_, it)| !it.value.is_none)
    }
}

/// One object: its fields, of which only the product knows the types; or `none`.
#[derive(Clone, Debug, Default)]
pub struct OwnedObject {
    /// Whether it shall not be there, in every mode.
    pub is_none: bool,
    /// Fields by name.
    pub fields: Entries<Spanned<Literal>>,
    /// Earlier names.
    pub formerly: Vec<Spanned<Word>>,
}

/// The keys of every account; any other is a kind of things that it owns.
pub const ACCOUNT_KEYS: &[&str] = &[
    "product",
    "connection",
    "unmanaged",
    "parent",
    "settings",
    "seats",
    "billing",
    "teams",
    "access",
];

decode_struct! {
    /// How an account is reached.
    pub struct Connection("a connection") {
        /// The provider; `directory` if not written.
        pub provider: Option<Spanned<Word>>,
        /// Where the service answers; a provider that can be started in-process is, if this is not written.
        pub url: Option<Spanned<Word>>,
        /// Where the credential is kept; never the credential.
        pub token: Option<Token>,
        /// The file that the provider `inventory` keeps the account in, from the folder of `seatplan.yaml`.
        pub file: Option<Spanned<Word>>,
        /// A script for the embedded directory that plays the vendor and the people, from the folder of `seatplan.yaml`.
        pub script: Option<Spanned<Word>>,
        /// How long what people have seen counts, as `90d`; after that it is shown as aged.
        pub attested_for: Option<Days>,
    }
}

/// Where a credential is kept: `{env: NAME}` or `{file: PATH}`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Token {
    /// In the environment variable of this name.
    Env(Spanned<Word>),
    /// In the file of this path.
    File(Spanned<Word>),
}

/// A quantity of seats.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Seats {
    /// A number of seats.
    Number(u32),
    /// Batches that are bought and cancelled whole.
    Lots(Vec<LotEntry>),
}

decode_struct! {
    /// Some batches of one size.
    pub struct LotEntry("a lot") {
        /// Seats in one batch.
        pub size: std::num::NonZeroU32,
        /// Number of batches.
        pub count: u32,
    }
}

decode_struct! {
    /// A team that exists at the vendor: `{from: NAME}` mirrors a team of the estate, the other keys make a team of the
    /// account's own.
    pub struct AccountTeam("a team of an account") {
        /// The team of the estate that this one mirrors: its members, its leads, and its parent if that is mirrored too.
        pub from: Option<Spanned<Word>>,
        /// Users in the team.
        #[schemars(default)]
        pub members: Vec<Spanned<Word>>,
        /// Users who lead the team; they are members too.
        #[schemars(default)]
        pub leads: Vec<Spanned<Word>>,
        /// The team of this account that this one lies in.
        pub parent: Option<Spanned<Word>>,
        /// Earlier names at the vendor.
        #[schemars(default)]
        pub formerly: Vec<Spanned<Word>>,
    }
}

impl Decode for AccountEntry {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let NodeKind::Mapping(entries) = &node.kind else {
            return Account::decode(node, cx).map(Self);
        };
        let is_key = |it: &&crate::yaml::Entry<'_>| ACCOUNT_KEYS.contains(&it.key.text.as_ref());
        let (keys, kinds): (Vec<_>, Vec<_>) = entries.iter().partition(is_key);
        if kinds.is_empty() {
            return Account::decode(node, cx).map(Self);
        }
        let rest = Node {
            span: node.span,
            kind: NodeKind::Mapping(keys.into_iter().cloned().collect()),
        };
        let mut account = Account::decode(&rest, cx)?;
        let kinds = kinds.into_iter().map(|it| kind_of(it, cx));
        account.owned = Owned(kinds.collect());
        Some(Self(account))
    }
}

fn kind_of(entry: &crate::yaml::Entry<'_>, cx: &Decoder) -> OwnedKind {
    let mut own = cx.beside();
    let objects = Entries::decode(&entry.value, &mut own).unwrap_or_default();
    OwnedKind {
        kind: Spanned::new(cx.word(&entry.key.text), entry.key.span),
        objects,
        problems: own.sink.diagnostics().to_vec(),
    }
}

/// Never written under a key of its own.
impl Decode for Owned {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        cx.unknown_key("owned", node.span, ACCOUNT_KEYS, "an account");
        None
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

impl Decode for OwnedObject {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let NodeKind::Mapping(entries) = &node.kind else {
            return match &node.kind {
                _ if node.is_null() => Some(Self::default()),
                NodeKind::Scalar { text, .. } if text == "none" => Some(Self {
                    is_none: true,
                    ..Self::default()
                }),
                _ => cx.expected(node, "a mapping (what the account owns), or none"),
            };
        };
        let (names, fields): (Vec<_>, Vec<_>) =
            entries.iter().partition(|it| it.key.text == "formerly");
        let fields = Node {
            span: node.span,
            kind: NodeKind::Mapping(fields.into_iter().cloned().collect()),
        };
        let formerly = match names.first() {
            Some(names) => Vec::decode(&names.value, cx)?,
            None => Vec::new(),
        };
        Some(Self {
            is_none: false,
            fields: Entries::decode(&fields, cx)?,
            formerly,
        })
    }
}

impl Serialize for OwnedObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_none {
            return serializer.serialize_str("none");
        }
        #[derive(Serialize)]
        struct Fields<'a> {
            #[serde(flatten)]
            fields: &'a Entries<Spanned<Literal>>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            formerly: &'a [Spanned<Word>],
        }
        let fields = Fields {
            fields: &self.fields,
            formerly: &self.formerly,
        };
        fields.serialize(serializer)
    }
}

impl Serialize for Owned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kinds = self
            .0
            .iter()
            .map(|it| (it.kind.value.as_str(), &it.objects));
        serializer.collect_map(kinds)
    }
}

impl JsonSchema for AccountEntry {
    fn schema_name() -> Cow<'static, str> {
        Account::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        Account::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Account::json_schema(generator)
    }
}

impl Decode for Token {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let place = match &node.kind {
            NodeKind::Mapping(entries) if entries.len() == 1 => &entries[0],
            NodeKind::Mapping(_) => {
                return cx.expected(node, "one of {env: NAME} and {file: PATH}");
            }
            NodeKind::Scalar { .. } if node.is_null() => {
                return cx.expected(node, "one of {env: NAME} and {file: PATH}");
            }
            // The value is never repeated: it would end up in logs.
            NodeKind::Scalar { .. } | NodeKind::Sequence(_) => {
                let message = "a credential is not written into a file of the estate";
                cx.sink.push(
                    Diagnostic::new(&yaml_codes::SECRET, message)
                        .at(node.span, "")
                        .help("write where it is kept: {env: NAME} or {file: PATH}"),
                );
                return None;
            }
        };
        match place.key.text.as_ref() {
            "env" => Spanned::decode(&place.value, cx).map(Self::Env),
            "file" => Spanned::decode(&place.value, cx).map(Self::File),
            other => {
                cx.unknown_key(other, place.key.span, &["env", "file"], "a token");
                None
            }
        }
    }
}

impl Decode for Seats {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Sequence(_) => Vec::decode(node, cx).map(Self::Lots),
            NodeKind::Mapping(_) => cx.expected(node, "a number of seats, or a list of lots"),
            NodeKind::Scalar { .. } => u32::decode(node, cx).map(Self::Number),
        }
    }
}

impl JsonSchema for Token {
    fn schema_name() -> Cow<'static, str> {
        "Token".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let place =
            |what: &str| json_schema!({"type": "string", "minLength": 1, "description": what});
        json_schema!({
            "type": "object",
            "description": "Where the credential is kept: `{env: NAME}` or `{file: PATH}`.",
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {
                "env": place("The name of an environment variable."),
                "file": place("The path of a file."),
            }
        })
    }
}

impl JsonSchema for Seats {
    fn schema_name() -> Cow<'static, str> {
        "Seats".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let lot = generator.subschema_for::<LotEntry>();
        json_schema!({
            "description": "A number of seats, or batches that are bought and cancelled whole.",
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": u32::MAX},
                {"type": "array", "items": lot},
            ]
        })
    }
}
