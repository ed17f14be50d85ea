//! The arithmetic of every pool, and the refusals where it does not come out.
//!
//! # Design
//! The peak is exact: the most that any set of steps uses that holds what its steps need (see `closure`). What is used is
//! never more than what there is because every unit taken is traced to one that is free or freed (see `order`); the peak is
//! computed from the needs alone, so that a mistake there would show here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::charged::charged;
use super::closure::heaviest;
use super::diff::Scope;
use super::family::{Family, Kin, Share};
use super::order::Rank;
use super::pools::PoolFacts;
use super::scarce::Waiting;
use super::{
    Asker, GuardRecord, PoolProof, PoolShare, Refusal, Step, StepEffect, StepId, lots, transitions,
    words,
};
use crate::model::{AccountName, Address, Capacity, Field, Finding};
use crate::product::{Effect, EffectKind, Overflow};
use crate::text::{Place, Sources};

/// Proves every pool of a family whose steps are in order, by the account that it belongs to.
pub(super) fn prove(pools: &[PoolFacts], steps: &[Step]) -> BTreeMap<AccountName, Vec<PoolProof>> {
    let needs = needs(steps);
    let prove = |pool: &PoolFacts| {
        let moved = pool.moved(steps);
        let weights: Vec<i64> = steps.iter().map(|step| pool.units(step)).collect();
        let more = heaviest(&needs, &weights).unsigned_abs();
        PoolProof {
            pool: pool.name.clone(),
            unit: pool.unit.clone(),
            overflow: pool.overflow,
            purchased: pool.purchased.clone(),
            purchased_after: pool.purchased_after.clone(),
            used: pool.used,
            freed: moved.freed,
            taken: moved.taken,
            after: pool.used + moved.taken - moved.freed,
            peak: pool.used + more,
            waiting: pool.waiting,
            shares: pool
                .shares
                .iter()
                .map(|it| share(pool, it, steps))
                .collect(),
            lots: lots::prove(pool, steps, &needs),
        }
    };
    let mut proofs: BTreeMap<AccountName, Vec<PoolProof>> = BTreeMap::new();
    for pool in pools {
        let of_account = proofs.entry(pool.account.clone()).or_default();
        of_account.push(prove(pool));
    }
    proofs
}

fn share(pool: &PoolFacts, share: &Share, steps: &[Step]) -> PoolShare {
    let of_account = steps
        .iter()
        .filter(|it| it.address.account == share.account);
    let moved = pool.moved(of_account);
    let used = share.used.units;
    PoolShare {
        account: share.account.clone(),
        used,
        freed: moved.freed,
        taken: moved.taken,
        after: used + moved.taken - moved.freed,
    }
}

/// For each step the positions of the steps that it needs.
pub(super) fn needs(steps: &[Step]) -> Vec<Vec<usize>> {
    let places: HashMap<&StepId, usize> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| (&step.id, at))
        .collect();
    let needs = |step: &Step| {
        let known = step.needs.iter().filter_map(|id| places.get(id));
        known.copied().collect()
    };
    steps.iter().map(needs).collect()
}

/// Why the plan does not fit the pools of an account.
///
/// `ranks` are those of the steps: the last in line waits first.
pub(super) fn refusals(
    scope: Scope<'_>,
    proofs: &[PoolProof],
    steps: &[Step],
    ranks: &HashMap<StepId, Rank>,
    waiting: &Waiting,
    guards: &GuardRecord,
    sources: &Sources,
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for proof in proofs.iter().filter(|it| it.overflow != Overflow::Warn) {
        let askers = || askers(scope.name, proof, steps, ranks);
        let account = scope.name.clone();
        match seats(proof.purchased_after.value()) {
            Seats::Unlimited => {}
            // What is charged for is only told, but only where it is known whether it is.
            Seats::Number(_) if proof.overflow == Overflow::Charge => {}
            Seats::Unknown if !proof.takes_of_unknown() => {}
            // Somebody looked it up, and says so for this plan.
            Seats::Unknown if guards.accepts_unknown(scope.name, &proof.pool) => {}
            Seats::Unknown => refusals.push(Refusal::UnknownCapacity {
                account,
                askers: askers(),
                proof: proof.clone(),
            }),
            Seats::Number(after) => {
                let missing = missing(scope.name, proof, after, steps);
                if missing > 0 {
                    refusals.push(Refusal::Seats {
                        account,
                        missing,
                        askers: askers(),
                        waiting: waiting.steps.clone(),
                        smallest: waiting.smallest,
                        quantity: quantity_line(scope, proof, sources),
                        proof: proof.clone(),
                    });
                }
            }
        }
    }
    refusals
}

/// How many units of a pool are missing that has so many after the plan. More used than there are is no reason to refuse what
/// makes it better: what takes nothing of the pool and makes it no smaller on the way.
fn missing(account: &AccountName, proof: &PoolProof, after: u64, steps: &[Step]) -> u64 {
    if proof.lots.is_empty() {
        let is_smaller = |step: &Step| {
            let room = step.room.get(&proof.pool).copied().unwrap_or_default();
            step.address.account == *account && room < 0
        };
        let is_worse = proof.taken > 0
            || seats(proof.purchased.value()).exceeds(after)
            || steps.iter().any(is_smaller);
        let missing = proof.after.saturating_sub(after);
        return if is_worse { missing } else { 0 };
    }
    let lots = proof.lots.iter().filter(|it| it.is_short());
    lots.map(|it| it.missing() * u64::from(it.size)).sum()
}

