//! Accounts that share pools, side by side in memory.
//!
//! # Design
//! Who shares with whom is found anew here, from the parents that the plan's accounts name and from their definitions. Where
//! an account between two others was not read, its parent is not known, and what the plan says is believed.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{Counter, Effect, World};
use super::{Plan, PoolProof, Step, Violation};
use crate::model::{AccountName, PoolName};
use crate::product::{Products, Shared};

/// The pools of an account that belong to another one, by name.
pub(super) fn heads(
    plan: &Plan,
    name: &AccountName,
    products: &Products,
) -> BTreeMap<PoolName, AccountName> {
    let shares = |account: &AccountName, pool: &str| {
        let product = plan.accounts.get(account)?;
        let one = products.get(&product.product)?.one_pool(pool)?;
        (one.pool.shared == Some(Shared::Family)).then_some(())
    };
    let account = &plan.accounts[name];
    let mut heads = BTreeMap::new();
    let product = products.get(&account.product);
    for one in product.iter().flat_map(|it| it.each_pool()) {
        if one.pool.shared.is_none() {
            continue;
        }
        let (mut head, mut at, mut seen) = (name, account, BTreeSet::from([name]));
        while let Some(parent) = at.parent.as_ref().filter(|it| seen.insert(it)) {
            let Some(above) = plan.accounts.get(parent) else {
                head = account.shared.get(one.name.as_str()).unwrap_or(head);
                break;
            };
            if shares(parent, one.name).is_some() {
                head = parent;
            }
            at = above;
        }
        if head != name {
            heads.insert(PoolName::new(one.name), head.clone());
        }
    }
    heads
}

/// The accounts of a plan by family; an account that shares nothing is alone.
pub(super) fn families<'p>(plan: &'p Plan, products: &Products) -> Vec<Vec<&'p AccountName>> {
    let mut number: BTreeMap<&AccountName, usize> = BTreeMap::new();
    for (at, name) in plan.accounts.keys().enumerate() {
        number.insert(name, at);
    }
    for name in plan.accounts.keys() {
        for head in heads(plan, name, products).values() {
            let (Some(a), Some(b)) = (number.get(name).copied(), number.get(head).copied()) else {
                continue;
            };
            for it in number.values_mut().filter(|it| **it == a.max(b)) {
                *it = a.min(b);
            }
        }
    }
    let mut families: BTreeMap<usize, Vec<&AccountName>> = BTreeMap::new();
    for (name, number) in number {
        families.entry(number).or_default().push(name);
    }
    families.into_values().collect()
}

/// A counter of a family, with everything that takes units of it.
pub(super) struct Slot<'a> {
    /// The account that it belongs to, by its place in the family.
    pub account: usize,
    /// Its place among the counters of that account.
    pub place: usize,
    pub counter: Counter<'a>,
    /// The proof that the plan has of it.
    pub proof: Option<&'a PoolProof>,
    /// Whether everybody was observed who takes units of it; somebody need not be where no step moves any.
    pub is_whole: bool,
}

impl Slot<'_> {
    /// Whether there must never be too few.
    pub(super) fn is_room(&self) -> bool {
        self.is_whole && self.counter.is_room()
    }
}

/// The accounts of one family, as steps change them. Counters are numbered through: that of a pool that is shared has one
/// number.
pub(super) struct Family<'a, 's> {
    pub worlds: Vec<World<'a>>,
    pub names: &'s [&'s AccountName],
    /// For each account, for each of its counters, the number.
    numbers: &'s [Vec<usize>],
    pub slots: &'s [Slot<'a>],
}

impl Clone for Family<'_, '_> {
    fn clone(&self) -> Self {
        Self {
            worlds: self.worlds.clone(),
            ..*self
        }
    }
}

