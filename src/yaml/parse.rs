//! Text to a spanned document.
//!
//! # Design
//! granit-parser turns text into events; [`Builder`] turns events into nodes with a stack of its own, so that no nesting
//! can exhaust the thread's stack. Nodes borrow from the source wherever the text needed no unescaping, and children are
//! collected on two shared stacks, so that a collection costs one allocation of the exact size.
//!
//! Reading goes on after a syntax error: the parser starts again at the next line that can be an entry of a collection
//! still open (`recover`). What was read before stays. Whatever is refused (a repeated key, a tag, a secret) is reported
//! and left out, and its siblings stay.
//!
//! Anchors are resolved here rather than by the parser, by name and within a budget, so that they survive a restart and an
//! alias bomb is refused before it is built.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};

use super::aliases::Anchors;
use super::document::{Document, Entry, Key, Node, NodeKind};
use super::limits::{DEPTH_MAX, FILE_BYTES_MAX, SYNTAX_ERRORS_MAX};
use super::refuse::is_reference;
use super::survey::{self, Survey};
use super::{codes, plain, recover};
use crate::diagnostic::{Diagnostic, Sink};
use crate::text::{Source, SourceId, Span};

/// Reads one file's text. Problems go into `sink`; the document holds what could be read in spite of them.
///
/// Spans are exact byte ranges of the source. What looks like a secret is reported without its text, left out of the
/// document and masked in the source, so that no message and no excerpt can show it.
///
/// ```
/// use seatplan::{diagnostic::Sink, text::{Source, Sources}, yaml};
///
/// let source = Source::new("a.yaml", "users:\n  ana: {name: Ana}\n");
/// let mut sink = Sink::new();
/// let document = yaml::parse(&source, Sources::new().next_id(), &mut sink);
/// let root = document.root.expect("the file is not empty");
/// assert_eq!(root.get("users").and_then(|users| users.get("ana")).expect("she is there").span.start, 14);
/// assert!(!sink.has_errors());
/// ```
pub fn parse<'s>(source: &'s Source, id: SourceId, sink: &mut Sink) -> Document<'s> {
    let text = source.unmasked();
    if text.len() > FILE_BYTES_MAX {
        sink.push(
            Diagnostic::new(
                &codes::TOO_LARGE,
                format!(
                    "the file has {} bytes, more than {FILE_BYTES_MAX}",
                    text.len()
                ),
            )
            .at(Span::point(id, 0), "")
            .help("split it into several files"),
        );
        return Document { root: None };
    }
    let survey = survey::survey(text, id, sink);
    let mut secrets = survey.secrets.clone();
    if survey.is_no_text {
        source.mask(&secrets);
        return Document { root: None };
    }
    if survey.is_plain {
        let (mut told, mut found) = (Sink::new(), Vec::new());
        let builder = Builder::new(text, id, &survey, &mut told, &mut found);
        if let Some(document) = plain::read(builder) {
            sink.append(told);
            source.mask(&found);
            return document;
        }
    }
    let document = if survey.conflicts.is_empty() {
        Builder::new(text, id, &survey, sink, &mut secrets).read()
    } else {
        let one_version = without(text, &survey.conflicts);
        Builder::new(&one_version, id, &survey, sink, &mut secrets)
            .read()
            .into_owned()
    };
    source.mask(&secrets);
    document
}

/// The text with ranges blanked, so that offsets stay.
fn without(text: &str, ranges: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for byte in ranges.iter().flat_map(|range| range.clone()) {
        if bytes[byte] != b'\n' {
            bytes[byte] = b' ';
        }
    }
    String::from_utf8(bytes).expect("whole lines were replaced by ASCII")
}

/// Mappings up to this size are searched for repeated keys pair by pair, larger ones with a table.
const FEW_KEYS: usize = 8;

/// A collection that is being read.
#[derive(Debug)]
pub(super) struct Frame<'t> {
    pub(super) is_mapping: bool,
    pub(super) is_flow: bool,
    pub(super) start: usize,
    /// The end of what it holds so far.
    end: usize,
    /// Where its children begin on the stack of items or of entries.
    first: usize,
    key: KeyState<'t>,
    /// A tag was refused on it: it is read and left out.
    is_refused: bool,
    anchor: Option<&'t str>,
    /// How many nodes there were before it.
    nodes_before: usize,
}

/// What a mapping waits for.
#[derive(Debug)]
enum KeyState<'t> {
    Key,
    Value(Key<'t>),
    /// The key was refused, so its value is read and left out.
    RefusedValue,
}

