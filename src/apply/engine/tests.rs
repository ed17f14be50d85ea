use super::*;
use crate::model::{Capacity, Fact, Quantity, Resource};
use crate::plan::{AccountPlan, PoolProof, Task};
use crate::plan::{How, Step, StepId};
use crate::product::{Overflow, Via};
use crate::store::OperationState;
use crate::store::fixture::{MADE_AT, access, grant, plan, revoke};

/// An engine with a store that forgets nothing, told things by name; what it does comes back as lines.
struct Bench {
    plan: Plan,
    engine: Engine,
    batch: u64,
    now: Moment,
}

fn limits() -> Limits {
    Limits {
        at_once: 2,
        settle_ms: 5_000,
        late_ms: 30_000,
        sends_max: 2,
        delays_max: 3,
        wait_ms_max: 60_000,
        wait_ms: 0,
        ..Limits::default()
    }
}

fn fresh(plan: &Plan) -> Vec<Operation> {
    let operation = |step: &Step| Operation {
        step: step.id.clone(),
        state: OperationState::Planned,
        attempts: 0,
        intent_at: None,
        phase: None,
        why: String::new(),
    };
    plan.steps.iter().map(operation).collect()
}

impl Bench {
    fn new(plan: Plan) -> Self {
        let operations = fresh(&plan);
        Self::resume(plan, &operations, Mode::Run)
    }

    fn resume(plan: Plan, operations: &[Operation], mode: Mode) -> Self {
        let run = RunId::of(&plan);
        let clocks = (0, MADE_AT);
        let engine = Engine::new(&plan, &run, operations, &limits(), mode, clocks);
        Self {
            plan,
            engine,
            batch: 0,
            now: 0,
        }
    }

    fn at(&self, name: &str) -> usize {
        self.plan
            .steps
            .iter()
            .position(|it| it.id.0 == name)
            .unwrap()
    }

    fn poll(&mut self) -> String {
        let effects = self.engine.poll(self.now);
        let lines = effects.into_iter().filter_map(|effect| match effect {
            Effect::Store { batch, writes } => {
                self.batch = batch;
                let words = writes
                    .iter()
                    .map(|it| format!("{} {}", it.step(), it.state()));
                Some(format!("store {}", words.collect::<Vec<_>>().join(", ")))
            }
            Effect::Send { step, .. } => Some(format!("send {}", self.plan.steps[step].id)),
            Effect::ReadBack { step, .. } => Some(format!("read {}", self.plan.steps[step].id)),
            Effect::WakeAt(at) => Some(format!("wake at {at}")),
            Effect::Tell(_) => None,
            Effect::Finish => Some("finish".to_owned()),
        });
        lines.collect::<Vec<_>>().join("; ")
    }

    fn tell(&mut self, event: Event) -> String {
        self.engine.handle(self.now, event);
        self.poll()
    }

    fn stored(&mut self) -> String {
        let batch = self.batch;
        self.tell(Event::Stored { batch })
    }

    fn answered(&mut self, name: &str, answer: Answer) -> String {
        let step = self.at(name);
        self.tell(Event::Answered { step, answer })
    }

    fn read(&mut self, name: &str, resource: Option<Resource>) -> String {
        let step = self.at(name);
        let address = self.plan.steps[step].address.clone();
        let found = Ok(vec![ReadBack {
            address,
            resource,
            phase: None,
        }]);
        self.tell(Event::ReadBack { step, found })
    }

    fn tick(&mut self, now: Moment) -> String {
        self.now = now;
        self.tell(Event::Tick)
    }

    fn status(&self, name: &str) -> Status {
        self.engine.statuses()[self.at(name)].clone()
    }
}

const DONE: Answer = Answer::Done { phase: None };

fn unknown() -> Answer {
    let why = "the connection broke".to_owned();
    Answer::Unknown { why }
}

fn refused() -> Answer {
    let why = "no".to_owned();
    Answer::Refused { why }
}

fn not_now(retry_after_ms: Option<u64>) -> Answer {
    let why = "busy".to_owned();
    Answer::NotNow {
        why,
        retry_after_ms,
    }
}

