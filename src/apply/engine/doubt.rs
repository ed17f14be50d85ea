//! What nobody knows the outcome of: said durably, read back, and sent again only when it is certain that nothing took
//! effect.

use super::cell::{State, backoff};
use super::judge::{self, Sight};
use super::{Effect, Engine, Moment};
use crate::apply::Status;
use crate::provider::ReadBack;
use crate::store::Outcome;

/// How often reading back may fail before a step is left unknown.
const READS_FAILED_MAX: u32 = 3;

impl Engine {
    /// Nobody knows what came of a step: says so durably, and reads it back.
    pub(super) fn doubt(&mut self, at: usize, now: Moment, why: String) {
        self.book(at, Outcome::Unknown { why: why.clone() });
        let cell = &mut self.cells[at];
        cell.doubt = why;
        cell.absence_counts_from = now + self.limits.settle_ms;
        self.read_back(at, now);
    }

    pub(super) fn read_back(&mut self, at: usize, now: Moment) {
        let cell = &mut self.cells[at];
        cell.state = State::Reading { since: now };
        self.outbox.push(Effect::ReadBack {
            step: at,
            addresses: judge::addresses(&cell.step),
        });
    }

    pub(super) fn read(&mut self, now: Moment, at: usize, found: Result<Vec<ReadBack>, String>) {
        let Some(cell) = self.cells.get_mut(at) else {
            return self.fail(format!("step {at} was read back, which there is not"));
        };
        let State::Reading { since } = cell.state else {
            return;
        };
        let found = match found {
            Ok(found) => found,
            Err(why) => return self.read_failed(at, now, why),
        };
        let counts = since >= cell.absence_counts_from;
        match judge::judge(&cell.step, &found) {
            Sight::After { phase } => {
                self.book(
                    at,
                    Outcome::Resolved {
                        phase: phase.clone(),
                    },
                );
                self.end(at, Status::Recovered { phase });
            }
            Sight::Before if counts => self.absent(at),
            Sight::Other if counts => {
                let why = format!("{}; it reads back as neither before nor after", cell.doubt);
                self.end(at, Status::Unknown { why });
            }
            Sight::Before | Sight::Other => {
                let ms = cell.absence_counts_from - now.min(cell.absence_counts_from);
                let why = cell.doubt.clone();
                cell.state = State::Settling;
                self.wait(at, now, ms, why);
            }
        }
    }

    pub(super) fn read_failed(&mut self, at: usize, now: Moment, why: String) {
        let cell = &mut self.cells[at];
        cell.reads_failed += 1;
        if cell.reads_failed >= READS_FAILED_MAX || self.signals > 0 {
            let why = format!("{}; reading it back failed: {why}", cell.doubt);
            return self.end(at, Status::Unknown { why });
        }
        let ms = backoff(cell.reads_failed, cell, &self.limits);
        cell.state = State::Settling;
        self.wait(at, now, ms, why);
    }

    /// It is certain that nothing took effect: sends it again, or leaves it.
    pub(super) fn absent(&mut self, at: usize) {
        let stopping = self.is_stopping();
        let cell = &mut self.cells[at];
        cell.reads_failed = 0;
        if let Some(why) = cell.refusal.take() {
            self.book(at, Outcome::Refused { why: why.clone() });
            return self.end(at, Status::Refused { why });
        }
        let why = cell.doubt.clone();
        if stopping {
            return self.put_back(at, None);
        }
        let lost = cell.lost;
        if lost >= self.limits.sends_max {
            return self.put_back(at, Some(format!("{why}; sent {lost} times")));
        }
        self.intend(at);
    }
}
