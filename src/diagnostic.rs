//! What is wrong with an input, as data: code, severity, message, places, help and fix.
//!
//! A [`Diagnostic`] never stops a run: it goes into a [`Sink`] and the run goes on, so that all problems are told
//! together. Rendering lives in `output`; this module prints nothing.
//!
//! # Design
//! A [`Code`] is a `static` next to the code that raises it, and carries the whole text of `seatplan explain CODE`.
//! Its examples are run by a test, so a code cannot be documented wrongly or left without documentation.

use crate::text::Span;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The run goes no further than this stage, exit code 1.
    Error,
    /// Worth a person's attention; the run goes on.
    Warning,
    /// A fact that helps to read the rest.
    Note,
}

/// The identity and the documentation of one kind of problem.
#[derive(Debug)]
pub struct Code {
    /// Stable id, capital letters and three digits; never reused. `explain` takes it.
    pub id: &'static str,
    /// The same in words, kebab-case.
    pub name: &'static str,
    /// Severity unless an estate says otherwise.
    pub severity: Severity,
    /// Markdown with the sections "What it means", "Why", "Example" (fenced blocks `yaml bad` and `yaml good`) and
    /// "What to do", in this order.
    pub doc: &'static str,
}

/// A place that belongs to a problem and a few words on what it is there for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A short phrase; empty where the message says it all.
    pub text: String,
}

/// One replacement of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; of no length for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// A change of the files that would mend a problem; shared by the terminal and editors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the fix does, in the imperative: "write `roles`".
    pub title: String,
    /// Replacements that do not overlap.
    pub edits: Vec<Edit>,
}

/// One problem.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Which kind of problem.
    pub code: &'static Code,
    /// How much it matters in this run.
    pub severity: Severity,
    /// One lower-case phrase without a final dot, offending values in quotes. Values are raw: outputs make them inert.
    pub message: String,
    /// Places, the primary one first; empty only where no text can be pointed at.
    pub labels: Vec<Label>,
    /// What to write or do instead, as a whole sentence or phrase.
    pub help: Option<String>,
    /// Arithmetic and other facts, one paragraph each.
    pub notes: Vec<String>,
    /// A mechanical mend, where there is one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A problem with its code's own severity and no place yet.
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            notes: Vec::new(),
            fix: None,
        }
    }

    /// Adds a place; the first added is the primary one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Says what to do instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Adds a paragraph of facts.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Offers a replacement of one span.
    #[must_use]
    pub fn replace(
        mut self,
        span: Span,
        title: impl Into<String>,
        replacement: impl Into<String>,
    ) -> Self {
        self.fix = Some(Fix {
            title: title.into(),
            edits: vec![Edit {
                span,
                replacement: replacement.into(),
            }],
        });
        self
    }

    /// The primary place, if there is one.
    pub fn primary(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// Where problems are collected.
///
/// It keeps at most [`Sink::KEPT_MAX`] of them and counts the rest, so that a broken generator cannot fill the memory.
#[derive(Debug, Default)]
pub struct Sink {
    kept: Vec<Diagnostic>,
    dropped: usize,
    errors: usize,
}

impl Sink {
    /// How many diagnostics one sink keeps; outputs show fewer.
    pub const KEPT_MAX: usize = 1_000;

    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if diagnostic.severity == Severity::Error {
            self.errors += 1;
        }
        if self.kept.len() < Self::KEPT_MAX {
            self.kept.push(diagnostic);
        } else {
            self.dropped += 1;
        }
    }

    /// Whether further diagnostics are only counted, so that one need not take pains over them.
    pub fn is_full(&self) -> bool {
        self.kept.len() >= Self::KEPT_MAX
    }

    /// Takes everything that another sink holds.
    pub fn append(&mut self, other: Self) {
        let dropped_errors = other.errors
            - other
                .kept
                .iter()
                .filter(|it| it.severity == Severity::Error)
                .count();
        for diagnostic in other.kept {
            self.push(diagnostic);
        }
        self.dropped += other.dropped;
        self.errors += dropped_errors;
    }

    /// Whether any error was pushed.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// How many errors were pushed, kept or not.
    pub fn error_count(&self) -> usize {
        self.errors
    }

    /// How many diagnostics were counted but not kept.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// The kept diagnostics in the order in which they came.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.kept
    }

    /// Orders by place, then code, so that the same input always reads the same, however it was scheduled. What is said
    /// twice of one place, because an alias stands for it for instance, is kept once.
    pub fn sort(&mut self) {
        self.kept.sort_by(|a, b| {
            (a.primary(), a.code.id, &a.message).cmp(&(b.primary(), b.code.id, &b.message))
        });
        let errors = &mut self.errors;
        self.kept.dedup_by(|b, a| {
            let is_same = a.code.id == b.code.id && a.message == b.message && a.labels == b.labels;
            if is_same && b.severity == Severity::Error {
                *errors -= 1;
            }
            is_same
        });
    }
}
