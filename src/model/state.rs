//! One type for desired and actual.
//!
//! # Design
//! Entries are boxed: while a state of a whole estate is made, it is sorted and put together several times over, and so it is
//! addresses that are moved and held twice, not what stands there.

use std::collections::BTreeMap;

use super::address::{Address, Kind, ResourceId};
use super::names::{AccountName, UserKey};
use super::resource::{Field, Resource};
use crate::text::Span;

/// Everything there shall be, or everything there is: resources by address, in the order of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(BTreeMap<Address, Box<Entry>>);

/// A resource and why it is in the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the thing is.
    pub resource: Resource,
    /// The lines that make it so; empty in an observed state.
    pub origins: Origins,
    /// The estate's user behind the subject, for access and members of a desired state.
    pub user: Option<UserKey>,
}

/// A line that makes one part of a resource what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The part.
    pub field: Field,
    /// The line.
    pub span: Span,
}

/// The lines behind a resource, in the order of how much they say about it.
///
/// Most accesses have one line that gives them and one that gives their roles: these two take no memory of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// The first line, if it is about the whole.
    whole: Option<Span>,
    /// The line after it, if it is about the roles.
    roles: Option<Span>,
    /// All other lines.
    others: Box<[Origin]>,
}

impl Origins {
    /// Puts a line after the others.
    pub fn push(&mut self, origin: Origin) {
        match origin.field {
            Field::Whole if self.first().is_none() => self.whole = Some(origin.span),
            Field::Roles if self.roles.is_none() && self.others.is_empty() => {
                self.roles = Some(origin.span);
            }
            _ => {
                let others = std::mem::take(&mut self.others).into_vec();
                self.others = others.into_iter().chain([origin]).collect();
            }
        }
    }

    /// The first line.
    pub fn first(&self) -> Option<Origin> {
        self.iter().next()
    }

    /// The lines in their order.
    pub fn iter(&self) -> impl Iterator<Item = Origin> {
        let line = |field, span: Option<Span>| span.map(|span| Origin { field, span });
        let inline = [
            line(Field::Whole, self.whole),
            line(Field::Roles, self.roles),
        ];
        let inline = inline.into_iter().flatten();
        inline.chain(self.others.iter().cloned())
    }
}

impl FromIterator<Origin> for Origins {
    fn from_iter<I: IntoIterator<Item = Origin>>(lines: I) -> Self {
        let mut origins = Self::default();
        lines.into_iter().for_each(|it| origins.push(it));
        origins
    }
}

impl Entry {
    /// An observed resource: no lines stand behind it.
    pub fn observed(resource: Resource) -> Self {
        Self {
            resource,
            origins: Origins::default(),
            user: None,
        }
    }

    /// A desired resource with the line that asks for it.
    pub fn desired(resource: Resource, span: Span) -> Self {
        Self {
            resource,
            origins: Origins {
                whole: Some(span),
                ..Origins::default()
            },
            user: None,
        }
    }

    /// The line behind a part, else the line behind the whole.
    pub fn origin(&self, field: &Field) -> Option<Span> {
        let line = |field: &Field| self.origins.iter().find(|it| it.field == *field);
        let line = line(field)
            .or_else(|| line(&Field::Whole))
            .or_else(|| self.origins.first());
        line.map(|it| it.span)
    }
}

impl State {
    /// Nothing at all.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Puts a resource at an address, giving back the one that was there.
    pub fn insert(&mut self, address: Address, entry: Entry) -> Option<Entry> {
        self.0.insert(address, Box::new(entry)).map(|it| *it)
    }

    /// Takes a resource out.
    pub fn remove(&mut self, address: &Address) -> Option<Entry> {
        self.0.remove(address).map(|it| *it)
    }

    /// The entry at an address.
    pub fn get(&self, address: &Address) -> Option<&Entry> {
        self.0.get(address).map(AsRef::as_ref)
    }

    /// The resource at an address.
    pub fn resource(&self, address: &Address) -> Option<&Resource> {
        self.0.get(address).map(|entry| &entry.resource)
    }

    /// Mutable access to the entry at an address.
    pub fn get_mut(&mut self, address: &Address) -> Option<&mut Entry> {
        self.0.get_mut(address).map(AsMut::as_mut)
    }

