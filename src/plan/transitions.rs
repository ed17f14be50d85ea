//! Which steps a definition means: those for which everything that a transition says holds.

use super::scenes::Scenes;
use super::{Side, Step, words};
use crate::model::{Access, Field, Grant, Resource, ResourceId};
use crate::product::{Operation, Product, Selector, Transition, value_is};
use crate::text::{Spanned, Word};

/// Whether a step is one of those meant. What a transition says about overflow is left to the arithmetic.
pub(super) fn is_meant(
    transition: &Transition,
    step: &Step,
    words: &[String],
    scenes: &Scenes<'_>,
) -> bool {
    let product = scenes.now.product;
    let mut operations = transition.operation.0.iter();
    let is_operation = transition.operation.0.is_empty()
        || operations.any(|it| words.iter().any(|word| it.value == word.as_str()));
    is_operation
        && changes_part(transition, step, scenes)
        && (transition.before.as_ref()).is_none_or(|it| is_before(it, step, scenes))
        && (transition.access.as_ref()).is_none_or(|it| is_after(it, step, scenes))
        && (transition.setting.as_ref()).is_none_or(|it| sets(it, transition, step, product))
}

/// Whether the option or the grant that is named changes, and to one of the values that are named.
fn changes_part(transition: &Transition, step: &Step, scenes: &Scenes<'_>) -> bool {
    let product = scenes.now.product;
    if let Some(option) = &transition.option {
        let mut changed = step.differences.iter();
        let is_changed = changed
            .any(|it| matches!(&it.field, Field::Option(name) if option.value == name.as_str()));
        let becomes = |access: &Access| match &transition.to {
            None => true,
            Some(values) => values.0.iter().any(|wanted| match wanted.value.as_str() {
                "any" => product.option_is_set(access, &option.value),
                word => {
                    let value = access.options.get(option.value.as_str());
                    let value = value.or_else(|| product.option_default(&option.value));
                    value.is_some_and(|it| value_is(it, word))
                }
            }),
        };
        if !is_changed || !accesses(step).any(|(_, after)| after.is_none_or(becomes)) {
            return false;
        }
    }
    let Some(grant) = &transition.grant else {
        return true;
    };
    let becomes = |now: Option<Grant>, then: Option<Grant>| {
        let mut wanted = transition.to.iter().flat_map(|it| &it.0).peekable();
        let is_any = wanted.peek().is_none();
        let word = then.map(Grant::word);
        now != then && (is_any || wanted.any(|it| Some(it.value.as_str()) == word))
    };
    if let ResourceId::Setting(_) = &step.address.resource {
        let name = &grant.value;
        return becomes(
            scenes.now.grant_default(name),
            scenes.then.grant_default(name),
        );
    }
    accesses(step).any(|(before, after)| {
        let now = before.and_then(|it| scenes.now.grant(it, &grant.value));
        let then = after.and_then(|it| scenes.then.grant(it, &grant.value));
        // Nobody who is not there has it.
        becomes(now.or(Some(Grant::None)), then.or(Some(Grant::None)))
    })
}

fn sets(setting: &Spanned<Word>, transition: &Transition, step: &Step, product: &Product) -> bool {
    let ResourceId::Setting(name) = &step.address.resource else {
        return false;
    };
    let default = || product.settings.get(name)?.default.as_ref().map(|it| &it.0);
    let value = match &step.after {
        Some(Resource::Setting(value)) => Some(value),
        _ => default(),
    };
    setting.value == name.as_str()
        && (transition.to.as_ref()).is_none_or(|values| {
            let mut values = values.0.iter();
            values.any(|it| value.is_some_and(|value| value_is(value, &it.value)))
        })
}

/// What the accesses are before and after that a step changes.
fn accesses(step: &Step) -> impl Iterator<Item = (Option<&Access>, Option<&Access>)> {
    step.sides()
        .filter_map(|side| match &side.address.resource {
            ResourceId::Access(_) => Some((access(side.before), access(side.after))),
            _ => None,
        })
}

fn access(resource: &Option<Resource>) -> Option<&Access> {
    match resource {
        Some(Resource::Access(access)) => Some(access),
        _ => None,
    }
}

