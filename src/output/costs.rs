//! What a plan costs, in words: shared by the formats for people.

use super::words::listed;
use crate::model::{Amount, Cycle};
use crate::plan::{AccountCost, Cost, CostLine, Plan};
use crate::text::inert;

/// What is due now over all accounts: `12.34 EUR and 5.00 USD (an estimate)`; `None` where nothing is known to be due.
pub(crate) fn due_now(plan: &Plan) -> Option<String> {
    let cost = plan.cost.as_ref()?;
    let due = cost.due_now.iter().filter(|it| !it.is_zero());
    let due: Vec<_> = due.map(Amount::to_string).collect();
    if due.is_empty() {
        return None;
    }
    let estimate = if cost.estimate { " (an estimate)" } else { "" };
    let unknown: Vec<_> = cost.unknown.iter().map(ToString::to_string).collect();
    let more = match unknown.as_slice() {
        [] => String::new(),
        names => format!("; not all amounts of {} are known", listed(names)),
    };
    Some(format!("{} due now{estimate}{more}", listed(&due)))
}

/// The costs of an account, a sentence each, without a full stop.
pub(crate) fn lines(cost: &AccountCost) -> Vec<String> {
    let cycle = cost.terms.as_ref().and_then(|it| it.cycle);
    cost.lines
        .iter()
        .map(|it| format!("{}: {}", inert(&it.text), line(it, cycle)))
        .collect()
}

/// What an account costs in all, where there is more than one line.
pub(crate) fn in_all(cost: &AccountCost) -> Option<String> {
    let is_known = cost.due_now.is_some() || cost.per_cycle_change.is_some();
    if cost.lines.len() < 2 || !is_known {
        return None;
    }
    let cycle = cost.terms.as_ref().and_then(|it| it.cycle);
    let is_estimate = cost.lines.iter().any(|it| it.estimate);
    let estimate = if is_estimate { " (an estimate)" } else { "" };
    let due = cost.due_now.map(|it| format!("{it} now{estimate}"));
    let change = cost.per_cycle_change.map(|it| change(&it, cycle));
    let unknown = match cost.unknown {
        0 => None,
        1 => Some("one amount is not known".to_owned()),
        many => Some(format!("{many} amounts are not known")),
    };
    let parts: Vec<_> = [due, change, unknown].into_iter().flatten().collect();
    Some(format!("in all: {}", parts.join("; ")))
}

/// `5.00 EUR more a month`.
pub(crate) fn change(change: &Amount, cycle: Option<Cycle>) -> String {
    let nothing = Amount::zero(change.currency);
    let a_cycle = each(cycle);
    match change.value().cmp(&nothing.value()) {
        std::cmp::Ordering::Greater => format!("{change} more {a_cycle}"),
        std::cmp::Ordering::Equal => format!("as much as now {a_cycle}"),
        std::cmp::Ordering::Less => {
            let less = nothing.minus(change).unwrap_or(nothing);
            format!("{less} less {a_cycle}")
        }
    }
}

fn line(line: &CostLine, cycle: Option<Cycle>) -> String {
    let mut parts = Vec::new();
    let is_free = line.due_now.known().is_some_and(|it| it.is_zero());
    // What is given up costs nothing now: that goes without saying.
    if !is_free || line.sunk.is_none() {
        let estimate = if line.estimate { " (an estimate)" } else { "" };
        parts.push(match &line.due_now {
            Cost::Known(amount) => format!("{amount} now{estimate}"),
            Cost::Unknown { why } => format!("what is due now is not known ({})", inert(why)),
        });
    }
    if let Some(it) = line.per_cycle.as_ref().filter(|it| it.before != it.after) {
        let from = it.from.map_or_else(String::new, |it| format!(" from {it}"));
        let a_cycle = each(cycle);
        parts.push(match (&it.before, &it.after) {
            (Cost::Known(before), Cost::Known(after)) => {
                format!("{after} {a_cycle}{from} instead of {before}")
            }
            (_, Cost::Known(after)) => format!("{after} {a_cycle}{from}"),
            (_, Cost::Unknown { .. }) => format!("what it costs {a_cycle} is not known"),
        });
    }
    if let Some(sunk) = &line.sunk {
        parts.push(match (&sunk.amount, sunk.until) {
            // What is charged once was told already.
            (amount, None) if *amount == line.due_now => "it stays due whatever happens".to_owned(),
            (Cost::Known(amount), Some(until)) => format!("{amount} stay due until {until}"),
            (Cost::Known(amount), None) => format!("{amount} stay due"),
            (Cost::Unknown { why }, _) => {
                format!("what stays due until then is not known ({})", inert(why))
            }
        });
    }
    parts.extend(line.act_by.map(|it| format!("last day to cancel {it}")));
    parts.join("; ")
}

/// `a month`.
pub(crate) fn each(cycle: Option<Cycle>) -> &'static str {
    match cycle {
        Some(Cycle::Monthly) => "a month",
        Some(Cycle::Annual) => "a year",
        Some(Cycle::Days30) => "every 30 days",
        Some(Cycle::Days365) => "every 365 days",
        None => "a cycle",
    }
}
