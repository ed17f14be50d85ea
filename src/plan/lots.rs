//! Pools in which every object takes a whole lot of its own size: what there is of them, size by size.
//!
//! # Design
//! What is free of one size is no room for an object of another, so such a pool has no room in sum: each size is a limit of
//! its own, and the sum then holds by itself. Lots are bought before the first object takes them and cancelled after the last
//! one has freed them, which is why buying some and cancelling others are two steps (see `diff`). An object is as large as the
//! units that it takes. A number of which nobody knows in lots of which sizes is not known.

use std::collections::{BTreeMap, BTreeSet};

use super::diff::Scope;
use super::pools::PoolFacts;
use super::scenes::Scenes;
use super::takes::{holds, stays};
use super::{LotChange, LotProof, Step, closure};
use crate::model::{Address, Capacity, Fact, Observation, PoolName, Resource, ResourceId};
use crate::product::{OnePool, Scene};

/// Lots of one size, before the steps and after them.
#[derive(Debug)]
pub(super) struct LotFacts {
    pub size: u32,
    /// How many are bought now; `None` where that is not known.
    pub bought: Option<u64>,
    /// How many will be.
    pub bought_after: Option<u64>,
    /// How many are in use now.
    pub used: u64,
    /// What steps do to them.
    pub changes: Vec<(usize, LotChange)>,
}

impl LotFacts {
    /// Lots that are free now, negative if more are used than there are. Lots of which nobody knows how many there are count
    /// as all used: what is freed may be taken again, and nothing else.
    pub(super) fn slack(&self) -> i64 {
        match (self.bought, self.bought_after) {
            (Some(bought), Some(_)) => signed(bought) - signed(self.used),
            _ => 0,
        }
    }
}

/// The sizes of a pool: all that are bought, used or taken.
pub(super) fn facts(
    scope: Scope<'_>,
    one: OnePool<'_>,
    pool: &PoolFacts,
    steps: &[Step],
    scenes: &Scenes<'_>,
) -> Vec<LotFacts> {
    let used = used(&scenes.now, one, scope.observation);
    let [bought, bought_after] = [&pool.purchased, &pool.purchased_after].map(by_size);
    let mut changes: BTreeMap<u32, Vec<(usize, LotChange)>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        let mut of_step: BTreeMap<u32, LotChange> = BTreeMap::new();
        let mut change = |size: u32, used: i64, bought: i64| {
            let it = of_step.entry(size).or_insert_with(|| LotChange {
                pool: pool.name.clone(),
                size,
                used: 0,
                bought: 0,
            });
            it.used += used;
            it.bought += bought;
        };
        match &step.address.resource {
            ResourceId::Object { .. } => {
                for (size, by) in taken(scope, one, step, &scenes.now) {
                    change(size, by, 0);
                }
            }
            ResourceId::Seats(name) if *name == pool.name => {
                let sides = [(&step.before, -1), (&step.after, 1)];
                for (size, by) in sides.into_iter().flat_map(|(it, by)| {
                    // Of lots that nobody knows, as many as are used count as bought.
                    let lots = quantity(it).unwrap_or_else(|| used.clone());
                    lots.into_iter()
                        .map(move |(size, lots)| (size, by * signed(lots)))
                }) {
                    change(size, 0, by);
                }
            }
            _ => {}
        }
        for (size, it) in of_step {
            if (it.used, it.bought) != (0, 0) {
                changes.entry(size).or_default().push((at, it));
            }
        }
    }
    let known = [Some(&used), bought.as_ref(), bought_after.as_ref()];
    let known = known.into_iter().flatten().flat_map(BTreeMap::keys);
    let sizes: BTreeSet<u32> = known.chain(changes.keys()).copied().collect();
    let of = |it: &Option<BTreeMap<u32, u64>>, size| {
        let lots = it.as_ref()?;
        Some(lots.get(size).copied().unwrap_or_default())
    };
    let facts = sizes.iter().map(|size| LotFacts {
        size: *size,
        bought: of(&bought, size),
        bought_after: of(&bought_after, size),
        used: used.get(size).copied().unwrap_or_default(),
        changes: changes.remove(size).unwrap_or_default(),
    });
    facts.collect()
}

