//! A product definition as the directory reads it: JSON, and only what it enforces.
//!
//! # Design
//! The directory is an independent oracle: it reads the JSON of a definition with types of its own and enforces it with
//! code of its own, so that a mistake in how the planner understands a definition shows up as a refusal in a test. What
//! it does not know how to enforce it refuses to take: a constraint of an unknown type, or an unknown key in one, is an
//! error when an account is provisioned, never silently unenforced. Keys that only describe (`text`, `title`) are skipped.
//! It shares the compiled forms of expressions and patterns with the rest: what one of them means is not this house's
//! decision.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::constraint::{Constraint, ExactlyOne, Selector};
use super::person::Access;
use crate::product::{
    Cancels, ChangeHow, Condition, Fold, GrantValue, May, OptionKind, Overflow, Pattern,
    RolesPerUser, Shared, SoldIn, Takes, TakesEffect, Under, Via,
};

/// A product definition. Maps are keyed by name.
#[derive(Debug, Deserialize)]
pub(super) struct Definition {
    pub(super) user: User,
    #[serde(default)]
    pub(super) settings: BTreeMap<String, Typed>,
    #[serde(default)]
    pub(super) roles: BTreeMap<String, Role>,
    #[serde(default)]
    pub(super) single: BTreeMap<String, Single>,
    pub(super) matrix: Option<Matrix>,
    #[serde(default)]
    pub(super) options: BTreeMap<String, Typed>,
    #[serde(default)]
    pub(super) objects: BTreeMap<String, ObjectKind>,
    #[serde(default)]
    pub(super) grants: BTreeMap<String, GrantRule>,
    pub(super) teams: Option<Teams>,
    #[serde(default)]
    pub(super) pools: BTreeMap<String, Pool>,
    #[serde(default)]
    pub(super) constraints: BTreeMap<String, Constraint>,
    #[serde(default)]
    pub(super) operations: BTreeMap<String, Operation>,
    #[serde(default)]
    pub(super) states: BTreeMap<String, Phase>,
    pub(super) hand_over: Option<HandOver>,
}

#[derive(Debug, Deserialize)]
pub(super) struct User {
    /// `email`, or the name of a login.
    pub(super) identity: String,
    pub(super) fold: Fold,
    pub(super) roles: RolesPerUser,
    /// The kind of owned objects whose names are the roles.
    pub(super) owned_roles: Option<String>,
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
    /// Where it is given, if that is not the account.
    pub(super) scope: Option<String>,
    #[serde(default)]
    pub(super) may_assign: Vec<String>,
}

/// A role that exactly one person has.
#[derive(Debug, Deserialize)]
pub(super) struct Single {
    pub(super) role: String,
    pub(super) transfer: String,
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

/// A kind of things that the account owns.
#[derive(Debug, Deserialize)]
pub(super) struct ObjectKind {
    #[serde(default)]
    pub(super) fields: BTreeMap<String, Field>,
    pub(super) protect: Option<bool>,
    pub(super) under: Option<Under>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Field {
    /// The words of field types are among those of option types.
    pub(super) r#type: OptionKind,
    #[serde(default)]
    pub(super) values: Vec<String>,
    pub(super) required: Option<bool>,
    pub(super) immutable: Option<bool>,
    pub(super) default: Option<Value>,
    pub(super) pattern: Option<Shape>,
    pub(super) later: Option<bool>,
    pub(super) unique: Option<Value>,
    pub(super) change: Option<ChangeHow>,
}

#[derive(Debug, Deserialize)]
pub(super) struct GrantRule {
    #[serde(default)]
    pub(super) default: Vec<GrantDefault>,
    pub(super) requires: Option<Selector>,
}

#[derive(Debug, Deserialize)]
pub(super) struct GrantDefault {
    pub(super) value: GrantValue,
    pub(super) when: Option<When>,
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
    /// Words that there is one such pool for.
    #[serde(default)]
    pub(super) each: Vec<String>,
    pub(super) capacity: Vec<PoolCapacity>,
    pub(super) counts: Option<Vec<Selector>>,
    pub(super) never_counts: Option<Vec<Selector>>,
    pub(super) counts_objects: Option<String>,
    pub(super) weight_field: Option<String>,
    pub(super) takes: Option<Takes>,
    pub(super) shared: Option<Shared>,
    pub(super) overflow: Overflow,
    pub(super) sold_in: Option<SoldIn>,
    pub(super) cancels: Option<Cancels>,
    pub(super) cancel_takes_effect: Option<TakesEffect>,
    pub(super) minimum: Option<u32>,
}

/// One pool: of a pool with `each:`, that of one word.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnePool<'a> {
    pub(super) name: &'a str,
    /// The name of the definition's element, which is another one where there is a word.
    pub(super) element: &'a str,
    /// What `each` stands for in it.
    pub(super) word: Option<&'a str>,
    pub(super) pool: &'a Pool,
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

/// A condition: an expression over what the directory says about the account.
#[derive(Clone, Debug)]
pub(super) struct When(pub(super) Condition);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Condition::new(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

/// What all of a text must look like.
#[derive(Debug)]
pub(super) struct Shape(pub(super) Pattern);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Pattern::new(&text)
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
    pub(super) moved_by: Via,
    pub(super) holds_seat: bool,
    /// Whether somebody in it can act.
    pub(super) works: Option<bool>,
    pub(super) ends: Option<TakesEffect>,
}

#[derive(Debug, Deserialize)]
pub(super) struct HandOver {
    pub(super) what: String,
}

impl Definition {
    /// Reads a definition.
    ///
    /// # Errors
    /// If there is something in it that nothing here enforces.
    pub(super) fn from_json(text: &str) -> serde_json::Result<Self> {
        let mut definition: Self = serde_json::from_str(text)?;
        // A role that one person has is had by one person, whether or not a constraint says so too.
        for single in definition.single.values() {
            let role = &single.role;
            let mut constraints = definition.constraints.values();
            let is_said = constraints
                .any(|it| matches!(it, Constraint::ExactlyOne(it) if it.is_of_role(role)));
            if !is_said {
                let rule = Constraint::ExactlyOne(ExactlyOne::of_role(role));
                definition
                    .constraints
                    .insert(format!("single {role}"), rule);
            }
        }
        Ok(definition)
    }

