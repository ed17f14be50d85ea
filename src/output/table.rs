//! Tables as CSV (RFC 4180) for spreadsheets.
//!
//! # Design
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and names come from outside. Such a cell gets
//! an apostrophe in front, as OWASP advises; a tab or line break that could begin one is shown as an escape like everywhere.

use super::words;
use crate::ops::seats::{self, AccountSeats, PoolSeats};
use crate::ops::show::{AccessRow, AccessTable};
use crate::plan::Cost;
use crate::text::inert;

const HEAD: [&str; 10] = [
    "account", "product", "user", "name", "identity", "roles", "options", "grants", "teams", "line",
];

/// Who has what, a row for each person and account.
pub fn access(table: &AccessTable) -> String {
    let mut out = row(HEAD.iter().map(|it| (*it).to_owned()));
    for it in &table.rows {
        out.push_str(&row(cells(it).into_iter()));
    }
    out
}

const SEATS_HEAD: [&str; 14] = [
    "account",
    "product",
    "pool",
    "unit",
    "there",
    "used",
    "waiting",
    "free",
    "currency",
    "cycle",
    "cost per cycle",
    "idle per cycle",
    "renewal",
    "last day to cancel",
];

/// How many seats there are and what they cost, a row for each pool. Amounts are bare numbers; what is not known is
/// `unknown`.
pub fn seats(report: &seats::Report) -> String {
    let mut out = row(SEATS_HEAD.iter().map(|it| (*it).to_owned()));
    for account in &report.accounts {
        for pool in &account.pools {
            out.push_str(&row(seats_cells(account, pool).into_iter()));
        }
    }
    out
}

fn seats_cells(account: &AccountSeats, pool: &PoolSeats) -> [String; 14] {
    let costs = [&pool.per_cycle, &pool.idle_per_cycle]
        .into_iter()
        .flatten();
    let currency = { costs }.find_map(Cost::known);
    let amount = |it: &Option<Cost>| match it {
        Some(Cost::Known(amount)) => amount.value().to_string(),
        Some(Cost::Unknown { .. }) => "unknown".to_owned(),
        None => String::new(),
    };
    let deadline = pool.deadline.as_ref();
    [
        account.account.to_string(),
        account.product.to_string(),
        pool.pool.to_string(),
        pool.unit.clone(),
        words::capacity(&pool.there),
        pool.used.to_string(),
        pool.waiting.to_string(),
        pool.free.map_or_else(String::new, |it| it.to_string()),
        currency.map_or_else(String::new, |it| it.currency.to_string()),
        account.cycle.map_or("", |it| it.word()).to_owned(),
        amount(&pool.per_cycle),
        amount(&pool.idle_per_cycle),
        deadline.map_or_else(String::new, |it| it.renewal.to_string()),
        deadline.map_or_else(String::new, |it| it.act_by.to_string()),
    ]
}

fn cells(it: &AccessRow) -> [String; 10] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        it.account.clone(),
        it.product.clone(),
        text(&it.user),
        text(&it.name),
        it.identity.clone(),
        it.roles.join("; "),
        it.options.join("; "),
        it.grants.join("; "),
        it.teams.join("; "),
        it.line.clone(),
    ]
}

fn row(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|it| cell(&it)).collect();
    cells.join(",") + "\r\n"
}

/// One cell: inert, no formula, quoted where it must be.
fn cell(text: &str) -> String {
    let text = inert(text);
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.into_owned()
    };
    match text.contains(['"', ',', ';', '\n', '\r']) || text.trim() != text {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"] {
            let shown = cell(text);
            assert!(
                shown.starts_with('\'') || shown.starts_with("\"'"),
                "{shown}"
            );
        }
        // What begins with something unseen is shown with it.
        assert!(!cell("\t=1").starts_with('\t') && !cell("\u{200b}=1").starts_with('\u{200b}'));
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("ana@acme.example"), "ana@acme.example");
    }
}
