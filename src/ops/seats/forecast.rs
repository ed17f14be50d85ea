//! `seats --forecast`: what the files will make of the seats, day by day, and when a pool is full.
//!
//! # Design
//! A day can only matter if it stands in a file, is the day after one (an `until` ends with its day), or is a renewal. So every
//! day that stands in any file is looked at, whatever it means there: days on which nothing changes are not told, and no word
//! of the language that takes a day can be forgotten here. For each of them the files are resolved as of its first moment,
//! and planned against what the accounts are now: the proof of that plan says how many units would be used and how many there
//! would be, people included whom no file names and who stay.
//!
//! Files and accounts are read once, before the first day: nothing here is given the means to read anything again.
//!
//! What is cancelled is there, and paid for, until a renewal (see `course`): the day on which it goes is told, and what a
//! renewal costs is what is paid for then.
//!
//! A vendor's future is not known: what others change there, and prices that rise, are not in a forecast.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;

use super::course::Course;
use super::flips::{self, Flip};
use crate::config::Config;
use crate::diagnostic::Sink;
use crate::model::{
    AccountName, Address, Amount, Billing, Capacity, Cycle, Desired, Fact, Field, Grant, GrantName,
    PoolName,
};
use crate::ops::Error;
use crate::ops::desired::{self, Estate};
use crate::ops::target;
use crate::plan::Plan;
use crate::text::Place;

/// What happens to the seats over some time.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Forecast {
    /// The first day.
    #[schemars(with = "String")]
    pub from: Date,
    /// The last day that could be looked at.
    #[schemars(with = "String")]
    pub until: Date,
    /// The days on which something changes or renews, in order.
    pub days: Vec<Day>,
    /// The first day on which each pool is used beyond what there is, by day; empty if none is.
    pub overflows: Vec<Overflow>,
    /// The first day on which each grant turns for people for whom nothing is written, by day; empty if none does.
    pub flips: Vec<FirstFlip>,
}

/// A day on which something changes or renews.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Day {
    /// The day.
    #[schemars(with = "String")]
    pub day: Date,
    /// Grants that people get or lose though no line is written for them, by account.
    pub flips: Vec<Flip>,
    /// What changes, by account and pool.
    pub changes: Vec<Change>,
    /// What was cancelled before and goes on this day, by address.
    pub gone: Vec<Gone>,
    /// What renews, by account.
    pub renewals: Vec<Renewal>,
}

/// A pool of which more or less is used or there.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Change {
    /// The account.
    pub account: AccountName,
    /// The pool.
    pub pool: PoolName,
    /// How many units were used before.
    pub used_before: u64,
    /// How many are used from then on.
    pub used: u64,
    /// How many there were before.
    pub there_before: Fact<Capacity>,
    /// How many there are from then on.
    pub there: Fact<Capacity>,
    /// Who takes and frees units, with the lines.
    pub why: Vec<Why>,
}

/// Somebody or something that was cancelled and goes with a billing cycle.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Gone {
    /// Who or what; the quantity of a pool.
    pub address: Address,
    /// How many units of the pool; nothing for people and things.
    pub units: Option<u64>,
    /// For people and things, how many units they took, by pool; pools of which they took none are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub freed: BTreeMap<PoolName, u64>,
}

/// Somebody or something that takes or frees units.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Why {
    /// Who or what.
    pub address: Address,
    /// Units that are taken (positive) or freed (negative).
    pub units: i64,
    /// The line.
    pub place: Option<Place>,
}

/// The first day of a cycle.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Renewal {
    /// The account.
    pub account: AccountName,
    /// The cycle.
    pub cycle: Cycle,
    /// What the cycle costs, over what is known; nothing where nothing is.
    pub cost: Option<Amount>,
    /// Whether some cost is not known, so that this is not all.
    pub is_partial: bool,
}

/// A pool that is used beyond what there is.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Overflow {
    /// The first day.
    #[schemars(with = "String")]
    pub day: Date,
    /// The account.
    pub account: AccountName,
    /// The pool.
    pub pool: PoolName,
    /// Where every object takes a lot of its own size: units in one of the lots that are too few. The numbers are then of
    /// these lots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// How many would be used.
    pub used: u64,
    /// How many there would be.
    pub there: u64,
}

/// A grant that turns for people for whom nothing is written.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct FirstFlip {
    /// The first day.
    #[schemars(with = "String")]
    pub day: Date,
    /// The account.
    pub account: AccountName,
    /// The grant.
    pub grant: GrantName,
    /// What they have before that day.
    pub from: Grant,
    /// What they have from that day on.
    pub to: Grant,
    /// How many people.
    pub people: usize,
}

impl Day {
    fn is_empty(&self) -> bool {
        let is_quiet = self.flips.is_empty() && self.changes.is_empty();
        is_quiet && self.gone.is_empty() && self.renewals.is_empty()
    }
}

/// An estate with what its files say.
pub(super) type Files = Estate<Option<Config>>;

/// What is expected on one day.
pub(super) struct Expected {
    pub(super) plan: Plan,
    pub(super) desired: Desired,
}

