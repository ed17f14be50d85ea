//! How the store fails.

use std::path::{Path, PathBuf};

use super::OperationState;
use crate::plan::StepId;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file or its folder cannot be made, opened or written.
    #[error("cannot open the journal \"{}\": {why}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// It is a database of something else.
    #[error("\"{}\" is not a journal of seatplan", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It was written by a newer version.
    #[error(
        "the journal \"{}\" has schema {found}, written by seatplan {by}; this version knows schema {known}",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema that it has.
        found: i64,
        /// The schema that this version knows.
        known: i64,
        /// The version that wrote it.
        by: String,
    },
    /// Its content contradicts itself.
    #[error("the journal \"{}\" is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The disk is full.
    #[error("there is no room left for the journal \"{}\"", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another program holds the file for longer than we wait.
    #[error("the journal \"{}\" is in use by another program", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else holds the lock.
    #[error("{0} is at work on this estate")]
    Held(Held),
    /// The lock was ours and is not any more: this run was paused for longer than its lease.
    #[error("another run has taken over the journal \"{}\" since", path.display())]
    Fenced {
        /// The file.
        path: PathBuf,
    },
    /// A transition that must not happen: a bug in seatplan.
    #[error("the journal refuses to take step {step} from {from} to {to}")]
    Illegal {
        /// The step.
        step: StepId,
        /// Where it stands.
        from: OperationState,
        /// Where it was to go.
        to: OperationState,
    },
    /// What is to be sent is not what was reviewed: a bug in seatplan.
    #[error("step {step} is not the one that was reviewed")]
    NotReviewed {
        /// The step.
        step: StepId,
    },
    /// Anything else that SQLite said.
    #[error("the journal \"{}\" failed while {doing}: {why}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        why: String,
    },
}

/// Who holds the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Who, in the holder's own words: a user and host, or the address of a CI run. Raw.
    pub holder: String,
    /// Since when.
    pub since: jiff::Timestamp,
    /// When the lock ends by itself, unless it is renewed.
    pub until: jiff::Timestamp,
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "\"{}\" (since {})",
            self.holder.escape_debug(),
            self.since
        )
    }
}

impl StoreError {
    /// Puts what SQLite said into words that name the file and what was being done.
    pub(super) fn of(path: &Path, doing: &'static str, error: &rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, why },
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                Self::Open { path, why }
            }
            _ => Self::Database { path, doing, why },
        }
    }

    /// Whether it says that seatplan itself is wrong, rather than the world.
    pub fn is_bug(&self) -> bool {
        matches!(self, Self::Illegal { .. } | Self::NotReviewed { .. })
    }
}
