//! Text with addresses: sources, spans, places, and the one way to show text that came from outside.
//!
//! Everything that is read keeps the byte range it came from, so that a diagnostic, a planned change or an edit can point
//! at it. This module knows nothing of YAML, of the model or of any output format, and does no I/O.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

/// A short text that came from outside: a name, a word, a value.
///
/// Cheap to clone and small; dereferences to the raw text, while `Display` makes it inert, so that printing a word can
/// never move the cursor or turn the line around.
///
/// # Design
/// An estate is words, and every one of them stands in a source that is kept anyway, so that lines can be shown. A word
/// that was read is a [`part`](Self::part) of that text and takes no memory of its own; what it holds on to is the source.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Word(arcstr::Substr);

impl Word {
    /// The word of a text.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().into())
    }

    /// The word of a part of this one: it shares the text if it lies in there, and has its own otherwise.
    ///
    /// ```
    /// use seatplan::text::Word;
    ///
    /// let line = Word::new("role: member");
    /// assert_eq!(line.part(&line[6..]), "member");
    /// assert_eq!(line.part("owner"), "owner");
    /// ```
    pub fn part(&self, part: &str) -> Self {
        let shared = self.0.try_substr_from(part);
        shared.map_or_else(|| Self::new(part), Self)
    }

    /// The raw text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for Word {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl std::borrow::Borrow<str> for Word {
    fn borrow(&self) -> &str {
        &self.0
    }
}
impl AsRef<str> for Word {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
impl PartialEq<str> for Word {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}
impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
impl From<String> for Word {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&inert(&self.0))
    }
}
impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.as_str(), f)
    }
}
impl schemars::JsonSchema for Word {
    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}

/// Names one source among the [`Sources`] of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(NonZeroU32);

impl SourceId {
    /// A text that is not among the sources of a run: a definition that is compiled in or came over the wire.
    ///
    /// Spans in it can be carried but not shown; [`Sources`] knows no text for them.
    pub const OUTSIDE: Self = Self(NonZeroU32::MAX);
}

/// A range of UTF-8 bytes in one source; `start <= end`, both on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source that the range lies in.
    pub source: SourceId,
    /// First byte, counted from 0.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of no length at `at`; it points between two characters.
    pub fn point(source: SourceId, at: u32) -> Self {
        Self {
            source,
            start: at,
            end: at,
        }
    }

    /// Whether it lies in a text that is not among the sources of a run, so that nobody can be pointed at it.
    pub fn is_outside(self) -> bool {
        self.source == SourceId::OUTSIDE
    }

    /// The smallest span that holds both; `other` must lie in the same source.
    pub fn to(self, other: Self) -> Self {
        debug_assert_eq!(
            self.source, other.source,
            "a span cannot reach over two sources"
        );
        Self {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A value and where it was written.
///
/// Equality, order and hash are those of the value alone: the same thing written in two places is the same thing.
#[derive(Clone, Copy, Debug)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value with the place it came from.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned {
            value: f(self.value),
            span: self.span,
        }
    }
}

impl<T: Serialize> Serialize for Spanned<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<T: Eq> Eq for Spanned<T> {}
impl<T: PartialOrd> PartialOrd for Spanned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.value.partial_cmp(&other.value)
    }
}
impl<T: Ord> Ord for Spanned<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

/// A place for people: a path relative to the estate, a line and a column, both counted from 1, columns in characters.
///
/// It outlives the sources, so plans, journals and reports carry places where the reading side carries spans.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Place {
    /// Path with `/`, relative to the estate's root.
    pub path: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The revision that the line stands in, if that is another one than what was read from disk: a short commit id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Arc<str>>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", inert(&self.path), self.line, self.column)?;
        match &self.revision {
            Some(revision) => write!(f, " at {}", inert(revision)),
            None => Ok(()),
        }
    }
}

/// One text and the path it was read from.
#[derive(Debug)]
pub struct Source {
    path: Arc<str>,
    revision: Option<Arc<str>>,
    text: Word,
    masked: OnceLock<String>,
    line_starts: OnceLock<Vec<u32>>,
}

impl Source {
    /// A source; `path` is relative to the estate's root and uses `/`.
    ///
    /// `text` must be shorter than 4 GiB; reading refuses files long before that.
    pub fn new(path: impl Into<Arc<str>>, text: impl AsRef<str>) -> Self {
        Self {
            path: path.into(),
            revision: None,
            text: Word::new(text),
            masked: OnceLock::new(),
            line_starts: OnceLock::new(),
        }
    }

    /// The same text as one that stands in a revision, not on disk; `revision` is what people are told of it.
    #[must_use]
    pub fn at_revision(mut self, revision: Option<Arc<str>>) -> Self {
        self.revision = revision;
        self
    }

    /// The revision that it stands in; `None` for what was read from disk.
    pub fn revision(&self) -> Option<&Arc<str>> {
        self.revision.as_ref()
    }

    /// The path relative to the estate's root.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// The whole text, as it may be shown: what `mask` hid is stars.
    pub fn text(&self) -> &str {
        self.masked.get().map_or(&*self.text, String::as_str)
    }

