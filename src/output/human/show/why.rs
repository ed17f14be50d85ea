//! Why somebody has what they have on one account.

use super::{Page, giver, row, title};
use crate::model::Field;
use crate::ops::show::{Giver, Outcome, Part, WhyView};
use crate::output::look::{FAINT, STRONG};
use crate::output::words;
use crate::text::inert;

/// Everything that says something about an access, and what became of it.
pub(super) fn why(page: &mut Page<'_>, view: &WhyView) {
    title(
        page,
        &view.user,
        &format!("on {}", inert(&view.account.name)),
    );
    match (&view.access, &view.absent) {
        (Some(access), _) => page.paragraph("  ", 4, &words::described(access)),
        (None, Some(absent)) => {
            row(
                page,
                &format!("nothing ({})", absent.why),
                Some(&absent.place),
            );
        }
        (None, None) => page.line("  nothing"),
    }
    if view.parts.is_empty() {
        page.blank();
        page.line("No line says anything about it.");
    }
    for part in &view.parts {
        one_part(page, part);
    }
}

fn one_part(page: &mut Page<'_>, part: &Part) {
    let heading = match &part.part {
        Field::Whole => "access".to_owned(),
        Field::Roles => "role".to_owned(),
        Field::Option(name) => inert(name).into_owned(),
        Field::Grant(name) => inert(name).into_owned(),
        other => other.to_string(),
    };
    page.heading(&heading, "");
    match &part.default {
        Some(value) => page.line(format!("  {} (the product's default)", inert(value))),
        None if part.told.is_empty() => page.line("  no line says it"),
        None => {}
    }
    let mut lines = Vec::new();
    for told in &part.told {
        let value = inert(&told.value);
        let from = match &told.from {
            Some(from) => format!("from {}", giver(from)),
            None => "the user's own entry".to_owned(),
        };
        let (value, beside) = match &told.outcome {
            Outcome::Holds => (page.look.paint(STRONG, value).to_string(), String::new()),
            Outcome::Lost(why) => (
                page.look.paint(FAINT, value).to_string(),
                format!(", lost: {}", inert(why)),
            ),
        };
        lines.push((format!("  {value}  {from}{beside}"), told.place.to_string()));
        if let Some(via) = &told.via {
            let word = match &told.from {
                Some(Giver::Bundle(_)) => "with",
                _ => "in",
            };
            let from = told.from.as_ref().map(giver).unwrap_or_default();
            let text = page.look.paint(FAINT, format!("    {word} {from}"));
            lines.push((text.to_string(), via.to_string()));
        }
    }
    page.align_places(lines.iter().map(|it| it.0.as_str()));
    for (text, place) in &lines {
        page.with_place(text, 6, place);
    }
    page.place_column = 0;
}
