//! Carrying plans out on a real directory, over HTTP, with a real journal.

#![expect(
    clippy::unwrap_used,
    reason = "a site that cannot be set up is a test that fails"
)]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use seatplan::apply::{self, Error, Inputs, Limits, Progress, Report, Status, Verification};
use seatplan::directory::{self, Accept, Faults, Running, Seed, Trouble};
use seatplan::env::Env;
use seatplan::model::{Access, AccountName, Observation, Resource};
use seatplan::plan::{How, Plan, Step, Task};
use seatplan::product::Via;
use seatplan::provider::{self, Answer, OperationId, Reader, Target, Writer};
use seatplan::store::{Broken, RunId, Store, operation_id};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::support::estate::{Estate, access_of, account};

const PRODUCT: &str = "
title: Test
user: {identity: email, fold: case, roles: many}
roles:
  viewer: {rank: 1}
  editor: {rank: 2, may_assign: [viewer]}
  admin: {rank: 3, administers: true, may_assign: [viewer, editor, admin]}
teams: {nested: true}
pools:
  full: {unit: seat, capacity: [{purchased: true}], counts: {role: [editor, admin]}, overflow: refuse}
";

type Ways<T> = BTreeMap<AccountName, Arc<T>>;

/// A directory, what is written about it, and a folder for the journal.
struct Site {
    estate: Estate,
    running: Running,
    faults: Faults,
    folder: tempfile::TempDir,
    now: jiff::Timestamp,
}

impl Site {
    /// Ana administers, Bob and Cleo edit, all three seats are taken; then Bob leaves, Dora comes, and four viewers and a
    /// team are new.
    fn new() -> Self {
        let mut estate = Estate::new(PRODUCT);
        estate.seats("full", 3);
        estate.access("ana@x.example", "admin");
        estate
            .access("bob@x.example", "editor")
            .access("cleo@x.example", "editor");
        let folder = tempfile::tempdir().unwrap();
        let faults = Faults::new();
        let now: jiff::Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let running = directory::start(directory::Settings {
            database: folder.path().join("directory.db"),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            bootstrap_token: None,
            accept: Accept::AtOnce,
            clock: Arc::new(move || now),
            random: Arc::new(|bytes| {
                bytes.fill(7);
                Ok(())
            }),
            faults: faults.clone(),
            script: directory::Script::default(),
        })
        .unwrap();
        let product = estate.products.get("test").unwrap();
        running
            .provision(&account(), &"test".into(), product)
            .unwrap();
        let there = estate.observe();
        let seeds = there.state.iter().map(|(address, entry)| Seed {
            id: &address.resource,
            resource: &entry.resource,
        });
        running.seed(&account(), seeds).unwrap();
        estate
            .forget_person("bob@x.example")
            .access("dora@x.example", "editor");
        estate.team("sales", None);
        for name in ["eve", "fay", "gil", "hal"] {
            let name = format!("{name}@x.example");
            estate.access(&name, "viewer").member("sales", &name, false);
        }
        Self {
            estate,
            running,
            faults,
            folder,
            now,
        }
    }

    fn target(&self) -> Target {
        Target {
            url: self.running.url.clone(),
            token: Some(self.running.bootstrap_token.clone()),
        }
    }

    fn readers(&self) -> Ways<dyn Reader> {
        let product = self.estate.products.get("test").unwrap();
        let reader = provider::open_reader(&account(), product, "directory", &self.target());
        BTreeMap::from([(account(), Arc::from(reader.unwrap()))])
    }

    fn writers(&self) -> Ways<dyn Writer> {
        let product = self.estate.products.get("test").unwrap();
        let writer = provider::open_writer(&account(), product, "directory", &self.target());
        BTreeMap::from([(account(), Arc::from(writer.unwrap()))])
    }

    async fn observe(&self) -> Observation {
        self.readers()[&account()].observe().await.unwrap()
    }

    async fn plan(&self) -> Plan {
        self.estate.plan(&self.observe().await)
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("state.db")
    }

    fn store(&self) -> Store {
        Store::open(&self.journal()).unwrap()
    }

    fn env(&self) -> Env {
        Env::fixed(self.now, BTreeMap::new(), self.folder.path())
    }

    async fn apply(&self, plan: &Plan) -> Result<Report, Error> {
        self.apply_with(plan, &self.writers(), None, &|_| ()).await
    }

    async fn apply_with(
        &self,
        plan: &Plan,
        writers: &Ways<dyn Writer>,
        signals: Option<UnboundedReceiver<()>>,
        progress: &dyn Fn(&Progress),
    ) -> Result<Report, Error> {
        let limits = Limits {
            settle_ms: 50,
            late_ms: 50,
            wait_ms: 1,
            ..Limits::default()
        };
        apply::run(Inputs {
            plan,
            products: &self.estate.products,
            readers: &self.readers(),
            writers,
            store: &mut self.store(),
            env: &self.env(),
            holder: "a test".to_owned(),
            limits,
            signals,
            progress,
        })
        .await
    }

    fn commits(&self) -> u64 {
        self.running.commits().unwrap()
    }

