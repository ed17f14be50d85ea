//! `schema`: the JSON Schemas of what is read and of a saved plan. What reports look like is the outputs' own.

use serde_json::Value;

/// The schema of the files of an estate.
pub fn estate() -> Value {
    crate::config::estate_schema()
}

/// The schema of `seatplan.yaml`.
pub fn settings() -> Value {
    crate::config::settings_schema()
}

/// The schema of a product definition.
pub fn product() -> Value {
    crate::config::product_schema()
}

/// The schema of a saved plan.
pub fn plan() -> Value {
    schemars::schema_for!(crate::plan::Plan).to_value()
}
