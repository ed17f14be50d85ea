//! An account: how it is reached, who has what, which teams exist there.

use std::collections::BTreeMap;

use serde::Serialize;

use super::givers::Givers;
use super::{AccessView, Report, Shown, Written, access_view, written};
use crate::model::{Account, AccountName, Resource, ResourceId, UnmanagedMode};
use crate::ops::Error;
use crate::ops::desired::WrittenEstate;
use crate::text::Place;

/// An account.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct AccountView {
    /// The name, and its line.
    pub name: Written,
    /// The product.
    pub product: String,
    /// The provider.
    pub provider: String,
    /// Where it answers; `None` for the embedded directory, and for an account that is kept in an inventory.
    pub url: Option<String>,
    /// The file that it is kept in by hand.
    pub inventory: Option<String>,
    /// What people have seen in that file longer ago than counts, in words; inert.
    pub aged: Vec<String>,
    /// What happens to people whom no line names.
    pub unmanaged: &'static str,
    /// The line that says so.
    pub unmanaged_place: Place,
    /// Settings and wanted quantities, by name, with their lines.
    pub settings: BTreeMap<String, (String, Option<Place>)>,
    /// Settings and wanted quantities that the files give another value from a later day on, by name.
    pub later_settings: BTreeMap<String, LaterValue>,
    /// Who has access.
    pub people: Vec<AccessView>,
    /// The teams that shall exist there; empty if teams are not managed.
    pub teams: Vec<VendorTeam>,
}

/// What a setting shall be from a day on.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct LaterValue {
    /// The first day, in the estate's time zone.
    #[schemars(with = "String")]
    pub from: jiff::civil::Date,
    /// The value.
    pub value: String,
    /// The line.
    pub place: Place,
}

/// A team at a vendor.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct VendorTeam {
    /// Its name.
    pub name: String,
    /// The team that it lies in.
    pub parent: Option<String>,
    /// Who leads it.
    pub leads: Vec<String>,
    /// How many members it has, leads included.
    pub members: usize,
    /// The line.
    pub place: Option<Place>,
}

/// An account of the estate.
///
/// # Errors
/// If there is none of that name.
pub fn account(estate: &WrittenEstate, text: &str) -> Result<Report, Error> {
    let Some((name, account)) = estate.desired.accounts.get_key_value(text) else {
        let known = estate.desired.accounts.keys().map(AccountName::as_str);
        return Err(Error::unknown("account", text, known));
    };
    let aged = estate.attestations.get(name);
    let aged = aged.into_iter().flat_map(|it| &it.aged);
    let mut view = AccountView {
        name: written(estate, name, account.span),
        product: account.product.as_str().to_owned(),
        provider: account.connection.provider.as_str().to_owned(),
        url: account.connection.url.clone(),
        inventory: account.connection.file.clone(),
        aged: aged
            .map(|it| format!("{}: {}", it.address, it.text))
            .collect(),
        unmanaged: match account.unmanaged.mode {
            UnmanagedMode::Remove => "remove",
            UnmanagedMode::Report => "report",
            UnmanagedMode::Ignore => "ignore",
        },
        unmanaged_place: estate.sources.place(account.unmanaged.span),
        settings: BTreeMap::new(),
        later_settings: later(estate, account),
        people: Vec::new(),
        teams: Vec::new(),
    };
    let givers = Givers::of(&estate.config);
    for (address, entry) in estate.desired.state.of_account(name) {
        let place = entry
            .origins
            .first()
            .map(|it| estate.sources.place(it.span));
        match (&address.resource, &entry.resource) {
            (ResourceId::Setting(it), Resource::Setting(value)) => {
                view.settings
                    .insert(it.to_string(), (value.to_string(), place));
            }
            (ResourceId::Seats(it), Resource::Seats(quantity)) => {
                view.settings
                    .insert(format!("seats of {it}"), (quantity.to_string(), place));
            }
            (ResourceId::Team(it), Resource::Team(team)) => view.teams.push(VendorTeam {
                name: it.as_str().to_owned(),
                parent: team.parent.as_ref().map(|it| it.as_str().to_owned()),
                leads: Vec::new(),
                members: 0,
                place,
            }),
            (ResourceId::Member { team, subject }, Resource::Member(member)) => {
                // Teams come before members in the order of addresses.
                let at = view.teams.binary_search_by(|it| it.name.as_str().cmp(team));
                if let Ok(at) = at {
                    view.teams[at].members += 1;
                    if member.lead {
                        view.teams[at].leads.push(subject.as_str().to_owned());
                    }
                }
            }
            (ResourceId::Access(_), _) => {
                view.people
                    .push(access_view(estate, &givers, address, entry));
            }
            _ => {}
        }
    }
    Ok(Report::of(estate, Shown::Account(view)))
}

fn later(estate: &WrittenEstate, account: &Account) -> BTreeMap<String, LaterValue> {
    let place = |span| estate.sources.place(span);
    let settings = account.later_settings.iter().map(|(name, it)| {
        let later = LaterValue {
            from: it.from,
            value: it.value.to_string(),
            place: place(it.span),
        };
        (name.to_string(), later)
    });
    let seats = account.later_seats.iter().map(|(pool, it)| {
        let later = LaterValue {
            from: it.from,
            value: it.quantity.to_string(),
            place: place(it.span),
        };
        (format!("seats of {pool}"), later)
    });
    settings.chain(seats).collect()
}
