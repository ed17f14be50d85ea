//! Who waits where there are too few units: as few steps as can be, the last in line first.
//!
//! # Design
//! This is arithmetic over the end of the plan, not over its order: what is left must fit every pool at once, since one step
//! may take units of several pools, and one that is left out gives back what it would have freed. A person whose new access
//! waits keeps the old one. A few steps are found by taking the last in line and giving back whom nobody has to wait for;
//! whether fewer would do is answered by a bound, else by trying every smaller choice, up to [`QUESTIONS_MAX`].

use std::collections::{BTreeMap, BTreeSet};

use super::pools::PoolFacts;
use super::sequence::choices;
use super::{Asker, Step};
use crate::model::{Capacity, Kind};
use crate::product::Overflow;

/// How many choices are tried.
const QUESTIONS_MAX: usize = 1 << 12;

/// Steps that would have to wait so that all others fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scarce {
    /// Their positions, the last in line first; empty if everything fits, or if no waiting would help.
    pub waiting: Vec<usize>,
    /// Whether it is sure that no fewer would do.
    pub smallest: bool,
}

impl Scarce {
    /// The same by the lines of the steps instead of where they stand.
    pub(super) fn named(self, steps: &[&Step]) -> Waiting {
        let name = |at: usize| Asker::of(steps[at]);
        Waiting {
            steps: self.waiting.into_iter().map(name).collect(),
            smallest: self.smallest,
        }
    }
}

/// What waits, the last in line first.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub steps: Vec<Asker>,
    pub smallest: bool,
}

/// Finds who waits. `steps` are in the order of the line; the first of each of `ties` cannot be done without the second.
pub(super) fn scarce(facts: &[PoolFacts], steps: &[&Step], ties: &[(usize, usize)]) -> Scarce {
    match Shortage::new(facts, steps, ties) {
        Some(shortage) => shortage.solve(),
        None => Scarce::default(),
    }
}

/// What is left of one pool in the end.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// Units that are missing; less than nothing if some are free.
    missing: i64,
    /// Steps that make it worse.
    takers: u32,
}

impl Room {
    /// Where more is used than there is and no step makes it worse, nothing must wait.
    fn fits(self) -> bool {
        self.missing <= 0 || self.takers == 0
    }
}

/// Too few units of one pool or more.
struct Shortage {
    pools: Vec<Room>,
    /// What each step takes of which pool, or gives back, in all that it does to what is used and to what there is.
    units: Vec<Vec<(usize, i64)>>,
    /// Steps that cannot be done without a step.
    dependents: Vec<Vec<usize>>,
    /// Steps that take units for somebody or something, the last in line first.
    candidates: Vec<usize>,
}

impl Shortage {
    fn new(facts: &[PoolFacts], steps: &[&Step], ties: &[(usize, usize)]) -> Option<Self> {
        let mut shortage = Self {
            pools: Vec::new(),
            units: vec![Vec::new(); steps.len()],
            dependents: vec![Vec::new(); steps.len()],
            candidates: Vec::new(),
        };
        for pool in facts.iter().filter(|it| it.overflow == Overflow::Refuse) {
            let Some(Capacity::Purchased(after)) = pool.purchased_after.value() else {
                continue;
            };
            let mut room = Room {
                missing: signed(pool.used) - signed(after.seats()),
                takers: 0,
            };
            for (at, step) in steps.iter().enumerate() {
                let of = |it: &BTreeMap<_, i64>| it.get(&pool.name).copied().unwrap_or_default();
                let units = of(&step.seats) - of(&step.room);
                room.missing += of(&step.seats);
                room.takers += u32::from(units > 0);
                if units != 0 {
                    shortage.units[at].push((shortage.pools.len(), units));
                }
            }
            shortage.pools.push(room);
        }
        if shortage.pools.iter().all(|it| it.fits()) {
            return None;
        }
        for (step, needed) in ties {
            shortage.dependents[*needed].push(*step);
        }
        let is_grant = |step: &&Step| matches!(step.address.kind(), Kind::Access | Kind::Object);
        let takes = |at: &usize| {
            is_grant(&steps[*at]) && shortage.units[*at].iter().any(|(_, units)| *units > 0)
        };
        shortage.candidates = (0..steps.len()).rev().filter(takes).collect();
        Some(shortage)
    }

    /// What is left of each pool if some steps wait, and what cannot be done without them.
    fn without(&self, waiting: &[usize]) -> Vec<Room> {
        let mut pools = self.pools.clone();
        let mut seen = BTreeSet::new();
        let mut stack = waiting.to_vec();
        while let Some(step) = stack.pop() {
            if seen.insert(step) {
                for (pool, units) in &self.units[step] {
                    pools[*pool].missing -= units;
                    pools[*pool].takers -= u32::from(*units > 0);
                }
                stack.extend(&self.dependents[step]);
            }
        }
        pools
    }

    fn fits(&self, waiting: &[usize]) -> bool {
        self.without(waiting).iter().all(|it| it.fits())
    }

    fn solve(&self) -> Scarce {
        let few = self.last_in_line();
        let most = few.as_ref().map_or(self.candidates.len() + 1, Vec::len);
        let mut choices = (self.least()..most).flat_map(|size| choices(&self.candidates, size));
        let fewer = choices
            .by_ref()
            .take(QUESTIONS_MAX)
            .find(|it| self.fits(it));
        let smallest = fewer.is_some() || choices.next().is_none();
        let waiting = fewer.or(few);
        Scarce {
            smallest: smallest && waiting.is_some(),
            waiting: waiting.unwrap_or_default(),
        }
    }

    /// The last in line who take of what is missing, less those who need not wait; `None` if that leads nowhere.
    fn last_in_line(&self) -> Option<Vec<usize>> {
        let mut waiting = Vec::new();
        let mut pools = self.pools.clone();
        // Somebody who waits keeps what they have, which may be missing elsewhere then.
        while !pools.iter().all(|it| it.fits()) {
            let helps = |at: &&usize| {
                let mut units = self.units[**at].iter();
                !waiting.contains(*at)
                    && units.any(|(pool, units)| *units > 0 && !pools[*pool].fits())
            };
            waiting.push(*self.candidates.iter().find(helps)?);
            pools = self.without(&waiting);
        }
        for step in waiting.clone().iter().rev() {
            let fewer: Vec<_> = waiting.iter().copied().filter(|it| it != step).collect();
            if self.fits(&fewer) {
                waiting = fewer;
            }
        }
        Some(waiting)
    }

    /// So many must wait at least: nobody gives back more than the one who gives back most, and a pool that nobody takes of
    /// any more has no takers left.
    fn least(&self) -> usize {
        let least = |(pool, room): (usize, &Room)| {
            if room.fits() {
                return 0;
            }
            let alone = self.candidates.iter().map(|at| self.without(&[*at])[pool]);
            let (units, takers) = alone.fold((1, 1), |(units, takers), it| {
                let fewer = room.takers - it.takers;
                (units.max(room.missing - it.missing), takers.max(fewer))
            });
            let by_units = (room.missing + units - 1) / units;
            by_units.min(i64::from(room.takers.div_ceil(takers)))
        };
        let least = self.pools.iter().enumerate().map(least).max();
        usize::try_from(least.unwrap_or(0)).unwrap_or(0)
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
