//! A greedy run through the steps: fast, nearly always enough, and never wrong about an order that it finds.

use std::collections::BTreeSet;

use super::Graph;

/// What a greedy run leaves for later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    /// What takes access away, until somebody waits for what it gives back.
    TakesAway,
    /// What uses something up.
    UsesUp,
}

/// A greedy run: steps that can be done by preference, those that wait for a limit, and those kept for later.
pub(super) struct Run<'a, 'g> {
    graph: &'g Graph<'a>,
    late: Late,
    slack: Vec<i64>,
    missing: Vec<usize>,
    ready: BTreeSet<(u8, usize)>,
    /// Kept for later, all of them and by the limits that they give back; whoever is replaced comes after whoever leaves.
    kept: BTreeSet<(bool, usize)>,
    kept_by_limit: Vec<BTreeSet<(bool, usize)>>,
    blocked: Vec<BTreeSet<(u8, usize)>>,
    /// The limits that anybody waits for.
    waited_for: BTreeSet<usize>,
    pub order: Vec<usize>,
}

impl<'a, 'g> Run<'a, 'g> {
    pub(super) fn new(graph: &'g Graph<'a>, out: &[bool], late: Late) -> Self {
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
            waited_for: BTreeSet::new(),
            order: Vec::new(),
        };
        for (step, is_out) in out.iter().enumerate() {
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
                (false, _) if self.graph.is_replaced[step] => 1,
                (false, _) => 0,
                (true, true) => 2,
                (true, false) => 3,
            },
        };
        (class, step)
    }

    /// Takes in a step whose needs are done.
    fn enter(&mut self, step: usize) {
        if self.late == Late::TakesAway && self.graph.problem.late[step] {
            let kept = (self.graph.is_replaced[step], step);
            self.kept.insert(kept);
            for (limit, units) in &self.graph.uses[step] {
                if *units < 0 {
                    self.kept_by_limit[*limit].insert(kept);
                }
            }
        } else {
            self.ready.insert(self.preference(step));
        }
    }

    /// The next step to do; whatever does not fit on the way is set aside with the limit it waits for.
    pub(super) fn next(&mut self) -> Option<usize> {
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
                    self.waited_for.insert(limit);
                }
            }
        }
    }

    /// One of the steps kept for later: the first that gives back what somebody waits for, else the first.
    fn take_kept(&mut self) -> Option<usize> {
        let limits = self.waited_for.iter();
        let waited_for = limits
            .filter_map(|limit| self.kept_by_limit[*limit].first().copied())
            .min();
        let kept = waited_for.or_else(|| self.kept.first().copied())?;
        self.kept.remove(&kept);
        for (limit, _) in &self.graph.uses[kept.1] {
            self.kept_by_limit[*limit].remove(&kept);
        }
        Some(kept.1)
    }

    pub(super) fn finish(&mut self, step: usize) {
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
            if self.blocked[*limit].is_empty() {
                self.waited_for.remove(limit);
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
