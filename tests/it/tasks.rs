//! What people do: handed out to those who may, recorded when it is done, in any order that the list allows.

use std::collections::BTreeMap;
use std::path::Path;

use seatplan::env::Env;
use seatplan::ops;
use seatplan::ops::plan::{Options, Purpose};
use seatplan::ops::tasks::{Claim, Done, Outcome, Report, Task};
use seatplan::output::{Detail, Look, human, markdown};

/// The day of these tests.
pub(crate) fn env(folder: &Path) -> Env {
    let now = "2026-11-22T10:00:00Z".parse().unwrap();
    Env::fixed(now, BTreeMap::new(), folder)
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

fn look() -> Look {
    Look {
        color: false,
        unicode: true,
        width: 100,
        detail: Detail::Normal,
    }
}

pub(crate) fn list(folder: &Path) -> Report {
    block_on(ops::tasks::run(&env(folder), None, &[])).unwrap()
}

pub(crate) fn plan(folder: &Path) -> ops::plan::Report {
    let options = Options {
        purpose: Purpose::Plan,
        at: None,
        accounts: Vec::new(),
        accept_removals: None,
        accept_unknown_seats: Vec::new(),
        base: None,
    };
    block_on(ops::plan::run(&env(folder), None, &options))
        .unwrap()
        .report
}

fn done(folder: &Path, id: &str, who: &str) -> Done {
    let claim = Claim {
        ids: vec![id.to_owned()],
        who: who.to_owned(),
        inputs: BTreeMap::new(),
        holder: "a test".to_owned(),
    };
    block_on(ops::tasks::done(&env(folder), None, &claim)).unwrap()
}

/// Carries out what programs do; nothing is refused.
pub(crate) fn apply(folder: &Path) -> ops::apply::Report {
    let applied = carry_out(folder);
    assert!(matches!(applied.exit_code, 0 | 3), "{applied:?}");
    applied
}

/// Carries out what programs do, whatever the vendor says.
pub(crate) fn carry_out(folder: &Path) -> ops::apply::Report {
    let env = env(folder);
    block_on(async {
        let options = Options {
            purpose: Purpose::Plan,
            at: None,
            accounts: Vec::new(),
            accept_removals: None,
            accept_unknown_seats: Vec::new(),
            base: None,
        };
        let planned = ops::plan::run(&env, None, &options).await.unwrap();
        let (plan, session) = (planned.report.plan.unwrap(), planned.session.unwrap());
        let options = ops::apply::Options {
            holder: "a test".to_owned(),
            patience: ops::apply::Patience::default(),
            signals: None,
            progress: &|_| (),
        };
        ops::apply::run(&env, &session, &plan, options)
            .await
            .unwrap()
    })
}

/// Numbers that are the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// Applies an estate and lets people do their tasks, one after the other in an order that the dice choose among those that
/// the list allows, until nobody has anything to do; then the plan has no steps. Gives how many tasks there were.
pub(crate) fn work_off(folder: &Path, seed: u64) -> usize {
    let mut dice = Dice::new(seed);
    let mut count = 0;
    loop {
        let applied = apply(folder);
        let list = list(folder);
        assert!(!list.problems.refused(), "{:#?}", list.problems);
        let ready: Vec<(&Task, &str)> = list
            .desks
            .iter()
            .filter(|it| !it.who.is_empty())
            .flat_map(|desk| desk.tasks.iter().map(move |task| (task, desk)))
            .map(|(task, desk)| (task, desk.who[count % desk.who.len()].as_str()))
            .collect();
        if ready.is_empty() {
            assert!(list.is_empty(), "nobody can go on: {list:#?}");
            let report = plan(folder);
            let steps = &report.plan.as_ref().unwrap().steps;
            assert!(steps.is_empty() && report.pending.is_empty(), "{steps:#?}");
            assert_eq!(applied.exit_code, 0, "{applied:?}");
            let before = files(folder);
            assert!(apply(folder).steps.is_empty());
            assert!(
                files(folder) == before,
                "it writes though there is nothing to do"
            );
            return count;
        }
        let is_for_people = list.ready().any(|it| it.action.is_some());
        assert!(!is_for_people || applied.exit_code == 3, "{applied:?}");
        let (task, who) = ready[dice.below(ready.len())];
        let inputs = task.instructions.iter().flat_map(|it| &it.inputs);
        let claim = Claim {
            ids: vec![task.id.clone()],
            who: who.to_owned(),
            inputs: inputs
                .filter(|it| !it.secret)
                .map(|it| (it.name.clone(), "AB12".to_owned()))
                .collect(),
            holder: "a test".to_owned(),
        };
        let done = block_on(ops::tasks::done(&env(folder), None, &claim)).unwrap();
        let outcome = &done.tasks[0].outcome;
        assert!(
            matches!(outcome, Outcome::Recorded { .. }),
            "{}: {outcome:?}",
            task.what
        );
        // Saying it again changes nothing.
        let again = block_on(ops::tasks::done(&env(folder), None, &claim)).unwrap();
        assert!(again.files.is_empty(), "{again:?}");
        count += 1;
        assert!(count < 500, "it does not end");
    }
}

/// The files of an estate, without what seatplan keeps for itself.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match path.is_dir() {
            true if name == ".seatplan" => {}
            true => files.extend(
                self::files(&path)
                    .into_iter()
                    .map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)),
            ),
            false => {
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

const SETTINGS: &str =
    "seatplan: 1\nname: acme\ndefaults: {unmanaged: remove, attested_for: 90d}\n";

const ACCOUNT: &str = "\
accounts:
  acme-support:
    product: respond-io
    connection: {provider: inventory, file: inventory/support.yaml}
    settings: {plan: advanced}
    teams:
      front: {members: [ana, bob]}
    access:
      dana@acme.example: {role: owner}
      eve@acme.example: {role: owner}
      ana: {role: manager}
      bob: {role: agent, options: {contact_visibility: team, mask: [phone]}}
users:
  dana@acme.example: {name: Dana}
  eve@acme.example: {name: Eve}
  ana: {email: ana@acme.example}
  bob: {email: bob@acme.example}
  carl@acme.example: {leaves: 2026-11-01, hand_over_to: ana}
";

const INVENTORY: &str = "\
# The workspace, as on its users page.
inventory:
  account: acme-support
  attested: {by: dana@acme.example, on: 2026-11-02}
  settings: {}
  teams: {}
  access:
    dana@acme.example: {role: owner} # the founder
    eve@acme.example: {role: owner}
    ana@acme.example: {role: agent}
    # leaves in autumn
    carl@acme.example: {role: agent}
";

fn estate(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn support() -> tempfile::TempDir {
    estate(&[
        ("seatplan.yaml", SETTINGS),
        ("accounts/support.yaml", ACCOUNT),
        ("inventory/support.yaml", INVENTORY),
    ])
}

fn inventory(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("inventory/support.yaml")).unwrap()
}

fn task<'r>(list: &'r Report, part: &str) -> &'r Task {
    let mut ready = list.ready();
    let found = ready.find(|it| it.what.contains(part));
    found.unwrap_or_else(|| panic!("no task about {part}: {:#?}", list.desks))
}