    /// Entries in the order of their addresses.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Address, &Entry)> + ExactSizeIterator {
        self.0.iter().map(|(address, entry)| (address, &**entry))
    }

    /// The entries of one account, in the order of their addresses.
    pub fn of_account<'a>(
        &'a self,
        account: &'a AccountName,
    ) -> impl Iterator<Item = (&'a Address, &'a Entry)> {
        let first = Address::new(account, ResourceId::Setting("".into()));
        self.0
            .range(first..)
            .take_while(move |(address, _)| address.account == *account)
            .map(|(address, entry)| (address, &**entry))
    }

    /// The entries of one account and kind, in the order of their addresses. Most of what an account has are accesses: who
    /// asks for something else does not go past them.
    pub fn of_kind<'a>(
        &'a self,
        account: &'a AccountName,
        kind: Kind,
    ) -> impl Iterator<Item = (&'a Address, &'a Entry)> {
        let first = match kind {
            Kind::Setting => ResourceId::Setting("".into()),
            Kind::Seats => ResourceId::Seats("".into()),
            Kind::Object => ResourceId::Object {
                kind: "".into(),
                name: "".into(),
            },
            Kind::Team => ResourceId::Team("".into()),
            Kind::Access => ResourceId::Access("".into()),
            Kind::Member => ResourceId::Member {
                team: "".into(),
                subject: "".into(),
            },
        };
        self.0
            .range(Address::new(account, first)..)
            .take_while(move |(address, _)| address.account == *account && address.kind() == kind)
            .map(|(address, entry)| (address, &**entry))
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Address, Entry)> for State {
    fn from_iter<I: IntoIterator<Item = (Address, Entry)>>(entries: I) -> Self {
        entries.into_iter().map(boxed).collect()
    }
}

impl FromIterator<(Address, Box<Entry>)> for State {
    fn from_iter<I: IntoIterator<Item = (Address, Box<Entry>)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl Extend<(Address, Entry)> for State {
    fn extend<I: IntoIterator<Item = (Address, Entry)>>(&mut self, entries: I) {
        self.0.extend(entries.into_iter().map(boxed));
    }
}

impl IntoIterator for State {
    type Item = (Address, Entry);
    type IntoIter = std::iter::Map<
        std::collections::btree_map::IntoIter<Address, Box<Entry>>,
        fn((Address, Box<Entry>)) -> Self::Item,
    >;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().map(|(address, entry)| (address, *entry))
    }
}

fn boxed((address, entry): (Address, Entry)) -> (Address, Box<Entry>) {
    (address, Box::new(entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, Member, Object, Quantity, Team, Value};

    #[test]
    fn the_kinds_of_an_account_are_all_of_it() {
        let mut state = State::new();
        for account in ["a", "b", "c"].map(AccountName::new) {
            let team = || "t".into();
            let object = ResourceId::Object {
                kind: "k".into(),
                name: "o".into(),
            };
            let member = ResourceId::Member {
                team: team(),
                subject: "ana".into(),
            };
            let things = [
                (
                    ResourceId::Setting("s".into()),
                    Resource::Setting(Value::Count(1)),
                ),
                (
                    ResourceId::Seats("p".into()),
                    Resource::Seats(Quantity::Number(1)),
                ),
                (object, Resource::Object(Object::default())),
                (ResourceId::Team(team()), Resource::Team(Team::default())),
                (
                    ResourceId::Access("ana".into()),
                    Resource::Access(Access::default()),
                ),
                (
                    ResourceId::Access("".into()),
                    Resource::Access(Access::default()),
                ),
                (member, Resource::Member(Member::default())),
            ];
            for (id, resource) in things {
                state.insert(Address::new(&account, id), Entry::observed(resource));
            }
        }
        let account = AccountName::new("b");
        let kinds = [
            Kind::Setting,
            Kind::Seats,
            Kind::Object,
            Kind::Team,
            Kind::Access,
            Kind::Member,
        ];
        let by_kind = kinds.into_iter().flat_map(|it| state.of_kind(&account, it));
        assert!(by_kind.eq(state.of_account(&account)));
        assert_eq!(state.of_kind(&account, Kind::Access).count(), 2);
    }
}
