//! Life-cycle states: which one a write leaves somebody in, who moves somebody out of it, and what the end of a billing
//! cycle does.
//!
//! # Design
//! An operation on a grant is one word whether the right is given or taken, so its `then:` holds for giving; whoever loses
//! the right leaves the state that came of it. Where people accept at once there are no states at all: nobody could click,
//! and no cycle would ever end.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Accept;
use super::body::Body;
use super::database;
use super::objects::listed;
use super::permit::words;
use super::person::{Access, Person};
use super::problem::Problem;
use super::subscription;
use super::work::{Caller, Work};
use super::world::Object;
use crate::model::Quantity;
use crate::product::{TakesEffect, Via};

impl Work<'_> {
    /// The state that a change of a person's access leaves the person in.
    pub(super) fn phase_after(
        &self,
        subject: &str,
        before: Option<&Person>,
        after: &Access,
        operations: &[Vec<String>],
    ) -> Option<String> {
        let grants = self.world.around(after).grants;
        let is_given = |grant: &str| grants.get(grant).is_some_and(|it| it == "access");
        if let Some(phase) = before.and_then(|it| it.phase.as_ref()) {
            let leads = |grant: &&String| {
                let operation = self.definition.operation(&words("access.update", grant));
                operation.and_then(|it| it.then.as_ref()) == Some(phase)
            };
            let mut of_grants = self.definition.grants.keys().filter(leads).peekable();
            let is_of_grant = of_grants.peek().is_some() && !self.is_first_phase(phase);
            let is_over = is_of_grant && !of_grants.any(|it| is_given(it));
            return (!is_over).then(|| phase.clone());
        }
        let mut phases = operations.iter().filter_map(|words| {
            let grant = words[0].rsplit('.').next().unwrap_or_default();
            let is_taken = self.definition.grants.contains_key(grant) && !is_given(grant);
            let then = self.then(words).filter(|_| !is_taken)?;
            Some((words, then))
        });
        let (asked, phase) = phases.next()?;
        self.waits(asked, subject).then_some(phase)
    }

    /// Whether what an operation, in some words, asks of somebody is not done at once. Where a script is played, it says when.
    pub(super) fn waits(&self, operation: &[String], who: &str) -> bool {
        if self.script.is_empty() {
            return self.accept == Accept::Manual;
        }
        match self.script.answers(&self.account.name, operation, who) {
            Some(answer) if answer.after == 0 => false,
            Some(answer) => {
                self.script.later(&self.account.name, who, answer);
                true
            }
            None => true,
        }
    }

    /// Plays somebody who was asked to do something, a person or whoever moves a thing (`KIND/NAME`) and gives the values
    /// that only they know, or the end of what was cancelled.
    pub(super) fn play(
        &mut self,
        who: &str,
        values: &BTreeMap<String, String>,
    ) -> Result<(), Problem> {
        match who.split_once('/') {
            Some(("seats", pool)) => {
                let bought = self.world.bought.get(pool).cloned();
                match bought.and_then(|it| it.then) {
                    Some(then) => self.end_quantity(pool, then),
                    None => Ok(()),
                }
            }
            Some((kind, name)) if self.definition.objects.contains_key(kind) => {
                let object = self.world.object(kind, name);
                match self.is_ending(object.and_then(|it| it.phase.as_deref())) {
                    true => self.end_object(kind, name),
                    false => {
                        let given = match values.is_empty() {
                            true => Body::default(),
                            false => Body::of(json!({"fields": values})),
                        };
                        self.accept_object(kind, name, &given).map(drop)
                    }
                }
            }
            _ => {
                let person = self.person(&self.definition.fold(who))?;
                match person.filter(|it| self.is_ending(it.phase.as_deref())) {
                    Some(person) => self.end_access(who, &person),
                    None => self.accept(who).map(drop),
                }
            }
        }
    }

    fn end_access(&mut self, subject: &str, person: &Person) -> Result<(), Problem> {
        self.replace(Some(person), None)?;
        self.forget(subject)?;
        self.changed("cycle.end", subject);
        Ok(())
    }

    fn end_object(&mut self, kind: &str, name: &str) -> Result<(), Problem> {
        self.drop_object(kind, name)?;
        self.changed("cycle.end", format!("{kind}/{name}"));
        Ok(())
    }

    fn end_quantity(&mut self, pool: &str, then: Quantity) -> Result<(), Problem> {
        self.set_bought(pool, subscription::bought(then))?;
        self.changed("cycle.end", format!("seats/{pool}"));
        Ok(())
    }

    fn is_first_phase(&self, phase: &str) -> bool {
        let create = self.definition.operations.get("access.create");
        create.and_then(|it| it.then.as_deref()) == Some(phase)
    }

    /// The state other than active that an operation leads to.
    pub(super) fn then(&self, words: &[String]) -> Option<String> {
        let then = self.definition.operation(words)?.then.clone();
        then.filter(|phase| phase != "active")
    }

    /// The state in which something that is removed waits for the end of the billing cycle, if the product says so.
    pub(super) fn ends_later(&self, words: &[String], who: &str) -> Option<String> {
        let then = self.then(words).filter(|it| self.is_ending(Some(it)))?;
        self.waits(words, who).then_some(then)
    }

    /// Whether something in a life-cycle state is gone when the billing cycle ends.
    pub(super) fn is_ending(&self, phase: Option<&str>) -> bool {
        let state = phase.and_then(|it| self.definition.states.get(it));
        state.is_some_and(|it| it.ends == Some(TakesEffect::CycleEnd))
    }

    /// Refuses to move something out of a state that is another one's to end.
    pub(super) fn permit_move(&self, phase: Option<&str>, is_own: bool) -> Result<(), Problem> {
        let is_service = !matches!(self.caller, Caller::Person { .. });
        let state = phase.and_then(|it| self.definition.states.get(it));
        if self.is_ending(phase) {
            let detail = "it ends with the billing cycle, nobody moves it";
            return Err(Problem::new(409, "conflict", detail));
        }
        match state.map(|it| it.moved_by) {
            _ if is_service => Ok(()),
            None | Some(Via::User) if is_own => Ok(()),
            None | Some(Via::User) => Err(Problem::not_permitted(
                "only the person concerned can do this",
            )),
            Some(_) => Err(Problem::not_permitted("this is not the person's to do")),
        }
    }

    /// Plays the end of the billing cycle: what was cancelled is gone.
    pub(super) fn end_cycle(&mut self) -> Result<Value, Problem> {
        if matches!(self.caller, Caller::Person { .. }) {
            return Err(Problem::not_permitted(
                "only the vendor ends a billing cycle",
            ));
        }
        let mut gone = Vec::new();
        for (subject, phase) in database::waiting(self.db, self.account.id)? {
            if self.is_ending(Some(&phase)) {
                gone.push(subject);
            }
        }
        let ends = |it: &Object| self.is_ending(it.phase.as_deref());
        for (kind, name, _) in listed(&self.world, None, ("", "")).filter(|it| ends(it.2)) {
            gone.push(format!("{kind}/{name}"));
        }
        let cancelled = self.world.bought.iter().filter(|(_, it)| it.then.is_some());
        gone.extend(cancelled.map(|(pool, _)| format!("seats/{pool}")));
        gone.iter()
            .try_for_each(|it| self.play(it, &BTreeMap::new()))?;
        Ok(json!({"gone": gone}))
    }
}
