//! Values to YAML text.
//!
//! # Design
//! serde-saphyr quotes what another YAML reader would take for something else (`no`, `0123`, `1:30`), which is why it is
//! used here rather than an own printer. Its defaults are changed in two places, so that the text is what common
//! formatters would leave alone: lists are indented below their key, and long texts stay on one line.

use serde::Serialize;

/// Writes a value in block style, two spaces a level, ending in a line break.
///
/// ```
/// let roles = std::collections::BTreeMap::from([("roles", ["clerk", "no"])]);
/// assert_eq!(seatplan::yaml::write(&roles), "roles:\n  - clerk\n  - \"no\"\n");
/// ```
///
/// # Panics
/// If the value cannot be YAML at all, a map with maps for keys for instance; none of ours is.
pub fn write<T: Serialize>(value: &T) -> String {
    let mut options = serde_saphyr::SerializerOptions::default();
    options.compact_list_indent = false;
    options.prefer_block_scalars = false;
    let text = serde_saphyr::to_string_with_options(value, options);
    text.expect("our own types have text keys and no cycles")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use serde::Serialize;

    use super::write;
    use crate::diagnostic::Sink;
    use crate::text::{Source, Sources};
    use crate::yaml::{Node, NodeKind, parse};

    #[derive(Clone, Debug, PartialEq, Serialize)]
    #[serde(untagged)]
    enum Value {
        Text(String),
        List(Vec<Self>),
        Mapping(BTreeMap<String, Self>),
    }

    fn back(node: &Node<'_>) -> Value {
        match &node.kind {
            NodeKind::Scalar { text, plain } => {
                assert!(!(*plain && node.is_null()), "a text was read as nothing");
                Value::Text(text.to_string())
            }
            NodeKind::Sequence(items) => Value::List(items.iter().map(back).collect()),
            NodeKind::Mapping(entries) => Value::Mapping(
                entries
                    .iter()
                    .map(|it| (it.key.text.to_string(), back(&it.value)))
                    .collect(),
            ),
        }
    }

    fn round_trip(value: &Value) {
        let written = write(value);
        let source = Source::new("a.yaml", written.clone());
        let mut sink = Sink::new();
        let document = parse(&source, Sources::new().next_id(), &mut sink);
        let errors: Vec<_> = sink.diagnostics().iter().map(|it| &it.message).collect();
        assert!(!sink.has_errors(), "{errors:?}\n{written}");
        assert_eq!(
            &back(&document.root.expect("something was written")),
            value,
            "\n{written}"
        );
        assert!(
            written.ends_with('\n') && !written.ends_with("\n\n"),
            "{written:?}"
        );
        let is_trailing = |line: &str| line.ends_with([' ', '\t']);
        assert!(
            !written.lines().any(is_trailing),
            "spaces at the end of a line: {written:?}"
        );
    }

    #[test]
    fn awkward_texts_are_read_back_as_they_were() {
        let texts = [
            "",
            " ",
            "a ",
            " a",
            "~",
            "null",
            "Null",
            "true",
            "no",
            "Yes",
            "off",
            "y",
            "N",
            "<<",
            "=",
            "0",
            "-1",
            "0123",
            "0o17",
            "0x1f",
            "1e3",
            "1_000",
            "12:30:45",
            "190:20:30",
            ".5",
            ".inf",
            "-.INF",
            ".nan",
            "2026-12-01",
            "2026-12-01T10:00:00Z",
            "- a",
            "-",
            "? a",
            ": a",
            "a: b",
            "a:",
            "a #b",
            "#b",
            "&a",
            "*a",
            "!a",
            "!!str",
            "|",
            ">",
            "'",
            "\"",
            "''",
            "it's",
            "say \"x\"",
            "@a",
            "`a",
            "%a",
            "[a",
            "]",
            "{a",
            "}",
            "a,b",
            ", a",
            "a\\b",
            "\\",
            "a\nb",
            "a\n",
            "\na",
            "\n\n",
            "a\r\nb",
            "\t",
            "a\tb",
            "---",
            "--- a",
            "...",
            "Élodie",
            "日本",
            "🙂",
            "a\u{a0}b",
            "\u{202e}a",
            "a\u{200b}",
            "\u{feff}",
            "a\u{feff}",
            "\u{85}",
            "\u{2028}",
            "\u{7f}",
            "\u{1b}[2J",
            "\0",
            "\u{9b}",
            "${HOME}",
            "<<<<<<< HEAD",
            "=======",
            ">>>>>>> x",
            "key: [a, {b: c}]",
            "dana@acme.example",
            "Mon-Fri 08:00-19:00",
            "a very long text that goes on and on, beyond the eighty columns after which some writers begin to fold the line",
        ];
        for text in texts {
            let text = text.to_owned();
            round_trip(&Value::List(vec![
                Value::Text(text.clone()),
                Value::Text(text.clone()),
            ]));
            if !text.is_empty() {
                let inner = BTreeMap::from([(text.clone(), Value::Text(text.clone()))]);
                round_trip(&Value::Mapping(BTreeMap::from([(
                    "k".to_owned(),
                    Value::Mapping(inner),
                )])));
            }
        }
    }

    #[test]
    fn what_is_written_looks_like_what_people_write() {
        let people = serde_json::json!({
            "users": {"ana@acme.example": {"name": "Ana", "teams": ["support"], "access": {}, "formerly": []},
                      "github:no": {"name": "no", "since": "2026-12-01", "quote": "it's"}},
            "lots": [{"size": 50, "count": 2}]
        });
        insta::assert_snapshot!(write(&people), @r##"
        lots:
          - count: 2
            size: 50
        users:
          ana@acme.example:
            access: {}
            formerly: []
            name: Ana
            teams:
              - support
          "github:no":
            name: "no"
            quote: it's
            since: "2026-12-01"
        "##);
    }

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            any::<String>(),
            "[ -~]{0,12}",
            "[-?:,\\[\\]{}#&*!|>'\"%@` a\n\t]{1,6}",
        ];
        text.prop_map(Value::Text)
            .prop_recursive(4, 24, 4, |inner| {
                prop_oneof![
                    prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                    prop::collection::btree_map("[^\u{0}]{1,8}", inner, 0..4)
                        .prop_map(Value::Mapping),
                ]
            })
    }

    proptest! {
        #![proptest_config(crate::chance::cases(256))]

        #[test]
        fn everything_is_read_back_as_it_was_written(value in values()) {
            round_trip(&value);
        }
    }
}
