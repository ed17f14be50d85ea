//! What a plan costs: what is due at once, what each cycle costs afterwards, and what stays due though nobody uses it.
//!
//! # Design
//! Amounts rest on the prices that the customer wrote and on what the product says about charging; where either is silent an
//! amount is [`Cost::Unknown`], with the reason, and never nothing. Each line is rounded once, and totals are sums of what the
//! lines show. Totals hold one currency and one cycle: nothing is converted, and a year is not twelve months.
//!
//! A plan's digest covers the terms (prices, cycle, how units are charged) and no amounts: what is left of a cycle is another
//! number tomorrow, and a plan that was reviewed today must not be stale because it is midnight. A price that changed makes it
//! another plan.
//!
//! Nothing is ever assumed to be paid back: what is given up stays due until the first renewal that it can still be cancelled
//! for, even where the vendor takes the seats away at once.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

mod lines;
mod pricing;
mod terms;

pub(super) use lines::of;
pub use pricing::{Pricing, Unknown};
pub use terms::terms_moved;

use super::StepId;
use crate::model::{AccountName, Amount, Billing, Currency, Cycle, PoolName, Sums};
pub use crate::product::Charged;

/// What a plan costs on one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AccountCost {
    /// The prices and the cycle; part of the digest. Nothing where the files say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Billing>,
    /// What costs or saves something, in the order of the steps, then of the pools; never empty.
    pub lines: Vec<CostLine>,
    /// The sum of what is due now, over the lines where that is known; nothing where it is known of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_now: Option<Amount>,
    /// How much more (or less) a cycle costs afterwards, over the lines where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_cycle_change: Option<Amount>,
    /// How many lines have an amount that is not known, so that the sums are not all.
    pub unknown: u32,
}

/// One thing that costs or saves something. Amounts are not part of the digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CostLine {
    /// The pool.
    pub pool: PoolName,
    /// The steps behind it; empty for what is bought and not used any more.
    pub steps: Vec<StepId>,
    /// What it is, as a phrase for people.
    pub text: String,
    /// What is due at once.
    pub due_now: Cost,
    /// What each cycle costs now and afterwards; nothing for what is charged once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_cycle: Option<PerCycle>,
    /// What stays due though nobody uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sunk: Option<Sunk>,
    /// The last day on which giving it up counts for the renewal that `per_cycle` or `sunk` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub act_by: Option<Date>,
    /// Whether what is due now is computed from the days that are left, so that the vendor's invoice may differ.
    pub estimate: bool,
    /// What the product says is charged within a cycle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged: Option<Charged>,
    /// The days of notice that were counted.
    pub notice_days: u32,
}

/// An amount, if it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// So much.
    Known(Amount),
    /// Nobody knows.
    Unknown {
        /// Why not, as a phrase.
        why: String,
    },
}

/// What a pool costs for one cycle, now and afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PerCycle {
    /// Now.
    pub before: Cost,
    /// Afterwards.
    pub after: Cost,
    /// The first day of the first cycle that is paid so; nothing where the cycle is not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub from: Option<Date>,
}

/// What stays due though nobody uses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Sunk {
    /// How much.
    pub amount: Cost,
    /// The first day for which it is not due any more; nothing for what stays due whatever happens, or where the cycle is not
    /// written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
}

/// What a plan costs over all accounts, never added over currencies or cycles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlanCost {
    /// What is due now, by currency.
    pub due_now: Vec<Amount>,
    /// Whether some of that is an estimate.
    pub estimate: bool,
    /// How much more (or less) cycles cost afterwards, by currency and cycle.
    pub per_cycle_change: Vec<CycleChange>,
    /// Accounts of which some amount is not known.
    pub unknown: Vec<AccountName>,
}

/// How much more (or less) the cycles of one sort cost in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CycleChange {
    /// The cycle; nothing where it is not written.
    pub cycle: Option<Cycle>,
    /// How much.
    pub change: Amount,
}

impl Cost {
    /// The amount, if it is known.
    pub fn known(&self) -> Option<Amount> {
        match self {
            Self::Known(amount) => Some(*amount),
            Self::Unknown { .. } => None,
        }
    }
}

impl CostLine {
    /// How much more a cycle costs afterwards; nothing for what is charged once, `None` where it is not known.
    fn change(&self) -> Option<Amount> {
        let per_cycle = self.per_cycle.as_ref()?;
        let after = per_cycle.after.known()?;
        after.minus(&per_cycle.before.known()?)
    }

    fn is_unknown(&self) -> bool {
        let unknown = |it: &Cost| it.known().is_none();
        let per_cycle = self.per_cycle.as_ref();
        unknown(&self.due_now)
            || per_cycle.is_some_and(|it| unknown(&it.before) || unknown(&it.after))
            || self.sunk.as_ref().is_some_and(|it| unknown(&it.amount))
    }
}

impl AccountCost {
    fn new(terms: Option<Billing>, lines: Vec<CostLine>) -> Self {
        let unknown = lines.iter().filter(|it| it.is_unknown()).count();
        Self {
            terms,
            due_now: sum(lines.iter().filter_map(|it| it.due_now.known())),
            per_cycle_change: sum(lines.iter().filter_map(CostLine::change)),
            unknown: u32::try_from(unknown).unwrap_or(u32::MAX),
            lines,
        }
    }

    /// What a plan's digest covers of it: the terms, and what is charged in which way.
    pub(super) fn covered(&self) -> impl Serialize {
        let lines = self.lines.iter();
        let lines = lines.map(|it| (&it.pool, &it.steps, it.charged, it.notice_days));
        (self.terms.as_ref(), lines.collect::<Vec<_>>())
    }
}

/// The sum of amounts of one currency; nothing for none, and for more than can be counted.
fn sum(mut amounts: impl Iterator<Item = Amount>) -> Option<Amount> {
    let first = amounts.next()?;
    amounts.try_fold(first, |sum, it| sum.plus(&it))
}

/// What accounts cost together.
pub(super) fn total<'a>(
    accounts: impl Iterator<Item = (&'a AccountName, &'a AccountCost)>,
) -> Option<PlanCost> {
    let mut due_now = Sums::default();
    let mut changes: BTreeMap<(Currency, Option<Cycle>), Amount> = BTreeMap::new();
    let mut total = PlanCost::default();
    let mut is_any = false;
    for (name, cost) in accounts {
        is_any = true;
        let due = cost.due_now.map(|it| due_now.add(it));
        let cycle = cost.terms.as_ref().and_then(|it| it.cycle);
        let change = cost.per_cycle_change.map(|change| {
            let sum = changes.entry((change.currency, cycle));
            let sum = sum.or_insert_with(|| Amount::zero(change.currency));
            sum.plus(&change).map(|it| *sum = it)
        });
        // What cannot be counted any more is as little known as what has no price.
        if cost.unknown > 0 || due == Some(None) || change == Some(None) {
            total.unknown.push(name.clone());
        }
        total.estimate |= cost.lines.iter().any(|it| it.estimate);
    }
    total.due_now = due_now.amounts().collect();
    let changes = changes.into_iter();
    total.per_cycle_change = changes
        .map(|((_, cycle), change)| CycleChange { cycle, change })
        .collect();
    is_any.then_some(total)
}
