//! What a person does for a step, screen by screen, in the vendor's words.

use super::scenes::Scenes;
use super::{Input, Instruction, Step, transitions, words};
use crate::model::{Access, Field, Quantity, Resource, ResourceId};
use crate::product::{Operation, Product};

/// One visit to a screen for each operation that a step falls under, in the order of the definition; empty if the
/// definition names none.
pub(super) fn instructions(step: &Step, scenes: &Scenes<'_>) -> Vec<Instruction> {
    let product = scenes.now.product;
    let mut operations = words::operations(step, product);
    transitions::arrange(&mut operations, step, scenes);
    let mut all: Vec<Instruction> = operations
        .iter()
        .map(|(name, operation, differences)| {
            instruction(name, operation, differences, step, scenes)
        })
        .collect();
    let prepare = preparations(step, scenes);
    match all.first_mut() {
        Some(first) => first.prepare.splice(0..0, prepare).for_each(drop),
        None if !prepare.is_empty() => all.push(Instruction {
            prepare,
            ..Instruction::default()
        }),
        None => {}
    }
    all
}

/// What must be done elsewhere before a step, as sentences.
pub(super) fn preparations(step: &Step, scenes: &Scenes<'_>) -> Vec<String> {
    let product = scenes.now.product;
    if product.preparations.is_empty() {
        return Vec::new();
    }
    let words = words::words(step, product);
    let preparations = product.preparations.iter().map(|(_, it)| it);
    let meant = preparations.filter(|it| transitions::is_meant(&it.upon, step, &words, scenes));
    let text = meant.map(|it| match &it.path {
        Some(path) => format!("{} ({path})", it.text),
        None => it.text.clone(),
    });
    text.collect()
}

fn instruction(
    name: &str,
    operation: &Operation,
    differences: &[usize],
    step: &Step,
    scenes: &Scenes<'_>,
) -> Instruction {
    let product = scenes.now.product;
    let mut set = operation.set.0.clone();
    let mut note = operation.note.0.clone();
    if let (ResourceId::Object { name: object, .. }, true) = (
        &step.address.resource,
        name.ends_with(".create") || name.ends_with(".rename"),
    ) {
        set.push(format!("name: {object}"));
    }
    if let Some(both) = of_both(step, scenes) {
        set.extend(both);
    }
    for at in differences.iter().filter(|_| step.other.is_none()) {
        let field = &step.differences[*at].field;
        if !name.ends_with(".remove") {
            set.extend(line(field, step, scenes));
        }
        note.extend(sentence(field, step, product));
    }
    if operation.keep == Some(true) {
        note.extend(to_keep(step, scenes));
    }
    // What the files say is not asked for.
    let is_written = |name: &str| matches!(&step.after, Some(Resource::Object(it)) if it.fields.get(name).is_some());
    let mut inputs: Vec<Input> = (operation.inputs.iter())
        .filter(|(name, _)| !is_written(&name.value))
        .map(|(name, it)| Input {
            name: name.value.as_str().to_owned(),
            text: it.text.clone(),
            secret: it.secret == Some(true),
        })
        .collect();
    // Where the new thing waits for somebody, they give these, and are asked when it is over.
    if name.ends_with(".create") && operation.then.is_none() {
        inputs.extend(later(step, product).filter(|it| {
            let written = operation.inputs.get(&it.name);
            written.is_none()
        }));
    }
    Instruction {
        operation: name.to_owned(),
        by: operation.by.clone(),
        path: operation.path.clone(),
        also: operation.also.clone(),
        prepare: operation.prepare.0.clone(),
        set,
        confirm: operation.confirm.clone(),
        note,
        inputs,
    }
}

/// What to set for each of the two people between whom a role is handed on.
fn of_both(step: &Step, scenes: &Scenes<'_>) -> Option<Vec<String>> {
    let other = step.other.as_deref()?;
    let of_other = Step {
        address: other.address.clone(),
        before: other.before.clone(),
        after: other.after.clone(),
        differences: other.differences.clone(),
        other: None,
        ..step.clone()
    };
    let sides = [step, &of_other];
    let lines = sides.into_iter().flat_map(|side| {
        let lines = side.differences.iter();
        let lines = lines.filter_map(|it| line(&it.field, side, scenes));
        let who = side.address.subject();
        lines.map(move |it| match who {
            Some(who) => format!("{who}: {it}"),
            None => it,
        })
    });
    Some(lines.collect())
}

