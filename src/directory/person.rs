//! What one person is on an account, and what holds for one person alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::constraint::{Constraint, Selector, denies};
use super::definition::Definition;
use super::problem::Problem;
use super::world::{About, World};
use crate::product::RolesPerUser;

/// What one person has on an account, as it is stored and sent: roles sorted, options that equal the default left out.
///
/// Grants are stored as they were asked for, since the settings of the account decide what the default is, and tomorrow it
/// may be another one; they are shown and compared without those that equal the default now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Access {
    #[serde(default)]
    pub(super) roles: Vec<String>,
    #[serde(default)]
    pub(super) options: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) grants: BTreeMap<String, String>,
}

/// A person with everything that rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) access: Access,
    /// The life-cycle state, if it is not "active".
    pub(super) phase: Option<String>,
    pub(super) standing: Standing,
    /// What the account around them makes of it.
    pub(super) around: Around,
}

/// What settings and owned objects make of an access.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// What the person has of each grant, written or by default.
    pub(super) grants: BTreeMap<String, String>,
    /// The fields of each role that is an owned object.
    pub(super) roles: Vec<BTreeMap<String, Value>>,
}

/// What a person is in the account's teams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// In one at least.
    pub(super) in_team: bool,
    /// Leading one at least.
    pub(super) leads_team: bool,
}

impl Access {
    /// The same access in the one form that it is stored in. Nothing is refused here.
    pub(super) fn canonical(mut self, definition: &Definition) -> Self {
        self.roles.sort_unstable();
        self.roles.dedup();
        self.options = self
            .options
            .into_iter()
            .map(|(name, value)| match definition.options.get(&name) {
                Some(rule) => (name, rule.read(&value).unwrap_or(value)),
                None => (name, value),
            })
            .filter(|(name, value)| {
                let rule = definition.options.get(name);
                rule.is_none_or(|rule| rule.default().as_ref() != Some(value))
            })
            .collect();
        self
    }

    /// Whether an option is at another value than its default; a set of nothing restricts nothing. The access must be
    /// canonical.
    pub(super) fn is_set(&self, option: &str) -> bool {
        let value = self.options.get(option);
        value.is_some_and(|it| it.as_array().is_none_or(|words| !words.is_empty()))
    }

    /// Refuses roles, options and grants that the account does not have, and values that are not of their type.
    ///
    /// `self` must be canonical.
    pub(super) fn check(&self, world: &World) -> Result<(), Problem> {
        let definition = &world.definition;
        for role in &self.roles {
            check_role(world, role)?;
        }
        let wrong_number = match (definition.user.roles, self.roles.len()) {
            (RolesPerUser::One, 1) | (RolesPerUser::Optional, 0 | 1) | (RolesPerUser::Many, _) => {
                None
            }
            (RolesPerUser::One, count) => Some(("exactly one role", count)),
            (RolesPerUser::Optional, count) => Some(("at most one role", count)),
        };
        if let Some((wanted, count)) = wrong_number {
            let detail = format!("a person has {wanted} here, not {count}");
            return Err(Problem::rule("number_of_roles", detail));
        }
        for (name, value) in &self.options {
            let rule = definition.options.get(name).ok_or_else(|| {
                let detail = format!("the product has no option \"{name}\"");
                Problem::rule("unknown_option", detail)
            })?;
            rule.read(value)
                .map_err(|why| Problem::rule("wrong_value", format!("option \"{name}\": {why}")))?;
            if !rule.roles.is_empty() && !self.roles.iter().any(|role| rule.roles.contains(role)) {
                let detail = format!("option \"{name}\" is only for {}", rule.roles.join(", "));
                return Err(Problem::rule("option_not_for_role", detail));
            }
        }
        for (name, value) in &self.grants {
            if !definition.grants.contains_key(name) {
                let detail = format!("the product has no add-on \"{name}\"");
                return Err(Problem::rule("unknown_grant", detail));
            }
            if !matches!(value.as_str(), "access" | "none") {
                let detail =
                    format!("add-on \"{name}\": expected access or none, found \"{value}\"");
                return Err(Problem::rule("wrong_value", detail));
            }
        }
        Ok(())
    }
}

/// Refuses a role that nobody of the account can be given: one that neither the product nor the account has, or one that
/// is given elsewhere, in an event.
fn check_role(world: &World, role: &str) -> Result<(), Problem> {
    let owned = world.definition.owned_roles();
    if owned.is_some_and(|kind| world.object(kind, role).is_some()) {
        return Ok(());
    }
    match world.definition.roles.get(role) {
        None => {
            let owner = owned.map_or("product", |_| "account");
            let detail = format!("the {owner} has no role \"{role}\"");
            Err(Problem::rule("unknown_role", detail))
        }
        Some(rule) => match &rule.scope {
            None => Ok(()),
            Some(scope) => {
                let detail = format!("role \"{role}\" is given per {scope}, not on the account");
                Err(Problem::rule("not_assignable", detail))
            }
        },
    }
}

/// A rule that a person breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// The constraint, or the grant that needs something.
    name: String,
    code: &'static str,
    text: String,
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        Self::rule(broken.code, broken.text).with("constraint", broken.name.into())
    }
}

/// What no person of the account may be, whatever the others are, and this one is.
pub(super) fn broken(world: &World, person: &Person) -> Vec<Broken> {
    let definition = &world.definition;
    let selects = |selector: &Selector| selector.selects(definition, person);
    let constraints = definition.constraints.iter();
    let constraints = constraints.filter_map(|(name, constraint)| {
        let (code, text) = match constraint {
            Constraint::Excludes(it) if denies(it.level) && selects(&it.a) && selects(&it.b) => {
                ("excluded", &it.text)
            }
            Constraint::Requires(it) if denies(it.level) && selects(&it.a) && !selects(&it.b) => {
                ("required", &it.text)
            }
            Constraint::PlanGate(it)
                if denies(it.level)
                    && selects(&it.of)
                    && !world.gate_is_open(&it.setting, &it.values) =>
            {
                ("plan_gate", &it.text)
            }
            Constraint::Cel(it)
                if denies(it.level)
                    && it.on == "access"
                    && world.is_broken(&it.must, About::Person(person)) =>
            {
                ("broken_rule", &it.text)
            }
            _ => return None,
        };
        Some(Broken {
            name: name.clone(),
            code,
            text: text.clone(),
        })
    });
    let grants = person
        .access
        .grants
        .iter()
        .filter(|(_, it)| *it == "access");
    let grants = grants.filter_map(|(name, _)| {
        let requires = definition.grants.get(name)?.requires.as_ref()?;
        (!selects(requires)).then(|| Broken {
            name: name.clone(),
            code: "grant_requires",
            text: format!(
                "this person cannot have add-on \"{name}\": something else is needed first"
            ),
        })
    });
    constraints.chain(grants).collect()
}
