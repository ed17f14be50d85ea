//! A product in words: what can be written for it, what holds there, and the facts that each sentence stands for.

use serde::Serialize;

use super::{Report, Shown};
use crate::model::ProductId;
use crate::ops::Error;
use crate::ops::desired::WrittenEstate;
use crate::product::Product;

mod account;
mod changes;
mod people;
mod phrase;
mod remarks;

/// A product.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ProductView {
    /// The id that accounts name.
    pub id: String,
    /// The name for people.
    pub title: String,
    /// What is modelled.
    pub description: Option<String>,
    /// The definition in words; sections without a sentence are left out.
    pub sections: Vec<Section>,
}

/// Some sentences about one part of a product.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Section {
    /// What they are about.
    pub title: &'static str,
    /// In the order of the definition.
    pub lines: Vec<Said>,
    /// What each role may do, where the section is about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<RoleTable>,
}

/// What each role may do: capabilities by role.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct RoleTable {
    /// The roles, in the order of the columns.
    pub roles: Vec<String>,
    /// One row per capability, in the order of the definition.
    pub rows: Vec<RoleRow>,
}

/// One capability.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct RoleRow {
    /// The capability.
    pub capability: String,
    /// One word per role: `allow`, `limited` (allowed, and an option can leave only some of it), `ask-owner`, `deny`.
    pub may: Vec<&'static str>,
    /// Ids of the facts that it stands for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
}

/// What a definition says in one place.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Said {
    /// What it is said of; empty for a sentence about the whole product.
    pub name: String,
    /// The sentence.
    pub text: String,
    /// Ids of the facts that it stands for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
}

impl Said {
    fn new(name: impl Into<String>, parts: Vec<String>, rules: &[String]) -> Self {
        // Each part is a sentence or a phrase of its own; they are told as one line.
        let parts: Vec<_> = parts
            .iter()
            .map(|it| it.trim_end().trim_end_matches('.'))
            .filter(|it| !it.is_empty())
            .collect();
        Self {
            name: name.into(),
            text: parts.join("; "),
            rules: rules.to_vec(),
        }
    }
}

/// A product definition in words.
///
/// # Errors
/// If there is none of that id.
pub fn product(estate: &WrittenEstate, text: &str) -> Result<Report, Error> {
    let Some(product) = estate.products.get(text) else {
        let known = estate.products.iter().map(|(id, _)| ProductId::as_str(id));
        return Err(Error::unknown("product", text, known));
    };
    Ok(Report::of(estate, Shown::Product(describe(text, product))))
}

/// A product definition in words, by itself.
pub fn describe(id: &str, product: &Product) -> ProductView {
    let section = |title, lines| Section {
        title,
        lines,
        table: None,
    };
    let all = [
        section("Scopes", remarks::scopes(product)),
        section("Users", people::users(product)),
        section("Roles", people::roles(product)),
        Section {
            table: people::matrix(product),
            ..section("What each role may do", people::legend(product))
        },
        section("Options of an access", people::options(product)),
        section("Rights to add-ons", people::grants(product)),
        section("Teams", people::teams(product)),
        section("Settings of the account", account::settings(product)),
        section("What the account owns", account::objects(product)),
        section("Seats", account::pools(product)),
        section("What must hold", account::constraints(product)),
        section("What else a change causes", changes::effects(product)),
        section("What comes first", changes::order(product)),
        section("What to prepare elsewhere", changes::preparations(product)),
        section(
            "What cannot be changed in place",
            changes::replacements(product),
        ),
        section("Who carries a change out", changes::operations(product)),
        section("States", changes::states(product)),
        section("Only read", remarks::observed(product)),
        section("Left out", remarks::outside(product)),
        section("Remarks", remarks::notes(product)),
        section("Other names", remarks::names(product)),
    ];
    ProductView {
        id: id.to_owned(),
        title: product.title.clone(),
        description: product.description.clone(),
        sections: all.into_iter().filter(|it| !it.lines.is_empty()).collect(),
    }
}
