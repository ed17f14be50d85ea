//! One legal order of the steps of an account, or the steps that no order can serve.
//!
//! # Design
//! Steps use up limits and give back. Finding an order under which nothing runs out is hard in general, and easy nearly
//! always, so it is tried in three ways, each exact where the one before it may be wrong:
//!
//! 1. what gives access first, in the order of the line, and of what takes access away only what somebody waits for;
//! 2. what only gives back first, then exchanges, then what only uses up: where no step needs another one, only the order
//!    among the exchanges can still be wrong;
//! 3. a search through the orders, which remembers the sets of steps that it has seen.
//!
//! The search ends after [`SEARCH_STATES_MAX`] sets. Twenty steps that use something have no more sets than that, so up to
//! twenty the answer is exact.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};

use super::limits::Limit;

/// How many sets of done steps the search looks at.
const SEARCH_STATES_MAX: usize = 1 << 20;

/// How many sets one question of the kind "and without this step?" looks at.
const QUESTION_STATES_MAX: usize = 1 << 12;

/// How many such questions are asked about one account.
const QUESTIONS_MAX: usize = 1 << 12;

/// How much all of one search may look at: sets times steps.
const SEARCH_WORK_MAX: usize = 1 << 26;

/// How many steps can be left for later such that every choice of them is tried.
const EXACT_MAX: usize = 20;

/// The steps of one account as numbers, in the order in which they are preferred.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    /// How many steps there are.
    pub steps: usize,
    /// Pairs: the first needs the second.
    pub needs: Vec<(usize, usize)>,
    /// What must not run out.
    pub limits: Vec<Limit>,
    /// Steps that take access away, to be done no earlier than needed.
    pub late: Vec<bool>,
}

/// What came of looking for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    /// A legal order of all steps.
    Legal(Vec<usize>),
    /// There is none, or none was found.
    Stuck(Stuck),
}

/// Steps that no order can serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stuck {
    /// The steps in a legal order as far as it goes, then the others in the order of their needs.
    pub order: Vec<usize>,
    /// How many of `order` are legal.
    pub legal: usize,
    /// Steps that wait for each other, each for the next and the last for the first.
    pub circle: Vec<usize>,
    /// Steps to leave out so that the others can be done, those that need them included.
    pub waiting: Vec<usize>,
    /// Whether it is sure that no smaller set would do.
    pub smallest: bool,
}

/// Finds a legal order.
pub(super) fn sequence(problem: &Problem) -> Sequence {
    let graph = Graph::new(problem);
    let none = vec![false; problem.steps];
    let states = if graph.users <= EXACT_MAX {
        SEARCH_STATES_MAX
    } else {
        QUESTION_STATES_MAX * 16
    };
    match graph.solve(&none, states) {
        Ok(order) => Sequence::Legal(order),
        Err(partial) => Sequence::Stuck(graph.explain(partial)),
    }
}

/// The problem with look-ups in both directions.
struct Graph<'a> {
    problem: &'a Problem,
    /// Steps that need a step.
    dependents: Vec<Vec<usize>>,
    /// Steps that a step needs.
    needs: Vec<Vec<usize>>,
    /// What a step uses and gives back, by limit.
    uses: Vec<Vec<(usize, i64)>>,
    /// How many steps use anything.
    users: usize,
    /// Whether a search ended before it had looked at everything.
    is_cut: Cell<bool>,
}

impl<'a> Graph<'a> {
    fn new(problem: &'a Problem) -> Self {
        let mut graph = Self {
            problem,
            dependents: vec![Vec::new(); problem.steps],
            needs: vec![Vec::new(); problem.steps],
            uses: vec![Vec::new(); problem.steps],
            users: 0,
            is_cut: Cell::new(false),
        };
        for (step, needed) in &problem.needs {
            graph.dependents[*needed].push(*step);
            graph.needs[*step].push(*needed);
        }
        for (limit, it) in problem.limits.iter().enumerate() {
            for (step, units) in &it.uses {
                graph.uses[*step].push((limit, *units));
            }
        }
        let uses_any = |uses: &&Vec<(usize, i64)>| uses.iter().any(|(_, units)| *units > 0);
        graph.users = graph.uses.iter().filter(uses_any).count();
        graph
    }