    /// Every pool, in the order of the definition's names and, within one, of its words.
    pub(super) fn each_pool(&self) -> impl Iterator<Item = OnePool<'_>> {
        self.pools.iter().flat_map(|(name, pool)| {
            let whole = pool.each.is_empty().then_some(OnePool {
                name,
                element: name,
                word: None,
                pool,
            });
            let each = pool.each.iter().map(move |word| OnePool {
                name: word,
                element: name,
                word: Some(word),
                pool,
            });
            whole.into_iter().chain(each)
        })
    }

    /// The pool of a name.
    pub(super) fn one_pool(&self, name: &str) -> Option<OnePool<'_>> {
        self.each_pool().find(|it| it.name == name)
    }

    /// Whether somebody with one of these roles administers the account.
    pub(super) fn administers(&self, roles: &[String]) -> bool {
        roles
            .iter()
            .filter_map(|role| self.roles.get(role))
            .any(|role| role.administers == Some(true))
    }

    /// Whether an access administers the account, by a role or an option.
    pub(super) fn is_administrator(&self, access: &Access) -> bool {
        let mut options = self.options.iter();
        self.administers(&access.roles)
            || options.any(|(name, it)| it.administers == Some(true) && access.is_set(name))
    }

    /// Whether somebody with one of these roles leads every team they are in.
    pub(super) fn always_leads(&self, roles: &[String]) -> bool {
        let teams = self.teams.as_ref();
        teams.is_some_and(|teams| roles.iter().any(|role| teams.always_lead.contains(role)))
    }

    /// A person's identity as the product tells people apart.
    pub(super) fn fold(&self, identity: &str) -> String {
        match self.user.fold {
            Fold::Exact => identity.to_owned(),
            Fold::Case => caseless::default_case_fold_str(identity),
        }
    }

    /// Whether a thing in a life-cycle state takes units. One in a state that nobody named does: what is not known must
    /// not free a seat.
    pub(super) fn holds_seat(&self, phase: Option<&str>) -> bool {
        let state = phase.and_then(|it| self.states.get(it));
        state.is_none_or(|it| it.holds_seat)
    }

    /// Whether somebody in a life-cycle state can act.
    pub(super) fn works(&self, phase: Option<&str>) -> bool {
        phase.is_none_or(|it| {
            let state = self.states.get(it);
            state.is_some_and(|it| it.works == Some(true))
        })
    }

    /// The operation that the first of some words names, the most specific word first.
    pub(super) fn operation(&self, words: &[String]) -> Option<&Operation> {
        words.iter().find_map(|it| self.operations.get(it))
    }

    /// The words of the operations on `access` or a kind of owned objects that lead to a life-cycle state.
    pub(super) fn leading_to(&self, of: &str, phase: &str) -> Vec<Vec<String>> {
        let leads = |it: &Operation| it.then.as_deref() == Some(phase);
        let of = format!("{of}.");
        let words = self.operations.iter().filter(|(_, it)| leads(it));
        let words = words.filter_map(|(word, _)| Some((word, word.strip_prefix(&of)?)));
        words
            .map(|(word, action)| match action.split_once('.') {
                Some((action, _)) => vec![word.clone(), format!("{of}{action}")],
                None => vec![word.clone()],
            })
            .collect()
    }

    /// The kind of owned objects whose names are the roles of people, if there is one.
    pub(super) fn owned_roles(&self) -> Option<&str> {
        self.user.owned_roles.as_deref()
    }
}

impl ObjectKind {
    /// The value of a field: what is stored, else its default.
    pub(super) fn value<'a>(
        &'a self,
        fields: &'a BTreeMap<String, Value>,
        name: &str,
    ) -> Option<&'a Value> {
        let default = || self.fields.get(name)?.default.as_ref();
        fields.get(name).or_else(default)
    }

    /// Every field that has a value, written or by default.
    pub(super) fn filled(&self, fields: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let rules = self.fields.iter();
        let defaults = rules.filter_map(|(name, it)| Some((name.clone(), it.default.clone()?)));
        let mut filled: BTreeMap<_, _> = defaults.collect();
        filled.extend(fields.iter().map(|(name, it)| (name.clone(), it.clone())));
        filled
    }
}
