//! All integration tests, in one binary.

mod plan;
mod simulation;
mod support;
mod tidy;
