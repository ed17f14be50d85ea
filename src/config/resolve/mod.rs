//! What was written to what is wanted, at one instant.
//!
//! # Design
//! One pass over the users, each resolved from what stands under them, their bundles, their teams and the accounts, so that
//! nothing is kept per user beside the result. Everything written is checked once, where it is written: a misspelt role of
//! a team is one problem, however many members the team has.
//!
//! - A lead of a team is a member of it.
//! - What a team has, the teams that lie in it have: access reaches down, membership does not.
//! - A tier (own entry, bundles, teams) that says `none` is not passed by lower ones; access in a higher tier comes before it.
//! - Options that a team or a bundle gives for its role do not follow somebody whose role comes from a nearer tier and
//!   cannot have them: a lead who is an owner does not get the restrictions of the agents.
//! - Nothing empty removes everybody: an account for which no access at all is written is read as `unmanaged: report`, and an
//!   empty `teams:` as if it were not written.
//! - What could not be resolved is left out of the result and reported. What follows from that (a member of a team whose
//!   access has a misspelt role) is not reported again; and since it may be all that is missing, an account knows of which
//!   kinds of things not everything could be read, so that no rule takes what could not be read for not written. What is
//!   written for people counts for every account: a name that nobody has can stand for anybody anywhere.

mod access;
mod accounts;
mod billing;
mod days;
mod entries;
mod groups;
mod names;
mod objects;
mod products;
mod seats;
mod settings;
mod teams;
mod trace;
mod values;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use products::products;
pub use trace::{Considered, Says, Teller, considered};

use self::days::Calendar;
use self::names::{Index, Names};
use super::codes;
use super::identity::{self, Identities};
use super::merge::{Config, Named};
use super::written::{Account, User, UserKind};
use crate::diagnostic::{Diagnostic, Sink};
use crate::model::{
    Absence, AccountName, Address, Desired, Entry, Fields, Former, Kind, Person, Resource, State,
    Subject, UserKey,
};
use crate::product::{Identity, Product, Products};
use crate::text::{Span, Spanned, Word};

/// Resolves every name and reads everything against `at`. What could not be resolved is reported and left out.
///
/// What is written is let go as it is resolved: an estate is never in memory twice. Who wants to look at it afterwards
/// keeps a copy.
pub fn resolve(
    mut config: Config,
    products: &Products,
    at: jiff::Timestamp,
    sink: &mut Sink,
) -> Desired {
    let timezone = match &config.settings.timezone {
        Some(zone) => zone.0.clone(),
        None => jiff::tz::TimeZone::UTC,
    };
    let users = config.users.values_mut();
    let own = users.map(|it| std::mem::take(&mut it.access)).collect();
    let identities = identity::check(&config, sink);
    identity::check_names(&config, sink);
    let index = Index::new(&config);
    let calendar = Calendar::new(at, timezone.clone());
    let mut resolver = Resolver {
        config: &config,
        sites: &sites(&config, products, calendar.today(), sink),
        identities: &identities,
        calendar: &calendar,
        names: Names::new(&config, &index),
        sink,
        watched: None,
    };
    let mut out = Resolved::new(config.accounts.len());
    let errors = resolver.sink.error_count();
    let groups = resolver.groups();
    resolver.accesses(own, &groups, &mut out);
    resolver.teams(&groups, &mut out);
    drop(groups);
    out.unread = match (config.is_whole, resolver.sink.error_count() > errors) {
        (false, _) => Kind::ALL.into(),
        // Whoever is not known by name can be meant to be on any account.
        (true, true) => [Kind::Access, Kind::Team, Kind::Member].into(),
        (true, false) => BTreeSet::new(),
    };
    let accounts = resolver.accounts(&mut out);
    let mut guards = resolver.guards();
    let estate = config.settings.name.value.as_str().to_owned();
    drop(index);
    let state = out.take_state(&config.accounts);
    let people = people(config.users, identities);
    for it in &mut guards.protected {
        it.person = people.get(&it.user).cloned();
    }
    Desired {
        estate,
        at,
        timezone,
        accounts,
        state,
        absences: out.absences,
        starts: out.starts,
        priorities: out.priorities,
        formers: out.formers,
        people,
        guards,
        gone: BTreeMap::new(),
    }
}

