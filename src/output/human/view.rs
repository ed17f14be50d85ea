//! A source as a terminal may see it: inert, with long lines shortened, and only where labels are.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::text::{Source, Span, is_unsafe_to_show};

/// Lines before and after a label that are shown with it.
const CONTEXT_LINES: u32 = 1;

/// The part of a source that one diagnostic shows.
///
/// It has as many lines as the source, so that line numbers agree, but only those near a label have text. Columns are
/// those of the source and count characters; what is on the screen may be longer or shorter. Secrets are masked to the end
/// of their lines, also where they merely stand beside what is shown.
pub(super) struct View {
    path: String,
    text: String,
    /// For each label: where it starts in `text`, and its column in the source, from 0.
    columns: Vec<(usize, usize)>,
}

impl View {
    /// The view of a source for labels in it, and where each label is in the view. `secrets` lie in the same source; a
    /// line of more than `chars` characters is shown only around its label.
    pub(super) fn new(
        source: &Source,
        labels: &[Span],
        secrets: &[Span],
        chars: usize,
    ) -> (Self, Vec<SourceSpan>) {
        let marks: Vec<Mark> = labels.iter().map(|it| Mark::new(source, *it)).collect();
        let mut text = String::new();
        let mut spans = vec![SourceSpan::from(0..0); labels.len()];
        let masks: Vec<Mask> = secrets.iter().map(|it| Mask::new(source, *it)).collect();
        let last = marks.iter().map(|it| it.line + CONTEXT_LINES).max();
        let lines = (1u32..).zip(source.text().split('\n'));
        for (number, line) in lines.take_while(|(number, _)| Some(*number) <= last) {
            if marks.iter().any(|it| it.is_near(number)) {
                let here = marks.iter().zip(&mut spans);
                let here = here.filter(|(mark, _)| mark.line == number);
                let line = line.trim_end_matches('\r');
                let mask = masks.iter().filter_map(|it| it.from(number)).min();
                push_line(&mut text, line, (mask, chars), here.collect());
            }
            text.push('\n');
        }
        let columns = marks
            .iter()
            .zip(&spans)
            .map(|(mark, span)| (span.offset(), mark.column))
            .collect();
        let mut path = crate::text::inert(source.path()).into_owned();
        if let Some(revision) = source.revision() {
            path.push_str(&format!(" ({})", crate::text::inert(revision)));
        }
        let view = Self {
            path,
            text,
            columns,
        };
        (view, spans)
    }
}

/// Where a label is: its line from 1, its column from 0, and the bytes of that line that it covers.
struct Mark {
    line: u32,
    column: usize,
    bytes: std::ops::Range<usize>,
}

impl Mark {
    fn new(source: &Source, span: Span) -> Self {
        let (line, column) = source.line_column(span.start);
        let text = source.text();
        let start = (span.start as usize).min(text.len());
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = (span.end as usize).clamp(start, line_end);
        Self {
            line,
            column: column as usize - 1,
            bytes: start - line_start..end - line_start,
        }
    }

    fn is_near(&self, line: u32) -> bool {
        line.abs_diff(self.line) <= CONTEXT_LINES
    }
}

/// Lines of a secret: from a byte of the first one to the end of the last one.
struct Mask {
    first: u32,
    byte: usize,
    last: u32,
}

impl Mask {
    fn new(source: &Source, span: Span) -> Self {
        let start = Mark::new(source, span);
        Self {
            first: start.line,
            byte: start.bytes.start,
            last: source.line_column(span.end).0,
        }
    }

    /// From which byte of a line on nothing is shown.
    fn from(&self, line: u32) -> Option<usize> {
        let inside = (self.first..=self.last).contains(&line);
        inside.then_some(if line == self.first { self.byte } else { 0 })
    }
}

/// Appends a line made inert, shortened to what surrounds its first label, and sets where the labels are.
///
/// From the byte `mask` on nothing is shown, and no more than about `chars` characters.
fn push_line(
    text: &mut String,
    line: &str,
    (mask, chars): (Option<usize>, usize),
    labels: Vec<(&Mark, &mut SourceSpan)>,
) {
    let label = labels.first().map(|(mark, _)| mark.bytes.start);
    let (from, to) = window(line, label, chars);
    let shown_to = mask.map_or(to, |byte| byte.clamp(from, to));
    if from > 0 {
        text.push_str("...");
    }
    let mut shown_at = Vec::new();
    for (at, c) in line[from..shown_to].char_indices() {
        shown_at.push((from + at, text.len()));
        if is_unsafe_to_show(c) && c != '\t' {
            text.push_str(&format!("<U+{:04X}>", c as u32));
        } else {
            text.push(c);
        }
    }
    shown_at.push((shown_to, text.len()));
    if shown_to < to || mask.is_some() {
        text.push_str("***");
        shown_at.push((line.len(), text.len()));
    }
    let find = |byte: usize| {
        let at = shown_at.partition_point(|(original, _)| *original < byte);
        shown_at[at.min(shown_at.len() - 1)].1
    };
    for (mark, span) in labels {
        let (start, end) = (find(mark.bytes.start), find(mark.bytes.end));
        *span = SourceSpan::from(start..end);
    }
    if mask.is_none() && to < line.len() {
        text.push_str("...");
    }
}

/// The bytes of a line that are shown: all of a short one, else those around `at`.
fn window(line: &str, at: Option<usize>, chars: usize) -> (usize, usize) {
    if line.chars().count() <= chars {
        return (0, line.len());
    }
    // Dots take the place of what is left out on either side.
    let room = chars.saturating_sub(6);
    let label = at.unwrap_or(0).min(line.len());
    let before = line[..label].chars().count();
    let after = line[label..].chars().count();
    // A label near either end leaves its room to the other side.
    let skipped = before.saturating_sub((room / 2).max(room.saturating_sub(after)));
    let byte = |chars: usize| {
        line.char_indices()
            .nth(chars)
            .map_or(line.len(), |(at, _)| at)
    };
    (byte(skipped), byte(skipped + room))
}

impl SourceCode for View {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.text.read_span(span, before, after)?;
        let exact = self.columns.iter().find(|(at, _)| *at == span.offset());
        // A column is only shown for a label itself, which is read without context.
        let column = match exact {
            Some((_, column)) if before == 0 => *column,
            _ => contents.column(),
        };
        // The crate counts the lines from the start of the file, and then joins snippets that are far apart.
        let lines = contents.data().iter().filter(|byte| **byte == b'\n');
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.clone(),
            contents.data(),
            *contents.span(),
            contents.line(),
            column,
            lines.count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn a_long_line_is_shown_around_its_label() {
        let line = "0123456789".repeat(10);
        assert_eq!(window(&line, Some(50), 200), (0, 100), "it fits");
        assert_eq!(window(&line, Some(50), 26), (40, 60));
        assert_eq!(window(&line, Some(2), 26), (0, 20));
        assert_eq!(window(&line, Some(98), 26), (80, 100));
        assert_eq!(window(&"é".repeat(100), Some(100), 26), (80, 120));
    }
}
