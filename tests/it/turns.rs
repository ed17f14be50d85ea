//! The order among what changes the account itself, and the checker that does it again.

use std::collections::BTreeMap;

use seatplan::model::{Grant, Value};
use seatplan::plan::{Plan, Refusal, check};

use crate::support::estate::{Estate, account, show};

/// A pool that one setting chooses the size of, by others or by what is bought, and rules on several settings.
const PRODUCT: &str = "
title: Test
user: {identity: email, fold: case, roles: one}
settings:
  sold: {type: enum, values: [by-number, by-seat], default: by-number, source: api}
  number: {type: count, default: 1, source: api}
  extra: {type: count, default: 0, source: api}
  at-once: {type: count, default: 1, source: api}
  add-on: {type: count, default: 0, source: api}
  left: {type: count, default: 0, source: api}
  right: {type: count, default: 0, source: api}
roles:
  viewer: {rank: 0}
  editor: {rank: 1}
  admin: {rank: 2, administers: true}
pools:
  full:
    unit: seat
    capacity:
      - {when: account.settings.sold == \"by-seat\", purchased: true}
      - {setting: number}
    counts: {role: editor}
    overflow: refuse
constraints:
  add-on-first:
    type: cel
    on: account
    must: account.settings[\"at-once\"] <= 1 + account.settings[\"add-on\"]
    text: more at once need the add-on
  both-alike:
    type: cel
    on: account
    must: account.settings.left == account.settings.right
    text: both sides are alike
  few-editors:
    type: max_count
    of: {role: editor}
    limit: 3
    text: three edit at most
";

fn number(number: u32) -> Value {
    Value::Count(number)
}

fn estate(settings: &[(&str, Value)]) -> Estate {
    let mut e = Estate::new(PRODUCT);
    for (setting, value) in settings {
        e.setting(setting, value.clone());
    }
    e.access("ana", "admin");
    e
}

/// What a plan does, without its lines.
fn said(plan: &Plan) -> Vec<String> {
    let shown = show(plan);
    let lines = shown.lines().map(|it| it.split(" @").next());
    lines.flatten().map(str::to_owned).collect()
}

#[test]
fn what_a_rule_allows_only_together_comes_in_the_order_that_keeps_it() {
    let few = [("at-once", number(1)), ("add-on", number(0))];
    let many = [("at-once", number(3)), ("add-on", number(2))];
    assert_eq!(
        said(&estate(&many).plan(&estate(&few).observe())),
        [
            "1. update acme/setting/add-on, value: 0 -> 2",
            "2. update acme/setting/at-once, value: 1 -> 3 (needs 1)",
        ]
    );
    assert_eq!(
        said(&estate(&few).plan(&estate(&many).observe())),
        [
            "1. update acme/setting/at-once, value: 3 -> 1",
            "2. update acme/setting/add-on, value: 2 -> 0 (needs 1)",
        ]
    );
}

#[test]
fn a_rule_that_no_order_keeps_is_a_refusal() {
    let before = [("left", number(1)), ("right", number(1))];
    let after = [("left", number(2)), ("right", number(2))];
    let plan = estate(&after).plan(&estate(&before).observe());
    let Some(Refusal::Rule { rule, steps, .. }) = plan.refusals.first() else {
        panic!("{}", show(&plan));
    };
    assert_eq!((rule.as_str(), steps.len()), ("both-alike", 2));
}

#[test]
fn seats_are_bought_where_the_pool_does_not_dip() {
    let seat = || Value::Word("by-seat".into());
    let by_number = || Value::Word("by-number".into());
    let mut before = estate(&[("sold", by_number()), ("number", number(2))]);
    before
        .access("bob", "editor")
        .access("cleo", "editor")
        .seats("full", 0);
    let mut after = estate(&[("sold", seat()), ("number", number(0))]);
    after
        .access("bob", "editor")
        .access("cleo", "editor")
        .access("dan", "editor")
        .seats("full", 3);
    // The quantity counts once the pool is a bought one, and the number does not count any more then.
    assert_eq!(
        said(&after.plan(&before.observe())),
        [
            "1. update acme/seats/full, value: 0 -> 3",
            "2. update acme/setting/sold, value: by-number -> by-seat (needs 1)",
            "3. update acme/setting/number, value: 2 -> 0 (needs 2)",
            "4. create acme/access/dan, role: - -> editor (needs 2)",
        ]
    );
    before.access("dan", "editor").setting("number", number(3));
    assert_eq!(
        said(&before.plan(&after.observe())),
        [
            "1. update acme/setting/number, value: 0 -> 3",
            "2. update acme/setting/sold, value: by-seat -> by-number (needs 1)",
            "3. update acme/seats/full, value: 3 -> 0 (needs 2)",
        ]
    );
}

/// Under the trial everybody has the add-on and its pool is as large as one setting says, afterwards who is named has it and
/// another setting says it.
#[test]
fn a_pool_falls_below_what_is_used_at_that_place_and_not_before_the_plan() {
    const PRODUCT: &str = "
title: Test
user: {identity: email, fold: case, roles: one}
settings:
  tier: {type: enum, values: [trial, paid], default: trial, source: api}
  at-trial: {type: count, default: 0, source: api}
  bought: {type: count, default: 0, source: api}
roles:
  viewer: {rank: 0}
  admin: {rank: 2, administers: true}
grants:
  video:
    default: [{value: access, when: 'account.settings.tier == \"trial\"'}, {value: none}]
pools:
  video:
    unit: place
    capacity:
      - {when: 'account.settings.tier == \"trial\"', setting: at-trial}
      - {setting: bought}
    counts: {grants: {video: access}}
    overflow: refuse
";
    let estate = |tier: &str, at_trial: u32, bought: u32| {
        let mut e = Estate::new(PRODUCT);
        e.setting("tier", Value::Word(tier.into()))
            .setting("at-trial", number(at_trial))
            .setting("bought", number(bought));
        e.access("ana", "admin");
        for who in ["bob", "cleo", "dan", "eve"] {
            e.access(who, "viewer");
        }
        e
    };
    let before = estate("trial", 5, 0);
    let mut after = estate("paid", 2, 1);
    after.grant("ana", "video", Grant::Access);
    assert_eq!(
        said(&after.plan(&before.observe())),
        [
            "1. update acme/setting/bought, value: 0 -> 1",
            "2. update acme/setting/tier, value: trial -> paid (needs 1)",
            "3. update acme/setting/at-trial, value: 5 -> 2 (needs 2)",
            "4. update acme/access/ana, video: - -> access (needs 2)",
        ]
    );
}

/// A rule makes one matter of more steps than every order of is tried.
#[test]
fn pools_are_looked_at_too_where_not_every_order_is_tried() {
    const MORE: [&str; 4] = ["a1", "a2", "a3", "a4"];
    let settings: String = MORE
        .iter()
        .map(|it| format!("\n  {it}: {{type: count, default: 0, source: api}}"))
        .collect();
    let rule = "
  not-too-many:
    type: cel
    on: account
    must: account.settings.number + account.settings.a1 + account.settings.a2 + account.settings.a3 + account.settings.a4 < 1000
    text: not too many of all";
    let product = PRODUCT
        .replace("\nsettings:", &format!("\nsettings:{settings}"))
        .replace("\nconstraints:", &format!("\nconstraints:{rule}"));
    let estate = |sold: &str, free: u32, seats: u32, all: u32| {
        let mut e = Estate::new(&product);
        e.setting("sold", Value::Word(sold.into()))
            .setting("number", number(free))
            .seats("full", seats);
        for setting in MORE {
            e.setting(setting, number(all));
        }
        e.access("ana", "admin")
            .access("bob", "editor")
            .access("cleo", "editor");
        e
    };
    let plan = estate("by-seat", 0, 3, 2).plan(&estate("by-number", 2, 0, 1).observe());
    assert!(plan.refusals.is_empty(), "{}", show(&plan));
    let steps = said(&plan);
    assert_eq!(steps.len(), 7, "{steps:#?}");
    let place = |what: &str| steps.iter().position(|it| it.contains(what)).unwrap();
    assert!(place("seats/full") < place("setting/sold"), "{steps:#?}");
    assert!(
        place("setting/sold") < place("setting/number"),
        "{steps:#?}"
    );
}

#[test]
fn seats_are_not_counted_on_before_the_setting_that_sells_them() {
    let mut before = estate(&[("number", number(1))]);
    before.access("bob", "editor").seats("full", 0);
    let mut after = estate(&[("number", number(1))]);
    after
        .access("bob", "editor")
        .access("cleo", "editor")
        .seats("full", 5);
    let plan = after.plan(&before.observe());
    assert!(
        matches!(
            plan.refusals.first(),
            Some(Refusal::Seats { missing: 1, .. })
        ),
        "{}",
        show(&plan)
    );
}

#[test]
fn the_checker_does_the_steps_again_and_sees_a_rule_broken_on_the_way() {
    let before = estate(&[("at-once", number(1)), ("add-on", number(0))]);
    let after = estate(&[("at-once", number(3)), ("add-on", number(2))]);
    let mut plan = after.plan(&before.observe());
    plan.steps.swap(0, 1);
    plan.steps[0].needs.clear();
    let observations = BTreeMap::from([(account(), before.observe())]);
    let found = check(&plan, &observations, &after.products).expect_err("it is broken on the way");
    let words: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "acme/setting/at-once: in an order that the needs allow, the rule \"add-on-first\" is broken"
        ]
    );
}

