//! A team of the estate: who is in it, what it gives, where it exists at vendors.

use serde::Serialize;

use super::{Report, Shown, Written, written};
use crate::model::{Address, TeamName};
use crate::ops::Error;
use crate::ops::desired::WrittenEstate;
use crate::text::Place;

/// A team.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TeamView {
    /// The name, and its line.
    pub name: Written,
    /// The team that it lies in.
    pub parent: Option<Written>,
    /// Teams that lie directly in it.
    pub inner: Vec<String>,
    /// Who is written into it, by key.
    pub members: Vec<TeamMember>,
    /// The accounts that its members get something on because of it.
    pub gives: Vec<Written>,
    /// The accounts on which a team of this name exists, with the line.
    pub at: Vec<(String, Option<Place>)>,
}

/// A member of a team.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TeamMember {
    /// The user, and the line that makes the user a member.
    #[serde(flatten)]
    pub user: Written,
    /// Whether the user leads the team.
    pub lead: bool,
    /// The first day without any access, if it has come.
    #[schemars(with = "Option<String>")]
    pub left: Option<jiff::civil::Date>,
}

/// A team of the estate.
///
/// # Errors
/// If there is none of that name.
pub fn team(estate: &WrittenEstate, text: &str) -> Result<Report, Error> {
    let config = &estate.config;
    let Some((name, team)) = config.teams.get(text) else {
        return Err(Error::unknown("team", text, config.teams.names()));
    };
    let mut members: Vec<_> = team
        .leads
        .iter()
        .map(|it| TeamMember {
            user: written(estate, &it.value, it.span),
            lead: true,
            left: left(estate, &it.value),
        })
        .collect();
    for (key, user) in config.users.iter() {
        let line = user.teams.iter().find(|it| it.value == name.value);
        let is_lead = team.leads.iter().any(|it| it.value == key.value);
        if let Some(line) = line.filter(|_| !is_lead) {
            members.push(TeamMember {
                user: written(estate, &key.value, line.span),
                lead: false,
                left: left(estate, &key.value),
            });
        }
    }
    members.sort_by(|a, b| a.user.name.cmp(&b.user.name));
    let inner = config.teams.iter();
    let inner = inner.filter(|(_, it)| it.parent.as_ref().is_some_and(|it| it.value == name.value));
    let own = team
        .access
        .iter()
        .map(|(account, _)| written(estate, &account.value, account.span));
    let subject = format!("team/{}", name.value.as_str());
    let at_accounts = config.accounts.iter().filter_map(|(account, it)| {
        let mut lines = it
            .access
            .iter()
            .filter(|(who, _)| who.value == subject.as_str());
        lines
            .next()
            .map(|(line, _)| written(estate, &account.value, line.span))
    });
    let vendor = TeamName::from(name.value.clone());
    let at = estate.desired.accounts.keys().filter_map(|account| {
        let entry = estate.desired.state.get(&Address::team(account, &vendor))?;
        let place = entry
            .origins
            .first()
            .map(|it| estate.sources.place(it.span));
        Some((account.as_str().to_owned(), place))
    });
    let view = TeamView {
        name: written(estate, &name.value, name.span),
        parent: team
            .parent
            .as_ref()
            .map(|it| written(estate, &it.value, it.span)),
        inner: inner
            .map(|(name, _)| name.value.as_str().to_owned())
            .collect(),
        members,
        gives: own.chain(at_accounts).collect(),
        at: at.collect(),
    };
    Ok(Report::of(estate, Shown::Team(view)))
}

/// The day on which a user has left, if it has come.
fn left(estate: &WrittenEstate, key: &str) -> Option<jiff::civil::Date> {
    let (_, user) = estate.config.users.get(key)?;
    let day = user.leaves.as_ref()?.value.0;
    let today = estate.desired.at.to_zoned(estate.desired.timezone.clone());
    (day <= today.date()).then_some(day)
}
