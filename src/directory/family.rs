//! Pools that an account shares with its sub-accounts: one limit for whoever is counted on any of them.

use std::collections::BTreeMap;

use super::service::Cached;
use super::tally::Counted;
use super::world::Units;

/// An account of the directory, as far as others ask for it.
pub(super) struct Relative {
    pub(super) parent: Option<String>,
    pub(super) cached: Cached,
}

/// What other accounts have to do with a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// Units that they use.
    pub(super) used: i64,
    /// The account that it belongs to, if that is another one, and how many units there are.
    pub(super) head: Option<(String, Units)>,
}

/// What the others of all accounts have to do with the pools of one, by pool; those that are shared with nobody left out.
pub(super) fn beside(name: &str, all: &BTreeMap<String, Relative>) -> BTreeMap<String, Beside> {
    let Some(own) = all.get(name) else {
        return BTreeMap::new();
    };
    let mut beside = BTreeMap::new();
    for one in own.cached.definition.each_pool() {
        if one.pool.shared.is_none() {
            continue;
        }
        let head = head(name, one.name, all);
        let mut of_pool = Beside::default();
        for (other, it) in all.iter().filter(|(other, _)| *other != name) {
            let Some(theirs) = it.cached.definition.one_pool(one.name) else {
                continue;
            };
            if theirs.pool.shared.is_none() || self::head(other, one.name, all) != head {
                continue;
            }
            let counted = Counted {
                tally: &it.cached.tally,
                world: &it.cached.world,
            };
            of_pool.used += counted.used_here(theirs);
            if other == head {
                of_pool.head = Some((head.to_owned(), counted.units_here(theirs)));
            }
        }
        beside.insert(one.name.to_owned(), of_pool);
    }
    beside
}

/// The topmost account above one, or itself, that shares a pool. Accounts that are kept elsewhere end the way up.
fn head<'a>(name: &'a str, pool: &str, all: &'a BTreeMap<String, Relative>) -> &'a str {
    let (mut head, mut at) = (name, name);
    // More levels than accounts: then they lie in a circle.
    for _ in 0..all.len() {
        let above = all.get(at).and_then(|it| it.parent.as_deref());
        let Some((above, it)) = above.and_then(|it| all.get_key_value(it)) else {
            break;
        };
        let one = it.cached.definition.one_pool(pool);
        if one.is_some_and(|it| it.pool.shared.is_some()) {
            head = above;
        }
        at = above;
    }
    head
}
