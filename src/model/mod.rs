//! The nouns: addresses, resources, states, observations, and what an estate wants.
//!
//! Desired and actual are the same type, [`State`], so that a difference is a comparison and nothing else. Nothing here
//! knows how a thing was written or which vendor it lives at; nothing here does I/O or reads a clock.

mod address;
mod billing;
mod calendar;
mod desired;
mod money;
mod names;
mod observation;
mod resource;
mod state;
mod value;

pub use address::{Action, Address, Kind, ResourceId};
pub use billing::{Billing, PRICE_DIGITS_MAX, PRICE_PLACES_MAX, Price, Tariff, Tier, Unpriced};
pub use calendar::{Calendar, Cycle, Deadline, Period};
pub use desired::{
    Absence, AbsenceReason, Account, Connection, Desired, Finding, Former, Guards, LaterSeats,
    LaterSetting, Person, Protected, RemovalGuard, SecretSource, Unmanaged, UnmanagedMode,
};
pub use money::{Amount, Currency, Sums};
pub use names::{
    AccountName, GrantName, KindName, ObjectName, OptionName, PoolName, ProductId, RoleName,
    SettingName, Subject, TeamName, UserKey,
};
pub use observation::{Actor, Capacity, Fact, Gap, Observation, TargetId};
pub use resource::{Access, Field, Fields, Grant, Lot, Member, Object, Quantity, Resource, Team};
pub use state::{Entry, Origin, Origins, State};
pub use value::{Value, WeeklyHours};