/// How the seats change, and what is wrong with the files on the first day on which they would be refused: the forecast ends
/// before it.
///
/// # Errors
/// If a day has no first moment.
pub(super) fn forecast(
    now: Timestamp,
    estate: &Files,
    read: &target::Read,
    (from, until): (Date, Date),
) -> Result<(Forecast, Option<Sink>), Error> {
    let expect = |at: Timestamp, course: &Course<'_>| -> (Expected, Sink) {
        let config = estate
            .config
            .clone()
            .expect("a forecast keeps what the files say");
        let mut sink = Sink::new();
        let (products, sources) = (&estate.products, &estate.sources);
        let desired = desired::wanted(config, products, sources, at, &mut sink);
        let plan = super::planned(now, estate, &desired, &course.read);
        (Expected { plan, desired }, sink)
    };
    let mut course = Course::new(estate, read, from);
    let (mut before, _) = expect(estate.desired.at, &course);
    course.plan(&before, from);
    let mut found = Forecast {
        from,
        until,
        days: Vec::new(),
        overflows: Vec::new(),
        flips: Vec::new(),
    };
    full(&before, from, &mut found.overflows);
    for day in days(estate, from, until) {
        let gone = course.begin(&before, day);
        let (then, sink) = expect(desired::first_moment(&estate.settings, day)?, &course);
        if sink.has_errors() {
            // Nothing can be said of a day on which the files would be refused.
            found.until = day.yesterday().unwrap_or(day);
            return Ok((found, Some(sink)));
        }
        course.plan(&then, day);
        full(&then, day, &mut found.overflows);
        let told = Day {
            day,
            flips: flips::flips(estate, &course.read, &before, &then),
            changes: changes(estate, &before, &then, &gone),
            gone,
            renewals: renewals(&course, &then, day),
        };
        flipped(&told, &mut found.flips);
        if !told.is_empty() {
            found.days.push(told);
        }
        before = then;
    }
    Ok((found, None))
}

/// The days to look at, in order: after the first one, up to the last one.
fn days(estate: &Files, from: Date, until: Date) -> BTreeSet<Date> {
    let mut days = BTreeSet::new();
    for (_, source) in estate.sources.iter() {
        for day in written_days(source.text()) {
            days.insert(day);
            days.extend(day.checked_add(1.day()).ok());
        }
    }
    for account in estate.desired.accounts.values() {
        let calendar = account.billing.as_ref().and_then(Billing::calendar);
        let mut period = calendar.and_then(|it| it.around(from));
        while let Some(at) = period.filter(|it| it.next <= until) {
            days.insert(at.next);
            period = calendar.and_then(|it| it.after(&at));
        }
    }
    days.retain(|it| from < *it && *it <= until);
    days
}

/// Everything in a text that looks like a day.
fn written_days(text: &str) -> impl Iterator<Item = Date> {
    const LENGTH: usize = "2026-11-16".len();
    let dashes = text.match_indices('-');
    dashes.filter_map(move |(at, _)| {
        let start = at.checked_sub("2026".len())?;
        let day = text.get(start..start + LENGTH)?;
        let bytes = day.as_bytes();
        let is_shaped = bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        day.parse().ok().filter(|_| is_shaped)
    })
}

/// Notes the first day of every pool that is used beyond what there is.
fn full(expected: &Expected, day: Date, overflows: &mut Vec<Overflow>) {
    for (account, it) in &expected.plan.accounts {
        for proof in &it.pools {
            let Some(Capacity::Purchased(there)) = proof.purchased_after.value() else {
                continue;
            };
            let is_known = |it: &Overflow| it.account == *account && it.pool == proof.pool;
            let mut short = proof.lots.iter().filter(|it| it.missing() > 0);
            let (size, used, there) = match (short.next(), proof.lots.is_empty()) {
                (Some(lots), _) => (Some(lots.size), lots.after, lots.bought_after.unwrap_or(0)),
                (None, true) => (None, proof.after, there.seats()),
                (None, false) => continue,
            };
            if used > there && !overflows.iter().any(is_known) {
                overflows.push(Overflow {
                    day,
                    account: account.clone(),
                    pool: proof.pool.clone(),
                    size,
                    used,
                    there,
                });
            }
        }
    }
}

/// Notes the first day on which each grant turns for those for whom nothing is written.
fn flipped(day: &Day, first: &mut Vec<FirstFlip>) {
    for it in &day.flips {
        let is_known = |known: &FirstFlip| known.account == it.account && known.grant == it.grant;
        if !first.iter().any(is_known) {
            first.push(FirstFlip {
                day: day.day,
                account: it.account.clone(),
                grant: it.grant.clone(),
                from: it.from,
                to: it.to,
                people: it.people.len(),
            });
        }
    }
}

