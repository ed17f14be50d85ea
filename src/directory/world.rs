//! What an account is beside its people: its settings, what is bought, what it owns; and what that makes of an access.
//!
//! A write that changes any of it makes another world, so that one can be compared with the other before it counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::constraint::{Constraint, Count};
use super::definition::{Definition, ObjectKind, OnePool, When};
use super::family::Beside;
use super::person::{Access, Around, Person};
use super::values::words;
use crate::model::Quantity;
use crate::product::Facts;

/// What an account is beside its people.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) definition: Arc<Definition>,
    pub(super) tenant: Tenant,
    /// Settings that are stored.
    pub(super) settings: BTreeMap<String, Value>,
    /// What is bought, by pool; a pool that is not here has nothing.
    pub(super) bought: BTreeMap<String, Bought>,
    pub(super) objects: Arc<Objects>,
    /// What other accounts have to do with pools that it shares with them.
    pub(super) beside: BTreeMap<String, Beside>,
    /// What somebody has for whom nothing is written, by grant.
    defaults: BTreeMap<String, &'static str>,
    facts: Facts,
}

/// Which account of which product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tenant {
    pub(super) name: String,
    pub(super) product: String,
    /// The account that it is a sub-account of.
    pub(super) parent: Option<String>,
}

/// What an account owns, by kind and name.
pub(super) type Objects = BTreeMap<String, BTreeMap<String, Object>>;

/// Something that an account owns: fields that equal the default are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) fields: BTreeMap<String, Value>,
    /// The life-cycle state, if it is not "active".
    pub(super) phase: Option<String>,
}

/// What is bought of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bought {
    pub(super) quantity: Quantity,
    /// What is left of it when the billing cycle ends, if something is cancelled.
    pub(super) then: Option<Quantity>,
}

impl Bought {
    /// How many units can be used: what is cancelled is not given to anybody any more.
    pub(super) fn usable(&self) -> u64 {
        let then = self.then.as_ref().map_or(u64::MAX, Quantity::seats);
        self.quantity.seats().min(then)
    }

    /// The same by the size of lots; nothing for a number that is not in lots.
    fn usable_lots(&self) -> BTreeMap<u64, i64> {
        let mut lots = BTreeMap::new();
        if let Quantity::Lots(bought) = self.then.as_ref().unwrap_or(&self.quantity) {
            for lot in bought {
                *lots.entry(u64::from(lot.size)).or_default() += i64::from(lot.count);
            }
        }
        lots
    }
}

/// How many units a pool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Units {
    /// So many.
    Known(u64),
    /// No limit.
    Unlimited,
    /// No capacity of the definition applies, or the setting that says it has no value; nothing can be taken from a pool
    /// that refuses.
    Unknown,
}

impl Units {
    /// The limit, if there is one.
    pub(super) fn limit(self) -> Option<u64> {
        match self {
            Self::Known(units) => Some(units),
            Self::Unlimited => None,
            Self::Unknown => Some(0),
        }
    }
}

/// What a condition is about beside the account.
#[derive(Clone, Copy, Debug)]
pub(super) enum About<'a> {
    Account,
    Person(&'a Person),
    Object {
        kind: &'a str,
        name: &'a str,
        object: &'a Object,
    },
}

#[derive(Serialize)]
struct AccountFacts<'a> {
    name: &'a str,
    product: &'a str,
    parent: Option<&'a str>,
    settings: BTreeMap<&'a str, Plain>,
    seats: BTreeMap<&'a str, i64>,
}

#[derive(Serialize)]
struct AccessFacts<'a> {
    roles: &'a [String],
    options: BTreeMap<&'a str, Plain>,
    grants: &'a BTreeMap<String, String>,
    administers: bool,
    leads_team: bool,
    in_team: bool,
    state: &'a str,
}

#[derive(Serialize)]
struct ActorFacts<'a> {
    roles: &'a [String],
    administers: bool,
}

