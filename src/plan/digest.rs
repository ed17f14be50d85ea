//! The identity of steps and plans: digests of what they do and of the facts that this rests on.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::diff::Change;
use super::{GuardRecord, How, Plan, PoolProof, Step, StepId};
use crate::model::{Address, Resource, Subject};

/// The id of the step that makes a change: the same difference always has the same one.
pub(super) fn step_id(change: &Change<'_>) -> StepId {
    id(
        &change.address,
        change.renamed_from.as_ref(),
        change.before.as_ref(),
        change.after.as_ref(),
        (change.other.as_ref()).map(|it| (&it.address, Some(&it.before), Some(&it.after))),
    )
}

/// The id that a step of a plan must have.
pub(super) fn id_of(step: &Step) -> StepId {
    id(
        &step.address,
        step.renamed_from.as_ref(),
        step.before.as_ref(),
        step.after.as_ref(),
        (step.other.as_ref()).map(|it| (&it.address, it.before.as_ref(), it.after.as_ref())),
    )
}

fn id(
    address: &Address,
    renamed_from: Option<&Address>,
    before: Option<&Resource>,
    after: Option<&Resource>,
    other: Option<(&Address, Option<&Resource>, Option<&Resource>)>,
) -> StepId {
    let own = (address, renamed_from, before, after);
    let mut digest = match other {
        None => hex(&own),
        Some(other) => hex(&(own, other)),
    };
    digest.truncate(12);
    StepId(digest)
}

/// The digest of a plan: 64 hexadecimal digits.
///
/// It covers what is done and how, the facts that this rests on (what is there before, the pools that steps touch, the
/// prices and terms of what steps cost), which tenants were read, refusals and guards. Times, lines and what is only told are left out, and so is the order in which
/// steps happen to be stored: what must come before what is in their needs.
pub(super) fn digest(plan: &Plan) -> String {
    let mut steps: Vec<_> = plan.steps.iter().map(covered).collect();
    steps.sort_by(|a, b| a.id.cmp(b.id));
    let accounts = plan.accounts.iter().map(|(name, account)| {
        let touched = |pool: &&PoolProof| {
            plan.steps.iter().any(|step| {
                pool.is_of(name, step) && step.seats.contains_key(&pool.pool)
                    || step.address == Address::seats(name, &pool.pool)
            })
        };
        let resized = |pool: &PoolProof| pool.purchased != pool.purchased_after;
        let pools: Vec<_> = (account.pools.iter())
            .filter(|it| touched(it) || resized(it))
            .collect();
        (
            name,
            &account.product,
            &account.target,
            &account.actor,
            pools,
        )
    });
    let covered = (
        (
            plan.version,
            &plan.estate,
            plan.forecast,
            plan.refusals.len(),
        ),
        accounts.collect::<Vec<_>>(),
        steps,
        guards(&plan.guards),
    );
    let terms = plan.accounts.iter();
    let terms = terms.filter_map(|(name, it)| Some((name, it.cost.as_ref()?.covered())));
    let terms: Vec<_> = terms.collect();
    match terms.is_empty() {
        true => hex(&covered),
        false => hex(&(covered, terms)),
    }
}

/// The same guards under the same name: a commit has many.
fn guards(guards: &GuardRecord) -> GuardRecord {
    GuardRecord {
        from: guards.commit.clone().unwrap_or_else(|| guards.from.clone()),
        ..guards.clone()
    }
}

/// What a digest covers of a step.
#[derive(Serialize)]
struct Covered<'a> {
    id: &'a StepId,
    address: &'a Address,
    action: crate::model::Action,
    renamed_from: &'a Option<Address>,
    before: &'a Option<Resource>,
    after: &'a Option<Resource>,
    how: &'a How,
    needs: Vec<&'a StepId>,
    effects: &'a [super::StepEffect],
    undoable: bool,
    cause: super::Cause,
    hand_over_to: &'a Option<Subject>,
    then: &'a Option<crate::text::Word>,
    seats: &'a std::collections::BTreeMap<crate::model::PoolName, i64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    lots: &'a [super::LotChange],
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<(&'a Address, &'a Option<Resource>, &'a Option<Resource>)>,
}

fn covered(step: &Step) -> Covered<'_> {
    let mut needs: Vec<_> = step.needs.iter().collect();
    needs.sort();
    Covered {
        id: &step.id,
        address: &step.address,
        action: step.action,
        renamed_from: &step.renamed_from,
        before: &step.before,
        after: &step.after,
        how: &step.how,
        needs,
        effects: &step.effects,
        undoable: step.undoable,
        cause: step.cause,
        hand_over_to: &step.hand_over_to,
        then: &step.then,
        seats: &step.seats,
        lots: &step.lots,
        other: (step.other.as_ref()).map(|it| (&it.address, &it.before, &it.after)),
    }
}

/// SHA-256 over a value's JSON, which is canonical: fields in the order of their declaration, maps in the order of keys.
fn hex(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("plans hold nothing that JSON cannot");
    let digits = |byte: u8| {
        [byte >> 4, byte & 15].map(|it| char::from(b"0123456789abcdef"[usize::from(it)]))
    };
    Sha256::digest(&json).into_iter().flat_map(digits).collect()
}
