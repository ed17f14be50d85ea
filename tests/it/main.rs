//! All integration tests, in one binary.

mod apply;
mod bad_inputs;
mod cli;
mod conformance;
mod console;
mod directory;
mod estate;
mod examples;
mod generated;
mod kubernetes;
mod language;
mod pages;
mod plan;
mod products;
mod reading;
mod readme;
mod rules;
mod schemas;
mod simulation;
mod support;
mod tidy;
mod vendor;
