//! The order in which teams are moved where a product limits how deep they lie in each other.
//!
//! # Design
//! Before and after a plan the teams are not too deep, but between two moves they can be: a team that comes to lie deeper
//! takes along what still lies in it. Moves are few, so an order is looked for by trying: the first step that the vendor
//! would take, in the order of the ranks, going back where that leads nowhere. The moves are then pinned to that order.
//!
//! - New teams are not pinned. One is made once everything around it is in place, so that it is as deep as it will be, and
//!   it never lies in a team that is still to be moved.
//! - Removed teams are pinned only before a move that has no room without that.
//! - Where no order is found two moves are made to wait for each other, so that the plan is refused with both.

use std::collections::{BTreeMap, BTreeSet};

use super::Step;
use super::diff::Scope;
use super::structure::Needs;
use crate::model::{Action, Kind, Resource, ResourceId, TeamName};
use crate::product::{Constraint, DepthOf};

/// How many states of the teams are looked at before it is said that there is no order.
const TRIES_MAX: usize = 10_000;

/// What moves of teams need, so that no team lies too deep in between; `None` where that cannot happen.
pub(super) fn needs(scope: Scope<'_>, steps: &[Step]) -> Option<Needs> {
    let limit = limit(scope)?;
    let forest = Forest::new(scope, steps);
    let moved: Vec<usize> = forest.moved(steps).collect();
    let work = Work::of(steps);
    let teams = forest.parents.len() + work.names.len();
    if moved.is_empty() || teams <= limit {
        return None;
    }
    let mut search = Search {
        work,
        steps,
        limit,
        tried: BTreeSet::new(),
        order: Vec::new(),
        best: Vec::new(),
    };
    let mut needs = Needs::new();
    if search.run(forest) {
        let mut last: Option<usize> = None;
        let mut removed = Vec::new();
        for at in search.order {
            match steps[at].action {
                Action::Remove => removed.push(at),
                _ if moved.contains(&at) => {
                    needs.extend(last.map(|last| (at, last)));
                    needs.extend(removed.drain(..).map(|removed| (at, removed)));
                    last = Some(at);
                }
                _ => {}
            }
        }
        return Some(needs);
    }
    let best = search.best;
    let mut stuck = moved.into_iter().filter(|it| !best.contains(it));
    let (Some(one), Some(other)) = (stuck.next(), stuck.next()) else {
        // What is wrong then is what is wanted, and a rule says so.
        return None;
    };
    needs.extend([(one, other), (other, one)]);
    Some(needs)
}

/// How many levels of teams a product allows.
fn limit(scope: Scope<'_>) -> Option<usize> {
    let limits = scope.product.constraints.iter();
    let limits = limits.filter_map(|(_, it)| match it {
        Constraint::MaxDepth(rule) if rule.of != Some(DepthOf::Accounts) => Some(rule.limit),
        _ => None,
    });
    limits.min().and_then(|it| usize::try_from(it).ok())
}

/// Which team lies in which, under the names that teams have after the plan.
#[derive(Clone)]
struct Forest<'a> {
    parents: BTreeMap<&'a TeamName, Option<&'a TeamName>>,
}

impl<'a> Forest<'a> {
    fn new(scope: Scope<'a>, steps: &'a [Step]) -> Self {
        let mut renamed: BTreeMap<&TeamName, &TeamName> = BTreeMap::new();
        for step in steps {
            let from = step.renamed_from.as_ref().map(|it| &it.resource);
            if let (Some(ResourceId::Team(old)), ResourceId::Team(new)) =
                (from, &step.address.resource)
            {
                renamed.insert(old, new);
            }
        }
        let name = |old: &'a TeamName| renamed.get(old).copied().unwrap_or(old);
        let there = scope.observation.state.of_kind(scope.name, Kind::Team);
        let parents =
            there.filter_map(
                |(address, entry)| match (&address.resource, &entry.resource) {
                    (ResourceId::Team(team), Resource::Team(it)) => {
                        Some((name(team), it.parent.as_ref().map(name)))
                    }
                    _ => None,
                },
            );
        Self {
            parents: parents.collect(),
        }
    }

