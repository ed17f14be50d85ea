//! The estates of the five articles, and all four vendors together: worked off by people on inventories, in any order that
//! the list of tasks allows, and by programs on the directory, where a script plays the vendor and the people.

use std::path::{Path, PathBuf};

use seatplan::directory::Accept;
use seatplan::ops;
use seatplan::ops::apply::Status;

use crate::tasks::{apply, carry_out, env, files, plan, work_off};

/// An example, and how many tasks it has at least.
const ESTATES: [(&str, usize); 7] = [
    ("customer-meeting", 6),
    ("limited-crm", 9),
    ("dailybiz", 8),
    ("respond-io", 8),
    ("clickmeeting", 9),
    ("acme", 10),
    ("by-hand", 6),
];

/// The five examples whose one account starts with its administrator alone: who that is, and what the product wants told.
const FROM_SCRATCH: [(&str, &str); 5] = [
    (
        "customer-meeting",
        "{account: studio-crm, attested: {by: nora@studio.example, on: 2026-01-12}, settings: {}, seats: {customer_meeting: 0}, teams: {}, access: {nora@studio.example: {role: admin}}}",
    ),
    (
        "limited-crm",
        "{account: agency-crm, attested: {by: ines@agency.example, on: 2026-01-12}, settings: {}, seats: {customer_meeting: 0}, teams: {}, access: {ines@agency.example: {role: admin}}}",
    ),
    (
        "dailybiz",
        "{account: atelier-books, attested: {by: rose@atelier.example, on: 2026-01-12}, settings: {included_crm: 1, included_invoicing: 1, included_accounting: 1}, seats: {crm: 0, invoicing: 0, accounting: 0}, roles: {}, accountants: {}, access: {rose@atelier.example: {options: {admin: true}}}}",
    ),
    (
        "respond-io",
        "{account: helpdesk-inbox, attested: {by: irene@helpdesk.example, on: 2026-01-12}, settings: {}, teams: {}, access: {irene@helpdesk.example: {role: owner}}}",
    ),
    (
        "clickmeeting",
        "{account: academy-webinars, attested: {by: olga@academy.example, on: 2026-01-12}, settings: {}, seats: {presenters: 0, sub_accounts: 0}, sub_accounts: {}, access: {olga@academy.example: {role: owner}}}",
    ),
];

/// A copy of an example.
struct Copy {
    folder: PathBuf,
    _root: tempfile::TempDir,
}

fn copy(example: &str) -> Copy {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join(example);
    let examples = crate::console::repository().join("examples");
    crate::console::copy(&examples.join(example), &folder);
    Copy {
        folder,
        _root: root,
    }
}

#[test]
fn people_work_examples_off_in_any_order() {
    for (example, least) in ESTATES {
        for seed in 1..=2 {
            let copy = copy(example);
            let count = work_off(&copy.folder, seed);
            assert!(count >= least, "{example}: only {count} tasks");
        }
    }
}

#[test]
fn people_work_examples_off_from_an_administrator_alone() {
    for (seed, (example, inventory)) in (3..).zip(FROM_SCRATCH) {
        let copy = copy(example);
        let folder = copy.folder.join("inventory");
        let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
        std::fs::write(file.path(), format!("inventory: {inventory}\n")).unwrap();
        let count = work_off(&copy.folder, seed);
        assert!(count >= 8, "{example}: only {count} tasks");
    }
}

/// Puts every account of an estate that is kept in an inventory into the directory instead.
fn into_directory(folder: &Path, connection: &str) {
    for (name, bytes) in files(folder) {
        let text = String::from_utf8(bytes).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for line in &mut lines {
            if let Some((indent, _)) = line.split_once("connection: {") {
                *line = format!("{indent}connection: {connection}");
            }
        }
        if name.ends_with(".yaml") {
            std::fs::write(folder.join(&name), lines.join("\n") + "\n").unwrap();
        }
    }
}

