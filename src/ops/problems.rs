//! What is wrong with an estate or a plan, together with the texts that it points into.

use std::borrow::Cow;

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::text::{Place, Sources, Span};

/// Diagnostics and the sources that their places lie in.
///
/// Serialises as a list of [`Problem`]: places as lines and columns, texts raw.
#[derive(Debug, Default)]
pub struct Problems {
    /// The texts.
    pub sources: Sources,
    /// The diagnostics, ordered by place once [`Problems::new`] has seen them.
    pub sink: Sink,
}

/// One problem with places for people.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// Stable id; `seatplan explain` takes it.
    pub code: &'static str,
    /// The same in words.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Level,
    /// One phrase.
    pub message: String,
    /// Places, the primary one first.
    pub places: Vec<Labelled>,
    /// What to write or do instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Arithmetic and other facts, one paragraph each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub notes: Vec<String>,
    /// A mechanical mend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Mend>,
}

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The run goes no further.
    Error,
    /// Worth a person's attention.
    Warning,
    /// A fact that helps.
    Note,
}

/// A range of text and what it is there for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Labelled {
    /// The first character.
    #[serde(flatten)]
    pub start: Place,
    /// Line of the first character after the range, from 1.
    pub end_line: u32,
    /// Column of the first character after the range, in characters, from 1.
    pub end_column: u32,
    /// A few words; empty where the message says it all.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    pub text: String,
}

/// A change of the files that would mend a problem.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Mend {
    /// What it does, in the imperative.
    pub title: String,
    /// Replacements that do not overlap.
    pub edits: Vec<Replacement>,
}

/// One replacement of text.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Replacement {
    /// What is replaced.
    #[serde(flatten)]
    pub range: Labelled,
    /// What stands there afterwards.
    pub replacement: String,
}

impl Problems {
    /// Problems in the order of their places.
    pub fn new(sources: Sources, mut sink: Sink) -> Self {
        sink.sort();
        Self { sources, sink }
    }

    /// Whether any of them is an error.
    pub fn refused(&self) -> bool {
        self.sink.has_errors()
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.sink.diagnostics().is_empty()
    }

    /// The problems of one severity among those that were kept.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Diagnostic> {
        self.sink
            .diagnostics()
            .iter()
            .filter(move |it| it.severity == severity)
    }

    /// Whether every error is one of a guard, so that an override is the question and not a mistake.
    pub fn only_guards(&self) -> bool {
        self.refused() && self.of(Severity::Error).all(is_guard)
    }

    /// Whether any error is one of a guard.
    pub fn any_guard(&self) -> bool {
        self.of(Severity::Error).any(is_guard)
    }

    /// Where secrets were written by mistake; no output shows what stands there.
    pub fn secrets(&self) -> Vec<Span> {
        let all = self.sink.diagnostics().iter();
        all.filter(|it| it.code.id.starts_with("SECRET"))
            .flat_map(|it| it.labels.iter().map(|label| label.span))
            .collect()
    }

    /// The problems as values that stand alone.
    pub fn list(&self) -> Vec<Problem> {
        let shown = self.sink.diagnostics().iter();
        shown.map(|it| self.problem(it)).collect()
    }

    fn problem(&self, diagnostic: &Diagnostic) -> Problem {
        Problem {
            code: diagnostic.code.id,
            name: diagnostic.code.name,
            severity: diagnostic.severity.into(),
            message: diagnostic.message.clone(),
            places: diagnostic
                .labels
                .iter()
                .map(|it| self.labelled(it.span, &it.text))
                .collect(),
            help: diagnostic.help.clone(),
            notes: diagnostic.notes.clone(),
            fix: diagnostic.fix.as_ref().map(|fix| Mend {
                title: fix.title.clone(),
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| Replacement {
                        range: self.labelled(edit.span, ""),
                        replacement: edit.replacement.clone(),
                    })
                    .collect(),
            }),
        }
    }

    fn labelled(&self, span: Span, text: &str) -> Labelled {
        let (end_line, end_column) = self.sources.get(span.source).line_column(span.end);
        Labelled {
            start: self.sources.place(span),
            end_line,
            end_column,
            text: text.to_owned(),
        }
    }
}

fn is_guard(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.id.starts_with("GUARD")
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Note => Self::Note,
        }
    }
}

impl Serialize for Problems {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list().serialize(serializer)
    }
}

impl schemars::JsonSchema for Problems {
    fn schema_name() -> Cow<'static, str> {
        "Problems".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        <Vec<Problem>>::json_schema(generator)
    }
}
