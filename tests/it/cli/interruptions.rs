//! Signals to a run that is at work, and what the next run makes of it: nothing is lost and nothing is done twice.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use seatplan::directory::Accept;

use super::builder::{Cli, cli};
use super::estates::{PEOPLE, SETTINGS};
use super::vendor::Vendor;

/// What the account has besides its connection; with the people that makes seven steps.
const CODE: &str = "    settings: {plan: team}
    seats: {member: 2}
    teams:
      platform: {members: [ana, bob]}
";
const STEPS: u64 = 7;

/// A company at a vendor that takes its time.
fn slow() -> (Vendor, Cli) {
    let vendor = Vendor::new("acme-code", "github-organization", Accept::AtOnce);
    vendor.answers_late(Duration::from_millis(400));
    let acme = cli()
        .file("seatplan.yaml", SETTINGS)
        .file(PEOPLE.0, PEOPLE.1)
        .file("accounts/code.yaml", &vendor.account(CODE))
        .variable("TOKEN", &vendor.token());
    (vendor, acme)
}

/// Starts a run and waits until its first step has ended.
pub(super) fn begin(acme: &Cli, args: &str) -> Child {
    let mut child = acme
        .command()
        .args(args.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = child.stderr.take().unwrap();
    let mut lines = BufReader::new(stderr).lines().map(Result::unwrap);
    assert!(
        lines.any(|it| it.starts_with("  ok ")),
        "no step ended before the run did"
    );
    // Read on, so that the run is not held up by a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

fn send(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
    assert!(sent.success());
}

/// The next run does the rest; in the end every step had its effect exactly once.
///
/// What the dead run sent may reach the vendor as late as after the next one has read it: then that one says that its plan
/// is stale, and does nothing.
fn assert_done_once(vendor: &Vendor, acme: &Cli, args: &str) {
    let before = vendor.running.commits().unwrap();
    assert!((1..STEPS).contains(&before), "{before} steps were done");
    let mut run = acme.run_args(args);
    if run.code == 6 {
        assert!(run.stderr.contains("stale"), "{}", run.stderr);
        run = acme.run_args(args);
    }
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(vendor.running.commits().unwrap(), STEPS);
    assert_eq!(acme.run_code("drift"), 0);
}

#[test]
fn an_interruption_is_130_and_a_saved_plan_goes_on() {
    let (vendor, acme) = slow();
    let acme = acme.after("plan --out one.json");
    let mut child = begin(&acme, "apply one.json --yes --at-once 1");
    send(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let run = acme.run_args("apply one.json --yes");
    assert!(run.stderr.contains("Resuming 7 steps."), "{}", run.stderr);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(vendor.running.commits().unwrap(), STEPS);
    assert_eq!(acme.run_code("apply one.json --yes"), 6, "it had its run");
    assert_eq!(vendor.running.commits().unwrap(), STEPS);
}

#[test]
fn a_request_to_end_is_143_and_a_fresh_plan_does_the_rest() {
    let (vendor, acme) = slow();
    let mut child = begin(&acme, "apply --yes --at-once 1");
    send(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_done_once(&vendor, &acme, "apply --yes");
}

#[test]
fn two_interruptions_stop_at_once_and_what_was_under_way_is_read_back() {
    let (vendor, acme) = slow();
    let mut child = begin(&acme, "apply --yes --at-once 1");
    send(&child, "-INT");
    std::thread::sleep(Duration::from_millis(50));
    send(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_done_once(&vendor, &acme, "apply --yes");
}

/// Only where the system says since when it runs is the lock of a dead run seen to be one; elsewhere it has to end by itself.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_killed_leaves_nothing_that_the_next_one_does_not_find() {
    let (vendor, acme) = slow();
    let mut child = begin(&acme, "apply --yes --at-once 2");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_done_once(&vendor, &acme, "apply --yes");
}
