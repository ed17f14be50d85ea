//! The directory enforces what the product language says beyond roles and seats: owned objects, grants, pools of every kind,
//! constraints on all of them, states that people and vendors end.

use seatplan::directory::Accept;
use seatplan::model::{AccountName, Actor, ProductId, Value};
use seatplan::plan::How;
use seatplan::provider::Reader as _;
use seatplan::provider::http::Method;
use serde_json::{Value as Json, json};

use crate::support::estate::Estate;
use crate::vendor::{Setup, Vendor, object, product, word};

const ANA: &str = "ana@acme.example";
const BOB: &str = "bob@acme.example";
const EVE: &str = "eve@acme.example";

/// Profiles as roles, one add-on, pools per module, places for sites.
pub(crate) const RICH: &str = r#"
title: Rich
user: {identity: email, fold: case, roles: many, owned_roles: profiles}
settings:
  tier: {type: enum, values: [trial, paid], default: trial, source: api}
  sales_size: {type: count, default: 1, source: api}
  books_size: {type: count, default: 1, source: api}
  rooms: {type: count, default: 1, source: api}
roles:
  host: {rank: 0, scope: event}
options:
  boss: {type: switch, default: false, administers: true}
grants:
  video:
    default: [{value: access, when: 'account.settings.tier == "trial"'}, {value: none}]
    requires: {has_role: true}
objects:
  profiles:
    fields:
      module: {type: enum, values: [sales, books], required: true, immutable: true}
      default: {type: switch, default: false}
      allow: {type: set}
  sites:
    under: main
    protect: true
    fields:
      code: {type: text, pattern: "[0-9]{3}", unique: true}
      mail: {type: text, unique: account}
      size: {type: count, default: 1}
      user: {type: user, change: replace}
      number: {type: text, later: true}
pools:
  modules:
    unit: user
    each: [sales, books]
    capacity: [{setting_each: {sales: sales_size, books: books_size}, purchased: true}]
    counts: [{role_fields: {module: each}}, {administers: true}]
    overflow: charge
  video:
    unit: place
    capacity:
      - {when: 'account.settings.tier == "trial"', people: {has_role: true}}
      - {purchased: true}
    counts: {grants: {video: access}}
    never_counts: {has_role: false}
    overflow: refuse
    minimum: 1
    cancel_takes_effect: cycle-end
  sites: {unit: place, capacity: [{purchased: true}], counts_objects: sites, weight_field: size, sold_in: lots, cancels: whole, overflow: refuse}
constraints:
  one-default: {type: max_count, objects: profiles, fields: {default: "true"}, per: module, limit: 1, text: one default profile per module}
  names-differ: {type: unique, objects: profiles, field: allow, text: two profiles would be the same}
  rooms-fit: {type: cel, on: account, must: account.settings.rooms <= 1 + account.settings.sales_size, text: too many rooms}
  no-boss-clerk: {type: cel, on: access, must: '!(access.administers && size(access.roles) > 0)', text: a boss needs no profile}
  big-sites: {type: cel, on: "object:sites", must: 'object.fields.size < 10 || has(object.fields.code)', text: a big site has a code}
  only-known: {type: cel, on: access, must: 'user.kind == "staff"', text: nobody knows the kind here}
  depth: {type: max_depth, of: accounts, limit: 1, text: one level of sub-accounts}
operations:
  access.create: {via: api, then: invited}
  access.update.video: {via: api, then: granted}
  sites.create: {via: vendor, then: requested}
  sites.remove: {via: api, then: ending}
states:
  invited: {moved_by: user, holds_seat: true}
  granted: {moved_by: user, holds_seat: true, works: true}
  requested: {of: sites, moved_by: vendor, holds_seat: true}
  ending: {of: sites, moved_by: vendor, holds_seat: true, works: true, ends: cycle-end}
"#;

/// One owner, whose role moves in one step.
pub(crate) const OWNED: &str = r#"
title: Owned
user: {identity: email, fold: case, roles: one}
roles:
  owner: {rank: 2, administers: true}
  multi: {rank: 1}
single: {owner: {role: owner, otherwise: multi, transfer: access.transfer}}
constraints:
  one-owner: {type: exactly_one, of: {role: owner}, text: there is exactly one owner}
  three: {type: max_count, of: {role: multi}, limit: 1, text: one multi-user at most}
operations:
  access.transfer: {via: api, actor: [owner]}
"#;

/// Two profiles; Ana is the boss, Bob sells.
fn rich(accept: Accept) -> Vendor {
    let setup = Setup {
        accept,
        ..Setup::new(product(RICH))
    };
    let vendor = setup.start();
    vendor.seed(&[
        object(
            "profiles",
            "clerk",
            &[("module", Value::Word("sales".into()))],
        ),
        object(
            "profiles",
            "keeper",
            &[
                ("module", Value::Word("books".into())),
                ("allow", Value::words(["read".into()])),
            ],
        ),
    ]);
    vendor
}

