//! Seat pools as they are and as a plan changes them: how many units there are, and how many are in use.
//!
//! # Design
//! A capacity is a sum: what is bought, a fixed number, the value of a setting, as many as there are people of a sort. Each
//! part changes with steps of its own: a purchase, a setting, an access. Purchases and settings are counted with what they
//! change in the order that they have among each other (see `turns`).

use super::Step;
use super::comings::{Comings, moved_people};
use super::diff::Scope;
use super::family::{Elsewhere, Share};
use super::lots::{self, LotFacts};
use super::scenes::Scenes;
use super::structure::Needs;
use super::takes::{Used, used};
use super::turns::{Turns, scene_after};
use crate::model::{
    AccountName, Address, Capacity, Fact, Kind, Observation, PoolName, Quantity, Resource,
    ResourceId, SettingName, Value,
};
use crate::product::{OnePool, Overflow, PoolCapacity, Scene, Source};

/// More seats than anybody has: how "no limit" counts where it becomes a limit within a plan.
const BOUNDLESS: i64 = 1 << 40;

/// One pool: what is known before the plan, and what the plan's steps do to its size.
#[derive(Debug)]
pub(super) struct PoolFacts {
    /// The account that it belongs to.
    pub account: AccountName,
    pub name: PoolName,
    pub unit: String,
    pub overflow: Overflow,
    /// How many there are now.
    pub purchased: Fact<Capacity>,
    /// How many there will be.
    pub purchased_after: Fact<Capacity>,
    /// Units in use now.
    pub used: u64,
    /// Of these, by people who have not accepted yet.
    pub waiting: u64,
    /// What each account uses of it that shares it, its own first; nothing where no other does.
    pub shares: Vec<Share>,
    /// Steps that change how many there are, and by how much.
    pub resized: Vec<(usize, i64)>,
    /// Needs that make this true in every order.
    pub pins: Needs,
    /// The sizes, where every object takes a lot of its own size; `None` for every other pool.
    pub lots: Option<Vec<LotFacts>>,
}

/// Units that a plan takes and frees.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    pub freed: u64,
    pub taken: u64,
}

impl PoolFacts {
    /// What a step takes of it (positive) or frees (negative), on any account that shares it.
    pub(super) fn units(&self, step: &Step) -> i64 {
        let account = &step.address.account;
        let mut shares = self.shares.iter();
        match self.account == *account || shares.any(|it| it.account == *account) {
            true => step.seats.get(&self.name).copied().unwrap_or_default(),
            false => 0,
        }
    }

    /// By how much a step changes how many there are.
    pub(super) fn room(&self, step: &Step) -> i64 {
        match self.account == step.address.account {
            true => step.room.get(&self.name).copied().unwrap_or_default(),
            false => 0,
        }
    }

    /// Units that steps take and free.
    pub(super) fn moved<'s>(&self, steps: impl IntoIterator<Item = &'s Step>) -> Moved {
        let units = steps.into_iter().map(|step| self.units(step));
        units.fold(Moved::default(), |moved, units| match units {
            units if units < 0 => Moved {
                freed: moved.freed + units.unsigned_abs(),
                ..moved
            },
            units => Moved {
                taken: moved.taken + units.unsigned_abs(),
                ..moved
            },
        })
    }

    /// Steps that change how many there are, and by how much, but for those that set a limit or lift it.
    pub(super) fn rooms(&self) -> impl Iterator<Item = (usize, i64)> {
        let resized = self.resized.iter().copied();
        resized.filter(|(_, more)| more.abs() < BOUNDLESS / 2)
    }

    /// How many are bought before and after the steps where the vendor charges for what is beyond; `None` for every other
    /// pool, and where it is not known.
    pub(super) fn bought_beyond(&self) -> Option<(u64, u64)> {
        let bought = |it: &Fact<Capacity>| match it.value() {
            Some(Capacity::Purchased(quantity)) => Some(quantity.seats()),
            Some(Capacity::Unlimited) | None => None,
        };
        let is_charged = self.overflow == Overflow::Charge;
        is_charged.then_some((bought(&self.purchased)?, bought(&self.purchased_after)?))
    }

    /// Free units now, negative if more are used than there are; `None` if there is no limit to keep.
    ///
    /// A pool of unknown size counts as exactly full: what is freed may be taken again, and nothing else.
    pub(super) fn slack(&self) -> Option<i64> {
        if self.overflow != Overflow::Refuse {
            return None;
        }
        let units = match (self.purchased.value(), self.purchased_after.value()) {
            (Some(Capacity::Unlimited), Some(Capacity::Unlimited)) => return None,
            (Some(now), Some(_)) => units(now),
            _ => return Some(0),
        };
        Some(units - signed(self.used))
    }
}