    /// Every step took effect once, the audit log is whole, and nothing is left to do.
    async fn assert_done_once(&self, plan: &Plan) {
        let run = RunId::of(plan);
        for step in &plan.steps {
            let operation = operation_id(&run, plan, &step.id);
            assert_eq!(
                self.running.commits_of(&operation.0).unwrap(),
                1,
                "{}",
                step.address
            );
        }
        let store = self.store();
        assert_eq!(store.verify_audit().unwrap(), None::<Broken>);
        assert_eq!(store.open_runs().unwrap(), []);
        assert_eq!(self.plan().await.steps, []);
    }
}

fn task(step: &mut Step) {
    step.how = How::Task(Task {
        via: Via::Person,
        why: "the vendor has no API for it".to_owned(),
        who: vec!["ana@x.example".into()],
        instructions: Vec::new(),
    });
}

#[tokio::test]
async fn a_plan_is_carried_out_verified_and_not_a_second_time() {
    let site = Site::new();
    let plan = site.plan().await;
    let before = site.commits();
    let report = site.apply(&plan).await.unwrap();
    assert_eq!(report.counts().done, plan.steps.len());
    assert_eq!(report.verification, Verification::Verified);
    assert_eq!((report.exit_code(), report.resumed), (0, false));
    assert_eq!(site.commits() - before, plan.steps.len() as u64);
    site.assert_done_once(&plan).await;

    // The same file again is refused by name; a fresh plan has nothing to do and touches nothing.
    let (commits, requests) = (site.commits(), site.running.requests());
    let error = site.apply(&plan).await.unwrap_err();
    assert!(
        matches!(&error, Error::AlreadyApplied { why, .. } if why == "applied"),
        "{error}"
    );
    assert_eq!((error.exit_code(), site.running.requests()), (6, requests));
    let again = site.plan().await;
    let requests = site.running.requests();
    let report = site.apply(&again).await.unwrap();
    assert_eq!((report.run, site.commits()), (None, commits));
    assert_eq!(site.running.requests(), requests);
}

#[tokio::test]
async fn a_run_that_is_killed_goes_on_where_it_was() {
    for kill_after in 1..8 {
        let site = Site::new();
        let plan = site.plan().await;
        let (kill, killed) = tokio::sync::mpsc::unbounded_channel();
        let sent = std::cell::Cell::new(0);
        let progress = |progress: &Progress| {
            if matches!(progress, Progress::Sent { .. }) {
                sent.set(sent.get() + 1);
                if sent.get() == kill_after {
                    kill.send(()).unwrap();
                }
            }
        };
        let mut killed = killed;
        let writers = site.writers();
        tokio::select! {
            biased;
            _ = killed.recv() => {}
            report = site.apply_with(&plan, &writers, None, &progress) => panic!("{report:?}"),
        }
        let report = site.apply(&plan).await.unwrap();
        assert!(report.resumed);
        assert_eq!(
            report.exit_code(),
            0,
            "killed after {kill_after}: {report:?}"
        );
        site.assert_done_once(&plan).await;
    }
}

#[tokio::test]
async fn answers_that_are_lost_are_found_by_reading_back() {
    let site = Site::new();
    let plan = site.plan().await;
    site.faults.add("PUT", "access", 2, Trouble::LoseAnswer);
    site.faults
        .add("PUT", "access", 1, Trouble::ErrorAfterWrite);
    site.faults.add("PUT", "members", 1, Trouble::LoseRequest);
    site.faults.add("DELETE", "access", 1, Trouble::HalfAnswer);
    let report = site.apply(&plan).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert!(report.counts().recovered >= 3, "{report:?}");
    site.assert_done_once(&plan).await;
}

#[tokio::test]
async fn a_vendor_that_asks_to_wait_gets_what_it_asks_for() {
    let site = Site::new();
    let plan = site.plan().await;
    site.faults
        .add("PUT", "access", 2, Trouble::TooMany(Some("1".to_owned())));
    let began = std::time::Instant::now();
    let report = site.apply(&plan).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{report:?}");
    assert!(began.elapsed() >= Duration::from_secs(1));
    site.assert_done_once(&plan).await;
}

#[tokio::test]
async fn a_plan_whose_facts_moved_is_refused_before_anything_is_sent() {
    let site = Site::new();
    let plan = site.plan().await;
    let bob = access_of("bob@x.example");
    let viewer = Resource::Access(Access {
        roles: vec!["viewer".into()],
        ..Access::default()
    });
    let seed = Seed {
        id: &bob.resource,
        resource: &viewer,
    };
    site.running.seed(&account(), [seed]).unwrap();
    let commits = site.commits();
    let error = site.apply(&plan).await.unwrap_err();
    let Error::Stale { moved } = &error else {
        panic!("{error}");
    };
    assert!(
        moved.iter().any(|it| it.contains("bob@x.example")),
        "{moved:?}"
    );
    assert_eq!((error.exit_code(), site.commits()), (6, commits));
    assert_eq!(site.store().open_runs().unwrap(), []);
}

