//! The lines of what a plan costs on one account: quantities that change, charges for what is beyond them, and what is left
//! idle.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::super::charged::charged;
use super::super::diff::Scope;
use super::super::order::Rank;
use super::super::{PoolProof, Step, StepId};
use super::pricing::{Pricing, Unknown};
use super::{AccountCost, Charged, CostLine, PerCycle, Sunk};
use crate::model::{
    AccountName, Address, Capacity, Deadline, PoolName, Quantity, Resource, ResourceId,
};
use crate::product::{OnePool, Overflow};

/// What steps cost an account; `None` if they cost and save it nothing. Of other accounts' steps only those cost it something
/// that take units of a pool of its own.
///
/// `ranks` are those of the steps: what is charged for is what the last in line take.
pub(in super::super) fn of(
    scope: Scope<'_>,
    proofs: &[PoolProof],
    steps: &[Step],
    ranks: &HashMap<StepId, Rank>,
) -> Option<AccountCost> {
    let pricing = scope.pricing();
    let mut lines = Vec::new();
    for step in steps.iter().filter(|it| it.address.account == *scope.name) {
        lines.extend(pricing.quantities(step));
    }
    for proof in proofs {
        match proof.overflow {
            Overflow::Charge => pricing.charges(scope.name, proof, steps, ranks, &mut lines),
            Overflow::Refuse | Overflow::Warn => lines.extend(pricing.idle(proof, steps)),
        }
    }
    (!lines.is_empty()).then(|| AccountCost::new(pricing.billing.cloned(), lines))
}

const NO_CYCLE: &str = "the cycle and its first day are not written";

