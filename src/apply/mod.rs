//! Carrying out a plan: nothing that was not reviewed, nothing lost, nothing doubled.
//!
//! [`engine`] decides what happens next and does nothing itself; `run` does it: it takes the lock, makes sure that the plan
//! still holds, feeds the engine with what vendors, store, clock and signals say, and verifies the result. Nothing here
//! decides what shall be done: that is the plan's.
//!
//! # Invariants
//! They are checked all the time, in release builds too; a violation stops the run, leaves what is under way in the journal as
//! unknown, and is reported as a bug:
//! - no effect without its durable intent (I1), and only effects of steps that were reviewed (I8): the store refuses an intent
//!   whose digest is not the plan's, and the engine sends only what the store has acknowledged;
//! - at most one effect per operation (I2): the same identity at every attempt, and no second attempt while the first may
//!   still be under way;
//! - no pool that refuses overflow is overdrawn in any prefix, what is unknown counted as taken (I3): the engine keeps its own
//!   ledger next to the plan's proof;
//! - administrators (I4) are proven for every order by the independent checker, which runs before the first effect;
//! - nothing is removed for being absent from an incomplete observation (I5): checked against the fresh observation;
//! - every ended step has its audit row (I6) and the epoch never goes back (I9): the store's transactions.

mod driver;
pub mod engine;
mod verify;

pub use driver::run;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::env::Env;
use crate::model::{AccountName, Action, Address, Resource};
use crate::plan::{Plan, StepId};
use crate::product::Products;
use crate::provider::{Reader, Writer};
use crate::store::{Held, Store, StoreError};

/// Everything that [`run`] needs.
pub struct Inputs<'a> {
    /// What is carried out.
    pub plan: &'a Plan,
    /// The products of its accounts, for the independent checker.
    pub products: &'a Products,
    /// A reader for each account of the plan that has steps.
    pub readers: &'a BTreeMap<AccountName, Arc<dyn Reader>>,
    /// A writer for each account of the plan that has steps by API.
    pub writers: &'a BTreeMap<AccountName, Arc<dyn Writer>>,
    /// The journal.
    pub store: &'a mut Store,
    /// The clock.
    pub env: &'a Env,
    /// Who we are, to whoever finds the lock taken: a user, host and process, or the address of a CI run.
    pub holder: String,
    /// How patient to be.
    pub limits: Limits,
    /// Where interruptions come from: one stops gently, two at once. `None` where nobody can interrupt.
    pub signals: Option<tokio::sync::mpsc::UnboundedReceiver<()>>,
    /// Told what happens, while it happens.
    pub progress: &'a dyn Fn(&Progress),
}

/// How patient a run is and how much it does at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps that are under way at the same time on one account.
    pub at_once: u32,
    /// Milliseconds after which a request that is not answered counts as unknown.
    pub request_ms_max: u64,
    /// Milliseconds after which a request that a run left behind when it died can have no effect any more.
    pub late_ms: u64,
    /// Milliseconds that a vendor may take until a change can be read back. Absence counts only after that.
    pub settle_ms: u64,
    /// How often a step is sent whose outcome stays unknown.
    pub sends_max: u32,
    /// How often a step is sent that the vendor puts off.
    pub delays_max: u32,
    /// The longest wait, in milliseconds, however long the vendor asks to wait.
    pub wait_ms_max: u64,
    /// The first wait, in milliseconds, where the vendor does not say how long; doubled each time.
    pub wait_ms: u64,
    /// Milliseconds that the lock lasts without being prolonged.
    pub lock_ms: u32,
    /// Milliseconds to wait for a lock that somebody else holds.
    pub lock_wait_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            at_once: 4,
            request_ms_max: 30_000,
            late_ms: 30_000,
            settle_ms: 5_000,
            sends_max: 3,
            delays_max: 6,
            wait_ms_max: 60_000,
            wait_ms: 500,
            lock_ms: 60_000,
            lock_wait_ms: 0,
        }
    }
}