/// Whether an access is meant as it is before; somebody who is not there yet has nothing at all.
fn is_before(selector: &Selector, step: &Step, scenes: &Scenes<'_>) -> bool {
    let nothing = Access::default();
    people(step).any(|(side, subject)| {
        let present = step.renamed_from.as_ref().and_then(|it| it.subject());
        let standing = scenes.now.standing(present.unwrap_or(subject));
        let before = access(side.before).unwrap_or(&nothing);
        scenes.now.selects(selector, before, standing)
    })
}

/// Whether an access is meant as it is afterwards, or before a removal.
fn is_after(selector: &Selector, step: &Step, scenes: &Scenes<'_>) -> bool {
    people(step).any(|(side, subject)| {
        let (access, scene) = match access(side.after) {
            Some(after) => (Some(after), &scenes.then),
            None => (access(side.before), &scenes.now),
        };
        access.is_some_and(|it| scene.selects(selector, it, scene.standing(subject)))
    })
}

fn people(step: &Step) -> impl Iterator<Item = (Side<'_>, &crate::model::Subject)> {
    step.sides()
        .filter_map(|side| match &side.address.resource {
            ResourceId::Access(subject) => Some((side, subject)),
            _ => None,
        })
}

/// Pairs of steps that an order of the definition puts one behind the other: the first needs the second. Of two steps about
/// people only those of the same person are meant.
pub(super) fn orders(steps: &[Step], scenes: &Scenes<'_>) -> Vec<(usize, usize)> {
    let product = scenes.now.product;
    if product.order.is_empty() {
        return Vec::new();
    }
    let words: Vec<Vec<String>> = steps.iter().map(|it| words::words(it, product)).collect();
    let mut needs = Vec::new();
    for (_, order) in product.order.iter() {
        let meant = |transition: &Transition| -> Vec<usize> {
            let steps = steps.iter().enumerate();
            let meant = steps.filter(|(at, it)| is_meant(transition, it, &words[*at], scenes));
            meant.map(|(at, _)| at).collect()
        };
        let (first, then) = (meant(&order.first), meant(&order.then));
        for at in &then {
            let subject = steps[*at].address.subject();
            let before = first.iter().filter(|before| {
                let other = steps[**before].address.subject();
                *before != at && (other.is_none() || subject.is_none() || other == subject)
            });
            needs.extend(before.map(|before| (*at, *before)));
        }
    }
    needs
}

/// Puts the operations of one step into the order that the definition asks for within it: what is changed first on the
/// screens. The order of the definition's operations stays where nothing is asked.
pub(super) fn arrange(
    operations: &mut Vec<(&str, &Operation, Vec<usize>)>,
    step: &Step,
    scenes: &Scenes<'_>,
) {
    let product = scenes.now.product;
    let words = words::words(step, product);
    for (_, order) in product.order.iter() {
        let sides = [&order.first, &order.then];
        if !sides.iter().all(|it| is_meant(it, step, &words, scenes)) {
            continue;
        }
        let [first, then] = sides.map(|side| {
            let mut visits = operations.iter();
            visits.position(|(name, _, differences)| is_about(side, name, differences, step))
        });
        if let (Some(first), Some(then)) = (first, then)
            && first > then
        {
            let visit = operations.remove(first);
            operations.insert(then, visit);
        }
    }
}

/// Whether one operation of a step carries out the part of it that a transition names.
fn is_about(transition: &Transition, name: &str, differences: &[usize], step: &Step) -> bool {
    let mut fields = differences.iter().map(|at| &step.differences[*at].field);
    match (&transition.option, &transition.grant) {
        (Some(option), _) => {
            fields.any(|it| matches!(it, Field::Option(it) if option.value == it.as_str()))
        }
        (None, Some(grant)) => {
            fields.any(|it| matches!(it, Field::Grant(it) if grant.value == it.as_str()))
        }
        (None, None) => {
            let is_role = fields.any(|it| *it == Field::Roles);
            let mut operations = transition.operation.0.iter();
            operations.any(|it| it.value == name || (is_role && it.value.ends_with(".role")))
        }
    }
}
