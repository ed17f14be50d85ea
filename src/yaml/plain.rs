//! A fast way to read the shape that nearly all files of an estate have.
//!
//! # Design
//! The general parser looks at every character for everything that YAML can say. This reader knows one shape: mappings and
//! lists of texts in block style, quoted texts without escapes, brackets that close on their line, comments. It is about
//! ten times faster, and it gives up at the first sign of anything else, whereupon the general parser reads the whole
//! file: so it reports no syntax errors, and what it does read has only one reading. It feeds the same [`Builder`], which
//! checks what is read. Tests hold both ways to the same documents and the same problems.

use std::borrow::Cow;

use granit_parser::{ScalarStyle, StructureStyle};

use super::document::Document;
use super::parse::Builder;

/// Deepest nesting of blocks and of brackets that this reader takes on.
const DEPTH_MAX: usize = 16;

/// Longest text that this reader takes on, in bytes; also the longest key that YAML allows on one line.
const TEXT_BYTES_MAX: usize = 1_000;

/// Reads a text of the plain shape; `None` if it has another one. What the builder reported until then must be forgotten.
pub(super) fn read<'t>(builder: Builder<'t, '_>) -> Option<Document<'t>> {
    let bytes = builder.text.as_bytes();
    let mut reader = Reader {
        bytes,
        builder,
        levels: Vec::new(),
        waiting: None,
        is_over_a_limit: false,
    };
    match reader.lines() {
        Some(()) => reader.finish(),
        // The limit has been reported; the general parser would say the same.
        None if reader.is_over_a_limit => Some(Document { root: None }),
        None => None,
    }
}

struct Reader<'t, 'a> {
    bytes: &'t [u8],
    builder: Builder<'t, 'a>,
    /// The open blocks, outermost first.
    levels: Vec<Level>,
    /// A key without a value on its line: where it ends.
    waiting: Option<usize>,
    is_over_a_limit: bool,
}

#[derive(Clone, Copy, PartialEq)]
struct Level {
    indent: usize,
    is_mapping: bool,
}

