//! No two things of an account have the same value, where a product says so.

use std::collections::BTreeMap;

use super::facts::{DesiredFacts, PlanFacts};
use super::moment::Moment;
use super::wording::{at, at_each, broken, person};
use super::{Check, Rule};
use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use crate::model::{Field, Kind, ResourceId, Value};
use crate::product::{Constraint, Identity, Level, Unique, UniqueRule};
use crate::text::{Span, Word};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE014",
        name: "not-unique",
        severity: Severity::Error,
        doc: r#"
### What it means
Two things that an account owns have the same value of a field, or two people the same address, where the product wants each to
have its own.

### Why
The vendor refuses the second one, or hands the first one's place to it.

### Example
```yaml bad
accounts:
  acme-rooms:
    product: rooms
    rooms:
      small: {code: "1"}
      large: {code: "1"}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    objects:
      rooms: {fields: {code: {type: text, unique: true}}}
```
```yaml good
accounts:
  acme-rooms:
    product: rooms
    rooms:
      small: {code: "1"}
      large: {code: "2"}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    objects:
      rooms: {fields: {code: {type: text, unique: true}}}
```

### What to do
Give each of the things that the message shows a value of its own.
"#,
    },
    since: "0.1",
    check: Check::Both(check, check_outcome),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (kind, rules) in facts.product.objects.iter() {
        for (field, rule) in rules.fields.iter() {
            let unique = rule.unique.unwrap_or(Unique::No);
            if unique == Unique::No {
                continue;
            }
            let mut found = of_objects(facts, &kind.value, &field.value);
            if unique == Unique::Account {
                found.extend(addresses(facts, |_| true));
            }
            for (value, places) in repeated(found) {
                let message = format!(
                    "\"{}\" of the {} of \"{}\" is \"{value}\" {} times",
                    field.value,
                    kind.value,
                    facts.name,
                    places.len()
                );
                let diagnostic = at_each(Diagnostic::new(&RULE.code, message), places);
                sink.push(diagnostic.help("each needs its own"));
            }
        }
    }
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::Unique(rule) = constraint else {
            continue;
        };
        for (value, places) in repeated(of_rule(facts, rule)) {
            let message = format!("\"{value}\" on \"{}\": {}", facts.name, rule.text);
            let diagnostic =
                broken(&RULE.code, &facts.account.product, name, constraint, message);
            let diagnostic = at_each(diagnostic, places).help("each needs its own");
            sink.push(at(diagnostic, Some(name.span), "the product's rule"));
        }
    }
}

/// The same over what a plan leaves behind: what the files do not say of a thing stays as it is.
fn check_outcome(facts: &PlanFacts<'_>, sink: &mut Sink) {
    if !facts.steps.iter().any(|step| matches!(step.address.kind(), Kind::Object | Kind::Access)) {
        return;
    }
    for (kind, rules) in facts.product.objects.iter() {
        for (field, rule) in rules.fields.iter() {
            let unique = rule.unique.unwrap_or(Unique::No);
            let mut constraints = facts.product.constraints.iter();
            let is_ruled = constraints.any(|(_, it)| {
                matches!(it, Constraint::Unique(it) if it.level != Some(Level::Warn)
                    && it.objects.as_ref().is_some_and(|it| it.value == kind.value)
                    && it.field.value == field.value)
            });
            if unique == Unique::No && !is_ruled {
                continue;
            }
            let with_people = unique == Unique::Account
                && facts.product.user.identity.value == Identity::Email;
            let values = |at: &Moment<'_>| values_of(at, &kind.value, &field.value, with_people);
            let (before, wanted) = (values(&facts.before), values(&facts.wanted()));
            for (value, names) in values(&facts.after) {
                let count = |of: &Values| of.get(&value).map_or(0, Vec::len);
                // What the files themselves say twice is told where it is written.
                if names.len() < 2 || count(&before) >= names.len() || count(&wanted) > 1 {
                    continue;
                }
                let message = format!(
                    "after this plan \"{}\" of the {} of \"{}\" is \"{value}\" {} times: {}",
                    field.value,
                    kind.value,
                    facts.name,
                    names.len(),
                    names.join(", ")
                );
                let takes = facts.steps.iter().filter(|step| {
                    let name = match &step.address.resource {
                        ResourceId::Object { name, .. } => name.as_str(),
                        _ => step.address.subject().map_or("", |it| it.as_str()),
                    };
                    names.iter().any(|it| it == name)
                });
                let lines = takes.map(|step| (facts.line(step), step.address.to_string()));
                let diagnostic = at_each(Diagnostic::new(&RULE.code, message), lines);
                sink.push(diagnostic.help(
                    "a field that is not written stays as it is: write another value for the one that has it now",
                ));
            }
        }
    }
}

/// Who has each value, by value.
type Values = BTreeMap<String, Vec<String>>;

fn values_of(at: &Moment<'_>, kind: &str, field: &Word, with_people: bool) -> Values {
    let mut values = Values::new();
    let objects = at.scene.objects().get(kind).into_iter().flatten();
    for (name, object) in objects {
        if let Some(value) = at.scene.product.field(kind, object, field) {
            let value = value.to_string().to_lowercase();
            values.entry(value).or_default().push(name.to_string());
        }
    }
    for (subject, _) in at.people.iter().filter(|_| with_people) {
        let value = subject.as_str().to_lowercase();
        values.entry(value).or_default().push(subject.to_string());
    }
    values
}

/// A value with the line and the name of what has it.
type Found = Vec<(String, (Option<Span>, String))>;

fn of_rule(facts: &DesiredFacts<'_>, rule: &UniqueRule) -> Found {
    match &rule.objects {
        Some(kind) => of_objects(facts, &kind.value, &rule.field.value),
        None => addresses(facts, |holder| {
            (rule.across.as_ref()).is_none_or(|it| facts.selects(it, holder))
        }),
    }
}

fn of_objects(facts: &DesiredFacts<'_>, kind: &str, field: &Word) -> Found {
    let objects = facts.objects_of(kind);
    let found = objects.filter_map(|(name, object, entry)| {
        let value = facts.product.field(kind, object, field)?;
        let text = match value {
            Value::Word(word) => word.as_str().to_lowercase(),
            other => other.to_string(),
        };
        let span = entry.origin(&Field::Object(field.clone()));
        Some((text, (span, name.to_string())))
    });
    found.collect()
}

fn addresses(
    facts: &DesiredFacts<'_>,
    is_meant: impl Fn(&super::facts::Holder<'_>) -> bool,
) -> Found {
    let people = facts.people.iter().filter(|it| is_meant(it));
    let found = people.filter_map(|holder| {
        let user = holder.entry.user.as_ref()?;
        let email = facts.desired.people.get(user)?.email.as_ref()?;
        let span = holder.entry.origin(&Field::Whole);
        Some((email.as_str().to_lowercase(), (span, person(holder))))
    });
    found.collect()
}

fn repeated(found: Found) -> impl Iterator<Item = (String, Vec<(Option<Span>, String)>)> {
    let mut by_value: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (value, place) in found {
        by_value.entry(value).or_default().push(place);
    }
    by_value.into_iter().filter(|(_, places)| places.len() > 1)
}
