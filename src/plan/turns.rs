//! The order among the steps that change the account itself: its settings and the quantities that are bought.
//!
//! # Design
//! What one of these steps does can depend on which of the others are done: a setting may choose how a pool is sized, a
//! quantity counts only under the setting that sells it, and a rule on the account may look at several of them. So for the
//! steps of one such matter the account is looked at with every choice of them done, which gives, for each order, the size
//! that every pool has on the way and the rules that do not hold on the way.
//!
//! The order is the one that breaks no rule, then the one under which the pools that refuse overflow fall least below what
//! is used at that place (a setting can change what everybody takes for whom nothing is written), then least below what is
//! used now, so that whoever is given it anew has it again soon, then the one that buys and cancels where the pool is for
//! sale, then the one under which they fall least at all, then the usual one. Only those pairs of steps are then held in it
//! that depend on each other: two steps that can be swapped in every place without a difference stay free, since every other
//! order can be reached by such swaps.
//!
//! It is exact for up to [`EXACT_MAX`] steps in one matter. Of more, the first order that is found to break no rule is taken,
//! and held from step to step: at each place the step is tried first after which the pools lack least.

use std::collections::{BTreeMap, BTreeSet};

use super::comings::Comings;
use super::diff::Scope;
use super::family::Elsewhere;
use super::pools;
use super::scenes::Scenes;
use super::structure::Needs;
use super::takes::{self, used};
use super::{Refusal, Step};
use crate::model::{Resource, ResourceId, SettingName};
use crate::product::{CelRule, Constraint, Level, LookedAt, OnePool, Overflow, Scene};
use crate::text::Word;

/// How many steps one matter may have so that every order of them is tried.
const EXACT_MAX: usize = 6;

/// How many choices of done steps are looked at where there are more steps than that.
const STATES_MAX: usize = 1 << 10;

/// The order among the steps that change the account itself.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Pairs of steps that depend on each other: the first needs the second.
    pub needs: Needs,
    /// These steps in their order.
    pub order: Vec<usize>,
    /// Rules that hold before the steps and after them, and on the way in no order.
    broken: Vec<Broken>,
}

/// A rule that no order keeps.
#[derive(Debug)]
struct Broken {
    name: Word,
    text: String,
    steps: Vec<usize>,
}

/// The order among an account's settings and quantities; `needs` are those that hold whatever the numbers.
pub(super) fn turns(
    scope: Scope<'_>,
    steps: &[Step],
    scenes: &Scenes<'_>,
    needs: &[(usize, usize)],
    elsewhere: &Elsewhere,
) -> Turns {
    let is_around = |step: &Step| {
        matches!(
            &step.address.resource,
            ResourceId::Setting(_) | ResourceId::Seats(_)
        )
    };
    let around: Vec<usize> = (0..steps.len())
        .filter(|at| is_around(&steps[*at]))
        .collect();
    let mut turns = Turns::default();
    if around.len() < 2 {
        turns.order = around;
        return turns;
    }
    let matters = Matters::new(scope, steps, scenes, &around, elsewhere);
    let mut needed = vec![Vec::new(); steps.len()];
    for (step, other) in needs {
        needed[*step].push(*other);
    }
    for steps in matters.joined(&around) {
        Matter::new(&matters, steps, &needed).settle(&mut turns);
    }
    turns
}

impl Turns {
    /// The refusals for rules that no order keeps.
    pub(super) fn refusals(&self, scope: Scope<'_>, steps: &[Step]) -> Vec<Refusal> {
        let refusal = |it: &Broken| {
            let steps = || it.steps.iter().map(|at| &steps[*at]);
            Refusal::Rule {
                account: scope.name.clone(),
                rule: it.name.clone(),
                text: it.text.clone(),
                steps: steps().map(|it| it.id.clone()).collect(),
                places: steps()
                    .filter_map(|it| it.places.first().cloned())
                    .collect(),
            }
        };
        self.broken.iter().map(refusal).collect()
    }
}

/// An account under the settings and quantities that some of the steps leave, the others not done yet.
pub(super) fn scene_after<'a>(
    scenes: &Scenes<'a>,
    steps: &[Step],
    done: impl Iterator<Item = usize>,
) -> Scene<'a> {
    let mut settings = scenes.now.settings().clone();
    let mut seats = Vec::new();
    for at in done {
        match (&steps[at].address.resource, &steps[at].after) {
            (ResourceId::Setting(name), _) => set(&mut settings, name, scenes),
            (ResourceId::Seats(pool), Some(Resource::Seats(quantity))) => {
                seats.push((pool.as_str().to_owned(), quantity.seats()));
            }
            _ => {}
        }
    }
    scenes.now.clone().with_seats(seats).with_settings(settings)
}

