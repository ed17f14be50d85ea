//! What was written to what is wanted, at one instant.

mod accounts;
mod products;

use std::collections::BTreeMap;

pub use products::products;

use super::merge::Config;
use crate::diagnostic::Sink;
use crate::model::{Desired, Person, State, UserKey};
use crate::product::Products;
use crate::text::{Spanned, Word};

/// Resolves every name and reads everything against `at`. What could not be resolved is reported and left out.
pub fn resolve(
    config: &Config,
    products: &Products,
    at: jiff::Timestamp,
    sink: &mut Sink,
) -> Desired {
    let timezone = match &config.settings.timezone {
        Some(zone) => zone.0.clone(),
        None => jiff::tz::TimeZone::UTC,
    };
    Desired {
        estate: config.settings.name.value.as_str().to_owned(),
        at,
        timezone,
        accounts: accounts::resolve(config, products, sink),
        state: State::new(),
        absences: BTreeMap::new(),
        starts: Default::default(),
        formers: BTreeMap::new(),
        people: people(config),
        guards: accounts::guards(config),
    }
}

fn people(config: &Config) -> BTreeMap<UserKey, Person> {
    let person = |key: &Spanned<Word>, user: &super::written::User| {
        let written = user.email.as_ref().map(|it| it.value.clone());
        let logins = user.logins.iter();
        Person {
            name: user.name.as_ref().map(|name| name.as_str().to_owned()),
            email: written.or_else(|| key.value.contains('@').then(|| key.value.clone())),
            logins: logins
                .map(|(name, handle)| (name.value.clone(), handle.value.clone()))
                .collect(),
            span: key.span,
        }
    };
    config
        .users
        .iter()
        .map(|(key, user)| (UserKey::from(key.value.clone()), person(key, user)))
        .collect()
}
