//! Does what the engine says: sends, reads back, writes the journal, keeps the time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::engine::{Effect, Engine, Event, Mode, Moment};
use super::verify;
use super::{Error, Inputs, Limits, Progress, Report, StepReport, Verification};
use crate::env::Env;
use crate::model::{AccountName, Observation};
use crate::plan::{self, How, Plan};
use crate::provider::{Answer, ReadBack, Reader, Writer};
use crate::store::{Journal as _, OperationState, Outcome, Run, RunId, Store, StoreError, Write};

/// Hours after which a plan that was never begun is too old to begin.
const BEGIN_WITHIN_HOURS: i64 = 24;
/// How often a lock that somebody else holds is asked for.
const LOCK_PAUSE: Duration = Duration::from_millis(500);
/// Days after which a run that was begun is too old to go on with.
const END_WITHIN_DAYS: i64 = 30;

/// Carries out a plan, or goes on with a run that did not end.
///
/// Before the first effect it takes the lock, finds out what came of whatever an earlier run left open, reads the accounts
/// again, and refuses if the plan does not hold any more. After the last one it reads them once more.
/// A plan without steps touches nothing, not even the journal.
///
/// # Errors
/// Only if nothing was sent, or if the journal failed; whatever happens to single steps is in the report.
pub async fn run(mut inputs: Inputs<'_>) -> Result<Report, Error> {
    if !inputs.plan.refusals.is_empty() {
        return Err(Error::Refused);
    }
    if inputs.plan.forecast {
        return Err(Error::Forecast { at: inputs.plan.at });
    }
    if inputs.plan.steps.is_empty() {
        return Ok(Report::nothing());
    }
    check_connections(&inputs)?;
    lock(&mut inputs).await?;
    let result = under_lock(&mut inputs).await;
    // A lock that cannot be released ends by itself; what the run came to matters more.
    let _ = inputs.store.release();
    result
}

/// Takes the lock, waiting for whoever has it as long as that is wanted.
async fn lock(inputs: &mut Inputs<'_>) -> Result<(), Error> {
    let ms = inputs.limits.lock_wait_ms;
    let until = Instant::now() + Duration::from_millis(ms);
    let mut is_told = false;
    loop {
        let (now, lasts_ms) = (inputs.env.now(), inputs.limits.lock_ms);
        let held = match inputs.store.acquire(&inputs.holder, now, lasts_ms) {
            Err(StoreError::Held(held)) => held,
            other => return Ok(other?),
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::Busy(held));
        }
        if !is_told {
            (inputs.progress)(&Progress::Locked { held, ms });
            is_told = true;
        }
        let pause = tokio::time::sleep(left.min(LOCK_PAUSE));
        interruptible(&mut inputs.signals, async {
            pause.await;
            Ok(())
        })
        .await?;
    }
}

async fn under_lock(inputs: &mut Inputs<'_>) -> Result<Report, Error> {
    let resumed = find_run(inputs)?;
    settle(inputs).await?;
    let accounts: Vec<_> = inputs.plan.rests_on().into_iter().cloned().collect();
    (inputs.progress)(&Progress::Reading {
        accounts: accounts.len(),
    });
    let observations =
        interruptible(&mut inputs.signals, observe(&accounts, inputs.readers)).await?;
    check_facts(inputs, &observations)?;
    let run = begin(inputs, resumed.as_ref())?;
    adopt(inputs, &run, &observations)?;
    let engine = drive(inputs, inputs.plan, &run, Mode::Run).await?;
    let statuses = engine.statuses();
    let verification = match engine.signals() {
        0 => {
            verify::verify(
                inputs.plan,
                inputs.products,
                &statuses,
                inputs.readers,
                &inputs.limits,
                inputs.progress,
            )
            .await
        }
        // Whoever interrupts does not want to wait for more reading; the next run verifies.
        _ => Verification::NothingToVerify,
    };
    let steps = inputs.plan.steps.iter().zip(statuses);
    let report = Report {
        run: Some(run.0.clone()),
        resumed: resumed.is_some(),
        steps: steps
            .map(|(step, status)| StepReport {
                id: step.id.clone(),
                address: step.address.clone(),
                action: step.action,
                status,
            })
            .collect(),
        verification,
        signals: engine.signals(),
        bug: engine.bug().map(str::to_owned),
    };
    finish(inputs, &run, &report)?;
    Ok(report)
}

