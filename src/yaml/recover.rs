//! Syntax errors in words, and where reading can go on after one.

use std::ops::Range;

use granit_parser::{ErrorKind, ScanError};

use super::codes;
use super::limits::{DEPTH_MAX, SYNTAX_ERRORS_MAX};
use super::parse::{Builder, Frame};
use crate::diagnostic::Diagnostic;

/// Reports a syntax error; gives the start of the line at which to look for the next part.
pub(super) fn report(builder: &mut Builder<'_, '_>, error: &ScanError, base: usize) -> usize {
    let at = offset(builder.text, error, base);
    if !builder.is_refused_character(at) {
        let diagnostic = diagnose(builder, error.kind(), at);
        builder.problem(diagnostic);
    }
    let unclosed = builder.frames.iter().find(|frame| frame.is_flow);
    let from = match unclosed {
        // What follows an unclosed bracket was read as part of it, so the line after the bracket is the next good one.
        Some(frame) => frame.start,
        None if swallows_what_follows(error.kind()) => builder.read_to,
        None => at,
    };
    next_line(builder.text, from.max(base))
}

/// Reports that the rest of a file is not read.
pub(super) fn give_up(builder: &mut Builder<'_, '_>, error: &ScanError, base: usize) {
    let at = offset(builder.text, error, base);
    let diagnostic = Diagnostic::new(
        &codes::NOT_YAML,
        format!("the file has more than {SYNTAX_ERRORS_MAX} syntax errors"),
    )
    .at(builder.span(&(at..at)), "the rest is not read")
    .help("mend the first ones; later ones often follow from them");
    builder.problem(diagnostic);
}

/// The next part of the text to read, and how many of the open collections stay open for it.
///
/// It begins at the first line from `start` on that stands exactly as far to the right as an open block collection and can
/// be an entry of it, and ends before the next line that stands further to the left.
pub(super) fn next_part(
    frames: &[Frame<'_>],
    text: &str,
    start: usize,
) -> Option<(Range<usize>, usize)> {
    let columns: Vec<usize> = frames
        .iter()
        .map(|frame| column(text, frame.start))
        .collect();
    for line in lines_from(text, start) {
        let Some((indent, shape)) = shape(&text[line.clone()]) else {
            continue;
        };
        let fits = |frame: &Frame<'_>| match shape {
            Shape::Item => !frame.is_mapping,
            Shape::Key => frame.is_mapping,
            Shape::Other => false,
        };
        let open = frames
            .iter()
            .zip(&columns)
            .rposition(|(frame, column)| !frame.is_flow && *column == indent && fits(frame));
        let is_first = frames.is_empty() && indent == 0 && matches!(shape, Shape::Key);
        if let Some(open) = open {
            let end = end_of_part(text, line.end, indent, matches!(shape, Shape::Item));
            return Some((line.start..end, open + 1));
        }
        if is_first {
            return Some((line.start..text.len(), 0));
        }
    }
    None
}

fn end_of_part(text: &str, from: usize, indent: usize, is_sequence: bool) -> usize {
    lines_from(text, next_line(text, from))
        .find(|line| match shape(&text[line.clone()]) {
            Some((_, Shape::Item)) if is_sequence => column_of(&text[line.clone()]) < indent,
            Some((column, _)) => column < indent || (is_sequence && column == indent),
            None => false,
        })
        .map_or(text.len(), |line| line.start)
}

enum Shape {
    /// `- ...`
    Item,
    /// `key: ...`
    Key,
    Other,
}

/// How far to the right a line begins and what it can be; `None` for blank lines and comments.
fn shape(line: &str) -> Option<(usize, Shape)> {
    let rest = line.trim_start_matches(' ');
    let written = rest.trim_end();
    if written.is_empty() || written.starts_with('#') {
        return None;
    }
    let shape = if written == "-" || written.starts_with("- ") {
        Shape::Item
    } else if !written.starts_with(['\t', '%'])
        && (written.contains(": ") || written.ends_with(':'))
    {
        Shape::Key
    } else {
        Shape::Other
    };
    Some((line.len() - rest.len(), shape))
}

fn column_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// How far to the right an offset stands, in bytes from the start of its line.
fn column(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// The start of the line after the one of an offset.
fn next_line(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

/// The lines from the start of one on, without their line ends.
fn lines_from(text: &str, start: usize) -> impl Iterator<Item = Range<usize>> {
    let mut at = start;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let end = at + rest.find('\n').unwrap_or(rest.len());
        let line = at..end;
        at = end + 1;
        Some(line)
    })
}

