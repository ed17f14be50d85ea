//! Reports as JSON for programs: versioned, with a schema, names raw.

use serde::Serialize;

use crate::ops;
use crate::text::is_unsafe_to_show;

/// Everything that `--format json` writes: one document per run.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Document<'r> {
    /// Of `validate`.
    Validation(&'r ops::validate::Report),
    /// Of `plan` and `drift`.
    Plan(&'r ops::plan::Report),
    /// Of `apply`.
    Apply(&'r ops::apply::Report),
    /// Of `show`.
    Show(&'r ops::show::Report),
    /// Of `explain`.
    Explain(&'r ops::explain::Report),
    /// Of `import`.
    Import(&'r ops::import::Report),
    /// Of `import --csv`.
    Export(&'r ops::import::export::Report),
    /// Of `import --inventory`.
    Inventory(&'r ops::import::live::Report),
    /// Of `tasks`, and what `apply` leaves to people.
    Tasks(&'r ops::tasks::Report),
    /// Of `tasks done`.
    Done(&'r ops::tasks::Done),
    /// Of `seats`.
    Seats(&'r ops::seats::Report),
    /// Of `init`.
    Init(&'r ops::init::Report),
}

/// A document as indented JSON.
///
/// Characters that could change how a terminal shows the rest are written as `\u` escapes, so that the values are exact
/// and the text is inert.
pub fn render(document: &Document<'_>) -> String {
    let text = serde_json::to_string_pretty(document)
        .expect("reports have string keys and nothing that JSON cannot hold");
    escaped(&text) + "\n"
}

/// The JSON Schema of everything that `--format json` writes.
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Document<'_>).to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), "A report of seatplan".into());
    }
    schema
}

/// Only strings can hold such characters, so they may be escaped anywhere in the text.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace("##[", "#\\u0023[");
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe_to_show(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn escapes_keep_the_value() {
        let text = "a\u{202e}b\u{9b}c\u{e0041} ##[error]";
        let json = escaped(&serde_json::to_string(text).unwrap());
        assert!(json.is_ascii() && !json.contains("##["));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