fn check_connections(inputs: &Inputs<'_>) -> Result<(), Error> {
    for step in &inputs.plan.steps {
        let account = &step.address.account;
        let can_write = step.how != How::Api || inputs.writers.contains_key(account);
        if !inputs.readers.contains_key(account) || !can_write {
            let account = account.clone();
            return Err(Error::NoConnection { account });
        }
    }
    Ok(())
}

/// The run that goes on, if there is one; refuses a plan that has had its run, or is too old.
fn find_run(inputs: &mut Inputs<'_>) -> Result<Option<Run>, Error> {
    let (plan, now) = (inputs.plan, inputs.env.now());
    let mut open = inputs.store.open_runs()?.into_iter();
    if let Some(run) = open.find(|it| it.digest == plan.digest) {
        let days = now.duration_since(run.opened_at).as_hours() / 24;
        if days >= END_WITHIN_DAYS {
            inputs.store.close_run(now, &run.id, "it was too old")?;
            let since = run.opened_at;
            return Err(stale(format!(
                "run {} was begun {days} days ago, at {since}",
                run.id
            )));
        }
        return Ok(Some(run));
    }
    if let Some(run) = inputs.store.run_of(&RunId::of(plan))?
        && let Some((at, why)) = run.closed
    {
        let run = run.id.0;
        return Err(Error::AlreadyApplied { at, run, why });
    }
    let hours = now.duration_since(plan.made_at).as_hours();
    match hours >= BEGIN_WITHIN_HOURS {
        true => Err(stale(format!(
            "the plan was made {hours} hours ago, at {}",
            plan.made_at
        ))),
        false => Ok(None),
    }
}

fn stale(why: String) -> Error {
    Error::Stale { moved: vec![why] }
}

/// Finds out what came of whatever earlier runs left open on the accounts of the plan.
async fn settle(inputs: &mut Inputs<'_>) -> Result<(), Error> {
    for run in inputs.store.open_runs()? {
        let operations = inputs.store.journal(&run.id).operations()?;
        let open = operations.iter().filter(|it| it.state.is_open()).count();
        if open == 0 {
            continue;
        }
        let plan = inputs.store.plan_of(&run.id)?;
        let ours = inputs.plan.rests_on();
        if !(plan.steps.iter()).any(|it| ours.contains(&it.address.account)) {
            continue;
        }
        (inputs.progress)(&Progress::Settling { steps: open });
        let engine = drive(inputs, &plan, &run.id, Mode::Settle).await?;
        if engine.signals() > 0 {
            return Err(Error::Interrupted);
        }
    }
    Ok(())
}

/// The plan must still hold: no fact that it rests on moved, and the independent checker agrees.
fn check_facts(
    inputs: &Inputs<'_>,
    observations: &BTreeMap<AccountName, Observation>,
) -> Result<(), Error> {
    let moved = plan::moved(inputs.plan, observations, inputs.products);
    if !moved.is_empty() {
        let moved = moved.iter().map(ToString::to_string).collect();
        return Err(Error::Stale { moved });
    }
    match plan::check(inputs.plan, observations, inputs.products) {
        Ok(_) => Ok(()),
        Err(violations) => Err(Error::Stale {
            moved: violations.iter().map(ToString::to_string).collect(),
        }),
    }
}

/// Opens the run, or opens it again; a newer plan for an account ends the older ones.
fn begin(inputs: &mut Inputs<'_>, resumed: Option<&Run>) -> Result<RunId, Error> {
    let now = inputs.env.now();
    let run = match resumed {
        Some(run) => {
            inputs.store.reopen_run(now, &run.id)?;
            run.id.clone()
        }
        None => {
            let run = inputs.store.open_run(now, inputs.plan)?;
            inputs.store.close_replaced(now, &run)?;
            run
        }
    };
    (inputs.progress)(&Progress::Begun {
        run: run.0.clone(),
        steps: inputs.plan.steps.len(),
        resumed: resumed.is_some(),
    });
    Ok(run)
}

