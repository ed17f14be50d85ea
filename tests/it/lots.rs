//! Lots that each fit one object of their own size: random accounts against a simulator that knows sizes and counts and
//! nothing of the planner, and against the directory.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use seatplan::directory::Script;
use seatplan::model::{Address, PoolName, Quantity, ResourceId, Value};
use seatplan::plan::{Plan, Refusal, from_json, moved, to_json};

use crate::oracle::tried;
use crate::support::chance::cases;
use crate::support::estate::{Estate, account, applied, object_of, show};

/// Sites, each of which takes a lot of its own size.
const PRODUCT: &str = "
title: Sites
user: {identity: email, fold: case, roles: one}
roles:
  boss: {rank: 1, administers: true}
objects:
  sites:
    fields:
      size: {type: count, required: true}
pools:
  sites:
    unit: place
    capacity: [{purchased: true}]
    counts_objects: sites
    weight_field: size
    takes: lots
    sold_in: lots
    cancels: whole
    overflow: refuse
operations:
  sites.create: {via: api}
  sites.update: {via: api}
  sites.remove: {via: api}
";

/// The sizes that there are.
const SIZES: usize = 3;

/// How large each site is, and how many lots of each size are bought.
#[derive(Clone, Debug)]
struct World {
    sites: Vec<Option<usize>>,
    lots: [i64; SIZES],
}

fn worlds(most: usize) -> impl Strategy<Value = World> {
    let site = prop::option::weighted(0.7, 0..SIZES);
    // What is bought follows what is used, more or less: a tight account is where orders matter.
    let spare = [-1i64..2, -1i64..2, -1i64..2];
    (prop::collection::vec(site, 1..=most), spare).prop_map(|(sites, spare)| {
        let mut lots = used(&sites);
        for (lots, spare) in lots.iter_mut().zip(spare) {
            *lots = (*lots + spare).max(0);
        }
        World { sites, lots }
    })
}

fn used(sites: &[Option<usize>]) -> [i64; SIZES] {
    let mut used = [0; SIZES];
    for size in sites.iter().flatten() {
        used[*size] += 1;
    }
    used
}

/// How large a size is.
fn size(at: usize) -> u32 {
    [25, 50, 100][at]
}

fn estate(world: &World) -> Estate {
    let mut estate = Estate::new(PRODUCT);
    estate.account().manages_kinds.insert("sites".into());
    estate.access("olga@acme.example", "boss");
    let lots = world.lots.iter().enumerate();
    let lots: Vec<_> = lots
        .map(|(at, count)| (size(at), u32::try_from(*count).expect("there are few")))
        .collect();
    estate.lots_of("sites", &lots);
    for (index, site) in world.sites.iter().enumerate() {
        if let Some(at) = site {
            let fields = [("size", Value::Count(size(*at)))];
            estate.object("sites", &format!("s{index}"), &fields);
        }
    }
    estate
}

/// What a change does to the lots of each size: those it takes (positive) or frees, and those it buys or cancels.
type Change = ([i64; SIZES], [i64; SIZES]);

fn changes(before: &World, after: &World) -> Vec<Change> {
    let mut changes = Vec::new();
    let count = before.sites.len().max(after.sites.len());
    for index in 0..count {
        let of = |world: &World| world.sites.get(index).copied().flatten();
        let (old, new) = (used(&[of(before)]), used(&[of(after)]));
        if old != new {
            changes.push((minus(new, old), [0; SIZES]));
        }
    }
    let bought = minus(after.lots, before.lots);
    for sign in [1, -1] {
        let part = bought.map(|it| (it * sign).max(0) * sign);
        if part != [0; SIZES] {
            changes.push(([0; SIZES], part));
        }
    }
    changes
}

fn minus(left: [i64; SIZES], right: [i64; SIZES]) -> [i64; SIZES] {
    std::array::from_fn(|at| left[at] - right[at])
}

/// Lots that are missing once some changes are made.
fn missing(before: &World, changes: &[Change], done: usize) -> [i64; SIZES] {
    let mut missing = minus(used(&before.sites), before.lots);
    let made = changes
        .iter()
        .enumerate()
        .filter(|it| done >> it.0 & 1 == 1);
    for (_, (used, bought)) in made {
        for at in 0..SIZES {
            missing[at] += used[at] - bought[at];
        }
    }
    missing.map(|it| it.max(0))
}

