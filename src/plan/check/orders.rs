//! Orders in which steps may run, to look for one in which something runs out.

use std::collections::BTreeSet;

use super::rooms::Room;

/// How many steps there may be so that every order is tried.
const EVERY_ORDER_MAX: usize = 6;

/// How many orders are drawn beside the worst ones.
const DRAWN_ORDERS: u64 = 8;

/// The stored order, then every order that the needs allow if there are few steps, else for each number the order that uses
/// it up as fast as it can, and some that are drawn.
pub(super) fn orders(needs: &[Vec<usize>], rooms: &[Room]) -> Vec<Vec<usize>> {
    let mut orders = vec![(0..needs.len()).collect()];
    if needs.len() <= EVERY_ORDER_MAX {
        every_order(needs, &mut Vec::new(), &mut orders);
        return orders;
    }
    for room in rooms {
        orders.push(order_by(needs, |at| room.changes[at]));
    }
    if needs.len() <= 1 << 12 {
        for seed in 0..DRAWN_ORDERS {
            orders.push(order_by(needs, |at| drawn(seed, at)));
        }
    }
    orders
}

/// A number that looks drawn and is always the same (SplitMix64).
fn drawn(seed: u64, at: usize) -> i64 {
    let mut it = (seed << 32 | at as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (it ^ (it >> 31)).cast_signed()
}

fn every_order(needs: &[Vec<usize>], order: &mut Vec<usize>, orders: &mut Vec<Vec<usize>>) {
    if order.len() == needs.len() {
        orders.push(order.clone());
    }
    for at in 0..needs.len() {
        if !order.contains(&at) && needs[at].iter().all(|it| order.contains(it)) {
            order.push(at);
            every_order(needs, order, orders);
            order.pop();
        }
    }
}

/// The order that always does the step with the smallest key among those that can be done.
fn order_by(needs: &[Vec<usize>], key: impl Fn(usize) -> i64) -> Vec<usize> {
    let mut missing: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut dependents = vec![Vec::new(); needs.len()];
    for (at, needed) in needs.iter().enumerate() {
        for other in needed {
            dependents[*other].push(at);
        }
    }
    let ready = (0..needs.len()).filter(|at| missing[*at] == 0);
    let mut ready: BTreeSet<(i64, usize)> = ready.map(|at| (key(at), at)).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some((_, at)) = ready.pop_first() {
        order.push(at);
        for dependent in &dependents[at] {
            missing[*dependent] -= 1;
            if missing[*dependent] == 0 {
                ready.insert((key(*dependent), *dependent));
            }
        }
    }
    order
}