#[test]
fn nothing_is_sent_before_its_intent_is_durable() {
    let mut it = Bench::new(plan(vec![grant("ana", &[])]));
    assert_eq!(it.poll(), "store ana intent");
    assert_eq!(it.poll(), "");
    assert_eq!(it.stored(), "send ana");
    assert_eq!(it.answered("ana", DONE), "store ana done");
    assert_eq!(it.stored(), "finish");
    assert_eq!(it.status("ana"), Status::Done { phase: None });
}

#[test]
fn what_is_confirmed_and_what_it_sets_free_are_one_transaction() {
    let mut it = Bench::new(plan(vec![grant("ana", &[]), grant("bob", &["ana"])]));
    it.poll();
    it.stored();
    assert_eq!(it.answered("ana", DONE), "store ana done, bob intent");
    assert_eq!(it.stored(), "send bob");
}

#[test]
fn several_answers_are_written_together() {
    let mut it = Bench::new(plan(vec![grant("ana", &[]), grant("bob", &[])]));
    assert_eq!(it.poll(), "store ana intent, bob intent");
    assert_eq!(it.stored(), "send ana; send bob");
    it.engine.handle(
        0,
        Event::Answered {
            step: 0,
            answer: DONE,
        },
    );
    it.engine.handle(
        0,
        Event::Answered {
            step: 1,
            answer: DONE,
        },
    );
    assert_eq!(it.poll(), "store ana done, bob done");
}

#[test]
fn no_more_run_at_once_than_allowed_and_none_that_touch_the_same() {
    let mut team = grant("ana-in-team", &[]);
    team.address = Address::member(&"acme".into(), &"sales".into(), &"ana".into());
    let steps = vec![
        grant("ana", &[]),
        team,
        grant("bob", &[]),
        grant("eve", &[]),
    ];
    let mut it = Bench::new(plan(steps));
    assert_eq!(it.poll(), "store ana intent, bob intent");
    it.stored();
    assert_eq!(it.answered("bob", DONE), "store bob done, eve intent");
    it.stored();
    assert_eq!(
        it.answered("ana", DONE),
        "store ana done, ana-in-team intent"
    );
}

#[test]
fn a_lost_answer_is_settled_by_reading_back() {
    let mut it = Bench::new(plan(vec![grant("ana", &[]), grant("bob", &["ana"])]));
    it.poll();
    it.stored();
    assert_eq!(it.answered("ana", unknown()), "read ana; store ana unknown");
    it.stored();
    assert_eq!(
        it.read("ana", Some(access("member"))),
        "store ana resolved, bob intent"
    );
    assert_eq!(it.status("ana"), Status::Recovered { phase: None });
}

#[test]
fn absence_counts_after_the_settle_window_and_the_step_is_sent_again_under_its_identity() {
    let mut it = Bench::new(plan(vec![grant("ana", &[])]));
    let identity = it.engine.cells[0].operation.clone();
    it.poll();
    it.stored();
    it.now = 100;
    it.answered("ana", unknown());
    it.stored();
    assert_eq!(it.read("ana", None), "wake at 5100");
    assert_eq!(it.tick(5_099), "wake at 5100");
    assert_eq!(it.tick(5_100), "read ana");
    assert_eq!(it.read("ana", None), "store ana intent");
    let batch = it.batch;
    it.engine.handle(it.now, Event::Stored { batch });
    let effects = it.engine.poll(it.now);
    assert!(matches!(&effects[0], Effect::Send { operation, .. } if *operation == identity));
    // A second time is the last time.
    it.answered("ana", unknown());
    it.stored();
    it.read("ana", None);
    it.tick(20_000);
    assert_eq!(it.read("ana", None), "store ana planned");
    assert_eq!(it.stored(), "finish");
    let why = Some("the connection broke; sent 2 times".to_owned());
    assert_eq!(it.status("ana"), Status::NotStarted { why });
}

