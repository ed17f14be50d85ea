//! Every code that `explain` knows is documented in the same way, and its examples are true.

use std::collections::BTreeSet;

use seatplan::diagnostic::{Code, Severity};
use seatplan::rules;

use crate::{estate, pages};

/// Every code there has ever been.
const FROZEN: &str = include_str!("codes.txt");

const SECTIONS: [&str; 4] = ["What it means", "Why", "Example", "What to do"];

/// One fenced block of a code's documentation.
struct Block<'a> {
    language: &'a str,
    is_bad: bool,
    text: String,
}

#[test]
fn codes_are_unique_and_never_change_their_meaning() {
    let catalog = rules::catalog();
    let ids: BTreeSet<_> = catalog.iter().map(|code| code.id).collect();
    let names: BTreeSet<_> = catalog.iter().map(|code| code.name).collect();
    assert_eq!(ids.len(), catalog.len(), "two codes have one id");
    assert_eq!(names.len(), catalog.len(), "two codes have one name");
    let listed: BTreeSet<_> = FROZEN.lines().map(ToOwned::to_owned).collect();
    let found: BTreeSet<_> = catalog
        .iter()
        .map(|it| format!("{} {}", it.id, it.name))
        .collect();
    let lost: Vec<_> = listed.difference(&found).collect();
    assert!(
        lost.is_empty(),
        "ids stand in people's notes and are never reused: {lost:?}"
    );
    let new: Vec<_> = found.difference(&listed).cloned().collect();
    assert!(
        new.is_empty(),
        "add to tests/it/codes.txt:\n{}",
        new.join("\n")
    );
}

#[test]
fn every_code_is_documented_in_the_same_sections() {
    for code in rules::catalog() {
        let found: Vec<_> = code
            .doc
            .lines()
            .filter_map(|line| line.strip_prefix("### "))
            .collect();
        assert_eq!(found, SECTIONS, "sections of {}", code.id);
        let parts: Vec<_> = code.doc.split("### ").collect();
        assert!(
            parts.iter().skip(1).all(|part| part.lines().count() > 1),
            "{}",
            code.id
        );
        let blocks = blocks(code);
        assert!(
            blocks.iter().any(|it| it.is_bad),
            "{} has no bad example",
            code.id
        );
        assert!(
            blocks.iter().any(|it| !it.is_bad),
            "{} has no good example",
            code.id
        );
    }
}

#[test]
fn ids_are_capital_letters_and_three_digits() {
    for code in rules::catalog() {
        let letters = code.id.trim_end_matches(|c: char| c.is_ascii_digit());
        assert!(
            letters.bytes().all(|byte| byte.is_ascii_uppercase()),
            "{}",
            code.id
        );
        assert_eq!(code.id.len() - letters.len(), 3, "{}", code.id);
        let is_kebab = |c: char| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit();
        assert!(code.name.chars().all(is_kebab), "{}", code.name);
    }
}

#[test]
fn every_bad_example_raises_its_code_and_every_good_one_nothing() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for code in rules::catalog() {
        for block in blocks(code).iter().filter(|it| it.language == "yaml") {
            count += 1;
            let estate = run(code, &block.text);
            let raised = estate.sink.diagnostics();
            let is_true = if block.is_bad {
                let mut others = raised.iter().filter(|it| it.severity == Severity::Error);
                raised.iter().any(|it| it.code.id == code.id)
                    && others.all(|it| it.code.id == code.id)
            } else {
                raised.is_empty()
            };
            if !is_true {
                let side = if block.is_bad { "bad" } else { "good" };
                let raised = estate::render(&estate);
                wrong.push(format!(
                    "{} {side}:\n{}\nraises\n{raised}",
                    code.id, block.text
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 60, "only {count} examples were run");
}

#[test]
fn guards_do_what_their_page_says() {
    pages::run("rules/guards.md", None);
}

#[test]
fn seats_do_what_their_page_says() {
    pages::run("rules/seats.md", None);
}

#[test]
fn shared_pools_do_what_their_page_says() {
    pages::run("rules/family.md", None);
}

#[test]
fn constraints_do_what_their_page_says() {
    pages::run("rules/constraints.md", None);
}

/// Runs an example: one document is an estate; with two the first is what there is.
fn run(code: &Code, text: &str) -> estate::Estate {
    let is_of_rules = rules::RULES.iter().any(|rule| rule.code.id == code.id);
    match text.split_once("\n---\n") {
        Some((actual, desired)) if is_of_rules => estate::plan(actual, desired).estate,
        _ if code.id.starts_with("FILE") => estate::read_from_disk(text),
        _ if code.id.starts_with("CONN") => estate::read_as_a_command_does(text),
        _ => estate::read(text),
    }
}

fn blocks(code: &Code) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut is_open = false;
    for line in code.doc.lines() {
        match (line.strip_prefix("```"), is_open) {
            (Some(head), false) => {
                let (language, side) = head.split_once(' ').unwrap_or((head, ""));
                assert!(matches!(side, "bad" | "good"), "{}: ```{head}", code.id);
                assert!(
                    matches!(language, "yaml" | "text"),
                    "{}: ```{head}",
                    code.id
                );
                is_open = true;
                blocks.push(Block {
                    language,
                    is_bad: side == "bad",
                    text: String::new(),
                });
            }
            (Some(_), true) => is_open = false,
            (None, true) => {
                let block = blocks.last_mut().expect("a block is open");
                block.text += line;
                block.text.push('\n');
            }
            (None, false) => {}
        }
    }
    assert!(!is_open, "{}: a block is not closed", code.id);
    blocks
}