#[test]
fn the_checker_sees_too_many_on_the_way() {
    let mut before = estate(&[("number", number(9))]);
    let mut after = estate(&[("number", number(9))]);
    for who in ["bob", "cleo", "dan"] {
        before.access(who, "editor");
        after.access(who, if who == "bob" { "viewer" } else { "editor" });
    }
    after.access("eve", "editor");
    let mut plan = after.plan(&before.observe());
    let observations = BTreeMap::from([(account(), before.observe())]);
    assert!(check(&plan, &observations, &after.products).is_ok());
    plan.steps.swap(0, 1);
    plan.steps.iter_mut().for_each(|it| it.needs.clear());
    let found = check(&plan, &observations, &after.products).expect_err("four edit on the way");
    assert!(
        found[0].text.contains("the rule \"few-editors\" is broken"),
        "{found:?}"
    );
}

#[test]
fn the_checker_looks_at_an_account_a_few_times_and_not_once_for_each_step() {
    let people = 400;
    let mut before = estate(&[("number", number(0))]);
    let mut after = estate(&[("number", number(0))]);
    for at in 0..people {
        before.access(&format!("p{at}"), "viewer");
        if at % 2 == 0 {
            after.access(&format!("p{at}"), "viewer");
        }
    }
    let plan = after.plan(&before.observe());
    assert_eq!(plan.steps.len(), people / 2);
    let observations = BTreeMap::from([(account(), before.observe())]);
    let checked = check(&plan, &observations, &after.products).expect("nothing is wrong");
    // Before, after and once in between, and one look for each step.
    assert!(
        checked.looks <= 3 * (people + 10) + people / 2,
        "{checked:?}"
    );
}

