//! What must not run out on accounts that share pools, or on one alone: seats of pools that refuse overflow, and administrators.

use std::collections::HashMap;

use super::family::{Family, Slot};
use super::orders::orders;
use super::world::Effect;
use super::{Plan, PoolProof, Step, StepId, Violation};
use crate::model::{Capacity, Observation, Resource};

/// The limits of accounts that share pools.
pub(super) struct Accounts<'a> {
    pub plan: &'a Plan,
    /// As they are before the steps.
    pub family: &'a Family<'a, 'a>,
    pub observations: &'a [&'a Observation],
    /// Units in use before the steps, by number of the counter.
    pub used: &'a [i64],
    /// How many units there are before the steps, by number of the counter.
    pub sizes: &'a [i64],
}

/// A number that steps change and that must stay above zero whenever it falls.
pub(super) struct Room {
    pub name: String,
    pub start: i64,
    pub changes: Vec<i64>,
}

impl Accounts<'_> {
    /// Gives the orders that were looked at, the stored one first.
    pub(super) fn check(
        &self,
        steps: &[&Step],
        effects: &[Effect],
        found: &mut Vec<Violation>,
    ) -> Vec<Vec<usize>> {
        let is_resumed = effects.iter().any(|it| it.is_done);
        let accounts = 0..self.observations.len();
        let mut rooms: Vec<Room> = accounts
            .map(|it| self.admins(it, steps, effects, is_resumed))
            .collect();
        for (at, slot) in self.family.slots.iter().enumerate() {
            let Some(proof) = slot.proof else {
                found.push(Violation {
                    address: None,
                    text: format!("the pool \"{}\" has no proof", slot.counter.one.name),
                });
                continue;
            };
            if !slot.is_whole {
                continue;
            }
            let units: Vec<i64> = effects.iter().map(|it| it.units[at]).collect();
            let used = self.used[at];
            match slot.counter.size {
                _ if is_resumed => {}
                None => {
                    self.arithmetic(slot, proof, used, &units, steps, found);
                    self.sizes(at, proof, effects, found);
                }
                Some(size) => {
                    let bought = effects.iter().map(|it| it.sizes[at]);
                    let now = [used, self.sizes[at]];
                    lots(proof, size, now, &units, bought, found);
                }
            }
            if slot.is_room() {
                let changes = units.iter().zip(effects);
                rooms.push(Room {
                    name: slot.counter.to_string(),
                    start: self.sizes[at] - used,
                    changes: changes.map(|(units, it)| it.sizes[at] - units).collect(),
                });
            }
        }
        let needs = positions(steps);
        let orders = orders(&needs, &rooms);
        for order in &orders {
            for room in &rooms {
                if let Some(at) = breaks(room, order) {
                    found.push(Violation {
                        address: Some(steps[at].address.clone()),
                        text: format!("in an order that the needs allow, {} run out", room.name),
                    });
                    return orders;
                }
            }
        }
        orders
    }

    /// Whether there are as many units before and after the steps as the proof says, where it says it.
    fn sizes(
        &self,
        pool: usize,
        proof: &PoolProof,
        effects: &[Effect],
        found: &mut Vec<Violation>,
    ) {
        let before = self.sizes[pool];
        let after = before + effects.iter().map(|it| it.sizes[pool]).sum::<i64>();
        let sizes = [
            ("before", &proof.purchased, before),
            ("after", &proof.purchased_after, after),
        ];
        for (when, says, is) in sizes {
            let differs = match says.value() {
                Some(Capacity::Purchased(quantity)) => i64::try_from(quantity.seats()) != Ok(is),
                Some(Capacity::Unlimited) | None => false,
            };
            if differs {
                found.push(Violation {
                    address: None,
                    text: format!(
                        "the proof of \"{}\" says another size {when} than {is}",
                        proof.pool
                    ),
                });
            }
        }
    }

    fn arithmetic(
        &self,
        slot: &Slot<'_>,
        proof: &PoolProof,
        used: i64,
        units: &[i64],
        steps: &[&Step],
        found: &mut Vec<Violation>,
    ) {
        let mut wrong = |what: &str, says: u64, is: i64| {
            found.push(Violation {
                address: None,
                text: format!(
                    "the proof of \"{}\" says {what} {says} where it is {is}",
                    proof.pool
                ),
            });
        };
        let differs = |says: u64, is: i64| i64::try_from(says) != Ok(is);
        if differs(proof.used, used) {
            wrong("used", proof.used, used);
        }
        let after = used + units.iter().sum::<i64>();
        if differs(proof.after, after) {
            wrong("after", proof.after, after);
        }
        let account = self.family.names[slot.account];
        for (step, units) in steps.iter().zip(units) {
            let said = proof.units(account, step);
            if said != *units {
                wrong("of a step", said.unsigned_abs(), *units);
            }
        }
        for share in &proof.shares {
            let units = steps
                .iter()
                .zip(units)
                .filter(|(it, _)| it.address.account == share.account);
            let moved: i64 = units.map(|(_, it)| it).sum();
            let used = self.family.used_by(&share.account, &proof.pool);
            if differs(share.used, used) {
                wrong("used by one account", share.used, used);
            }
            if differs(share.after, used + moved) {
                wrong("after for one account", share.after, used + moved);
            }
        }
    }

    fn admins(
        &self,
        account: usize,
        steps: &[&Step],
        effects: &[Effect],
        is_resumed: bool,
    ) -> Room {
        let (observation, product) = (
            self.observations[account],
            self.family.worlds[account].product,
        );
        let accesses = observation.state.iter().filter(|(address, entry)| {
            (observation.phases.get(*address))
                .is_none_or(|it| product.works(it) && !product.is_ending(it))
                && matches!(&entry.resource, Resource::Access(it) if product.administers(it))
        });
        let now = i64::try_from(accesses.count()).unwrap_or(i64::MAX);
        let changes = steps.iter().zip(effects).map(|(step, it)| {
            let is_own = self.family.at(step) == account;
            if is_own { it.admins } else { 0 }
        });
        let changes: Vec<i64> = changes.collect();
        // Where there are too few to begin with and none fewer afterwards, as many stay as there shall be. A run that goes
        // on does not tell how many there were.
        let after = now + changes.iter().sum::<i64>();
        let least = i64::from(self.plan.guards.min_admins);
        let fewest = match after >= now || is_resumed {
            true => least.min(after),
            false => least,
        };
        Room {
            name: "administrators".to_owned(),
            start: now - fewest,
            changes,
        }
    }
}

