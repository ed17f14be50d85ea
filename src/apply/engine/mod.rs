//! The executor as a state machine without I/O: events in, effects out.
//!
//! Whoever drives it (the program, or a simulation) tells it what happened with [`Engine::handle`] and then asks with
//! [`Engine::poll`] what to do. Several events may be told before the next question: what they lead to is then written in one
//! transaction. Time is a number of milliseconds of a clock that never goes back; the engine reads none.
//!
//! # Design
//! A step is sent only after the store has acknowledged its intent. Only confirmed steps count for those that need them. An
//! unknown outcome is never guessed at: it is read back by key, found means done, and absence means something only if the
//! reading began after the settle window; then the step is sent again under the same identity, a few times at most. A step
//! keeps its place among those that run at once, and what it touches, until it has ended: when a vendor asks to wait, the
//! whole account waits with it. What is confirmed and the intents that this sets free are one transaction, in that order.

mod cell;
mod doubt;
mod judge;
mod ledger;
mod restore;
mod schedule;
mod standing;
mod stop;

use std::collections::BTreeSet;

use self::cell::{Cell, State, backoff, cells, jitter};
use self::ledger::Ledger;
use self::schedule::Schedule;
use super::{Limits, Progress, Status};
use crate::model::Address;
use crate::plan::{OperationId, Plan};
use crate::provider::{Answer, ReadBack};
use crate::store::{Operation, Outcome, RunId, Write};

/// Milliseconds of a clock that never goes back.
pub type Moment = u64;

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A batch of writes is durable.
    Stored {
        /// Its number.
        batch: u64,
    },
    /// The writer answered.
    Answered {
        /// The step's position in the plan.
        step: usize,
        /// What it said.
        answer: Answer,
    },
    /// The writer did not answer in time.
    TimedOut {
        /// The step's position in the plan.
        step: usize,
    },
    /// The reader answered, or failed with these words.
    ReadBack {
        /// The step's position in the plan.
        step: usize,
        /// What it found at each address that was asked for.
        found: Result<Vec<ReadBack>, String>,
    },
    /// Time has passed.
    Tick,
    /// Somebody wants the run to end: the first time gently, the second time at once.
    Signal,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make these writes durable, all or none, then tell [`Event::Stored`].
    Store {
        /// The batch's number.
        batch: u64,
        /// The writes, in order.
        writes: Vec<Write>,
    },
    /// Send the step, once.
    Send {
        /// The step's position in the plan.
        step: usize,
        /// Under this identity.
        operation: OperationId,
    },
    /// Read these addresses by key.
    ReadBack {
        /// The step's position in the plan.
        step: usize,
        /// What to read.
        addresses: Vec<Address>,
    },
    /// Tell [`Event::Tick`] at this moment; replaces an earlier wish.
    WakeAt(Moment),
    /// Tell people.
    Tell(Progress),
    /// Nothing more will happen.
    Finish,
}

/// What an engine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Carry out the plan.
    Run,
    /// Only find out what came of what an earlier run left open; nothing is sent.
    Settle,
}

/// The executor of one run.
#[derive(Debug)]
pub struct Engine {
    cells: Vec<Cell>,
    mode: Mode,
    limits: Limits,
    ledger: Ledger,
    schedule: Schedule,
    queue: Vec<Write>,
    /// Positions of the steps whose intent stands in the queue.
    intents: Vec<usize>,
    /// The batch that the store has, and the positions of the steps whose intent is in it.
    storing: Option<(u64, Vec<usize>)>,
    batches: u64,
    deadlines: BTreeSet<(Moment, usize)>,
    outbox: Vec<Effect>,
    signals: u32,
    bug: Option<String>,
    finished: bool,
}

impl Engine {
    /// An engine for a run as its journal stands: `operations` are the rows of the plan's steps in the plan's order, and
    /// `wall` is the time of the store's clock at `now`.
    ///
    /// # Panics
    /// If rows and steps do not belong together; the store makes one row for each step.
    pub fn new(
        plan: &Plan,
        run: &RunId,
        operations: &[Operation],
        limits: &Limits,
        mode: Mode,
        (now, wall): (Moment, jiff::Timestamp),
    ) -> Self {
        assert_eq!(plan.steps.len(), operations.len(), "one row for each step");
        let mut engine = Self {
            cells: cells(plan, run),
            mode,
            limits: limits.clone(),
            ledger: Ledger::of(plan),
            schedule: Schedule::new(limits.at_once),
            queue: Vec::new(),
            intents: Vec::new(),
            storing: None,
            batches: 0,
            deadlines: BTreeSet::new(),
            outbox: Vec::new(),
            signals: 0,
            bug: None,
            finished: false,
        };
        for (at, operation) in operations.iter().enumerate() {
            assert_eq!(
                plan.steps[at].id, operation.step,
                "rows stand in the plan's order"
            );
            engine.restore(at, operation, now, wall);
        }
        engine.restore_seats();
        for at in 0..engine.cells.len() {
            engine.make_ready(at);
        }
        engine
    }

