//! An account as it was observed, to files of an estate: what exists becomes what is wanted.
//!
//! # Design
//! - What is written already is left out, so adopting twice adds nothing.
//! - A person whom the estate knows keeps the key that the estate has; anybody else becomes a user whose key is the
//!   identity that the product keys on.
//! - A file that exists is never touched. An account that is not written yet becomes one new file that holds all of it;
//!   for one that is written already, what would have to go into its lines is handed back for a person to put there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::layout::{self, Access, Account, File, Literal, User};
use super::{ByHand, Count, Import, NewFile};
use crate::config::{self, Config};
use crate::model::{
    self, Address, Capacity, Desired, Observation, ProductId, Resource, ResourceId, Subject, Value,
};
use crate::product::{Identity, OptionKind, Product, Products, RolesPerUser};

/// What is adopted, and into what.
#[derive(Debug)]
pub struct Adoption<'a> {
    /// The account as it is.
    pub observation: &'a Observation,
    /// The account's product.
    pub product: &'a Arc<Product>,
    /// All products, for pools that the account shares with others.
    pub products: &'a Products,
    /// The product's id.
    pub product_id: &'a ProductId,
    /// What the estate's files say already; they may know nothing of the account.
    pub config: &'a Config,
    /// The same, resolved.
    pub desired: &'a Desired,
    /// Where the account answers, if no file names it yet and it is not in the embedded directory.
    pub reached: Option<Reached<'a>>,
}

/// The `connection:` of an account that no file names yet.
#[derive(Clone, Copy, Debug)]
pub struct Reached<'a> {
    /// Where the service answers.
    pub url: &'a str,
    /// The environment variable that holds the credential.
    pub token_variable: Option<&'a str>,
}

/// Makes files that say what the account is.
///
/// Nobody gains or loses anything by them: together with what is written already they plan to nothing.
pub fn adopt(adoption: &Adoption<'_>) -> Import {
    let users = UserKeys::of(adoption);
    let found = Found::of(adoption, &users);
    let mut import = Import {
        carried: found.counts(),
        ..Import::default()
    };
    let name = adoption.observation.account.as_str();
    let is_written = adoption
        .desired
        .accounts
        .contains_key(&adoption.observation.account);
    let mut new_users = users.new_users(&found);
    if is_written {
        import.by_hand = found.by_hand(name, &users);
        for (key, user) in &mut new_users {
            let access = found.account.access.get(key).cloned();
            user.access = access.map(|it| (name.to_owned(), it)).into_iter().collect();
        }
    } else {
        import.files.push(found.account_file(name, adoption));
    }
    if !new_users.is_empty() {
        let file = File {
            users: new_users,
            ..File::default()
        };
        let comment = format!("People of {name} whom no other file named when it was adopted.");
        import.files.push(NewFile {
            path: format!("people/{name}.yaml"),
            text: layout::text(&comment, &file),
        });
    }
    import
}

/// The estate's key for everybody on the account.
struct UserKeys {
    keys: BTreeMap<Subject, String>,
    /// Those whom no file names: their login's name, `None` where the key is an address.
    new: BTreeMap<String, Option<String>>,
}

impl UserKeys {
    fn of(adoption: &Adoption<'_>) -> Self {
        let mut known: BTreeMap<&Subject, String> = BTreeMap::new();
        let identity = &adoption.product.user.identity.value;
        for (address, entry) in adoption.desired.state.iter() {
            let same_identity = address.account == adoption.observation.account;
            if let (true, Some(subject), Some(user)) =
                (same_identity, address.subject(), &entry.user)
            {
                known.insert(subject, user.as_str().to_owned());
            }
        }
        let mut keys = BTreeMap::new();
        let mut new = BTreeMap::new();
        for (address, _) in adoption.observation.state.iter() {
            let Some(subject) = address.subject() else {
                continue;
            };
            let key = known
                .get(subject)
                .cloned()
                .or_else(|| adoption.key_of_person(subject));
            let key = key.unwrap_or_else(|| {
                let login = match identity {
                    Identity::Email => None,
                    Identity::Login(name) => Some(name.as_str().to_owned()),
                };
                new.insert(subject.as_str().to_owned(), login);
                subject.as_str().to_owned()
            });
            keys.insert(subject.clone(), key);
        }
        Self { keys, new }
    }

