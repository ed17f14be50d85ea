//! A user: effective access on every account.

use serde::Serialize;

use super::givers::Givers;
use super::{AccessView, MayOn, Report, Shown, Written, access_view, capabilities, written};
use crate::model::{AbsenceReason, Resource, ResourceId, UserKey};
use crate::ops::Error;
use crate::ops::desired::WrittenEstate;
use crate::text::Place;

/// A user.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct UserView {
    /// The key in the estate, and its line.
    pub key: Written,
    /// The name for people.
    pub name: Option<String>,
    /// The teams that the user is written into, with the lines.
    pub teams: Vec<Written>,
    /// The bundles that the user has, with the lines.
    pub bundles: Vec<Written>,
    /// What the user has, by account.
    pub accesses: Vec<AccessView>,
    /// Places in teams at vendors.
    pub memberships: Vec<Membership>,
    /// What the user may do there, for accounts whose product says so.
    pub may: Vec<MayOn>,
    /// Accounts on which something says that the user shall have nothing.
    pub absences: Vec<Absent>,
}

/// A place in a team at a vendor.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Membership {
    /// The account.
    pub account: String,
    /// The team.
    pub team: String,
    /// Whether the user leads it.
    pub lead: bool,
    /// The line.
    pub place: Option<Place>,
}

/// That a user shall have nothing on an account.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Absent {
    /// The account.
    pub account: String,
    /// Why, as a phrase.
    pub why: &'static str,
    /// The line.
    pub place: Place,
}

/// A user, found by key, address or handle.
///
/// # Errors
/// If there is no such user.
pub fn user(estate: &WrittenEstate, text: &str) -> Result<Report, Error> {
    let key = find(estate, text)?;
    let written_user = estate.config.users.get(key.as_str());
    let words = |words: &[crate::text::Spanned<crate::text::Word>]| {
        let all = words.iter().map(|it| written(estate, &it.value, it.span));
        all.collect::<Vec<_>>()
    };
    let person = &estate.desired.people[&key];
    let mut view = UserView {
        key: written(estate, &key, person.span),
        name: person.name.as_ref().map(|it| it.as_str().to_owned()),
        teams: written_user
            .map(|(_, it)| words(&it.teams))
            .unwrap_or_default(),
        bundles: written_user
            .map(|(_, it)| words(&it.bundles))
            .unwrap_or_default(),
        accesses: Vec::new(),
        memberships: Vec::new(),
        may: Vec::new(),
        absences: absences(estate, &key),
    };
    let givers = Givers::of(&estate.config);
    let own = estate
        .desired
        .state
        .iter()
        .filter(|(_, it)| it.user.as_ref() == Some(&key));
    for (address, entry) in own {
        match (&address.resource, &entry.resource) {
            (ResourceId::Member { team, .. }, Resource::Member(member)) => {
                let span = entry.origins.first().map(|it| it.span);
                view.memberships.push(Membership {
                    account: address.account.as_str().to_owned(),
                    team: team.as_str().to_owned(),
                    lead: member.lead,
                    place: span.map(|it| estate.sources.place(it)),
                });
            }
            (_, Resource::Access(access)) => {
                view.may
                    .extend(capabilities::may_on(estate, &address.account, access));
                view.accesses
                    .push(access_view(estate, &givers, address, entry));
            }
            _ => {}
        }
    }
    Ok(Report::of(estate, Shown::User(view)))
}

pub(super) fn find(estate: &WrittenEstate, text: &str) -> Result<UserKey, Error> {
    let people = &estate.desired.people;
    if people.contains_key(text) {
        return Ok(UserKey::new(text));
    }
    let same = |it: &crate::text::Word| it.as_str().eq_ignore_ascii_case(text);
    let by_identity = people.iter().find(|(key, person)| {
        key.as_str().eq_ignore_ascii_case(text)
            || person.email.as_ref().is_some_and(same)
            || person.logins.iter().any(|(_, handle)| same(handle))
    });
    match by_identity {
        Some((key, _)) => Ok(key.clone()),
        None => Err(Error::unknown(
            "user",
            text,
            people.keys().map(UserKey::as_str),
        )),
    }
}

pub(super) fn absences(estate: &WrittenEstate, key: &UserKey) -> Vec<Absent> {
    let all = estate.desired.absences.iter();
    let own = all.filter(|(address, it)| {
        it.user.as_ref() == Some(key) && matches!(address.resource, ResourceId::Access(_))
    });
    own.map(|(address, it)| Absent {
        account: address.account.as_str().to_owned(),
        why: match it.reason {
            AbsenceReason::None => "`none` is written",
            AbsenceReason::Leaves => "the day of `leaves` has come",
            AbsenceReason::Until => "the last day of `until` has passed",
        },
        place: estate.sources.place(it.span),
    })
    .collect()
}
