//! Teams at the vendor: mirrored from the estate's teams, or the account's own.

use std::collections::BTreeMap;

use super::entries::not_in_product;
use super::groups::{Groups, Place, cut_cycles, report_cycle, unite};
use super::names::{refuse_repeated, unknown};
use super::{Gone, Resolved, Resolver, Site};
use crate::config::codes;
use crate::config::identity::check_vendor_name;
use crate::config::written::AccountTeam;
use crate::diagnostic::Diagnostic;
use crate::model::{
    Address, Entry, Field, Former, Member, Origin, Resource, Team, TeamName, UserKey,
};
use crate::text::{Span, Spanned, Word, nearest};

/// The teams of one account while they are resolved.
struct AccountTeams<'a> {
    account: u32,
    site: Site<'a>,
    /// By name, so that parents are found.
    all: Vec<(&'a Spanned<Word>, &'a AccountTeam)>,
    /// The estate's team that each mirrors.
    mirrors: Vec<Option<u32>>,
}

impl<'a> Resolver<'a> {
    /// Resolves the teams of every account that manages them. The accesses are resolved before.
    pub(super) fn teams(&mut self, groups: &Groups, out: &mut Resolved) {
        let config = self.config;
        for (position, (_, account)) in (0u32..).zip(config.accounts.iter()) {
            let (Some(written), Some(site)) = (&account.teams, self.site(position)) else {
                continue;
            };
            if site.product.teams.is_none() {
                if let Some((name, _)) = written.iter().next() {
                    let none = std::iter::empty();
                    self.sink.push(not_in_product("team", name, &site, none));
                }
                continue;
            }
            let mut all: Vec<_> = written.iter().collect();
            all.sort_by(|(a, _), (b, _)| a.value.cmp(&b.value));
            let mirrors = all.iter().map(|(_, team)| self.mirror(team)).collect();
            let teams = AccountTeams {
                account: position,
                site,
                all,
                mirrors,
            };
            self.account_teams(&teams, groups, out);
        }
    }

    /// The estate's team that a team mirrors. Nothing else may be written for such a team.
    fn mirror(&mut self, team: &'a AccountTeam) -> Option<u32> {
        let from = team.from.as_ref()?;
        let parent = team.parent.as_ref().map(|it| it.span);
        let first = |list: &[Spanned<Word>]| list.first().map(|it| it.span);
        let others = [first(&team.members), first(&team.leads), parent];
        for span in others.into_iter().flatten() {
            let message =
                "a team that mirrors another one has no members, leads or parent of its own";
            self.sink.push(
                Diagnostic::new(&codes::MIRROR_AND_OWN, message)
                    .at(span, "")
                    .at(from.span, "it mirrors this team"),
            );
        }
        self.names.team(&from.value, from, self.sink)
    }

    fn account_teams(&mut self, teams: &AccountTeams<'a>, groups: &Groups, out: &mut Resolved) {
        let parents = self.team_parents(teams);
        for (at, (name, team)) in teams.all.iter().enumerate() {
            if !check_vendor_name(&name.value, name.span, "the name of a team", self.sink) {
                continue;
            }
            let team_name = TeamName::from(name.value.clone());
            let address = Address::team(&teams.site.name, &team_name);
            let parent = parents[at];
            let mut entry = Entry::desired(
                Resource::Team(Team {
                    parent: parent
                        .map(|(at, _)| TeamName::from(teams.all[at as usize].0.value.clone())),
                }),
                name.span,
            );
            if let Some((_, span)) = parent {
                entry.origins.push(Origin {
                    field: Field::Parent,
                    span,
                });
            }
            self.former_teams(teams, at, &address, out);
            out.add(address, entry);
            match teams.mirrors[at] {
                Some(mirrored) => {
                    let places = &groups.places[mirrored as usize];
                    self.members(teams, &team_name, places, true, out);
                }
                None if team.from.is_some() => {}
                None => {
                    let places = self.own_places(teams, team);
                    self.members(teams, &team_name, &places, false, out);
                }
            }
        }
    }

    /// The position and the line of each team's parent.
    fn team_parents(&mut self, teams: &AccountTeams<'a>) -> Vec<Option<(u32, Span)>> {
        let rules = teams.site.product.teams.as_ref();
        let is_nested = rules.is_some_and(|it| it.nested);
        let config = self.config;
        let vendor_names: BTreeMap<u32, u32> = (0u32..)
            .zip(&teams.mirrors)
            .filter_map(|(at, mirrored)| Some(((*mirrored)?, at)))
            .collect();
        let mut parents = Vec::with_capacity(teams.all.len());
        for ((_, team), mirrored) in teams.all.iter().zip(&teams.mirrors) {
            let of_estate = mirrored.and_then(|at| {
                let parent = config.teams.at(at as usize).1.parent.as_ref()?;
                let position = config.teams.position(&parent.value)? as u32;
                Some((*vendor_names.get(&position)?, parent.span))
            });
            let own = team.parent.as_ref().filter(|_| team.from.is_none());
            let own = own.and_then(|parent| self.own_parent(teams, parent, is_nested));
            parents.push(own.or(of_estate.filter(|_| is_nested)));
        }
        let mut positions: Vec<Option<u32>> =
            parents.iter().map(|it| it.map(|(at, _)| at)).collect();
        for cycle in cut_cycles(&mut positions) {
            // A cycle among the estate's own teams is reported there.
            if cycle.iter().all(|at| teams.mirrors[*at as usize].is_some()) {
                continue;
            }
            let named: Vec<_> = cycle
                .iter()
                .filter_map(|at| {
                    let name = teams.all[*at as usize].0.value.as_str();
                    Some((name, parents[*at as usize]?.1))
                })
                .collect();
            report_cycle("team", &named, self.sink);
        }
        parents
            .into_iter()
            .zip(positions)
            .map(|(parent, kept)| parent.filter(|_| kept.is_some()))
            .collect()
    }

