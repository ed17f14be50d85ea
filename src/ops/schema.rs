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
    Ok(crate::config::estate_schema(&products_at(env, start)?))
}

/// The schema of inventories: what accounts own, by the products that are built in.
pub fn inventory() -> Value {
    of_inventory(&Products::built_in())
}

/// The schema of the inventories of the estate that a folder belongs to, whose own products are known too; outside of one,
/// that of any inventory.
///
/// # Errors
/// As [`estate_at`].
pub fn inventory_at(env: &Env, start: Option<&Path>) -> Result<Value, Error> {
    Ok(of_inventory(&products_at(env, start)?))
}

fn of_inventory(products: &Products) -> Value {
    crate::config::inventory_schema::<crate::inventory::File>(products)
}

fn products_at(env: &Env, start: Option<&Path>) -> Result<Products, Error> {
    let root = match super::estate::find_root(env, start) {
        Ok(root) => root,
        Err(_) if start.is_none() => return Ok(Products::built_in()),
        Err(error) => return Err(error.into()),
    };
    Ok(super::estate::load(env, &root)?.products)
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
