//! Where one account's seats are priced, and the days on which they are paid and can be given up: for plans, for the table of
//! seats and for forecasts.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Cost;
use crate::model::{
    Address, Amount, Billing, Calendar, Capacity, Deadline, Fact, Observation, Period, PoolName,
    Quantity, Resource,
};
use crate::product::Product;

/// Why an amount is not known, as a phrase.
pub type Unknown = String;

/// Where one account's seats are priced.
#[derive(Clone, Copy, Debug)]
pub struct Pricing<'a> {
    /// What the customer says is paid; nothing where that is not written.
    pub billing: Option<&'a Billing>,
    /// What the vendor says.
    pub product: &'a Product,
    /// What is bought.
    pub observation: &'a Observation,
    /// The day from which days are counted, in the estate's time zone.
    pub today: Date,
}

impl Pricing<'_> {
    /// How much is bought of a pool, where that was seen or said: without what is included or sized otherwise, and without what
    /// is cancelled.
    pub fn bought(&self, pool: &PoolName) -> Option<Quantity> {
        let address = Address::seats(&self.observation.account, pool);
        if let Some(Resource::Seats(quantity)) = self.observation.state.resource(&address) {
            return Some(quantity.clone());
        }
        match self.observation.pools.get(pool).and_then(Fact::value) {
            Some(Capacity::Purchased(quantity)) => Some(quantity.clone()),
            Some(Capacity::Unlimited) | None => None,
        }
    }

    /// How much of a pool is paid for until the billing cycle ends: what is cancelled included.
    pub fn paid(&self, pool: &PoolName) -> Option<Quantity> {
        let ending = self.observation.ending.get(pool).cloned();
        ending.or_else(|| self.bought(pool))
    }

    /// Whether units of a pool are ever bought.
    pub fn is_sold(&self, pool: &PoolName) -> bool {
        let one = self.product.one_pool(pool);
        one.is_some_and(|it| {
            let mut capacity = it.pool.capacity.iter();
            capacity.any(|it| it.purchased == Some(true))
        })
    }

    /// What so much of a pool costs for one cycle, exactly. `None` is a quantity that nobody knows.
    ///
    /// # Errors
    /// If no price says it.
    pub fn price(&self, pool: &PoolName, quantity: Option<&Quantity>) -> Result<Decimal, Unknown> {
        // Nothing costs nothing, whatever it would cost.
        if self.billing.is_some() && quantity.is_some_and(|it| it.seats() == 0) {
            return Ok(Decimal::ZERO);
        }
        let tariff = self.billing.and_then(|it| it.tariff(pool));
        let tariff = tariff.ok_or_else(|| format!("no price is written for {pool}"))?;
        let quantity = quantity.ok_or_else(|| "how many are bought is not known".to_owned())?;
        tariff.of(quantity).map_err(|why| why.to_string())
    }

    /// What is charged for one unit beyond what is bought.
    ///
    /// # Errors
    /// If no price says it.
    pub fn overflow(&self, pool: &PoolName) -> Result<Decimal, Unknown> {
        let price = self.billing.and_then(|it| it.prices.get(pool));
        let price = price.and_then(|it| it.overflow);
        price.ok_or_else(|| {
            format!("no price is written for a unit of {pool} beyond what is bought")
        })
    }

    /// An exact number as an amount.
    pub fn cost(&self, exact: Result<Decimal, Unknown>) -> Cost {
        let currency = self.billing.and_then(|it| it.currency);
        let currency = currency.ok_or_else(|| "no currency is written".to_owned());
        match exact.and_then(|exact| Ok(Amount::new(exact, currency?))) {
            Ok(amount) => Cost::Known(amount),
            Err(why) => Cost::Unknown { why },
        }
    }

    /// What the account costs for one cycle, however many seats it has; `None` where none is written.
    pub fn fee(&self) -> Option<Cost> {
        let fee = self.billing.and_then(|it| it.fee);
        fee.map(|it| self.cost(Ok(it)))
    }

    /// The days on which the account is paid; `None` if they are not written.
    pub fn calendar(&self) -> Option<Calendar> {
        self.billing.and_then(Billing::calendar)
    }

    /// The present cycle; `None` if the days are not written.
    pub fn period(&self) -> Option<Period> {
        self.calendar()?.around(self.today)
    }

    /// How many days before a renewal it must be asked for to give up units of a pool, or what is in none (`None`).
    pub fn notice(&self, pool: Option<&PoolName>) -> u32 {
        let own = self.billing.and_then(|it| it.notice_days);
        let of_pool = || self.product.one_pool(pool?)?.pool.notice_days;
        own.or_else(of_pool).unwrap_or_default()
    }

    /// The first renewal for which something can still be given up today, and the last day to do it; `None` if the days are not
    /// written.
    pub fn deadline(&self, pool: Option<&PoolName>) -> Option<Deadline> {
        self.calendar()?.deadline(self.today, self.notice(pool))
    }

    /// The day on which what was cancelled before today is gone: the next renewal; `None` if the days are not written.
    ///
    /// Nobody tells on which day it was cancelled, so where notice must be given it can be a later renewal.
    pub fn cycle_end(&self) -> Option<Date> {
        Some(self.period()?.next)
    }

    /// The same in words: ` on 2026-12-15`; empty if the days are not written.
    pub fn cycle_end_words(&self, pool: Option<&PoolName>) -> String {
        let earliest = match self.notice(pool) {
            0 => "",
            _ => " at the earliest",
        };
        (self.cycle_end()).map_or_else(String::new, |it| format!(" on {it}{earliest}"))
    }
}
