//! What becomes of cancellations as the days of a forecast pass: who and what goes with a billing cycle, and how much is paid for
//! until then.
//!
//! # Design
//! A cancellation that was observed goes with the next renewal, since nobody tells on which day it was asked for. One that the
//! files ask for on some day goes with the first renewal that it is still in time for, with the days of notice. What is given up
//! is paid for until then, even where the vendor takes it away at once.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::forecast::{Expected, Files, Gone};
use crate::model::{
    AccountName, Address, Desired, Kind, Observation, PoolName, Quantity, Resource, ResourceId,
};
use crate::ops::target::Read;
use crate::plan::{Pricing, Seen};
use crate::product::Products;

/// The accounts on one day of a forecast, if the vendors do nothing by themselves.
pub(super) struct Course<'a> {
    products: &'a Products,
    /// What would be seen.
    pub read: Read,
    /// People and things that go, with the day; `None` where it is not known.
    going: BTreeMap<Address, Option<Date>>,
    /// What is paid for, by account and pool.
    paid: BTreeMap<(AccountName, PoolName), Paid>,
}

/// How much of a pool is paid for.
struct Paid {
    now: Quantity,
    /// What is paid for from which renewal on, in order, if something is given up; always less.
    later: Vec<(Option<Date>, Quantity)>,
}

impl<'a> Course<'a> {
    /// The accounts as they were seen on a day.
    pub(super) fn new(estate: &'a Files, read: &Read, day: Date) -> Self {
        let mut course = Self {
            products: &estate.products,
            read: Read {
                observations: read.observations.clone(),
                capabilities: read.capabilities.clone(),
                unread: Vec::new(),
                counted: read.counted.clone(),
            },
            going: BTreeMap::new(),
            paid: BTreeMap::new(),
        };
        let (mut all_going, mut all_paid) = (BTreeMap::new(), BTreeMap::new());
        for name in read.observations.keys() {
            let Some(pricing) = course.pricing(&estate.desired, name, day) else {
                continue;
            };
            let product = pricing.product;
            let ending = &pricing.observation.phases;
            let ending = ending.iter().filter(|(_, phase)| product.is_ending(phase));
            all_going.extend(ending.map(|(it, _)| (it.clone(), pricing.cycle_end())));
            for one in product.each_pool() {
                let pool = PoolName::new(one.name);
                let left = pricing.bought(&pool);
                let Some(now) = pricing.paid(&pool) else {
                    continue;
                };
                let is_ending = pricing.observation.ending.contains_key(&pool);
                let later = left.filter(|_| is_ending);
                let later = later.map(|it| (pricing.cycle_end(), it));
                let paid = Paid {
                    now,
                    later: later.into_iter().collect(),
                };
                all_paid.insert((name.clone(), pool), paid);
            }
        }
        (course.going, course.paid) = (all_going, all_paid);
        course
    }