#[test]
fn tasks_are_listed_for_those_who_can_do_them() {
    let folder = support();
    let list = list(folder.path());
    insta::assert_snapshot!("tasks_human", human::tasks(&list, &look()));
    insta::assert_snapshot!("tasks_markdown", markdown::tasks(&list));
}

#[test]
fn any_order_that_the_list_allows_ends_with_nothing_to_do() {
    for seed in 1..=6 {
        let folder = support();
        let count = work_off(folder.path(), seed);
        assert!(count >= 7, "only {count} tasks");
        let text = inventory(folder.path());
        assert!(
            text.starts_with("# The workspace") && text.contains("# the founder"),
            "{text}"
        );
        assert!(!text.contains("carl"), "{text}");
    }
}

#[test]
fn what_was_done_stands_in_the_file_with_who_says_so() {
    let folder = support();
    let list = list(folder.path());
    let id = task(&list, "give bob@acme.example").id.clone();
    let told = done(folder.path(), &id[..5], "ana");
    // An agent may not invite anybody.
    insta::assert_snapshot!(human::tasks_done(&told, &look()));
    let told = done(folder.path(), &id[..5], "dana@acme.example");
    insta::assert_snapshot!(human::tasks_done(&told, &look()));
    let told = done(folder.path(), &id, "dana@acme.example");
    insta::assert_snapshot!(human::tasks_done(&told, &look()));
}

