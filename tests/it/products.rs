//! The built-in products do what their pages say, and cover the facts that they promise.

use std::collections::BTreeSet;

use seatplan::product::{self, Product};

use crate::pages;

/// Ids that the first session promised for respond.io.
const RESPOND_IO: &str =
    "R08-R10, R16-R18, R20-R25, R29, R30, R35-R37, R41, R44, R47, R50, R51, R56-R59";

/// Every id that the lists of facts have.
const KNOWN: &str = "F01-F23, L01-L20, D01-D50, R01-R62, C01-C50, GH01-GH20";

#[test]
fn respond_io_does_what_its_page_says() {
    pages::run("products/respond-io.md", Some(&read("respond-io")));
}

#[test]
fn github_organization_does_what_its_page_says() {
    let product = read("github-organization");
    pages::run("products/github-organization.md", Some(&product));
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
fn every_promised_fact_is_in_the_definition_and_on_the_page() {
    let in_definition = ids_of_definition("respond-io");
    let on_page = ids_of_headings(&page("respond-io"));
    for id in ids(RESPOND_IO) {
        assert!(
            in_definition.contains(&id),
            "no element of the definition names {id}"
        );
        assert!(on_page.contains(&id), "no heading of the page names {id}");
    }
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
    let known = ids(KNOWN);
    for (id, _) in product::built_in() {
        let unknown: Vec<_> = ids_of_definition(id).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{id} names {unknown:?}");
    }
}

#[test]
fn vendors_screen_words_stand_only_in_operations() {
    let (_, text) = product::built_in()[1];
    let mut is_in_operations = false;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            is_in_operations = line.starts_with("operations:");
        }
        let is_french = line.contains(['é', 'É', 'è', 'à', 'ô', 'ç']);
        assert!(is_in_operations || !is_french, "{line}");
    }
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
    fn walk(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    match value.as_array() {
                        Some(rules) if key == "rules" => found.extend(
                            rules
                                .iter()
                                .filter_map(|it| it.as_str())
                                .map(ToOwned::to_owned),
                        ),
                        _ => walk(value, found),
                    }
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|it| walk(it, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    let product = read(id);
    walk(
        &serde_json::to_value(&product).expect("definitions are data"),
        &mut found,
    );
    found
}

fn ids_of_headings(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
    let lists = headings.filter_map(|line| Some(line.split_once(": ")?.0));
    lists
        .flat_map(|list| list.split(", "))
        .map(ToOwned::to_owned)
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
