//! Text to a spanned document, a document to typed values, values back to text, and edits that keep everything else.
//!
//! There is one YAML parser for the command line, the editor and CI. [`parse`] never fails as a whole: it returns the
//! best [`Document`] it can and pushes what is wrong into a sink. [`Decode`] goes on after an error in the same way, entry
//! by entry and field by field.
//!
//! This module knows no key of the language; `config` and `product` declare those with [`decode_struct!`].

mod aliases;
pub mod codes;
mod decode;
mod document;
pub mod edit;
pub mod limits;
mod parse;
mod plain;
mod recover;
mod refuse;
mod survey;
mod write;

pub use decode::{
    Decode, Decoder, Entries, OneOrMany, bare_word, decode_enum, decode_struct, key_name,
    refuse_word,
};
pub use document::{Document, Entry, Key, Node, NodeKind};
pub use parse::parse;
pub use write::write;
