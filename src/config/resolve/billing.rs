//! What is paid: prices that can be meant, for pools that there are.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::entries::not_in_product;
use super::{Resolver, Site};
use crate::config::codes;
use crate::config::written::{self, CycleWord, PriceEntry, PriceKeys, TierEntry};
use crate::diagnostic::Diagnostic;
use crate::model::{Billing, Currency, Cycle, PoolName, Price, Tariff, Tier};
use crate::product::{OnePool, Overflow, SoldIn};
use crate::text::{Span, Spanned};

impl<'a> Resolver<'a> {
    /// What is paid for an account. What is wrong is told and left out, so that it is unknown.
    pub(super) fn billing(
        &mut self,
        site: &Site<'a>,
        written: &'a Spanned<written::Billing>,
    ) -> Billing {
        let billing = &written.value;
        let mut prices = BTreeMap::new();
        for (name, entry) in billing.prices.iter() {
            let Some(pool) = site.product.one_pool(&name.value) else {
                let known = site.product.each_pool().map(|it| it.name.as_str());
                self.sink.push(not_in_product("pool", name, site, known));
                continue;
            };
            let price = self.price(pool, entry);
            prices.insert(PoolName::from(name.value.clone()), price);
        }
        Billing {
            cycle: billing.cycle.map(cycle),
            renews_on: billing.renews_on.as_ref().map(|it| it.value.0),
            currency: self.currency(billing),
            fee: billing.fee.map(|it| it.0),
            prices,
            notice_days: billing.notice_days,
        }
    }

    fn currency(&mut self, billing: &written::Billing) -> Option<Currency> {
        let written = billing.currency.as_ref()?;
        let code = written.value.as_str();
        let currency = Currency::new(code);
        if currency.is_none() {
            let message = format!("\"{code}\" is not the code of a currency");
            self.sink.push(
                Diagnostic::new(&codes::NOT_A_RANGE, message)
                    .at(written.span, "")
                    .help("write three capital letters: EUR"),
            );
        }
        currency
    }

    fn price(&mut self, pool: OnePool<'_>, entry: &Spanned<PriceEntry>) -> Price {
        let keys = match &entry.value {
            PriceEntry::PerSeat(price) => {
                let tariff = Some(Tariff::PerSeat(price.0));
                return Price {
                    tariff: tariff.filter(|_| self.is_sold(pool, entry.span)),
                    overflow: None,
                };
            }
            PriceEntry::Keys(keys) => keys,
        };
        let mut forms = forms(keys);
        if forms.len() > 1 {
            let (first, second) = (forms[0], forms[1]);
            let message = format!("a price is either \"{}\" or \"{}\"", first.0, second.0);
            self.sink.push(
                Diagnostic::new(&codes::UNCLEAR_PRICE, message)
                    .at(second.1, "")
                    .at(first.1, "the first way")
                    .help("write the one that your contract has"),
            );
        }
        if forms.is_empty() && keys.overflow.is_none() {
            let message = "this price says nothing";
            self.sink.push(
                Diagnostic::new(&codes::UNCLEAR_PRICE, message)
                    .at(entry.span, "")
                    .help("write \"per_seat\", \"tiers\", \"lots\" or \"flat\", or \"overflow\""),
            );
        }
        if let (Some(volume), None) = (&keys.volume, &keys.tiers) {
            let message = "\"volume\" says how tiers are meant, and there are none";
            self.sink
                .push(Diagnostic::new(&codes::UNCLEAR_PRICE, message).at(volume.span, ""));
        }
        let form = forms.drain(..).next();
        let is_sold = form.is_none_or(|(_, span)| self.is_sold(pool, span));
        let tariff = match form.filter(|_| is_sold) {
            Some(_) => self.tariff(pool, keys),
            None => None,
        };
        let overflow = keys.overflow.as_ref();
        let overflow = overflow.filter(|it| self.is_charged(pool, it.span));
        Price {
            tariff,
            overflow: overflow.map(|it| it.value.0),
        }
    }

    fn tariff(&mut self, pool: OnePool<'_>, keys: &PriceKeys) -> Option<Tariff> {
        if let Some(price) = &keys.per_seat {
            return Some(Tariff::PerSeat(price.value.0));
        }
        if let Some(written) = &keys.tiers {
            let tiers = self.tiers(written)?;
            let volume = keys.volume.as_ref().is_some_and(|it| it.value);
            return Some(match volume {
                true => Tariff::Volume(tiers),
                false => Tariff::Graduated(tiers),
            });
        }
        if let Some(lots) = &keys.lots {
            return self.lots(pool, lots).map(Tariff::Lots);
        }
        keys.flat.as_ref().map(|it| Tariff::Flat(it.value.0))
    }

