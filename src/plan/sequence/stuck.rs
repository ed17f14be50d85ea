//! Why no order was found: who waits for whom, and what to leave for a later plan.

use super::{EXACT_MAX, Graph, QUESTION_STATES_MAX, QUESTIONS_MAX, Stuck};

impl Graph<'_> {
    /// Who waits for whom, and what to leave for later.
    pub(super) fn explain(&self, legal: Vec<usize>) -> Stuck {
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
pub(in crate::plan) fn choices(of: &[usize], size: usize) -> impl Iterator<Item = Vec<usize>> + '_ {
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
