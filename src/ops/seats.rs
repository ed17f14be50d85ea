//! `seats`: how many seats there are, how many are used, what they cost, and until when one can give them up.
//!
//! # Design
//! The numbers are those of the proof that a plan makes, so that this table and a plan never disagree. They say what is there
//! now; what the files want is the plan's to say, and what they will want is in the [`Forecast`].

mod course;
mod flips;
mod forecast;

pub use flips::Flip;
pub use forecast::{Change, Day, FirstFlip, Forecast, Gone, Overflow, Renewal, Why};

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;
use serde::Serialize;

use super::Error;
use super::desired::{self, At, Estate};
use super::plan::Unread;
use super::problems::Problems;
use super::target;
use crate::env::Env;
use crate::model::{
    AccountName, Amount, Capacity, Cycle, Deadline, Desired, Fact, PoolName, ProductId, Quantity,
};
use crate::plan::{self, AccountPlan, Cost, GuardRecord, Plan, PoolProof, Pricing};

/// The seats of an estate's accounts.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// The day that renewals and last days are counted from, in the estate's time zone.
    #[schemars(with = "String")]
    pub day: Date,
    /// The accounts that could be read, by name.
    pub accounts: Vec<AccountSeats>,
    /// Accounts that could not be read.
    pub unread: Vec<Unread>,
    /// What is wrong with the files; if anything is, no account was read.
    pub problems: Problems,
    /// What the files will make of it; nothing where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
}

/// The seats of one account.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct AccountSeats {
    /// The account.
    pub account: AccountName,
    /// The product.
    pub product: ProductId,
    /// How often it is paid; nothing where that is not written.
    pub cycle: Option<Cycle>,
    /// The next renewal; nothing where the cycle is not written.
    #[schemars(with = "Option<String>")]
    pub renews_on: Option<Date>,
    /// What the account costs for one cycle, however many seats it has; nothing where none is written.
    pub fee: Option<Cost>,
    /// The pools of its own, in the order of the definition.
    pub pools: Vec<PoolSeats>,
    /// Pools that belong to another account, and are counted there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shared: BTreeMap<PoolName, AccountName>,
    /// What one cycle costs in all, over what is known; nothing where nothing is.
    pub per_cycle: Option<Amount>,
    /// Whether some cost is not known, so that the sum is not all.
    pub is_partial: bool,
}

/// One pool.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PoolSeats {
    /// The pool.
    pub pool: PoolName,
    /// What one unit is called.
    pub unit: String,
    /// How many there are, without what is cancelled.
    pub there: Fact<Capacity>,
    /// What is there, and paid for, until the billing cycle ends, where some is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// How many are used, those included that wait for somebody to accept.
    pub used: u64,
    /// Of these, by people who have not accepted yet.
    pub waiting: u64,
    /// How many each account uses that shares the pool, that of the pool first; nothing where no other does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<ShareUsed>,
    /// How many nobody uses; nothing where there is no limit or it is not known.
    pub free: Option<u64>,
    /// What one cycle costs, with what is cancelled and there; nothing for what is never bought.
    pub per_cycle: Option<Cost>,
    /// What of it is paid for what nobody uses; nothing where there is none.
    pub idle_per_cycle: Option<Cost>,
    /// The last day on which giving some up counts for the next renewal that is still open, and that renewal; nothing where the
    /// cycle is not written or nothing is bought.
    pub deadline: Option<Deadline>,
}

/// What one of several accounts uses of a pool that they share.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ShareUsed {
    /// The account.
    pub account: AccountName,
    /// How many it uses.
    pub used: u64,
}

/// What is there until the billing cycle ends, cancelled in part.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Ending {
    /// How many are there until then; `there` says how many are left.
    pub bought: Quantity,
    /// The first day without what is cancelled; nothing where the cycle is not written.
    #[schemars(with = "Option<String>")]
    pub on: Option<Date>,
}

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The instant that the files are read against; now if `None`.
    pub at: Option<At>,
    /// The accounts to look at; all if empty.
    pub accounts: Vec<AccountName>,
    /// Until which day to look ahead; not at all if `None`.
    pub forecast: Option<Ahead>,
}

/// How many years a forecast looks ahead at most: every renewal is a day to look at.
const YEARS_MAX: i64 = 10;

/// How far to look ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// A year.
    Year,
    /// Until a day, at most ten years ahead.
    Until(Date),
}

/// Reads the files and the accounts. Nothing is written anywhere but under `.seatplan/`.
///
/// # Errors
/// If there is no estate, or an account is asked for that it does not have.
pub async fn run(env: &Env, start: Option<&Path>, options: &Options) -> Result<Report, Error> {
    let estate = desired::read_keeping(env, start, options.at, |files| {
        options.forecast.is_some().then(|| files.clone())
    })?;
    super::plan::known_accounts(&estate.desired, &options.accounts)?;
    let at = estate.desired.at.to_zoned(estate.desired.timezone.clone());
    let day = at.date();
    if estate.sink.has_errors() {
        return Ok(Report {
            version: 1,
            day,
            accounts: Vec::new(),
            unread: Vec::new(),
            problems: estate.problems(),
            forecast: None,
        });
    }
    let wanted = target::wanted(&estate.desired, &estate.products, &options.accounts);
    let wanted = |name: &AccountName| wanted.contains(name);
    let (targets, mut unread) =
        target::open(env, &estate.root, &estate.desired, &estate.products, wanted);
    let read = targets.read(&options.accounts).await;
    unread.extend(read.unread.iter().cloned());
    unread.sort_by(|a, b| a.account.cmp(&b.account));
    let until = options.forecast.map(|it| match it {
        Ahead::Year => day.saturating_add(1.year()),
        Ahead::Until(last) => last.min(day.saturating_add(YEARS_MAX.years())),
    });
    let now = env.now();
    let forecast = until.map(|it| forecast::forecast(now, &estate, &read, (day, it)));
    let (forecast, refused) = forecast.transpose()?.unzip();
    let accounts = accounts(now, &estate, &read, day);
    let sink = refused.flatten().unwrap_or(estate.sink);
    Ok(Report {
        version: 1,
        day,
        accounts,
        forecast,
        unread,
        problems: Problems::new(estate.sources, sink),
    })
}