/// Where the error is, moved to the character that is to blame where the parser notices it late.
fn offset(text: &str, error: &ScanError, base: usize) -> usize {
    let at = base + error.marker().byte_offset().unwrap_or_default();
    let at = text.floor_char_boundary(at.min(text.len()));
    if is_about_tabs(error.kind()) {
        let line_end = |from: usize| text[from..].find('\n').map_or(text.len(), |end| from + end);
        // The tab stands on this line or, where it begins the next one, right after it.
        let end = line_end((line_end(at) + 1).min(text.len()));
        if let Some(tab) = text[at..end].find('\t') {
            return at + tab;
        }
    }
    at
}

fn is_about_tabs(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
    )
}

/// Whether the parser notices this error only after it has read past good lines.
fn swallows_what_follows(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnclosedQuotedScalar
            | ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::DocumentIndicatorInQuotedScalar
            | ErrorKind::InvalidTrailingDoubleQuotedScalar
            | ErrorKind::InvalidTrailingSingleQuotedScalar
            | ErrorKind::UnexpectedEof
    )
}

fn diagnose(builder: &Builder<'_, '_>, kind: &ErrorKind, at: usize) -> Diagnostic {
    let text = builder.text;
    let width = text[at..].chars().next().map_or(0, char::len_utf8);
    let here = builder.span(&(at..at + width));
    let quote = || {
        let from = text.get(builder.read_to..).unwrap_or_default();
        from.find(['"', '\'']).map(|found| {
            let start = builder.read_to + found;
            builder.span(&(start..start + 1))
        })
    };
    let new = |message: &str| Diagnostic::new(&codes::NOT_YAML, message).at(here, "");
    match kind {
        _ if is_about_tabs(kind) => {
            Diagnostic::new(&codes::TAB, "a tab stands where only spaces may stand")
                .at(here, "")
                .help("write spaces; most editors can do that for a whole file")
        }
        ErrorKind::RecursionLimitExceeded => Diagnostic::new(
            &codes::TOO_DEEP,
            format!("lists and mappings stand in each other more than {DEPTH_MAX} deep"),
        )
        .at(here, "")
        .help("write it flatter; nothing that is read here needs more than a few levels"),
        ErrorKind::DirectiveDisallowed => {
            Diagnostic::new(&codes::DIRECTIVE, "directives are not read")
                .at(here, "")
                .help("delete the line; files are read as YAML 1.2")
        }
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::DocumentIndicatorInQuotedScalar => {
            let diagnostic = Diagnostic::new(&codes::NOT_YAML, "a text in quotes is not closed");
            match quote() {
                Some(quote) => diagnostic.at(quote, "it begins here"),
                None => diagnostic.at(here, ""),
            }
            .help("close it on the same line; in double quotes a quote is written \\\", in single ones ''")
        }
        _ if builder.frames.last().is_some_and(|frame| frame.is_flow) => {
            let frame = builder.frames.last().expect("there is one");
            // A pair in a list, `[a: b]`, is a mapping without a bracket of its own.
            let first = text[frame.start..].chars().next().map_or(0, char::len_utf8);
            let open = builder.span(&(frame.start..frame.start + first));
            let bracket = if frame.is_mapping { '}' } else { ']' };
            let diagnostic = Diagnostic::new(
                &codes::NOT_YAML,
                format!("expected \",\" or \"{bracket}\""),
            );
            if here.start == open.start {
                diagnostic.at(open, "this bracket is not closed")
            } else {
                diagnostic.at(here, "").at(open, "the bracket is opened here")
            }
            .help("close the bracket, or put a text with special characters in quotes")
        }
        ErrorKind::UnexpectedCharacter { character } => {
            new(&format!("a text cannot begin with \"{character}\""))
                .help("put the text in quotes")
        }
        ErrorKind::MappingValueNotAllowed => new("a key cannot stand here").help(
            "put it on a line of its own, as far to the right as its siblings; a text that holds \": \" needs quotes",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            new("expected a key with a colon and a space after it")
                .help("write \"key: value\"; the space after the colon is needed")
        }
        ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry => {
            new("this line does not begin under any line that it can belong to")
                .help("indent it exactly as far as its siblings")
        }
        ErrorKind::BlockSequenceEntryNotAllowed => new("a list cannot begin here")
            .help("begin it on the next line, or write it in brackets"),
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => new("this is no escape that double quotes know")
            .help("write \\\\ for a backslash, or use single quotes"),
        ErrorKind::CommentNotSeparated => {
            new("a comment must stand after a space").help("write a space before the \"#\"")
        }
        kind => new(&format!("this is not YAML: {kind}")).help("write it as YAML 1.2"),
    }
}
