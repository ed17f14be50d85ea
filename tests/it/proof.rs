//! The proof against brute force: random accounts, changes and quantities, judged by a simulator that knows nothing of the
//! planner and tries everything.
//!
//! The simulator sees a world as numbers: who takes a unit of which pool and who administers, before and after. A plan is
//! feasible exactly if the simulator finds an order of the changes; nothing runs out in any set of steps that the executor,
//! or people, may have done at some time; what must wait is as little as can be; and nobody is without access for longer
//! than in the best of all orders, within a stated bound.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use seatplan::model::{Address, ResourceId, Subject};
use seatplan::plan::{Plan, Refusal, Step, StepId};

use crate::support::chance::cases;
use crate::support::estate::{Estate, show};

/// Two pools that refuse, a role that takes nothing and one that takes of both, and addresses that cannot be changed in place.
pub(crate) const PRODUCT: &str = "
title: Test
user: {identity: email, fold: case, roles: one}
roles:
  guest: {rank: 0}
  viewer: {rank: 1}
  editor: {rank: 2}
  author: {rank: 2}
  admin: {rank: 3, administers: true}
pools:
  full: {unit: seat, shared: family, capacity: [{purchased: true}], counts: {role: [editor, author, admin]}, overflow: refuse}
  light: {unit: seat, shared: family, capacity: [{purchased: true}], counts: {role: [viewer, author]}, overflow: refuse}
replace:
  address: {of: access, how: create-first}
";

const ROLES: [&str; 5] = ["guest", "viewer", "editor", "author", "admin"];
const POOLS: [&str; 2] = ["full", "light"];

/// An account, a sub-account of it, and one of that: all take of the pools of the first.
pub(crate) const ACCOUNTS: [&str; 3] = ["acme", "acme-south", "acme-south-coast"];

/// What somebody has: a place in [`ROLES`], or nothing.
type Role = Option<usize>;

/// What somebody has before and after, and whether their address changes.
type Person = (Role, Role, bool);

#[derive(Clone, Debug)]
pub(crate) struct World {
    /// How many are bought, before and after, by pool.
    bought: [(i64, i64); 2],
    people: Vec<Person>,
    /// On which account each of them is.
    places: Vec<usize>,
    /// How many must administer each account.
    least: i64,
}

impl World {
    /// The same where every account keeps an administrator at least.
    pub(crate) fn administered(self) -> Self {
        Self {
            least: self.least.max(1),
            ..self
        }
    }
}

/// Worlds whose people are on some of the accounts.
pub(crate) fn worlds(accounts: usize) -> impl Strategy<Value = World> {
    let role = || prop::option::weighted(0.75, 0usize..ROLES.len());
    let people = prop::collection::vec((role(), role(), prop::bool::weighted(0.25)), 1..7);
    // What is bought follows what is used, more or less: a tight account is where orders matter.
    let spare = || (-1i64..3, -1i64..3, prop::bool::weighted(0.6));
    let places = prop::collection::vec(0..accounts, 6);
    let all = (people, places, [spare(), spare()], 0i64..3);
    all.prop_map(|(people, places, spare, least)| {
        let used = |pool: usize, side: fn(&Person) -> Role| {
            people.iter().map(|it| taken(side(it))[pool]).sum::<i64>()
        };
        let bought = [0, 1].map(|pool| {
            let (before, after, is_kept) = spare[pool];
            let before = (used(pool, |it| it.0) + before).max(0);
            let after = (used(pool, |it| it.1) + after).max(0);
            (before, if is_kept { before } else { after })
        });
        World {
            bought,
            people,
            places,
            least,
        }
    })
}

/// Units of each pool that a role takes.
fn taken(role: Role) -> [i64; 2] {
    match role.map(|it| ROLES[it]) {
        Some("editor" | "admin") => [1, 0],
        Some("viewer") => [0, 1],
        Some("author") => [1, 1],
        _ => [0, 0],
    }
}

fn administers(role: Role) -> i64 {
    i64::from(role.is_some_and(|it| ROLES[it] == "admin"))
}