/// What the files make of the accounts as they are.
fn planned<C>(now: Timestamp, estate: &Estate<C>, desired: &Desired, read: &target::Read) -> Plan {
    plan::make(&plan::Inputs {
        desired,
        observations: &read.observations,
        products: &estate.products,
        capabilities: &read.capabilities,
        sources: &estate.sources,
        now,
        counted: &read.counted,
        guards: GuardRecord::default(),
    })
}

fn accounts<C>(
    now: Timestamp,
    estate: &Estate<C>,
    read: &target::Read,
    day: Date,
) -> Vec<AccountSeats> {
    let plan = planned(now, estate, &estate.desired, read);
    // Of what nobody asked for only that is shown of which somebody takes who was asked for.
    let is_shown =
        |it: &AccountPlan| !it.counted || it.pools.iter().any(|it| !it.shares.is_empty());
    let accounts = plan.accounts.iter().filter(|(_, it)| is_shown(it));
    let accounts = accounts.filter_map(|(name, it)| {
        let pricing = Pricing {
            billing: estate.desired.accounts.get(name)?.billing.as_ref(),
            product: estate.products.get(&it.product)?,
            observation: read.observations.get(name)?,
            today: day,
        };
        Some(account(pricing, name, it))
    });
    accounts.collect()
}

fn account(pricing: Pricing<'_>, name: &AccountName, plan: &AccountPlan) -> AccountSeats {
    let pools: Vec<_> = plan.pools.iter().map(|it| pool(pricing, it)).collect();
    let names = pools.iter().map(|it| &it.pool);
    let (per_cycle, is_partial) = cycle(pricing, names, |pool| pricing.paid(pool));
    AccountSeats {
        account: name.clone(),
        product: plan.product.clone(),
        cycle: pricing.billing.and_then(|it| it.cycle),
        renews_on: pricing.period().map(|it| it.next),
        per_cycle,
        is_partial,
        fee: pricing.fee(),
        pools,
        shared: plan.shared.clone(),
    }
}

/// What one cycle costs with some quantities, over what is known, and whether that is not all.
fn cycle<'p>(
    pricing: Pricing<'_>,
    pools: impl Iterator<Item = &'p PoolName>,
    bought: impl Fn(&PoolName) -> Option<Quantity>,
) -> (Option<Amount>, bool) {
    let sold = pools.filter(|it| pricing.is_sold(it));
    let costs = sold.map(|it| pricing.cost(pricing.price(it, bought(it).as_ref())));
    let costs: Vec<_> = pricing.fee().into_iter().chain(costs).collect();
    let mut known = costs.iter().filter_map(Cost::known);
    let first = known.next();
    let sum = first.and_then(|first| known.try_fold(first, |sum, it| sum.plus(&it)));
    let is_partial = costs.iter().any(|it| it.known().is_none());
    (sum, is_partial || (first.is_some() && sum.is_none()))
}

fn pool(pricing: Pricing<'_>, proof: &PoolProof) -> PoolSeats {
    let is_sold = pricing.is_sold(&proof.pool);
    let free = match proof.purchased.value() {
        Some(Capacity::Purchased(there)) => Some(there.seats().saturating_sub(proof.used)),
        Some(Capacity::Unlimited) | None => None,
    };
    let bought = pricing.bought(&proof.pool);
    let price = || pricing.price(&proof.pool, pricing.paid(&proof.pool).as_ref());
    let ending = pricing.observation.ending.get(&proof.pool);
    PoolSeats {
        pool: proof.pool.clone(),
        unit: proof.unit.clone(),
        there: proof.purchased.clone(),
        ending: ending.map(|bought| Ending {
            bought: bought.clone(),
            on: pricing.cycle_end(),
        }),
        used: proof.used,
        waiting: proof.waiting,
        shares: (proof.shares.iter())
            .map(|it| ShareUsed {
                account: it.account.clone(),
                used: it.used,
            })
            .collect(),
        free,
        per_cycle: is_sold.then(|| pricing.cost(price())),
        idle_per_cycle: free
            .filter(|free| is_sold && *free > 0)
            .and_then(|free| idle(pricing, &proof.pool, bought.as_ref(), free)),
        // Where nothing is bought there is nothing to give up.
        deadline: { pricing.paid(&proof.pool) }
            .is_none_or(|it| it.seats() > 0)
            .then(|| pricing.deadline(Some(&proof.pool)))
            .flatten()
            .filter(|_| is_sold),
    }
}

/// What is paid for what nobody uses.
fn idle(
    pricing: Pricing<'_>,
    pool: &PoolName,
    bought: Option<&Quantity>,
    free: u64,
) -> Option<Cost> {
    let Some(Quantity::Number(number)) = bought else {
        // A unit of a lot has no price of its own.
        return None;
    };
    let free = u32::try_from(free).unwrap_or(u32::MAX);
    let needed = Quantity::Number(number.saturating_sub(free));
    let all = pricing.price(pool, bought);
    let rest = pricing.price(pool, Some(&needed));
    let idle = all.and_then(|all| Ok((all - rest?).max(Decimal::ZERO)));
    Some(pricing.cost(idle)).filter(|it| it.known().is_none_or(|it| !it.is_zero()))
}
