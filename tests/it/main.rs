//! All integration tests, in one binary.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests meet the machine and say what they skip"
)]

mod adopt;
mod apply;
mod articles;
mod bad_inputs;
mod cancelled;
mod cli;
mod conformance;
mod console;
mod directory;
mod directory_language;
mod estate;
mod examples;
mod family;
mod generated;
mod inventory;
mod kubernetes;
mod language;
mod lots;
mod money;
mod oracle;
mod pages;
mod plan;
mod products;
mod proof;
mod reading;
mod readme;
mod rules;
mod schemas;
mod simulation;
mod sized;
mod support;
mod tasks;
mod tidy;
mod turns;
mod vendor;