impl Limits {
    /// For accounts that live in this very process: what is not there is not there, and nothing outlives a crash.
    pub fn in_process() -> Self {
        Self {
            settle_ms: 0,
            late_ms: 0,
            ..Self::default()
        }
    }
}

/// What happens during a run, for people who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Somebody else is at work and is waited for.
    Locked {
        /// Who.
        held: Held,
        /// Milliseconds after which it is given up.
        ms: u64,
    },
    /// The run has begun.
    Begun {
        /// Its identity.
        run: String,
        /// Steps that it will try to carry out.
        steps: usize,
        /// Whether it goes on with an earlier one.
        resumed: bool,
    },
    /// What an interrupted run left behind is being looked at.
    Settling {
        /// Steps of which nobody knows what came of them.
        steps: usize,
    },
    /// The accounts are being read again, before the first effect.
    Reading {
        /// How many.
        accounts: usize,
    },
    /// A step was sent.
    Sent {
        /// The step.
        step: StepId,
        /// What it changes.
        address: Address,
        /// What it does to it.
        action: Action,
    },
    /// A step waits before it is sent or read back.
    Waits {
        /// The step.
        step: StepId,
        /// What it changes.
        address: Address,
        /// Why it waits.
        why: String,
        /// Milliseconds.
        ms: u64,
    },
    /// A step has ended.
    Ended {
        /// The step.
        step: StepId,
        /// What it changes.
        address: Address,
        /// How.
        status: Status,
    },
    /// An interruption was seen: nothing new is started.
    Stopping {
        /// Steps that are under way and are waited for.
        under_way: usize,
    },
    /// The result is being verified.
    Verifying {
        /// Accounts that are read.
        accounts: usize,
    },
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The vendor confirmed it, in this run or an earlier part of it.
    Done {
        /// The life-cycle state that the thing is in, if not "active".
        phase: Option<String>,
    },
    /// It was unknown, and reading back found it in effect.
    Recovered {
        /// The life-cycle state that the thing is in, if not "active".
        phase: Option<String>,
    },
    /// The vendor provably did not do it.
    Refused {
        /// The vendor's words; raw.
        why: String,
    },
    /// Nobody knows whether it took effect; the next run reads it back first.
    Unknown {
        /// What happened; raw.
        why: String,
    },
    /// A person must do it.
    Waiting {
        /// Who may do it; empty if there is nobody.
        who: Vec<crate::model::Subject>,
    },
    /// A step that it needs has not happened.
    Blocked {
        /// The steps that it waits for, those that stand at the end of the chain only.
        by: Vec<StepId>,
    },
    /// It was not started, or provably nothing came of it.
    NotStarted {
        /// Why not; raw. `None` if the run was interrupted before its turn.
        why: Option<String>,
    },
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The run; `None` if there was nothing to do.
    pub run: Option<String>,
    /// Whether it went on with an earlier one.
    pub resumed: bool,
    /// Every step of the plan, in the plan's order.
    pub steps: Vec<StepReport>,
    /// Whether what was promised is what is there.
    pub verification: Verification,
    /// How many interruptions were seen.
    pub signals: u32,
    /// What seatplan itself did wrong, if it did.
    pub bug: Option<String>,
}

/// What came of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// The step.
    pub id: StepId,
    /// What it changes.
    pub address: Address,
    /// What it does to it.
    pub action: Action,
    /// How it ended.
    pub status: Status,
}

/// Whether what was promised is what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Nothing was changed, so there is nothing to verify.
    NothingToVerify,
    /// Everything that was confirmed reads back as promised.
    Verified,
    /// Something does not.
    Unverified(Vec<Unverified>),
    /// An account could not be read again.
    NotRead {
        /// The account.
        account: AccountName,
        /// What happened; raw.
        why: String,
    },
}

/// Something that does not read back as promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    /// What.
    pub address: Address,
    /// What it shall be; `None` if it shall not be there.
    pub promised: Option<Resource>,
    /// What it is; `None` if it is not there.
    pub observed: Option<Resource>,
}

