//! What the account owns: making, changing, renaming and removing it.
//!
//! # Design
//! An account owns some hundred things, not fifty thousand: they are kept in memory beside the file, and a write of one
//! looks at all of its kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::body::Body;
use super::constraint::{Constraint, denies};
use super::database;
use super::definition::{Field, ObjectKind};
use super::permit::{Permission, words};
use super::problem::Problem;
use super::values;
use super::work::Work;
use super::world::{About, Object, World};
use crate::product::{ChangeHow, Under};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectValue {
    #[serde(default)]
    fields: BTreeMap<String, Value>,
}

impl ObjectValue {
    /// The same in the one form that it is stored in. Nothing is refused here.
    fn canonical(mut self, rule: &ObjectKind) -> Self {
        let fields = std::mem::take(&mut self.fields).into_iter();
        self.fields = fields
            .map(|(name, value)| match rule.fields.get(&name) {
                Some(field) => (name, field.read(&value).unwrap_or(value)),
                None => (name, value),
            })
            .filter(|(name, value)| {
                let field = rule.fields.get(name);
                field.is_none_or(|it| !it.is_default(value))
            })
            .collect();
        self
    }

    /// What a caller can know of it: without what a third party gives later.
    fn known(mut self, rule: &ObjectKind) -> Self {
        self.fields.retain(|name, _| !is_later(rule, name));
        self
    }
}

fn is_later(rule: &ObjectKind, field: &str) -> bool {
    let field = rule.fields.get(field);
    field.is_some_and(|it| it.later == Some(true))
}

