//! Why no order was found: who waits for whom, and what to leave for a later plan.

use super::{EXACT_MAX, Graph, QUESTION_STATES_MAX, QUESTIONS_MAX, SEARCH_WORK_MAX, Stuck};

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

    /// Steps to leave out so that the others can be done, and whether it is sure that no fewer would do.
    fn waiting(&self, left: &[usize]) -> (Vec<usize>, bool) {
        self.is_cut.set(false);
        let among_left = match left.len() <= EXACT_MAX {
            true => self.fewest(left, usize::MAX).0,
            false => None,
        };
        let out = among_left.unwrap_or_else(|| self.without(&self.reduced(left)));
        let count = count(&out);
        // What has its place in the order may be what stands in the way.
        let uses_any = |at: &usize| !self.uses[*at].is_empty();
        let all: Vec<usize> = (0..self.problem.steps).filter(uses_any).collect();
        let (fewer, is_all) = self.fewest(&all, count);
        let out = fewer.unwrap_or(out);
        let listed = (0..out.len()).filter(|it| out[*it]).collect();
        (listed, is_all && !self.is_cut.get())
    }

    /// Less and less of what is left, as long as the others can be done.
    fn reduced(&self, left: &[usize]) -> Vec<usize> {
        let mut chosen = left.to_vec();
        for step in left.iter().take(QUESTIONS_MAX / 16) {
            let fewer: Vec<_> = chosen.iter().copied().filter(|it| it != step).collect();
            if self.is_feasible(&self.without(&fewer)) {
                chosen = fewer;
            }
        }
        chosen
    }

    /// The choice that leaves out fewest, fewer than `bound`, and whether every choice was tried, by growing size.
    fn fewest(&self, of: &[usize], bound: usize) -> (Option<Vec<bool>>, bool) {
        let questions_max = QUESTIONS_MAX.min(SEARCH_WORK_MAX / 64 / self.problem.steps.max(1));
        let mut questions = 0;
        let mut best: Option<Vec<bool>> = None;
        let mut least = bound;
        for size in 1..=of.len() {
            // A choice leaves out at least as many steps as it names.
            if least <= size {
                break;
            }
            for choice in choices(of, size) {
                questions += 1;
                if questions > questions_max {
                    return (best, false);
                }
                let out = self.without(&choice);
                let count = count(&out);
                if count < least && self.is_feasible(&out) {
                    (best, least) = (Some(out), count);
                }
            }
        }
        (best, true)
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

fn count(out: &[bool]) -> usize {
    out.iter().filter(|it| **it).count()
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
