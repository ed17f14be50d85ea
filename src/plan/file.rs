//! Plans as files: what `plan --out` writes and `apply` reads.

use std::collections::HashSet;

use super::{PLAN_VERSION, Plan, digest};

/// Why a text is not a plan that may be applied.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// It is cut off, or no plan at all.
    #[error("this is not a whole plan: {0}")]
    Syntax(#[source] serde_json::Error),
    /// Another version of seatplan wrote it.
    #[error("the plan has version {found}, this program reads version {PLAN_VERSION}")]
    Version {
        /// The version it says it has.
        found: u64,
    },
    /// It was changed after it was made.
    #[error(
        "the plan does not have the digest it says it has ({said}): it was changed after it was made"
    )]
    Digest {
        /// The digest that the text says it has.
        said: String,
    },
}

/// The text of a plan: JSON with one field per line, ending with a line break.
pub fn to_json(plan: &Plan) -> String {
    let mut text = serde_json::to_string_pretty(plan).expect("plans hold nothing that JSON cannot");
    text.push('\n');
    text
}

/// Reads a plan back.
///
/// # Errors
/// If the text is no whole plan of this version, or what it says to do is not what its digest stands for.
pub fn from_json(text: &str) -> Result<Plan, PlanFileError> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: u64,
    }
    let found = serde_json::from_str::<Versioned>(text)
        .map_err(PlanFileError::Syntax)?
        .version;
    if found != u64::from(PLAN_VERSION) {
        return Err(PlanFileError::Version { found });
    }
    let plan: Plan = serde_json::from_str(text).map_err(PlanFileError::Syntax)?;
    // The digest does not cover the order in which steps are stored, so that order is checked against the needs.
    if digest::digest(&plan) != plan.digest || !is_in_order(&plan) {
        return Err(PlanFileError::Digest { said: plan.digest });
    }
    Ok(plan)
}

/// Whether every step stands after those it needs, under the id that belongs to it.
fn is_in_order(plan: &Plan) -> bool {
    let mut seen = HashSet::new();
    plan.steps.iter().all(|step| {
        step.needs.iter().all(|it| seen.contains(it))
            && digest::id_of(step) == step.id
            && seen.insert(&step.id)
    })
}
