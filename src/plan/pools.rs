//! Seat pools as they are and as a plan changes them: capacity, use, and what each step takes or frees.

use std::collections::BTreeMap;

use super::Step;
use super::diff::Scope;
use crate::model::{
    Access, AccountName, Action, Address, Capacity, Fact, Kind, Observation, PoolName, Quantity,
    Resource, ResourceId, SettingName, Subject,
};
use crate::product::{
    Overflow, Pool, PoolCapacity, Product, Selector, Settings, Source, Standing, Standings,
};
use crate::text::Word;

/// More seats than anybody has: how "no limit" counts where it becomes a limit within a plan.
const BOUNDLESS: i64 = 1 << 40;

/// One pool of one account: what is known before the plan, and what the plan's steps do to its size.
#[derive(Debug)]
pub(super) struct PoolFacts {
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
    /// Steps that change how many there are, and by how much.
    pub resized: Vec<(usize, i64)>,
}

/// Units that a plan takes and frees.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    pub freed: u64,
    pub taken: u64,
}

impl PoolFacts {
    /// Units that steps take and free.
    pub(super) fn moved(&self, steps: &[Step]) -> Moved {
        let units = steps.iter().filter_map(|step| step.seats.get(&self.name));
        units.fold(Moved::default(), |moved, units| match *units {
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

/// The settings of an account as far as they are known: read, else written where nobody can read or set them, else
/// default.
pub(super) fn settings_now(scope: Scope<'_>) -> Settings {
    let mut settings = scope
        .product
        .settings_in(&scope.observation.state, scope.name);
    let creates = (Kind::Setting, Action::Create);
    if scope.capabilities.executes.contains(&creates) {
        return settings;
    }
    for (name, rule) in scope.product.settings.iter() {
        let name = SettingName::new(&name.value);
        let address = Address::setting(scope.name, &name);
        if rule.source == Source::Written
            && scope.observation.state.get(&address).is_none()
            && let Some(Resource::Setting(value)) = scope.desired.state.resource(&address)
        {
            settings.insert(name, value.clone());
        }
    }
    settings
}

/// The settings of an account once the steps are done.
pub(super) fn settings_then(now: &Settings, steps: &[Step]) -> Settings {
    let mut settings = now.clone();
    for step in steps {
        if let (ResourceId::Setting(name), Some(Resource::Setting(value))) =
            (&step.address.resource, &step.after)
        {
            settings.insert(name.clone(), value.clone());
        }
    }
    settings
}

/// What is known of every pool of an account.
pub(super) fn facts(
    scope: Scope<'_>,
    steps: &[Step],
    settings: (&Settings, &Settings),
    standings: &Standings,
) -> Vec<PoolFacts> {
    let used = used(scope.product, scope.name, scope.observation, standings);
    let pools = scope.product.pools.iter().zip(used);
    let mut facts: Vec<_> = pools
        .map(|((name, pool), used)| pool_facts(scope, &name.value, pool, steps, settings, used))
        .collect();
    if let Some(gap) = scope
        .observation
        .gaps
        .iter()
        .find(|it| it.kind == Kind::Access)
    {
        for pool in &mut facts {
            pool.purchased = Fact::Unknown {
                why: format!("not every access could be read: {}", gap.why),
            };
            pool.purchased_after = pool.purchased.clone();
            pool.resized.clear();
        }
    }
    facts
}

fn pool_facts(
    scope: Scope<'_>,
    name: &Word,
    pool: &Pool,
    steps: &[Step],
    (now, then): (&Settings, &Settings),
    (used, waiting): (u64, u64),
) -> PoolFacts {
    let name = PoolName::new(name);
    let product = scope.product;
    let (entry_now, entry_then) = (product.capacity(pool, now), product.capacity(pool, then));
    let observed = bought(scope.name, scope.observation, &name, entry_now);
    let bought_step = steps.iter().position(
        |step| matches!(&step.address.resource, ResourceId::Seats(pool) if *pool == name),
    );
    let wanted = bought_step.and_then(|step| match &steps[step].after {
        Some(Resource::Seats(quantity)) => Some(quantity),
        _ => None,
    });
    let purchased = capacity(entry_now, now, observed.as_ref());
    let wanted_fact = wanted.map(|it| Fact::Known(Capacity::Purchased(it.clone())));
    let purchased_after = capacity(entry_then, then, wanted_fact.as_ref().or(observed.as_ref()));
    let mut resized = Vec::new();
    if let Some(after) = purchased_after.value() {
        // A pool of unknown size counts as exactly full.
        let mut rest = units(after) - purchased.value().map_or(signed(used), units);
        if let (Some(step), Some(wanted)) = (bought_step, wanted)
            && entry_then.is_some_and(|it| it.purchased == Some(true))
            && let Some(Capacity::Purchased(now)) = observed.as_ref().and_then(Fact::value)
        {
            let bought = signed(wanted.seats()) - signed(now.seats());
            resized.push((step, bought));
            rest -= bought;
        }
        resized.extend(setting_step(pool, steps, rest).map(|step| (step, rest)));
    }
    PoolFacts {
        unit: pool.unit.clone(),
        overflow: pool.overflow,
        name,
        purchased,
        purchased_after,
        used,
        waiting,
        resized,
    }
}

/// The setting step that makes a pool larger or smaller: the last of them for more, the first for less.
fn setting_step(pool: &Pool, steps: &[Step], units: i64) -> Option<usize> {
    let mut of_pool = setting_steps(pool, steps);
    match units {
        0 => None,
        1.. => of_pool.next_back(),
        _ => of_pool.next(),
    }
}

/// Steps that change a setting by which a pool's size is chosen.
pub(super) fn setting_steps(pool: &Pool, steps: &[Step]) -> impl DoubleEndedIterator<Item = usize> {
    let decides = |name: &SettingName| {
        pool.capacity.iter().any(|entry| {
            (entry.when.as_ref()).is_some_and(|it| it.settings.get(name.as_str()).is_some())
                || (entry.setting.as_ref()).is_some_and(|it| it.value == name.as_str())
        })
    };
    steps.iter().enumerate().filter_map(move |(at, step)| {
        matches!(&step.address.resource, ResourceId::Setting(name) if decides(name)).then_some(at)
    })
}

/// What is bought of a pool: the quantity in the state, with who said so if the pool's own fact says the same.
///
/// The pool's own fact alone says it only where the size is what is bought.
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

fn capacity(
    entry: Option<&PoolCapacity>,
    settings: &Settings,
    bought: Option<&Fact<Capacity>>,
) -> Fact<Capacity> {
    let unknown = |why: &str| Fact::Unknown {
        why: why.to_owned(),
    };
    let number = |it| Fact::Known(Capacity::Purchased(Quantity::Number(it)));
    match entry {
        None => unknown("the product names no size under these settings"),
        Some(PoolCapacity {
            unlimited: Some(true),
            ..
        }) => Fact::Known(Capacity::Unlimited),
        Some(PoolCapacity {
            number: Some(it), ..
        }) => number(*it),
        Some(PoolCapacity {
            setting: Some(it), ..
        }) => match settings.get(it.value.as_str()) {
            Some(crate::model::Value::Count(it)) => number(*it),
            _ => unknown("the setting that says it is not known"),
        },
        Some(_) => bought
            .cloned()
            .unwrap_or_else(|| unknown("the provider does not tell")),
    }
}

/// Units in use, and of these by people who have not accepted yet, for each pool in the order of the definition.
pub(super) fn used(
    product: &Product,
    account: &AccountName,
    observation: &Observation,
    standings: &Standings,
) -> Vec<(u64, u64)> {
    let mut used = vec![(0, 0); product.pools.iter().count()];
    if used.is_empty() {
        return used;
    }
    for (address, entry) in observation.state.of_account(account) {
        let (ResourceId::Access(subject), Resource::Access(access)) =
            (&address.resource, &entry.resource)
        else {
            continue;
        };
        let phase = observation.phases.get(address);
        if !product.holds_seat(phase.map(Word::as_str)) {
            continue;
        }
        let standing = standings.get(subject);
        for (used, (_, pool)) in used.iter_mut().zip(product.pools.iter()) {
            if product.takes_unit(pool, access, standing) {
                used.0 += 1;
                used.1 += u64::from(phase.is_some());
            }
        }
    }
    used
}

/// How many units a pool has by what was observed alone; `None` where a setting that nobody can read decides on it.
pub(super) fn observed_capacity(
    product: &Product,
    account: &AccountName,
    observation: &Observation,
    name: &PoolName,
) -> Option<Fact<Capacity>> {
    let pool = product.pools.get(name)?;
    let is_unread = |setting: &str| {
        let address = Address::setting(account, &SettingName::new(setting));
        product
            .settings
            .get(setting)
            .is_some_and(|it| it.source == Source::Written)
            && observation.state.get(&address).is_none()
    };
    let asks_unread = pool.capacity.iter().any(|entry| {
        (entry.when.as_ref())
            .is_some_and(|it| it.settings.iter().any(|(name, _)| is_unread(&name.value)))
            || (entry.setting.as_ref()).is_some_and(|it| is_unread(&it.value))
    });
    if asks_unread {
        return None;
    }
    let settings = product.settings_in(&observation.state, account);
    let entry = product.capacity(pool, &settings);
    let bought = bought(account, observation, name, entry);
    Some(capacity(entry, &settings, bought.as_ref()))
}

/// Fills in what each step takes and frees, and gives the needs that make it true in every order.
///
/// Who counts can depend on a person's places in teams. Then the whole difference is put on one of the person's steps: on
/// the first that may run if units are taken, on the last if they are freed, so that the others never change the count.
pub(super) fn take_and_free(
    scope: Scope<'_>,
    steps: &mut [Step],
    now: &Standings,
    then: &Standings,
) -> Vec<(usize, usize)> {
    let mut needs = Vec::new();
    let mut people: BTreeMap<&Subject, Vec<usize>> = BTreeMap::new();
    let by_team = scope.product.pools.iter().any(|(_, it)| asks_standing(it));
    for (at, step) in steps.iter().enumerate() {
        match (&step.address.resource, by_team) {
            (ResourceId::Access(subject), _) | (ResourceId::Member { subject, .. }, true) => {
                people.entry(subject).or_default().push(at);
            }
            _ => {}
        }
    }
    let mut seats = Vec::new();
    for (subject, of_person) in &people {
        let access_step = of_person
            .iter()
            .find(|at| steps[**at].address.kind() == Kind::Access);
        for (name, pool) in scope.product.pools.iter() {
            let difference = difference(
                scope,
                pool,
                subject,
                access_step.map(|at| &steps[*at]),
                (now, then),
            );
            let at = match (access_step, difference) {
                (_, 0) => continue,
                (Some(at), _) => *at,
                (None, 1..) => of_person[0],
                (None, _) => of_person[of_person.len() - 1],
            };
            seats.push((at, PoolName::new(&name.value), difference));
            let others = of_person.iter().filter(|other| **other != at);
            needs.extend(others.map(|other| match difference {
                1.. => (*other, at),
                _ => (at, *other),
            }));
        }
    }
    for (at, pool, units) in seats {
        steps[at].seats.insert(pool, units);
    }
    needs
}

fn difference(
    scope: Scope<'_>,
    pool: &Pool,
    subject: &Subject,
    step: Option<&Step>,
    (now, then): (&Standings, &Standings),
) -> i64 {
    let takes = |access: &Access, standing: Standing| {
        i64::from(scope.product.takes_unit(pool, access, standing))
    };
    let address = Address::access(scope.name, subject);
    let present = match step {
        Some(step) => step.renamed_from.as_ref().unwrap_or(&step.address),
        None => &address,
    };
    let now = now.get(present.subject().unwrap_or(subject));
    let then = then.get(subject);
    let phase = scope.observation.phases.get(present).map(Word::as_str);
    let holds = i64::from(scope.product.holds_seat(phase));
    let observed = match scope.observation.state.resource(present) {
        Some(Resource::Access(access)) => Some(access),
        _ => None,
    };
    let before = observed.map_or(0, |it| takes(it, now) * holds);
    let after = match step {
        None => observed.map_or(0, |it| takes(it, then) * holds),
        Some(step) => match (&step.after, step.action) {
            // Whoever is invited will hold a unit sooner or later.
            (Some(Resource::Access(it)), Action::Create) => takes(it, then),
            (Some(Resource::Access(it)), _) => takes(it, then) * holds,
            _ => 0,
        },
    };
    after - before
}

/// Whether who counts in a pool depends on teams.
fn asks_standing(pool: &Pool) -> bool {
    [&pool.counts, &pool.never_counts]
        .into_iter()
        .flatten()
        .any(selector_asks_standing)
}

/// Whether a selector asks about teams.
pub(super) fn selector_asks_standing(selector: &Selector) -> bool {
    selector.leads_team.is_some() || selector.in_team.is_some()
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
