//! One type for desired and actual.

use std::collections::BTreeMap;

use super::address::Address;
use super::names::{AccountName, UserKey};
use super::resource::{Field, Resource};
use crate::text::Span;

/// Everything there shall be, or everything there is: resources by address, in the order of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(BTreeMap<Address, Entry>);

/// A resource and why it is in the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the thing is.
    pub resource: Resource,
    /// The lines that make it so; empty in an observed state.
    pub origins: Vec<Origin>,
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

impl Entry {
    /// An observed resource: no lines stand behind it.
    pub fn observed(resource: Resource) -> Self {
        Self {
            resource,
            origins: Vec::new(),
            user: None,
        }
    }

    /// A desired resource with the line that asks for it.
    pub fn desired(resource: Resource, span: Span) -> Self {
        Self {
            resource,
            origins: vec![Origin {
                field: Field::Whole,
                span,
            }],
            user: None,
        }
    }

    /// The line behind a part, else the line behind the whole.
    pub fn origin(&self, field: &Field) -> Option<Span> {
        let exact = self.origins.iter().find(|it| it.field == *field);
        let whole = || self.origins.iter().find(|it| it.field == Field::Whole);
        exact
            .or_else(whole)
            .or(self.origins.first())
            .map(|it| it.span)
    }
}

impl State {
    /// Nothing at all.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Puts a resource at an address, giving back the one that was there.
    pub fn insert(&mut self, address: Address, entry: Entry) -> Option<Entry> {
        self.0.insert(address, entry)
    }

    /// Takes a resource out.
    pub fn remove(&mut self, address: &Address) -> Option<Entry> {
        self.0.remove(address)
    }

    /// The entry at an address.
    pub fn get(&self, address: &Address) -> Option<&Entry> {
        self.0.get(address)
    }

    /// The resource at an address.
    pub fn resource(&self, address: &Address) -> Option<&Resource> {
        self.0.get(address).map(|entry| &entry.resource)
    }

    /// Mutable access to the entry at an address.
    pub fn get_mut(&mut self, address: &Address) -> Option<&mut Entry> {
        self.0.get_mut(address)
    }

    /// Entries in the order of their addresses.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Address, &Entry)> + ExactSizeIterator {
        self.0.iter()
    }

    /// The entries of one account, in the order of their addresses.
    pub fn of_account<'a>(
        &'a self,
        account: &'a AccountName,
    ) -> impl Iterator<Item = (&'a Address, &'a Entry)> {
        let first = Address::new(account, super::ResourceId::Setting("".into()));
        self.0
            .range(first..)
            .take_while(move |(address, _)| address.account == *account)
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
        Self(entries.into_iter().collect())
    }
}

impl Extend<(Address, Entry)> for State {
    fn extend<I: IntoIterator<Item = (Address, Entry)>>(&mut self, entries: I) {
        self.0.extend(entries);
    }
}

impl IntoIterator for State {
    type Item = (Address, Entry);
    type IntoIter = std::collections::btree_map::IntoIter<Address, Entry>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
