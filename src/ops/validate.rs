//! `validate`: everything that can be known without a network.

use serde::Serialize;

use super::problems::Problems;

/// What came of validating.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// What was read.
    pub read: Read,
    /// What is wrong or worth attention.
    pub problems: Problems,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Read {
    /// Files.
    pub files: usize,
    /// Users of the estate.
    pub users: usize,
    /// Accounts.
    pub accounts: usize,
    /// Accesses that hold at the instant the files were read against.
    pub accesses: usize,
}
