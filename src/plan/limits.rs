//! What must hold between any two steps: pools that refuse overflow, the last administrators, the product's counts, what
//! nobody may be (see `places`), and values that only one thing may have (see `unique`).
//!
//! All of them have one shape: so much may still be used up, and each step uses some or gives some back.
//!
//! # Design
//! Somebody whose access is cancelled is there until the billing cycle ends. Where at most so many may be there they count
//! until then, and where at least so many must be there they do not count any more: when the cycle ends nobody asks again.

use std::collections::BTreeMap;

use super::diff::Scope;
use super::lots::LotFacts;
use super::pools::PoolFacts;
use super::scenes::Scenes;
use super::{Step, places, unique};
use crate::model::{Access, Address, Kind, Resource, ResourceId, Subject};
use crate::product::{Constraint, Count, Level, Scene, Selector};

/// Something that steps use up and give back, and that must not run out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limit {
    /// The gap, by its place among the observation's, if the limit counts what was seen of it.
    pub rests_on: Option<usize>,
    /// What may still be used up before the plan; negative if too much is used already.
    pub slack: i64,
    /// Steps that use it (positive) or give it back (negative), in the order of the steps.
    pub uses: Vec<(usize, i64)>,
}

impl Limit {
    /// What is left once all steps are done.
    pub(super) fn left(&self) -> i64 {
        self.slack - self.uses.iter().map(|(_, units)| units).sum::<i64>()
    }

    /// Whether any step uses it.
    fn is_used(&self) -> bool {
        self.uses.iter().any(|(_, units)| *units > 0)
    }
}

/// Makes limits such that an order can keep within them.
///
/// A limit that the whole plan breaks is told elsewhere (a refusal, a guard, a rule about what is desired); here it is
/// widened so that it just holds, and the steps get an order in spite of it.
pub(super) fn widen(mut limits: Vec<Limit>) -> Vec<Limit> {
    limits.retain(Limit::is_used);
    for limit in &mut limits {
        limit.slack -= limit.left().min(0);
    }
    limits
}

/// The limits of pools.
pub(super) fn of_pools(pools: &[PoolFacts], steps: &[Step]) -> Vec<Limit> {
    let limits = pools.iter().flat_map(|pool| of_pool(pool, steps));
    limits.collect()
}

/// The limits of one account, those of its pools left aside.
///
/// Where not every access could be read, nothing is counted on: whoever was not seen may be one of those who are counted.
pub(super) fn limits(
    scope: Scope<'_>,
    steps: &[Step],
    scenes: &Scenes<'_>,
    min_admins: u32,
) -> Vec<Limit> {
    let mut limits = vec![floor(
        i64::from(min_admins),
        counted(scope, steps, scenes, Whom::Acting, |_, access, _| {
            scope.product.administers(access)
        }),
    )];
    for (_, constraint) in scope.product.constraints.iter() {
        let count = |of: &Selector, whom: Whom| {
            let is = |scene: &Scene<'_>, access: &Access, subject: &Subject| {
                scene.selects(of, access, scene.standing(subject))
            };
            counted(scope, steps, scenes, whom, is)
        };
        let (there, staying) = (|of| count(of, Whom::There), |of| count(of, Whom::Staying));
        match constraint {
            Constraint::MaxCount(rule) if rule.level != Some(Level::Warn) => {
                let limit = i64::from(rule.limit);
                limits.extend(rule.of.iter().map(|of| ceiling(limit, there(of))));
                limits.extend(objects(scope, steps, rule).map(|it| ceiling(limit, it)));
            }
            Constraint::MinCount(rule) if rule.level != Some(Level::Warn) => {
                let limit = i64::from(rule.limit);
                let is_asked = (rule.where_any.as_ref())
                    .is_none_or(|it| asking(scope, steps, scenes, it).is_always());
                let of = rule.of.iter().filter(|_| is_asked);
                limits.extend(of.map(|of| floor(limit, staying(of))));
                let of_objects = objects(scope, steps, rule).filter(|_| rule.where_any.is_none());
                limits.extend(of_objects.map(|it| floor(limit, it)));
            }
            Constraint::ExactlyOne(rule) if rule.level != Some(Level::Warn) => {
                limits.push(ceiling(1, there(&rule.of)));
                limits.push(floor(1, staying(&rule.of)));
            }
            _ => {}
        }
    }
    limits.extend(places::limits(scope, steps, &scenes.then));
    limits.extend(unique::limits(scope, steps));
    limits
}