#[derive(Serialize)]
struct ObjectFacts<'a> {
    kind: &'a str,
    name: &'a str,
    fields: BTreeMap<String, Plain>,
}

/// A value as conditions see it: numbers have a sign, as those that are written in a condition have.
#[derive(Serialize)]
#[serde(untagged)]
enum Plain {
    Switch(bool),
    Number(i64),
    Text(String),
    Texts(Vec<String>),
}

impl From<&Value> for Plain {
    fn from(value: &Value) -> Self {
        match value {
            Value::Bool(on) => Self::Switch(*on),
            Value::Number(number) => Self::Number(number.as_i64().unwrap_or(i64::MAX)),
            Value::Array(_) => Self::Texts(words(value)),
            Value::String(text) => Self::Text(text.clone()),
            Value::Null | Value::Object(_) => Self::Text(value.to_string()),
        }
    }
}

impl World {
    pub(super) fn new(
        definition: Arc<Definition>,
        tenant: Tenant,
        settings: BTreeMap<String, Value>,
        bought: BTreeMap<String, Bought>,
        objects: Objects,
    ) -> Self {
        let mut world = Self {
            definition,
            tenant,
            settings,
            bought,
            objects: Arc::new(objects),
            beside: BTreeMap::new(),
            defaults: BTreeMap::new(),
            facts: Facts::default(),
        };
        world.derive();
        world
    }

