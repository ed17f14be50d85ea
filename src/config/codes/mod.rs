//! What can be wrong with what an estate says.
//!
//! `LANG` is about the language, `CONN` about connections, `REF` about names, `ID` about identities, `MONEY` about prices and `TIME` about days.

pub mod base;
mod connections;
mod days;
pub mod files;
mod identities;
pub mod imports;
mod language;
mod money;
mod references;

pub use connections::*;
pub use days::*;
pub use identities::*;
pub use language::*;
pub use money::*;
pub use references::*;

use crate::diagnostic::Code;

/// Every code of this module: by prefix, then by number.
pub static CODES: &[&Code] = &[
    &URL_NOT_USED,
    &OTHER_VERSION,
    &WRITTEN_TWICE,
    &NOT_AVAILABLE,
    &NOT_A_RANGE,
    &EMPTY_NAME,
    &NO_UNMANAGED,
    &OVERLAPPING_PERIODS,
    &DISAGREEMENT,
    &ROLES,
    &WRONG_VALUE,
    &MIRROR_AND_OWN,
    &CYCLE,
    &FORMER_IN_USE,
    &NOTHING_OWNED,
    &UNKNOWN_NAME,
    &NOT_IN_PRODUCT,
    &OTHER_NAME,
    &NAME_OUT_OF_DATE,
    &NOT_AN_ADDRESS,
    &SAME_IDENTITY,
    &LOOK_ALIKE,
    &ODD_CHARACTERS,
    &NEARLY_SAME,
    &LACKS_IDENTITY,
    &AMBIGUOUS_KEY,
    &WILDCARD,
    &UNCLEAR_PRICE,
    &PRICE_DOES_NOT_FIT,
    &NOT_A_DAY,
    &UNKNOWN_TIME_ZONE,
    &ENDS_BEFORE_START,
    &OVER,
    &ODD_DAY,
    &SETTING_OVER,
    &SETTING_STAYS,
];