/// One change, as the simulator sees it.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    /// Units that it takes (positive) or frees, by pool.
    used: [i64; 2],
    /// Units that it buys or gives up, by pool.
    bought: [i64; 2],
    /// How many more administer each account.
    administrators: [i64; 3],
    /// For one of the two changes of an address: whose, and whether it is the removal.
    replaces: Option<(usize, bool)>,
}

/// What a change is known by on both sides: the planner's address, and the simulator's number.
fn changes(world: &World) -> Vec<(String, Change)> {
    let mut all = Vec::new();
    let step = |place: usize, from: Role, to: Role| {
        let mut administrators = [0; 3];
        administrators[place] = administers(to) - administers(from);
        Change {
            used: [0, 1].map(|pool| taken(to)[pool] - taken(from)[pool]),
            administrators,
            ..Change::default()
        }
    };
    for (at, (before, after, is_moved)) in world.people.iter().enumerate() {
        let place = world.places[at];
        match (before, after) {
            (Some(_), Some(_)) if *is_moved => {
                let made = step(place, None, *after);
                let gone = step(place, *before, None);
                let replaces = |is_removal| Some((at, is_removal));
                all.push((
                    new_name(at),
                    Change {
                        replaces: replaces(false),
                        ..made
                    },
                ));
                all.push((
                    name(at),
                    Change {
                        replaces: replaces(true),
                        ..gone
                    },
                ));
            }
            _ if before != after => all.push((name(at), step(place, *before, *after))),
            _ => {}
        }
    }
    for (pool, (before, after)) in world.bought.iter().enumerate() {
        if before != after {
            let mut bought = [0, 0];
            bought[pool] = after - before;
            let change = Change {
                bought,
                ..Change::default()
            };
            all.push((POOLS[pool].to_owned(), change));
        }
    }
    all
}

fn name(at: usize) -> String {
    format!("p{at}@acme.example")
}

fn new_name(at: usize) -> String {
    format!("new{at}@acme.example")
}

pub(crate) fn estate(world: &World, is_after: bool) -> Estate {
    let mut estate = Estate::new(PRODUCT);
    for above in ACCOUNTS.windows(2) {
        estate.sub_account(above[1], above[0]);
    }
    for (pool, (before, after)) in POOLS.iter().zip(world.bought) {
        let number = if is_after { after } else { before };
        estate.seats(
            pool,
            u32::try_from(number).expect("nobody buys less than nothing"),
        );
    }
    for (at, (before, after, is_moved)) in world.people.iter().enumerate() {
        let role = if is_after { after } else { before };
        let Some(role) = role else { continue };
        let is_new = is_after && *is_moved && before.is_some();
        let who = if is_new { new_name(at) } else { name(at) };
        let account = ACCOUNTS[world.places[at]];
        estate.access_on(account, &who, ROLES[*role]);
        if is_new {
            let address = |who: &str| Address::access(&account.into(), &Subject::new(who));
            estate.formerly(address(&who), address(&name(at)));
        }
    }
    let least = u32::try_from(world.least).expect("it is small");
    estate.desired.guards.min_admins = Some((least, estate.account().span));
    estate
}

/// A moment: what is used, what is bought, who administers.
#[derive(Clone, Copy, Debug)]
struct Moment {
    used: [i64; 2],
    bought: [i64; 2],
    administrators: [i64; 3],
}

impl Moment {
    fn before(world: &World) -> Self {
        let sum = |of: &dyn Fn(Role) -> i64| world.people.iter().map(|it| of(it.0)).sum();
        Self {
            used: [0, 1].map(|pool| sum(&|role| taken(role)[pool])),
            bought: world.bought.map(|it| it.0),
            administrators: [0, 1, 2].map(|place| {
                let people = world.people.iter().zip(&world.places);
                let there = people.filter(|(_, it)| **it == place);
                there.map(|((before, ..), _)| administers(*before)).sum()
            }),
        }
    }

    fn after(mut self, change: &Change) -> Self {
        for pool in 0..POOLS.len() {
            self.used[pool] += change.used[pool];
            self.bought[pool] += change.bought[pool];
        }
        for (all, more) in self.administrators.iter_mut().zip(change.administrators) {
            *all += more;
        }
        self
    }
}

