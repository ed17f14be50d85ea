//! The order of the steps of accounts that are planned together, and what each of them needs, so that every order that the needs allow is legal.
//!
//! # Design
//! One legal order is found first (`sequence`). Then, walking along it, every unit that a step uses is traced to where it
//! came from: to the slack that was there, or to an earlier step that gave it back, which the user then needs. Each unit is
//! used once, so in every set of steps that holds what its steps need, no more is used than was there and was given back:
//! nothing runs out in any order, also when steps run side by side or one of them waits for weeks. All needs point backwards
//! in one order, so they have no circle, and a step needs as many others as it uses units: the needs grow with the plan and
//! not with its square.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::charged::Saving;
use super::diff::Scope;
use super::family::Family;
use super::limits::{Limit, widen};
use super::sequence::{Problem, Sequence, Stuck, sequence};
use super::{How, Step, StepId, digest, words};
use crate::model::{
    AccountName, Action, Actor, Address, Field, Kind, Resource, ResourceId, Subject, Team,
    TeamName, UserKey,
};

/// A step before its needs are known.
pub(super) struct Draft {
    pub step: Step,
    /// For a removed access that is replaced by another one: that one.
    pub replaced_by: Option<Address>,
    pub turn: Turn,
    /// The estate's user.
    pub user: Option<UserKey>,
}

/// Who is earlier in line where seats are scarce: the higher `priority`, then whoever starts earlier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    /// The number of `priority`; 0 if it is not written.
    pub priority: Reverse<u32>,
    /// The first day with access, if it is written.
    pub start: Option<jiff::civil::Date>,
}

/// Where a step stands among others that could be done at the same time; smaller is earlier.
///
/// For scarce seats: whose turn is earlier, then the user's key. The order of files never counts.
pub(super) type Rank = (u8, Turn, String, Address);

/// The rank of a step by what it does; what takes access away comes last.
pub(super) fn rank(draft: &Draft, actor: &Actor) -> Rank {
    let step = &draft.step;
    let class = match (step.address.kind(), step.action) {
        _ if changes_own_access(step, actor) => 12,
        (Kind::Setting, _) => 0,
        (Kind::Seats, _) if words::grows(step) => 1,
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
    (class, draft.turn, key, step.address.clone())
}

/// Whether the one who acts changes their own access, by handing a role on for instance, and could then not act any more.
fn changes_own_access(step: &Step, actor: &Actor) -> bool {
    let Actor::Person { subject, .. } = actor else {
        return false;
    };
    let is_own =
        |address: &Address| address.kind() == Kind::Access && address.subject() == Some(subject);
    step.sides().any(|side| is_own(side.address))
        && matches!(step.action, Action::Remove | Action::Update)
}

/// Puts a family's steps in a legal order and fills in what they need.
///
/// Steps come in the order of their ranks; `needs` are those that hold whatever the numbers.
pub(super) fn order(
    family: &Family<'_>,
    mut drafts: Vec<Draft>,
    needs: Vec<(usize, usize)>,
    limits: Vec<Limit>,
    savings: &[Saving],
) -> (Vec<Step>, Option<Stuck>) {
    let of_savings = savings.iter().map(|it| &it.limit);
    let balances = balances(drafts.len(), limits.iter().chain(of_savings));
    let late = drafts.iter().zip(balances).map(|(draft, balance)| {
        let step = &draft.step;
        let scope = family.of(step).scope;
        changes_own_access(step, &scope.observation.actor)
            || resigns(scope, step)
            || takes_away(step, balance)
    });
    let problem = Problem {
        steps: drafts.len(),
        late: late.collect(),
        replaced: replaced(&drafts),
        needs,
        limits,
    };
    let Arrangement {
        order,
        needs: mut all,
        stuck,
    } = arrange_saving(&problem, savings);
    prefer(family, &drafts, &order, &mut all);
    name_parents(&mut drafts, &order, &mut all);
    (finish(drafts, &order, &all), stuck)
}

/// An order of steps, and what each needs so that every order that the needs allow is legal too.
#[derive(Debug)]
struct Arrangement {
    order: Vec<usize>,
    needs: Vec<BTreeSet<usize>>,
    stuck: Option<Stuck>,
}

/// The arrangement that saves what an order can save: all of it, else one pool's after the other's.
fn arrange_saving(problem: &Problem, savings: &[Saving]) -> Arrangement {
    let saving = |problem: &Problem, savings: &[Saving]| {
        let mut problem = problem.clone();
        for it in savings {
            problem.limits.extend(widen(vec![it.limit.clone()]));
            problem.needs.extend(&it.needs);
        }
        problem
    };
    let all = arrange(&saving(problem, savings));
    if savings.is_empty() || all.stuck.is_none() {
        return all;
    }
    let (mut problem, mut found) = (problem.clone(), arrange(problem));
    if found.stuck.is_some() {
        return found;
    }
    for it in savings {
        let with = saving(&problem, std::slice::from_ref(it));
        let better = arrange(&with);
        if better.stuck.is_none() {
            (problem, found) = (with, better);
        }
    }
    found
}

fn arrange(problem: &Problem) -> Arrangement {
    let (order, legal, stuck) = match sequence(problem) {
        Sequence::Legal(order) => (order, problem.steps, None),
        Sequence::Stuck(stuck) => (stuck.order.clone(), stuck.legal, Some(stuck)),
    };
    let mut needs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); problem.steps];
    for (step, needed) in &problem.needs {
        needs[*step].insert(*needed);
    }
    let mut place = vec![usize::MAX; problem.steps];
    for (at, step) in order[..legal].iter().enumerate() {
        place[*step] = at;
    }
    for limit in &problem.limits {
        trace(limit, &place, &mut needs);
    }
    Arrangement {
        order,
        needs,
        stuck,
    }
}

