//! How each step stands, for the report.

use std::collections::BTreeSet;

use super::Engine;
use super::cell::State;
use crate::apply::Status;
use crate::plan::How;

impl Engine {
    pub(super) fn status(&self, at: usize) -> Status {
        let cell = &self.cells[at];
        match (&cell.state, &cell.step.how) {
            (State::Ended(status), _) => status.clone(),
            (State::Task, How::Task(task)) if cell.unmet == 0 => Status::Waiting {
                who: task.who.clone(),
            },
            (State::Task | State::Idle, _) if cell.unmet > 0 => self.blocked(at),
            _ => Status::NotStarted { why: None },
        }
    }

    /// Blocked by the steps at the end of its chain; not started if those were merely not reached.
    pub(super) fn blocked(&self, at: usize) -> Status {
        let (mut by, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![at]);
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            let unmet = self.needs(at);
            if unmet.is_empty() {
                by.insert(at);
            }
            open.extend(unmet);
        }
        by.retain(|it| self.status(*it) != Status::NotStarted { why: None });
        match by.is_empty() {
            true => Status::NotStarted { why: None },
            false => Status::Blocked {
                by: by
                    .iter()
                    .map(|it| self.cells[*it].step.id.clone())
                    .collect(),
            },
        }
    }

    /// Positions of the steps that it needs and that are not confirmed.
    pub(super) fn needs(&self, at: usize) -> Vec<usize> {
        let needs = self.cells[at].needs.iter().copied();
        needs
            .filter(|it| !self.cells[*it].state.is_confirmed())
            .collect()
    }
}