#[test]
fn nobody_says_of_their_own_access_that_it_was_changed() {
    let folder = support();
    let text = inventory(folder.path()).replace(
        "eve@acme.example: {role: owner}",
        "eve@acme.example: {role: manager}",
    );
    std::fs::write(folder.path().join("inventory/support.yaml"), text).unwrap();
    let list = list(folder.path());
    let id = &task(&list, "change what eve@acme.example").id;
    let told = done(folder.path(), id, "eve@acme.example");
    let Outcome::Refused { why, .. } = &told.tasks[0].outcome else {
        panic!("{told:?}")
    };
    assert_eq!(
        why,
        "\"eve@acme.example\" may not do it: nobody changes their own access"
    );
}

#[test]
fn what_waits_for_something_else_is_not_recorded() {
    let folder = support();
    let list = list(folder.path());
    let later = &list.later[0];
    let told = done(folder.path(), &later.id, "dana@acme.example");
    let Outcome::Refused { why, .. } = &told.tasks[0].outcome else {
        panic!("{told:?}")
    };
    assert!(why.starts_with("it waits for "), "{why}");
    assert_eq!(inventory(folder.path()), INVENTORY);
}

#[test]
fn an_unknown_id_changes_nothing() {
    let folder = support();
    let told = done(folder.path(), "0000deadbeef", "dana@acme.example");
    assert!(
        matches!(told.tasks[0].outcome, Outcome::Refused { .. }),
        "{told:?}"
    );
    assert_eq!(inventory(folder.path()), INVENTORY);
}

#[test]
fn nobody_is_invited_twice() {
    let folder = support();
    apply(folder.path());
    let shown = human::plan(&plan(folder.path()), &look());
    let invitation = task(&list(folder.path()), "give bob@acme.example")
        .id
        .clone();
    let waits = format!("waiting ({invitation}) since 2026-11-22: Paramètres");
    assert!(shown.contains(&waits), "{shown}");
    assert!(
        shown.contains("kept by hand in inventory/support.yaml"),
        "{shown}"
    );
    let invite = task(&list(folder.path()), "give bob@acme.example")
        .id
        .clone();
    apply(folder.path());
    assert_eq!(
        task(&list(folder.path()), "give bob@acme.example").id,
        invite
    );
    done(folder.path(), &invite, "dana@acme.example");
    apply(folder.path());
    let list = list(folder.path());
    assert!(
        !list
            .ready()
            .any(|it| it.what.contains("give bob@acme.example")),
        "{list:#?}"
    );
    let accept = task(&list, "bob@acme.example becomes active on acme-support");
    assert_eq!(accept.via, "user");
    // That he has accepted may be said by himself, or by whoever sees it on the users page.
    let told = done(folder.path(), &accept.id, "eve@acme.example");
    assert!(
        matches!(told.tasks[0].outcome, Outcome::Recorded { .. }),
        "{told:?}"
    );
    assert!(!inventory(folder.path()).contains("invited"));
}

/// An estate whose account lives in the embedded directory, played by a script.
fn scripted(script: &str) -> tempfile::TempDir {
    let account = ACCOUNT
        .replace(
            "{provider: inventory, file: inventory/support.yaml}",
            "{provider: directory, script: play.txt}",
        )
        .replace(
            "      front: {members: [ana, bob]}\n",
            "      front: {members: [ana]}\n",
        );
    estate(&[
        ("seatplan.yaml", SETTINGS),
        ("accounts/support.yaml", &account),
        ("play.txt", script),
    ])
}

