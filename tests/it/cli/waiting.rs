//! Exit code 3: what is left is for people to do.

use seatplan::directory::Accept;

use super::builder::{Cli, cli};
use super::estates::SETTINGS;
use super::vendor::Vendor;

/// A workspace in which Mona manages. She may add agents; another manager only Olga can add.
fn managed(extra: &str) -> (Vendor, Cli) {
    let vendor = Vendor::new("acme-support", "respond-io", Accept::AtOnce);
    vendor.by_hand("PUT", "settings/plan", "\"advanced\"");
    let person = |role: &str| format!("{{\"roles\": [\"{role}\"], \"options\": {{}}}}");
    vendor.by_hand("PUT", "access/olga@acme.example", &person("owner"));
    vendor.by_hand("PUT", "access/mona@acme.example", &person("manager"));
    let people = "users:
  olga@acme.example: {access: {acme-support: {role: owner}}}
  mona@acme.example: {access: {acme-support: {role: manager}}}
  paul@acme.example: {access: {acme-support: {role: agent}}}
  rita@acme.example: {access: {acme-support: {role: manager}}}
";
    let acme = cli()
        .file("seatplan.yaml", SETTINGS)
        .file("people.yaml", people)
        .file(
            "account.yaml",
            &format!(
                "{}{extra}",
                vendor.account("    settings: {plan: advanced}\n")
            ),
        )
        .variable("TOKEN", &vendor.token_of("mona@acme.example"));
    (vendor, acme)
}

#[test]
fn what_only_waits_for_people_is_3_until_they_have_done_it() {
    let (vendor, acme) = managed("");
    let acme = acme.after("plan --out one.json");
    let before = vendor.running.commits().unwrap();
    let first = acme.run_args("apply one.json --yes");
    assert_eq!(first.code, 3, "{}{}", first.stdout, first.stderr);
    assert!(
        first.stdout.contains("olga@acme.example"),
        "{}",
        first.stdout
    );
    assert_eq!(vendor.running.commits().unwrap(), before + 1);

    let again = acme.run_args("apply one.json --yes");
    assert_eq!(again.code, 3, "{}", again.stderr);
    assert_eq!(vendor.running.commits().unwrap(), before + 1);

    let person = "{\"roles\": [\"manager\"], \"options\": {}}";
    vendor.by_hand("PUT", "access/rita@acme.example", person);
    let last = acme.run_args("apply one.json --yes");
    assert_eq!(last.code, 0, "{}{}", last.stdout, last.stderr);
    assert_eq!(vendor.running.commits().unwrap(), before + 2);
    assert_eq!(acme.run_code("drift"), 0);
}

#[test]
fn waiting_counts_less_than_an_account_that_cannot_be_read() {
    let away = "  acme-away:
    product: respond-io
    connection: {provider: directory, url: 'http://127.0.0.1:9', token: {env: TOKEN}}
    settings: {plan: advanced}
";
    let (_vendor, acme) = managed(away);
    assert_eq!(acme.run_code("apply --yes"), 7);
}

/// Sending it is all that the plan has to do; who has not come yet is told by every later one.
#[test]
fn an_invitation_that_nobody_accepted_is_told_and_is_no_failure() {
    let vendor = Vendor::new("acme-code", "github-organization", Accept::Manual);
    let acme = cli()
        .file("seatplan.yaml", SETTINGS)
        .file(
            "people.yaml",
            "users:\n  ana: {logins: {github: ana-m}, access: {acme-code: {role: admin}}}\n",
        )
        .file("code.yaml", &vendor.account("    settings: {plan: free}\n"))
        .variable("TOKEN", &vendor.token());
    let sent = acme.run_args("apply --yes");
    assert_eq!(sent.code, 0, "{}{}", sent.stdout, sent.stderr);
    assert!(sent.stderr.contains("ana-m (invited)"), "{}", sent.stderr);
    let waits = acme.run_args("plan --detailed-exitcode");
    assert_eq!(waits.code, 0);
    assert!(
        waits
            .stdout
            .contains("not active yet: acme-code: ana-m (invited)"),
        "{}",
        waits.stdout
    );
    vendor.by_hand("POST", "access/ana-m/accept", "null");
    let active = acme.run_args("plan").stdout;
    assert!(!active.contains("not active yet"), "{active}");
}