/// How many steps ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Confirmed by the vendor.
    pub done: usize,
    /// Found in effect by reading back.
    pub recovered: usize,
    /// Refused.
    pub refused: usize,
    /// Unknown.
    pub unknown: usize,
    /// Waiting for people.
    pub waiting: usize,
    /// Blocked by another step.
    pub blocked: usize,
    /// Not started.
    pub not_started: usize,
}

impl Report {
    /// The report of a plan without steps.
    pub(crate) fn nothing() -> Self {
        Self {
            run: None,
            resumed: false,
            steps: Vec::new(),
            verification: Verification::NothingToVerify,
            signals: 0,
            bug: None,
        }
    }

    /// How many steps ended how.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            *match step.status {
                Status::Done { .. } => &mut counts.done,
                Status::Recovered { .. } => &mut counts.recovered,
                Status::Refused { .. } => &mut counts.refused,
                Status::Unknown { .. } => &mut counts.unknown,
                Status::Waiting { .. } => &mut counts.waiting,
                Status::Blocked { .. } => &mut counts.blocked,
                Status::NotStarted { .. } => &mut counts.not_started,
            } += 1;
        }
        counts
    }

    /// The process's exit code, signals left aside: 0 fine, 3 only waiting remains, 7 something was refused, is unknown, could
    /// not be sent or does not read back, 70 a bug.
    pub fn exit_code(&self) -> u8 {
        let counts = self.counts();
        let verified = matches!(
            self.verification,
            Verification::Verified | Verification::NothingToVerify
        );
        let failed = counts.refused + counts.unknown + counts.not_started > 0;
        match () {
            () if self.bug.is_some() => 70,
            () if failed || !verified => 7,
            () if counts.waiting + counts.blocked > 0 => 3,
            () => 0,
        }
    }
}

/// Why a run did not happen, or had to end before its time.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The plan says itself that it must not be applied.
    #[error("the plan is refused")]
    Refused,
    /// The plan is for a later date.
    #[error("the plan is a forecast for {at}")]
    Forecast {
        /// The instant that it was made for.
        at: jiff::Timestamp,
    },
    /// Somebody else is at work.
    #[error("{0} is at work on this estate")]
    Busy(Held),
    /// The plan has had its run.
    #[error("the plan was already carried out by run {run}, which ended at {at}: {why}")]
    AlreadyApplied {
        /// When that run was closed.
        at: jiff::Timestamp,
        /// The run.
        run: String,
        /// How it ended.
        why: String,
    },
    /// Something that the plan rests on is not as it was.
    #[error("the plan is stale")]
    Stale {
        /// What moved, each as a phrase.
        moved: Vec<String>,
    },
    /// An account could not be read.
    #[error("account \"{account}\" cannot be read")]
    Read {
        /// The account.
        account: AccountName,
        /// Why not.
        #[source]
        source: crate::provider::ReadError,
    },
    /// There is no way to an account.
    #[error("there is no connection to account \"{account}\"")]
    NoConnection {
        /// The account.
        account: AccountName,
    },
    /// Somebody interrupted before anything was sent.
    #[error("interrupted before anything was sent")]
    Interrupted,
    /// The journal failed. What was under way stands in it as an intent, and the next run reads it back first.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Held(held) => Self::Busy(held),
            other => Self::Store(other),
        }
    }
}

impl Error {
    /// The process's exit code; for an interruption the caller knows which signal it was, and 130 is the usual one.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted => 130,
            Self::Refused | Self::Forecast { .. } => 1,
            Self::Busy(_) | Self::Store(StoreError::Fenced { .. }) => 5,
            Self::AlreadyApplied { .. } | Self::Stale { .. } => 6,
            Self::Store(error) if error.is_bug() => 70,
            Self::Read { .. } | Self::NoConnection { .. } | Self::Store(_) => 7,
        }
    }
}