/// What is known of every pool that belongs to an account; `elsewhere` is what others use of them.
pub(super) fn facts(
    scope: Scope<'_>,
    steps: &[Step],
    scenes: &Scenes<'_>,
    turns: &Turns,
    elsewhere: &Elsewhere,
) -> Vec<PoolFacts> {
    let used = used(&scenes.now, scope.name, scope.observation);
    let pools = scope.product.each_pool().zip(used);
    let own = pools.filter(|(one, _)| scope.shares.is_own(one.name));
    let mut facts: Vec<_> = own
        .map(|(one, used)| {
            let others = elsewhere.shares(scope.name, &PoolName::new(one.name));
            let all = others.iter().fold(used, |all, it| all.and(it.used));
            let mut facts = pool_facts(scope, one, steps, (scenes, turns), all);
            if !others.is_empty() {
                let own = Share {
                    account: scope.name.clone(),
                    used,
                    unseen: None,
                };
                facts.shares = std::iter::once(own).chain(others.iter().cloned()).collect();
            }
            facts
        })
        .collect();
    let mut gaps = scope.observation.gaps.iter();
    let gap = gaps.find(|it| it.kind == Kind::Access);
    let gap = gap.map(|gap| format!("not every access could be read: {}", gap.why));
    for pool in &mut facts {
        let unseen = || pool.shares.iter().find_map(|it| it.unseen.clone());
        let unread = || scope.shares.unread.get(&pool.name).cloned();
        let Some(why) = gap.clone().or_else(unread).or_else(unseen) else {
            continue;
        };
        pool.purchased = Fact::Unknown { why };
        pool.purchased_after = pool.purchased.clone();
        pool.resized.clear();
        pool.pins.clear();
    }
    for pool in &mut facts {
        let one = scope.product.one_pool(&pool.name);
        let one = one.filter(OnePool::takes_lots);
        pool.lots = one.map(|one| lots::facts(scope, one, pool, steps, scenes));
    }
    facts
}