    fn key(&self, subject: &Subject) -> String {
        let key = self.keys.get(subject).cloned();
        key.unwrap_or_else(|| subject.as_str().to_owned())
    }

    fn is_new(&self, key: &str) -> bool {
        self.new.contains_key(key)
    }

    /// Only people with access become users: a place in a team alone is no reason for one.
    fn new_users(&self, found: &Found) -> BTreeMap<String, User> {
        let with_access = self.new.iter().filter(|(key, _)| found.names(key));
        with_access
            .map(|(key, login)| {
                let logins = login.iter().map(|name| (name.clone(), key.clone()));
                let user = User {
                    logins: logins.collect(),
                    ..User::default()
                };
                (key.clone(), user)
            })
            .collect()
    }
}

impl Adoption<'_> {
    /// The key of the user who has this identity, if the estate has such a user, with or without access anywhere.
    fn key_of_person(&self, subject: &Subject) -> Option<String> {
        let folded = subject.to_lowercase();
        let has_it = |key: &str, user: &config::written::User| {
            let identity = match &self.product.user.identity.value {
                Identity::Email => user.email.as_ref().map_or(key, |it| &it.value),
                Identity::Login(name) => user.logins.get(name).map_or("", |it| &it.value),
            };
            identity.to_lowercase() == folded
        };
        let mut users = self.config.users.iter();
        let found = users.find(|(key, user)| has_it(&key.value, user));
        found.map(|(key, _)| key.value.as_str().to_owned())
    }

    /// Whether a line asks for it already.
    fn is_written(&self, address: &Address) -> bool {
        self.desired.state.get(address).is_some()
    }
}

/// What is there and is not written yet.
#[derive(Default)]
struct Found {
    account: Account,
    objects: usize,
    people: usize,
    places: usize,
}

impl Found {
    fn of(adoption: &Adoption<'_>, users: &UserKeys) -> Self {
        let mut found = Self::default();
        for (address, entry) in adoption.observation.state.iter() {
            if !adoption.is_written(address) {
                found.take(address, &entry.resource, adoption.product, users);
            }
        }
        for (pool, fact) in &adoption.observation.pools {
            let account = &adoption.observation.account;
            let accounts = &adoption.desired.accounts;
            // What is another account's is bought there.
            if adoption.products.pool_head(accounts, account, pool) != account {
                continue;
            }
            let address = Address::seats(account, pool);
            if let (Some(Capacity::Purchased(quantity)), false) =
                (fact.value(), adoption.is_written(&address))
            {
                let seats = &mut found.account.seats;
                seats.insert(pool.as_str().to_owned(), quantity.clone());
            }
        }
        found
    }

    fn take(
        &mut self,
        address: &Address,
        resource: &Resource,
        product: &Product,
        users: &UserKeys,
    ) {
        match (&address.resource, resource) {
            (ResourceId::Setting(name), Resource::Setting(value)) => {
                let settings = &mut self.account.settings;
                settings.insert(name.as_str().to_owned(), value.into());
            }
            (ResourceId::Team(name), Resource::Team(team)) => {
                let entry = self.account.teams.entry(name.as_str().to_owned());
                entry.or_default().parent = team.parent.as_ref().map(|it| it.as_str().to_owned());
            }
            (ResourceId::Member { team, subject }, Resource::Member(member)) => {
                self.places += 1;
                let entry = self.account.teams.entry(team.as_str().to_owned());
                let team = entry.or_default();
                match member.lead {
                    true => team.leads.push(users.key(subject)),
                    false => team.members.push(users.key(subject)),
                }
            }
            (ResourceId::Access(subject), Resource::Access(access)) => {
                self.people += 1;
                let written = written(access, product, users);
                self.account.access.insert(users.key(subject), written);
            }
            (ResourceId::Seats(pool), Resource::Seats(quantity)) => {
                let seats = &mut self.account.seats;
                seats.insert(pool.as_str().to_owned(), quantity.clone());
            }
            _ => self.objects += 1,
        }
    }

