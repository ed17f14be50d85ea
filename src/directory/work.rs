//! One write: everything it reads and changes happens in one transaction, or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, params};
use serde_json::Value;

use super::Accept;
use super::database::{self, Account};
use super::definition::{Constraint, Definition, Typed};
use super::objects::Objects;
use super::person::{Access, Around, Person, Standing, check_person};
use super::problem::Problem;
use super::script::Script;
use super::tally::{Limits, Tally};
use crate::product::May;

/// Whoever a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The one who set the directory up: every account, every operation.
    Bootstrap,
    /// A program on one account; rules about people do not restrict it.
    Service { account: i64, name: String },
    /// A person of one account.
    Person { account: i64, subject: String },
}

/// A write under way on one account.
pub(super) struct Work<'a> {
    pub(super) db: &'a Connection,
    pub(super) account: &'a Account,
    pub(super) definition: Arc<Definition>,
    pub(super) tally: Tally,
    pub(super) settings: BTreeMap<String, Value>,
    pub(super) purchased: BTreeMap<String, u32>,
    pub(super) caller: &'a Caller,
    pub(super) accept: Accept,
    pub(super) script: &'a Script,
    pub(super) now: String,
    /// What was changed, for the log; `None` as long as everything is as it was.
    pub(super) commit: Option<(String, String)>,
    /// What the account owns.
    pub(super) objects: Objects,
}

/// What a person must be allowed to do for an operation.
pub(super) struct Permission<'a> {
    pub(super) operation: &'a str,
    /// The person concerned, if the operation is about one.
    pub(super) concerns: Option<&'a str>,
    /// Roles that are given, changed or taken.
    pub(super) roles: Vec<&'a String>,
}

