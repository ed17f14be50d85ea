//! A plan for the person who approves it: what is dangerous first, then every change with its line.

use std::collections::BTreeMap;

mod changes;
mod pools;

use super::problems;
use super::{Page, in_folder, next_command};
use crate::model::{AccountName, Actor};
use crate::ops::plan::{Pending, Purpose, Report};
use crate::output::look::{ADD, CHANGE, FAINT, Look, REMOVE, STRONG};
use crate::output::words::{self, Counts, count, grouped};
use crate::output::{Detail, danger};
use crate::plan::{AccountPlan, Plan, Step, StepId};
use crate::text::inert;

/// A plan, or why there is none, and what to type next.
pub fn plan(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    whole(&mut page, report);
    if let Some(plan) = &report.plan {
        hint(&mut page, report, plan);
    }
    page.finish()
}

/// A plan right before it is carried out.
pub fn plan_to_apply(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    whole(&mut page, report);
    page.finish()
}

fn whole(page: &mut Page<'_>, report: &Report) {
    page.waiting.clone_from(&report.waiting);
    problems::write(page, &report.problems);
    unread(page, report);
    match &report.plan {
        Some(plan) => {
            base_line(page, report, plan);
            write(page, plan, report.problems.refused());
            attested(page, report);
            pending(page, report);
            summary(page, report, plan);
        }
        None => refused(page, report),
    }
}

/// The plan itself, without problems and without the last lines.
pub(super) fn write(page: &mut Page<'_>, plan: &Plan, refusals_are_told: bool) {
    dangers(page, plan, refusals_are_told);
    if page.look.detail == Detail::Quiet {
        return;
    }
    let steps: BTreeMap<&StepId, &Step> = plan.steps.iter().map(|it| (&it.id, it)).collect();
    let (mut unchanged, mut counted) = (Vec::new(), Vec::new());
    for (name, account) in &plan.accounts {
        let of_account: Vec<_> = words::steps_of(plan, name).collect();
        if of_account.is_empty() && !account.lends() {
            let word = if account.counted {
                &mut counted
            } else {
                &mut unchanged
            };
            word.push(name.to_string());
            continue;
        }
        account_heading(page, name, account);
        changes::changes(page, &of_account, &steps);
        pools::pools(page, account);
        pools::costs(page, account);
    }
    findings(page, plan);
    if !unchanged.is_empty() && !plan.steps.is_empty() {
        page.blank();
        let text = format!("Without changes: {}.", words::listed(&unchanged));
        let text = page.look.paint(FAINT, text);
        page.paragraph("", 2, &text);
    }
    if !counted.is_empty() && !plan.steps.is_empty() {
        page.blank();
        let text = format!("{}: {}.", words::COUNTED, words::listed(&counted));
        let text = page.look.paint(FAINT, text);
        page.paragraph("", 2, &text);
    }
}

fn unread(page: &mut Page<'_>, report: &Report) {
    for it in &report.unread {
        let lead = format!("{} ", page.look.paint(REMOVE, "not read:"));
        let text = format!("{}: {}", it.account, inert(&it.why));
        page.paragraph(&lead, 2, &text);
    }
    if !report.unread.is_empty() {
        page.blank();
    }
}

/// Which revision the files are compared with, and what that decides.
fn base_line(page: &mut Page<'_>, report: &Report, plan: &Plan) {
    let Some(base) = &report.base else {
        return;
    };
    let revision = format!("{} ({})", inert(&base.revision), base.short());
    let text = match (base.is_new, plan.guards.commit.is_some()) {
        (true, _) => {
            format!("{revision}, which has no estate here. Guards are from the working tree.")
        }
        _ => format!("{revision}. Guards and inventories are from there."),
    };
    let lead = format!("{} ", page.look.paint(STRONG, "Base:"));
    page.paragraph(&lead, 2, &text);
}

/// Things that a change says of inventories and that are listed; more are counted.
const ATTESTED_MAX: usize = 20;

/// What the change says of accounts that are kept by hand.
fn attested(page: &mut Page<'_>, report: &Report) {
    let Some(base) = &report.base else {
        return;
    };
    if base.attestations.is_empty() && base.renewed.is_empty() {
        return;
    }
    let beside = format!(
        "in inventories; the plan starts from what {} says",
        inert(&base.revision)
    );
    page.heading("Attested by this change", &beside);
    for name in &base.new_inventories {
        let text = format!("the inventory of {name} is new: the plan starts from what it says");
        page.paragraph("  ", 4, &page.look.paint(CHANGE, text));
    }
    let all = page.look.detail == Detail::Verbose;
    let shown = if all {
        base.attestations.len()
    } else {
        ATTESTED_MAX
    };
    let lines = base.attestations.iter().take(shown).map(|it| {
        let action = words::attested_action(it);
        let sign = page
            .look
            .paint(changes::sign_style(action), words::sign(action));
        (
            it,
            format!("  {sign} {} {}", it.address.account, words::attested(it)),
        )
    });
    let lines: Vec<_> = lines.collect();
    page.align_places(lines.iter().map(|(_, text)| text.as_str()));
    for (it, text) in &lines {
        let place = it.place.as_ref().map(ToString::to_string);
        page.with_place(text, 6, place.as_deref().unwrap_or_default());
        let step = it.settles.as_ref();
        let step = step.map_or_else(String::new, |it| format!("; step {it} is then done"));
        let text = format!("{}{step}", words::vouched(it));
        page.paragraph("      ", 6, &page.look.paint(FAINT, text));
    }
    page.place_column = 0;
    let more = base.attestations.len().saturating_sub(shown);
    if more > 0 {
        let text = format!("and {} more (-v lists them)", grouped(more as u64));
        page.paragraph("  ", 4, &page.look.paint(FAINT, text));
    }
    for it in &base.renewed {
        page.paragraph("  ", 4, &words::renewed(it));
    }
}

