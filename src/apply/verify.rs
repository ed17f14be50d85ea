//! Whether what was promised is what is there, read anew after the last effect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::driver::observe;
use super::{Error, Limits, Progress, Status, Unverified, Verification};
use crate::model::{AccountName, Address, Capacity, Fact, Observation, Resource, ResourceId};
use crate::plan::{Plan, Side, Step, Steps};
use crate::provider::Reader;

/// Milliseconds between two looks at an account that does not show everything yet.
const LOOK_AGAIN_MS: u64 = 500;

/// Reads the accounts of confirmed steps again, until everything is as promised or the settle window has passed.
pub(super) async fn verify(
    plan: &Plan,
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
    let all = Steps::new(steps.iter().copied());
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
        let differ = differ(&steps, &all, &observations);
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
    steps: &[&Step],
    all: &Steps<'_>,
    observations: &BTreeMap<AccountName, Observation>,
) -> Vec<Unverified> {
    steps
        .iter()
        .filter_map(|step| {
            let observation = observations.get(&step.address.account);
            if observation.is_some_and(|it| in_effect(step, all, it).is_some()) {
                return None;
            }
            let is_there = |side: &Side<'_>| {
                let observed = observation.and_then(|it| resource(it, side.address));
                observed == *side.after
            };
            let mut sides = step.sides();
            let side = sides.find(|it| !is_there(it) && all.later(step, it.address).is_none());
            let own = || step.sides().next().expect("a step changes something");
            let side = side.unwrap_or_else(own);
            Some(Unverified {
                address: side.address.clone(),
                promised: side.after.clone(),
                observed: observation.and_then(|it| resource(it, side.address)),
            })
        })
        .collect()
}

/// Whether a step's effect is there, and if it is, in which life-cycle state (`Some(None)` is "active").
///
/// What is not in an observation that is incomplete for its kind is not known to be away. What another of `steps` changes
/// again is looked at there.
pub(super) fn in_effect(
    step: &Step,
    steps: &Steps<'_>,
    observation: &Observation,
) -> Option<Option<String>> {
    let is_hidden =
        step.after.is_none() && observation.gaps.iter().any(|gap| gap.hides(&step.address));
    let is_renamed = step
        .renamed_from
        .as_ref()
        .is_none_or(|from| observation.state.get(from).is_none());
    let is_in_effect = |side: Side<'_>| {
        resource(observation, side.address) == *side.after
            // What is removed may be there for a while, in the state that follows.
            || (side.after.is_none()
                && step.then.is_some()
                && observation.phases.get(side.address) == step.then.as_ref())
            || (steps.later(step, side.address))
                .is_some_and(|it| in_effect(it, steps, observation).is_some())
    };
    let is_there = step.sides().all(is_in_effect);
    let phase = observation.phases.get(&step.address);
    (is_there && is_renamed && !is_hidden).then(|| phase.map(|it| it.as_str().to_owned()))
}

/// What there is at an address. A pool's limit can be more than what is bought for it, so the quantity that was read counts
/// before it.
fn resource(observation: &Observation, address: &Address) -> Option<Resource> {
    let resource = observation.state.resource(address);
    if let (None, ResourceId::Seats(pool)) = (resource, &address.resource)
        && let Some(Capacity::Purchased(quantity)) =
            observation.pools.get(pool).and_then(Fact::value)
    {
        return Some(Resource::Seats(quantity.clone()));
    }
    resource.cloned()
}
