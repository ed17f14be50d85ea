//! Everybody's access as a table, for spreadsheets and reviews of access.

use serde::Serialize;

use super::{Report, Shown};
use crate::model::{AccountName, Resource, ResourceId};
use crate::ops::Error;
use crate::ops::desired::WrittenEstate;

/// Who has what, a row for each person and account, by account and then by person.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct AccessTable {
    /// The rows.
    pub rows: Vec<AccessRow>,
}

/// What one person effectively has on one account.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct AccessRow {
    /// The account.
    pub account: String,
    /// The product.
    pub product: String,
    /// The user's key in the estate.
    pub user: Option<String>,
    /// The user's name.
    pub name: Option<String>,
    /// The identity that the account knows the person by.
    pub identity: String,
    /// Roles.
    pub roles: Vec<String>,
    /// Options that differ from the product's default: `name=value`.
    pub options: Vec<String>,
    /// Rights to add-ons that are set: `name=access`.
    pub grants: Vec<String>,
    /// Teams at the vendor; those that the person leads end with `(lead)`.
    pub teams: Vec<String>,
    /// The line that gives it.
    pub line: String,
}

/// Everybody's access on some accounts, or on all.
///
/// # Errors
/// If an account is named that there is not.
pub fn access(estate: &WrittenEstate, accounts: &[AccountName]) -> Result<Report, Error> {
    let known = &estate.desired.accounts;
    if let Some(name) = accounts.iter().find(|it| !known.contains_key(*it)) {
        return Err(Error::unknown(
            "account",
            name,
            known.keys().map(AccountName::as_str),
        ));
    }
    let mut rows: Vec<AccessRow> = Vec::new();
    for (name, account) in known {
        if !accounts.is_empty() && !accounts.contains(name) {
            continue;
        }
        let first = rows.len();
        for (address, entry) in estate.desired.state.of_account(name) {
            match (&address.resource, &entry.resource) {
                (ResourceId::Access(subject), Resource::Access(access)) => {
                    let person = entry
                        .user
                        .as_ref()
                        .and_then(|it| estate.desired.people.get(it));
                    let origin = entry.origins.first();
                    rows.push(AccessRow {
                        account: name.as_str().to_owned(),
                        product: account.product.as_str().to_owned(),
                        user: entry.user.as_ref().map(|it| it.as_str().to_owned()),
                        name: person
                            .and_then(|it| it.name.as_ref().map(|it| it.as_str().to_owned())),
                        identity: subject.as_str().to_owned(),
                        roles: access
                            .roles
                            .iter()
                            .map(|it| it.as_str().to_owned())
                            .collect(),
                        options: (access.options.iter())
                            .map(|(name, value)| format!("{}={value}", name.as_str()))
                            .collect(),
                        grants: (access.grants.iter())
                            .map(|(name, grant)| format!("{}={}", name.as_str(), word(*grant)))
                            .collect(),
                        teams: Vec::new(),
                        line: origin
                            .map(|it| estate.sources.place(it.span).to_string())
                            .unwrap_or_default(),
                    });
                }
                // Accesses come before members in the order of addresses.
                (ResourceId::Member { team, subject }, Resource::Member(member)) => {
                    let of_account = &mut rows[first..];
                    let at = of_account.binary_search_by(|it| it.identity.as_str().cmp(subject));
                    if let Ok(at) = at {
                        let lead = if member.lead { " (lead)" } else { "" };
                        of_account[at]
                            .teams
                            .push(format!("{}{lead}", team.as_str()));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(Report::of(estate, Shown::Access(AccessTable { rows })))
}

fn word(grant: crate::model::Grant) -> &'static str {
    match grant {
        crate::model::Grant::Access => "access",
        crate::model::Grant::None => "none",
    }
}
