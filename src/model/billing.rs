//! What a customer says is paid for an account: the cycle, the currency and the prices.
//!
//! # Design
//! Prices are the customer's own, never the vendor's list: nothing here is guessed, and what is not written is unknown
//! ([`Unpriced`]), not free. A price is for one cycle; per seat monthly and per seat annual differ in the cycle alone.
//!
//! Numbers are kept small enough ([`PRICE_DIGITS_MAX`]) that a price times as many seats as anybody can ask for, times the days
//! of a cycle, is still exact.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, Cycle};
use super::money::Currency;
use super::names::PoolName;
use super::resource::Quantity;

/// The most digits that a price has before its point.
pub const PRICE_DIGITS_MAX: u32 = 9;
/// The most digits that a price has after its point.
pub const PRICE_PLACES_MAX: u32 = 6;

/// What is paid for an account, as the customer wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Billing {
    /// How often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Cycle>,
    /// The first day of a cycle; any one gives all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub renews_on: Option<Date>,
    /// The currency of all prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// What the account costs for one cycle, however many seats it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub fee: Option<Decimal>,
    /// Prices by pool.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<PoolName, Price>,
    /// How many days before a renewal a cancellation must be in, where the contract differs from the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_days: Option<u32>,
}

/// What is paid for a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Price {
    /// What is paid for one cycle for what is bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff: Option<Tariff>,
    /// What is paid once for a unit beyond what is bought, whatever becomes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub overflow: Option<Decimal>,
}

/// What is paid for one cycle, by how much is bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tariff {
    /// So much for every unit.
    PerSeat(#[schemars(with = "String")] Decimal),
    /// So much for the pool, however many units it has; nothing for a pool without units.
    Flat(#[schemars(with = "String")] Decimal),
    /// Each unit at the price of the tier that it falls into.
    Graduated(Vec<Tier>),
    /// All units at the price of the tier that their number falls into.
    Volume(Vec<Tier>),
    /// So much for each lot, by its size.
    Lots(#[schemars(with = "BTreeMap<String, String>")] BTreeMap<u32, Decimal>),
}

/// Units up to a number and what one costs. Tiers are in the order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Tier {
    /// The last unit of the tier; `None` for all that come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<u32>,
    /// What one unit costs.
    #[schemars(with = "String")]
    pub price: Decimal,
}

/// Why it is not known what something costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unpriced {
    /// No tier goes so far.
    BeyondTiers(u64),
    /// There is no price for a lot of that size.
    NoLot(u32),
    /// Lots have prices, and this is a plain number of units.
    NotInLots(u64),
    /// More than can be counted.
    TooMuch,
}

impl fmt::Display for Unpriced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeyondTiers(units) => write!(f, "no tier goes as far as {units}"),
            Self::NoLot(size) => write!(f, "no price is written for a lot of {size}"),
            Self::NotInLots(units) => {
                write!(f, "prices are written for lots, and {units} are no lot")
            }
            Self::TooMuch => f.write_str("it is more than can be counted"),
        }
    }
}

impl Billing {
    /// The days on which it is paid; `None` if they are not written.
    pub fn calendar(&self) -> Option<Calendar> {
        Some(Calendar::new(self.cycle?, self.renews_on?))
    }

    /// What is paid for one cycle for what is bought of a pool; `None` if no price is written.
    pub fn tariff(&self, pool: &PoolName) -> Option<&Tariff> {
        self.prices.get(pool)?.tariff.as_ref()
    }
}

impl Tariff {
    /// What so much costs for one cycle, exactly.
    ///
    /// # Errors
    /// If the prices do not say.
    pub fn of(&self, bought: &Quantity) -> Result<Decimal, Unpriced> {
        let units = bought.seats();
        match self {
            Self::PerSeat(price) => times(*price, units),
            Self::Flat(_) if units == 0 => Ok(Decimal::ZERO),
            Self::Flat(price) => Ok(*price),
            Self::Volume(tiers) => match tier(tiers, units) {
                Some(tier) => times(tier.price, units),
                None if units == 0 => Ok(Decimal::ZERO),
                None => Err(Unpriced::BeyondTiers(units)),
            },
            Self::Graduated(tiers) => graduated(tiers, units),
            Self::Lots(prices) => match bought {
                Quantity::Number(0) => Ok(Decimal::ZERO),
                Quantity::Number(_) => Err(Unpriced::NotInLots(units)),
                Quantity::Lots(lots) => {
                    lots.iter()
                        .filter(|it| it.count > 0)
                        .try_fold(Decimal::ZERO, |sum, lot| {
                            let price = prices.get(&lot.size).ok_or(Unpriced::NoLot(lot.size))?;
                            plus(sum, times(*price, u64::from(lot.count))?)
                        })
                }
            },
        }
    }
}

