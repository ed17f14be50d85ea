//! One definition from its text.

use super::check::check;
use super::definition::Product;
use crate::diagnostic::Sink;
use crate::text::{Source, SourceId, Span, Spanned, Word};
use crate::yaml::{Decode as _, Decoder, parse};

/// Reads and checks a definition that is not part of an estate: one that is compiled in, or came over the wire as JSON.
///
/// # Errors
/// What is wrong with it; places in it cannot be shown, since its text is not among the sources of the run.
///
/// ```
/// let (id, text) = seatplan::product::built_in()[0];
/// let product = seatplan::product::read(id, text).expect("it is built in");
/// let json = serde_json::to_string(&product).unwrap();
/// assert!(seatplan::product::read(id, &json).is_ok());
/// ```
pub fn read(id: &str, text: &str) -> Result<Product, Sink> {
    let source = Source::new(id, text);
    let mut sink = Sink::new();
    let document = parse(&source, SourceId::OUTSIDE, &mut sink);
    let mut cx = Decoder::new();
    let product = document
        .root
        .as_ref()
        .and_then(|root| Product::decode(root, &mut cx));
    sink.append(cx.sink);
    if let Some(product) = &product {
        let id = Spanned::new(Word::new(id), Span::point(SourceId::OUTSIDE, 0));
        check(&id, product, &mut sink);
    }
    match product {
        Some(product) if !sink.has_errors() => Ok(product.completed()),
        _ => Err(sink),
    }
}
