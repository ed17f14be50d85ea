//! Who may do what: the roles that the product lists for an operation, within its `actor` constraints and its expressions
//! about whoever acts.

use super::constraint::{Constraint, denies};
use super::definition::Typed;
use super::person::Person;
use super::problem::Problem;
use super::work::{Caller, Work};
use super::world::{About, Object, World};
use crate::product::May;

/// What a person must be allowed to do for a write.
pub(super) struct Permission<'a> {
    /// One chain of words per part of the write, the most specific word first: `access.update.role`, `access.update`.
    /// Never empty.
    pub(super) operations: Vec<Vec<String>>,
    /// What it is about, for scripts: a person, a team, `KIND/NAME`.
    pub(super) thing: &'a str,
    /// The person concerned, if the write is about one.
    pub(super) concerns: Option<&'a str>,
    /// Roles that are given, changed or taken.
    pub(super) roles: Vec<&'a String>,
    /// What is written, or removed, for expressions about whoever acts.
    pub(super) about: About<'a>,
    /// The account as the write makes it; as it is where that is the same.
    pub(super) world: Option<&'a World>,
}

/// The words of an operation on a part of something: the more specific one first.
pub(super) fn words(operation: &str, part: &str) -> Vec<String> {
    vec![format!("{operation}.{part}"), operation.to_owned()]
}

impl<'a> Permission<'a> {
    /// To do something to a thing; it is about nobody, and gives and takes no roles.
    pub(super) fn to(operations: Vec<Vec<String>>, thing: &'a str) -> Self {
        Self {
            operations,
            thing,
            concerns: None,
            roles: Vec::new(),
            about: About::Account,
            world: None,
        }
    }

    /// The same of a thing that the account owns.
    pub(super) fn about(self, kind: &'a str, name: &'a str, object: &'a Object) -> Self {
        let about = About::Object { kind, name, object };
        Self { about, ..self }
    }

    /// The same of a write that makes the account another one.
    pub(super) fn making(self, world: &'a World) -> Self {
        let world = Some(world);
        Self { world, ..self }
    }
}

impl Work<'_> {
    /// Refuses what the caller may not do.
    ///
    /// An operation may be done by the roles that the product lists for it, within the product's `actor` constraints on it;
    /// where the product says neither, by those who administer the account.
    pub(super) fn permit(&self, permission: &Permission<'_>) -> Result<(), Problem> {
        let mut words = permission.operations.iter().flatten();
        let account = &self.account.name;
        let refusal = words.find_map(|it| self.script.refuses(account, it, permission.thing));
        if let Some(why) = refusal {
            return Err(Problem::rule("refused_by_vendor", why));
        }
        let Caller::Person { subject, .. } = self.caller else {
            return Ok(());
        };
        let actor = self.person(subject)?;
        let actor = actor.filter(|it| self.definition.works(it.phase.as_deref()));
        let actor =
            actor.ok_or_else(|| Problem::not_permitted("you have no active access here"))?;
        let mut operations = permission.operations.iter();
        operations.try_for_each(|words| self.permit_one(&actor, subject, words, permission))?;
        self.permit_by_expressions(&actor, permission)
    }

    /// Refuses what an expression says that this person may not do. One that cannot be said refuses nothing.
    fn permit_by_expressions(
        &self,
        actor: &Person,
        permission: &Permission<'_>,
    ) -> Result<(), Problem> {
        let world = permission.world.unwrap_or(&self.world);
        for constraint in self.definition.constraints.values() {
            let Constraint::Cel(rule) = constraint else {
                continue;
            };
            if !denies(rule.level) || !rule.must.0.looks_at("actor") {
                continue;
            }
            let about = match (rule.on.as_str(), permission.about) {
                ("account", _) => About::Account,
                ("access", about @ About::Person(_)) => about,
                (on, about @ About::Object { kind, .. })
                    if on.strip_prefix("object:") == Some(kind) =>
                {
                    about
                }
                _ => continue,
            };
            if world.is_broken_by(&rule.must, about, actor) {
                return Err(Problem::not_permitted(rule.text.clone()));
            }
        }
        Ok(())
    }

    fn permit_one(
        &self,
        actor: &Person,
        subject: &str,
        words: &[String],
        permission: &Permission<'_>,
    ) -> Result<(), Problem> {
        let roles = &actor.access.roles;
        let listed = self.definition.operation(words);
        let listed = listed.map_or(&[][..], |it| it.actor.as_slice());
        let rules = || {
            let constraints = self.definition.constraints.values();
            let rules = constraints.filter_map(|it| match it {
                Constraint::Actor(rule) => Some(rule),
                _ => None,
            });
            rules.filter(|it| it.operations.iter().any(|it| words.contains(it)))
        };
        let may = match (listed.is_empty(), rules().next()) {
            (false, _) => roles.iter().any(|role| listed.contains(role)),
            (true, Some(_)) => true,
            (true, None) => self.definition.is_administrator(&actor.access),
        };
        if !may {
            let operation = words.last().map_or("this", String::as_str);
            let detail = format!("your role may not do {operation}");
            return Err(Problem::not_permitted(detail));
        }
        for rule in rules() {
            let is_self = rule.not_self == Some(true) && permission.concerns == Some(subject);
            let is_other_role =
                !rule.roles.is_empty() && !roles.iter().any(|role| rule.roles.contains(role));
            let capability = rule.capability.as_ref();
            let lacks = capability.is_some_and(|it| !self.is_capable(actor, it));
            let cannot_assign = rule.may_assign == Some(true)
                && permission
                    .roles
                    .iter()
                    .any(|role| !self.may_assign(actor, role));
            if is_self || is_other_role || lacks || cannot_assign {
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
}

/// Whether a capability is another one or lies below it: `settings` includes `settings.users`.
fn includes(above: &str, below: &str) -> bool {
    let rest = below.strip_prefix(above);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