#[test]
fn what_is_always_counted_anew_is_bounded() {
    const OWNED: &str = "
title: Test
user: {identity: email, fold: case, roles: many, owned_roles: profiles}
objects:
  profiles: {fields: {paid: {type: switch, default: false}}}
roles:
  admin: {rank: 2, administers: true}
grants:
  video: {default: [{value: none}]}
pools:
  full: {unit: seat, capacity: [{purchased: true}], counts: {role_fields: {paid: true}}, overflow: refuse}
";
    let (people, profiles) = (600, 400);
    let estate = |is_paid: bool| {
        let mut e = Estate::new(OWNED);
        e.account().manages_kinds.insert("profiles".into());
        e.seats("full", 10_000);
        e.access("ana", "admin");
        for at in 0..profiles {
            let fields = is_paid.then_some(("paid", Value::Switch(true)));
            e.object("profiles", &format!("o{at}"), fields.as_slice());
        }
        for at in 0..people {
            e.access(&format!("p{at}"), &format!("o{}", at % profiles));
        }
        e
    };
    let (before, after) = (estate(false), estate(true));
    let plan = after.plan_unchecked(&before.observe());
    assert_eq!(plan.steps.len(), profiles);
    let observations = BTreeMap::from([(account(), before.observe())]);
    let checked = check(&plan, &observations, &after.products).expect("nothing is wrong");
    assert!(
        checked.looks < (1 << 18) + 4 * (people + profiles + 10),
        "{checked:?}"
    );
}
