//! Diagnostics for people: snippets of the files, help, notes and a line that counts them.

use miette::ThemeCharacters;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeStyles};

use super::view::View;
use super::{Page, wrapped};
use crate::diagnostic::{Diagnostic, Severity};
use crate::ops::problems::Problems;
use crate::output::look::{FAINT, Look, RENAME};
use crate::output::words::{count, grouped, listed};
use crate::text::{Source, Span, inert};

/// More problems than this are counted but not shown: nobody reads on, and a first mistake often causes the rest.
const SHOWN_MAX: usize = 100;

/// Writes all problems, the errors last, since the last line of a terminal is the one that is read.
pub(super) fn write(page: &mut Page<'_>, problems: &Problems) {
    let quiet = page.look.detail == crate::output::Detail::Quiet;
    let shown = [Severity::Note, Severity::Warning, Severity::Error]
        .into_iter()
        .filter(|severity| !quiet || *severity == Severity::Error)
        .flat_map(|severity| problems.of(severity));
    let shown: Vec<_> = shown.collect();
    let skipped = shown.len().saturating_sub(SHOWN_MAX);
    // Errors are last, so the skipped ones are taken from what matters least.
    for diagnostic in &shown[skipped..] {
        page.raw(&rendered(page.look, problems, diagnostic));
        page.blank();
    }
    let hidden = skipped + problems.sink.dropped();
    if hidden > 0 {
        let text = format!(
            "{} more not shown; --format json lists them",
            grouped(hidden as u64)
        );
        page.line(page.look.paint(FAINT, text));
        page.blank();
    }
}

/// How many there are, and where to read more: the last line of a run that was refused. `None` if there are none.
pub(super) fn counted(problems: &Problems) -> Option<String> {
    let errors = problems.sink.error_count();
    let kept = problems.of(Severity::Error).count();
    let warnings = problems.of(Severity::Warning).count();
    let notes = problems.of(Severity::Note).count();
    // What was not kept is not known by severity, except errors.
    let uncounted = problems.sink.dropped() - (errors - kept);
    let parts: Vec<_> = [
        (errors, "error", "errors"),
        (warnings + uncounted, "warning", "warnings"),
        (notes, "note", "notes"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, many)| count(number, one, many))
    .collect();
    (!parts.is_empty()).then(|| listed(&parts))
}

/// The command that explains the first error.
pub(super) fn explain_hint(problems: &Problems) -> Option<String> {
    let first = problems.of(Severity::Error).next()?;
    Some(format!("seatplan explain {}", first.code.id))
}

fn rendered(look: &Look, problems: &Problems, diagnostic: &Diagnostic) -> String {
    let mut out = String::new();
    let handler = handler(look);
    let report = Snippet::of(look, problems, diagnostic);
    for (at, snippet) in report.iter().enumerate() {
        let mut text = String::new();
        handler
            .render_report(&mut text, snippet)
            .expect("a view holds every label it was made for");
        // Only the first snippet has the message; of the others the line for it is empty but for its sign.
        let shown = match at {
            0 => text.as_str(),
            _ => text.split_once('\n').map_or("", |(_, snippet)| snippet),
        };
        out.push_str(shown);
    }
    for note in &diagnostic.notes {
        tagged(&mut out, look, "note: ", note);
    }
    match (&diagnostic.help, &diagnostic.fix) {
        (Some(help), _) => tagged(&mut out, look, "help: ", help),
        (None, Some(fix)) => tagged(&mut out, look, "help: ", &fix.title),
        (None, None) => {}
    }
    out
}

fn tagged(out: &mut String, look: &Look, tag: &str, text: &str) {
    for (at, paragraph) in text.lines().enumerate() {
        let lead = match at {
            0 => format!("  {}", look.paint(RENAME, tag)),
            _ => " ".repeat(2 + tag.len()),
        };
        out.push_str(&wrapped(
            look,
            &lead,
            &" ".repeat(2 + tag.len()),
            &inert(paragraph),
        ));
        out.push('\n');
    }
}

fn handler(look: &Look) -> GraphicalReportHandler {
    let characters = if look.unicode {
        ThemeCharacters::unicode()
    } else {
        ThemeCharacters::ascii()
    };
    let styles = if look.color {
        ThemeStyles::ansi()
    } else {
        ThemeStyles::none()
    };
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(look.columns())
        .with_context_lines(1)
        .without_syntax_highlighting()
}

/// What is shown of one source: the primary one with the message, the others below it.
#[derive(Debug)]
struct Snippet {
    message: String,
    severity: miette::Severity,
    view: Option<ViewBox>,
    labels: Vec<LabeledSpan>,
}

struct ViewBox(View);

impl std::fmt::Debug for ViewBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("View")
    }
}

impl Snippet {
    /// The snippets of a diagnostic, one per source; one without a source if it has no place.
    fn of(look: &Look, problems: &Problems, diagnostic: &Diagnostic) -> Vec<Self> {
        let mut files: Vec<Vec<(Span, &str)>> = Vec::new();
        for label in &diagnostic.labels {
            let entry = (label.span, label.text.as_str());
            let source = label.span.source;
            match files.iter_mut().find(|it| it[0].0.source == source) {
                Some(labels) => labels.push(entry),
                None => files.push(vec![entry]),
            }
        }
        if files.is_empty() {
            files.push(Vec::new());
        }
        let severity = match diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        };
        let snippets = files.iter().enumerate().map(|(at, labels)| {
            let message = match at {
                0 => format!("{}: {}", diagnostic.code.id, inert(&diagnostic.message)),
                _ => String::new(),
            };
            Self::of_file(look, problems, (message, severity), labels)
        });
        snippets.collect()
    }

    fn of_file(
        look: &Look,
        problems: &Problems,
        (message, severity): (String, miette::Severity),
        labels: &[(Span, &str)],
    ) -> Self {
        let spans: Vec<Span> = labels.iter().map(|(span, _)| *span).collect();
        let source = spans.first().map(|it| problems.sources.get(it.source));
        let (view, places) = source.map(|it| view_of(look, problems, it, &spans)).unzip();
        let places = places.unwrap_or_default();
        let labels = labels
            .iter()
            .zip(places)
            .enumerate()
            .map(|(at, ((_, text), place))| {
                let text = (!text.is_empty()).then(|| inert(text).into_owned());
                match at {
                    0 => LabeledSpan::new_primary_with_span(text, place),
                    _ => LabeledSpan::new_with_span(text, place),
                }
            });
        Self {
            message,
            severity,
            view: view.map(ViewBox),
            labels: labels.collect(),
        }
    }
}

/// What stands left of the text of a line: its number, a rule, blanks.
const GUTTER: usize = 10;

fn view_of(
    look: &Look,
    problems: &Problems,
    source: &Source,
    spans: &[Span],
) -> (View, Vec<miette::SourceSpan>) {
    let secrets = problems.secrets().into_iter();
    let secrets = secrets.filter(|it| it.source == spans[0].source);
    let chars = look.columns() - GUTTER;
    View::new(source, spans, &secrets.collect::<Vec<_>>(), chars)
}

impl std::fmt::Display for Snippet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Snippet {}

impl miette::Diagnostic for Snippet {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.view.as_ref().map(|it| &it.0 as &dyn SourceCode)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
