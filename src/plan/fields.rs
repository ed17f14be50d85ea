//! The parts in which two resources differ, as text for people.

use std::collections::BTreeSet;

use super::Difference;
use crate::model::{Access, Entry, Field, Grant, Object, Resource};
use crate::text::{Place, Sources, Span, inert};

/// The parts that differ between what is there and what shall be, in the order of the fields; empty if nothing differs.
///
/// A part that only one side has has `None` on the other. The place is the line behind the desired part; `otherwise` stands
/// behind parts that no line of the entry asks for.
pub(super) fn differences(
    before: Option<&Resource>,
    after: Option<&Resource>,
    desired: Option<&Entry>,
    otherwise: Option<Span>,
    sources: &Sources,
) -> Vec<Difference> {
    let (before, after) = (parts(before), parts(after));
    let fields: BTreeSet<&Field> = before
        .iter()
        .chain(&after)
        .map(|(field, _)| field)
        .collect();
    let text = |parts: &[(Field, String)], field: &Field| {
        let part = parts.iter().find(|(it, _)| it == field);
        part.map(|(_, text)| text.clone())
    };
    fields
        .into_iter()
        .filter_map(|field| {
            let (before, after) = (text(&before, field), text(&after, field));
            (before != after).then(|| Difference {
                field: field.clone(),
                before,
                after,
                place: place_of(field, desired, otherwise, sources),
            })
        })
        .collect()
}

fn place_of(
    field: &Field,
    desired: Option<&Entry>,
    otherwise: Option<Span>,
    sources: &Sources,
) -> Option<Place> {
    let span = desired.and_then(|it| it.origin(field)).or(otherwise)?;
    Some(sources.place(span))
}

/// The parts of a resource that are set, with their text.
fn parts(resource: Option<&Resource>) -> Vec<(Field, String)> {
    match resource {
        None => Vec::new(),
        Some(Resource::Setting(value)) => vec![(Field::Whole, value.to_string())],
        Some(Resource::Seats(quantity)) => vec![(Field::Whole, quantity.to_string())],
        Some(Resource::Object(object)) => object_parts(object),
        Some(Resource::Team(team)) => team
            .parent
            .iter()
            .map(|parent| (Field::Parent, parent.to_string()))
            .collect(),
        Some(Resource::Access(access)) => access_parts(access),
        Some(Resource::Member(member)) => vec![(Field::Lead, member.lead.to_string())],
    }
}

fn access_parts(access: &Access) -> Vec<(Field, String)> {
    let mut parts = Vec::new();
    if !access.roles.is_empty() {
        let roles: Vec<_> = access.roles.iter().map(|role| inert(role)).collect();
        parts.push((Field::Roles, roles.join(", ")));
    }
    let options = access.options.iter();
    parts.extend(options.map(|(name, value)| (Field::Option(name.clone()), value.to_string())));
    let grants = access.grants.iter();
    parts.extend(grants.map(|(name, grant)| {
        let word = match grant {
            Grant::Access => "access",
            Grant::None => "none",
        };
        (Field::Grant(name.clone()), word.to_owned())
    }));
    parts
}

fn object_parts(object: &Object) -> Vec<(Field, String)> {
    let fields = object.fields.iter();
    fields
        .map(|(name, value)| (Field::Object(name.clone()), value.to_string()))
        .collect()
}
