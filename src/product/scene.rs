//! One account at one time, as selectors and conditions see it.
//!
//! # Design
//! What a definition says can rest on everything around an access: settings decide what a grant is by default, owned
//! objects what a role is worth, teams who leads. All of it is gathered once per account and state, so that every question
//! has one more argument and not five.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Serialize;

use super::query::{Settings, Standing, Standings, value_is};
use super::{
    CannotBeSaid, Condition, Facts, GrantRule, Pool, PoolCapacity, Product, Selector, Takes,
};
use crate::model::{
    Access, AccountName, Grant, KindName, Object, ObjectName, Person, ProductId, Resource,
    ResourceId, State, Subject, Value,
};
use crate::text::{Spanned, Word};
use crate::yaml::OneOrMany;

/// One account at one time.
#[derive(Clone, Debug)]
pub struct Scene<'p> {
    /// The definition.
    pub product: &'p Product,
    /// The account's settings that have a value.
    settings: Settings,
    objects: Objects,
    standings: Standings,
    /// What somebody has for whom nothing is written, by grant.
    defaults: BTreeMap<&'p str, Grant>,
    account: AccountFacts,
    facts: OnceLock<Facts>,
}

/// What an account owns, by kind and name.
pub type Objects = BTreeMap<KindName, BTreeMap<ObjectName, Object>>;

/// One pool: of a pool with `each:`, that of one word.
#[derive(Clone, Copy, Debug)]
pub struct OnePool<'p> {
    /// Its name: the element's, or the word.
    pub name: &'p Word,
    /// What the definition says.
    pub pool: &'p Pool,
    /// The word that `each` stands for.
    pub word: Option<&'p Word>,
}

/// Whoever acts.
#[derive(Debug, Serialize)]
struct ActorFacts<'a> {
    roles: Vec<&'a str>,
    administers: bool,
}

#[derive(Clone, Debug, Serialize)]
struct AccountFacts {
    name: String,
    product: String,
    parent: Option<String>,
    settings: BTreeMap<String, Plain>,
    seats: BTreeMap<String, i64>,
}

/// A value as conditions see it.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Plain {
    Switch(bool),
    Count(i64),
    Text(String),
    Texts(Vec<String>),
}

#[derive(Serialize)]
struct AccessFacts<'a> {
    roles: Vec<&'a str>,
    options: BTreeMap<&'a str, Plain>,
    grants: BTreeMap<&'a str, &'static str>,
    administers: bool,
    leads_team: bool,
    in_team: bool,
    state: &'a str,
}

#[derive(Serialize)]
struct UserFacts<'a> {
    key: &'a str,
    name: Option<&'a str>,
    email: Option<&'a str>,
    kind: Option<&'a str>,
    private: bool,
    logins: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct ObjectFacts<'a> {
    kind: &'a str,
    name: &'a str,
    fields: BTreeMap<&'a str, Plain>,
}

/// Which account of which product.
#[derive(Clone, Copy, Debug)]
pub struct Tenant<'a> {
    /// The account's name.
    pub name: &'a AccountName,
    /// The product's id.
    pub product: &'a ProductId,
    /// The account that it is a sub-account of.
    pub parent: Option<&'a AccountName>,
}

impl<'p> Scene<'p> {
    /// An account as a state has it; who is in teams is left out.
    pub fn new(product: &'p Product, tenant: Tenant<'_>, state: &State) -> Self {
        let mut objects = Objects::new();
        let mut seats = BTreeMap::new();
        // Settings, seats and objects come first in the order of addresses.
        for (address, entry) in state.of_account(tenant.name) {
            match (&address.resource, &entry.resource) {
                (ResourceId::Setting(_), _) => {}
                (ResourceId::Seats(pool), Resource::Seats(quantity)) => {
                    let units = i64::try_from(quantity.seats()).unwrap_or(i64::MAX);
                    seats.insert(pool.as_str().to_owned(), units);
                }
                (ResourceId::Object { kind, name }, Resource::Object(object)) => {
                    let of_kind = objects.entry(kind.clone()).or_default();
                    of_kind.insert(name.clone(), object.clone());
                }
                _ => break,
            }
        }
        let account = AccountFacts {
            name: tenant.name.as_str().to_owned(),
            product: tenant.product.as_str().to_owned(),
            parent: tenant.parent.map(|it| it.as_str().to_owned()),
            settings: BTreeMap::new(),
            seats,
        };
        let scene = Self {
            product,
            settings: Settings::new(),
            objects,
            standings: Standings::default(),
            defaults: BTreeMap::new(),
            account,
            facts: OnceLock::new(),
        };
        scene.with_settings(product.settings_in(state, tenant.name))
    }

