//! A product definition as the directory reads it: JSON, and only what it enforces.
//!
//! # Design
//! The directory is an independent oracle: it reads the JSON of a definition with types of its own and enforces it with
//! code of its own, so that a mistake in how the planner understands a definition shows up as a refusal in a test. What
//! it does not know how to enforce it refuses to take: a constraint of an unknown type, or an unknown key in one, is an
//! error when an account is provisioned, never silently unenforced. Keys that only describe (`text`, `title`) are skipped.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::product::{
    Condition, DepthOf, Facts, FieldKind, Fold, Level, May, OptionKind, Overflow, RolesPerUser,
};

/// A product definition. Maps are keyed by name.
#[derive(Debug, Deserialize)]
pub(super) struct Definition {
    pub(super) user: User,
    #[serde(default)]
    pub(super) settings: BTreeMap<String, Typed>,
    #[serde(default)]
    pub(super) roles: BTreeMap<String, Role>,
    pub(super) matrix: Option<Matrix>,
    #[serde(default)]
    pub(super) options: BTreeMap<String, Typed>,
    pub(super) teams: Option<Teams>,
    #[serde(default)]
    pub(super) pools: BTreeMap<String, Pool>,
    #[serde(default)]
    pub(super) constraints: BTreeMap<String, Constraint>,
    #[serde(default)]
    pub(super) operations: BTreeMap<String, Operation>,
    #[serde(default)]
    pub(super) objects: BTreeMap<String, ObjectKind>,
    #[serde(default)]
    pub(super) grants: BTreeMap<String, GrantRule>,
    #[serde(default)]
    pub(super) states: BTreeMap<String, Phase>,
    pub(super) hand_over: Option<HandOver>,
}

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) fold: Fold,
    pub(super) roles: RolesPerUser,
    pub(super) owned_roles: Option<String>,
}

