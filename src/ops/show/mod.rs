//! `show`: what somebody has, what an account, a team or a product is, and the lines behind it.

use serde::Serialize;

mod account;
mod product;
mod team;
mod user;

pub use account::{AccountView, VendorTeam, account};
pub use product::{ProductView, Section, product};
pub use team::{TeamMember, TeamView, team};
pub use user::{Absent, Membership, UserView, user};

use super::desired::Estate;
use crate::model::{Address, Entry, Field, Resource};
use crate::text::{Place, Span};

/// What was asked to be shown.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// How many errors the files have; what is shown may then be incomplete.
    pub errors: usize,
    /// The thing.
    pub shown: Shown,
}

/// The thing that is shown.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// A user.
    User(UserView),
    /// An account.
    Account(AccountView),
    /// A team of the estate.
    Team(TeamView),
    /// A product.
    Product(ProductView),
}

impl Report {
    fn of(estate: &Estate, shown: Shown) -> Self {
        Self {
            version: 1,
            errors: estate.sink.error_count(),
            shown,
        }
    }
}

/// A name and where it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Written {
    /// The name; raw.
    pub name: String,
    /// The place.
    pub place: Place,
}

/// What one person effectively has on one account, and the lines that make it so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct AccessView {
    /// The account.
    pub account: String,
    /// The identity that the account knows the person by.
    pub subject: String,
    /// The user's key in the estate.
    pub user: Option<String>,
    /// What the person has.
    pub access: Resource,
    /// The lines, in the order of the parts of the access.
    pub lines: Vec<Line>,
}

/// A line that makes one part of an access what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Line {
    /// The part.
    pub part: Field,
    /// The line.
    pub place: Place,
}

fn access_view(estate: &Estate, address: &Address, entry: &Entry) -> AccessView {
    let mut lines: Vec<Line> = entry
        .origins
        .iter()
        .map(|it| Line {
            part: it.field.clone(),
            place: estate.sources.place(it.span),
        })
        .collect();
    lines.sort_by(|a, b| (&a.part, &a.place).cmp(&(&b.part, &b.place)));
    lines.dedup();
    AccessView {
        account: address.account.as_str().to_owned(),
        subject: address
            .subject()
            .map(|it| it.as_str().to_owned())
            .unwrap_or_default(),
        user: entry.user.as_ref().map(|it| it.as_str().to_owned()),
        access: entry.resource.clone(),
        lines,
    }
}

fn written(estate: &Estate, name: &str, span: Span) -> Written {
    Written {
        name: name.to_owned(),
        place: estate.sources.place(span),
    }
}
