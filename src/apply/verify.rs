//! Whether what was promised is what is there, read anew after the last effect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::driver::observe;
use super::{Error, Limits, Progress, Status, Unverified, Verification};
use crate::model::{AccountName, Observation};
use crate::plan::{Plan, Seen, Side, Step, Steps};
use crate::product::Products;
use crate::provider::Reader;

/// Milliseconds between two looks at an account that does not show everything yet.
const LOOK_AGAIN_MS: u64 = 500;

/// Reads the accounts of confirmed steps again, until everything is as promised or the settle window has passed.
pub(super) async fn verify(
    plan: &Plan,
    products: &Products,
    statuses: &[Status],
    readers: &BTreeMap<AccountName, Arc<dyn Reader>>,
    limits: &Limits,
    progress: &dyn Fn(&Progress),
) -> Verification {
    let steps: Vec<&Step> = plan
        .steps
        .iter()
        .zip(statuses)
        .filter(|(_, it)| matches!(it, Status::Done { .. } | Status::Recovered { .. }))
        .map(|(step, _)| step)
        .collect();
    let accounts: BTreeSet<_> = steps.iter().map(|step| &step.address.account).collect();
    let accounts: Vec<AccountName> = accounts.into_iter().cloned().collect();
    if accounts.is_empty() {
        return Verification::NothingToVerify;
    }
    progress(&Progress::Verifying {
        accounts: accounts.len(),
    });
    let until = Instant::now() + Duration::from_millis(limits.settle_ms);
    loop {
        let began = Instant::now();
        let observations = match observe(&accounts, readers).await {
            Ok(observations) => observations,
            Err(error) => return not_read(error),
        };
        let differ = differ(plan, products, &steps, &observations);
        if differ.is_empty() {
            return Verification::Verified;
        }
        if began >= until {
            return Verification::Unverified(differ);
        }
        let again = Instant::now() + Duration::from_millis(LOOK_AGAIN_MS);
        tokio::time::sleep_until(again.min(until)).await;
    }
}

fn not_read(error: Error) -> Verification {
    match error {
        Error::Read { account, source } => Verification::NotRead {
            account,
            why: source.to_string(),
        },
        Error::NoConnection { account } => Verification::NotRead {
            account,
            why: "there is no connection to it".to_owned(),
        },
        other => unreachable!("reading fails for no other reason: {other}"),
    }
}

/// The steps whose effect is not there, in the plan's order.
fn differ(
    plan: &Plan,
    products: &Products,
    steps: &[&Step],
    observations: &BTreeMap<AccountName, Observation>,
) -> Vec<Unverified> {
    let all = Steps::new(steps.iter().copied());
    let seen = seen(plan, products, observations);
    let differ = steps.iter().filter_map(|step| {
        let seen = seen.get(&step.address.account);
        if seen.is_some_and(|it| it.is_done(step, &all)) {
            return None;
        }
        let is_there = |side: &Side<'_>| seen.is_some_and(|it| it.is_there(step, *side, &all));
        let mut sides = step.sides();
        let side = sides.find(|it| !is_there(it));
        let own = || step.sides().next().expect("a step changes something");
        let side = side.unwrap_or_else(own);
        Some(Unverified {
            address: side.address.clone(),
            promised: side.after.clone(),
            observed: seen.and_then(|it| it.resource(side.address)),
        })
    });
    differ.collect()
}

/// What was read of a plan's accounts, as the plan sees it.
pub(super) fn seen<'a>(
    plan: &Plan,
    products: &'a Products,
    observations: &'a BTreeMap<AccountName, Observation>,
) -> BTreeMap<&'a AccountName, Seen<'a>> {
    let seen = observations.iter();
    let seen = seen.filter_map(|(name, it)| Some((name, Seen::new(plan, name, products, it)?)));
    seen.collect()
}