    /// Takes note of what happened. Call [`Engine::poll`] afterwards.
    pub fn handle(&mut self, now: Moment, event: Event) {
        match event {
            Event::Stored { batch } => self.stored(batch),
            Event::Answered { step, answer } => self.answered(now, step, answer),
            Event::TimedOut { step } => self.answered(
                now,
                step,
                Answer::Unknown {
                    why: "there was no answer in time".to_owned(),
                },
            ),
            Event::ReadBack { step, found } => self.read(now, step, found),
            Event::Tick => {}
            Event::Signal => self.signal(),
        }
        self.wake_up(now);
    }

    /// What is to be done now, in this order.
    pub fn poll(&mut self, now: Moment) -> Vec<Effect> {
        self.wake_up(now);
        self.start();
        if self.storing.is_none() && !self.queue.is_empty() {
            self.batches += 1;
            self.storing = Some((self.batches, std::mem::take(&mut self.intents)));
            self.outbox.push(Effect::Store {
                batch: self.batches,
                writes: std::mem::take(&mut self.queue),
            });
        }
        let mut effects = std::mem::take(&mut self.outbox);
        if let Some((at, _)) = self.deadlines.first() {
            effects.push(Effect::WakeAt(*at));
        }
        if !self.finished && self.storing.is_none() && !self.is_active() {
            self.finished = true;
            effects.push(Effect::Finish);
        }
        effects
    }

    /// How each step stands, in the plan's order; worth reading when the engine has finished.
    pub fn statuses(&self) -> Vec<Status> {
        (0..self.cells.len()).map(|at| self.status(at)).collect()
    }

    /// What seatplan itself did wrong, if it did.
    pub fn bug(&self) -> Option<&str> {
        self.bug.as_deref()
    }

    /// How many interruptions were seen.
    pub fn signals(&self) -> u32 {
        self.signals
    }

    /// How many steps are under way.
    pub fn under_way(&self) -> usize {
        self.cells.iter().filter(|it| it.state.is_active()).count()
    }

    fn is_active(&self) -> bool {
        self.schedule.is_busy()
    }

    /// Lets a step begin, or hands a task out, once everything that it needs is confirmed.
    fn make_ready(&mut self, at: usize) {
        if self.cells[at].unmet > 0 {
            return;
        }
        match self.cells[at].state {
            State::Idle => self.schedule.ready(at, &self.cells[at].step),
            // A task that was handed out may happen at any time, so it takes its seats from now on.
            State::Task => self.ledger_take(at),
            _ => {}
        }
    }

    fn start(&mut self) {
        while !self.is_stopping()
            && let Some(at) = self.schedule.next()
        {
            self.schedule.begin(at, &self.cells[at].step);
            self.ledger_take(at);
            if self.bug.is_some() {
                return self.end(at, Status::NotStarted { why: None });
            }
            self.intend(at);
        }
    }

    fn intend(&mut self, at: usize) {
        let cell = &mut self.cells[at];
        cell.state = State::Intending;
        self.intents.push(at);
        self.queue.push(Write::Intent {
            step: cell.step.id.clone(),
            operation: cell.operation.clone(),
            request: cell.request.clone(),
        });
    }

    fn stored(&mut self, batch: u64) {
        let Some((_, intents)) = self.storing.take_if(|(number, _)| *number == batch) else {
            return self.fail(format!(
                "the store acknowledged batch {batch}, which it was not given"
            ));
        };
        for at in intents {
            match self.is_stopping() {
                true => self.put_back(at, None),
                false => self.send(at),
            }
        }
    }