/// Gives a setting the value that it will have.
fn set(settings: &mut crate::product::Settings, name: &SettingName, scenes: &Scenes<'_>) {
    match scenes.then.settings().get(name) {
        Some(value) => settings.insert(name.clone(), value.clone()),
        None => settings.remove(name),
    };
}

/// Everything on an account that depends on several of its settings and quantities.
struct Matters<'a> {
    scope: Scope<'a>,
    elsewhere: &'a Elsewhere,
    steps: &'a [Step],
    scenes: &'a Scenes<'a>,
    pools: Vec<Pool<'a>>,
    rules: Vec<(&'a Word, &'a CelRule, Vec<usize>)>,
    /// Settings that decide on what everybody has for whom nothing is written.
    flips: Vec<usize>,
}

/// A pool whose size several steps change.
struct Pool<'a> {
    one: OnePool<'a>,
    /// How many units are in use now.
    used: i64,
    comings: Comings,
    /// The steps, by their places.
    steps: Vec<usize>,
}

impl<'a> Matters<'a> {
    fn new(
        scope: Scope<'a>,
        steps: &'a [Step],
        scenes: &'a Scenes<'a>,
        around: &[usize],
        elsewhere: &'a Elsewhere,
    ) -> Self {
        let used = used(&scenes.now, scope.name, scope.observation);
        let pools = scope
            .product
            .each_pool()
            .zip(used)
            .filter(|(one, _)| scope.shares.is_own(one.name))
            .filter_map(|(one, used)| {
                let of_pool = pools::size_steps(one, steps);
                let others = elsewhere.used(scope.name, one.name);
                let used = i64::try_from(used.units + others).unwrap_or(i64::MAX);
                (one.pool.overflow == Overflow::Refuse && of_pool.len() > 1).then(|| Pool {
                    one,
                    used,
                    comings: Comings::new(scope, one, steps, scenes),
                    steps: of_pool,
                })
            });
        let rules = scope.product.constraints.iter().filter_map(|(name, it)| {
            let Constraint::Cel(rule) = it else {
                return None;
            };
            let is_meant = rule.on.value == "account" && rule.level != Some(Level::Warn);
            let of_rule = around.iter().copied().filter(|at| asks(rule, &steps[*at]));
            is_meant.then(|| (&name.value, rule, of_rule.collect::<Vec<_>>()))
        });
        Self {
            scope,
            elsewhere,
            steps,
            scenes,
            pools: pools.collect(),
            rules: rules.filter(|(.., of_rule)| of_rule.len() > 1).collect(),
            flips: takes::flips(scope, steps)
                .into_iter()
                .filter(|at| around.contains(at))
                .collect(),
        }
    }

    /// The steps by matter: those of pools and rules that share a step are one.
    fn joined(&self, around: &[usize]) -> Vec<Vec<usize>> {
        let groups = self.pools.iter().map(|it| &it.steps);
        let groups = groups.chain(self.rules.iter().map(|(.., it)| it));
        let mut joined: Vec<BTreeSet<usize>> =
            around.iter().map(|at| BTreeSet::from([*at])).collect();
        for group in groups.chain([&self.flips]) {
            let (of_group, mut others): (Vec<_>, Vec<_>) = joined
                .into_iter()
                .partition(|it| group.iter().any(|at| it.contains(at)));
            others.extend((!of_group.is_empty()).then(|| of_group.into_iter().flatten().collect()));
            joined = others;
        }
        joined.sort();
        joined
            .into_iter()
            .map(|it| it.into_iter().collect())
            .collect()
    }
}

/// Whether a rule looks at what a step changes.
fn asks(rule: &CelRule, step: &Step) -> bool {
    match &step.address.resource {
        ResourceId::Setting(name) => rule.must.asks_setting(name),
        ResourceId::Seats(pool) => rule.must.asks_seats(pool),
        _ => false,
    }
}

/// What an account is like with some steps of a matter done.
#[derive(Clone, Debug)]
struct Look {
    /// How many units each pool has.
    sizes: Vec<i64>,
    /// How many of them are in use by those who are there now.
    used: Vec<i64>,
    /// Whether each pool is one of which units are bought.
    sold: Vec<bool>,
    /// Whether each rule holds.
    holds: Vec<bool>,
}

impl Look {
    /// How many units the pools lack.
    fn lacks(&self) -> i64 {
        let pools = self.used.iter().zip(&self.sizes);
        pools.map(|(used, size)| (used - size).max(0)).sum()
    }
}

/// How bad an order is; less is better.
type Badness = (usize, i64, i64, usize, i64);

/// Steps of which some depend on others.
struct Matter<'m> {
    all: &'m Matters<'m>,
    /// In the usual order.
    steps: Vec<usize>,
    /// For each of them, those that must come before it whatever the numbers, as bits.
    before: Vec<u64>,
    looks: BTreeMap<u64, Look>,
}