    /// Tiers in the order of their numbers, of which only the last is open; told and left out otherwise.
    fn tiers(&mut self, written: &Spanned<Vec<Spanned<TierEntry>>>) -> Option<Vec<Tier>> {
        let mut wrong = |message: &str, span: Span, help: &str| {
            self.sink.push(
                Diagnostic::new(&codes::UNCLEAR_PRICE, message)
                    .at(span, "")
                    .help(help),
            );
        };
        if written.value.is_empty() {
            wrong("there is no tier", written.span, "write at least one");
            return None;
        }
        let mut tiers: Vec<Tier> = Vec::new();
        for (at, tier) in written.value.iter().enumerate() {
            let up_to = tier.value.up_to.as_ref();
            let before = at.checked_sub(1).map(|it| tiers[it].up_to);
            let least = before.flatten().map_or(1, |it| u64::from(it) + 1);
            if before == Some(None) {
                let help = "only the last tier has no \"up_to\"";
                wrong("no unit ever falls into this tier", tier.span, help);
                return None;
            }
            if let Some(up_to) = up_to
                && u64::from(up_to.value) < least
            {
                let help = "write tiers in the order of their numbers, each from the unit after the last one";
                wrong("no unit ever falls into this tier", up_to.span, help);
                return None;
            }
            tiers.push(Tier {
                up_to: up_to.map(|it| it.value),
                price: tier.value.price.0,
            });
        }
        Some(tiers)
    }

    fn lots(
        &mut self,
        pool: OnePool<'_>,
        lots: &Spanned<crate::yaml::Entries<written::Money>>,
    ) -> Option<BTreeMap<u32, Decimal>> {
        if pool.pool.sold_in != Some(SoldIn::Lots) {
            let message = format!(
                "the pool \"{}\" is not sold in lots, but by the {}",
                pool.name.as_str(),
                pool.pool.unit
            );
            self.sink.push(
                Diagnostic::new(&codes::PRICE_DOES_NOT_FIT, message)
                    .at(lots.span, "")
                    .help("write \"per_seat\", \"tiers\" or \"flat\""),
            );
            return None;
        }
        let mut prices = BTreeMap::new();
        for (size, price) in lots.value.iter() {
            let number = size.value.parse::<u32>().ok();
            // `050` would be a lot of 50 as well, and hide the other one.
            let is_plain = number.is_some_and(|it| it > 0 && it.to_string() == size.value.as_str());
            match number.filter(|_| is_plain) {
                Some(number) => {
                    prices.insert(number, price.0);
                }
                None => {
                    let message = format!("\"{}\" is not the size of a lot", size.value.as_str());
                    self.sink.push(
                        Diagnostic::new(&codes::UNCLEAR_PRICE, message)
                            .at(size.span, "")
                            .help("write a number of units from 1, in quotes: {\"50\": \"40.00\"}"),
                    );
                }
            }
        }
        Some(prices)
    }

    /// Whether units of a pool are ever bought, so that a price for them can be meant.
    fn is_sold(&mut self, pool: OnePool<'_>, span: Span) -> bool {
        let mut capacity = pool.pool.capacity.iter();
        let is_sold = capacity.any(|it| it.purchased == Some(true));
        if !is_sold {
            let message = format!(
                "nothing of the pool \"{}\" is ever bought",
                pool.name.as_str()
            );
            self.sink.push(
                Diagnostic::new(&codes::PRICE_DOES_NOT_FIT, message)
                    .at(span, "")
                    .help(match pool.pool.overflow {
                        Overflow::Charge => {
                            "write \"overflow\" for what a unit costs that is charged when it is taken"
                        }
                        Overflow::Refuse | Overflow::Warn => {
                            "write what the account costs under \"fee\""
                        }
                    }),
            );
        }
        is_sold
    }

    /// Whether the vendor charges for units beyond what is bought.
    fn is_charged(&mut self, pool: OnePool<'_>, span: Span) -> bool {
        let is_charged = pool.pool.overflow == Overflow::Charge;
        if !is_charged {
            let message = format!(
                "the vendor never charges for more of the pool \"{}\" than is bought",
                pool.name.as_str()
            );
            self.sink.push(
                Diagnostic::new(&codes::PRICE_DOES_NOT_FIT, message)
                    .at(span, "")
                    .help("leave \"overflow\" out"),
            );
        }
        is_charged
    }
}

/// The ways in which a price is written, in a fixed order.
fn forms(keys: &PriceKeys) -> Vec<(&'static str, Span)> {
    let forms = [
        ("per_seat", keys.per_seat.as_ref().map(|it| it.span)),
        ("tiers", keys.tiers.as_ref().map(|it| it.span)),
        ("lots", keys.lots.as_ref().map(|it| it.span)),
        ("flat", keys.flat.as_ref().map(|it| it.span)),
    ];
    let forms = forms.into_iter();
    forms
        .filter_map(|(name, span)| Some((name, span?)))
        .collect()
}

fn cycle(word: CycleWord) -> Cycle {
    match word {
        CycleWord::Monthly => Cycle::Monthly,
        CycleWord::Annual => Cycle::Annual,
        CycleWord::Days30 => Cycle::Days30,
        CycleWord::Days365 => Cycle::Days365,
    }
}
