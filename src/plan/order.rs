//! The order of an account's steps and what each of them needs, so that every order that the needs allow is legal.
//!
//! # Design
//! One legal order is found first (`sequence`). Then, walking along it, every unit that a step uses is traced to where it
//! came from: to the slack that was there, or to an earlier step that gave it back, which the user then needs. Each unit is
//! used once, so in every set of steps that holds what its steps need, no more is used than was there and was given back:
//! nothing runs out in any order, also when steps run side by side or one of them waits for weeks. All needs point backwards
//! in one order, so they have no circle, and a step needs as many others as it uses units: the needs grow with the plan and
//! not with its square.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::diff::Scope;
use super::limits::Limit;
use super::sequence::{Problem, Sequence, Stuck, sequence};
use super::{How, Step, StepId};
use crate::model::{Action, Actor, Address, Kind, Resource, ResourceId, Subject, UserKey};

/// A step before its needs are known.
pub(super) struct Draft {
    pub step: Step,
    /// For a removed access that is replaced by another one: that one.
    pub replaced_by: Option<Address>,
    /// The first day with access, if it is written.
    pub start: Option<jiff::civil::Date>,
    /// The estate's user.
    pub user: Option<UserKey>,
}

/// Where a step stands among others that could be done at the same time; smaller is earlier.
///
/// For scarce seats: whoever starts earlier, then the user's key. The order of files never counts.
pub(super) type Rank = (u8, Option<jiff::civil::Date>, String, Address);

/// The rank of a step by what it does; what takes access away comes last.
pub(super) fn rank(draft: &Draft, actor: &Actor) -> Rank {
    let step = &draft.step;
    let class = match (step.address.kind(), step.action) {
        _ if changes_own_access(step, actor) => 12,
        (Kind::Setting, _) => 0,
        (Kind::Seats, _) if grows(step) => 1,
        (Kind::Object, Action::Create | Action::Update | Action::Rename) => 2,
        (Kind::Team, Action::Create | Action::Update | Action::Rename) => 3,
        (Kind::Access, Action::Create | Action::Update | Action::Rename) => 4,
        (Kind::Member, Action::Create | Action::Update | Action::Rename) => 5,
        (Kind::Member, Action::Remove) => 7,
        (Kind::Access, Action::Remove) => 8,
        (Kind::Team, Action::Remove) => 9,
        (Kind::Object, Action::Remove) => 10,
        (Kind::Seats, _) => 11,
    };
    let key = match (&draft.user, step.address.subject()) {
        (Some(user), _) if class == 4 => user.as_str().to_owned(),
        (None, Some(subject)) if class == 4 => subject.as_str().to_owned(),
        _ => String::new(),
    };
    (class, draft.start, key, step.address.clone())
}

fn grows(step: &Step) -> bool {
    match (&step.before, &step.after) {
        (Some(Resource::Seats(before)), Some(Resource::Seats(after))) => {
            after.seats() > before.seats()
        }
        (before, _) => before.is_none(),
    }
}

/// Whether the one who acts changes their own access, and could then not act any more.
fn changes_own_access(step: &Step, actor: &Actor) -> bool {
    let Actor::Person { subject, .. } = actor else {
        return false;
    };
    step.how == How::Api
        && step.address.kind() == Kind::Access
        && step.address.subject() == Some(subject)
        && matches!(step.action, Action::Remove | Action::Update)
}

/// Puts an account's steps in a legal order and fills in what they need.
///
/// Steps come in the order of their ranks; `needs` are those that hold whatever the numbers.
pub(super) fn order(
    scope: Scope<'_>,
    drafts: Vec<Draft>,
    needs: Vec<(usize, usize)>,
    limits: Vec<Limit>,
) -> (Vec<Step>, Option<Stuck>) {
    let late = (drafts.iter().enumerate())
        .map(|(at, draft)| resigns(scope, &draft.step) || takes_away(at, &draft.step, &limits));
    let problem = Problem {
        steps: drafts.len(),
        late: late.collect(),
        needs,
        limits,
    };
    let (order, legal, stuck) = match sequence(&problem) {
        Sequence::Legal(order) => (order, drafts.len(), None),
        Sequence::Stuck(stuck) => (stuck.order.clone(), stuck.legal, Some(stuck)),
    };
    let mut all: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); drafts.len()];
    for (step, needed) in &problem.needs {
        all[*step].insert(*needed);
    }
    for limit in &problem.limits {
        trace(limit, &order[..legal], &mut all);
    }
    prefer(scope, &drafts, &order, &mut all);
    (finish(drafts, &order, &all), stuck)
}

