//! The built-in products do what their pages say, and cover every fact of the systems that they model.
//!
//! What each fact asks for is data: `products/marks.txt`. Two tests hold the definitions to it: every fact has an element,
//! and a scenario where its mark asks for one; and no element can be dropped from a definition without a scenario of one of
//! its facts failing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use seatplan::ops::show;
use seatplan::product::{self, Product};
use serde_json::Value;

use crate::pages::{self, Page, Scenario};

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

/// Marks that ask for a scenario.
const SHOWN: [&str; 5] = ["DS", "V", "W", "O", "A"];

/// Sections of a definition that only say something: what they cover is on the page of `show product`.
const SAYING: [&str; 4] = ["scopes", "observed", "outside", "notes"];

/// The scenarios of the product that an example brings, from the folder of the tests.
const OWN_SCENARIOS: &str = "../../examples/own-product/scenarios.md";

/// What a definition can say and the example's does not, since roles are either built in or owned by the account.
const NOT_OWN: [&str; 8] = [
    "key allows",
    "key each_user",
    "key has_role",
    "key owned_roles",
    "key role_fields",
    "word optional",
    "word exact",
    "word many",
];

#[test]
fn clickmeeting_does_what_its_page_says() {
    run("clickmeeting");
}

#[test]
fn dailybiz_does_what_its_page_says() {
    run("dailybiz");
}

#[test]
fn github_organization_does_what_its_page_says() {
    run("github-organization");
}

#[test]
fn own_product_does_what_its_scenarios_say() {
    let product = Arc::new(own_product());
    pages::run(OWN_SCENARIOS, Some(("atlas", &product)));
}

#[test]
fn own_product_uses_everything_that_a_definition_can_say() {
    let schema = serde_json::to_value(seatplan::config::product_schema()).expect("a schema");
    let product = serde_json::to_value(own_product()).expect("definitions are data");
    let mut used = BTreeSet::new();
    used_in(&product, &mut used);
    let lacks: Vec<_> = said_by(&schema)
        .into_iter()
        .filter(|it| !used.contains(it) && !NOT_OWN.contains(&it.as_str()))
        .collect();
    assert!(lacks.is_empty(), "it never says {lacks:?}");
}

#[test]
fn respond_io_does_what_its_page_says() {
    run("respond-io");
}

#[test]
fn teamleader_focus_does_what_its_page_says() {
    run("teamleader-focus");
}

fn run(id: &str) {
    pages::run(
        &format!("products/{id}.md"),
        Some((id, &Arc::new(read(id)))),
    );
}

#[test]
fn every_fact_has_an_element_and_a_scenario_where_its_mark_asks_for_one() {
    assert_eq!(marks().count(), 205);
    let mut lacks = Vec::new();
    for (letter, id) in SYSTEMS {
        let covered = ids_of_definition(id);
        let page = Page::read(&format!("products/{id}.md"));
        let shown = page.scenarios();
        let shown: BTreeSet<_> = (shown.iter().filter(|it| it.expects()))
            .flat_map(Scenario::ids)
            .collect();
        for (fact, mark) in marks().filter(|(fact, _)| fact.starts_with(letter)) {
            if !covered.contains(fact) {
                lacks.push(format!("{fact}: no element of {id} names it"));
            }
            if SHOWN.contains(&mark) && !shown.contains(fact) {
                lacks.push(format!("{fact} ({mark}): no scenario of {id} shows it"));
            }
        }
    }
    assert!(lacks.is_empty(), "{}\n{}", lacks.len(), lacks.join("\n"));
}

#[test]
fn no_element_can_be_dropped_without_a_scenario_failing() {
    let products: BTreeSet<_> = SYSTEMS.iter().map(|it| it.1).collect();
    let mut survivors = Vec::new();
    for id in products {
        let page = Page::read(&format!("products/{id}.md"));
        let scenarios = page.scenarios();
        let whole = serde_json::to_value(read(id)).expect("definitions are data");
        let elements = elements(&whole);
        let missed = elements.par_iter().filter_map(|element| {
            let place = format!("{id}{}", element.pointer);
            let product = without(id, &whole, &element.pointer);
            let is_missed = product
                .as_ref()
                .is_some_and(|it| is_missed(id, it, element, &scenarios));
            match (is_missed, product) {
                (true, _) => None,
                (false, Some(_)) => Some(format!("{place} ({})", element.rules.join(", "))),
                (false, None) => Some(format!("{place}: nothing is read without it in any form")),
            }
        });
        survivors.extend(missed.collect::<Vec<_>>());
    }
    assert!(
        survivors.is_empty(),
        "the same comes out without {} elements:\n{}",
        survivors.len(),
        survivors.join("\n")
    );
}