/// The account as the simulator plays it.
struct Simulator {
    changes: Vec<Change>,
    start: Moment,
    /// The fewest who may administer each account: what is asked for, or as many as there shall be in the end.
    floor: [i64; 3],
}

impl Simulator {
    fn new(world: &World) -> Self {
        let changes: Vec<Change> = changes(world).into_iter().map(|it| it.1).collect();
        let start = Moment::before(world);
        let end = changes.iter().fold(start, |at, it| at.after(it));
        Self {
            floor: end.administrators.map(|it| world.least.min(it)),
            changes,
            start,
        }
    }

    fn moment(&self, done: u32) -> Moment {
        let changes = self.changes.iter().enumerate();
        let done = changes.filter(|(at, _)| done & 1 << at != 0);
        done.fold(self.start, |moment, (_, it)| moment.after(it))
    }

    /// Whether a change may be made at a moment: it takes nothing that there is not, and gives up nothing that is used.
    fn is_legal(&self, at: Moment, change: &Change) -> bool {
        let then = at.after(change);
        let fits = (0..POOLS.len()).all(|pool| {
            let worse = change.used[pool] > 0 || change.bought[pool] < 0;
            !worse || then.used[pool] <= then.bought[pool]
        });
        let mut places = 0..ACCOUNTS.len();
        fits && places
            .all(|it| change.administrators[it] >= 0 || then.administrators[it] >= self.floor[it])
    }

    /// Every set of changes that some legal order leads to, of those that are not left out, with the fewest gaps on the way:
    /// user times steps without an access that the user has before and after.
    fn reachable(&self, left_out: u32) -> BTreeMap<u32, u64> {
        let mut best = BTreeMap::from([(0u32, 0u64)]);
        let all = (0..1u32 << self.changes.len()).filter(|it| it & left_out == 0);
        // A set comes after all that it holds.
        for done in all {
            let Some(gaps) = best.get(&done).copied() else {
                continue;
            };
            let moment = self.moment(done);
            for (at, change) in self.changes.iter().enumerate() {
                let bit = 1 << at;
                if (done | left_out) & bit != 0 || !self.is_legal(moment, change) {
                    continue;
                }
                let then = gaps + self.gaps(done | bit);
                let known = best.entry(done | bit).or_insert(then);
                *known = then.min(*known);
            }
        }
        best
    }

    /// How many people are without the access that they have before and after.
    fn gaps(&self, done: u32) -> u64 {
        let is_done = |who: usize, is_removal: bool| {
            let mut changes = self.changes.iter().enumerate();
            changes.any(|(at, it)| it.replaces == Some((who, is_removal)) && done & 1 << at != 0)
        };
        let removals = self.changes.iter().filter_map(|it| match it.replaces {
            Some((who, true)) => Some(who),
            _ => None,
        });
        let gone = removals.filter(|who| is_done(*who, true) && !is_done(*who, false));
        gone.count() as u64
    }

    fn all(&self) -> u32 {
        (1 << self.changes.len()) - 1
    }

    fn has_order(&self, left_out: u32) -> bool {
        let all = self.all() & !left_out;
        self.reachable(left_out).contains_key(&all)
    }

    /// How few changes must be left out so that the others have an order.
    fn fewest_left_out(&self) -> u32 {
        let with = |count: u32| (0..=self.all()).filter(move |it| it.count_ones() == count);
        let counts = 0..=u32::try_from(self.changes.len()).expect("there are few");
        let mut able = counts.filter(|count| with(*count).any(|it| self.has_order(it)));
        able.next().expect("nothing at all always has an order")
    }
}