fn people(users: Named<Box<User>>, identities: Identities) -> Fields<UserKey, Person> {
    let person = |((key, user), email): ((Spanned<Word>, Box<User>), Option<Word>)| {
        let user = *user;
        let logins = user.logins.0.into_iter();
        let person = Person {
            name: user.name,
            email,
            kind: user.kind.map(UserKind::word),
            private: user.private == Some(true),
            logins: logins
                .map(|(name, handle)| (name.value, handle.value))
                .collect(),
            span: key.span,
        };
        (UserKey::from(key.value), person)
    };
    let users = users.into_vec().into_iter();
    users.zip(identities.into_addresses()).map(person).collect()
}

/// Everything that resolving asks.
struct Resolver<'a> {
    config: &'a Config,
    /// By the accounts' positions; `None` where the product is not known.
    sites: &'a [Option<Site<'a>>],
    identities: &'a Identities,
    calendar: &'a Calendar,
    names: Names<'a>,
    sink: &'a mut Sink,
    /// A user and an account whose sources are written down.
    watched: Option<(u32, u32)>,
}

/// An account's name and product.
#[derive(Clone)]
struct Site<'a> {
    name: AccountName,
    product_id: &'a str,
    product: &'a Product,
}

/// What has been resolved so far.
#[derive(Default)]
struct Resolved {
    /// Who has what, by the accounts' positions; in the order of the subjects once everybody is resolved.
    accesses: Vec<Vec<(Subject, Box<Entry>)>>,
    /// Everything else that shall be there.
    others: Vec<(Address, Box<Entry>)>,
    absences: BTreeMap<Address, Absence>,
    starts: BTreeMap<Address, jiff::civil::Date>,
    priorities: BTreeMap<Address, u32>,
    formers: BTreeMap<Address, Vec<Former>>,
    /// Why a user for whom access to an account is written is not in the state.
    gone: HashMap<(u32, u32), Gone>,
    /// By the accounts' positions: whether access to it, for whatever days, is written for anybody.
    has_access: Vec<bool>,
    /// What says something about the access that is watched.
    considered: Vec<Considered>,
    /// Kinds of things of which not everything could be read, on every account.
    unread: BTreeSet<Kind>,
}

impl Resolved {
    fn new(accounts: usize) -> Self {
        Self {
            accesses: std::iter::repeat_with(Vec::new).take(accounts).collect(),
            has_access: vec![false; accounts],
            ..Self::default()
        }
    }

    /// Puts something that is no access into what shall be there.
    fn add(&mut self, address: Address, entry: Entry) {
        self.others.push((address, Box::new(entry)));
    }

    /// What somebody has on an account, once everybody is resolved.
    fn access(&self, account: u32, subject: &Subject) -> Option<&Resource> {
        let all = &self.accesses[account as usize];
        let at = all.binary_search_by(|(it, _)| it.cmp(subject));
        at.ok().map(|at| &all[at].1.resource)
    }

    /// Takes everything that shall be there. A state that is made of all its entries at once is smaller than one that
    /// grows.
    fn take_state(&mut self, accounts: &Named<Account>) -> State {
        let others = std::mem::take(&mut self.others);
        let accesses = self.accesses.iter().map(Vec::len).sum::<usize>();
        let mut all = Vec::with_capacity(accesses + others.len());
        for ((name, _), of_account) in accounts.iter().zip(self.accesses.drain(..)) {
            let account = AccountName::from(name.value.clone());
            let address = |(subject, entry)| (Address::access(&account, &subject), entry);
            all.extend(of_account.into_iter().map(address));
        }
        all.extend(others);
        all.into_iter().collect()
    }

