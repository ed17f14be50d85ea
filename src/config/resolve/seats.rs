//! Quantities of seats: those that are wanted today, and those that will be once a setting has changed.
//!
//! # Design
//! Some pools are sold only under some settings: an add-on that is on trial has nothing to buy yet. The quantity that will be
//! wanted once the trial ends belongs beside the setting that says when, so it is read, and left out of what is wanted, until
//! the day on which the setting makes it something to buy.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::entries::not_in_product;
use super::settings::Dated;
use super::{Resolved, Resolver, Site};
use crate::config::written::{self, Seats};
use crate::model::{
    AccountName, Address, Entry, LaterSeats, Lot, PoolName, ProductId, Quantity, Resource, State,
};
use crate::product::{OnePool, Scene, Tenant};

impl<'a> Resolver<'a> {
    /// The quantities that are wanted today into `out`; those that will be from a later day on are given back, by pool.
    pub(super) fn seats(
        &mut self,
        site: &Site<'a>,
        account: &'a written::Account,
        (parent, dated): (Option<&AccountName>, &Dated),
        out: &mut Resolved,
    ) -> BTreeMap<PoolName, LaterSeats> {
        let mut later = BTreeMap::new();
        for (name, seats) in account.seats.iter() {
            let Some(one) = site.product.one_pool(&name.value) else {
                let known = site.product.each_pool().map(|it| it.name.as_str());
                self.sink.push(not_in_product("pool", name, site, known));
                continue;
            };
            let pool = PoolName::from(name.value.clone());
            let quantity = quantity(&seats.value);
            match sold_from(one, site, parent, dated) {
                Some(from) => {
                    let span = seats.span;
                    later.insert(
                        pool,
                        LaterSeats {
                            from,
                            quantity,
                            span,
                        },
                    );
                }
                None => out.add(
                    Address::seats(&site.name, &pool),
                    Entry::desired(Resource::Seats(quantity), seats.span),
                ),
            }
        }
        later
    }
}

/// The day on which a pool of which nothing can be bought today begins to be sold, because a setting changes.
fn sold_from(
    one: OnePool<'_>,
    site: &Site<'_>,
    parent: Option<&AccountName>,
    dated: &Dated,
) -> Option<Date> {
    if dated.later.is_empty() {
        return None;
    }
    let product = ProductId::new(site.product_id);
    let tenant = Tenant {
        name: &site.name,
        product: &product,
        parent,
    };
    let mut scene = Scene::new(site.product, tenant, &State::new());
    let mut settings = scene.settings().clone();
    settings.extend(dated.today.clone());
    scene = scene.with_settings(settings.clone());
    let is_sold = |scene: &Scene<'_>| {
        let capacity = scene.capacity(one);
        capacity.is_some_and(|it| it.purchased == Some(true))
    };
    if is_sold(&scene) {
        return None;
    }
    let mut days: Vec<_> = dated.later.iter().collect();
    days.sort_by_key(|(_, it)| it.from);
    days.into_iter().find_map(|(name, it)| {
        settings.insert(name.clone(), it.value.clone());
        let then = scene.clone().with_settings(settings.clone());
        is_sold(&then).then_some(it.from)
    })
}

/// Lots in the order of their sizes, each size once, so that equal purchases are equal values.
fn quantity(seats: &Seats) -> Quantity {
    match seats {
        Seats::Number(number) => Quantity::Number(*number),
        Seats::Lots(lots) => {
            let mut by_size: BTreeMap<u32, u32> = BTreeMap::new();
            for lot in lots.iter().filter(|it| it.count > 0) {
                let count = by_size.entry(lot.size.get()).or_default();
                *count = count.saturating_add(lot.count);
            }
            let lots = by_size.into_iter().map(|(size, count)| Lot { size, count });
            Quantity::Lots(lots.collect())
        }
    }
}