    /// A legal order of the steps that are not left out; else the longest legal beginning that was found.
    fn solve(&self, out: &[bool], states: usize) -> Result<Vec<usize>, Vec<usize>> {
        let wanted = out.iter().filter(|it| !**it).count();
        let mut best = Vec::new();
        for late in [Late::TakesAway, Late::UsesUp] {
            let order = self.greedy(out, late);
            if order.len() == wanted {
                return Ok(order);
            }
            if order.len() > best.len() {
                best = order;
            }
        }
        match self.search(out, wanted, states) {
            Some(order) => Ok(order),
            None => Err(best),
        }
    }

    fn greedy(&self, out: &[bool], late: Late) -> Vec<usize> {
        let mut run = Run::new(self, out, late);
        while let Some(step) = run.next() {
            run.finish(step);
        }
        run.order
    }

    /// Tries steps that use something up in every order; the others are done as soon as they can be, which never hurts.
    fn search(&self, out: &[bool], wanted: usize, states: usize) -> Option<Vec<usize>> {
        let states = states.min(SEARCH_WORK_MAX / self.problem.steps.max(1));
        let mut seen = HashSet::new();
        let mut slack: Vec<i64> = self.problem.limits.iter().map(|it| it.slack).collect();
        let mut done = vec![false; self.problem.steps];
        let mut order = Vec::new();
        // The steps tried at each depth, and how long the order was before.
        let mut stack = vec![(0, self.advance(out, &mut done, &mut slack, &mut order), 0)];
        loop {
            if order.len() == wanted {
                return Some(order);
            }
            let (from, candidates, next) = stack.last_mut()?;
            let Some(step) = candidates.get(*next).copied() else {
                let from = *from;
                stack.pop();
                self.undo(from, &mut done, &mut slack, &mut order);
                continue;
            };
            *next += 1;
            let from = order.len();
            self.apply(step, &mut done, &mut slack);
            order.push(step);
            let candidates = self.advance(out, &mut done, &mut slack, &mut order);
            if seen.len() >= states {
                self.is_cut.set(true);
                return None;
            }
            if seen.insert(bits(&done)) {
                stack.push((from, candidates, 0));
            } else {
                self.undo(from, &mut done, &mut slack, &mut order);
            }
        }
    }

    /// Does everything that can be done and uses nothing up; gives the steps that fit next.
    fn advance(
        &self,
        out: &[bool],
        done: &mut [bool],
        slack: &mut [i64],
        order: &mut Vec<usize>,
    ) -> Vec<usize> {
        loop {
            let ready = |step: &usize| {
                !done[*step] && !out[*step] && self.needs[*step].iter().all(|it| done[*it])
            };
            let ready: Vec<_> = (0..self.problem.steps).filter(ready).collect();
            let free = |step: &&usize| self.uses[**step].iter().all(|(_, units)| *units <= 0);
            let harmless: Vec<_> = ready.iter().filter(free).copied().collect();
            if harmless.is_empty() {
                let fits = |step: &usize| self.blocking(*step, slack).is_none();
                return ready.into_iter().filter(fits).collect();
            }
            for step in harmless {
                self.apply(step, done, slack);
                order.push(step);
            }
        }
    }

    fn apply(&self, step: usize, done: &mut [bool], slack: &mut [i64]) {
        done[step] = true;
        for (limit, units) in &self.uses[step] {
            slack[*limit] -= units;
        }
    }

    fn undo(&self, from: usize, done: &mut [bool], slack: &mut [i64], order: &mut Vec<usize>) {
        for step in order.drain(from..) {
            done[step] = false;
            for (limit, units) in &self.uses[step] {
                slack[*limit] += units;
            }
        }
    }

    /// The first limit that a step would break.
    fn blocking(&self, step: usize, slack: &[i64]) -> Option<usize> {
        let breaks = |(limit, units): &&(usize, i64)| *units > 0 && slack[*limit] < *units;
        self.uses[step].iter().find(breaks).map(|(limit, _)| *limit)
    }

    /// Who waits for whom, and what to leave for later.
    fn explain(&self, legal: Vec<usize>) -> Stuck {
        let mut done = vec![false; self.problem.steps];
        for step in &legal {
            done[*step] = true;
        }
        let left: Vec<usize> = (0..self.problem.steps).filter(|it| !done[*it]).collect();
        let (waiting, smallest) = self.waiting(&left);
        Stuck {
            legal: legal.len(),
            circle: self.circle(&legal, &left),
            order: self.complete(legal, &done),
            waiting,
            smallest,
        }
    }

