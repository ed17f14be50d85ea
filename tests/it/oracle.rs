//! A plan that is shown can be carried out: random plans that nothing refuses are carried out on the directory, which
//! enforces the product with code of its own, in a random order among those that the plan allows.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use seatplan::diagnostic::Sink;
use seatplan::directory::Seed;
use seatplan::model::{AccountName, Value, WeeklyHours};
use seatplan::plan::{Plan, Step, StepId};
use seatplan::provider::{Answer, OperationId, Reader as _, Writer as _};
use seatplan::rules::{self, DesiredContext, PlanContext};

use crate::support::chance::cases;
use crate::support::estate::{ACCOUNT, Estate, show};
use crate::vendor::{STRICT, Setup, Vendor, product};

/// The strict product, less one rule that most random accounts break.
fn definition() -> String {
    let left_out = |it: &&str| !it.contains("type: exactly_one");
    let lines: Vec<&str> = STRICT.lines().filter(left_out).collect();
    lines.join("\n")
}

/// A small account: people, teams, quantities.
#[derive(Clone, Debug)]
struct World {
    pro: bool,
    guests: u32,
    desks: u32,
    /// Parents by team.
    teams: Vec<Option<Option<usize>>>,
    people: Vec<Option<Somebody>>,
}

#[derive(Clone, Debug)]
struct Somebody {
    role: &'static str,
    closed: bool,
    narrow: bool,
    masked: bool,
    badge: Option<&'static str>,
    /// Whether the person leads, by team.
    places: Vec<Option<bool>>,
}

fn somebody() -> impl Strategy<Value = Somebody> {
    let role = prop_oneof![3 => Just("member"), 2 => Just("guest"), 1 => Just("helper"), 1 => Just("owner")];
    let rarely = || prop::bool::weighted(0.15);
    let badge = prop_oneof![6 => Just(None), 1 => Just(Some("staff")), 1 => Just(Some("b1"))];
    let place = prop_oneof![4 => Just(None), 2 => Just(Some(false)), 1 => Just(Some(true))];
    let places = prop::collection::vec(place, 3);
    (role, rarely(), rarely(), rarely(), badge, places).prop_map(
        |(role, closed, narrow, masked, badge, places)| Somebody {
            role,
            closed: closed && role == "helper",
            narrow: narrow && role != "guest",
            masked,
            badge,
            places,
        },
    )
}

/// Worlds that break rules now and then, not always.
fn world() -> impl Strategy<Value = World> {
    let first = prop::option::weighted(0.8, Just(None));
    let second = prop::option::weighted(0.6, prop_oneof![Just(None), Just(Some(0))]);
    let third = prop_oneof![3 => Just(Some(0)), 2 => Just(None), 1 => Just(Some(1))];
    let third = prop::option::weighted(0.4, third);
    let people = prop::collection::vec(prop::option::weighted(0.7, somebody()), 6);
    let owner = prop::bool::weighted(0.9);
    // One setting that sizes a pool may change, not two at once.
    let numbers = (prop::bool::weighted(0.7), Just(2u32), 1..7u32);
    (numbers, (first, second, third), people, owner).prop_map(
        |((pro, guests, desks), (first, second, third), mut people, owner)| {
            let mut teams = vec![first, second, third];
            for team in 0..teams.len() {
                if let Some(Some(parent)) = teams[team]
                    && teams[parent].is_none()
                {
                    teams[team] = Some(None);
                }
            }
            if let (true, Some(first)) = (owner, &mut people[0]) {
                first.role = "owner";
                first.closed = false;
            }
            for person in people.iter_mut().flatten() {
                let (is_owner, is_guest) = (person.role == "owner", person.role == "guest");
                person.masked &= !is_owner && pro;
                for lead in person.places.iter_mut().flatten() {
                    // Whoever always leads is wanted as somebody who does.
                    *lead = is_owner || (*lead && !is_guest);
                }
            }
            World {
                pro,
                guests,
                desks,
                teams,
                people,
            }
        },
    )
}

fn estate(world: &World) -> Estate {
    let mut estate = Estate::new(&definition());
    let name = |team: usize| format!("team-{team}");
    estate.setting(
        "plan",
        Value::Word(if world.pro { "pro" } else { "basic" }.into()),
    );
    estate.setting("guests", Value::Count(world.guests));
    estate.seats("desk", world.desks);
    for (team, parent) in world.teams.iter().enumerate() {
        if let Some(parent) = parent {
            estate.team(&name(team), parent.map(name).as_deref());
        }
    }
    for (index, person) in world.people.iter().enumerate() {
        let Some(person) = person else { continue };
        let who = format!("p{index}@acme.example");
        estate.access(&who, person.role);
        if person.closed {
            estate.option(&who, "closed", Value::Switch(true));
        }
        if person.narrow {
            let hours = WeeklyHours::parse("Mon-Fri 08:00-18:00").expect("hours");
            estate.option(&who, "view", Value::Word("own".into()));
            estate.option(&who, "hours", Value::Hours(hours));
        }
        if person.masked {
            estate.option(&who, "mask", Value::words(["mail".into()]));
        }
        if let Some(badge) = person.badge {
            estate.option(&who, "badge", Value::Word(badge.into()));
        }
        for (team, lead) in person.places.iter().enumerate() {
            if let (Some(lead), Some(_)) = (lead, &world.teams[team]) {
                estate.member(&name(team), &who, *lead);
            }
        }
    }
    estate
}