enum Seats {
    Number(u64),
    Unlimited,
    Unknown,
}

impl Seats {
    fn exceeds(&self, other: u64) -> bool {
        match self {
            Self::Number(number) => *number > other,
            Self::Unlimited => true,
            Self::Unknown => false,
        }
    }
}

fn seats(capacity: Option<&Capacity>) -> Seats {
    match capacity {
        Some(Capacity::Purchased(quantity)) => Seats::Number(quantity.seats()),
        Some(Capacity::Unlimited) => Seats::Unlimited,
        None => Seats::Unknown,
    }
}

/// Steps that take units, the last in line first.
fn askers(
    account: &AccountName,
    proof: &PoolProof,
    steps: &[Step],
    ranks: &HashMap<StepId, Rank>,
) -> Vec<Asker> {
    let takes = |step: &&Step| match proof.lots.as_slice() {
        [] => proof.units(account, step) > 0,
        lots => proof.is_of(account, step) && lots::is_short(step, &proof.pool, lots),
    };
    let mut takers: Vec<&Step> = steps.iter().filter(takes).collect();
    takers.sort_by(|a, b| ranks.get(&b.id).cmp(&ranks.get(&a.id)));
    takers.into_iter().map(Asker::of).collect()
}

/// The line that says how many shall be bought.
fn quantity_line(scope: Scope<'_>, proof: &PoolProof, sources: &Sources) -> Option<Place> {
    let entry = scope
        .desired
        .state
        .get(&Address::seats(scope.name, &proof.pool))?;
    Some(sources.place(entry.origin(&Field::Whole)?))
}

/// What a definition says about taking a unit of a pool that there is not.
fn overflows<'a>(proof: &'a PoolProof, scope: Scope<'a>) -> impl Iterator<Item = &'a Effect> {
    let element = scope.product.pools.iter().find(|(name, pool)| {
        let mut words = pool.each.iter();
        name.value == proof.pool.as_str() || words.any(|it| it.value == proof.pool.as_str())
    });
    let element = element.map(|(name, _)| &name.value);
    let effects = scope.product.effects.iter().map(|(_, it)| it);
    effects.filter(move |effect| {
        (effect.upon.overflow.as_ref())
            .is_some_and(|it| it.value == proof.pool.as_str() || Some(&it.value) == element)
    })
}

/// Marks what the vendor will charge for, and tells of pools of an account that are used beyond what is bought.
pub(super) fn warn(
    family: &Family<'_>,
    scope: Scope<'_>,
    proofs: &[PoolProof],
    steps: &mut [Step],
    ranks: &HashMap<StepId, Rank>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for proof in proofs
        .iter()
        .filter(|it| it.overflow != Overflow::Refuse && it.taken > 0)
    {
        let find = |text: String| Finding {
            address: Address::seats(scope.name, &proof.pool),
            text,
        };
        let bought = match seats(proof.purchased_after.value()) {
            Seats::Unlimited => continue,
            Seats::Unknown if proof.overflow == Overflow::Charge => continue,
            Seats::Unknown => {
                findings.push(find(format!(
                    "{} more are taken; how many are bought is not known",
                    proof.taken
                )));
                continue;
            }
            Seats::Number(bought) => bought,
        };
        let is_charged = proof.overflow == Overflow::Charge;
        let beyond = if is_charged {
            charged(proof, bought)
        } else {
            0
        };
        if proof.after > bought {
            let used = proof.after;
            findings.push(find(format!(
                "{used} are used then and {bought} are bought"
            )));
        } else if beyond > 0 {
            let used = proof.peak;
            findings.push(find(format!(
                "{used} are used on the way, and {bought} are bought: no order of the steps avoids it"
            )));
        }
        if beyond > 0 {
            let beyond = usize::try_from(beyond).unwrap_or(usize::MAX);
            let last: BTreeSet<Address> = askers(scope.name, proof, steps, ranks)
                .into_iter()
                .take(beyond)
                .map(|it| it.address)
                .collect();
            for step in steps.iter_mut().filter(|it| last.contains(&it.address)) {
                let Kin { scope, scenes } = family.of(step);
                let words = words::words(step, scope.product);
                let effects = overflows(proof, *scope).filter(|it| {
                    transitions::is_meant(&it.upon, step, &words, scenes)
                        && it.when.as_ref().is_none_or(|it| scenes.then.holds(it))
                });
                let effects: Vec<_> = effects
                    .map(|it| StepEffect {
                        kind: it.kind,
                        text: it.text.clone(),
                        irreversible: it.irreversible == Some(true),
                    })
                    .collect();
                step.undoable &= !effects.iter().any(|it| it.irreversible);
                step.effects.extend(effects);
                step.effects.push(StepEffect {
                    kind: EffectKind::Billing,
                    text: format!(
                        "It takes a {} of \"{}\" beyond the {bought} that are bought; the vendor charges for it.",
                        proof.unit, proof.pool
                    ),
                    irreversible: false,
                });
            }
        }
    }
    findings
}
