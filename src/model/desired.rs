//! What an estate wants, resolved for one instant.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{Address, Kind};
use super::billing::Billing;
use super::names::{AccountName, KindName, PoolName, ProductId, SettingName, Subject, UserKey};
use super::resource::{Fields, Quantity};
use super::state::State;
use super::value::Value;
use crate::text::{Span, Word};

/// What an estate wants at one instant: the same kind of state as is observed, and what cannot be seen in a state.
#[derive(Clone, Debug)]
pub struct Desired {
    /// The estate's name.
    pub estate: String,
    /// The instant that everything was read against.
    pub at: jiff::Timestamp,
    /// The estate's time zone; days begin at 00:00 there.
    pub timezone: jiff::tz::TimeZone,
    /// The accounts, by name.
    pub accounts: BTreeMap<AccountName, Account>,
    /// What shall be there. Options that equal the product's default are left out.
    pub state: State,
    /// What is said not to be there, with the line that says so; acts whatever `unmanaged` says.
    pub absences: BTreeMap<Address, Absence>,
    /// Earlier names of what shall be there; a resource under such a name is renamed, not replaced.
    pub formers: BTreeMap<Address, Vec<Former>>,
    /// Who is first in line for scarce seats, where `priority` is written: the higher number; 0 for all others.
    pub priorities: BTreeMap<Address, u32>,
    /// The first day with access, where `from` is written; of two with one priority the one who starts earlier is first in
    /// line.
    pub starts: BTreeMap<Address, jiff::civil::Date>,
    /// Users by key, for messages and for rules about people.
    pub people: Fields<UserKey, Person>,
    /// The estate's guards; those of the base revision where one is given.
    pub guards: Guards,
    /// Lines of a base revision that asked for what no line of the files asks for any more; empty without a base.
    pub gone: BTreeMap<Address, Span>,
}

/// One tenant, workspace or subscription of a product.
#[derive(Clone, Debug)]
pub struct Account {
    /// The product.
    pub product: ProductId,
    /// The line of the account's key.
    pub span: Span,
    /// What happens to what the files do not name.
    pub unmanaged: Unmanaged,
    /// The account that this one is a sub-account of.
    pub parent: Option<AccountName>,
    /// Whether its teams are managed at all: the account has `teams:`. Otherwise teams are left alone.
    pub manages_teams: bool,
    /// The kinds of owned objects that are managed: those that the account writes. Others are left alone.
    pub manages_kinds: BTreeSet<KindName>,
    /// Settings that the files give another value from a later day on, by name; what holds today is in the state.
    pub later_settings: BTreeMap<SettingName, LaterSetting>,
    /// Quantities of pools of which nothing can be bought before a setting changes, by pool.
    pub later_seats: BTreeMap<PoolName, LaterSeats>,
    /// What is paid, where the customer says so.
    pub billing: Option<Billing>,
    /// Kinds of things that are written for it and could not all be read: what is not there of them may well be written.
    pub unread: BTreeSet<Kind>,
    /// How the account is reached.
    pub connection: Connection,
}

/// What a setting shall be from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaterSetting {
    /// The first day of the value, in the estate's time zone.
    pub from: jiff::civil::Date,
    /// The value.
    pub value: Value,
    /// The line.
    pub span: Span,
}

/// How many units shall be bought of a pool from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaterSeats {
    /// The first day on which any can be bought, in the estate's time zone.
    pub from: jiff::civil::Date,
    /// How many.
    pub quantity: Quantity,
    /// The line.
    pub span: Span,
}

/// How an account is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The provider's name.
    pub provider: Word,
    /// Where the service answers, if it is not started in-process.
    pub url: Option<String>,
    /// Where the credential is kept; never the credential.
    pub token: Option<SecretSource>,
    /// The file, for the provider that keeps the account in one.
    pub file: Option<String>,
    /// A script that plays the vendor and the people, for the embedded directory.
    pub script: Option<String>,
    /// Days for which what people have seen counts; without end if `None`.
    pub attested_for_days: Option<u32>,
    /// The line.
    pub span: Span,
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In an environment variable of this name.
    Env(String),
    /// In a file of this path.
    File(String),
}

/// What happens to people at the vendor whom no file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmanaged {
    /// What happens.
    pub mode: UnmanagedMode,
    /// The line that says so, at the account or among the defaults.
    pub span: Span,
}

/// What happens to people at the vendor whom no file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnmanagedMode {
    /// The files are the whole truth.
    Remove,
    /// A finding, never a step.
    Report,
    /// Nothing is said.
    Ignore,
}

/// That something shall not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Why.
    pub reason: AbsenceReason,
    /// The line that says so.
    pub span: Span,
    /// Who takes over what the person had.
    pub hand_over_to: Option<(Subject, Span)>,
    /// The estate's user.
    pub user: Option<UserKey>,
}

/// Why something shall not be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsenceReason {
    /// `none` is written.
    None,
    /// The user's `leaves` has come.
    Leaves,
    /// The access's `until` has passed.
    Until,
}

/// An earlier name of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// Where it was before.
    pub address: Address,
    /// The `formerly` line.
    pub span: Span,
}

/// A user of the estate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name for people, if written.
    pub name: Option<Word>,
    /// The address: `email:`, else the user's key if that is one.
    pub email: Option<Word>,
    /// What sort of user it is, if written: `employee`, `contractor`, `guest`, `service`.
    pub kind: Option<&'static str>,
    /// Whether what they do must be kept from others on the same account.
    pub private: bool,
    /// Handles by login name, as written.
    pub logins: Fields<Word, Word>,
    /// The line of the user's key.
    pub span: Span,
}

/// Limits on what one plan, or a window of plans, may do.
#[derive(Clone, Debug, Default)]
pub struct Guards {
    /// Limit on removals of access.
    pub removals: Option<RemovalGuard>,
    /// How many administrators an account keeps at least, and the line; 1 unless written.
    pub min_admins: Option<(u32, Span)>,
    /// Users who are never removed or lowered.
    pub protected: Vec<Protected>,
}

/// A user who is never removed or lowered.
#[derive(Clone, Debug)]
pub struct Protected {
    /// The user.
    pub user: UserKey,
    /// The user as the files know them that the guards stand in: what is protected is the person, whatever a change makes
    /// of the key.
    pub person: Option<Person>,
    /// The line.
    pub span: Span,
}

/// Limit on how many people may lose access per account.
#[derive(Clone, Debug)]
pub struct RemovalGuard {
    /// Removals in one plan, and in the window.
    pub max: Option<u32>,
    /// The same as a share of the people on the account, from 0 to 100; only from 10 people on.
    pub percent: Option<u32>,
    /// Days that are summed up, today included, in the timezone of the estate.
    pub window_days: Option<u32>,
    /// The line.
    pub span: Span,
}

/// Something that a plan reports and leaves alone.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Finding {
    /// What it is about.
    pub address: Address,
    /// What was found, as a phrase.
    pub text: String,
}