impl Work<'_> {
    fn kind(&self, kind: &str) -> Result<Arc<super::definition::Definition>, Problem> {
        match self.definition.objects.contains_key(kind) {
            true => Ok(Arc::clone(&self.definition)),
            false => {
                let detail = format!("the product has no things called \"{kind}\"");
                Err(Problem::rule("unknown_kind", detail))
            }
        }
    }

    /// Makes a thing, or changes it. Fields that a third party gives later stay as they are unless they are written.
    pub(super) fn put_object(
        &mut self,
        kind: &str,
        name: &str,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = self.kind(kind)?;
        let rule = &definition.objects[kind];
        let wanted: ObjectValue = body.value()?;
        let mut wanted = wanted.canonical(rule);
        let before = self.world.object(kind, name).cloned();
        if let (Some(before), Some(true)) = (&before, body.replace) {
            return self.replace_object(kind, name, before, wanted, body);
        }
        let given = before.iter().flat_map(|it| &it.fields);
        for (field, value) in given.filter(|(field, _)| is_later(rule, field)) {
            let wanted = wanted.fields.entry(field.clone());
            wanted.or_insert_with(|| value.clone());
        }
        if let Some(same) = before.as_ref().filter(|it| it.fields == wanted.fields) {
            return Ok(object_item(kind, name, same));
        }
        unmoved(body, rule, before.as_ref())?;
        let nothing = Object::default();
        let parts = changed(rule, before.as_ref().unwrap_or(&nothing), &wanted.fields);
        let (operation, operations) = match before {
            Some(_) => {
                let operation = format!("{kind}.update");
                let operations = parts.iter().map(|it| words(&operation, it)).collect();
                (operation, operations)
            }
            None => (
                format!("{kind}.create"),
                vec![vec![format!("{kind}.create")]],
            ),
        };
        let thing = format!("{kind}/{name}");
        let then = operations
            .iter()
            .find_map(|it| Some((it.clone(), self.then(it)?)));
        let written = unphased(&wanted.fields);
        self.permit(&Permission::to(operations, &thing).about(kind, name, &written))?;
        let phase = match &before {
            Some(before) if before.phase.is_some() => before.phase.clone(),
            _ => then
                .filter(|(asked, _)| self.waits(asked, &thing))
                .map(|(_, phase)| phase),
        };
        let after = Object {
            fields: wanted.fields,
            phase,
        };
        if let Some(before) = &before {
            check_change(rule, before, &after)?;
        }
        self.check_object(kind, name, &after)?;
        let item = object_item(kind, name, &after);
        self.set_object(kind, name, after)?;
        self.changed(operation, thing);
        Ok(item)
    }

    /// Removes a thing and makes it anew under the same name, in one request.
    fn replace_object(
        &mut self,
        kind: &str,
        name: &str,
        before: &Object,
        wanted: ObjectValue,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = self.kind(kind)?;
        let rule = &definition.objects[kind];
        if before.fields == wanted.fields {
            return Ok(object_item(kind, name, before));
        }
        unmoved(body, rule, Some(before))?;
        let thing = format!("{kind}/{name}");
        let (create, remove) = ([format!("{kind}.create")], format!("{kind}.remove"));
        let operations = vec![vec![remove], create.to_vec()];
        let written = unphased(&wanted.fields);
        self.permit(&Permission::to(operations, &thing).about(kind, name, &written))?;
        check_loss(rule, name, body)?;
        let then = self.then(&create);
        let after = Object {
            fields: wanted.fields,
            phase: then.filter(|_| self.waits(&create, &thing)),
        };
        self.check_object(kind, name, &after)?;
        let item = object_item(kind, name, &after);
        self.set_object(kind, name, after)?;
        self.changed(format!("{kind}.replace"), thing);
        Ok(item)
    }

    /// Removes a thing. One that somebody's role is stays; one whose loss is a loss of data goes only if the caller says so.
    pub(super) fn remove_object(
        &mut self,
        kind: &str,
        name: &str,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = self.kind(kind)?;
        let rule = &definition.objects[kind];
        let before = self.world.object(kind, name).cloned();
        let before = before.ok_or_else(|| Problem::not_found(kind, name))?;
        unmoved(body, rule, Some(&before))?;
        let operation = format!("{kind}.remove");
        let thing = format!("{kind}/{name}");
        let permission = Permission::to(vec![vec![operation.clone()]], &thing);
        self.permit(&permission.about(kind, name, &before))?;
        check_loss(rule, name, body)?;
        if definition.owned_roles() == Some(kind)
            && let Some(subject) = database::with_role(self.db, self.account.id, name)?.first()
        {
            let detail = format!("\"{subject}\" still has the role \"{name}\"");
            return Err(Problem::new(409, "in_use", detail));
        }
        if self.is_ending(before.phase.as_deref()) {
            return Ok(object_item(kind, name, &before));
        }
        if let Some(phase) = self.ends_later(std::slice::from_ref(&operation), &thing) {
            let after = Object {
                phase: Some(phase),
                ..before
            };
            let item = object_item(kind, name, &after);
            self.set_object(kind, name, after)?;
            self.changed(operation, thing);
            return Ok(item);
        }
        self.drop_object(kind, name)?;
        self.changed(operation, thing);
        Ok(json!({"removed": true}))
    }

    /// Gives a thing another name. Whoever has it as a role keeps it; `value`, if written, is what it is afterwards.
    pub(super) fn rename_object(
        &mut self,
        kind: &str,
        from: &str,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = self.kind(kind)?;
        let rule = &definition.objects[kind];
        let to = body.to()?;
        let before = self.world.object(kind, from).cloned();
        let before = before.ok_or_else(|| Problem::not_found(kind, from))?;
        unmoved(body, rule, Some(&before))?;
        let (old, new) = (format!("{kind}/{from}"), format!("{kind}/{to}"));
        let permission = Permission::to(vec![vec![format!("{kind}.rename")]], &old);
        self.permit(&permission.about(kind, to, &before))?;
        if from != to && self.world.object(kind, to).is_some() {
            let detail = format!("there is a \"{to}\" already");
            return Err(Problem::new(409, "conflict", detail));
        }
        self.changed(format!("{kind}.rename"), format!("{old} -> {new}"));
        let id = self.account.id;
        if definition.owned_roles() == Some(kind) {
            database::rename_role(self.db, id, from, to)?;
        }
        database::remove_object(self.db, id, kind, from)?;
        database::put_object(self.db, id, kind, to, &before)?;
        let after = self.world.changed(|world| {
            let of_kind = Arc::make_mut(&mut world.objects)
                .entry(kind.to_owned())
                .or_default();
            of_kind.remove(from);
            of_kind.insert(to.to_owned(), before.clone());
        });
        self.move_to(after)?;
        match &body.value {
            Some(value) => self.put_object(kind, to, &Body::of(value.clone())),
            None => Ok(object_item(kind, to, &before)),
        }
    }

    /// Plays whoever moves a thing out of its state: the person who activates it, or the vendor, who may give the fields
    /// that only a third party can give.
    pub(super) fn accept_object(
        &mut self,
        kind: &str,
        name: &str,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = self.kind(kind)?;
        let rule = &definition.objects[kind];
        let before = self.world.object(kind, name).cloned();
        let before = before.ok_or_else(|| Problem::not_found(kind, name))?;
        self.permit_move(before.phase.as_deref(), true)?;
        let given: ObjectValue = match &body.value {
            Some(_) => body.value()?,
            None => ObjectValue::default(),
        };
        if let Some(field) = given.fields.keys().find(|it| !is_later(rule, it)) {
            let detail = format!("field \"{field}\" is not one that is given later");
            return Err(Problem::rule("unknown_field", detail));
        }
        let mut after = Object {
            phase: None,
            ..before.clone()
        };
        after.fields.extend(given.canonical(rule).fields);
        let item = object_item(kind, name, &after);
        if after != before {
            self.check_object(kind, name, &after)?;
            self.set_object(kind, name, after)?;
            self.changed(format!("{kind}.accept"), format!("{kind}/{name}"));
        }
        Ok(item)
    }

    fn set_object(&mut self, kind: &str, name: &str, object: Object) -> Result<(), Problem> {
        database::put_object(self.db, self.account.id, kind, name, &object)?;
        let after = self.world.changed(|world| {
            let of_kind = Arc::make_mut(&mut world.objects).entry(kind.to_owned());
            of_kind.or_default().insert(name.to_owned(), object);
        });
        self.move_to(after)
    }

    /// Takes a thing out, whatever it is.
    pub(super) fn drop_object(&mut self, kind: &str, name: &str) -> Result<(), Problem> {
        database::remove_object(self.db, self.account.id, kind, name)?;
        let after = self.world.changed(|world| {
            if let Some(of_kind) = Arc::make_mut(&mut world.objects).get_mut(kind) {
                of_kind.remove(name);
            }
        });
        self.move_to(after)
    }

    /// Refuses what a thing of a kind cannot be: of which account, with which fields, like which others.
    fn check_object(&self, kind: &str, name: &str, object: &Object) -> Result<(), Problem> {
        let rule = &self.definition.objects[kind];
        if rule.under == Some(Under::Main) && self.world.tenant.parent.is_some() {
            let detail = format!("a sub-account has no {kind} of its own");
            return Err(Problem::rule("not_here", detail));
        }
        for (field, value) in &object.fields {
            let rule = rule.fields.get(field).ok_or_else(|| {
                let detail = format!("{kind} have no field \"{field}\"");
                Problem::rule("unknown_field", detail)
            })?;
            rule.read(value)
                .map_err(|why| Problem::rule("wrong_value", format!("field \"{field}\": {why}")))?;
            self.check_unique(kind, name, field, rule, value)?;
        }
        let filled = rule.filled(&object.fields);
        let mut fields = rule.fields.iter();
        let lacks = |(name, it): &(&String, &Field)| {
            it.required == Some(true) && it.later != Some(true) && !filled.contains_key(*name)
        };
        if let Some((field, _)) = fields.find(lacks) {
            let detail = format!("field \"{field}\" is missing");
            return Err(Problem::rule("missing_field", detail));
        }
        let on = format!("object:{kind}");
        for (constraint, it) in &self.definition.constraints {
            if let Constraint::Cel(it) = it
                && it.on == on
                && denies(it.level)
                && self
                    .world
                    .is_broken(&it.must, About::Object { kind, name, object })
            {
                return Err(Problem::rule("broken_rule", it.text.clone())
                    .with("constraint", constraint.as_str().into()));
            }
        }
        Ok(())
    }

    /// Refuses a value that another thing of the kind has, or, where the field says so, somebody's address.
    fn check_unique(
        &self,
        kind: &str,
        name: &str,
        field: &str,
        rule: &Field,
        value: &Value,
    ) -> Result<(), Problem> {
        let constraints = self.definition.constraints.values();
        let mut rules = constraints.filter_map(|it| match it {
            Constraint::Unique(it) if denies(it.level) => Some(it),
            _ => None,
        });
        let by_rule = rules.find(|it| it.objects.as_deref() == Some(kind) && it.field == field);
        let detail = by_rule.map_or_else(
            || format!("another one has the same \"{field}\""),
            |it| it.text.clone(),
        );
        let refused = || Err(Problem::rule("not_unique", detail.clone()));
        let of_field = rule.unique.as_ref();
        let in_kind = of_field.is_some_and(|it| *it != json!(false)) || by_rule.is_some();
        let mut others = self.world.of_kind(kind).into_iter().flat_map(|it| it.1);
        if in_kind && others.any(|(it, other)| it != name && other.fields.get(field) == Some(value))
        {
            return refused();
        }
        if let (true, Some(address)) = (of_field == Some(&json!("account")), value.as_str()) {
            let address = self.definition.fold(address);
            if database::access(self.db, self.account.id, &address)?.is_some() {
                return refused();
            }
        }
        Ok(())
    }

    /// Refuses somebody whose address is that of a thing that must not share one with anybody.
    pub(super) fn check_address(&self, subject: &str) -> Result<(), Problem> {
        if self.definition.user.identity != "email" {
            return Ok(());
        }
        for (kind, rule) in &self.definition.objects {
            let fields = rule.fields.iter();
            let fields = fields.filter(|(_, it)| it.unique.as_ref() == Some(&json!("account")));
            for (field, _) in fields {
                let objects = self.world.objects.get(kind).into_iter().flatten();
                let has = |object: &Object| {
                    let values = object.fields.get(field).map(values::words);
                    let mut values = values.unwrap_or_default().into_iter();
                    values.any(|it| self.definition.fold(&it) == subject)
                };
                if let Some((name, _)) = { objects }.find(|(_, it)| has(it)) {
                    let detail = format!("\"{name}\" among {kind} has the same \"{field}\"");
                    return Err(Problem::rule("not_unique", detail));
                }
            }
        }
        Ok(())
    }
}