/// A kind of things that the account owns.
#[derive(Debug, Deserialize)]
pub(super) struct ObjectKind {
    #[serde(default)]
    pub(super) fields: BTreeMap<String, FieldRule>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FieldRule {
    pub(super) r#type: FieldKind,
    #[serde(default)]
    pub(super) values: Vec<String>,
    pub(super) required: Option<bool>,
    pub(super) immutable: Option<bool>,
    pub(super) default: Option<Value>,
    pub(super) pattern: Option<String>,
    /// `true`, `false` or `"account"`.
    pub(super) unique: Option<Value>,
    pub(super) change: Option<String>,
}

/// An add-on right.
#[derive(Debug, Deserialize)]
pub(super) struct GrantRule {
    #[serde(default)]
    pub(super) default: Vec<GrantDefault>,
    pub(super) requires: Option<Selector>,
}

#[derive(Debug, Deserialize)]
pub(super) struct GrantDefault {
    pub(super) value: String,
    pub(super) when: Option<When>,
}

/// An option of a person's access, or a setting of the account.
#[derive(Debug, Deserialize)]
pub(super) struct Typed {
    pub(super) r#type: OptionKind,
    #[serde(default)]
    pub(super) values: Vec<String>,
    pub(super) default: Option<Value>,
    /// Roles that can have the option; all if empty.
    #[serde(default)]
    pub(super) roles: Vec<String>,
    /// Whether somebody for whom it is set administers the account.
    pub(super) administers: Option<bool>,
    /// Capabilities that the option takes away when it is not at its default.
    #[serde(default)]
    pub(super) denies: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Role {
    pub(super) administers: Option<bool>,
    #[serde(default)]
    pub(super) may_assign: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Matrix {
    pub(super) roles: Vec<String>,
    pub(super) rows: BTreeMap<String, MatrixRow>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MatrixRow {
    pub(super) may: Vec<May>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Teams {
    pub(super) nested: bool,
    #[serde(default)]
    pub(super) lead: Option<String>,
    #[serde(default)]
    pub(super) always_lead: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pool {
    pub(super) unit: String,
    #[serde(default)]
    pub(super) each: Vec<String>,
    pub(super) counts_objects: Option<String>,
    pub(super) weight_field: Option<String>,
    pub(super) capacity: Vec<PoolCapacity>,
    pub(super) counts: Option<Vec<Selector>>,
    pub(super) never_counts: Option<Vec<Selector>>,
    pub(super) overflow: Overflow,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PoolCapacity {
    pub(super) when: Option<When>,
    pub(super) purchased: Option<bool>,
    pub(super) number: Option<u32>,
    pub(super) setting: Option<String>,
    #[serde(default)]
    pub(super) setting_each: BTreeMap<String, String>,
    pub(super) people: Option<Selector>,
    pub(super) unlimited: Option<bool>,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

/// A condition on the account: an expression over what the directory says about it.
#[derive(Debug)]
pub(super) struct When(Condition);

impl When {
    /// Whether it holds under these settings; one that cannot be said does not.
    pub(super) fn holds(
        &self,
        definition: &Definition,
        settings: &BTreeMap<String, Value>,
    ) -> bool {
        self.says(definition, settings, None) == Some(true)
    }

    /// Whether it holds under these settings for something else that it looks at; `None` if that cannot be said.
    pub(super) fn says(
        &self,
        definition: &Definition,
        settings: &BTreeMap<String, Value>,
        other: Option<(&'static str, &Value)>,
    ) -> Option<bool> {
        let mut known: BTreeMap<&str, &Value> = BTreeMap::new();
        for (name, rule) in &definition.settings {
            known.extend(rule.default.as_ref().map(|it| (name.as_str(), it)));
        }
        known.extend(settings.iter().map(|(name, value)| (name.as_str(), value)));
        let account = serde_json::json!({"settings": known});
        let mut facts = Facts::default().with("account", &account);
        if let Some((name, data)) = other {
            facts = facts.with(name, data);
        }
        self.0.holds(&facts).ok()
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Condition::new(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    #[serde(default)]
    pub(super) actor: Vec<String>,
    pub(super) then: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Phase {
    pub(super) holds_seat: bool,
    pub(super) works: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct HandOver {
    pub(super) what: String,
}

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
    /// People are told apart by their address here, so that no two of them have the same anyway.
    #[serde(default, rename = "across")]
    _across: IgnoredAny,
    pub(super) field: String,
    pub(super) text: String,
    pub(super) level: Option<Level>,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CelRule {
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
    #[serde(default, rename = "where_any")]
    _where_any: IgnoredAny,
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
    pub(super) of: Option<DepthOf>,
    pub(super) limit: u32,
    pub(super) text: String,
    #[serde(default, rename = "rules")]
    _rules: IgnoredAny,
}

/// Which people of an account are meant: those for whom everything that is written holds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selector {
    pub(super) role: Option<Vec<String>>,
    #[serde(default)]
    pub(super) options: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) any_option: Vec<String>,
    pub(super) leads_team: Option<bool>,
    pub(super) in_team: Option<bool>,
    pub(super) administers: Option<bool>,
    pub(super) has_role: Option<bool>,
    #[serde(default)]
    pub(super) grants: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) role_fields: BTreeMap<String, Vec<String>>,
}

/// Whether a constraint refuses (the directory does not warn).
pub(super) fn denies(level: Option<Level>) -> bool {
    !matches!(level, Some(Level::Warn))
}

impl Definition {
    /// Whether somebody with one of these roles administers the account.
    pub(super) fn administers(&self, roles: &[String]) -> bool {
        roles
            .iter()
            .filter_map(|role| self.roles.get(role))
            .any(|role| role.administers == Some(true))
    }

    /// Whether an access administers the account, by a role or an option.
    pub(super) fn is_administrator(&self, access: &super::person::Access) -> bool {
        let mut options = self.options.iter();
        self.administers(&access.roles)
            || options.any(|(name, it)| it.administers == Some(true) && access.is_set(name))
    }

    /// Whether somebody with one of these roles leads every team they are in.
    pub(super) fn always_leads(&self, roles: &[String]) -> bool {
        let teams = self.teams.as_ref();
        teams.is_some_and(|teams| roles.iter().any(|role| teams.always_lead.contains(role)))
    }

    /// The pools, those of `each` one by one, with the word of each.
    pub(super) fn each_pool(&self) -> impl Iterator<Item = (&str, &Pool, Option<&str>)> {
        self.pools.iter().flat_map(|(name, pool)| {
            let words = pool.each.iter();
            let words = words.map(move |it| (it.as_str(), pool, Some(it.as_str())));
            words.chain(pool.each.is_empty().then_some((name.as_str(), pool, None)))
        })
    }

    /// The pool of a name.
    pub(super) fn one_pool(&self, name: &str) -> Option<(&str, &Pool, Option<&str>)> {
        self.each_pool().find(|it| it.0 == name)
    }

    /// What somebody has of each grant for whom nothing is written.
    pub(super) fn grant_defaults(
        &self,
        settings: &BTreeMap<String, Value>,
    ) -> BTreeMap<String, String> {
        let grants = self.grants.iter().map(|(name, rule)| {
            let mut defaults = rule.default.iter();
            let first = defaults.find(|it| {
                it.when
                    .as_ref()
                    .is_none_or(|when| when.holds(self, settings))
            });
            let value = first.map_or("none", |it| it.value.as_str());
            (name.clone(), value.to_owned())
        });
        grants.collect()
    }

    /// What settings and owned objects make of an access.
    pub(super) fn around(
        &self,
        access: &super::person::Access,
        defaults: &BTreeMap<String, String>,
        objects: &super::objects::Objects,
    ) -> super::person::Around {
        let mut grants = defaults.clone();
        grants.extend(access.grants.clone());
        let kind = self.user.owned_roles.as_ref();
        let roles = access.roles.iter().filter_map(|role| {
            let kind = kind?;
            let object = objects.get(&(kind.clone(), role.clone()))?;
            Some(super::objects::with_defaults(self, kind, &object.fields))
        });
        super::person::Around {
            grants,
            roles: roles.collect(),
        }
    }

    /// A person's identity as the product tells people apart.
    pub(super) fn fold(&self, identity: &str) -> String {
        match self.user.fold {
            Fold::Exact => identity.to_owned(),
            Fold::Case => caseless::default_case_fold_str(identity),
        }
    }
}