/// A product without one of its elements; `None` if there is no way to have it so.
///
/// What the rest of the definition names cannot be dropped alone: the definition would not be read, which shows nothing of
/// what the element means. It is given another name instead, wherever it is named, so that the words of the scenarios mean
/// nothing any more. What has no name of its own says as little as it can.
fn without(id: &str, whole: &Value, pointer: &str) -> Option<Arc<Product>> {
    let read = |definition: &Value| {
        let product = product::read(id, &definition.to_string()).ok();
        product.map(Arc::new)
    };
    let name = pointer.rsplit('/').next()?;
    read(&dropped(whole, pointer))
        .or_else(|| {
            let has_name = name.parse::<usize>().is_err();
            has_name.then(|| read(&renamed(whole, name))).flatten()
        })
        .or_else(|| {
            let reduced = reduced(whole, pointer, &|it| read(it).is_some());
            read(&reduced?)
        })
        .or_else(|| altered(whole, pointer).iter().find_map(read))
}

/// Definitions in which an element that none can be without says something else: another way of knowing people or another
/// number of roles, units that nobody has bought, no instead of yes, or something else that becomes of what is left.
fn altered(whole: &Value, pointer: &str) -> Vec<Value> {
    let with = |path: &str, value: Value| {
        let mut altered = whole.clone();
        if let Some(place) = altered.pointer_mut(&format!("{pointer}/{path}")) {
            *place = value;
        }
        (altered != *whole).then_some(altered)
    };
    let mut found = Vec::new();
    if pointer == "/user" {
        let mut altered = whole.clone();
        altered["user"]["roles"] = "many".into();
        altered["user"]["fold"] = "exact".into();
        found.push(altered);
    }
    if let Some((pool, _)) = pointer.split_once("/capacity/") {
        let altered = with("number", 1_000.into()).map(|mut altered| {
            // Nobody takes a whole lot of what was not bought in lots.
            if let Some(pool) = altered.pointer_mut(pool).and_then(Value::as_object_mut) {
                pool.remove("takes");
            }
            altered
        });
        found.extend(altered);
    }
    if pointer == "/hand_over" {
        found.extend(with("otherwise", "are lost".into()));
    }
    // A whole matrix is its rows.
    let rows = match pointer {
        "/matrix" => whole.pointer("/matrix/rows").and_then(Value::as_object),
        _ => None,
    };
    let mut swapped = whole.clone();
    let rows = rows.map(|it| it.keys().map(|row| format!("/matrix/rows/{row}")).collect());
    for row in rows.unwrap_or_else(|| vec![pointer.to_owned()]) {
        let may = swapped.pointer_mut(&format!("{row}/may"));
        for word in may.and_then(Value::as_array_mut).into_iter().flatten() {
            *word = if word == "deny" { "allow" } else { "deny" }.into();
        }
    }
    if swapped != *whole {
        found.push(swapped);
    }
    found
}

/// A definition in which everything of one name has another, in conditions and operations too.
fn renamed(whole: &Value, name: &str) -> Value {
    let other = |text: &str| {
        let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let mut found = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(name) {
            let (before, after) = (&rest[..at], &rest[at + name.len()..]);
            let is_whole = !before.ends_with(is_of_word) && !after.starts_with(is_of_word);
            found += before;
            found += name;
            found += if is_whole { "_2" } else { "" };
            rest = after;
        }
        found + rest
    };
    match whole {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (other(key), renamed(value, name)))
            .collect(),
        Value::Array(items) => items.iter().map(|it| renamed(it, name)).collect(),
        Value::String(text) => Value::String(other(text)),
        value => value.clone(),
    }
}

