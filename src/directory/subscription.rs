//! What the account itself has: settings, and bought quantities.

use std::collections::BTreeMap;

use rusqlite::params;
use serde_json::{Value, json};

use super::body::Body;
use super::constraint::Constraint;
use super::database;
use super::definition::{Definition, OnePool};
use super::permit::{Permission, words};
use super::problem::Problem;
use super::work::Work;
use super::world::Bought;
use crate::model::{Lot, Quantity};
use crate::product::{Cancels, SoldIn, TakesEffect};

impl Work<'_> {
    /// Sets an attribute or switch of the account, or removes what was set (`removal`).
    pub(super) fn put_setting(
        &mut self,
        setting: &str,
        removal: bool,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let rule = definition.settings.get(setting).ok_or_else(|| {
            let detail = format!("the product has no setting \"{setting}\"");
            Problem::rule("unknown_setting", detail)
        })?;
        let before = self.world.settings.get(setting).cloned();
        let value = match removal {
            true => None,
            false => Some(rule.read(&body.value::<Value>()?).map_err(|why| {
                Problem::rule("wrong_value", format!("setting \"{setting}\": {why}"))
            })?),
        };
        if removal && before.is_none() {
            return Err(Problem::not_found("setting", setting));
        }
        let item = json!({"setting": setting, "value": value});
        if before == value {
            return Ok(item);
        }
        let canonical = |it: Value| rule.read(&it).unwrap_or(it);
        body.unmoved(
            before.as_ref(),
            canonical,
            before.clone().unwrap_or_default(),
        )?;
        let operation = match (&before, removal) {
            (_, true) => "setting.remove",
            (Some(_), false) => "setting.update",
            (None, false) => "setting.create",
        };
        let after = self.world.changed(|world| {
            match value.clone() {
                Some(value) => world.settings.insert(setting.to_owned(), value),
                None => world.settings.remove(setting),
            };
        });
        let permission = Permission::to(vec![words(operation, setting)], setting);
        self.permit(&permission.making(&after))?;
        if before.is_some() {
            check_immutable_setting(&definition, setting)?;
        }
        self.move_to(after)?;
        let id = self.account.id;
        match &value {
            Some(value) => self
                .db
                .prepare_cached("INSERT OR REPLACE INTO settings VALUES (?1, ?2, ?3)")?
                .execute(params![id, setting, value.to_string()])?,
            None => self
                .db
                .prepare_cached("DELETE FROM settings WHERE account = ?1 AND setting = ?2")?
                .execute(params![id, setting])?,
        };
        self.changed(operation, setting);
        Ok(item)
    }

    /// Buys or releases seats: `value` is the quantity afterwards, a number or lots. What is cancelled where cancelling
    /// takes effect with the billing cycle stays until then, and nobody is given it any more: what will be left is what the
    /// next change starts from. To ask for what is there still takes the cancellation back.
    pub(super) fn put_seats(&mut self, pool: &str, body: &Body) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let one = definition.one_pool(pool);
        let one = one.ok_or_else(|| Problem::not_found("pool", pool))?;
        if let Some((head, _)) = self.world.beside.get(pool).and_then(|it| it.head.as_ref()) {
            let detail = format!("the pool \"{pool}\" is that of account \"{head}\"; buy there");
            return Err(Problem::rule("shared_pool", detail));
        }
        if !is_for_sale(one) {
            let detail = format!("nobody buys {} of pool \"{pool}\"", one.pool.unit);
            return Err(Problem::rule("not_for_sale", detail));
        }
        let canonical = |it: Quantity| canonical(one, it);
        let quantity = canonical(body.value()?);
        let before = self.world.bought.get(pool).cloned();
        let before = before.unwrap_or_else(|| bought(canonical(Quantity::Number(0))));
        let left = before.then.as_ref().unwrap_or(&before.quantity);
        if *left != quantity {
            // Nothing bought and nothing there are the same quantity.
            let is_fresh = left.seats() == 0 && body.if_before == Some(Value::Null);
            if !is_fresh {
                body.unmoved(Some(left), canonical, json!(left))?;
            }
            let then = self.world.changed(|world| {
                let bought = bought(quantity.clone());
                world.bought.insert(pool.to_owned(), bought);
            });
            let operations = operations(one, left, &quantity);
            self.permit(&Permission::to(operations, pool).making(&then))?;
            check_quantity(one, left, &quantity)?;
            let there = larger(&before.quantity, &quantity);
            let is_less = there != quantity;
            let is_late = one.pool.cancel_takes_effect == Some(TakesEffect::CycleEnd);
            // What is cancelled already has its day.
            let waits = is_less
                && (before.then.is_some()
                    || is_late
                        && self.waits(&["seats.lower".to_owned()], &format!("seats/{pool}")));
            let after = match waits {
                true => Bought {
                    quantity: there,
                    then: Some(quantity),
                },
                false => bought(quantity),
            };
            self.set_bought(pool, after)?;
            self.changed("seats.update", pool);
        }
        Ok(super::reads::seats_item(one, self.counted()))
    }

    /// Stores what is bought of a pool.
    pub(super) fn set_bought(&mut self, pool: &str, bought: Bought) -> Result<(), Problem> {
        database::put_bought(self.db, self.account.id, pool, &bought)?;
        let after = self.world.changed(|world| {
            world.bought.insert(pool.to_owned(), bought);
        });
        self.move_to(after)
    }
}

