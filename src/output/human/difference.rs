//! Differences of texts: which words of a long value changed, and which lines of a file.

use similar::{ChangeTag, TextDiff};

use crate::output::look::{ADD, FAINT, Look, REMOVE};

/// Two values, with the words that only one of them has marked by colour, or by brackets where there are no colours.
pub(super) fn marked(look: &Look, before: &str, after: &str) -> (String, String) {
    let diff = TextDiff::from_unicode_words(before, after);
    let (mut old, mut new) = (String::new(), String::new());
    for change in diff.iter_all_changes() {
        let text = change.value();
        match change.tag() {
            ChangeTag::Equal => {
                old.push_str(text);
                new.push_str(text);
            }
            ChangeTag::Delete => old.push_str(&mark(look, REMOVE, ("[-", "-]"), text)),
            ChangeTag::Insert => new.push_str(&mark(look, ADD, ("{+", "+}"), text)),
        }
    }
    (old, new)
}

fn mark(look: &Look, style: anstyle::Style, brackets: (&str, &str), text: &str) -> String {
    if look.color {
        look.paint(style, text)
    } else {
        format!("{}{text}{}", brackets.0, brackets.1)
    }
}

/// The lines of a file that differ, with two lines around them, as `diff -u` shows them; empty if the texts are equal.
#[expect(dead_code, reason = "for files that `init` would change")]
pub(super) fn of_files(look: &Look, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut shown = String::new();
    for (at, group) in diff.grouped_ops(2).iter().enumerate() {
        if at > 0 {
            shown.push_str(&look.paint(FAINT, "    ..."));
            shown.push('\n');
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, style) = match change.tag() {
                ChangeTag::Equal => (" ", FAINT),
                ChangeTag::Delete => ("-", REMOVE),
                ChangeTag::Insert => ("+", ADD),
            };
            let text = crate::text::inert(change.value().trim_end_matches(['\n', '\r']));
            shown.push_str(&look.paint(style, format!("  {sign} {text}")));
            shown.push('\n');
        }
    }
    shown
}
