//! Differences of texts: which words of a long value changed.

use similar::{ChangeTag, TextDiff};

use crate::output::look::{ADD, Look, REMOVE};

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

#[cfg(test)]
mod tests {
    use super::marked;
    use crate::output::Look;

    #[test]
    fn only_the_words_that_differ_are_marked() {
        let (before, after) = marked(&Look::PLAIN, "Mon-Fri 08:00-19:00", "Mon-Sat 08:00-19:00");
        assert_eq!(before, "Mon-[-Fri-] 08:00-19:00");
        assert_eq!(after, "Mon-{+Sat+} 08:00-19:00");
    }
}
