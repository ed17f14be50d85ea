//! The checker: re-simulates a plan and trusts nothing that planning computed.
//!
//! # Design
//! It shares types with planning and no code: it counts seats and administrators from the states that it makes by doing the
//! steps in memory, never from what the steps say. What a definition means (whom a selector selects, whether a condition
//! holds, which capacity is chosen) it asks the product, as planning does; the embedded directory, which enforces
//! definitions with code of its own, is the second opinion on that in the tests. It runs on every plan made in any test and
//! again before every apply; a violation is a mistake in this program, not in an estate.
//!
//! A plan that is refused is checked for its shape alone, since its order is only there to be shown.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use self::rooms::Account;
use self::world::World;
use super::{Plan, PoolProof, Step, StepId};
use crate::model::{AccountName, Action, Address, Observation};
use crate::product::{Products, Tenant};

mod orders;
mod replay;
mod rooms;
mod rules;
mod world;

/// Something that must not be so in any plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What it is about, if it is about one thing.
    pub address: Option<Address>,
    /// What is wrong, as a phrase.
    pub text: String,
}

/// What a check that found nothing took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many things of the accounts were looked at in doing the steps again: at most as many as there are things and
    /// steps, a few times over, and a bound on top.
    pub looks: usize,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) => write!(f, "{address}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Checks a plan against what was observed.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check(
    plan: &Plan,
    observations: &BTreeMap<AccountName, Observation>,
    products: &Products,
) -> Result<Checked, Vec<Violation>> {
    let mut found = Vec::new();
    let mut checked = Checked::default();
    shape(plan, &mut found);
    for (name, account) in &plan.accounts {
        let steps: Vec<&Step> = plan
            .steps
            .iter()
            .filter(|it| it.address.account == *name)
            .collect();
        if steps.is_empty() {
            continue;
        }
        let (Some(observation), Some(product)) =
            (observations.get(name), products.get(&account.product))
        else {
            found.push(Violation {
                address: None,
                text: format!("{name} has steps and was not observed"),
            });
            continue;
        };
        let tenant = Tenant {
            name,
            product: &account.product,
            parent: account.parent.as_ref(),
        };
        let mut world = World::new(product, tenant, observation, &account.settings, &steps);
        if let Some(pools) = plan.guards.accepted_unknown_seats.get(name) {
            world.accept_unknown(pools, &steps);
        }
        let (used, sizes) = (world.used(), world.sizes());
        let start = world.clone();
        let done = world.done(&steps);
        let mut of_steps = Vec::new();
        let trace = world.play(&steps, &done, &mut of_steps);
        if plan.refusals.is_empty() {
            found.append(&mut of_steps);
            let account = Account {
                product,
                observation,
                counters: &start.counters,
                used: &used,
                sizes: &sizes,
                proofs: &account.pools,
                min_admins: i64::from(plan.guards.min_admins),
            };
            let orders = account.check(&steps, &trace, &mut found);
            if found.is_empty() {
                checked.looks +=
                    replay::check(&start, &world, (&steps, &done), &orders, &mut found);
            }
        }
    }
    if found.is_empty() {
        Ok(checked)
    } else {
        Err(found)
    }
}

/// Every step has an id, an address and a place of its own, and comes after what it needs.
fn shape(plan: &Plan, found: &mut Vec<Violation>) {
    let (mut ids, mut addresses) = (HashSet::new(), HashMap::new());
    for step in &plan.steps {
        let mut wrong = |text: String| {
            found.push(Violation {
                address: Some(step.address.clone()),
                text,
            });
        };
        if !plan.accounts.contains_key(&step.address.account) {
            wrong("the step is for an account that the plan does not have".to_owned());
        }
        for needed in step.needs.iter().filter(|it| !ids.contains(*it)) {
            if plan.refusals.is_empty() {
                wrong(format!(
                    "the step needs {needed}, which does not come before it"
                ));
            }
        }
        if !ids.insert(&step.id) {
            wrong(format!("two steps have the id {}", step.id));
        }
        for side in step.sides() {
            let before = addresses.insert(side.address, step);
            if before.is_some_and(|it: &Step| !step.changes_again(it, side.address)) {
                wrong("two steps change the same thing".to_owned());
            }
        }
        if step.places.is_empty() {
            wrong("no line causes the step".to_owned());
        }
        let is_shaped = match step.action {
            Action::Create => step.before.is_none() && step.after.is_some(),
            Action::Update => step.before.is_some() && step.after.is_some(),
            Action::Rename => {
                step.before.is_some() && step.after.is_some() && step.renamed_from.is_some()
            }
            Action::Remove => step.before.is_some() && step.after.is_none(),
        };
        if !is_shaped {
            wrong(format!(
                "before and after do not fit a {}",
                step.action.word()
            ));
        }
    }
}
