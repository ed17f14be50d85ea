//! The most that any set of steps can weigh that holds everything its steps need.
//!
//! # Design
//! While a plan is carried out, the steps done so far are such a set, whatever order was chosen and however many ran side by
//! side. So the greatest weight over these sets is the greatest use there can ever be. It is the maximum-weight closure of
//! the needs: the sum of all positive weights less a minimum cut (Picard, "Maximal closure of a graph and applications to
//! combinatorial problems", 1976), found here as a maximum flow in levels (Dinic).

use std::collections::VecDeque;

/// The greatest weight of a set of steps that holds what its steps need; 0 for the empty set.
///
/// `needs[step]` are the steps that a step needs, `weights[step]` is what it weighs.
pub(super) fn heaviest(needs: &[Vec<usize>], weights: &[i64]) -> i64 {
    let total: i64 = weights.iter().filter(|it| **it > 0).sum();
    total - least_cut(needs, weights)
}

fn least_cut(needs: &[Vec<usize>], weights: &[i64]) -> i64 {
    let steps = weights.len();
    let (source, sink) = (steps, steps + 1);
    let mut network = Network::new(steps + 2);
    // Only what a positive step needs, directly or not, can weigh on it.
    let mut reached = vec![false; steps];
    let mut stack: Vec<usize> = (0..steps).filter(|it| weights[*it] > 0).collect();
    while let Some(step) = stack.pop() {
        if std::mem::replace(&mut reached[step], true) {
            continue;
        }
        match weights[step] {
            0 => {}
            weight @ 1.. => network.add(source, step, weight),
            weight => network.add(step, sink, -weight),
        }
        for needed in &needs[step] {
            network.add(step, *needed, i64::MAX / 4);
            stack.push(*needed);
        }
    }
    network.flow(source, sink)
}

struct Network {
    /// Target and what still fits, in pairs of there and back.
    edges: Vec<(usize, i64)>,
    from: Vec<Vec<usize>>,
}

impl Network {
    fn new(nodes: usize) -> Self {
        Self {
            edges: Vec::new(),
            from: vec![Vec::new(); nodes],
        }
    }

    fn add(&mut self, from: usize, to: usize, fits: i64) {
        self.from[from].push(self.edges.len());
        self.edges.push((to, fits));
        self.from[to].push(self.edges.len());
        self.edges.push((from, 0));
    }

    fn flow(&mut self, source: usize, sink: usize) -> i64 {
        let mut flow = 0;
        while let Some(levels) = self.levels(source, sink) {
            let mut next = vec![0; self.from.len()];
            while let Some(path) = self.path(source, sink, &levels, &mut next) {
                let fits = path.iter().map(|edge| self.edges[*edge].1).min();
                let fits = fits.expect("source and sink are two nodes");
                for edge in path {
                    self.edges[edge].1 -= fits;
                    self.edges[edge ^ 1].1 += fits;
                }
                flow += fits;
            }
        }
        flow
    }

    /// Distances from the source over what still fits; `None` if the sink cannot be reached.
    fn levels(&self, source: usize, sink: usize) -> Option<Vec<usize>> {
        let mut levels = vec![usize::MAX; self.from.len()];
        levels[source] = 0;
        let mut queue = VecDeque::from([source]);
        while let Some(node) = queue.pop_front() {
            for edge in &self.from[node] {
                let (to, fits) = self.edges[*edge];
                if fits > 0 && levels[to] == usize::MAX {
                    levels[to] = levels[node] + 1;
                    queue.push_back(to);
                }
            }
        }
        (levels[sink] != usize::MAX).then_some(levels)
    }

    /// A way from source to sink down the levels; edges that lead nowhere are not tried again.
    fn path(
        &self,
        source: usize,
        sink: usize,
        levels: &[usize],
        next: &mut [usize],
    ) -> Option<Vec<usize>> {
        let mut path: Vec<usize> = Vec::new();
        let mut node = source;
        while node != sink {
            let Some(edge) = self.from[node].get(next[node]).copied() else {
                // A dead end: step back and go on with the next edge there.
                let edge = path.pop()?;
                node = self.edges[edge ^ 1].0;
                next[node] += 1;
                continue;
            };
            let (to, fits) = self.edges[edge];
            if fits > 0 && levels[to] == levels[node] + 1 {
                path.push(edge);
                node = to;
            } else {
                next[node] += 1;
            }
        }
        Some(path)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::heaviest;

    #[test]
    fn what_is_taken_needs_what_is_freed() {
        // 2 takes one unit that 0 frees; 1 takes one that was there.
        assert_eq!(heaviest(&[vec![], vec![], vec![0]], &[-1, 1, 1]), 1);
        assert_eq!(heaviest(&[vec![], vec![], vec![]], &[-1, 1, 1]), 2);
        assert_eq!(heaviest(&[], &[]), 0);
    }

    fn by_trying(needs: &[Vec<usize>], weights: &[i64]) -> i64 {
        let holds = |set: u32, step: usize| set & (1 << step) != 0;
        let is_closed = |set: &u32| {
            (0..weights.len())
                .all(|step| !holds(*set, step) || needs[step].iter().all(|it| holds(*set, *it)))
        };
        let weight = |set: u32| {
            let steps = (0..weights.len()).filter(|it| holds(set, *it));
            steps.map(|it| weights[it]).sum()
        };
        let sets = 0..1u32 << weights.len();
        sets.filter(is_closed).map(weight).max().unwrap_or(0)
    }

    proptest! {
        #![proptest_config(crate::chance::cases(256))]

        #[test]
        fn the_cut_finds_what_trying_every_set_finds(
            weights in prop::collection::vec(-3i64..=3, 1..9),
            pairs in prop::collection::vec((0usize..9, 0usize..9), 0..14),
        ) {
            let mut needs = vec![Vec::new(); weights.len()];
            for (a, b) in pairs {
                if a > b && a < weights.len() {
                    needs[a].push(b);
                }
            }
            prop_assert_eq!(heaviest(&needs, &weights), by_trying(&needs, &weights));
        }
    }
}
