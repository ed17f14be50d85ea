//! `explain`: what a diagnostic means.

use serde::Serialize;

use super::Error;
use crate::diagnostic::{Code, Severity};
use crate::rules;

/// What one code means.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// The codes, by id: the one that was asked for, or all of them.
    pub codes: Vec<Entry>,
}

/// A code and its documentation.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Entry {
    /// The id.
    pub code: &'static str,
    /// The same in words.
    pub name: &'static str,
    /// How much it matters unless an estate says otherwise.
    pub severity: super::problems::Level,
    /// What it means, in one sentence.
    pub summary: String,
    /// Markdown; empty in a list.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schemars(default)]
    pub doc: &'static str,
}

/// The documentation of one code, found by its id or its name.
///
/// # Errors
/// If there is no such code.
pub fn one(text: &str) -> Result<Report, Error> {
    let Some(code) = rules::find(text) else {
        let catalog = rules::catalog();
        let upper = text.to_uppercase();
        let ids = catalog.iter().map(|it| it.id);
        return Err(Error::unknown("code", &upper, ids));
    };
    Ok(Report {
        version: 1,
        codes: vec![entry(code, code.doc.trim())],
    })
}

/// All codes, without their documentation.
pub fn all() -> Report {
    let codes = rules::catalog();
    Report {
        version: 1,
        codes: codes.into_iter().map(|it| entry(it, "")).collect(),
    }
}

fn entry(code: &'static Code, doc: &'static str) -> Entry {
    Entry {
        code: code.id,
        name: code.name,
        severity: Severity::into(code.severity),
        summary: summary(code.doc),
        doc,
    }
}

/// The first sentence of the first section.
fn summary(doc: &str) -> String {
    let lines = doc.lines().map(str::trim);
    let first = lines
        .skip_while(|line| line.is_empty() || line.starts_with('#'))
        .take_while(|line| !line.is_empty());
    let text = first.collect::<Vec<_>>().join(" ");
    match text.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => text,
    }
}