    /// Another world, after a change.
    pub(super) fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut world = self.clone();
        change(&mut world);
        world.derive();
        world
    }

    fn derive(&mut self) {
        self.facts = Facts::default().with("account", &self.account_facts());
        let grants = self.definition.grants.iter();
        let defaults = grants.map(|(name, rule)| {
            let mut defaults = rule.default.iter();
            let first = defaults.find(|it| it.when.as_ref().is_none_or(|it| self.holds(it)));
            (name.clone(), first.map_or("none", |it| it.value.word()))
        });
        self.defaults = defaults.collect();
    }

    fn account_facts(&self) -> AccountFacts<'_> {
        let rules = self.definition.settings.iter();
        let defaults = rules.filter_map(|(name, it)| Some((name.as_str(), it.default.as_ref()?)));
        let stored = self.settings.iter().map(|(name, it)| (name.as_str(), it));
        let seats = self.bought.iter().map(|(pool, it)| {
            let units = i64::try_from(it.quantity.seats()).unwrap_or(i64::MAX);
            (pool.as_str(), units)
        });
        AccountFacts {
            name: &self.tenant.name,
            product: &self.tenant.product,
            parent: self.tenant.parent.as_deref(),
            settings: defaults
                .chain(stored)
                .map(|(name, it)| (name, Plain::from(it)))
                .collect(),
            seats: seats.collect(),
        }
    }

    /// Whether a pool belongs to the account; of one that is another's nothing is told here.
    pub(super) fn is_own_pool(&self, pool: &str) -> bool {
        let beside = self.beside.get(pool);
        beside.is_none_or(|it| it.head.is_none())
    }

    /// The value of a setting: what is stored, else the product's default.
    pub(super) fn setting(&self, name: &str) -> Option<&Value> {
        let default = || self.definition.settings.get(name)?.default.as_ref();
        self.settings.get(name).or_else(default)
    }

    /// Whether a setting has one of the values that open a gate. One that nothing says anything about opens none.
    pub(super) fn gate_is_open(&self, setting: &str, values: &[String]) -> bool {
        let value = self.setting(setting).map(words).unwrap_or_default();
        value.iter().any(|word| values.contains(word))
    }

    /// What somebody has of a grant for whom nothing is written; `None` for a grant that the product does not have.
    pub(super) fn grant_default(&self, grant: &str) -> Option<&'static str> {
        self.defaults.get(grant).copied()
    }

    /// The grants of an access that are not what it would have anyway.
    pub(super) fn grants_beyond_default<'a>(
        &self,
        access: &'a Access,
    ) -> BTreeMap<&'a str, &'a str> {
        let grants = access.grants.iter();
        let grants = grants.map(|(name, it)| (name.as_str(), it.as_str()));
        grants
            .filter(|(name, it)| self.grant_default(name) != Some(it))
            .collect()
    }

    /// What settings and owned objects make of an access.
    pub(super) fn around(&self, access: &Access) -> Around {
        let defaults = self.defaults.iter();
        let mut grants: BTreeMap<_, _> = defaults
            .map(|(name, it)| (name.clone(), (*it).to_owned()))
            .collect();
        grants.extend(access.grants.clone());
        let owned = self.definition.owned_roles();
        let owned = owned.and_then(|kind| {
            let rule = self.definition.objects.get(kind)?;
            Some((rule, self.objects.get(kind)?))
        });
        let roles = owned.map_or_else(Vec::new, |(rule, objects)| {
            let roles = access.roles.iter().filter_map(|role| objects.get(role));
            roles.map(|it| rule.filled(&it.fields)).collect()
        });
        Around { grants, roles }
    }

    /// Whether a condition on the account holds; one that cannot be said does not.
    pub(super) fn holds(&self, when: &When) -> bool {
        when.0.holds(&self.facts) == Ok(true)
    }

    /// Whether a condition certainly does not hold; one that cannot be said is let pass.
    pub(super) fn is_broken(&self, when: &When, about: About<'_>) -> bool {
        when.0.holds(&self.facts_about(about)) == Ok(false)
    }

    /// The same of what somebody does.
    pub(super) fn is_broken_by(&self, when: &When, about: About<'_>, actor: &Person) -> bool {
        let actor = ActorFacts {
            roles: &actor.access.roles,
            administers: self.definition.is_administrator(&actor.access),
        };
        let facts = self.facts_about(about).with("actor", &actor);
        when.0.holds(&facts) == Ok(false)
    }

    fn facts_about(&self, about: About<'_>) -> Facts {
        let mut facts = self.facts.clone();
        match about {
            About::Account => {}
            About::Person(person) => {
                facts = facts.with("access", &self.access_facts(person));
            }
            About::Object { kind, name, object } => {
                let fields = match self.definition.objects.get(kind) {
                    Some(rule) => rule.filled(&object.fields),
                    None => object.fields.clone(),
                };
                let fields = fields.iter().map(|(name, it)| (name.clone(), it.into()));
                let fields = fields.collect();
                facts = facts.with("object", &ObjectFacts { kind, name, fields });
            }
        }
        facts
    }

    fn access_facts<'a>(&'a self, person: &'a Person) -> AccessFacts<'a> {
        let access = &person.access;
        let options = self.definition.options.iter().filter_map(|(name, rule)| {
            let value = access.options.get(name).or(rule.default.as_ref())?;
            Some((name.as_str(), value.into()))
        });
        AccessFacts {
            roles: &access.roles,
            options: options.collect(),
            grants: &person.around.grants,
            administers: self.definition.is_administrator(access),
            leads_team: person.standing.leads_team,
            in_team: person.standing.in_team,
            state: person.phase.as_deref().unwrap_or("active"),
        }
    }

    /// The rule and the things of a kind.
    pub(super) fn of_kind(&self, kind: &str) -> Option<(&ObjectKind, &BTreeMap<String, Object>)> {
        static NONE: BTreeMap<String, Object> = BTreeMap::new();
        let rule = self.definition.objects.get(kind)?;
        Some((rule, self.objects.get(kind).unwrap_or(&NONE)))
    }

    pub(super) fn object(&self, kind: &str, name: &str) -> Option<&Object> {
        self.objects.get(kind)?.get(name)
    }

    /// Units of a pool that owned objects take.
    pub(super) fn units_of_objects(&self, one: OnePool<'_>) -> i64 {
        self.weights(one).sum()
    }

    /// What of a pool is missing in which every object takes a whole lot of its own size: lots by size.
    pub(super) fn missing_lots(&self, one: OnePool<'_>) -> BTreeMap<u64, i64> {
        let mut missing: BTreeMap<u64, i64> = BTreeMap::new();
        for weight in self.weights(one).filter(|it| *it > 0) {
            *missing.entry(weight.unsigned_abs()).or_default() += 1;
        }
        let lots = self.bought.get(one.name).map(Bought::usable_lots);
        for (size, lots) in lots.unwrap_or_default() {
            *missing.entry(size).or_default() -= lots;
        }
        missing.retain(|_, it| *it > 0);
        missing
    }

    /// How many units each object takes that counts in a pool.
    fn weights<'a>(&'a self, one: OnePool<'a>) -> impl Iterator<Item = i64> {
        let kind = one.pool.counts_objects.as_ref();
        let of_kind = kind.and_then(|it| self.of_kind(it)).into_iter();
        of_kind.flat_map(move |(rule, objects)| {
            let holding = objects
                .values()
                .filter(|it| self.definition.holds_seat(it.phase.as_deref()));
            holding.map(move |it| match &one.pool.weight_field {
                None => 1,
                Some(field) => rule
                    .value(&it.fields, field)
                    .and_then(Value::as_i64)
                    .unwrap_or(1),
            })
        })
    }

    /// How many things a constraint counts, by the value that each has a limit of its own for; `None` where all count
    /// together.
    pub(super) fn count_objects(&self, rule: &Count) -> BTreeMap<Option<String>, i64> {
        let mut counts = BTreeMap::new();
        let kind = rule.objects.as_ref();
        let Some((kind, objects)) = kind.and_then(|it| self.of_kind(it)) else {
            return counts;
        };
        for object in objects.values() {
            let fields = kind.filled(&object.fields);
            if !super::constraint::has_fields(&fields, &rule.fields, None) {
                continue;
            }
            let group = match &rule.per {
                None => None,
                Some(field) => match fields.get(field) {
                    Some(value) => Some(words(value).join(", ")),
                    None => continue,
                },
            };
            *counts.entry(group).or_default() += 1;
        }
        counts
    }

    /// How many units a pool has: the first capacity whose condition holds, all that it names added up. `people` says how
    /// many people the capacity of an index counts.
    pub(super) fn units(&self, one: OnePool<'_>, people: impl Fn(usize) -> u64) -> Units {
        let mut capacities = one.pool.capacity.iter().enumerate();
        let applies = capacities.find(|(_, it)| it.when.as_ref().is_none_or(|it| self.holds(it)));
        let Some((index, capacity)) = applies else {
            return Units::Unknown;
        };
        if capacity.unlimited == Some(true) {
            return Units::Unlimited;
        }
        let mut units = u64::from(capacity.number.unwrap_or(0));
        if capacity.purchased == Some(true) {
            units += self.bought.get(one.name).map_or(0, Bought::usable);
        }
        if capacity.people.is_some() {
            units += people(index);
        }
        let of_word = one.word.and_then(|it| capacity.setting_each.get(it));
        if let Some(setting) = capacity.setting.as_ref().or(of_word) {
            match self.setting(setting).and_then(Value::as_u64) {
                Some(count) => units += count,
                None => return Units::Unknown,
            }
        }
        Units::Known(units)
    }

    /// Whether people must be looked at anew when this world becomes another one.
    pub(super) fn means_else_than(&self, other: &Self) -> bool {
        let mut constraints = self.definition.constraints.values();
        let roles = |world: &Self| {
            let owned = world.definition.owned_roles();
            owned.and_then(|kind| world.objects.get(kind).cloned())
        };
        self.settings != other.settings
            || (self.bought != other.bought
                && constraints.any(|it| matches!(it, Constraint::Cel(it) if it.on == "access")))
            || roles(self) != roles(other)
    }
}
