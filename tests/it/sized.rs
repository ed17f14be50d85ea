//! Pools whose size follows a setting and the people who are there: random accounts against a simulator that tries every
//! order of the changes and knows nothing of the planner.

use std::cell::Cell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use seatplan::model::Value;

use crate::support::chance::cases;
use crate::support::estate::{Estate, show};

/// Seats for talkers: no limit, as many as there are people, or as many as are bought.
const PRODUCT: &str = "
title: Sized
user: {identity: email, fold: case, roles: one}
settings:
  tier: {type: enum, values: [open, crew, paid], default: open, source: api}
roles:
  listener: {rank: 0}
  talker: {rank: 1}
  boss: {rank: 2, administers: true}
pools:
  talk:
    unit: seat
    capacity:
      - {when: account.settings.tier == \"open\", unlimited: true}
      - {when: account.settings.tier == \"crew\", people: {role: [listener, boss]}}
      - {purchased: true}
    counts: {role: talker}
    overflow: refuse
";

const TIERS: [&str; 3] = ["open", "crew", "paid"];

/// An account: its tier, what is bought, and who is there, talking or not. A boss is always there.
#[derive(Clone, Debug)]
struct World {
    tier: usize,
    bought: i64,
    people: Vec<Option<bool>>,
}

fn worlds() -> impl Strategy<Value = World> {
    let person = prop::option::weighted(0.75, any::<bool>());
    let people = prop::collection::vec(person, 5);
    // A tight account is where orders matter.
    (0..TIERS.len(), -1i64..2, people).prop_map(|(tier, spare, people)| {
        let talkers = people.iter().filter(|it| **it == Some(true)).count();
        World {
            tier,
            bought: (talkers as i64 + spare).max(0),
            people,
        }
    })
}

fn estate(world: &World) -> Estate {
    let mut estate = Estate::new(PRODUCT);
    estate
        .setting("tier", Value::Word(TIERS[world.tier].into()))
        .seats("talk", u32::try_from(world.bought).expect("few are bought"))
        .access("boss", "boss");
    for (index, talks) in world.people.iter().enumerate() {
        if let Some(talks) = talks {
            let role = if *talks { "talker" } else { "listener" };
            estate.access(&format!("p{index}"), role);
        }
    }
    estate
}

impl World {
    /// How many seats are missing.
    fn missing(&self) -> i64 {
        let count =
            |talks: bool| self.people.iter().filter(|it| **it == Some(talks)).count() as i64;
        let size = match TIERS[self.tier] {
            "open" => return 0,
            "crew" => 1 + count(false),
            _ => self.bought,
        };
        (count(true) - size).max(0)
    }

    /// Every change on the way to another world, made to this one.
    fn next(&self, wanted: &Self) -> Vec<Self> {
        let mut next = Vec::new();
        if self.tier != wanted.tier {
            next.push(Self {
                tier: wanted.tier,
                ..self.clone()
            });
        }
        if self.bought != wanted.bought {
            next.push(Self {
                bought: wanted.bought,
                ..self.clone()
            });
        }
        for (at, wanted) in wanted.people.iter().enumerate() {
            if self.people[at] != *wanted {
                let mut people = self.people.clone();
                people[at] = *wanted;
                next.push(Self {
                    people,
                    ..self.clone()
                });
            }
        }
        next
    }

    fn key(&self) -> (usize, i64, Vec<Option<bool>>) {
        (self.tier, self.bought, self.people.clone())
    }
}

/// Whether there is an order in which no change makes more seats missing.
fn is_feasible(before: &World, wanted: &World) -> bool {
    let (mut seen, mut open) = (BTreeSet::from([before.key()]), vec![before.clone()]);
    while let Some(world) = open.pop() {
        let next = world.next(wanted);
        if next.is_empty() {
            return true;
        }
        let legal = next
            .into_iter()
            .filter(|it| it.missing() <= world.missing());
        open.extend(legal.filter(|it| seen.insert(it.key())));
    }
    false
}

/// [`Estate::plan`] looks at every plan with the checker and after each of its steps.
#[test]
fn a_plan_is_refused_exactly_if_no_order_fits() {
    let config = cases(512);
    let tried = config.cases as usize;
    let (refused, fitting) = (Cell::new(0), Cell::new(0));
    // What an account lacks already is no reason to refuse; see the next test.
    let before = worlds().prop_map(|it| match it.missing() {
        0 => it,
        _ => World { tier: 0, ..it },
    });
    let result = TestRunner::new(config).run(&(before, worlds()), |(before, after)| {
        let plan = estate(&after).plan(&estate(&before).observe());
        let feasible = is_feasible(&before, &after);
        prop_assert_eq!(plan.refusals.is_empty(), feasible, "{}", show(&plan));
        let count = if feasible { &fitting } else { &refused };
        count.set(count.get() + 1);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    // Otherwise the test would say nothing.
    let (refused, fitting) = (refused.get(), fitting.get());
    assert!(
        refused > tried / 20 && fitting > tried / 4,
        "{refused} of {tried} are refused"
    );
}

#[test]
fn what_is_not_refused_fits_also_where_seats_were_missing_before() {
    let config = cases(256);
    let tried = config.cases as usize;
    let short = Cell::new(0);
    let before = worlds().prop_map(|it| World { tier: 1, ..it });
    let result = TestRunner::new(config).run(&(before, worlds()), |(before, after)| {
        let plan = estate(&after).plan(&estate(&before).observe());
        let is_fine = !plan.refusals.is_empty() || is_feasible(&before, &after);
        prop_assert!(is_fine, "{}", show(&plan));
        short.set(short.get() + usize::from(before.missing() > 0 && plan.refusals.is_empty()));
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    assert!(short.get() > tried / 20, "{} of {tried}", short.get());
}