    /// The rest of the steps after a beginning, in the order of their needs as far as these have one.
    fn complete(&self, mut order: Vec<usize>, done: &[bool]) -> Vec<usize> {
        let mut done = done.to_vec();
        loop {
            let next = (0..self.problem.steps)
                .find(|it| !done[*it] && self.needs[*it].iter().all(|need| done[*need]));
            let next = next.or_else(|| (0..self.problem.steps).find(|it| !done[*it]));
            let Some(next) = next else { return order };
            done[next] = true;
            order.push(next);
        }
    }

    /// Leaves out what is given and everything that needs it.
    fn without(&self, steps: &[usize]) -> Vec<bool> {
        let mut out = vec![false; self.problem.steps];
        let mut stack = steps.to_vec();
        while let Some(step) = stack.pop() {
            if !std::mem::replace(&mut out[step], true) {
                stack.extend(&self.dependents[step]);
            }
        }
        out
    }

    fn is_feasible(&self, out: &[bool]) -> bool {
        self.solve(out, QUESTION_STATES_MAX).is_ok()
    }

    /// The smallest set to leave out, if there are few candidates; else one that will do.
    fn waiting(&self, left: &[usize]) -> (Vec<usize>, bool) {
        let listed = |out: Vec<bool>| (0..out.len()).filter(|it| out[*it]).collect::<Vec<_>>();
        self.is_cut.set(false);
        if left.len() <= EXACT_MAX
            && let Some(smallest) = self.smallest_without(left)
        {
            return (listed(smallest), !self.is_cut.get());
        }
        let mut chosen = left.to_vec();
        for step in left.iter().take(QUESTIONS_MAX / 16) {
            let fewer: Vec<_> = chosen.iter().copied().filter(|it| it != step).collect();
            if self.is_feasible(&self.without(&fewer)) {
                chosen = fewer;
            }
        }
        (listed(self.without(&chosen)), false)
    }

    /// Tries every choice by growing size; `None` if that are too many.
    fn smallest_without(&self, left: &[usize]) -> Option<Vec<bool>> {
        let mut questions = 0;
        let mut smallest: Option<(usize, Vec<bool>)> = None;
        for size in 1..=left.len() {
            // A choice leaves out at least as many steps as it names.
            if smallest.as_ref().is_some_and(|(count, _)| *count <= size) {
                break;
            }
            for choice in choices(left, size) {
                let out = self.without(&choice);
                let count = out.iter().filter(|it| **it).count();
                if smallest.as_ref().is_some_and(|(least, _)| *least <= count) {
                    continue;
                }
                questions += 1;
                if questions > QUESTIONS_MAX {
                    return None;
                }
                if self.is_feasible(&out) {
                    smallest = Some((count, out));
                }
            }
        }
        smallest.map(|(_, out)| out)
    }

    /// A circle of steps, each of which waits for the next: for its need, or for what it gives back.
    ///
    /// Every step that is left waits for another one that is left, since everything together fits; so following them leads
    /// round.
    fn circle(&self, legal: &[usize], left: &[usize]) -> Vec<usize> {
        let mut done = vec![false; self.problem.steps];
        let mut slack: Vec<i64> = self.problem.limits.iter().map(|it| it.slack).collect();
        for step in legal {
            self.apply(*step, &mut done, &mut slack);
        }
        let gives = |step: &usize, limit: usize| {
            let uses = &self.uses[*step];
            !done[*step] && uses.iter().any(|(it, units)| *it == limit && *units < 0)
        };
        let waits_for = |step: usize| {
            let need = self.needs[step].iter().find(|it| !done[**it]).copied();
            need.or_else(|| {
                let limit = self.blocking(step, &slack)?;
                left.iter().find(|it| gives(it, limit)).copied()
            })
        };
        let mut way: Vec<usize> = left.first().copied().into_iter().collect();
        while let Some(next) = way.last().and_then(|step| waits_for(*step)) {
            if let Some(start) = way.iter().position(|it| *it == next) {
                return way.split_off(start);
            }
            way.push(next);
        }
        left.to_vec()
    }
}

/// Every choice of `size` elements, in the order of the elements.
fn choices(of: &[usize], size: usize) -> impl Iterator<Item = Vec<usize>> + '_ {
    let mut at: Option<Vec<usize>> = (size <= of.len()).then(|| (0..size).collect());
    std::iter::from_fn(move || {
        let current = at.clone()?;
        let mut next = current.clone();
        at = (0..size)
            .rev()
            .find(|place| next[*place] < of.len() - size + place)
            .map(|place| {
                next[place] += 1;
                for after in place + 1..size {
                    next[after] = next[after - 1] + 1;
                }
                next
            });
        Some(current.into_iter().map(|it| of[it]).collect())
    })
}

