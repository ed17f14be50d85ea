//! Taking of a pool whose size nobody knows: refused, or accepted for one plan and one pool.

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
      host: {rank: 2}
      singer: {rank: 3}
    pools:
      host:
        unit: seat
        capacity: [{purchased: true}]
        counts: [{role: [host]}]
        overflow: refuse
      singer:
        unit: seat
        capacity: [{purchased: true}]
        counts: [{role: [singer]}]
        overflow: refuse
";

const INVENTORY: &str = "inventory:
  account: acme-halls
  attested: {by: ana@acme.example, on: 2026-01-12}
  access:
    ana@acme.example: {role: owner}
";

fn halls(access: &str, inventory: &str) -> Cli {
    let account = format!(
        "accounts:
  acme-halls:
    product: halls
    connection: {{provider: inventory, file: inventory/halls.yaml}}
    access:
      ana@acme.example: {{role: owner}}
{access}users:
  ana@acme.example: {{}}
  bob@acme.example: {{}}
  cleo@acme.example: {{}}
"
    );
    cli()
        .file("seatplan.yaml", SETTINGS)
        .file("product.yaml", PRODUCT)
        .file("account.yaml", &account)
        .file("inventory/halls.yaml", inventory)
}

const ONE_HOST: &str = "      bob@acme.example: {role: host}\n";
const TWO: &str = "      bob@acme.example: {role: host}\n      cleo@acme.example: {role: singer}\n";

#[track_caller]
fn usage(acme: &Cli, args: &str, expected: &[&str]) {
    let run = acme.run_args(args);
    assert_eq!(run.code, 64, "{}{}", run.stdout, run.stderr);
    for text in expected {
        assert!(words(&run.stderr).contains(text), "{text}: {}", run.stderr);
    }
}

/// A text without its breaks into lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_refusal_names_the_flag_and_the_flag_lifts_it() {
    let acme = halls(ONE_HOST, INVENTORY);
    let run = acme.run_args("plan");
    assert_eq!(run.code, 1, "{}", run.stdout);
    let flag = "--accept-unknown-seats acme-halls/host";
    assert!(words(&run.stdout).contains(flag), "{}", run.stdout);
    let run = acme.run_args(&format!("plan {flag}"));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let told = "accepted that nobody knows how many of pool host acme-halls has";
    assert!(words(&run.stdout).contains(told), "{}", run.stdout);
    let run = acme.run_args(&format!("plan {flag} --format markdown"));
    assert!(run.stdout.contains("**Accepted**"), "{}", run.stdout);
    let run = acme.run_args(&format!("plan {flag} --format json"));
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let accepted = &json["plan"]["guards"]["accepted_unknown_seats"];
    assert_eq!(*accepted, serde_json::json!({"acme-halls": ["host"]}));
}

#[test]
fn it_fits_only_the_pool_that_it_names() {
    let acme = halls(TWO, INVENTORY);
    let host = "plan --accept-unknown-seats acme-halls/host";
    let run = acme.run_args(host);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stdout.contains("the pool \"singer\""), "{}", run.stdout);
    assert!(!run.stdout.contains("the pool \"host\""), "{}", run.stdout);
    let both = format!("{host} --accept-unknown-seats acme-halls/singer");
    assert_eq!(acme.run_code(&both), 0);
}

#[test]
fn what_is_no_question_is_wrong_usage() {
    let acme = halls(ONE_HOST, INVENTORY);
    let plan = |of: &str| format!("plan --accept-unknown-seats {of}");
    usage(
        &acme,
        &plan("acme-hals/host"),
        &["no account \"acme-hals\"", "did you mean \"acme-halls\"?"],
    );
    usage(
        &acme,
        &plan("acme-halls/hots"),
        &["no pool \"hots\"", "did you mean \"host\"?"],
    );
    usage(&acme, &plan("host"), &["ACCOUNT/POOL"]);
    usage(
        &acme,
        &plan("acme-halls/singer"),
        &["takes no more of it than it frees"],
    );
    let known = format!("{INVENTORY}  seats: {{host: 3}}\n");
    let acme = halls(ONE_HOST, &known);
    usage(&acme, &plan("acme-halls/host"), &["known to have 3"]);
    usage(
        &acme,
        "apply --yes --accept-unknown-seats acme-halls/host",
        &["known to have 3"],
    );
}

#[test]
fn a_saved_plan_carries_it_and_cannot_be_given_it_afterwards() {
    let acme = halls(ONE_HOST, INVENTORY)
        .after("plan --accept-unknown-seats acme-halls/host --out one.json");
    let saved = std::fs::read_to_string(acme.path().join("one.json")).expect("it was saved");
    let other = saved.replace(
        "\"host\"\n      ]",
        "\"host\",\n        \"singer\"\n      ]",
    );
    assert_ne!(saved, other, "{saved}");
    std::fs::write(acme.path().join("two.json"), other).expect("writable");
    let run = acme.run_args("apply two.json --yes");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr.contains("does not have the digest"),
        "{}",
        run.stderr
    );
    let run = acme.run_args("apply one.json --yes");
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
}

#[test]
fn an_open_run_keeps_it_for_what_is_left_and_for_nothing_more() {
    let acme = halls(
        &format!("{ONE_HOST}      cleo@acme.example: {{role: host}}\n"),
        INVENTORY,
    );
    let folder = acme.path().join("out");
    let run = acme.run_args(&format!(
        "apply --yes --accept-unknown-seats acme-halls/host --tasks-out {}",
        folder.display()
    ));
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    let tasks = std::fs::read_to_string(folder.join("tasks.json")).expect("it was written");
    let json: serde_json::Value = serde_json::from_str(&tasks).expect("it is JSON");
    let id = json["desks"][0]["tasks"][0]["id"].as_str().expect("an id");
    let run = acme.run_args(&format!("tasks done {id} --as ana@acme.example"));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    // The other one is still to do, and was accepted with the first.
    let run = acme.run_args("apply");
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    // Somebody else was not.
    let path = acme.path().join("account.yaml");
    let text = std::fs::read_to_string(&path).expect("it was written");
    let more = text.replace(
        "users:\n",
        "      dora@acme.example: {role: host}\nusers:\n  dora@acme.example: {}\n",
    );
    std::fs::write(&path, more).expect("writable");
    assert_eq!(acme.run_code("plan"), 1);
}
