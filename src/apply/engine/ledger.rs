//! A second, independent count of seats while a plan is carried out.
//!
//! The plan proves that no order overdraws a pool. This ledger does not believe it: it counts what is started as taken and
//! only what is confirmed as freed, and objects before the step that would overdraw is sent.

use std::collections::BTreeMap;

use crate::model::{AccountName, Capacity, PoolName};
use crate::plan::{Plan, PoolProof, Step};
use crate::product::Overflow;

/// Seats per pool that refuses overflow, whose capacity is known, and that stays limited; lots per size where every object
/// takes one of its own size.
#[derive(Debug)]
pub(super) struct Ledger {
    pools: BTreeMap<AccountName, BTreeMap<Room, Pool>>,
    /// The account that a pool belongs to, where that is another one.
    heads: BTreeMap<AccountName, BTreeMap<PoolName, AccountName>>,
}

/// A pool, or its lots of one size.
type Room = (PoolName, Option<u32>);

#[derive(Debug)]
struct Pool {
    limit: i64,
    used: i64,
    used_at_start: i64,
}

/// What a step does to a room.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    /// Units that it takes (positive) or frees (negative).
    used: i64,
    /// Units that there are more (positive) or fewer (negative).
    more: i64,
}

impl Change {
    /// Units that a step brings for itself: somebody new who counts, and has what is counted. They come and go at once.
    fn brought(self) -> i64 {
        self.used.max(0).min(self.more.max(0))
    }

    /// Units that a step takes of what was there before it.
    fn taken(self) -> i64 {
        self.used.max(0) - self.brought()
    }
}

impl Ledger {
    pub(super) fn of(plan: &Plan) -> Self {
        let pools = plan.accounts.iter().map(|(account, it)| {
            let rooms = it.pools.iter().flat_map(rooms);
            (account.clone(), rooms.collect())
        });
        let heads = plan.accounts.iter();
        let heads = heads.map(|(account, it)| (account.clone(), it.shared.clone()));
        Self {
            pools: pools.collect(),
            heads: heads.collect(),
        }
    }

    /// A step is about to be sent, or a task was handed out: what it takes is taken and what it makes smaller is smaller; what
    /// it will free is not free yet.
    pub(super) fn take(&mut self, step: &Step) -> Result<(), String> {
        for (room, change) in changes(step) {
            let Some(pool) = self.pool(step, &room) else {
                continue;
            };
            pool.limit += change.more.min(0);
            pool.used += change.taken();
            let (used, limit) = (pool.used, pool.limit.max(pool.used_at_start));
            if change.used > 0 && used > limit {
                let id = &step.id;
                let of = match room {
                    (name, None) => format!("{used} of {limit} in pool \"{name}\""),
                    (name, Some(size)) => {
                        format!("{used} of {limit} lots of {size} in pool \"{name}\"")
                    }
                };
                return Err(format!("step {id} would use {of}"));
            }
        }
        Ok(())
    }

    /// Nothing came of a step.
    pub(super) fn give_back(&mut self, step: &Step) {
        for (room, change) in changes(step) {
            if let Some(pool) = self.pool(step, &room) {
                pool.limit -= change.more.min(0);
                pool.used -= change.taken();
            }
        }
    }

    /// A step is confirmed: what it frees is free, and what it adds is there.
    pub(super) fn confirm(&mut self, step: &Step) {
        for (room, change) in changes(step) {
            if let Some(pool) = self.pool(step, &room) {
                pool.limit += change.more.max(0);
                pool.used += change.brought() + change.used.min(0);
            }
        }
    }

    fn pool(&mut self, step: &Step, room: &Room) -> Option<&mut Pool> {
        let own = &step.address.account;
        let head = self.heads.get(own).and_then(|it| it.get(&room.0));
        self.pools.get_mut(head.unwrap_or(own))?.get_mut(room)
    }
}

/// What a step does, by room.
fn changes(step: &Step) -> BTreeMap<Room, Change> {
    let mut changes: BTreeMap<Room, Change> = BTreeMap::new();
    for (name, used) in &step.seats {
        changes.entry((name.clone(), None)).or_default().used = *used;
    }
    for (name, more) in &step.room {
        changes.entry((name.clone(), None)).or_default().more = *more;
    }
    let lots = step.lots.iter().map(|it| {
        let change = Change {
            used: it.used,
            more: it.bought,
        };
        ((it.pool.clone(), Some(it.size)), change)
    });
    changes.extend(lots);
    changes
}

/// What a pool has room for.
fn rooms(proof: &PoolProof) -> Vec<(Room, Pool)> {
    let of_lots = proof.lots.iter().filter_map(|lots| {
        let room = (proof.pool.clone(), Some(lots.size));
        Some((room, Pool::new(lots.bought?, lots.used)?))
    });
    match proof.lots.is_empty() {
        false => of_lots.collect(),
        true => {
            let pool = in_sum(proof).map(|it| ((proof.pool.clone(), None), it));
            pool.into_iter().collect()
        }
    }
}

fn in_sum(proof: &PoolProof) -> Option<Pool> {
    let Some(Capacity::Purchased(quantity)) = proof.purchased.value() else {
        return None;
    };
    let stays_limited = proof.purchased_after.value() != Some(&Capacity::Unlimited);
    (proof.overflow == Overflow::Refuse && stays_limited)
        .then(|| Pool::new(quantity.seats(), proof.used))?
}

impl Pool {
    fn new(limit: u64, used: u64) -> Option<Self> {
        let used = i64::try_from(used).ok()?;
        Some(Self {
            limit: i64::try_from(limit).ok()?,
            used,
            used_at_start: used,
        })
    }
}
