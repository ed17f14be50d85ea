//! Add-on rights, and the other names that things have or had.

use serde::Serialize;

use super::super::Condition;
use super::super::constraint::Selector;
use crate::model::Grant;
use crate::text::{Spanned, Word};
use crate::yaml::{Decode, Decoder, Entries, Node, decode_enum, decode_struct};

decode_struct! {
    /// The right to use an add-on of the account.
    pub struct GrantRule("a grant") {
        /// Its name on the vendor's screen.
        pub title: Option<String>,
        /// One sentence on what it is.
        pub text: Option<String>,
        /// The vendor's words for `access` and `none`, for tasks.
        #[schemars(default)]
        pub values: Entries<String>,
        /// What somebody has for whom nothing is written: the first whose condition holds; `none` if none does.
        #[schemars(default)]
        pub default: Vec<GrantDefault>,
        /// What is said where a line asks for what the default gives anyway.
        pub note_when_default: Option<String>,
        /// Who can have it at all; everybody with access if not written.
        pub requires: Option<Selector>,
        /// Capabilities of the matrix that it opens.
        #[schemars(default)]
        pub opens: Vec<Spanned<Word>>,
        /// The condition on the account under which it opens them; always if not written.
        pub opens_when: Option<Condition>,
        /// Other names that it has or had.
        #[schemars(default)]
        pub aliases: Entries<Alias>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_struct! {
    /// What somebody has for whom nothing is written, under a condition on the account.
    pub struct GrantDefault("a grant's default") {
        /// What they have.
        pub value: GrantValue,
        /// The condition on the account; always if not written.
        pub when: Option<Condition>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

decode_enum! {
    /// The right to use an add-on.
    pub enum GrantValue {
        /// The right is given.
        Access = "access",
        /// The right is withheld.
        None = "none",
    }
}

impl From<GrantValue> for Grant {
    fn from(value: GrantValue) -> Self {
        match value {
            GrantValue::Access => Self::Access,
            GrantValue::None => Self::None,
        }
    }
}

decode_struct! {
    /// Another name of something.
    pub struct Alias("an alias") {
        /// The first day on which it has this name, if that is known.
        pub since: Option<Date>,
        /// The last day on which it has this name, if that is known.
        pub until: Option<Date>,
        /// What there is to know about the name.
        pub text: Option<String>,
        /// Rule ids that this covers.
        #[schemars(default)]
        pub rules: Vec<String>,
    }
}

impl Alias {
    /// Whether something has this name on a day.
    pub fn holds_on(&self, day: jiff::civil::Date) -> bool {
        self.since.is_none_or(|it| it.0 <= day) && self.until.is_none_or(|it| day <= it.0)
    }
}

/// A day: `2025-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub jiff::civil::Date);

impl Decode for Date {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let text = Word::decode(node, cx)?;
        match text.len() == 10 {
            true => match text.parse() {
                Ok(day) => Some(Self(day)),
                Err(_) => cx.expected(node, "a day as YEAR-MONTH-DAY"),
            },
            false => cx.expected(node, "a day as YEAR-MONTH-DAY"),
        }
    }
}

impl Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl schemars::JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date"})
    }
}

impl GrantRule {
    /// The vendor's word for a value; the value itself where the definition has none.
    pub fn vendor_word(&self, value: &str) -> String {
        let word = self.values.get(value).cloned();
        word.unwrap_or_else(|| value.to_owned())
    }
}
