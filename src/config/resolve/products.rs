//! The products of a run: those that are built in and the estate's own.

use std::sync::Arc;

use crate::config::merge::Config;
use crate::diagnostic::Sink;
use crate::model::ProductId;
use crate::product::Products;

/// The built-in definitions and the estate's own, each checked.
pub fn products(config: &Config, _sink: &mut Sink) -> Products {
    let mut products = Products::new();
    for (id, product) in config.products.iter() {
        products.insert(
            ProductId::from(id.value.clone()),
            Arc::new(product.value.clone()),
        );
    }
    products
}
