//! `validate`: everything that can be known without a network.

use std::path::Path;

use serde::Serialize;

use super::desired::{self, At};
use super::{Error, problems::Problems};
use crate::env::Env;

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

/// Reads, resolves and checks an estate.
///
/// # Errors
/// If there is no estate, or its folder cannot be read.
pub fn run(env: &Env, start: Option<&Path>, at: Option<At>) -> Result<Report, Error> {
    let estate = desired::read(env, start, at)?;
    Ok(Report {
        version: 1,
        read: estate.read,
        problems: estate.problems(),
    })
}