async fn put(vendor: &Vendor, subject: &str, access: Json) -> String {
    vendor.put(&["access", subject], access).await
}

async fn put_site(vendor: &Vendor, name: &str, fields: Json) -> String {
    vendor
        .put(&["objects", "sites", name], json!({"fields": fields}))
        .await
}

async fn get(vendor: &Vendor, path: &[&str]) -> Json {
    vendor.ask(Method::Get, path, Json::Null).await.1
}

async fn post(vendor: &Vendor, path: &[&str], body: Json) -> String {
    let (status, body) = vendor.ask(Method::Post, path, body).await;
    word(status, &body)
}

#[tokio::test]
async fn objects_have_the_fields_of_their_kind() {
    let vendor = rich(Accept::AtOnce);
    vendor
        .put(&["seats", "sites"], json!([{"size": 5, "count": 4}]))
        .await;
    let profile = async |name: &str, fields: Json| {
        vendor
            .put(&["objects", "profiles", name], json!({"fields": fields}))
            .await
    };
    assert_eq!(profile("p", json!({})).await, "missing_field");
    assert_eq!(profile("p", json!({"module": "cars"})).await, "wrong_value");
    assert_eq!(
        profile("p", json!({"module": "sales", "colour": "red"})).await,
        "unknown_field"
    );
    assert_eq!(
        profile("clerk", json!({"module": "books"})).await,
        "immutable"
    );
    assert_eq!(
        profile("p", json!({"module": "books", "allow": ["read"]})).await,
        "not_unique",
        "by the constraint"
    );
    let ships = json!({"fields": {}});
    assert_eq!(
        vendor.put(&["objects", "ships", "p"], ships).await,
        "unknown_kind"
    );
    assert_eq!(
        put_site(&vendor, "a", json!({"code": "12"})).await,
        "wrong_value"
    );
    assert_eq!(put_site(&vendor, "a", json!({"code": "123"})).await, "200");
    assert_eq!(
        put_site(&vendor, "b", json!({"code": "123"})).await,
        "not_unique"
    );
    assert_eq!(
        put_site(&vendor, "b", json!({"size": 12})).await,
        "broken_rule"
    );
    // What equals the default is left out.
    put_site(&vendor, "b", json!({"size": 1, "user": "joe"})).await;
    let (_, item) = vendor
        .ask(Method::Get, &["objects", "sites", "b"], Json::Null)
        .await;
    assert_eq!(
        item,
        json!({"kind": "sites", "name": "b", "fields": {"user": "joe"}, "phase": "active"})
    );
    assert_eq!(
        put_site(&vendor, "b", json!({"user": "zoe"})).await,
        "replace_only"
    );
    let anew = |loss: bool| json!({"value": {"fields": {"user": "zoe"}}, "replace": true, "accept_data_loss": loss});
    let path = ["objects", "sites", "b"];
    let (status, body) = vendor.ask(Method::Put, &path, anew(false)).await;
    assert_eq!(word(status, &body), "protected");
    let (status, body) = vendor.ask(Method::Put, &path, anew(true)).await;
    assert_eq!(word(status, &body), "200");
}

#[tokio::test]
async fn an_address_belongs_to_one_thing_or_person() {
    let vendor = rich(Accept::AtOnce);
    vendor
        .put(&["seats", "sites"], json!([{"size": 5, "count": 1}]))
        .await;
    put(&vendor, ANA, json!({"options": {"boss": true}})).await;
    assert_eq!(
        put_site(&vendor, "a", json!({"mail": "ANA@acme.example"})).await,
        "not_unique"
    );
    assert_eq!(put_site(&vendor, "a", json!({"mail": BOB})).await, "200");
    assert_eq!(put(&vendor, BOB, json!({})).await, "not_unique");
}

#[tokio::test]
async fn roles_are_profiles_of_the_account() {
    let vendor = rich(Accept::AtOnce);
    assert_eq!(
        put(&vendor, BOB, json!({"roles": ["nobody"]})).await,
        "unknown_role"
    );
    assert_eq!(
        put(&vendor, BOB, json!({"roles": ["host"]})).await,
        "not_assignable"
    );
    assert_eq!(put(&vendor, BOB, json!({"roles": ["clerk"]})).await, "200");
    assert_eq!(
        vendor.delete(&["objects", "profiles", "clerk"]).await,
        "in_use"
    );
    let to = json!({"to": "seller"});
    assert_eq!(
        post(&vendor, &["objects", "profiles", "clerk", "rename"], to).await,
        "200"
    );
    assert_eq!(
        get(&vendor, &["access", BOB]).await["roles"],
        json!(["seller"])
    );
    assert_eq!(put(&vendor, BOB, json!({"roles": []})).await, "200");
    assert_eq!(
        vendor.delete(&["objects", "profiles", "seller"]).await,
        "200"
    );
    assert_eq!(
        vendor.delete(&["objects", "profiles", "seller"]).await,
        "not_found"
    );
}

