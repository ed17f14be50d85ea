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