    /// The same under other settings.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        let named = settings.iter();
        self.account.settings = named
            .map(|(name, value)| (name.as_str().to_owned(), plain(value)))
            .collect();
        self.settings = settings;
        self.facts = OnceLock::new();
        let grants = self.product.grants.iter();
        self.defaults = grants
            .map(|(name, rule)| (name.value.as_str(), self.default_of(rule)))
            .collect();
        self
    }

    /// The same with who is in teams.
    #[must_use]
    pub fn with_standings(mut self, standings: Standings) -> Self {
        self.standings = standings;
        self
    }

    /// The same with another set of owned objects.
    #[must_use]
    pub fn with_objects(mut self, objects: Objects) -> Self {
        self.objects = objects;
        self
    }

    /// The same with what is wanted or bought, by pool.
    #[must_use]
    pub fn with_seats(self, seats: impl IntoIterator<Item = (String, u64)>) -> Self {
        let mut scene = self;
        let units = |it| i64::try_from(it).unwrap_or(i64::MAX);
        let seats = seats.into_iter().map(|(pool, it)| (pool, units(it)));
        scene.account.seats.extend(seats);
        let settings = std::mem::take(&mut scene.settings);
        scene.with_settings(settings)
    }

    /// The settings that have a value, written, read or by default.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What the account owns.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Somebody's standing in the account's teams; in no team where nobody asked who is in teams.
    pub fn standing(&self, subject: &Subject) -> Standing {
        self.standings.get(subject)
    }

    /// What somebody has of a grant for whom nothing is written; `None` for a grant that the product does not have.
    pub fn grant_default(&self, grant: &str) -> Option<Grant> {
        self.defaults.get(grant).copied()
    }

    /// What an access has of a grant, written or by default; `None` for a grant that the product does not have.
    pub fn grant(&self, access: &Access, grant: &str) -> Option<Grant> {
        let default = self.grant_default(grant)?;
        Some(access.grants.get(grant).copied().unwrap_or(default))
    }

    /// Whether a condition on the account holds; one that cannot be said does not.
    pub fn holds(&self, condition: &Condition) -> bool {
        condition.holds(self.facts()) == Ok(true)
    }

    /// Whether a condition holds that may look at an access as well.
    ///
    /// # Errors
    /// If that cannot be said.
    pub fn holds_for(
        &self,
        condition: &Condition,
        looked_at: LookedAt<'_>,
    ) -> Result<bool, CannotBeSaid> {
        self.holds_by(condition, looked_at, None)
    }

    /// The same of something that somebody with an access does.
    ///
    /// # Errors
    /// If that cannot be said.
    pub fn holds_by(
        &self,
        condition: &Condition,
        looked_at: LookedAt<'_>,
        actor: Option<&Access>,
    ) -> Result<bool, CannotBeSaid> {
        let mut facts = self.facts().clone();
        if let Some(actor) = actor {
            let actor = ActorFacts {
                roles: actor.roles.iter().map(|it| it.as_str()).collect(),
                administers: self.product.administers(actor),
            };
            facts = facts.with("actor", &actor);
        }
        match looked_at {
            LookedAt::Account => {}
            LookedAt::Access {
                access,
                standing,
                person,
                state,
            } => {
                facts = facts.with("access", &self.access_facts(access, standing, state));
                if let Some((key, person)) = person {
                    facts = facts.with("user", &user_facts(key, person));
                }
            }
            LookedAt::Object { kind, name, object } => {
                let fields = self.fields(kind, object);
                facts = facts.with("object", &ObjectFacts { kind, name, fields });
            }
        }
        condition.holds(&facts)
    }

    /// Whether everything that a selector says holds for an access.
    pub fn selects(&self, selector: &Selector, access: &Access, standing: Standing) -> bool {
        self.selects_each(selector, access, standing, None)
    }

    fn selects_each(
        &self,
        selector: &Selector,
        access: &Access,
        standing: Standing,
        word: Option<&Word>,
    ) -> bool {
        let product = self.product;
        let has_role = selector.role.as_ref().is_none_or(|roles| {
            let mut wanted = roles.0.iter();
            wanted.any(|it| access.roles.iter().any(|role| it.value == role.as_str()))
        });
        let mut options = selector.options.iter();
        let mut any_option = selector.any_option.iter();
        let mut grants = selector.grants.iter();
        has_role
            && (selector.has_role).is_none_or(|it| it != access.roles.is_empty())
            && options.all(|(name, it)| product.option_is_one_of(access, &name.value, &it.0, word))
            && (selector.any_option.is_empty()
                || any_option.any(|name| product.option_is_set(access, &name.value)))
            && grants.all(|(name, it)| self.grant(access, &name.value) == Some((*it).into()))
            && (selector.administers).is_none_or(|it| it == product.administers(access))
            && (selector.leads_team).is_none_or(|it| it == standing.leads_team)
            && (selector.in_team).is_none_or(|it| it == standing.in_team)
            && (selector.role_fields.is_empty() || self.has_role_object(selector, access, word))
    }

    /// Whether one of the roles is an owned object with all the fields that a selector names.
    fn has_role_object(&self, selector: &Selector, access: &Access, word: Option<&Word>) -> bool {
        let kind = self.product.user.owned_roles.as_ref();
        let objects = kind.and_then(|kind| Some((kind, self.objects.get(kind.value.as_str())?)));
        let Some((kind, objects)) = objects else {
            return false;
        };
        let mut roles = access.roles.iter();
        roles.any(|role| {
            let object = objects.get(role.as_str());
            object.is_some_and(|it| self.has_fields(&kind.value, it, &selector.role_fields, word))
        })
    }

    /// Whether the fields of an object have these values.
    pub fn has_fields(
        &self,
        kind: &str,
        object: &Object,
        fields: &crate::yaml::Entries<OneOrMany<Spanned<Word>>>,
        word: Option<&Word>,
    ) -> bool {
        fields.iter().all(|(name, values)| {
            let value = self.product.field(kind, object, &name.value);
            values.0.iter().any(|wanted| {
                let wanted = match word {
                    Some(word) if wanted.value == "each" => word,
                    _ => &wanted.value,
                };
                value.is_some_and(|it| value_is(it, wanted))
            })
        })
    }

    /// Whether an access takes a unit of a pool.
    pub fn takes_unit(&self, one: OnePool<'_>, access: &Access, standing: Standing) -> bool {
        if one.pool.counts_objects.is_some() {
            return false;
        }
        let is = |selectors: &Option<OneOrMany<Selector>>| {
            let selectors = selectors.as_ref()?;
            let mut any = selectors.0.iter();
            Some(any.any(|it| self.selects_each(it, access, standing, one.word)))
        };
        is(&one.pool.counts).unwrap_or(true) && !is(&one.pool.never_counts).unwrap_or(false)
    }

    /// How many units of a pool an owned object takes.
    pub fn units_of_object(&self, one: OnePool<'_>, kind: &str, object: &Object) -> u64 {
        let counted = one.pool.counts_objects.as_ref();
        if counted.is_none_or(|it| it.value != kind) {
            return 0;
        }
        match &one.pool.weight_field {
            None => 1,
            Some(field) => match self.product.field(kind, object, &field.value) {
                Some(Value::Count(units)) => u64::from(*units),
                // What is not known must not free a unit.
                _ => 1,
            },
        }
    }

    /// How many units a pool has under these settings: the first entry whose condition holds, if there is one.
    pub fn capacity<'a>(&self, one: OnePool<'a>) -> Option<&'a PoolCapacity> {
        let holds = |it: &&PoolCapacity| it.when.as_ref().is_none_or(|when| self.holds(when));
        one.pool.capacity.iter().find(holds)
    }

    fn default_of(&self, rule: &GrantRule) -> Grant {
        let mut defaults = rule.default.iter();
        let first = defaults.find(|it| it.when.as_ref().is_none_or(|when| self.holds(when)));
        first.map_or(Grant::None, |it| it.value.into())
    }

    fn facts(&self) -> &Facts {
        let account = || Facts::default().with("account", &self.account);
        self.facts.get_or_init(account)
    }

    fn access_facts<'a>(
        &'a self,
        access: &'a Access,
        standing: Standing,
        state: &'a str,
    ) -> AccessFacts<'a> {
        let product = self.product;
        let options = product.options.iter().filter_map(|(name, _)| {
            let name = name.value.as_str();
            let value = access.options.get(name);
            let value = value.or_else(|| product.option_default(name))?;
            Some((name, plain(value)))
        });
        let grants = self.defaults.iter().map(|(name, default)| {
            let grant = access.grants.get(*name).unwrap_or(default);
            (*name, grant.word())
        });
        AccessFacts {
            roles: access.roles.iter().map(|it| it.as_str()).collect(),
            options: options.collect(),
            grants: grants.collect(),
            administers: product.administers(access),
            leads_team: standing.leads_team,
            in_team: standing.in_team,
            state,
        }
    }

    fn fields<'a>(&'a self, kind: &str, object: &'a Object) -> BTreeMap<&'a str, Plain> {
        let rules = self.product.objects.get(kind);
        let defaults = rules.into_iter().flat_map(|it| it.fields.iter());
        let defaults = defaults.filter_map(|(name, rule)| {
            let default = rule.default.as_ref()?;
            Some((name.value.as_str(), plain(&default.0)))
        });
        let written = object.fields.iter();
        let written = written.map(|(name, value)| (name.as_str(), plain(value)));
        defaults.chain(written).collect()
    }
}

