//! One world: a plan, a vendor, a process that carries the plan out, and everything that goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use seatplan::apply::engine::{Effect, Engine, Event, Mode};
use seatplan::apply::{Limits, Status};
use seatplan::model::Address;
use seatplan::plan::{OperationId, Plan};
use seatplan::provider::{Answer, ReadBack};
use seatplan::store::{OperationState, RunId, Write, operation_id};
use sha2::{Digest as _, Sha256};

use super::dice::Dice;
use super::disk::Disk;
use super::vendor::{Manners, Vendor};
use crate::support::estate::{Estate, access_of, applied};

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
  light: {unit: seat, capacity: [{purchased: true}], counts: {role: viewer}, overflow: refuse}
";

/// After so many things that went wrong, the world is kind, so that every run comes to an end.
const TROUBLES_MAX: u32 = 60;
/// A run that has not ended after so many lives never will.
const LIVES_MAX: u32 = 150;

pub(super) struct World {
    dice: Dice,
    manners: Manners,
    limits: Limits,
    plan: Plan,
    run: RunId,
    vendor: Vendor,
    disk: Disk,
    /// What will happen, by moment and then in the order in which it was brought about.
    queue: BTreeMap<(u64, u64), Happening>,
    queued: u64,
    now: u64,
    life: u32,
    /// The batch that was written and is not synced.
    unsynced: Option<(u64, Vec<Write>)>,
    refused: BTreeSet<usize>,
    troubles: u32,
    /// Until then the vendor is overloaded: it puts every request off and answers no reading.
    overloaded_until: u64,
    /// Dies only at this moment, counted from 0, and nothing else goes wrong.
    dies_at: Option<u64>,
    moments: u64,
    outcome: Outcome,
    history: Sha256,
    is_traced: bool,
}

/// What happened in a world, or in several.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) worlds: u32,
    pub(super) crashes: u32,
    pub(super) lost_answers: u32,
    pub(super) recovered: u32,
    pub(super) repeated: u32,
    pub(super) unsynced_lost: u32,
    pub(super) unsynced_kept: u32,
    /// A hash over everything that happened, in order.
    pub(super) history: Vec<u8>,
}

impl Outcome {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            worlds: self.worlds + other.worlds,
            crashes: self.crashes + other.crashes,
            lost_answers: self.lost_answers + other.lost_answers,
            recovered: self.recovered + other.recovered,
            repeated: self.repeated + other.repeated,
            unsynced_lost: self.unsynced_lost + other.unsynced_lost,
            unsynced_kept: self.unsynced_kept + other.unsynced_kept,
            history: other.history,
        }
    }
}

/// Something that will happen. What is meant for a process that is dead by then is lost.
#[derive(Clone, Debug)]
enum Happening {
    Synced {
        life: u32,
    },
    Arrives {
        life: u32,
        step: usize,
        operation: OperationId,
        answered_after: Option<u64>,
    },
    Answered {
        life: u32,
        step: usize,
        answer: Answer,
    },
    Reads {
        life: u32,
        step: usize,
        addresses: Vec<Address>,
        fails: bool,
    },
    ReadBack {
        life: u32,
        step: usize,
        found: Result<Vec<ReadBack>, String>,
    },
    Interrupted {
        life: u32,
    },
}

/// The process died.
struct Died;

impl World {
    /// A world of a seed; `None` if its plan is refused or empty, which says nothing about executing.
    pub(super) fn new(seed: u64, manners: Manners, disk: Disk) -> Option<Self> {
        let mut dice = Dice::new(seed);
        let mut estate = Estate::new(PRODUCT);
        people(&mut estate, &mut dice);
        let actual = estate.observe();
        change(&mut estate, &mut dice);
        let plan = estate.plan(&actual);
        if !plan.refusals.is_empty() || plan.steps.is_empty() {
            return None;
        }
        let refused = (0..plan.steps.len()).filter(|_| dice.chance(2)).collect();
        let run = RunId::of(&plan);
        let mut world = Self {
            limits: Limits {
                at_once: 1 + dice.below(4) as u32,
                ..Limits::default()
            },
            dice,
            manners,
            vendor: Vendor::new(manners, actual),
            disk,
            queue: BTreeMap::new(),
            queued: 0,
            now: 0,
            life: 0,
            unsynced: None,
            refused,
            troubles: 0,
            overloaded_until: 0,
            dies_at: None,
            moments: 0,
            outcome: Outcome {
                worlds: 1,
                ..Outcome::default()
            },
            history: Sha256::new(),
            is_traced: super::switch("TRACE").is_some(),
            plan,
            run,
        };
        let now = world.wall();
        world.disk.open_run(now, &world.plan, &world.run);
        Some(world)
    }