/// Books what is in effect already: tasks that people did, and what came late of an earlier attempt.
fn adopt(
    inputs: &mut Inputs<'_>,
    run: &RunId,
    observations: &BTreeMap<AccountName, Observation>,
) -> Result<(), Error> {
    let now = inputs.env.now();
    let mut journal = inputs.store.journal(run);
    let operations = journal.operations()?;
    let steps = crate::plan::Steps::new(&inputs.plan.steps);
    let seen = verify::seen(inputs.plan, inputs.products, observations);
    let writes: Vec<Write> = inputs
        .plan
        .steps
        .iter()
        .zip(operations)
        .filter(|(_, it)| it.state.may_become(OperationState::Resolved))
        .filter_map(|(step, _)| {
            let seen = seen.get(&step.address.account)?;
            let is_done = seen.is_done(step, &steps);
            let phase = seen.phase(&step.address).map(ToString::to_string);
            let outcome = is_done.then_some(Outcome::Resolved { phase })?;
            let step = step.id.clone();
            Some(Write::Outcome { step, outcome })
        })
        .collect();
    match writes.is_empty() {
        true => Ok(()),
        false => Ok(journal.commit(now, &writes)?),
    }
}

/// Writes down how the run ended, and closes it if nothing of it remains.
fn finish(inputs: &mut Inputs<'_>, run: &RunId, report: &Report) -> Result<(), Error> {
    let now = inputs.env.now();
    let differ = match &report.verification {
        Verification::Unverified(things) => {
            let names: Vec<_> = things.iter().map(|it| it.address.to_string()).collect();
            inputs
                .store
                .note_run(now, run, "unverified", &names.join(", "))?;
            names.len()
        }
        _ => 0,
    };
    let is_verified = !matches!(report.verification, Verification::NotRead { .. });
    let counts = report.counts();
    if counts.done + counts.recovered < report.steps.len() || report.signals > 0 || !is_verified {
        return Ok(());
    }
    let why = match differ {
        0 => "applied".to_owned(),
        _ => format!("applied, but {differ} do not read back as promised"),
    };
    Ok(inputs.store.close_run(now, run, &why)?)
}

/// Reads accounts, all at once.
pub(super) async fn observe(
    accounts: &[AccountName],
    readers: &BTreeMap<AccountName, Arc<dyn Reader>>,
) -> Result<BTreeMap<AccountName, Observation>, Error> {
    let mut tasks = JoinSet::new();
    for account in accounts {
        let account = account.clone();
        let Some(reader) = readers.get(&account).cloned() else {
            return Err(Error::NoConnection { account });
        };
        tasks.spawn(async move { (account, reader.observe().await) });
    }
    let mut observations = BTreeMap::new();
    while let Some(joined) = tasks.join_next().await {
        let (account, result) = joined.expect("a reader does not panic");
        match result {
            Ok(observation) => observations.insert(account, observation),
            Err(source) => return Err(Error::Read { account, source }),
        };
    }
    Ok(observations)
}

/// Waits for something that has no effect, unless somebody interrupts.
async fn interruptible<T>(
    signals: &mut Option<UnboundedReceiver<()>>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::select! {
        result = work => result,
        () = signal(signals) => Err(Error::Interrupted),
    }
}

/// The next interruption; never, if nobody can interrupt.
async fn signal(signals: &mut Option<UnboundedReceiver<()>>) {
    if let Some(receiver) = signals
        && receiver.recv().await.is_some()
    {
        return;
    }
    *signals = None;
    std::future::pending().await
}

/// Runs an engine to its end.
async fn drive(
    inputs: &mut Inputs<'_>,
    plan: &Plan,
    run: &RunId,
    mode: Mode,
) -> Result<Engine, Error> {
    let begin = Instant::now();
    let clock = || Moment::try_from(begin.elapsed().as_millis()).unwrap_or(Moment::MAX);
    let operations = inputs.store.journal(run).operations()?;
    let wall = inputs.env.now();
    let mut engine = Engine::new(
        plan,
        run,
        &operations,
        &inputs.limits,
        mode,
        (clock(), wall),
    );
    let mut outside = Outside {
        plan,
        readers: inputs.readers,
        writers: inputs.writers,
        limits: &inputs.limits,
        tasks: JoinSet::new(),
        steps: BTreeMap::new(),
    };
    let mut told: Vec<Event> = Vec::new();
    let prolong_every = Duration::from_millis(u64::from(inputs.limits.lock_ms / 3).max(1));
    let mut prolong = tokio::time::interval(prolong_every);
    loop {
        while let Some(event) = outside.try_next() {
            told.push(event);
        }
        for event in told.drain(..) {
            engine.handle(clock(), event);
        }
        let mut wake = None;
        for effect in engine.poll(clock()) {
            match effect {
                Effect::Store { batch, writes } => {
                    commit(inputs.store, run, inputs.env, &writes)?;
                    told.push(Event::Stored { batch });
                }
                Effect::Send { step, operation } => outside.send(step, operation),
                Effect::ReadBack { step, addresses } => outside.read_back(step, addresses),
                Effect::WakeAt(at) => wake = Some(at),
                Effect::Tell(progress) => (inputs.progress)(&progress),
                Effect::Finish => return Ok(engine),
            }
        }
        if !told.is_empty() {
            continue;
        }
        assert!(
            wake.is_some() || !outside.steps.is_empty(),
            "an engine that has not finished waits for an answer or for a moment"
        );
        let until = begin + Duration::from_millis(wake.unwrap_or(0));
        tokio::select! {
            Some(event) = outside.next() => told.push(event),
            () = tokio::time::sleep_until(until), if wake.is_some() => told.push(Event::Tick),
            () = signal(&mut inputs.signals) => told.push(Event::Signal),
            _ = prolong.tick() => inputs.store.renew(inputs.env.now())?,
        }
    }
}

