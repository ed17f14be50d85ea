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

use self::family::Family;
use self::rooms::Accounts;
use self::world::World;
use super::{Plan, PoolProof, Step, StepId};
use crate::model::{AccountName, Action, Address, Observation};
use crate::product::{Products, Tenant};

mod family;
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
    let mut steps_of: HashMap<&AccountName, Vec<usize>> = HashMap::new();
    for (at, step) in plan.steps.iter().enumerate() {
        steps_of.entry(&step.address.account).or_default().push(at);
    }
    let rests_on = plan.rests_on();
    let is_known = |name: &AccountName| {
        let product = products.get(&plan.accounts[name].product);
        observations.contains_key(name) && product.is_some()
    };
    for name in rests_on.iter().filter(|it| !is_known(it)) {
        found.push(Violation {
            address: None,
            text: format!("the plan rests on {name}, which was not observed"),
        });
    }
    for names in family::families(plan, products) {
        let steps = names.iter().filter_map(|it| steps_of.remove(*it));
        let mut steps: Vec<usize> = steps.flatten().collect();
        steps.sort_unstable();
        let steps: Vec<&Step> = steps.into_iter().map(|at| &plan.steps[at]).collect();
        if !steps.is_empty() {
            check_family(
                plan,
                (&names, &steps),
                (observations, products),
                &mut checked,
                &mut found,
            );
        }
    }
    if found.is_empty() {
        Ok(checked)
    } else {
        Err(found)
    }
}

/// Checks the steps of accounts that share pools; of one that shares none alone.
fn check_family(
    plan: &Plan,
    (names, steps): (&[&AccountName], &[&Step]),
    (observations, products): (&BTreeMap<AccountName, Observation>, &Products),
    checked: &mut Checked,
    found: &mut Vec<Violation>,
) {
    let (mut read, mut worlds, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for name in names {
        let account = &plan.accounts[*name];
        let product = products.get(&account.product);
        let (Some(observation), Some(product)) = (observations.get(*name), product) else {
            continue;
        };
        let tenant = Tenant {
            name,
            product: &account.product,
            parent: account.parent.as_ref(),
        };
        let own = steps.iter().copied();
        let own: Vec<&Step> = own.filter(|it| it.address.account == **name).collect();
        let settings = &account.settings;
        read.push(*name);
        worlds.push(World::new(product, tenant, observation, settings, &own));
        seen.push(observation);
    }
    // That somebody was not observed was told before.
    if steps.iter().any(|it| !read.contains(&&it.address.account)) {
        return;
    }
    let (numbers, slots) = family::slots(plan, &read, &worlds, products);
    let mut family = Family::new(worlds, &read, (&numbers, &slots));
    family.accept_unknown(plan, steps);
    let (used, sizes) = (family.used(), family.sizes());
    let start = family.clone();
    let done = family.done(steps);
    let mut of_steps = Vec::new();
    let trace = family.play(steps, &done, &mut of_steps);
    if !plan.refusals.is_empty() {
        return;
    }
    found.append(&mut of_steps);
    let accounts = Accounts {
        plan,
        family: &start,
        observations: &seen,
        used: &used,
        sizes: &sizes,
    };
    let orders = accounts.check(steps, &trace, found);
    if found.is_empty() {
        checked.looks += replay::check(&start, &family, (steps, &done), &orders, found);
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