/// Whether there is somebody because of whom a number of others must be there, before and after the steps.
struct Asking {
    before: bool,
    after: bool,
    changes: Vec<(usize, i64)>,
}

impl Asking {
    /// Whether there is somebody before and after; in between there may be nobody, and then less is asked than could be.
    fn is_always(&self) -> bool {
        self.before && self.after
    }
}

fn asking(scope: Scope<'_>, steps: &[Step], scenes: &Scenes<'_>, who: &Selector) -> Asking {
    let is = |scene: &Scene<'_>, access: &Access, subject: &Subject| {
        scene.selects(who, access, scene.standing(subject))
    };
    let changes = counted(scope, steps, scenes, Whom::There, is).changes;
    let people = scope.observation.state.of_account(scope.name);
    let now = people.filter(
        |(address, entry)| match (address.subject(), &entry.resource) {
            (Some(subject), Resource::Access(access)) => is(&scenes.now, access, subject),
            _ => false,
        },
    );
    let now = i64::try_from(now.count()).unwrap_or(i64::MAX);
    let then = now + changes.iter().map(|(_, by)| by).sum::<i64>();
    Asking {
        before: now > 0,
        after: then > 0,
        changes,
    }
}

/// Pairs of steps of which the first needs the second, where somebody comes or goes because of whom a number of others must
/// be there: whoever comes does once the others are there, and the others go once nobody needs them.
pub(super) fn needs(scope: Scope<'_>, steps: &[Step], scenes: &Scenes<'_>) -> Vec<(usize, usize)> {
    let mut needs = Vec::new();
    for (_, constraint) in scope.product.constraints.iter() {
        let Constraint::MinCount(rule) = constraint else {
            continue;
        };
        let (Some(of), Some(who)) = (&rule.of, &rule.where_any) else {
            continue;
        };
        let asking = asking(scope, steps, scenes, who);
        if rule.level == Some(Level::Warn) || asking.before == asking.after {
            continue;
        }
        let is = |scene: &Scene<'_>, access: &Access, subject: &Subject| {
            scene.selects(of, access, scene.standing(subject))
        };
        let counted = counted(scope, steps, scenes, Whom::Staying, is).changes;
        for (who, by) in &asking.changes {
            for (other, by_other) in counted.iter().filter(|(it, _)| it != who) {
                match asking.after {
                    true if *by > 0 && *by_other > 0 => needs.push((*who, *other)),
                    false if *by < 0 && *by_other < 0 => needs.push((*other, *who)),
                    _ => {}
                }
            }
        }
    }
    needs
}

fn of_pool(pool: &PoolFacts, steps: &[Step]) -> Vec<Limit> {
    match &pool.lots {
        Some(lots) => lots.iter().map(of_lots).collect(),
        None => of_sum(pool, steps).into_iter().collect(),
    }
}

fn of_lots(lots: &LotFacts) -> Limit {
    let uses = lots.changes.iter();
    let uses = uses.map(|(at, change)| (*at, change.used - change.bought));
    Limit {
        slack: lots.slack(),
        uses: uses.collect(),
        rests_on: None,
    }
}

fn of_sum(pool: &PoolFacts, steps: &[Step]) -> Option<Limit> {
    let mut units = vec![0; steps.len()];
    for (at, step) in steps.iter().enumerate() {
        units[at] += pool.units(step);
    }
    for (at, more) in &pool.resized {
        units[*at] -= more;
    }
    let uses = units.into_iter().enumerate().filter(|(_, it)| *it != 0);
    Some(Limit {
        slack: pool.slack()?,
        uses: uses.collect(),
        rests_on: None,
    })
}

/// How many accesses are something, and the steps that make it one more or one less.
#[derive(Default)]
pub(super) struct Counted {
    pub now: i64,
    /// The gap that some of them can be in.
    pub rests_on: Option<usize>,
    pub changes: Vec<(usize, i64)>,
}

/// Who is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// Those who can act and stay: nobody who has not accepted yet, those whom the plan itself invites included.
    Acting,
    /// Those who stay when the billing cycle ends.
    Staying,
    /// Everybody who is there, those included who go when the billing cycle ends.
    There,
}

