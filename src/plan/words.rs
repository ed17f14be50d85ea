//! The operations that a step falls under, by their words in definitions.
//!
//! # Design
//! - `KIND.ACTION.PART` comes before `KIND.ACTION`. An owned object begins with its kind's name.
//! - Giving an access sets parts of it too: a part that has an operation of its own for changes only falls under that, since
//!   the screen that adds people then does not have it.
//! - Whether a setting or a quantity was there before is an accident of what was read: `create` falls under `update` too. A
//!   quantity that grows falls under `seats.raise`, one that shrinks under `seats.lower`.
//! - An object of which a field changes that `change: replace` is about is removed and made anew: both operations, in this
//!   order, in one step, since between the two there is nothing that anything else could wait for.

use super::Step;
use super::scenes::Scenes;
use crate::model::{Action, Field, Grant, Resource, ResourceId, Value};
use crate::product::{ChangeHow, Operation, Product};

/// One part of a step and the operations that it can fall under, the most specific first.
pub(super) struct Part {
    /// Which of the step's differences; all of them for `None`.
    pub difference: Option<usize>,
    pub words: Vec<String>,
}

/// The parts of a step: one for each difference that can have an operation of its own; never empty.
pub(super) fn parts(step: &Step, product: &Product) -> Vec<Part> {
    let action = step.action.word();
    let whole = |words: Vec<String>| {
        vec![Part {
            difference: None,
            words,
        }]
    };
    match &step.address.resource {
        ResourceId::Access(_) if step.other.is_some() => whole(vec!["access.transfer".to_owned()]),
        ResourceId::Access(_) if matches!(step.action, Action::Create | Action::Update) => {
            let parts = step.differences.iter().enumerate();
            let parts: Vec<Part> = parts
                .map(|(at, it)| access_part(step, at, &it.field))
                .collect();
            match parts.is_empty() {
                true => whole(vec![format!("access.{action}")]),
                false => parts,
            }
        }
        ResourceId::Setting(name) => whole(with_update("setting", &[name], step.action)),
        ResourceId::Seats(pool) => {
            let element = product
                .pools
                .iter()
                .find(|(_, it)| it.each.iter().any(|word| word.value == pool.as_str()));
            let mut names = vec![pool.as_str()];
            names.extend(element.map(|(name, _)| name.value.as_str()));
            let ways = [
                ("raise", grows(step)),
                ("lower", lowers(step) || !grows(step)),
            ];
            let ways = ways.iter().filter(|it| it.1);
            let part = |(way, _): &(&str, bool)| {
                let mut words = named("seats", way, &names);
                words.extend(with_update("seats", &names, step.action));
                Part {
                    difference: None,
                    words,
                }
            };
            ways.map(part).collect()
        }
        ResourceId::Object { kind, .. } if is_replaced(step, product) => {
            let words = |action: &str| Part {
                difference: None,
                words: vec![format!("{kind}.{action}")],
            };
            vec![words("remove"), words("create")]
        }
        ResourceId::Object { kind, .. } if step.action == Action::Update => {
            let parts = step.differences.iter().enumerate();
            let parts = parts.map(|(at, it)| Part {
                difference: Some(at),
                words: match &it.field {
                    Field::Object(name) => named(kind, "update", &[name]),
                    _ => vec![format!("{kind}.update")],
                },
            });
            parts.collect()
        }
        ResourceId::Object { kind, .. } => whole(vec![format!("{kind}.{action}")]),
        _ => whole(vec![format!("{}.{action}", step.address.kind().word())]),
    }
}