/// Pools of which more or less is used or there, and those of which somebody else uses as much as before.
fn changes(estate: &Files, before: &Expected, then: &Expected, gone: &[Gone]) -> Vec<Change> {
    let (was_moved, is_moved) = (Moved::by(&before.plan), Moved::by(&then.plan));
    let mut changes = Vec::new();
    for (account, it) in &then.plan.accounts {
        let Some(was) = before.plan.accounts.get(account) else {
            continue;
        };
        for (old, new) in was.pools.iter().zip(&it.pools) {
            let moved = [&was_moved, &is_moved].map(|it| it.of(account, &new.pool));
            let why = why(
                estate,
                then,
                moved,
                freed((&then.plan, gone), account, &new.pool),
            );
            let is_same = old.after == new.after && old.purchased_after == new.purchased_after;
            if is_same && why.is_empty() {
                continue;
            }
            changes.push(Change {
                account: account.clone(),
                pool: new.pool.clone(),
                used_before: old.after,
                used: new.after,
                there_before: old.purchased_after.clone(),
                there: new.purchased_after.clone(),
                why,
            });
        }
    }
    changes
}

/// What a plan's steps take and free, by pool and thing.
struct Moved<'p>(BTreeMap<(AccountName, PoolName), OfPool<'p>>);

/// What takes and frees units of a pool, with the lines.
type OfPool<'p> = BTreeMap<&'p Address, (i64, Option<&'p Place>)>;

impl<'p> Moved<'p> {
    fn by(plan: &'p Plan) -> Self {
        let mut moved: BTreeMap<_, OfPool<'p>> = BTreeMap::new();
        for step in &plan.steps {
            for (pool, units) in step.seats.iter().filter(|(_, units)| **units != 0) {
                let of_pool = (
                    plan.head_of(&step.address.account, pool).clone(),
                    pool.clone(),
                );
                let of_pool = moved.entry(of_pool).or_default();
                let place = step.places.first();
                of_pool.entry(&step.address).or_insert((0, place)).0 += units;
            }
        }
        Self(moved)
    }

    fn of(&self, account: &AccountName, pool: &PoolName) -> Option<&OfPool<'p>> {
        self.0.get(&(account.clone(), pool.clone()))
    }
}

/// Units of a pool that people and things took who are gone.
fn freed<'g>(
    (plan, gone): (&Plan, &'g [Gone]),
    account: &AccountName,
    pool: &PoolName,
) -> BTreeMap<&'g Address, i64> {
    let is_of = |it: &&Gone| plan.head_of(&it.address.account, pool) == account;
    let of_account = gone.iter().filter(is_of);
    let freed = of_account.filter_map(|it| {
        let units = i64::try_from(*it.freed.get(pool)?).ok()?;
        Some((&it.address, units))
    });
    freed.collect()
}

/// What takes or frees units that did not before, or does not any more, and what was freed by whoever is gone.
fn why(
    estate: &Files,
    then: &Expected,
    [was, is]: [Option<&OfPool<'_>>; 2],
    freed: BTreeMap<&Address, i64>,
) -> Vec<Why> {
    let moved = [was, is].into_iter().flatten();
    let addresses: BTreeSet<&Address> = moved
        .flat_map(|it| it.keys().copied())
        .chain(freed.keys().copied())
        .collect();
    let why = addresses.into_iter().filter_map(|address| {
        let [old, new] = [was, is].map(|it| it.and_then(|it| it.get(address)).copied());
        let freed = freed.get(address).copied().unwrap_or(0);
        let units = new.map_or(0, |it| it.0) - old.map_or(0, |it| it.0) - freed;
        // Where there is nothing left to do, the line that asks for it is the reason.
        let wanted = || {
            let entry = then.desired.state.get(address)?;
            Some(estate.sources.place(entry.origin(&Field::Whole)?))
        };
        let place = match new {
            Some((_, place)) => place.cloned(),
            None => wanted().or_else(|| old?.1.cloned()),
        };
        (units != 0).then(|| Why {
            address: address.clone(),
            units,
            place,
        })
    });
    why.collect()
}

/// What renews on a day, and what the cycle costs with the quantities that are paid for then.
fn renewals(course: &Course<'_>, then: &Expected, day: Date) -> Vec<Renewal> {
    let mut renewals = Vec::new();
    for (name, it) in &then.plan.accounts {
        let Some(pricing) = course.pricing(&then.desired, name, day) else {
            continue;
        };
        let Some(cycle) = pricing.billing.and_then(|it| it.cycle) else {
            continue;
        };
        if pricing.period().is_none_or(|it| it.first != day) {
            continue;
        }
        let pools = it.pools.iter().map(|it| &it.pool);
        let (cost, is_partial) = super::cycle(pricing, pools, |pool| course.paid(name, pool));
        renewals.push(Renewal {
            account: name.clone(),
            cycle,
            cost,
            is_partial,
        });
    }
    renewals
}

#[cfg(test)]
mod tests {
    use super::written_days;

    #[test]
    fn days_are_found_wherever_they_stand() {
        let text = "{from: 2026-12-01, until: '2027-01-31'} # é-2027-02-28; 2027-02-30 is none, 12-12-2027 neither";
        let days: Vec<_> = written_days(text).map(|it| it.to_string()).collect();
        assert_eq!(days, ["2026-12-01", "2027-01-31", "2027-02-28"]);
    }
}