/// What a condition looks at beside the account.
#[derive(Clone, Copy, Debug)]
pub enum LookedAt<'a> {
    /// Nothing else.
    Account,
    /// One person's access.
    Access {
        /// The access.
        access: &'a Access,
        /// Their standing in teams.
        standing: Standing,
        /// The estate's user, if it is one, by key.
        person: Option<(&'a str, &'a Person)>,
        /// The life-cycle state, or `active`.
        state: &'a str,
    },
    /// An owned object.
    Object {
        /// Its kind.
        kind: &'a str,
        /// Its name.
        name: &'a str,
        /// The object.
        object: &'a Object,
    },
}

impl Product {
    /// Every pool, those of `each:` one by one, in the order of the definition.
    pub fn each_pool(&self) -> impl Iterator<Item = OnePool<'_>> {
        self.pools.iter().flat_map(|(name, pool)| {
            let words = pool.each.iter().map(|it| Some(&it.value));
            let words = words.chain(pool.each.is_empty().then_some(None));
            words.map(move |word| OnePool {
                name: word.unwrap_or(&name.value),
                pool,
                word,
            })
        })
    }

    /// The pool of a name.
    pub fn one_pool(&self, name: &str) -> Option<OnePool<'_>> {
        self.each_pool().find(|it| it.name == name)
    }

    /// The value of a field of an object, written or by default.
    pub fn field<'a>(&'a self, kind: &str, object: &'a Object, field: &str) -> Option<&'a Value> {
        let default = || {
            let rule = self.objects.get(kind)?.fields.get(field)?;
            rule.default.as_ref().map(|it| &it.0)
        };
        object.fields.get(field).or_else(default)
    }
}

