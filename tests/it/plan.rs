//! Plans: what differs, in which order, whether it fits, and whether it may still be carried out.

use std::collections::BTreeMap;

use proptest::prelude::*;
use seatplan::model::{
    AbsenceReason, Action, Actor, Billing, Capacity, Currency, Cycle, Entry, Fact, Gap, Grant,
    Kind, Member, Observation, Price, Quantity, Resource, RoleName, Subject, TargetId, Tariff,
    UnmanagedMode, Value,
};
use seatplan::plan::{
    How, Moved, Plan, PlanFileError, PoolProof, Refusal, check, from_json, moved, to_json,
};

use crate::support::chance::cases;
use crate::support::estate::{
    Estate, access_of, account, applied, gap, member_of, object_of, read_product, show, team_of,
};

/// Two pools by role, one administrator role, teams in teams.
const PRODUCT: &str = "
title: Test
user: {identity: email, fold: case, roles: many}
settings:
  size: {type: enum, values: [small, big], default: small, source: api}
roles:
  viewer: {rank: 1}
  editor: {rank: 2, may_assign: [viewer]}
  admin: {rank: 3, administers: true, may_assign: [viewer, editor, admin]}
options:
  night: {type: switch, default: false}
  note: {type: text}
  hidden: {type: text, default: none, readable: false}
teams: {nested: true, lead: maintainer, always_lead: [admin]}
pools:
  full: {unit: seat, capacity: [{purchased: true}], counts: {role: [editor, admin]}, overflow: refuse}
  light: {unit: seat, capacity: [{purchased: true}], counts: {role: viewer}, overflow: refuse}
  storage:
    unit: box
    capacity:
      - {when: 'account.settings.size == \"big\"', number: 3}
      - {number: 1}
    counts: {options: {night: true}}
    overflow: refuse
states:
  invited: {moved_by: user, holds_seat: true}
";

/// Ana administers, Bob edits; a full pool of two seats, a light pool of one that is free.
fn estate() -> Estate {
    let mut e = Estate::new(PRODUCT);
    e.seats("full", 2).seats("light", 1);
    e.access("ana", "admin").access("bob", "editor");
    e
}

#[track_caller]
fn assert_plan(plan: &Plan, expected: &[&str]) {
    let shown = show(plan);
    let shown: Vec<&str> = shown.lines().collect();
    assert_eq!(shown, expected, "\n{}", shown.join("\n"));
}

fn proof<'a>(plan: &'a Plan, pool: &str) -> &'a PoolProof {
    let mut pools = plan.accounts[&account()].pools.iter();
    pools
        .find(|it| it.pool.as_str() == pool)
        .expect("every pool has a proof")
}

#[test]
fn nothing_to_do_is_no_step() {
    let e = estate();
    assert_plan(&e.plan(&e.observe()), &[]);
}

#[test]
fn every_change_names_its_line() {
    let mut e = estate();
    e.seats("full", 3);
    let actual = e.observe();
    e.access("cleo", "viewer")
        .access("bob", "admin")
        .forget_person("ana");
    assert_plan(
        &e.plan(&actual),
        &[
            "1. update acme/access/bob, role: editor -> admin @9",
            "2. create acme/access/cleo, role: - -> viewer @8",
            "3. remove acme/access/ana, role: admin -> - (needs 1) @2",
        ],
    );
}

#[test]
fn the_last_seat_is_freed_before_it_is_taken() {
    let mut e = estate();
    let actual = e.observe();
    e.forget_person("bob").access("cleo", "editor");
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. remove acme/access/bob, role: editor -> - @2",
            "2. create acme/access/cleo, role: - -> editor (needs 1) @7",
        ],
    );
    let proof = proof(&plan, "full");
    let arithmetic = (
        proof.used,
        proof.freed,
        proof.taken,
        proof.after,
        proof.peak,
    );
    assert_eq!(arithmetic, (2, 1, 1, 2, 2));
}

#[test]
fn nobody_waits_where_there_is_room() {
    let mut e = estate();
    e.seats("full", 3);
    let actual = e.observe();
    e.forget_person("bob").access("cleo", "editor");
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. create acme/access/cleo, role: - -> editor @8",
            "2. remove acme/access/bob, role: editor -> - @2",
        ],
    );
    assert_eq!(proof(&plan, "full").peak, 3);
}

#[test]
fn one_seat_more_than_there_are_is_refused_with_the_arithmetic() {
    let mut e = estate();
    let actual = e.observe();
    e.access("zoe", "editor")
        .access("cleo", "editor")
        .forget_person("bob");
    let plan = e.plan(&actual);
    assert_eq!(
        show(&plan).lines().last(),
        Some(
            "refused: 1 missing of full: used 2 freed 1 taken 2 after 3; \
             last in line acme/access/zoe, acme/access/cleo"
        )
    );
    let Refusal::Seats {
        quantity, askers, ..
    } = &plan.refusals[0]
    else {
        panic!("seats are missing");
    };
    assert_eq!(quantity.as_ref().map(|it| it.line), Some(3));
    assert_eq!(askers[0].place.as_ref().map(|it| it.line), Some(7));
}

#[test]
fn who_starts_earlier_is_first_in_line() {
    let mut e = estate();
    let actual = e.observe();
    e.forget_person("bob")
        .access("amy", "editor")
        .access("zoe", "editor");
    let start = |date: &str| date.parse().expect("a date");
    e.desired
        .starts
        .insert(access_of("amy"), start("2026-11-20"));
    e.desired
        .starts
        .insert(access_of("zoe"), start("2026-11-01"));
    let plan = e.plan(&actual);
    assert_eq!(
        show(&plan)
            .lines()
            .last()
            .and_then(|it| it.split("last in line ").nth(1)),
        Some("acme/access/amy, acme/access/zoe")
    );
}

#[test]
fn a_purchase_comes_before_what_needs_it_and_a_release_after_what_frees() {
    let mut e = estate();
    let actual = e.observe();
    e.seats("full", 3).access("cleo", "editor");
    assert_plan(
        &e.plan(&actual),
        &[
            "1. update acme/seats/full, value: 2 -> 3 @7",
            "2. create acme/access/cleo, role: - -> editor (needs 1) @8",
        ],
    );

    let bigger = e.observe();
    e.seats("full", 2).forget_person("cleo");
    assert_plan(
        &e.plan(&bigger),
        &[
            "1. remove acme/access/cleo, role: editor -> - @2",
            "2. update acme/seats/full, value: 3 -> 2 (needs 1) @9",
        ],
    );
}

#[test]
fn a_release_below_what_is_used_is_refused() {
    let mut e = estate();
    let actual = e.observe();
    e.seats("full", 1);
    let shown = show(&e.plan(&actual));
    assert!(
        shown.contains("refused: 1 missing of full: used 2 freed 0 taken 0 after 2"),
        "{shown}"
    );
}

#[test]
fn a_swap_between_two_full_pools_is_refused_and_one_free_seat_serves_it() {
    let mut e = estate();
    e.access("cleo", "viewer");
    let actual = e.observe();
    e.access("bob", "viewer").access("cleo", "editor");
    assert_plan(
        &e.plan(&actual),
        &[
            "1. update acme/access/bob, role: editor -> viewer @8",
            "2. update acme/access/cleo, role: viewer -> editor @9",
            "refused: 1, 2 wait for each other; leave 1, 2",
        ],
    );

    let mut roomy = actual.clone();
    let light = seatplan::model::PoolName::new("light");
    roomy
        .pools
        .insert(light, Fact::Known(Capacity::Purchased(Quantity::Number(2))));
    roomy.state.remove(&seatplan::model::Address::seats(
        &account(),
        &"light".into(),
    ));
    e.seats("light", 2);
    assert_plan(
        &e.plan(&roomy),
        &[
            "1. update acme/access/bob, role: editor -> viewer @8",
            "2. update acme/access/cleo, role: viewer -> editor (needs 1) @9",
        ],
    );
}

#[test]
fn a_pool_over_its_limit_may_be_emptied_and_not_filled() {
    let mut e = estate();
    e.access("cleo", "editor").access("dan", "editor");
    let actual = e.observe();
    e.forget_person("dan");
    assert_plan(
        &e.plan(&actual),
        &["1. remove acme/access/dan, role: editor -> - @2"],
    );

    // Two over; what is freed first makes that good, and only then is anything taken.
    e.forget_person("cleo")
        .forget_person("bob")
        .access("eve", "editor");
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. remove acme/access/bob, role: editor -> - @2",
            "2. remove acme/access/cleo, role: editor -> - (needs 1) @2",
            "3. remove acme/access/dan, role: editor -> - @2",
            "4. create acme/access/eve, role: - -> editor (needs 2, 3) @9",
        ],
    );
    assert_eq!(proof(&plan, "full").peak, 4);
}

#[test]
fn an_unknown_size_serves_exchanges_and_no_growth() {
    let mut e = Estate::new(PRODUCT);
    e.access("ana", "admin").access("bob", "editor");
    let actual = e.observe();
    e.forget_person("bob").access("cleo", "editor");
    assert_plan(
        &e.plan(&actual),
        &[
            "1. remove acme/access/bob, role: editor -> - @2",
            "2. create acme/access/cleo, role: - -> editor (needs 1) @5",
        ],
    );
    e.access("bob", "editor");
    assert_plan(
        &e.plan(&actual),
        &[
            "1. create acme/access/cleo, role: - -> editor @5",
            "refused: the size of full is not known",
        ],
    );
    // A quantity is not bought on top of an unknown one.
    e.seats("full", 9);
    let shown = show(&e.plan(&actual));
    assert!(
        shown.contains("found acme/seats/full: how many are bought is not known"),
        "{shown}"
    );
}

#[test]
fn a_setting_that_makes_a_pool_larger_comes_before_what_needs_it() {
    let mut e = estate();
    e.access("cleo", "viewer")
        .option("bob", "night", Value::Switch(true));
    let actual = e.observe();
    e.setting("size", Value::Word("big".into()));
    e.option("cleo", "night", Value::Switch(true));
    assert_plan(
        &e.plan(&actual),
        &[
            "1. create acme/setting/size, value: - -> big @8",
            "2. update acme/access/cleo, night: - -> true (needs 1) @7",
        ],
    );
    let bigger = e.observe();
    e.setting("size", Value::Word("small".into()))
        .access("cleo", "viewer");
    assert_plan(
        &e.plan(&bigger),
        &[
            "1. update acme/access/cleo, night: true -> - @10",
            "2. update acme/setting/size, value: big -> small (needs 1) @9",
        ],
    );
}

