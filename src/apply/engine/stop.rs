//! The end before its time: interruptions, and invariants that do not hold.

use std::collections::BTreeSet;

use super::cell::State;
use super::{Effect, Engine, Mode};
use crate::apply::{Progress, Status};
use crate::store::{Outcome, Write};

impl Engine {
    pub(super) fn signal(&mut self) {
        self.signals += 1;
        // What was not given to the store is taken back; what it is storing is put back when it is durable.
        self.queue
            .retain(|write| matches!(write, Write::Outcome { .. }));
        let unsent: BTreeSet<usize> = std::mem::take(&mut self.intents).into_iter().collect();
        for at in 0..self.cells.len() {
            let cell = &self.cells[at];
            match cell.state {
                State::Intending if unsent.contains(&at) => {
                    self.end(at, Status::NotStarted { why: None });
                }
                State::Delayed => self.put_back(at, None),
                _ if self.signals > 1 => self.abandon(at, "it was interrupted"),
                _ => {}
            }
        }
        self.outbox.push(Effect::Tell(Progress::Stopping {
            under_way: self.under_way(),
        }));
    }

    /// Gives up waiting for a step; the journal says that it is unknown.
    pub(super) fn abandon(&mut self, at: usize, why: &str) {
        let why = why.to_owned();
        match self.cells[at].state {
            State::InFlight => {
                self.book(at, Outcome::Unknown { why: why.clone() });
                self.end(at, Status::Unknown { why });
            }
            State::Reading { .. } | State::Settling => {
                let why = self.cells[at].doubt.clone();
                self.end(at, Status::Unknown { why });
            }
            _ => {}
        }
    }

    pub(super) fn put_back(&mut self, at: usize, why: Option<String>) {
        let said = why.clone().unwrap_or_default();
        self.book(at, Outcome::PutBack { why: said });
        self.end(at, Status::NotStarted { why });
    }

    /// An invariant does not hold: stops, and leaves what is under way as unknown.
    pub(super) fn fail(&mut self, why: String) {
        if self.bug.is_some() {
            return;
        }
        self.bug = Some(why);
        for at in 0..self.cells.len() {
            match self.cells[at].state {
                State::Delayed => self.put_back(at, None),
                _ => self.abandon(at, "seatplan stopped because of a bug"),
            }
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.signals > 0 || self.bug.is_some() || self.mode == Mode::Settle
    }
}
