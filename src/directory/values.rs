//! Values of settings, options and fields: their types, the one form that each is stored in, the words that rules name them by.

use serde_json::Value;

use super::definition::{Field, Typed};
use crate::model::WeeklyHours;
use crate::product::OptionKind;

impl Typed {
    /// The default in the one form that values are stored in.
    pub(super) fn default(&self) -> Option<Value> {
        self.read(self.default.as_ref()?).ok()
    }

    /// The value in the one form that it is stored in, or a phrase that says why it is not of the type.
    pub(super) fn read(&self, value: &Value) -> Result<Value, String> {
        read(self.r#type, &self.values, value)
    }
}

impl Field {
    /// The value in the one form that it is stored in, or a phrase that says why it cannot be one of the field's.
    pub(super) fn read(&self, value: &Value) -> Result<Value, String> {
        let value = read(self.r#type, &self.values, value)?;
        match (&self.pattern, value.as_str()) {
            (Some(shape), Some(text)) if !shape.0.matches(text) => {
                Err(format!("\"{text}\" does not match {}", shape.0.as_str()))
            }
            _ => Ok(value),
        }
    }

    /// Whether a value is the field's default.
    pub(super) fn is_default(&self, value: &Value) -> bool {
        let default = self.default.as_ref();
        default.is_some_and(|it| read(self.r#type, &self.values, it).as_ref() == Ok(value))
    }
}

fn read(kind: OptionKind, values: &[String], value: &Value) -> Result<Value, String> {
    let wrong = |wanted: &str| Err(format!("expected {wanted}, found {value}"));
    let known = |word: &str| values.iter().any(|it| it == word);
    match kind {
        OptionKind::Switch if value.is_boolean() => Ok(value.clone()),
        OptionKind::Switch => wrong("true or false"),
        OptionKind::Count => match value.as_u64() {
            Some(count) if count <= u64::from(u32::MAX) => Ok(value.clone()),
            _ => wrong("a whole number"),
        },
        OptionKind::Enum => match value.as_str() {
            Some(word) if known(word) => Ok(value.clone()),
            _ => wrong(&format!("one of {}", values.join(", "))),
        },
        OptionKind::Set => {
            let words = value
                .as_array()
                .map(|words| words.iter().map(Value::as_str));
            let words: Option<Vec<&str>> = words.and_then(Iterator::collect);
            match words {
                // A set that names no words takes any.
                Some(mut words)
                    if (words.iter())
                        .all(|it| !it.is_empty() && (values.is_empty() || known(it))) =>
                {
                    words.sort_unstable();
                    words.dedup();
                    Ok(Value::from(words))
                }
                _ if values.is_empty() => wrong("a list of words"),
                _ => wrong(&format!("a list of {}", values.join(", "))),
            }
        }
        OptionKind::Text | OptionKind::User => match value.as_str() {
            Some(text) if !text.is_empty() => Ok(value.clone()),
            _ => wrong("text"),
        },
        OptionKind::Hours => match value.as_str().map(WeeklyHours::parse) {
            Some(Ok(hours)) => Ok(Value::from(hours.to_string())),
            Some(Err(why)) => Err(why),
            None => wrong("weekly hours"),
        },
    }
}

/// The words by which selectors and conditions name a value; a set has one for each element.
pub(super) fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        Value::Array(items) => items.iter().flat_map(words).collect(),
        other => vec![other.to_string()],
    }
}