impl<'t> Reader<'t, '_> {
    fn lines(&mut self) -> Option<()> {
        let mut at = 0;
        while at < self.bytes.len() {
            let start = at + self.spaces(at);
            match self.bytes.get(start) {
                None | Some(b'\n') => at = start + 1,
                Some(b'#') => at = line_end(self.bytes, start) + 1,
                Some(_) => at = self.line(start, start - at)? + 1,
            }
        }
        Some(())
    }

    /// Reads the line whose first character is at `start`; gives where it ends.
    fn line(&mut self, start: usize, indent: usize) -> Option<usize> {
        let is_item = self.bytes[start] == b'-';
        if is_item && self.bytes.get(start + 1) != Some(&b' ') {
            return None;
        }
        let line = Level {
            indent,
            is_mapping: !is_item,
        };
        self.enter(line, start)?;
        while let Some(level) = self.levels.last()
            && (level.indent > indent || (level.indent == indent && !level.is_mapping && !is_item))
        {
            self.leave();
        }
        // A line that stands elsewhere continues a text, or is wrong.
        if self.levels.last() != Some(&line) {
            return None;
        }
        if is_item {
            let value = start + 1 + self.spaces(start + 1);
            let end = self.value(value)?;
            return self.end(end);
        }
        let colon = self.key(start)?;
        match self.bytes.get(colon + 1) {
            None | Some(b'\n' | b' ') => {}
            Some(_) => return None,
        }
        let value = colon + 1 + self.spaces(colon + 1);
        match self.bytes.get(value) {
            None | Some(b'\n' | b'#') => {
                self.waiting = Some(colon);
                Some(line_end(self.bytes, value))
            }
            Some(_) => {
                let end = self.value(value)?;
                self.end(end)
            }
        }
    }

    /// Opens the block that this line begins, or gives the waiting key nothing.
    fn enter(&mut self, line: Level, start: usize) -> Option<()> {
        let Some(parent) = self.levels.last().copied() else {
            // The root is a mapping at the left margin.
            if line.indent > 0 || !line.is_mapping {
                return None;
            }
            self.open(line, start);
            return Some(());
        };
        if let Some(colon) = self.waiting.take() {
            // Dashes may stand right under the key that they belong to.
            let is_deeper =
                line.indent > parent.indent || (line.indent == parent.indent && !line.is_mapping);
            if is_deeper {
                if self.levels.len() == DEPTH_MAX {
                    return None;
                }
                self.open(line, start);
            } else {
                self.nothing(colon);
            }
        }
        Some(())
    }

    fn open(&mut self, level: Level, start: usize) {
        self.levels.push(level);
        self.builder
            .open(level.is_mapping, StructureStyle::Block, start, false);
    }

    fn leave(&mut self) {
        self.levels.pop();
        // The end of a block is that of its last value, which the builder knows.
        self.builder.close(0);
    }

    fn nothing(&mut self, colon: usize) {
        self.builder.scalar(
            Cow::Borrowed(""),
            ScalarStyle::Plain,
            colon..colon,
            false,
            false,
        );
    }

    fn finish(mut self) -> Option<Document<'t>> {
        if let Some(colon) = self.waiting.take() {
            self.nothing(colon);
        }
        while !self.levels.is_empty() {
            self.leave();
        }
        self.builder.finish()
    }

    fn spaces(&self, at: usize) -> usize {
        count(&self.bytes[at..], |byte| byte == b' ')
    }

    /// The end of a line after its value: nothing or a comment.
    fn end(&self, at: usize) -> Option<usize> {
        let next = at + self.spaces(at);
        match self.bytes.get(next) {
            None | Some(b'\n') => Some(next),
            Some(b'#') if next > at => Some(line_end(self.bytes, next)),
            Some(_) => None,
        }
    }

    /// Reads a key; gives where its colon stands.
    fn key(&mut self, start: usize) -> Option<usize> {
        match self.bytes[start] {
            quote @ (b'"' | b'\'') => {
                let end = self.quoted(start, quote)?;
                (self.bytes.get(end) == Some(&b':')).then_some(end)
            }
            first if is_word(first) => {
                let length = count(&self.bytes[start..], |byte| {
                    is_word(byte) || matches!(byte, b'@' | b'-' | b'.' | b'+' | b'/')
                });
                let end = start + length;
                if self.bytes.get(end) != Some(&b':') {
                    return None;
                }
                self.text(start, end, ScalarStyle::Plain)?;
                Some(end)
            }
            _ => None,
        }
    }

    /// Reads a value in block style; gives where it ends.
    fn value(&mut self, start: usize) -> Option<usize> {
        match *self.bytes.get(start)? {
            b'{' | b'[' => self.bracket(start, 0),
            quote @ (b'"' | b'\'') => self.quoted(start, quote),
            first if begins_plain(first) => {
                let mut end = start;
                let mut at = start;
                loop {
                    match self.bytes.get(at) {
                        None | Some(b'\n') => break,
                        Some(b' ') if self.bytes.get(at + 1) == Some(&b'#') => break,
                        Some(b' ') => {}
                        Some(b':')
                            if matches!(self.bytes.get(at + 1), None | Some(b' ' | b'\n')) =>
                        {
                            return None;
                        }
                        Some(_) => end = at + 1,
                    }
                    at += 1;
                }
                self.text(start, end, ScalarStyle::Plain)?;
                Some(end)
            }
            _ => None,
        }
    }

    /// Reads a list or mapping in brackets; gives where it ends, on the same line.
    fn bracket(&mut self, start: usize, depth: usize) -> Option<usize> {
        let is_mapping = self.bytes[start] == b'{';
        let close = if is_mapping { b'}' } else { b']' };
        if depth == DEPTH_MAX {
            return None;
        }
        self.builder
            .open(is_mapping, StructureStyle::Flow, start, false);
        let mut at = start + 1 + self.spaces(start + 1);
        if self.bytes.get(at) != Some(&close) {
            loop {
                if is_mapping {
                    at = self
                        .key(at)
                        .filter(|colon| self.bytes.get(colon + 1) == Some(&b' '))?
                        + 1;
                    at += self.spaces(at);
                }
                at = self.value_in_brackets(at, depth)?;
                at += self.spaces(at);
                match self.bytes.get(at) {
                    Some(b',') if self.bytes.get(at + 1) == Some(&b' ') => {
                        at += 1 + self.spaces(at + 1);
                    }
                    Some(byte) if *byte == close => break,
                    _ => return None,
                }
            }
        }
        self.builder.close(at + 1);
        Some(at + 1)
    }

    fn value_in_brackets(&mut self, start: usize, depth: usize) -> Option<usize> {
        match *self.bytes.get(start)? {
            b'{' | b'[' => self.bracket(start, depth + 1),
            quote @ (b'"' | b'\'') => self.quoted(start, quote),
            first if begins_plain(first) => {
                let length = count(&self.bytes[start..], |byte| {
                    begins_plain(byte) || matches!(byte, b'@' | b'-' | b'\'' | b')' | b' ')
                });
                let blanks = self.bytes[start..start + length]
                    .iter()
                    .rev()
                    .take_while(|byte| **byte == b' ')
                    .count();
                let end = start + length - blanks;
                self.text(start, end, ScalarStyle::Plain)?;
                Some(end)
            }
            _ => None,
        }
    }

    /// Reads a text in quotes that holds no escape; gives where it ends.
    fn quoted(&mut self, start: usize, quote: u8) -> Option<usize> {
        let inner = &self.bytes[start + 1..];
        let length = count(inner, |byte| {
            byte != quote && !matches!(byte, b'\n' | b'\\')
        });
        let end = start + length + 2;
        // Two single quotes are an escape.
        if inner.get(length) != Some(&quote) || self.bytes.get(end) == Some(&quote) {
            return None;
        }
        let style = match quote {
            b'"' => ScalarStyle::DoubleQuoted,
            _ => ScalarStyle::SingleQuoted,
        };
        self.text(start, end, style)?;
        Some(end)
    }

    fn text(&mut self, start: usize, end: usize, style: ScalarStyle) -> Option<()> {
        if end - start > TEXT_BYTES_MAX {
            return None;
        }
        let text = match style {
            ScalarStyle::Plain => self.builder.text.get(start..end)?,
            _ => self.builder.text.get(start + 1..end - 1)?,
        };
        self.builder
            .scalar(Cow::Borrowed(text), style, start..end, false, false);
        self.is_over_a_limit = self.builder.is_over_a_limit(&(start..end));
        (!self.is_over_a_limit).then_some(())
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a text without quotes may begin with this byte and mean nothing but itself.
fn begins_plain(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'/' | b'.' | b'+' | b'(') || byte >= 0x80
}

fn count(bytes: &[u8], is_part: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|byte| !is_part(*byte))
        .unwrap_or(bytes.len())
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    from + count(&bytes[from.min(bytes.len())..], |byte| byte != b'\n')
}