#[tokio::test]
async fn counts_of_objects_hold_for_each_value() {
    let vendor = rich(Accept::AtOnce);
    let profile = async |name: &str, module: &str| {
        let fields = json!({"module": module, "default": true});
        vendor
            .put(&["objects", "profiles", name], json!({"fields": fields}))
            .await
    };
    assert_eq!(profile("one", "sales").await, "200");
    assert_eq!(profile("two", "sales").await, "too_many");
    assert_eq!(profile("two", "books").await, "200");
}

#[tokio::test]
async fn what_somebody_has_of_an_add_on_follows_the_settings() {
    let vendor = rich(Accept::AtOnce);
    put(&vendor, BOB, json!({"roles": ["clerk"]})).await;
    let used = async || get(&vendor, &["seats", "video"]).await["used"].clone();
    assert_eq!(used().await, 1, "the trial gives it to everybody");
    // What the account gives anyway is not shown.
    let given = json!({"roles": ["clerk"], "grants": {"video": "access"}});
    assert_eq!(put(&vendor, BOB, given.clone()).await, "200");
    assert_eq!(get(&vendor, &["access", BOB]).await["grants"], json!({}));
    assert_eq!(
        vendor.put(&["settings", "tier"], json!("paid")).await,
        "seats_in_use",
        "no place is bought"
    );
    assert_eq!(vendor.put(&["seats", "video"], json!(1)).await, "200");
    assert_eq!(
        vendor.put(&["settings", "tier"], json!("paid")).await,
        "200"
    );
    // Bob asked for it, so he keeps it; now it shows.
    assert_eq!(
        get(&vendor, &["access", BOB]).await["grants"],
        json!({"video": "access"})
    );
    assert_eq!(put(&vendor, EVE, given).await, "no_seat");
    let none = json!({"roles": ["clerk"], "grants": {"video": "none"}});
    assert_eq!(put(&vendor, BOB, none).await, "200");
    assert_eq!(used().await, 0);
    assert_eq!(
        put(&vendor, EVE, json!({"grants": {"video": "access"}})).await,
        "grant_requires"
    );
    assert_eq!(
        put(&vendor, EVE, json!({"grants": {"audio": "access"}})).await,
        "unknown_grant"
    );
    assert_eq!(
        put(&vendor, EVE, json!({"grants": {"video": "maybe"}})).await,
        "wrong_value"
    );
}

#[tokio::test]
async fn a_believed_grant_is_compared_as_it_is_seen() {
    let vendor = rich(Accept::AtOnce);
    put(
        &vendor,
        BOB,
        json!({"roles": ["clerk"], "grants": {"video": "access"}}),
    )
    .await;
    let body = json!({"if_before": {"roles": ["clerk"]}, "value": {"roles": ["keeper"]}});
    let (status, body) = vendor.ask(Method::Put, &["access", BOB], body).await;
    assert_eq!(word(status, &body), "200");
}

#[tokio::test]
async fn each_module_has_its_pool_and_overflow_is_charged() {
    let vendor = rich(Accept::AtOnce);
    for (subject, access) in [
        (ANA, json!({"options": {"boss": true}})),
        (BOB, json!({"roles": ["clerk"]})),
        (EVE, json!({"roles": ["clerk", "keeper"]})),
    ] {
        assert_eq!(put(&vendor, subject, access).await, "200");
    }
    let (sales, books) = (
        get(&vendor, &["seats", "sales"]).await,
        get(&vendor, &["seats", "books"]).await,
    );
    assert_eq!((&sales["used"], &sales["limit"]), (&json!(3), &json!(1)));
    assert_eq!((&books["used"], &books["limit"]), (&json!(2), &json!(1)));
    vendor.delete(&["access", BOB]).await;
    let invoices = get(&vendor, &["invoices"]).await;
    let at = "2026-11-21T10:00:00Z";
    assert_eq!(
        invoices["items"],
        json!([
            {"pool": "sales", "units": 1, "thing": BOB, "at": at},
            {"pool": "sales", "units": 1, "thing": EVE, "at": at},
            {"pool": "books", "units": 1, "thing": EVE, "at": at},
        ]),
        "what was charged stays due"
    );
    // What is bought adds to what is included.
    vendor.put(&["seats", "sales"], json!(4)).await;
    assert_eq!(get(&vendor, &["seats", "sales"]).await["limit"], 5);
}

