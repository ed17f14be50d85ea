//! The real Kubernetes organisations, from import to drift.
//!
//! The data is not part of this repository. It is looked for at `$SEATPLAN_KUBERNETES_ORG`, then beside the repository;
//! where it is absent, the tests say so and pass.

use std::path::{Path, PathBuf};

use seatplan::apply::Progress;
use seatplan::diagnostic::Sink;
use seatplan::env::Env;
use seatplan::model::Action;
use seatplan::ops::apply::Verification;
use seatplan::ops::import::{self, Count, Import};
use seatplan::ops::plan::{Planned, Purpose};
use seatplan::plan::Plan;
use seatplan::product::Products;
use seatplan::{config, ops};

/// The `config/` folder of kubernetes/org, or `None` and a loud line.
fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/kubernetes-org/config");
    let named = std::env::var("SEATPLAN_KUBERNETES_ORG").map(PathBuf::from);
    let folder = named.unwrap_or(beside);
    if folder.join("kubernetes/org.yaml").exists() {
        return Some(folder);
    }
    eprintln!(
        "SKIPPED: the Kubernetes organisations are not at {}; set SEATPLAN_KUBERNETES_ORG to the config folder of a \
         clone of kubernetes/org",
        folder.display()
    );
    None
}

fn built_in() -> Products {
    let nothing = config::Config::merge(
        settings("seatplan: 1\nname: x\n"),
        Vec::new(),
        &mut Sink::new(),
    );
    config::products(&nothing, &mut Sink::new())
}

fn settings(text: &str) -> config::Settings {
    let mut sources = seatplan::text::Sources::new();
    let id = sources.add(seatplan::text::Source::new("seatplan.yaml", text));
    let document = seatplan::yaml::parse(sources.get(id), id, &mut Sink::new());
    config::decode_settings(&document, &mut Sink::new()).expect("the settings are right")
}

fn count(counts: &[Count], what: &str) -> usize {
    let found = counts.iter().find(|it| it.what == what);
    found
        .unwrap_or_else(|| panic!("nothing counts {what}"))
        .count
}

fn import_into(folder: &Path, data: &Path) -> Import {
    let env = Env::system().unwrap();
    let import = import::from_peribolos(&env, data, &built_in(), "kubernetes", true).unwrap();
    import::write(&env, folder, &import.files).unwrap();
    import
}

/// The figures are those of an independent count over the same files, with another YAML reader.
#[test]
fn everything_is_carried_over_or_counted() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let import = import_into(folder.path(), &data);
    assert!(import.sink.diagnostics().is_empty());
    let carried = |what| count(&import.carried, what);
    assert_eq!(carried("organisations"), 8);
    assert_eq!(carried("people"), 1_509);
    assert_eq!(carried("teams"), 766);
    assert_eq!(carried("administrators") + carried("members"), 2_666);
    assert_eq!(carried("teams inside others"), 56);
    assert_eq!(carried("places in teams"), 3_615);
    assert_eq!(carried("maintainers among them"), 133);
    assert_eq!(carried("former names of teams"), 44);
    let left_out = |what| count(&import.left_out, what);
    assert_eq!(left_out("permissions of teams on repositories"), 631);
    assert_eq!(left_out("privacy of teams"), 766);
    assert_eq!(left_out("descriptions of teams"), 765);
    assert_eq!(left_out("settings of organisations"), 56);
    assert_eq!(left_out("other files"), 1);
    let longest = import.files.iter().map(|it| it.text.lines().count()).max();
    assert!(longest < Some(3_500), "a file has {longest:?} lines");
}

#[test]
fn what_is_imported_is_valid() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    import_into(folder.path(), &data);
    let env = Env::system().unwrap();
    let mut loaded = ops::estate::load(&env, folder.path()).unwrap();
    let desired = config::resolve(loaded.config, &loaded.products, env.now(), &mut loaded.sink);
    let said = loaded.sink.diagnostics().iter();
    let said: Vec<&str> = said.map(|it| it.message.as_str()).collect();
    // Somebody's login is a number.
    assert_eq!(
        said,
        ["the key \"249043822\" looks like an id that a vendor has given"]
    );
    assert!(!loaded.sink.has_errors());
    // 2,666 accesses, 766 teams, 3,615 places.
    assert_eq!(desired.state.len(), 7_047);
}

