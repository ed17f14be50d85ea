//! Accounts that share pools on the directory, which counts over them with code of its own: a plan that nothing refuses can be
//! carried out there, in any order that it allows.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use seatplan::directory::Seed;
use seatplan::model::{AccountName, Observation, ProductId};
use seatplan::provider::directory::Directory;
use seatplan::provider::{Answer, OperationId, Reader as _, Writer as _};

use crate::oracle::{next, objections};
use crate::proof::{ACCOUNTS, PRODUCT, World, estate, worlds};
use crate::support::chance::cases;
use crate::support::estate::{Estate, show};
use crate::vendor::{Setup, Vendor, product};

/// The accounts at a vendor, as an estate has them; `None` if the vendor does not allow it.
fn at_vendor(before: &Estate) -> Option<(Vendor, BTreeMap<AccountName, Directory>)> {
    let setup = Setup {
        account: AccountName::new(ACCOUNTS[0]),
        ..Setup::new(product(PRODUCT))
    };
    let vendor = setup.start();
    let mut providers = BTreeMap::new();
    for (at, name) in ACCOUNTS.into_iter().enumerate() {
        let account = AccountName::new(name);
        let parent = at.checked_sub(1).map(|it| AccountName::new(ACCOUNTS[it]));
        let id = ProductId::new("product");
        vendor
            .running
            .provision_under(&account, &id, &vendor.product, parent.as_ref())
            .expect("it can lie there");
        let mut things: Vec<_> = before.desired.state.of_account(&account).collect();
        things.sort_by_key(|(address, _)| address.kind());
        let seeds = things.iter().map(|(address, entry)| Seed {
            id: &address.resource,
            resource: &entry.resource,
        });
        vendor.running.seed(&account, seeds).ok()?;
        let provider = Directory::new(&account, &vendor.product, &vendor.target(), vendor.limits);
        providers.insert(account, provider.expect("a good URL"));
    }
    Some((vendor, providers))
}

async fn observe(
    providers: &BTreeMap<AccountName, Directory>,
) -> BTreeMap<AccountName, Observation> {
    let mut observations = BTreeMap::new();
    for (name, provider) in providers {
        let observed = provider.observe().await.expect("the account can be read");
        observations.insert(name.clone(), observed);
    }
    observations
}

/// Brings the accounts from one state to another; false if the vendor or a rule stands against one of them.
async fn carry_out(world: &World, mut chance: u64) -> Result<bool, TestCaseError> {
    let (before, wanted) = (estate(world, false), estate(world, true));
    let Some((_vendor, providers)) = at_vendor(&before) else {
        return Ok(false);
    };
    let observed = observe(&providers).await;
    let plan = wanted.plan_all_unchecked(&observed);
    if !objections(&wanted, &plan, &observed).is_empty() {
        return Ok(false);
    }
    let plan = wanted.plan_all(&observed);
    let mut done = BTreeSet::new();
    while let Some(step) = next(&plan, &done, &mut chance) {
        let provider = &providers[&step.address.account];
        let operation = OperationId(step.id.0.clone());
        let answer = provider.execute(step, &operation).await;
        prop_assert!(
            matches!(answer, Answer::Done { .. }),
            "{}: {answer:?}\nafter {done:?} of\n{}",
            step.address,
            show(&plan)
        );
        done.insert(&step.id);
    }
    prop_assert_eq!(done.len(), plan.steps.len(), "{}", show(&plan));
    let rest = wanted.plan_all(&observe(&providers).await);
    prop_assert!(rest.steps.is_empty(), "{}", show(&rest));
    Ok(!plan.steps.is_empty())
}

#[test]
fn a_plan_over_accounts_that_share_pools_can_be_carried_out_in_any_order_it_allows() {
    let config = cases(64);
    let cases = config.cases;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let carried_out = Cell::new(0);
    let worlds = (worlds(ACCOUNTS.len()), any::<u64>());
    let result = TestRunner::new(config).run(&worlds, |(world, chance)| {
        let done = runtime.block_on(carry_out(&world.administered(), chance))?;
        carried_out.set(carried_out.get() + u32::from(done));
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let carried_out = carried_out.get();
    assert!(
        carried_out > cases / 10,
        "only {carried_out} of {cases} plans could be carried out"
    );
}