fn bits(done: &[bool]) -> Vec<u64> {
    let word = |steps: &[bool]| {
        let bits = steps.iter().enumerate();
        bits.fold(0, |word, (at, done)| word | u64::from(*done) << at)
    };
    done.chunks(64).map(word).collect()
}

/// What a greedy run leaves for later.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Late {
    /// What takes access away, until somebody waits for what it gives back.
    TakesAway,
    /// What uses something up.
    UsesUp,
}

/// A greedy run: steps that can be done by preference, those that wait for a limit, and those kept for later.
struct Run<'a, 'g> {
    graph: &'g Graph<'a>,
    late: Late,
    slack: Vec<i64>,
    missing: Vec<usize>,
    ready: BTreeSet<(u8, usize)>,
    /// Kept for later, all of them and by the limits that they give back.
    kept: BTreeSet<usize>,
    kept_by_limit: Vec<BTreeSet<usize>>,
    blocked: Vec<BTreeSet<(u8, usize)>>,
    order: Vec<usize>,
}

impl<'a, 'g> Run<'a, 'g> {
    fn new(graph: &'g Graph<'a>, out: &[bool], late: Late) -> Self {
        let limits = graph.problem.limits.len();
        let mut run = Self {
            graph,
            late,
            slack: graph.problem.limits.iter().map(|it| it.slack).collect(),
            missing: graph.needs.iter().map(Vec::len).collect(),
            ready: BTreeSet::new(),
            kept: BTreeSet::new(),
            kept_by_limit: vec![BTreeSet::new(); limits],
            blocked: vec![BTreeSet::new(); limits],
            order: Vec::new(),
        };
        for (step, is_out) in out.iter().enumerate().take(graph.problem.steps) {
            if *is_out {
                // It never becomes ready.
                run.missing[step] = usize::MAX;
            } else if run.missing[step] == 0 {
                run.enter(step);
            }
        }
        run
    }

    fn preference(&self, step: usize) -> (u8, usize) {
        let uses = &self.graph.uses[step];
        let class = match self.late {
            Late::TakesAway => 0,
            Late::UsesUp => match (
                uses.iter().any(|(_, units)| *units > 0),
                uses.iter().any(|(_, units)| *units < 0),
            ) {
                (false, _) => 0,
                (true, true) => 1,
                (true, false) => 2,
            },
        };
        (class, step)
    }

    /// Takes in a step whose needs are done.
    fn enter(&mut self, step: usize) {
        if self.late == Late::TakesAway && self.graph.problem.late[step] {
            self.kept.insert(step);
            for (limit, units) in &self.graph.uses[step] {
                if *units < 0 {
                    self.kept_by_limit[*limit].insert(step);
                }
            }
        } else {
            self.ready.insert(self.preference(step));
        }
    }

    /// The next step to do; whatever does not fit on the way is set aside with the limit it waits for.
    fn next(&mut self) -> Option<usize> {
        loop {
            let step = match self.ready.pop_first() {
                Some((_, step)) => step,
                None => self.take_kept()?,
            };
            match self.graph.blocking(step, &self.slack) {
                None => return Some(step),
                Some(limit) => {
                    let preference = self.preference(step);
                    self.blocked[limit].insert(preference);
                }
            }
        }
    }

    /// One of the steps kept for later: the first that gives back what somebody waits for, else the first.
    fn take_kept(&mut self) -> Option<usize> {
        let limits = 0..self.blocked.len();
        let waited_for = limits
            .filter(|limit| !self.blocked[*limit].is_empty())
            .filter_map(|limit| self.kept_by_limit[limit].first().copied())
            .min();
        let step = waited_for.or_else(|| self.kept.first().copied())?;
        self.kept.remove(&step);
        for kept in &mut self.kept_by_limit {
            kept.remove(&step);
        }
        Some(step)
    }

    fn finish(&mut self, step: usize) {
        self.order.push(step);
        for (limit, units) in &self.graph.uses[step] {
            self.slack[*limit] -= units;
            // Whoever still does not fit goes back to waiting.
            for _ in 0..(-units).max(0) {
                let Some(waiter) = self.blocked[*limit].pop_first() else {
                    break;
                };
                self.ready.insert(waiter);
            }
        }
        for dependent in &self.graph.dependents[step] {
            let missing = &mut self.missing[*dependent];
            if *missing != usize::MAX {
                *missing -= 1;
                if *missing == 0 {
                    self.enter(*dependent);
                }
            }
        }
    }
}
