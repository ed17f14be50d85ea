//! The shapes of an estate's files, as they are written.

mod access;
mod account;
mod billing;
mod file;
mod scalars;
mod setting;
mod settings;

pub use access::{Access, AccessEntry, GrantWord, NoAccess};
pub use account::{
    ACCOUNT_KEYS, Account, AccountEntry, AccountTeam, Connection, LotEntry, Owned, OwnedKind,
    OwnedObject, Seats, Token,
};
pub use billing::{Billing, CycleWord, Money, PriceEntry, PriceKeys, TierEntry};
pub use file::{Bundle, File, Team, User, UserKind, decode_file};
pub use scalars::{AtOnce, Day, Days, Literal, Percent, TimeZone, Version, Wait};
pub use setting::{DatedSetting, SettingEntry};
pub use settings::{Apply, Defaults, Guards, Removals, Settings, UnmanagedWord, decode_settings};