#[test]
fn a_size_that_a_new_setting_makes_known_is_there_only_after_it() {
    let product = "
title: Test
user: {identity: email, fold: case, roles: one}
settings:
  tier: {type: enum, values: [small, big], source: written}
roles:
  admin: {rank: 1, administers: true}
pools:
  people:
    unit: seat
    capacity:
      - {when: 'account.settings.tier == \"small\"', number: 2}
      - {when: 'account.settings.tier == \"big\"', purchased: true}
    overflow: refuse
";
    let empty = Estate::new(product).observe();
    let mut e = Estate::new(product);
    e.setting("tier", Value::Word("small".into()))
        .access("ana", "admin");
    assert_plan(
        &e.plan(&empty),
        &[
            "1. create acme/setting/tier, value: - -> small @3",
            "2. create acme/access/ana, role: - -> admin (needs 1) @4",
        ],
    );
    // A provider that cannot set it takes the estate's word for it.
    e.capabilities
        .executes
        .remove(&(Kind::Setting, Action::Create));
    assert_plan(
        &e.plan(&empty),
        &["1. create acme/access/ana, role: - -> admin @4"],
    );
    e.access("bob", "admin").access("cleo", "admin");
    assert_eq!(e.plan(&empty).refusals.len(), 1);
}

#[test]
fn the_last_administrator_goes_after_the_new_one_came() {
    let mut e = estate();
    e.seats("full", 3).access("cleo", "viewer");
    let actual = e.observe();
    e.forget_person("ana").access("cleo", "admin");
    assert_plan(
        &e.plan(&actual),
        &[
            "1. update acme/access/cleo, role: viewer -> admin @9",
            "2. remove acme/access/ana, role: admin -> - (needs 1) @2",
        ],
    );
    // Whoever has not accepted yet does not count.
    let mut invited = e.observe();
    invited.phases.insert(access_of("cleo"), "invited".into());
    e.access("ana", "admin");
    let both = e.observe();
    e.forget_person("ana");
    let mut both = both;
    both.phases = invited.phases;
    let observations = BTreeMap::from([(account(), both.clone())]);
    let plan = e.plan_unchecked(&both);
    assert!(check(&plan, &observations, &e.products).is_err());
}

#[test]
fn teams_come_before_their_members_and_go_after_them() {
    let mut e = estate();
    let actual = e.observe();
    e.team("child", Some("parent"))
        .team("parent", None)
        .member("child", "bob", false);
    assert_plan(
        &e.plan(&actual),
        &[
            "1. create acme/team/parent @8",
            "2. create acme/team/child, parent: - -> parent (needs 1) @7",
            "3. create acme/team/child/member/bob, lead: - -> false (needs 2) @9",
        ],
    );
    let full = e.observe();
    e.forget(&team_of("child"))
        .forget(&team_of("parent"))
        .forget(&member_of("child", "bob"));
    assert_plan(
        &e.plan(&full),
        &[
            "1. remove acme/team/child/member/bob, lead: false -> - @2",
            "2. remove acme/team/child, parent: parent -> - (needs 1) @2",
            "3. remove acme/team/parent (needs 2) @2",
        ],
    );
}

#[test]
fn a_team_moves_out_before_the_team_around_it_goes() {
    let mut e = estate();
    e.team("a", None).team("b", Some("a"));
    let actual = e.observe();
    e.team("b", None).forget(&team_of("a"));
    assert_plan(
        &e.plan(&actual),
        &[
            "1. update acme/team/b, parent: a -> - @9",
            "2. remove acme/team/a (needs 1) @2",
        ],
    );
}

#[test]
fn teams_can_change_places_in_the_tree() {
    let mut e = estate();
    e.team("a", None).team("b", Some("a"));
    let actual = e.observe();
    e.team("a", Some("b")).team("b", None);
    assert_plan(
        &e.plan(&actual),
        &[
            "1. update acme/team/b, parent: a -> - @10",
            "2. update acme/team/a, parent: - -> b (needs 1) @9",
        ],
    );
}

/// A limit that team leaders cannot have, and a role that must lead.
const LEADING: &str = "
constraints:
  free: {type: excludes, a: {options: {night: true}}, b: {leads_team: true}, text: leaders do not work at night}
  bound: {type: requires, a: {role: editor}, b: {leads_team: true}, text: editors lead}
";

#[test]
fn what_excludes_leading_goes_before_and_comes_after_it() {
    let mut e = Estate::new(&format!("{PRODUCT}{LEADING}"));
    e.seats("full", 9).seats("light", 9).access("ana", "admin");
    e.team("a", None).team("b", None);
    e.access("bob", "viewer")
        .option("bob", "night", Value::Switch(true))
        .member("a", "bob", false);
    let limited = e.observe();
    e.access("bob", "viewer").member("a", "bob", true);
    assert_plan(
        &e.plan(&limited),
        &[
            "1. update acme/access/bob, night: true -> - @10",
            "2. update acme/team/a/member/bob, lead: false -> true (needs 1) @11",
        ],
    );
    let leads = e.member("b", "bob", true).observe();
    e.option("bob", "night", Value::Switch(true))
        .member("a", "bob", false)
        .forget(&member_of("b", "bob"));
    assert_plan(
        &e.plan(&leads),
        &[
            "1. update acme/team/a/member/bob, lead: true -> false @13",
            "2. remove acme/team/b/member/bob, lead: true -> - @2",
            "3. update acme/access/bob, night: - -> true (needs 1, 2) @10",
        ],
    );
}

#[test]
fn whoever_must_lead_leads_the_next_team_before_leaving_the_last() {
    let mut e = Estate::new(&format!("{PRODUCT}{LEADING}"));
    e.seats("full", 9).seats("light", 9).access("ana", "admin");
    e.team("a", None).team("b", None);
    e.access("bob", "editor").member("a", "bob", true);
    let actual = e.observe();
    e.member("a", "bob", false).member("b", "bob", true);
    assert_plan(
        &e.plan(&actual),
        &[
            "1. create acme/team/b/member/bob, lead: - -> true @11",
            "2. update acme/team/a/member/bob, lead: true -> false (needs 1) @10",
        ],
    );
}

#[test]
fn a_renamed_team_keeps_its_members_and_what_lies_in_it() {
    let mut e = estate();
    e.team("ops", None)
        .team("night", Some("ops"))
        .member("ops", "bob", false);
    let actual = e.observe();
    e.forget(&team_of("ops")).forget(&member_of("ops", "bob"));
    e.team("platform", None).team("night", Some("platform"));
    e.member("platform", "bob", false)
        .member("platform", "ana", true);
    e.formerly(team_of("platform"), team_of("ops"));
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. rename acme/team/platform from acme/team/ops @14",
            "2. create acme/team/platform/member/ana, lead: - -> true (needs 1) @13",
        ],
    );
    assert_plan(&e.plan(&applied(&actual, &plan.steps)), &[]);
}

#[test]
fn a_renamed_person_keeps_everything() {
    let mut e = estate();
    e.team("ops", None).member("ops", "bob", true);
    let actual = e.observe();
    e.forget_person("bob")
        .access("robert", "editor")
        .member("ops", "robert", true);
    e.formerly(access_of("robert"), access_of("bob"));
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &["1. rename acme/access/robert from acme/access/bob @11"],
    );
    assert!(plan.steps[0].seats.is_empty());
    assert_plan(&e.plan(&applied(&actual, &plan.steps)), &[]);
}

#[test]
fn where_nobody_can_be_renamed_the_new_one_comes_first() {
    let operations = "
operations:
  access.create: {via: person, path: Users}
replace:
  address: {of: access, how: create-first, carry: hand_over}
hand_over: {what: contacts, otherwise: belong to nobody}
";
    let mut e = Estate::new(&format!("{PRODUCT}{operations}"));
    e.seats("full", 3)
        .access("ana", "admin")
        .access("bob", "editor");
    let actual = e.observe();
    e.forget_person("bob").access("robert", "editor");
    e.formerly(access_of("robert"), access_of("bob"));
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. create acme/access/robert, role: - -> editor @6",
            "2. remove acme/access/bob, role: editor -> - (needs 1) @7",
        ],
    );
    assert_eq!(plan.steps[1].hand_over_to, Some(Subject::new("robert")));
}

#[test]
fn whoever_is_replaced_stays_until_the_new_one_has_accepted() {
    let operations = "
operations:
  access.create: {via: person, path: Users, then: invited}
replace:
  address: {of: access, how: create-first, carry: hand_over}
hand_over: {what: contacts, otherwise: belong to nobody}
";
    let mut e = Estate::new(&format!("{PRODUCT}{operations}"));
    e.seats("full", 3)
        .access("ana", "admin")
        .access("bob", "editor");
    let mut actual = e.observe();
    e.forget_person("bob")
        .access("robert", "editor")
        .unmanaged(UnmanagedMode::Ignore);
    e.formerly(access_of("robert"), access_of("bob"));
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. create acme/access/robert, role: - -> editor @6",
            "found acme/access/bob: stays until \"robert\" has accepted and can take over",
        ],
    );
    actual = applied(&actual, &plan.steps);
    actual.phases.insert(access_of("robert"), "invited".into());
    assert_plan(
        &e.plan(&actual),
        &["found acme/access/bob: stays until \"robert\" has accepted and can take over"],
    );
    actual.phases.clear();
    let plan = e.plan(&actual);
    assert_plan(&plan, &["1. remove acme/access/bob, role: editor -> - @7"]);
    assert_eq!(plan.steps[0].hand_over_to, Some(Subject::new("robert")));
}

#[test]
fn an_invitation_makes_nobody_an_administrator_yet() {
    let operations = "
operations:
  access.create: {via: api, then: invited}
";
    let mut e = Estate::new(&format!("{PRODUCT}{operations}"));
    e.seats("full", 3).access("ana", "admin");
    let actual = e.observe();
    e.forget_person("ana").access("bob", "admin");
    // The guard refuses such a plan; the checker would not let it through either.
    let plan = e.plan_unchecked(&actual);
    let observations = BTreeMap::from([(account(), actual.clone())]);
    assert!(check(&plan, &observations, &e.products).is_err());
    e.access("ana", "admin");
    assert_plan(
        &e.plan(&actual),
        &["1. create acme/access/bob, role: - -> admin @5"],
    );
}