/// The numbers of the counters of a family, and the counters by number.
pub(super) fn slots<'a>(
    plan: &'a Plan,
    names: &[&AccountName],
    worlds: &[World<'a>],
    products: &Products,
) -> (Vec<Vec<usize>>, Vec<Slot<'a>>) {
    let mut slots: Vec<Slot<'a>> = Vec::new();
    let heads: Vec<_> = names.iter().map(|it| heads(plan, it, products)).collect();
    for (account, world) in worlds.iter().enumerate() {
        let own = world.counters.iter().copied().enumerate();
        let own = own.filter(|(_, it)| !heads[account].contains_key(it.one.name.as_str()));
        let proofs = &plan.accounts[names[account]].pools;
        slots.extend(own.map(|(place, counter)| {
            let name = counter.one.name.as_str();
            let proof = proofs.iter().find(|it| it.pool.as_str() == name);
            let mut shares = proof.iter().flat_map(|it| &it.shares);
            Slot {
                account,
                place,
                counter,
                proof,
                is_whole: shares.all(|it| names.contains(&&it.account)),
            }
        }));
    }
    let number = |account: usize, it: &Counter<'_>| {
        let head = heads[account].get(it.one.name.as_str());
        let head = head.unwrap_or(names[account]);
        slots.iter().position(|slot| {
            names[slot.account] == head
                && slot.counter.one.name == it.one.name
                && slot.counter.size == it.size
        })
    };
    let numbers = worlds.iter().enumerate().map(|(account, world)| {
        let counters = world.counters.iter();
        // What belongs to an account that was not observed has no number.
        counters
            .map(|it| number(account, it).unwrap_or(usize::MAX))
            .collect()
    });
    let numbers = numbers.collect();
    (numbers, slots)
}

impl<'a, 's> Family<'a, 's> {
    pub(super) fn new(
        worlds: Vec<World<'a>>,
        names: &'s [&'s AccountName],
        (numbers, slots): (&'s [Vec<usize>], &'s [Slot<'a>]),
    ) -> Self {
        let mut family = Self {
            worlds,
            names,
            numbers,
            slots,
        };
        // A pool of unknown size counts as exactly full, whoever uses it.
        for (number, (slot, used)) in slots.iter().zip(family.used()).enumerate() {
            let is_unknown = slot
                .proof
                .is_some_and(|it| it.purchased_after.value().is_none());
            let is_shared = slot.counter.one.pool.shared.is_some();
            let is_unseen = family.is_blind(number) || is_shared && is_unknown;
            let world = &mut family.worlds[slot.account];
            world.full[slot.place] = used;
            world.blind[slot.place] = is_unseen;
        }
        family
    }

    /// Whether not every access could be read of an account that takes units of a pool.
    fn is_blind(&self, number: usize) -> bool {
        let accounts = self.worlds.iter().zip(self.numbers);
        let mut pools = accounts.flat_map(|(world, numbers)| numbers.iter().zip(&world.blind));
        pools.any(|(it, is_blind)| *it == number && *is_blind)
    }

    /// The account of a step, by its place.
    pub(super) fn at(&self, step: &Step) -> usize {
        let account = &step.address.account;
        let place = self.names.iter().position(|it| *it == account);
        place.expect("a family has the accounts of its steps")
    }

    pub(super) fn things(&self) -> usize {
        self.worlds.iter().map(|it| it.things.len()).sum()
    }

    /// Units that one account uses of a pool.
    pub(super) fn used_by(&self, account: &AccountName, pool: &PoolName) -> i64 {
        let mut worlds = self.names.iter().zip(&self.worlds);
        let Some((_, world)) = worlds.find(|(it, _)| **it == account) else {
            return 0;
        };
        let mut counters = world.counters.iter().zip(world.used());
        counters
            .find(|(it, _)| it.one.name.as_str() == pool.as_str())
            .map_or(0, |(_, used)| used)
    }

    fn add_up(&self, account: usize, units: &[i64], sum: &mut [i64]) {
        for (number, units) in self.numbers[account].iter().zip(units) {
            if let Some(sum) = sum.get_mut(*number) {
                *sum += units;
            }
        }
    }

    /// Units in use, by number of the counter.
    pub(super) fn used(&self) -> Vec<i64> {
        let mut sum = vec![0; self.slots.len()];
        for (account, world) in self.worlds.iter().enumerate() {
            self.add_up(account, &world.used(), &mut sum);
        }
        sum
    }

    /// How many units there are, by number of the counter.
    pub(super) fn sizes(&self) -> Vec<i64> {
        let sizes: Vec<_> = self.worlds.iter().map(World::sizes).collect();
        let slots = self.slots.iter();
        slots.map(|it| sizes[it.account][it.place]).collect()
    }

    /// What a step's account, or whom it is about, counts for.
    pub(super) fn standing(&self, step: &Step) -> Effect {
        let account = self.at(step);
        let of_account = self.worlds[account].standing(step);
        let mut units = vec![0; self.slots.len()];
        self.add_up(account, &of_account.units, &mut units);
        let size = |it: &Slot<'_>| match it.account == account {
            true => of_account.sizes[it.place],
            false => 0,
        };
        Effect {
            units,
            sizes: self.slots.iter().map(size).collect(),
            ..of_account
        }
    }

