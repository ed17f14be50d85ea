//! Who waits where there are too few units: as few steps as can be, the last in line first.
//!
//! # Design
//! This is arithmetic over the end of the plan, not over its order: what is left must fit every pool at once, since one step
//! may take units of several pools, and one that is left out gives back what it would have freed. A person whose new access
//! waits keeps the old one. A few steps are found by taking the last in line and giving back whom nobody has to wait for;
//! whether fewer would do is answered by a bound, else by trying every smaller choice: all of them up to [`EXACT_MAX`]
//! candidates, and beyond that [`QUESTIONS_MAX`], after which it is only sure that nobody of those who wait can be left out.
//! More who wait need not mean more that is free: what cannot be done without one of them may be what frees units.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::pools::PoolFacts;
use super::sequence::choices;
use super::{Asker, Step};
use crate::model::{Capacity, Kind};
use crate::product::Overflow;

/// Up to so many candidates every smaller choice is tried.
const EXACT_MAX: usize = 20;

/// How many choices are tried among more candidates.
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
#[derive(Debug)]
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
        for lots in facts.iter().flat_map(|it| it.lots.iter().flatten()) {
            let Some(bought_after) = lots.bought_after else {
                continue;
            };
            let mut room = Room {
                missing: signed(lots.used) - signed(bought_after),
                takers: 0,
            };
            for (at, change) in &lots.changes {
                let units = change.used - change.bought;
                room.missing += change.used;
                room.takers += u32::from(units > 0);
                shortage.units[*at].push((shortage.pools.len(), units));
            }
            shortage.pools.push(room);
        }
        let in_sum = |it: &&PoolFacts| it.overflow == Overflow::Refuse && it.lots.is_none();
        for pool in facts.iter().filter(in_sum) {
            let Some(Capacity::Purchased(after)) = pool.purchased_after.value() else {
                continue;
            };
            let mut room = Room {
                missing: signed(pool.used) - signed(after.seats()),
                takers: 0,
            };
            for (at, step) in steps.iter().enumerate() {
                let units = pool.units(step) - pool.room(step);
                room.missing += pool.units(step);
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
        for step in self.closure(waiting) {
            for (pool, units) in &self.units[step] {
                pools[*pool].missing -= units;
                pools[*pool].takers -= u32::from(*units > 0);
            }
        }
        pools
    }

    /// Some steps and everything that cannot be done without them.
    fn closure(&self, waiting: &[usize]) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut stack = waiting.to_vec();
        while let Some(step) = stack.pop() {
            if seen.insert(step) {
                stack.extend(&self.dependents[step]);
            }
        }
        seen
    }

    fn fits(&self, waiting: &[usize]) -> bool {
        self.without(waiting).iter().all(|it| it.fits())
    }

    fn solve(&self) -> Scarce {
        let few = self.last_in_line();
        let most = few.as_ref().map_or(self.candidates.len() + 1, Vec::len);
        let sizes = self.least()..most;
        let (fewer, is_sure) = match self.candidates.len() <= EXACT_MAX {
            true => (self.fewest(sizes), true),
            false => self.fewer(sizes),
        };
        let waiting = fewer.or(few);
        Scarce {
            smallest: is_sure && waiting.is_some(),
            waiting: waiting.unwrap_or_default(),
        }
    }

    /// The first of all choices of some sizes that helps.
    fn fewest(&self, sizes: Range<usize>) -> Option<Vec<usize>> {
        let shares = Shares::new(self);
        let numbers: Vec<usize> = (0..self.candidates.len()).collect();
        let mut choices = sizes.flat_map(|size| choices(&numbers, size));
        let fewest = choices.find(|it| shares.fits(it))?;
        Some(fewest.into_iter().map(|it| self.candidates[it]).collect())
    }

    /// The first of some choices that helps, and whether it is sure that no fewer would.
    fn fewer(&self, sizes: Range<usize>) -> (Option<Vec<usize>>, bool) {
        let mut choices = sizes.flat_map(|size| choices(&self.candidates, size));
        let mut some = choices.by_ref().take(QUESTIONS_MAX);
        let fewer = some.find(|it| self.fits(it));
        let is_sure = fewer.is_some() || choices.next().is_none();
        (fewer, is_sure)
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
        // Leaving one out can make another one needless.
        loop {
            let before = waiting.len();
            for step in waiting.clone().iter().rev() {
                let fewer: Vec<_> = waiting.iter().copied().filter(|it| it != step).collect();
                if self.fits(&fewer) {
                    waiting = fewer;
                }
            }
            if waiting.len() == before {
                break;
            }
        }
        Some(waiting)
    }

    /// So many must wait at least: together they give back no more than the sum of what each gives back, without what is
    /// then not freed; and a pool that nobody takes of any more has no takers left.
    fn least(&self) -> usize {
        let closures = self.candidates.iter().map(|at| self.closure(&[*at]));
        let alone: Vec<BTreeSet<usize>> = closures.collect();
        let least = |(pool, room): (usize, &Room)| {
            if room.fits() {
                return 0;
            }
            let given_back = alone.iter().map(|steps| {
                let of_pool = steps.iter().flat_map(|it| &self.units[*it]);
                let taken = of_pool.filter(|it| it.0 == pool).map(|it| it.1);
                let taken: Vec<i64> = taken.filter(|it| *it > 0).collect();
                (taken.iter().sum::<i64>(), taken.len())
            });
            let (units, takers) = given_back.fold((1, 1), |(units, takers), it| {
                (units.max(it.0), takers.max(it.1))
            });
            let by_units = usize::try_from((room.missing + units - 1) / units).unwrap_or(0);
            by_units.min((room.takers as usize).div_ceil(takers))
        };
        let least = self.pools.iter().enumerate().map(least).max();
        least.unwrap_or(0)
    }
}

