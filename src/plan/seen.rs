//! An account as it was read while or after a plan is carried out: which of the plan's steps are done.
//!
//! # Design
//! One opinion for whoever asks: whether facts moved, what a run that was cut off has done already, and whether everything
//! reads back as promised. What is promised and what is read need not be written alike: grants that are the default by now
//! are not told (see `kept`), some options cannot be read at all, and things have their names of before or of after.

use std::collections::BTreeMap;

use super::diff::same;
use super::kept::Kept;
use super::rename::Renames;
use super::scenes::{observed, tenant_of};
use super::takes::units_of;
use super::{Plan, Side, Step, Steps};
use crate::model::{
    AccountName, Address, Capacity, Fact, Observation, PoolName, Resource, ResourceId,
};
use crate::product::{Product, Products, Scene, Selector, Standings};
use crate::text::Word;

/// An observation of one account under the names that things have after a plan.
pub struct Seen<'a> {
    pub(super) product: &'a Product,
    pub(super) observation: &'a Observation,
    /// The account as the product's selectors see it.
    pub(super) scene: Scene<'a>,
    kept: Kept,
    renames: Renames,
    /// What is there, by its new address, for things whose address is another one now.
    renamed: BTreeMap<Address, Resource>,
}

impl<'a> Seen<'a> {
    /// Looks at an observation of one of a plan's accounts; `None` if the plan has no such account or its product is not
    /// defined.
    pub fn new(
        plan: &Plan,
        account: &'a AccountName,
        products: &'a Products,
        observation: &'a Observation,
    ) -> Option<Self> {
        let planned = plan.accounts.get(account)?;
        let product = products.get(&planned.product)?;
        let renames = Renames::of_plan(plan, account, product);
        let seen = renames.seen(account, observation);
        let renamed = seen
            .filter(|it| *it.address != *it.now)
            .filter_map(|it| {
                let now = observation.state.resource(it.now)?.clone();
                Some((it.address.into_owned(), now))
            })
            .collect();
        let mut scene = observed(product, tenant_of(account, planned), observation);
        let settings = scene.settings().clone().into_iter();
        scene = scene.with_settings(settings.chain(planned.settings.clone()).collect());
        if product
            .each_pool()
            .any(|it| it.any_selector(Selector::asks_teams))
        {
            scene = scene.with_standings(Standings::of(&observation.state, account));
        }
        Some(Self {
            product,
            observation,
            scene,
            kept: Kept::of(&plan.steps),
            renames,
            renamed,
        })
    }

    /// What there is at an address. A pool's limit can be more than what is bought for it, so the quantity that was read
    /// counts before it.
    pub fn resource(&self, address: &Address) -> Option<Resource> {
        let state = &self.observation.state;
        if let ResourceId::Seats(pool) = &address.resource
            && state.get(address).is_none()
            && let Some(Capacity::Purchased(quantity)) =
                self.observation.pools.get(pool).and_then(Fact::value)
        {
            return Some(Resource::Seats(quantity.clone()));
        }
        let there = state.resource(address).cloned();
        let there = there.or_else(|| self.renamed.get(address).cloned());
        there.map(|it| match it {
            Resource::Access(it) => {
                Resource::Access(self.kept.as_planned(address, it, &self.scene))
            }
            other => other,
        })
    }

    /// Units that a thing takes that is there, by pool; pools of which it takes none are left out.
    pub fn units_of(&self, address: &Address) -> BTreeMap<PoolName, u64> {
        let Some(resource) = self.observation.state.resource(address) else {
            return BTreeMap::new();
        };
        let phase = self.observation.phases.get(address);
        let pools = self.product.each_pool().map(|one| {
            let units = units_of(&self.scene, one, (address, resource), phase);
            (PoolName::new(one.name), units)
        });
        pools.filter(|(_, units)| *units > 0).collect()
    }

    /// What is there, with new names and with those that hold now.
    pub(super) fn resources(&self, address: &Address) -> Option<[Resource; 2]> {
        let now = self.resource(address)?;
        Some([self.renames.resource(&now).into_owned(), now])
    }

    /// Whether what a side of a step promises is there, or was and another of `steps` has changed it again.
    pub fn is_there(&self, step: &Step, side: Side<'_>, steps: &Steps<'_>) -> bool {
        let is_there = match (side.after, self.resources(side.address)) {
            (Some(after), Some(names)) => names.iter().any(|it| same(after, it, self.product)),
            (None, None) => self.gap(side.address).is_none(),
            // What is removed may be there for a while, in the state that follows.
            (None, Some(_)) => {
                step.then.is_some() && self.phase(side.address) == step.then.as_ref()
            }
            (Some(_), None) => false,
        };
        let is_overtaken = || {
            let later = steps.later(step, side.address);
            later.is_some_and(|it| self.is_done(it, steps))
        };
        is_there || is_overtaken()
    }

    /// Whether the effect of a step is there, or was, if another of `steps` has changed the thing again.
    pub fn is_done(&self, step: &Step, steps: &Steps<'_>) -> bool {
        let is_renamed = step
            .renamed_from
            .as_ref()
            .is_none_or(|it| self.observation.state.get(it).is_none());
        is_renamed && step.sides().all(|it| self.is_there(step, it, steps))
    }

    /// The life-cycle state of what is at an address; `None` is "active".
    pub fn phase(&self, address: &Address) -> Option<&Word> {
        self.observation.phases.get(address)
    }

    /// Why something may be there though it is not in the observation.
    pub(super) fn gap(&self, address: &Address) -> Option<&'a str> {
        let mut gaps = self.observation.gaps.iter();
        let gap = gaps.find(|gap| gap.hides(address))?;
        Some(&gap.why)
    }
}
