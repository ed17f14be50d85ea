//! What an order of steps saves where the vendor charges for units beyond what is bought.
//!
//! # Design
//! Nothing stops a plan in such a pool, so it refuses nothing and no order is illegal. But whoever takes a unit while the pool is
//! full is charged for, though somebody gives one back a moment later: one out, one in costs nothing and one in, one out does.
//! So of those who take units as many as fit in the end are held to a limit as in a pool that refuses, which makes each of them
//! wait for a unit that is free. The rest is charged for in any order, provided that they come last: the first of them needs
//! all others, and the others of them need that one.
//!
//! It is done where an order allows it. What no order avoids is charged for, and the peak of the proof tells (see `charged`).

use std::collections::HashMap;

use super::limits::Limit;
use super::order::Rank;
use super::pools::PoolFacts;
use super::structure::Needs;
use super::{PoolProof, Step, StepId};

/// What must hold so that no more is charged for in one pool than has to be.
#[derive(Clone, Debug)]
pub(super) struct Saving {
    /// Units that those take and give back for whom there is room.
    pub limit: Limit,
    /// Those who are charged for in any order come last.
    pub needs: Needs,
}

/// What can be saved in each pool; steps come in the order of their ranks.
pub(super) fn savings(
    pools: &[PoolFacts],
    steps: &[&Step],
    ranks: &HashMap<StepId, Rank>,
) -> Vec<Saving> {
    let savings = pools.iter().filter_map(|it| saving(it, steps, ranks));
    savings.collect()
}

fn saving(pool: &PoolFacts, steps: &[&Step], ranks: &HashMap<StepId, Rank>) -> Option<Saving> {
    let (before, after) = pool.bought_beyond()?;
    let units = |at: usize| pool.units(steps[at]);
    let moved = pool.moved(steps.iter().copied());
    let beyond = charged_at_best(pool.used, moved.freed, moved.taken, after);
    // Where everybody has room in any order, or nobody in any, nothing is saved.
    if pool.used + moved.taken <= before.min(after) || beyond >= moved.taken {
        return None;
    }
    let mut takers: Vec<usize> = (0..steps.len()).filter(|at| units(*at) > 0).collect();
    takers.sort_by_key(|at| ranks.get(&steps[*at].id));
    let mut left = beyond;
    let mut last = Vec::new();
    while let Some(taker) = takers.pop_if(|_| left > 0) {
        left = left.saturating_sub(units(taker).unsigned_abs());
        last.push(taker);
    }
    let mut uses: Vec<i64> = (0..steps.len()).map(units).collect();
    for (at, more) in &pool.resized {
        uses[*at] -= more;
    }
    for at in &last {
        uses[*at] = 0;
    }
    if uses.iter().all(|it| *it >= 0) {
        return None;
    }
    let uses: Vec<_> = (uses.into_iter().enumerate())
        .filter(|(_, units)| *units != 0)
        .collect();
    let mut needs = Needs::new();
    if let Some((first, others)) = last.split_last() {
        needs.extend(uses.iter().map(|(at, _)| (*first, *at)));
        needs.extend(others.iter().map(|it| (*it, *first)));
    }
    let signed = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
    let limit = Limit {
        slack: signed(before) - signed(pool.used),
        uses,
        rests_on: None,
    };
    Some(Saving { limit, needs })
}

/// How many units are charged for if everything that is given back is given back first.
fn charged_at_best(used: u64, freed: u64, taken: u64, bought: u64) -> u64 {
    let least = used.saturating_sub(freed);
    (least + taken).saturating_sub(bought.max(least))
}

/// How many units a plan takes beyond so many that are bought, in the worst order in which its steps may run.
pub(super) fn charged(proof: &PoolProof, bought: u64) -> u64 {
    let at_best = charged_at_best(proof.used, proof.freed, proof.taken, bought);
    let on_the_way = proof.peak.saturating_sub(bought.max(proof.used));
    at_best.max(on_the_way).min(proof.taken)
}
