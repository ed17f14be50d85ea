//! What a vendor says, how sure that is, and what could not be read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::address::{Address, Kind, ResourceId};
use super::names::{AccountName, KindName, PoolName, RoleName, Subject};
use super::resource::Quantity;
use super::state::State;
use crate::text::Word;

/// What one account was seen to be at one time. An empty state with no gaps means: there is nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The account.
    pub account: AccountName,
    /// Which tenant answered; a plan for one is never applied to another.
    pub target: TargetId,
    /// When the reading ended.
    pub taken_at: jiff::Timestamp,
    /// From where: a URL without credentials, or a path.
    pub from: String,
    /// Whoever the credential reads back as.
    pub actor: Actor,
    /// What there is.
    pub state: State,
    /// Life-cycle states that are not "active", by address: `invited`, for instance.
    pub phases: BTreeMap<Address, Word>,
    /// What is bought, by pool. A pool that is not here is unknown.
    pub pools: BTreeMap<PoolName, Fact<Capacity>>,
    /// Pools of which some is cancelled: what is there, and paid for, until the billing cycle ends. Nobody is given what is
    /// cancelled, so `state` holds what will be left.
    pub ending: BTreeMap<PoolName, Quantity>,
    /// What could not be read. Nothing of these kinds may be removed for being absent from `state`.
    pub gaps: Vec<Gap>,
    /// What whoever plans on it should know: what is said to be unknown, what was seen long ago.
    pub findings: Vec<super::Finding>,
}

/// A vendor's immutable id of a tenant.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct TargetId(pub String);

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person of the account, with the roles the person has there.
    Person {
        /// Who.
        subject: Subject,
        /// Roles on the account.
        roles: Vec<RoleName>,
    },
    /// A credential that no rule about people restricts: the bootstrap token of an account, an installed app.
    Service {
        /// What it calls itself.
        name: String,
    },
    /// It cannot be read.
    Unknown,
}

/// How sure a value is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact<T> {
    /// The vendor said so.
    Known(T),
    /// A person said so.
    Attested {
        /// What the person said.
        value: T,
        /// Who.
        by: String,
        /// On which day.
        #[schemars(with = "String")]
        on: jiff::civil::Date,
        /// Whether that is longer ago than the estate lets count.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        aged: bool,
    },
    /// Nobody knows.
    Unknown {
        /// Why not.
        why: String,
    },
}

impl<T> Fact<T> {
    /// The value, known or attested.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known(value) | Self::Attested { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }
}

/// How many seats a pool has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// As many as are bought.
    Purchased(Quantity),
    /// No limit.
    Unlimited,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Gap {
    /// The kind of things that may be missing from the observed state.
    pub kind: Kind,
    /// For owned objects, which kind of them; all kinds if not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<KindName>,
    /// Why, as a phrase.
    pub why: String,
}

impl Gap {
    /// That things of a kind could not be read; of owned objects those of every kind.
    pub fn of(kind: Kind, why: String) -> Self {
        Self {
            kind,
            objects: None,
            why,
        }
    }

    /// Whether the thing at an address may be there though it was not observed.
    pub fn hides(&self, address: &Address) -> bool {
        match (&address.resource, &self.objects) {
            (ResourceId::Object { kind, .. }, Some(objects)) => kind == objects,
            _ => address.kind() == self.kind,
        }
    }

    /// Whether owned objects of a kind may be missing.
    pub fn hides_objects(&self, kind: &str) -> bool {
        self.kind == Kind::Object && self.objects.as_ref().is_none_or(|it| it.as_str() == kind)
    }

    /// What may be missing, in the word that stands in YAML.
    pub fn word(&self) -> &str {
        self.objects
            .as_ref()
            .map_or(self.kind.word(), |it| it.as_str())
    }
}