/// A quantity of which nothing is cancelled.
pub(super) fn bought(quantity: Quantity) -> Bought {
    Bought {
        quantity,
        then: None,
    }
}

/// Whether a quantity of a pool can be bought at all.
pub(super) fn is_for_sale(one: OnePool<'_>) -> bool {
    let mut capacities = one.pool.capacity.iter();
    capacities.any(|it| it.purchased == Some(true))
}

/// A quantity in the one form that it is stored in: lots of one size are one line, the smallest first; no lots are nothing.
fn canonical(one: OnePool<'_>, quantity: Quantity) -> Quantity {
    match quantity {
        Quantity::Number(0) if one.pool.sold_in == Some(SoldIn::Lots) => Quantity::Lots(Vec::new()),
        Quantity::Number(number) => Quantity::Number(number),
        Quantity::Lots(lots) => {
            let mut by_size = BTreeMap::<u32, u32>::new();
            for lot in lots.iter().filter(|it| it.size > 0 && it.count > 0) {
                let count = by_size.entry(lot.size).or_default();
                *count = count.saturating_add(lot.count);
            }
            let lots = by_size.into_iter();
            Quantity::Lots(lots.map(|(size, count)| Lot { size, count }).collect())
        }
    }
}

/// The larger of two quantities; of lots, by size.
fn larger(before: &Quantity, after: &Quantity) -> Quantity {
    match (sizes(before), sizes(after)) {
        (Some(mut all), Some(after)) => {
            for (size, count) in after {
                let most = all.entry(size).or_default();
                *most = count.max(*most);
            }
            let lots = all.into_iter().map(|(size, count)| Lot { size, count });
            Quantity::Lots(lots.collect())
        }
        _ if after.seats() < before.seats() => before.clone(),
        _ => after.clone(),
    }
}

/// The words of a change of a quantity, one chain for what is bought of it and one for what is cancelled, the most specific
/// word first.
fn operations(one: OnePool<'_>, before: &Quantity, after: &Quantity) -> Vec<Vec<String>> {
    let ways = match sizes(before).zip(sizes(after)) {
        Some((before, after)) => {
            let of = |lots: &BTreeMap<u32, u32>, size| lots.get(&size).copied().unwrap_or(0);
            let mut sizes = before.keys().chain(after.keys()).copied();
            let is_more = sizes.clone().any(|it| of(&after, it) > of(&before, it));
            let is_less = sizes.any(|it| of(&after, it) < of(&before, it));
            [("seats.raise", is_more), ("seats.lower", is_less)]
        }
        None => {
            let is_less = after.seats() < before.seats();
            [("seats.raise", !is_less), ("seats.lower", is_less)]
        }
    };
    let whole = match (before.seats(), after.seats()) {
        (0, _) => Some("seats.create"),
        (_, 0) => Some("seats.remove"),
        _ => None,
    };
    let named = |it: &str| [one.name, one.element].map(|name| format!("{it}.{name}"));
    let chain = |way: &str| {
        let words = [Some(way), whole, Some("seats.update")];
        let words = words.into_iter().flatten();
        words
            .flat_map(|it| named(it).into_iter().chain([it.to_owned()]))
            .collect()
    };
    let ways = ways.into_iter().filter(|it| it.1);
    ways.map(|it| chain(it.0)).collect()
}

/// How many lots of each size; `None` for a number that is not in lots.
fn sizes(quantity: &Quantity) -> Option<BTreeMap<u32, u32>> {
    match quantity {
        Quantity::Number(0) => Some(BTreeMap::new()),
        Quantity::Number(_) => None,
        Quantity::Lots(lots) => Some(lots.iter().map(|it| (it.size, it.count)).collect()),
    }
}

/// Refuses a quantity that is not sold.
fn check_quantity(one: OnePool<'_>, before: &Quantity, after: &Quantity) -> Result<(), Problem> {
    let OnePool { name, pool, .. } = one;
    let unit = &pool.unit;
    let is_in_lots = pool.sold_in == Some(SoldIn::Lots);
    match after {
        Quantity::Lots(_) if !is_in_lots => {
            let detail = format!("every single {unit} of pool \"{name}\" is sold, not lots");
            return Err(Problem::rule("not_in_lots", detail));
        }
        Quantity::Number(_) if is_in_lots => {
            let is_part = after.seats() < before.seats() && pool.cancels == Some(Cancels::Any);
            if !is_part {
                let detail =
                    format!("{unit}s of pool \"{name}\" are bought and cancelled in whole lots");
                return Err(Problem::rule("not_in_lots", detail));
            }
        }
        _ => {}
    }
    let minimum = u64::from(pool.minimum.unwrap_or(0));
    if after.seats() < minimum {
        let detail = format!("at least {minimum} of pool \"{name}\" must be bought");
        return Err(Problem::rule("below_minimum", detail));
    }
    Ok(())
}

fn check_immutable_setting(definition: &Definition, setting: &str) -> Result<(), Problem> {
    for constraint in definition.constraints.values() {
        match constraint {
            Constraint::Immutable(rule) if rule.settings.iter().any(|it| it == setting) => {
                return Err(Problem::rule("immutable", rule.text.clone()));
            }
            _ => {}
        }
    }
    Ok(())
}
