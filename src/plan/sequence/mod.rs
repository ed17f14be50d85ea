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
//! What is found is then improved where somebody is without access between an old one and a new one (`gaps`).
//!
//! The search ends after [`SEARCH_STATES_MAX`] sets. Twenty steps that use something have no more sets than that, so up to
//! twenty the answer is exact.

use std::cell::Cell;
use std::collections::HashSet;

use self::greedy::{Late, Run};
use super::limits::Limit;

mod gaps;
mod greedy;
mod stuck;

pub(super) use stuck::choices;

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
    /// Pairs: the first takes an access away, and the second gives the same person another one instead.
    pub replaced: Vec<(usize, usize)>,
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
        Ok(order) => Sequence::Legal(graph.shorten_gaps(order)),
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
    /// Whether a step takes away what the same person gets anew.
    is_replaced: Vec<bool>,
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
            is_replaced: vec![false; problem.steps],
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
        for (gone, _) in &problem.replaced {
            graph.is_replaced[*gone] = true;
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
}

fn bits(done: &[bool]) -> Vec<u64> {
    let word = |steps: &[bool]| {
        let bits = steps.iter().enumerate();
        bits.fold(0, |word, (at, done)| word | u64::from(*done) << at)
    };
    done.chunks(64).map(word).collect()
}
