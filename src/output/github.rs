//! Diagnostics as GitHub workflow commands, which become annotations on the lines of a change.
//!
//! Source of the syntax and its escapes: "Workflow commands for GitHub Actions" and the runner's `ActionCommand.cs`
//! (`%`, CR, LF in messages; `:` and `,` as well in properties). Last verified 2026-11.

use super::words::{Counts, count};
use crate::ops::plan::Report as PlanReport;
use crate::ops::problems::{Level, Problem, Problems};
use crate::text::inert;

/// One line per problem. `base` is the path from the repository's root to the estate's, empty if they are one.
pub fn problems(problems: &Problems, base: &str) -> String {
    let lines = problems.list().into_iter().map(|it| command(&it, base));
    lines.collect()
}

/// The problems of a plan, accounts that could not be read, and one notice that counts the changes.
pub fn plan(report: &PlanReport, base: &str) -> String {
    let mut out = problems(&report.problems, base);
    for it in &report.unread {
        let message = message(&format!("{}: {}", it.account, it.why));
        out.push_str(&format!("::error title=seatplan%3A not read::{message}\n"));
    }
    if let Some(plan) = &report.plan {
        let counts = Counts::of(&plan.steps);
        let text = match counts.all() {
            0 => "no changes".to_owned(),
            _ => counts.phrase(),
        };
        if let Some(base) = &report.base {
            let guards = match plan.guards.commit {
                Some(_) => "guards and inventories are from",
                None => "guards are from the change itself: there is no estate at",
            };
            let attested = match base.attestations.len() {
                0 => String::new(),
                number => format!("; the change attests {}", count(number, "thing", "things")),
            };
            let text = format!("{guards} {} ({}){attested}", base.revision, base.short());
            out.push_str(&format!(
                "::notice title=seatplan%3A base::{}\n",
                message(&text)
            ));
        }
        let accounts = count(plan.compared().count(), "account", "accounts");
        let text = message(&format!("{text} ({accounts} compared)"));
        out.push_str(&format!("::notice title=seatplan::{text}\n"));
    }
    out
}

fn command(problem: &Problem, base: &str) -> String {
    let word = match problem.severity {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut properties = Vec::new();
    // What stands in another revision is no line of the change.
    let own = problem
        .places
        .iter()
        .position(|it| it.start.revision.is_none());
    if let Some(place) = own.map(|at| &problem.places[at]) {
        let path = match base {
            "" => place.start.path.to_string(),
            base => format!("{base}/{}", place.start.path),
        };
        properties.push(format!("file={}", property(&path)));
        properties.push(format!("line={}", place.start.line));
        // Columns are only understood where the range is on one line.
        if place.end_line == place.start.line {
            properties.push(format!("col={}", place.start.column));
            properties.push(format!("endColumn={}", place.end_column));
        }
    }
    let title = format!("{} {}", problem.code, problem.name);
    properties.push(format!("title={}", property(&title)));
    let mut text = problem.message.clone();
    let others = problem.places.iter().enumerate();
    for (_, place) in others.filter(|(at, _)| Some(*at) != own) {
        let words = if place.text.is_empty() {
            "see also"
        } else {
            place.text.as_str()
        };
        text.push_str(&format!("\n{words}: {}", place.start));
    }
    for note in &problem.notes {
        text.push_str(&format!("\n{note}"));
    }
    if let Some(help) = &problem.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    format!("::{word} {}::{}\n", properties.join(","), message(&text))
}

/// A message: inert, line by line, then escaped.
fn message(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(inert).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// The value of a property: inert, then escaped.
fn property(text: &str) -> String {
    let text = inert(text).replace('%', "%25");
    text.replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{message, property};

    #[test]
    fn foreign_text_cannot_end_its_command_or_start_another() {
        assert_eq!(
            message("a\r\n::error::b 100%\u{1b}[0m"),
            "a%0A::error::b 100%25<U+001B>[0m"
        );
        assert_eq!(property("a,line=1:x%"), "a%2Cline=1%3Ax%25");
    }
}