/// The fields whose values differ, defaults filled in.
fn changed(rule: &ObjectKind, before: &Object, after: &BTreeMap<String, Value>) -> Vec<String> {
    let (before, after) = (rule.filled(&before.fields), rule.filled(after));
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let names = names
        .into_iter()
        .filter(|it| before.get(*it) != after.get(*it));
    names.cloned().collect()
}

/// Refuses to change what stays as it is once the thing is there, and what only a new thing can have.
fn check_change(rule: &ObjectKind, before: &Object, after: &Object) -> Result<(), Problem> {
    for name in changed(rule, before, &after.fields) {
        let Some(field) = rule.fields.get(&name) else {
            continue;
        };
        let was_there = rule.value(&before.fields, &name).is_some();
        if field.immutable == Some(true) && was_there {
            let detail = format!("field \"{name}\" cannot be changed");
            return Err(Problem::rule("immutable", detail));
        }
        if field.change == Some(ChangeHow::Replace) && was_there {
            let detail = format!("field \"{name}\" cannot be changed: remove it and make it anew");
            return Err(Problem::rule("replace_only", detail));
        }
    }
    Ok(())
}

/// Refuses to lose data unless the caller says so.
fn check_loss(rule: &ObjectKind, name: &str, body: &Body) -> Result<(), Problem> {
    if rule.protect == Some(true) && body.accept_data_loss != Some(true) {
        let detail = format!("removing \"{name}\" loses its data; say \"accept_data_loss\"");
        return Err(Problem::new(409, "protected", detail));
    }
    Ok(())
}

