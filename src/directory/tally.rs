//! Counting: how many people are what a limit counts, and whether a change keeps within the limits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::constraint::{Constraint, Count, Selector, denies};
use super::definition::{Definition, OnePool};
use super::person::Person;
use super::problem::Problem;
use super::world::{About, Units, World};
use crate::product::{Overflow, Takes};

/// How many people of an account are counted under each heading, in the order of [`headings`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally(Vec<i64>);

/// Something that is counted.
#[derive(Clone, Copy, Debug)]
enum Heading<'a> {
    /// People who administer the account and can act. Somebody who has not accepted cannot.
    Administrators,
    /// People who take a unit of a pool.
    Pool(OnePool<'a>),
    /// People whom one of a pool's capacities counts, by its index.
    People(OnePool<'a>, usize, &'a Selector),
    /// People whom a constraint counts.
    Constraint(&'a str, &'a Constraint),
    /// People because of whom a constraint holds at all.
    Asking(&'a str, &'a Selector),
}

/// An account at one time: who is counted, and what there is for them.
#[derive(Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) tally: &'a Tally,
    pub(super) world: &'a World,
}

/// Units that a write took beyond what there are, and that the vendor charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Charge {
    pub(super) pool: String,
    pub(super) units: i64,
}

fn headings(definition: &Definition) -> impl Iterator<Item = Heading<'_>> {
    let pools = definition.each_pool().flat_map(|one| {
        let capacities = one.pool.capacity.iter().enumerate();
        let people = capacities
            .filter_map(move |(at, it)| Some(Heading::People(one, at, it.people.as_ref()?)));
        std::iter::once(Heading::Pool(one)).chain(people)
    });
    let constraints = definition.constraints.iter();
    let constraints = constraints.flat_map(|(name, it)| {
        let asking = match it {
            Constraint::MinCount(it) => it.where_any.as_ref(),
            _ => None,
        };
        let asking = asking.map(|it| Heading::Asking(name, it));
        std::iter::once(Heading::Constraint(name, it)).chain(asking)
    });
    std::iter::once(Heading::Administrators)
        .chain(pools)
        .chain(constraints)
}