/// Every operation that a step falls under, each once.
pub(super) fn words(step: &Step, product: &Product) -> Vec<String> {
    let mut words: Vec<String> = parts(step, product)
        .into_iter()
        .flat_map(|it| it.words)
        .collect();
    // What gives access sets its parts, but is not a change of them.
    if step.action == Action::Create && matches!(step.address.resource, ResourceId::Access(_)) {
        words.retain(|it| !it.starts_with("access.update"));
        words.push("access.create".to_owned());
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// The operations of the definition that carry a step out, in the order of the definition, each with the differences that
/// fall under it.
pub(super) fn operations<'p>(
    step: &Step,
    product: &'p Product,
) -> Vec<(&'p str, &'p Operation, Vec<usize>)> {
    let mut found: Vec<(usize, &str, &Operation, Vec<usize>)> = Vec::new();
    let replaced = is_replaced(step, product);
    for part in parts(step, product) {
        let defined = part.words.iter().find_map(|word| {
            let all = product.operations.iter().enumerate();
            let mut all = all.map(|(at, (name, operation))| (at, name.value.as_str(), operation));
            all.find(|(_, name, _)| name == word)
        });
        let Some((at, name, operation)) = defined else {
            continue;
        };
        let differences = match part.difference {
            Some(difference) => vec![difference],
            None if replaced && name.ends_with(".remove") => Vec::new(),
            None => (0..step.differences.len()).collect(),
        };
        match found.iter_mut().find(|it| it.0 == at) {
            Some(same) => same.3.extend(differences),
            None => found.push((at, name, operation, differences)),
        }
    }
    if !replaced {
        found.sort_by_key(|it| it.0);
    }
    found
        .into_iter()
        .map(|(_, name, it, differences)| (name, it, differences))
        .collect()
}

/// Whether a state can follow from these differences: taking a right to an add-on away leads to none.
pub(super) fn gives(step: &Step, differences: &[usize], scenes: &Scenes<'_>) -> bool {
    let Some(Resource::Access(access)) = &step.after else {
        return true;
    };
    let takes = |at: &usize| match &step.differences[*at].field {
        Field::Grant(name) => scenes.then.grant(access, name) != Some(Grant::Access),
        _ => false,
    };
    differences.is_empty() || !differences.iter().all(takes)
}

/// Whether an object is removed and made anew instead of being changed in place.
pub(super) fn is_replaced(step: &Step, product: &Product) -> bool {
    let ResourceId::Object { kind, .. } = &step.address.resource else {
        return false;
    };
    let Some(rules) = product
        .objects
        .get(kind)
        .filter(|_| step.action == Action::Update)
    else {
        return false;
    };
    step.differences.iter().any(|it| match &it.field {
        Field::Object(name) => {
            let rule = rules.fields.get(name);
            it.before.is_some() && rule.is_some_and(|it| it.change == Some(ChangeHow::Replace))
        }
        _ => false,
    })
}

fn access_part(step: &Step, at: usize, field: &Field) -> Part {
    let name = match field {
        Field::Roles => "role",
        Field::Option(name) => name.as_str(),
        Field::Grant(name) => name.as_str(),
        _ => "",
    };
    let words = match step.action {
        // Nobody is there without a role, so giving one is what creates.
        Action::Create if *field == Field::Roles => {
            vec!["access.create.role".to_owned(), "access.create".to_owned()]
        }
        Action::Create => vec![
            format!("access.create.{name}"),
            format!("access.update.{name}"),
            "access.create".to_owned(),
        ],
        _ => named("access", "update", &[name]),
    };
    Part {
        difference: Some(at),
        words,
    }
}

fn named(kind: &str, action: &str, names: &[&str]) -> Vec<String> {
    let named = names.iter().map(|name| format!("{kind}.{action}.{name}"));
    named.chain([format!("{kind}.{action}")]).collect()
}

fn with_update(kind: &str, names: &[&str], action: Action) -> Vec<String> {
    let mut words = named(kind, action.word(), names);
    if action == Action::Create {
        words.extend(named(kind, "update", names));
    }
    words
}

/// Whether some of a quantity is cancelled, of a pool or in a setting.
pub(super) fn lowers(step: &Step) -> bool {
    match (&step.before, &step.after) {
        (Some(Resource::Seats(before)), Some(Resource::Seats(after))) => {
            before.change_to(after).1.seats() > 0
        }
        (
            Some(Resource::Setting(Value::Count(before))),
            Some(Resource::Setting(Value::Count(after))),
        ) => after < before,
        (Some(Resource::Seats(_)), None) => true,
        _ => false,
    }
}

/// Whether some of a quantity is bought: of lots, it may be that others are cancelled.
pub(super) fn grows(step: &Step) -> bool {
    match (&step.before, &step.after) {
        (Some(Resource::Seats(before)), Some(Resource::Seats(after))) => {
            before.change_to(after).0.seats() > 0
        }
        (before, _) => before.is_none(),
    }
}