fn tier(tiers: &[Tier], units: u64) -> Option<&Tier> {
    let mut tiers = tiers.iter();
    tiers.find(|it| it.up_to.is_none_or(|last| units <= u64::from(last)))
}

fn graduated(tiers: &[Tier], units: u64) -> Result<Decimal, Unpriced> {
    let mut sum = Decimal::ZERO;
    let mut below = 0;
    for tier in tiers {
        let last = tier.up_to.map_or(units, u64::from).min(units);
        sum = plus(sum, times(tier.price, last.saturating_sub(below))?)?;
        below = below.max(last);
    }
    match below == units {
        true => Ok(sum),
        false => Err(Unpriced::BeyondTiers(units)),
    }
}

fn times(price: Decimal, units: u64) -> Result<Decimal, Unpriced> {
    price
        .checked_mul(Decimal::from(units))
        .ok_or(Unpriced::TooMuch)
}

fn plus(a: Decimal, b: Decimal) -> Result<Decimal, Unpriced> {
    a.checked_add(b).ok_or(Unpriced::TooMuch)
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::{Tariff, Tier, Unpriced};
    use crate::model::{Lot, Quantity};

    fn money(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn tiers(tiers: &[(Option<u32>, &str)]) -> Vec<Tier> {
        let tier = |it: &(Option<u32>, &str)| Tier {
            up_to: it.0,
            price: money(it.1),
        };
        tiers.iter().map(tier).collect()
    }

    fn of(tariff: &Tariff, units: u32) -> Result<String, Unpriced> {
        let cost = tariff.of(&Quantity::Number(units))?;
        Ok(cost.normalize().to_string())
    }

    #[test]
    fn graduated_tiers_price_each_unit_where_it_falls() {
        // 10 x 8.00 = 80; the 11th and 12th at 6.00 = 12.
        let tariff = Tariff::Graduated(tiers(&[(Some(10), "8.00"), (None, "6.00")]));
        let found = [0, 1, 10, 11, 12].map(|units| of(&tariff, units).unwrap());
        assert_eq!(found, ["0", "8", "80", "86", "92"]);
    }

    #[test]
    fn volume_tiers_price_all_units_by_their_number() {
        // 11 x 6.00 = 66 is less than 10 x 8.00 = 80.
        let tariff = Tariff::Volume(tiers(&[(Some(10), "8.00"), (None, "6.00")]));
        let found = [0, 10, 11].map(|units| of(&tariff, units).unwrap());
        assert_eq!(found, ["0", "80", "66"]);
    }

    #[test]
    fn beyond_the_last_tier_nothing_is_known() {
        let last = || tiers(&[(Some(10), "8.00")]);
        for tariff in [Tariff::Graduated(last()), Tariff::Volume(last())] {
            assert_eq!(of(&tariff, 10).unwrap(), "80");
            assert_eq!(of(&tariff, 11), Err(Unpriced::BeyondTiers(11)));
        }
    }

    #[test]
    fn a_flat_price_is_for_a_pool_with_anything_in_it() {
        let tariff = Tariff::Flat(money("30"));
        assert_eq!(
            [0, 1, 99].map(|it| of(&tariff, it).unwrap()),
            ["0", "30", "30"]
        );
    }

    #[test]
    fn lots_have_prices_by_their_size() {
        let prices = [(50, money("40.00")), (100, money("70.00"))];
        let tariff = Tariff::Lots(prices.into_iter().collect());
        let lots = |lots: &[(u32, u32)]| {
            let lot = |it: &(u32, u32)| Lot {
                size: it.0,
                count: it.1,
            };
            tariff.of(&Quantity::Lots(lots.iter().map(lot).collect()))
        };
        // 2 x 40.00 + 1 x 70.00
        assert_eq!(lots(&[(50, 2), (100, 1)]).unwrap(), money("150"));
        assert_eq!(lots(&[(75, 0)]).unwrap(), Decimal::ZERO);
        assert_eq!(lots(&[(75, 1)]), Err(Unpriced::NoLot(75)));
        assert_eq!(of(&tariff, 0).unwrap(), "0");
        assert_eq!(of(&tariff, 50), Err(Unpriced::NotInLots(50)));
    }

    #[test]
    fn the_largest_price_times_the_largest_number_is_exact() {
        let tariff = Tariff::PerSeat(money("999999999.999999"));
        let cost = tariff.of(&Quantity::Number(u32::MAX)).unwrap();
        // 4,294,967,295 x 1,000,000,000 less 4,294,967,295 x 0.000001.
        assert_eq!(cost, money("4294967294999995705.032705"));
        assert!(cost.checked_mul(Decimal::from(366)).is_some());
    }
}
