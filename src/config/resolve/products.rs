//! The products of a run: those that are built in and the estate's own.

use std::sync::Arc;

use crate::config::merge::Config;
use crate::diagnostic::{Diagnostic, Sink};
use crate::model::ProductId;
use crate::product::{Products, check, codes};

/// The built-in definitions and the estate's own, each checked.
pub fn products(config: &Config, sink: &mut Sink) -> Products {
    let mut products = Products::built_in();
    for (id, product) in config.products.iter() {
        check(id, &product.value, sink);
        if products.get(&id.value).is_some() {
            let message = format!("the product \"{}\" is built in", id.value.as_str());
            sink.push(
                Diagnostic::new(&codes::BUILT_IN, message)
                    .at(id.span, "")
                    .help("give the definition an id of its own"),
            );
            continue;
        }
        let id = ProductId::from(id.value.clone());
        products.insert(id, Arc::new(product.value.clone().completed()));
    }
    products
}