/// Lots in use by size.
pub(super) fn used(
    scene: &Scene<'_>,
    one: OnePool<'_>,
    observation: &Observation,
) -> BTreeMap<u32, u64> {
    let mut used = BTreeMap::new();
    for (address, entry) in observation.state.of_account(&observation.account) {
        let phase = observation.phases.get(address).map(|it| it.as_str());
        if !scene.product.holds_seat(phase) {
            continue;
        }
        if let Some(size) = size(scene, one, address, Some(&entry.resource)) {
            *used.entry(size).or_default() += 1;
        }
    }
    used
}

/// The arithmetic of every size; `needs` are the places of the steps that each step needs.
pub(super) fn prove(pool: &PoolFacts, steps: &[Step], needs: &[Vec<usize>]) -> Vec<LotProof> {
    let prove = |lots: &LotFacts| {
        let of = |step: &Step| {
            let own = step.address.account == pool.account;
            let mut changes = step.lots.iter().filter(|_| own);
            let change = changes.find(|it| it.pool == pool.name && it.size == lots.size);
            change.map_or(0, |it| it.used)
        };
        let units: Vec<i64> = steps.iter().map(of).collect();
        let sum = |sign: i64| {
            let of_sign = units.iter().map(|it| (it * sign).max(0));
            of_sign.sum::<i64>().unsigned_abs()
        };
        let (taken, freed) = (sum(1), sum(-1));
        LotProof {
            size: lots.size,
            bought: lots.bought,
            bought_after: lots.bought_after,
            used: lots.used,
            freed,
            taken,
            after: lots.used + taken - freed,
            peak: lots.used + closure::heaviest(needs, &units).unsigned_abs(),
        }
    };
    pool.lots.iter().flatten().map(prove).collect()
}

/// Sizes of which a step takes a lot (1) or frees one (-1).
fn taken<'s>(
    scope: Scope<'_>,
    one: OnePool<'_>,
    step: &'s Step,
    scene: &'s Scene<'_>,
) -> impl Iterator<Item = (u32, i64)> + use<'s> {
    let present = step.renamed_from.as_ref().unwrap_or(&step.address);
    let is_held = step.before.is_some() && holds(scope, present);
    let holds_then = step.before.is_none() || is_held;
    let after = match stays(scope, step) {
        true => &step.before,
        false => &step.after,
    };
    let size = |it: &Option<Resource>| size(scene, one, &step.address, it.as_ref());
    let before = size(&step.before).filter(|_| is_held).map(|it| (it, -1));
    let after = size(after).filter(|_| holds_then).map(|it| (it, 1));
    before.into_iter().chain(after)
}

/// How large the lot is that a thing takes, if it takes one.
fn size(
    scene: &Scene<'_>,
    one: OnePool<'_>,
    address: &Address,
    resource: Option<&Resource>,
) -> Option<u32> {
    let (ResourceId::Object { kind, .. }, Some(Resource::Object(object))) =
        (&address.resource, resource)
    else {
        return None;
    };
    let units = scene.units_of_object(one, kind, object);
    u32::try_from(units).ok().filter(|it| *it > 0)
}

fn quantity(resource: &Option<Resource>) -> Option<BTreeMap<u32, u64>> {
    match resource {
        Some(Resource::Seats(quantity)) => quantity.by_size(),
        _ => None,
    }
}

fn by_size(capacity: &Fact<Capacity>) -> Option<BTreeMap<u32, u64>> {
    match capacity.value()? {
        Capacity::Purchased(quantity) => quantity.by_size(),
        Capacity::Unlimited => None,
    }
}

/// Whether a step takes a lot of a size of which too few are there, or of which nobody knows how many there are.
pub(super) fn is_short(step: &Step, pool: &PoolName, lots: &[LotProof]) -> bool {
    let mut taken = step
        .lots
        .iter()
        .filter(|it| it.pool == *pool && it.used > 0);
    taken.any(|change| {
        let mut lots = lots.iter().filter(|it| it.size == change.size);
        lots.any(|it| it.missing() > 0 || it.bought_after.is_none())
    })
}

fn signed(lots: u64) -> i64 {
    i64::try_from(lots).unwrap_or(i64::MAX)
}
