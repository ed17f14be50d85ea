//! What the journal holds of each step, which changes of it are legal, and the seam behind which a store stands.
//!
//! # Design
//! One row per run and step, in the manner of an intent log: `Intent` is durable before the first byte is sent, so that
//! whoever opens the journal after a crash knows exactly which effects may have happened. An illegal transition is our own
//! mistake and stops the run. The store is reached through [`Journal`] so that a simulation can stand in one that loses what
//! was not synced.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::plan::{OperationId, StepId};

/// Where a step of a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Nothing of it was sent, or what was sent provably had no effect.
    Planned,
    /// It may have been sent.
    Intent,
    /// The vendor confirmed it.
    Done,
    /// The vendor provably did not do it.
    Refused,
    /// It was sent, and nobody knows what came of it.
    Unknown,
    /// It was unknown, or nobody had begun with it, and reading found it in effect.
    Resolved,
}

impl OperationState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Planned,
        Self::Intent,
        Self::Done,
        Self::Refused,
        Self::Unknown,
        Self::Resolved,
    ];

    /// Whether a row may go from this state to `next`.
    ///
    /// A refused step may be tried again, since nothing came of it, and so may one that the vendor put off; a confirmed one
    /// never changes.
    pub fn may_become(self, next: Self) -> bool {
        use OperationState::{Done, Intent, Planned, Refused, Resolved, Unknown};
        matches!(
            (self, next),
            (Planned | Refused, Intent | Resolved)
                | (Intent, Intent | Done | Refused | Unknown | Planned)
                | (Unknown, Resolved | Refused | Intent | Planned)
        )
    }

    /// Whether the effect is in place for certain.
    pub fn is_confirmed(self) -> bool {
        matches!(self, Self::Done | Self::Resolved)
    }

    /// Whether the effect may or may not have happened.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Intent | Self::Unknown)
    }

    /// The word in the journal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Intent => "intent",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Resolved => "resolved",
        }
    }

    /// The state of a word in the journal.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

impl fmt::Display for OperationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One change of one step's row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// The step is about to be sent.
    Intent {
        /// The step.
        step: StepId,
        /// The identity of its effect: the same at every attempt.
        operation: OperationId,
        /// Digest of what is sent; it must be the one of the plan that was reviewed.
        request: String,
    },
    /// Something came of it; writes an audit row, and counts a removal, in the same transaction.
    Outcome {
        /// The step.
        step: StepId,
        /// What came of it.
        outcome: Outcome,
    },
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The vendor confirmed it.
    Done {
        /// The life-cycle state that it left the thing in, if not "active".
        phase: Option<String>,
    },
    /// The vendor provably did not do it.
    Refused {
        /// The vendor's words; raw.
        why: String,
    },
    /// Nobody knows.
    Unknown {
        /// What happened.
        why: String,
    },
    /// Reading found it in effect: it was unknown, or somebody else did it.
    Resolved {
        /// The life-cycle state that it was found in, if not "active".
        phase: Option<String>,
    },
    /// Provably nothing took effect: never sent, turned away at the door, or read back as absent after the settle window.
    PutBack {
        /// How that is known.
        why: String,
    },
}

impl Outcome {
    /// The state that the row goes to.
    pub fn state(&self) -> OperationState {
        match self {
            Self::Done { .. } => OperationState::Done,
            Self::Refused { .. } => OperationState::Refused,
            Self::Unknown { .. } => OperationState::Unknown,
            Self::Resolved { .. } => OperationState::Resolved,
            Self::PutBack { .. } => OperationState::Planned,
        }
    }

    /// What is said about it; empty if there is nothing to say.
    pub fn why(&self) -> &str {
        match self {
            Self::Done { .. } | Self::Resolved { .. } => "",
            Self::Refused { why } | Self::Unknown { why } | Self::PutBack { why } => why,
        }
    }

    /// The life-cycle state that the thing is in, if not "active".
    pub fn phase(&self) -> Option<&str> {
        match self {
            Self::Done { phase } | Self::Resolved { phase } => phase.as_deref(),
            Self::Refused { .. } | Self::Unknown { .. } | Self::PutBack { .. } => None,
        }
    }
}

impl Write {
    /// The step that it is about.
    pub fn step(&self) -> &StepId {
        match self {
            Self::Intent { step, .. } | Self::Outcome { step, .. } => step,
        }
    }

    /// The state that the row goes to.
    pub fn state(&self) -> OperationState {
        match self {
            Self::Intent { .. } => OperationState::Intent,
            Self::Outcome { outcome, .. } => outcome.state(),
        }
    }
}

/// A step's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The step.
    pub step: StepId,
    /// Where it stands.
    pub state: OperationState,
    /// How often an intent was written.
    pub attempts: u32,
    /// When the last intent was written.
    pub intent_at: Option<jiff::Timestamp>,
    /// The life-cycle state that the thing is in, if not "active".
    pub phase: Option<String>,
    /// What was said about it last; empty if nothing was.
    pub why: String,
}

/// The journal of one run, as the executor needs it.
pub trait Journal {
    /// Makes all of the changes durable, or none of them.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] if another run has taken the lock since, [`StoreError::Illegal`] for a transition that is not
    /// legal, and whatever the disk says. Nothing is half-done.
    fn commit(&mut self, now: jiff::Timestamp, writes: &[Write]) -> Result<(), StoreError>;

    /// The rows of the run's steps, in the order of the plan.
    ///
    /// # Errors
    /// If they cannot be read.
    fn operations(&self) -> Result<Vec<Operation>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::OperationState;

    #[test]
    fn only_these_transitions_are_legal() {
        let mut legal = Vec::new();
        for from in OperationState::ALL {
            for to in OperationState::ALL
                .into_iter()
                .filter(|to| from.may_become(*to))
            {
                legal.push(format!("{from} -> {to}"));
            }
        }
        insta::assert_snapshot!(legal.join("\n"), @"
        planned -> intent
        planned -> resolved
        intent -> planned
        intent -> intent
        intent -> done
        intent -> refused
        intent -> unknown
        refused -> intent
        refused -> resolved
        unknown -> planned
        unknown -> intent
        unknown -> refused
        unknown -> resolved
        ");
    }
}
