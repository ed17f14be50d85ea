//! Which team or bundle stands behind a line.
//!
//! What is resolved knows its lines and not whose they are, because nothing else needs that and there may be a million of
//! them. Here the files are asked again.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::config::{Access, AccessEntry, Config};
use crate::model::UserKey;
use crate::text::{Span, Spanned, Word};

/// What gives a user something that is not written under the user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Giver {
    /// A team of the estate.
    Team(String),
    /// A bundle.
    Bundle(String),
}

/// The teams and bundles behind the lines of an estate.
pub(super) struct Givers<'e> {
    config: &'e Config,
    /// By a part of what is given; more than one where an alias writes the same for several.
    gives: BTreeMap<Span, Vec<Giver>>,
    /// By the line that gives a team or bundle to a user.
    reaches: BTreeMap<Span, Giver>,
}

impl<'e> Givers<'e> {
    pub(super) fn of(config: &'e Config) -> Self {
        let mut givers = Self {
            config,
            gives: BTreeMap::new(),
            reaches: BTreeMap::new(),
        };
        for (name, team) in config.teams.iter() {
            let giver = Giver::Team(name.value.as_str().to_owned());
            givers.gives(&giver, team.access.iter());
            for lead in &team.leads {
                givers.reaches.insert(lead.span, giver.clone());
            }
        }
        for (name, bundle) in config.bundles.iter() {
            let giver = Giver::Bundle(name.value.as_str().to_owned());
            givers.gives(&giver, bundle.iter());
        }
        for (_, account) in config.accounts.iter() {
            for entry in account.access.iter() {
                let (subject, _) = entry;
                if let Some(team) = subject.value.strip_prefix("team/") {
                    givers.gives(&Giver::Team(team.to_owned()), [entry].into_iter());
                }
            }
        }
        for (_, user) in config.users.iter() {
            givers.reaches(&user.teams, Giver::Team);
            givers.reaches(&user.bundles, Giver::Bundle);
        }
        givers
    }

    /// Who gives a user what stands at a span; `None` for what is written for the user alone.
    pub(super) fn giver(&self, span: Span, user: Option<&UserKey>) -> Option<Giver> {
        match self.gives.get(&span).map(Vec::as_slice) {
            None | Some([]) => None,
            Some([only]) => Some(only.clone()),
            Some(several) => {
                let theirs = self.of_user(user?);
                several.iter().find(|it| theirs.contains(*it)).cloned()
            }
        }
    }

    /// The team or bundle that a line gives to a user.
    pub(super) fn reached(&self, span: Span) -> Option<&Giver> {
        self.reaches.get(&span)
    }

    fn gives<'a>(
        &mut self,
        giver: &Giver,
        entries: impl Iterator<Item = (&'a Spanned<Word>, &'a AccessEntry)>,
    ) {
        for (name, entry) in entries {
            self.gives.entry(name.span).or_default().push(giver.clone());
            let periods: Vec<&Access> = match entry {
                AccessEntry::Access(access) => vec![access],
                AccessEntry::Periods(periods) => periods.iter().map(|it| &it.value).collect(),
                AccessEntry::None(_) => Vec::new(),
            };
            for span in periods.into_iter().flat_map(parts) {
                let givers = self.gives.entry(span).or_default();
                if !givers.contains(giver) {
                    givers.push(giver.clone());
                }
            }
        }
    }

    fn reaches(&mut self, names: &[Spanned<Word>], giver: fn(String) -> Giver) {
        for name in names {
            let giver = giver(name.value.as_str().to_owned());
            self.reaches.insert(name.span, giver);
        }
    }

    /// The teams that a user is in, those that they lie in, and the user's bundles.
    fn of_user(&self, user: &UserKey) -> BTreeSet<Giver> {
        let written = self.config.users.get(user.as_str());
        let (teams, bundles) =
            written.map_or((&[][..], &[][..]), |(_, it)| (&*it.teams, &*it.bundles));
        let mut open: Vec<&str> = teams.iter().map(|it| it.value.as_str()).collect();
        let leads = self.config.teams.iter().filter(|(_, team)| {
            let mut leads = team.leads.iter();
            leads.any(|it| it.value.as_str() == user.as_str())
        });
        open.extend(leads.map(|(name, _)| name.value.as_str()));
        let bundles = bundles.iter().map(|it| it.value.as_str().to_owned());
        let mut givers: BTreeSet<Giver> = bundles.map(Giver::Bundle).collect();
        while let Some(name) = open.pop() {
            if !givers.insert(Giver::Team(name.to_owned())) {
                continue;
            }
            let team = self.config.teams.get(name);
            let parent = team.and_then(|(_, it)| it.parent.as_ref());
            open.extend(parent.map(|it| it.value.as_str()));
        }
        givers
    }
}

/// Where the fields of an access stand.
fn parts(access: &Access) -> Vec<Span> {
    let role = access.role.iter().map(|it| it.span);
    let roles = access.roles.iter().map(|it| it.span);
    let options = access.options.iter().map(|(_, value)| value.span);
    let grants = access.grants.iter().flat_map(|it| it.iter());
    let grants = grants.map(|(_, value)| value.span);
    role.chain(roles).chain(options).chain(grants).collect()
}
