//! What must hold between any two steps: pools that refuse overflow, the last administrators, the product's counts, and what
//! nobody may be (see `places`).
//!
//! All of them have one shape: so much may still be used up, and each step uses some or gives some back.

use super::diff::Scope;
use super::pools::PoolFacts;
use super::{Step, places};
use crate::model::{Access, Action, Address, Kind, Resource, ResourceId};
use crate::product::{Constraint, Level, Selector, Standings};

/// Something that steps use up and give back, and that must not run out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Limit {
    /// What could not be read, if the limit counts what was seen of it.
    pub rests_on: Option<Kind>,
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

/// The limits of one account.
///
/// Where not every access could be read, nothing is counted on: whoever was not seen may be one of those who are counted.
pub(super) fn limits(
    scope: Scope<'_>,
    steps: &[Step],
    pools: &[PoolFacts],
    standings: (&Standings, &Standings),
    min_admins: u32,
) -> Vec<Limit> {
    let mut limits: Vec<Limit> = pools
        .iter()
        .filter_map(|pool| of_pool(pool, steps))
        .collect();
    limits.push(floor(
        i64::from(min_admins),
        counted(scope, steps, standings, Active::Only, |access, _| {
            scope.product.administers(access)
        }),
    ));
    for (_, constraint) in scope.product.constraints.iter() {
        let count = |of: &Selector| {
            counted(scope, steps, standings, Active::OrInvited, |access, it| {
                scope.product.selects(of, access, it)
            })
        };
        match constraint {
            Constraint::MaxCount(rule) if rule.level != Some(Level::Warn) => {
                limits.push(ceiling(i64::from(rule.limit), count(&rule.of)));
            }
            Constraint::MinCount(rule) if rule.level != Some(Level::Warn) => {
                limits.push(floor(i64::from(rule.limit), count(&rule.of)));
            }
            Constraint::ExactlyOne(rule) if rule.level != Some(Level::Warn) => {
                limits.push(ceiling(1, count(&rule.of)));
                limits.push(floor(1, count(&rule.of)));
            }
            _ => {}
        }
    }
    limits.extend(places::limits(scope, steps));
    limits
}

fn of_pool(pool: &PoolFacts, steps: &[Step]) -> Option<Limit> {
    let mut units = vec![0; steps.len()];
    for (at, step) in steps.iter().enumerate() {
        units[at] += step.seats.get(&pool.name).copied().unwrap_or_default();
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
struct Counted {
    now: i64,
    /// What could not be read, if that can be some of them.
    rests_on: Option<Kind>,
    changes: Vec<(usize, i64)>,
}

/// Whether people who have not accepted yet are counted, those whom the plan itself invites included.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Active {
    Only,
    OrInvited,
}

fn counted(
    scope: Scope<'_>,
    steps: &[Step],
    (now, then): (&Standings, &Standings),
    active: Active,
    is: impl Fn(&Access, crate::product::Standing) -> bool,
) -> Counted {
    let seen = |address: &Address, resource: Option<&Resource>, standings: &Standings| {
        let (Some(subject), Some(Resource::Access(access))) = (address.subject(), resource) else {
            return false;
        };
        is(access, standings.get(subject))
    };
    let phases = &scope.observation.phases;
    let counts = |address: &Address| active == Active::OrInvited || !phases.contains_key(address);
    let changes: Vec<_> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.address.kind() == Kind::Access)
        .filter_map(|(at, step)| {
            let present = step.renamed_from.as_ref().unwrap_or(&step.address);
            if !counts(present) {
                return None;
            }
            let before = seen(present, step.before.as_ref(), now);
            let is_invited = step.action == Action::Create && scope.product.invites();
            let after = seen(&step.address, step.after.as_ref(), then)
                && (active == Active::OrInvited || !is_invited);
            let change = i64::from(after) - i64::from(before);
            (change != 0).then_some((at, change))
        })
        .collect();
    let mut gaps = scope.observation.gaps.iter().map(|gap| gap.kind);
    let rests_on = gaps.find(|kind| *kind == Kind::Access);
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

fn ceiling(limit: i64, counted: Counted) -> Limit {
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
