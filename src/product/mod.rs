//! Product definitions: everything that is special about a vendor, as data.
//!
//! The engine knows no vendor by name. A definition is YAML with the same reader and the same schema whether it is compiled
//! in (`built_in/*.yaml`) or brought by an estate under `products:`. To add a product, write such a file; to add a kind of
//! rule that no definition can say yet, add a variant to [`Constraint`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::ProductId;

mod built_in;
mod capability;
mod check;
pub mod codes;
mod condition;
mod constraint;
mod definition;
mod export;
mod family;
mod implied;
mod query;
mod read;
mod scene;

pub use built_in::built_in;
pub use capability::{Ability, Answer, Reason, covers};
pub use check::check;
pub use condition::{CannotBeSaid, Condition, Facts, Mention};
pub use constraint::{
    Actor, CelRule, Constraint, Count, DepthOf, ExactlyOne, Excludes, Immutable, Level, MaxDepth,
    PlanGate, Requires, Selector, UniqueRule,
};
pub use definition::{
    AccessRules, Alias, Cancels, Carry, ChangeHow, Charged, Date, Effect, EffectKind, FieldKind,
    FieldRule, Fold, GrantDefault, GrantRule, GrantValue, HandOver, Identity, ImportRule, Input,
    Matrix, May, Note, ObjectKind, Observed, Operation, OptionKind, OptionRule, Order, Outside,
    Overflow, Pattern, Pool, PoolCapacity, Preparation, Product, Replace, ReplaceHow, Role,
    RolesPerUser, Scope, SettingDefault, SettingRule, Shared, Single, SoldIn, Source, StateRule,
    Takes, TakesEffect, Teams, Transition, Under, Unique, Via,
};
pub use export::{ExportColumns, ExportMap};
pub use family::SharedPool;
pub use query::{Acting, Concerned, Deed, Settings, Standing, Standings, value_is};
pub use read::read;
pub use scene::{LookedAt, Objects, OnePool, Scene, Tenant};

/// The product definitions of a run, built-in and the estate's own, by id.
#[derive(Clone, Debug, Default)]
pub struct Products(BTreeMap<ProductId, Arc<Product>>);

impl Products {
    /// No products.
    pub fn new() -> Self {
        Self::default()
    }

    /// The products that are built in.
    pub fn built_in() -> Self {
        let mut products = Self::new();
        for (id, text) in built_in() {
            let product = read(id, text).expect("a test reads every built-in definition");
            products.insert(ProductId::new(id), Arc::new(product));
        }
        products
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