    /// Steps that move a team that is there.
    fn moved(&self, steps: &[Step]) -> impl Iterator<Item = usize> {
        let steps = steps.iter().enumerate();
        steps.filter_map(|(at, step)| {
            let (ResourceId::Team(team), Some(Resource::Team(after))) =
                (&step.address.resource, &step.after)
            else {
                return None;
            };
            let now = self.parents.get(team)?;
            (*now != after.parent.as_ref()).then_some(at)
        })
    }

    /// The teams that a team lies in and the team itself, the innermost first.
    fn above(&self, team: &'a TeamName) -> impl Iterator<Item = &'a TeamName> {
        let above = std::iter::successors(Some(team), |it| self.parents.get(it).copied().flatten());
        // Teams that lie in a circle must not hang.
        above.take(self.parents.len())
    }

    /// How many levels a team and what lies in it take.
    fn levels(&self, team: &'a TeamName) -> usize {
        let below = self.parents.keys().filter_map(|it| {
            let up_to = self.above(it).position(|it| it == team)?;
            Some(up_to + 1)
        });
        below.max().unwrap_or(1)
    }
}

/// The steps of teams and what they wait for.
struct Work {
    /// In the order of the ranks.
    all: Vec<usize>,
    /// Steps that give a name, by the name.
    names: BTreeMap<TeamName, usize>,
}

impl Work {
    fn of(steps: &[Step]) -> Self {
        let of_team = steps.iter().enumerate();
        let of_team = of_team.filter_map(|(at, step)| match &step.address.resource {
            ResourceId::Team(team) => Some((at, step, team)),
            _ => None,
        });
        let mut work = Self {
            all: Vec::new(),
            names: BTreeMap::new(),
        };
        for (at, step, team) in of_team {
            work.all.push(at);
            if matches!(step.action, Action::Create | Action::Rename) {
                work.names.insert(team.clone(), at);
            }
        }
        work
    }
}

struct Search<'a> {
    steps: &'a [Step],
    work: Work,
    limit: usize,
    /// Sets of steps after which nothing more is found.
    tried: BTreeSet<BTreeSet<usize>>,
    order: Vec<usize>,
    /// The longest order that was tried.
    best: Vec<usize>,
}

impl<'a> Search<'a> {
    /// Looks for an order; it is found without going back but for odd cases.
    fn run(&mut self, forest: Forest<'a>) -> bool {
        // One entry for each step done: the teams before it, and which step to try next.
        let mut stack = vec![(forest, 0)];
        while let Some((forest, next)) = stack.last_mut() {
            if self.order.len() == self.work.all.len() {
                return true;
            }
            let mut untried = self.work.all.iter().enumerate().skip(*next);
            let found = untried.find_map(|(index, at)| {
                let after = self.after(forest, *at)?;
                Some((index, *at, after))
            });
            let Some((index, at, after)) = found else {
                self.tried.insert(self.order.iter().copied().collect());
                if self.tried.len() > TRIES_MAX {
                    return false;
                }
                stack.pop();
                self.order.pop();
                continue;
            };
            *next = index + 1;
            self.order.push(at);
            if self.order.len() > self.best.len() {
                self.best.clone_from(&self.order);
            }
            if !self.tried.is_empty() && self.tried.contains(&self.order.iter().copied().collect())
            {
                self.order.pop();
                continue;
            }
            stack.push((after, 0));
        }
        false
    }

    /// The teams after a step; `None` if it was done, or cannot be done now.
    fn after(&self, forest: &Forest<'a>, at: usize) -> Option<Forest<'a>> {
        let step = &self.steps[at];
        let ResourceId::Team(team) = &step.address.resource else {
            return None;
        };
        if self.order.contains(&at) {
            return None;
        }
        let mut after = forest.clone();
        let Some(Resource::Team(wanted)) = &step.after else {
            let has_inner = forest.parents.values().any(|it| *it == Some(team));
            after.parents.remove(team);
            return (!has_inner).then_some(after);
        };
        let parent = wanted.parent.as_ref();
        let is_moved = forest.parents.get(team) != Some(&parent);
        if let Some(parent) = parent.filter(|_| is_moved) {
            let is_named = (self.work.names.get(parent)).is_none_or(|it| self.order.contains(it));
            if !is_named || !forest.parents.contains_key(parent) {
                return None;
            }
            let above = forest.above(parent).count();
            let is_inside = forest.above(parent).any(|it| it == team);
            if is_inside || above + forest.levels(team) > self.limit {
                return None;
            }
        }
        after.parents.insert(team, parent);
        Some(after)
    }
}
