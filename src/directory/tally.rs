//! Counting: how many people are what a limit counts, and whether a change keeps within the limits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::definition::{Constraint, Definition, Pool, denies};
use super::person::{Person, gate_is_open, setting_value, words};
use super::problem::Problem;
use crate::product::Overflow;

/// How many people of an account are counted under each heading, in the order of [`headings`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally(Vec<i64>);

/// Something that is counted.
#[derive(Clone, Copy, Debug)]
enum Heading<'a> {
    /// Active people who administer the account. Somebody who has not accepted cannot.
    Administrators,
    /// People who take a unit of a pool.
    Pool(&'a str, &'a Pool),
    /// People whom a constraint counts.
    Constraint(&'a str, &'a Constraint),
}

/// What the limits are measured against.
#[derive(Clone, Copy)]
pub(super) struct Limits<'a> {
    pub(super) definition: &'a Definition,
    pub(super) settings: &'a BTreeMap<String, Value>,
    /// What is bought, by pool; a pool that is not here has nothing.
    pub(super) purchased: &'a BTreeMap<String, u32>,
}

/// How many units a pool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Units {
    /// As many as are bought.
    Purchased(u32),
    /// A number that nobody buys.
    Fixed(u32),
    /// No limit.
    Unlimited,
    /// No capacity of the definition applies; nothing can be taken from a pool that refuses.
    Unknown,
}

impl Units {
    /// The limit, if there is one.
    pub(super) fn limit(self) -> Option<u64> {
        match self {
            Self::Purchased(units) | Self::Fixed(units) => Some(u64::from(units)),
            Self::Unlimited => None,
            Self::Unknown => Some(0),
        }
    }
}

fn headings(definition: &Definition) -> impl Iterator<Item = Heading<'_>> {
    let pools = definition
        .pools
        .iter()
        .map(|(name, it)| Heading::Pool(name, it));
    let constraints = definition.constraints.iter();
    let constraints = constraints.map(|(name, it)| Heading::Constraint(name, it));
    std::iter::once(Heading::Administrators)
        .chain(pools)
        .chain(constraints)
}

fn counts(definition: &Definition, heading: Heading<'_>, person: &Person) -> bool {
    match heading {
        Heading::Administrators => {
            person.phase.is_none() && definition.is_administrator(&person.access)
        }
        Heading::Pool(_, pool) => {
            let phase = person
                .phase
                .as_ref()
                .and_then(|phase| definition.states.get(phase));
            phase.is_none_or(|phase| phase.holds_seat)
                && pool
                    .counts
                    .as_ref()
                    .is_none_or(|any| any.iter().any(|it| it.selects(definition, person)))
                && !pool
                    .never_counts
                    .as_ref()
                    .is_some_and(|any| any.iter().any(|it| it.selects(definition, person)))
        }
        Heading::Constraint(_, constraint) => match constraint {
            Constraint::MaxCount(it) | Constraint::MinCount(it) => it
                .of
                .as_ref()
                .is_some_and(|of| of.selects(definition, person)),
            Constraint::ExactlyOne(it) => it.of.selects(definition, person),
            Constraint::PlanGate(it) => it.of.selects(definition, person),
            Constraint::Excludes(_)
            | Constraint::Requires(_)
            | Constraint::Actor(_)
            | Constraint::Immutable(_)
            | Constraint::MaxDepth(_)
            | Constraint::Unique(_)
            | Constraint::Cel(_) => false,
        },
    }
}

impl Tally {
    /// Nobody.
    pub(super) fn new(definition: &Definition) -> Self {
        Self(headings(definition).map(|_| 0).collect())
    }

    /// Counts a person in (`by` 1) or out (`by` -1).
    pub(super) fn count(&mut self, definition: &Definition, person: &Person, by: i64) {
        for (count, heading) in self.0.iter_mut().zip(headings(definition)) {
            *count += i64::from(counts(definition, heading, person)) * by;
        }
    }

    /// Refuses a change that leaves fewer or more than a limit allows and makes it worse; what was already beyond a limit
    /// may stay so.
    pub(super) fn check(&self, before: &Self, limits: Limits<'_>) -> Result<(), Problem> {
        for (index, heading) in headings(limits.definition).enumerate() {
            check_heading(heading, before.0[index], self.0[index], limits)?;
        }
        Ok(())
    }