impl OnePool<'_> {
    /// Whether every object takes a whole lot of its own size: then there is room size by size, and not in sum.
    pub fn takes_lots(&self) -> bool {
        self.pool.takes == Some(Takes::Lots)
    }

    /// The setting whose value a capacity is or holds.
    pub fn setting_of<'c>(&self, capacity: &'c PoolCapacity) -> Option<&'c Spanned<Word>> {
        let of_word = || self.word.and_then(|word| capacity.setting_each.get(word));
        capacity.setting.as_ref().or_else(of_word)
    }

    /// Whether a setting decides on how many units there are.
    pub fn asks_setting(&self, setting: &str) -> bool {
        self.pool.capacity.iter().any(|entry| {
            (entry.when.as_ref()).is_some_and(|it| it.asks_setting(setting))
                || self.setting_of(entry).is_some_and(|it| it.value == setting)
        })
    }

    /// Whether what is bought of a pool decides on which capacity holds.
    pub fn asks_seats(&self, pool: &str) -> bool {
        let mut conditions = self.pool.capacity.iter().filter_map(|it| it.when.as_ref());
        conditions.any(|it| it.asks_seats(pool))
    }

    /// Whether who takes units, or is counted for how many there are, depends on something.
    pub fn any_selector(&self, asks: impl Fn(&Selector) -> bool) -> bool {
        let counts = self.pool.counts.iter().chain(&self.pool.never_counts);
        let people = self
            .pool
            .capacity
            .iter()
            .filter_map(|it| it.people.as_ref());
        counts.flat_map(|it| &it.0).chain(people).any(asks)
    }
}

impl Selector {
    /// Whether it asks about teams.
    pub fn asks_teams(&self) -> bool {
        self.leads_team.is_some() || self.in_team.is_some()
    }
}

fn user_facts<'a>(key: &'a str, person: &'a Person) -> UserFacts<'a> {
    let logins = person.logins.iter();
    UserFacts {
        key,
        name: person.name.as_deref(),
        email: person.email.as_deref(),
        kind: person.kind,
        private: person.private,
        logins: logins
            .map(|(name, it)| (name.as_str(), it.as_str()))
            .collect(),
    }
}

fn plain(value: &Value) -> Plain {
    match value {
        Value::Switch(on) => Plain::Switch(*on),
        Value::Count(count) => Plain::Count(i64::from(*count)),
        Value::Word(word) => Plain::Text(word.as_str().to_owned()),
        Value::Words(words) => {
            Plain::Texts(words.iter().map(|it| it.as_str().to_owned()).collect())
        }
        Value::Hours(hours) => Plain::Text(hours.to_string()),
    }
}
