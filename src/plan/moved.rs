//! Whether the facts that a plan rests on are still what they were.
//!
//! # Design
//! Only facts that a step still to be done rests on count: what the step changes, the pools that it takes from or gives to,
//! and which tenant answers. Everything else may have changed without harm. A step whose effect is there already is done,
//! by this plan or by anybody: that is how a run that was interrupted goes on.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;

use super::pools::observed_capacity;
use super::seen::Seen;
use super::takes::used;
use super::{Plan, PoolProof, Side, Step, StepId, Steps, lots};
use crate::model::{
    AccountName, Address, Capacity, Fact, Observation, PoolName, Quantity, Resource, ResourceId,
    TargetId,
};
use crate::product::Products;

/// A fact that a remaining step rests on and that is not what it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// The account was not read, or its product is not defined any more.
    Unread {
        /// The account.
        account: AccountName,
    },
    /// Another tenant answers.
    Target {
        /// The account.
        account: AccountName,
        /// Which one the plan was made for.
        planned: TargetId,
        /// Which one answers.
        observed: TargetId,
    },
    /// What a step changes is not what it was.
    Thing {
        /// The step.
        step: StepId,
        /// What it changes.
        address: Address,
        /// What was there.
        planned: Option<Resource>,
        /// What is there.
        observed: Option<Resource>,
    },
    /// What a step changes cannot be read any more.
    Unreadable {
        /// The step.
        step: StepId,
        /// What it changes.
        address: Address,
        /// Why.
        why: String,
    },
    /// A pool that steps touch has another size.
    Capacity {
        /// The account.
        account: AccountName,
        /// The pool.
        pool: PoolName,
        /// What it had, as words.
        planned: String,
        /// What it has, as words.
        observed: String,
    },
    /// A pool that steps touch is used more or less than it was.
    Used {
        /// The account.
        account: AccountName,
        /// The pool.
        pool: PoolName,
        /// How many units should be in use, with the steps that are done.
        planned: u64,
        /// How many are.
        observed: u64,
    },
    /// Lots of a size that steps touch are used more or less than they were.
    Lots {
        /// The account.
        account: AccountName,
        /// The pool.
        pool: PoolName,
        /// Units in one lot.
        size: u32,
        /// How many lots should be in use, with the steps that are done.
        planned: u64,
        /// How many are.
        observed: u64,
    },
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread { account } => write!(f, "{account} could not be read"),
            Self::Target {
                account,
                planned,
                observed,
            } => write!(
                f,
                "{account}: the plan was made for the tenant \"{}\", and \"{}\" answers",
                crate::text::inert(&planned.0),
                crate::text::inert(&observed.0)
            ),
            Self::Thing {
                address,
                planned,
                observed,
                ..
            } => match (planned, observed) {
                (Some(_), None) => write!(f, "{address} is not there any more"),
                (None, Some(_)) => write!(f, "{address} is there now"),
                _ => write!(f, "{address} is not what it was"),
            },
            Self::Unreadable { address, why, .. } => {
                write!(f, "{address} cannot be read: {}", crate::text::inert(why))
            }
            Self::Capacity {
                account,
                pool,
                planned,
                observed,
            } => write!(
                f,
                "{account}: the pool \"{pool}\" had {planned} and has {observed}"
            ),
            Self::Used {
                account,
                pool,
                planned,
                observed,
            } => write!(
                f,
                "{account}: {planned} of the pool \"{pool}\" should be in use, and {observed} are"
            ),
            Self::Lots {
                account,
                pool,
                size,
                planned,
                observed,
            } => write!(
                f,
                "{account}: of the lots of {size} of the pool \"{pool}\" {planned} should be in use, and {observed} are"
            ),
        }
    }
}