#[tokio::test]
async fn there_are_as_many_places_as_people() {
    let vendor = rich(Accept::AtOnce);
    put(&vendor, BOB, json!({"roles": ["clerk"]})).await;
    put(&vendor, EVE, json!({"roles": []})).await;
    let pool = get(&vendor, &["seats", "video"]).await;
    assert_eq!((&pool["used"], &pool["limit"]), (&json!(1), &json!(1)));
    assert_eq!(vendor.delete(&["access", BOB]).await, "200");
    assert_eq!(get(&vendor, &["seats", "video"]).await["limit"], 0);
}

#[tokio::test]
async fn things_take_places_that_are_bought_in_whole_lots() {
    let vendor = rich(Accept::AtOnce);
    let lots = |count: u32| json!([{"size": 5, "count": count}]);
    let buy = async |value: Json| vendor.put(&["seats", "sites"], value).await;
    assert_eq!(
        put_site(&vendor, "a", json!({})).await,
        "no_seat",
        "nothing is bought"
    );
    assert_eq!(buy(json!(5)).await, "not_in_lots");
    assert_eq!(buy(lots(2)).await, "200");
    assert_eq!(
        vendor.put(&["seats", "video"], lots(2)).await,
        "not_in_lots"
    );
    assert_eq!(put_site(&vendor, "a", json!({"size": 7})).await, "200");
    assert_eq!(put_site(&vendor, "b", json!({"size": 4})).await, "no_seat");
    assert_eq!(buy(lots(1)).await, "seats_in_use");
    assert_eq!(buy(json!(8)).await, "not_in_lots");
    let pool = get(&vendor, &["seats", "sites"]).await;
    assert_eq!((&pool["purchased"], &pool["used"]), (&lots(2), &json!(7)));
    assert_eq!(put_site(&vendor, "a", json!({"size": 2})).await, "200");
    assert_eq!(buy(lots(1)).await, "200");
}

#[tokio::test]
async fn data_is_lost_only_if_the_caller_says_so() {
    let vendor = rich(Accept::AtOnce);
    vendor
        .put(&["seats", "sites"], json!([{"size": 5, "count": 1}]))
        .await;
    put_site(&vendor, "a", json!({})).await;
    assert_eq!(vendor.delete(&["objects", "sites", "a"]).await, "protected");
    let body = json!({"accept_data_loss": true});
    let (status, body) = vendor
        .ask(Method::Delete, &["objects", "sites", "a"], body)
        .await;
    assert_eq!(word(status, &body), "200");
}

#[tokio::test]
async fn expressions_hold_where_they_can_be_said() {
    let vendor = rich(Accept::AtOnce);
    assert_eq!(vendor.put(&["settings", "rooms"], json!(2)).await, "200");
    assert_eq!(
        vendor.put(&["settings", "rooms"], json!(3)).await,
        "broken_rule"
    );
    assert_eq!(
        vendor.put(&["settings", "sales_size"], json!(0)).await,
        "broken_rule"
    );
    let boss = json!({"roles": ["clerk"], "options": {"boss": true}});
    assert_eq!(put(&vendor, BOB, boss).await, "broken_rule");
    assert_eq!(
        put(&vendor, BOB, json!({"roles": ["clerk"]})).await,
        "200",
        "what the directory cannot know it does not judge"
    );
}

#[tokio::test]
async fn at_least_so_many_are_bought_and_less_comes_with_the_cycle() {
    let vendor = rich(Accept::Manual);
    let buy = async |count: u32| vendor.put(&["seats", "video"], json!(count)).await;
    assert_eq!(buy(5).await, "200");
    assert_eq!(buy(0).await, "below_minimum");
    assert_eq!(buy(2).await, "200");
    vendor.put(&["settings", "tier"], json!("paid")).await;
    let seen = async || {
        let pool = get(&vendor, &["seats", "video"]).await;
        (pool["purchased"].clone(), pool["limit"].clone())
    };
    assert_eq!(
        seen().await,
        (json!(5), json!(2)),
        "paid still, given to nobody any more"
    );
    assert_eq!(buy(2).await, "200", "it is asked for already");
    assert_eq!(vendor.running.commits(), Ok(3));
    assert_eq!(post(&vendor, &["cycle-end"], Json::Null).await, "200");
    assert_eq!(seen().await, (json!(2), json!(2)));
}

