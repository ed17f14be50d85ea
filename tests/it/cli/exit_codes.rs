//! Every exit code that can be brought about from outside, and which one counts when several apply.

use super::builder::cli;
use super::estates::{ACME, CLEO_FOR_BOB, CLEO_TOO, CODE, SETTINGS};

/// An account whose target nobody listens at.
const AWAY: (&str, &str) = (
    "accounts/away.yaml",
    "accounts:
  acme-away:
    product: github-organization
    connection: {provider: directory, url: 'http://127.0.0.1:9', token: {env: TOKEN}}
    settings: {plan: free}
",
);

#[test]
fn fine_is_0() {
    assert_eq!(cli().files(&ACME).args("validate").run().code, 0);
    assert_eq!(cli().args("--version").run().code, 0);
}

#[test]
fn refused_files_are_1() {
    let run = cli()
        .files(&ACME)
        .file("x.yaml", "users: [1]\n")
        .args("plan")
        .run();
    assert_eq!(run.code, 1);
}

#[test]
fn a_refused_plan_is_1() {
    let run = cli()
        .files(&ACME)
        .file(CLEO_TOO.0, CLEO_TOO.1)
        .args("plan")
        .run();
    assert_eq!(run.code, 1, "{}", run.stdout);
}

#[test]
fn differences_are_2_where_they_are_asked_for() {
    let acme = cli().files(&ACME);
    assert_eq!(acme.run_code("plan"), 0);
    assert_eq!(acme.run_code("plan --detailed-exitcode"), 2);
    assert_eq!(acme.run_code("drift"), 2);
    let acme = acme.after("apply --yes");
    assert_eq!(acme.run_code("plan --detailed-exitcode"), 0);
    assert_eq!(acme.run_code("drift"), 0);
}

#[test]
fn a_guard_is_4_and_the_exact_number_overrides_it() {
    let acme = cli()
        .files(&ACME)
        .file("seatplan.yaml", &SETTINGS.replace("max: 1", "max: 0"))
        .after("apply --yes")
        .file(CODE.0, &CODE.1.replace("[ana, bob]", "[ana]"))
        .file(CLEO_FOR_BOB.0, CLEO_FOR_BOB.1);
    assert_eq!(acme.run_code("plan"), 4);
    assert_eq!(acme.run_code("plan --accept-removals 2"), 4);
    assert_eq!(acme.run_code("plan --accept-removals 1"), 0);
    assert_eq!(acme.run_code("apply --yes"), 4);
}

#[test]
fn a_held_lock_is_5() {
    let acme = cli().files(&ACME).after("plan");
    let path = acme.path().join(".seatplan/state.db");
    let mut store = seatplan::store::Store::open(&path).unwrap();
    let now = jiff::Timestamp::now();
    store.acquire("somebody else", now, 60_000).unwrap();
    let run = acme.args("apply --yes").run();
    assert_eq!(run.code, 5, "{}", run.stderr);
    assert!(run.stderr.contains("somebody else"), "{}", run.stderr);
}

#[test]
fn a_stale_plan_is_6() {
    let acme = cli()
        .files(&ACME)
        .after("plan --out one.json")
        .file(CODE.0, &CODE.1.replace("[ana, bob]", "[ana]"))
        .file(CLEO_FOR_BOB.0, CLEO_FOR_BOB.1)
        .after("apply --yes --account acme-code");
    let run = acme.args("apply one.json --yes").run();
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
}

#[test]
fn an_account_that_cannot_be_read_is_7_and_the_others_are_shown() {
    let acme = cli()
        .files(&ACME)
        .file(AWAY.0, AWAY.1)
        .variable("TOKEN", "x");
    let run = acme.args("plan").run();
    assert_eq!(run.code, 7, "{}", run.stdout);
    assert!(run.stdout.contains("acme-away"), "{}", run.stdout);
    assert!(run.stdout.contains("access ana-m"), "{}", run.stdout);
}

#[test]
fn an_unset_token_variable_is_told_by_its_name() {
    let run = cli().files(&ACME).file(AWAY.0, AWAY.1).args("plan").run();
    assert_eq!(run.code, 7);
    assert!(
        run.stdout.contains("\"TOKEN\" is not set"),
        "{}",
        run.stdout
    );
}

/// 70, 7, 6, 5, 4, 1, 3, 2: each against the next one that can stand beside it.
#[test]
fn of_several_codes_the_worst_counts() {
    let acme = cli()
        .files(&ACME)
        .file("seatplan.yaml", &SETTINGS.replace("max: 1", "max: 0"))
        .after("apply --yes")
        .file(CLEO_TOO.0, CLEO_TOO.1);
    let code = |acme: &super::builder::Cli, args| acme.run_code(args);
    assert_eq!(
        code(&acme, "plan --detailed-exitcode"),
        1,
        "refused and different"
    );
    assert_eq!(code(&acme, "drift"), 1, "refused and different");
    let two_for_bob = CLEO_FOR_BOB.1.to_owned()
        + "  dora:\n    logins: {github: dora}\n    access: {acme-code: {role: member}}\n";
    let acme = acme
        .file(CODE.0, &CODE.1.replace("[ana, bob]", "[ana]"))
        .file(CLEO_FOR_BOB.0, &two_for_bob);
    let run = acme.run_args("plan --detailed-exitcode");
    assert!(run.stdout.contains("SEAT001"), "{}", run.stdout);
    assert_eq!(run.code, 4, "a guard, refused and different");
    let acme = acme.file(AWAY.0, AWAY.1).variable("TOKEN", "x");
    assert_eq!(code(&acme, "plan --detailed-exitcode"), 7, "and not read");
    assert_eq!(code(&acme, "apply --yes"), 7, "and not read");
}

#[test]
fn wrong_usage_is_64() {
    let acme = cli().files(&ACME);
    for args in [
        "plan --nonsense",
        "plan --account nobody",
        "plan --at yesterday",
        "show user nobody",
        "explain XYZ999",
        "apply --format sarif",
        "apply",
    ] {
        assert_eq!(acme.run_code(args), 64, "{args}");
    }
    assert_eq!(cli().args("plan").run().code, 64, "no estate");
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let acme = cli().files(&ACME);
    assert_eq!(acme.args("validate").run_into_a_closed_pipe(), 0);
}

#[test]
fn a_hosted_machine_must_say_that_its_journal_is_lost() {
    let acme = cli().files(&ACME).variable("CI", "true");
    let run = acme.run_args("apply --yes");
    assert_eq!(run.code, 1);
    insta::assert_snapshot!("apply_in_ci", run.stderr);
    assert_eq!(acme.run_code("apply --yes --ephemeral-store"), 0);
}
