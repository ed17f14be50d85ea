//! What went wrong, in words, with a hint and an exit code.

use super::Exit;
use crate::output::{Look, human};

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong.
    Usage {
        /// What is wrong, as a phrase; raw.
        what: String,
        /// What to type instead; raw.
        help: String,
    },
    /// Standard output cannot be written.
    Output(std::io::Error),
}

impl Failure {
    /// A wrong command line.
    pub(crate) fn usage(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage {
            what: what.into(),
            help: help.into(),
        }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } => Exit::Usage,
            Self::Output(_) => Exit::Refused,
        }
    }

    /// What a person reads.
    pub(crate) fn words(&self, look: &Look) -> String {
        let (what, help) = match self {
            Self::Usage { what, help } => (what.clone(), help.clone()),
            Self::Output(error) => (format!("cannot write the output: {error}"), String::new()),
        };
        human::failure(&what, &[], &help, look)
    }
}
