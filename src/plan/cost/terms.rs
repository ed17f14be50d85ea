//! Whether what the costs of a plan were worked out from is still what the files and the product say.
//!
//! # Design
//! Terms are compared and never amounts: what is left of a cycle is another number tomorrow, and a plan that was reviewed today
//! must not be stale because it is midnight.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::AccountCost;
use crate::model::{AccountName, Billing, Currency, Cycle};
use crate::product::Product;

/// What of the terms behind an account's costs is not what it was, each as a phrase; empty if all of it is.
///
/// `billing` and `product` are those of the present files.
pub fn terms_moved(
    account: &AccountName,
    cost: &AccountCost,
    billing: Option<&Billing>,
    product: &Product,
) -> Vec<String> {
    let nothing = Billing::default();
    let was = cost.terms.as_ref().unwrap_or(&nothing);
    let is = billing.unwrap_or(&nothing);
    let mut moved = Vec::new();
    let mut compare = |what: &str, was: Option<String>, is: Option<String>| {
        if was != is {
            let [was, is] = [was, is].map(|it| it.unwrap_or_else(|| "not written".to_owned()));
            moved.push(format!("{account}: {what} was {was} and is {is}"));
        }
    };
    let cycle = |it: &Billing| it.cycle.map(|it| Cycle::word(it).to_owned());
    compare("the billing cycle", cycle(was), cycle(is));
    compare(
        "the day of renewal",
        shown(was.renews_on),
        shown(is.renews_on),
    );
    let currency = |it: &Billing| it.currency.as_ref().map(|it| Currency::code(it).to_owned());
    compare("the currency", currency(was), currency(is));
    compare("the fee", shown(was.fee), shown(is.fee));
    compare(
        "the notice in days",
        shown(was.notice_days),
        shown(is.notice_days),
    );
    // A tariff has no short form, so the whole of it is named.
    let pools: BTreeSet<_> = was.prices.keys().chain(is.prices.keys()).collect();
    for pool in pools
        .into_iter()
        .filter(|it| was.prices.get(*it) != is.prices.get(*it))
    {
        moved.push(format!("{account}: the price of {pool} is not what it was"));
    }
    for line in &cost.lines {
        let one = product.one_pool(&line.pool);
        let notice = is.notice_days.or_else(|| one?.pool.notice_days);
        let is_same = one.and_then(|it| it.pool.charged) == line.charged
            && (notice.unwrap_or_default() == line.notice_days
                || was.notice_days != is.notice_days);
        let text = format!(
            "{account}: how the vendor charges for {} is not what it was",
            line.pool
        );
        if !is_same && !moved.contains(&text) {
            moved.push(text);
        }
    }
    moved
}

fn shown(it: Option<impl Display>) -> Option<String> {
    it.map(|it| it.to_string())
}
