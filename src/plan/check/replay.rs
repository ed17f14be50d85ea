//! Does the steps again in orders that the needs allow, and looks at the account after every one of them.
//!
//! # Design
//! The count in `rooms` takes what a step changes from the stored order. Here the steps of a small account are done in several
//! orders, and every number is counted anew at every place, so that a step that changes something else in another place shows.
//! Of a large account only the stored order is looked at, and of most steps only whom they touch: what is counted then follows
//! them. What settings and owned objects change is always counted anew. That ends when [`LOOKS_MAX`] things have been looked
//! at: so the check costs no more than the account and the plan are large, and a bound on top.

use std::collections::BTreeSet;

use super::family::Family;
use super::rules::{Broken, Watch};
use super::world::is_around;
use super::{Step, Violation};

/// How many orders are done.
const ORDERS_MAX: usize = 6;

/// How many things an account may have, times steps, so that everything is counted anew in several orders.
const SMALL_MAX: usize = 1 << 12;

/// How many things are looked at because everything is counted anew.
const LOOKS_MAX: usize = 1 << 18;

/// Looks for an order in which a pool runs out or a rule is broken on the way; `orders` begins with the stored one. Gives how
/// many things were looked at.
pub(super) fn check(
    start: &Family<'_, '_>,
    end: &Family<'_, '_>,
    (steps, done): (&[&Step], &[bool]),
    orders: &[Vec<usize>],
    found: &mut Vec<Violation>,
) -> usize {
    let things = start.things();
    let watches = start.worlds.iter().enumerate().map(|(account, world)| {
        let own = steps.iter().filter(|it| start.at(it) == account);
        let own: Vec<&Step> = own.copied().collect();
        Watch::new(world.product, &own, world.things.len())
    });
    let watches: Vec<Watch<'_>> = watches.collect();
    let numbers = Numbers::of_all(start, &watches);
    let ends = [(start, &numbers), (end, &Numbers::of_all(end, &watches))];
    let mut replay = Replay {
        ends: ends.map(|(family, numbers)| broken_in(family, &watches, numbers)),
        is_small: things * steps.len() <= SMALL_MAX,
        anew: things + steps.len(),
        start,
        numbers,
        watches,
        looks: 2 * things,
        left: LOOKS_MAX,
    };
    let many = if replay.is_small { ORDERS_MAX } else { 1 };
    let stride = orders.len().div_ceil(many).max(1);
    for order in orders.iter().step_by(stride) {
        let todo: Vec<&Step> = (order.iter().filter(|at| !done[**at]))
            .map(|at| steps[*at])
            .collect();
        if let Some((step, text)) = replay.once(&todo) {
            found.push(Violation {
                address: Some(step.address.clone()),
                text: format!("in an order that the needs allow, {text}"),
            });
            break;
        }
    }
    replay.looks
}

/// The rules that do not hold, by account.
fn broken_in(
    family: &Family<'_, '_>,
    watches: &[Watch<'_>],
    numbers: &Numbers,
) -> Vec<BTreeSet<Broken>> {
    let accounts = family.worlds.iter().zip(watches).zip(&numbers.counted);
    accounts
        .map(|((world, watch), counted)| watch.broken(world, None, counted))
        .collect()
}

/// Accounts whose steps are done again and again.
struct Replay<'a, 'w> {
    start: &'a Family<'w, 'a>,
    numbers: Numbers,
    /// One for each account.
    watches: Vec<Watch<'w>>,
    /// The rules that do not hold before and after, by account.
    ends: [Vec<BTreeSet<Broken>>; 2],
    is_small: bool,
    /// What it costs to count everything anew.
    anew: usize,
    looks: usize,
    left: usize,
}

impl Replay<'_, '_> {
    /// Does the steps once; the first after which something is wrong.
    fn once<'s>(&mut self, steps: &[&'s Step]) -> Option<(&'s Step, String)> {
        let mut family = self.start.clone();
        let mut numbers = self.numbers.clone();
        self.looks += self.start.things();
        for (place, step) in steps.iter().enumerate() {
            let is_anew = self.is_small || is_around(step);
            if is_anew && self.left < self.anew {
                return None;
            }
            let before = (!is_anew).then(|| Numbers::of(&family, &self.watches, step));
            if let Err(text) = family.execute(step) {
                return Some((step, text));
            }
            let lacking = numbers.lacking(&family);
            match before {
                Some(before) => {
                    self.looks += 1;
                    numbers.follow(&before, &Numbers::of(&family, &self.watches, step));
                }
                None => {
                    self.looks += self.anew;
                    self.left -= self.anew;
                    numbers = Numbers::of_all(&family, &self.watches);
                }
            }
            let now = numbers.lacking(&family);
            let mut slots = family.slots.iter().zip(lacking.iter().zip(&now));
            if let Some((slot, _)) = slots.find(|(_, (before, now))| now > before) {
                return Some((step, format!("{} run out", slot.counter)));
            }
            // What does not hold after the last one is in the ends.
            if place + 1 == steps.len() {
                break;
            }
            let account = family.at(step);
            let (watch, world) = (&self.watches[account], &family.worlds[account]);
            let broken = watch.broken(world, Some(step), &numbers.counted[account]);
            let mut new = broken
                .iter()
                .filter(|it| !self.ends.iter().any(|end| end[account].contains(it)));
            if let Some(broken) = new.next() {
                return Some((step, broken.to_string()));
            }
        }
        None
    }
}

/// What is counted of the accounts, or of those whom a step touches.
#[derive(Clone, Debug)]
struct Numbers {
    used: Vec<i64>,
    sizes: Vec<i64>,
    /// People, by account and rule.
    counted: Vec<Vec<i64>>,
}

impl Numbers {
    fn of_all(family: &Family<'_, '_>, watches: &[Watch<'_>]) -> Self {
        let accounts = family.worlds.iter().zip(watches);
        Self {
            used: family.used(),
            sizes: family.sizes(),
            counted: accounts
                .map(|(world, watch)| watch.counted(world, None))
                .collect(),
        }
    }

    /// Of other accounts than the step's nothing is counted.
    fn of(family: &Family<'_, '_>, watches: &[Watch<'_>], step: &Step) -> Self {
        let standing = family.standing(step);
        let own = family.at(step);
        let accounts = family.worlds.iter().zip(watches).enumerate();
        Self {
            used: standing.units,
            sizes: standing.sizes,
            counted: accounts
                .map(|(account, (world, watch))| match account == own {
                    true => watch.counted(world, Some(step)),
                    false => Vec::new(),
                })
                .collect(),
        }
    }

    /// Counts what a step changed, from what it touches before and after.
    fn follow(&mut self, before: &Self, after: &Self) {
        let follow = |numbers: &mut [i64], before: &[i64], after: &[i64]| {
            for (number, (before, after)) in numbers.iter_mut().zip(before.iter().zip(after)) {
                *number += after - before;
            }
        };
        follow(&mut self.used, &before.used, &after.used);
        follow(&mut self.sizes, &before.sizes, &after.sizes);
        let counted = before.counted.iter().zip(&after.counted);
        for (counts, (before, after)) in self.counted.iter_mut().zip(counted) {
            follow(counts, before, after);
        }
    }

    /// How many units are lacking of what must not run out, by number of the counter.
    fn lacking(&self, family: &Family<'_, '_>) -> Vec<i64> {
        let slots = family.slots.iter().zip(self.used.iter().zip(&self.sizes));
        let lacking = slots.map(|(slot, (used, size))| match slot.is_room() {
            true => (used - size).max(0),
            false => 0,
        });
        lacking.collect()
    }
}
