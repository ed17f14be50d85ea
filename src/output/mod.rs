//! Reports as text: one file per format. Nothing here reads, writes, asks or decides.
//!
//! # Design
//! Every format takes the same report values. Names and words display inert by themselves; free text from files and vendors
//! goes through [`inert`](crate::text::inert) here, and each format has one encoder on top for its own markup: GitHub's
//! Markdown, workflow commands, JSON. What a person reads is rendered to a string first, so that one pass at the end can
//! take away the meaning that a line might have for a CI service that reads logs.

mod costs;
mod danger;
#[cfg(test)]
mod fixtures;
pub mod github;
pub mod human;
pub mod json;
mod look;
pub mod markdown;
pub mod sarif;
mod seat_list;
mod seats;
pub mod table;
mod task_list;
mod words;

pub use look::{Detail, Look};