fn refused(page: &mut Page<'_>, report: &Report) {
    let counted = problems::counted(&report.problems).unwrap_or_else(|| "nothing read".to_owned());
    let word = page.look.paint(REMOVE, "Refused");
    page.line(format!("{word}: {counted}. No account was read."));
    if let Some(command) = problems::explain_hint(&report.problems) {
        next_command(page, &command, "says more about it");
    }
}

/// What a person must know before anything else.
fn dangers(page: &mut Page<'_>, plan: &Plan, refusals_are_told: bool) {
    let dangers = danger::of(plan, refusals_are_told);
    if dangers.is_empty() {
        return;
    }
    let title = page.look.paint(REMOVE.bold(), "Look at this first");
    page.blank();
    page.line(title);
    for it in dangers {
        let mark = match it.level {
            danger::Level::Refusal => page.look.paint(REMOVE, "x"),
            danger::Level::Accepted => page.look.paint(CHANGE, "!"),
            danger::Level::Loss => page.look.paint(REMOVE, "-"),
            danger::Level::Cost => page.look.paint(CHANGE, "$"),
        };
        page.paragraph(&format!("  {mark} "), 4, &it.text);
        for place in &it.places {
            let place = page.look.paint(FAINT, place.to_string());
            page.line(format!("    {place}"));
        }
    }
}

fn account_heading(page: &mut Page<'_>, name: &AccountName, account: &AccountPlan) {
    let actor = match &account.actor {
        Actor::Person { subject, .. } => format!("acting as {subject}"),
        Actor::Service { name } => format!("acting as {}", inert(name)),
        Actor::Unknown => "nobody knows who acts".to_owned(),
    };
    let people = count(account.people as usize, "person", "people");
    let is_service = account.from.starts_with("http");
    let beside = match (&account.actor, is_service) {
        (Actor::Unknown, false) => format!(
            "{}, {people} now, kept by hand in {}",
            account.product,
            inert(&account.from)
        ),
        _ => format!(
            "{}, {people} now, {actor}, {}",
            account.product,
            at(&account.from)
        ),
    };
    page.heading(&name.to_string(), &beside);
    if account.counted {
        page.paragraph(
            "  ",
            2,
            &page.look.paint(FAINT, format!("{}.", words::COUNTED)),
        );
    }
    for gap in &account.gaps {
        let lead = format!("  {} ", page.look.paint(CHANGE, "not read:"));
        let text = format!(
            "{} ({}); nothing of this kind is removed",
            gap.word(),
            inert(&gap.why)
        );
        page.paragraph(&lead, 4, &text);
    }
}

/// Where an account was read. The port of a directory on this machine is another one each time and says nothing.
fn at(from: &str) -> String {
    if from.starts_with("http://127.0.0.1:") {
        "on this machine".to_owned()
    } else {
        format!("at {}", inert(from))
    }
}

fn findings(page: &mut Page<'_>, plan: &Plan) {
    if plan.findings.is_empty() {
        return;
    }
    page.heading("Found, and left alone", "");
    for finding in &plan.findings {
        let lead = format!("  {} ", page.look.paint(FAINT, "?"));
        let text = format!("{}: {}", finding.address, inert(&finding.text));
        page.paragraph(&lead, 4, &text);
    }
}

/// Names of one account that are listed; more are counted.
const PENDING_MAX: usize = 5;

/// Who was asked in and has not come yet, by account.
fn pending(page: &mut Page<'_>, report: &Report) {
    let same = |a: &Pending, b: &Pending| a.address.account == b.address.account;
    for of_account in report.pending.chunk_by(same) {
        let all = page.look.detail == Detail::Verbose;
        let shown = if all { of_account.len() } else { PENDING_MAX };
        let mut names: Vec<String> = of_account
            .iter()
            .take(shown)
            .map(|it| {
                let subject = it.address.subject().map(ToString::to_string);
                let name = subject.unwrap_or_else(|| words::thing(&it.address));
                format!("{name} ({})", inert(&it.state))
            })
            .collect();
        let more = of_account.len().saturating_sub(shown);
        if more > 0 {
            names.push(format!("{} more", grouped(more as u64)));
        }
        let account = &of_account[0].address.account;
        let lead = format!("{} ", page.look.paint(CHANGE, "not active yet:"));
        page.blank();
        page.paragraph(&lead, 2, &format!("{account}: {}", words::listed(&names)));
    }
}

