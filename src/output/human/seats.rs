//! The seats of an estate's accounts for the person who pays for them.

use super::Page;
use crate::model::{Capacity, Fact, ResourceId};
use crate::ops::seats::{AccountSeats, Forecast, PoolSeats, Report, Why};
use crate::output::costs::each;
use crate::output::look::{CHANGE, FAINT, Look, REMOVE};
use crate::output::words::{self, grouped};
use crate::plan::Cost;
use crate::text::inert;

/// A table for each account, and what is paid for nobody.
pub fn seats(report: &Report, look: &Look) -> String {
    let mut page = Page::new(look);
    if report.problems.refused() && report.forecast.is_none() {
        return super::problems(&report.problems, look);
    }
    for it in &report.unread {
        let lead = format!("{} ", look.paint(REMOVE, "not read:"));
        page.paragraph(&lead, 2, &format!("{}: {}", it.account, inert(&it.why)));
    }
    if let Some(it) = &report.forecast {
        forecast(&mut page, it);
        if report.problems.refused() {
            page.blank();
            page.line("From the next day on the files are refused:");
            let problems = super::problems(&report.problems, look);
            return format!("{}\n{problems}", page.finish());
        }
        return page.finish();
    }
    let mut without = Vec::new();
    for it in &report.accounts {
        match it.pools.is_empty() && it.fee.is_none() {
            true => without.push(it.account.to_string()),
            false => account(&mut page, it),
        }
    }
    if !without.is_empty() {
        page.blank();
        let text = format!("Without seats: {}.", words::listed(&without));
        let text = page.look.paint(FAINT, text);
        page.paragraph("", 2, &text);
    }
    page.finish()
}

/// What happens on which day, then what does not fit.
fn forecast(page: &mut Page<'_>, forecast: &Forecast) {
    page.heading(&format!("From {} to {}", forecast.from, forecast.until), "");
    for it in &forecast.days {
        let day = it.day.to_string();
        for flip in &it.flips {
            let people: Vec<_> = flip.people.iter().map(ToString::to_string).collect();
            let text = format!(
                "  {day}  {}: {} flips from {} to {} for {}",
                flip.account,
                flip.grant,
                flip.from.word(),
                flip.to.word(),
                words::count(people.len(), "person", "people"),
            );
            let place = flip.place.as_ref().map(ToString::to_string);
            page.with_place(&text, 14, place.as_deref().unwrap_or_default());
            page.paragraph("      ", 6, &words::some(&people));
        }
        for change in &it.changes {
            let used = format!(
                "{} -> {} used",
                grouped(change.used_before),
                grouped(change.used)
            );
            let size = match change.there == change.there_before {
                true => format!("of {}", there(&change.there)),
                false => format!(
                    "of {} (was {})",
                    there(&change.there),
                    there(&change.there_before)
                ),
            };
            page.line(format!(
                "  {day}  {} {}: {used} {size}",
                change.account, change.pool
            ));
            for why in &change.why {
                reason(page, why);
            }
        }
        for gone in &it.gone {
            let what = match (&gone.address.resource, gone.units) {
                (ResourceId::Access(subject), _) => subject.to_string(),
                (ResourceId::Seats(pool), Some(units)) => format!("{} of {pool}", grouped(units)),
                _ => words::thing(&gone.address),
            };
            let account = &gone.address.account;
            page.line(format!(
                "  {day}  {account}: gone with the cycle: {what}, cancelled before"
            ));
        }
        for renewal in &it.renewals {
            let more = if renewal.is_partial {
                " and what is not known"
            } else {
                ""
            };
            let cost = match &renewal.cost {
                Some(cost) => format!("{cost}{more}"),
                None => "cost unknown".to_owned(),
            };
            page.line(format!("  {day}  {} renews: {cost}", renewal.account));
        }
    }
    if forecast.days.is_empty() {
        page.line("  Nothing changes and nothing renews.");
    }
    page.blank();
    for it in &forecast.overflows {
        let lead = format!("{} ", page.look.paint(REMOVE.bold(), "Too few:"));
        let text = format!(
            "{} of {} from {}: {} would be used and {} are there",
            it.pool,
            it.account,
            it.day,
            grouped(it.used),
            grouped(it.there)
        );
        page.paragraph(&lead, 2, &text);
    }
    for it in &forecast.flips {
        let lead = format!("{} ", page.look.paint(CHANGE, "Flips:"));
        let text = format!(
            "on {} the default of {} of {} flips from {} to {} for {}",
            it.day,
            it.grant,
            it.account,
            it.from.word(),
            it.to.word(),
            words::count(it.people, "person", "people"),
        );
        page.paragraph(&lead, 2, &text);
    }
    if forecast.overflows.is_empty() {
        page.line("Every pool has enough until then, as far as its size is known.");
    }
}

