//! What seats and a forecast of them say, in words: shared by the formats for people.

use super::words::{self, count, grouped, listed};
use crate::model::{Capacity, Fact, ResourceId};
use crate::ops::seats::{
    AccountSeats, Change, Day, FirstFlip, Flip, Gone, Overflow, PoolSeats, Renewal, Why,
};
use crate::output::costs::each;
use crate::plan::Cost;
use crate::text::{Place, inert};

/// Something that happens on a day, without the day.
pub(crate) struct Event {
    pub(crate) text: String,
    /// The line behind it, where it is one.
    pub(crate) place: Option<Place>,
    /// What it comes from, each with its line.
    pub(crate) because: Vec<(String, Option<Place>)>,
}

/// What a row of a table has no room for: a word, and a sentence without a full stop.
pub(crate) struct Remark {
    pub(crate) word: &'static str,
    pub(crate) text: String,
    /// Whether it is about money that could be saved, or about something that ends.
    pub(crate) matters: bool,
}

/// What happens on a day, in the order in which it is told.
pub(crate) fn events(day: &Day) -> Vec<Event> {
    let flips = day.flips.iter().map(flips);
    let changes = day.changes.iter().map(changes);
    let gone = day.gone.iter().map(gone);
    let renewals = day.renewals.iter().map(renews);
    flips.chain(changes).chain(gone).chain(renewals).collect()
}

fn flips(flip: &Flip) -> Event {
    let people: Vec<_> = flip.people.iter().map(ToString::to_string).collect();
    Event {
        text: format!(
            "{}: {} flips from {} to {} for {}",
            flip.account,
            flip.grant,
            flip.from.word(),
            flip.to.word(),
            count(people.len(), "person", "people"),
        ),
        place: flip.place.clone(),
        because: vec![(words::some(&people), None)],
    }
}

fn changes(change: &Change) -> Event {
    let used = match change.used == change.used_before {
        true => format!("{} used", grouped(change.used)),
        false => format!(
            "{} -> {} used",
            grouped(change.used_before),
            grouped(change.used)
        ),
    };
    let size = match change.there == change.there_before {
        true => format!("of {}", there(&change.there)),
        false => format!(
            "of {} (was {})",
            there(&change.there),
            there(&change.there_before)
        ),
    };
    Event {
        text: format!("{} {}: {used} {size}", change.account, change.pool),
        place: None,
        because: change
            .why
            .iter()
            .map(|it| (reason(change, it), it.place.clone()))
            .collect(),
    }
}

/// Who takes or frees how many.
pub(crate) fn reason(change: &Change, why: &Why) -> String {
    let what = match why.address.subject() {
        Some(subject) => subject.to_string(),
        None => words::thing(&why.address),
    };
    let word = if why.units > 0 { "takes" } else { "frees" };
    let on = words::elsewhere(&why.address.account, &change.account);
    format!("{what}{on} {word} {}", grouped(why.units.unsigned_abs()))
}

fn gone(gone: &Gone) -> Event {
    let what = gone_thing(gone);
    Event {
        text: format!(
            "{}: gone with the cycle: {what}, cancelled before",
            gone.address.account
        ),
        place: None,
        because: Vec::new(),
    }
}

/// Who or what is gone, without the account.
pub(crate) fn gone_thing(gone: &Gone) -> String {
    match (&gone.address.resource, gone.units) {
        (ResourceId::Access(subject), _) => subject.to_string(),
        (ResourceId::Seats(pool), Some(units)) => format!("{} of {pool}", grouped(units)),
        _ => words::thing(&gone.address),
    }
}

fn renews(renewal: &Renewal) -> Event {
    let more = if renewal.is_partial {
        " and what is not known"
    } else {
        ""
    };
    let cost = match &renewal.cost {
        Some(cost) => format!("{cost}{more}"),
        None => "cost unknown".to_owned(),
    };
    Event {
        text: format!("{} renews: {cost}", renewal.account),
        place: None,
        because: Vec::new(),
    }
}

/// The first day on which a pool is too small.
pub(crate) fn overflow(it: &Overflow) -> String {
    let lots = match it.size {
        Some(size) => format!("lots of {size} of {}", it.pool),
        None => it.pool.to_string(),
    };
    format!(
        "{lots} of {} from {}: {} would be used and {} are there",
        it.account,
        it.day,
        grouped(it.used),
        grouped(it.there)
    )
}