    /// Sends a step whose intent is durable.
    fn send(&mut self, at: usize) {
        let cell = &mut self.cells[at];
        cell.state = State::InFlight;
        self.outbox.push(Effect::Send {
            step: at,
            operation: cell.operation.clone(),
        });
        self.outbox.push(Effect::Tell(Progress::Sent {
            step: cell.step.id.clone(),
            address: cell.step.address.clone(),
            action: cell.step.action,
        }));
    }

    fn answered(&mut self, now: Moment, at: usize, answer: Answer) {
        let Some(cell) = self.cells.get_mut(at) else {
            return self.fail(format!("an answer came for step {at}, which there is not"));
        };
        if cell.state != State::InFlight {
            // The run gave it up; the journal has it as unknown.
            return;
        }
        match answer {
            Answer::Done { phase } => {
                let phase = phase.map(|it| it.as_str().to_owned());
                self.book(
                    at,
                    Outcome::Done {
                        phase: phase.clone(),
                    },
                );
                self.end(at, Status::Done { phase });
            }
            // An earlier attempt may have taken effect, and this one was refused because of it.
            Answer::Refused { why } if cell.suspect || cell.lost > 0 => {
                cell.refusal = Some(why.clone());
                self.doubt(at, now, why);
            }
            Answer::Refused { why } => {
                self.book(at, Outcome::Refused { why: why.clone() });
                self.end(at, Status::Refused { why });
            }
            Answer::NotNow {
                why,
                retry_after_ms,
            } => self.delay(at, now, why, retry_after_ms),
            Answer::Unknown { why } => {
                cell.lost += 1;
                self.doubt(at, now, why);
            }
        }
    }

    fn delay(&mut self, at: usize, now: Moment, why: String, asked_ms: Option<u64>) {
        let cell = &mut self.cells[at];
        cell.delays += 1;
        if self.signals > 0 || self.bug.is_some() || cell.delays >= self.limits.delays_max {
            return self.put_back(at, Some(why));
        }
        let spread = self.limits.wait_ms;
        let ms = match asked_ms {
            Some(asked) => asked.clamp(1, self.limits.wait_ms_max) + jitter(cell, spread),
            None => backoff(cell.delays, cell, &self.limits),
        };
        cell.state = State::Delayed;
        self.wait(at, now, ms, why);
    }

    fn book(&mut self, at: usize, outcome: Outcome) {
        self.queue.push(Write::Outcome {
            step: self.cells[at].step.id.clone(),
            outcome,
        });
    }

    fn end(&mut self, at: usize, status: Status) {
        let kept = matches!(
            status,
            Status::Done { .. } | Status::Recovered { .. } | Status::Unknown { .. }
        );
        let cell = &mut self.cells[at];
        self.outbox.push(Effect::Tell(Progress::Ended {
            step: cell.step.id.clone(),
            address: cell.step.address.clone(),
            status: status.clone(),
        }));
        cell.state = State::Ended(status);
        self.deadlines.retain(|(_, it)| *it != at);
        self.schedule.end(at, &self.cells[at].step);
        if !kept {
            self.ledger.give_back(&self.cells[at].step);
        }
        if self.cells[at].state.is_confirmed() {
            for dependent in self.confirm(at) {
                self.make_ready(dependent);
            }
        }
    }

    /// Tells the steps that need it, and gives them.
    fn confirm(&mut self, at: usize) -> Vec<usize> {
        self.ledger.confirm(&self.cells[at].step);
        let dependents = self.cells[at].dependents.clone();
        for dependent in &dependents {
            self.cells[*dependent].unmet -= 1;
        }
        dependents
    }

    fn ledger_take(&mut self, at: usize) {
        if let Err(why) = self.ledger.take(&self.cells[at].step) {
            self.fail(why);
        }
    }

    fn wait(&mut self, at: usize, now: Moment, ms: u64, why: String) {
        self.deadlines.insert((now + ms, at));
        if ms > 0 {
            let step = &self.cells[at].step;
            self.outbox.push(Effect::Tell(Progress::Waits {
                step: step.id.clone(),
                address: step.address.clone(),
                why,
                ms,
            }));
        }
    }

    /// Goes on with the steps whose wait is over.
    fn wake_up(&mut self, now: Moment) {
        while let Some((at, step)) = self.deadlines.first().copied()
            && at <= now
        {
            self.deadlines.remove(&(at, step));
            match self.cells[step].state {
                // Sent anew, so the journal says anew when: whoever finds it must know how old the last attempt is.
                State::Delayed => self.intend(step),
                State::Settling => self.read_back(step, now),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
