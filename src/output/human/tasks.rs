//! What people have to do, and what came of saying that they did it.

use super::{Page, in_folder, problems};
use crate::ops::tasks::{Done, Instruction, Outcome, Report, Task};
use crate::output::Detail;
use crate::output::look::{ADD, CHANGE, FAINT, Look, REMOVE};
use crate::output::words::{self, count, grouped};
use crate::text::inert;

/// What waits is counted beyond this, unless everything is asked for.
const LATER_MAX: usize = 20;

/// What can be done now, by those who can do it, then what waits.
pub fn tasks(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    problems::write(&mut page, &report.problems);
    for unread in &report.unread {
        let lead = format!("{} ", look.paint(REMOVE, "not read:"));
        page.paragraph(
            &lead,
            2,
            &format!("{}: {}", unread.account, inert(&unread.why)),
        );
    }
    for desk in &report.desks {
        let names: Vec<_> = desk.who.iter().map(|it| inert(it).into_owned()).collect();
        match names.as_slice() {
            [] => page.heading("Nobody on the account may do this", ""),
            names => page.heading(&names.join(" or "), ""),
        }
        for task in &desk.tasks {
            write(&mut page, task);
        }
    }
    if !report.later.is_empty() {
        page.heading("Later", "");
        let all = look.detail == Detail::Verbose;
        let shown = if all { report.later.len() } else { LATER_MAX };
        for later in report.later.iter().take(shown) {
            let after: Vec<_> = later
                .after
                .iter()
                .map(|(id, _)| inert(id).into_owned())
                .collect();
            let lead = format!("  {} ", look.paint(FAINT, &later.id));
            let text = format!("{}, after {}", inert(&later.what), words::listed(&after));
            page.paragraph(&lead, 4, &text);
        }
        let more = report.later.len().saturating_sub(shown);
        if more > 0 {
            page.line(look.paint(
                FAINT,
                format!("  and {} more (-v lists them)", grouped(more as u64)),
            ));
        }
    }
    if report.problems.refused() {
        return page.finish();
    }
    page.blank();
    let ready = report.ready().count();
    match (ready, report.later.len()) {
        (0, 0) => page.line("Nobody has anything to do."),
        (ready, later) => {
            let later = match later {
                0 => String::new(),
                more => format!(", {} later", grouped(more as u64)),
            };
            page.line(format!("{} now{later}.", count(ready, "task", "tasks")));
            let dir = report.dir.as_deref().unwrap_or_default();
            let command = in_folder("seatplan tasks done ID --as ADDRESS", dir);
            page.line(format!("When one is done: `{command}`"));
        }
    }
    page.finish()
}

fn write(page: &mut Page<'_>, task: &Task) {
    let look = page.look;
    let waiting = match task.waiting_since {
        Some(since) => format!(", waiting since {}", since.strftime("%Y-%m-%d")),
        None => String::new(),
    };
    let lead = format!("  {} ", look.paint(CHANGE, &task.id));
    let product = look.paint(FAINT, format!("({}{waiting})", inert(&task.product)));
    page.paragraph(&lead, 6, &format!("{} {product}", inert(&task.what)));
    let mut item = |word: &str, text: &str| {
        let lead = format!("      {} ", look.paint(FAINT, word));
        page.paragraph(&lead, 10, &inert(text));
    };
    for change in task.told_changes() {
        let text = match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!("{before} -> {after}"),
            (None, Some(after)) => after.clone(),
            (Some(before), None) => format!("was {before}"),
            (None, None) => String::new(),
        };
        item(&format!("{}:", inert(&change.field)), &text);
    }
    if let Some(heir) = &task.hand_over_to {
        item("hand over to:", heir);
    }
    for instruction in &task.instructions {
        instruct(&mut item, instruction);
    }
    for effect in &task.effects {
        item("causes:", effect);
    }
    if look.detail == Detail::Verbose {
        item("why by hand:", &task.why);
        item("checked:", &task.checked);
    }
}

fn instruct(item: &mut impl FnMut(&str, &str), it: &Instruction) {
    for text in &it.prepare {
        item("first:", text);
    }
    if let Some(path) = &it.path {
        item("go to:", path);
    }
    for path in &it.also {
        item("or to:", path);
    }
    for text in &it.set {
        item("set:", text);
    }
    for input in &it.inputs {
        let how = match input.secret {
            true => "chosen there, written nowhere",
            false => "asked for when the task is done",
        };
        item(
            &format!("{}:", inert(&input.name)),
            &format!("{} ({how})", input.text),
        );
    }
    if let Some(confirm) = &it.confirm {
        item("then press:", confirm);
    }
    for text in &it.note {
        item("note:", text);
    }
}

/// What came of saying that tasks are done, and how the files changed.
pub fn tasks_done(done: &Done, look: &Look) -> String {
    let mut page = Page::new(look);
    for task in &done.tasks {
        let (mark, text) = match &task.outcome {
            Outcome::Recorded { file, state } => {
                let state = state.as_ref().map(|it| format!(", now \"{it}\""));
                let text = format!("{}{} ({file})", task.what, state.unwrap_or_default());
                (look.paint(ADD, "recorded"), text)
            }
            Outcome::Already => (
                look.paint(FAINT, "done before"),
                format!("{}; nothing was changed", task.what),
            ),
            Outcome::Refused { why, .. } => {
                let what = if task.what.is_empty() {
                    String::new()
                } else {
                    format!("{}: ", task.what)
                };
                (look.paint(REMOVE, "refused"), format!("{what}{why}"))
            }
            Outcome::NeedsInput { inputs } => {
                let names: Vec<_> = inputs
                    .iter()
                    .map(|it| format!("{} ({})", it.name, it.text))
                    .collect();
                (
                    look.paint(REMOVE, "refused"),
                    format!("{}: needs {}", task.what, names.join(", ")),
                )
            }
        };
        let lead = format!("{mark} {} ", inert(&task.id));
        page.paragraph(&lead, 4, &inert(&text));
        match &task.outcome {
            Outcome::Refused { help, .. } => page.paragraph("    help: ", 10, &inert(help)),
            Outcome::NeedsInput { .. } => {
                page.line("    help: give each with --input NAME=VALUE");
            }
            _ => {}
        }
    }
    for (path, (before, after)) in &done.files {
        page.blank();
        page.line(look.paint(FAINT, format!("--- {}", inert(path))));
        for line in difference(before, after) {
            let style = match line.chars().next() {
                Some('+') => ADD,
                Some('-') => REMOVE,
                _ => FAINT,
            };
            page.line(look.paint(style, &line));
        }
    }
    if !done.files.is_empty() {
        page.blank();
        let who = inert(&done.claimed_by);
        page.line(format!(
            "\"{who}\" says so; nobody has checked who that is. Nothing was committed."
        ));
    }
    page.finish()
}

/// Changed lines with two around them.
pub(super) fn difference(before: &str, after: &str) -> Vec<String> {
    let diff = similar::TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(2) {
        for change in group.iter().flat_map(|it| diff.iter_changes(it)) {
            let sign = match change.tag() {
                similar::ChangeTag::Equal => ' ',
                similar::ChangeTag::Insert => '+',
                similar::ChangeTag::Delete => '-',
            };
            let text: &str = change.value();
            lines.push(format!(
                "{sign}{}",
                inert(text.trim_end_matches(['\n', '\r']))
            ));
        }
    }
    lines
}