/// Makes writes durable. A journal that is in use by another program is waited for once more: an outcome is worth it.
fn commit(store: &mut Store, run: &RunId, env: &Env, writes: &[Write]) -> Result<(), StoreError> {
    match store.journal(run).commit(env.now(), writes) {
        Err(StoreError::InUse { .. }) => store.journal(run).commit(env.now(), writes),
        other => other,
    }
}

/// Requests that are under way.
struct Outside<'a> {
    plan: &'a Plan,
    readers: &'a BTreeMap<AccountName, Arc<dyn Reader>>,
    writers: &'a BTreeMap<AccountName, Arc<dyn Writer>>,
    limits: &'a Limits,
    tasks: JoinSet<Event>,
    steps: BTreeMap<tokio::task::Id, (usize, Request)>,
}

#[derive(Clone, Copy)]
enum Request {
    Send,
    ReadBack,
}

impl Outside<'_> {
    fn send(&mut self, step: usize, operation: plan::OperationId) {
        let account = &self.plan.steps[step].address.account;
        let writer = self.writers.get(account).cloned();
        let request = self.plan.steps[step].clone();
        let longest = Duration::from_millis(self.limits.request_ms_max);
        let task = async move {
            let Some(writer) = writer else {
                let why = "there is no connection to the account".to_owned();
                let answer = Answer::Refused { why };
                return Event::Answered { step, answer };
            };
            match tokio::time::timeout(longest, writer.execute(&request, &operation)).await {
                Ok(answer) => Event::Answered { step, answer },
                Err(_) => Event::TimedOut { step },
            }
        };
        let id = self.tasks.spawn(task).id();
        self.steps.insert(id, (step, Request::Send));
    }

    fn read_back(&mut self, step: usize, addresses: Vec<crate::model::Address>) {
        let account = &self.plan.steps[step].address.account;
        let reader = self.readers.get(account).cloned();
        let longest = Duration::from_millis(self.limits.request_ms_max);
        let task = async move {
            let read = async {
                let Some(reader) = reader else {
                    return Err("there is no connection to the account".to_owned());
                };
                let found = reader.read_back(&addresses).await;
                found.map_err(|error| error.to_string())
            };
            let found = tokio::time::timeout(longest, read).await;
            let found = found.unwrap_or_else(|_| Err("there was no answer in time".to_owned()));
            Event::ReadBack { step, found }
        };
        let id = self.tasks.spawn(task).id();
        self.steps.insert(id, (step, Request::ReadBack));
    }

    /// What has come in, without waiting.
    fn try_next(&mut self) -> Option<Event> {
        let joined = self.tasks.try_join_next_with_id()?;
        Some(self.event(joined))
    }

    /// What comes in next; `None` if nothing is under way.
    async fn next(&mut self) -> Option<Event> {
        let joined = self.tasks.join_next_with_id().await?;
        Some(self.event(joined))
    }

    /// A provider that panics leaves the outcome unknown like a lost connection.
    fn event(&mut self, joined: Result<(tokio::task::Id, Event), tokio::task::JoinError>) -> Event {
        let error = match joined {
            Ok((id, event)) => {
                self.steps.remove(&id);
                return event;
            }
            Err(error) => error,
        };
        let (step, request) = self
            .steps
            .remove(&error.id())
            .expect("every task that was spawned is written down");
        let why = "the provider stopped in the middle of it".to_owned();
        match request {
            Request::Send => Event::Answered {
                step,
                answer: Answer::Unknown { why },
            },
            Request::ReadBack => Event::ReadBack {
                step,
                found: Err::<Vec<ReadBack>, _>(why),
            },
        }
    }
}
