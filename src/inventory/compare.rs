//! What one inventory of an account says otherwise than another one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ending, Inventory, Stood};
use crate::model::{Address, Resource, ResourceId};
use crate::text::{Span, Word};

/// One thing that is said to be another one.
#[derive(Clone, Debug)]
pub struct Edit<'a> {
    /// The thing.
    pub address: &'a Address,
    /// What it was said to be.
    pub before: Side<'a>,
    /// What it is said to be.
    pub after: Side<'a>,
    /// Whether it is not told any more if it is there: the section is gone.
    pub is_untold: bool,
    /// Who stands for the change: those who did not stand for the thing before, else those who do. Empty where the thing is
    /// gone, since nothing is left that they could stand at.
    pub by: BTreeSet<&'a Stood>,
}

/// One side of an edit.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The thing; `None` if it is not there.
    pub resource: Option<&'a Resource>,
    /// Its life-cycle state, if that is not "active".
    pub phase: Option<&'a Word>,
    /// For a quantity of which some is cancelled: what is there until the billing cycle ends.
    pub ending: Option<&'a Ending>,
    /// Where it stands.
    pub place: Option<Span>,
}

/// The things that differ, in the order of their addresses. Who stands for what is no difference.
pub fn edits<'a>(before: &'a Inventory, after: &'a Inventory) -> Vec<Edit<'a>> {
    let addresses = |it: &'a Inventory| it.state.iter().map(|(address, _)| address);
    let all: BTreeSet<&Address> = addresses(before).chain(addresses(after)).collect();
    let edit = |address: &'a Address| {
        let (was, is) = (side(before, address), side(after, address));
        let said = |it: &Side<'a>| (it.resource, it.phase, it.ending);
        let is_same = said(&was) == said(&is);
        (!is_same).then(|| Edit {
            address,
            is_untold: is.resource.is_none() && after.gaps.iter().any(|it| it.hides(address)),
            by: new_words(before, after, address),
            before: was,
            after: is,
        })
    };
    all.into_iter().filter_map(edit).collect()
}

fn side<'a>(inventory: &'a Inventory, address: &Address) -> Side<'a> {
    let ending = match &address.resource {
        ResourceId::Seats(pool) => inventory.ending.get(pool),
        _ => None,
    };
    Side {
        ending,
        resource: inventory.state.resource(address),
        phase: inventory.phases.get(address),
        place: inventory.places.get(address).copied(),
    }
}

fn new_words<'a>(
    before: &'a Inventory,
    after: &'a Inventory,
    address: &Address,
) -> BTreeSet<&'a Stood> {
    let (was, is) = (words(before, address), words(after, address));
    let new: BTreeSet<_> = is.difference(&was).copied().collect();
    if new.is_empty() { is } else { new }
}

/// Everybody who stands for a thing or a part of it.
fn words<'a>(inventory: &'a Inventory, address: &Address) -> BTreeSet<&'a Stood> {
    match inventory.in_parts.get(address) {
        Some(all) => all.iter().collect(),
        None => inventory.stood.get(address).into_iter().collect(),
    }
}

impl Inventory {
    /// How many things that another inventory says as well are stood for anew, by who stands for them now.
    pub fn renewed<'a>(&'a self, before: &Self) -> BTreeMap<&'a Stood, usize> {
        let mut renewed = BTreeMap::new();
        for (address, stood) in &self.stood {
            let was = before.stood.get(address);
            let is_same = before.state.resource(address) == self.state.resource(address);
            if is_same && was.is_some_and(|it| it != stood) {
                *renewed.entry(stood).or_default() += 1;
            }
        }
        renewed
    }
}
