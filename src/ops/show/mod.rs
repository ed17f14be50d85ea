//! `show`: what somebody has, what an account, a team or a product is, and the lines behind it.

use serde::Serialize;

mod access;
mod account;
mod capabilities;
mod givers;
mod product;
mod team;
mod user;
mod why;

pub use access::{AccessRow, AccessTable, access};
pub use account::{AccountView, LaterValue, VendorTeam, account};
pub use capabilities::{Because, MayOn, Who, WhoCanView, who_can};
pub use givers::Giver;
pub use product::{ProductView, RoleRow, RoleTable, Said, Section, describe, product};
pub use team::{TeamMember, TeamView, team};
pub use user::{Absent, Membership, UserView, user};
pub use why::{Outcome, Part, Told, WhyView, why};

pub use crate::product::Ability;

use super::desired::WrittenEstate;
use crate::model::{Address, Entry, Field, Resource};
use crate::text::{Place, Span};
use givers::Givers;

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
    /// Everybody's access.
    Access(AccessTable),
    /// An account.
    Account(AccountView),
    /// A team of the estate.
    Team(TeamView),
    /// A product.
    Product(ProductView),
    /// Who may do something on an account.
    WhoCan(WhoCanView),
    /// Why somebody has what they have on one account.
    Why(WhyView),
}

impl Report {
    fn of(estate: &WrittenEstate, shown: Shown) -> Self {
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
    /// The lines that put the user into a team or give the user a bundle that the access comes from.
    pub through: Vec<Through>,
    /// Who has seen what the person has there now, on accounts that are kept in an inventory; `None` if nobody.
    pub seen: Option<Seen>,
}

/// Who has seen something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Seen {
    /// Who or what, and the day, as a phrase; inert.
    pub by: String,
    /// How many days ago.
    pub days_ago: i64,
    /// Whether that is longer ago than counts for the account.
    pub aged: bool,
}

/// A line that makes one part of an access what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Line {
    /// The part.
    pub part: Field,
    /// The line.
    pub place: Place,
    /// The team or bundle that it belongs to; `None` where it is written for the user alone.
    pub from: Option<Giver>,
}

/// A line that gives a user a team or a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Through {
    /// The team or bundle.
    pub giver: Giver,
    /// The line.
    pub place: Place,
}

fn access_view(
    estate: &WrittenEstate,
    givers: &Givers<'_>,
    address: &Address,
    entry: &Entry,
) -> AccessView {
    let (mut lines, mut through) = (Vec::new(), Vec::new());
    for origin in entry.origins.iter() {
        let place = estate.sources.place(origin.span);
        let reached = givers.reached(origin.span);
        match reached.filter(|_| origin.field == Field::Whole) {
            Some(giver) => through.push(Through {
                giver: giver.clone(),
                place,
            }),
            None => lines.push(Line {
                part: origin.field.clone(),
                place,
                from: givers.giver(origin.span, entry.user.as_ref()),
            }),
        }
    }
    lines.sort_by(|a, b| (&a.part, &a.place).cmp(&(&b.part, &b.place)));
    lines.dedup();
    through.sort_by(|a, b| (&a.giver, &a.place).cmp(&(&b.giver, &b.place)));
    through.dedup();
    AccessView {
        account: address.account.as_str().to_owned(),
        subject: address
            .subject()
            .map(|it| it.as_str().to_owned())
            .unwrap_or_default(),
        user: entry.user.as_ref().map(|it| it.as_str().to_owned()),
        access: entry.resource.clone(),
        lines,
        through,
        seen: seen(estate, address),
    }
}

fn seen(estate: &WrittenEstate, address: &Address) -> Option<Seen> {
    let attestations = estate.attestations.get(&address.account)?;
    let stood = attestations.stood.get(address)?;
    let days_ago = stood.age(attestations.today);
    let counts = attestations.counts_days.map(i64::from);
    Some(Seen {
        by: stood.to_string(),
        days_ago,
        aged: counts.is_some_and(|it| days_ago > it),
    })
}

fn written(estate: &WrittenEstate, name: &str, span: Span) -> Written {
    Written {
        name: name.to_owned(),
        place: estate.sources.place(span),
    }
}
