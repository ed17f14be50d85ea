//! What is refused or warned of while a document is read, in words.

use std::ops::Range;

use super::codes;
use super::limits::{DEPTH_MAX, NODES_MAX, TEXT_BYTES_MAX};
use super::parse::Builder;
use crate::diagnostic::Diagnostic;
use crate::text::{Span, is_unsafe_to_show};

impl Builder<'_, '_> {
    pub(super) fn comment(&mut self, range: &Range<usize>) {
        for (at, c) in self.text[range.clone()].char_indices() {
            // Controls were refused before parsing.
            if is_unsafe_to_show(c) && !c.is_control() && c != '\u{feff}' {
                let at = range.start + at;
                let span = self.span(&(at..at + c.len_utf8()));
                self.problem(
                    Diagnostic::new(
                        &codes::INVISIBLE_IN_COMMENT,
                        format!(
                            "this comment holds a character that is not shown: U+{:04X}",
                            c as u32
                        ),
                    )
                    .at(span, "")
                    .help("delete it; a reviewer may read something else than what is written"),
                );
            }
        }
    }

    pub(super) fn warn_of_reference(&mut self, text: &str, range: &Range<usize>) {
        let Some(name) = reference(text) else { return };
        let span = self.span(range);
        self.problem(
            Diagnostic::new(
                &codes::REFERENCE,
                format!("\"${{{name}}}\" is taken as it is written; variables are not put into texts"),
            )
            .at(span, "")
            .help(format!(
                "write the value itself; a secret is written {{env: {name}}} where a field takes one"
            )),
        );
    }

    /// Reports a tag; true if the value means something else without it, so that it must be left out.
    pub(super) fn refuse_tag(&mut self, tag: Option<Range<usize>>, node: &Range<usize>) -> bool {
        let range = tag.unwrap_or_else(|| node.clone());
        let written = &self.text[range.clone()];
        let (help, is_custom) = match written {
            "!!str" | "!" => ("put the text in quotes instead", false),
            "!!int" | "!!float" | "!!bool" | "!!null" | "!!map" | "!!seq" => (
                "delete it; the field that is written decides how a value is read",
                false,
            ),
            "!include" | "!import" => (
                "delete it; every YAML file below seatplan.yaml is read, so files need not include each other",
                true,
            ),
            _ => ("write the value itself, without a tag", true),
        };
        let diagnostic = Diagnostic::new(&codes::TAG, format!("tags are not read: \"{written}\""))
            .at(self.span(&range), "")
            .help(help);
        self.problem(diagnostic);
        is_custom
    }

    pub(super) fn refuse_second_document(&mut self, range: &Range<usize>) {
        let diagnostic = Diagnostic::new(
            &codes::SECOND_DOCUMENT,
            "a second document begins in this file; it is not read",
        )
        .at(self.span(range), "")
        .help("put it into a file of its own, or delete the line that separates them");
        self.problem(diagnostic);
    }

    pub(super) fn is_too_long(&mut self, text: &str, range: &Range<usize>) -> bool {
        if text.len() <= TEXT_BYTES_MAX {
            return false;
        }
        let at = Span::point(self.id, self.span(range).start);
        self.problem(
            Diagnostic::new(
                &codes::TOO_LARGE,
                format!(
                    "this text has {} bytes, more than {TEXT_BYTES_MAX}",
                    text.len()
                ),
            )
            .at(at, "")
            .help("shorten it"),
        );
        true
    }

    pub(super) fn is_over_a_limit(&mut self, range: &Range<usize>) -> bool {
        let at = Span::point(self.id, self.span(range).start);
        if self.nodes > NODES_MAX {
            self.problem(
                Diagnostic::new(
                    &codes::TOO_LARGE,
                    format!("the file has more than {NODES_MAX} keys and values"),
                )
                .at(at, "nothing of the file is read")
                .help("split it into several files"),
            );
            // Decoding what was read would only add a million problems to this one.
            self.frames.clear();
            self.root = None;
            return true;
        }
        if self.frames.len() > DEPTH_MAX {
            self.problem(
                Diagnostic::new(
                    &codes::TOO_DEEP,
                    format!("lists and mappings stand in each other more than {DEPTH_MAX} deep"),
                )
                .at(at, "the rest is not read")
                .help("write it flatter; nothing that is read here needs more than a few levels"),
            );
            return true;
        }
        false
    }
}

/// The name in a text that is `${NAME}` or holds it.
fn reference(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("${")?;
    let (name, _) = rest.split_once('}')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// Whether a text is nothing but `${NAME}`, and so is no secret itself.
pub(super) fn is_reference(text: &str) -> bool {
    reference(text).is_some_and(|name| name.len() + 3 == text.len())
}
