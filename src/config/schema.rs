//! JSON Schemas of the files, for editors.

use super::written::{File, Settings};
use crate::product::Product;

/// The schema of a file of an estate.
pub fn estate_schema() -> serde_json::Value {
    schemars::schema_for!(File).to_value()
}

/// The schema of `seatplan.yaml`.
pub fn settings_schema() -> serde_json::Value {
    schemars::schema_for!(Settings).to_value()
}

/// The schema of a product definition.
pub fn product_schema() -> serde_json::Value {
    schemars::schema_for!(Product).to_value()
}
