//! Tables as CSV (RFC 4180) for spreadsheets.
//!
//! # Design
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and names come from outside. Such a cell gets
//! an apostrophe in front, as OWASP advises; a tab or line break that could begin one is shown as an escape like everywhere.

use super::{seats as say, words};
use crate::model::AccountName;
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

const SEATS_HEAD: [&str; 15] = [
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
    "used by account",
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

const FORECAST_HEAD: [&str; 11] = [
    "day", "account", "kind", "what", "before", "after", "there", "cost", "currency", "why", "line",
];

/// What becomes of the seats, a row for each thing that happens, by day. Amounts are bare numbers; what is not known is
/// `unknown`.
pub fn forecast(forecast: &seats::Forecast) -> String {
    let mut out = row(FORECAST_HEAD.iter().map(|it| (*it).to_owned()));
    for day in &forecast.days {
        let flips = day.flips.iter().map(flip_cells);
        let changes = day.changes.iter().map(change_cells);
        let gone = day.gone.iter().map(gone_cells);
        let renewals = day.renewals.iter().map(renewal_cells);
        for mut cells in flips.chain(changes).chain(gone).chain(renewals) {
            cells[0] = day.day.to_string();
            out.push_str(&row(cells.into_iter()));
        }
    }
    out
}

/// The cells of something that happens; the day is filled in for all.
type Happens = [String; 11];

fn flip_cells(it: &seats::Flip) -> Happens {
    let people: Vec<_> = it.people.iter().map(ToString::to_string).collect();
    let mut cells = happens(&it.account, "flips", it.grant.to_string());
    cells[4] = it.from.word().to_owned();
    cells[5] = it.to.word().to_owned();
    cells[9] = people.join("; ");
    cells[10] = it
        .place
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    cells
}

fn change_cells(it: &seats::Change) -> Happens {
    let why = it.why.iter().map(|why| say::reason(it, why));
    let places = it.why.iter().filter_map(|it| it.place.as_ref());
    let mut cells = happens(&it.account, "seats", it.pool.to_string());
    cells[4] = it.used_before.to_string();
    cells[5] = it.used.to_string();
    cells[6] = words::capacity(&it.there);
    cells[9] = why.collect::<Vec<_>>().join("; ");
    cells[10] = places
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ");
    cells
}

fn gone_cells(it: &seats::Gone) -> Happens {
    happens(&it.address.account, "gone", say::gone_thing(it))
}

fn renewal_cells(it: &seats::Renewal) -> Happens {
    let mut cells = happens(&it.account, "renews", it.cycle.word().to_owned());
    let cost = it.cost.as_ref();
    cells[7] = cost.map_or_else(|| "unknown".to_owned(), |it| it.value().to_string());
    cells[8] = cost.map_or_else(String::new, |it| it.currency.to_string());
    if it.is_partial && cost.is_some() {
        cells[9] = "and what is not known".to_owned();
    }
    cells
}

fn happens(account: &AccountName, kind: &str, what: String) -> Happens {
    let mut cells = Happens::default();
    cells[1] = account.to_string();
    cells[2] = kind.to_owned();
    cells[3] = what;
    cells
}

fn seats_cells(account: &AccountSeats, pool: &PoolSeats) -> [String; 15] {
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
        words::shares(&pool.shares, "; "),
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
