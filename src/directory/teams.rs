//! Making, moving, renaming and removing teams, and people's places in them.

use rusqlite::params;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Body;
use super::constraint::Constraint;
use super::database::{self, Place};
use super::permit::Permission;
use super::problem::Problem;
use super::work::Work;

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

impl Work<'_> {
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
        self.permit(&Permission::to(vec![vec![operation.to_owned()]], team))?;
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
                Constraint::MaxDepth(rule) if !rule.is_of_accounts() && deepest > rule.limit => {
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
        self.permit(&Permission::to(vec![vec!["team.remove".to_owned()]], team))?;
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
        self.permit(&Permission::to(vec![vec!["team.rename".to_owned()]], from))?;
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
            let current = stored.map(|lead| MemberValue { lead });
            let ruled = !teams.always_lead.is_empty();
            body.unmoved(current.as_ref(), as_asked(stored, ruled), shown)?;
        }
        let operation = match stored {
            Some(_) => "member.update",
            None => "member.create",
        };
        let concerns = Some(subject.as_str());
        self.permit(&Permission {
            concerns,
            ..Permission::to(vec![vec![operation.to_owned()]], &subject)
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
        let current = MemberValue { lead: stored };
        let teams = self.definition.teams.as_ref();
        let ruled = teams.is_some_and(|it| !it.always_lead.is_empty());
        let shown = json!({"lead": before.lead});
        body.unmoved(Some(&current), as_asked(Some(stored), ruled), shown)?;
        let concerns = Some(subject.as_str());
        self.permit(&Permission {
            concerns,
            ..Permission::to(vec![vec!["member.remove".to_owned()]], &subject)
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
}

pub(super) fn member_item(team: &str, subject: &str, lead: bool) -> Value {
    json!({"team": team, "subject": subject, "lead": lead})
}

/// What a caller believes of a place, as it is compared with what was asked for: where roles lead by themselves (`ruled`),
/// a place that nobody asked to lead may have been seen to lead, before the role changed or since.
fn as_asked(stored: Option<bool>, ruled: bool) -> impl Fn(MemberValue) -> MemberValue {
    move |seen| MemberValue {
        lead: seen.lead && !(ruled && stored == Some(false)),
    }
}

fn no_teams() -> Problem {
    Problem::rule("no_teams", "the product has no teams")
}