/// Whether a step takes something away from a person and is done no earlier than needed: a removal, or a change that only
/// gives back.
fn takes_away(at: usize, step: &Step, limits: &[Limit]) -> bool {
    if step.action == Action::Remove || (step.address.kind() == Kind::Seats && !grows(step)) {
        return true;
    }
    let mut gives_back = false;
    for limit in limits {
        match limit.uses.binary_search_by_key(&at, |(step, _)| *step) {
            Ok(found) if limit.uses[found].1 > 0 => return false,
            Ok(_) => gives_back = true,
            Err(_) => {}
        }
    }
    // What gives back is a loss only for a person: a purchase, a setting and a new administrator are none.
    gives_back && !step.seats.is_empty()
}

/// Whether somebody administers the account before a step and not after it.
fn resigns(scope: Scope<'_>, step: &Step) -> bool {
    let administers = |resource: &Option<Resource>| matches!(resource, Some(Resource::Access(access)) if scope.product.administers(access));
    administers(&step.before) && !administers(&step.after)
}

/// Traces every unit used to the step that gave it back.
fn trace(limit: &Limit, order: &[usize], needs: &mut [BTreeSet<usize>]) {
    let uses: BTreeMap<usize, i64> = limit.uses.iter().copied().collect();
    let mut slack = limit.slack.max(0);
    let mut debt = (-limit.slack).max(0);
    let mut payers = Vec::new();
    let mut given: VecDeque<(usize, i64)> = VecDeque::new();
    for step in order {
        let Some(units) = uses.get(step) else {
            continue;
        };
        if *units < 0 {
            let paid = debt.min(-units);
            if paid > 0 {
                debt -= paid;
                payers.push(*step);
            }
            given.push_back((*step, -units - paid));
            continue;
        }
        // Where too much was used to begin with, nothing is used before that is made good. One payer needs the others, so
        // that every user needs only that one.
        if let Some((last, others)) = payers.split_last() {
            needs[*last].extend(others);
            needs[*step].insert(*last);
        }
        let from_slack = slack.min(*units);
        slack -= from_slack;
        let mut wanted = units - from_slack;
        while wanted > 0 {
            let Some((giver, left)) = given.front_mut() else {
                break;
            };
            let part = wanted.min(*left);
            wanted -= part;
            *left -= part;
            if part > 0 {
                needs[*step].insert(*giver);
            }
            if *left == 0 {
                given.pop_front();
            }
        }
    }
}

/// Adds what is better though not necessary, where the order found allows it: nobody is taken out of a team before they are
/// in the next one, nobody's old access ends before their new one is there, and who acts does not stop being able to.
fn prefer(scope: Scope<'_>, drafts: &[Draft], order: &[usize], needs: &mut [BTreeSet<usize>]) {
    let mut place = vec![0; drafts.len()];
    for (at, step) in order.iter().enumerate() {
        place[*step] = at;
    }
    let mut into_teams: BTreeMap<&Subject, Vec<usize>> = BTreeMap::new();
    let mut accesses: BTreeMap<&Address, usize> = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        match (&draft.step.address.resource, draft.step.action) {
            (ResourceId::Member { subject, .. }, Action::Create) => {
                into_teams.entry(subject).or_default().push(at);
            }
            (ResourceId::Access(_), _) => {
                accesses.insert(&draft.step.address, at);
            }
            _ => {}
        }
    }
    for (at, draft) in drafts.iter().enumerate() {
        let before: Vec<usize> = match (&draft.step.address.resource, draft.step.action) {
            (ResourceId::Member { subject, .. }, Action::Remove) => {
                into_teams.get(subject).cloned().unwrap_or_default()
            }
            (ResourceId::Access(_), Action::Remove) => {
                let next = draft.replaced_by.as_ref().and_then(|it| accesses.get(it));
                next.copied().into_iter().collect()
            }
            _ => Vec::new(),
        };
        needs[at].extend(before.into_iter().filter(|it| place[*it] < place[at]));
        if changes_own_access(&draft.step, &scope.observation.actor) {
            let others = order[..place[at]].iter().copied();
            needs[at].extend(others.filter(|it| drafts[*it].step.how == How::Api));
        }
    }
}

fn finish(drafts: Vec<Draft>, order: &[usize], needs: &[BTreeSet<usize>]) -> Vec<Step> {
    let ids: Vec<StepId> = drafts.iter().map(|it| it.step.id.clone()).collect();
    let mut place = vec![0; drafts.len()];
    for (at, step) in order.iter().enumerate() {
        place[*step] = at;
    }
    let mut steps: Vec<_> = drafts.into_iter().map(|it| Some(it.step)).collect();
    order
        .iter()
        .map(|at| {
            let mut step = steps[*at].take().expect("an order has every step once");
            let mut needed: Vec<_> = needs[*at].iter().copied().collect();
            needed.sort_by_key(|it| place[*it]);
            step.needs = needed.into_iter().map(|it| ids[it].clone()).collect();
            step
        })
        .collect()
}
