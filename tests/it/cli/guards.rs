//! Guards over several runs: many small removals, and an acknowledgement that is good for one plan only.

use std::fmt::Write as _;

use super::builder::{Cli, cli};

/// A company of so many people, of whom the last ones have no access any more.
fn company(people: usize, gone: usize) -> String {
    let mut text = "accounts:
  acme-code:
    product: github-organization
    settings: {plan: free}
users:
  ana: {logins: {github: ana}, access: {acme-code: {role: admin}}}
"
    .to_owned();
    for at in 1..people {
        let access = match at < people - gone {
            true => "{role: member}",
            false => "none",
        };
        let line = format!(
            "  p{at:02}: {{logins: {{github: p{at:02}}}, access: {{acme-code: {access}}}}}"
        );
        writeln!(text, "{line}").expect("text takes text");
    }
    text
}

fn estate(guard: &str) -> Cli {
    let settings = format!(
        "seatplan: 1
name: acme
timezone: Europe/Paris
defaults: {{unmanaged: remove}}
guards: {{removals: {guard}}}
"
    );
    cli().file("seatplan.yaml", &settings)
}

/// How many of 20 removals, one a run, the guard lets through.
fn let_through(guard: &str) -> usize {
    const PEOPLE: usize = 30;
    let mut acme = estate(guard)
        .file("all.yaml", &company(PEOPLE, 0))
        .after("apply --yes");
    for gone in 1..=20 {
        acme = acme.file("all.yaml", &company(PEOPLE, gone));
        let run = acme.run_args("apply --yes");
        match run.code {
            0 => {}
            4 => {
                assert!(run.stdout.contains("GUARD001"), "{}", run.stdout);
                // Nothing was done: what is left to do is what the guard stopped.
                assert_eq!(acme.run_code("plan --accept-removals 1"), 0);
                return gone - 1;
            }
            other => panic!("exit {other}: {}{}", run.stdout, run.stderr),
        }
    }
    20
}

#[test]
fn many_small_removals_are_stopped_by_the_window() {
    assert_eq!(let_through("{max: 3, window: 7d}"), 3);
    // A tenth of 30 people is three; the share is of those who are left.
    assert_eq!(let_through("{percent: 10, window: 7d}"), 2);
}

#[test]
fn an_acknowledgement_does_not_fit_another_plan() {
    let acme = estate("{max: 0}")
        .file("all.yaml", &company(6, 0))
        .after("apply --yes")
        .file("all.yaml", &company(6, 1))
        .after("plan --accept-removals 1 --out one.json");
    // Meanwhile somebody else is to go as well: the reviewed plan is the reviewed plan, and no more.
    let acme = acme.file("all.yaml", &company(6, 2));
    assert_eq!(acme.run_code("plan --accept-removals 1"), 4);
    let saved = std::fs::read_to_string(acme.path().join("one.json")).expect("it was saved");
    let other = saved.replace("\"accepted_removals\": 1", "\"accepted_removals\": 2");
    assert_ne!(saved, other);
    std::fs::write(acme.path().join("two.json"), other).expect("writable");
    let run = acme.run_args("apply two.json --yes");
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr.contains("does not have the digest"),
        "{}",
        run.stderr
    );
    // The acknowledged plan takes one person's access away, whatever the files say by now.
    assert_eq!(acme.run_code("apply one.json --yes"), 0);
    assert_eq!(acme.run_code("plan --accept-removals 1"), 0);
    assert_eq!(acme.run_code("plan"), 4);
}
