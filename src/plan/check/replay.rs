//! Does the steps again in orders that the needs allow, and looks at the account after every one of them.
//!
//! # Design
//! The count in `rooms` takes what a step changes from the stored order. Here the steps of a small account are done in several
//! orders, and every number is counted anew at every place, so that a step that changes something else in another place shows.
//! Of a large account only the stored order is looked at, and of most steps only whom they touch: what is counted then follows
//! them. What settings and owned objects change is always counted anew. That ends when [`LOOKS_MAX`] things have been looked
//! at: so the check costs no more than the account and the plan are large, and a bound on top.

use std::collections::BTreeSet;

use super::rules::{Broken, Watch};
use super::world::{World, is_around};
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
    start: &World<'_>,
    end: &World<'_>,
    (steps, done): (&[&Step], &[bool]),
    orders: &[Vec<usize>],
    found: &mut Vec<Violation>,
) -> usize {
    let things = start.things.len();
    let watch = Watch::new(start.product, steps, things);
    let numbers = Numbers::of_all(start, &watch);
    let ends = [(start, &numbers), (end, &Numbers::of_all(end, &watch))];
    let mut replay = Replay {
        ends: ends.map(|(world, numbers)| watch.broken(world, None, &numbers.counted)),
        is_small: things * steps.len() <= SMALL_MAX,
        anew: things + steps.len(),
        start,
        numbers,
        watch,
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

/// An account whose steps are done again and again.
struct Replay<'a, 'w> {
    start: &'a World<'w>,
    numbers: Numbers,
    watch: Watch<'w>,
    /// The rules that do not hold before and after.
    ends: [BTreeSet<Broken>; 2],
    is_small: bool,
    /// What it costs to count everything anew.
    anew: usize,
    looks: usize,
    left: usize,
}

impl Replay<'_, '_> {
    /// Does the steps once; the first after which something is wrong.
    fn once<'s>(&mut self, steps: &[&'s Step]) -> Option<(&'s Step, String)> {
        let mut world = self.start.clone();
        let mut numbers = self.numbers.clone();
        self.looks += self.start.things.len();
        for (place, step) in steps.iter().enumerate() {
            let is_anew = self.is_small || is_around(step);
            if is_anew && self.left < self.anew {
                return None;
            }
            let before = (!is_anew).then(|| Numbers::of(&world, &self.watch, step));
            if let Err(text) = world.execute(step) {
                return Some((step, text));
            }
            let lacking = numbers.lacking(&world);
            match before {
                Some(before) => {
                    self.looks += 1;
                    numbers.follow(&before, &Numbers::of(&world, &self.watch, step));
                }
                None => {
                    self.looks += self.anew;
                    self.left -= self.anew;
                    numbers = Numbers::of_all(&world, &self.watch);
                }
            }
            let now = numbers.lacking(&world);
            let mut counters = world.counters.iter().zip(lacking.iter().zip(&now));
            if let Some((it, _)) = counters.find(|(_, (before, now))| now > before) {
                return Some((step, format!("{it} run out")));
            }
            // What does not hold after the last one is in the ends.
            if place + 1 == steps.len() {
                break;
            }
            let broken = self.watch.broken(&world, Some(step), &numbers.counted);
            let mut new = broken
                .iter()
                .filter(|it| !self.ends.iter().any(|end| end.contains(it)));
            if let Some(broken) = new.next() {
                return Some((step, broken.to_string()));
            }
        }
        None
    }
}

/// What is counted of an account, or of those whom a step touches.
#[derive(Clone, Debug)]
struct Numbers {
    used: Vec<i64>,
    sizes: Vec<i64>,
    /// People, by rule.
    counted: Vec<i64>,
}

impl Numbers {
    fn of_all(world: &World<'_>, watch: &Watch<'_>) -> Self {
        Self {
            used: world.used(),
            sizes: world.sizes(),
            counted: watch.counted(world, None),
        }
    }

    fn of(world: &World<'_>, watch: &Watch<'_>, step: &Step) -> Self {
        let standing = world.standing(step);
        Self {
            used: standing.units,
            sizes: standing.sizes,
            counted: watch.counted(world, Some(step)),
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
        follow(&mut self.counted, &before.counted, &after.counted);
    }

    /// How many units are lacking of what must not run out, by counter.
    fn lacking(&self, world: &World<'_>) -> Vec<i64> {
        let counters = world.counters.iter();
        let lacking = counters.zip(self.used.iter().zip(&self.sizes));
        let lacking = lacking.map(|(it, (used, size))| match it.is_room() {
            true => (used - size).max(0),
            false => 0,
        });
        lacking.collect()
    }
}