/// Nodes from events.
pub(super) struct Builder<'t, 'a> {
    pub(super) text: &'t str,
    pub(super) id: SourceId,
    survey: &'a Survey,
    pub(super) sink: &'a mut Sink,
    secrets: &'a mut Vec<Range<usize>>,
    pub(super) frames: Vec<Frame<'t>>,
    items: Vec<Node<'t>>,
    entries: Vec<Entry<'t>>,
    pub(super) root: Option<Node<'t>>,
    anchors: Anchors<'t>,
    pub(super) nodes: usize,
    /// The end of the last event that was read, where looking for the next line begins.
    pub(super) read_to: usize,
    /// A scalar with an anchor whose name comes with the next event.
    anchored: Option<Node<'t>>,
}

/// Why reading a part of the text ended.
enum Ending {
    Part,
    /// Nothing more is read of this file.
    File,
    SyntaxError(granit_parser::ScanError),
}

impl<'t, 'a> Builder<'t, 'a> {
    fn new(
        text: &'t str,
        id: SourceId,
        survey: &'a Survey,
        sink: &'a mut Sink,
        secrets: &'a mut Vec<Range<usize>>,
    ) -> Self {
        Self {
            text,
            id,
            survey,
            sink,
            secrets,
            frames: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            root: None,
            anchors: Anchors::default(),
            nodes: 0,
            read_to: 0,
            anchored: None,
        }
    }