fn counts(definition: &Definition, heading: Heading<'_>, person: &Person) -> bool {
    let phase = person.phase.as_deref();
    match heading {
        Heading::Administrators => {
            definition.works(phase) && definition.is_administrator(&person.access)
        }
        Heading::Pool(OnePool { pool, word, .. }) => {
            let any = |selectors: &Vec<Selector>| {
                let mut selectors = selectors.iter();
                selectors.any(|it| it.selects_for(definition, person, word))
            };
            pool.counts_objects.is_none()
                && definition.holds_seat(phase)
                && pool.counts.as_ref().is_none_or(any)
                && !pool.never_counts.as_ref().is_some_and(any)
        }
        Heading::People(one, _, selector) => selector.selects_for(definition, person, one.word),
        Heading::Asking(_, selector) => selector.selects(definition, person),
        Heading::Constraint(_, constraint) => match constraint {
            Constraint::MaxCount(it) | Constraint::MinCount(it) => {
                let of = it.of.as_ref().filter(|_| it.objects.is_none());
                of.is_some_and(|of| of.selects(definition, person))
            }
            Constraint::ExactlyOne(it) => it.of.selects(definition, person),
            Constraint::PlanGate(_)
            | Constraint::Excludes(_)
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
}

impl Counted<'_> {
    /// How many units of a pool are in use, here and on accounts that share it.
    pub(super) fn used(self, one: OnePool<'_>) -> i64 {
        let beside = self.world.beside.get(one.name);
        self.used_here(one) + beside.map_or(0, |it| it.used)
    }

    /// How many units a pool has, of whichever account it is.
    pub(super) fn units(self, one: OnePool<'_>) -> Units {
        let beside = self.world.beside.get(one.name);
        match beside.and_then(|it| it.head.as_ref()) {
            Some((_, units)) => *units,
            None => self.units_here(one),
        }
    }

    /// How many units of a pool the account itself uses.
    pub(super) fn used_here(self, one: OnePool<'_>) -> i64 {
        match &one.pool.counts_objects {
            Some(_) => self.world.units_of_objects(one),
            None => self.find(|it| matches!(it, Heading::Pool(pool) if pool.name == one.name)),
        }
    }

    /// How many units a pool has by what the account itself has.
    pub(super) fn units_here(self, one: OnePool<'_>) -> Units {
        self.world.units(one, |capacity| {
            let people = self.find(|it| {
                matches!(it, Heading::People(pool, at, _) if pool.name == one.name && *at == capacity)
            });
            people.unsigned_abs()
        })
    }

    fn find(self, is: impl Fn(&Heading<'_>) -> bool) -> i64 {
        let mut headings = headings(&self.world.definition).zip(&self.tally.0);
        headings
            .find(|(it, _)| is(it))
            .map_or(0, |(_, count)| *count)
    }

    /// Refuses a change after which less fits than before; what was already beyond a limit may stay so. Gives back what is
    /// charged for.
    pub(super) fn check(self, before: Counted<'_>) -> Result<Vec<Charge>, Problem> {
        let definition = &self.world.definition;
        let mut charges = Vec::new();
        for (index, heading) in headings(definition).enumerate() {
            let (was, is) = (before.tally.0[index], self.tally.0[index]);
            match heading {
                Heading::Administrators if is < was && is <= 0 => {
                    let detail = "the account would have nobody left who administers it";
                    return Err(Problem::new(409, "last_administrator", detail));
                }
                Heading::Pool(one) => charges.extend(self.check_pool(before, one)?),
                Heading::Constraint(name, constraint) => {
                    self.check_constraint(before, name, constraint, was, is)?;
                }
                Heading::Administrators | Heading::People(..) | Heading::Asking(..) => {}
            }
        }
        Ok(charges)
    }

    /// Refuses a change after which more lots of a size are missing than before.
    fn check_lots(self, before: Counted<'_>, one: OnePool<'_>) -> Result<(), Problem> {
        let (was, is) = (before.world.missing_lots(one), self.world.missing_lots(one));
        let more = is
            .iter()
            .find(|(size, missing)| was.get(size).is_none_or(|it| it < missing));
        let Some((size, _)) = more else {
            return Ok(());
        };
        let OnePool { name, .. } = one;
        let problem = if self.world.bought.get(name) == before.world.bought.get(name) {
            let detail = format!("no free lot of {size} in pool \"{name}\"");
            Problem::new(409, "no_seat", detail)
        } else {
            let detail =
                format!("the lots of {size} of pool \"{name}\" are in use; free them first");
            Problem::new(409, "seats_in_use", detail)
        };
        Err(problem.with("pool", name.into()).with("size", json!(size)))
    }

    fn check_pool(self, before: Counted<'_>, one: OnePool<'_>) -> Result<Option<Charge>, Problem> {
        if one.pool.takes == Some(Takes::Lots) {
            return self.check_lots(before, one).map(|()| None);
        }
        let (was, is) = (before.used(one), self.used(one));
        let (units_before, units) = (before.units(one), self.units(one));
        let limit = |units: Units| {
            units
                .limit()
                .map(|it| i64::try_from(it).unwrap_or(i64::MAX))
        };
        let beyond = |used: i64, units| limit(units).map_or(0, |limit| (used - limit).max(0));
        let more = beyond(is, units) - beyond(was, units_before);
        let OnePool { name, pool, .. } = one;
        if more <= 0 || pool.overflow == Overflow::Warn {
            return Ok(None);
        }
        if pool.overflow == Overflow::Charge {
            let units = more.min(is - was);
            let charge = || Charge {
                pool: name.to_owned(),
                units,
            };
            return Ok((units > 0).then(charge));
        }
        let shrinks = match (limit(units_before), limit(units)) {
            (Some(before), Some(after)) => after < before,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if shrinks {
            let detail = format!("{is} of pool \"{name}\" are in use; free them first");
            return Err(Problem::new(409, "seats_in_use", detail)
                .with("pool", name.into())
                .with("used", json!(is)));
        }
        let unit = &pool.unit;
        let limit = units.limit().unwrap_or(0);
        let detail = match units {
            Units::Unknown => format!("it is not known how many of pool \"{name}\" there are"),
            _ => format!("no free {unit} in pool \"{name}\": {was} of {limit} in use"),
        };
        Err(Problem::new(409, "no_seat", detail)
            .with("pool", name.into())
            .with("limit", json!(limit))
            .with("used", json!(was)))
    }

    fn check_constraint(
        self,
        before: Counted<'_>,
        name: &str,
        constraint: &Constraint,
        was: i64,
        is: i64,
    ) -> Result<(), Problem> {
        let (more, fewer) = (is > was, is < was);
        let broken = match constraint {
            Constraint::MinCount(it)
                if denies(it.level) && it.of.is_some() && it.where_any.is_some() =>
            {
                let asking = |at: Counted<'_>| {
                    at.find(|it| matches!(it, Heading::Asking(of, _) if *of == name)) > 0
                };
                // It is one too few, or somebody comes who needs more than there are.
                let is_new = asking(self) && !asking(before);
                let is_broken = asking(self) && is < i64::from(it.limit) && (fewer || is_new);
                is_broken.then_some(("too_few", &it.text))
            }
            Constraint::MaxCount(it) | Constraint::MinCount(it)
                if denies(it.level) && it.objects.is_some() && it.where_any.is_none() =>
            {
                let is_most = matches!(constraint, Constraint::MaxCount(_));
                self.breaks_count(before, it, is_most)
                    .then_some((if is_most { "too_many" } else { "too_few" }, &it.text))
            }
            Constraint::MaxCount(it) if denies(it.level) => {
                (more && is > i64::from(it.limit)).then_some(("too_many", &it.text))
            }
            Constraint::MinCount(it) if denies(it.level) => {
                (fewer && is < i64::from(it.limit)).then_some(("too_few", &it.text))
            }
            Constraint::ExactlyOne(it) if denies(it.level) => match is {
                0 if fewer => Some(("too_few", &it.text)),
                2.. if more => Some(("too_many", &it.text)),
                _ => None,
            },
            Constraint::Cel(it) if denies(it.level) && it.on == "account" => {
                let is_broken = |world: &World| world.is_broken(&it.must, About::Account);
                let moved = !std::ptr::eq(self.world, before.world);
                (moved && is_broken(self.world) && !is_broken(before.world))
                    .then_some(("broken_rule", &it.text))
            }
            _ => None,
        };
        match broken {
            Some((code, text)) => {
                Err(Problem::rule(code, text.clone()).with("constraint", name.into()))
            }
            None => Ok(()),
        }
    }

    /// Whether more things than there may be are one thing more, or fewer than there must be one less.
    fn breaks_count(self, before: Counted<'_>, rule: &Count, is_most: bool) -> bool {
        if std::sync::Arc::ptr_eq(&self.world.objects, &before.world.objects) {
            return false;
        }
        let (was, is) = (
            before.world.count_objects(rule),
            self.world.count_objects(rule),
        );
        let groups: BTreeSet<_> = was.keys().chain(is.keys()).collect();
        let limit = i64::from(rule.limit);
        groups.into_iter().any(|group| {
            let of = |counts: &BTreeMap<_, i64>| counts.get(group).copied().unwrap_or(0);
            let (was, is) = (of(&was), of(&is));
            match is_most {
                true => is > was && is > limit,
                // A value that nothing has any more needs nothing.
                false => is < was && is < limit && (is > 0 || rule.per.is_none()),
            }
        })
    }
}
