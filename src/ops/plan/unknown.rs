//! Pools whose size nobody knows and of which a plan may take all the same, because a person looked it up.
//!
//! # Design
//! An acknowledgement is for one plan. Where it meets nothing that is unknown it is wrong usage and not only idle: written
//! into a script it would accept tomorrow what nobody looked at today. A run that is open keeps what was accepted for it, for
//! exactly what remains of it; otherwise nobody could say that its tasks are done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::env::Env;
use crate::model::{AccountName, Capacity, PoolName};
use crate::ops::Error;
use crate::ops::desired::Estate;
use crate::plan::{Plan, Refusal, StepId};
use crate::store::{Journal as _, Store};

/// A pool of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPool {
    /// The account.
    pub account: AccountName,
    /// The pool.
    pub pool: PoolName,
}

/// Pools by account, as a plan's record of guards has them.
pub(super) type Accepted = BTreeMap<AccountName, BTreeSet<PoolName>>;

/// Refuses names of accounts that the estate does not have and of pools that their products do not have.
pub(super) fn known(estate: &Estate, asked: &[AccountPool]) -> Result<Accepted, Error> {
    let mut accepted = Accepted::new();
    for AccountPool { account, pool } in asked {
        super::known_accounts(&estate.desired, std::slice::from_ref(account))?;
        let product = &estate.desired.accounts[account].product;
        if let Some(product) = estate.products.get(product)
            && product.one_pool(pool).is_none()
        {
            let known = product.each_pool().map(|it| it.name.as_str());
            return Err(Error::unknown("pool", pool, known));
        }
        let of_account = accepted.entry(account.clone()).or_default();
        of_account.insert(pool.clone());
    }
    Ok(accepted)
}

/// What is accepted by one or the other.
pub(super) fn both(mut accepted: Accepted, more: Accepted) -> Accepted {
    for (account, pools) in more {
        accepted.entry(account).or_default().extend(pools);
    }
    accepted
}

/// Refuses to accept of a plan what is no question in it. Accounts that could not be read are told of elsewhere.
pub(super) fn asked_for_nothing(plan: &Plan, unread: &[super::Unread]) -> Result<(), Error> {
    for (account, pools) in &plan.guards.accepted_unknown_seats {
        if unread.iter().any(|it| it.account == *account) {
            continue;
        }
        for pool in pools {
            let planned = plan.accounts.get(account);
            let head = planned.and_then(|it| it.shared.get(pool));
            let mut proofs = planned.into_iter().flat_map(|it| &it.pools);
            let why = match (proofs.find(|it| it.pool == *pool), head) {
                (None, Some(head)) => format!("it is the pool of \"{head}\": name {head}/{pool}"),
                (None, None) => "the plan does not look at that account".to_owned(),
                (Some(it), _) if it.takes_of_unknown() => continue,
                (Some(it), _) => match it.purchased_after.value() {
                    Some(Capacity::Purchased(it)) => format!("it is known to have {it}"),
                    Some(Capacity::Unlimited) => "it has no limit".to_owned(),
                    None => "the plan takes no more of it than it frees".to_owned(),
                },
            };
            return Err(Error::NothingUnknown {
                account: account.clone(),
                pool: pool.clone(),
                why,
            });
        }
    }
    Ok(())
}

/// What was accepted for the run that is open and of which everything that a plan holds is left to do; nothing if the plan
/// is not refused for what is unknown, or if there is no such run.
pub(super) fn of_open_run(env: &Env, root: &Path, plan: &Plan) -> Result<Accepted, Error> {
    let is_unknown = |it: &Refusal| matches!(it, Refusal::UnknownCapacity { .. });
    if !plan.refusals.iter().any(is_unknown) {
        return Ok(Accepted::new());
    }
    let Some(mut store) = Store::look(&crate::ops::apply::journal(env, root))? else {
        return Ok(Accepted::new());
    };
    let wanted: BTreeSet<&StepId> = plan.steps.iter().map(|it| &it.id).collect();
    for run in store.open_runs()?.into_iter().rev() {
        let operations = store.journal(&run.id).operations()?;
        let rest = operations.iter().filter(|it| !it.state.is_confirmed());
        if wanted.is_subset(&rest.map(|it| &it.step).collect()) {
            return Ok(store.plan_of(&run.id)?.guards.accepted_unknown_seats);
        }
    }
    Ok(Accepted::new())
}