impl Work<'_> {
    pub(super) fn limits(&self) -> Limits<'_> {
        Limits {
            definition: &self.definition,
            settings: &self.settings,
            purchased: &self.purchased,
        }
    }

    /// Notes that something was changed. The first thing noted is what the log shows.
    pub(super) fn changed(&mut self, operation: &str, thing: impl Into<String>) {
        if self.commit.is_none() {
            self.commit = Some((operation.to_owned(), thing.into()));
        }
    }

    /// A person as stored, with everything that rules look at.
    pub(super) fn person(&self, subject: &str) -> Result<Option<Person>, Problem> {
        let Some((access, phase)) = database::access(self.db, self.account.id, subject)? else {
            return Ok(None);
        };
        let standing = self.standing(subject, &access)?;
        let around = self.around(&access);
        Ok(Some(Person {
            access,
            phase,
            standing,
            around,
        }))
    }

    /// What a person with this access is in the account's teams.
    pub(super) fn standing(&self, subject: &str, access: &Access) -> Result<Standing, Problem> {
        let (places, leading) = database::places(self.db, self.account.id, subject)?;
        let in_team = places > 0;
        let leads_team = leading > 0 || (in_team && self.definition.always_leads(&access.roles));
        Ok(Standing {
            in_team,
            leads_team,
        })
    }

    /// What settings and owned objects make of an access.
    pub(super) fn around(&self, access: &Access) -> Around {
        let defaults = self.definition.grant_defaults(&self.settings);
        self.definition.around(access, &defaults, &self.objects)
    }

    /// Counts everybody and everything anew: settings and objects can change who counts.
    pub(super) fn recount(&mut self) -> Result<(), Problem> {
        let account = self.account.id;
        let all = (&self.settings, &self.objects);
        self.tally = Tally::of_account(self.db, account, &self.definition, all)?;
        Ok(())
    }

    /// Counts one person's change and refuses it if a rule or a limit stands against it.
    pub(super) fn replace(
        &mut self,
        before: Option<&Person>,
        after: Option<&Person>,
    ) -> Result<(), Problem> {
        if let Some(after) = after {
            check_person(&self.definition, &self.settings, after)?;
        }
        let counted = self.tally.clone();
        for (person, by) in [(before, -1), (after, 1)] {
            if let Some(person) = person {
                self.tally.count(&self.definition, person, by);
            }
        }
        self.tally.check(&counted, self.limits())
    }

    /// Refuses what the caller may not do.
    ///
    /// An operation may be done by the roles that the product lists for it, within the product's `actor` constraints on it;
    /// where the product says neither, by those who administer the account.
    pub(super) fn permit(&self, permission: &Permission<'_>) -> Result<(), Problem> {
        let who = permission.concerns.unwrap_or_default();
        let refusal = self
            .script
            .refuses(&self.account.name, permission.operation, who);
        if let Some(why) = refusal {
            return Err(Problem::rule("refused_by_vendor", why));
        }
        let Caller::Person { subject, .. } = self.caller else {
            return Ok(());
        };
        let operation = permission.operation;
        let works = |phase: &String| {
            let rule = self.definition.states.get(phase);
            rule.is_some_and(|it| it.works == Some(true))
        };
        let actor = self
            .person(subject)?
            .filter(|actor| actor.phase.as_ref().is_none_or(works));
        let actor =
            actor.ok_or_else(|| Problem::not_permitted("you have no active access here"))?;
        let roles = &actor.access.roles;
        let listed = self.definition.operations.get(operation);
        let listed = listed.map_or(&[][..], |it| it.actor.as_slice());
        let rules = || {
            let constraints = self.definition.constraints.values();
            let rules = constraints.filter_map(|it| match it {
                Constraint::Actor(rule) => Some(rule),
                _ => None,
            });
            rules.filter(|it| it.operations.iter().any(|it| it == operation))
        };
        let may = match (listed.is_empty(), rules().next()) {
            (false, _) => roles.iter().any(|role| listed.contains(role)),
            (true, Some(_)) => true,
            (true, None) => self.definition.is_administrator(&actor.access),
        };
        if !may {
            let detail = format!("your role may not do {operation}");
            return Err(Problem::not_permitted(detail));
        }
        for rule in rules() {
            let is_self = rule.not_self == Some(true)
                && permission.concerns.is_some_and(|it| it == subject.as_str());
            let lacks_role =
                !rule.roles.is_empty() && !roles.iter().any(|role| rule.roles.contains(role));
            let capability = rule.capability.as_ref();
            let lacks = capability.is_some_and(|it| !self.is_capable(&actor, it));
            let cannot_assign = rule.may_assign == Some(true)
                && permission
                    .roles
                    .iter()
                    .any(|role| !self.may_assign(&actor, role));
            if is_self || lacks_role || lacks || cannot_assign {
                return Err(Problem::not_permitted(rule.text.clone()));
            }
        }
        Ok(())
    }

    /// Whether one of the actor's roles may do it, and no option of the actor's takes it away.
    ///
    /// "Ask an owner" means allowed where an option is how an owner says no, unless it says no; elsewhere it means no, since
    /// nobody asks here.
    fn is_capable(&self, actor: &Person, capability: &str) -> bool {
        let Some(matrix) = &self.definition.matrix else {
            return false;
        };
        let roles = &actor.access.roles;
        let governs = |rule: &Typed| {
            rule.denies.iter().any(|it| includes(it, capability))
                && (rule.roles.is_empty() || roles.iter().any(|role| rule.roles.contains(role)))
        };
        let governing: Vec<&String> = self
            .definition
            .options
            .iter()
            .filter(|(_, rule)| governs(rule))
            .map(|(name, _)| name)
            .collect();
        let is_denied = governing.iter().any(|name| actor.access.is_set(name));
        let row = matrix.rows.get(capability).map(|row| &row.may);
        let allows = |role: &String| {
            let column = matrix.roles.iter().position(|it| it == role);
            match column.and_then(|column| row?.get(column)) {
                Some(May::Allow) => true,
                Some(May::AskOwner) => !governing.is_empty(),
                Some(May::Deny) | None => false,
            }
        };
        !is_denied && roles.iter().any(allows)
    }

    fn may_assign(&self, actor: &Person, role: &str) -> bool {
        let roles = actor.access.roles.iter();
        let mut rules = roles.filter_map(|it| self.definition.roles.get(it));
        rules.any(|rule| rule.may_assign.iter().any(|it| it == role))
    }

    /// Writes the log line of what was changed.
    pub(super) fn log(&self, key: Option<&str>) -> Result<(), Problem> {
        let Some((operation, thing)) = &self.commit else {
            return Ok(());
        };
        self.db
            .prepare_cached(
                "INSERT INTO commits (account, key, operation, thing, actor, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![self.account.id, key, operation, thing, self.caller.name(), self.now])?;
        Ok(())
    }
}

/// Whether a capability is another one or lies below it: `settings` includes `settings.users`.
fn includes(above: &str, below: &str) -> bool {
    let rest = below.strip_prefix(above);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Caller {
    /// What the log calls the caller.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Bootstrap => "service bootstrap".to_owned(),
            Self::Service { name, .. } => format!("service {name}"),
            Self::Person { subject, .. } => format!("person {subject}"),
        }
    }
}
