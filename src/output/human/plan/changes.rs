//! What a plan changes on an account, step by step.

use std::collections::BTreeMap;

use super::super::Page;
use crate::model::{Action, Kind};
use crate::output::look::{ADD, CHANGE, FAINT, Look, REMOVE, RENAME};
use crate::output::words::{self, count, grouped};
use crate::output::{Detail, danger};
use crate::plan::{EffectKind, How, Step, StepId, Task};
use crate::text::inert;

/// More additions of one kind on one account than this are counted, not listed, unless everything is asked for.
const ADDITIONS_MAX: usize = 20;

/// Every change of an account with its line, and the effects that are nothing to fear after them.
pub(super) fn changes(page: &mut Page<'_>, steps: &[&Step], all: &BTreeMap<&StepId, &Step>) {
    let mut additions: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut shown = Vec::new();
    for step in steps {
        if is_plain_addition(step) && page.look.detail < Detail::Verbose {
            let seen = additions.entry(step.address.kind()).or_default();
            *seen += 1;
            if *seen > ADDITIONS_MAX {
                continue;
            }
        }
        shown.push((*step, headline(page.look, step)));
    }
    page.align_places(shown.iter().map(|(_, (text, _))| text.as_str()));
    for (step, (text, more)) in &shown {
        change(page, step, text, more, all);
    }
    page.place_column = 0;
    let more = additions.into_iter().filter_map(|(kind, number)| {
        let more = number.checked_sub(ADDITIONS_MAX).filter(|more| *more > 0)?;
        let (one, many) = words::kind(kind);
        Some(count(more, one, many))
    });
    let more: Vec<_> = more.collect();
    if !more.is_empty() {
        let sign = page.look.paint(ADD, "+");
        let text = format!("and {} more (-v lists them)", words::listed(&more));
        page.line(format!("  {sign} {}", page.look.paint(FAINT, text)));
    }
    if page.look.detail < Detail::Verbose {
        minor_effects(page, steps);
    }
}

/// What the steps cause besides themselves, each sentence once, without what was said at the top.
fn minor_effects(page: &mut Page<'_>, steps: &[&Step]) {
    let mut sentences: Vec<(&crate::plan::StepEffect, usize)> = Vec::new();
    let effects = steps.iter().flat_map(|it| &it.effects);
    for effect in effects.filter(|it| !danger::is_told(it)) {
        match sentences.iter_mut().find(|(it, _)| it.text == effect.text) {
            Some((_, times)) => *times += 1,
            None => sentences.push((effect, 1)),
        }
    }
    if !sentences.is_empty() {
        page.blank();
    }
    for (effect, times) in sentences {
        let word = page
            .look
            .paint(FAINT, format!("{}:", words::effect(effect.kind)));
        let times = match times {
            1 => String::new(),
            times => format!(" ({} times)", grouped(times as u64)),
        };
        let text = inert(effect.text.trim_end_matches('.')).into_owned();
        page.paragraph(&format!("    {word} "), 6, &format!("{text}{times}"));
    }
}

/// An addition that says nothing but what is added, so that many of them can be counted.
fn is_plain_addition(step: &Step) -> bool {
    let harmless = |it: &crate::plan::StepEffect| !it.irreversible;
    step.action == Action::Create && step.how == How::Api && step.effects.iter().all(harmless)
}

fn change(
    page: &mut Page<'_>,
    step: &Step,
    text: &str,
    more: &[String],
    all: &BTreeMap<&StepId, &Step>,
) {
    let look = page.look;
    let place = step.places.first().map(|it| it.to_string());
    page.with_place(text, 6, place.as_deref().unwrap_or_default());
    for line in more {
        page.line(format!("      {line}"));
    }
    if let Some(was) = &step.was {
        page.line(format!("      {}", look.paint(FAINT, format!("was {was}"))));
    }
    if let Some(other) = &step.other {
        let text = format!("      {}", words::handed(other));
        let place = other.differences.iter().find_map(|it| it.place.as_ref());
        let place = place.map(ToString::to_string);
        page.with_place(&text, 8, place.as_deref().unwrap_or_default());
    }
    if let How::Task(task) = &step.how {
        task_lines(page, &step.id, task);
    }
    if look.detail == Detail::Verbose {
        for effect in &step.effects {
            effect_line(page, effect);
        }
    }
    if let Some(heir) = &step.hand_over_to {
        page.line(format!(
            "      {} {heir}",
            look.paint(FAINT, "hands over to")
        ));
    }
    for need in step.needs.iter().filter_map(|id| all.get(id)) {
        if shows_need(look, step, need) {
            let text = format!(
                "after {} {}{}",
                words::sign(need.action),
                words::thing(&need.address),
                words::elsewhere(&need.address.account, &step.address.account)
            );
            page.line(format!("      {}", look.paint(FAINT, text)));
        }
    }
    if look.detail == Detail::Verbose {
        for place in step.places.iter().skip(1) {
            page.line(format!("      {}", look.paint(FAINT, place.to_string())));
        }
        page.line(format!(
            "      {}",
            look.paint(FAINT, format!("step {}", step.id))
        ));
    }
}