#[test]
fn what_reads_back_as_neither_stays_unknown_and_others_go_on() {
    let steps = vec![grant("ana", &[]), grant("bob", &["ana"]), grant("eve", &[])];
    let mut it = Bench::new(plan(steps));
    it.poll();
    it.stored();
    it.answered("ana", unknown());
    it.stored();
    it.tick(1);
    it.read("ana", Some(access("owner")));
    it.tick(5_000);
    it.read("ana", Some(access("owner")));
    assert_eq!(it.answered("eve", DONE), "store eve done");
    assert_eq!(it.stored(), "finish");
    assert!(matches!(it.status("ana"), Status::Unknown { .. }));
    let by = vec![StepId("ana".to_owned())];
    assert_eq!(it.status("bob"), Status::Blocked { by });
}

#[test]
fn a_refusal_stops_only_what_needs_it() {
    let steps = vec![
        grant("ana", &[]),
        grant("bob", &["ana"]),
        grant("cat", &["bob"]),
        grant("eve", &[]),
    ];
    let mut it = Bench::new(plan(steps));
    it.poll();
    it.stored();
    assert_eq!(it.answered("ana", refused()), "store ana refused");
    it.stored();
    assert_eq!(it.answered("eve", DONE), "store eve done");
    assert_eq!(it.stored(), "finish");
    assert_eq!(
        it.status("ana"),
        Status::Refused {
            why: "no".to_owned()
        }
    );
    let by = vec![StepId("ana".to_owned())];
    assert_eq!(it.status("cat"), Status::Blocked { by });
}

#[test]
fn a_refusal_after_a_lost_answer_is_not_believed() {
    let mut it = Bench::new(plan(vec![grant("ana", &[])]));
    it.poll();
    it.stored();
    it.answered("ana", unknown());
    it.stored();
    it.now = 6_000;
    it.tick(6_000);
    it.read("ana", None);
    it.tick(12_000);
    it.read("ana", None);
    assert_eq!(it.stored(), "send ana");
    // The first attempt took effect late, so that the second is refused for being there already.
    assert_eq!(it.answered("ana", refused()), "read ana; store ana unknown");
    it.stored();
    assert_eq!(it.read("ana", Some(access("member"))), "store ana resolved");
}

#[test]
fn a_vendor_that_asks_to_wait_is_waited_for_and_not_for_ever() {
    let mut it = Bench::new(plan(vec![grant("ana", &[])]));
    it.poll();
    it.stored();
    assert_eq!(
        it.answered("ana", not_now(Some(1_000_000_000))),
        "wake at 60000"
    );
    assert_eq!(it.tick(60_000), "store ana intent");
    assert_eq!(it.stored(), "send ana");
    assert_eq!(it.answered("ana", not_now(Some(10))), "wake at 60010");
    assert_eq!(it.tick(60_010), "store ana intent");
    assert_eq!(it.stored(), "send ana");
    assert_eq!(it.answered("ana", not_now(None)), "store ana planned");
    assert_eq!(it.stored(), "finish");
    let why = Some("busy".to_owned());
    assert_eq!(it.status("ana"), Status::NotStarted { why });
}

#[test]
fn a_task_is_not_sent_and_those_that_need_it_say_so() {
    let mut task = grant("ana", &[]);
    task.how = How::Task(Task {
        via: Via::Person,
        why: "the vendor has no API for it".to_owned(),
        who: vec!["dana".into()],
        instructions: Vec::new(),
    });
    let mut it = Bench::new(plan(vec![task, grant("bob", &["ana"]), grant("eve", &[])]));
    assert_eq!(it.poll(), "store eve intent");
    it.stored();
    it.answered("eve", DONE);
    assert_eq!(it.stored(), "finish");
    let who = vec!["dana".into()];
    assert_eq!(it.status("ana"), Status::Waiting { who });
    let by = vec![StepId("ana".to_owned())];
    assert_eq!(it.status("bob"), Status::Blocked { by });
}

