//! One file per verb: each wires the pure parts to the world, returns a report, and prints nothing.

pub mod codes;
pub mod estate;
pub mod import;
pub mod plan;
pub mod problems;
pub mod schema;
pub mod validate;
