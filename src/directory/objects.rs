//! What an account owns beside people and teams: made, changed, renamed and removed.

use std::collections::BTreeMap;

use rusqlite::params;
use serde_json::{Value, json};

use super::body::Body;
use super::database;
use super::definition::{Constraint, ObjectKind};
use super::definition::{Definition, FieldRule, denies};
use super::person::{has_fields, words};
use super::problem::Problem;
use super::work::{Permission, Work};
use crate::product::{FieldKind, Pattern};

/// The fields of an owned object, as they are stored and sent: fields at their default left out.
pub(super) type Fields = BTreeMap<String, Value>;

/// An owned object as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) fields: Fields,
    /// The life-cycle state, if it is not "active".
    pub(super) phase: Option<String>,
}

/// What an account owns, by kind and name.
pub(super) type Objects = BTreeMap<(String, String), Stored>;

impl Work<'_> {
    /// Makes an object, or changes it.
    pub(super) fn put_object(
        &mut self,
        kind: &str,
        name: &str,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let rules = kind_of(&definition, kind)?;
        let fields = canonical(rules, body.value()?);
        let key = (kind.to_owned(), name.to_owned());
        let before = self.objects.get(&key).cloned();
        if let Some(same) = before.as_ref().filter(|it| it.fields == fields) {
            return Ok(object_item(kind, name, same));
        }
        let current = before.as_ref().map(|it| &it.fields);
        body.unmoved(current, |it| canonical(rules, it), json!(current))?;
        let action = match before {
            Some(_) => "update",
            None => "create",
        };
        let operation = format!("{kind}.{action}");
        self.permit(&Permission {
            operation: &operation,
            concerns: None,
            roles: Vec::new(),
        })?;
        check_fields(rules, &fields)?;
        if let Some(before) = &before {
            check_immutable(rules, &before.fields, &fields)?;
        }
        let created = definition.operations.get(&format!("{kind}.create"));
        let first = || created.and_then(|it| it.then.clone());
        let is_remade = before
            .as_ref()
            .is_some_and(|it| is_remade(rules, &it.fields, &fields));
        let phase = match &before {
            Some(before) if !is_remade => before.phase.clone(),
            _ => first().filter(|it| self.accept == super::Accept::Manual && it != "active"),
        };
        let stored = Stored { fields, phase };
        self.set_objects(|objects| {
            objects.insert(key, stored.clone());
        })?;
        database::put_object(self.db, self.account.id, kind, name, &stored)?;
        self.changed(&operation, name);
        Ok(object_item(kind, name, &stored))
    }

    /// Removes an object. One that is somebody's role stays.
    pub(super) fn remove_object(
        &mut self,
        kind: &str,
        name: &str,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let rules = kind_of(&definition, kind)?;
        let key = (kind.to_owned(), name.to_owned());
        let before = self.objects.get(&key).cloned();
        let before = before.ok_or_else(|| Problem::not_found("object", name))?;
        body.unmoved(
            Some(&before.fields),
            |it| canonical(rules, it),
            json!(before.fields),
        )?;
        let operation = format!("{kind}.remove");
        self.permit(&Permission {
            operation: &operation,
            concerns: None,
            roles: Vec::new(),
        })?;
        if definition.user.owned_roles.as_deref() == Some(kind)
            && let Some(subject) = database::who_has(self.db, self.account.id, name)?
        {
            let detail = format!("\"{subject}\" still has the role \"{name}\"");
            return Err(Problem::new(409, "in_use", detail));
        }
        self.set_objects(|objects| {
            objects.remove(&key);
        })?;
        self.db
            .prepare_cached("DELETE FROM objects WHERE account = ?1 AND kind = ?2 AND name = ?3")?
            .execute(params![self.account.id, kind, name])?;
        self.changed(&operation, name);
        Ok(json!({"removed": true}))
    }

    /// Gives an object another name. Whoever has it as a role has it under the new name.
    pub(super) fn rename_object(
        &mut self,
        kind: &str,
        from: &str,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let rules = kind_of(&definition, kind)?;
        let to = body.to()?.to_owned();
        let key = (kind.to_owned(), from.to_owned());
        let before = self.objects.get(&key).cloned();
        let before = before.ok_or_else(|| Problem::not_found("object", from))?;
        body.unmoved(
            Some(&before.fields),
            |it| canonical(rules, it),
            json!(before.fields),
        )?;
        if self.objects.contains_key(&(kind.to_owned(), to.clone())) {
            let detail = format!("there is one called \"{to}\" already");
            return Err(Problem::new(409, "conflict", detail));
        }
        let operation = format!("{kind}.rename");
        self.permit(&Permission {
            operation: &operation,
            concerns: None,
            roles: Vec::new(),
        })?;
        let fields = match &body.value {
            Some(_) => canonical(rules, body.value()?),
            None => before.fields.clone(),
        };
        check_fields(rules, &fields)?;
        check_immutable(rules, &before.fields, &fields)?;
        let stored = Stored {
            fields,
            phase: before.phase,
        };
        let id = self.account.id;
        if definition.user.owned_roles.as_deref() == Some(kind) {
            database::rename_role(self.db, id, from, &to)?;
        }
        self.set_objects(|objects| {
            objects.remove(&key);
            objects.insert((kind.to_owned(), to.clone()), stored.clone());
        })?;
        self.db
            .prepare_cached("DELETE FROM objects WHERE account = ?1 AND kind = ?2 AND name = ?3")?
            .execute(params![id, kind, from])?;
        database::put_object(self.db, id, kind, &to, &stored)?;
        self.changed(&operation, format!("{from} -> {to}"));
        Ok(object_item(kind, &to, &stored))
    }

    /// Plays whoever moves an object on: it is active then.
    pub(super) fn activate_object(&mut self, kind: &str, name: &str) -> Result<Value, Problem> {
        let key = (kind.to_owned(), name.to_owned());
        let before = self.objects.get(&key).cloned();
        let before = before.ok_or_else(|| Problem::not_found("object", name))?;
        let stored = Stored {
            fields: before.fields,
            phase: None,
        };
        self.objects.insert(key, stored.clone());
        self.recount()?;
        database::put_object(self.db, self.account.id, kind, name, &stored)?;
        self.changed(&format!("{kind}.activate"), name);
        Ok(object_item(kind, name, &stored))
    }

    /// Changes what the account owns, counts anew, and refuses what breaks a rule or a limit.
    fn set_objects(&mut self, change: impl FnOnce(&mut Objects)) -> Result<(), Problem> {
        let counted = self.tally.clone();
        let before = self.objects.clone();
        change(&mut self.objects);
        check_objects(&self.definition, &before, &self.objects)?;
        self.check_expressions(&before)?;
        self.check_addresses()?;
        self.recount()?;
        self.tally.check(&counted, self.limits())
    }

    /// Refuses objects for which an expression of the product does not hold.
    fn check_expressions(&self, before: &Objects) -> Result<(), Problem> {
        for (name, constraint) in &self.definition.constraints {
            let Constraint::Cel(rule) = constraint else {
                continue;
            };
            let Some(kind) = rule
                .on
                .strip_prefix("object:")
                .filter(|_| denies(rule.level))
            else {
                continue;
            };
            let changed = self
                .objects
                .iter()
                .filter(|(key, stored)| key.0 == kind && before.get(*key) != Some(*stored));
            for ((_, object), stored) in changed {
                let fields = with_defaults(&self.definition, kind, &stored.fields);
                let data = json!({"kind": kind, "name": object, "fields": fields});
                let looked_at = Some(("object", &data));
                if rule.must.says(&self.definition, &self.settings, looked_at) == Some(false) {
                    let problem = Problem::rule("expression", rule.text.clone());
                    return Err(problem.with("constraint", name.clone().into()));
                }
            }
        }
        Ok(())
    }

    /// Refuses an address that is both an object's and a person's, where the product keeps them apart.
    fn check_addresses(&self) -> Result<(), Problem> {
        for (kind, rules) in &self.definition.objects {
            let fields = rules.fields.iter();
            let apart = fields.filter(|(_, it)| it.unique == Some(Value::from("account")));
            for (field, _) in apart {
                let of_kind = self.objects.iter().filter(|((of, _), _)| of == kind);
                for (_, object) in of_kind {
                    let Some(address) = object.fields.get(field).and_then(Value::as_str) else {
                        continue;
                    };
                    let subject = self.definition.fold(address);
                    if database::access(self.db, self.account.id, &subject)?.is_some() {
                        let detail = format!("\"{address}\" is the address of a person here");
                        return Err(Problem::rule("not_unique", detail));
                    }
                }
            }
        }
        Ok(())
    }
}