    /// Where an account's seats are priced on a day.
    pub(super) fn pricing<'s>(
        &'s self,
        desired: &'s Desired,
        name: &AccountName,
        today: Date,
    ) -> Option<Pricing<'s>> {
        let account = desired.accounts.get(name)?;
        Some(Pricing {
            billing: account.billing.as_ref(),
            product: self.products.get(&account.product)?,
            observation: self.read.observations.get(name)?,
            today,
        })
    }

    /// Lets a day begin, and gives what goes on it, by address; `before` is what is expected until then.
    pub(super) fn begin(&mut self, before: &Expected, day: Date) -> Vec<Gone> {
        let is_over = |on: &Option<Date>| on.is_some_and(|it| it <= day);
        let mut gone = Vec::new();
        let going = self.going.extract_if(.., |_, on| is_over(on));
        let going: Vec<Address> = going.map(|it| it.0).collect();
        let mut freed = Vec::with_capacity(going.len());
        for of_account in going.chunk_by(|a, b| a.account == b.account) {
            let account = &of_account[0].account;
            let observation = self.read.observations.get(account);
            let seen =
                observation.and_then(|it| Seen::new(&before.plan, account, self.products, it));
            let units = |it: &Address| seen.as_ref().map(|seen| seen.units_of(it));
            freed.extend(of_account.iter().map(|it| units(it).unwrap_or_default()));
        }
        for (address, freed) in going.into_iter().zip(freed) {
            if let Some(observation) = self.read.observations.get_mut(&address.account) {
                forget(observation, &address);
            }
            gone.push(Gone {
                address,
                units: None,
                freed,
            });
        }
        for ((account, pool), paid) in &mut self.paid {
            let over = paid.later.iter().take_while(|it| is_over(&it.0)).count();
            let Some((_, left)) = paid.later.drain(..over).next_back() else {
                continue;
            };
            if let Some(observation) = self.read.observations.get_mut(account) {
                observation.ending.remove(pool);
            }
            gone.push(Gone {
                units: Some(paid.now.seats().saturating_sub(left.seats())),
                address: Address::seats(account, pool),
                freed: BTreeMap::new(),
            });
            paid.now = left;
        }
        gone.sort_by(|a, b| a.address.cmp(&b.address));
        gone
    }

    /// Takes in what the files ask for on a day.
    pub(super) fn plan(&mut self, then: &Expected, day: Date) {
        let (mut going, mut wants) = (Vec::new(), Vec::new());
        for name in then.plan.accounts.keys() {
            let Some(pricing) = self.pricing(&then.desired, name, day) else {
                continue;
            };
            let steps = then.plan.steps.iter();
            let steps = steps.filter(|it| it.address.account == *name);
            let cancelled = steps.filter(|it| it.lingers(pricing.product));
            let on = pricing.deadline(None).map(|it| it.renewal);
            going.extend(cancelled.map(|it| (it.address.clone(), on)));
            for one in pricing.product.each_pool() {
                let pool = PoolName::new(one.name);
                let wanted = match then.desired.state.resource(&Address::seats(name, &pool)) {
                    Some(Resource::Seats(wanted)) => Some(wanted.clone()),
                    _ => pricing.bought(&pool),
                };
                let on = pricing.deadline(Some(&pool)).map(|it| it.renewal);
                wants.extend(wanted.map(|it| ((name.clone(), pool), it, on)));
            }
        }
        for (address, on) in going {
            self.going.entry(address).or_insert(on);
        }
        for (of, wanted, on) in wants {
            if let Some(paid) = self.paid.get_mut(&of) {
                paid.want(wanted, on);
            }
        }
    }

    /// How much of a pool is paid for.
    pub(super) fn paid(&self, account: &AccountName, pool: &PoolName) -> Option<Quantity> {
        let paid = self.paid.get(&(account.clone(), pool.clone()));
        paid.map(|it| it.now.clone())
    }
}

impl Paid {
    /// Takes in how much is wanted, and when what is given up today goes.
    fn want(&mut self, wanted: Quantity, on: Option<Date>) {
        let seats = wanted.seats();
        if seats >= self.now.seats() {
            self.later.clear();
            self.now = wanted;
            return;
        }
        // What was given up and is wanted again stays.
        let less = |it: &(Option<Date>, Quantity)| it.1.seats() < seats;
        let on = match self.later.iter().position(less) {
            Some(at) => self.later.drain(at..).next().and_then(|it| it.0),
            None => on,
        };
        let last = self.later.last().map_or(&self.now, |it| &it.1);
        if *last != wanted {
            self.later.push((on, wanted));
        }
    }
}

/// Takes out what is gone, and with a person their places in teams.
fn forget(observation: &mut Observation, address: &Address) {
    observation.state.remove(address);
    observation.phases.remove(address);
    let ResourceId::Access(subject) = &address.resource else {
        return;
    };
    let members = observation.state.of_kind(&address.account, Kind::Member);
    let places = members.map(|it| it.0);
    let places = places.filter(|it| it.subject() == Some(subject)).cloned();
    for place in places.collect::<Vec<_>>() {
        observation.state.remove(&place);
    }
}

#[cfg(test)]
mod tests {
    use super::{Paid, Quantity};

    /// What is paid for, then from when on: days by their number in January.
    fn shown(paid: &Paid) -> String {
        let later = paid.later.iter();
        let later = later.map(|(on, it)| format!("{it} from {}", on.expect("it is known").day()));
        std::iter::once(paid.now.to_string())
            .chain(later)
            .collect::<Vec<_>>()
            .join(", ")
    }

    #[test]
    fn what_is_given_up_is_paid_until_its_renewal_and_had_back_before() {
        let day = |it| Some(jiff::civil::date(2027, 1, it));
        let mut paid = Paid {
            now: Quantity::Number(5),
            later: Vec::new(),
        };
        let mut want = |wanted, on| {
            paid.want(Quantity::Number(wanted), day(on));
            shown(&paid)
        };
        assert_eq!(want(5, 1), "5");
        assert_eq!(want(3, 10), "5, 3 from 10");
        assert_eq!(want(3, 20), "5, 3 from 10");
        assert_eq!(want(2, 20), "5, 3 from 10, 2 from 20");
        // One of what goes on the 10th is wanted again.
        assert_eq!(want(4, 20), "5, 4 from 10");
        assert_eq!(want(5, 20), "5");
        assert_eq!(want(6, 20), "6");
    }
}
