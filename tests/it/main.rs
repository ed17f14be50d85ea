//! All integration tests, in one binary.

mod apply;
mod bad_inputs;
mod conformance;
mod directory;
mod estate;
mod generated;
mod kubernetes;
mod language;
mod pages;
mod plan;
mod products;
mod reading;
mod rules;
mod schemas;
mod simulation;
mod support;
mod tidy;
mod vendor;
