//! Settings come from options, then from variables, then from `seatplan.yaml`; and what must not come from there does not.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use super::builder::{Cli, Run, cli};
use super::estates::{ACME, CODE, PEOPLE, SETTINGS};

/// The company with lines added to its settings, while somebody else is at work on it.
fn locked(settings: &str) -> (Cli, seatplan::store::Store) {
    let acme = cli()
        .files(&[CODE, PEOPLE])
        .file("seatplan.yaml", &format!("{SETTINGS}{settings}"))
        .after("plan");
    let path = acme.path().join(".seatplan/state.db");
    let mut store = seatplan::store::Store::open(&path).unwrap();
    let now = jiff::Timestamp::now();
    store.acquire("somebody else", now, 60_000).unwrap();
    (acme, store)
}

/// How long the run said that it waits for the lock, in seconds.
fn waited(run: &Run) -> Option<u32> {
    assert_eq!(run.code, 5, "{}", run.stderr);
    let (_, after) = run.stderr.split_once("Waiting up to ")?;
    after.split(' ').next()?.parse().ok()
}

#[test]
fn an_option_comes_before_a_variable_and_that_before_the_file() {
    let (acme, _held) = locked("");
    assert_eq!(waited(&acme.run_args("apply --yes")), None);
    let (acme, _held) = locked("apply: {lock_wait: 1s}\n");
    assert_eq!(waited(&acme.run_args("apply --yes")), Some(1));
    let acme = acme.variable("SEATPLAN_LOCK_WAIT", "2s");
    assert_eq!(waited(&acme.run_args("apply --yes")), Some(2));
    let run = acme.run_args("apply --yes --lock-wait 0s");
    assert_eq!(waited(&run), None);
}

#[test]
fn a_lock_that_is_let_go_of_in_time_is_taken() {
    let (acme, mut store) = locked("apply: {lock_wait: 60s, at_once: 1}\n");
    let mut command = acme.command();
    let command = command.args(["apply", "--yes"]).stderr(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    // It says whom it waits for, however long it takes to start; then the lock is let go of.
    let mut says = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("\"somebody else\"") && says.read_line(&mut said).unwrap() > 0 {}
    store.release().unwrap();
    says.read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(said.contains("\"somebody else\""), "{said}");
}

#[test]
fn values_without_sense_are_refused_wherever_they_stand() {
    let acme = cli().files(&ACME);
    for args in [
        "apply --at-once 0",
        "apply --at-once 33",
        "apply --lock-wait 61m",
        "apply --lock-wait 5",
        "apply --lock-wait -1s",
    ] {
        assert_eq!(acme.run_code(args), 64, "{args}");
    }
    let acme = acme.file(
        "seatplan.yaml",
        &format!("{SETTINGS}apply: {{at_once: 0, lock_wait: 2h}}\n"),
    );
    let run = acme.run_args("validate");
    assert_eq!(run.code, 1);
    assert_eq!(run.stdout.matches("× LANG004").count(), 2, "{}", run.stdout);
}

#[test]
fn a_machine_may_keep_the_journal_elsewhere() {
    let elsewhere = tempfile::tempdir().unwrap();
    let store = elsewhere.path().join("acme");
    let acme = cli()
        .files(&ACME)
        .variable("SEATPLAN_STORE", &store.display().to_string())
        .variable("CI", "true");
    assert_eq!(
        acme.run_code("apply --yes"),
        0,
        "whoever names it says that it stays"
    );
    assert!(store.join("state.db").exists());
    assert!(store.join("directory.db").exists());
    assert!(!acme.path().join(".seatplan").exists());
    assert_eq!(acme.run_code("drift"), 0);
    assert_eq!(
        acme.run_code("drift --store other"),
        2,
        "an option comes first"
    );
    assert!(acme.path().join("other").exists());
}

/// A change under review can write `seatplan.yaml`. It must not start with an empty journal, nor choose what its reviewer sees.
#[test]
fn the_files_decide_neither_where_the_journal_is_nor_how_a_report_looks() {
    for line in [
        "store: other",
        "format: json",
        "output: {format: json}",
        "yes: true",
    ] {
        let acme = cli()
            .files(&ACME)
            .file("seatplan.yaml", &format!("{SETTINGS}{line}\n"));
        assert_eq!(acme.run_code("plan"), 1, "{line}");
    }
}