/// Olga owns the account, Ana is on it; a seat for each and one more.
fn owned(operations: &str) -> Estate {
    let mut e = Estate::new(&format!(
        "
title: Owned
user: {{identity: email, fold: case, roles: one}}
roles:
  owner: {{rank: 2, administers: true, may_assign: [multi]}}
  multi: {{rank: 1}}
options:
  phone: {{type: text, roles: [owner]}}
  desk: {{type: text, roles: [multi]}}
single: {{owner: {{role: owner, otherwise: multi, transfer: access.transfer}}}}
pools:
  paid: {{unit: seat, capacity: [{{purchased: true}}], counts: {{role: owner}}, overflow: refuse}}
  free: {{unit: seat, capacity: [{{purchased: true}}], counts: {{role: multi}}, overflow: refuse}}
constraints:
  one: {{type: exactly_one, of: {{role: owner}}, text: there is one owner}}
states:
  invited: {{moved_by: user, holds_seat: true}}
operations:
  access.transfer: {{via: person, actor: [owner], path: Account > Owner}}
{operations}"
    ));
    e.seats("paid", 1).seats("free", 2);
    e.access("olga", "owner").access("ana", "multi");
    e
}

fn by_hand(e: &mut Estate) -> &mut Estate {
    e.capabilities
        .executes
        .retain(|(kind, _)| *kind != Kind::Access);
    e
}

#[test]
fn a_role_that_one_person_has_is_handed_on_in_one_step_with_both_lines() {
    let mut e = owned("");
    let actual = e.observe();
    e.access("olga", "multi").access("ana", "owner");
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. update acme/access/ana, role: multi -> owner; acme/access/olga, role: owner -> multi @8",
        ],
    );
    let lines: Vec<_> = plan.steps[0].places.iter().map(|it| it.line).collect();
    assert_eq!(lines, [8, 7]);
    assert_eq!(plan.steps[0].seats, BTreeMap::new());
    assert_plan(&e.plan(&applied(&actual, &plan.steps)), &[]);
    let mut of_other = plan.clone();
    let other = of_other.steps[0].other.as_mut().unwrap();
    other.before = other.after.clone();
    let observations = BTreeMap::from([(account(), actual)]);
    assert!(check(&of_other, &observations, &e.products).is_err());
}

#[test]
fn only_the_holder_hands_a_role_on() {
    let mut e = owned("");
    let mut actual = e.observe();
    e.access("olga", "multi").access("ana", "owner");
    let acts = |who: &str, role: &str| Actor::Person {
        subject: Subject::new(who),
        roles: vec![RoleName::new(role)],
    };
    actual.actor = acts("olga", "owner");
    assert_eq!(e.plan(&actual).steps[0].how, How::Api);
    actual.actor = acts("ana", "multi");
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. update acme/access/ana, role: multi -> owner; acme/access/olga, role: owner -> multi, \
           task for [olga]: ana acts here: only olga, who has the role, hands it on @8",
        ],
    );
    let How::Task(task) = &plan.steps[0].how else {
        panic!("it is a task");
    };
    assert_eq!(
        task.instructions[0].path.as_deref(),
        Some("Account > Owner")
    );
    assert_eq!(
        task.instructions[0].set,
        ["ana: role: owner", "olga: role: multi"]
    );
    let product = e.products.get("test").unwrap();
    let may = |who: &str| {
        let who = Subject::new(who);
        seatplan::plan::may_not(&plan.steps[0], &who, product, &actual)
    };
    assert_eq!(may("olga"), None);
    assert_eq!(
        may("ana").as_deref(),
        Some("nobody changes their own access")
    );
}

#[test]
fn a_holder_who_goes_hands_the_role_on_first() {
    let mut e = owned("");
    let actual = e.observe();
    e.absent("olga", AbsenceReason::Leaves)
        .access("ana", "owner");
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. update acme/access/ana, role: multi -> owner; acme/access/olga, role: owner -> multi @8",
            "2. remove acme/access/olga, role: multi -> - (needs 1) @7",
        ],
    );
    assert_eq!(plan.removals(), 1);
    // Whoever stops after the first step goes on with the second, and the plan still holds.
    let observations = |steps| BTreeMap::from([(account(), applied(&actual, steps))]);
    for done in 0..=2 {
        let observations = observations(&plan.steps[..done]);
        assert_eq!(moved(&plan, &observations, &e.products), []);
        check(&plan, &observations, &e.products).unwrap();
    }
    let between = applied(&actual, &plan.steps[..1]);
    assert_eq!(e.plan(&between).steps[0].id, plan.steps[1].id);
    assert_plan(&e.plan(&applied(&actual, &plan.steps)), &[]);
}

#[test]
fn whoever_is_new_comes_before_the_role_does() {
    let mut e = owned("");
    e.forget_person("ana");
    let actual = e.observe();
    e.forget_person("olga").access("ana", "owner");
    e.option("ana", "phone", Value::Word("1".into()));
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. create acme/access/ana, role: - -> multi @7",
            "2. update acme/access/ana, role: multi -> owner, phone: - -> 1; \
             acme/access/olga, role: owner -> multi (needs 1) @7",
            "3. remove acme/access/olga, role: multi -> - (needs 2) @2",
        ],
    );
    let seats = |at: usize| {
        let seats = plan.steps[at].seats.iter();
        seats
            .map(|(pool, units)| (pool.as_str(), *units))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (seats(0), seats(1), seats(2)),
        (vec![("free", 1)], vec![], vec![("free", -1)])
    );
    for done in 0..=3 {
        let observations = BTreeMap::from([(account(), applied(&actual, &plan.steps[..done]))]);
        assert_eq!(moved(&plan, &observations, &e.products), []);
        check(&plan, &observations, &e.products).unwrap();
    }
}

#[test]
fn whoever_is_invited_gets_the_role_once_they_have_accepted() {
    let mut e = owned("  access.create: {via: api, then: invited}\n");
    e.forget_person("ana");
    let actual = e.observe();
    e.absent("olga", AbsenceReason::None).access("ana", "owner");
    let told = [
        "found acme/access/ana: gets the role \"owner\" with a later plan, once they have accepted",
        "found acme/access/olga: stays until \"ana\" can take the role \"owner\" over",
    ];
    let first = e.plan(&actual);
    assert_plan(
        &first,
        &[
            "1. create acme/access/ana, role: - -> multi @8",
            told[0],
            told[1],
        ],
    );
    let mut actual = applied(&actual, &first.steps);
    actual.phases.insert(access_of("ana"), "invited".into());
    assert_plan(&e.plan(&actual), &told);
    actual.phases.clear();
    assert_plan(
        &e.plan(&actual),
        &[
            "1. update acme/access/ana, role: multi -> owner; acme/access/olga, role: owner -> multi @8",
            "2. remove acme/access/olga, role: multi -> - (needs 1) @7",
        ],
    );
}

#[test]
fn the_first_owner_of_an_empty_account_is_just_given_the_role() {
    let mut e = owned("");
    e.forget_person("ana").forget_person("olga");
    let actual = e.observe();
    e.access("ana", "owner");
    assert_plan(
        &e.plan(&actual),
        &["1. create acme/access/ana, role: - -> owner @7"],
    );
}

#[test]
fn a_holder_whom_another_address_replaces_hands_the_role_on_to_it() {
    let mut e = owned(
        "  access.create: {via: api, then: invited}
replace:
  address: {of: access, how: create-first, carry: hand_over}
hand_over: {what: contacts, otherwise: they belong to nobody}
",
    );
    let actual = e.observe();
    e.forget_person("olga").access("olga.new", "owner");
    e.formerly(access_of("olga.new"), access_of("olga"));
    let first = e.plan(&actual);
    assert_plan(
        &first,
        &[
            "1. create acme/access/olga.new, role: - -> multi @7",
            "found acme/access/olga: stays until \"olga.new\" has accepted and can take over",
            "found acme/access/olga.new: gets the role \"owner\" with a later plan, once they have accepted",
        ],
    );
    let plan = e.plan(&applied(&actual, &first.steps));
    assert_plan(
        &plan,
        &[
            "1. update acme/access/olga.new, role: multi -> owner; acme/access/olga, role: owner -> multi @7",
            "2. remove acme/access/olga, role: multi -> - (needs 1) @8",
        ],
    );
    assert_eq!(plan.steps[1].hand_over_to, Some(Subject::new("olga.new")));
}

#[test]
fn whoever_is_renamed_gets_the_role_with_the_next_plan() {
    let mut e = owned("  access.rename: {via: api}\n");
    let actual = e.observe();
    e.forget_person("olga")
        .access("olga.new", "multi")
        .access("ana", "owner");
    e.formerly(access_of("olga.new"), access_of("olga"));
    let first = e.plan(&actual);
    assert_plan(
        &first,
        &[
            "1. rename acme/access/olga.new from acme/access/olga @9",
            "found acme/access/ana: gets the role \"owner\" with a later plan, once everybody has their new name",
        ],
    );
    assert_plan(
        &e.plan(&applied(&actual, &first.steps)),
        &[
            "1. update acme/access/ana, role: multi -> owner; acme/access/olga.new, role: owner -> multi @8",
        ],
    );
}

#[test]
fn a_role_is_handed_on_by_hand_where_the_connection_cannot() {
    let mut e = owned("");
    by_hand(&mut e);
    let actual = e.observe();
    e.access("olga", "multi").access("ana", "owner");
    assert_plan(
        &e.plan(&actual),
        &[
            "1. update acme/access/ana, role: multi -> owner; acme/access/olga, role: owner -> multi, \
           task for [olga]: the connection cannot do this @8",
        ],
    );
}

