//! Who may do what.

use super::{Page, giver};
use crate::ops::show::{Ability, Because, MayOn, Who, WhoCanView};
use crate::output::look::FAINT;
use crate::output::words;
use crate::text::inert;

/// Who may do something on an account, with the lines that decide it.
pub(super) fn who_can(page: &mut Page<'_>, view: &WhoCanView) {
    let on = format!("on {}, {}", inert(&view.account.name), inert(&view.product));
    page.heading(&inert(&view.capability), &on);
    let place = page.look.paint(FAINT, view.account.place.to_string());
    page.line(format!("  {place}"));
    let headings = [
        (Ability::Allowed, "May"),
        (Ability::Limited, "May in part"),
        (Ability::AskOwner, "May if an owner lets them"),
        (Ability::Denied, "May not"),
    ];
    for (ability, heading) in headings {
        let all: Vec<&Who> = view
            .people
            .iter()
            .filter(|it| it.ability == ability)
            .collect();
        if all.is_empty() {
            if ability == Ability::Allowed {
                page.heading(heading, "");
                page.line("  nobody");
            }
            continue;
        }
        let owners = match ability {
            Ability::AskOwner => owners(&view.owners),
            _ => String::new(),
        };
        page.heading(heading, &owners);
        let texts: Vec<String> = all.iter().flat_map(|it| told(it)).map(|it| it.0).collect();
        page.align_places(texts.iter().map(String::as_str));
        for (text, place) in all.iter().flat_map(|it| told(it)) {
            page.with_place(&text, 6, &place);
        }
        page.place_column = 0;
    }
    if view.unmanaged != "remove" {
        page.blank();
        let text = format!(
            "There may be others: people whom no line names are left alone (unmanaged: {}).",
            view.unmanaged
        );
        page.paragraph("", 0, &text);
    }
}

fn owners(owners: &[String]) -> String {
    let names: Vec<String> = owners.iter().map(|it| inert(it).into_owned()).collect();
    match names.as_slice() {
        [] => "there is no owner".to_owned(),
        [only] => format!("the owner is {only}"),
        several => format!("the owners are {}", words::listed(several)),
    }
}

/// The lines about one person, each with the place behind it.
fn told(who: &Who) -> Vec<(String, String)> {
    let name = inert(who.user.as_deref().unwrap_or(&who.subject));
    let because = who.because.iter().flat_map(because);
    let mut told: Vec<_> = because.map(|it| (format!("    {}", it.0), it.1)).collect();
    if let [(text, _)] = told.as_mut_slice() {
        *text = format!("  {name}: {}", text.trim_start());
    } else {
        told.insert(0, (format!("  {name}"), String::new()));
    }
    told
}

fn because(because: &Because) -> Vec<(String, String)> {
    let text = inert(&because.text).into_owned();
    if because.lines.is_empty() {
        return vec![(text, String::new())];
    }
    let line = |it: &crate::ops::show::Line| {
        let from = it.from.as_ref().map(|it| format!("  from {}", giver(it)));
        let text = format!("{text}{}", from.unwrap_or_default());
        (text, it.place.to_string())
    };
    because.lines.iter().map(line).collect()
}

/// What somebody may do, account by account, in short.
pub(super) fn may_on(page: &mut Page<'_>, all: &[MayOn]) {
    if all.is_empty() {
        return;
    }
    page.heading("May do", "");
    for may in all {
        page.line(format!("  {}", inert(&may.account)));
        let names = |all: &[String]| {
            let names: Vec<_> = all.iter().map(|it| inert(it)).collect();
            names.join(", ")
        };
        let limited = may.limited.iter();
        let limited: Vec<_> = limited
            .map(|(what, by)| format!("{} ({})", inert(what), inert(by)))
            .collect();
        let groups = [
            ("may", names(&may.allowed)),
            ("in part", limited.join(", ")),
            ("if an owner lets it", names(&may.ask_owner)),
        ];
        for (word, names) in groups.iter().filter(|it| !it.1.is_empty()) {
            page.paragraph("    ", 6, &format!("{word}: {names}"));
        }
        if !may.denied.is_empty() {
            let text = format!("not: {}", names(&may.denied));
            let text = page.look.paint(FAINT, text).to_string();
            page.paragraph("    ", 6, &text);
        }
    }
}
