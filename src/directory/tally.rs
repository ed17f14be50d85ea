//! Counting: how many people are what a limit counts, and whether a change keeps within the limits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use rusqlite::Connection;

use super::definition::{Constraint, Definition, Pool, Selector, denies};
use super::objects::{Objects, Stored, with_defaults};
use super::person::{Access, Person, Standing, gate_is_open, setting_value, words};
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
    Pool(&'a str, &'a Pool, Option<&'a str>),
    /// People who are counted for how many units of a pool there are.
    People(&'a str, &'a Selector),
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
    let pools = (definition.each_pool()).map(|(name, it, word)| Heading::Pool(name, it, word));
    let people = definition.each_pool().flat_map(|(name, pool, _)| {
        let counted = pool.capacity.iter().filter_map(|it| it.people.as_ref());
        counted.map(move |it| Heading::People(name, it))
    });
    let constraints = definition.constraints.iter();
    let constraints = constraints.map(|(name, it)| Heading::Constraint(name, it));
    std::iter::once(Heading::Administrators)
        .chain(pools)
        .chain(people)
        .chain(constraints)
}

/// How many units of a pool an owned object takes.
fn units_of(definition: &Definition, pool: &Pool, kind: &str, object: &Stored) -> i64 {
    let phase = object
        .phase
        .as_ref()
        .and_then(|it| definition.states.get(it));
    if pool.counts_objects.as_deref() != Some(kind) || phase.is_some_and(|it| !it.holds_seat) {
        return 0;
    }
    let Some(field) = &pool.weight_field else {
        return 1;
    };
    let fields = with_defaults(definition, kind, &object.fields);
    fields.get(field).and_then(Value::as_i64).unwrap_or(1)
}

fn counts(definition: &Definition, heading: Heading<'_>, person: &Person) -> bool {
    match heading {
        Heading::Administrators => {
            person.phase.is_none() && definition.is_administrator(&person.access)
        }
        Heading::People(_, selector) => selector.selects(definition, person),
        Heading::Pool(_, pool, _) if pool.counts_objects.is_some() => false,
        Heading::Pool(_, pool, word) => {
            let phase = person
                .phase
                .as_ref()
                .and_then(|phase| definition.states.get(phase));
            phase.is_none_or(|phase| phase.holds_seat)
                && pool.counts.as_ref().is_none_or(|any| {
                    any.iter()
                        .any(|it| it.selects_for(definition, person, word))
                })
                && !pool.never_counts.as_ref().is_some_and(|any| {
                    any.iter()
                        .any(|it| it.selects_for(definition, person, word))
                })
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

    /// Everybody and everything of an account, from the rows.
    pub(super) fn of_account(
        db: &Connection,
        account: i64,
        definition: &Definition,
        (settings, objects): (&BTreeMap<String, Value>, &Objects),
    ) -> Result<Self, Problem> {
        let mut tally = Self::new(definition);
        let defaults = definition.grant_defaults(settings);
        let mut rows = db.prepare_cached(
            "SELECT value, phase,
               (SELECT count(*) FROM members m WHERE m.account = a.account AND m.subject = a.subject),
               (SELECT coalesce(max(lead), 0) FROM members m WHERE m.account = a.account AND m.subject = a.subject)
             FROM access a WHERE account = ?1",
        )?;
        let people = rows.query_map([account], |row| {
            let places: u32 = row.get(2)?;
            Ok((
                super::database::json_of(row, 0)?,
                row.get(1)?,
                places > 0,
                row.get(3)?,
            ))
        })?;
        for person in people {
            let (access, phase, in_team, leads): (Access, _, _, bool) = person?;
            let leads_team = leads || (in_team && definition.always_leads(&access.roles));
            let around = definition.around(&access, &defaults, objects);
            let person = Person {
                access,
                phase,
                standing: Standing {
                    in_team,
                    leads_team,
                },
                around,
            };
            tally.count(definition, &person, 1);
        }
        for ((kind, _), object) in objects {
            for (count, heading) in tally.0.iter_mut().zip(headings(definition)) {
                if let Heading::Pool(_, pool, _) = heading {
                    *count += units_of(definition, pool, kind, object);
                }
            }
        }
        Ok(tally)
    }

    /// How many people are counted for how many units of a pool there are.
    pub(super) fn people(&self, definition: &Definition, pool: &str) -> i64 {
        let counted = headings(definition).zip(&self.0);
        let counted = counted
            .filter(|(heading, _)| matches!(heading, Heading::People(name, _) if *name == pool));
        counted.map(|(_, count)| *count).max().unwrap_or(0)
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
            let people = match heading {
                Heading::Pool(name, ..) => self.people(limits.definition, name),
                _ => 0,
            };
            check_heading(heading, (before.0[index], self.0[index]), people, limits)?;
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
                Heading::Pool(name, pool, word) if pool.overflow == Overflow::Refuse => {
                    let people = self.people(after.definition, name);
                    let fits = |limits: Limits<'_>| {
                        let limit = limits.units((name, pool, word), people).limit();
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
                Heading::Pool(name, ..) => Some((name, *used)),
                Heading::Administrators | Heading::People(..) | Heading::Constraint(..) => None,
            })
            .collect()
    }
}

fn check_heading(
    heading: Heading<'_>,
    (before, after): (i64, i64),
    people: i64,
    limits: Limits<'_>,
) -> Result<(), Problem> {
    let (more, fewer) = (after > before, after < before);
    match heading {
        Heading::Administrators if fewer && after <= 0 => Err(Problem::new(
            409,
            "last_administrator",
            "the account would have nobody left who administers it",
        )),
        Heading::Pool(name, pool, word) if more && pool.overflow == Overflow::Refuse => {
            let units = limits.units((name, pool, word), people);
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
        Heading::Administrators | Heading::Pool(..) | Heading::People(..) => Ok(()),
    }
}

impl Limits<'_> {
    /// How many units a pool has: the first capacity whose condition holds.
    pub(super) fn units(
        &self,
        (name, pool, word): (&str, &Pool, Option<&str>),
        people: i64,
    ) -> Units {
        let applies = pool.capacity.iter().find(|it| {
            (it.when.as_ref()).is_none_or(|when| when.holds(self.definition, self.settings))
        });
        let Some(capacity) = applies else {
            return Units::Unknown;
        };
        if capacity.unlimited == Some(true) {
            return Units::Unlimited;
        }
        let mut rest = i64::from(capacity.number.unwrap_or(0));
        let of_word = || capacity.setting_each.get(word?);
        if let Some(setting) = capacity.setting.as_ref().or_else(of_word) {
            let value = setting_value(self.definition, self.settings, setting);
            let number = value.and_then(|it| words(it).first()?.parse::<i64>().ok());
            match number {
                Some(number) => rest += number,
                None => return Units::Unknown,
            }
        }
        if capacity.people.is_some() {
            rest += people;
        }
        let rest = u32::try_from(rest).unwrap_or(0);
        match capacity.purchased {
            Some(true) => Units::Purchased(self.purchased.get(name).copied().unwrap_or(0) + rest),
            _ => Units::Fixed(rest),
        }
    }
}