    /// Nothing goes wrong but one death, at the given moment.
    pub(super) fn die_only_at(&mut self, moment: u64) {
        self.dies_at = Some(moment);
        self.refused.clear();
    }

    /// Lives until the run has come to its end, then checks that nothing was lost and nothing doubled.
    pub(super) fn play(mut self) -> Outcome {
        loop {
            assert!(self.life < LIVES_MAX, "it comes to no end");
            let lived = self.live();
            let ended = lived.is_ok_and(|statuses| self.is_over(&statuses));
            if ended {
                break;
            }
            self.die_and_rest();
        }
        self.let_everything_arrive(u64::MAX);
        self.check_end();
        self.outcome.repeated = self.vendor.repeated;
        self.outcome.history = self.history.finalize().to_vec();
        self.outcome
    }

    /// One process, from its start to its end.
    fn live(&mut self) -> Result<Vec<Status>, Died> {
        let mut statuses = Vec::new();
        for mode in [Mode::Settle, Mode::Run] {
            let operations = self.disk.operations();
            if mode == Mode::Settle && !operations.iter().any(|it| it.state.is_open()) {
                continue;
            }
            let clocks = (self.now, self.wall());
            let engine = Engine::new(
                &self.plan,
                &self.run,
                &operations,
                &self.limits,
                mode,
                clocks,
            );
            let engine = self.drive(engine)?;
            assert_eq!(engine.bug(), None);
            statuses = engine.statuses();
            let recovered = |it: &&Status| matches!(it, Status::Recovered { .. });
            self.outcome.recovered += statuses.iter().filter(recovered).count() as u32;
            for (step, status) in self.plan.steps.iter().zip(&statuses) {
                let is_refused = matches!(status, Status::Refused { .. });
                let is_done = self.vendor.is_done(&step.id);
                assert!(
                    !(is_refused && is_done),
                    "{} is called refused and is done",
                    step.address
                );
            }
            if engine.signals() > 0 {
                break;
            }
        }
        Ok(statuses)
    }

    fn drive(&mut self, mut engine: Engine) -> Result<Engine, Died> {
        if self.trouble(10) {
            let life = self.life;
            let after = self.dice.below(8_000);
            self.bring(after, Happening::Interrupted { life });
            if self.dice.chance(50) {
                let again = after + self.dice.below(3_000);
                self.bring(again, Happening::Interrupted { life });
            }
        }
        loop {
            let mut wake = None;
            for effect in engine.poll(self.now) {
                self.note(&effect);
                self.may_die()?;
                match effect {
                    Effect::Finish => return Ok(engine),
                    Effect::WakeAt(at) => wake = Some(at),
                    Effect::Tell(_) => {}
                    other => self.act(other),
                }
            }
            self.may_die()?;
            // Several things may happen before the engine is asked again.
            loop {
                let event = self.next(wake);
                if let Some(event) = event {
                    self.note(&event);
                    engine.handle(self.now, event);
                }
                let more = self
                    .queue
                    .keys()
                    .next()
                    .is_some_and(|(at, _)| *at <= self.now + 5);
                if !more || self.dice.chance(60) {
                    break;
                }
            }
        }
    }

