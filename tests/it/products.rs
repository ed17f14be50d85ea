//! The built-in products do what their pages say, and cover every fact of the systems that they model.
//!
//! What each fact asks for is data: `products/marks.txt`.

use std::collections::BTreeSet;
use std::sync::Arc;

use seatplan::product::{self, Product};
use serde_json::Value;

use crate::pages;

/// The facts and their marks.
const MARKS: &str = include_str!("products/marks.txt");

/// Which product models the facts whose ids start with a letter.
const SYSTEMS: [(char, &str); 5] = [
    ('F', "teamleader-focus"),
    ('L', "teamleader-focus"),
    ('D', "dailybiz"),
    ('R', "respond-io"),
    ('C', "clickmeeting"),
];

#[test]
fn github_organization_does_what_its_page_says() {
    run("github-organization");
}

#[test]
fn respond_io_does_what_its_page_says() {
    run("respond-io");
}

fn run(id: &str) {
    pages::run(
        &format!("products/{id}.md"),
        Some((id, &Arc::new(read(id)))),
    );
}

#[test]
fn every_fact_of_the_systems_has_an_element() {
    assert_eq!(marks().count(), 205);
    let mut lacks = Vec::new();
    for (letter, id) in SYSTEMS {
        let covered = ids_of_definition(id);
        let facts = marks().filter(|(fact, _)| fact.starts_with(letter));
        let lacking = facts.filter(|(fact, _)| !covered.contains(*fact));
        lacks.extend(lacking.map(|(fact, _)| format!("{fact}: no element of {id} names it")));
    }
    assert!(lacks.is_empty(), "{}\n{}", lacks.len(), lacks.join("\n"));
}

/// An element of a definition that covers facts.
struct Element {
    /// Where it is: `/effects/invitation-mail`.
    rules: Vec<String>,
}

/// The elements that cover facts and can be dropped, in the order of the definition.
fn elements(whole: &Value) -> Vec<Element> {
    fn walk(value: &Value, pointer: &str, found: &mut Vec<Element>) {
        let rules = value.get("rules").and_then(Value::as_array);
        let rules: Vec<_> = rules
            .into_iter()
            .flatten()
            .filter_map(|it| Some(it.as_str()?.to_owned()))
            .collect();
        if !rules.is_empty() {
            found.push(Element { rules });
        }
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    walk(value, &format!("{pointer}/{key}"), found);
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter().enumerate() {
                    walk(value, &format!("{pointer}/{at}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(whole, "", &mut found);
    found
}

/// Every fact of the five systems and its mark.
fn marks() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = MARKS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' '))
}

#[test]
fn every_built_in_definition_reads_without_a_word() {
    for (id, text) in product::built_in() {
        let read = product::read(id, text);
        assert!(read.is_ok(), "{id}: {read:#?}");
    }
}

#[test]
fn definitions_survive_being_sent_as_json() {
    for (id, text) in product::built_in() {
        let product = product::read(id, text).expect("built in");
        let json = serde_json::to_string(&product).expect("definitions are data");
        let again = product::read(id, &json).expect("JSON is read like YAML");
        assert_eq!(serde_json::to_string(&again).expect("data"), json);
    }
}

#[test]
fn every_fact_of_github_is_in_the_definition_and_in_the_list_of_its_page() {
    let listed = ids("GH01-GH20");
    assert_eq!(ids_of_definition("github-organization"), listed);
    let page = page("github-organization");
    for id in listed {
        assert!(
            page.contains(&format!("| {id} |")),
            "{id} is not in the page's list of facts"
        );
    }
}

#[test]
fn no_definition_names_an_unknown_fact() {
    let mut known = ids("GH01-GH20");
    known.extend(marks().map(|it| it.0.to_owned()));
    for (id, _) in product::built_in() {
        let unknown: Vec<_> = ids_of_definition(id).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{id} names {unknown:?}");
    }
}

#[test]
fn vendors_screen_words_stand_only_where_people_look_for_them_on_the_screen() {
    const SECTIONS: [&str; 2] = ["operations", "preparations"];
    const KEYS: [&str; 3] = ["title", "words", "values"];
    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    if !SECTIONS.contains(&key.as_str()) && !KEYS.contains(&key.as_str()) {
                        walk(value, &format!("{path}/{key}"), found);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|it| walk(it, path, found)),
            Value::String(text) if text.contains(['é', 'É', 'è', 'à', 'ô', 'ç']) => {
                // The names of add-ons and pages are quoted as they are.
                let quoted = text.contains('"') || path == "/title";
                found.extend((!quoted).then(|| format!("{path}: {text}")));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (id, _) in product::built_in() {
        let whole = serde_json::to_value(read(id)).expect("definitions are data");
        walk(&whole, "", &mut found);
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_program_knows_no_product_by_name() {
    let mut found = Vec::new();
    let mut folders = vec![format!("{}/src", env!("CARGO_MANIFEST_DIR"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the sources") {
            let path = entry.expect("readable").path();
            let name = path
                .to_str()
                .expect("the sources have plain names")
                .to_owned();
            if path.is_dir() && path.ends_with("product/built_in") {
                continue;
            } else if path.is_dir() {
                folders.push(name);
            } else if name.ends_with(".rs") {
                let text = std::fs::read_to_string(&path).expect("readable");
                let code = without_documentation(&text);
                let named = product::built_in()
                    .iter()
                    .filter(|(id, _)| code.contains(id));
                found.extend(named.map(|(id, _)| format!("{name} names {id}")));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A source text without comments and without the raw strings that hold the documentation of codes.
fn without_documentation(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, raw)) = rest.split_once("r#\"") {
        code += before;
        rest = raw.split_once("\"#").map_or("", |it| it.1);
    }
    code += rest;
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// `R08-R10, R16` as single ids.
fn ids(ranges: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for range in ranges.split(", ") {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let letters = first.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = |id: &str| {
            id[letters.len()..]
                .parse::<u32>()
                .expect("an id ends in digits")
        };
        ids.extend((number(first)..=number(last)).map(|it| format!("{letters}{it:02}")));
    }
    ids
}

/// Ids under any `rules:` of a definition.
fn ids_of_definition(id: &str) -> BTreeSet<String> {
    let whole = serde_json::to_value(read(id)).expect("definitions are data");
    elements(&whole)
        .into_iter()
        .flat_map(|it| it.rules)
        .collect()
}

fn read(id: &str) -> Product {
    let mut table = product::built_in().iter();
    let (_, text) = table.find(|(it, _)| *it == id).expect("a built-in product");
    product::read(id, text).expect("built-in definitions are right")
}

fn path(id: &str) -> String {
    format!("{}/tests/it/products/{id}.md", env!("CARGO_MANIFEST_DIR"))
}

fn page(id: &str) -> String {
    std::fs::read_to_string(path(id)).expect("the page is part of the tests")
}