impl Pricing<'_> {
    /// A step that changes how much is bought: a line for what is bought and one for what is cancelled, where these are lots
    /// of different sizes.
    fn quantities(&self, step: &Step) -> Vec<CostLine> {
        let ResourceId::Seats(pool) = &step.address.resource else {
            return Vec::new();
        };
        let Some(one) = self.product.one_pool(pool) else {
            return Vec::new();
        };
        let quantity = |it: &Option<Resource>| match it {
            Some(Resource::Seats(quantity)) => Some(quantity.clone()),
            _ => None,
        };
        let before = quantity(&step.before).or_else(|| self.bought(pool));
        let after = quantity(&step.after).unwrap_or(Quantity::Number(0));
        let change = before.as_ref().map(|it| it.change_to(&after));
        if let (Some(before), Some((Quantity::Lots(more), Quantity::Lots(fewer)))) =
            (&before, &change)
            && !more.is_empty()
            && !fewer.is_empty()
            && let Some(between) = before.with_lots(more)
        {
            let parts = [
                (Some(before.clone()), between.clone()),
                (Some(between), after),
            ];
            let lines = parts.into_iter();
            return lines
                .map(|(before, after)| self.quantity(step, one, before, after))
                .collect();
        }
        vec![self.quantity(step, one, before, after)]
    }

    fn quantity(
        &self,
        step: &Step,
        one: OnePool<'_>,
        before: Option<Quantity>,
        after: Quantity,
    ) -> CostLine {
        let pool = &PoolName::new(one.name);
        let old = self.price(pool, before.as_ref());
        let new = self.price(pool, Some(&after));
        let change = match (&old, &new) {
            (Ok(old), Ok(new)) => Ok(*new - *old),
            (Err(why), _) | (_, Err(why)) => Err(why.clone()),
        };
        let (was, will) = (before.as_ref().map(Quantity::seats), after.seats());
        let is_less = match was {
            Some(was) if was == will => change.as_ref().is_ok_and(|it| it.is_sign_negative()),
            was => was.is_some_and(|was| will < was),
        };
        let text = match was {
            None => format!("{will} of {pool}"),
            Some(was) if will == was => match &before {
                Some(before) => format!("{after} of {pool} instead of {before}"),
                None => format!("{after} of {pool}"),
            },
            Some(was) => {
                let change = before.as_ref().map(|it| it.change_to(&after));
                let (bought, cancelled) =
                    change.unwrap_or((Quantity::Number(0), Quantity::Number(0)));
                match will > was {
                    true => format!("{bought} more of {pool}"),
                    false => format!("{cancelled} fewer of {pool}"),
                }
            }
        };
        let mut line = CostLine {
            steps: vec![step.id.clone()],
            due_now: self.cost(change.clone().map(|_| Decimal::ZERO)),
            ..self.line(pool, one, text)
        };
        let mut from = self.period().map(|it| it.next);
        if is_less {
            let deadline = self.deadline(Some(pool));
            from = deadline.map(|it| it.renewal);
            line.act_by = deadline.map(|it| it.act_by);
            let saved = change.map(|it| -it);
            line.sunk = Some(self.sunk(saved, deadline));
        } else {
            // What is cancelled is paid for until the cycle ends: to have it back costs nothing before.
            let beyond = match self.observation.ending.get(pool) {
                Some(paid) if after.seats() <= paid.seats() => Ok(Decimal::ZERO),
                Some(paid) => new
                    .clone()
                    .and_then(|it| Ok(it - self.price(pool, Some(paid))?)),
                None => change,
            };
            line.estimate = one.pool.charged == Some(Charged::ProRata)
                && beyond.as_ref().is_ok_and(|it| !it.is_zero());
            line.due_now = self.cost(self.due(beyond, one.pool.charged));
            line.estimate &= line.due_now.known().is_some();
        }
        line.per_cycle = Some(PerCycle {
            before: self.cost(old),
            after: self.cost(new),
            from,
        });
        line
    }

    /// What is due at once for what costs so much more a cycle.
    fn due(
        &self,
        change: Result<Decimal, Unknown>,
        charged: Option<Charged>,
    ) -> Result<Decimal, Unknown> {
        let change = change?;
        if change.is_zero() {
            return Ok(Decimal::ZERO);
        }
        if change.is_sign_negative() {
            return Err(
                "more cost less in all, and nobody says whether anything is paid back".to_owned(),
            );
        }
        match charged {
            Some(Charged::Full) => Ok(change),
            Some(Charged::ProRata) => self.rest_of_cycle(change),
            None => Err("the product does not say what is charged within a cycle".to_owned()),
        }
    }

    /// What takes units beyond what is bought, where the vendor charges for them.
    fn charges(
        &self,
        account: &AccountName,
        proof: &PoolProof,
        steps: &[Step],
        ranks: &HashMap<StepId, Rank>,
        lines: &mut Vec<CostLine>,
    ) {
        let Some(one) = self.product.one_pool(&proof.pool) else {
            return;
        };
        let Some(Capacity::Purchased(bought)) = proof.purchased_after.value() else {
            return;
        };
        let bought = bought.seats();
        let mut beyond = charged(proof, bought);
        let units = |step: &Step| proof.units(account, step);
        let mut takers: Vec<&Step> = steps.iter().filter(|it| units(it) > 0).collect();
        takers.sort_by(|a, b| ranks.get(&b.id).cmp(&ranks.get(&a.id)));
        for step in takers {
            let taken = units(step).unsigned_abs().min(beyond);
            beyond -= taken;
            if taken == 0 {
                return;
            }
            let who = match step.address.subject() {
                Some(subject) if step.address.account == *account => subject.to_string(),
                _ => step.address.to_string(),
            };
            let text = format!(
                "{who} takes {taken} of {} beyond the {bought} that are bought",
                proof.pool
            );
            let price = self.overflow(&proof.pool);
            let due = self.cost(price.map(|it| it * Decimal::from(taken)));
            lines.push(CostLine {
                steps: vec![step.id.clone()],
                due_now: due.clone(),
                sunk: Some(Sunk {
                    amount: due,
                    until: None,
                }),
                ..self.line(&proof.pool, one, text)
            });
        }
    }

    /// What is bought and used by nobody any more once the steps are done, where no step buys less.
    fn idle(&self, proof: &PoolProof, steps: &[Step]) -> Option<CostLine> {
        let one = self.product.one_pool(&proof.pool)?;
        let address = Address::seats(&self.observation.account, &proof.pool);
        let is_changed = steps.iter().any(|it| it.address == address);
        if is_changed || proof.purchased != proof.purchased_after {
            return None;
        }
        // Lots are cancelled whole, so that a unit of one has no price of its own.
        let Quantity::Number(bought) = self.bought(&proof.pool)? else {
            return None;
        };
        let Some(Capacity::Purchased(all)) = proof.purchased.value() else {
            return None;
        };
        let free = |used: u64| all.seats().saturating_sub(used).min(u64::from(bought));
        let left = free(proof.after).checked_sub(free(proof.used))?;
        let left = u32::try_from(left).ok().filter(|it| *it > 0)?;
        let now = self
            .price(&proof.pool, Some(&Quantity::Number(bought)))
            .ok()?;
        let needed = u64::from(bought).saturating_sub(free(proof.after));
        let least = needed.max(u64::from(one.pool.minimum.unwrap_or_default()));
        let least = u32::try_from(least).ok()?;
        let could_be = self
            .price(&proof.pool, Some(&Quantity::Number(least)))
            .ok()?;
        let idle_before = self.price(
            &proof.pool,
            Some(&Quantity::Number(least.saturating_add(left).min(bought))),
        );
        let wasted = (idle_before.ok()? - could_be).max(Decimal::ZERO);
        if wasted.is_zero() {
            return None;
        }
        let deadline = self.deadline(Some(&proof.pool));
        let text = format!(
            "{left} of {} stay bought and are used by nobody",
            proof.pool
        );
        Some(CostLine {
            due_now: self.cost(Ok(Decimal::ZERO)),
            per_cycle: Some(PerCycle {
                before: self.cost(Ok(now)),
                after: self.cost(Ok(now)),
                from: None,
            }),
            sunk: Some(self.sunk(Ok(wasted), deadline)),
            act_by: deadline.map(|it| it.act_by),
            ..self.line(&proof.pool, one, text)
        })
    }

    fn line(&self, pool: &PoolName, one: OnePool<'_>, text: String) -> CostLine {
        CostLine {
            pool: pool.clone(),
            steps: Vec::new(),
            text,
            due_now: self.cost(Err(String::new())),
            per_cycle: None,
            sunk: None,
            act_by: None,
            estimate: false,
            charged: one.pool.charged,
            notice_days: self.notice(Some(pool)),
        }
    }

    /// What stays due of what is saved each cycle, until it can be cancelled for.
    fn sunk(&self, saved: Result<Decimal, Unknown>, deadline: Option<Deadline>) -> Sunk {
        Sunk {
            amount: self.cost(saved.and_then(|saved| self.until(saved, deadline))),
            until: deadline.map(|it| it.renewal),
        }
    }

    /// What so much each cycle comes to from today until a renewal.
    fn until(&self, each: Decimal, deadline: Option<Deadline>) -> Result<Decimal, Unknown> {
        let no_cycle = || NO_CYCLE.to_owned();
        let (calendar, deadline) = (
            self.calendar().ok_or_else(no_cycle)?,
            deadline.ok_or_else(no_cycle)?,
        );
        let mut sum = self.rest_of_cycle(each)?;
        let mut period = self.period().ok_or_else(no_cycle)?;
        while period.next < deadline.renewal {
            sum += each;
            period = calendar.after(&period).ok_or_else(no_cycle)?;
        }
        Ok(sum)
    }

    /// The part of a cycle's price that falls on the days that are left of it, today included.
    fn rest_of_cycle(&self, price: Decimal) -> Result<Decimal, Unknown> {
        let period = self.period().ok_or_else(|| NO_CYCLE.to_owned())?;
        let left = Decimal::from(period.days_left(self.today));
        Ok(price * left / Decimal::from(period.days()))
    }
}