/// Whether a step uses something up, and whether it gives something back.
#[derive(Clone, Copy, Default)]
struct Balance {
    uses_up: bool,
    gives_back: bool,
}

fn balances<'l>(steps: usize, limits: impl Iterator<Item = &'l Limit>) -> Vec<Balance> {
    let mut balances = vec![Balance::default(); steps];
    for (step, units) in limits.flat_map(|it| &it.uses) {
        balances[*step].uses_up |= *units > 0;
        balances[*step].gives_back |= *units < 0;
    }
    balances
}

/// Whether a step takes something away from a person and is done no earlier than needed: a removal, or a change that only
/// gives back.
fn takes_away(step: &Step, balance: Balance) -> bool {
    if step.action == Action::Remove || (step.address.kind() == Kind::Seats && !words::grows(step))
    {
        return true;
    }
    // What gives back is a loss only for a person: a purchase, a setting and a new administrator are none.
    balance.gives_back && !balance.uses_up && !step.seats.is_empty()
}

/// Pairs of steps: one that takes an access away, and the one that gives another one for it.
pub(super) fn replaced(drafts: &[Draft]) -> Vec<(usize, usize)> {
    let gone = drafts.iter().enumerate();
    let mut gone = gone
        .filter_map(|(at, it)| Some((it.replaced_by.as_ref()?, at)))
        .peekable();
    if gone.peek().is_none() {
        return Vec::new();
    }
    let places: BTreeMap<&Address, usize> = drafts
        .iter()
        .enumerate()
        .map(|(at, it)| (&it.step.address, at))
        .collect();
    let pair = |(made, gone)| Some((gone, *places.get(made)?));
    gone.filter_map(pair).collect()
}

/// Whether somebody administers the account before a step and not after it.
fn resigns(scope: Scope<'_>, step: &Step) -> bool {
    let administers = |resource: &Option<Resource>| matches!(resource, Some(Resource::Access(access)) if scope.product.administers(access));
    administers(&step.before) && !administers(&step.after)
}