    fn names(&self, key: &str) -> bool {
        self.account.access.contains_key(key)
            || self
                .account
                .teams
                .values()
                .any(|team| team.leads.iter().chain(&team.members).any(|it| it == key))
    }

    fn counts(&self) -> Vec<Count> {
        let account = &self.account;
        [
            ("people with access", self.people),
            ("teams", account.teams.len()),
            ("places in teams", self.places),
            ("settings", account.settings.len()),
            ("seat pools", account.seats.len()),
        ]
        .into_iter()
        .map(|(what, count)| Count::of(what, count))
        .collect()
    }

    /// One file with the whole account.
    fn account_file(&self, name: &str, adoption: &Adoption<'_>) -> NewFile {
        let defaults = adoption.config.settings.defaults.as_ref();
        let is_decided = defaults.is_some_and(|it| it.unmanaged.is_some());
        let account = Account {
            product: adoption.product_id.as_str().to_owned(),
            // An adopted account is not the whole truth yet: what turns up later is a finding, not a removal.
            unmanaged: (!is_decided).then(|| "report".to_owned()),
            connection: adoption.reached.map(|it| layout::Connection {
                url: it.url.to_owned(),
                token: it.token_variable.map(|variable| layout::Token {
                    env: variable.to_owned(),
                }),
            }),
            ..self.account.clone()
        };
        let file = File {
            accounts: BTreeMap::from([(name.to_owned(), account)]),
            ..File::default()
        };
        let comment = format!(
            "The account as it was at {} on {}.",
            adoption.observation.from, adoption.observation.taken_at
        );
        NewFile {
            path: format!("accounts/{name}.yaml"),
            text: layout::text(&comment, &file),
        }
    }

    /// What belongs into the lines of an account that is written already.
    fn by_hand(&self, name: &str, users: &UserKeys) -> Vec<ByHand> {
        let place = |key: &str| format!("under \"{key}\" of the account \"{name}\"");
        let account = &self.account;
        let of_known: BTreeMap<&String, &Access> = account
            .access
            .iter()
            .filter(|(key, _)| !users.is_new(key))
            .collect();
        let parts = [
            ("access", of_known.is_empty(), crate::yaml::write(&of_known)),
            (
                "teams",
                account.teams.is_empty(),
                crate::yaml::write(&account.teams),
            ),
            (
                "settings",
                account.settings.is_empty(),
                crate::yaml::write(&account.settings),
            ),
            (
                "seats",
                account.seats.is_empty(),
                crate::yaml::write(&account.seats),
            ),
        ];
        parts
            .into_iter()
            .filter(|(_, is_empty, _)| !is_empty)
            .map(|(key, _, text)| ByHand {
                place: place(key),
                text,
            })
            .collect()
    }
}

/// An access as it is written: one role as `role`, several as `roles`.
fn written(access: &model::Access, product: &Product, users: &UserKeys) -> Access {
    let roles: Vec<String> = access
        .roles
        .iter()
        .map(|role| role.as_str().to_owned())
        .collect();
    let takes_many = product.user.roles == RolesPerUser::Many;
    let one = roles.first().filter(|_| !takes_many).cloned();
    let options = access.options.iter().map(|(name, value)| {
        let names_user = product
            .options
            .get(name)
            .is_some_and(|rule| rule.r#type == OptionKind::User);
        let literal = match value {
            Value::Word(word) if names_user => Literal::Text(users.key(&Subject::new(word))),
            other => other.into(),
        };
        (name.as_str().to_owned(), literal)
    });
    Access {
        role: one,
        roles: if takes_many { roles } else { Vec::new() },
        options: options.collect(),
        grants: access
            .grants
            .iter()
            .map(|(name, grant)| (name.as_str().to_owned(), *grant))
            .collect(),
    }
}
