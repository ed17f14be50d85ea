//! Everything that says what one user has on one account, whether it counts or not.
//!
//! # Design
//! One user is resolved once more with an eye on one account: what is told is what resolving itself looks at, and there is
//! no second opinion about which bundle or team reaches whom.

use super::access::{Source, Tier, memberships};
use super::entries::Active;
use super::names::{Index, Names};
use super::{Calendar, Config, Products, Resolved, Resolver, Sink, identity, sites};
use crate::model::{Field, Grant};
use crate::text::{Span, Word};

/// Something that says what a user has on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// What says it. Nearer ones are smaller.
    pub teller: Teller,
    /// The line that gives the user the bundle or team.
    pub via: Option<Span>,
    /// The key that it stands under.
    pub line: Span,
    /// What it says for today.
    pub says: Says,
}

/// What says something about an access; nearer to the user is smaller, but names do not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Teller {
    /// The user's own entry, under the user or the account.
    User,
    /// A bundle.
    Bundle(Word),
    /// A team of the estate.
    Team(Word),
}

/// What something says about an access today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// These parts, each with its value and line; none if only that there is access.
    Access(Vec<(Field, String, Span)>),
    /// No access, whatever is less near.
    None(Span),
    /// The last day has passed.
    Over(Span),
    /// The first day has not come.
    Later,
}

/// Everything that says what a user has on an account at an instant, the nearest first; empty if nothing does, or if one of
/// them is not known.
pub fn considered(
    config: &Config,
    products: &Products,
    at: jiff::Timestamp,
    (user, account): (&str, &str),
) -> Vec<Considered> {
    let position = |mut names: Box<dyn Iterator<Item = &Word> + '_>, name: &str| {
        let at = names.position(|it| it.as_str() == name);
        at.and_then(|it| u32::try_from(it).ok())
    };
    let users = Box::new(config.users.iter().map(|(name, _)| &name.value));
    let accounts = Box::new(config.accounts.iter().map(|(name, _)| &name.value));
    let (Some(user), Some(account)) = (position(users, user), position(accounts, account)) else {
        return Vec::new();
    };
    let timezone = config.settings.timezone.as_ref();
    let timezone = timezone.map_or(jiff::tz::TimeZone::UTC, |zone| zone.0.clone());
    // What is wrong with the files has been told by whoever read them.
    let mut sink = Sink::new();
    let identities = identity::check(config, &mut Sink::new());
    let index = Index::new(config);
    let calendar = Calendar::new(at, timezone);
    let mut resolver = Resolver {
        config,
        sites: &sites(config, products, calendar.today(), &mut Sink::new()),
        identities: &identities,
        calendar: &calendar,
        names: Names::new(config, &index),
        sink: &mut sink,
        watched: Some((user, account)),
    };
    let mut out = Resolved::new(config.accounts.len());
    let groups = resolver.groups();
    let memberships = memberships(&groups.places);
    let (_, written) = config.users.at(user as usize);
    let own = std::slice::from_ref(&written.access);
    resolver.users(user, own, &memberships, &groups, &mut out);
    out.considered
}

impl Resolver<'_> {
    /// Writes down what says something about the access that is watched, if this is that user.
    pub(super) fn watch(&self, user: u32, sources: &[Source<'_>], out: &mut Resolved) {
        let config = self.config;
        let Some((_, account)) = self.watched.filter(|(watched, _)| *watched == user) else {
            return;
        };
        let here = sources.iter().filter(|it| it.written.account == account);
        out.considered.extend(here.map(|source| {
            let name = |at: u32| match source.tier {
                Tier::Own => Teller::User,
                Tier::Bundle => Teller::Bundle(config.bundles.at(at as usize).0.value.clone()),
                Tier::Team => Teller::Team(config.teams.at(at as usize).0.value.clone()),
            };
            Considered {
                teller: source.via.map_or(Teller::User, |(at, _)| name(at)),
                via: source.via.map(|(_, line)| line),
                line: source.written.line,
                says: says(&source.written.active),
            }
        }));
    }
}

fn says(active: &Active) -> Says {
    let piece = match active {
        Active::Access(piece) => piece,
        Active::None(ending) => return Says::None(ending.line),
        Active::Over(ending) => return Says::Over(ending.line),
        Active::Later => return Says::Later,
    };
    let roles = piece.roles.iter().map(|(roles, span)| {
        let names: Vec<_> = roles.iter().map(|it| it.as_str()).collect();
        let names = match names.is_empty() {
            true => "no role".to_owned(),
            false => names.join(", "),
        };
        (Field::Roles, names, *span)
    });
    let options = piece.options.iter();
    let options =
        options.map(|(name, value, span)| (Field::Option(name.clone()), value.to_string(), *span));
    let grants = piece.grants.iter().map(|(name, grant, span)| {
        let word = grant.map_or("inherit", Grant::word);
        (Field::Grant(name.clone()), word.to_owned(), *span)
    });
    Says::Access(roles.chain(options).chain(grants).collect())
}