/// Traces every unit used to the step that gave it back; `place` says when a step comes, or that it never does.
fn trace(limit: &Limit, place: &[usize], needs: &mut [BTreeSet<usize>]) {
    let mut uses = limit.uses.clone();
    uses.retain(|(step, _)| place[*step] != usize::MAX);
    uses.sort_unstable_by_key(|(step, _)| place[*step]);
    let mut slack = limit.slack.max(0);
    let mut debt = (-limit.slack).max(0);
    let mut payers = Vec::new();
    let mut given: VecDeque<(usize, i64)> = VecDeque::new();
    for (step, units) in &uses {
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
fn prefer(family: &Family<'_>, drafts: &[Draft], order: &[usize], needs: &mut [BTreeSet<usize>]) {
    let mut place = vec![0; drafts.len()];
    for (at, step) in order.iter().enumerate() {
        place[*step] = at;
    }
    let mut into_teams: BTreeMap<(&AccountName, &Subject), Vec<usize>> = BTreeMap::new();
    let mut accesses: BTreeMap<&Address, usize> = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        match (&draft.step.address.resource, draft.step.action) {
            (ResourceId::Member { subject, .. }, Action::Create) => {
                let account = &draft.step.address.account;
                into_teams.entry((account, subject)).or_default().push(at);
            }
            (ResourceId::Access(_), _) => {
                accesses.insert(&draft.step.address, at);
            }
            _ => {}
        }
    }
    for (at, draft) in drafts.iter().enumerate() {
        let account = &draft.step.address.account;
        let before: Vec<usize> = match (&draft.step.address.resource, draft.step.action) {
            (ResourceId::Member { subject, .. }, Action::Remove) => {
                let of_person = into_teams.get(&(account, subject));
                of_person.cloned().unwrap_or_default()
            }
            (ResourceId::Access(_), Action::Remove) => {
                let next = draft.replaced_by.as_ref().and_then(|it| accesses.get(it));
                next.copied().into_iter().collect()
            }
            _ => Vec::new(),
        };
        needs[at].extend(before.into_iter().filter(|it| place[*it] < place[at]));
        let actor = &family.of(&draft.step).scope.observation.actor;
        if changes_own_access(&draft.step, actor) {
            let others = order[..place[at]].iter().copied();
            let is_theirs = |step: &Step| step.how == How::Api && step.address.account == *account;
            needs[at].extend(others.filter(|it| is_theirs(&drafts[*it].step)));
        }
    }
}

/// Says under which name a team's present parent is known when the team's turn comes: under the new one, if the parent is
/// renamed before, else under the one it has now.
fn name_parents(drafts: &mut [Draft], order: &[usize], needs: &mut [BTreeSet<usize>]) {
    let mut renamed: BTreeMap<(AccountName, TeamName), (usize, TeamName)> = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        let from = draft.step.renamed_from.as_ref().map(|it| &it.resource);
        if let (Some(ResourceId::Team(old)), ResourceId::Team(new)) =
            (from, &draft.step.address.resource)
        {
            let account = draft.step.address.account.clone();
            renamed.insert((account, new.clone()), (at, old.clone()));
        }
    }
    if renamed.is_empty() {
        return;
    }
    let mut done = vec![false; drafts.len()];
    for at in order {
        done[*at] = true;
        let step = &mut drafts[*at].step;
        let Some(Resource::Team(Team {
            parent: Some(parent),
        })) = &mut step.before
        else {
            continue;
        };
        let named = (step.address.account.clone(), parent.clone());
        let Some((rename, old)) = renamed.get(&named) else {
            continue;
        };
        if done[*rename] {
            needs[*at].insert(*rename);
            continue;
        }
        needs[*rename].insert(*at);
        *parent = old.clone();
        for difference in &mut step.differences {
            if difference.field == Field::Parent && difference.before.is_some() {
                difference.before = Some(old.to_string());
            }
        }
        step.id = digest::id_of(step);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Small problems of up to three limits and seven steps; needs point to earlier numbers.
    fn problems(limits: usize) -> impl Strategy<Value = Problem> {
        let limit = || (-1i64..3, prop::collection::vec(-1i64..=1, 7));
        let limits = prop::collection::vec(limit(), 1..=limits);
        let needs = prop::collection::vec((1usize..7, 0usize..6), 0..4);
        (
            1usize..=7,
            limits,
            needs,
            prop::collection::vec(any::<bool>(), 7),
        )
            .prop_map(|(steps, limits, needs, late)| {
                let limits = limits.into_iter().map(|(slack, units)| Limit {
                    slack,
                    uses: units
                        .into_iter()
                        .take(steps)
                        .enumerate()
                        .filter(|it| it.1 != 0)
                        .collect(),
                    ..Limit::default()
                });
                let mut limits: Vec<Limit> = limits.collect();
                // As in planning: a limit that the whole plan breaks is widened.
                for limit in &mut limits {
                    limit.slack -= limit.left().min(0);
                }
                Problem {
                    steps,
                    needs: needs
                        .into_iter()
                        .filter(|(a, b)| a > b && *a < steps)
                        .collect(),
                    limits,
                    late: late[..steps].to_vec(),
                    replaced: Vec::new(),
                }
            })
    }

    /// Every order of the steps in `among` that the needs allow.
    fn orders(problem: &Problem, needs: &[BTreeSet<usize>], among: &[usize]) -> Vec<Vec<usize>> {
        fn go(
            needs: &[BTreeSet<usize>],
            among: &[usize],
            order: &mut Vec<usize>,
            all: &mut Vec<Vec<usize>>,
        ) {
            if order.len() == among.len() {
                all.push(order.clone());
            }
            for step in among {
                if !order.contains(step) && needs[*step].iter().all(|it| order.contains(it)) {
                    order.push(*step);
                    go(needs, among, order, all);
                    order.pop();
                }
            }
        }
        let mut all = Vec::new();
        assert_eq!(needs.len(), problem.steps);
        go(needs, among, &mut Vec::new(), &mut all);
        all
    }

    /// The definition of a legal order: whatever uses something leaves at least nothing.
    fn is_legal(problem: &Problem, order: &[usize]) -> bool {
        problem.limits.iter().all(|limit| {
            let mut slack = limit.slack;
            order.iter().all(|step| {
                let units = limit
                    .uses
                    .iter()
                    .find(|it| it.0 == *step)
                    .map_or(0, |it| it.1);
                slack -= units;
                units <= 0 || slack >= 0
            })
        })
    }

    fn given(problem: &Problem) -> Vec<BTreeSet<usize>> {
        let mut needs = vec![BTreeSet::new(); problem.steps];
        for (step, needed) in &problem.needs {
            needs[*step].insert(*needed);
        }
        needs
    }

    fn is_feasible(problem: &Problem, among: &[usize]) -> bool {
        orders(problem, &given(problem), among)
            .iter()
            .any(|it| is_legal(problem, it))
    }

    proptest! {
        #![proptest_config(crate::chance::cases(400))]

        #[test]
        fn an_order_is_found_exactly_if_there_is_one(problem in problems(3)) {
            let all: Vec<_> = (0..problem.steps).collect();
            let found = arrange(&problem);
            prop_assert_eq!(found.stuck.is_none(), is_feasible(&problem, &all));
            if found.stuck.is_none() {
                prop_assert!(is_legal(&problem, &found.order));
            }
        }

        #[test]
        fn every_order_that_the_needs_allow_is_legal(problem in problems(3)) {
            let found = arrange(&problem);
            if found.stuck.is_none() {
                let all: Vec<_> = (0..problem.steps).collect();
                let orders = orders(&problem, &found.needs, &all);
                prop_assert!(orders.contains(&found.order));
                for order in orders {
                    prop_assert!(is_legal(&problem, &order), "{:?} of {:?}", order, found);
                }
            }
        }

        #[test]
        fn what_waits_is_the_smallest_set_without_which_the_rest_can_be_done(problem in problems(3)) {
            let found = arrange(&problem);
            if let Some(stuck) = found.stuck {
                prop_assert!(stuck.smallest);
                let needs = given(&problem);
                let is_closed = |out: u32| (0..problem.steps).all(|step| {
                    out & (1 << step) != 0 || needs[step].iter().all(|it| out & (1 << it) == 0)
                });
                let rest = |out: u32| -> Vec<usize> {
                    (0..problem.steps).filter(|it| out & (1 << it) == 0).collect()
                };
                let smallest = (1..1u32 << problem.steps)
                    .filter(|out| is_closed(*out) && is_feasible(&problem, &rest(*out)))
                    .map(u32::count_ones)
                    .min();
                prop_assert_eq!(Some(stuck.waiting.len() as u32), smallest);
                let rest: Vec<_> = (0..problem.steps).filter(|it| !stuck.waiting.contains(it)).collect();
                prop_assert!(is_feasible(&problem, &rest));
            }
        }

        #[test]
        fn one_full_pool_takes_away_only_what_somebody_waits_for(mut problem in problems(1)) {
            problem.needs.clear();
            // What takes away is exactly what gives back.
            for step in 0..problem.steps {
                problem.late[step] = problem.limits[0].uses.contains(&(step, -1));
            }
            let early = |order: &[usize]| {
                let last = order.iter().rposition(|it| !problem.late[*it]).unwrap_or(0);
                order[..last].iter().filter(|it| problem.late[**it]).count()
            };
            let found = arrange(&problem);
            prop_assert!(found.stuck.is_none());
            let all: Vec<_> = (0..problem.steps).collect();
            let legal = orders(&problem, &given(&problem), &all);
            let least = legal.iter().filter(|it| is_legal(&problem, it)).map(|it| early(it)).min();
            prop_assert_eq!(Some(early(&found.order)), least);
        }
    }

    #[test]
    fn a_swap_between_two_full_pools_waits() {
        let limit = |a, b| Limit {
            slack: 0,
            uses: vec![(0, a), (1, b)],
            ..Limit::default()
        };
        let problem = Problem {
            steps: 2,
            needs: Vec::new(),
            limits: vec![limit(1, -1), limit(-1, 1)],
            late: vec![false; 2],
            replaced: Vec::new(),
        };
        let stuck = arrange(&problem).stuck.unwrap();
        assert_eq!(stuck.circle, [0, 1]);
        assert_eq!((stuck.waiting, stuck.smallest), (vec![0, 1], true));
    }

    #[test]
    fn needs_grow_with_the_plan_and_not_with_its_square() {
        let steps = 20_000;
        let uses = (0..steps)
            .map(|step| (step, if step < steps / 2 { 1 } else { -1 }))
            .collect();
        let mut problem = Problem {
            steps,
            needs: Vec::new(),
            limits: vec![Limit {
                uses,
                ..Limit::default()
            }],
            late: (0..steps).map(|step| step >= steps / 2).collect(),
            replaced: Vec::new(),
        };
        let edges = |found: &Arrangement| found.needs.iter().map(BTreeSet::len).sum::<usize>();
        assert_eq!(edges(&arrange(&problem)), steps / 2);
        // Over its limit by a hundred to begin with: every user also needs that made good.
        problem.limits[0].slack = -100;
        problem.limits[0].uses.drain(..100);
        assert!(edges(&arrange(&problem)) <= 2 * steps);
    }
}
