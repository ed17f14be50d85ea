//! The journal of what was done: runs, steps, the audit log, the lock and the counters behind the rolling guard.
//!
//! It must never say that something happened which did not, nor forget that something may have happened. It knows nothing of
//! vendors and makes no decisions; the executor tells it what to write.
//!
//! # Design
//! One SQLite file (`.seatplan/state.db`, mode 0600) in WAL mode with `synchronous=FULL`, so that what was acknowledged
//! survives a loss of power. An outcome, its audit row and its counter are one transaction: there is no state between them.
//! Every write carries the epoch of the lock that it was made under; a run that was paused for longer than its lease cannot
//! write any more. Room for outcomes is taken before the first effect, so that a disk that fills up meanwhile cannot make us
//! forget one. Time is passed in: the store reads no clock.

mod audit;
mod commit;
mod error;
mod journal;
mod lock;
mod migrate;
mod open;
mod reserve;
mod runs;

pub use audit::{AuditRow, Broken};
pub use commit::RunJournal;
pub use error::{Held, StoreError};
pub use journal::{Journal, Operation, OperationState, Outcome, Write};
pub use open::Store;
pub use runs::{Run, RunId, operation_id, request_digest};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
