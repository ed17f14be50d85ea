//! A product in words: what can be written for it, and what holds there.

use serde::Serialize;

use super::{Report, Shown};
use crate::model::ProductId;
use crate::ops::Error;
use crate::ops::desired::Estate;
use crate::product::{OptionRule, Product, RolesPerUser};
use crate::text::{Spanned, Word};

/// A product.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ProductView {
    /// The id that accounts name.
    pub id: String,
    /// The name for people.
    pub title: String,
    /// What is modelled.
    pub description: Option<String>,
    /// The definition in words.
    pub sections: Vec<Section>,
}

/// Some sentences about one part of a product.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Section {
    /// What they are about.
    pub title: &'static str,
    /// A name, empty for a sentence that has none, and what is said of it.
    pub lines: Vec<(String, String)>,
}

/// A product definition in words.
///
/// # Errors
/// If there is none of that id.
pub fn product(estate: &Estate, text: &str) -> Result<Report, Error> {
    let Some(product) = estate.products.get(text) else {
        let known = estate.products.iter().map(|(id, _)| ProductId::as_str(id));
        return Err(Error::unknown("product", text, known));
    };
    let view = ProductView {
        id: text.to_owned(),
        title: product.title.clone(),
        description: product.description.clone(),
        sections: sections(product),
    };
    Ok(Report::of(estate, Shown::Product(view)))
}

fn sections(product: &Product) -> Vec<Section> {
    let section = |title, lines| Section { title, lines };
    let all = [
        section("Users", users(product)),
        section("Roles", roles(product)),
        section("Options of an access", options(product)),
        section("Settings of the account", settings(product)),
        section("Teams", teams(product)),
        section("Seats", pools(product)),
        section("What must hold", constraints(product)),
        section("What else a change causes", effects(product)),
        section("Who carries a change out", operations(product)),
        section("Remarks", notes(product)),
    ];
    all.into_iter().filter(|it| !it.lines.is_empty()).collect()
}

fn users(product: &Product) -> Vec<(String, String)> {
    let identity = match &product.user.identity.value {
        crate::product::Identity::Email => "the e-mail address".to_owned(),
        crate::product::Identity::Login(name) => format!("the login \"{name}\""),
    };
    let fold = match product.user.fold {
        crate::product::Fold::Exact => "upper and lower case differ",
        crate::product::Fold::Case => "case does not matter",
    };
    let roles = match product.user.roles {
        RolesPerUser::One => "exactly one role each",
        RolesPerUser::Optional => "one role each, or none",
        RolesPerUser::Many => "any number of roles each",
    };
    vec![(
        String::new(),
        format!("known by {identity} ({fold}); {roles}"),
    )]
}

fn roles(product: &Product) -> Vec<(String, String)> {
    let lines = product.roles.iter().map(|(name, role)| {
        let mut parts = Vec::new();
        parts.extend(
            role.text
                .clone()
                .map(|it| it.trim_end_matches('.').to_owned()),
        );
        if role.administers == Some(true) {
            parts.push("administers the account".to_owned());
        }
        if !role.may_assign.is_empty() {
            parts.push(format!("may give {}", words(&role.may_assign)));
        }
        (name.value.as_str().to_owned(), parts.join("; "))
    });
    lines.collect()
}

fn options(product: &Product) -> Vec<(String, String)> {
    let lines = product.options.iter();
    lines
        .map(|(name, it)| (name.value.as_str().to_owned(), option(it)))
        .collect()
}

fn option(option: &OptionRule) -> String {
    let mut parts = vec![values(option.r#type.word(), &option.values)];
    parts.extend(
        option
            .default
            .as_ref()
            .map(|it| format!("default {}", it.0)),
    );
    if !option.roles.is_empty() {
        parts.push(format!("only for {}", words(&option.roles)));
    }
    parts.extend(option.text.clone());
    parts.join("; ")
}

fn settings(product: &Product) -> Vec<(String, String)> {
    let lines = product.settings.iter().map(|(name, it)| {
        let mut parts = vec![values(it.r#type.word(), &it.values)];
        parts.extend(it.default.as_ref().map(|it| format!("default {}", it.0)));
        parts.extend(it.text.clone());
        (name.value.as_str().to_owned(), parts.join("; "))
    });
    lines.collect()
}

fn teams(product: &Product) -> Vec<(String, String)> {
    let Some(teams) = &product.teams else {
        return Vec::new();
    };
    let nested = if teams.nested {
        "may lie in each other"
    } else {
        "do not lie in each other"
    };
    let lead = teams
        .lead
        .as_ref()
        .map(|it| format!("; somebody who leads one is a {it}"));
    vec![(
        String::new(),
        format!("{nested}{}", lead.unwrap_or_default()),
    )]
}

fn pools(product: &Product) -> Vec<(String, String)> {
    let lines = product.pools.iter().map(|(name, pool)| {
        let full = match pool.overflow {
            crate::product::Overflow::Refuse => "refuses",
            crate::product::Overflow::Charge => "charges",
            crate::product::Overflow::Warn => "lets it happen",
        };
        let text = format!(
            "counted in {}s; when there are too few the vendor {full}",
            pool.unit
        );
        (name.value.as_str().to_owned(), text)
    });
    lines.collect()
}

fn constraints(product: &Product) -> Vec<(String, String)> {
    let lines = product
        .constraints
        .iter()
        .map(|(name, it)| (name.value.as_str().to_owned(), it.text().to_owned()));
    lines.collect()
}

fn effects(product: &Product) -> Vec<(String, String)> {
    let lines = product.effects.iter();
    lines
        .map(|(name, it)| (name.value.as_str().to_owned(), it.text.clone()))
        .collect()
}

fn operations(product: &Product) -> Vec<(String, String)> {
    let lines = product.operations.iter().map(|(name, it)| {
        let who = match it.via {
            crate::product::Via::Api => "the program",
            crate::product::Via::Person => "a person",
            crate::product::Via::Vendor => "the vendor",
            crate::product::Via::User => "the user concerned",
        };
        let path = it
            .path
            .as_ref()
            .map(|it| format!(": {it}"))
            .unwrap_or_default();
        (name.value.as_str().to_owned(), format!("{who}{path}"))
    });
    lines.collect()
}

fn notes(product: &Product) -> Vec<(String, String)> {
    let notes = product.notes.iter();
    let notes = notes.map(|(name, it)| (name.value.as_str().to_owned(), it.text.clone()));
    let outside = product.outside.iter();
    let outside = outside.map(|(name, it)| {
        (
            name.value.as_str().to_owned(),
            format!("left out: {}", it.why),
        )
    });
    notes.chain(outside).collect()
}

fn values(kind: &str, values: &[Spanned<Word>]) -> String {
    if values.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind} of {}", words(values))
    }
}

fn words(words: &[Spanned<Word>]) -> String {
    let all: Vec<_> = words.iter().map(|it| it.value.as_str()).collect();
    all.join(", ")
}