    /// Refuses a change of settings or quantities after which something does not fit that fitted before.
    pub(super) fn check_limits(
        &self,
        before: Limits<'_>,
        after: Limits<'_>,
    ) -> Result<(), Problem> {
        for (heading, used) in headings(after.definition).zip(&self.0) {
            match heading {
                Heading::Pool(name, pool) if pool.overflow == Overflow::Refuse => {
                    let fits = |limits: Limits<'_>| {
                        let limit = limits.units(name, pool).limit();
                        limit.is_none_or(|limit| *used <= limit as i64)
                    };
                    if fits(before) && !fits(after) {
                        let detail =
                            format!("{used} of pool \"{name}\" are in use; free them first");
                        return Err(Problem::new(409, "seats_in_use", detail)
                            .with("pool", name.into())
                            .with("used", json!(used)));
                    }
                }
                Heading::Constraint(name, Constraint::PlanGate(it)) if denies(it.level) => {
                    let open = |limits: Limits<'_>| {
                        gate_is_open(limits.definition, limits.settings, &it.setting, &it.values)
                    };
                    if *used > 0 && open(before) && !open(after) {
                        return Err(Problem::rule("plan_gate", it.text.clone())
                            .with("constraint", name.into())
                            .with("people", json!(used)));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// How many units of each pool are in use, by the pool's name.
    pub(super) fn pools<'a>(&self, definition: &'a Definition) -> BTreeMap<&'a str, i64> {
        headings(definition)
            .zip(&self.0)
            .filter_map(|(heading, used)| match heading {
                Heading::Pool(name, _) => Some((name, *used)),
                Heading::Administrators | Heading::Constraint(..) => None,
            })
            .collect()
    }
}

fn check_heading(
    heading: Heading<'_>,
    before: i64,
    after: i64,
    limits: Limits<'_>,
) -> Result<(), Problem> {
    let (more, fewer) = (after > before, after < before);
    match heading {
        Heading::Administrators if fewer && after <= 0 => Err(Problem::new(
            409,
            "last_administrator",
            "the account would have nobody left who administers it",
        )),
        Heading::Pool(name, pool) if more && pool.overflow == Overflow::Refuse => {
            let units = limits.units(name, pool);
            let Some(limit) = units.limit().filter(|limit| after > *limit as i64) else {
                return Ok(());
            };
            let unit = &pool.unit;
            let detail = match units {
                Units::Unknown => format!("it is not known how many of pool \"{name}\" there are"),
                _ => format!("no free {unit} in pool \"{name}\": {before} of {limit} in use"),
            };
            Err(Problem::new(409, "no_seat", detail)
                .with("pool", name.into())
                .with("limit", json!(limit))
                .with("used", json!(before)))
        }
        Heading::Constraint(name, constraint) => {
            let broken = match constraint {
                Constraint::MaxCount(it) if denies(it.level) => {
                    (more && after > i64::from(it.limit)).then_some(("too_many", &it.text))
                }
                Constraint::MinCount(it) if denies(it.level) => {
                    (fewer && after < i64::from(it.limit)).then_some(("too_few", &it.text))
                }
                Constraint::ExactlyOne(it) if denies(it.level) => match after {
                    0 if fewer => Some(("too_few", &it.text)),
                    2.. if more => Some(("too_many", &it.text)),
                    _ => None,
                },
                _ => None,
            };
            match broken {
                Some((code, text)) => {
                    Err(Problem::rule(code, text.clone()).with("constraint", name.into()))
                }
                None => Ok(()),
            }
        }
        Heading::Administrators | Heading::Pool(..) => Ok(()),
    }
}

impl Limits<'_> {
    /// How many units a pool has: the first capacity whose condition holds.
    pub(super) fn units(&self, name: &str, pool: &Pool) -> Units {
        let applies = pool.capacity.iter().find(|it| {
            (it.when.as_ref()).is_none_or(|when| when.holds(self.definition, self.settings))
        });
        let Some(capacity) = applies else {
            return Units::Unknown;
        };
        if capacity.purchased == Some(true) {
            return Units::Purchased(self.purchased.get(name).copied().unwrap_or(0));
        }
        if capacity.unlimited == Some(true) {
            return Units::Unlimited;
        }
        let of_setting = || {
            let setting = capacity.setting.as_ref()?;
            let value = setting_value(self.definition, self.settings, setting)?;
            words(value).first()?.parse().ok()
        };
        match capacity.number.or_else(of_setting) {
            Some(number) => Units::Fixed(number),
            None => Units::Unknown,
        }
    }
}