#[test]
fn what_only_the_next_holder_may_do_waits_until_the_role_has_moved() {
    let mut e = owned(
        "  member.create: {via: person, actor: [owner]}
teams: {nested: false}
",
    );
    by_hand(&mut e);
    e.capabilities.executes.clear();
    e.team("front", None);
    let actual = e.observe();
    e.access("olga", "multi")
        .access("ana", "owner")
        .member("front", "olga", false);
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. update acme/access/ana, role: multi -> owner; acme/access/olga, role: owner -> multi, \
           task for [olga]: the connection cannot do this @9",
            "2. create acme/team/front/member/olga, lead: - -> false, \
           task for [ana]: the connection cannot do this (needs 1) @10",
        ],
    );
    // Ana may do it once she has the role, and not before.
    let product = e.products.get("test").unwrap();
    let may = |at| seatplan::plan::may_not(&plan.steps[1], &Subject::new("ana"), product, at);
    assert!(may(&actual).is_some());
    assert_eq!(may(&applied(&actual, &plan.steps[..1])), None);
}

#[test]
fn a_holder_who_acts_hands_the_role_on_once_the_rest_is_done() {
    let mut e = owned("  access.create: {via: api, actor: [owner]}\n");
    e.seats("free", 3);
    let mut actual = e.observe();
    actual.actor = Actor::Person {
        subject: "olga".into(),
        roles: vec!["owner".into()],
    };
    e.access("olga", "multi")
        .access("ana", "owner")
        .access("zoe", "multi");
    assert_plan(
        &e.plan(&actual),
        &[
            "1. create acme/access/zoe, role: - -> multi @10",
            "2. update acme/access/ana, role: multi -> owner; acme/access/olga, role: owner -> multi (needs 1) @9",
        ],
    );
}

#[test]
fn whoever_waits_for_another_role_has_what_only_the_present_one_can_have() {
    let mut e = owned(
        "  access.create: {via: api, then: invited}
",
    );
    e.forget_person("ana");
    e.option("olga", "phone", Value::Word("1".into()));
    let actual = e.observe();
    e.access("olga", "multi")
        .option("olga", "desk", Value::Word("2".into()))
        .access("ana", "owner");
    // Olga stays the owner, who can have a phone and no desk.
    let later =
        "found acme/access/ana: gets the role \"owner\" with a later plan, once they have accepted";
    let first = e.plan(&actual);
    assert_plan(
        &first,
        &["1. create acme/access/ana, role: - -> multi @8", later],
    );
    let actual = applied(&actual, &first.steps);
    assert_plan(
        &e.plan(&actual),
        &["1. update acme/access/ana, role: multi -> owner; \
             acme/access/olga, role: owner -> multi, desk: - -> 2 @8"],
    );
}

#[test]
fn only_an_expression_that_denies_keeps_somebody_from_a_task() {
    let may_eve = |level: &str| {
        let mut e = owned("");
        let text = format!(
            "
title: Owned
user: {{identity: email, fold: case, roles: one}}
roles: {{owner: {{rank: 2, administers: true}}, multi: {{rank: 1}}}}
constraints:
  ask: {{type: cel, on: access, must: 'actor.administers', level: {level}, text: owners do this}}
"
        );
        e.products.insert("test".into(), read_product(&text).into());
        e.capabilities.executes.clear();
        e.forget(&seatplan::model::Address::seats(&account(), &"paid".into()))
            .forget(&seatplan::model::Address::seats(&account(), &"free".into()));
        let actual = e.observe();
        e.access("bob", "multi");
        let plan = e.plan(&actual);
        // Eve came after the task was handed out, which does not name her.
        e.access("eve", "owner");
        let now = e.observe();
        let product = e.products.get("test").unwrap();
        seatplan::plan::may_not(&plan.steps[0], &Subject::new("eve"), product, &now)
    };
    assert_eq!(may_eve("deny").as_deref(), Some("owners do this"));
    assert_eq!(may_eve("warn"), None);
}

#[test]
fn where_only_a_sum_of_lots_is_known_the_sum_is_compared_and_that_is_told() {
    let mut e = Estate::new(
        "
title: Lots
user: {identity: email, fold: case, roles: one}
roles: {host: {rank: 1, administers: true}}
pools:
  places: {unit: place, capacity: [{purchased: true}], sold_in: lots, overflow: refuse}
",
    );
    e.access("ana", "host").seats("places", 100);
    let actual = e.observe();
    let told = "found acme/seats/places: 100 are bought, and it is not known in lots of which sizes: only the sum is compared";
    e.lots("places", 50, 2);
    assert_plan(&e.plan(&actual), &[told]);
    e.lots("places", 50, 3);
    assert_plan(
        &e.plan(&actual),
        &["1. update acme/seats/places, value: 100 -> 3 x 50 @6", told],
    );
}

/// Rooms with a code each, and an address that nobody else has.
fn rooms() -> Estate {
    let mut e = Estate::new(
        "
title: Rooms
user: {identity: email, fold: case, roles: one}
roles: {host: {rank: 1, administers: true}}
objects:
  rooms:
    fields:
      code: {type: text, unique: true}
      mail: {type: text, unique: account}
",
    );
    e.access("ana@x.example", "host");
    e
}

fn code(code: &str) -> [(&str, Value); 1] {
    [("code", Value::Word(code.into()))]
}

#[test]
fn a_value_that_only_one_may_have_is_given_up_before_it_is_taken() {
    let mut e = rooms();
    e.object("rooms", "a", &code("1"))
        .object("rooms", "b", &code("2"))
        .object("rooms", "c", &code("3"));
    let actual = e.observe();
    e.object("rooms", "a", &code("2"))
        .object("rooms", "b", &code("3"))
        .object("rooms", "c", &code("4"))
        .object("rooms", "d", &code("1"));
    assert_plan(
        &e.plan(&actual),
        &[
            "1. update acme/rooms/c, code: 3 -> 4 @9",
            "2. update acme/rooms/b, code: 2 -> 3 (needs 1) @8",
            "3. update acme/rooms/a, code: 1 -> 2 (needs 2) @7",
            "4. create acme/rooms/d, code: - -> 1 (needs 3) @10",
        ],
    );
}

#[test]
fn two_that_want_each_others_values_are_refused_with_both_lines() {
    let mut e = rooms();
    e.object("rooms", "a", &code("1"))
        .object("rooms", "b", &code("2"));
    let actual = e.observe();
    e.object("rooms", "a", &code("2"))
        .object("rooms", "b", &code("1"));
    let plan = e.plan(&actual);
    let Refusal::Cycle { places, .. } = &plan.refusals[0] else {
        panic!("{plan:?}");
    };
    let lines: Vec<_> = places.iter().map(|it| it.line).collect();
    assert_eq!(lines, [6, 7]);
    let wrong = plan.steps.clone();
    // Without the refusal the checker finds it.
    let mut plan = plan;
    plan.refusals.clear();
    plan.steps = wrong;
    for step in &mut plan.steps {
        step.needs.clear();
    }
    let observations = BTreeMap::from([(account(), actual)]);
    let found = check(&plan, &observations, &e.products).unwrap_err();
    assert!(
        found[0].to_string().contains("another thing has the same"),
        "{found:?}"
    );
}

#[test]
fn an_address_is_free_once_whoever_had_it_is_gone() {
    let mut e = rooms();
    let mail = |it: &str| [("mail", Value::Word(it.into()))];
    e.access("bob@x.example", "host");
    e.object("rooms", "a", &mail("carl@x.example"));
    let actual = e.observe();
    e.forget_person("bob@x.example")
        .access("carl@x.example", "host")
        .object("rooms", "a", &mail("bob@x.example"));
    assert_plan(
        &e.plan(&actual),
        &[
            "1. remove acme/access/bob@x.example, role: host -> - @2",
            "2. update acme/rooms/a, mail: carl@x.example -> bob@x.example (needs 1) @7",
            "3. create acme/access/carl@x.example, role: - -> host (needs 2) @6",
        ],
    );
}

#[test]
fn a_thing_that_is_written_with_none_goes_and_the_rest_of_its_kind_stays() {
    let mut e = rooms();
    e.object("rooms", "a", &code("1"))
        .object("rooms", "b", &code("2"));
    let actual = e.observe();
    e.forget(&object_of("rooms", "b"));
    // Nothing else of the kind is written.
    e.no_object("rooms", "a").account().manages_kinds.clear();
    let plan = e.plan(&actual);
    assert_plan(&plan, &["1. remove acme/rooms/a, code: 1 -> - @6"]);
    assert_eq!(plan.removals(), 1);
}

#[test]
fn a_kind_that_could_not_be_read_holds_up_no_other() {
    let mut e = Estate::new(
        "
title: Rooms
user: {identity: email, fold: case, roles: one}
roles: {host: {rank: 1, administers: true}}
objects:
  rooms: {fields: {code: {type: text, unique: true}}}
  desks: {fields: {code: {type: text, unique: true}}}
",
    );
    e.access("ana@x.example", "host");
    let mut actual = e.observe();
    actual.gaps = vec![Gap {
        objects: Some("rooms".into()),
        ..gap(Kind::Object)
    }];
    e.object("rooms", "a", &code("1"))
        .object("desks", "a", &code("1"));
    assert_plan(
        &e.plan(&actual),
        &[
            "1. create acme/desks/a, code: - -> 1 @5",
            "found acme/rooms/a: not all rooms could be read (page 2 did not come), so this stays as it is",
        ],
    );
}

#[test]
fn what_is_cancelled_keeps_its_unit_until_the_cycle_ends_and_is_not_cancelled_again() {
    let mut e = Estate::new(
        "
title: Rooms
user: {identity: email, fold: case, roles: one}
roles: {host: {rank: 1, administers: true}}
objects: {rooms: {fields: {code: {type: text}}}}
pools: {room: {unit: room, capacity: [{purchased: true}], counts_objects: rooms, overflow: refuse}}
operations: {rooms.remove: {via: api, then: ending}}
states: {ending: {of: rooms, moved_by: vendor, holds_seat: true, works: true, ends: cycle-end}}
",
    );
    e.access("ana@x.example", "host").seats("room", 1);
    e.object("rooms", "a", &code("1"));
    let mut actual = e.observe();
    e.forget(&object_of("rooms", "a"));
    let alone = e.plan(&actual);
    assert_plan(&alone, &["1. remove acme/rooms/a, code: 1 -> - @2"]);
    assert_eq!(alone.steps[0].seats, BTreeMap::new());
    // Another one has no room before that.
    let mut other = e.clone();
    other.object("rooms", "b", &code("2"));
    let plan = other.plan(&actual);
    assert!(
        matches!(plan.refusals[0], Refusal::Seats { .. }),
        "{plan:?}"
    );
    actual
        .phases
        .insert(object_of("rooms", "a"), "ending".into());
    let observations = BTreeMap::from([(account(), actual.clone())]);
    assert_eq!(moved(&alone, &observations, &e.products), []);
    check(&alone, &observations, &e.products).unwrap();
    assert_plan(
        &e.plan(&actual),
        &["found acme/rooms/a: is cancelled already (\"ending\") and ends with the billing cycle"],
    );
    e.object("rooms", "a", &code("1"));
    let plan = e.plan(&actual);
    assert!(
        plan.steps.is_empty()
            && plan.findings[0]
                .text
                .contains("have the vendor take the cancellation back"),
        "{plan:?}"
    );
}