/// What a screen that offers to do it to all objects of a kind must leave as it is.
fn to_keep(step: &Step, scenes: &Scenes<'_>) -> Option<String> {
    let ResourceId::Object { kind, .. } = &step.address.resource else {
        return None;
    };
    let kept = scenes.then.objects().get(kind)?;
    let names: Vec<_> = kept.keys().map(ToString::to_string).collect();
    (!names.is_empty()).then(|| format!("keep {}", names.join(", ")))
}

/// Fields of a new object that a third party gives later.
fn later<'a>(step: &'a Step, product: &'a Product) -> impl Iterator<Item = Input> + 'a {
    let kind = match &step.address.resource {
        ResourceId::Object { kind, .. } => product.objects.get(kind),
        _ => None,
    };
    let is_known = |name: &str| matches!(&step.after, Some(Resource::Object(it)) if it.fields.get(name).is_some());
    let fields = kind.into_iter().flat_map(|it| it.fields.iter());
    let fields =
        fields.filter(move |(name, rule)| rule.later == Some(true) && !is_known(&name.value));
    fields.map(|(name, rule)| Input {
        name: name.value.as_str().to_owned(),
        text: rule
            .text
            .clone()
            .unwrap_or_else(|| "given by a third party".to_owned()),
        secret: false,
    })
}

/// `FIELD: value`, in the vendor's words where the definition has them; `None` for what is not set on a screen.
fn line(field: &Field, step: &Step, scenes: &Scenes<'_>) -> Option<String> {
    let product = scenes.then.product;
    let difference = step.differences.iter().find(|it| it.field == *field)?;
    let after = |otherwise: &str| {
        difference
            .after
            .clone()
            .unwrap_or_else(|| otherwise.to_owned())
    };
    match field {
        Field::Roles => {
            let title = |role: &crate::model::RoleName| {
                let title = product.role(role).and_then(|it| it.title.clone());
                title.unwrap_or_else(|| role.as_str().to_owned())
            };
            let roles = access(step)?.roles.iter().map(title).collect::<Vec<_>>();
            let roles = if roles.is_empty() {
                "none".to_owned()
            } else {
                roles.join(", ")
            };
            Some(format!("role: {roles}"))
        }
        Field::Option(name) => {
            let rule = product.options.get(name)?;
            let title = rule.title.as_deref().unwrap_or(name);
            let value = access(step)?.options.get(name);
            let value = value.or_else(|| product.option_default(name));
            let word = value.map(|it| rule.vendor_word(&it.to_string()));
            Some(format!(
                "{title}: {}",
                word.unwrap_or_else(|| after("none"))
            ))
        }
        Field::Grant(name) => {
            let rule = product.grants.get(name)?;
            let title = rule.title.as_deref().unwrap_or(name);
            let grant = scenes.then.grant(access(step)?, name)?;
            Some(format!("{title}: {}", rule.vendor_word(grant.word())))
        }
        Field::Object(name) => {
            let rule = match &step.address.resource {
                ResourceId::Object { kind, .. } => {
                    product.objects.get(kind).and_then(|it| it.fields.get(name))
                }
                _ => None,
            };
            let title = rule.and_then(|it| it.title.as_deref()).unwrap_or(name);
            let value = after("none");
            let word = rule.and_then(|it| it.words.get(&value)).unwrap_or(&value);
            Some(format!("{title}: {word}"))
        }
        Field::Whole => match &step.address.resource {
            ResourceId::Setting(name) => {
                let rule = product.settings.get(name)?;
                Some(format!("{name}: {}", rule.vendor_word(&after("none"))))
            }
            ResourceId::Seats(pool) => Some(format!("{pool}: {}{}", after("0"), in_lots(step))),
            _ => None,
        },
        Field::Parent | Field::Lead => None,
    }
}

/// What is bought and cancelled of lots, by size; nothing for what is not in lots.
fn in_lots(step: &Step) -> String {
    let (Some(Resource::Seats(before)), Some(Resource::Seats(after))) = (&step.before, &step.after)
    else {
        return String::new();
    };
    match before.change_to(after).0 {
        Quantity::Lots(_) => format!(" ({})", before.words_to(after)),
        Quantity::Number(_) => String::new(),
    }
}

/// What the new value of an option means.
fn sentence(field: &Field, step: &Step, product: &Product) -> Option<String> {
    let Field::Option(name) = field else {
        return None;
    };
    let rule = product.options.get(name)?;
    let value = access(step)?.options.get(name);
    let value = value.or_else(|| product.option_default(name))?;
    rule.text_when.get(&value.to_string()).cloned()
}

fn access(step: &Step) -> Option<&Access> {
    match &step.after {
        Some(Resource::Access(access)) => Some(access),
        _ => None,
    }
}
