//! `plan` and `drift`: reads the accounts and says what it would take to make them what the files say.

use serde::Serialize;

use super::problems::Problems;
use crate::model::AccountName;
use crate::plan::Plan;

/// What came of planning.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// What was asked.
    pub purpose: Purpose,
    /// The plan for the accounts that could be read; `None` where the files were refused before any was.
    pub plan: Option<Plan>,
    /// What is wrong or worth attention, in the files and in the plan.
    pub problems: Problems,
    /// Accounts that could not be read; the plan says nothing about them.
    pub unread: Vec<Unread>,
    /// Where the plan was saved.
    pub saved_to: Option<String>,
}

/// What a comparison is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To be carried out.
    Plan,
    /// To see whether somebody changed something past the files.
    Drift,
}

/// An account that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Unread {
    /// The account.
    pub account: AccountName,
    /// Why, as a phrase; raw.
    pub why: String,
}