/// How few grants must wait so that the others fit both pools in the end; `None` if no waiting helps.
///
/// Whoever gets one access for another keeps the old one as long as the new one waits.
fn fewest_waiting(simulator: &Simulator) -> Option<u32> {
    let old_of = |new: &Change| {
        let (who, _) = new.replaces?;
        let mut changes = simulator.changes.iter();
        changes.position(|it| it.replaces == Some((who, true)))
    };
    let fits = |waiting: u32| {
        let mut left_out = waiting;
        for (at, change) in simulator.changes.iter().enumerate() {
            if waiting & 1 << at != 0
                && matches!(change.replaces, Some((_, false)))
                && let Some(old) = old_of(change)
            {
                left_out |= 1 << old;
            }
        }
        let then = simulator.moment(simulator.all() & !left_out);
        (0..POOLS.len()).all(|pool| {
            let mut changes = simulator.changes.iter().enumerate();
            let is_worse = changes.any(|(at, it)| {
                left_out & 1 << at == 0 && (it.used[pool] > 0 || it.bought[pool] < 0)
            });
            then.used[pool] <= then.bought[pool] || !is_worse
        })
    };
    let is_grant = |at: usize| simulator.changes[at].used.iter().any(|it| *it > 0);
    let grants = (0..simulator.changes.len()).filter(|at| is_grant(*at));
    let grants = grants.fold(0u32, |set, at| set | 1 << at);
    let able = (0..=simulator.all()).filter(|it| it & !grants == 0 && fits(*it));
    able.map(u32::count_ones).min()
}

/// The simulator's number of a step.
fn number(world: &World, step: &Step) -> usize {
    let name = match &step.address.resource {
        ResourceId::Seats(pool) => pool.to_string(),
        ResourceId::Access(subject) => subject.to_string(),
        other => panic!("no world has {other:?}"),
    };
    let all = changes(world);
    let found = all.iter().position(|(it, _)| *it == name);
    found.unwrap_or_else(|| panic!("{name} changes nothing"))
}

/// Every set of steps that holds what its steps need: all that can have been done at some time.
fn moments(plan: &Plan) -> Vec<BTreeSet<&StepId>> {
    let mut all = vec![BTreeSet::new()];
    // Steps stand after those that they need.
    for step in &plan.steps {
        let able: Vec<_> = all
            .iter()
            .filter(|done: &&BTreeSet<&StepId>| step.needs.iter().all(|it| done.contains(it)))
            .cloned()
            .collect();
        all.extend(able.into_iter().map(|mut done| {
            done.insert(&step.id);
            done
        }));
    }
    all
}

/// What was seen over all cases.
#[derive(Debug, Default)]
struct Tally {
    feasible: u32,
    short: u32,
    circles: u32,
    guarded: u32,
    gaps: u64,
    fewest_gaps: u64,
}