#[test]
fn one_interruption_waits_for_what_is_under_way() {
    let steps = vec![grant("ana", &[]), grant("bob", &["ana"]), grant("cat", &[])];
    let mut it = Bench::new(plan(steps));
    it.poll();
    it.stored();
    assert_eq!(it.answered("cat", not_now(Some(500))), "wake at 500");
    assert_eq!(it.tell(Event::Signal), "store cat planned");
    it.stored();
    assert_eq!(it.answered("ana", DONE), "store ana done");
    assert_eq!(it.stored(), "finish");
    assert_eq!(it.status("bob"), Status::NotStarted { why: None });
    assert_eq!(it.engine.signals(), 1);
}

#[test]
fn an_interruption_before_the_intent_is_durable_sends_nothing() {
    let mut it = Bench::new(plan(vec![grant("ana", &[])]));
    it.poll();
    it.tell(Event::Signal);
    assert_eq!(it.stored(), "store ana planned");
    assert_eq!(it.stored(), "finish");
}

#[test]
fn a_second_interruption_leaves_what_is_under_way_as_unknown() {
    let mut it = Bench::new(plan(vec![grant("ana", &[])]));
    it.poll();
    it.stored();
    assert_eq!(it.tell(Event::Signal), "");
    assert_eq!(it.tell(Event::Signal), "store ana unknown");
    assert_eq!(it.stored(), "finish");
    // An answer that comes after all changes nothing.
    assert_eq!(it.answered("ana", DONE), "");
    assert!(matches!(it.status("ana"), Status::Unknown { .. }));
}

#[test]
fn what_a_dead_run_left_open_is_read_back_first() {
    let plan = plan(vec![grant("ana", &[]), revoke("bob", &[])]);
    let mut operations = fresh(&plan);
    for operation in &mut operations {
        operation.state = OperationState::Intent;
        operation.attempts = 1;
        operation.intent_at = Some(MADE_AT - jiff::SignedDuration::from_secs(20));
    }
    let mut it = Bench::resume(plan, &operations, Mode::Settle);
    assert_eq!(
        it.poll(),
        "read ana; read bob; store ana unknown, bob unknown"
    );
    it.stored();
    assert_eq!(it.read("ana", Some(access("member"))), "store ana resolved");
    it.stored();
    // 15 of the 35 seconds are left in which the request may still take effect.
    assert_eq!(it.read("bob", Some(access("member"))), "wake at 15000");
    assert_eq!(it.tick(15_000), "read bob");
    assert_eq!(it.read("bob", Some(access("member"))), "store bob planned");
    assert_eq!(it.stored(), "finish");
}

#[test]
fn a_pool_is_never_overdrawn_even_if_the_plan_says_so() {
    let mut steps = vec![
        revoke("ana", &[]),
        grant("bob", &["ana"]),
        grant("eve", &[]),
    ];
    for (step, units) in steps.iter_mut().zip([-1, 1, 1]) {
        step.seats.insert("member".into(), units);
    }
    let mut plan = plan(steps);
    let proof = PoolProof {
        pool: "member".into(),
        unit: "seat".to_owned(),
        overflow: Overflow::Refuse,
        purchased: Fact::Known(Capacity::Purchased(Quantity::Number(5))),
        purchased_after: Fact::Known(Capacity::Purchased(Quantity::Number(5))),
        used: 5,
        freed: 1,
        taken: 1,
        after: 5,
        peak: 5,
        waiting: 0,
        lots: Vec::new(),
        shares: Vec::new(),
    };
    let account = AccountPlan {
        product: "tracker".into(),
        parent: None,
        settings: Default::default(),
        target: crate::model::TargetId("t1".to_owned()),
        from: "here".to_owned(),
        actor: crate::model::Actor::Unknown,
        observed_at: MADE_AT,
        people: 5,
        pools: vec![proof],
        cost: None,
        counted: false,
        shared: Default::default(),
        gaps: Vec::new(),
    };
    plan.accounts.insert("acme".into(), account);
    // "eve" needs a seat and waits for nobody: such a plan must never have been made.
    let mut it = Bench::new(plan);
    assert_eq!(it.poll(), "store ana intent");
    assert_eq!(
        it.engine.bug(),
        Some("step eve would use 6 of 5 in pool \"member\"")
    );
    assert_eq!(it.stored(), "store ana planned");
    assert_eq!(it.stored(), "finish");
}