#[tokio::test]
async fn a_plan_that_is_a_day_old_is_not_begun() {
    let mut site = Site::new();
    let plan = site.plan().await;
    site.now += jiff::SignedDuration::from_hours(24);
    let error = site.apply(&plan).await.unwrap_err();
    assert!(matches!(error, Error::Stale { .. }), "{error}");
}

#[tokio::test]
async fn of_two_at_once_one_is_told_who_is_at_work() {
    let site = Site::new();
    let plan = site.plan().await;
    let (first, second) = tokio::join!(site.apply(&plan), site.apply(&plan));
    assert_eq!(first.unwrap().exit_code(), 0);
    let error = second.unwrap_err();
    assert!(
        matches!(&error, Error::Busy(held) if held.holder == "a test"),
        "{error}"
    );
    assert_eq!(error.exit_code(), 5);
    site.assert_done_once(&plan).await;
}

#[tokio::test]
async fn an_interruption_ends_it_gently_and_the_next_run_does_the_rest() {
    let site = Site::new();
    let plan = site.plan().await;
    let (interrupt, signals) = tokio::sync::mpsc::unbounded_channel();
    let progress = |progress: &Progress| {
        if matches!(progress, Progress::Ended { .. }) {
            let _ = interrupt.send(());
        }
    };
    let writers = site.writers();
    site.faults
        .add("PUT", "", 100, Trouble::Slow(Duration::from_millis(30)));
    let report = site
        .apply_with(&plan, &writers, Some(signals), &progress)
        .await
        .unwrap();
    let counts = report.counts();
    assert!(report.signals > 0 && counts.not_started > 0, "{report:?}");
    site.faults.clear();
    let report = site.apply(&plan).await.unwrap();
    assert_eq!(
        (report.resumed, report.exit_code()),
        (true, 0),
        "{report:?}"
    );
    site.assert_done_once(&plan).await;
}

#[tokio::test]
async fn what_a_person_must_do_waits_and_is_found_when_it_is_done() {
    let site = Site::new();
    let mut plan = site.plan().await;
    let eve = access_of("eve@x.example");
    let at = plan.steps.iter().position(|it| it.address == eve).unwrap();
    task(&mut plan.steps[at]);
    let report = site.apply(&plan).await.unwrap();
    assert_eq!(report.exit_code(), 3, "{report:?}");
    assert!(matches!(report.steps[at].status, Status::Waiting { .. }));
    // Her place in the team needs her access.
    assert_eq!((report.counts().waiting, report.counts().blocked), (1, 1));
    assert_eq!(site.store().open_runs().unwrap().len(), 1);

    let resource = plan.steps[at].after.as_ref().unwrap();
    let id = &eve.resource;
    site.running
        .seed(&account(), [Seed { id, resource }])
        .unwrap();
    let report = site.apply(&plan).await.unwrap();
    assert_eq!(
        (report.resumed, report.exit_code()),
        (true, 0),
        "{report:?}"
    );
    assert!(matches!(report.steps[at].status, Status::Recovered { .. }));
    assert_eq!(site.store().open_runs().unwrap(), []);
}

/// Says that everything is done, and does nothing.
struct Liar;

#[async_trait::async_trait]
impl Writer for Liar {
    async fn execute(&self, _: &Step, _: &OperationId) -> Answer {
        Answer::Done { phase: None }
    }
}

#[tokio::test]
async fn what_does_not_read_back_is_said() {
    let site = Site::new();
    let plan = site.plan().await;
    let writers: Ways<dyn Writer> = BTreeMap::from([(account(), Arc::new(Liar) as _)]);
    let report = site
        .apply_with(&plan, &writers, None, &|_| ())
        .await
        .unwrap();
    let Verification::Unverified(differ) = &report.verification else {
        panic!("{report:?}");
    };
    assert_eq!((differ.len(), report.exit_code()), (plan.steps.len(), 7));
    let log = site.store().audit().unwrap();
    let events: Vec<_> = log
        .iter()
        .rev()
        .take(2)
        .map(|it| it.event.as_str())
        .collect();
    assert_eq!(events, ["closed", "unverified"]);
}

/// Stops in the middle of everything.
struct Panics;

#[async_trait::async_trait]
impl Writer for Panics {
    async fn execute(&self, step: &Step, _: &OperationId) -> Answer {
        panic!("{} is too much", step.address)
    }
}

#[tokio::test]
async fn a_provider_that_panics_leaves_nothing_in_doubt() {
    let site = Site::new();
    let plan = site.plan().await;
    let writers: Ways<dyn Writer> = BTreeMap::from([(account(), Arc::new(Panics) as _)]);
    let report = site
        .apply_with(&plan, &writers, None, &|_| ())
        .await
        .unwrap();
    assert_eq!(
        (report.exit_code(), report.counts().unknown),
        (7, 0),
        "{report:?}"
    );
    assert!(report.counts().not_started > 0);
    let report = site.apply(&plan).await.unwrap();
    assert_eq!(
        (report.resumed, report.exit_code()),
        (true, 0),
        "{report:?}"
    );
    site.assert_done_once(&plan).await;
}