/// A definition in which an element has lost whatever it can lose; `None` if that is nothing. What sizes a pool is nothing.
fn reduced(whole: &Value, pointer: &str, reads: &dyn Fn(&Value) -> bool) -> Option<Value> {
    let mut reduced = whole.clone();
    if let Some((pool, _)) = pointer.split_once("/capacity/") {
        let mut size = serde_json::json!({"number": 0});
        if let Some(when) = whole
            .pointer(&format!("{pointer}/when"))
            .filter(|it| !it.is_null())
        {
            size["when"] = when.clone();
        }
        *reduced.pointer_mut(pointer)? = size;
        let pool = reduced.pointer_mut(pool)?.as_object_mut()?;
        for of_bought in [
            "sold_in",
            "cancels",
            "cancel_takes_effect",
            "minimum",
            "notice_days",
        ] {
            pool.remove(of_bought);
        }
        return Some(reduced);
    }
    let parts: Vec<String> = match whole.pointer(pointer)? {
        Value::Object(map) => map.keys().filter(|it| *it != "rules").cloned().collect(),
        _ => return None,
    };
    let mut has_lost = false;
    for part in parts {
        let mut less = reduced.clone();
        let value = less.pointer_mut(pointer)?.as_object_mut()?.remove(&part)?;
        if !value.is_null() && reads(&less) {
            reduced = less;
            has_lost = true;
        }
    }
    has_lost.then_some(reduced)
}

/// Whether anything shows that a product lacks an element.
fn is_missed(
    id: &str,
    product: &Arc<Product>,
    element: &Element,
    scenarios: &[Scenario<'_>],
) -> bool {
    let marks: BTreeMap<_, _> = marks().collect();
    let is_shown = |fact: &String| {
        let mark = marks.get(fact.as_str());
        mark.is_some_and(|it| SHOWN.contains(it))
    };
    let section = element.pointer.split('/').nth(1).unwrap_or_default();
    if SAYING.contains(&section) || !element.rules.iter().any(is_shown) {
        let page = |product: &Product| serde_json::to_value(show::describe(id, product)).ok();
        return page(product) != page(&read(id));
    }
    let mut concerned = scenarios.iter().filter(|it| {
        it.ids()
            .any(|fact| element.rules.iter().any(|it| it == fact))
    });
    concerned.any(|it| !it.holds_with(id, product))
}

/// An element of a definition that covers facts.
struct Element {
    /// Where it is: `/effects/invitation-mail`.
    pointer: String,
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
            let pointer = pointer.to_owned();
            found.push(Element { pointer, rules });
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

/// A definition without one of its elements.
fn dropped(whole: &Value, pointer: &str) -> Value {
    let mut whole = whole.clone();
    let (above, last) = pointer
        .rsplit_once('/')
        .expect("an element is in something");
    let last = last.replace("~1", "/").replace("~0", "~");
    match whole.pointer_mut(above) {
        Some(Value::Object(map)) => map.remove(&last),
        Some(Value::Array(items)) => Some(items.remove(last.parse().expect("a place in a list"))),
        _ => None,
    }
    .expect("the element is there");
    whole
}

/// The product of `examples/own-product`.
fn own_product() -> Product {
    let file = format!(
        "{}/examples/own-product/products.yaml",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(file).expect("the example is there");
    let indented = text
        .lines()
        .filter_map(|line| match line.strip_prefix("    ") {
            Some(line) => Some(line),
            None => line.is_empty().then_some(""),
        });
    let definition = indented.collect::<Vec<_>>().join("\n");
    product::read("atlas", &definition).expect("the example is right")
}

/// Everything that the schema of definitions can say: its keys, and the words that stand for a choice.
fn said_by(schema: &Value) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    let mut rest = vec![schema];
    while let Some(value) = rest.pop() {
        if let Some(keys) = value.get("properties").and_then(Value::as_object) {
            said.extend(keys.keys().map(|key| format!("key {key}")));
        }
        let words = ["const", "enum"].map(|it| value.get(it));
        for word in words.into_iter().flatten() {
            let words = word
                .as_array()
                .map_or(std::slice::from_ref(word), Vec::as_slice);
            said.extend(
                words
                    .iter()
                    .filter_map(|it| Some(format!("word {}", it.as_str()?))),
            );
        }
        match value {
            Value::Object(map) => rest.extend(map.values()),
            Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
    said
}

/// Everything that a definition says, in the same words.
fn used_in(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let is_empty = value.is_null()
                    || value.as_array().is_some_and(Vec::is_empty)
                    || value.as_object().is_some_and(serde_json::Map::is_empty);
                if !is_empty {
                    used.insert(format!("key {key}"));
                }
                used_in(value, used);
            }
        }
        Value::Array(items) => items.iter().for_each(|it| used_in(it, used)),
        Value::String(word) => {
            used.insert(format!("word {word}"));
        }
        _ => {}
    }
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