fn reason(page: &mut Page<'_>, why: &Why) {
    let what = match why.address.subject() {
        Some(subject) => subject.to_string(),
        None => words::thing(&why.address),
    };
    let word = if why.units > 0 { "takes" } else { "frees" };
    let text = format!("      {what} {word} {}", grouped(why.units.unsigned_abs()));
    let place = why.place.as_ref().map(ToString::to_string);
    page.with_place(&text, 8, place.as_deref().unwrap_or_default());
}

fn account(page: &mut Page<'_>, account: &AccountSeats) {
    let mut beside = account.product.to_string();
    if let Some(day) = account.renews_on {
        beside.push_str(&format!(", renews on {day}"));
    }
    page.heading(&account.account.to_string(), &beside);
    if !account.pools.is_empty() {
        table(page, account);
        sayings(page, &account.pools);
    }
    if let Some(fee) = &account.fee {
        page.line(format!("  the account itself: {}", cost(fee)));
    }
    if let Some(sum) = &account.per_cycle {
        let more = match account.is_partial {
            true => " and what is not known",
            false => "",
        };
        page.line(format!("  in all: {sum} {}{more}", each(account.cycle)));
    }
    let mut told: Vec<&str> = Vec::new();
    for it in &account.pools {
        notes(page, it);
        if let Some(Cost::Unknown { why }) = &it.per_cycle
            && !told.contains(&why.as_str())
        {
            told.push(why);
            let lead = format!("  {} ", page.look.paint(FAINT, "unknown:"));
            page.paragraph(&lead, 4, &inert(why));
        }
    }
}

fn table(page: &mut Page<'_>, account: &AccountSeats) {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header([
        "",
        "pool",
        "there",
        "used",
        "free",
        "cost",
        "last day to cancel",
    ]);
    for it in &account.pools {
        table.add_row(row(it));
    }
    for at in 2..6 {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    for (at, line) in table.lines().enumerate() {
        let line = match at {
            0 => page.look.paint(FAINT, line.trim_end()),
            _ => line,
        };
        page.line(line);
    }
}

fn row(pool: &PoolSeats) -> [String; 7] {
    [
        String::new(),
        pool.pool.to_string(),
        there(&pool.there),
        grouped(pool.used),
        pool.free.map_or_else(|| "-".to_owned(), grouped),
        pool.per_cycle.as_ref().map_or_else(|| "-".to_owned(), cost),
        match &pool.deadline {
            Some(it) => format!("{} (for {})", it.act_by, it.renewal),
            None => "-".to_owned(),
        },
    ]
}

/// How many there are; who says so stands below the table.
fn there(fact: &Fact<Capacity>) -> String {
    match fact.value() {
        Some(Capacity::Purchased(quantity)) => quantity.to_string(),
        Some(Capacity::Unlimited) => "no limit".to_owned(),
        None => "unknown".to_owned(),
    }
}

/// Who says how many there are, where it is not the vendor, and why nobody does.
fn sayings(page: &mut Page<'_>, pools: &[PoolSeats]) {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for it in pools {
        let saying = match &it.there {
            Fact::Known(_) => continue,
            Fact::Attested { by, on, aged, .. } => {
                let aged = if *aged { ", too long ago" } else { "" };
                format!("by {} on {on}{aged}", inert(by))
            }
            Fact::Unknown { why } => format!("by nobody ({})", inert(why)),
        };
        match said.iter_mut().find(|(text, _)| *text == saying) {
            Some((_, names)) => names.push(it.pool.to_string()),
            None => said.push((saying, vec![it.pool.to_string()])),
        }
    }
    for (saying, names) in said {
        let lead = format!("  {} ", page.look.paint(FAINT, "said:"));
        page.paragraph(&lead, 4, &format!("{saying}: {}", words::listed(&names)));
    }
}

/// What a row has no room for.
fn notes(page: &mut Page<'_>, pool: &PoolSeats) {
    if let Some(it) = &pool.ending {
        let lead = format!("  {} ", page.look.paint(CHANGE, "cancelled:"));
        let until = it.on.map_or_else(
            || "until the billing cycle ends".to_owned(),
            |it| format!("until {it}"),
        );
        let text = format!(
            "{} of {} are there and paid {until}, {} then",
            it.bought,
            pool.pool,
            there(&pool.there)
        );
        page.paragraph(&lead, 4, &text);
    }
    if pool.waiting > 0 {
        let text = format!(
            "of {} used, {} did not accept yet",
            grouped(pool.used),
            grouped(pool.waiting)
        );
        page.line(format!("  {}: {}", pool.pool, page.look.paint(FAINT, text)));
    }
    if let (Some(Cost::Known(idle)), Some(free)) = (&pool.idle_per_cycle, pool.free) {
        let lead = format!("  {} ", page.look.paint(CHANGE, "idle:"));
        let units = grouped(free);
        let text = format!("{units} of {} for nobody, {idle} each cycle", pool.pool);
        page.paragraph(&lead, 4, &text);
    }
}

fn cost(cost: &Cost) -> String {
    match cost {
        Cost::Known(amount) => amount.to_string(),
        Cost::Unknown { .. } => "unknown".to_owned(),
    }
}