/// The facts that remaining steps rest on and that moved since the plan was made, in the order of accounts and steps; empty
/// if the plan may be carried out.
pub fn moved(
    plan: &Plan,
    observations: &BTreeMap<AccountName, Observation>,
    products: &Products,
) -> Vec<Moved> {
    let mut of_things = Vec::new();
    let mut read: BTreeMap<&AccountName, Read<'_>> = BTreeMap::new();
    for name in plan.rests_on() {
        let account = &plan.accounts[name];
        let observation = observations.get(name);
        let seen = observation.and_then(|it| Seen::new(plan, name, products, it));
        let Some(seen) = seen else {
            let account = name.clone();
            of_things.push((name, vec![Moved::Unread { account }]));
            continue;
        };
        if seen.observation.target != account.target {
            let moved = Moved::Target {
                account: name.clone(),
                planned: account.target.clone(),
                observed: seen.observation.target.clone(),
            };
            of_things.push((name, vec![moved]));
            continue;
        }
        let steps = plan.steps.iter().filter(|it| it.address.account == *name);
        let steps: Vec<_> = steps.collect();
        let all = Steps::new(steps.iter().copied());
        let (done, remaining): (Vec<_>, Vec<_>) =
            steps.into_iter().partition(|it| seen.is_done(it, &all));
        let open = Steps::new(remaining.iter().copied());
        let moved = remaining.iter().filter_map(|step| seen.moved(step, &open));
        of_things.push((name, moved.collect()));
        let account = Read {
            seen,
            done,
            remaining,
            used: OnceCell::new(),
        };
        read.insert(name, account);
    }
    let mut moved = Vec::new();
    for (name, of_things) in of_things {
        moved.extend(of_things);
        moved.extend(pools(name, &plan.accounts[name].pools, &read));
    }
    moved
}

/// An account as it was read, and which of its steps are done.
struct Read<'a> {
    seen: Seen<'a>,
    done: Vec<&'a Step>,
    remaining: Vec<&'a Step>,
    /// Units in use, by pool.
    used: OnceCell<BTreeMap<PoolName, u64>>,
}

impl Read<'_> {
    fn used(&self, account: &AccountName, pool: &PoolName) -> u64 {
        let used = self.used.get_or_init(|| {
            let used = used(&self.seen.scene, account, self.seen.observation);
            let pools = self.seen.scene.product.each_pool().zip(used);
            pools
                .map(|(one, used)| (PoolName::new(one.name), used.units))
                .collect()
        });
        used.get(pool).copied().unwrap_or_default()
    }
}

impl Seen<'_> {
    /// What of a remaining step is not what it was. What another remaining step changes before it is looked at there.
    fn moved(&self, step: &Step, remaining: &Steps<'_>) -> Option<Moved> {
        let is_first = |side: &Side<'_>| remaining.earlier(step, side.address).is_none();
        let mut sides = step.sides().filter(is_first);
        sides.find_map(|side| self.moved_side(step, side))
    }

    fn moved_side(&self, step: &Step, side: Side<'_>) -> Option<Moved> {
        let observed = self.resources(side.address);
        if observed.is_none()
            && let Some(why) = self.gap(side.address)
        {
            return Some(Moved::Unreadable {
                step: step.id.clone(),
                address: side.address.clone(),
                why: why.to_owned(),
            });
        }
        let is_same = match (side.before, &observed) {
            (Some(before), Some(names)) => names.contains(before),
            (None, None) => true,
            _ => false,
        };
        (!is_same).then(|| Moved::Thing {
            step: step.id.clone(),
            address: side.address.clone(),
            planned: side.before.clone(),
            observed: observed.map(|[_, now]| now),
        })
    }
}