    /// Takes over what was resolved for users who come later in the order.
    fn take(&mut self, later: Self) {
        for (all, more) in self.accesses.iter_mut().zip(later.accesses) {
            all.extend(more);
        }
        for (all, more) in self.has_access.iter_mut().zip(later.has_access) {
            *all |= more;
        }
        self.absences.extend(later.absences);
        self.starts.extend(later.starts);
        self.priorities.extend(later.priorities);
        self.formers.extend(later.formers);
        self.gone.extend(later.gone);
        self.considered.extend(later.considered);
    }
}

/// Why a written access gives nothing today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    None,
    Over,
    Later,
    /// A problem with it has been reported.
    Broken,
}

impl<'a> Resolver<'a> {
    fn site(&self, account: u32) -> Option<Site<'a>> {
        self.sites[account as usize].clone()
    }

    /// Who a user is on an account; `None` if the user lacks the identity that its product keys on.
    fn subject(&self, user: u32, account: u32) -> Option<Subject> {
        let site = self.sites[account as usize].as_ref()?;
        let rules = &site.product.user;
        let identity = match &rules.identity.value {
            Identity::Email => self.identities.address(user as usize)?,
            Identity::Login(login) => {
                let (_, written) = self.config.users.at(user as usize);
                &written.logins.get(login)?.value
            }
        };
        Some(rules.subject(identity))
    }

    fn lacks_identity(&mut self, user: u32, account: u32, line: Span) {
        let Some(site) = self.site(account) else {
            return;
        };
        let (key, written) = self.config.users.at(user as usize);
        let is_email = site.product.user.identity.value == Identity::Email;
        if is_email && (key.value.contains('@') || written.email.is_some()) {
            // There is an address, but it was refused: that has been said.
            return;
        }
        if identity::wildcard(&key.value, key.span, "a user").is_some() {
            // It is nobody, so that nobody lacks anything: that has been said too.
            return;
        }
        let (lacks, help) = match &site.product.user.identity.value {
            Identity::Email => (
                "an e-mail address".to_owned(),
                "write \"email:\" under the user".to_owned(),
            ),
            Identity::Login(login) => (
                format!("a {} handle", login.as_str()),
                format!(
                    "write \"logins: {{{}: HANDLE}}\" under the user",
                    login.as_str()
                ),
            ),
        };
        let message = format!(
            "\"{}\" cannot have access to \"{}\" without {lacks}",
            key.value.as_str(),
            site.name.as_str()
        );
        self.sink.push(
            Diagnostic::new(&codes::LACKS_IDENTITY, message)
                .at(line, format!("{} knows people by it", site.product_id))
                .at(key.span, "this user has none")
                .help(help),
        );
    }
}

fn sites<'a>(
    config: &'a Config,
    products: &'a Products,
    today: jiff::civil::Date,
    sink: &mut Sink,
) -> Vec<Option<Site<'a>>> {
    let mut site = |name: &crate::text::Spanned<crate::text::Word>,
                    account: &'a super::written::Account| {
        let id = &account.product;
        let by_alias = || {
            products.iter().find_map(|(present, product)| {
                let alias = product.aliases.get(&id.value)?;
                Some((present, product, alias))
            })
        };
        if products.get(&id.value).is_none()
            && let Some((present, product, alias)) = by_alias()
        {
            sink.push(entries::other_name("product", id, present, alias, today));
            return alias.holds_on(today).then(|| Site {
                name: AccountName::from(name.value.clone()),
                product_id: present.as_str(),
                product,
            });
        }
        let Some(product) = products.get(&id.value) else {
            let known: Vec<&str> = products.iter().map(|(id, _)| id.as_str()).collect();
            let near = crate::text::nearest(&id.value, known.iter().copied());
            // Its definition may be what could not be read.
            if near.is_none() && !config.is_whole {
                return None;
            }
            let diagnostic = names::unknown("product", id, near, false);
            sink.push(match near {
                Some(_) => diagnostic,
                None => diagnostic.help(format!("the products are {}", known.join(", "))),
            });
            return None;
        };
        Some(Site {
            name: AccountName::from(name.value.clone()),
            product_id: id.value.as_str(),
            product,
        })
    };
    config
        .accounts
        .iter()
        .map(|(name, account)| site(name, account))
        .collect()
}
