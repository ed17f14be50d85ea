//! The seats of an estate's accounts for the person who pays for them.

use super::Page;
use crate::ops::seats::{AccountSeats, Forecast, PoolSeats, Report};
use crate::output::look::{CHANGE, FAINT, Look, REMOVE};
use crate::output::seats as say;
use crate::output::words::{self, grouped};
use crate::text::{Place, inert};

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
        match it.pools.is_empty() && it.shared.is_empty() && it.fee.is_none() {
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
    for day in &forecast.days {
        for event in say::events(day) {
            line(
                page,
                &format!("  {}  {}", day.day, event.text),
                14,
                event.place,
            );
            for (text, place) in event.because {
                line(page, &format!("      {text}"), 8, place);
            }
        }
    }
    if forecast.days.is_empty() {
        page.line("  Nothing changes and nothing renews.");
    }
    page.blank();
    for it in &forecast.overflows {
        let lead = format!("{} ", page.look.paint(REMOVE.bold(), "Too few:"));
        page.paragraph(&lead, 2, &say::overflow(it));
    }
    for it in &forecast.flips {
        let lead = format!("{} ", page.look.paint(CHANGE, "Flips:"));
        page.paragraph(&lead, 2, &say::first_flip(it));
    }
    if forecast.overflows.is_empty() {
        page.line("Every pool has enough until then, as far as its size is known.");
    }
}

fn line(page: &mut Page<'_>, text: &str, indent: usize, place: Option<Place>) {
    match place {
        Some(place) => page.with_place(text, indent, &place.to_string()),
        None => page.line(text),
    }
}

fn account(page: &mut Page<'_>, account: &AccountSeats) {
    let mut beside = account.product.to_string();
    if let Some(day) = account.renews_on {
        beside.push_str(&format!(", renews on {day}"));
    }
    page.heading(&account.account.to_string(), &beside);
    if !account.pools.is_empty() {
        table(page, account);
    }
    for it in say::sayings(&account.pools) {
        let lead = format!("  {} ", page.look.paint(FAINT, "said:"));
        page.paragraph(&lead, 4, &it);
    }
    for it in say::sums(account) {
        page.line(format!("  {it}"));
    }
    for it in say::remarks(account) {
        let tone = if it.matters { CHANGE } else { FAINT };
        let lead = format!("  {} ", page.look.paint(tone, format!("{}:", it.word)));
        page.paragraph(&lead, 4, &it.text);
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
    let none = || "-".to_owned();
    [
        String::new(),
        pool.pool.to_string(),
        say::there(&pool.there),
        grouped(pool.used),
        pool.free.map_or_else(none, grouped),
        pool.per_cycle.as_ref().map_or_else(none, say::cost),
        say::deadline(pool).unwrap_or_else(none),
    ]
}
