//! Settings of the account and options of an access: what values they take.

use serde::Serialize;

use crate::text::{Spanned, Word};
use crate::yaml::{Entries, decode_enum, decode_struct};

decode_struct! {
    /// An attribute or switch of the account.
    pub struct SettingRule("a setting") {
        /// The type of its values.
        pub r#type: OptionKind,
        /// The words of an enum or set.
        #[schemars(default)]
        pub values: Vec<Spanned<Word>>,
        /// The value that holds where nothing is written or read.
        pub default: Option<SettingDefault>,
        /// Where its actual value comes from.
        pub source: Source,
        /// One sentence on what it is.
        pub text: Option<String>,
        /// The vendor's words for its values, for tasks.
        #[schemars(default)]
        pub words: Entries<String>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// A switch, enum, set or schedule of one user's access.
    pub struct OptionRule("an option") {
        /// The type of its values.
        pub r#type: OptionKind,
        /// Its name on the vendor's screen.
        pub title: Option<String>,
        /// The words of an enum or set.
        #[schemars(default)]
        pub values: Vec<Spanned<Word>>,
        /// The vendor's words for its values, for tasks.
        #[schemars(default)]
        pub words: Entries<String>,
        /// The value that holds where nothing is written. Without one, an option that is not written is left alone.
        pub default: Option<SettingDefault>,
        /// The roles that can have it; all if not written.
        #[schemars(default)]
        pub roles: Vec<Spanned<Word>>,
        /// Whether somebody for whom it is set (not at its default) administers the account, whatever their roles.
        pub administers: Option<bool>,
        /// Capabilities of the matrix that it takes away when it is not at its default.
        #[schemars(default)]
        pub denies: Vec<Spanned<Word>>,
        /// Capabilities of the matrix that stay, but limited, when it is not at its default.
        #[schemars(default)]
        pub limits: Vec<Spanned<Word>>,
        /// Whether the vendor's API tells its value; yes if not written.
        pub readable: Option<bool>,
        /// One sentence on what it does.
        pub text: Option<String>,
        /// What one of its values means, as a sentence.
        #[schemars(default)]
        pub text_when: Entries<String>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

/// A default as written: a switch, a count, a word, or a list of words for a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingDefault(pub crate::model::Value);

impl Serialize for SettingDefault {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use crate::model::Value;
        match &self.0 {
            Value::Switch(on) => serializer.serialize_bool(*on),
            Value::Count(count) => serializer.serialize_u32(*count),
            Value::Words(words) => serializer.collect_seq(words),
            other => serializer.collect_str(other),
        }
    }
}

impl crate::yaml::Decode for SettingDefault {
    fn decode(node: &crate::yaml::Node<'_>, cx: &mut crate::yaml::Decoder) -> Option<Self> {
        use crate::model::Value;
        if let crate::yaml::NodeKind::Sequence(_) = &node.kind {
            return Vec::<Word>::decode(node, cx).map(|words| Self(Value::words(words)));
        }
        let crate::yaml::NodeKind::Scalar { text, plain } = &node.kind else {
            return cx.expected(node, "a switch, a count, a word or a list of words");
        };
        Some(Self(match (text.as_ref(), *plain) {
            ("true", true) => Value::Switch(true),
            ("false", true) => Value::Switch(false),
            (digits, true) if digits.parse::<u32>().is_ok() => Value::Count(u32::decode(node, cx)?),
            _ => Value::Word(Word::decode(node, cx)?),
        }))
    }
}

impl schemars::JsonSchema for SettingDefault {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Default".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["boolean", "integer", "string", "array"], "items": {"type": "string"}
        })
    }
}

decode_enum! {
    /// Where an actual value comes from.
    pub enum Source {
        /// The vendor's API tells it.
        Api = "api",
        /// A person wrote it into the inventory.
        Inventory = "inventory",
        /// The estate's `settings:` is all that is known.
        Written = "written",
    }
}

decode_enum! {
    /// The type of an option's or setting's values.
    pub enum OptionKind {
        /// `true` or `false`.
        Switch = "switch",
        /// A whole number.
        Count = "count",
        /// One of `values`.
        Enum = "enum",
        /// Any of `values`.
        Set = "set",
        /// Any text.
        Text = "text",
        /// Weekly hours in which somebody may log in, by the account's own clock: `Mon-Fri 08:00-19:00`, or `never`.
        Hours = "hours",
        /// A user of the estate.
        User = "user",
    }
}

impl SettingRule {
    /// The vendor's word for a value; the value itself where the definition has none.
    pub fn vendor_word(&self, value: &str) -> String {
        let word = self.words.get(value).cloned();
        word.unwrap_or_else(|| value.to_owned())
    }
}

impl OptionRule {
    /// The vendor's word for a value; the value itself where the definition has none.
    pub fn vendor_word(&self, value: &str) -> String {
        let word = self.words.get(value).cloned();
        word.unwrap_or_else(|| value.to_owned())
    }
}
