//! The specifications of the built-in products: pages that an administrator can read, run as tests.
//!
//! `UPDATE=1 cargo test --test it products` writes the `expected` blocks anew; read what it wrote.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use seatplan::model::{Access, OptionName, RoleName, Value};
use seatplan::plan::{How, Plan};
use seatplan::product::{self, OptionKind, Product};

use crate::estate;

/// Ids that the first session promised for respond.io.
const RESPOND_IO: &str =
    "R08-R10, R16-R18, R20-R25, R29, R30, R35-R37, R41, R44, R47, R50, R51, R56-R59";

/// Every id that the lists of facts have.
const KNOWN: &str = "F01-F23, L01-L20, D01-D50, R01-R62, C01-C50, GH01-GH20";

#[test]
fn respond_io_does_what_its_page_says() {
    run_page("respond-io");
}

#[test]
fn github_organization_does_what_its_page_says() {
    run_page("github-organization");
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

/// Runs every block of a page and compares, or writes, the `expected` ones.
fn run_page(id: &str) {
    let page = page(id);
    let product = read(id);
    let mut written = String::new();
    let mut wrong = Vec::new();
    let mut heading = "";
    let (mut actual, mut desired) = (None, None);
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        written += line;
        written.push('\n');
        if let Some(text) = line.strip_prefix("## ") {
            heading = text;
        }
        let Some(kind) = line.strip_prefix("```").filter(|it| !it.is_empty()) else {
            continue;
        };
        let body: Vec<_> = lines.by_ref().take_while(|it| *it != "```").collect();
        let body: String = body.iter().map(|line| format!("{line}\n")).collect();
        let found = match kind {
            "yaml actual" => {
                actual = Some(body.clone());
                body.clone()
            }
            "yaml estate" => {
                desired = Some(body.clone());
                body.clone()
            }
            "text may" => body.lines().map(|line| may(&product, line)).collect(),
            "text expected" => {
                let desired = desired.take().expect("an estate block comes first");
                answer(actual.take().as_deref(), &desired)
            }
            other => panic!("{heading}: what is a block \"{other}\"?"),
        };
        if found != body {
            let difference = similar::TextDiff::from_lines(&body, &found);
            wrong.push(format!("## {heading}\n{}", difference.unified_diff()));
        }
        written += &found;
        written += "```\n";
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch for people who write tests"
    )]
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path(id), written).expect("the page can be written");
        return;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What seatplan answers to an estate, or to an estate and what there is.
fn answer(actual: Option<&str>, desired: &str) -> String {
    let mut text = String::new();
    let estate = match actual {
        None => estate::read(desired),
        Some(actual) => {
            let planned = estate::plan(actual, desired);
            if let Some(plan) = &planned.plan {
                text += &steps(plan);
            }
            planned.estate
        }
    };
    text += &estate::render(&estate);
    if text.is_empty() {
        "nothing to do and nothing to say\n".to_owned()
    } else {
        text
    }
}

fn steps(plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let _ = write!(text, "{} {}", step.action.word(), step.address);
        if let Some(former) = &step.renamed_from {
            let _ = write!(text, " (was {former})");
        }
        for it in &step.differences {
            let before = it.before.as_deref().unwrap_or("-");
            let after = it.after.as_deref().unwrap_or("-");
            let _ = write!(text, ", {} {before} -> {after}", it.field);
        }
        text.push('\n');
        if let How::Task(task) = &step.how {
            let who: Vec<_> = task.who.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "  task: {}", task.why);
            let _ = writeln!(text, "  who: {}", who.join(", "));
            if let Some(path) = &task.path {
                let _ = writeln!(text, "  where: {path}");
            }
            if let Some(confirm) = &task.confirm {
                let _ = writeln!(text, "  confirm: {confirm}");
            }
        }
        if let Some(receiver) = &step.hand_over_to {
            let _ = writeln!(text, "  hands over to: {receiver}");
        }
        for effect in &step.effects {
            let _ = writeln!(text, "  {}: {}", effect.kind.word(), effect.text);
        }
    }
    text
}

/// Answers `ROLE OPTION: CAPABILITY = WORD`.
fn may(product: &Product, line: &str) -> String {
    let (who, question) = line.split_once(": ").expect("who: what = may");
    let (capability, _) = question.split_once(" = ").expect("what = may");
    let mut words = who.split(' ');
    let role = words.next().expect("a role");
    assert!(product.role(role).is_some(), "no role {role}");
    let mut access = Access {
        roles: vec![RoleName::new(role)],
        ..Access::default()
    };
    for option in words {
        let rule = product.options.get(option).expect("an option");
        assert_eq!(rule.r#type, OptionKind::Switch, "{option}");
        access
            .options
            .insert(OptionName::new(option), Value::Switch(true));
    }
    let may = product.capability(&access, capability);
    let word = may.map_or("(no such row)", |it| it.word());
    format!("{who}: {capability} = {word}\n")
}