#[test]
fn a_script_plays_people_who_accept_later() {
    let folder = scripted(
        "\
script:
  - {upon: access.create, who: bob@*, do: accept, after: 40}
  - {upon: access.create, who: \"*\", do: accept}
",
    );
    let applied = apply(folder.path());
    let phase = |who: &str| {
        let mut steps = applied.steps.iter();
        let step = steps.find(|it| it.address.to_string() == format!("acme-support/access/{who}"));
        match &step.unwrap().status {
            ops::apply::Status::Done { phase } => phase.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(phase("bob@acme.example").as_deref(), Some("invited"));
    assert_eq!(phase("ana@acme.example"), None);
    // He is only waited for, and by the time of the next program he has come.
    let report = plan(folder.path());
    assert!(report.plan.as_ref().unwrap().steps.is_empty() && report.pending.is_empty());
}

#[test]
fn a_script_plays_a_vendor_who_refuses_and_people_who_never_answer() {
    let folder = scripted(
        "\
script:
  - {upon: access.create, who: ana@*, do: refuse, why: no more managers, times: 1}
  - {upon: access.create, who: bob@*, do: ignore}
  - {do: slow, ms: 1, times: 2}
  - {upon: access.create, do: accept}
",
    );
    let applied = carry_out(folder.path());
    assert_eq!(applied.exit_code, 7);
    let refused = applied.steps.iter().filter_map(|it| match &it.status {
        ops::apply::Status::Refused { why } => Some(format!("{}: {why}", it.address)),
        _ => None,
    });
    let refused: Vec<_> = refused.collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(
        refused[0].starts_with("acme-support/access/ana@acme.example: no more managers"),
        "{refused:?}"
    );
}

#[test]
fn a_script_that_lacks_something_says_what() {
    let folder = scripted("script:\n  - {do: refuse}\n  - {do: slow}\n  - {do: dance}\n");
    let report = plan(folder.path());
    let unread = &report.unread[0];
    assert!(unread.why.starts_with("its script: "), "{}", unread.why);
}

#[test]
fn an_address_is_changed_by_creating_the_new_one_first() {
    let folder = support();
    let account = ACCOUNT
        .replace(
            "  eve@acme.example: {name: Eve}\n",
            "  eve.new@acme.example: {formerly: [eve@acme.example]}\n",
        )
        .replace(
            "      eve@acme.example: {role: owner}",
            "      eve.new@acme.example: {role: owner}",
        );
    std::fs::write(folder.path().join("accounts/support.yaml"), account).unwrap();
    let first = list(folder.path());
    let invite = task(&first, "give eve.new@acme.example").id.clone();
    let is_taken = |list: &Report| {
        let is_it = |what: &str| what.contains("access of eve@acme.example");
        (
            list.ready().any(|it| is_it(&it.what)),
            list.later.iter().any(|it| is_it(&it.what)),
        )
    };
    assert!(!is_taken(&first).0, "the old one goes last");
    done(folder.path(), &invite, "dana@acme.example");
    let waiting = list(folder.path());
    assert_eq!(
        is_taken(&waiting),
        (false, false),
        "it stays until the new one is active"
    );
    let accept = task(&waiting, "eve.new@acme.example becomes active")
        .id
        .clone();
    done(folder.path(), &accept, "eve.new@acme.example");
    let last = list(folder.path());
    let taken = task(&last, "access of eve@acme.example");
    assert_eq!(taken.hand_over_to.as_deref(), Some("eve.new@acme.example"));
    work_off(folder.path(), 1);
}

const OWNED: &str = "\
accounts:
  acme-meet:
    product: clickmeeting
    connection: {provider: inventory, file: inventory/meet.yaml}
    access:
      bob@acme.example: {role: owner}
      ana@acme.example: {role: multi-user}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
  olga@acme.example: {name: Olga, leaves: 2026-11-01}
";

const OWNED_INVENTORY: &str = "\
inventory:
  account: acme-meet
  attested: {by: olga@acme.example, on: 2026-11-02}
  settings: {}
  sub_accounts: {}
  access:
    olga@acme.example: {role: owner}
    ana@acme.example: {role: multi-user}
";

#[test]
fn an_owner_who_leaves_hands_the_account_on_by_hand() {
    for seed in 1..=4 {
        let folder = estate(&[
            ("seatplan.yaml", SETTINGS),
            ("accounts/meet.yaml", OWNED),
            ("inventory/meet.yaml", OWNED_INVENTORY),
        ]);
        let first = list(folder.path());
        assert!(
            first
                .ready()
                .any(|it| it.what.contains("give bob@acme.example"))
        );
        let later = first.later.iter().map(|it| it.what.as_str());
        assert_eq!(
            later.collect::<Vec<_>>(),
            [
                "hand the role owner of acme-meet on from olga@acme.example to bob@acme.example; \
                 olga@acme.example becomes multi-user",
                "take the access of olga@acme.example to acme-meet away",
            ]
        );
        if seed == 1 {
            insta::assert_snapshot!("hand_on_human", human::plan(&plan(folder.path()), &look()));
            let report = plan(folder.path());
            insta::assert_snapshot!("hand_on_markdown", markdown::plan(&report));
        }
        assert_eq!(work_off(folder.path(), seed), 3);
        let text = std::fs::read_to_string(folder.path().join("inventory/meet.yaml")).unwrap();
        assert!(text.contains("bob@acme.example: {role: owner"), "{text}");
        assert!(!text.contains("olga@acme.example: {"), "{text}");
    }
}

#[test]
fn an_owner_who_leaves_hands_the_account_on_where_a_connection_can() {
    let owned = OWNED.replace(
        "{provider: inventory, file: inventory/meet.yaml}",
        "{provider: directory}",
    );
    let before = owned
        .replace("bob@acme.example: {role", "olga@acme.example: {role")
        .replace("leaves: 2026-11-01", "kind: employee");
    let folder = estate(&[("seatplan.yaml", SETTINGS), ("accounts/meet.yaml", &before)]);
    apply(folder.path());
    std::fs::write(folder.path().join("accounts/meet.yaml"), &owned).unwrap();
    let steps = plan(folder.path()).plan.unwrap().steps;
    let words: Vec<_> = steps.iter().map(|it| it.action.word()).collect();
    assert_eq!(words, ["create", "update", "remove"]);
    let applied = apply(folder.path());
    assert_eq!(applied.exit_code, 0, "{applied:?}");
    assert!(plan(folder.path()).plan.unwrap().steps.is_empty());
}

#[test]
fn what_a_proof_rests_on_is_marked_where_it_was_seen_long_ago() {
    let copy = tempfile::tempdir().unwrap();
    let folder = copy.path().join("acme");
    crate::console::copy(&crate::console::repository().join("examples/acme"), &folder);
    let settings = folder.join("seatplan.yaml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let text = text.replace(
        "{unmanaged: remove}",
        "{unmanaged: remove, attested_for: 90d}",
    );
    std::fs::write(&settings, text).unwrap();
    let shown = human::plan(&plan(&folder), &look());
    for part in [
        "1 (says dana@acme.example on 2026-01-12, aged) -> 2",
        "aged: attested by dana@acme.example on 2026-01-12, 314 days",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
    let estate = ops::desired::read_written(&env(&folder), None, None).unwrap();
    let account = human::shown(&ops::show::account(&estate, "acme-crm").unwrap(), &look());
    let all = account.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "teamleader-focus, kept by hand in inventory/crm.yaml",
        "aged: attested by dana@acme.example on 2026-01-12, 314 days ago and more than the 90 days that count; so are 7 more things",
        "! what is there: attested by dana@acme.example on 2026-01-12, aged (314 days)",
    ] {
        assert!(all.contains(part), "{part}:\n{account}");
    }
    let user = human::shown(
        &ops::show::user(&estate, "alice@acme.example").unwrap(),
        &look(),
    );
    let marks = user.matches("aged (314 days)").count();
    // On her access to the CRM; on two more accounts she has nothing yet that anybody could have seen.
    assert_eq!(marks, 1, "{user}");
}

#[test]
fn what_was_seen_lately_is_not_marked() {
    let folder = support();
    let estate = ops::desired::read_written(&env(folder.path()), None, None).unwrap();
    for shown in [
        ops::show::account(&estate, "acme-support").unwrap(),
        ops::show::user(&estate, "dana@acme.example").unwrap(),
    ] {
        let shown = human::shown(&shown, &look());
        assert!(!shown.contains("aged") && !shown.contains('!'), "{shown}");
    }
}

#[test]
fn names_from_outside_are_inert_in_the_lists() {
    let folder = support();
    let name = "a`<b>[c](http://d.example) @team";
    let account = ACCOUNT.replace("      front:", &format!("      {name:?}:"));
    let path = folder.path().join("accounts/support.yaml");
    std::fs::write(&path, account).unwrap();
    let list = list(folder.path());
    assert!(!list.problems.refused(), "{:#?}", list.problems);
    let shown = markdown::tasks(&list);
    for markup in ["](http", "<b>", " @team"] {
        assert!(!shown.contains(markup), "{markup}:\n{shown}");
    }
    let text = inventory(folder.path()).replace(
        "{role: owner} # the founder",
        "{role: owner, attested: {by: \"\\e[2Jx\", on: 2026-11-02}}",
    );
    std::fs::write(folder.path().join("inventory/support.yaml"), text).unwrap();
    let shown = human::plan(&plan(folder.path()), &look());
    assert!(!shown.contains('\u{1b}'), "{shown}");
}