#[test]
fn seats_that_are_cancelled_are_given_to_nobody_and_not_cancelled_again() {
    let mut e = Estate::new(
        "
title: Rooms
user: {identity: email, fold: case, roles: one}
roles: {host: {rank: 1, administers: true}, guest: {rank: 0}}
pools: {room: {unit: room, capacity: [{purchased: true}], counts: {role: host}, overflow: refuse, charged: pro-rata, cancel_takes_effect: cycle-end}}
",
    );
    e.account().billing = Some(monthly("2026-12-15", "10.00"));
    e.access("ana@x.example", "host").seats("room", 5);
    let mut actual = e.observe();
    e.seats("room", 2);
    let lower = e.plan(&actual);
    assert_eq!(
        lower.steps[0]
            .effects
            .iter()
            .map(|it| it.text.as_str())
            .collect::<Vec<_>>(),
        [
            "It takes effect when the billing cycle ends: what is given up counts until 2026-12-14, and is gone on 2026-12-15."
        ]
    );
    // As a provider reads it then: what will be left, and what is there until then.
    let left = || Resource::Seats(Quantity::Number(2));
    let room = seatplan::model::Address::seats(&account(), &"room".into());
    actual.state.insert(room, Entry::observed(left()));
    actual.pools.clear();
    actual.ending.insert("room".into(), Quantity::Number(5));
    // The plan that did it has nothing left to do, and the next one does not do it again.
    let observations = BTreeMap::from([(account(), actual.clone())]);
    assert_eq!(moved(&lower, &observations, &e.products), []);
    check(&lower, &observations, &e.products).unwrap();
    assert_plan(
        &e.plan(&actual),
        &[
            "found acme/seats/room: 5 are there until the billing cycle ends on 2026-12-15, and 2 are left then: what is cancelled is given to nobody",
        ],
    );
    // Nobody gets what is cancelled.
    let mut more = e.clone();
    more.access("bob@x.example", "host")
        .access("cleo@x.example", "host");
    let plan = more.plan(&actual);
    assert!(
        matches!(plan.refusals[0], Refusal::Seats { missing: 1, .. }),
        "{plan:?}"
    );
    // Wanted again: what is paid for anyway costs nothing before the cycle ends. What is beyond is charged for: it is
    // 2026-11-21, 24 of 30 days are left, and 10.00 x 24/30 = 8.00.
    for (wanted, due) in [(4, "0.00 EUR"), (5, "0.00 EUR"), (6, "8.00 EUR")] {
        e.seats("room", wanted);
        let again = e.plan(&actual);
        assert_plan(
            &again,
            &[&format!(
                "1. update acme/seats/room, value: 2 -> {wanted} @{}",
                again.steps[0].places[0].line
            )],
        );
        let text = &again.steps[0].effects.last().unwrap().text;
        assert!(
            text.contains("5 are there and paid for until the billing cycle ends on 2026-12-15"),
            "{text}"
        );
        let cost = again.accounts["acme"].cost.as_ref().unwrap();
        assert_eq!(cost.due_now.unwrap().to_string(), due);
    }
}

fn monthly(renews_on: &str, price: &str) -> Billing {
    let tariff = Tariff::PerSeat(price.parse().unwrap());
    let price = Price {
        tariff: Some(tariff),
        overflow: None,
    };
    Billing {
        cycle: Some(Cycle::Monthly),
        renews_on: Some(renews_on.parse().unwrap()),
        currency: Some(Currency::new("EUR").unwrap()),
        prices: [("room".into(), price)].into(),
        ..Billing::default()
    }
}

/// One source for the day: the calendar, with the notice of the contract.
#[test]
fn what_is_given_up_too_late_is_gone_with_a_later_cycle_in_every_text() {
    let mut e = Estate::new(
        "
title: Rooms
user: {identity: email, fold: case, roles: one}
roles: {host: {rank: 1, administers: true}}
pools: {room: {unit: room, capacity: [{purchased: true}], counts: {role: host}, overflow: refuse, cancel_takes_effect: cycle-end, notice_days: 3}}
",
    );
    let billing = Billing {
        notice_days: Some(60),
        ..monthly("2020-01-31", "10.00")
    };
    e.account().billing = Some(billing);
    e.access("ana@x.example", "host").seats("room", 5);
    let actual = e.observe();
    e.seats("room", 2);
    let plan = e.plan(&actual);
    let effects = plan.steps[0].effects.iter().map(|it| it.text.as_str());
    // It is 2026-11-21: 60 days later is 2027-01-20, and the first renewal after that is the 31st.
    assert_eq!(
        effects.collect::<Vec<_>>(),
        [
            "It takes effect when the billing cycle ends: what is given up counts until 2027-01-30, and is gone on 2027-01-31.",
            "It must be asked for at least 60 days before the renewal, by 2026-12-02.",
        ]
    );
    let line = &plan.accounts["acme"].cost.as_ref().unwrap().lines[0];
    let days = [line.sunk.as_ref().unwrap().until, line.act_by];
    assert_eq!(
        days.map(|it| it.unwrap().to_string()),
        ["2027-01-31", "2026-12-02"]
    );
}

#[test]
fn what_no_file_names_is_removed_reported_or_left() {
    let mut e = estate();
    e.team("ops", None)
        .member("ops", "bob", false)
        .member("ops", "ana", true);
    let actual = e.observe();
    e.forget_person("bob").forget(&member_of("ops", "ana"));
    assert_plan(
        &e.plan(&actual),
        &[
            "1. remove acme/team/ops/member/ana, lead: true -> - @2",
            "2. remove acme/access/bob, role: editor -> - @2",
        ],
    );
    e.unmanaged(UnmanagedMode::Report);
    assert_plan(
        &e.plan(&actual),
        &[
            "found acme/access/bob: no file gives this person access",
            "found acme/team/ops/member/ana: no file puts this person in the team",
        ],
    );
    e.unmanaged(UnmanagedMode::Ignore);
    assert_plan(&e.plan(&actual), &[]);
}

#[test]
fn none_leaves_and_until_act_in_every_mode() {
    let mut e = estate();
    let actual = e.observe();
    e.unmanaged(UnmanagedMode::Ignore)
        .absent("bob", AbsenceReason::Leaves);
    let plan = e.plan(&actual);
    assert_plan(&plan, &["1. remove acme/access/bob, role: editor -> - @7"]);
    assert_eq!(plan.steps[0].cause, seatplan::plan::Cause::Leaves);
}

#[test]
fn teams_that_an_account_does_not_manage_are_left_alone() {
    let mut e = estate();
    e.team("ops", None).member("ops", "bob", false);
    let actual = e.observe();
    e.forget(&team_of("ops")).forget(&member_of("ops", "bob"));
    e.account().manages_teams = false;
    assert_plan(&e.plan(&actual), &[]);
}

#[test]
fn what_could_not_be_read_is_neither_removed_nor_created() {
    let mut e = estate();
    e.team("ops", None).member("ops", "bob", false);
    let mut actual = e.observe();
    actual.gaps = vec![gap(Kind::Access), gap(Kind::Member)];
    e.forget_person("bob")
        .access("cleo", "viewer")
        .forget(&team_of("ops"));
    assert_plan(
        &e.plan(&actual),
        &[
            "found acme/access/bob: not every access could be read (page 2 did not come), so this and 1 more stay as they are",
            "found acme/team/ops: not every member could be read (page 2 did not come), so this stays as it is",
        ],
    );
}

#[test]
fn no_team_is_moved_into_one_that_would_have_to_leave_it_first() {
    let mut e = estate();
    e.team("a", None).team("b", Some("a")).team("c", None);
    let mut actual = e.observe();
    e.team("b", Some("c")).team("a", Some("b"));
    // Whether "c" is there is not known, so "b" stays in "a".
    actual.state.remove(&team_of("c"));
    actual.gaps = vec![gap(Kind::Team)];
    assert_plan(
        &e.plan(&actual),
        &[
            "found acme/team/a: not every team could be read (page 2 did not come), so this and 2 more stay as they are",
        ],
    );
}

#[test]
fn nobody_takes_what_somebody_would_give_back_who_could_not_be_read() {
    let product = format!(
        "{PRODUCT}constraints: {{one: {{type: exactly_one, of: {{role: editor}}, text: one edits}}}}\n"
    );
    let mut e = Estate::new(&product);
    e.seats("full", 9).seats("light", 9);
    e.access("ana", "admin").access("bob", "editor");
    let mut actual = e.observe();
    e.access("bob", "viewer").access("cleo", "editor");
    actual.gaps = vec![gap(Kind::Access)];
    // Cleo may be there; were she not, nobody would edit.
    assert_plan(
        &e.plan(&actual),
        &[
            "found acme/access/bob: not every access could be read (page 2 did not come), so this and 1 more stay as they are",
        ],
    );
}

#[test]
fn options_without_a_default_are_left_alone_when_they_are_not_written() {
    let mut e = estate();
    e.option("bob", "note", Value::Word("since 2020".into()));
    e.option("bob", "night", Value::Switch(true));
    let actual = e.observe();
    e.access("bob", "viewer");
    assert_plan(
        &e.plan(&actual),
        &["1. update acme/access/bob, role: editor -> viewer, night: true -> - @7"],
    );
}

#[test]
fn an_option_that_nobody_can_read_back_is_not_compared() {
    let mut e = estate();
    let actual = e.observe();
    e.option("bob", "hidden", Value::Word("x".into()));
    assert_plan(
        &e.plan(&actual),
        &[
            "found acme/access/bob: \"hidden\" cannot be read back, so it is not compared for 1 person",
        ],
    );
}

