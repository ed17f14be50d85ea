//! Shorter gaps: whoever gets one access for another is without both for as few steps as a legal order can be moved to.
//!
//! # Design
//! Which of all legal orders has the fewest gaps is as hard to find as a legal order. So the order that was found is kept, and
//! in it the old access is taken away as late as everybody between it and the new one allows, at best after the new one. A
//! property test compares the result with the best of all orders.

use super::Graph;

/// How much shortening may look at: pairs times steps.
const WORK_MAX: usize = 1 << 24;

impl Graph<'_> {
    /// The same steps in a legal order with no longer gaps.
    pub(super) fn shorten_gaps(&self, mut order: Vec<usize>) -> Vec<usize> {
        let pairs = &self.problem.replaced;
        if pairs.len().saturating_mul(order.len()) > WORK_MAX {
            return order;
        }
        for (gone, made) in pairs {
            let at = |step: &usize| order.iter().position(|it| it == step);
            if let (Some(gone), Some(made)) = (at(gone), at(made))
                && gone < made
            {
                self.postpone(&mut order, gone, made);
            }
        }
        order
    }

    /// Moves the step at `from` as far towards the place after `to` as is legal.
    fn postpone(&self, order: &mut [usize], from: usize, to: usize) {
        let mut slack: Vec<i64> = self.problem.limits.iter().map(|it| it.slack).collect();
        let take = |step: usize, slack: &mut Vec<i64>| {
            for (limit, units) in &self.uses[step] {
                slack[*limit] -= units;
            }
        };
        for step in &order[..from] {
            take(*step, &mut slack);
        }
        let moved = order[from];
        let mut best = from;
        for (at, next) in order.iter().enumerate().take(to + 1).skip(from + 1) {
            if self.needs[*next].contains(&moved) || self.blocking(*next, &slack).is_some() {
                break;
            }
            take(*next, &mut slack);
            if self.blocking(moved, &slack).is_none() {
                best = at;
            }
        }
        order[from..=best].rotate_left(1);
    }
}
