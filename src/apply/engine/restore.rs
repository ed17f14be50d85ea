//! Takes a run up where its journal left it.

use super::cell::State;
use super::{Engine, Moment};
use crate::apply::Status;
use crate::store::{Operation, OperationState, Outcome};

impl Engine {
    /// Takes a step up where the journal left it.
    pub(super) fn restore(
        &mut self,
        at: usize,
        operation: &Operation,
        now: Moment,
        wall: jiff::Timestamp,
    ) {
        let cell = &mut self.cells[at];
        cell.suspect = operation.attempts > 0;
        let phase = operation.phase.clone();
        match operation.state {
            OperationState::Planned | OperationState::Refused => {}
            OperationState::Done => cell.state = State::Ended(Status::Done { phase }),
            OperationState::Resolved => cell.state = State::Ended(Status::Recovered { phase }),
            OperationState::Intent | OperationState::Unknown => {
                let age = operation.intent_at.map_or(0, |intent| {
                    u64::try_from(wall.as_millisecond() - intent.as_millisecond()).unwrap_or(0)
                });
                let window = self.limits.late_ms + self.limits.settle_ms;
                cell.absence_counts_from = now + window.saturating_sub(age);
                cell.doubt = match operation.why.as_str() {
                    "" => "the run ended before it knew".to_owned(),
                    why => why.to_owned(),
                };
                self.schedule.begin(at, &self.cells[at].step);
                if operation.state == OperationState::Intent {
                    let why = self.cells[at].doubt.clone();
                    self.book(at, Outcome::Unknown { why });
                }
                self.read_back(at, now);
            }
        }
    }

    /// Frees what confirmed steps freed before anything is taken: that is the order in which it happened.
    pub(super) fn restore_seats(&mut self) {
        let confirmed = |it: &Self, at: usize| it.cells[at].state.is_confirmed();
        for at in 0..self.cells.len() {
            if confirmed(self, at) {
                self.confirm(at);
            }
        }
        for at in 0..self.cells.len() {
            if confirmed(self, at) || self.cells[at].state.is_active() {
                self.ledger_take(at);
            }
        }
    }
}