/// What moved of the pools that belong to an account and that remaining steps touch.
fn pools(
    account: &AccountName,
    proofs: &[PoolProof],
    read: &BTreeMap<&AccountName, Read<'_>>,
) -> Vec<Moved> {
    let Some(own) = read.get(account) else {
        return Vec::new();
    };
    let mut moved = Vec::new();
    for proof in proofs {
        let others = proof.shares.iter().map(|it| &it.account);
        let others = others.filter(|it| *it != account);
        let sharing: Option<Vec<_>> = std::iter::once(account)
            .chain(others)
            .map(|it| Some((it, read.get(it)?)))
            .collect();
        // Whoever cannot be read any more was told of, and so was another tenant.
        let Some(sharing) = sharing else {
            continue;
        };
        let touches = |it: &&Step| it.seats.contains_key(&proof.pool);
        let mut remaining = sharing.iter().flat_map(|(_, it)| &it.remaining);
        if !remaining.any(touches) {
            continue;
        }
        let done = sharing.iter().flat_map(|(_, it)| &it.done);
        let by_us: i64 = done.filter_map(|it| it.seats.get(&proof.pool)).sum();
        let planned = proof.used.saturating_add_signed(by_us);
        let used = sharing.iter().map(|(name, it)| it.used(name, &proof.pool));
        let observed = used.sum();
        if planned != observed {
            moved.push(Moved::Used {
                account: account.clone(),
                pool: proof.pool.clone(),
                planned,
                observed,
            });
        }
        moved.extend(lots_moved(account, proof, own));
        let (scene, observation) = (&own.seen.scene, own.seen.observation);
        let (done, remaining) = (&own.done, &own.remaining);
        let Some(capacity) = observed_capacity(scene, account, observation, &proof.pool) else {
            continue;
        };
        // Lots that are bought and others that are cancelled are two steps.
        let is_bought = |step: &&Step| match (&step.address.resource, &step.after) {
            (ResourceId::Seats(pool), Some(Resource::Seats(quantity))) => {
                *pool == proof.pool
                    && capacity.value() == Some(&Capacity::Purchased(quantity.clone()))
            }
            _ => false,
        };
        // A plan that did not know the size did not rest on it.
        if proof.purchased.value().is_some()
            && !done.iter().any(is_bought)
            && !sizes_on_the_way(proof, done, remaining).contains(&capacity.value().cloned())
        {
            moved.push(Moved::Capacity {
                account: account.clone(),
                pool: proof.pool.clone(),
                planned: words(&proof.purchased),
                observed: words(&capacity),
            });
        }
    }
    moved
}

/// Lots of a pool that remaining steps take or free and that are not used as they were.
fn lots_moved(account: &AccountName, proof: &PoolProof, read: &Read<'_>) -> Vec<Moved> {
    let (seen, done, remaining) = (&read.seen, &read.done, &read.remaining);
    let Some(one) = (seen.scene.product)
        .one_pool(&proof.pool)
        .filter(|it| it.takes_lots())
    else {
        return Vec::new();
    };
    let used = lots::used(&seen.scene, one, seen.observation);
    let of = |steps: &[&Step], size: u32| -> Vec<i64> {
        let changes = steps.iter().flat_map(|it| &it.lots);
        let changes = changes.filter(|it| it.pool == proof.pool && it.size == size);
        changes.map(|it| it.used).filter(|it| *it != 0).collect()
    };
    let touched = proof
        .lots
        .iter()
        .filter(|it| !of(remaining, it.size).is_empty());
    let moved = touched.filter_map(|lots| {
        let by_us = of(done, lots.size).iter().sum::<i64>();
        let planned = lots.used.saturating_add_signed(by_us);
        let observed = used.get(&lots.size).copied().unwrap_or_default();
        (planned != observed).then(|| Moved::Lots {
            account: account.clone(),
            pool: proof.pool.clone(),
            size: lots.size,
            planned,
            observed,
        })
    });
    moved.collect()
}

/// The sizes that a pool may have when some steps of a plan are done: that of before, that of after, and those that come of
/// it step by step, forward from the one and back from the other. Only one of these counts where there is no limit on one
/// side.
fn sizes_on_the_way(
    proof: &PoolProof,
    done: &[&Step],
    remaining: &[&Step],
) -> [Option<Capacity>; 4] {
    let room = |steps: &[&Step]| -> i64 {
        let rooms = steps.iter().filter_map(|it| it.room.get(&proof.pool));
        rooms.sum()
    };
    let resized = |fact: &Fact<Capacity>, by: i64| match fact.value() {
        Some(Capacity::Purchased(quantity)) => {
            let seats = u32::try_from(quantity.seats().checked_add_signed(by)?).ok()?;
            Some(Capacity::Purchased(Quantity::Number(seats)))
        }
        Some(Capacity::Unlimited) | None => None,
    };
    [
        proof.purchased.value().cloned(),
        proof.purchased_after.value().cloned(),
        resized(&proof.purchased, room(done)),
        resized(&proof.purchased_after, -room(remaining)),
    ]
}

fn words(capacity: &Fact<Capacity>) -> String {
    match capacity.value() {
        Some(Capacity::Purchased(quantity)) => format!("{quantity} units"),
        Some(Capacity::Unlimited) => "no limit".to_owned(),
        None => "an unknown number of units".to_owned(),
    }
}
