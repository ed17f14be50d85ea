//! A pool that an account shares with its sub-accounts, from the files to the vendor.

use std::time::Duration;

use seatplan::directory::Accept;

use super::builder::{Cli, cli};
use super::vendor::Vendor;

const SETTINGS: &str = "seatplan: 1
name: acme
timezone: Europe/Paris
defaults: {unmanaged: remove}
";

const PRODUCT: &str = "
title: Books
user: {identity: email, fold: case, roles: one}
roles:
  admin: {rank: 2, administers: true}
  clerk: {rank: 1}
pools:
  user: {unit: seat, shared: family, capacity: [{purchased: true}], counts: {role: [admin, clerk]}, overflow: refuse}
";

/// The three accounts: all take of the seats of the first.
const ACCOUNTS: [(&str, Option<&str>); 3] = [
    ("acme", None),
    ("acme-north", Some("acme")),
    ("acme-south", Some("acme")),
];

/// Who is where before; every seat is taken.
const BEFORE: [&[(&str, &str)]; 3] = [
    &[("ana", "admin"), ("bob", "clerk")],
    &[("cleo", "admin"), ("dan", "clerk")],
    &[("eve", "admin"), ("fay", "clerk")],
];

/// The clerks move round.
const AFTER: [&[(&str, &str)]; 3] = [
    &[("ana", "admin"), ("dan", "clerk")],
    &[("cleo", "admin"), ("fay", "clerk")],
    &[("eve", "admin"), ("bob", "clerk")],
];

fn product_file() -> String {
    let lines = PRODUCT.lines().filter(|it| !it.is_empty());
    let lines = lines.map(|line| format!("    {line}\n"));
    format!("products:\n  books:\n{}", lines.collect::<String>())
}

/// The accounts of an estate: `seats` are bought, and `connection` gets the account's name.
fn accounts(
    seats: u32,
    people: [&[(&str, &str)]; 3],
    connection: impl Fn(&str) -> String,
) -> String {
    let mut text = String::from("accounts:\n");
    for ((name, parent), people) in ACCOUNTS.into_iter().zip(people) {
        text += &format!(
            "  {name}:\n    product: books\n    connection: {}\n",
            connection(name)
        );
        match parent {
            Some(parent) => text += &format!("    parent: {parent}\n"),
            None => text += &format!("    seats: {{user: {seats}}}\n"),
        }
        text += "    access:\n";
        for (who, role) in people {
            text += &format!("      {who}@acme.example: {{role: {role}}}\n");
        }
    }
    text + "users:\n"
        + &["ana", "bob", "cleo", "dan", "eve", "fay"]
            .map(|who| format!("  {who}@acme.example: {{}}\n"))
            .concat()
}

/// The accounts at a vendor, as they are before.
fn at_vendor() -> (Vendor, Cli) {
    let vendor = Vendor::with(PRODUCT, "books", &ACCOUNTS, Accept::AtOnce);
    let acme = cli()
        .file("seatplan.yaml", SETTINGS)
        .file("product.yaml", &product_file())
        .file(
            "accounts.yaml",
            &accounts(6, BEFORE, |_| vendor.connection()),
        )
        .variable("TOKEN", &vendor.token())
        .after("apply --yes");
    (vendor, acme)
}

#[test]
fn a_plan_over_three_accounts_is_carried_out() {
    let (vendor, acme) = at_vendor();
    let before = vendor.running.commits().unwrap();
    let acme = acme.file(
        "accounts.yaml",
        &accounts(6, AFTER, |_| vendor.connection()),
    );
    insta::assert_snapshot!(acme.shown_args("plan"));
    let run = acme.run_args("apply --yes");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(vendor.running.commits().unwrap(), before + 6);
    assert_eq!(acme.run_code("drift"), 0);
}