fn counted(
    scope: Scope<'_>,
    steps: &[Step],
    scenes: &Scenes<'_>,
    whom: Whom,
    is: impl Fn(&Scene<'_>, &Access, &Subject) -> bool,
) -> Counted {
    let (now, then) = (&scenes.now, &scenes.then);
    let seen = |address: &Address, resource: Option<&Resource>, scene: &Scene<'_>| {
        let (Some(subject), Some(Resource::Access(access))) = (address.subject(), resource) else {
            return false;
        };
        is(scene, access, subject)
    };
    let phases = &scope.observation.phases;
    let counts = |address: &Address| match (phases.get(address), whom) {
        (None, _) | (_, Whom::There) => true,
        (Some(phase), _) if scope.product.is_ending(phase) => false,
        (Some(phase), Whom::Acting) => scope.product.works(phase),
        (Some(_), Whom::Staying) => true,
    };
    let goes = |step: &Step| whom != Whom::There || !step.lingers(scope.product);
    let changes: Vec<_> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.address.kind() == Kind::Access && goes(step))
        .filter_map(|(at, step)| {
            let changes = step.sides().map(|side| {
                let renamed = step
                    .renamed_from
                    .as_ref()
                    .filter(|_| *side.address == step.address);
                let present = renamed.unwrap_or(side.address);
                if !counts(present) {
                    return 0;
                }
                let before = seen(present, side.before.as_ref(), now);
                let is_invited = side.before.is_none() && scope.product.invites();
                let after = seen(side.address, side.after.as_ref(), then)
                    && (whom != Whom::Acting || !is_invited);
                i64::from(after) - i64::from(before)
            });
            let change = changes.sum();
            (change != 0).then_some((at, change))
        })
        .collect();
    let mut gaps = scope.observation.gaps.iter();
    let rests_on = gaps.position(|gap| gap.kind == Kind::Access);
    if changes.is_empty() {
        return Counted {
            now: 0,
            rests_on,
            changes,
        };
    }
    let people = scope.observation.state.of_account(scope.name);
    let now = people
        .filter(|(address, entry)| {
            matches!(address.resource, ResourceId::Access(_))
                && counts(address)
                && seen(address, Some(&entry.resource), now)
        })
        .count();
    Counted {
        now: i64::try_from(now).unwrap_or(i64::MAX),
        rests_on,
        changes,
    }
}

/// The owned objects that a constraint counts, one count for each value of the field that it counts by.
fn objects<'a>(
    scope: Scope<'a>,
    steps: &[Step],
    rule: &'a Count,
) -> impl Iterator<Item = Counted> + use<'a> {
    let mut groups: BTreeMap<Option<String>, Counted> = BTreeMap::new();
    let group = |address: &Address, resource: Option<&Resource>| match (&address.resource, resource)
    {
        (ResourceId::Object { kind, .. }, Some(Resource::Object(object))) => {
            rule.group(scope.product, kind, object)
        }
        _ => None,
    };
    // What is there until the billing cycle ends is counted until then.
    let all = steps.iter().enumerate();
    for (at, step) in all.filter(|(_, it)| !it.lingers(scope.product)) {
        let sides = [(step.before.as_ref(), -1), (step.after.as_ref(), 1)];
        let [before, after] = sides.map(|(it, by)| (group(&step.address, it), by));
        if before.0 == after.0 {
            continue;
        }
        for (group, by) in [before, after] {
            if let Some(group) = group {
                groups.entry(group).or_default().changes.push((at, by));
            }
        }
    }
    if !groups.is_empty() {
        for (address, entry) in scope.observation.state.of_account(scope.name) {
            let group = group(address, Some(&entry.resource));
            if let Some(counted) = group.and_then(|it| groups.get_mut(&it)) {
                counted.now += 1;
            }
        }
    }
    groups.into_values()
}

pub(super) fn ceiling(limit: i64, counted: Counted) -> Limit {
    let slack = limit - counted.now;
    Limit {
        slack: match counted.rests_on {
            Some(_) => slack.min(0),
            None => slack,
        },
        uses: counted.changes,
        rests_on: counted.rests_on,
    }
}

fn floor(limit: i64, counted: Counted) -> Limit {
    let uses = counted
        .changes
        .into_iter()
        .map(|(at, change)| (at, -change));
    Limit {
        slack: counted.now - limit,
        uses: uses.collect(),
        rests_on: counted.rests_on,
    }
}
