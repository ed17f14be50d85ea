//! Accounts that share pools on the directory, which counts over them with code of its own: a plan that nothing refuses can be
//! carried out there, in any order that it allows.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use seatplan::directory::Seed;
use seatplan::model::{AccountName, Address, Observation, ProductId, Subject};
use seatplan::plan::{Plan, check, from_json, moved, to_json};
use seatplan::product::Products;
use seatplan::provider::directory::Directory;
use seatplan::provider::{Answer, OperationId, Reader as _, Writer as _};

use crate::oracle::{next, objections};
use crate::proof::{ACCOUNTS, PRODUCT, World, estate, worlds};
use crate::support::chance::cases;
use crate::support::estate::{Estate, applied, show};
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

/// Two accounts in a full pool: somebody goes from the first, and somebody comes on the second.
fn one_goes_one_comes() -> (Plan, BTreeMap<AccountName, Observation>, Products) {
    let mut estate = Estate::new(PRODUCT);
    estate.sub_account(ACCOUNTS[1], ACCOUNTS[0]);
    estate.seats("full", 3).seats("light", 0);
    estate.access_on(ACCOUNTS[0], "ana", "admin");
    estate.access_on(ACCOUNTS[1], "bob", "admin");
    let mut wanted = estate.clone();
    estate.access_on(ACCOUNTS[0], "cleo", "editor");
    wanted.access_on(ACCOUNTS[1], "dan", "editor");
    let observations = estate.observe_all();
    let plan = wanted.plan_all(&observations);
    assert_eq!(plan.steps.len(), 2, "{}", show(&plan));
    (plan, observations, wanted.products)
}

#[track_caller]
fn finds(
    plan: &Plan,
    observations: &BTreeMap<AccountName, Observation>,
    products: &Products,
    text: &str,
) {
    let found = check(plan, observations, products).expect_err("something is wrong");
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|it| it.contains(text)), "{found:#?}");
}

#[test]
fn the_checker_counts_over_the_family() {
    let (plan, observations, products) = one_goes_one_comes();
    let mut unordered = plan.clone();
    unordered.steps[1].needs.clear();
    finds(
        &unordered,
        &observations,
        &products,
        "units of \"full\" run out",
    );
    let mut wrong = plan.clone();
    let pools = &mut wrong
        .accounts
        .get_mut(ACCOUNTS[0])
        .expect("it is there")
        .pools;
    pools[0].shares[1].used = 7;
    finds(
        &wrong,
        &observations,
        &products,
        "used by one account 7 where it is 1",
    );
    let mut alone = observations.clone();
    alone.remove(ACCOUNTS[1]);
    finds(
        &plan,
        &alone,
        &products,
        "the plan rests on acme-south, which was not observed",
    );
}

#[test]
fn a_plan_rests_on_what_every_account_uses() {
    let (plan, observations, products) = one_goes_one_comes();
    let (head, member) = (AccountName::new(ACCOUNTS[0]), AccountName::new(ACCOUNTS[1]));
    assert_eq!(plan.rests_on(), BTreeSet::from([&head, &member]));
    let mut now = observations.clone();
    let observation = now.get_mut(&member).expect("it was read");
    let bob = Address::access(&member, &Subject::new("bob"));
    let bob = observation.state.get(&bob).expect("he is there").clone();
    observation
        .state
        .insert(Address::access(&member, &Subject::new("eve")), bob);
    let told: Vec<_> = moved(&plan, &now, &products)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        ["acme: 3 of the pool \"full\" should be in use, and 4 are"]
    );
    // And so does its identity.
    let mut more = plan.clone();
    more.accounts.get_mut(&head).expect("it is there").pools[0].shares[1].used += 1;
    assert!(
        from_json(&to_json(&more)).is_err(),
        "the digest covers what each account uses"
    );
}

#[test]
fn a_plan_over_accounts_that_is_half_done_goes_on() {
    let (plan, observations, products) = one_goes_one_comes();
    for done in 0..=plan.steps.len() {
        let mut now = observations.clone();
        for (name, observation) in &mut now {
            let steps = plan.steps[..done].iter();
            let own: Vec<_> = steps
                .filter(|it| it.address.account == *name)
                .cloned()
                .collect();
            *observation = applied(observation, &own);
        }
        assert_eq!(moved(&plan, &now, &products), [], "after {done} steps");
        assert!(check(&plan, &now, &products).is_ok(), "after {done} steps");
    }
}
