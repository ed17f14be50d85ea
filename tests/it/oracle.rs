//! A plan that is shown can be carried out: random plans that nothing refuses are carried out on the directory, which
//! enforces the product with code of its own, in a random order among those that the plan allows.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use seatplan::diagnostic::Sink;
use seatplan::directory::{Act, Line, Script, Seed};
use seatplan::model::{AccountName, Grant, Observation, Value, WeeklyHours};
use seatplan::plan::{Moved, Plan, Step, StepId};
use seatplan::provider::{Answer, OperationId, Reader as _, Writer as _};
use seatplan::rules::{self, DesiredContext, PlanContext};

use crate::directory_language::{OWNED, RICH};
use crate::support::chance::cases;
use crate::support::estate::{ACCOUNT, Estate, object_of, show};
use crate::vendor::{STRICT, Setup, Vendor, product};

/// The strict product, less one rule that most random accounts break, and with one more.
fn definition() -> String {
    let left_out = |it: &&str| !it.contains("type: exactly_one");
    let lines: Vec<&str> = STRICT.lines().filter(left_out).collect();
    let more = "constraints:
  watched: {type: min_count, of: {role: [owner, helper, member]}, limit: 2, where_any: {options: {badge: staff}}, text: staff is not alone}";
    lines.join("\n").replace("constraints:", more)
}

/// The same where a removal ends with the billing cycle: whoever is removed is there for the whole test.
fn lingering_definition() -> String {
    let create = "access.create: {via: api, actor: [owner, helper], then: invited}";
    let invited = "invited: {moved_by: user, holds_seat: true}";
    let definition = definition();
    assert!(definition.contains(create) && definition.contains(invited));
    definition
        .replace(create, &format!("{create}\n  access.remove: {{via: api, then: going}}"))
        .replace(
            invited,
            &format!("{invited}\n  going: {{moved_by: vendor, holds_seat: true, works: true, ends: cycle-end}}"),
        )
}