/// From nothing to in sync, and then exactly what was edited.
#[test]
fn organisations_are_applied_once_and_three_edits_are_three_changes() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    import_into(folder.path(), &data);
    let story = Story::new(folder.path());

    let first = story.plan(Purpose::Plan);
    assert_eq!(first.report.plan.as_ref().unwrap().steps.len(), 7_047);
    let report = story.apply(&first);
    assert_eq!(report.verification, Verification::Verified);
    drop(first);

    assert_eq!(story.changes(Purpose::Plan), [""; 0]);
    assert_eq!(story.changes(Purpose::Drift), [""; 0]);

    let code = folder.path().join("accounts/kubernetes.yaml");
    let text = std::fs::read_to_string(&code).unwrap();
    let text = delete_line(&text, "milestone-maintainers", "          - aramase");
    let text = make_lead(&text, "milestone-maintainers", "bowei");
    std::fs::write(&code, &text).unwrap();
    let newcomer = "users:\n  newcomer:\n    logins: {github: newcomer}\n    access:\n      kubernetes: {role: member}\n";
    std::fs::write(folder.path().join("people/newcomer.yaml"), newcomer).unwrap();

    let lead_line = line_of(&text, "milestone-maintainers", "          - bowei");
    let expected = [
        "create kubernetes/access/newcomer at people/newcomer.yaml:5".to_owned(),
        "remove kubernetes/team/milestone-maintainers/member/aramase at seatplan.yaml:6".to_owned(),
        format!(
            "update kubernetes/team/milestone-maintainers/member/bowei at accounts/kubernetes.yaml:{lead_line}"
        ),
    ];
    assert_eq!(story.changes(Purpose::Plan), expected);
    let last = story.plan(Purpose::Plan);
    assert_eq!(story.apply(&last).steps.len(), 3);
    drop(last);
    assert_eq!(story.changes(Purpose::Plan), [""; 0]);
}

/// An estate and a machine to run verbs on.
struct Story {
    env: Env,
    folder: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl Story {
    fn new(folder: &Path) -> Self {
        Self {
            env: Env::system().unwrap(),
            folder: folder.to_owned(),
            runtime: tokio::runtime::Runtime::new().unwrap(),
        }
    }

    fn plan(&self, purpose: Purpose) -> Planned {
        let options = ops::plan::Options {
            purpose,
            at: None,
            accounts: Vec::new(),
            accept_removals: None,
            accept_unknown_seats: Vec::new(),
            base: None,
        };
        let planned = ops::plan::run(&self.env, Some(&self.folder), &options);
        let planned = self.runtime.block_on(planned).unwrap();
        assert!(!planned.report.refused());
        assert!(planned.report.unread.is_empty());
        planned
    }

    fn apply(&self, planned: &Planned) -> ops::apply::Report {
        let options = ops::apply::Options {
            holder: "the Kubernetes test".to_owned(),
            patience: ops::apply::Patience::default(),
            signals: None,
            progress: &|_: &Progress| {},
        };
        let (plan, session) = (planned.report.plan.as_ref(), planned.session.as_ref());
        let run = ops::apply::run(&self.env, session.unwrap(), plan.unwrap(), options);
        let report = self.runtime.block_on(run).unwrap();
        assert_eq!(report.exit_code, 0, "{:?}", report.verification);
        report
    }

    /// What a plan would change, sorted: action, address and the line that causes it.
    fn changes(&self, purpose: Purpose) -> Vec<String> {
        let planned = self.plan(purpose);
        let plan: &Plan = planned.report.plan.as_ref().unwrap();
        let steps = plan.steps.iter().map(|step| {
            let place = step.places.first().expect("every step has a line");
            let action: Action = step.action;
            format!(
                "{} {} at {}:{}",
                action.word(),
                step.address,
                place.path,
                place.line
            )
        });
        let mut changes: Vec<String> = steps.collect();
        changes.sort();
        changes
    }
}

/// Where a line of a team stands, from 1.
fn line_of(text: &str, team: &str, line: &str) -> usize {
    let header = format!("      {team}:");
    let start = text
        .lines()
        .position(|it| it == header)
        .expect("the team is there");
    let inner = text.lines().skip(start).position(|it| it == line);
    start + inner.expect("the line is there") + 1
}

fn delete_line(text: &str, team: &str, line: &str) -> String {
    let at = line_of(text, team, line) - 1;
    let kept = text.lines().enumerate().filter(|(index, _)| *index != at);
    kept.map(|(_, line)| format!("{line}\n")).collect()
}

fn make_lead(text: &str, team: &str, login: &str) -> String {
    let line = format!("          - {login}");
    let text = delete_line(text, team, &line);
    let leads = line_of(&text, team, "        leads:");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(leads, &line);
    lines.join("\n") + "\n"
}
