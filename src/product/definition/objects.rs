//! Things that an account owns beside people and teams: profiles, sub-accounts, contacts of the vendor.

use serde::Serialize;

use super::values::SettingDefault;
use crate::text::{Spanned, Word};
use crate::yaml::{Decode, Decoder, Entries, Node, NodeKind, decode_enum, decode_struct};

decode_struct! {
    /// A kind of things that an account owns. Its name is a key of the account.
    pub struct ObjectKind("a kind of objects") {
        /// The vendor's word for one of them.
        pub title: Option<String>,
        /// One or two sentences on what they are.
        pub text: Option<String>,
        /// What is said about each.
        #[schemars(default)]
        pub fields: Entries<FieldRule>,
        /// Whether removing one loses data: then each removal counts among the removals that must be accepted.
        pub protect: Option<bool>,
        /// Which accounts can own them; every account if not written.
        pub under: Option<Under>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_enum! {
    /// Which accounts can own objects of a kind.
    pub enum Under {
        /// Every account.
        None = "none",
        /// Accounts that are not the sub-account of another one.
        Main = "main",
    }
}

decode_struct! {
    /// One thing that is said about an object.
    pub struct FieldRule("a field") {
        /// The type of its values.
        pub r#type: FieldKind,
        /// Its name on the vendor's screen.
        pub title: Option<String>,
        /// The words of an enum, or of a set; a set without them takes any words.
        #[schemars(default)]
        pub values: Vec<Spanned<Word>>,
        /// The vendor's words for its values, for tasks.
        #[schemars(default)]
        pub words: Entries<String>,
        /// Whether it must be written.
        pub required: Option<bool>,
        /// Whether it cannot be changed once the object is there.
        pub immutable: Option<bool>,
        /// The value that holds where nothing is written.
        pub default: Option<SettingDefault>,
        /// The regular expression that all of a text must match.
        pub pattern: Option<Spanned<Pattern>>,
        /// Whether a third party gives it later: it is not in the files, and asked for when the task is done.
        pub later: Option<bool>,
        /// Whether its words are capabilities: whoever has the object as a role may do what they name. Only for a set of
        /// the kind that is named by `owned_roles`.
        pub allows: Option<bool>,
        /// Whether no two objects of the kind have the same.
        pub unique: Option<Unique>,
        /// How it is changed; in place if not written.
        pub change: Option<ChangeHow>,
        /// One sentence on what it is.
        pub text: Option<String>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_enum! {
    /// The type of a field's values.
    pub enum FieldKind {
        /// `true` or `false`.
        Switch = "switch",
        /// A whole number.
        Count = "count",
        /// One of `values`.
        Enum = "enum",
        /// Any of `values`, or any words.
        Set = "set",
        /// Any text.
        Text = "text",
        /// A user of the estate.
        User = "user",
    }
}

decode_enum! {
    /// How a field is changed.
    pub enum ChangeHow {
        /// In place.
        Update = "update",
        /// By removing the object and making it anew, as `replace:` says.
        Replace = "replace",
    }
}

/// Whether no two things have the same value of a field: `true` within the kind, `account` also against the addresses of
/// the people with access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// Values may repeat.
    No,
    /// No two objects of the kind have the same.
    Kind,
    /// Nor does anybody with access to the account have it as an address.
    Account,
}

impl Decode for Unique {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        match &node.kind {
            NodeKind::Scalar { text, .. } if text == "account" => Some(Self::Account),
            _ => bool::decode(node, cx).map(|it| if it { Self::Kind } else { Self::No }),
        }
    }
}

impl Serialize for Unique {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::No => serializer.serialize_bool(false),
            Self::Kind => serializer.serialize_bool(true),
            Self::Account => serializer.serialize_str("account"),
        }
    }
}

impl schemars::JsonSchema for Unique {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Unique".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"enum": [true, false, "account"]})
    }
}

/// A regular expression that all of a text must match, compiled once.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Word,
    regex: regex::Regex,
}

/// A compiled pattern may take this much memory, in bytes.
const PATTERN_SIZE_MAX: usize = 1 << 18;

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Why it is not one, as a phrase.
    pub fn new(text: &str) -> Result<Self, String> {
        let anchored = format!("^(?:{text})$");
        let regex = regex::RegexBuilder::new(&anchored)
            .size_limit(PATTERN_SIZE_MAX)
            .build();
        match regex {
            Ok(regex) => Ok(Self {
                text: Word::new(text),
                regex,
            }),
            Err(regex::Error::CompiledTooBig(_)) => Err("it is too large".to_owned()),
            Err(error) => {
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                Err(last.trim_start_matches("error: ").to_owned())
            }
        }
    }

    /// Whether all of a text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Decode for Pattern {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let text = Word::decode(node, cx)?;
        match Self::new(&text) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                let message = format!("this is not a regular expression: {why}");
                cx.sink.push(
                    crate::diagnostic::Diagnostic::new(
                        &super::super::codes::NOT_AN_EXPRESSION,
                        message,
                    )
                    .at(node.span, ""),
                );
                None
            }
        }
    }
}

impl Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl schemars::JsonSchema for Pattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pattern".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "regex"})
    }
}
