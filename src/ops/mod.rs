//! One file per verb: each wires the pure parts to the world, returns a report, and prints nothing.

use std::path::{Path, PathBuf};

pub mod apply;
pub mod base;
mod connections;
pub mod desired;
pub use crate::config::codes::files as codes;
pub mod estate;
pub mod explain;
pub mod import;
pub mod init;
mod inventory;
pub mod plan;
pub mod problems;
pub mod schema;
pub mod script;
pub mod seats;
pub mod serve;
pub mod show;
pub mod target;
pub mod tasks;
pub mod validate;

// What a command hands to a verb or gets from one; the command line reaches the world through here only.
pub use crate::apply::{Error as ApplyError, Progress, Status as StepStatus};
pub use crate::directory::Accept;
pub use crate::model::{AccountName, PoolName};
pub use crate::plan::Plan;
pub use crate::store::StoreError;

/// Why a verb could not do what it was asked. What is wrong with the user's files is not here but in the reports.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no estate, or its folder cannot be read.
    #[error(transparent)]
    Load(#[from] estate::LoadError),
    /// A day that no clock reaches.
    #[error("\"{0}\" is no day to plan for: {1}")]
    Day(jiff::civil::Date, String),
    /// Something was asked for that does not exist.
    #[error("there is no {what} \"{name}\"")]
    Unknown {
        /// What sort of thing.
        what: &'static str,
        /// The name that was asked for; raw.
        name: String,
        /// The nearest name that exists, if one is near.
        near: Option<String>,
        /// Some names that exist, in order; empty if there are none or too many.
        known: Vec<String>,
    },
    /// It was accepted that something is not known, which is known or of no account.
    #[error("nobody needs to accept that \"{account}/{pool}\" is unknown: {why}")]
    NothingUnknown {
        /// The account.
        account: AccountName,
        /// The pool.
        pool: PoolName,
        /// Why not, as a phrase.
        why: String,
    },
    /// A product whose definition does not tell what its roles may do.
    #[error("the definition of \"{0}\" does not say what its roles may do")]
    NoMatrix(String),
    /// A file cannot be read.
    #[error("\"{}\" cannot be read: {why}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// A file cannot be written.
    #[error("\"{}\" cannot be written: {why}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// A file that would be written is there already.
    #[error("\"{}\" is already there", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A saved plan is no plan, or not the one that was saved.
    #[error("\"{}\": {error}", path.display())]
    PlanFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: crate::plan::PlanFileError,
    },
    /// The files of the estate are refused, so that their connections cannot be trusted.
    #[error("the files of the estate are refused")]
    Files(Box<problems::Problems>),
    /// There is no way to an account.
    #[error("account \"{}\" cannot be reached: {}", .0.account, .0.why)]
    NoConnection(plan::Unread),
    /// The independent checker found that a plan does not hold: a bug in seatplan.
    #[error("the plan contradicts itself")]
    Contradiction(Vec<String>),
    /// The journal failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// A plan could not be carried out.
    #[error(transparent)]
    Apply(#[from] crate::apply::Error),
    /// An import could not be read or written.
    #[error(transparent)]
    Import(#[from] import::ImportError),
    /// The embedded directory does not start.
    #[error("the directory does not start: {0}")]
    Serve(String),
}

/// More names than this are not listed.
const KNOWN_MAX: usize = 12;

impl Error {
    fn read(path: &Path, error: &std::io::Error) -> Self {
        Self::Read {
            path: path.to_owned(),
            why: error.to_string(),
        }
    }

    fn write(path: &Path, error: &std::io::Error) -> Self {
        Self::Write {
            path: path.to_owned(),
            why: error.to_string(),
        }
    }

    fn unknown<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.collect();
        let near = crate::text::nearest(name, known.iter().copied());
        let few = known.len() <= KNOWN_MAX;
        let known = known.into_iter().filter(|_| few).map(str::to_owned);
        Self::Unknown {
            what,
            name: name.to_owned(),
            near: near.map(str::to_owned),
            known: known.collect(),
        }
    }
}
