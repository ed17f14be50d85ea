//! Giving, changing, renaming and taking people's access.
//!
//! As everywhere that something is written: where the thing already is what it shall be, nothing is written and nothing is
//! logged; where the caller said what the thing was and it is something else by now, the write is refused.

use rusqlite::params;
use serde_json::{Value, json};

use super::Accept;
use super::body::Body;
use super::database;
use super::definition::Constraint;
use super::person::{Access, Person};
use super::problem::Problem;
use super::work::{Caller, Permission, Work};

impl Work<'_> {
    /// Gives a person access, or changes it.
    pub(super) fn put_access(&mut self, subject: &str, body: &Body) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let subject = definition.fold(subject);
        let canonical = |it: Access| it.canonical(&definition);
        let access = canonical(body.value()?);
        let before = self.person(&subject)?;
        if let Some(same) = before.as_ref().filter(|it| it.access == access) {
            return Ok(access_item(&subject, &access, same.phase.as_deref()));
        }
        let current = before.as_ref().map(|it| &it.access);
        body.unmoved(current, canonical, access_shown(current))?;
        let operation = match before {
            Some(_) => "access.update",
            None => "access.create",
        };
        self.permit_access(operation, &subject, current, Some(&access))?;
        let phase = match &before {
            Some(before) => before.phase.clone(),
            None => self.first_phase(operation, &subject),
        };
        self.set_access(&subject, before.as_ref(), access, phase, operation)
    }

    fn permit_access(
        &self,
        operation: &str,
        subject: &str,
        before: Option<&Access>,
        after: Option<&Access>,
    ) -> Result<(), Problem> {
        let both = before.into_iter().chain(after);
        self.permit(&Permission {
            operation,
            concerns: Some(subject),
            roles: both.flat_map(|it| &it.roles).collect(),
        })
    }

    /// The phase that an operation leaves somebody in, unless people accept at once.
    fn first_phase(&self, operation: &str, subject: &str) -> Option<String> {
        let then = self
            .definition
            .operations
            .get(operation)
            .and_then(|it| it.then.clone());
        let phase = then.filter(|phase| phase != "active")?;
        let name = &self.account.name;
        let waits = match self.script.is_empty() {
            true => self.accept == Accept::Manual,
            false => match self.script.accepts(name, operation, subject) {
                Some(0) => false,
                Some(after) => {
                    self.script.later(name, subject, after);
                    true
                }
                None => true,
            },
        };
        waits.then_some(phase)
    }

    /// Checks and stores a person's access.
    pub(super) fn set_access(
        &mut self,
        subject: &str,
        before: Option<&Person>,
        access: Access,
        phase: Option<String>,
        operation: &str,
    ) -> Result<Value, Problem> {
        access.check(&self.definition, &self.objects)?;
        for constraint in self.definition.constraints.values() {
            let (Constraint::Immutable(rule), Some(before)) = (constraint, before) else {
                continue;
            };
            let moved = |name: &&String| {
                let was = before.access.options.get(*name);
                was.is_some() && was != access.options.get(*name)
            };
            if rule.options.iter().any(|name| moved(&name)) {
                return Err(Problem::rule("immutable", rule.text.clone()));
            }
        }
        let standing = self.standing(subject, &access)?;
        let around = self.around(&access);
        let after = Person {
            access,
            phase,
            standing,
            around,
        };
        self.replace(before, Some(&after))?;
        let phase = after.phase.as_deref();
        database::put_access(self.db, self.account.id, subject, &after.access, phase)?;
        self.changed(operation, subject);
        Ok(access_item(subject, &after.access, phase))
    }

    /// Takes a person's access, and with it the person's places in teams. Belongings go to whoever takes over.
    pub(super) fn remove_access(&mut self, subject: &str, body: &Body) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let subject = definition.fold(subject);
        let before = self
            .person(&subject)?
            .ok_or_else(|| Problem::not_found("access", &subject))?;
        let current = Some(&before.access);
        body.unmoved(
            current,
            |it: Access| it.canonical(&definition),
            access_shown(current),
        )?;
        self.permit_access("access.remove", &subject, current, None)?;
        let receiver = body.hand_over_to.as_ref().map(|it| definition.fold(it));
        let handed_over = self.hand_over(&subject, receiver.as_deref())?;
        self.replace(Some(&before), None)?;
        database::remove_access(self.db, self.account.id, &subject)?;
        self.db
            .prepare_cached("DELETE FROM members WHERE account = ?1 AND subject = ?2")?
            .execute(params![self.account.id, subject])?;
        self.db
            .prepare_cached("DELETE FROM tokens WHERE account = ?1 AND subject = ?2")?
            .execute(params![self.account.id, subject])?;
        self.changed("access.remove", subject);
        Ok(json!({"removed": true, "handed_over": handed_over}))
    }

    /// Records who takes over. Nothing is handed over where the product has nothing to hand over.
    fn hand_over(&self, leaver: &str, receiver: Option<&str>) -> Result<Option<String>, Problem> {
        let (Some(rule), Some(receiver)) = (&self.definition.hand_over, receiver) else {
            return Ok(None);
        };
        let person = self.person(receiver)?;
        let can_take = person.is_some_and(|it| it.phase.is_none()) && receiver != leaver;
        if !can_take {
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
        let definition = std::sync::Arc::clone(&self.definition);
        let (from, to) = (definition.fold(from), definition.fold(body.to()?));
        let canonical = |it: Access| it.canonical(&definition);
        let before = self
            .person(&from)?
            .ok_or_else(|| Problem::not_found("access", &from))?;
        let current = Some(&before.access);
        body.unmoved(current, canonical, access_shown(current))?;
        if from != to && self.person(&to)?.is_some() {
            return Err(Problem::new(
                409,
                "conflict",
                format!("\"{to}\" has access already"),
            ));
        }
        let access = match &body.value {
            Some(_) => canonical(body.value()?),
            None => before.access.clone(),
        };
        self.permit_access("access.rename", &from, current, Some(&access))?;
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

    /// Plays the person: accepts the invitation.
    pub(super) fn accept(&mut self, subject: &str) -> Result<Value, Problem> {
        let subject = self.definition.fold(subject);
        let is_own = matches!(self.caller, Caller::Person { subject: own, .. } if *own == subject);
        if matches!(self.caller, Caller::Person { .. }) && !is_own {
            return Err(Problem::not_permitted("only the invited person can accept"));
        }
        let before = self
            .person(&subject)?
            .ok_or_else(|| Problem::not_found("access", &subject))?;
        if before.phase.is_none() {
            return Ok(access_item(&subject, &before.access, None));
        }
        let access = before.access.clone();
        self.set_access(&subject, Some(&before), access, None, "access.accept")
    }
}

pub(super) fn access_item(subject: &str, access: &Access, phase: Option<&str>) -> Value {
    json!({
        "subject": subject,
        "roles": access.roles,
        "options": access.options,
        "grants": access.grants,
        "phase": phase.unwrap_or("active"),
    })
}

fn access_shown(access: Option<&Access>) -> Value {
    match access {
        Some(it) => json!({"roles": it.roles, "options": it.options, "grants": it.grants}),
        None => Value::Null,
    }
}
