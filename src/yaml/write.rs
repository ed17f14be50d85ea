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

    use super::write;
    use crate::diagnostic::Sink;
    use crate::text::{Source, Sources};
    use crate::yaml::{self, Decode, Decoder, Entries};

    /// Words that other readers take for something else, and characters that YAML gives a meaning.
    #[test]
    fn awkward_texts_come_back_as_they_were() {
        let awkward = [
            "no",
            "yes",
            "on",
            "null",
            "~",
            "0123",
            "249043822",
            "1e3",
            "1:30",
            "0x1f",
            ".inf",
            "2026-01-01",
            "",
            " a",
            "a ",
            "a: b",
            "a #b",
            "#a",
            "- a",
            "?",
            "&a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a",
            "'a'",
            "\"a\"",
            "{a}",
            "[a]",
            "a\\b",
            "é",
            "<<",
            "=",
            "---",
            "...",
            "true",
            "kubernetes/sig-apps",
        ];
        // As keys and as values; an empty text can only be a value.
        let pairs = awkward
            .iter()
            .filter(|it| !it.is_empty())
            .map(|it| (*it, *it));
        let map: BTreeMap<&str, &str> = pairs.chain([("empty", "")]).collect();
        let text = write(&map);
        let mut sources = Sources::new();
        let (mut sink, mut cx) = (Sink::new(), Decoder::new());
        let source = Source::new("a.yaml", text.as_str());
        let document = yaml::parse(&source, sources.next_id(), &mut sink);
        let root = document.root.as_ref().expect("it is not empty");
        let read: Entries<String> = Decode::decode(root, &mut cx).expect("a mapping");
        sources.add(source);
        assert!(
            sink.diagnostics().is_empty(),
            "{:?}\n{text}",
            sink.diagnostics()
        );
        assert!(
            cx.sink.diagnostics().is_empty(),
            "{:?}\n{text}",
            cx.sink.diagnostics()
        );
        let read = read.into_map();
        for (key, value) in map {
            assert_eq!(read.get(key).map(String::as_str), Some(value), "{text}");
        }
    }
}