/// Puts a world into the directory; false if the directory refuses it.
fn is_put(vendor: &Vendor, estate: &Estate) -> bool {
    let mut things: Vec<_> = estate.desired.state.iter().collect();
    // Parents before children: addresses list teams by name, and a parent's number is lower.
    things.sort_by_key(|(address, _)| address.kind());
    let seeds = things.iter().map(|(address, entry)| Seed {
        id: &address.resource,
        resource: &entry.resource,
    });
    vendor.running.seed(&vendor.account, seeds).is_ok()
}

/// Why a plan must not be carried out, in the rules' words; empty if it may be.
fn objections(
    estate: &Estate,
    plan: &Plan,
    observation: &seatplan::model::Observation,
) -> Vec<String> {
    let mut sink = Sink::new();
    rules::check_desired(
        &DesiredContext {
            desired: &estate.desired,
            products: &estate.products,
        },
        &mut sink,
    );
    let observations = BTreeMap::from([(AccountName::new(ACCOUNT), observation.clone())]);
    let context = PlanContext {
        plan,
        desired: &estate.desired,
        observations: &observations,
        products: &estate.products,
        recent_removals: &BTreeMap::new(),
    };
    rules::check_plan(&context, &mut sink);
    let mut words: Vec<String> = plan.refusals.iter().map(|it| format!("{it:?}")).collect();
    if sink.has_errors() {
        words.extend(sink.diagnostics().iter().map(|it| it.message.clone()));
    }
    words
}

/// A step that may be carried out now, by chance among all that may.
fn next<'a>(plan: &'a Plan, done: &BTreeSet<&'a StepId>, chance: &mut u64) -> Option<&'a Step> {
    let ready: Vec<&Step> = plan
        .steps
        .iter()
        .filter(|it| !done.contains(&it.id) && it.needs.iter().all(|need| done.contains(need)))
        .collect();
    *chance = chance
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    let index = (*chance >> 33) as usize % ready.len().max(1);
    ready.get(index).copied()
}

async fn carry_out(before: &World, after: &World, chance: u64) -> Result<bool, TestCaseError> {
    let setup = Setup {
        account: AccountName::new(ACCOUNT),
        ..Setup::new(product(&definition()))
    };
    let vendor = setup.start();
    if !is_put(&vendor, &estate(before)) {
        return Ok(false);
    }
    let provider = vendor.provider();
    let wanted = estate(after);
    let observed = provider.observe().await.expect("the account can be read");
    let plan = wanted.plan_unchecked(&observed);
    if !objections(&wanted, &plan, &observed).is_empty() {
        return Ok(false);
    }
    let plan = wanted.plan(&observed);
    let (mut done, mut chance) = (BTreeSet::new(), chance);
    while let Some(step) = next(&plan, &done, &mut chance) {
        let answer = provider
            .execute(step, &OperationId(step.id.0.clone()))
            .await;
        let is_done = matches!(answer, Answer::Done { .. });
        prop_assert!(
            is_done,
            "{}: {answer:?}\nafter {done:?} of\n{}",
            step.address,
            show(&plan)
        );
        done.insert(&step.id);
    }
    prop_assert_eq!(
        done.len(),
        plan.steps.len(),
        "every step can be reached:\n{}",
        show(&plan)
    );
    let verified = provider.observe().await.expect("the account can be read");
    let rest = wanted.plan(&verified);
    prop_assert!(
        rest.steps.is_empty(),
        "nothing is left to do:\n{}",
        show(&rest)
    );
    Ok(!plan.steps.is_empty())
}

#[test]
fn a_plan_that_nothing_refuses_can_be_carried_out_in_any_order_it_allows() {
    let config = cases(64);
    let cases = config.cases;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let carried_out = Cell::new(0);
    let worlds = (world(), world(), any::<u64>());
    let result = TestRunner::new(config).run(&worlds, |(before, after, chance)| {
        let is_carried_out = runtime.block_on(carry_out(&before, &after, chance))?;
        carried_out.set(carried_out.get() + u32::from(is_carried_out));
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    // Otherwise the test would say nothing.
    assert!(
        carried_out.get() > cases / 10,
        "only {} of {cases} plans could be carried out",
        carried_out.get()
    );
}