/// A vendor who is slow and now and then refuses at first, and people who accept late. One script for all: what fits nobody
/// in an estate does not play there.
const PLAY: &str = "\
script:
  - {do: slow, ms: 2, times: 3}
  - {upon: access.create, do: refuse, why: closed on Sundays, times: 1}
  - {upon: roles.create, who: roles/clerk, do: refuse, why: the page does not load, times: 1}
  - {upon: sub_accounts.create, do: refuse, why: try again later, times: 2}
  - {upon: accountants.create, who: accountants/*, do: send, values: {code: AB12}, after: 3}
  - {upon: sub_accounts.create, who: sub_accounts/*, do: accept, after: 9}
  - {upon: access.create, times: 1, do: accept, after: 60}
  - {upon: access.create, do: accept, after: 2}
  - {upon: access.update.customer_meeting, do: activate, after: 5}
";

#[test]
fn a_scripted_vendor_and_people_carry_examples_out() {
    let mut refused = 0;
    for (example, _) in ESTATES {
        let copy = copy(example);
        let folder = copy.folder.as_path();
        // A vendor outlives the programs that call it, and so does what has played: it runs on its own.
        into_directory(folder, "{provider: directory}");
        let script = folder.join("play.yaml");
        let sends = matches!(example, "dailybiz" | "acme");
        let lines = PLAY.lines().filter(|it| sends || !it.contains("do: send"));
        std::fs::write(&script, lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
        let local = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let env = env(folder);
        let served = ops::serve::start(&env, None, local, Accept::AtOnce, Some(&script)).unwrap();
        let url = &served.running.url;
        let token = "{file: .seatplan/directory.token}";
        into_directory(
            folder,
            &format!("{{provider: directory, url: '{url}', token: {token}}}"),
        );
        refused += converge(folder, example);
    }
    assert!(refused >= 10, "only {refused} steps were refused at first");
}

/// Applies until everything is as the files say and everybody has accepted; how many steps were refused on the way.
fn converge(folder: &Path, example: &str) -> usize {
    let mut refused = 0;
    for _ in 0..20 {
        let applied = carry_out(folder);
        assert!(matches!(applied.exit_code, 0 | 3 | 7), "{applied:?}");
        let is_refusal = |it: &&ops::apply::StepResult| matches!(it.status, Status::Refused { .. });
        refused += applied.steps.iter().filter(is_refusal).count();
        let report = plan(folder);
        if report.plan.as_ref().unwrap().steps.is_empty() && report.pending.is_empty() {
            let applied = apply(folder);
            assert!(
                applied.steps.is_empty() && applied.exit_code == 0,
                "{applied:?}"
            );
            return refused;
        }
    }
    panic!("{example} does not converge: {:#?}", plan(folder));
}

#[test]
fn a_vendor_sends_what_only_it_knows() {
    let copy = copy("dailybiz");
    let folder = copy.folder.as_path();
    into_directory(folder, "{provider: directory, script: play.yaml}");
    let line = "{upon: accountants.create, do: send, values: {code: AB12}, after: 500}";
    std::fs::write(folder.join("play.yaml"), format!("script: [{line}]\n")).unwrap();
    let applied = apply(folder);
    let asked = applied.steps.iter().find_map(|it| match &it.status {
        Status::Done { phase } if it.address.to_string().contains("accountants") => phase.clone(),
        _ => None,
    });
    assert_eq!(asked.as_deref(), Some("waiting-for-code"));
    assert_eq!(applied.exit_code, 0, "{applied:?}");
    // Whoever was asked in an earlier run acts early in the next one.
    let report = plan(folder);
    assert!(report.plan.as_ref().unwrap().steps.is_empty());
    assert!(plan(folder).pending.is_empty(), "the code never came");
    let database = folder.join(".seatplan/directory.db");
    let database = rusqlite::Connection::open(database).unwrap();
    let stored: String = database
        .query_row(
            "SELECT value FROM objects WHERE kind = 'accountants'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(stored.contains("AB12"), "{stored}");
}

#[test]
fn a_script_that_sends_what_nobody_waits_for_says_so() {
    for (values, why) in [
        (
            "{pin: 12}",
            "its script: it sends \"pin\", which is no field that is given later of DailyBiz",
        ),
        ("{}", "its script: "),
    ] {
        let copy = copy("dailybiz");
        let folder = copy.folder.as_path();
        into_directory(folder, "{provider: directory, script: play.yaml}");
        let line = format!("{{upon: accountants.create, do: send, values: {values}}}");
        std::fs::write(folder.join("play.yaml"), format!("script: [{line}]\n")).unwrap();
        let unread = &plan(folder).unread[0];
        assert!(unread.why.starts_with(why), "{}", unread.why);
    }
}

#[test]
fn a_grant_is_activated_by_whoever_has_it_also_in_a_later_run() {
    let copy = copy("customer-meeting");
    let folder = copy.folder.as_path();
    into_directory(folder, "{provider: directory, script: play.yaml}");
    let lines = "script:\n  - {upon: access.create, do: accept}\n  - {upon: access.update.customer_meeting, who: tim@*, do: activate, after: 500}\n";
    std::fs::write(folder.join("play.yaml"), lines).unwrap();
    let text = std::fs::read_to_string(folder.join("crm.yaml")).unwrap();
    let before = text.replace(", grants: {customer_meeting: access}", "");
    std::fs::write(folder.join("crm.yaml"), before).unwrap();
    apply(folder);
    std::fs::write(folder.join("crm.yaml"), text).unwrap();
    apply(folder);
    let pending = |folder: &Path| -> Vec<String> {
        let pending = plan(folder).pending;
        pending.iter().map(|it| it.address.to_string()).collect()
    };
    pending(folder);
    assert_eq!(pending(folder), ["studio-crm/access/zoe@studio.example"]);
}
