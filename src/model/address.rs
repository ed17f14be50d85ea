//! The stable identity of one managed thing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::names::{AccountName, KindName, ObjectName, PoolName, SettingName, Subject, TeamName};

/// The identity of one managed thing: an account and what it is within that account.
///
/// The order is the order in which things are listed: by account, then settings, seats, objects, teams, access, members.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Address {
    /// The account.
    pub account: AccountName,
    /// What it is within the account.
    pub resource: ResourceId,
}

/// What a managed thing is within its account.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ResourceId {
    /// A switch or subscription attribute of the account.
    Setting(SettingName),
    /// The purchased quantity of a pool.
    Seats(PoolName),
    /// Something that the account owns, of a kind that the product declares.
    Object {
        /// The kind's name in the product.
        kind: KindName,
        /// The object's name.
        name: ObjectName,
    },
    /// A team that exists at the vendor.
    Team(TeamName),
    /// What one person has on the account.
    Access(Subject),
    /// One person's place in one team at the vendor.
    Member {
        /// The team.
        team: TeamName,
        /// The person.
        subject: Subject,
    },
}

/// The kinds of managed things.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// See [`ResourceId::Setting`].
    Setting,
    /// See [`ResourceId::Seats`].
    Seats,
    /// See [`ResourceId::Object`].
    Object,
    /// See [`ResourceId::Team`].
    Team,
    /// See [`ResourceId::Access`].
    Access,
    /// See [`ResourceId::Member`].
    Member,
}

/// What is done to a managed thing.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is not there and shall be.
    Create,
    /// It is there and shall be different.
    Update,
    /// It is there under another name and shall keep what it has.
    Rename,
    /// It is there and shall not be.
    Remove,
}

impl Address {
    /// An address from its parts.
    pub fn new(account: &AccountName, resource: ResourceId) -> Self {
        Self {
            account: account.clone(),
            resource,
        }
    }

    /// The address of a person's access.
    pub fn access(account: &AccountName, subject: &Subject) -> Self {
        Self::new(account, ResourceId::Access(subject.clone()))
    }

    /// The address of a team at the vendor.
    pub fn team(account: &AccountName, team: &TeamName) -> Self {
        Self::new(account, ResourceId::Team(team.clone()))
    }

    /// The address of a person's place in a team.
    pub fn member(account: &AccountName, team: &TeamName, subject: &Subject) -> Self {
        Self::new(
            account,
            ResourceId::Member {
                team: team.clone(),
                subject: subject.clone(),
            },
        )
    }

    /// The address of a pool's purchased quantity.
    pub fn seats(account: &AccountName, pool: &PoolName) -> Self {
        Self::new(account, ResourceId::Seats(pool.clone()))
    }

    /// The address of an account setting.
    pub fn setting(account: &AccountName, setting: &SettingName) -> Self {
        Self::new(account, ResourceId::Setting(setting.clone()))
    }

    /// Which kind of thing this is.
    pub fn kind(&self) -> Kind {
        match self.resource {
            ResourceId::Setting(_) => Kind::Setting,
            ResourceId::Seats(_) => Kind::Seats,
            ResourceId::Object { .. } => Kind::Object,
            ResourceId::Team(_) => Kind::Team,
            ResourceId::Access(_) => Kind::Access,
            ResourceId::Member { .. } => Kind::Member,
        }
    }

    /// The person whom the thing is about: for access and team places.
    pub fn subject(&self) -> Option<&Subject> {
        match &self.resource {
            ResourceId::Access(subject) | ResourceId::Member { subject, .. } => Some(subject),
            ResourceId::Setting(_)
            | ResourceId::Seats(_)
            | ResourceId::Object { .. }
            | ResourceId::Team(_) => None,
        }
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Setting,
        Self::Seats,
        Self::Object,
        Self::Team,
        Self::Access,
        Self::Member,
    ];

    /// The word in operations (`access.create`) and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::Seats => "seats",
            Self::Object => "object",
            Self::Team => "team",
            Self::Access => "access",
            Self::Member => "member",
        }
    }
}

impl Action {
    /// The word in operations (`access.create`) and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Rename => "rename",
            Self::Remove => "remove",
        }
    }
}

/// `acme-code/team/release/member/ana`: inert, for people and logs.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = &self.account;
        match &self.resource {
            ResourceId::Setting(name) => write!(f, "{account}/setting/{name}"),
            ResourceId::Seats(pool) => write!(f, "{account}/seats/{pool}"),
            ResourceId::Object { kind, name } => write!(f, "{account}/{kind}/{name}"),
            ResourceId::Team(team) => write!(f, "{account}/team/{team}"),
            ResourceId::Access(subject) => write!(f, "{account}/access/{subject}"),
            ResourceId::Member { team, subject } => {
                write!(f, "{account}/team/{team}/member/{subject}")
            }
        }
    }
}
