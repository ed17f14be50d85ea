//! Exit codes, and which of them counts when several apply.

use std::process::ExitCode;

/// How a run ended. The number is the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Fine = 0,
    /// The files or the plan are refused.
    Refused = 1,
    /// There are differences, and the command was asked to say so.
    Differences = 2,
    /// Only what people must do remains.
    Waiting = 3,
    /// A guard holds.
    Guard = 4,
    /// Somebody else holds the lock.
    Locked = 5,
    /// The plan is stale.
    Stale = 6,
    /// A target could not be read, or a step was refused or is unknown.
    Target = 7,
    /// The command line is wrong.
    Usage = 64,
    /// A bug in seatplan.
    Bug = 70,
    /// Interrupted (SIGINT).
    Interrupted = 130,
    /// Told to end (SIGTERM).
    Terminated = 143,
}

impl Exit {
    /// Every code but those of signals, the one that counts most first.
    const PRIORITY: [Self; 10] = [
        Self::Bug,
        Self::Target,
        Self::Stale,
        Self::Locked,
        Self::Guard,
        Self::Refused,
        Self::Usage,
        Self::Waiting,
        Self::Differences,
        Self::Fine,
    ];

    /// The code of a number that the engine gave.
    pub(crate) fn of_code(code: u8) -> Self {
        let known = Self::PRIORITY.iter().find(|it| **it as u8 == code);
        known.copied().unwrap_or(Self::Bug)
    }

    /// The one of two that counts. A signal counts more than anything but a bug.
    pub(crate) fn and(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Bug => 0,
            Self::Interrupted | Self::Terminated => 1,
            exit => {
                let at = Self::PRIORITY.iter().position(|it| *it == exit);
                2 + at.unwrap_or(Self::PRIORITY.len())
            }
        };
        if rank(other) < rank(self) {
            other
        } else {
            self
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_worst_of_several_counts() {
        use Exit::{
            Bug, Differences, Fine, Guard, Interrupted, Locked, Refused, Stale, Target, Waiting,
        };
        let order = [
            Bug,
            Target,
            Stale,
            Locked,
            Guard,
            Refused,
            Waiting,
            Differences,
            Fine,
        ];
        for (at, worse) in order.iter().enumerate() {
            for better in &order[at..] {
                assert_eq!(worse.and(*better), *worse);
                assert_eq!(better.and(*worse), *worse);
            }
        }
        assert_eq!(Target.and(Interrupted), Interrupted);
        assert_eq!(Interrupted.and(Bug), Bug);
    }
}