    fn act(&mut self, effect: Effect) {
        let life = self.life;
        match effect {
            Effect::Store { batch, writes } => {
                assert!(self.unsynced.is_none(), "one batch at a time");
                self.unsynced = Some((batch, writes));
                let ms = 1 + self.dice.below(20);
                self.bring(ms, Happening::Synced { life });
            }
            Effect::Send { step, operation } => self.send(step, operation),
            Effect::ReadBack { step, addresses } => {
                let ms = 1 + self.dice.below(300);
                let fails = self.trouble(15) || self.now < self.overloaded_until;
                self.bring(
                    ms,
                    Happening::Reads {
                        life,
                        step,
                        addresses,
                        fails,
                    },
                );
            }
            Effect::WakeAt(_) | Effect::Tell(_) | Effect::Finish => {}
        }
    }

    /// Nothing may be sent whose intent would not survive a loss of power now.
    fn send(&mut self, step: usize, operation: OperationId) {
        let rows = self.disk.operations();
        assert_eq!(
            rows[step].state,
            OperationState::Intent,
            "sent without a durable intent"
        );
        let id = &self.plan.steps[step].id;
        assert_eq!(operation, operation_id(&self.run, &self.plan, id));
        let life = self.life;
        let travel = 1 + self.dice.below(500);
        let given_up = self.limits.request_ms_max;
        if self.trouble(2) {
            self.overloaded_until = self.now + self.dice.below(400_000);
        }
        if self.now < self.overloaded_until {
            return self.put_off(step, travel);
        }
        if !self.trouble(30) {
            let answered_after = Some(1 + self.dice.below(500));
            return self.bring(
                travel,
                Happening::Arrives {
                    life,
                    step,
                    operation,
                    answered_after,
                },
            );
        }
        let lost = |why: &str| Happening::Answered {
            life,
            step,
            answer: Answer::Unknown {
                why: why.to_owned(),
            },
        };
        match self.dice.below(5) {
            0 => self.put_off(step, travel),
            1 => self.bring(
                travel,
                lost("the connection was cut before anything was done"),
            ),
            2 => {
                self.outcome.lost_answers += 1;
                self.bring(
                    travel,
                    Happening::Arrives {
                        life,
                        step,
                        operation,
                        answered_after: None,
                    },
                );
                let later = travel + 1 + self.dice.below(500);
                self.bring(later, lost("500, and it was done all the same"));
            }
            3 => {
                // Slow, but within what the sender counts on.
                self.outcome.lost_answers += 1;
                let travel = self.dice.below(given_up - 1_000);
                self.bring(
                    travel,
                    Happening::Arrives {
                        life,
                        step,
                        operation,
                        answered_after: None,
                    },
                );
                self.bring(given_up, lost("no answer in time"));
            }
            _ => {
                // Later than anybody counts on: only vendors that recognise a repetition can stand that.
                self.outcome.lost_answers += 1;
                let travel = match self.manners {
                    Manners::Naive => given_up - 1,
                    // Just when it was found missing and is about to be sent again, or any time later.
                    _ if self.dice.chance(50) => {
                        given_up + self.limits.settle_ms + self.dice.below(1_500)
                    }
                    Manners::Keyed | Manners::Conflict => given_up + self.dice.below(90_000),
                };
                self.bring(
                    travel,
                    Happening::Arrives {
                        life,
                        step,
                        operation,
                        answered_after: None,
                    },
                );
                self.bring(given_up, lost("no answer in time"));
            }
        }
    }

    fn put_off(&mut self, step: usize, travel: u64) {
        let retry_after_ms = self.dice.chance(60).then(|| self.dice.below(100_000));
        let why = "too many requests".to_owned();
        let happening = Happening::Answered {
            life: self.life,
            step,
            answer: Answer::NotNow {
                why,
                retry_after_ms,
            },
        };
        self.bring(travel, happening);
    }

    /// The next thing that happens, if it concerns the process that lives now.
    fn next(&mut self, wake: Option<u64>) -> Option<Event> {
        let first = self.queue.keys().next().copied();
        let Some(key) = first.filter(|(at, _)| wake.is_none_or(|wake| *at <= wake)) else {
            self.now = self.now.max(wake.expect("it waits for something"));
            return Some(Event::Tick);
        };
        let happening = self.queue.remove(&key).expect("it was looked up");
        self.now = self.now.max(key.0);
        self.happen(happening)
    }

