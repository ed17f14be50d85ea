//! Product definitions: everything that is special about a vendor, as data.
//!
//! The engine knows no vendor by name. A definition is YAML with the same reader and the same schema whether it is compiled
//! in (`built_in/*.yaml`) or brought by an estate under `products:`. To add a product, write such a file; to add a kind of
//! rule that no definition can say yet, add a variant to [`Constraint`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::ProductId;

mod built_in;
mod check;
pub mod codes;
mod constraint;
mod definition;
mod query;
mod read;

pub use built_in::built_in;
pub use check::check;
pub use constraint::{
    Actor, Constraint, Count, ExactlyOne, Excludes, Immutable, Level, MaxDepth, PlanGate, Requires,
    Selector,
};
pub use definition::{
    AccessRules, Effect, EffectKind, Fold, HandOver, Identity, ImportRule, Matrix, May, Note,
    Operation, OptionKind, OptionRule, Outside, Overflow, Pool, PoolCapacity, Product, Role,
    RolesPerUser, Scope, SettingRule, Source, StateRule, Teams, Transition, Via, When,
};
pub use query::{Acting, Concerned, Settings, Standing, Standings, value_is};
pub use read::read;

/// The product definitions of a run, built-in and the estate's own, by id.
#[derive(Clone, Debug, Default)]
pub struct Products(BTreeMap<ProductId, Arc<Product>>);

impl Products {
    /// No products.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a definition, giving back the one that had the id.
    pub fn insert(&mut self, id: ProductId, product: Arc<Product>) -> Option<Arc<Product>> {
        self.0.insert(id, product)
    }

    /// The definition of an id.
    pub fn get(&self, id: &str) -> Option<&Arc<Product>> {
        self.0.get(id)
    }

    /// Definitions in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&ProductId, &Arc<Product>)> {
        self.0.iter()
    }
}