    fn own_parent(
        &mut self,
        teams: &AccountTeams<'a>,
        parent: &Spanned<Word>,
        is_nested: bool,
    ) -> Option<(u32, Span)> {
        let found = teams
            .all
            .binary_search_by(|(name, _)| name.value.cmp(&parent.value));
        match found {
            Ok(_) if !is_nested => {
                let message = format!(
                    "teams of {} do not lie in each other",
                    teams.site.product_id
                );
                self.sink
                    .push(Diagnostic::new(&codes::NOT_IN_PRODUCT, message).at(parent.span, ""));
                None
            }
            Ok(at) => Some((at as u32, parent.span)),
            Err(_) => {
                let names = teams.all.iter().map(|(name, _)| name.value.as_str());
                let near = nearest(&parent.value, names);
                let note = format!(
                    "it must be one of the teams of \"{}\"",
                    teams.site.name.as_str()
                );
                self.sink
                    .push(unknown("team", parent, near, false).note(note));
                None
            }
        }
    }

    fn former_teams(
        &mut self,
        teams: &AccountTeams<'a>,
        at: usize,
        address: &Address,
        out: &mut Resolved,
    ) {
        let (name, team) = teams.all[at];
        let mirrored = teams.mirrors[at].map(|at| self.config.teams.at(at as usize));
        // The earlier names of a mirrored team are those at the vendor only if it has the same name there.
        let of_estate = mirrored.filter(|(estate, _)| estate.value == name.value);
        let of_estate = of_estate.map_or(&[][..], |(_, team)| team.formerly.as_slice());
        let mut formers = Vec::new();
        for former in team.formerly.iter().chain(of_estate) {
            let now = teams
                .all
                .binary_search_by(|(name, _)| name.value.cmp(&former.value));
            if let Ok(now) = now {
                let message = format!(
                    "\"{}\" cannot be an earlier name of \"{}\"",
                    former.value.as_str(),
                    name.value.as_str()
                );
                self.sink.push(
                    Diagnostic::new(&codes::FORMER_IN_USE, message)
                        .at(former.span, "")
                        .at(
                            teams.all[now].0.span,
                            "a team of the account has this name now",
                        ),
                );
                continue;
            }
            formers.push(Former {
                address: Address::team(&teams.site.name, &TeamName::from(former.value.clone())),
                span: former.span,
            });
        }
        if !formers.is_empty() {
            out.formers.insert(address.clone(), formers);
        }
    }

    fn own_places(&mut self, teams: &AccountTeams<'a>, team: &'a AccountTeam) -> Vec<Place> {
        refuse_repeated(&team.members, "member", self.sink);
        refuse_repeated(&team.leads, "lead", self.sink);
        let has_leads = teams
            .site
            .product
            .teams
            .as_ref()
            .is_some_and(|it| it.lead.is_some());
        if let Some(lead) = team.leads.first().filter(|_| !has_leads) {
            let message = format!("teams of {} have no leads", teams.site.product_id);
            self.sink.push(
                Diagnostic::new(&codes::NOT_IN_PRODUCT, message)
                    .at(lead.span, "")
                    .help("write the user under \"members\""),
            );
        }
        let mut places = Vec::with_capacity(team.members.len() + team.leads.len());
        for (list, leads) in [(&team.members, false), (&team.leads, true)] {
            for name in list {
                if let Some(user) = self.names.user(name, self.sink) {
                    places.push(Place {
                        user,
                        line: name.span,
                        lead: leads.then_some(name.span),
                    });
                }
            }
        }
        unite(&mut places);
        places
    }

    /// Puts the members into the team.
    fn members(
        &mut self,
        teams: &AccountTeams<'a>,
        team: &TeamName,
        places: &[Place],
        is_mirror: bool,
        out: &mut Resolved,
    ) {
        let site = &teams.site;
        let has_leads = site
            .product
            .teams
            .as_ref()
            .is_some_and(|it| it.lead.is_some());
        for place in places {
            if is_away(out.gone.get(&(place.user, teams.account)), is_mirror) {
                continue;
            }
            let Some(subject) = self.subject(place.user, teams.account) else {
                self.lacks_identity(place.user, teams.account, place.line);
                continue;
            };
            // Somebody to whom nothing gives access stays in the team here: a rule over the result reports that.
            let always_leads = match out.access(teams.account, &subject) {
                Some(Resource::Access(access)) => site.product.always_leads(access),
                _ => false,
            };
            let resource = Resource::Member(Member {
                lead: has_leads && (place.lead.is_some() || always_leads),
            });
            let (key, _) = self.config.users.at(place.user as usize);
            let mut entry = Entry::desired(resource, place.line);
            entry.user = Some(UserKey::from(key.value.clone()));
            if let Some(span) = place.lead.filter(|_| has_leads) {
                entry.origins.push(Origin {
                    field: Field::Lead,
                    span,
                });
            }
            let address = Address::member(&site.name, team, &subject);
            out.add(address, entry);
        }
    }
}

/// Whether a member is simply not in the team today: who had access, or will have it, or is kept out of a mirrored team by
/// `none`, or whose access has a problem that has been reported.
fn is_away(gone: Option<&Gone>, is_mirror: bool) -> bool {
    match gone {
        Some(Gone::Over | Gone::Later | Gone::Broken) => true,
        Some(Gone::None) => is_mirror,
        None => false,
    }
}
