//! A second, independent count of seats while a plan is carried out.
//!
//! The plan proves that no order overdraws a pool. This ledger does not believe it: it counts what is started as taken and
//! only what is confirmed as freed, and objects before the step that would overdraw is sent.

use std::collections::BTreeMap;

use crate::model::{AccountName, Capacity, PoolName, Resource, ResourceId};
use crate::plan::{Plan, PoolProof, Step};
use crate::product::Overflow;

/// Seats per pool that refuses overflow and whose capacity is known.
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

    /// A step is about to be sent, or a task was handed out: what it takes is taken, what it will free is not free yet.
    pub(super) fn take(&mut self, step: &Step) -> Result<(), String> {
        if let Some((pool, bought)) = self.bought(step)
            && bought < pool.limit
        {
            pool.limit = bought;
        }
        for (name, units) in step.seats.iter().filter(|(_, units)| **units > 0) {
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
        for (name, units) in step.seats.iter().filter(|(_, units)| **units > 0) {
            if let Some(pool) = self.pool(step, name) {
                pool.used -= units;
            }
        }
    }

    /// A step is confirmed: what it frees is free.
    pub(super) fn confirm(&mut self, step: &Step) {
        if let Some((pool, bought)) = self.bought(step) {
            pool.limit = bought;
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

    /// The pool whose quantity a step changes, and the quantity.
    fn bought(&mut self, step: &Step) -> Option<(&mut Pool, i64)> {
        let ResourceId::Seats(name) = &step.address.resource else {
            return None;
        };
        let Some(Resource::Seats(quantity)) = &step.after else {
            return None;
        };
        let seats = i64::try_from(quantity.seats()).ok()?;
        Some((self.pool(step, name)?, seats))
    }
}

impl Pool {
    fn of(proof: &PoolProof) -> Option<Self> {
        let Some(Capacity::Purchased(quantity)) = proof.purchased.value() else {
            return None;
        };
        let used = i64::try_from(proof.used).ok()?;
        (proof.overflow == Overflow::Refuse).then_some(Self {
            limit: i64::try_from(quantity.seats()).ok()?,
            used,
            used_at_start: used,
        })
    }
}