#[tokio::test]
async fn a_role_that_one_person_has_moves_in_one_step() {
    let vendor = Setup::new(product(OWNED)).start();
    let role = |it: &str| json!({"roles": [it]});
    assert_eq!(put(&vendor, ANA, role("owner")).await, "200");
    assert_eq!(put(&vendor, BOB, role("multi")).await, "200");
    assert_eq!(put(&vendor, BOB, role("owner")).await, "too_many");
    assert_eq!(put(&vendor, ANA, role("multi")).await, "last_administrator");
    let path = ["access", BOB, "transfer"];
    let transfer = |value: Json, other: Json| json!({"value": value, "other": other});
    let swap = transfer(
        role("owner"),
        json!({"subject": ANA, "if_before": role("owner"), "value": role("multi")}),
    );
    let (bob, ana) = (vendor.token_of(BOB).await, vendor.token_of(ANA).await);
    let ask = async |token, body: Json| {
        let (status, body) = vendor.ask_as(token, Method::Post, &path, body, None).await;
        word(status, &body)
    };
    assert_eq!(ask(&bob, swap.clone()).await, "not_permitted");
    assert_eq!(ask(&ana, swap.clone()).await, "200");
    assert_eq!(ask(&ana, swap.clone()).await, "200", "it is so already");
    assert_eq!(
        (
            get(&vendor, &["access", ANA]).await["roles"].clone(),
            get(&vendor, &["access", BOB]).await["roles"].clone()
        ),
        (json!(["multi"]), json!(["owner"]))
    );
    let nothing = transfer(
        role("multi"),
        json!({"subject": ANA, "value": role("multi")}),
    );
    assert_eq!(ask(&bob, nothing).await, "not_single");
    // The holder may leave at once.
    let leave = transfer(role("owner"), json!({"subject": BOB, "value": null}));
    let path = ["access", EVE, "transfer"];
    assert_eq!(post(&vendor, &path, leave).await, "200");
    assert_eq!(get(&vendor, &["access", BOB]).await["code"], "not_found");
}

#[tokio::test]
async fn a_role_that_one_person_has_is_had_by_one_without_any_constraint() {
    let text = OWNED
        .lines()
        .filter(|it| !it.contains("one-owner"))
        .collect::<Vec<_>>()
        .join("\n");
    let vendor = Setup::new(product(&text)).start();
    let role = |it: &str| json!({"roles": [it]});
    assert_eq!(put(&vendor, ANA, role("owner")).await, "200");
    assert_eq!(put(&vendor, BOB, role("owner")).await, "too_many");
}

#[tokio::test]
async fn a_role_does_not_move_to_somebody_who_cannot_act_yet() {
    let invites = format!(
        "{OWNED}  access.create: {{via: api, then: invited}}
states: {{invited: {{moved_by: user, holds_seat: true}}}}
"
    );
    let setup = Setup {
        accept: Accept::Manual,
        ..Setup::new(product(&invites))
    };
    let vendor = setup.start();
    let role = |it: &str| json!({"roles": [it]});
    put(&vendor, ANA, role("owner")).await;
    post(&vendor, &["access", ANA, "accept"], Json::Null).await;
    put(&vendor, BOB, role("multi")).await;
    let leave =
        |from: &str| json!({"value": role("owner"), "other": {"subject": from, "value": null}});
    let to_bob = ["access", BOB, "transfer"];
    assert_eq!(post(&vendor, &to_bob, leave(ANA)).await, "not_active");
    let to_eve = ["access", EVE, "transfer"];
    assert_eq!(
        post(&vendor, &to_eve, leave(ANA)).await,
        "not_active",
        "nobody is invited as the owner"
    );
    post(&vendor, &["access", BOB, "accept"], Json::Null).await;
    assert_eq!(post(&vendor, &to_bob, leave(ANA)).await, "200");
}

/// What only some of those who administer the account may do, said with expressions.
const ACTS: &str = r#"
title: Acts
user: {identity: email, fold: case, roles: one}
settings:
  tier: {type: enum, values: [trial, paid], default: trial, source: api}
roles:
  owner: {rank: 3, administers: true}
  helper: {rank: 2, administers: true}
  chief: {rank: 1}
  guest: {rank: 0}
objects:
  sites: {fields: {size: {type: count, default: 1}}}
pools:
  sites: {unit: place, capacity: [{purchased: true}], overflow: warn}
constraints:
  chiefs: {type: cel, on: access, must: '!access.roles.exists(it, it == "chief") || actor.roles.exists(it, it == "owner")', text: only an owner makes and unmakes chiefs}
  paying: {type: cel, on: account, must: 'account.settings.tier != "paid" || actor.roles.exists(it, it == "owner")', text: only an owner does anything on a paid account}
  big: {type: cel, on: "object:sites", must: 'object.fields.size < 10 || actor.roles.exists(it, it == "owner")', text: only an owner has big sites}
  buying: {type: cel, on: account, must: '!("sites" in account.seats) || account.seats.sites < 5 || actor.roles.exists(it, it == "owner")', text: only an owner buys many}
  guests: {type: cel, on: access, must: '!access.roles.exists(it, it == "guest") || !actor.administers', level: warn, text: somebody who administers should not invite guests}
  unsaid: {type: cel, on: access, must: 'actor.roles == user.kind', text: nobody can say this}
"#;

