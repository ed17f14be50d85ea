//! What is cancelled and there until its billing cycle ends, on an account that people look after.

use super::builder::{Cli, cli};

const SETTINGS: &str = "seatplan: 1
name: acme
timezone: Europe/Paris
defaults: {unmanaged: remove}
";

const PRODUCT: &str = "products:
  halls:
    title: Halls
    user: {identity: email, fold: case, roles: one}
    roles:
      owner: {rank: 1, administers: true}
    objects:
      rooms:
        fields:
          code: {type: text, required: true, unique: true}
    pools:
      rooms: {unit: room, capacity: [{purchased: true}], counts_objects: rooms, overflow: refuse}
    operations:
      rooms.remove: {via: person, then: ending}
    states:
      ending: {of: rooms, moved_by: vendor, holds_seat: true, works: true, ends: cycle-end}
";

const INVENTORY: &str = "inventory:
  account: acme-halls
  attested: {by: ana@acme.example, on: 2026-01-12}
  seats: {rooms: 1}
  rooms:
    old: {code: red}
  access:
    ana@acme.example: {role: owner}
    bob@acme.example: {role: owner}
";

fn halls(rooms: &str) -> Cli {
    let account = format!(
        "accounts:
  acme-halls:
    product: halls
    connection: {{provider: inventory, file: inventory/halls.yaml}}
    access: {{ana@acme.example: {{role: owner}}, bob@acme.example: {{role: owner}}}}
    rooms: {rooms}
users: {{ana@acme.example: {{}}, bob@acme.example: {{}}}}
"
    );
    cli()
        .file("seatplan.yaml", SETTINGS)
        .file("product.yaml", PRODUCT)
        .file("account.yaml", &account)
        .file("inventory/halls.yaml", INVENTORY)
}

#[test]
fn what_is_cancelled_stays_in_the_inventory_and_keeps_its_place_until_it_ends() {
    let halls = halls("{old: none}");
    // As it is printed: what changes from run to run is replaced elsewhere.
    let tasks = halls.command().arg("tasks").output().expect("it runs");
    let tasks = String::from_utf8_lossy(&tasks.stdout);
    let id = tasks.lines().find_map(|line| {
        let id = line.split_whitespace().next()?;
        line.contains("remove old").then_some(id)
    });
    let id = id.unwrap_or_else(|| panic!("{tasks}"));
    let done = halls.run_args(&format!("tasks done {id} --as ana@acme.example"));
    assert!(
        done.stdout.contains("ending"),
        "{}{}",
        done.stdout,
        done.stderr
    );
    let inventory = std::fs::read_to_string(halls.path().join("inventory/halls.yaml"));
    let inventory = inventory.expect("it is there");
    assert!(
        inventory.contains("old: {code: red, state: ending"),
        "{inventory}"
    );
    // Its place is not free, and it is not cancelled a second time.
    let text = std::fs::read_to_string(halls.path().join("account.yaml")).expect("it is there");
    let halls = halls.file(
        "account.yaml",
        &text.replace("{old: none}", "{old: none, new: {code: blue}}"),
    );
    let plan = halls.run_args("plan");
    assert_eq!(plan.code, 1, "{}", plan.stdout);
    assert!(plan.stdout.contains("SEAT001"), "{}", plan.stdout);
    assert!(!plan.stdout.contains("- rooms old"), "{}", plan.stdout);
}

#[test]
fn what_is_cancelled_keeps_what_only_one_may_have_until_it_ends() {
    let run = halls("{old: none, new: {code: red}}")
        .file(
            "inventory/halls.yaml",
            &INVENTORY.replace("rooms: 1", "rooms: 2"),
        )
        .args("plan")
        .run();
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("RULE014"), "{}", run.stdout);
}