fn judge(world: &World, tally: &mut Tally) -> Result<(), TestCaseError> {
    let simulator = Simulator::new(world);
    let actual = estate(world, false).observe_all();
    let end = simulator.moment(simulator.all());
    // What the guard stops is judged without the checker, which finds the same.
    let mut places = end
        .administrators
        .iter()
        .zip(simulator.start.administrators);
    let is_guarded = places.any(|(end, start)| *end < world.least.min(start));
    let plan = match is_guarded {
        true => estate(world, true).plan_all_unchecked(&actual),
        false => estate(world, true).plan_all(&actual),
    };
    let numbers: BTreeMap<&StepId, usize> = plan
        .steps
        .iter()
        .map(|step| (&step.id, number(world, step)))
        .collect();
    prop_assert_eq!(numbers.len(), simulator.changes.len(), "{}", show(&plan));
    let set = |done: &BTreeSet<&StepId>| done.iter().fold(0, |set, id| set | 1u32 << numbers[id]);

    let has_order = simulator.has_order(0);
    prop_assert_eq!(plan.refusals.is_empty(), has_order, "{}", show(&plan));

    for done in moments(&plan).iter().filter(|_| has_order) {
        let at = simulator.moment(set(done));
        for pool in 0..POOLS.len() {
            let was_over = at.used[pool] <= simulator.start.used[pool]
                && at.bought[pool] >= simulator.start.bought[pool];
            prop_assert!(
                at.used[pool] <= at.bought[pool] || was_over,
                "{at:?} after {done:?} of\n{}",
                show(&plan)
            );
        }
        for place in 0..ACCOUNTS.len() {
            let floor = simulator.floor[place].min(simulator.start.administrators[place]);
            prop_assert!(
                at.administrators[place] >= floor,
                "{at:?} after {done:?} of\n{}",
                show(&plan)
            );
        }
    }
    let is_short = |it: &Refusal| matches!(it, Refusal::Seats { .. });
    let is_short = plan.refusals.iter().any(is_short);
    let (mut all_waiting, mut fewest_waiters) = (BTreeSet::new(), None);
    for refusal in &plan.refusals {
        match refusal {
            // Who waits for whom is told as if there were as many seats as are asked for.
            Refusal::Cycle { .. } if is_short => {}
            Refusal::Seats {
                proof,
                missing,
                askers,
                waiting,
                smallest,
                ..
            } => {
                let fewest = fewest_waiting(&simulator);
                prop_assert_eq!(*smallest, fewest.is_some(), "{}", show(&plan));
                all_waiting.extend(waiting.iter().map(|it| it.address.clone()));
                fewest_waiters = fewest;
                let pool = POOLS.iter().position(|it| *it == proof.pool.as_str());
                let pool = pool.expect("it is one of the pools");
                let over = end.used[pool] - end.bought[pool];
                prop_assert_eq!(i64::try_from(*missing).ok(), Some(over), "{}", show(&plan));
                let takers = simulator
                    .changes
                    .iter()
                    .filter(|it| it.used[pool] > 0)
                    .count();
                prop_assert_eq!(askers.len(), takers, "{}", show(&plan));
                tally.short += 1;
            }
            Refusal::Cycle {
                waiting, smallest, ..
            } => {
                prop_assert!(smallest, "so few steps are all tried: {}", show(&plan));
                let left_out = set(&waiting.iter().collect());
                prop_assert!(simulator.has_order(left_out), "{}", show(&plan));
                prop_assert_eq!(
                    left_out.count_ones(),
                    simulator.fewest_left_out(),
                    "{}",
                    show(&plan)
                );
                tally.circles += 1;
            }
            Refusal::UnknownCapacity { .. } | Refusal::Rule { .. } => {
                prop_assert!(false, "{}", show(&plan));
            }
        }
    }
    let waiters = u32::try_from(all_waiting.len()).expect("there are few");
    prop_assert_eq!(waiters, fewest_waiters.unwrap_or(0), "{}", show(&plan));
    tally.guarded += u32::from(is_guarded);
    if has_order {
        tally.feasible += 1;
        let mut done = 0;
        for step in &plan.steps {
            done |= 1 << numbers[&step.id];
            tally.gaps += simulator.gaps(done);
        }
        tally.fewest_gaps += simulator.reachable(0)[&simulator.all()];
    }
    Ok(())
}

#[test]
fn a_plan_is_feasible_exactly_if_brute_force_finds_an_order_and_nothing_ever_runs_out() {
    prove(1);
}

#[test]
fn so_is_a_plan_of_accounts_that_share_their_pools() {
    prove(3);
}

fn prove(accounts: usize) {
    let config = cases(2_000);
    let tried = config.cases;
    let tally = RefCell::new(Tally::default());
    let result = TestRunner::new(config).run(&worlds(accounts), |world| {
        judge(&world, &mut tally.borrow_mut())
    });
    let tally = tally.into_inner();
    println!("of {tried}: {tally:?}");
    if let Err(failure) = result {
        panic!("{failure}");
    }
    // Otherwise the test would say nothing about one of them.
    assert!(tally.feasible > tried / 5, "{tally:?}");
    assert!(tally.short > tried / 10, "{tally:?}");
    assert!(tally.circles > 0, "{tally:?}");
    assert!(tally.fewest_gaps > 0, "{tally:?}");
    assert!(
        tally.gaps >= tally.fewest_gaps,
        "no order has fewer: {tally:?}"
    );
    assert!(tally.gaps <= tally.fewest_gaps * 3 / 2 + 3, "{tally:?}");
}

#[test]
fn what_has_its_place_in_the_order_may_be_what_should_wait() {
    let (admin, viewer) = (Some(4), Some(1));
    let world = World {
        bought: [(2, 2), (1, 1)],
        people: vec![
            (None, admin, false),
            (admin, None, false),
            (viewer, admin, false),
            (None, viewer, false),
        ],
        places: vec![0; 4],
        least: 2,
    };
    // Without the first person and the second, the other two can be served; the longest order that goes through leaves three.
    assert_eq!(Simulator::new(&world).fewest_left_out(), 2);
    judge(&world, &mut Tally::default()).expect("the plan agrees");
}