    /// The whole text as it was read, secrets included; for parsing and editing only, never for output.
    pub(crate) fn unmasked(&self) -> &str {
        &self.text
    }

    /// The same as a word, for words that are parts of it.
    pub(crate) fn whole(&self) -> Word {
        self.text.clone()
    }

    /// Hides byte ranges from everybody who shows this source: each byte becomes a star, line ends stay, so that all
    /// offsets still hold. Only the first call counts; reading hides all of a source's secrets at once.
    pub(crate) fn mask(&self, ranges: &[std::ops::Range<usize>]) {
        if ranges.is_empty() {
            return;
        }
        self.masked.get_or_init(|| {
            let mut bytes = self.text.as_bytes().to_vec();
            // Whole characters are hidden, since half of one would not be UTF-8.
            for range in ranges {
                let start = self.text.floor_char_boundary(range.start);
                let end = self.text.ceil_char_boundary(range.end);
                for byte in bytes.get_mut(start..end).unwrap_or_default() {
                    if !matches!(byte, b'\n' | b'\r') {
                        *byte = b'*';
                    }
                }
            }
            String::from_utf8(bytes).expect("whole characters were replaced by ASCII")
        });
    }

    /// Line and column of a byte offset, both from 1, the column in characters; past the end counts as the end.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let starts = self.line_starts.get_or_init(|| {
            std::iter::once(0)
                .chain(
                    self.text
                        .bytes()
                        .zip(1u32..)
                        .filter(|(byte, _)| *byte == b'\n')
                        .map(|(_, next)| next),
                )
                .collect()
        });
        let offset = (offset as usize).min(self.text.len());
        let line = starts.partition_point(|start| *start as usize <= offset) - 1;
        let column = self
            .text
            .get(starts[line] as usize..offset)
            .map_or(0, |before| before.chars().count());
        (line as u32 + 1, column as u32 + 1)
    }
}

/// All sources of a run, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// No sources.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a source and names it.
    pub fn add(&mut self, source: Source) -> SourceId {
        let id = self.next_id();
        self.0.push(source);
        id
    }

    /// The name that the next added source will get; lets files be parsed in parallel before they are added in order.
    pub fn next_id(&self) -> SourceId {
        self.id_at(self.0.len())
    }

    /// The name of the source at a position, whether or not it has been added yet.
    pub fn id_at(&self, index: usize) -> SourceId {
        let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        SourceId(number.expect("fewer than 2^32 files fit in memory"))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The source of a name given by [`add`](Self::add).
    pub fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0.get() as usize - 1]
    }

    /// The written text of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source)
            .text()
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// The place of the first character of a span.
    pub fn place(&self, span: Span) -> Place {
        let source = self.get(span.source);
        let (line, column) = source.line_column(span.start);
        Place {
            path: Arc::clone(source.path()),
            line,
            column,
            revision: source.revision.clone(),
        }
    }

    /// Sources in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.0
            .iter()
            .enumerate()
            .map(|(index, source)| (self.id_at(index), source))
    }
}

/// Whether a character can change how the text around it is shown or read: controls (C0, C1, DEL), bidirectional
/// controls, zero-width characters, Unicode tags, line separators and non-characters.
pub fn is_unsafe_to_show(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// Text from outside made safe to show: every character of [`is_unsafe_to_show`] becomes `<U+XXXX>`.
///
/// It leaves ordinary text as it is, and is the only way in which names, file text and vendors' answers reach an output.
///
/// ```
/// assert_eq!(seatplan::text::inert("a\u{202e}b\u{1b}[2J"), "a<U+202E>b<U+001B>[2J");
/// assert_eq!(seatplan::text::inert("Élodie"), "Élodie");
/// ```
pub fn inert(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe_to_show) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe_to_show(c) {
            shown.push_str(&format!("<U+{:04X}>", c as u32));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// The candidate nearest to a misspelt word, if one is near enough to be worth naming.
///
/// Near means: equal when case is ignored, else at most a third of the word's length in edits (Damerau-Levenshtein).
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let source = Source::new("a.yaml", "é: x\nb: ñ!");
        assert_eq!(source.line_column(4), (1, 4));
        assert_eq!(source.line_column(6), (2, 1));
        assert_eq!(source.line_column(99), (2, 6));
    }

    #[test]
    fn a_masked_source_shows_stars_and_keeps_its_offsets() {
        let source = Source::new("a.yaml", "k: sé\ncrét\nz: 1");
        source.mask(std::slice::from_ref(&(3..12)));
        assert_eq!(source.text(), "k: ***\n*****\nz: 1");
        assert_eq!(source.unmasked(), "k: sé\ncrét\nz: 1");
    }

    #[test]
    fn nearest_prefers_case_then_few_edits() {
        assert_eq!(nearest("Role", ["roles", "role"]), Some("role"));
        assert_eq!(nearest("rolse", ["roles", "until"]), Some("roles"));
        assert_eq!(nearest("zzz", ["roles"]), None);
    }
}
