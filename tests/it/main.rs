//! All integration tests, in one binary.

mod plan;
mod support;
mod tidy;