#[test]
fn a_step_that_the_actor_may_not_do_is_a_task_for_those_who_may() {
    let rules = "
constraints:
  others:
    type: actor
    operations: [access.create, access.update, access.remove]
    not_self: true
    may_assign: true
    text: nobody changes their own access, and editors manage viewers
operations:
  access.update: {via: person, path: Users > Edit, confirm: Save}
";
    let mut e = Estate::new(&format!("{PRODUCT}{rules}"));
    e.seats("full", 5).seats("light", 5);
    e.access("ana", "admin")
        .access("bob", "editor")
        .access("cleo", "viewer")
        .access("dan", "admin");
    let mut actual = e.observe();
    actual.actor = Actor::Person {
        subject: Subject::new("bob"),
        roles: vec![RoleName::new("editor")],
    };
    e.access("bob", "viewer")
        .access("eve", "viewer")
        .access("ana", "editor");
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. create acme/access/eve, role: - -> viewer @10",
            "2. update acme/access/ana, role: admin -> editor, task for [dan]: \
             bob acts here: nobody changes their own access, and editors manage viewers @11",
            "3. update acme/access/bob, role: editor -> viewer, task for [ana, dan]: \
             bob acts here: nobody changes their own access, and editors manage viewers (needs 1) @9",
        ],
    );
    let How::Task(task) = &plan.steps[1].how else {
        panic!("it is a task");
    };
    assert_eq!(task.instructions[0].path.as_deref(), Some("Users > Edit"));
}

#[test]
fn an_expression_about_whoever_acts_is_asked_of_each_step() {
    let rules = "
constraints:
  admins-by-admins:
    type: cel
    on: access
    must: '!access.administers || actor.administers'
    text: only administrators make administrators
  who:
    type: actor
    operations: [access.create, access.update, access.remove]
    roles: [editor, admin]
    text: viewers change nothing
";
    let mut e = Estate::new(&format!("{PRODUCT}{rules}"));
    e.seats("full", 5).seats("light", 5);
    e.access("ana", "admin")
        .access("bob", "editor")
        .access("cleo", "viewer");
    let mut actual = e.observe();
    e.access("dan", "admin").access("eve", "viewer");
    let acts = |who: &str, role: &str| Actor::Person {
        subject: Subject::new(who),
        roles: vec![RoleName::new(role)],
    };
    actual.actor = acts("bob", "editor");
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. create acme/access/dan, role: - -> admin, task for [ana]: \
             bob acts here: only administrators make administrators @8",
            "2. create acme/access/eve, role: - -> viewer @9",
        ],
    );
    let product = e.products.get("test").unwrap();
    let may =
        |who: &str| seatplan::plan::may_not(&plan.steps[0], &Subject::new(who), product, &actual);
    assert_eq!(may("ana"), None);
    assert_eq!(
        may("bob").as_deref(),
        Some("only administrators make administrators")
    );
    actual.actor = acts("ana", "admin");
    let plan = e.plan(&actual);
    assert!(plan.steps.iter().all(|it| it.how == How::Api), "{plan:?}");
    actual.actor = Actor::Service {
        name: "robot".to_owned(),
    };
    let plan = e.plan(&actual);
    assert_eq!(
        plan.findings[0].text,
        "it cannot be decided whether whoever acts here may do this: only administrators make administrators"
    );
}

#[test]
fn what_the_provider_cannot_do_is_a_task() {
    let mut e = estate();
    e.seats("full", 3);
    let actual = e.observe();
    e.capabilities
        .executes
        .remove(&(Kind::Access, Action::Create));
    e.access("cleo", "editor");
    assert_plan(
        &e.plan(&actual),
        &[
            "1. create acme/access/cleo, role: - -> editor, task for [ana]: the connection cannot do this @8",
        ],
    );
}

#[test]
fn effects_are_those_of_the_transition_and_the_account() {
    let effects = "
effects:
  mail: {upon: {operation: access.create}, kind: mail, text: They get a mail.}
  dark: {upon: {operation: access.update, option: night}, kind: visibility, text: It gets dark.}
  big: {upon: {operation: access.create}, kind: billing, text: It costs., when: 'account.settings.size == \"big\"'}
  gone:
    upon: {operation: access.remove, access: {role: editor}}
    kind: data-loss
    text: Drafts are lost.
    irreversible: true
hand_over: {what: contacts, otherwise: belong to nobody}
";
    let mut e = Estate::new(&format!("{PRODUCT}{effects}"));
    e.seats("full", 5)
        .seats("light", 5)
        .access("ana", "admin")
        .access("bob", "editor");
    let actual = e.observe();
    e.forget_person("bob")
        .access("cleo", "viewer")
        .option("ana", "night", Value::Switch(true));
    let plan = e.plan(&actual);
    let effects = |at: usize| -> Vec<&str> {
        plan.steps[at]
            .effects
            .iter()
            .map(|it| it.text.as_str())
            .collect()
    };
    assert_eq!(effects(0), ["It gets dark."]);
    assert_eq!(effects(1), ["They get a mail."]);
    assert_eq!(
        effects(2),
        [
            "Drafts are lost.",
            "Nobody takes over, so contacts belong to nobody."
        ]
    );
    assert_eq!(
        (plan.steps[1].undoable, plan.steps[2].undoable),
        (true, false)
    );
}

#[test]
fn what_is_charged_for_or_only_warned_of_is_told() {
    let product = PRODUCT.replace(
        "counts: {role: viewer}, overflow: refuse",
        "counts: {role: viewer}, overflow: charge",
    );
    let mut e = Estate::new(&product);
    e.seats("full", 2).seats("light", 1).access("ana", "admin");
    let actual = e.observe();
    e.access("bob", "viewer").access("cleo", "viewer");
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. create acme/access/bob, role: - -> viewer @6",
            "2. create acme/access/cleo, role: - -> viewer @7",
            "found acme/seats/light: 2 are used then and 1 are bought",
        ],
    );
    assert!(plan.steps[0].effects.is_empty());
    assert!(
        plan.steps[1].effects[0]
            .text
            .contains("beyond the 1 that are bought")
    );
}

#[test]
fn an_invited_person_holds_a_seat_and_is_counted_as_waiting() {
    let mut e = estate();
    let mut actual = e.observe();
    actual.phases.insert(access_of("bob"), "invited".into());
    let plan = e.plan(&actual);
    assert_eq!(
        (proof(&plan, "full").used, proof(&plan, "full").waiting),
        (2, 1)
    );
    assert_plan(&plan, &[]);
    e.access("cleo", "editor");
    assert!(!e.plan(&actual).refusals.is_empty());
}

#[test]
fn a_member_of_a_team_who_always_leads_is_not_changed_for_it() {
    let mut e = estate();
    e.team("ops", None).member("ops", "ana", true);
    let actual = e.observe();
    e.member("ops", "ana", false);
    assert_plan(&e.plan(&actual), &[]);
}

#[test]
fn a_lead_that_a_lost_role_gave_is_told_to_follow_with_the_next_plan() {
    let mut e = estate();
    e.access("cleo", "admin");
    e.team("ops", None).member("ops", "cleo", true);
    e.team("web", None).member("web", "ana", true);
    let actual = e.observe();
    e.access("cleo", "viewer");
    let plan = e.plan(&actual);
    assert_plan(
        &plan,
        &[
            "1. update acme/access/cleo, role: admin -> viewer @12",
            "found acme/team/ops/member/cleo: \"cleo\" leads the team \"ops\" by a role that this plan takes; the lead follows \
             with the next plan, since whether the vendor keeps it cannot be seen before",
        ],
    );

    // The vendor had nothing under the role.
    let mut actual = applied(&actual, &plan.steps);
    let lead = |lead| Resource::Member(Member { lead });
    let place = actual.state.get_mut(&member_of("ops", "cleo")).unwrap();
    place.resource = lead(false);
    let next = e.plan(&actual);
    assert_eq!(next.steps.len(), 1, "{}", show(&next));
    assert_eq!(next.steps[0].after, Some(lead(true)));
    assert!(next.findings.is_empty());
}

#[test]
fn a_plan_file_is_read_whole_and_unchanged_or_not_at_all() {
    let mut e = estate();
    let actual = e.observe();
    e.forget_person("bob").access("cleo", "editor");
    let text = to_json(&e.plan(&actual));
    for cut in [1, text.len() / 2, text.len() - 3] {
        assert!(matches!(
            from_json(&text[..cut]),
            Err(PlanFileError::Syntax(_))
        ));
    }
    let newer = text.replacen("\"version\": 1", "\"version\": 2", 1);
    assert!(matches!(
        from_json(&newer),
        Err(PlanFileError::Version { found: 2 })
    ));
    for (from, to) in [
        ("\"editor\"", "\"admin\""),
        ("tenant-1", "tenant-2"),
        ("\"min_admins\": 1", "\"min_admins\": 0"),
        ("\"accepted_removals\": null", "\"accepted_removals\": 7"),
        (
            "\"how\": \"api\"",
            "\"how\": {\"task\": {\"via\": \"person\", \"why\": \"\", \"who\": [], \"instructions\": []}}",
        ),
        ("\"used\": 2", "\"used\": 1"),
    ] {
        assert!(text.contains(from), "{from}");
        let changed = text.replacen(from, to, 1);
        assert!(
            matches!(from_json(&changed), Err(PlanFileError::Digest { .. })),
            "{from}"
        );
    }
}

#[test]
fn the_digest_does_not_depend_on_times_lines_and_what_is_not_touched() {
    let mut e = estate();
    let mut actual = e.observe();
    e.forget_person("bob").access("cleo", "editor");
    let digest = e.plan(&actual).digest;

    let mut later = e.clone();
    later.line_breaks(5);
    assert_eq!(later.plan(&actual).digest, digest);
    actual.taken_at = "2026-11-22T12:00:00Z".parse().unwrap();
    assert_eq!(e.plan(&actual).digest, digest);
    // Nobody takes from the light pool.
    actual
        .pools
        .insert("light".into(), Fact::Known(Capacity::Unlimited));
    assert_eq!(e.plan(&actual).digest, digest);

    actual.pools.insert(
        "full".into(),
        Fact::Known(Capacity::Purchased(Quantity::Number(3))),
    );
    actual
        .state
        .remove(&seatplan::model::Address::seats(&account(), &"full".into()));
    e.seats("full", 3);
    assert_ne!(e.plan(&actual).digest, digest);
}