/// What waits together with which candidates: steps that the same candidates hold up are one share.
struct Shares<'a> {
    pools: &'a [Room],
    /// The candidates, as a bit each, and what changes of each pool once one of them waits.
    shares: Vec<(u32, Vec<(usize, Room)>)>,
}

impl<'a> Shares<'a> {
    fn new(shortage: &'a Shortage) -> Self {
        let mut holders: BTreeMap<usize, u32> = BTreeMap::new();
        for (number, at) in shortage.candidates.iter().enumerate() {
            for step in shortage.closure(&[*at]) {
                *holders.entry(step).or_default() |= 1 << number;
            }
        }
        let mut shares: BTreeMap<u32, BTreeMap<usize, Room>> = BTreeMap::new();
        for (step, holders) in holders {
            for (pool, units) in &shortage.units[step] {
                let share = shares.entry(holders).or_default().entry(*pool);
                let room = share.or_insert(Room {
                    missing: 0,
                    takers: 0,
                });
                room.missing += units;
                room.takers += u32::from(*units > 0);
            }
        }
        let shares = shares.into_iter();
        Self {
            pools: &shortage.pools,
            shares: shares
                .map(|(holders, rooms)| (holders, rooms.into_iter().collect()))
                .collect(),
        }
    }

    /// Whether everything else fits if some candidates wait.
    fn fits(&self, waiting: &[usize]) -> bool {
        let waiting = waiting.iter().fold(0, |all, it| all | 1 << it);
        let mut pools = self.pools.to_vec();
        for (_, rooms) in self.shares.iter().filter(|it| it.0 & waiting != 0) {
            for (pool, room) in rooms {
                pools[*pool].missing -= room.missing;
                pools[*pool].takers -= room.takers;
            }
        }
        pools.iter().all(|it| it.fits())
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chance::cases;

    /// Pools that lack something, steps that take and give back, and what hangs on what.
    fn shortage(
        missing: &[i64],
        units: Vec<Vec<(usize, i64)>>,
        ties: &[(usize, usize)],
    ) -> Shortage {
        let mut dependents = vec![Vec::new(); units.len()];
        for (step, needed) in ties {
            dependents[*needed].push(*step);
        }
        let takers = |pool: usize| {
            let all = units.iter().flatten();
            let takers = all.filter(|it| it.0 == pool && it.1 > 0);
            u32::try_from(takers.count()).expect("there are few")
        };
        let pools = missing.iter().enumerate().map(|(at, missing)| Room {
            missing: *missing,
            takers: takers(at),
        });
        let takes = |at: &usize| units[*at].iter().any(|it| it.1 > 0);
        Shortage {
            pools: pools.collect(),
            candidates: (0..units.len()).rev().filter(takes).collect(),
            dependents,
            units,
        }
    }

    /// The size of a smallest choice that helps, by trying all.
    fn least_of_all(shortage: &Shortage) -> Option<usize> {
        let count = shortage.candidates.len();
        let choices = (0..1_usize << count).filter(|bits| {
            let chosen = (0..count).filter(|at| bits >> at & 1 == 1);
            let chosen: Vec<_> = chosen.map(|at| shortage.candidates[at]).collect();
            shortage.fits(&chosen)
        });
        choices.map(|bits| bits.count_ones() as usize).min()
    }

    #[test]
    fn two_whose_waiting_keeps_one_thing_from_being_freed_give_back_more_together() {
        // Four are missing. The last four take one each; the first two take three each, and what frees two needs both of
        // them: alone each gives one back, both together give four.
        let one = || vec![(0, 1)];
        let units = vec![
            vec![(0, 3)],
            vec![(0, 3)],
            vec![(0, -2)],
            one(),
            one(),
            one(),
            one(),
        ];
        let shortage = shortage(&[4], units, &[(2, 0), (2, 1)]);
        let found = shortage.solve();
        assert_eq!(found.waiting, [1, 0]);
        assert!(found.smallest);
    }

    fn random() -> impl Strategy<Value = Shortage> {
        let unit = (0_usize..3, -3_i64..4).prop_filter("something moves", |it| it.1 != 0);
        let of_step = prop::collection::btree_map(0_usize..3, -3_i64..4, 0..3)
            .prop_map(|it| it.into_iter().filter(|it| it.1 != 0).collect::<Vec<_>>());
        let steps =
            prop::collection::vec(prop_oneof![unit.prop_map(|it| vec![it]), of_step], 1..10);
        (steps, prop::collection::vec(-2_i64..8, 3)).prop_flat_map(|(units, missing)| {
            let many = units.len();
            let ties = prop::collection::vec((0..many, 0..many), 0..8);
            ties.prop_map(move |ties| shortage(&missing, units.clone(), &ties))
        })
    }

    proptest! {
        #![proptest_config(cases(2_000))]

        #[test]
        fn whoever_waits_is_fewest(shortage in random()) {
            let fewest = least_of_all(&shortage);
            let found = shortage.solve();
            prop_assert_eq!(found.smallest, fewest.is_some());
            prop_assert_eq!(found.waiting.len(), fewest.unwrap_or(0));
            prop_assert!(fewest.is_none() || shortage.fits(&found.waiting));
            prop_assert!(fewest.is_none_or(|it| shortage.least() <= it));
        }
    }
}