    fn read(mut self) -> Document<'t> {
        let mut part = 0..self.text.len();
        let mut errors = 0;
        loop {
            let next_line = match self.read_part(part.clone()) {
                Ending::File => break,
                Ending::Part if part.end == self.text.len() => break,
                Ending::Part => part.end,
                Ending::SyntaxError(error) => {
                    errors += 1;
                    if errors > SYNTAX_ERRORS_MAX {
                        recover::give_up(&mut self, &error, part.start);
                        break;
                    }
                    recover::report(&mut self, &error, part.start)
                }
            };
            match recover::next_part(&self.frames, self.text, next_line) {
                Some((next, open)) => {
                    while self.frames.len() > open {
                        self.abandon();
                    }
                    if let Some(frame) = self.frames.last_mut() {
                        frame.key = KeyState::Key;
                    }
                    part = next;
                }
                None => break,
            }
        }
        while !self.frames.is_empty() {
            self.abandon();
        }
        Document { root: self.root }
    }

    /// The document, if all that was opened was closed and there is something.
    pub(super) fn finish(self) -> Option<Document<'t>> {
        let is_whole = self.frames.is_empty() && self.root.is_some();
        is_whole.then_some(Document { root: self.root })
    }

    /// Reads events of a part of the text. In a later part, after a syntax error, the outermost collection is the one that
    /// is still open, so its start and its end are passed over.
    fn read_part(&mut self, part: Range<usize>) -> Ending {
        let base = part.start;
        let outer = self.frames.len();
        let mut is_inside = outer == 0;
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(&self.text[part], self.options()) {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => return Ending::SyntaxError(error),
            };
            let range = span.byte_range().unwrap_or_default();
            let range = base + range.start..base + range.end;
            let tag = || {
                let tag = span.tag_span()?.byte_range()?;
                Some(base + tag.start..base + tag.end)
            };
            match event {
                Event::Scalar(..) | Event::Alias(_) | Event::UnresolvedAlias(_) if !is_inside => {}
                Event::MappingStart(..) | Event::SequenceStart(..) if !is_inside => {
                    is_inside = true;
                }
                Event::MappingEnd | Event::SequenceEnd if self.frames.len() > outer => {
                    self.close(range.end);
                }
                Event::Scalar(text, style, anchor, tagged) => {
                    let is_refused = tagged.is_some() && self.refuse_tag(tag(), &range);
                    self.scalar(text, style, range.clone(), anchor != 0, is_refused);
                }
                Event::MappingStart(style, _, tagged) => {
                    let is_refused = tagged.is_some() && self.refuse_tag(tag(), &range);
                    self.open(true, style, range.start, is_refused);
                }
                Event::SequenceStart(style, _, tagged) => {
                    let is_refused = tagged.is_some() && self.refuse_tag(tag(), &range);
                    let start = self.first_dash(style, range.start);
                    self.open(false, style, start, is_refused);
                }
                Event::Alias(_) | Event::UnresolvedAlias(_) => self.alias(range.clone()),
                Event::Anchor(..) => self.anchor(range.clone()),
                Event::Comment(..) => self.comment(&range),
                Event::DocumentStart(is_explicit, _) => {
                    documents += 1;
                    if documents > 1 || (is_explicit && base > 0) {
                        self.refuse_second_document(&range);
                        return Ending::File;
                    }
                }
                _ => {}
            }
            self.read_to = self.read_to.max(range.end);
            if self.is_over_a_limit(&range) {
                return Ending::File;
            }
        }
        Ending::Part
    }

    fn options(&self) -> Options {
        let mut options = Options::default();
        options.disallow_directives = true;
        options.emit_anchor_events = true;
        options.emit_unresolved_aliases = true;
        options.emit_comments = self.survey.has_invisible;
        options.max_buffered_comment_events = usize::MAX;
        // One more than is taken, so that the limit is reported where it is passed and not where the scanner notices.
        options.flow_nesting_limit = DEPTH_MAX + 1;
        options.block_nesting_limit = DEPTH_MAX + 1;
        options
    }

    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        survey::span(self.id, range)
    }

    pub(super) fn problem(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    pub(super) fn open(
        &mut self,
        is_mapping: bool,
        style: StructureStyle,
        start: usize,
        is_refused: bool,
    ) {
        let first = if is_mapping {
            self.entries.len()
        } else {
            self.items.len()
        };
        self.frames.push(Frame {
            is_mapping,
            is_flow: style == StructureStyle::Flow,
            start,
            end: start,
            first,
            key: KeyState::Key,
            is_refused,
            anchor: None,
            nodes_before: self.nodes,
        });
        self.nodes += 1;
    }

    /// Ends the innermost collection; `end` is where the bracket ends, if it has one.
    pub(super) fn close(&mut self, end: usize) {
        let frame = self
            .frames
            .pop()
            .expect("a collection ends after it begins");
        let kind = if frame.is_mapping {
            let repeated = self.find_repeated(frame.first);
            let mut entries = self.entries.split_off(frame.first);
            if !repeated.is_empty() {
                let mut repeated = repeated.into_iter().peekable();
                let mut index = 0;
                entries.retain(|_| {
                    let is_again = repeated.next_if_eq(&index).is_some();
                    index += 1;
                    !is_again
                });
            }
            NodeKind::Mapping(entries)
        } else {
            NodeKind::Sequence(self.items.split_off(frame.first))
        };
        let end = if frame.is_flow { end } else { frame.end };
        let node = Node {
            span: self.span(&(frame.start..end)),
            kind,
        };
        if let Some(name) = frame.anchor {
            self.anchors
                .define(name, &node, self.nodes - frame.nodes_before);
        }
        self.attach(node, frame.is_refused);
    }

    /// Ends the innermost collection after a syntax error in it, with what it holds. A list in brackets is left out: half
    /// of it means something else than all of it.
    fn abandon(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.anchor = None;
            frame.is_refused |= frame.is_flow && !frame.is_mapping;
            let end = frame.end;
            self.close(end);
        }
    }

    pub(super) fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        range: Range<usize>,
        has_anchor: bool,
        is_refused: bool,
    ) {
        self.nodes += 1;
        let plain = style == ScalarStyle::Plain;
        let (text, range) = match style {
            ScalarStyle::Plain if range.is_empty() => {
                (Cow::Borrowed(""), self.after_colon(range.end))
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let header = if style == ScalarStyle::Literal {
                    '|'
                } else {
                    '>'
                };
                (text, self.with_header(range, header))
            }
            _ => (text, range),
        };
        let is_refused = is_refused || self.is_too_long(&text, &range) || self.overlaps(&range);
        if self.survey.has_reference {
            self.warn_of_reference(&text, &range);
        }
        let node = Node {
            span: self.span(&range),
            kind: NodeKind::Scalar { text, plain },
        };
        if has_anchor {
            self.anchored = Some(node.clone());
        }
        self.attach(node, is_refused);
    }

    /// Where a list begins: at its first dash. The parser says the first item where dashes stand right under the key.
    fn first_dash(&self, style: StructureStyle, start: usize) -> usize {
        let before = self.text[..start].trim_end_matches([' ', '\t', '\r', '\n']);
        let is_after_dash = style == StructureStyle::Block
            && before.len() > self.read_to
            && before.ends_with('-')
            && !self.text[start..].starts_with("- ");
        if is_after_dash {
            before.len() - 1
        } else {
            start
        }
    }

    /// Where the value of a key would stand that has none: after the colon.
    fn after_colon(&self, key_end: usize) -> Range<usize> {
        let rest = &self.text[key_end..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let at = match rest.as_bytes().get(blanks) {
            Some(b':') => key_end + blanks + 1,
            _ => key_end,
        };
        at..at
    }

    /// The range of a block text: from its `|` or `>` to the end of its last line that is not empty.
    fn with_header(&self, content: Range<usize>, header: char) -> Range<usize> {
        let before = &self.text[self.read_to.min(content.start)..content.start];
        let start = before
            .find(header)
            .map_or(content.start, |at| content.start - before.len() + at);
        start..start + self.text[start..content.end].trim_end().len()
    }

    /// Whether the character at an offset was refused before parsing, so that nothing more need be said about it.
    pub(super) fn is_refused_character(&self, at: usize) -> bool {
        survey::overlap(&self.survey.refused, &(at..at + 1))
    }

    /// Whether a text holds something that was refused before parsing.
    fn overlaps(&self, range: &Range<usize>) -> bool {
        let survey = self.survey;
        survey::overlap(&survey.refused, range) || survey::overlap(&survey.secrets, range)
    }

    fn attach(&mut self, node: Node<'t>, is_refused: bool) {
        let Some(frame) = self.frames.last_mut() else {
            if !is_refused && self.root.is_none() {
                self.root = Some(node);
            }
            return;
        };
        frame.end = frame.end.max(node.span.end as usize);
        if !frame.is_mapping {
            if !is_refused {
                self.items.push(node);
            }
            return;
        }
        match std::mem::replace(&mut frame.key, KeyState::Key) {
            KeyState::Key => {
                let key = if is_refused { None } else { self.key(node) };
                if let Some(frame) = self.frames.last_mut() {
                    frame.key = key.map_or(KeyState::RefusedValue, KeyState::Value);
                }
            }
            KeyState::Value(key) if !is_refused => self.entry(key, node),
            KeyState::Value(_) | KeyState::RefusedValue => {}
        }
    }

    fn key(&mut self, node: Node<'t>) -> Option<Key<'t>> {
        match node.kind {
            NodeKind::Scalar { text, plain: true } if text == "<<" => {
                self.problem(
                    Diagnostic::new(&codes::MERGE_KEY, "merge keys \"<<\" are not read")
                        .at(node.span, "")
                        .help("write what is shared once, as a bundle under bundles:, and name it in bundles: of each user"),
                );
                None
            }
            NodeKind::Scalar { text, plain } if !text.is_empty() => Some(Key {
                text,
                plain,
                span: node.span,
            }),
            kind => {
                let what = match kind {
                    NodeKind::Scalar { .. } => "a key is empty",
                    NodeKind::Sequence(_) => "a list stands where a key belongs",
                    NodeKind::Mapping(_) => "a mapping stands where a key belongs",
                };
                self.problem(
                    Diagnostic::new(&codes::NOT_A_KEY, what)
                        .at(node.span, "")
                        .help("write a text; one that begins with a bracket needs quotes"),
                );
                None
            }
        }
    }

    fn entry(&mut self, key: Key<'t>, value: Node<'t>) {
        if let NodeKind::Scalar { text, .. } = &value.kind
            && survey::is_secret_key(&key.text)
            && !value.is_null()
            && !matches!(text.as_ref(), "true" | "false")
            && !is_reference(text)
        {
            self.problem(survey::secret_found(value.span, "a secret"));
            self.secrets
                .push(value.span.start as usize..value.span.end as usize);
            return;
        }
        self.entries.push(Entry { key, value });
    }

    /// Reports keys that a mapping has twice; gives the positions of the later ones among its entries, ascending.
    fn find_repeated(&mut self, first: usize) -> Vec<usize> {
        let entries = &self.entries[first..];
        let mut repeated = Vec::new();
        let mut report = |earlier: usize, later: usize| {
            let key = &entries[later].key;
            self.sink.push(
                Diagnostic::new(
                    &codes::REPEATED_KEY,
                    format!("the key \"{}\" is written twice", key.text),
                )
                .at(key.span, "here again")
                .at(entries[earlier].key.span, "first here")
                .help("delete one of them, or join what they hold"),
            );
            repeated.push(later);
        };
        if entries.len() <= FEW_KEYS {
            for (later, entry) in entries.iter().enumerate() {
                let same = |it: &Entry<'_>| it.key.text == entry.key.text;
                if let Some(earlier) = entries[..later].iter().position(same) {
                    report(earlier, later);
                }
            }
        } else {
            let mut seen = HashMap::with_capacity(entries.len());
            for (later, entry) in entries.iter().enumerate() {
                let earlier = *seen.entry(entry.key.text.as_ref()).or_insert(later);
                if earlier != later {
                    report(earlier, later);
                }
            }
        }
        repeated
    }

    fn anchor(&mut self, range: Range<usize>) {
        let name = &self.text[range.start + 1..range.end];
        match self.anchored.take() {
            Some(node) => self.anchors.define(name, &node, 1),
            None => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.anchor = Some(name);
                }
            }
        }
    }

    fn alias(&mut self, range: Range<usize>) {
        let name = &self.text[range.start + 1..range.end];
        let span = self.span(&range);
        let is_open = self.frames.iter().any(|frame| frame.anchor == Some(name));
        let copy = self
            .anchors
            .copy(name, is_open, self.frames.len(), span, self.sink);
        let is_refused = copy.is_none();
        let (kind, nodes) = copy.unwrap_or((NodeKind::Sequence(Vec::new()), 1));
        self.nodes += nodes;
        self.attach(Node { span, kind }, is_refused);
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
