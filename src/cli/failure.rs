//! What went wrong, in words, with a hint and an exit code.

use super::Exit;
use crate::ops::estate::LoadError;
use crate::ops::{ApplyError, Error, StoreError, import::ImportError};
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
    /// It would not be safe.
    Refused {
        /// What is refused, as a phrase; raw.
        what: String,
        /// What speaks against it; raw.
        facts: Vec<String>,
        /// What to do instead; raw.
        help: String,
    },
    /// The person at the terminal interrupted a question.
    Interrupted,
    /// Standard output cannot be written.
    Output(std::io::Error),
    /// A verb failed.
    Verb(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Verb(error)
    }
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
            Self::Refused { .. } | Self::Output(_) => Exit::Refused,
            Self::Interrupted => Exit::Interrupted,
            Self::Verb(error) => exit_of(error),
        }
    }

    /// What a person reads.
    pub(crate) fn words(&self, look: &Look) -> String {
        match self {
            Self::Usage { what, help } => human::failure(what, &[], help, look),
            Self::Refused { what, facts, help } => human::failure(what, facts, help, look),
            Self::Interrupted => human::failure("interrupted; nothing was done", &[], "", look),
            Self::Output(error) => {
                let what = format!("the output cannot be written: {error}");
                human::failure(&what, &[], "", look)
            }
            Self::Verb(Error::Files(problems)) => human::problems(problems, look),
            Self::Verb(error) => {
                human::failure(&error.to_string(), &facts(error), &help(error), look)
            }
        }
    }
}

fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Load(LoadError::NoEstate(_) | LoadError::NoFolder(_))
        | Error::Day(..)
        | Error::Unknown { .. }
        | Error::NothingUnknown { .. }
        | Error::NoMatrix(_) => Exit::Usage,
        Error::Load(LoadError::Io { .. })
        | Error::Read { .. }
        | Error::Write { .. }
        | Error::Exists { .. }
        | Error::PlanFile { .. }
        | Error::Files(_)
        | Error::Import(_)
        | Error::Serve(_) => Exit::Refused,
        Error::NoConnection(_) => Exit::Target,
        Error::Contradiction(_) => Exit::Bug,
        Error::Store(StoreError::Held(_) | StoreError::Fenced { .. }) => Exit::Locked,
        Error::Store(error) if error.is_bug() => Exit::Bug,
        Error::Store(_) => Exit::Target,
        Error::Apply(error) => Exit::of_code(error.exit_code()),
    }
}

/// What stands behind a failure, one fact each; raw.
fn facts(error: &Error) -> Vec<String> {
    match error {
        Error::Contradiction(violations) => violations.clone(),
        Error::Apply(ApplyError::Stale { moved }) => moved.clone(),
        Error::Apply(ApplyError::AlreadyApplied { why, .. }) => vec![why.clone()],
        other => {
            let mut facts = Vec::new();
            let mut source = std::error::Error::source(other);
            while let Some(error) = source {
                facts.push(error.to_string());
                source = error.source();
            }
            facts
        }
    }
}

/// What to do, as a sentence; empty where there is nothing to add.
fn help(error: &Error) -> String {
    match error {
        Error::Load(LoadError::NoEstate(_) | LoadError::NoFolder(_)) => {
            "name the folder with --dir, or start an estate with `seatplan init`".to_owned()
        }
        Error::Unknown {
            what: "capability",
            near: Some(near),
            known,
            ..
        } => format!("did you mean \"{near}\"? There is {}", known.join(", ")),
        Error::Unknown {
            near: Some(near), ..
        } => format!("did you mean \"{near}\"?"),
        Error::Unknown { what: "code", .. } => {
            "`seatplan explain list` shows all of them".to_owned()
        }
        Error::NothingUnknown { .. } => {
            "leave it out: what is accepted is accepted for one plan, which needs it".to_owned()
        }
        Error::Unknown { known, .. } if !known.is_empty() => {
            format!("there is {}", known.join(", "))
        }
        Error::Read { .. } => {
            "a plan to apply is made with `seatplan plan --out FILE`; the estate's folder is named with --dir"
                .to_owned()
        }
        Error::Exists { .. } => "nothing was written; choose another folder".to_owned(),
        Error::PlanFile { .. } => "make the plan again with `seatplan plan --out`".to_owned(),
        Error::Contradiction(_) => {
            "this is a bug in seatplan; nothing was done. Please report it with the plan".to_owned()
        }
        Error::Store(StoreError::Held(_)) | Error::Apply(ApplyError::Busy(_)) => {
            "wait until that run has ended; its lock ends by itself if it died".to_owned()
        }
        Error::Apply(ApplyError::Stale { .. } | ApplyError::AlreadyApplied { .. }) => {
            "nothing was done; make a new plan and review it".to_owned()
        }
        Error::Apply(ApplyError::Forecast { .. }) => {
            "plan again without --at on that day".to_owned()
        }
        Error::Import(ImportError::NothingThere { .. }) => {
            "name the folder that holds org.yaml, or folders with one".to_owned()
        }
        _ => String::new(),
    }
}