    pub(super) fn execute(&mut self, step: &Step) -> Result<(), String> {
        let account = self.at(step);
        self.worlds[account].execute(step)
    }

    /// Which steps were done before: their effect is there from the start.
    pub(super) fn done(&self, steps: &[&Step]) -> Vec<bool> {
        let mut done = vec![false; steps.len()];
        for (account, world) in self.worlds.iter().enumerate() {
            let all = steps.iter().enumerate();
            let own: Vec<_> = all.filter(|(_, it)| self.at(it) == account).collect();
            let of_account: Vec<&Step> = own.iter().map(|(_, it)| **it).collect();
            for ((at, _), is_done) in own.iter().zip(world.done(&of_account)) {
                done[*at] = is_done;
            }
        }
        done
    }

    /// Does the steps in their order, without those that were done before.
    pub(super) fn play(
        &mut self,
        steps: &[&Step],
        done: &[bool],
        found: &mut Vec<Violation>,
    ) -> Vec<Effect> {
        let pools = self.slots.len();
        let mut effects = Vec::with_capacity(steps.len());
        for (step, done) in steps.iter().zip(done) {
            if *done {
                effects.push(Effect {
                    units: vec![0; pools],
                    sizes: vec![0; pools],
                    is_done: true,
                    ..Effect::default()
                });
                continue;
            }
            let before = self.standing(step);
            if let Err(text) = self.execute(step) {
                found.push(Violation {
                    address: Some(step.address.clone()),
                    text,
                });
            }
            let after = self.standing(step);
            let differences = |after: &[i64], before: &[i64]| {
                let pairs = after.iter().zip(before);
                pairs.map(|(after, before)| after - before).collect()
            };
            effects.push(Effect {
                units: differences(&after.units, &before.units),
                sizes: differences(&after.sizes, &before.sizes),
                admins: after.admins - before.admins,
                is_done: false,
            });
        }
        effects
    }

    /// Counts on as many units of pools of unknown size as are in use once some steps are done: never more on the way than
    /// what was shown to whoever accepted it.
    pub(super) fn accept_unknown(&mut self, plan: &Plan, steps: &[&Step]) {
        let is_accepted = |slot: &Slot<'_>| {
            let accepted = plan
                .guards
                .accepted_unknown_seats
                .get(self.names[slot.account]);
            accepted.is_some_and(|it| it.contains(slot.counter.one.name.as_str()))
        };
        let accepted: Vec<bool> = self.slots.iter().map(is_accepted).collect();
        if !accepted.contains(&true) {
            return;
        }
        let mut end = self.clone();
        end.play(steps, &self.done(steps), &mut Vec::new());
        let slots = self.slots.iter().zip(end.used()).zip(accepted);
        for ((slot, used), _) in slots.filter(|(_, accepted)| *accepted) {
            let full = &mut self.worlds[slot.account].full[slot.place];
            *full = used.max(*full);
        }
    }
}
