//! What an estate's files say: typed, merged, resolved for one instant.
//!
//! ```text
//! Document -> decode_settings, decode_file -> Settings, File -> Config::merge -> Config -> resolve -> model::Desired
//! ```
//!
//! Every step reports what is wrong and goes on, so that all problems of a run are told together; what could not be read or
//! resolved is left out of the result, and no plan is made while there are errors. Nothing here reads a file, a clock or the
//! network.
//!
//! # Design
//! - The types in [`written`] are exactly what stands in the files: names are words with places, values are not typed yet,
//!   since only the product of an account knows what an option takes.
//! - The same declarations give the JSON Schemas ([`estate_schema`], [`settings_schema`], [`product_schema`]), so an editor
//!   accepts what the program accepts.
//! - What an account owns beside teams (profiles, sub-accounts, ...) stands under keys that only its product knows. Every
//!   key of an account that is none of [`written::ACCOUNT_KEYS`] is kept as such a kind, with what is wrong inside of it,
//!   and told as unknown once the product turns out to have no such kind.
//! - Kinds of owned objects that an account does not write are left alone, like teams; so are fields without a default. A
//!   kind with nothing under it is as if it were not written, and told: nothing empty ever means that all shall go. One
//!   whose name stands with `none` goes in every mode; where nothing of the kind shall be there, the rest is left alone.

pub mod codes;
mod identity;
mod merge;
mod owned_schema;
mod resolve;
mod schema;
pub mod written;

pub use merge::{Config, Named};
pub use resolve::{Considered, Says, Teller, considered, products, resolve};
pub use schema::{estate_schema, inventory_schema, product_schema, settings_schema};
pub use written::{
    Access, AccessEntry, AtOnce, File, Settings, Wait, decode_file, decode_settings,
};

/// The providers that a `connection:` can name; the default is the first.
pub const PROVIDERS: &[&str] = &["directory", "inventory"];
