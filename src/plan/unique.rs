//! Values that only one thing may have: one gives a value up before another takes it.
//!
//! # Design
//! Each such value is a unit of which there is one (see `limits`): whoever has it uses it up. So chains get their order as
//! full pools do, and things that want each other's values wait for each other, which refuses the plan with both lines.
//! Making a thing anew does not help it: it needs its new value in the same step that gives the old one up.

use std::collections::BTreeMap;

use super::diff::Scope;
use super::limits::{Counted, Limit, ceiling};
use super::{Side, Step};
use crate::model::{Address, Kind, Resource, ResourceId};
use crate::product::{Constraint, Identity, Level, Unique};
use crate::text::Word;

/// A field whose values only one thing of a kind may have.
struct Rule<'a> {
    kind: &'a Word,
    field: &'a Word,
    /// Whether addresses of people with access count too.
    with_people: bool,
}

/// The limits of one account, one for each value that steps give up or take.
pub(super) fn limits(scope: Scope<'_>, steps: &[Step]) -> Vec<Limit> {
    let rules = rules(scope);
    let limits = rules.iter().flat_map(|rule| rule.limits(scope, steps));
    limits.collect()
}

fn rules(scope: Scope<'_>) -> Vec<Rule<'_>> {
    let mut rules = Vec::new();
    for (kind, object) in scope.product.objects.iter() {
        for (field, rule) in object.fields.iter() {
            let unique = rule.unique.unwrap_or(Unique::No);
            let of_constraint = || {
                let mut constraints = scope.product.constraints.iter();
                constraints.any(|(_, it)| match it {
                    Constraint::Unique(it) => {
                        it.level != Some(Level::Warn)
                            && it.objects.as_ref().is_some_and(|it| it.value == kind.value)
                            && it.field.value == field.value
                    }
                    _ => false,
                })
            };
            if unique != Unique::No || of_constraint() {
                rules.push(Rule {
                    kind: &kind.value,
                    field: &field.value,
                    with_people: unique == Unique::Account
                        && scope.product.user.identity.value == Identity::Email,
                });
            }
        }
    }
    rules
}

impl Rule<'_> {
    fn limits(&self, scope: Scope<'_>, steps: &[Step]) -> Vec<Limit> {
        let mut values: BTreeMap<String, Counted> = BTreeMap::new();
        // What is there until the billing cycle ends gives nothing up.
        let all = steps.iter().enumerate();
        for (at, step) in all.filter(|(_, it)| !it.lingers(scope.product)) {
            for Side {
                address,
                before,
                after,
            } in step.sides()
            {
                let former = step
                    .renamed_from
                    .as_ref()
                    .filter(|_| *address == step.address);
                let before = self.value(scope, former.unwrap_or(address), before.as_ref());
                let after = self.value(scope, address, after.as_ref());
                if before == after {
                    continue;
                }
                for (value, by) in [(before, -1), (after, 1)] {
                    if let Some(value) = value {
                        values.entry(value).or_default().changes.push((at, by));
                    }
                }
            }
        }
        if values.is_empty() {
            return Vec::new();
        }
        for (address, entry) in scope.observation.state.of_account(scope.name) {
            let value = self.value(scope, address, Some(&entry.resource));
            if let Some(counted) = value.and_then(|it| values.get_mut(&it)) {
                counted.now += 1;
            }
        }
        let mut gaps = scope.observation.gaps.iter();
        let rests_on = gaps.position(|gap| {
            gap.hides_objects(self.kind) || (self.with_people && gap.kind == Kind::Access)
        });
        let limits = values.into_values().map(|counted| {
            let counted = Counted {
                rests_on,
                ..counted
            };
            ceiling(1, counted)
        });
        // What one step takes that nothing has is not in any other step's way.
        let is_wanted = |limit: &Limit| {
            let most: i64 = limit.uses.iter().map(|(_, units)| units.max(&0)).sum();
            limit.slack < most
        };
        limits.filter(is_wanted).collect()
    }

    /// The value that a thing has, as it is compared.
    fn value(
        &self,
        scope: Scope<'_>,
        address: &Address,
        resource: Option<&Resource>,
    ) -> Option<String> {
        match (&address.resource, resource?) {
            (ResourceId::Object { kind, .. }, Resource::Object(object))
                if kind.as_str() == self.kind.as_str() =>
            {
                let value = scope.product.field(kind, object, self.field)?;
                Some(value.to_string().to_lowercase())
            }
            (ResourceId::Access(subject), Resource::Access(_)) if self.with_people => {
                Some(subject.as_str().to_lowercase())
            }
            _ => None,
        }
    }
}