#[test]
fn a_saved_plan_is_stale_when_a_member_uses_more() {
    let (vendor, acme) = at_vendor();
    let acme = acme
        .file(
            "accounts.yaml",
            &accounts(7, AFTER, |_| vendor.connection()),
        )
        .after("plan --out one.json");
    // Somebody buys a seat, and takes it on an account that the plan takes one on too.
    vendor.by_hand_on("acme", "PUT", "seats/user", "7");
    vendor.by_hand_on(
        "acme-north",
        "PUT",
        "access/gus%40acme.example",
        "{\"roles\": [\"clerk\"]}",
    );
    let run = acme.run_args("apply one.json --yes");
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr
            .contains("6 of the pool \"user\" should be in use, and 7 are"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_nobody_asked_for_is_counted_and_left_alone() {
    let (vendor, acme) = at_vendor();
    let acme = acme.file(
        "accounts.yaml",
        &accounts(6, AFTER, |_| vendor.connection()),
    );
    let run = acme.run_args("plan --account acme-north");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    insta::assert_snapshot!(acme.shown_args("plan --account acme-north"));
    // One more on the sub-account than there are seats.
    let more = [
        BEFORE[0],
        &[("cleo", "admin"), ("dan", "clerk"), ("fay", "clerk")],
        BEFORE[2],
    ];
    let acme = acme.file("accounts.yaml", &accounts(6, more, |_| vendor.connection()));
    let run = acme.run_args("plan --account acme-north");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout
            .contains("\"acme\" is 1 seat of the pool \"user\" short"),
        "{}",
        run.stdout
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_killed_half_way_is_resumed() {
    let (vendor, acme) = at_vendor();
    let before = vendor.running.commits().unwrap();
    vendor.answers_late(Duration::from_millis(300));
    let acme = acme
        .file(
            "accounts.yaml",
            &accounts(6, AFTER, |_| vendor.connection()),
        )
        .after("plan --out one.json");
    let mut child = super::interruptions::begin(&acme, "apply one.json --yes");
    child.kill().unwrap();
    child.wait().unwrap();
    let half = vendor.running.commits().unwrap() - before;
    assert!((1..6).contains(&half), "{half} steps were done");
    let run = acme.run_args("apply one.json --yes");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(vendor.running.commits().unwrap(), before + 6);
    assert_eq!(acme.run_code("drift"), 0);
}

#[test]
fn the_vendor_counts_over_all_accounts() {
    let (vendor, _) = at_vendor();
    let full = vendor.refused_on(
        "acme-south",
        "PUT",
        "access/gus%40acme.example",
        "{\"roles\": [\"clerk\"]}",
    );
    assert!(
        full.contains("no_seat") && full.contains("6 of 6 in use"),
        "{full}"
    );
    let fewer = vendor.refused_on("acme", "PUT", "seats/user", "5");
    assert!(fewer.contains("seats_in_use"), "{fewer}");
    let elsewhere = vendor.refused_on("acme-south", "PUT", "seats/user", "9");
    assert!(
        elsewhere.contains("shared_pool") && elsewhere.contains("acme"),
        "{elsewhere}"
    );
    vendor.by_hand_on("acme-north", "DELETE", "access/dan%40acme.example", "null");
    vendor.by_hand_on(
        "acme-south",
        "PUT",
        "access/gus%40acme.example",
        "{\"roles\": [\"clerk\"]}",
    );
}

const INVENTORIES: [(&str, &str); 3] = [
    ("acme", "  seats: {user: 6}\n"),
    ("acme-north", ""),
    ("acme-south", ""),
];

/// The same accounts in inventories, that people work off.
fn by_hand(wanted: [&[(&str, &str)]; 3]) -> Cli {
    let mut acme = cli()
        .file("seatplan.yaml", SETTINGS)
        .file("product.yaml", &product_file());
    for ((name, seats), people) in INVENTORIES.into_iter().zip(BEFORE) {
        let people = people
            .iter()
            .map(|(who, role)| format!("    {who}@acme.example: {{role: {role}}}\n"));
        let text = format!(
            "inventory:\n  account: {name}\n  attested: {{by: ana@acme.example, on: 2026-11-12}}\n{seats}  access:\n{}",
            people.collect::<String>()
        );
        acme = acme.file(&format!("inventory/{name}.yaml"), &text);
    }
    let connection = |name: &str| format!("{{provider: inventory, file: inventory/{name}.yaml}}");
    acme.file("accounts.yaml", &accounts(6, wanted, connection))
}

#[test]
fn tasks_wait_for_tasks_of_other_accounts() {
    let acme = by_hand(AFTER);
    let mut done = 0;
    loop {
        let run = acme.run_args("tasks --format json");
        assert!(
            run.code == 0 || run.code == 3,
            "{}{}",
            run.stdout,
            run.stderr
        );
        let list = acme.json("tasks --format json");
        let desks = list["desks"].as_array().unwrap();
        let later = list["later"].as_array().unwrap();
        let Some(desk) = desks.last() else {
            assert!(later.is_empty(), "{list}");
            break;
        };
        if done == 0 {
            assert_eq!(
                later.len(),
                3,
                "whoever comes waits for somebody to go: {list}"
            );
        }
        let tasks = desk["tasks"].as_array().unwrap();
        let id = tasks.last().unwrap()["id"].as_str().unwrap();
        let who = desk["who"]
            .as_array()
            .unwrap()
            .first()
            .and_then(|it| it.as_str())
            .unwrap_or("ana@acme.example");
        let told = acme.run_args(&format!("tasks done {id} --as {who}"));
        assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
        done += 1;
        // No moment has more people than seats.
        let used: usize = ACCOUNTS
            .iter()
            .map(|(name, _)| {
                let path = acme.path().join(format!("inventory/{name}.yaml"));
                std::fs::read_to_string(path)
                    .unwrap()
                    .matches("{role: ")
                    .count()
            })
            .sum();
        assert!(used <= 6, "{used} seats are used");
    }
    assert_eq!(done, 6);
    assert_eq!(acme.run_code("drift"), 0);
}

#[test]
fn seats_show_the_pool_once_with_what_each_account_uses() {
    let acme = by_hand(BEFORE);
    for format in ["human", "markdown", "csv"] {
        insta::assert_snapshot!(acme.shown_args(&format!("seats --format {format}")));
    }
    let one = acme.json("seats --account acme-south --format json");
    let pool = &one["accounts"][0]["pools"][0];
    assert_eq!(one["accounts"][0]["account"], "acme", "{one}");
    assert_eq!(pool["used"], 6, "{one}");
    assert_eq!(pool["shares"][2]["account"], "acme-south", "{one}");
    assert_eq!(one["accounts"][1]["account"], "acme-south", "{one}");
    assert_eq!(one["accounts"][1]["shared"]["user"], "acme", "{one}");
}

#[test]
fn a_forecast_counts_over_all_accounts() {
    let acme = by_hand([
        &[("ana", "admin"), ("bob", "clerk, until: 2035-02-28")],
        &[("cleo", "admin"), ("dan", "clerk")],
        &[
            ("eve", "admin"),
            ("fay", "clerk"),
            ("bob", "clerk, from: 2035-02-01"),
        ],
    ]);
    insta::assert_snapshot!(acme.shown_args("seats --at 2035-01-02 --forecast"));
}

#[test]
fn it_is_said_what_to_name_where_a_pool_is_another_accounts() {
    let acme = by_hand(AFTER);
    let run = acme.run_args("plan --accept-unknown-seats acme-south/user");
    assert_eq!(run.code, 64, "{}{}", run.stdout, run.stderr);
    let told: Vec<_> = run.stderr.split_whitespace().collect();
    assert!(told.join(" ").contains("name acme/user"), "{}", run.stderr);
}
