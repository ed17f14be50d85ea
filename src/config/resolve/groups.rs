//! Teams and bundles: what they give, who is in them, and teams that lie in themselves.

use super::Resolver;
use super::entries::Written;
use super::names::refuse_repeated;
use crate::config::codes;
use crate::config::written::AccessEntry;
use crate::diagnostic::{Diagnostic, Sink};
use crate::text::{Span, Spanned, Word};

/// What is written for teams, bundles and, at the accounts, for users; all by position.
pub(super) struct Groups {
    pub(super) bundles: Vec<Vec<Written>>,
    pub(super) teams: Vec<Vec<Written>>,
    /// The parent of each team; none where that would make a cycle.
    pub(super) parents: Vec<Option<u32>>,
    /// Who is in each team itself, teams inside it left out.
    pub(super) places: Vec<Vec<Place>>,
    /// What accounts say about users, by user.
    pub(super) users: Vec<(u32, Written)>,
}

/// One user's place in one team.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) user: u32,
    /// The line that says so.
    pub(super) line: Span,
    /// The line that makes the user a lead.
    pub(super) lead: Option<Span>,
}

impl<'a> Resolver<'a> {
    pub(super) fn groups(&mut self) -> Groups {
        let config = self.config;
        let bundles = config
            .bundles
            .iter()
            .map(|(_, bundle)| {
                bundle
                    .iter()
                    .filter_map(|(account, entry)| self.read(account, entry))
                    .collect()
            })
            .collect();
        let teams = config
            .teams
            .iter()
            .map(|(_, team)| {
                team.access
                    .iter()
                    .filter_map(|(account, entry)| self.read(account, entry))
                    .collect()
            })
            .collect();
        let mut groups = Groups {
            bundles,
            teams,
            parents: self.parents(),
            places: vec![Vec::new(); config.teams.len()],
            users: Vec::new(),
        };
        for (position, (_, account)) in (0u32..).zip(config.accounts.iter()) {
            for (subject, entry) in account.access.iter() {
                self.at_account(position, subject, entry, &mut groups);
            }
        }
        // Stable: what an account says about a user stays in the order of the accounts.
        groups.users.sort_by_key(|(user, _)| *user);
        for team in &mut groups.teams {
            self.refuse_second_access(team);
        }
        self.places(&mut groups.places);
        groups
    }

    fn at_account(
        &mut self,
        account: u32,
        subject: &'a Spanned<Word>,
        entry: &'a AccessEntry,
        groups: &mut Groups,
    ) {
        match subject.value.strip_prefix("team/") {
            Some(team) => {
                let team = self.names.team(team, subject, self.sink);
                let written = self.read_at(account, subject.span, entry);
                if let (Some(team), Some(written)) = (team, written) {
                    groups.teams[team as usize].push(written);
                }
            }
            None => {
                let user = self.names.user(subject, self.sink);
                let written = self.read_at(account, subject.span, entry);
                if let (Some(user), Some(written)) = (user, written) {
                    groups.users.push((user, written));
                }
            }
        }
    }

    /// Orders by account; what is written again for an account is reported and dropped.
    pub(super) fn refuse_second_access(&mut self, all: &mut Vec<Written>) {
        all.sort_by_key(|it| it.account);
        let (config, sink) = (self.config, &mut *self.sink);
        all.dedup_by(|again, first| {
            let is_same = again.account == first.account;
            if is_same {
                let account = config.accounts.at(first.account as usize).0;
                let message = format!(
                    "access to \"{}\" is written twice for one subject",
                    account.value.as_str()
                );
                sink.push(
                    Diagnostic::new(&codes::WRITTEN_TWICE, message)
                        .at(again.line, "written again here")
                        .at(first.line, "first written here")
                        .help("keep one of them; several periods are written as one list"),
                );
            }
            is_same
        });
    }