pub(super) fn object_item(kind: &str, name: &str, stored: &Stored) -> Value {
    json!({
        "kind": kind,
        "name": name,
        "fields": stored.fields,
        "phase": stored.phase.as_deref().unwrap_or("active"),
    })
}

fn kind_of<'d>(definition: &'d Definition, kind: &str) -> Result<&'d ObjectKind, Problem> {
    definition.objects.get(kind).ok_or_else(|| {
        let detail = format!("accounts of this product own no \"{kind}\"");
        Problem::rule("unknown_kind", detail)
    })
}

/// The fields in the one form that they are stored in.
fn canonical(rules: &ObjectKind, fields: Fields) -> Fields {
    let fields = fields.into_iter().map(|(name, value)| {
        let value = match (rules.fields.get(&name).map(|it| it.r#type), value) {
            (Some(FieldKind::Set), Value::Array(mut items)) => {
                items.sort_by_key(ToString::to_string);
                items.dedup();
                Value::Array(items)
            }
            (_, value) => value,
        };
        (name, value)
    });
    fields
        .filter(|(name, value)| {
            let default = rules.fields.get(name).and_then(|it| it.default.as_ref());
            default != Some(value)
        })
        .collect()
}

fn check_fields(rules: &ObjectKind, fields: &Fields) -> Result<(), Problem> {
    for (name, value) in fields {
        let rule = rules.fields.get(name).ok_or_else(|| {
            Problem::rule("unknown_field", format!("there is no field \"{name}\""))
        })?;
        if !is_of(value, rule) {
            let detail = format!("field \"{name}\" takes no {value}");
            return Err(Problem::rule("wrong_value", detail));
        }
    }
    let mut required = rules
        .fields
        .iter()
        .filter(|(_, it)| it.required == Some(true));
    match required.find(|(name, _)| !fields.contains_key(*name)) {
        Some((name, _)) => Err(Problem::rule(
            "missing_field",
            format!("the field \"{name}\" is needed"),
        )),
        None => Ok(()),
    }
}

fn is_of(value: &Value, rule: &FieldRule) -> bool {
    let is_known = |word: &str| rule.values.iter().any(|it| it == word);
    match rule.r#type {
        FieldKind::Switch => value.is_boolean(),
        FieldKind::Count => value.as_u64().is_some_and(|it| it <= u64::from(u32::MAX)),
        FieldKind::Enum => value.as_str().is_some_and(is_known),
        FieldKind::Set => value.as_array().is_some_and(|items| {
            let mut words = items.iter().map(Value::as_str);
            words.all(|it| it.is_some_and(|it| rule.values.is_empty() || is_known(it)))
        }),
        FieldKind::Text => value.as_str().is_some_and(|it| {
            let pattern = rule.pattern.as_ref().and_then(|it| Pattern::new(it).ok());
            pattern.is_none_or(|pattern| pattern.matches(it))
        }),
        FieldKind::User => value.is_string(),
    }
}

