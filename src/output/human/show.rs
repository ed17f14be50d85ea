//! What somebody has, what an account, a team or a product is.

mod may;
mod why;

use super::{Page, next_command};
use crate::model::{Field, Resource};
use crate::ops::show::{
    AccessTable, AccessView, AccountView, Giver, Line, ProductView, Report, RoleTable, Shown,
    TeamView, UserView, Written,
};
use crate::output::look::{CHANGE, FAINT, Look};
use crate::output::words::{self, count, grouped};
use crate::text::{Place, inert};

/// The thing that was asked for.
pub fn shown(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    match &report.shown {
        Shown::User(it) => user(&mut page, it),
        Shown::Account(it) => account(&mut page, it),
        Shown::Access(it) => table(&mut page, it),
        Shown::Team(it) => team(&mut page, it),
        Shown::Product(it) => product(&mut page, it),
        Shown::WhoCan(it) => may::who_can(&mut page, it),
        Shown::Why(it) => why::why(&mut page, it),
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

/// Everybody's access, by account.
fn table(page: &mut Page<'_>, table: &AccessTable) {
    for of_account in table.rows.chunk_by(|a, b| a.account == b.account) {
        page.heading(
            &inert(&of_account[0].account),
            &inert(&of_account[0].product),
        );
        for it in of_account {
            let parts = [&it.roles, &it.options, &it.grants].into_iter().flatten();
            let teams = it.teams.iter().map(|it| format!("team {it}"));
            let parts: Vec<_> = parts.cloned().chain(teams).collect();
            let what = match parts.is_empty() {
                true => "no role".to_owned(),
                false => parts.join(", "),
            };
            let text = format!("  {}: {}", inert(&it.identity), inert(&what));
            page.with_place(&text, 6, &it.line);
        }
    }
    if table.rows.is_empty() {
        page.line("Nobody has access.");
    }
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
    may::may_on(page, &user.may);
}

/// One access, with a line below it for each part that another line of the files, a team or a bundle makes so.
fn access(page: &mut Page<'_>, name: &str, access: &AccessView) {
    let text = format!("{}: {}", inert(name), words::described(&access.access));
    if let Some(line) = on_one_line(access).filter(|it| it.from.is_none()) {
        row(page, &text, Some(&line.place));
        return through(page, access);
    }
    page.line(format!("  {text}"));
    let whole = access.lines.iter().filter(|it| it.part == Field::Whole);
    let parts: Vec<&Line> = match access.lines.iter().any(|it| it.part != Field::Whole) {
        true => (access.lines.iter().filter(|it| it.part != Field::Whole)).collect(),
        false => whole.collect(),
    };
    let told = |it: &Line| {
        let from = it.from.as_ref().map(|it| format!("  from {}", giver(it)));
        format!("    {}{}", part(it, access), from.unwrap_or_default())
    };
    let told: Vec<String> = parts.iter().map(|it| told(it)).collect();
    page.align_places(told.iter().map(String::as_str));
    for (text, line) in told.iter().zip(&parts) {
        page.with_place(text, 6, &line.place.to_string());
    }
    page.place_column = 0;
    through(page, access);
}

/// The line of an access that one line of the files makes all of; parts of it need no line of their own then.
fn on_one_line(access: &AccessView) -> Option<&Line> {
    let first = access.lines.first()?;
    let of = |it: &Line| (it.place.path.clone(), it.place.line, it.from.clone());
    let same = |it: &Line| of(it) == of(first);
    access.lines.iter().all(same).then_some(first)
}

/// That what the person has there was seen too long ago.
fn aged(page: &mut Page<'_>, access: &AccessView) {
    if let Some(seen) = access.seen.as_ref().filter(|it| it.aged) {
        let days = grouped(u64::try_from(seen.days_ago).unwrap_or_default());
        let lead = format!("    {} ", page.look.paint(CHANGE, "!"));
        let text = format!("what is there: {}, aged ({days} days)", seen.by);
        page.paragraph(&lead, 6, &text);
    }
}

/// The lines that put the user where the access comes from, and who has seen it.
fn through(page: &mut Page<'_>, access: &AccessView) {
    aged(page, access);
    for it in &access.through {
        let text = match &it.giver {
            Giver::Team(_) => format!("    in {}", giver(&it.giver)),
            Giver::Bundle(_) => format!("    with {}", giver(&it.giver)),
        };
        let text = page.look.paint(FAINT, text);
        page.with_place(&text, 6, &it.place.to_string());
    }
}

fn giver(giver: &Giver) -> String {
    match giver {
        Giver::Team(name) => format!("team {}", inert(name)),
        Giver::Bundle(name) => format!("bundle {}", inert(name)),
    }
}

/// A part of an access with its value: `role: agent`.
fn part(line: &Line, view: &AccessView) -> String {
    let Resource::Access(access) = &view.access else {
        return line.part.to_string();
    };
    let is_same = |it: &&Line| it.part == line.part;
    let lines = view.lines.iter().filter(is_same).count();
    match &line.part {
        // Roles of several teams unite.
        Field::Roles if lines > 1 => "some of the roles".to_owned(),
        Field::Whole => "access".to_owned(),
        Field::Roles => {
            let roles: Vec<String> = access.roles.iter().map(ToString::to_string).collect();
            match roles.as_slice() {
                [] => "no role".to_owned(),
                [only] => format!("role: {only}"),
                several => format!("roles: {}", words::listed(several)),
            }
        }
        Field::Option(name) => match access.options.get(name) {
            Some(value) => format!("{name}: {value}"),
            None => format!("{name}: as the product has it"),
        },
        part => part.to_string(),
    }
}

fn account(page: &mut Page<'_>, account: &AccountView) {
    let at = match (&account.url, &account.inventory) {
        (Some(url), _) => inert(url).into_owned(),
        (None, Some(file)) => format!("kept by hand in {}", inert(file)),
        (None, None) => "in the embedded directory".to_owned(),
    };
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
    for (name, it) in &account.later_settings {
        let text = format!("{name} from {} on: {}", it.from, it.value);
        row(page, &text, Some(&it.place));
    }
    for it in &account.aged {
        let lead = format!("  {} ", page.look.paint(CHANGE, "!"));
        page.paragraph(&lead, 4, it);
    }
    page.heading(&count(people, "person", "people"), "");
    for it in &account.people {
        match on_one_line(it) {
            Some(line) => {
                let from = line.from.as_ref().map(|it| format!("  from {}", giver(it)));
                let what = words::described(&it.access);
                let text = format!("{}: {what}{}", inert(&it.subject), from.unwrap_or_default());
                row(page, &text, Some(&line.place));
                aged(page, it);
            }
            None => access(page, &it.subject, it),
        }
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
        let left = it.left.map(|day| format!(", left on {day}"));
        row(
            page,
            &format!("{}{lead}{}", inert(&it.user.name), left.unwrap_or_default()),
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
        for said in &section.lines {
            let (name, text) = (inert(&said.name), inert(&said.text));
            let mut text = match (name.is_empty(), text.is_empty()) {
                (true, _) => text.into_owned(),
                (false, true) => name.into_owned(),
                (false, false) => format!("{name}: {text}"),
            };
            if !said.rules.is_empty() {
                text += &format!(" [{}]", inert(&said.rules.join(", ")));
            }
            page.paragraph("  ", 4, &text);
        }
        if let Some(table) = &section.table {
            role_table(page, table);
        }
    }
}

/// What each role may do, a row for each capability; cells break where the page is narrow.
fn role_table(page: &mut Page<'_>, roles: &RoleTable) {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
    table.set_width(u16::try_from(page.look.width).unwrap_or(u16::MAX));
    let names = roles.roles.iter().map(|it| inert(it).into_owned());
    let head = ["", "may"].map(str::to_owned).into_iter().chain(names);
    table.set_header(head.chain([String::new()]));
    for row in &roles.rows {
        let name = [String::new(), inert(&row.capability).into_owned()];
        let may = row.may.iter().map(|it| (*it).to_owned());
        let rules = match row.rules.is_empty() {
            true => String::new(),
            false => format!("[{}]", inert(&row.rules.join(", "))),
        };
        table.add_row(name.into_iter().chain(may).chain([rules]));
    }
    page.blank();
    for (at, line) in table.lines().enumerate() {
        let line = line.trim_end();
        match at {
            0 => page.line(page.look.paint(FAINT, line)),
            _ => page.line(line),
        }
    }
}

fn row(page: &mut Page<'_>, text: &str, place: Option<&Place>) {
    let place = place.map(ToString::to_string).unwrap_or_default();
    page.with_place(&format!("  {text}"), 6, &place);
}
