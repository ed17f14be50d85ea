//! What one subject (a user, a team, a bundle) is written to have on one account.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::scalars::{Day, Literal};
use crate::diagnostic::Diagnostic;
use crate::text::{Span, Spanned, Word};
use crate::yaml::{
    Decode, Decoder, Entries, Node, NodeKind, codes as yaml_codes, decode_enum, decode_struct,
};

decode_struct! {
    /// What somebody has on an account, and when. Fields that are not written come from the person's bundles, then teams.
    pub struct Access("an access") {
        /// The role.
        pub role: Option<Spanned<Word>>,
        /// The roles, where the product allows several; an empty list means none.
        pub roles: Option<Box<Spanned<Vec<Spanned<Word>>>>>,
        /// Options by name; what is not written is at the product's default.
        #[schemars(default)]
        pub options: Entries<Spanned<Literal>>,
        /// Rights to use add-ons of the account.
        pub grants: Option<Box<Entries<Spanned<GrantWord>>>>,
        /// The first day with this access.
        pub from: Option<Box<Spanned<Day>>>,
        /// The last day with this access.
        pub until: Option<Box<Spanned<Day>>>,
        /// Who comes first where seats are too few: the higher number; 0 if not written.
        pub priority: Option<Box<Spanned<u32>>>,
        /// Why, for reviewers and for the audit log.
        pub reason: Option<Box<Word>>,
        /// Who takes over what the person has when the access ends.
        pub hand_over_to: Option<Box<Spanned<Word>>>,
    }
}

decode_struct! {
    /// No access, whatever a team or a bundle gives.
    pub struct NoAccess("an entry that says none") {
        /// Always `true`.
        pub none: True,
        /// Who takes over what the person has.
        pub hand_over_to: Option<Spanned<Word>>,
        /// Why, for reviewers and for the audit log.
        pub reason: Option<Word>,
    }
}

decode_enum! {
    /// The right to use an add-on.
    pub enum GrantWord {
        /// The right is given.
        Access = "access",
        /// The right is withheld.
        None = "none",
        /// What the account's default says.
        Inherit = "inherit",
    }
}

/// What is written for one subject on one account.
#[derive(Clone, Debug)]
pub enum AccessEntry {
    /// A mapping: this access, always or within its days.
    Access(Access),
    /// `none` or `{none: true, ...}`.
    None(Box<Spanned<NoAccess>>),
    /// A list of periods, in file order; not empty once resolved.
    Periods(Vec<Spanned<Access>>),
}

/// The word `true` where nothing else makes sense.
#[derive(Clone, Copy, Debug)]
pub struct True;

impl Decode for AccessEntry {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar { text, .. } if text == "none" => Some(Self::none(node.span)),
            NodeKind::Sequence(periods) if periods.is_empty() => {
                cx.expected(node, "at least one period")
            }
            NodeKind::Sequence(_) => Vec::decode(node, cx).map(Self::Periods),
            NodeKind::Mapping(_) if node.get("none").is_some() => {
                Spanned::decode(node, cx).map(|entry| Self::None(Box::new(entry)))
            }
            NodeKind::Mapping(_) => Access::decode(node, cx).map(Self::Access),
            // An access that is cut off in the middle of writing must not pass for one without a role.
            NodeKind::Scalar { text, .. } => {
                let what = "an access: a mapping, \"none\" or a list of periods";
                let message = format!("expected {what}, found {}", node.describe());
                let diagnostic =
                    Diagnostic::new(&yaml_codes::WRONG_TYPE, message).at(node.span, "");
                let is_word = text
                    .chars()
                    .all(|c| c.is_alphanumeric() || "-_.".contains(c));
                cx.sink.push(match is_word && !text.is_empty() {
                    true => diagnostic.help(format!("a role is written {{role: {text}}}")),
                    false => diagnostic,
                });
                None
            }
        }
    }
}

impl AccessEntry {
    fn none(span: Span) -> Self {
        let entry = NoAccess {
            none: True,
            hand_over_to: None,
            reason: None,
        };
        Self::None(Box::new(Spanned::new(entry, span)))
    }
}

impl Decode for True {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match bool::decode(node, cx)? {
            true => Some(Self),
            false => cx.expected(node, "true, or no key \"none\" at all"),
        }
    }
}

impl Serialize for True {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl Serialize for AccessEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Access(access) => access.serialize(serializer),
            Self::None(entry)
                if entry.value.hand_over_to.is_none() && entry.value.reason.is_none() =>
            {
                serializer.serialize_str("none")
            }
            Self::None(entry) => entry.serialize(serializer),
            Self::Periods(periods) => periods.serialize(serializer),
        }
    }
}

impl JsonSchema for True {
    fn schema_name() -> Cow<'static, str> {
        "True".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "boolean", "const": true})
    }
}

impl JsonSchema for AccessEntry {
    fn schema_name() -> Cow<'static, str> {
        "AccessEntry".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let access = generator.subschema_for::<Access>();
        let none = generator.subschema_for::<NoAccess>();
        json_schema!({
            "description": "What somebody has on an account: a mapping, `none`, or a list of periods that do not overlap.",
            "anyOf": [
                access,
                {"type": "string", "const": "none"},
                none,
                {"type": "array", "items": access},
            ]
        })
    }
}