/// Whether a field changes that cannot be changed in place, so that the object is removed and made anew.
fn is_remade(rules: &ObjectKind, before: &Fields, after: &Fields) -> bool {
    let mut fields = rules.fields.iter();
    fields.any(|(name, rule)| {
        rule.change.as_deref() == Some("replace")
            && before.contains_key(name)
            && before.get(name) != after.get(name)
    })
}

fn check_immutable(rules: &ObjectKind, before: &Fields, after: &Fields) -> Result<(), Problem> {
    let mut fields = rules
        .fields
        .iter()
        .filter(|(_, it)| it.immutable == Some(true));
    let moved = fields
        .find(|(name, _)| before.contains_key(*name) && before.get(*name) != after.get(*name));
    match moved {
        Some((name, _)) => Err(Problem::rule(
            "immutable",
            format!("the field \"{name}\" cannot be changed"),
        )),
        None => Ok(()),
    }
}

/// Refuses what no two objects, or not so many of them, may be; what was so before may stay.
fn check_objects(
    definition: &Definition,
    before: &Objects,
    after: &Objects,
) -> Result<(), Problem> {
    for (kind, rules) in &definition.objects {
        let unique = |it: &FieldRule| {
            it.unique
                .as_ref()
                .is_some_and(|it| *it != Value::Bool(false))
        };
        for (field, _) in rules.fields.iter().filter(|(_, it)| unique(it)) {
            let repeats = |objects: &Objects| repeated(definition, objects, kind, field);
            if repeats(after) > repeats(before) {
                let detail = format!("two of the {kind} have the same \"{field}\"");
                return Err(Problem::rule("not_unique", detail));
            }
        }
    }
    for (name, constraint) in &definition.constraints {
        let (rule, is_max) = match constraint {
            Constraint::MaxCount(rule) => (rule, true),
            Constraint::MinCount(rule) => (rule, false),
            Constraint::Unique(rule) if denies(rule.level) => {
                let Some(kind) = &rule.objects else { continue };
                let repeats = |it: &Objects| repeated(definition, it, kind, &rule.field);
                if repeats(after) > repeats(before) {
                    return Err(Problem::rule("not_unique", rule.text.clone()));
                }
                continue;
            }
            _ => continue,
        };
        let Some(kind) = rule.objects.as_ref().filter(|_| denies(rule.level)) else {
            continue;
        };
        let count = |objects: &Objects| {
            let mut groups: BTreeMap<String, u32> = BTreeMap::new();
            for ((of, _), object) in objects.iter().filter(|((of, _), _)| of == kind) {
                let fields = with_defaults(definition, of, &object.fields);
                if has_fields(&fields, &rule.fields, None) {
                    let group = rule.per.as_ref().and_then(|it| fields.get(it));
                    let group = group.map(|it| words(it).join(",")).unwrap_or_default();
                    *groups.entry(group).or_default() += 1;
                }
            }
            groups
        };
        let (before, after) = (count(before), count(after));
        let worse = after.iter().any(|(group, now)| {
            let was = before.get(group).copied().unwrap_or(0);
            is_max && *now > rule.limit && *now > was
        }) || (!is_max
            && before.iter().any(|(group, was)| {
                let now = after.get(group).copied().unwrap_or(0);
                now < rule.limit && now < *was
            }));
        if worse {
            let code = if is_max { "too_many" } else { "too_few" };
            return Err(
                Problem::rule(code, rule.text.clone()).with("constraint", name.clone().into())
            );
        }
    }
    Ok(())
}

/// How many objects of a kind have the value of another one.
fn repeated(definition: &Definition, objects: &Objects, kind: &str, field: &str) -> usize {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for ((of, _), object) in objects.iter().filter(|((of, _), _)| of == kind) {
        let fields = with_defaults(definition, of, &object.fields);
        if let Some(value) = fields.get(field) {
            let text = words(value).join(",").to_lowercase();
            *seen.entry(text).or_default() += 1;
        }
    }
    seen.values().map(|it| it - 1).sum()
}

/// The fields with the defaults of those that are not there.
pub(super) fn with_defaults(definition: &Definition, kind: &str, fields: &Fields) -> Fields {
    let rules = definition.objects.get(kind);
    let defaults = rules.into_iter().flat_map(|it| &it.fields);
    let mut all: Fields = defaults
        .filter_map(|(name, rule)| Some((name.clone(), rule.default.clone()?)))
        .collect();
    all.extend(
        fields
            .iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    all
}