/// The first day on which a grant turns.
pub(crate) fn first_flip(it: &FirstFlip) -> String {
    format!(
        "on {} the default of {} of {} flips from {} to {} for {}",
        it.day,
        it.grant,
        it.account,
        it.from.word(),
        it.to.word(),
        count(it.people, "person", "people"),
    )
}

/// How many there are; who says so stands in [`sayings`].
pub(crate) fn there(fact: &Fact<Capacity>) -> String {
    match fact.value() {
        Some(Capacity::Purchased(quantity)) => quantity.to_string(),
        Some(Capacity::Unlimited) => "no limit".to_owned(),
        None => "unknown".to_owned(),
    }
}

/// An amount, or `unknown`.
pub(crate) fn cost(cost: &Cost) -> String {
    match cost {
        Cost::Known(amount) => amount.to_string(),
        Cost::Unknown { .. } => "unknown".to_owned(),
    }
}

/// The last day to cancel, and the renewal that it is for.
pub(crate) fn deadline(pool: &PoolSeats) -> Option<String> {
    let it = pool.deadline.as_ref()?;
    Some(format!("{} (for {})", it.act_by, it.renewal))
}

/// Who says how many there are, where it is not the vendor, and why nobody does.
pub(crate) fn sayings(pools: &[PoolSeats]) -> Vec<String> {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for it in pools {
        let saying = match &it.there {
            Fact::Known(_) => continue,
            Fact::Attested { by, on, aged, .. } => {
                let aged = if *aged { ", too long ago" } else { "" };
                format!("by {} on {on}{aged}", inert(by))
            }
            Fact::Unknown { why } => format!("by nobody ({})", inert(why)),
        };
        match said.iter_mut().find(|(text, _)| *text == saying) {
            Some((_, names)) => names.push(it.pool.to_string()),
            None => said.push((saying, vec![it.pool.to_string()])),
        }
    }
    let said = said.into_iter();
    said.map(|(saying, names)| format!("{saying}: {}", listed(&names)))
        .collect()
}

/// What one cycle costs: the account itself, then in all.
pub(crate) fn sums(account: &AccountSeats) -> Vec<String> {
    let fee = account
        .fee
        .as_ref()
        .map(|it| format!("the account itself: {}", cost(it)));
    let sum = account.per_cycle.as_ref().map(|sum| {
        let more = if account.is_partial {
            " and what is not known"
        } else {
            ""
        };
        format!("in all: {sum} {}{more}", each(account.cycle))
    });
    fee.into_iter().chain(sum).collect()
}

/// What the rows of an account have no room for, pool by pool.
pub(crate) fn remarks(account: &AccountSeats) -> Vec<Remark> {
    let mut all: Vec<Remark> = Vec::new();
    for (pool, head) in &account.shared {
        all.push(Remark {
            word: "shared",
            text: format!("{pool} is {}", words::counted_with(head)),
            matters: false,
        });
    }
    for pool in &account.pools {
        all.extend(ending(pool));
        if !pool.shares.is_empty() {
            all.push(Remark {
                word: "shared",
                text: format!(
                    "of {} used of {}: {}",
                    grouped(pool.used),
                    pool.pool,
                    words::shares(&pool.shares, ", ")
                ),
                matters: false,
            });
        }
        if pool.waiting > 0 {
            all.push(Remark {
                word: "waiting",
                text: format!(
                    "of {} used of {}, {} did not accept yet",
                    grouped(pool.used),
                    pool.pool,
                    grouped(pool.waiting)
                ),
                matters: false,
            });
        }
        if let (Some(Cost::Known(idle)), Some(free)) = (&pool.idle_per_cycle, pool.free) {
            all.push(Remark {
                word: "idle",
                text: format!(
                    "{} of {} for nobody, {idle} each cycle",
                    grouped(free),
                    pool.pool
                ),
                matters: true,
            });
        }
        if let Some(Cost::Unknown { why }) = &pool.per_cycle {
            let text = inert(why).into_owned();
            if !all.iter().any(|it| it.text == text) {
                all.push(Remark {
                    word: "unknown",
                    text,
                    matters: false,
                });
            }
        }
    }
    all
}

fn ending(pool: &PoolSeats) -> Option<Remark> {
    let it = pool.ending.as_ref()?;
    let until = it.on.map_or_else(
        || "until the billing cycle ends".to_owned(),
        |it| format!("until {it}"),
    );
    Some(Remark {
        word: "cancelled",
        text: format!(
            "{} of {} are there and paid {until}, {} then",
            it.bought,
            pool.pool,
            there(&pool.there)
        ),
        matters: true,
    })
}
