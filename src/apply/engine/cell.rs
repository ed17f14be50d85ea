//! One step on its way: where it stands, what it waits for, and how long.

use std::collections::{BTreeMap, BTreeSet};

use super::Moment;
use crate::apply::{Limits, Status};
use crate::plan::{How, OperationId, Plan, Step, StepId};
use crate::store::{RunId, operation_id, request_digest};

/// One step on its way.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) step: Step,
    pub(super) operation: OperationId,
    pub(super) request: String,
    pub(super) state: State,
    /// Positions of the steps that it needs.
    pub(super) needs: Vec<usize>,
    /// Positions of the steps that need this one.
    pub(super) dependents: Vec<usize>,
    /// How many of the steps that it needs are not confirmed.
    pub(super) unmet: usize,
    /// Sends whose outcome was unknown, in this run.
    pub(super) lost: u32,
    /// Whether an attempt of an earlier run may have left something behind.
    pub(super) suspect: bool,
    /// How often the vendor put it off.
    pub(super) delays: u32,
    /// How often reading back failed.
    pub(super) reads_failed: u32,
    /// Absence counts for readings that begin from here on.
    pub(super) absence_counts_from: Moment,
    /// Why it is unknown, while it is.
    pub(super) doubt: String,
    /// What the vendor said when it refused a step that may have taken effect before.
    pub(super) refusal: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not begun.
    Idle,
    /// For a person.
    Task,
    /// Its intent is on the way to the store.
    Intending,
    /// Sent, or about to be: its intent is durable.
    InFlight,
    /// Put off by the vendor.
    Delayed,
    /// Waits to be read back.
    Settling,
    /// Is being read back.
    Reading { since: Moment },
    /// Has ended.
    Ended(Status),
}

impl State {
    pub(super) fn is_active(&self) -> bool {
        !matches!(self, Self::Idle | Self::Task | Self::Ended(_))
    }

    pub(super) fn is_confirmed(&self) -> bool {
        matches!(
            self,
            Self::Ended(Status::Done { .. } | Status::Recovered { .. })
        )
    }
}

/// The steps of a plan, none of them begun.
pub(super) fn cells(plan: &Plan, run: &RunId) -> Vec<Cell> {
    let positions: BTreeMap<&StepId, usize> = plan
        .steps
        .iter()
        .enumerate()
        .map(|(at, step)| (&step.id, at))
        .collect();
    let mut cells: Vec<Cell> = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let needs: BTreeSet<&StepId> = step.needs.iter().collect();
        cells.push(Cell {
            operation: operation_id(run, plan, &step.id),
            request: request_digest(step),
            state: match step.how {
                How::Api => State::Idle,
                How::Task(_) => State::Task,
            },
            // A need that the plan does not contain is never met.
            unmet: needs.len(),
            needs: needs
                .iter()
                .filter_map(|it| positions.get(it).copied())
                .collect(),
            dependents: Vec::new(),
            lost: 0,
            suspect: false,
            delays: 0,
            reads_failed: 0,
            absence_counts_from: 0,
            doubt: String::new(),
            refusal: None,
            step: step.clone(),
        });
    }
    for at in 0..cells.len() {
        for needed in cells[at].needs.clone() {
            cells[needed].dependents.push(at);
        }
    }
    cells
}

/// A wait that doubles each time, between half and all of it, so that many do not come back at once.
pub(super) fn backoff(times: u32, cell: &Cell, limits: &Limits) -> u64 {
    let full = limits
        .wait_ms
        .saturating_mul(1 << times.saturating_sub(1).min(20))
        .min(limits.wait_ms_max);
    full / 2 + jitter(cell, full / 2)
}

/// A number from 0 to `below`, spread by the step's identity and its attempts; no randomness, so that a run can be replayed.
pub(super) fn jitter(cell: &Cell, below: u64) -> u64 {
    let seed = u64::from_str_radix(&cell.operation.0[..8], 16).unwrap_or(0);
    let mixed = (seed + u64::from(cell.delays + cell.reads_failed))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(31);
    mixed % (below + 1)
}
