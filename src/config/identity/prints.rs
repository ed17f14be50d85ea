//! Hashes of identities, to find the few users who may share one among the many who do not.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use rayon::prelude::*;

use super::{Known, Space, former_identity, mailbox, script, shown};
use crate::text::Word;

/// One hash for everything by which users are compared, and the user. Two users with the same hash need not have anything
/// in common; two with something in common have a same hash. Half of a hash tells nearly all users apart.
#[derive(Default)]
pub(super) struct Prints(Vec<(u32, u32)>);

/// What a hash is of.
#[derive(Hash)]
enum Print<'a> {
    Identity(Space<'a>, &'a str),
    Look(Space<'a>, &'a str),
    Mailbox(&'a str),
    Former(&'a str),
}

impl Prints {
    /// Adds what a user is known by.
    pub(super) fn add(&mut self, user: u32, known: &Known<'_>, compares_looks: bool) {
        let folded = script::folded(&known.text);
        self.push(user, &Print::Identity(known.space, &folded));
        match known.space {
            Space::Key => {}
            Space::Address => {
                let mailbox = mailbox(&folded);
                self.push(
                    user,
                    &Print::Mailbox(mailbox.as_deref().unwrap_or_default()),
                );
            }
            // Nobody's handle may be the key of somebody else.
            Space::Login(_) => self.push(user, &Print::Identity(Space::Key, &folded)),
        }
        if compares_looks {
            let look = script::skeleton(&shown(known.space, &folded));
            self.push(user, &Print::Look(known.space, &look));
        }
    }

    /// Adds what a user was known by.
    pub(super) fn add_former(&mut self, user: u32, former: &Word) {
        self.push(user, &Print::Former(&script::folded(former)));
        if let Some((space, identity)) = former_identity(former) {
            self.push(user, &Print::Identity(space, &script::folded(&identity)));
        }
    }

    /// No prints yet, with room for those of all shares.
    pub(super) fn with_room_for<'p>(shares: impl Iterator<Item = &'p Self>) -> Self {
        Self(Vec::with_capacity(shares.map(|it| it.0.len()).sum()))
    }

    /// Adds the prints of users who were counted from 0; the first of them is `first`.
    pub(super) fn append(&mut self, later: Self, first: u32) {
        let later = later.0.into_iter();
        self.0
            .extend(later.map(|(print, user)| (print, first + user)));
    }

    /// The users who have a hash in common with another one, in ascending order.
    pub(super) fn twins(mut self) -> Vec<u32> {
        self.0.par_sort_unstable();
        let same = self.0.chunk_by(|(a, _), (b, _)| a == b);
        let shared = same.filter(|it| it.first().map(|it| it.1) != it.last().map(|it| it.1));
        let mut twins: Vec<u32> = shared.flatten().map(|(_, user)| *user).collect();
        twins.sort_unstable();
        twins.dedup();
        twins
    }

    fn push(&mut self, user: u32, print: &Print<'_>) {
        let mut hasher = DefaultHasher::new();
        print.hash(&mut hasher);
        self.0.push((hasher.finish() as u32, user));
    }
}
