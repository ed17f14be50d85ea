//! `schema`: the JSON Schemas of what is read and of a saved plan. What reports look like is the outputs' own.

use std::path::Path;

use serde_json::Value;

use super::Error;
use crate::env::Env;
use crate::product::Products;

/// The schema of the files of an estate: what accounts own, by the products that are built in.
pub fn estate() -> Value {
    crate::config::estate_schema(&Products::built_in())
}

/// The schema of the files of the estate that a folder belongs to, whose own products are known too; outside of one, that
/// of any estate.
///
/// # Errors
/// If a folder is named and there is no estate, or its files cannot be read.
pub fn estate_at(env: &Env, start: Option<&Path>) -> Result<Value, Error> {
    let root = match super::estate::find_root(env, start) {
        Ok(root) => root,
        Err(_) if start.is_none() => return Ok(estate()),
        Err(error) => return Err(error.into()),
    };
    let loaded = super::estate::load(env, &root)?;
    Ok(crate::config::estate_schema(&loaded.products))
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