/// What somebody asks of the directory, and the same as something that an estate wants.
type Deed = (
    &'static str,
    fn() -> (Vec<&'static str>, Json),
    fn(&mut Estate),
);

const DEEDS: [Deed; 8] = [
    (
        "a chief comes",
        || (vec!["access", EVE], json!({"roles": ["chief"]})),
        |e| {
            e.access(EVE, "chief");
        },
    ),
    (
        "a guest comes",
        || (vec!["access", EVE], json!({"roles": ["guest"]})),
        |e| {
            e.access(EVE, "guest");
        },
    ),
    (
        "a chief goes",
        || (vec!["access", "chief@acme.example"], Json::Null),
        |e| {
            e.forget_person("chief@acme.example");
        },
    ),
    (
        "a big site",
        || {
            (
                vec!["objects", "sites", "a"],
                json!({"fields": {"size": 10}}),
            )
        },
        |e| {
            e.object("sites", "a", &[("size", Value::Count(10))]);
        },
    ),
    (
        "a small site",
        || {
            (
                vec!["objects", "sites", "a"],
                json!({"fields": {"size": 9}}),
            )
        },
        |e| {
            e.object("sites", "a", &[("size", Value::Count(9))]);
        },
    ),
    (
        "the account is paid for",
        || (vec!["settings", "tier"], json!("paid")),
        |e| {
            e.setting("tier", Value::Word("paid".into()));
        },
    ),
    (
        "many are bought",
        || (vec!["seats", "sites"], json!(6)),
        |e| {
            e.seats("sites", 6);
        },
    ),
    (
        "few are bought",
        || (vec!["seats", "sites"], json!(4)),
        |e| {
            e.seats("sites", 4);
        },
    ),
];

#[tokio::test]
async fn planner_and_directory_agree_on_what_expressions_let_somebody_do() {
    let mut refused = Vec::new();
    for (who, role) in [(ANA, "owner"), (BOB, "helper")] {
        for (name, asked, wanted) in DEEDS {
            let vendor = Setup::new(product(ACTS)).start();
            let mut e = Estate::new(ACTS);
            let people = [
                (ANA, "owner"),
                (BOB, "helper"),
                ("chief@acme.example", "chief"),
            ];
            for (who, role) in people {
                assert_eq!(put(&vendor, who, json!({"roles": [role]})).await, "200");
                e.access(who, role);
            }
            vendor.put(&["seats", "sites"], json!(3)).await;
            e.seats("sites", 3);
            let mut actual = e.observe();
            actual.actor = Actor::Person {
                subject: who.into(),
                roles: vec![role.into()],
            };
            wanted(&mut e);
            let plan = e.plan(&actual);
            assert_eq!(plan.steps.len(), 1, "{name}: {plan:?}");
            let (path, value) = asked();
            let (method, body) = match value {
                Json::Null => (Method::Delete, Json::Null),
                value => (Method::Put, json!({"value": value})),
            };
            let token = vendor.token_of(who).await;
            let (status, body) = vendor.ask_as(&token, method, &path, body, None).await;
            let answer = word(status, &body);
            let expected = match plan.steps[0].how {
                How::Api => "200",
                How::Task(_) => "not_permitted",
            };
            assert_eq!(answer, expected, "{who}: {name}");
            if answer != "200" {
                refused.push((who, name));
            }
        }
    }
    let of_bob = [
        "a chief comes",
        "a chief goes",
        "a big site",
        "the account is paid for",
        "many are bought",
    ];
    assert_eq!(refused, of_bob.map(|it| (BOB, it)));
}

#[tokio::test]
async fn whoever_changes_the_sizes_of_lots_both_buys_and_cancels() {
    let text = "
title: Lots
user: {identity: email, fold: case, roles: one}
roles: {owner: {rank: 2, administers: true}, helper: {rank: 1, administers: true}}
pools:
  sites: {unit: place, capacity: [{purchased: true}], sold_in: lots, cancels: whole, overflow: refuse}
operations:
  seats.raise: {via: api, actor: [owner]}
  seats.lower: {via: api, actor: [owner, helper]}
";
    let asked = [
        ("fewer", json!([{"size": 50, "count": 1}]), "200"),
        (
            "others",
            json!([{"size": 100, "count": 1}]),
            "not_permitted",
        ),
    ];
    for (name, lots, expected) in asked {
        let vendor = Setup::new(product(text)).start();
        let mut e = Estate::new(text);
        let two = json!([{"size": 50, "count": 2}]);
        assert_eq!(vendor.put(&["seats", "sites"], two).await, "200");
        e.lots("sites", 50, 2);
        for (who, role) in [(ANA, "owner"), (BOB, "helper")] {
            assert_eq!(put(&vendor, who, json!({"roles": [role]})).await, "200");
            e.access(who, role);
        }
        let mut actual = e.observe();
        actual.actor = Actor::Person {
            subject: BOB.into(),
            roles: vec!["helper".into()],
        };
        let size = u32::try_from(lots[0]["size"].as_u64().expect("a size")).expect("small");
        e.lots("sites", size, 1);
        let plan = e.plan(&actual);
        let token = vendor.token_of(BOB).await;
        let body = json!({"value": lots});
        let path = ["seats", "sites"];
        let (status, body) = vendor.ask_as(&token, Method::Put, &path, body, None).await;
        assert_eq!(word(status, &body), expected, "{name}");
        assert_eq!(plan.steps[0].how == How::Api, expected == "200", "{name}");
    }
}

#[tokio::test]
async fn people_and_the_vendor_end_the_states_that_are_theirs() {
    let vendor = rich(Accept::Manual);
    vendor.put(&["seats", "video"], json!(5)).await;
    vendor.put(&["settings", "tier"], json!("paid")).await;
    let phase = async |path: &[&str]| get(&vendor, path).await["phase"].clone();
    let bob = ["access", BOB];
    put(&vendor, BOB, json!({"roles": ["clerk"]})).await;
    assert_eq!(phase(&bob).await, "invited");
    post(&vendor, &["access", BOB, "accept"], Json::Null).await;
    assert_eq!(phase(&bob).await, "active");
    let with = |grants: Json| json!({"roles": ["clerk"], "grants": grants});
    put(&vendor, BOB, with(json!({"video": "access"}))).await;
    assert_eq!(phase(&bob).await, "granted", "Bob must activate it himself");
    // Taking it leaves nothing to activate.
    put(&vendor, BOB, with(json!({}))).await;
    assert_eq!(phase(&bob).await, "active");
    put(&vendor, BOB, with(json!({"video": "access"}))).await;
    let token = vendor.token_of(BOB).await;
    let path = ["access", BOB, "accept"];
    let (status, body) = vendor
        .ask_as(&token, Method::Post, &path, Json::Null, None)
        .await;
    assert_eq!(word(status, &body), "200");
    assert_eq!(phase(&bob).await, "active");

    vendor
        .put(&["seats", "sites"], json!([{"size": 5, "count": 1}]))
        .await;
    let site = ["objects", "sites", "a"];
    put_site(&vendor, "a", json!({"code": "123"})).await;
    assert_eq!(phase(&site).await, "requested");
    let path = ["objects", "sites", "a", "accept"];
    let given = json!({"value": {"fields": {"number": "N-7"}}});
    let (status, body) = vendor
        .ask_as(&token, Method::Post, &path, given.clone(), None)
        .await;
    assert_eq!(word(status, &body), "not_permitted", "it is the vendor's");
    assert_eq!(post(&vendor, &path, given).await, "200");
    assert_eq!(phase(&site).await, "active");
    // What was given later stays, though no file asks for it.
    assert_eq!(put_site(&vendor, "a", json!({"code": "124"})).await, "200");
    assert_eq!(
        get(&vendor, &site).await["fields"],
        json!({"code": "124", "number": "N-7"})
    );
    let observed = vendor.provider().observe().await.expect("it can be read");
    let (id, resource) = object("sites", "a", &[("code", Value::Word("124".into()))]);
    let address = seatplan::model::Address::new(&vendor.account, id);
    assert_eq!(observed.state.resource(&address), Some(&resource));
}

#[tokio::test]
async fn what_is_cancelled_stays_until_the_cycle_ends() {
    let vendor = rich(Accept::Manual);
    vendor
        .put(&["seats", "sites"], json!([{"size": 5, "count": 1}]))
        .await;
    put_site(&vendor, "a", json!({})).await;
    let path = ["objects", "sites", "a"];
    let remove = async || {
        let body = json!({"accept_data_loss": true});
        let (status, body) = vendor.ask(Method::Delete, &path, body).await;
        (word(status, &body), body["phase"].clone())
    };
    assert_eq!(remove().await, ("200".to_owned(), json!("ending")));
    assert_eq!(
        get(&vendor, &["seats", "sites"]).await["used"],
        1,
        "it is paid until then"
    );
    assert_eq!(
        post(&vendor, &["objects", "sites", "a", "accept"], Json::Null).await,
        "conflict"
    );
    assert_eq!(remove().await, ("200".to_owned(), json!("ending")));
    assert_eq!(post(&vendor, &["cycle-end"], Json::Null).await, "200");
    assert_eq!(vendor.delete(&path).await, "not_found");
}

#[tokio::test]
async fn seats_that_are_cancelled_are_read_as_what_will_be_left() {
    let vendor = rich(Accept::Manual);
    let put = async |count: u32| vendor.put(&["seats", "video"], json!(count)).await;
    assert_eq!((put(5).await, put(2).await), ("200".into(), "200".into()));
    let video = seatplan::model::Address::seats(&vendor.account, &"video".into());
    let read = async || {
        let observed = vendor.provider().observe().await.expect("it can be read");
        let back = vendor
            .provider()
            .read_back(std::slice::from_ref(&video))
            .await;
        let back = back.expect("it can be read")[0].resource.clone();
        assert_eq!(observed.state.resource(&video), back.as_ref());
        match back {
            Some(seatplan::model::Resource::Seats(left)) => {
                let there = observed.ending.get("video");
                (left.seats(), there.map(|it| it.seats()))
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(read().await, (2, Some(5)));
    // What is there still can be had back, all of it or a part.
    assert_eq!(put(3).await, "200");
    assert_eq!(read().await, (3, Some(5)));
    // Somebody who believes that all of it stays is told.
    let stale = json!({"value": 1, "if_before": 5});
    let (status, body) = vendor.ask(Method::Put, &["seats", "video"], stale).await;
    assert_eq!(word(status, &body), "moved");
    assert_eq!(put(5).await, "200");
    assert_eq!(read().await, (5, None));
    assert_eq!(put(2).await, "200");
    assert_eq!(post(&vendor, &["cycle-end"], Json::Null).await, "200");
    assert_eq!(read().await, (2, None));
}

#[tokio::test]
async fn sub_accounts_lie_one_level_deep_and_own_no_sites() {
    let vendor = rich(Accept::AtOnce);
    let open = |name: &str, parent: &str| {
        let opened = vendor.running.provision_under(
            &AccountName::new(name),
            &ProductId::new("product"),
            &vendor.product,
            Some(&AccountName::new(parent)),
        );
        opened.map_or_else(|problem| problem.code, |_| "ok")
    };
    let main = vendor.account.as_str();
    assert_eq!(open("below", main), "ok");
    assert_eq!(open("deeper", "below"), "too_deep");
    assert_eq!(open(main, "below"), "cycle");
    assert_eq!(open("early", "late"), "ok", "its parent comes later");
    assert_eq!(open("late", main), "too_deep");
    let seeds = [
        crate::vendor::seats("sites", 0),
        object("sites", "a", &[("code", Value::Word("123".into()))]),
    ];
    let seeds = seeds
        .iter()
        .map(|(id, resource)| seatplan::directory::Seed { id, resource });
    let refused = vendor.running.seed(&AccountName::new("below"), seeds);
    assert_eq!(refused.map_err(|it| it.code), Err("not_here"));
}

#[tokio::test]
async fn things_are_listed_in_pages() {
    let vendor = rich(Accept::AtOnce);
    let (_, page) = vendor.ask(Method::Get, &["objects"], Json::Null).await;
    let names = |page: &Json| -> Vec<String> {
        let items = page["items"].as_array().expect("a list").iter();
        items
            .map(|it| it["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(names(&page), ["clerk", "keeper"]);
    assert_eq!(
        names(&get(&vendor, &["objects", "profiles"]).await),
        ["clerk", "keeper"]
    );
    assert_eq!(
        names(&get(&vendor, &["objects", "sites"]).await),
        Vec::<String>::new()
    );
    vendor.faults.add(
        "GET",
        "/objects",
        9,
        seatplan::directory::Trouble::Gateway(500),
    );
    let observed = vendor.provider().observe().await;
    let gaps = observed.map(|it| it.gaps.iter().map(|it| it.kind).collect::<Vec<_>>());
    assert_eq!(gaps.ok(), Some(vec![seatplan::model::Kind::Object]));
}

/// A file that an earlier version wrote is taken over: what was bought is bought.
#[tokio::test]
async fn an_earlier_file_is_taken_over() {
    let vendor = rich(Accept::AtOnce);
    vendor.put(&["seats", "video"], json!(3)).await;
    let file = rusqlite::Connection::open(vendor.database()).expect("the file opens");
    file.execute_batch(
        "PRAGMA user_version = 1;
         DROP TABLE objects; DROP TABLE invoices;
         ALTER TABLE accounts DROP COLUMN parent;
         CREATE TABLE old (account INTEGER NOT NULL, pool TEXT NOT NULL, purchased INTEGER NOT NULL,
            PRIMARY KEY (account, pool)) STRICT, WITHOUT ROWID;
         INSERT INTO old SELECT account, pool, CAST(quantity AS INTEGER) FROM seats;
         DROP TABLE seats;
         ALTER TABLE old RENAME TO seats;",
    )
    .expect("an earlier file");
    drop(file);
    let vendor = vendor.restart();
    assert_eq!(get(&vendor, &["seats", "video"]).await["purchased"], 3);
    let fields = json!({"fields": {"module": "sales"}});
    assert_eq!(
        vendor.put(&["objects", "profiles", "clerk"], fields).await,
        "200"
    );
}
