//! What is not done because something could not be read, and everything that rests on it.
//!
//! # Design
//! Comparing tells which change rests on something unread. But a change that can be made by itself may rest on one that
//! cannot: a team must not be moved into another that would have to leave it first, a role cannot be given whose object
//! is not made, and nobody takes a unit that is not freed. What the order of steps is made from, needs and limits, says
//! exactly this. So all changes are looked at together, and whatever needs what is held back, or uses up what it would
//! give back, is held back too.

use std::collections::BTreeMap;

use super::Step;
use super::limits::Limit;
use crate::model::{AccountName, Address, Finding, Gap, Kind};

/// For each step the gap that it rests on, by its place among the observations'; `None` for those that can be made.
///
/// `held` says it for steps that rest on it by themselves. Steps are in the order of their ranks: of those that use a limit
/// up, the last in line are held back.
pub(super) fn held(
    steps: &[Step],
    mut held: Vec<Option<usize>>,
    needs: &[(usize, usize)],
    limits: &[Limit],
) -> Vec<Option<usize>> {
    let mut dependents = vec![Vec::new(); steps.len()];
    for (step, needed) in needs {
        dependents[*needed].push(*step);
    }
    let mut open: Vec<usize> = (0..steps.len()).filter(|it| held[*it].is_some()).collect();
    loop {
        while let Some(step) = open.pop() {
            for dependent in &dependents[step] {
                if held[*dependent].is_none() {
                    held[*dependent] = held[step];
                    open.push(*dependent);
                }
            }
        }
        for limit in limits {
            if let Some((step, kind)) = one_too_many(limit, &held) {
                held[step] = Some(kind);
                open.push(step);
            }
        }
        if open.is_empty() {
            return held;
        }
    }
}

/// The last step that uses up what, without the steps that are held back, is not there; and what could not be read.
///
/// What all steps together would break is told elsewhere, unless it was not counted to the end.
fn one_too_many(limit: &Limit, held: &[Option<usize>]) -> Option<(usize, usize)> {
    let kept = || limit.uses.iter().filter(|(step, _)| held[*step].is_none());
    let left = limit.slack - kept().map(|(_, units)| units).sum::<i64>();
    let mut givers = limit.uses.iter().filter(|(_, units)| *units < 0);
    let kind = match limit.rests_on {
        Some(kind) => kind,
        None if limit.left() < 0 => return None,
        None => givers.find_map(|(step, _)| held[*step])?,
    };
    let last = kept().rfind(|(_, units)| *units > 0)?;
    (left < 0).then_some((last.0, kind))
}

/// Tells what is not done: once for each kind that could not be read and kind of things that stay as they are for it.
pub(super) fn told<'a>(
    gaps: &[(&AccountName, &Gap)],
    held: impl Iterator<Item = (&'a Address, usize)>,
) -> Vec<Finding> {
    let mut missed: BTreeMap<(usize, Kind), (&Address, usize)> = BTreeMap::new();
    for (address, gap) in held {
        missed
            .entry((gap, address.kind()))
            .or_insert((address, 0))
            .1 += 1;
    }
    let finding = |((gap, _), (address, count)): ((usize, Kind), (&Address, usize))| {
        let (account, gap) = gaps[gap];
        let of_account = match *account == address.account {
            true => String::new(),
            false => format!(" of \"{account}\""),
        };
        let why = &gap.why;
        let rest = match count {
            1 => "so this stays as it is".to_owned(),
            _ => format!("so this and {} more stay as they are", count - 1),
        };
        Finding {
            address: address.clone(),
            text: match &gap.objects {
                Some(kind) => format!("not all {kind}{of_account} could be read ({why}), {rest}"),
                None => {
                    let word = gap.word();
                    format!("not every {word}{of_account} could be read ({why}), {rest}")
                }
            },
        }
    };
    missed.into_iter().map(finding).collect()
}
