//! Constraints and selectors as the directory reads them, and what one of them says about one person.
//!
//! An unknown type or key is an error: nothing is silently unenforced.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::definition::{Definition, When};
use super::person::Person;
use super::values::words;
use crate::product::{DepthOf, Level};

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Constraint {
    Excludes(Pair),
    Requires(Pair),
    MaxCount(Count),
    MinCount(Count),
    ExactlyOne(ExactlyOne),
    PlanGate(PlanGate),
    Actor(ActorRule),
    Immutable(Immutable),
    MaxDepth(MaxDepth),
    Unique(UniqueRule),
    Cel(CelRule),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UniqueRule {
    pub(super) objects: Option<String>,
    /// Which accesses; their identities are told apart anyway.
    #[serde(default, rename = "across")]
    _across: Option<Selector>,
    pub(super) field: String,
    pub(super) text: String,
    pub(super) level: Option<Level>,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CelRule {
    /// `account`, `access`, or `object:KIND`.
    pub(super) on: String,
    pub(super) must: When,
    pub(super) text: String,
    pub(super) level: Option<Level>,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pair {
    pub(super) a: Selector,
    pub(super) b: Selector,
    pub(super) text: String,
    pub(super) level: Option<Level>,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Count {
    pub(super) of: Option<Selector>,
    pub(super) objects: Option<String>,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, Vec<String>>,
    pub(super) per: Option<String>,
    /// People without whom it need not hold.
    pub(super) where_any: Option<Selector>,
    pub(super) limit: u32,
    pub(super) text: String,
    pub(super) level: Option<Level>,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExactlyOne {
    pub(super) of: Selector,
    pub(super) text: String,
    pub(super) level: Option<Level>,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanGate {
    pub(super) of: Selector,
    pub(super) setting: String,
    pub(super) values: Vec<String>,
    pub(super) text: String,
    pub(super) level: Option<Level>,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActorRule {
    pub(super) operations: Vec<String>,
    #[serde(default)]
    pub(super) roles: Vec<String>,
    pub(super) capability: Option<String>,
    pub(super) not_self: Option<bool>,
    pub(super) may_assign: Option<bool>,
    pub(super) text: String,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Immutable {
    #[serde(default)]
    pub(super) options: Vec<String>,
    #[serde(default)]
    pub(super) settings: Vec<String>,
    pub(super) text: String,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MaxDepth {
    of: Option<DepthOf>,
    pub(super) limit: u32,
    pub(super) text: String,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

impl MaxDepth {
    /// Whether it is about accounts; about teams otherwise.
    pub(super) fn is_of_accounts(&self) -> bool {
        self.of == Some(DepthOf::Accounts)
    }
}

/// Which people of an account are meant: those for whom everything that is written holds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selector {
    role: Option<Vec<String>>,
    #[serde(default)]
    options: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    any_option: Vec<String>,
    leads_team: Option<bool>,
    in_team: Option<bool>,
    administers: Option<bool>,
    has_role: Option<bool>,
    #[serde(default)]
    grants: BTreeMap<String, String>,
    #[serde(default)]
    role_fields: BTreeMap<String, Vec<String>>,
}

impl ExactlyOne {
    /// That exactly one person has a role.
    pub(super) fn of_role(role: &str) -> Self {
        Self {
            of: Selector {
                role: Some(vec![role.to_owned()]),
                ..Selector::default()
            },
            text: format!("exactly one person has the role {role}"),
            level: None,
            _rules: IgnoredAny,
        }
    }

    /// Whether it says so of a role, and of nothing narrower.
    pub(super) fn is_of_role(&self, role: &str) -> bool {
        self.of.role.as_deref() == Some(&[role.to_owned()]) && self.of.asks_only_roles()
    }
}

/// Whether a constraint refuses (the directory does not warn).
pub(super) fn denies(level: Option<Level>) -> bool {
    !matches!(level, Some(Level::Warn))
}

impl Selector {
    /// Whether the person is one of those meant.
    pub(super) fn selects(&self, definition: &Definition, person: &Person) -> bool {
        self.selects_for(definition, person, None)
    }

    fn asks_only_roles(&self) -> bool {
        let words = self.options.len() + self.any_option.len() + self.grants.len();
        words + self.role_fields.len() == 0
            && [
                self.leads_team,
                self.in_team,
                self.administers,
                self.has_role,
            ] == [None; 4]
    }

    /// The same, where `each` stands for a word.
    pub(super) fn selects_for(
        &self,
        definition: &Definition,
        person: &Person,
        word: Option<&str>,
    ) -> bool {
        let access = &person.access;
        let is_set = |name: &String| access.is_set(name);
        let has_value = |(name, wanted): (&String, &Vec<String>)| {
            let rule = definition.options.get(name);
            let default = || rule.and_then(|it| it.default.as_ref());
            let value = access.options.get(name).or_else(default);
            let words = value.map(words).unwrap_or_default();
            wanted.iter().any(|it| match (it.as_str(), word) {
                ("any", _) => is_set(name),
                ("each", Some(word)) => words.iter().any(|it| it == word),
                (word, _) => words.iter().any(|it| it == word),
            })
        };
        let has_role = |wanted: &Vec<String>| access.roles.iter().any(|role| wanted.contains(role));
        let standing = person.standing;
        self.role.as_ref().is_none_or(has_role)
            && self.options.iter().all(has_value)
            && (self.any_option.is_empty() || self.any_option.iter().any(is_set))
            && self.leads_team.is_none_or(|it| it == standing.leads_team)
            && self.in_team.is_none_or(|it| it == standing.in_team)
            && self.has_role.is_none_or(|it| it != access.roles.is_empty())
            && (self.administers).is_none_or(|it| it == definition.is_administrator(access))
            && (self.grants.iter()).all(|(name, it)| person.around.grants.get(name) == Some(it))
            && (self.role_fields.is_empty() || {
                let mut roles = person.around.roles.iter();
                roles.any(|fields| has_fields(fields, &self.role_fields, word))
            })
    }
}

/// Whether each field that is asked for has one of the words that are asked for.
pub(super) fn has_fields(
    fields: &BTreeMap<String, Value>,
    wanted: &BTreeMap<String, Vec<String>>,
    word: Option<&str>,
) -> bool {
    wanted.iter().all(|(name, wanted)| {
        let values = fields.get(name).map(words).unwrap_or_default();
        let mut wanted = wanted.iter().map(|it| match (it.as_str(), word) {
            ("each", Some(word)) => word,
            (other, _) => other,
        });
        wanted.any(|it| values.iter().any(|value| value == it))
    })
}