/// The last lines: exact counts, and what to type next.
fn summary(page: &mut Page<'_>, report: &Report, plan: &Plan) {
    let look = page.look;
    let counts = Counts::of(&plan.steps);
    let refused = report.refused();
    let drift = report.purpose == Purpose::Drift;
    page.blank();
    if let Some(path) = &report.saved_to {
        page.line(format!("Saved in {}.", inert(path)));
    }
    let attention = problems::counted(&report.problems);
    let attention = attention.map_or_else(String::new, |it| format!(" ({it})"));
    if counts.all() == 0 && !refused {
        let unread = count(report.unread.len(), "account", "accounts");
        if plan.accounts.is_empty() && !report.unread.is_empty() {
            let word = look.paint(REMOVE, "Nothing compared");
            return page.line(format!("{word}: {unread} could not be read{attention}."));
        }
        let accounts = count(plan.compared().count(), "account is", "accounts are");
        let accesses: usize = plan.compared().map(|(_, it)| it.people as usize).sum();
        let word = look.paint(ADD, if drift { "No drift" } else { "No changes" });
        let accesses = count(accesses, "access", "accesses");
        let rest = match report.unread.is_empty() {
            true => String::new(),
            false => format!("; {unread} could not be read"),
        };
        return page.line(format!(
            "{word}: {accounts} as the files say, with {accesses}{rest}{attention}."
        ));
    }
    let accounts: std::collections::BTreeSet<_> =
        plan.steps.iter().map(|it| &it.address.account).collect();
    let mut text = counts.phrase();
    if !text.is_empty() {
        text = format!(
            "{text}, in {}",
            count(accounts.len(), "account", "accounts")
        );
    }
    if counts.tasks > 0 {
        text = format!("{text}; {} by hand", count(counts.tasks, "step", "steps"));
    }
    let word = match (refused, drift) {
        (true, _) => look.paint(REMOVE.bold(), "Refused"),
        (false, true) => look.paint(CHANGE.bold(), "Drift"),
        (false, false) => look.paint(STRONG, "Plan"),
    };
    let text = if text.is_empty() {
        "nothing to do".to_owned()
    } else {
        text
    };
    page.line(format!("{word}: {text}{attention}."));
}

fn hint(page: &mut Page<'_>, report: &Report, plan: &Plan) {
    let dir = report.dir.as_deref().unwrap_or_default();
    let mut next = |command: &str, why| next_command(page, &in_folder(command, dir), why);
    match (&report.saved_to, report.purpose) {
        _ if plan.steps.is_empty() && !report.refused() => {}
        _ if report.refused() => {
            if let Some(command) = problems::explain_hint(&report.problems) {
                next_command(page, &command, "says more about it");
            }
        }
        _ if plan.forecast => {
            let text = "A forecast: a plan for a later date cannot be applied.";
            let text = page.look.paint(FAINT, text);
            page.line(text);
        }
        (_, Purpose::Drift) => next("seatplan plan", "shows what it takes to undo it"),
        (Some(path), Purpose::Plan) => {
            let command = format!("seatplan apply {}", inert(path));
            next(&command, "does exactly this");
        }
        // What is applied is what was merged, from what inventories say then.
        (None, Purpose::Plan) if report.base.is_some() => {}
        (None, Purpose::Plan) => next("seatplan apply", "does this after asking"),
    }
}

#[cfg(test)]
mod tests {
    use super::plan;
    use crate::output::{Detail, Look, fixtures};

    #[test]
    fn many_additions_are_counted_and_no_removal_is() {
        let text = plan(&fixtures::plan(1_045, 60), &Look::PLAIN);
        let rows = |sign: &str| text.lines().filter(|it| it.starts_with(sign)).count();
        assert_eq!(rows("  - access"), 60);
        assert_eq!(rows("  + access"), 20);
        assert!(
            text.contains("+ and 1,025 accesses more (-v lists them)"),
            "{text}"
        );
        assert!(
            text.contains("Plan: 1,045 to add, 60 to remove, in 1 account."),
            "{text}"
        );
    }

    #[test]
    fn everything_is_listed_when_asked_for_and_little_when_not() {
        let look = |detail| Look {
            detail,
            ..Look::PLAIN
        };
        let verbose = plan(&fixtures::plan(100, 0), &look(Detail::Verbose));
        assert_eq!(
            verbose
                .lines()
                .filter(|it| it.starts_with("  + access"))
                .count(),
            100
        );
        let quiet = plan(&fixtures::plan(100, 2), &look(Detail::Quiet));
        insta::assert_snapshot!(quiet, @r"
        Look at this first
          - 2 people lose access to acme-code: person-0@acme.example and person-1@acme.example

        Plan: 100 to add, 2 to remove, in 1 account.
        ");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_but_for_names() {
        let look = Look {
            width: 60,
            ..Look::PLAIN
        };
        let text = plan(&fixtures::plan(3, 2), &look);
        let long: Vec<&str> = text.lines().filter(|it| it.chars().count() > 60).collect();
        assert!(long.is_empty(), "{long:#?}");
    }
}