    fn happen(&mut self, happening: Happening) -> Option<Event> {
        let now = self.life;
        match happening {
            Happening::Arrives {
                life,
                step,
                operation,
                answered_after,
            } => {
                let answer = self.arrive(step, &operation);
                if let (Some(ms), true) = (answered_after, life == now) {
                    self.bring(ms, Happening::Answered { life, step, answer });
                }
                None
            }
            Happening::Reads {
                life,
                step,
                addresses,
                fails,
            } if life == now => {
                // Up to nearly as old as the settle window allows.
                let age = match self.dice.chance(30) {
                    true => self.dice.below(self.limits.settle_ms - 100),
                    false => 0,
                };
                let found = match fails {
                    true => Err("503".to_owned()),
                    false => Ok(self.vendor.read(self.now.saturating_sub(age), &addresses)),
                };
                let ms = 1 + self.dice.below(90);
                self.bring(ms, Happening::ReadBack { life, step, found });
                None
            }
            Happening::Synced { life } if life == now => {
                let (batch, writes) = self.unsynced.take().expect("it was written");
                let wall = self.wall();
                self.disk.commit(wall, &writes);
                Some(Event::Stored { batch })
            }
            Happening::Answered { life, step, answer } if life == now => {
                Some(Event::Answered { step, answer })
            }
            Happening::ReadBack { life, step, found } if life == now => {
                Some(Event::ReadBack { step, found })
            }
            Happening::Interrupted { life } if life == now => Some(Event::Signal),
            _ => None,
        }
    }

    fn arrive(&mut self, step: usize, operation: &OperationId) -> Answer {
        if self.refused.contains(&step) {
            let why = "not for you".to_owned();
            return Answer::Refused { why };
        }
        self.vendor
            .arrive(self.now, &self.plan, &self.plan.steps[step], operation)
    }

    fn may_die(&mut self) -> Result<(), Died> {
        self.moments += 1;
        let dies = match self.dies_at {
            Some(moment) => self.moments == moment + 1,
            None => self.trouble(4),
        };
        match dies {
            true => {
                self.outcome.crashes += 1;
                Err(Died)
            }
            false => Ok(()),
        }
    }

    /// Between two lives: what was not synced is lost, or was on the disk before the word of it came; what is under way
    /// arrives.
    fn die_and_rest(&mut self) {
        self.life += 1;
        self.note(&"a new life");
        if let Some((_, writes)) = self.unsynced.take() {
            match self.dice.chance(50) {
                true => {
                    self.outcome.unsynced_kept += 1;
                    let wall = self.wall();
                    self.disk.commit(wall, &writes);
                }
                false => self.outcome.unsynced_lost += 1,
            }
        }
        let rest = match self.dice.below(3) {
            0 => 0,
            1 => self.dice.below(3_000),
            _ => self.dice.below(90_000),
        };
        let until = self.now + rest;
        self.let_everything_arrive(until);
        self.now = until;
        let wall = self.wall();
        self.disk.restart(wall);
    }

    fn let_everything_arrive(&mut self, until: u64) {
        self.life += u32::from(until == u64::MAX);
        while let Some((at, number)) = self.queue.keys().next().copied()
            && at <= until
        {
            let happening = self.queue.remove(&(at, number)).expect("it was looked up");
            self.now = self.now.max(at);
            self.happen(happening);
        }
    }

    /// Over, when nothing is left but what the vendor refuses, and what needs it.
    fn is_over(&self, statuses: &[Status]) -> bool {
        let is_at_rest = |(at, status): (usize, &Status)| match status {
            Status::Done { .. } | Status::Recovered { .. } | Status::Blocked { .. } => true,
            Status::Refused { .. } => self.refused.contains(&at),
            _ => false,
        };
        !statuses.is_empty() && statuses.iter().enumerate().all(is_at_rest)
    }

