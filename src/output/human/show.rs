//! What somebody has, what an account, a team or a product is.

use super::{Page, next_command};
use crate::model::{Field, Resource};
use crate::ops::show::{
    AccessView, AccountView, Line, ProductView, Report, Shown, TeamView, UserView, Written,
};
use crate::output::look::{CHANGE, FAINT, Look};
use crate::output::words::{self, count};
use crate::text::{Place, inert};

/// The thing that was asked for.
pub fn shown(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    match &report.shown {
        Shown::User(it) => user(&mut page, it),
        Shown::Account(it) => account(&mut page, it),
        Shown::Team(it) => team(&mut page, it),
        Shown::Product(it) => product(&mut page, it),
    }
    if report.errors > 0 {
        page.blank();
        let number = count(report.errors, "error", "errors");
        let text = format!("The files have {number}, so this may be incomplete.");
        page.line(look.paint(CHANGE, text));
        next_command(&mut page, "seatplan validate", "lists them");
    }
    page.finish()
}

fn title(page: &mut Page<'_>, written: &Written, beside: &str) {
    page.heading(&inert(&written.name), beside);
    let place = page.look.paint(FAINT, written.place.to_string());
    page.line(format!("  {place}"));
}

fn user(page: &mut Page<'_>, user: &UserView) {
    let name = user.name.as_deref().map(inert).unwrap_or_default();
    title(page, &user.key, &name);
    for (word, all) in [("team", &user.teams), ("bundle", &user.bundles)] {
        for it in all {
            row(
                page,
                &format!("{word} {}", inert(&it.name)),
                Some(&it.place),
            );
        }
    }
    page.heading("Access", "");
    if user.accesses.is_empty() {
        page.line("  none");
    }
    for it in &user.accesses {
        access(page, &it.account, it);
    }
    for it in &user.memberships {
        let lead = if it.lead { ", as lead" } else { "" };
        let text = format!("{}: team {}{lead}", inert(&it.account), inert(&it.team));
        row(page, &text, it.place.as_ref());
    }
    for it in &user.absences {
        let text = format!("{}: nothing ({})", inert(&it.account), it.why);
        row(page, &text, Some(&it.place));
    }
}

/// One access, with a line below it for each part that another line of the files makes so.
fn access(page: &mut Page<'_>, name: &str, access: &AccessView) {
    let first = access.lines.first().map(|it| &it.place);
    let text = format!("{}: {}", inert(name), words::described(&access.access));
    row(page, &text, first);
    // Parts that stand on the same line of the file need no line of their own.
    let same =
        |it: &Place| first.is_some_and(|first| (&first.path, first.line) == (&it.path, it.line));
    for line in access.lines.iter().filter(|it| !same(&it.place)) {
        let text = page.look.paint(FAINT, part(line, &access.access));
        page.with_place(&format!("    {text}"), 6, &line.place.to_string());
    }
}

fn part(line: &Line, resource: &Resource) -> String {
    match (&line.part, resource) {
        (Field::Whole, _) => "written here too".to_owned(),
        (Field::Option(name), Resource::Access(access)) => {
            let value = access.options.get(name);
            value.map_or_else(|| line.part.to_string(), |it| format!("{name}: {it}"))
        }
        (part, _) => part.to_string(),
    }
}

fn account(page: &mut Page<'_>, account: &AccountView) {
    let at = account.url.as_deref().map(inert);
    let at = at.unwrap_or("in the embedded directory".into());
    title(
        page,
        &account.name,
        &format!("{}, {at}", inert(&account.product)),
    );
    let people = account.people.len();
    let unmanaged = format!("people whom no line names: {}", account.unmanaged);
    row(page, &unmanaged, Some(&account.unmanaged_place));
    for (name, (value, place)) in &account.settings {
        row(page, &format!("{name}: {value}"), place.as_ref());
    }
    page.heading(&count(people, "person", "people"), "");
    for it in &account.people {
        access(page, &it.subject, it);
    }
    if !account.teams.is_empty() {
        page.heading(&count(account.teams.len(), "team", "teams"), "");
    }
    for it in &account.teams {
        let parent = it
            .parent
            .as_deref()
            .map(|it| format!(" below {}", inert(it)));
        let text = format!(
            "{}{}: {}, {} leading",
            inert(&it.name),
            parent.unwrap_or_default(),
            count(it.members, "member", "members"),
            it.leads.len()
        );
        row(page, &text, it.place.as_ref());
    }
}

fn team(page: &mut Page<'_>, team: &TeamView) {
    let parent = team.parent.as_ref();
    let parent = parent.map(|it| format!("below {}", inert(&it.name)));
    title(page, &team.name, &parent.unwrap_or_default());
    for it in &team.gives {
        let text = format!("gives access to {}", inert(&it.name));
        row(page, &text, Some(&it.place));
    }
    for (name, place) in &team.at {
        row(page, &format!("exists on {}", inert(name)), place.as_ref());
    }
    for it in &team.inner {
        row(page, &format!("holds team {}", inert(it)), None);
    }
    page.heading(&count(team.members.len(), "member", "members"), "");
    for it in &team.members {
        let lead = if it.lead { ", leads" } else { "" };
        row(
            page,
            &format!("{}{lead}", inert(&it.user.name)),
            Some(&it.user.place),
        );
    }
}

fn product(page: &mut Page<'_>, product: &ProductView) {
    page.heading(&inert(&product.title), &inert(&product.id));
    if let Some(text) = &product.description {
        page.paragraph("  ", 2, &inert(text));
    }
    for section in &product.sections {
        page.heading(section.title, "");
        for (name, text) in &section.lines {
            let text = match (name.is_empty(), text.is_empty()) {
                (true, _) => inert(text).into_owned(),
                (false, true) => inert(name).into_owned(),
                (false, false) => format!("{}: {}", inert(name), inert(text)),
            };
            page.paragraph("  ", 4, &text);
        }
    }
}

fn row(page: &mut Page<'_>, text: &str, place: Option<&Place>) {
    let place = place.map(ToString::to_string).unwrap_or_default();
    page.with_place(&format!("  {text}"), 6, &place);
}
