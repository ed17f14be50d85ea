//! A second, independent count of seats while a plan is carried out.
//!
//! The plan proves that no order overdraws a pool. This ledger does not believe it: it counts what is started as taken and
//! only what is confirmed as freed, and objects before the step that would overdraw is sent.

use std::collections::BTreeMap;

use crate::model::{AccountName, Capacity, PoolName};
use crate::plan::{Plan, PoolProof, Step};
use crate::product::Overflow;

/// Seats per pool that refuses overflow, whose capacity is known, and that stays limited.
#[derive(Debug)]
pub(super) struct Ledger(BTreeMap<(AccountName, PoolName), Pool>);

#[derive(Debug)]
struct Pool {
    limit: i64,
    used: i64,
    used_at_start: i64,
}

impl Ledger {
    pub(super) fn of(plan: &Plan) -> Self {
        let pools = plan.accounts.iter().flat_map(|(account, it)| {
            it.pools.iter().filter_map(move |proof| {
                Some(((account.clone(), proof.pool.clone()), Pool::of(proof)?))
            })
        });
        Self(pools.collect())
    }

    /// A step is about to be sent, or a task was handed out: what it takes is taken and what it makes smaller is smaller; what
    /// it will free is not free yet.
    pub(super) fn take(&mut self, step: &Step) -> Result<(), String> {
        for (name, more) in step.room.iter().filter(|(_, more)| **more < 0) {
            if let Some(pool) = self.pool(step, name) {
                pool.limit += more;
            }
        }
        for (name, units) in taken(step) {
            let Some(pool) = self.pool(step, name) else {
                continue;
            };
            pool.used += units;
            let (used, limit) = (pool.used, pool.limit.max(pool.used_at_start));
            if used > limit {
                let id = &step.id;
                return Err(format!(
                    "step {id} would use {used} of {limit} in pool \"{name}\""
                ));
            }
        }
        Ok(())
    }

    /// Nothing came of a step.
    pub(super) fn give_back(&mut self, step: &Step) {
        for (name, more) in step.room.iter().filter(|(_, more)| **more < 0) {
            if let Some(pool) = self.pool(step, name) {
                pool.limit -= more;
            }
        }
        for (name, units) in taken(step) {
            if let Some(pool) = self.pool(step, name) {
                pool.used -= units;
            }
        }
    }

    /// A step is confirmed: what it frees is free, and what it adds is there.
    pub(super) fn confirm(&mut self, step: &Step) {
        for (name, more) in step.room.iter().filter(|(_, more)| **more > 0) {
            let own = brought(step, name);
            if let Some(pool) = self.pool(step, name) {
                pool.limit += more;
                pool.used += own;
            }
        }
        for (name, units) in step.seats.iter().filter(|(_, units)| **units < 0) {
            if let Some(pool) = self.pool(step, name) {
                pool.used += units;
            }
        }
    }

    fn pool(&mut self, step: &Step, name: &PoolName) -> Option<&mut Pool> {
        self.0
            .get_mut(&(step.address.account.clone(), name.clone()))
    }
}

/// Units that a step brings for itself: somebody new who counts, and has what is counted. They come and go at once.
fn brought(step: &Step, name: &PoolName) -> i64 {
    let of = |units: &BTreeMap<PoolName, i64>| units.get(name).copied().unwrap_or(0).max(0);
    of(&step.seats).min(of(&step.room))
}

/// Units that a step takes of what was there before it.
fn taken(step: &Step) -> impl Iterator<Item = (&PoolName, i64)> {
    let takes = step.seats.iter().filter(|(_, units)| **units > 0);
    takes.map(|(name, units)| (name, units - brought(step, name)))
}

impl Pool {
    fn of(proof: &PoolProof) -> Option<Self> {
        let Some(Capacity::Purchased(quantity)) = proof.purchased.value() else {
            return None;
        };
        if proof.purchased_after.value() == Some(&Capacity::Unlimited) {
            return None;
        }
        let used = i64::try_from(proof.used).ok()?;
        (proof.overflow == Overflow::Refuse).then_some(Self {
            limit: i64::try_from(quantity.seats()).ok()?,
            used,
            used_at_start: used,
        })
    }
}