fn unmoved(body: &Body, rule: &ObjectKind, current: Option<&Object>) -> Result<(), Problem> {
    let current = current.map(|it| ObjectValue {
        fields: it.fields.clone(),
    });
    let current = current.map(|it| it.known(rule));
    body.unmoved(
        current.as_ref(),
        |it: ObjectValue| it.canonical(rule).known(rule),
        current.as_ref().map_or(Value::Null, |it| json!(it)),
    )
}

pub(super) fn object_item(kind: &str, name: &str, object: &Object) -> Value {
    let phase = object.phase.as_deref().unwrap_or("active");
    json!({"kind": kind, "name": name, "fields": object.fields, "phase": phase})
}

/// The things of a world in the order of their kinds and names, from one on.
pub(super) fn listed<'a>(
    world: &'a World,
    kind: Option<&'a str>,
    after: (&'a str, &'a str),
) -> impl Iterator<Item = (&'a String, &'a String, &'a Object)> {
    let kinds = world.objects.iter();
    let kinds = kinds.filter(move |(it, _)| kind.is_none_or(|kind| *it == kind));
    let objects = kinds.flat_map(|(kind, it)| it.iter().map(move |(name, it)| (kind, name, it)));
    objects.filter(move |(kind, name, _)| (kind.as_str(), name.as_str()) > after)
}

/// A thing with these fields, in no particular state.
fn unphased(fields: &std::collections::BTreeMap<String, Value>) -> Object {
    Object {
        fields: fields.clone(),
        phase: None,
    }
}
