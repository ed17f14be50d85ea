//! What can be changed on an account, one function for each kind of change.
//!
//! Every function first compares: where the thing already is what it shall be, nothing is written and nothing is logged;
//! where the caller said what the thing was (`if_before`) and it is something else by now, the write is refused.

use rusqlite::params;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, json};

use super::Accept;
use super::database::{self, Place};
use super::definition::{Constraint, Definition};
use super::person::{Access, Person};
use super::problem::Problem;
use super::tally::Limits;
use super::work::{Permission, Work};

/// The body of a write.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    /// What the caller believes the thing to be; `null` for "not there"; not compared if not written.
    #[serde(default, deserialize_with = "written")]
    if_before: Option<Value>,
    /// What the thing shall be.
    #[serde(default, deserialize_with = "written")]
    value: Option<Value>,
    /// The new name, for a rename.
    to: Option<String>,
    /// Who takes over, for a removal of access.
    hand_over_to: Option<String>,
}

/// Tells `null` from a key that is not written.
fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamValue {
    #[serde(default)]
    parent: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberValue {
    #[serde(default)]
    lead: bool,
}

impl Body {
    /// A body that says what the thing shall be, without comparing.
    pub(super) fn of(value: Value) -> Self {
        Self {
            value: Some(value),
            ..Self::default()
        }
    }

    /// What the thing shall be, which a PUT must say.
    fn value<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let value = self.value.clone().unwrap_or(Value::Null);
        serde_json::from_value(value)
            .map_err(|error| Problem::malformed(format!("\"value\" cannot be read: {error}")))
    }

    /// Refuses the write if the thing is not what the caller believes it to be.
    fn unmoved<T: DeserializeOwned + PartialEq>(
        &self,
        current: Option<&T>,
        canonical: impl Fn(T) -> T,
        shown: Value,
    ) -> Result<(), Problem> {
        let Some(before) = &self.if_before else {
            return Ok(());
        };
        let before: Option<T> = serde_json::from_value(before.clone()).map_err(|error| {
            Problem::malformed(format!("\"if_before\" cannot be read: {error}"))
        })?;
        if before.map(canonical).as_ref() == current {
            return Ok(());
        }
        Err(
            Problem::new(412, "moved", "it is not what you believe it to be")
                .with("current", shown),
        )
    }

    fn to(&self) -> Result<&str, Problem> {
        match self.to.as_deref() {
            None | Some("") => Err(Problem::malformed("\"to\" is missing: the new name")),
            Some(to) => Ok(to),
        }
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

pub(super) fn member_item(team: &str, subject: &str, lead: bool) -> Value {
    json!({"team": team, "subject": subject, "lead": lead})
}

fn access_shown(access: Option<&Access>) -> Value {
    match access {
        Some(it) => json!({"roles": it.roles, "options": it.options, "grants": it.grants}),
        None => Value::Null,
    }
}

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
            None => self.first_phase(operation),
        };
        self.set_access(&subject, before.as_ref(), access, phase, operation)
    }

    fn permit_access(
        &self,
        operation: &'static str,
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
    fn first_phase(&self, operation: &str) -> Option<String> {
        let then = self
            .definition
            .operations
            .get(operation)
            .and_then(|it| it.then.clone());
        then.filter(|phase| self.accept == Accept::Manual && phase != "active")
    }

    /// Checks and stores a person's access.
    pub(super) fn set_access(
        &mut self,
        subject: &str,
        before: Option<&Person>,
        access: Access,
        phase: Option<String>,
        operation: &'static str,
    ) -> Result<Value, Problem> {
        access.check(&self.definition)?;
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
        let after = Person {
            access,
            phase,
            standing,
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
        let is_own = matches!(self.caller, super::work::Caller::Person { subject: own, .. } if *own == subject);
        if matches!(self.caller, super::work::Caller::Person { .. }) && !is_own {
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

    /// Makes a team, or moves it into another one.
    pub(super) fn put_team(&mut self, team: &str, body: &Body) -> Result<Value, Problem> {
        let rule = self.definition.teams.as_ref();
        let nested = rule.ok_or_else(no_teams)?.nested;
        let value: TeamValue = body.value()?;
        let item = json!({"team": team, "parent": value.parent});
        let id = self.account.id;
        let before = database::team(self.db, id, team)?.map(|parent| TeamValue { parent });
        if before.as_ref() == Some(&value) {
            return Ok(item);
        }
        let shown = before
            .as_ref()
            .map_or(Value::Null, |it| json!({"parent": it.parent}));
        body.unmoved(before.as_ref(), |it| it, shown)?;
        let operation = match before {
            Some(_) => "team.update",
            None => "team.create",
        };
        self.permit(&Permission {
            operation,
            concerns: None,
            roles: Vec::new(),
        })?;
        if let Some(parent) = &value.parent {
            if !nested {
                return Err(Problem::rule(
                    "not_nested",
                    "teams do not lie in each other here",
                ));
            }
            self.check_parent(team, parent)?;
        }
        self.db
            .prepare_cached("INSERT OR REPLACE INTO teams VALUES (?1, ?2, ?3)")?
            .execute(params![id, team, value.parent])?;
        self.changed(operation, team);
        Ok(item)
    }

    /// Refuses a parent that is not there, lies in the team itself, or makes the teams too deep.
    fn check_parent(&self, team: &str, parent: &str) -> Result<(), Problem> {
        let mut level = 1u32;
        let mut above = Some(parent.to_owned());
        while let Some(name) = above {
            if name == team {
                let detail = format!("team \"{parent}\" lies in team \"{team}\" itself");
                return Err(Problem::rule("cycle", detail));
            }
            let found = database::team(self.db, self.account.id, &name)?;
            above = found.ok_or_else(|| {
                Problem::rule("unknown_team", format!("there is no team \"{name}\""))
            })?;
            level += 1;
        }
        let deepest = level + self.levels_below(team)?;
        for constraint in self.definition.constraints.values() {
            match constraint {
                Constraint::MaxDepth(rule) if deepest > rule.limit => {
                    return Err(Problem::rule("too_deep", rule.text.clone()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn levels_below(&self, team: &str) -> Result<u32, Problem> {
        let mut deepest = 0;
        let mut open = vec![(team.to_owned(), 0)];
        while let Some((name, level)) = open.pop() {
            deepest = deepest.max(level);
            let children = database::children(self.db, self.account.id, &name)?;
            open.extend(children.into_iter().map(|child| (child, level + 1)));
        }
        Ok(deepest)
    }

    /// Removes a team and everybody's place in it. A team in which others lie stays.
    pub(super) fn remove_team(&mut self, team: &str, body: &Body) -> Result<Value, Problem> {
        let id = self.account.id;
        let parent = database::team(self.db, id, team)?;
        let before = TeamValue {
            parent: parent.ok_or_else(|| Problem::not_found("team", team))?,
        };
        body.unmoved(Some(&before), |it| it, json!({"parent": before.parent}))?;
        self.permit(&Permission {
            operation: "team.remove",
            concerns: None,
            roles: Vec::new(),
        })?;
        if let Some(child) = database::children(self.db, id, team)?.first() {
            let detail = format!("team \"{child}\" lies in it");
            return Err(Problem::new(409, "conflict", detail));
        }
        for subject in database::members_of(self.db, id, team)? {
            self.change_place(&subject, |work| {
                Ok(database::remove_member(work.db, id, team, &subject)?)
            })?;
        }
        self.db
            .prepare_cached("DELETE FROM teams WHERE account = ?1 AND team = ?2")?
            .execute(params![id, team])?;
        self.changed("team.remove", team);
        Ok(json!({"removed": true}))
    }

    /// Gives a team another name. Its members and the teams in it go along; `value`, if written, is what the team is
    /// afterwards.
    pub(super) fn rename_team(&mut self, from: &str, body: &Body) -> Result<Value, Problem> {
        let id = self.account.id;
        let to = body.to()?;
        let parent = database::team(self.db, id, from)?;
        let before = TeamValue {
            parent: parent.ok_or_else(|| Problem::not_found("team", from))?,
        };
        body.unmoved(Some(&before), |it| it, json!({"parent": before.parent}))?;
        self.permit(&Permission {
            operation: "team.rename",
            concerns: None,
            roles: Vec::new(),
        })?;
        if from != to && database::team(self.db, id, to)?.is_some() {
            return Err(Problem::new(
                409,
                "conflict",
                format!("there is a team \"{to}\" already"),
            ));
        }
        self.changed("team.rename", format!("{from} -> {to}"));
        for sql in [
            "UPDATE teams SET team = ?3 WHERE account = ?1 AND team = ?2",
            "UPDATE teams SET parent = ?3 WHERE account = ?1 AND parent = ?2",
            "UPDATE members SET team = ?3 WHERE account = ?1 AND team = ?2",
        ] {
            self.db
                .prepare_cached(sql)?
                .execute(params![id, from, to])?;
        }
        match &body.value {
            Some(value) => {
                let value = Some(value.clone());
                self.put_team(
                    to,
                    &Body {
                        value,
                        ..Body::default()
                    },
                )
            }
            None => Ok(json!({"team": to, "parent": before.parent})),
        }
    }

    /// Gives a person a place in a team, or changes whether the person leads it.
    pub(super) fn put_member(
        &mut self,
        team: &str,
        subject: &str,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let subject = definition.fold(subject);
        let id = self.account.id;
        let teams = definition.teams.as_ref().ok_or_else(no_teams)?;
        let value: MemberValue = body.value()?;
        if database::team(self.db, id, team)?.is_none() {
            return Err(Problem::rule(
                "unknown_team",
                format!("there is no team \"{team}\""),
            ));
        }
        let person = self.person(&subject)?.ok_or_else(|| {
            Problem::rule(
                "no_access",
                format!("\"{subject}\" has no access to the account"),
            )
        })?;
        if value.lead && teams.lead.is_none() {
            return Err(Problem::rule("no_leads", "nobody leads a team here"));
        }
        let always = definition.always_leads(&person.access.roles);
        let stored = database::member(self.db, id, team, &subject)?;
        let before = stored.map(|lead| MemberValue {
            lead: lead || always,
        });
        let item = member_item(team, &subject, value.lead || always);
        let is_same = stored == Some(value.lead);
        if is_same {
            return Ok(item);
        }
        let shown = before
            .as_ref()
            .map_or(Value::Null, |it| json!({"lead": it.lead}));
        if before.as_ref() != Some(&value) {
            body.unmoved(before.as_ref(), |it| it, shown)?;
        }
        let operation = match stored {
            Some(_) => "member.update",
            None => "member.create",
        };
        let concerns = Some(subject.as_str());
        self.permit(&Permission {
            operation,
            concerns,
            roles: Vec::new(),
        })?;
        let place = Place {
            team: team.to_owned(),
            subject: subject.clone(),
            lead: value.lead,
        };
        self.change_place(&subject, |work| {
            Ok(database::put_member(work.db, id, &place)?)
        })?;
        self.changed(operation, format!("{team}/{subject}"));
        Ok(item)
    }

    /// Takes a person's place in a team.
    pub(super) fn remove_member(
        &mut self,
        team: &str,
        subject: &str,
        body: &Body,
    ) -> Result<Value, Problem> {
        let subject = self.definition.fold(subject);
        let id = self.account.id;
        let person = self.person(&subject)?;
        let always = person.is_some_and(|it| self.definition.always_leads(&it.access.roles));
        let stored = database::member(self.db, id, team, &subject)?;
        let stored = stored.ok_or_else(|| Problem::not_found("member", &subject))?;
        let before = MemberValue {
            lead: stored || always,
        };
        body.unmoved(Some(&before), |it| it, json!({"lead": before.lead}))?;
        let concerns = Some(subject.as_str());
        self.permit(&Permission {
            operation: "member.remove",
            concerns,
            roles: Vec::new(),
        })?;
        self.change_place(&subject, |work| {
            Ok(database::remove_member(work.db, id, team, &subject)?)
        })?;
        self.changed("member.remove", format!("{team}/{subject}"));
        Ok(json!({"removed": true}))
    }

    /// Changes a person's places and checks what follows for the person: leading a team may be excluded by something.
    fn change_place(
        &mut self,
        subject: &str,
        change: impl FnOnce(&mut Self) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let before = self.person(subject)?;
        change(self)?;
        let after = self.person(subject)?;
        match before == after {
            true => Ok(()),
            false => self.replace(before.as_ref(), after.as_ref()),
        }
    }

    /// Sets an attribute or switch of the account, or removes what was set (`value` is `None`).
    pub(super) fn put_setting(
        &mut self,
        setting: &str,
        removal: bool,
        body: &Body,
    ) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let rule = definition.settings.get(setting).ok_or_else(|| {
            Problem::rule(
                "unknown_setting",
                format!("the product has no setting \"{setting}\""),
            )
        })?;
        let before = self.settings.get(setting).cloned();
        let value = match removal {
            true => None,
            false => Some(rule.read(&body.value::<Value>()?).map_err(|why| {
                Problem::rule("wrong_value", format!("setting \"{setting}\": {why}"))
            })?),
        };
        if removal && before.is_none() {
            return Err(Problem::not_found("setting", setting));
        }
        let item = json!({"setting": setting, "value": value});
        if before == value {
            return Ok(item);
        }
        let canonical = |it: Value| rule.read(&it).unwrap_or(it);
        body.unmoved(
            before.as_ref(),
            canonical,
            before.clone().unwrap_or_default(),
        )?;
        let operation = match (&before, removal) {
            (_, true) => "setting.remove",
            (Some(_), false) => "setting.update",
            (None, false) => "setting.create",
        };
        self.permit(&Permission {
            operation,
            concerns: None,
            roles: Vec::new(),
        })?;
        if before.is_some() {
            check_immutable_setting(&definition, setting)?;
        }
        let mut settings = self.settings.clone();
        match &value {
            Some(value) => settings.insert(setting.to_owned(), value.clone()),
            None => settings.remove(setting),
        };
        let after = Limits {
            settings: &settings,
            ..self.limits()
        };
        self.tally.check_limits(self.limits(), after)?;
        self.settings = settings;
        let id = self.account.id;
        match &value {
            Some(value) => self
                .db
                .prepare_cached("INSERT OR REPLACE INTO settings VALUES (?1, ?2, ?3)")?
                .execute(params![id, setting, value.to_string()])?,
            None => self
                .db
                .prepare_cached("DELETE FROM settings WHERE account = ?1 AND setting = ?2")?
                .execute(params![id, setting])?,
        };
        self.changed(operation, setting);
        Ok(item)
    }

    /// Buys or releases seats: `value` is the quantity afterwards.
    pub(super) fn put_seats(&mut self, pool: &str, body: &Body) -> Result<Value, Problem> {
        let definition = std::sync::Arc::clone(&self.definition);
        let rule = definition
            .pools
            .get(pool)
            .ok_or_else(|| Problem::not_found("pool", pool))?;
        if !rule.capacity.iter().any(|it| it.purchased == Some(true)) {
            let detail = format!("nobody buys {} of pool \"{pool}\"", rule.unit);
            return Err(Problem::rule("not_for_sale", detail));
        }
        let quantity: u32 = body.value()?;
        let before = self.purchased.get(pool).copied().unwrap_or(0);
        if before != quantity {
            // Nothing bought and nothing there are the same quantity.
            let current = Some(before);
            let is_fresh = before == 0 && body.if_before == Some(Value::Null);
            if !is_fresh {
                body.unmoved(current.as_ref(), |it| it, json!(before))?;
            }
            let operation = "seats.update";
            self.permit(&Permission {
                operation,
                concerns: None,
                roles: Vec::new(),
            })?;
            let mut purchased = self.purchased.clone();
            purchased.insert(pool.to_owned(), quantity);
            let after = Limits {
                purchased: &purchased,
                ..self.limits()
            };
            self.tally.check_limits(self.limits(), after)?;
            self.purchased = purchased;
            self.db
                .prepare_cached("INSERT OR REPLACE INTO seats VALUES (?1, ?2, ?3)")?
                .execute(params![self.account.id, pool, quantity])?;
            self.changed(operation, pool);
        }
        Ok(super::reads::seats_item(
            pool,
            rule,
            self.limits(),
            &self.tally,
        ))
    }
}

fn check_immutable_setting(definition: &Definition, setting: &str) -> Result<(), Problem> {
    for constraint in definition.constraints.values() {
        match constraint {
            Constraint::Immutable(rule) if rule.settings.iter().any(|it| it == setting) => {
                return Err(Problem::rule("immutable", rule.text.clone()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn no_teams() -> Problem {
    Problem::rule("no_teams", "the product has no teams")
}
