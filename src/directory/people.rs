//! Giving, changing, renaming, moving and taking people's access.
//!
//! As everywhere that something is written: where the thing already is what it shall be, nothing is written and nothing is
//! logged; where the caller said what the thing was and it is something else by now, the write is refused.

use std::collections::BTreeSet;

use rusqlite::params;
use serde_json::{Value, json};

use super::body::Body;
use super::constraint::Constraint;
use super::database;
use super::permit::{Permission, words};
use super::person::{Access, Person};
use super::problem::Problem;
use super::work::{Caller, Work};
use super::world::{About, World};

impl Work<'_> {
    /// Gives a person access, or changes it.
    pub(super) fn put_access(&mut self, subject: &str, body: &Body) -> Result<Value, Problem> {
        let subject = self.definition.fold(subject);
        let access: Access = body.value()?;
        let access = access.canonical(&self.definition);
        let before = self.person(&subject)?;
        if let Some(same) = before.as_ref().filter(|it| it.access == access) {
            return Ok(access_item(
                &self.world,
                &subject,
                &access,
                same.phase.as_deref(),
            ));
        }
        let current = before.as_ref().map(|it| &it.access);
        self.unmoved_access(body, current)?;
        let operation = match before {
            Some(_) => "access.update",
            None => "access.create",
        };
        let operations = self.operations(operation, current, Some(&access));
        self.permit_access(&operations, &subject, current, Some(&access))?;
        let phase = self.phase_after(&subject, before.as_ref(), &access, &operations);
        self.set_access(&subject, before.as_ref(), access, phase, operation)
    }

    /// The operations that a change of an access is made of: one for each part, and for a whole one only those parts that
    /// the product has an operation of their own for.
    fn operations(
        &self,
        operation: &str,
        before: Option<&Access>,
        after: Option<&Access>,
    ) -> Vec<Vec<String>> {
        let parts = parts(before, after);
        let words = parts.iter().map(|part| words(operation, part));
        if operation == "access.update" {
            return words.collect();
        }
        let own = words.map(|mut words| words.swap_remove(0));
        let own = own.filter(|it| self.definition.operations.contains_key(it));
        let whole = std::iter::once(operation.to_owned());
        whole.chain(own).map(|it| vec![it]).collect()
    }

    fn permit_access(
        &self,
        operations: &[Vec<String>],
        subject: &str,
        before: Option<&Access>,
        after: Option<&Access>,
    ) -> Result<(), Problem> {
        let both = [before, after].into_iter().flatten().collect::<Vec<_>>();
        let access = both.last().copied().cloned().unwrap_or_default();
        let written = self.active(subject, access)?;
        self.permit(&Permission {
            about: About::Person(&written),
            roles: both.iter().flat_map(|it| &it.roles).collect(),
            concerns: Some(subject),
            ..Permission::to(operations.to_vec(), subject)
        })
    }

    /// A person with an access, as one who is active.
    fn active(&self, subject: &str, access: Access) -> Result<Person, Problem> {
        Ok(Person {
            standing: self.standing(subject, &access)?,
            around: self.world.around(&access),
            access,
            phase: None,
        })
    }

    fn unmoved_access(&self, body: &Body, current: Option<&Access>) -> Result<(), Problem> {
        let current = current.map(|it| shown(&self.world, it.clone()));
        body.unmoved(
            current.as_ref(),
            |it: Access| shown(&self.world, it.canonical(&self.definition)),
            current.as_ref().map_or(Value::Null, |it| json!(it)),
        )
    }

    /// Checks what a person shall have, apart from everybody else, and makes the person of it.
    fn prepared(
        &self,
        subject: &str,
        before: Option<&Person>,
        access: Access,
        phase: Option<String>,
    ) -> Result<Person, Problem> {
        access.check(&self.world)?;
        for constraint in self.definition.constraints.values() {
            let (Constraint::Immutable(rule), Some(before)) = (constraint, before) else {
                continue;
            };
            let moved = |name: &String| {
                let was = before.access.options.get(name);
                was.is_some() && was != access.options.get(name)
            };
            if rule.options.iter().any(moved) {
                return Err(Problem::rule("immutable", rule.text.clone()));
            }
        }
        self.check_address(subject)?;
        Ok(Person {
            standing: self.standing(subject, &access)?,
            around: self.world.around(&access),
            access,
            phase,
        })
    }

    /// Checks and stores a person's access.
    fn set_access(
        &mut self,
        subject: &str,
        before: Option<&Person>,
        access: Access,
        phase: Option<String>,
        operation: &str,
    ) -> Result<Value, Problem> {
        let after = self.prepared(subject, before, access, phase)?;
        self.replace(before, Some(&after))?;
        let phase = after.phase.as_deref();
        database::put_access(self.db, self.account.id, subject, &after.access, phase)?;
        self.changed(operation, subject);
        Ok(access_item(&self.world, subject, &after.access, phase))
    }

    /// Takes a person's access, and with it the person's places in teams. Belongings go to whoever takes over. Where the
    /// product lets it end with the billing cycle, the person stays until then.
    pub(super) fn remove_access(&mut self, subject: &str, body: &Body) -> Result<Value, Problem> {
        let subject = self.definition.fold(subject);
        let before = self
            .person(&subject)?
            .ok_or_else(|| Problem::not_found("access", &subject))?;
        let current = Some(&before.access);
        self.unmoved_access(body, current)?;
        let operations = self.operations("access.remove", current, None);
        self.permit_access(&operations, &subject, current, None)?;
        if self.is_ending(before.phase.as_deref()) {
            let phase = before.phase.as_deref();
            return Ok(access_item(&self.world, &subject, &before.access, phase));
        }
        if let Some(phase) = self.ends_later(&operations[0], &subject) {
            let access = before.access.clone();
            return self.set_access(
                &subject,
                Some(&before),
                access,
                Some(phase),
                "access.remove",
            );
        }
        let receiver = body.hand_over_to.as_ref();
        let receiver = receiver.map(|it| self.definition.fold(it));
        let handed_over = self.hand_over(&subject, receiver.as_deref())?;
        self.replace(Some(&before), None)?;
        self.forget(&subject)?;
        self.changed("access.remove", subject);
        Ok(json!({"removed": true, "handed_over": handed_over}))
    }

    /// Takes a person out of the file, with places and tokens.
    pub(super) fn forget(&self, subject: &str) -> Result<(), Problem> {
        let id = self.account.id;
        database::remove_access(self.db, id, subject)?;
        for table in ["members", "tokens"] {
            let sql = format!("DELETE FROM {table} WHERE account = ?1 AND subject = ?2");
            self.db
                .prepare_cached(&sql)?
                .execute(params![id, subject])?;
        }
        Ok(())
    }

    /// Records who takes over. Nothing is handed over where the product has nothing to hand over.
    fn hand_over(&self, leaver: &str, receiver: Option<&str>) -> Result<Option<String>, Problem> {
        let (Some(rule), Some(receiver)) = (&self.definition.hand_over, receiver) else {
            return Ok(None);
        };
        let person = self.person(receiver)?;
        let is_active = person.is_some_and(|it| self.definition.works(it.phase.as_deref()));
        if !is_active || receiver == leaver {
            let detail = format!(
                "\"{receiver}\" cannot take over: not an active person of the account, or the leaver"
            );
            return Err(Problem::rule("unknown_receiver", detail));
        }
        self.db
            .prepare_cached(
                "INSERT INTO handovers (account, leaver, receiver, what, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![self.account.id, leaver, receiver, rule.what, self.now])?;
        Ok(Some(receiver.to_owned()))
    }

    /// Gives a person another identity. Access, places in teams and tokens go along; `value`, if written, is the access
    /// that the person has afterwards.
    pub(super) fn rename_access(&mut self, from: &str, body: &Body) -> Result<Value, Problem> {
        let (from, to) = (self.definition.fold(from), self.definition.fold(body.to()?));
        let before = self
            .person(&from)?
            .ok_or_else(|| Problem::not_found("access", &from))?;
        let current = Some(&before.access);
        self.unmoved_access(body, current)?;
        if from != to && self.person(&to)?.is_some() {
            let detail = format!("\"{to}\" has access already");
            return Err(Problem::new(409, "conflict", detail));
        }
        let access = match &body.value {
            Some(_) => body.value::<Access>()?.canonical(&self.definition),
            None => before.access.clone(),
        };
        let operations = self.operations("access.rename", current, Some(&access));
        self.permit_access(&operations, &from, current, Some(&access))?;
        let id = self.account.id;
        database::remove_access(self.db, id, &from)?;
        for table in ["members", "tokens"] {
            let sql =
                format!("UPDATE {table} SET subject = ?3 WHERE account = ?1 AND subject = ?2");
            self.db
                .prepare_cached(&sql)?
                .execute(params![id, from, to])?;
        }
        self.changed("access.rename", format!("{from} -> {to}"));
        let phase = before.phase.clone();
        self.set_access(&to, Some(&before), access, phase, "access.rename")
    }

    /// Moves a role that exactly one person has: `subject` gets `value`, and whoever has the role gets what stands under
    /// `other`, both at once.
    pub(super) fn transfer(&mut self, subject: &str, body: &Body) -> Result<Value, Problem> {
        let other = body.other.as_ref().ok_or_else(|| {
            Problem::malformed("\"other\" is missing: who has the role now, and what they get")
        })?;
        let (subject, holder) = (
            self.definition.fold(subject),
            self.definition.fold(&other.subject),
        );
        let access = body.value::<Access>()?.canonical(&self.definition);
        let left = match other.body.value {
            None | Some(Value::Null) => None,
            Some(_) => Some(other.body.value::<Access>()?.canonical(&self.definition)),
        };
        let (before, held) = (self.person(&subject)?, self.person(&holder)?);
        let (current, holding) = (
            before.as_ref().map(|it| &it.access),
            held.as_ref().map(|it| &it.access),
        );
        if current == Some(&access) && holding == left.as_ref() {
            let phase = before.as_ref().and_then(|it| it.phase.as_deref());
            return Ok(access_item(&self.world, &subject, &access, phase));
        }
        self.unmoved_access(body, current)?;
        self.unmoved_access(&other.body, holding)?;
        let held = held.ok_or_else(|| Problem::not_found("access", &holder))?;
        let has = |access: Option<&Access>, role: &String| {
            access.is_some_and(|it| it.roles.contains(role))
        };
        let moves = self.definition.single.values().find(|it| {
            has(Some(&held.access), &it.role)
                && has(Some(&access), &it.role)
                && !has(left.as_ref(), &it.role)
        });
        let operation = match moves {
            Some(rule) if subject != holder => rule.transfer.clone(),
            _ => {
                let detail = format!("\"{holder}\" has no role that is moved to \"{subject}\"");
                return Err(Problem::rule("not_single", detail));
            }
        };
        // The rules about whose access one may change are about the holder's, expressions about what is written.
        let written = self.active(&subject, access.clone())?;
        self.permit(&Permission {
            about: About::Person(&written),
            roles: (held.access.roles.iter()).chain(&access.roles).collect(),
            concerns: Some(&holder),
            ..Permission::to(vec![vec![operation.clone()]], &holder)
        })?;
        let phase = match &before {
            Some(before) => before.phase.clone(),
            None => self.phase_after(&subject, None, &access, &[vec!["access.create".to_owned()]]),
        };
        if !self.definition.works(phase.as_deref()) {
            let detail = format!("\"{subject}\" is not active yet and cannot take the role over");
            return Err(Problem::rule("not_active", detail));
        }
        let after = self.prepared(&subject, before.as_ref(), access, phase)?;
        let left = left.map(|it| self.prepared(&holder, Some(&held), it, held.phase.clone()));
        let left = left.transpose()?;
        self.replace_all(&[
            (before.as_ref(), Some(&after)),
            (Some(&held), left.as_ref()),
        ])?;
        let id = self.account.id;
        match &left {
            Some(left) => {
                let phase = left.phase.as_deref();
                database::put_access(self.db, id, &holder, &left.access, phase)?;
            }
            None => self.forget(&holder)?,
        }
        let phase = after.phase.as_deref();
        database::put_access(self.db, id, &subject, &after.access, phase)?;
        self.changed(operation, format!("{holder} -> {subject}"));
        Ok(access_item(&self.world, &subject, &after.access, phase))
    }

    /// Plays whoever moves somebody out of a state: the person who accepts an invitation or activates an add-on, or, for a
    /// state that the vendor ends, the vendor.
    pub(super) fn accept(&mut self, subject: &str) -> Result<Value, Problem> {
        let subject = self.definition.fold(subject);
        let before = self
            .person(&subject)?
            .ok_or_else(|| Problem::not_found("access", &subject))?;
        let is_own = matches!(self.caller, Caller::Person { subject: own, .. } if *own == subject);
        self.permit_move(before.phase.as_deref(), is_own)?;
        if before.phase.is_none() {
            return Ok(access_item(&self.world, &subject, &before.access, None));
        }
        let access = before.access.clone();
        self.set_access(&subject, Some(&before), access, None, "access.accept")
    }
}

/// The parts in which two accesses differ: `role`, options, grants.
fn parts(before: Option<&Access>, after: Option<&Access>) -> BTreeSet<String> {
    let nothing = Access::default();
    let (before, after) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
    let role = (before.roles != after.roles).then(|| "role".to_owned());
    let options = before.options.keys().chain(after.options.keys());
    let options = options.filter(|it| before.options.get(*it) != after.options.get(*it));
    let grants = before.grants.keys().chain(after.grants.keys());
    let grants = grants.filter(|it| before.grants.get(*it) != after.grants.get(*it));
    let named = options.chain(grants).cloned();
    named.chain(role).collect()
}

pub(super) fn access_item(
    world: &World,
    subject: &str,
    access: &Access,
    phase: Option<&str>,
) -> Value {
    json!({
        "subject": subject,
        "roles": access.roles,
        "options": access.options,
        "grants": world.grants_beyond_default(access),
        "phase": phase.unwrap_or("active"),
    })
}

/// The same without the grants that the account gives anyway.
fn shown(world: &World, mut access: Access) -> Access {
    let grants = std::mem::take(&mut access.grants).into_iter();
    access.grants = grants
        .filter(|(name, it)| world.grant_default(name) != Some(it.as_str()))
        .collect();
    access
}