/// A need is worth a line where it frees the seat that the step takes; that seats are bought and teams made before
/// people come is clear without words.
fn shows_need(look: &Look, step: &Step, need: &Step) -> bool {
    let takes = step.seats.values().any(|units| *units > 0);
    let gives = need.seats.values().any(|units| *units < 0);
    look.detail == Detail::Verbose || (takes && gives)
}

pub(super) fn sign_style(action: Action) -> anstyle::Style {
    match action {
        Action::Create => ADD,
        Action::Update => CHANGE,
        Action::Rename => RENAME,
        Action::Remove => REMOVE,
    }
}

/// The first line of a step with its sign, and the lines of its differences where one line would not hold them.
fn headline(look: &Look, step: &Step) -> (String, Vec<String>) {
    let sign = look.paint(sign_style(step.action), words::sign(step.action));
    let (text, more) = sentence(look, step);
    (format!("  {sign} {text}"), more)
}

fn sentence(look: &Look, step: &Step) -> (String, Vec<String>) {
    let what = words::thing(&step.address);
    match step.action {
        Action::Create => {
            let now = step.after.as_ref().map(words::described);
            (
                joined(&what, now.as_deref().unwrap_or_default()),
                Vec::new(),
            )
        }
        Action::Remove => {
            let was = step.before.as_ref().map(words::described);
            let was = was.filter(|it| !it.is_empty());
            let was = was.map_or_else(String::new, |it| format!("was {it}"));
            let cause = words::cause(step.cause).map(|it| look.paint(FAINT, format!("({it})")));
            let text = joined(&what, &was);
            (
                match cause {
                    Some(cause) => format!("{text} {cause}"),
                    None => text,
                },
                Vec::new(),
            )
        }
        Action::Rename => {
            let from = step.renamed_from.as_ref().map(words::thing);
            let text = format!("{} -> {what}", from.unwrap_or_default());
            (text, difference_lines(look, step))
        }
        Action::Update => match step.differences.as_slice() {
            [only] if fits_one_line(only) => (joined(&what, &words::difference(only)), Vec::new()),
            _ => (what, difference_lines(look, step)),
        },
    }
}

fn joined(what: &str, detail: &str) -> String {
    if detail.is_empty() {
        what.to_owned()
    } else {
        format!("{what}: {detail}")
    }
}

fn fits_one_line(difference: &crate::plan::Difference) -> bool {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    length(&difference.before) + length(&difference.after) <= 40
}

/// One line per difference; long texts as two lines in which only the words that differ are marked.
fn difference_lines(look: &Look, step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    for it in &step.differences {
        let name = words::part(&it.field).map_or_else(String::new, |name| format!("{name}: "));
        match (&it.before, &it.after) {
            (Some(before), Some(after)) if !fits_one_line(it) => {
                let (before, after) =
                    super::super::difference::marked(look, &inert(before), &inert(after));
                lines.push(format!("{name}{before}"));
                let arrow = format!("{:>width$}", "-> ", width = name.len().max(3));
                lines.push(format!("{arrow}{after}"));
            }
            _ => lines.push(words::difference(it)),
        }
    }
    lines
}

fn task_lines(page: &mut Page<'_>, id: &StepId, task: &Task) {
    let word = match page.waiting.get(id) {
        Some(since) => format!("waiting ({id}) since {since}:"),
        None => "by hand:".to_owned(),
    };
    let lead = format!("      {} ", page.look.paint(CHANGE, word));
    page.paragraph(&lead, 8, &words::task(task));
}

fn effect_line(page: &mut Page<'_>, effect: &crate::plan::StepEffect) {
    let style = match (effect.irreversible, effect.kind) {
        (true, _) | (_, EffectKind::DataLoss | EffectKind::LockOut) => REMOVE,
        (_, EffectKind::Billing) => CHANGE,
        _ => FAINT,
    };
    let lead = format!(
        "      {} ",
        page.look
            .paint(style, format!("{}:", words::effect(effect.kind)))
    );
    let end = if effect.irreversible {
        " (cannot be undone)"
    } else {
        ""
    };
    page.paragraph(&lead, 8, &format!("{}{end}", inert(&effect.text)));
}
