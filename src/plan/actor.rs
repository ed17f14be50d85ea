//! What a product says with an expression about whoever acts: constraints of type `cel` that look at `actor`.
//!
//! # Design
//! Who acts is known of a step and not of what the files want, so such a constraint is asked of each step: of what an access
//! or an object shall be, or was before it is removed. Where it does not hold, somebody else must do the step, as where a
//! constraint of type `actor` forbids it. Where it cannot be said it forbids nothing, and this is told.

use super::diff::Scope;
use super::family::Kin;
use super::scenes::Scenes;
use super::{How, Step};
use crate::model::{Access, Actor, Finding, Resource, ResourceId};
use crate::product::{CannotBeSaid, CelRule, Constraint, Level, LookedAt, Product};

/// Why somebody with this access may not do a step, in the definition's words; `None` if they may, or if it cannot be said.
pub(super) fn refuses(
    scope: Scope<'_>,
    scenes: &Scenes<'_>,
    step: &Step,
    actor: &Access,
) -> Option<String> {
    let mut rules = rules(scope.product);
    let broken =
        rules.find(|rule| matches!(holds(rule, scope, scenes, step, actor), Some(Ok(false))))?;
    Some(broken.text.clone())
}

/// Tells of constraints that could not be asked, once each.
pub(super) fn undecided(kin: &Kin<'_>, steps: &[Step]) -> Vec<Finding> {
    let (scope, scenes) = (kin.scope, &kin.scenes);
    let acting = match &scope.observation.actor {
        Actor::Person { subject, .. } => {
            let address = crate::model::Address::access(scope.name, subject);
            match scope.observation.state.resource(&address) {
                Some(Resource::Access(access)) => Some(access.clone()),
                _ => None,
            }
        }
        Actor::Service { .. } | Actor::Unknown => None,
    };
    let findings = rules(scope.product).filter_map(|rule| {
        let asked = steps
            .iter()
            .filter(|it| it.how == How::Api && it.address.account == *scope.name)
            .find_map(|step| {
                // Asked with nobody's access: whether it is about the step at all.
                let access = acting.clone().unwrap_or_default();
                let answer = holds(rule, scope, scenes, step, &access)?;
                (answer.is_err() || acting.is_none()).then_some(step)
            })?;
        Some(Finding {
            address: asked.address.clone(),
            text: format!(
                "it cannot be decided whether whoever acts here may do this: {}",
                rule.text
            ),
        })
    });
    findings.collect()
}

fn rules(product: &Product) -> impl Iterator<Item = &CelRule> {
    product.constraints.iter().filter_map(|(_, it)| match it {
        Constraint::Cel(rule) if rule.must.looks_at("actor") && rule.level != Some(Level::Warn) => {
            Some(rule)
        }
        _ => None,
    })
}

/// Whether a constraint holds of a step; `None` if it is not about such steps.
fn holds(
    rule: &CelRule,
    scope: Scope<'_>,
    scenes: &Scenes<'_>,
    step: &Step,
    actor: &Access,
) -> Option<Result<bool, CannotBeSaid>> {
    let thing = step.after.as_ref().or(step.before.as_ref())?;
    let looked_at = match (rule.on.value.as_str(), &step.address.resource, thing) {
        ("account", ..) => LookedAt::Account,
        ("access", ResourceId::Access(subject), Resource::Access(access)) => {
            let entry = scope.desired.state.get(&step.address);
            let absence = || scope.desired.absences.get(&step.address)?.user.as_ref();
            let user = entry.and_then(|it| it.user.as_ref()).or_else(absence);
            let person = user.and_then(|key| Some((key.as_str(), scope.desired.people.get(key)?)));
            LookedAt::Access {
                access,
                standing: scenes.then.standing(subject),
                person,
                state: "active",
            }
        }
        (on, ResourceId::Object { kind, name }, Resource::Object(object))
            if on.strip_prefix("object:") == Some(kind.as_str()) =>
        {
            LookedAt::Object { kind, name, object }
        }
        _ => return None,
    };
    Some(scenes.then.holds_by(&rule.must, looked_at, Some(actor)))
}
