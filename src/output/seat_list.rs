//! Seats and a forecast of them as Markdown, for a review or a ticket.
//!
//! # Design
//! As in review comments, names from outside are code and the whole fits into a comment: rows that do not fit are counted. Of a
//! forecast, what is too small and what flips stands first, since that is what somebody has to decide.

use super::costs::each;
use super::markdown::{Comment, code, problems, prose};
use super::seats::{self as say, Event};
use super::words::listed;
use crate::ops::seats::{AccountSeats, Day, Forecast, PoolSeats, Report};
use crate::text::{Place, inert};

/// The seats of an estate's accounts, or what becomes of them.
pub fn seats(report: &Report) -> String {
    let mut comment = Comment::default();
    match &report.forecast {
        Some(it) => comment.always(&format!("### Seats from {} to {}\n", it.from, it.until)),
        None if report.problems.refused() => {
            comment.always("### Seats: refused before any account was read\n")
        }
        None => comment.always(&format!("### Seats on {}\n", report.day)),
    }
    let unread = report.unread.iter();
    let unread: Vec<_> = unread
        .map(|it| {
            format!(
                "- **Not read**: {}: {}\n",
                code(&it.account),
                prose(&inert(&it.why))
            )
        })
        .collect();
    if !unread.is_empty() {
        comment.always("\n");
        comment.rows(unread, "account", "accounts");
    }
    match &report.forecast {
        Some(it) => forecast(&mut comment, it),
        None => table(&mut comment, report),
    }
    if report.forecast.is_some() && report.problems.refused() {
        comment.always("\nFrom the next day on the files are refused:\n");
    }
    problems(&mut comment, &report.problems);
    comment.into_text()
}

fn table(comment: &mut Comment, report: &Report) {
    let mut without = Vec::new();
    for it in &report.accounts {
        match it.pools.is_empty() && it.shared.is_empty() && it.fee.is_none() {
            true => without.push(code(&it.account)),
            false => account(comment, it),
        }
    }
    if !without.is_empty() {
        comment.offer(&format!("\nWithout seats: {}.\n", listed(&without)));
    }
}

fn account(comment: &mut Comment, account: &AccountSeats) {
    let renews = account
        .renews_on
        .map_or_else(String::new, |it| format!(", renews on {it}"));
    comment.offer(&format!(
        "\n#### {} ({}){renews}\n",
        code(&account.account),
        code(&account.product)
    ));
    if !account.pools.is_empty() {
        let head = format!(
            "\n| pool | there | used | free | cost {} | last day to cancel |\n|---|--:|--:|--:|--:|---|\n",
            each(account.cycle)
        );
        comment.offer(&head);
        comment.rows(account.pools.iter().map(row), "pool", "pools");
    }
    let said = say::sayings(&account.pools)
        .into_iter()
        .map(|it| ("said", it));
    let sums = say::sums(account).into_iter().map(|it| ("cost", it));
    let remarks = say::remarks(account)
        .into_iter()
        .map(|it| (it.word, it.text));
    let lines: Vec<_> = said
        .chain(sums)
        .chain(remarks)
        .map(|(word, text)| format!("- **{word}**: {}\n", prose(&text)))
        .collect();
    if !lines.is_empty() {
        comment.offer("\n");
        comment.rows(lines, "line", "lines");
    }
}

fn row(pool: &PoolSeats) -> String {
    let none = || "-".to_owned();
    format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        code(&pool.pool),
        prose(&say::there(&pool.there)),
        pool.used,
        pool.free.map_or_else(none, |it| it.to_string()),
        pool.per_cycle.as_ref().map_or_else(none, say::cost),
        say::deadline(pool).unwrap_or_else(none),
    )
}

fn forecast(comment: &mut Comment, forecast: &Forecast) {
    let few = forecast
        .overflows
        .iter()
        .map(|it| ("Too few", say::overflow(it)));
    let flips = forecast
        .flips
        .iter()
        .map(|it| ("Flips", say::first_flip(it)));
    let first: Vec<_> = few
        .chain(flips)
        .map(|(word, text)| format!("> - **{word}**: {}\n", prose(&text)))
        .collect();
    if !first.is_empty() {
        comment.always("\n> [!CAUTION]\n");
        comment.rows(first, "entry", "entries");
    }
    if forecast.overflows.is_empty() {
        comment.always("\nEvery pool has enough until then, as far as its size is known.\n");
    }
    if forecast.days.is_empty() {
        comment.always("\nNothing changes and nothing renews.\n");
        return;
    }
    comment.always("\n| day | what | line |\n|---|---|---|\n");
    let rows = forecast.days.iter().flat_map(rows_of);
    comment.rows(rows, "entry", "entries");
}

fn rows_of(day: &Day) -> Vec<String> {
    let row = |it: Event| {
        let place = |it: &Option<Place>| it.as_ref().map(|it| code(&it.to_string()));
        let first = (prose(&it.text), place(&it.place));
        let because = it.because.iter().map(|(text, at)| (prose(text), place(at)));
        let (texts, places): (Vec<_>, Vec<_>) = std::iter::once(first).chain(because).unzip();
        let places: Vec<_> = places.into_iter().flatten().collect();
        format!(
            "| {} | {} | {} |\n",
            day.day,
            texts.join("<br>"),
            places.join("<br>")
        )
    };
    say::events(day).into_iter().map(row).collect()
}