/// People who accept at once, and a vendor whose billing cycle never ends.
fn endless_cycle() -> Script {
    let line = |upon: Option<&str>, act: Act| Line {
        account: None,
        upon: upon.map(str::to_owned),
        who: None,
        times: None,
        act,
    };
    Script::new([
        line(Some("access.remove"), Act::Ignore),
        line(None, Act::Accept { after: 0 }),
    ])
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
    let guests = prop_oneof![2 => Just(2u32), 3 => 1..6u32];
    let numbers = (prop::bool::weighted(0.7), guests, 1..7u32);
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

fn estate(world: &World, definition: &str) -> Estate {
    let mut estate = Estate::new(definition);
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
pub(crate) fn objections(
    estate: &Estate,
    plan: &Plan,
    observations: &BTreeMap<AccountName, Observation>,
) -> Vec<String> {
    let mut sink = Sink::new();
    rules::check_desired(
        &DesiredContext {
            desired: &estate.desired,
            products: &estate.products,
        },
        &mut sink,
    );
    let context = PlanContext {
        plan,
        desired: &estate.desired,
        observations,
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
pub(crate) fn next<'a>(
    plan: &'a Plan,
    done: &BTreeSet<&'a StepId>,
    chance: &mut u64,
) -> Option<&'a Step> {
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

/// Brings an account from one state to another; false if the vendor or a rule stands against one of them.
async fn carry_out(
    (definition, script): (&str, Script),
    before: &Estate,
    wanted: &Estate,
    chance: u64,
) -> Result<bool, TestCaseError> {
    let setup = Setup {
        account: AccountName::new(ACCOUNT),
        script,
        ..Setup::new(product(definition))
    };
    let vendor = setup.start();
    if !is_put(&vendor, before) {
        return Ok(false);
    }
    let provider = vendor.provider();
    let observed = provider.observe().await.expect("the account can be read");
    let plan = wanted.plan_unchecked(&observed);
    let observations = BTreeMap::from([(AccountName::new(ACCOUNT), observed.clone())]);
    if !objections(wanted, &plan, &observations).is_empty() {
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
        let now = provider.observe().await.expect("the account can be read");
        goes_on(wanted, &plan, &done, &now)?;
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

/// A run that is cut off goes on: with this plan, of which nothing has moved that the rest of it rests on, or with another
/// one if a step has changed by itself what a later step changes.
fn goes_on(
    wanted: &Estate,
    plan: &Plan,
    done: &BTreeSet<&StepId>,
    now: &Observation,
) -> Result<(), TestCaseError> {
    let moved = wanted.moved(plan, now);
    if moved.is_empty() {
        let checked = wanted.check(plan, now);
        prop_assert!(
            checked.is_ok(),
            "{checked:?}\nafter {done:?} of\n{}",
            show(plan)
        );
    }
    let fresh = wanted.plan_unchecked(now);
    let fresh: BTreeSet<&StepId> = fresh.steps.iter().map(|it| &it.id).collect();
    let rest = plan.steps.iter().map(|it| &it.id);
    let rest: BTreeSet<&StepId> = rest.filter(|it| !done.contains(it)).collect();
    let is_the_rest = rest == fresh;
    let is_by_itself = |it: &Moved| matches!(it, Moved::Thing { .. });
    prop_assert!(
        moved.is_empty() || !is_the_rest && moved.iter().all(is_by_itself),
        "{moved:?}\nafter {done:?} of\n{}",
        show(plan)
    );
    Ok(())
}

/// The product with objects, grants and pools of every kind, less what nobody can know here, and a rule that most random
/// accounts break: three profiles have few values to differ in.
fn rich_definition() -> String {
    let left_out = |it: &&str| {
        ["only-known", "names-differ"]
            .iter()
            .any(|word| it.contains(word))
    };
    let lines: Vec<&str> = RICH.lines().filter(|it| !left_out(it)).collect();
    lines.join("\n")
}

/// A small account that owns things.
#[derive(Clone, Debug)]
struct Owner {
    paid: bool,
    /// Included in the module sales, and in books.
    sizes: (u32, u32),
    /// Bought: places for video, users of sales, lots of places for sites.
    bought: (u32, u32, u32),
    /// What each profile allows, and whether it is the default.
    profiles: Vec<Option<(bool, bool)>>,
    /// How large each site is, whose, and its code.
    sites: Vec<Option<(u32, bool, Option<u32>)>>,
    people: Vec<Option<User>>,
    /// Which profiles have another name than in other worlds, and were named so before.
    renamed: Vec<bool>,
}

#[derive(Clone, Debug)]
struct User {
    boss: bool,
    /// Whether they have each profile.
    profiles: Vec<bool>,
    video: Option<bool>,
}

fn owner() -> impl Strategy<Value = Owner> {
    let profile = prop::option::weighted(0.8, (any::<bool>(), prop::bool::weighted(0.2)));
    let site = (
        1..3u32,
        prop::bool::weighted(0.1),
        prop::option::weighted(0.5, 100..105u32),
    );
    let site = prop::option::weighted(0.9, site);
    let user = (
        prop::bool::weighted(0.2),
        prop::collection::vec(prop::bool::weighted(0.4), 3),
        prop::option::weighted(0.5, any::<bool>()),
    );
    let user = user.prop_map(|(boss, profiles, video)| User {
        boss,
        profiles,
        video,
    });
    let people = prop::collection::vec(prop::option::weighted(0.7, user), 5);
    (
        prop::bool::weighted(0.6),
        (0..3u32, 0..3u32),
        (2..6u32, 0..3u32, 2..4u32),
        prop::collection::vec(profile, 3),
        prop::collection::vec(site, 3),
        (people, prop::collection::vec(prop::bool::weighted(0.3), 3)),
    )
        .prop_map(
            |(paid, sizes, bought, profiles, sites, (mut people, renamed))| {
                // Nearly always there is somebody who administers.
                if let (None, 1..) = (&people[0], bought.1) {
                    people[0] = Some(User {
                        boss: true,
                        profiles: vec![false; 3],
                        video: None,
                    });
                }
                for (index, user) in people.iter_mut().enumerate() {
                    if let Some(user) = user {
                        user.boss |= index == 0;
                        for (has, profile) in user.profiles.iter_mut().zip(&profiles) {
                            // A boss needs no profile, and nobody has one that there is not.
                            *has &= profile.is_some() && !user.boss;
                        }
                        let has_role = user.profiles.contains(&true);
                        user.video = user.video.filter(|given| has_role || !given);
                    }
                }
                Owner {
                    paid,
                    sizes,
                    bought,
                    profiles,
                    sites,
                    people,
                    renamed,
                }
            },
        )
}

fn owning_estate(owner: &Owner) -> Estate {
    let mut estate = Estate::new(&rich_definition());
    let (tier, default) = match owner.paid {
        true => ("paid", Grant::None),
        false => ("trial", Grant::Access),
    };
    estate.setting("tier", Value::Word(tier.into()));
    estate.setting("sales_size", Value::Count(owner.sizes.0));
    estate.setting("books_size", Value::Count(owner.sizes.1));
    estate.seats("video", owner.bought.0);
    estate.seats("sales", owner.bought.1);
    estate.seats("books", 0);
    estate.lots("sites", 3, owner.bought.2);
    let name = |index: usize| match owner.renamed[index] {
        true => format!("renamed-{index}"),
        false => format!("profile-{index}"),
    };
    let kinds = ["profiles", "sites"].map(Into::into);
    estate.account().manages_kinds.extend(kinds);
    for (index, profile) in owner.profiles.iter().enumerate() {
        let Some((writes, is_default)) = profile else {
            continue;
        };
        // The module of a profile stays, and so it follows from its name.
        let module = if index == 1 { "books" } else { "sales" };
        let mut fields = vec![("module", Value::Word(module.into()))];
        if *writes {
            fields.push(("allow", Value::words(["write".into()])));
        }
        if *is_default {
            fields.push(("default", Value::Switch(true)));
        }
        let names = [name(index), format!("profile-{index}")];
        estate.object("profiles", &names[0], &fields);
        if owner.renamed[index] {
            let [new, old] = names.map(|it| object_of("profiles", &it));
            estate.formerly(new, old);
        }
    }
    for (index, site) in owner.sites.iter().enumerate() {
        let Some((size, is_joes, code)) = site else {
            continue;
        };
        let user = if *is_joes { "joe" } else { "zoe" };
        let mut fields = vec![("user", Value::Word(user.into()))];
        if *size != 1 {
            fields.push(("size", Value::Count(*size)));
        }
        if let Some(code) = code {
            fields.push(("code", Value::Word(code.to_string().into())));
        }
        estate.object("sites", &format!("site-{index}"), &fields);
    }
    for (index, user) in owner.people.iter().enumerate() {
        let Some(user) = user else { continue };
        let who = format!("p{index}@acme.example");
        let profiles = user.profiles.iter().enumerate().filter(|(_, has)| **has);
        let mut roles: Vec<_> = profiles.map(|(at, _)| name(at)).collect();
        roles.sort();
        estate.access(&who, &roles.join(" "));
        if user.boss {
            estate.option(&who, "boss", Value::Switch(true));
        }
        let video = user.video.map(|given| match given {
            true => Grant::Access,
            false => Grant::None,
        });
        if let Some(video) = video.filter(|it| *it != default) {
            estate.grant(&who, "video", video);
        }
    }
    estate
}

/// A product with one owner, who hands the account on, and with room for two or three more.
fn owned_definition() -> String {
    let more = "pools:
  chair: {unit: chair, capacity: [{purchased: true}], counts: {role: multi}, overflow: refuse}
constraints:";
    OWNED
        .replace("limit: 1", "limit: 3")
        .replace("constraints:", more)
}

/// Who has access: at most one of them as the owner, and how many chairs there are.
fn owned_world() -> impl Strategy<Value = (Vec<bool>, Option<usize>, u32)> {
    let people = prop::collection::vec(any::<bool>(), 4);
    (people, prop::option::weighted(0.9, 0..4usize), 1..4u32)
}

fn owned_estate((people, owner, chairs): &(Vec<bool>, Option<usize>, u32)) -> Estate {
    let mut estate = Estate::new(&owned_definition());
    estate.seats("chair", *chairs);
    for (index, is_there) in people.iter().enumerate() {
        let who = format!("p{index}@acme.example");
        match *owner == Some(index) {
            true => estate.access(&who, "owner"),
            false if *is_there => estate.access(&who, "multi"),
            false => continue,
        };
    }
    estate
}

/// Tries to bring an account from one state to another, many times; how often it could be done, of how many.
pub(crate) fn tried<T: std::fmt::Debug>(
    (definition, script): (&str, fn() -> Script),
    worlds: impl Strategy<Value = T>,
    estates: impl Fn(&T) -> (Estate, Estate, u64),
) -> (u32, u32) {
    let config = cases(64);
    let cases = config.cases;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let carried_out = Cell::new(0);
    let result = TestRunner::new(config).run(&worlds, |world| {
        let (before, after, chance) = estates(&world);
        let done = runtime.block_on(carry_out((definition, script()), &before, &after, chance))?;
        carried_out.set(carried_out.get() + u32::from(done));
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    (carried_out.get(), cases)
}

#[test]
fn a_plan_that_nothing_refuses_can_be_carried_out_in_any_order_it_allows() {
    let worlds = (world(), world(), any::<u64>());
    let definition = definition();
    let of = |world: &World| estate(world, &definition);
    let (done, cases) = tried(
        (&definition, Script::default),
        worlds,
        |(before, after, chance)| (of(before), of(after), *chance),
    );
    // Otherwise the test would say nothing.
    assert!(
        done > cases / 10,
        "only {done} of {cases} plans could be carried out"
    );
}

#[test]
fn so_can_a_plan_where_whoever_is_removed_goes_with_the_billing_cycle() {
    let worlds = (world(), world(), any::<u64>());
    let definition = lingering_definition();
    let of = |world: &World| estate(world, &definition);
    let (done, cases) = tried(
        (&definition, endless_cycle),
        worlds,
        |(before, after, chance)| (of(before), of(after), *chance),
    );
    assert!(
        done > cases / 10,
        "only {done} of {cases} plans could be carried out"
    );
}

#[test]
fn so_can_a_plan_of_objects_grants_and_lots() {
    let worlds = (owner(), owner(), any::<u64>());
    let (done, cases) = tried(
        (&rich_definition(), Script::default),
        worlds,
        |(before, after, chance)| (owning_estate(before), owning_estate(after), *chance),
    );
    assert!(
        done > cases / 10,
        "only {done} of {cases} plans could be carried out"
    );
}

#[test]
fn so_can_a_plan_in_which_the_owner_changes() {
    let worlds = (owned_world(), owned_world(), any::<u64>());
    let (done, cases) = tried(
        (&owned_definition(), Script::default),
        worlds,
        |(before, after, chance)| (owned_estate(before), owned_estate(after), *chance),
    );
    assert!(
        done > cases / 10,
        "only {done} of {cases} plans could be carried out"
    );
}