    /// The journal and the world agree, and together they are what the plan promised.
    fn check_end(&mut self) {
        let rows = self.disk.operations();
        let mut done = Vec::new();
        for (step, row) in self.plan.steps.iter().zip(&rows) {
            let is_done = self.vendor.is_done(&step.id);
            assert_eq!(
                is_done,
                row.state.is_confirmed(),
                "{}: {row:?}",
                step.address
            );
            if is_done {
                done.push(step.clone());
            }
        }
        if self.refused.is_empty() {
            assert_eq!(done.len(), self.plan.steps.len());
        }
        let promised = applied(self.vendor.at_start(), &done);
        assert_eq!(self.vendor.now().state, promised.state);
        assert_eq!(self.vendor.now().pools, promised.pools);
        self.disk.check();
    }

    fn wall(&self) -> jiff::Timestamp {
        let start: jiff::Timestamp = "2026-11-21T12:00:00Z".parse().expect("it is a time");
        start + jiff::SignedDuration::from_millis(self.now as i64)
    }

    fn bring(&mut self, after_ms: u64, happening: Happening) {
        self.queued += 1;
        self.queue
            .insert((self.now + after_ms, self.queued), happening);
    }

    /// Whether something goes wrong that does so `percent` times in a hundred.
    fn trouble(&mut self, percent: u64) -> bool {
        let goes_wrong =
            self.dies_at.is_none() && self.troubles < TROUBLES_MAX && self.dice.chance(percent);
        self.troubles += u32::from(goes_wrong);
        goes_wrong
    }

    fn note(&mut self, what: &impl std::fmt::Debug) {
        let mut line = String::new();
        let _ = writeln!(line, "{} {what:?}", self.now);
        if self.is_traced {
            #[expect(clippy::print_stdout, reason = "it was asked for")]
            {
                print!("{line}");
            }
        }
        self.history.update(line);
    }
}

const PEOPLE: u64 = 8;
const ROLES: [&str; 3] = ["viewer", "editor", "admin"];

/// One who administers, some others, some teams.
fn people(estate: &mut Estate, dice: &mut Dice) {
    estate.access("root@example.com", "admin");
    estate.team("staff", None).team("sales", Some("staff"));
    for number in 0..PEOPLE {
        if dice.chance(60) {
            join(estate, dice, &name(number));
        }
    }
    seats(estate, dice);
}

/// People come, go, change and are renamed; seats are bought and given back.
fn change(estate: &mut Estate, dice: &mut Dice) {
    for number in 0..PEOPLE {
        let name = name(number);
        let is_there = estate.desired.state.get(&access_of(&name)).is_some();
        match (is_there, dice.below(10)) {
            (false, 0..5) => join(estate, dice, &name),
            (true, 0..2) => {
                estate.forget_person(&name);
            }
            (true, 2..6) => {
                estate.forget_person(&name);
                join(estate, dice, &name);
            }
            (true, 6) => {
                let new = format!("new-{name}");
                estate.forget_person(&name);
                join(estate, dice, &new);
                estate.formerly(access_of(&new), access_of(&name));
            }
            _ => {}
        }
    }
    if dice.chance(40) {
        estate.team("support", Some("staff"));
        estate.member("support", "root@example.com", true);
    }
    seats(estate, dice);
}

fn join(estate: &mut Estate, dice: &mut Dice, name: &str) {
    estate.access(name, ROLES[dice.below(3) as usize]);
    if dice.chance(50) {
        estate.member("sales", name, dice.chance(30));
    }
}

/// Exactly as many seats as are taken, or a few more: tight pools make order matter.
fn seats(estate: &mut Estate, dice: &mut Dice) {
    let (mut full, mut light) = (0, 0);
    for (_, entry) in estate.desired.state.iter() {
        if let seatplan::model::Resource::Access(access) = &entry.resource {
            let is_viewer = access.roles.iter().any(|it| it.as_str() == "viewer");
            *(if is_viewer { &mut light } else { &mut full }) += 1;
        }
    }
    estate.seats("full", full + dice.below(3) as u32);
    estate.seats("light", light + dice.below(3) as u32);
}

fn name(number: u64) -> String {
    format!("person-{number}@example.com")
}