/// A plan that takes the last seat, and every single fact that it rests on, changed.
#[test]
fn a_moved_fact_is_told_and_any_other_is_not() {
    let mut e = estate();
    e.team("ops", None);
    let actual = e.observe();
    e.forget_person("bob").access("cleo", "editor");
    let plan = e.plan(&actual);
    let moved = |change: &dyn Fn(&mut Observation)| {
        let mut observation = actual.clone();
        change(&mut observation);
        let observations = BTreeMap::from([(account(), observation)]);
        moved(&plan, &observations, &e.products)
    };
    let full = Estate::new(PRODUCT).access("x", "editor").observe();
    let editor = full.state.get(&access_of("x")).unwrap();
    let viewer = Estate::new(PRODUCT).access("x", "viewer").observe();
    let viewer = viewer.state.get(&access_of("x")).unwrap();

    assert!(matches!(
        moved(&|it| it.target = TargetId("tenant-2".to_owned()))[..],
        [Moved::Target { .. }]
    ));
    // Bob became a viewer: what the removal rests on, and a seat less in use.
    assert!(matches!(
        moved(
            &|it| it.state.get_mut(&access_of("bob")).unwrap().resource = viewer.resource.clone()
        )[..],
        [
            Moved::Thing { .. },
            Moved::Used {
                planned: 2,
                observed: 1,
                ..
            }
        ]
    ));
    // Cleo came as a viewer.
    assert!(matches!(
        moved(&|it| {
            it.state.insert(access_of("cleo"), viewer.clone());
        })[..],
        [Moved::Thing { .. }]
    ));
    // Somebody else took a seat.
    assert!(matches!(
        moved(&|it| {
            it.state.insert(access_of("eve"), editor.clone());
        })[..],
        [Moved::Used {
            planned: 2,
            observed: 3,
            ..
        }]
    ));
    let sold = Fact::Known(Capacity::Purchased(Quantity::Number(1)));
    assert!(matches!(
        moved(&|it| {
            it.state
                .remove(&seatplan::model::Address::seats(&account(), &"full".into()));
            it.pools.insert("full".into(), sold.clone());
        })[..],
        [Moved::Capacity { .. }]
    ));
    assert!(matches!(
        moved(&|it| it.gaps.push(gap(Kind::Access)))[..],
        [Moved::Unreadable { .. }, ..]
    ));

    assert_eq!(
        moved(&|it| it.taken_at = "2026-11-23T00:00:00Z".parse().unwrap()),
        []
    );
    assert_eq!(
        moved(&|it| {
            it.pools.insert("light".into(), sold.clone());
        }),
        []
    );
    assert_eq!(
        moved(&|it| {
            it.state.insert(access_of("eve"), viewer.clone());
        }),
        []
    );
    assert_eq!(
        moved(&|it| {
            it.state.remove(&team_of("ops"));
        }),
        []
    );
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let mut e = estate();
    e.team("ops", None);
    let actual = e.observe();
    e.forget_person("bob")
        .access("cleo", "editor")
        .member("ops", "cleo", false);
    let plan = e.plan(&actual);
    let observations = BTreeMap::from([(account(), actual)]);
    let wrong = |change: &dyn Fn(&mut Plan)| {
        let mut plan = plan.clone();
        change(&mut plan);
        let found = check(&plan, &observations, &e.products).expect_err("something is wrong");
        found
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(wrong(&|it| it.steps.swap(0, 1)).contains("which does not come before it"));
    assert!(wrong(&|it| it.steps[1].needs.clear()).contains("units of \"full\" run out"));
    assert!(wrong(&|it| it.steps[1].places.clear()).contains("no line causes the step"));
    let viewer = Estate::new(PRODUCT).access("x", "viewer").observe();
    let viewer = viewer.state.resource(&access_of("x")).cloned();
    assert!(
        wrong(&|it| it.steps[0].before = viewer.clone())
            .contains("what is there is not what the step says is there before")
    );
    assert!(
        wrong(&|it| {
            it.steps.remove(1);
        })
        .contains("has no access yet")
    );
    assert!(
        wrong(&|it| it.accounts.get_mut(&account()).unwrap().pools[0].used = 1)
            .contains("says used 1 where it is 2")
    );
    let first = plan.steps[0].clone();
    assert!(wrong(&|it| it.steps.push(first.clone())).contains("two steps change the same thing"));
}

#[derive(Clone, Debug)]
struct World {
    full: u32,
    light: u32,
    /// By person: role before and after; 0 none, 1 viewer, 2 editor, 3 admin.
    people: Vec<(u8, u8)>,
    /// By person and team: in it before and after.
    places: Vec<(bool, bool)>,
    /// By team: there before and after.
    teams: [(bool, bool); 3],
    /// People and teams that have another name after.
    renamed: ([bool; 7], [bool; 3]),
}

fn worlds() -> impl Strategy<Value = World> {
    let people = prop::collection::vec((0u8..4, 0u8..4), 1..7);
    let places = prop::collection::vec((any::<bool>(), any::<bool>()), 21);
    let renamed = any::<([bool; 7], [bool; 3])>();
    (
        0u32..6,
        0u32..4,
        people,
        places,
        any::<[(bool, bool); 3]>(),
        renamed,
    )
        .prop_map(|(full, light, people, places, teams, renamed)| World {
            full,
            light,
            people,
            places,
            teams,
            renamed,
        })
}

fn name(at: usize) -> String {
    format!("p{at}")
}

/// The world before or after, as an estate writes it.
fn write(world: &World, after: bool, reversed: bool) -> Estate {
    let side = |pair: (u8, u8)| if after { pair.1 } else { pair.0 };
    let is = |pair: (bool, bool)| if after { pair.1 } else { pair.0 };
    let mut e = Estate::new(PRODUCT);
    e.seats("full", world.full).seats("light", world.light);
    let mut people: Vec<usize> = (0..world.people.len()).collect();
    if reversed {
        people.reverse();
    }
    let (renamed_people, renamed_teams) = world.renamed;
    let person = |at: usize| match after && renamed_people[at] {
        true => format!("r{at}"),
        false => name(at),
    };
    let team_name = |at: usize| match after && renamed_teams[at] {
        true => format!("u{at}"),
        false => format!("t{at}"),
    };
    for team in (0..3).filter(|team| is(world.teams[*team])) {
        // Afterwards the tree stands on its head.
        let parent = if after {
            team + 1
        } else {
            team.wrapping_sub(1)
        };
        let parent = (parent < 3 && is(world.teams[parent])).then(|| team_name(parent));
        e.team(&team_name(team), parent.as_deref());
        if after && renamed_teams[team] {
            e.formerly(team_of(&team_name(team)), team_of(&format!("t{team}")));
        }
    }
    for at in people {
        let role = side(world.people[at]);
        if role == 0 {
            continue;
        }
        e.access(
            &person(at),
            ["", "viewer", "editor", "admin"][usize::from(role)],
        );
        if after && renamed_people[at] {
            e.formerly(access_of(&person(at)), access_of(&name(at)));
        }
        for team in 0..3 {
            if is(world.teams[team]) && is(world.places[at * 3 + team]) {
                e.member(&team_name(team), &person(at), role == 3);
            }
        }
    }
    e
}

/// Whether any order of the people's changes keeps both pools within their size, by trying all.
fn has_legal_order(world: &World) -> bool {
    let seats = |role: u8| match role {
        0 => (0i64, 0i64),
        1 => (0, 1),
        _ => (1, 0),
    };
    let count = |pick: &dyn Fn(&(u8, u8)) -> u8| {
        world.people.iter().fold((0, 0), |sum, it| {
            let (full, light) = seats(pick(it));
            (sum.0 + full, sum.1 + light)
        })
    };
    fn go(
        changes: &[(i64, i64)],
        done: u32,
        used: (i64, i64),
        size: (i64, i64),
        seen: &mut std::collections::HashSet<u32>,
    ) -> bool {
        if done.count_ones() as usize == changes.len() {
            return true;
        }
        if !seen.insert(done) {
            return false;
        }
        (0..changes.len())
            .filter(|at| done & (1 << at) == 0)
            .any(|at| {
                let (full, light) = changes[at];
                let used = (used.0 + full, used.1 + light);
                let fits = (full <= 0 || used.0 <= size.0) && (light <= 0 || used.1 <= size.1);
                fits && go(changes, done | 1 << at, used, size, seen)
            })
    }
    let changes: Vec<_> = world
        .people
        .iter()
        .map(|(before, after)| {
            let (before, after) = (seats(*before), seats(*after));
            (after.0 - before.0, after.1 - before.1)
        })
        .collect();
    let used = count(&|it| it.0);
    let size = (i64::from(world.full), i64::from(world.light));
    go(
        &changes,
        0,
        used,
        size,
        &mut std::collections::HashSet::new(),
    )
}

/// The most units of a pool in use over every set of steps that holds what its steps need.
fn peak_by_trying(plan: &Plan, pool: &str) -> Option<u64> {
    let takers: Vec<_> = plan.steps.iter().collect();
    if takers.len() > 12 {
        return None;
    }
    let at = |id: &seatplan::plan::StepId| {
        takers
            .iter()
            .position(|it| it.id == *id)
            .expect("needs are steps")
    };
    let needs: Vec<Vec<usize>> = takers
        .iter()
        .map(|it| it.needs.iter().map(at).collect())
        .collect();
    let units = |at: usize| takers[at].seats.get(pool).copied().unwrap_or_default();
    let holds = |set: u32, at: usize| set & (1 << at) != 0;
    let more = (0..1u32 << takers.len())
        .filter(|set| {
            (0..takers.len())
                .all(|at| !holds(*set, at) || needs[at].iter().all(|it| holds(*set, *it)))
        })
        .map(|set| {
            (0..takers.len())
                .filter(|at| holds(set, *at))
                .map(units)
                .sum::<i64>()
        })
        .max()
        .unwrap_or(0);
    Some(proof(plan, pool).used + more.unsigned_abs())
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_plan_is_feasible_exactly_if_some_order_is(world in worlds()) {
        let actual = write(&world, false, false).observe();
        let mut e = write(&world, true, false);
        // One administrator less than there are at the worse end: this is about seats.
        e.desired.guards.min_admins = Some((0, e.account().span));
        let plan = e.plan(&actual);
        prop_assert_eq!(plan.refusals.is_empty(), has_legal_order(&world), "{}", show(&plan));
        for pool in ["full", "light"] {
            if let Some(peak) = peak_by_trying(&plan, pool) {
                prop_assert_eq!(proof(&plan, pool).peak, peak);
            }
        }
        if plan.refusals.is_empty() {
            // What was planned leads to what is wanted, and then there is nothing to do.
            let after = applied(&actual, &plan.steps);
            prop_assert_eq!(&after.state, &e.observe().state);
            prop_assert!(e.plan(&after).steps.is_empty());
            // A run that stopped anywhere goes on: what is done is no moved fact.
            for done in 0..plan.steps.len() {
                let part = applied(&actual, &plan.steps[..done]);
                let observations = BTreeMap::from([(account(), part)]);
                prop_assert_eq!(moved(&plan, &observations, &e.products), []);
                prop_assert_eq!(check(&plan, &observations, &e.products).err(), None);
            }
        }
        // The order in which things are written does not matter.
        let mut reversed = write(&world, true, true);
        reversed.desired.guards.min_admins = e.desired.guards.min_admins;
        let other = reversed.plan(&actual);
        prop_assert_eq!(&other.digest, &plan.digest);
        prop_assert_eq!(
            other.steps.iter().map(|it| &it.id).collect::<Vec<_>>(),
            plan.steps.iter().map(|it| &it.id).collect::<Vec<_>>()
        );
    }

    #[test]
    fn nothing_rests_on_what_could_not_be_read(
        world in worlds(),
        gaps in prop::sample::subsequence(vec![Kind::Team, Kind::Access, Kind::Member], 1..3),
        unseen in prop::collection::vec(any::<bool>(), 32),
    ) {
        let mut actual = write(&world, false, false).observe();
        let all: Vec<_> = actual.state.iter().map(|(address, _)| address.clone()).collect();
        for (address, unseen) in all.iter().zip(unseen) {
            if unseen && gaps.contains(&address.kind()) {
                actual.state.remove(address);
            }
        }
        actual.gaps = gaps.iter().map(|kind| gap(*kind)).collect();
        let mut e = write(&world, true, false);
        e.desired.guards.min_admins = Some((0, e.account().span));
        // The checker holds, so no step needs what is not there.
        let plan = e.plan(&actual);
        for step in &plan.steps {
            let is_kept = step.action == Action::Update;
            prop_assert!(is_kept || !gaps.contains(&step.address.kind()), "{}", show(&plan));
        }
    }

    #[test]
    fn any_other_wish_is_another_plan(world in worlds(), person in 0usize..6, role in 0u8..4) {
        let actual = write(&world, false, false).observe();
        let person = person % world.people.len();
        let mut other = world.clone();
        other.people[person].1 = role;
        let same = other.people[person].1 == world.people[person].1;
        let plan = write(&world, true, false).plan_unchecked(&actual);
        let changed = write(&other, true, false).plan_unchecked(&actual);
        prop_assert_eq!(plan.digest == changed.digest, same);
    }
}

/// Times for the author, not for a machine: `cargo test --test it plan::figures -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
fn figures() {
    use std::time::Instant;
    for people in [5_000u32, 50_000] {
        let mut e = Estate::new(PRODUCT);
        e.seats("full", people).seats("light", people);
        for team in 0..people / 50 {
            e.team(&format!("t{team:05}"), None);
        }
        for at in 0..people {
            let who = format!("p{at:06}");
            e.access(&who, if at % 5 == 0 { "editor" } else { "viewer" });
            e.member(&format!("t{:05}", at % (people / 50)), &who, false);
        }
        e.access("p000000", "admin");
        let actual = e.observe();
        let start = Instant::now();
        assert!(e.plan_unchecked(&actual).steps.is_empty());
        let same = start.elapsed();
        for at in (0..people).step_by(100) {
            let who = format!("p{at:06}");
            match at / 100 % 4 {
                _ if at == 0 => {}
                0 => {
                    e.forget_access_and_place(&who, &format!("t{:05}", at % (people / 50)));
                }
                1 => {
                    e.access(&who, "admin");
                }
                2 => {
                    e.access(&format!("n{at}"), "editor");
                }
                _ => {
                    e.member(&format!("t{:05}", at % (people / 50)), &who, true);
                }
            }
        }
        let start = Instant::now();
        let plan = e.plan_unchecked(&actual);
        let changed = start.elapsed();
        let observations = BTreeMap::from([(account(), actual)]);
        let start = Instant::now();
        assert_eq!(check(&plan, &observations, &e.products).err(), None);
        let checked = start.elapsed();
        println!(
            "{people}: same {same:?}, {} steps {changed:?}, check {checked:?}",
            plan.steps.len()
        );
        let empty = Estate::new(PRODUCT);
        let mut nobody = empty.observe();
        nobody.pools = observations[&account()].pools.clone();
        e.desired.guards.min_admins = Some((0, e.account().span));
        let start = Instant::now();
        let plan = e.plan_unchecked(&nobody);
        println!(
            "{people}: from nothing {} steps {:?}",
            plan.steps.len(),
            start.elapsed()
        );
    }
}

/// Teams that may lie two levels deep; each is written with the one that it lies in.
fn two_levels(teams: &[(&str, Option<&str>)]) -> Estate {
    let depth = "constraints:\n  flat: {type: max_depth, limit: 2, text: two levels}\n";
    let mut e = Estate::new(&format!("{PRODUCT}{depth}"));
    e.seats("full", 2).access("ana", "admin");
    for (team, parent) in teams {
        e.team(team, *parent);
    }
    e
}

#[test]
fn teams_never_lie_too_deep_while_they_are_moved() {
    let before = two_levels(&[("a", None), ("b", Some("a")), ("c", None)]);
    let after = two_levels(&[("a", Some("c")), ("b", None), ("c", None)]);
    assert_plan(
        &after.plan(&before.observe()),
        &[
            "1. update acme/team/b, parent: a -> - @6",
            "2. update acme/team/a, parent: - -> c (needs 1) @5",
        ],
    );
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn teams_that_are_not_too_deep_before_and_after_always_have_an_order(
        before in prop::collection::vec(0usize..8, 7),
        after in prop::collection::vec(0usize..8, 7),
    ) {
        // The parent of a team is one with a lower number, or with a higher one, so that the two trees differ much.
        let tree = |parents: &[usize], is_up: bool| -> Option<Vec<Option<usize>>> {
            let parents: Vec<Option<usize>> = (parents.iter().enumerate())
                .map(|(team, parent)| match is_up {
                    true => (*parent > team && *parent < 7).then_some(*parent),
                    false => (*parent < team).then_some(*parent),
                })
                .collect();
            let level = |team: usize| {
                let above = std::iter::successors(Some(team), |it| parents[*it]);
                above.count()
            };
            (0..7).all(|it| level(it) <= 3).then_some(parents)
        };
        let (Some(before), Some(after)) = (tree(&before, false), tree(&after, true)) else {
            return Ok(());
        };
        let limit = "constraints:\n  depth: {type: max_depth, limit: 3, text: three levels}\n";
        let mut e = Estate::new(&format!("{PRODUCT}{limit}"));
        let write = |e: &mut Estate, parents: &[Option<usize>]| {
            for (team, parent) in parents.iter().enumerate() {
                let parent = parent.map(|it| format!("t{it}"));
                e.team(&format!("t{team}"), parent.as_deref());
            }
        };
        e.access("ana", "admin");
        write(&mut e, &before);
        let actual = e.observe();
        write(&mut e, &after);
        let plan = e.plan(&actual);
        prop_assert!(plan.refusals.is_empty(), "{}", show(&plan));
    }
}

#[test]
fn a_team_that_is_removed_makes_room_for_the_move_of_the_one_around_it() {
    let before = two_levels(&[("a", None), ("b", Some("a")), ("c", None)]);
    let after = two_levels(&[("a", Some("c")), ("c", None)]);
    assert_plan(
        &after.plan(&before.observe()),
        &[
            "1. remove acme/team/b, parent: a -> - @2",
            "2. update acme/team/a, parent: - -> c (needs 1) @5",
        ],
    );
}

#[test]
fn a_team_moves_into_a_new_one_once_it_has_no_more_levels_than_fit() {
    let before = two_levels(&[("a", None), ("b", Some("a"))]);
    let after = two_levels(&[("a", Some("new")), ("new", None)]);
    assert_plan(
        &after.plan(&before.observe()),
        &[
            "1. create acme/team/new @6",
            "2. remove acme/team/b, parent: a -> - @2",
            "3. update acme/team/a, parent: - -> new (needs 1, 2) @5",
        ],
    );
}

/// A pool that is bought for once a setting says so, and whose size counts people under another one.
const SIZED: &str = "
title: Test
user: {identity: email, fold: case, roles: one}
settings:
  tier: {type: enum, values: [open, crew, paid], default: open, source: api}
roles:
  user: {rank: 0}
  admin: {rank: 1, administers: true}
grants:
  talk: {default: [{when: account.settings.tier == \"open\", value: access}, {value: none}]}
pools:
  talk:
    unit: seat
    capacity:
      - {when: account.settings.tier == \"open\", unlimited: true}
      - {when: account.settings.tier == \"crew\", people: {has_role: true}}
      - {purchased: true}
    counts: {grants: {talk: access}}
    overflow: refuse
";

/// Each plan is looked at after each of its steps by [`Estate::plan`]: its facts have not moved.
#[test]
fn a_run_that_is_cut_off_while_a_pool_changes_its_size_goes_on() {
    let at = |tier: &str, seats: u32, people: &[&str]| {
        let mut e = Estate::new(SIZED);
        e.setting("tier", Value::Word(tier.into()))
            .access("ana", "admin");
        e.seats("talk", seats);
        for who in people {
            e.access(who, "user").grant(who, "talk", Grant::Access);
        }
        e
    };
    let worlds = [
        at("open", 0, &[]),
        at("open", 0, &["bob"]),
        at("crew", 0, &["bob", "cleo"]),
        at("crew", 0, &["dan", "eve", "fay"]),
        at("paid", 2, &["bob"]),
        at("paid", 4, &["bob", "cleo", "dan"]),
    ];
    let mut steps = 0;
    for from in &worlds {
        for to in &worlds {
            steps += to.plan(&from.observe()).steps.len();
        }
    }
    assert!(steps > 60, "{steps} steps are few");
}