/// Whether there is an order in which no change makes more lots of any size missing.
fn is_feasible(before: &World, changes: &[Change]) -> bool {
    let all = (1usize << changes.len()) - 1;
    let (mut seen, mut open) = (BTreeSet::from([0]), vec![0]);
    while let Some(done) = open.pop() {
        if done == all {
            return true;
        }
        let now = missing(before, changes, done);
        for at in (0..changes.len()).filter(|at| done >> at & 1 == 0) {
            let next = done | 1 << at;
            let then = missing(before, changes, next);
            let is_legal = then.iter().zip(now).all(|(then, now)| *then <= now);
            if is_legal && seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

#[test]
fn a_plan_is_refused_exactly_if_no_order_fits() {
    let config = cases(512);
    let (refused, fitting) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let result = TestRunner::new(config).run(&(worlds(5), worlds(5)), |(before, after)| {
        let plan = estate(&after).plan(&estate(&before).observe());
        let feasible = is_feasible(&before, &changes(&before, &after));
        prop_assert_eq!(plan.refusals.is_empty(), feasible, "{}", show(&plan));
        let count = if feasible { &fitting } else { &refused };
        count.set(count.get() + 1);
        Ok(())
    });
    result.expect("the simulator and the planner agree");
    // Otherwise the test would say nothing.
    assert!(refused.get() > 50 && fitting.get() > 50);
}

#[test]
fn what_is_not_refused_can_be_carried_out_in_any_order_it_allows() {
    let (done, cases) = tried(
        (PRODUCT, Script::default),
        (worlds(5), worlds(5), any::<u64>()),
        |(before, after, chance)| (estate(before), estate(after), *chance),
    );
    assert!(
        done > cases / 10,
        "only {done} of {cases} plans could be carried out"
    );
}

fn world(sites: &[usize], lots: [i64; SIZES]) -> World {
    World {
        sites: sites.iter().copied().map(Some).collect(),
        lots,
    }
}

/// Addresses of steps in order, with what each needs.
fn order(plan: &Plan) -> Vec<String> {
    let name = |address: &Address| address.to_string().replace("acme/", "");
    let by_id: BTreeMap<_, _> = plan.steps.iter().map(|it| (&it.id, &it.address)).collect();
    let step = |it: &seatplan::plan::Step| {
        let needs: Vec<_> = it.needs.iter().map(|id| name(by_id[id])).collect();
        format!("{} after [{}]", name(&it.address), needs.join(", "))
    };
    plan.steps.iter().map(step).collect()
}

#[test]
fn two_small_ones_do_not_fit_a_large_lot() {
    let before = estate(&world(&[], [0, 0, 1]));
    let plan = estate(&world(&[1, 1], [0, 0, 1])).plan(&before.observe());
    let Refusal::Seats {
        proof,
        missing,
        askers,
        ..
    } = &plan.refusals[0]
    else {
        panic!("{:?}", plan.refusals);
    };
    assert_eq!((*missing, askers.len()), (100, 2));
    let lots = proof.lots.iter();
    let lots: Vec<_> = lots
        .map(|it| (it.size, it.bought, it.taken, it.missing()))
        .collect();
    assert_eq!(lots, [(50, Some(0), 2, 2), (100, Some(1), 0, 0)]);
}

#[test]
fn a_lot_is_bought_before_a_site_moves_into_it_and_the_old_one_cancelled_after() {
    let before = estate(&world(&[1], [0, 1, 0]));
    let wanted = estate(&world(&[2], [0, 0, 1]));
    let plan = wanted.plan(&before.observe());
    assert_eq!(
        order(&plan),
        [
            "seats/sites after []",
            "sites/s0 after [seats/sites]",
            "seats/sites after [seats/sites, sites/s0]",
        ]
    );
}

#[test]
fn a_plan_half_done_goes_on() {
    let before = estate(&world(&[1], [0, 1, 0])).observe();
    let wanted = estate(&world(&[2], [0, 0, 1]));
    let plan = wanted.plan(&before);
    let plan = from_json(&to_json(&plan)).expect("a plan reads back");
    let products = &wanted.products;
    let moved_of = |observation| {
        let observations = BTreeMap::from([(account(), observation)]);
        moved(&plan, &observations, products)
    };
    for done in 0..=plan.steps.len() {
        let observation = applied(&before, &plan.steps[..done]);
        let observations = BTreeMap::from([(account(), observation.clone())]);
        assert_eq!(moved_of(observation), [], "with {done} steps done");
        if let Err(found) = seatplan::plan::check(&plan, &observations, products) {
            panic!("with {done} steps done: {found:?}");
        }
    }
}

#[test]
fn a_plan_rests_on_the_lots_of_each_size_and_not_on_their_sum() {
    let lots = [0, 3, 2];
    let before = estate(&world(&[1, 2], lots)).observe();
    let wanted = estate(&world(&[2, 2], lots));
    let plan = wanted.plan(&before);
    assert_eq!(order(&plan), ["sites/s0 after []"]);
    // As many places are used as before: somebody made two small sites out of the large one.
    let mut now = estate(&world(&[1, 1], lots));
    now.object("sites", "s2", &[("size", Value::Count(50))]);
    let observations = BTreeMap::from([(account(), now.observe())]);
    let moved = moved(&plan, &observations, &wanted.products);
    let told: Vec<_> = moved.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "acme: of the lots of 50 of the pool \"sites\" 1 should be in use, and 3 are",
            "acme: of the lots of 100 of the pool \"sites\" 1 should be in use, and 0 are",
        ]
    );
}

#[test]
fn a_number_of_which_nobody_knows_the_sizes_is_not_known() {
    let mut before = estate(&world(&[1], [0, 1, 0])).observe();
    let seats = Address::new(&account(), ResourceId::Seats(PoolName::new("sites")));
    let pool = PoolName::new("sites");
    before.state.remove(&seats);
    before.pools.insert(
        pool,
        seatplan::model::Fact::Known(seatplan::model::Capacity::Purchased(Quantity::Number(150))),
    );
    let mut wanted = estate(&world(&[1, 2], [0, 1, 1]));
    let plan = wanted.plan(&before);
    assert!(
        matches!(&plan.refusals[..], [Refusal::UnknownCapacity { .. }]),
        "{:?}",
        plan.refusals
    );
    // What is freed can be taken again, by one of the same size.
    wanted.forget(&object_of("sites", "s1"));
    wanted.forget(&object_of("sites", "s0"));
    wanted.object("sites", "s2", &[("size", Value::Count(50))]);
    let plan = wanted.plan(&before);
    assert_eq!(plan.refusals, []);
    assert_eq!(
        order(&plan),
        ["sites/s0 after []", "sites/s2 after [sites/s0]"]
    );
}