    fn parents(&mut self) -> Vec<Option<u32>> {
        let config = self.config;
        let mut parents: Vec<Option<u32>> = Vec::with_capacity(config.teams.len());
        for (_, team) in config.teams.iter() {
            let parent = team.parent.as_ref();
            parents.push(parent.and_then(|it| self.names.team(&it.value, it, self.sink)));
        }
        for cycle in cut_cycles(&mut parents) {
            let named: Vec<_> = cycle
                .iter()
                .filter_map(|at| {
                    let (name, team) = config.teams.at(*at as usize);
                    Some((name.value.as_str(), team.parent.as_ref()?.span))
                })
                .collect();
            report_cycle("team", &named, self.sink);
        }
        parents
    }

    fn places(&mut self, places: &mut [Vec<Place>]) {
        let config = self.config;
        for (user, (_, written)) in (0u32..).zip(config.users.iter()) {
            refuse_repeated(&written.teams, "team", self.sink);
            for team in &written.teams {
                let Some(at) = self.names.team(&team.value, team, self.sink) else {
                    continue;
                };
                places[at as usize].push(Place {
                    user,
                    line: team.span,
                    lead: None,
                });
            }
        }
        for (at, (_, team)) in config.teams.iter().enumerate() {
            refuse_repeated(&team.leads, "lead", self.sink);
            for lead in &team.leads {
                if let Some(user) = self.names.user(lead, self.sink) {
                    places[at].push(Place {
                        user,
                        line: lead.span,
                        lead: Some(lead.span),
                    });
                }
            }
            unite(&mut places[at]);
        }
    }
}

/// Orders places by user, and makes one of a member's and a lead's place.
pub(super) fn unite(places: &mut Vec<Place>) {
    places.sort_by_key(|it| (it.user, it.lead.is_some()));
    places.dedup_by(|again, first| {
        let is_same = again.user == first.user;
        if is_same {
            first.lead = first.lead.or(again.lead);
        }
        is_same
    });
}

/// Takes out the parents that close a cycle; gives each cycle in the order in which parents follow each other, beginning
/// with its first member. Linear.
pub(super) fn cut_cycles(parents: &mut [Option<u32>]) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let mut walk_of = vec![UNSEEN; parents.len()];
    let mut cycles = Vec::new();
    for start in 0..parents.len() as u32 {
        let mut at = start;
        while walk_of[at as usize] == UNSEEN {
            walk_of[at as usize] = start;
            match parents[at as usize] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        let closes = walk_of[at as usize] == start && parents[at as usize].is_some();
        if !closes {
            continue;
        }
        let mut cycle = vec![at];
        while let Some(next) = parents[*cycle.last().expect("it begins with one") as usize]
            && next != at
        {
            cycle.push(next);
        }
        let first = cycle.iter().enumerate().min_by_key(|(_, member)| **member);
        let first = first.map_or(0, |(index, _)| index);
        cycle.rotate_left(first);
        parents[cycle[cycle.len() - 1] as usize] = None;
        cycles.push(cycle);
    }
    cycles
}

/// Reports things that lie in each other, as the path that leads back; each comes with the place of its parent.
pub(super) fn report_cycle(what: &str, cycle: &[(&str, Span)], sink: &mut Sink) {
    const SHOWN_MAX: usize = 10;
    let Some((first, _)) = cycle.first() else {
        return;
    };
    let mut path: Vec<String> = cycle
        .iter()
        .take(SHOWN_MAX)
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    if cycle.len() > SHOWN_MAX {
        path.push(format!("{} more", cycle.len() - SHOWN_MAX));
    }
    path.push(format!("\"{first}\""));
    let message = format!(
        "the {what} \"{first}\" lies in itself: {}",
        path.join(" -> ")
    );
    let mut diagnostic = Diagnostic::new(&codes::CYCLE, message);
    for (name, span) in cycle.iter().take(SHOWN_MAX) {
        diagnostic = diagnostic.at(*span, format!("the parent of \"{name}\""));
    }
    sink.push(diagnostic.help("delete one of these parents"));
}

#[cfg(test)]
mod tests {
    use super::cut_cycles;

    #[test]
    fn cycles_are_found_once_and_cut() {
        let mut parents = [Some(1), Some(2), Some(1), None, Some(3), Some(5)];
        assert_eq!(cut_cycles(&mut parents), [vec![1, 2], vec![5]]);
        assert_eq!(parents, [Some(1), Some(2), None, None, Some(3), None]);
        assert!(cut_cycles(&mut parents).is_empty());
    }
}
