//! All integration tests, in one binary.

mod conformance;
mod directory;
mod plan;
mod support;
mod tidy;
mod vendor;