/// Bob's access is cancelled, and the files want it.
#[test]
fn what_is_cancelled_waits_for_nobody() {
    let halls = halls("{old: {code: red}}")
        .file(
            "product.yaml",
            &PRODUCT.replace(
                "    states:\n",
                "    states:\n      leaving: {moved_by: vendor, holds_seat: true, works: true, ends: cycle-end}\n",
            ),
        )
        .file(
            "inventory/halls.yaml",
            &INVENTORY.replace(
                "bob@acme.example: {role: owner}",
                "bob@acme.example: {role: owner, state: leaving}",
            ),
        );
    let plan = halls.run_args("plan");
    assert_eq!(plan.code, 0, "{}{}", plan.stdout, plan.stderr);
    assert!(!plan.stdout.contains("not active yet"), "{}", plan.stdout);
    assert!(
        plan.stdout.contains("is cancelled (\"leaving\")"),
        "{}",
        plan.stdout
    );
    let tasks = halls.run_args("tasks");
    assert!(
        tasks.stdout.contains("Nobody has anything to do"),
        "{}",
        tasks.stdout
    );
}

/// An account kept by hand of whose five seats two are wanted.
fn five_seats(inventory: &str) -> Cli {
    let product = "products:
  halls:
    title: Halls
    user: {identity: email, fold: case, roles: one}
    roles: {owner: {rank: 1, administers: true}}
    pools: {seat: {unit: seat, capacity: [{purchased: true}], overflow: refuse, charged: pro-rata, cancel_takes_effect: cycle-end}}
    operations: {seats.lower: {via: person, takes_effect: cycle-end}}
";
    let account = "accounts:
  acme-halls:
    product: halls
    connection: {provider: inventory, file: inventory/halls.yaml}
    billing: {cycle: monthly, renews_on: 2035-01-15, currency: EUR, prices: {seat: '10.00'}}
    seats: {seat: 2}
    access: {ana@acme.example: {role: owner}}
users: {ana@acme.example: {}}
";
    let inventory = format!(
        "inventory:
  account: acme-halls
  attested: {{by: ana@acme.example, on: 2026-01-12}}
  {inventory}
  access: {{ana@acme.example: {{role: owner}}}}
"
    );
    cli()
        .file("seatplan.yaml", SETTINGS)
        .file("product.yaml", product)
        .file("account.yaml", account)
        .file("inventory/halls.yaml", &inventory)
}

#[test]
fn what_was_cancelled_by_hand_is_paid_for_until_its_day() {
    let halls = five_seats("seats: {seat: 5}");
    let tasks = halls.command().arg("tasks").output().expect("it runs");
    let tasks = String::from_utf8_lossy(&tasks.stdout);
    let id = tasks.lines().find_map(|line| {
        let id = line.split_whitespace().next()?;
        line.contains("cancel some of seat").then_some(id)
    });
    let id = id.unwrap_or_else(|| panic!("{tasks}"));
    let done = halls.run_args(&format!("tasks done {id} --as ana@acme.example"));
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let inventory = std::fs::read_to_string(halls.path().join("inventory/halls.yaml"));
    let inventory = inventory.expect("it is there");
    assert!(inventory.contains("cancelled:"), "{inventory}");
    assert!(inventory.contains("{there: 5, until: "), "{inventory}");
    // It is done, and paid for until then.
    assert_eq!(halls.run_code("plan --detailed-exitcode"), 0);
    let seats = halls.run_args("seats");
    for line in [
        "cancelled: 5 of seat are there and paid until",
        "in all: 50.00 EUR",
    ] {
        assert!(seats.stdout.contains(line), "{}", seats.stdout);
    }
}

#[test]
fn what_an_inventory_says_is_cancelled_ends_on_its_day() {
    let costs = [
        ("{there: 5, until: 2100-01-14}", "in all: 50.00 EUR"),
        ("{there: 5, until: 2026-01-14}", "in all: 20.00 EUR"),
        ("{there: 5}", "in all: 50.00 EUR"),
    ];
    for (cancelled, cost) in costs {
        let text = format!("seats: {{seat: 2}}\n  cancelled: {{seat: {cancelled}}}");
        let seats = five_seats(&text).run_args("seats");
        assert!(seats.stdout.contains(cost), "{cancelled}: {}", seats.stdout);
    }
    let wrong = five_seats("seats: {seat: 2}\n  cancelled: {chair: {there: 5}}");
    let validate = wrong.run_args("validate");
    assert_eq!(validate.code, 1);
    assert!(validate.stdout.contains("\"chair\""), "{}", validate.stdout);
}