impl<'m> Matter<'m> {
    fn new(all: &'m Matters<'m>, steps: Vec<usize>, needed: &[Vec<usize>]) -> Self {
        let before = |step: &usize| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![*step]);
            while let Some(at) = open.pop() {
                open.extend(needed[at].iter().filter(|it| seen.insert(**it)));
            }
            bits((0..steps.len()).filter(|it| steps[*it] != *step && seen.contains(&steps[*it])))
        };
        Self {
            before: steps.iter().map(before).collect(),
            all,
            steps,
            looks: BTreeMap::new(),
        }
    }

    /// Finds the order, and what of it must be held.
    fn settle(mut self, turns: &mut Turns) {
        let count = self.steps.len();
        // More than that many bits: nobody changes so many settings at once that look at each other.
        if !(2..=64).contains(&count) {
            turns.order.extend(&self.steps);
            turns
                .needs
                .extend(self.steps.windows(2).map(|it| (it[1], it[0])));
            return;
        }
        let is_exact = count <= EXACT_MAX;
        let found = if is_exact {
            self.best()
        } else {
            self.first_legal()
        };
        let order = found.unwrap_or_else(|| (0..count).collect());
        for (place, later) in order.iter().enumerate() {
            for earlier in &order[..place] {
                let is_next = order[place - 1] == *earlier;
                if if is_exact {
                    self.depend(*earlier, *later)
                } else {
                    is_next
                } {
                    turns.needs.push((self.steps[*later], self.steps[*earlier]));
                }
            }
        }
        self.tell(&order, turns);
        turns.order.extend(order.iter().map(|at| self.steps[*at]));
    }

    fn look(&mut self, done: u64) -> &Look {
        let Matters {
            scope,
            elsewhere,
            steps,
            scenes,
            pools,
            rules,
            flips,
        } = self.all;
        let of_matter = &self.steps;
        self.looks.entry(done).or_insert_with(|| {
            let is_done = |at: &usize| done & (1 << at) != 0;
            let done: Vec<usize> = (0..of_matter.len())
                .filter(is_done)
                .map(|at| of_matter[at])
                .collect();
            let scene = scene_after(scenes, steps, done.iter().copied());
            let size = |pool: &Pool<'_>| {
                let size = pools::size(*scope, pool.one, &scene, steps, &done);
                size.unwrap_or(pool.used) + pool.comings.counted_in(pool.one, &scene, steps)
            };
            let sold = |pool: &Pool<'_>| {
                let entry = scene.capacity(pool.one);
                entry.is_some_and(|it| it.purchased == Some(true))
            };
            // Only a setting that decides on what everybody has changes what is in use.
            let used = match done.iter().any(|it| flips.contains(it)) {
                true => used_in(*scope, elsewhere, pools, &scene),
                false => pools.iter().map(|it| it.used + it.comings.taken).collect(),
            };
            let holds =
                |rule: &CelRule| scene.holds_for(&rule.must, LookedAt::Account) != Ok(false);
            Look {
                sizes: pools.iter().map(size).collect(),
                used,
                sold: pools.iter().map(sold).collect(),
                holds: rules.iter().map(|(_, rule, _)| holds(rule)).collect(),
            }
        })
    }

    /// The rules that hold before a step and not after it.
    fn breaks(&mut self, done: u64, step: usize) -> Vec<usize> {
        let held = self.look(done).holds.clone();
        let holds = &self.look(done | 1 << step).holds;
        (0..held.len())
            .filter(|at| held[*at] && !holds[*at])
            .collect()
    }

    /// Whether it makes a difference anywhere which of two steps comes first.
    fn depend(&mut self, one: usize, other: usize) -> bool {
        let flips = &self.all.flips;
        if flips.contains(&self.steps[one]) && flips.contains(&self.steps[other]) {
            return true;
        }
        let (a, b) = (1u64 << one, 1u64 << other);
        (0..1u64 << self.steps.len())
            .filter(|it| it & (a | b) == 0)
            .any(|done| {
                let mut sizes = |more: u64| self.look(done | more).sizes.clone();
                let (none, with_a, with_b, both) = (sizes(0), sizes(a), sizes(b), sizes(a | b));
                let adds_up = |pool: usize| both[pool] - with_b[pool] == with_a[pool] - none[pool];
                if !(0..none.len()).all(adds_up) {
                    return true;
                }
                let mut is_legal = |first, second| {
                    self.breaks(done, first).is_empty()
                        && self.breaks(done | 1 << first, second).is_empty()
                };
                is_legal(one, other) != is_legal(other, one)
            })
    }

    fn badness(&mut self, order: &[usize]) -> Badness {
        let mut least = self.look(0).sizes.clone();
        let mut short = vec![0; least.len()];
        let (mut done, mut broken, mut unsold) = (0, 0, 0);
        for step in order {
            broken += self.breaks(done, *step).len();
            if let ResourceId::Seats(pool) = &self.all.steps[self.steps[*step]].address.resource {
                let pools = self.all.pools.iter().zip(&self.look(done).sold);
                let mut unsold_now = pools.filter(|(_, is_sold)| !**is_sold);
                let is_unsold = unsold_now.any(|(it, _)| it.one.name.as_str() == pool.as_str());
                unsold += usize::from(is_unsold);
            }
            done |= 1 << step;
            let look = self.look(done);
            for (pool, (used, size)) in look.used.iter().zip(&look.sizes).enumerate() {
                least[pool] = least[pool].min(*size);
                short[pool] = short[pool].max(used - size);
            }
        }
        let ends = [self.look(0).sizes.clone(), self.look(done).sizes.clone()];
        let (mut short_of_now, mut dip) = (0, 0);
        for (pool, least) in least.iter().enumerate() {
            short_of_now += (self.all.pools[pool].used - least).max(0);
            dip += ends[0][pool].min(ends[1][pool]) - least;
        }
        (broken, short.iter().sum(), short_of_now, unsold, dip)
    }

    /// The best order of all that the needs allow; `None` if they allow none.
    fn best(&mut self) -> Option<Vec<usize>> {
        let mut all = Vec::new();
        self.orders(&mut Vec::new(), &mut all);
        // Of equals the first is taken, which is nearest to the usual order.
        all.into_iter().min_by_key(|order| self.badness(order))
    }

    fn orders(&self, order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        if order.len() == self.steps.len() {
            all.push(order.clone());
        }
        for step in self.ready(bits(order.iter().copied())) {
            order.push(step);
            self.orders(order, all);
            order.pop();
        }
    }

    /// Steps that may come next.
    fn ready(&self, done: u64) -> Vec<usize> {
        let is_ready = |at: &usize| done & (1 << at) == 0 && self.before[*at] & !done == 0;
        (0..self.steps.len()).filter(is_ready).collect()
    }

    /// The first order under which no rule is broken, as near to the usual one as the pools allow; else one that the needs
    /// allow.
    fn first_legal(&mut self) -> Option<Vec<usize>> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        if self.is_led_on(&mut order, &mut seen) {
            return Some(order);
        }
        order.clear();
        while let Some(step) = self.ready(bits(order.iter().copied())).first() {
            order.push(*step);
        }
        (order.len() == self.steps.len()).then_some(order)
    }

    fn is_led_on(&mut self, order: &mut Vec<usize>, seen: &mut BTreeSet<u64>) -> bool {
        let done = bits(order.iter().copied());
        if order.len() == self.steps.len() {
            return true;
        }
        if seen.len() >= STATES_MAX || !seen.insert(done) {
            return false;
        }
        let mut next = self.ready(done);
        next.sort_by_cached_key(|step| self.look(done | 1 << step).lacks());
        next.into_iter().any(|step| {
            order.push(step);
            let leads = self.breaks(done, step).is_empty() && self.is_led_on(order, seen);
            if !leads {
                order.pop();
            }
            leads
        })
    }

    /// Notes the rules that are broken on the way and hold in the end; what does not hold then is told elsewhere.
    fn tell(&mut self, order: &[usize], turns: &mut Turns) {
        let (mut done, mut broken) = (0, BTreeSet::new());
        for step in order {
            broken.extend(self.breaks(done, *step));
            done |= 1 << step;
        }
        let end = self.look(done).clone();
        for rule in broken.into_iter().filter(|it| end.holds[*it]) {
            let (name, of, steps) = &self.all.rules[rule];
            turns.broken.push(Broken {
                name: (*name).clone(),
                text: of.text.clone(),
                steps: steps.clone(),
            });
        }
    }
}

/// How many units of some pools are in use in a scene by those who are there now.
fn used_in(
    scope: Scope<'_>,
    elsewhere: &Elsewhere,
    pools: &[Pool<'_>],
    scene: &Scene<'_>,
) -> Vec<i64> {
    let all = used(scene, scope.name, scope.observation);
    let all: BTreeMap<_, _> = (scope.product.each_pool().map(|it| it.name).zip(all)).collect();
    let of_pool = |pool: &Pool<'_>| {
        let others = elsewhere.used(scope.name, pool.one.name);
        let units = all
            .get(pool.one.name)
            .map(|it| i64::try_from(it.units + others).unwrap_or(i64::MAX));
        units.unwrap_or(pool.used) + pool.comings.taken
    };
    pools.iter().map(of_pool).collect()
}

fn bits(steps: impl Iterator<Item = usize>) -> u64 {
    steps.fold(0, |bits, step| bits | 1 << step)
}