/// Whether the proof says of the lots of a size what there is of them; `used` and `bought` are those before the steps.
fn lots(
    proof: &PoolProof,
    size: u32,
    [used, bought]: [i64; 2],
    units: &[i64],
    changes: impl Iterator<Item = i64>,
    found: &mut Vec<Violation>,
) {
    let mut wrong = |text: String| {
        found.push(Violation {
            address: None,
            text: format!(
                "the proof of \"{}\" says of lots of {size} {text}",
                proof.pool
            ),
        });
    };
    let Some(says) = proof.lots.iter().find(|it| it.size == size) else {
        return wrong("nothing".to_owned());
    };
    let sum = |sign: i64| units.iter().map(|it| (it * sign).max(0)).sum::<i64>();
    let numbers = [
        ("used", Some(says.used), used),
        ("taken", Some(says.taken), sum(1)),
        ("freed", Some(says.freed), sum(-1)),
        ("after", Some(says.after), used + units.iter().sum::<i64>()),
        ("bought", says.bought, bought),
        (
            "bought after",
            says.bought_after,
            bought + changes.sum::<i64>(),
        ),
    ];
    for (what, says, is) in numbers {
        if says.is_some_and(|it| i64::try_from(it) != Ok(is)) {
            wrong(format!(
                "{what} {} where it is {is}",
                says.unwrap_or_default()
            ));
        }
    }
}

/// The first step of an order that makes a number fall below zero.
fn breaks(room: &Room, order: &[usize]) -> Option<usize> {
    let mut left = room.start;
    for at in order {
        left += room.changes[*at];
        if room.changes[*at] < 0 && left < 0 {
            return Some(*at);
        }
    }
    None
}

fn positions(steps: &[&Step]) -> Vec<Vec<usize>> {
    let places: HashMap<&StepId, usize> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| (&step.id, at))
        .collect();
    steps
        .iter()
        .map(|step| {
            step.needs
                .iter()
                .filter_map(|id| places.get(id).copied())
                .collect()
        })
        .collect()
}
