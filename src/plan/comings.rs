//! People whom the size of a pool counts, as steps make them come and go.
//!
//! # Design
//! A setting can choose whether people are counted for how many units there are. So that every step changes the size by the
//! same number in every order, each step of such a person comes before all settings that the size is chosen by, or after all
//! of them: before them if it makes nothing scarcer, neither by the size of before nor by that of after, else after them.

use std::collections::{BTreeMap, BTreeSet};

use super::Step;
use super::diff::Scope;
use super::pools::setting_steps;
use super::scenes::Scenes;
use super::structure::Needs;
use super::takes;
use crate::model::{Address, Resource};
use crate::product::{OnePool, PoolCapacity, Scene};

/// Steps of people whom a pool's size counts, and by how many units each changes it.
#[derive(Debug, Default)]
pub(super) struct Comings {
    /// Before the settings, in the order of the steps.
    first: Vec<(usize, i64)>,
    /// After them.
    last: Vec<(usize, i64)>,
    /// What the first ones take (positive) or free (negative) of the pool, all together.
    pub taken: i64,
}

impl Comings {
    pub(super) fn new(
        scope: Scope<'_>,
        one: OnePool<'_>,
        steps: &[Step],
        scenes: &Scenes<'_>,
    ) -> Self {
        let [now, then] = [&scenes.now, &scenes.then].map(|scene| -> BTreeMap<usize, i64> {
            let moved = scene.capacity(one).map(|it| moved_people(it, scene, steps));
            moved.into_iter().flatten().collect()
        });
        let units = |moved: &BTreeMap<usize, i64>, at: usize| moved.get(&at).copied().unwrap_or(0);
        let taken = |at: usize| -> i64 {
            let sides = steps[at].sides().filter_map(|side| {
                let subject = side.address.subject()?;
                let takes = |resource: &Option<Resource>, scene: &Scene<'_>| match resource {
                    Some(Resource::Access(access)) => {
                        i64::from(scene.takes_unit(one, access, scene.standing(subject)))
                    }
                    _ => 0,
                };
                Some(takes(side.after, &scenes.then) - takes(side.before, &scenes.now))
            });
            sides.sum()
        };
        // What a step takes by itself is known only after the steps that it depends on.
        let all_last = setting_steps(one, steps).next().is_none()
            || takes::depends_on_steps(scope, one, steps);
        let all: BTreeSet<usize> = now.keys().chain(then.keys()).copied().collect();
        let (first, last): (Vec<usize>, Vec<usize>) = all.into_iter().partition(|at| {
            let taken = taken(*at);
            !all_last && taken <= units(&now, *at) && taken <= units(&then, *at)
        });
        let of = |places: &[usize], moved| {
            let places = places.iter();
            places.map(|at| (*at, units(moved, *at))).collect()
        };
        Self {
            taken: first.iter().map(|at| taken(*at)).sum(),
            first: of(&first, &now),
            last: of(&last, &then),
        }
    }

    /// By how many units each step changes the size.
    pub(super) fn resized(&self) -> impl Iterator<Item = (usize, i64)> {
        self.first.iter().chain(&self.last).copied()
    }

    /// By how many units the first ones change the size that the pool has in a scene.
    pub(super) fn counted_in(&self, one: OnePool<'_>, scene: &Scene<'_>, steps: &[Step]) -> i64 {
        let entry = scene.capacity(one).filter(|_| !self.first.is_empty());
        let moved = entry.map(|it| moved_people(it, scene, steps));
        let is_first = |at: &usize| self.first.binary_search_by_key(at, |it| it.0).is_ok();
        let of_first = moved.into_iter().flatten().filter(|(at, _)| is_first(at));
        of_first.map(|(_, units)| units).sum()
    }

    /// Needs that hold each step on its side of the settings.
    pub(super) fn pins(&self, settings: &[usize]) -> Needs {
        let pairs = settings.iter().flat_map(|setting| {
            let first = self.first.iter().map(|(at, _)| (*setting, *at));
            first.chain(self.last.iter().map(|(at, _)| (*at, *setting)))
        });
        pairs.collect()
    }
}

/// Steps that make a capacity count one person more or less.
pub(super) fn moved_people(
    entry: &PoolCapacity,
    scene: &Scene<'_>,
    steps: &[Step],
) -> Vec<(usize, i64)> {
    let Some(selector) = &entry.people else {
        return Vec::new();
    };
    let counts =
        |address: &Address, resource: &Option<Resource>| match (address.subject(), resource) {
            (Some(subject), Some(Resource::Access(access))) => {
                i64::from(scene.selects(selector, access, scene.standing(subject)))
            }
            _ => 0,
        };
    // Whoever is there until the billing cycle ends is counted until then.
    let steps = steps.iter().enumerate();
    let steps = steps.filter(|(_, it)| !it.lingers(scene.product));
    let moved = steps.map(|(at, step)| {
        let units = step
            .sides()
            .map(|it| counts(it.address, it.after) - counts(it.address, it.before));
        (at, units.sum())
    });
    moved.filter(|(_, units)| *units != 0).collect()
}