fn pool_facts(
    scope: Scope<'_>,
    one: OnePool<'_>,
    steps: &[Step],
    (scenes, turns): (&Scenes<'_>, &Turns),
    used: Used,
) -> PoolFacts {
    let name = PoolName::new(one.name);
    let (entry_now, entry_then) = (scenes.now.capacity(one), scenes.then.capacity(one));
    let observed = bought(
        scope.name,
        scope.observation,
        &name,
        entry_now.or(entry_then),
    );
    let bought_step = steps.iter().rposition(
        |step| matches!(&step.address.resource, ResourceId::Seats(pool) if *pool == name),
    );
    let wanted = bought_step.and_then(|step| match &steps[step].after {
        Some(Resource::Seats(quantity)) => Some(quantity),
        _ => None,
    });
    let people_now = |entry: &PoolCapacity| people(entry, &scenes.now, scope);
    let comings = Comings::new(scope, one, steps, scenes);
    let people_then = |entry: &PoolCapacity| {
        let by_steps = moved_people(entry, &scenes.then, steps);
        let by_steps: i64 = by_steps.iter().map(|(_, units)| units).sum();
        people(entry, &scenes.then, scope).saturating_add_signed(by_steps)
    };
    let purchased = capacity(one, entry_now, &scenes.now, observed.as_ref(), people_now);
    let wanted_fact = wanted.map(|it| Fact::Known(Capacity::Purchased(it.clone())));
    let bought_then = wanted_fact.as_ref().or(observed.as_ref());
    let purchased_after = capacity(one, entry_then, &scenes.then, bought_then, people_then);
    let mut resized = Vec::new();
    let mut pins = Needs::new();
    if let Some(after) = purchased_after.value() {
        // A pool of unknown size counts as exactly full.
        let full = signed(used.units);
        let mut rest = units(after) - purchased.value().map_or(full, units);
        let of_pool = size_steps(one, steps);
        let in_order: Vec<_> = (turns.order.iter().copied())
            .filter(|it| of_pool.contains(it))
            .collect();
        let first = comings.counted_in(one, &scenes.now, steps);
        rest -= comings.resized().map(|(_, units)| units).sum::<i64>();
        let mut size_before = purchased.value().map_or(full, units) + first;
        for (place, step) in in_order.iter().enumerate() {
            let done = &in_order[..=place];
            let scene = scene_after(scenes, steps, done.iter().copied());
            let size_then = size(scope, one, &scene, steps, done).unwrap_or(full);
            let size_then = size_then + comings.counted_in(one, &scene, steps);
            resized.push((*step, size_then - size_before));
            rest -= size_then - size_before;
            size_before = size_then;
        }
        // What is left is what people's places in teams change, of whom a setting says that they are counted.
        resized.extend(setting_step(one, steps, rest).map(|step| (step, rest)));
        pins = comings.pins(&setting_steps(one, steps).collect::<Vec<_>>());
        resized.extend(comings.resized());
        resized.retain(|(_, units)| *units != 0);
    }
    PoolFacts {
        account: scope.name.clone(),
        shares: Vec::new(),
        unit: one.pool.unit.clone(),
        overflow: one.pool.overflow,
        name,
        purchased,
        purchased_after,
        used: used.units,
        waiting: used.waiting,
        resized,
        pins,
        lots: None,
    }
}

/// Steps that change how many units a pool has: of settings that it asks, and of its own quantity.
pub(super) fn size_steps(one: OnePool<'_>, steps: &[Step]) -> Vec<usize> {
    let sizes = |step: &Step| match &step.address.resource {
        ResourceId::Setting(name) => one.asks_setting(name),
        ResourceId::Seats(pool) => one.name.as_str() == pool.as_str() || one.asks_seats(pool),
        _ => false,
    };
    (0..steps.len()).filter(|at| sizes(&steps[*at])).collect()
}

/// How many units a pool has in a scene with some of its steps done, for those who are there now; `None` if that is not
/// known.
pub(super) fn size(
    scope: Scope<'_>,
    one: OnePool<'_>,
    scene: &Scene<'_>,
    steps: &[Step],
    done: &[usize],
) -> Option<i64> {
    let name = PoolName::new(one.name);
    let entry = scene.capacity(one);
    let wanted =
        done.iter().rev().find_map(
            |at| match (&steps[*at].address.resource, &steps[*at].after) {
                (ResourceId::Seats(pool), Some(Resource::Seats(quantity))) if *pool == name => {
                    Some(Fact::Known(Capacity::Purchased(quantity.clone())))
                }
                _ => None,
            },
        );
    let bought = wanted.or_else(|| bought(scope.name, scope.observation, &name, entry));
    let people = |entry: &PoolCapacity| people(entry, scene, scope);
    capacity(one, entry, scene, bought.as_ref(), people)
        .value()
        .map(units)
}

/// The setting step that makes a pool larger or smaller: the last of them for more, the first for less.
fn setting_step(one: OnePool<'_>, steps: &[Step], units: i64) -> Option<usize> {
    let mut of_pool = setting_steps(one, steps);
    match units {
        0 => None,
        1.. => of_pool.next_back(),
        _ => of_pool.next(),
    }
}

/// Steps that change a setting by which a pool's size is chosen.
pub(super) fn setting_steps(
    one: OnePool<'_>,
    steps: &[Step],
) -> impl DoubleEndedIterator<Item = usize> {
    let decides = move |step: &Step| matches!(&step.address.resource, ResourceId::Setting(name) if one.asks_setting(name));
    let steps = steps.iter().enumerate();
    steps.filter_map(move |(at, step)| decides(step).then_some(at))
}

/// How many people a capacity counts.
fn people(entry: &PoolCapacity, scene: &Scene<'_>, scope: Scope<'_>) -> u64 {
    count_people(entry, scene, scope.name, scope.observation)
}

fn count_people(
    entry: &PoolCapacity,
    scene: &Scene<'_>,
    account: &AccountName,
    observation: &Observation,
) -> u64 {
    let Some(selector) = &entry.people else {
        return 0;
    };
    let accesses = observation.state.of_account(account);
    let counted = accesses.filter(
        |(address, entry)| match (&address.resource, &entry.resource) {
            (ResourceId::Access(subject), Resource::Access(access)) => {
                scene.selects(selector, access, scene.standing(subject))
            }
            _ => false,
        },
    );
    counted.count() as u64
}

/// What is bought of a pool: the quantity in the state, with who said so if the pool's own fact says the same.
///
/// The pool's own fact alone says it only where something is bought.
fn bought(
    account: &AccountName,
    observation: &Observation,
    pool: &PoolName,
    entry: Option<&PoolCapacity>,
) -> Option<Fact<Capacity>> {
    let is_bought = entry.is_some_and(|it| it.purchased == Some(true));
    let fact = observation.pools.get(pool).filter(|_| is_bought);
    match observation.state.resource(&Address::seats(account, pool)) {
        Some(Resource::Seats(quantity)) => {
            let bought = Capacity::Purchased(quantity.clone());
            let same = fact.filter(|it| it.value() == Some(&bought));
            Some(same.cloned().unwrap_or(Fact::Known(bought)))
        }
        _ => fact.cloned(),
    }
}

/// How many units there are: the sum of what an entry names. It is as sure as its least sure part.
fn capacity(
    one: OnePool<'_>,
    entry: Option<&PoolCapacity>,
    scene: &Scene<'_>,
    bought: Option<&Fact<Capacity>>,
    people: impl Fn(&PoolCapacity) -> u64,
) -> Fact<Capacity> {
    let unknown = |why: &str| Fact::Unknown {
        why: why.to_owned(),
    };
    let Some(entry) = entry else {
        return unknown("the product names no size under these settings");
    };
    if entry.unlimited == Some(true) {
        return Fact::Known(Capacity::Unlimited);
    }
    let mut rest = u64::from(entry.number.unwrap_or_default());
    if let Some(setting) = one.setting_of(entry) {
        match scene.settings().get(setting.value.as_str()) {
            Some(Value::Count(it)) => rest += u64::from(*it),
            _ => return unknown("the setting that says it is not known"),
        }
    }
    rest += people(entry);
    let sum = |bought: u64| {
        let units = u32::try_from(bought + rest).unwrap_or(u32::MAX);
        Capacity::Purchased(Quantity::Number(units))
    };
    if entry.purchased != Some(true) {
        return Fact::Known(sum(0));
    }
    match bought {
        None => unknown("the provider does not tell"),
        Some(fact) if one.takes_lots() => match fact.value() {
            Some(Capacity::Purchased(it)) if it.by_size().is_none() => unknown(&format!(
                "{it} are bought, and it is not known in lots of which sizes"
            )),
            _ => fact.clone(),
        },
        Some(fact) if rest == 0 => fact.clone(),
        Some(fact) => match fact {
            Fact::Known(Capacity::Purchased(it)) => Fact::Known(sum(it.seats())),
            Fact::Attested {
                value: Capacity::Purchased(it),
                by,
                on,
                aged,
            } => Fact::Attested {
                value: sum(it.seats()),
                by: by.clone(),
                on: *on,
                aged: *aged,
            },
            other => other.clone(),
        },
    }
}

/// How many units a pool has by what was observed alone; `None` where a setting that nobody can read decides on it.
pub(super) fn observed_capacity(
    scene: &Scene<'_>,
    account: &AccountName,
    observation: &Observation,
    name: &PoolName,
) -> Option<Fact<Capacity>> {
    let one = scene.product.one_pool(name)?;
    let is_unread = |setting: &str| {
        let address = Address::setting(account, &SettingName::new(setting));
        observation.state.get(&address).is_none()
    };
    let mut written = scene.product.settings.iter();
    let asks_unread = written.any(|(name, rule)| {
        rule.source == Source::Written && is_unread(&name.value) && one.asks_setting(&name.value)
    });
    if asks_unread {
        return None;
    }
    let entry = scene.capacity(one);
    let bought = bought(account, observation, name, entry);
    let people = |entry: &PoolCapacity| count_people(entry, scene, account, observation);
    Some(capacity(one, entry, scene, bought.as_ref(), people))
}

/// The units of a capacity; no limit counts as more than anybody has.
fn units(capacity: &Capacity) -> i64 {
    match capacity {
        Capacity::Purchased(quantity) => signed(quantity.seats()).min(BOUNDLESS),
        Capacity::Unlimited => BOUNDLESS,
    }
}

fn signed(units: u64) -> i64 {
    i64::try_from(units).unwrap_or(BOUNDLESS)
}
