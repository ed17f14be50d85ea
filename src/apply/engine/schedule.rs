//! Which steps may run side by side: so many per account, and none that touch the same thing.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    AccountName, Address, KindName, ObjectName, PoolName, Resource, ResourceId, SettingName,
    Subject, TeamName,
};
use crate::plan::Step;

/// Steps that may begin, and those that are under way.
#[derive(Debug)]
pub(super) struct Schedule {
    at_once: u32,
    lanes: BTreeMap<AccountName, Lane>,
    busy: BTreeSet<usize>,
}

/// What happens on one account.
#[derive(Debug, Default)]
struct Lane {
    /// Positions of steps that may begin, with what they touch.
    ready: BTreeMap<usize, Vec<(Thing, Hold)>>,
    running: u32,
    held: BTreeMap<Thing, Held>,
}

/// Something that steps touch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Person(Subject),
    Team(TeamName),
    Object(KindName, ObjectName),
    Setting(SettingName),
    Pool(PoolName),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    /// It must stay as it is meanwhile.
    Shared,
    /// It changes.
    Alone,
}

#[derive(Debug, Default)]
struct Held {
    shared: u32,
    alone: bool,
}

impl Schedule {
    pub(super) fn new(at_once: u32) -> Self {
        Self {
            at_once: at_once.max(1),
            lanes: BTreeMap::new(),
            busy: BTreeSet::new(),
        }
    }

    /// Everything that a step needs is confirmed.
    pub(super) fn ready(&mut self, at: usize, step: &Step) {
        let lane = self.lane(step);
        lane.ready.insert(at, touches(step));
    }

    /// A step that may begin now: the first of the plan on the first account that has room.
    pub(super) fn next(&self) -> Option<usize> {
        self.lanes
            .values()
            .filter(|lane| lane.running < self.at_once)
            .find_map(Lane::next)
    }

    /// A step begins.
    pub(super) fn begin(&mut self, at: usize, step: &Step) {
        self.busy.insert(at);
        let lane = self.lane(step);
        lane.running += 1;
        let touches = lane.ready.remove(&at).unwrap_or_else(|| touches(step));
        for (thing, hold) in touches {
            let held = lane.held.entry(thing).or_default();
            match hold {
                Hold::Shared => held.shared += 1,
                Hold::Alone => held.alone = true,
            }
        }
    }

    /// A step has ended.
    pub(super) fn end(&mut self, at: usize, step: &Step) {
        if !self.busy.remove(&at) {
            return;
        }
        let lane = self.lane(step);
        lane.running -= 1;
        for (thing, hold) in touches(step) {
            let Some(held) = lane.held.get_mut(&thing) else {
                continue;
            };
            match hold {
                Hold::Shared => held.shared -= 1,
                Hold::Alone => held.alone = false,
            }
            if !held.alone && held.shared == 0 {
                lane.held.remove(&thing);
            }
        }
    }

    /// Whether any step is under way.
    pub(super) fn is_busy(&self) -> bool {
        !self.busy.is_empty()
    }

    fn lane(&mut self, step: &Step) -> &mut Lane {
        self.lanes.entry(step.address.account.clone()).or_default()
    }
}

impl Lane {
    fn next(&self) -> Option<usize> {
        let free = |(thing, hold): &(Thing, Hold)| match self.held.get(thing) {
            None => true,
            Some(held) => *hold == Hold::Shared && !held.alone,
        };
        let may_begin = |touches: &[(Thing, Hold)]| touches.iter().all(free);
        self.ready
            .iter()
            .find(|(_, it)| may_begin(it))
            .map(|(at, _)| *at)
    }
}

/// What a step touches, each thing once.
fn touches(step: &Step) -> Vec<(Thing, Hold)> {
    let mut touches = Vec::new();
    let sides = step.sides().map(|it| it.address);
    for address in sides.chain(&step.renamed_from) {
        touch(&mut touches, address);
    }
    if let Some(subject) = &step.hand_over_to {
        push(&mut touches, Thing::Person(subject.clone()), Hold::Alone);
    }
    for resource in [&step.before, &step.after].into_iter().flatten() {
        if let Resource::Team(team) = resource
            && let Some(parent) = &team.parent
        {
            push(&mut touches, Thing::Team(parent.clone()), Hold::Shared);
        }
    }
    touches
}

fn touch(touches: &mut Vec<(Thing, Hold)>, address: &Address) {
    let thing = match &address.resource {
        ResourceId::Setting(name) => Thing::Setting(name.clone()),
        ResourceId::Seats(pool) => Thing::Pool(pool.clone()),
        ResourceId::Object { kind, name } => Thing::Object(kind.clone(), name.clone()),
        ResourceId::Team(team) => Thing::Team(team.clone()),
        ResourceId::Access(subject) => Thing::Person(subject.clone()),
        ResourceId::Member { team, subject } => {
            push(touches, Thing::Team(team.clone()), Hold::Shared);
            Thing::Person(subject.clone())
        }
    };
    push(touches, thing, Hold::Alone);
}

/// Adds a thing; a thing that is touched twice is held the stricter way.
fn push(touches: &mut Vec<(Thing, Hold)>, thing: Thing, hold: Hold) {
    match touches.iter_mut().find(|(it, _)| *it == thing) {
        Some((_, held)) if hold == Hold::Alone => *held = hold,
        Some(_) => {}
        None => touches.push((thing, hold)),
    }
}
