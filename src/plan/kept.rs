//! Grants that a vendor stops to tell while a plan is carried out, though nobody changes them.
//!
//! # Design
//! A vendor tells no grant that equals what the account gives by default. When a setting of a plan changes the default, what
//! was told before it need not be told afterwards: nothing has moved then. So what is read half way is written as the plan
//! wrote it, for the grants that its steps leave as they are.

use std::collections::BTreeMap;

use super::Step;
use crate::model::{Access, Address, Grant, GrantName, Resource};
use crate::product::Scene;

/// Grants that steps of a plan name and do not change, by whose they are.
#[derive(Debug, Default)]
pub(super) struct Kept(BTreeMap<Address, Vec<(GrantName, Grant)>>);

impl Kept {
    pub(super) fn of<'s>(steps: impl IntoIterator<Item = &'s Step>) -> Self {
        let mut kept = BTreeMap::new();
        for side in steps.into_iter().flat_map(Step::sides) {
            let Some(Resource::Access(before)) = side.before else {
                continue;
            };
            let is_kept = |name: &GrantName, grant: &Grant| match side.after {
                Some(Resource::Access(after)) => after.grants.get(name) == Some(grant),
                _ => true,
            };
            let grants = before.grants.iter().filter(|(name, it)| is_kept(name, it));
            let grants: Vec<_> = grants.map(|(name, it)| (name.clone(), *it)).collect();
            if !grants.is_empty() {
                kept.insert(side.address.clone(), grants);
            }
        }
        Self(kept)
    }

    /// Whose grants these are.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.0.keys()
    }

    /// What was read, as the plan writes it: with the grants that are not told because they are the default by now.
    pub(super) fn as_planned(
        &self,
        address: &Address,
        mut read: Access,
        now: &Scene<'_>,
    ) -> Access {
        for (name, grant) in self.0.get(address).into_iter().flatten() {
            let default = now.grant_default(name).unwrap_or(Grant::None);
            if default == *grant && read.grants.get(name).is_none() {
                read.grants.insert(name.clone(), *grant);
            }
        }
        read
    }
}
