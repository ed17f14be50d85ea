//! Many files to one configuration.

use rayon::prelude::*;

use super::codes;
use super::written::{Account, Bundle, File, Settings, Team, User};
use crate::diagnostic::{Diagnostic, Sink};
use crate::product::Product;
use crate::text::{Span, Spanned, Word};
use crate::yaml::Entries;

/// All files of an estate taken together. Names are not resolved yet.
#[derive(Clone, Debug)]
pub struct Config {
    /// `seatplan.yaml`.
    pub settings: Settings,
    /// Users, by key.
    pub users: Named<Box<User>>,
    /// Teams, by name.
    pub teams: Named<Team>,
    /// Bundles, by name.
    pub bundles: Named<Bundle>,
    /// Accounts, by name.
    pub accounts: Named<Account>,
    /// Product definitions of the estate's own, by id.
    pub products: Named<Spanned<Product>>,
    /// Whether everything that the files hold could be read: else anything may be written in them.
    pub is_whole: bool,
}

/// Things by name, in the order of the names, each name once.
#[derive(Clone, Debug)]
pub struct Named<T>(Vec<(Spanned<Word>, T)>);

impl Config {
    /// Takes all files together; `sink` holds what was wrong with each. The same thing written twice, in whatever files, is
    /// an error that shows both places; the one that was read first stays.
    pub fn merge(settings: Settings, files: Vec<File>, sink: &mut Sink) -> Self {
        let mut users = Vec::with_capacity(files.iter().map(|it| it.users.0.len()).sum());
        let (mut teams, mut bundles) = (Vec::new(), Vec::new());
        let (mut accounts, mut products) = (Vec::new(), Vec::new());
        for file in files {
            users.extend(file.users.0);
            teams.extend(file.teams.0);
            bundles.extend(file.bundles.0);
            accounts.extend(file.accounts.0.into_iter().map(|(name, it)| (name, it.0)));
            products.extend(file.products.0);
        }
        let merged = Self {
            settings,
            users: Named::collect(users, "user", sink),
            teams: Named::collect(teams, "team", sink),
            bundles: Named::collect(bundles, "bundle", sink),
            accounts: Named::collect(accounts, "account", sink),
            products: Named::collect(products, "product", sink),
            is_whole: true,
        };
        Self {
            is_whole: !sink.has_errors(),
            ..merged
        }
    }
}

impl<T: Send> Named<T> {
    /// Sorts by name, and reports names that are written again.
    fn collect(mut all: Vec<(Spanned<Word>, T)>, what: &str, sink: &mut Sink) -> Self {
        // Of two equal names the one that was read first comes first; sources are numbered as they are read.
        all.par_sort_unstable_by(|(a, _), (b, _)| (&a.value, a.span).cmp(&(&b.value, b.span)));
        all.dedup_by(|(again, _), (first, _)| {
            let is_same = again.value == first.value;
            if is_same {
                sink.push(written_twice(what, &again.value, again.span, first.span));
            }
            is_same
        });
        Self(all)
    }
}

impl<T> Named<T> {
    /// The thing of a name.
    pub fn get(&self, name: &str) -> Option<(&Spanned<Word>, &T)> {
        self.position(name).map(|at| self.at(at))
    }

    /// Where a name stands in the order of names.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0
            .binary_search_by(|(it, _)| it.value.as_str().cmp(name))
            .ok()
    }

    /// The thing at a position that [`position`](Self::position) gave.
    pub fn at(&self, position: usize) -> (&Spanned<Word>, &T) {
        let (name, value) = &self.0[position];
        (name, value)
    }

    /// Names and things in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Spanned<Word>, &T)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The things in the order of the names, to take parts of them out.
    pub(super) fn values_mut(&mut self) -> impl ExactSizeIterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// Names and things in the order of the names.
    pub(super) fn into_vec(self) -> Vec<(Spanned<Word>, T)> {
        self.0
    }

    /// Names and things in the order of the names.
    pub fn as_slice(&self) -> &[(Spanned<Word>, T)] {
        &self.0
    }

    /// Names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.value.as_str())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn written_twice(what: &str, name: &str, again: Span, first: Span) -> Diagnostic {
    Diagnostic::new(
        &codes::WRITTEN_TWICE,
        format!("the {what} \"{name}\" is written twice"),
    )
    .at(again, "written again here")
    .at(first, "first written here")
    .help("keep one of them and move into it what the other says")
}

impl<T> From<Entries<T>> for Named<T> {
    fn from(entries: Entries<T>) -> Self {
        let mut all = entries.0.into_vec();
        all.sort_by(|(a, _), (b, _)| a.value.cmp(&b.value));
        Self(all)
    }
}
