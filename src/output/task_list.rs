//! What people have to do, as Markdown that can be handed around or pasted into a ticket.
//!
//! # Design
//! Names from outside are code, as in review comments: nothing in the list is a link, a mention or markup. The path to click
//! is the vendor's own words and stands by itself.

use std::fmt::Write as _;

use super::markdown::{code, prose};
use crate::ops::tasks::{Change, Instruction, Report, Task};
use crate::text::inert;

/// The list: what can be done now, by those who can do it, then what waits.
pub fn tasks(report: &Report) -> String {
    let mut out = format!("# Tasks of {}\n\n", code(&report.estate));
    let day = report.at.strftime("%Y-%m-%d %H:%M UTC");
    if report.is_empty() {
        let _ = writeln!(out, "Nobody has anything to do, as of {day}.");
        return out;
    }
    let _ = writeln!(
        out,
        "As of {day}. When one is done: `seatplan tasks done ID --as ADDRESS`."
    );
    for desk in &report.desks {
        let _ = write!(out, "\n## {}\n\n", title(&desk.who));
        for task in &desk.tasks {
            write_task(&mut out, task);
        }
    }
    if !report.later.is_empty() {
        out.push_str("\n## Later\n\n");
        for later in &report.later {
            let after = later
                .after
                .iter()
                .map(|(id, what)| format!("{} ({})", code(id), prose(&inert(what))));
            let after = after.collect::<Vec<_>>().join(", ");
            let _ = writeln!(
                out,
                "- {} {}: waits for {after}",
                code(&later.id),
                prose(&inert(&later.what))
            );
        }
    }
    out
}

fn title(who: &[String]) -> String {
    match who {
        [] => "Nobody on the account may do this".to_owned(),
        who => who
            .iter()
            .map(|it| code(it))
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

fn write_task(out: &mut String, task: &Task) {
    let _ = writeln!(
        out,
        "- [ ] {}: {} ({})",
        code(&task.id),
        prose(&inert(&task.what)),
        prose(&inert(&task.product))
    );
    let mut item = |text: String| {
        let _ = writeln!(out, "  - {text}");
    };
    for change in task.told_changes() {
        item(written(change));
    }
    if let Some(heir) = &task.hand_over_to {
        item(format!("hand over to {}", code(heir)));
    }
    for instruction in &task.instructions {
        instruct(&mut item, instruction);
    }
    for effect in &task.effects {
        item(format!("it causes: {}", prose(&inert(effect))));
    }
    if let Some(state) = &task.then {
        item(format!(
            "afterwards it is {} until that changes by itself or by the next task",
            code(state)
        ));
    }
    item(format!(
        "checked: {}",
        prose(&inert(&task.checked)).replace("&#96;", "")
    ));
    if let Some(since) = task.waiting_since {
        item(format!("waits since {}", since.strftime("%Y-%m-%d")));
    }
    if let Some(place) = task.places.first() {
        item(format!("because of {}", code(&place.to_string())));
    }
}

fn written(change: &Change) -> String {
    let field = code(&change.field);
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{field}: {} -> {}", code(before), code(after)),
        (None, Some(after)) => format!("{field}: {}", code(after)),
        (Some(before), None) => format!("{field}: was {}", code(before)),
        (None, None) => field,
    }
}

fn instruct(item: &mut impl FnMut(String), it: &Instruction) {
    for text in &it.prepare {
        item(format!("first: {}", prose(&inert(text))));
    }
    if let Some(path) = &it.path {
        item(format!("go to: {}", prose(&inert(path))));
    }
    for path in &it.also {
        item(format!("or to: {}", prose(&inert(path))));
    }
    for text in &it.set {
        item(format!("set: {}", prose(&inert(text))));
    }
    for input in &it.inputs {
        let how = if input.secret {
            "choose it there, and write it nowhere"
        } else {
            "you are asked for it when the task is done"
        };
        item(format!(
            "{}: {} ({how})",
            code(&input.name),
            prose(&inert(&input.text))
        ));
    }
    if let Some(confirm) = &it.confirm {
        item(format!("then press: {}", prose(&inert(confirm))));
    }
    for text in &it.note {
        item(format!("note: {}", prose(&inert(text))));
    }
}
