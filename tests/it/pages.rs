//! Pages of small estates and what comes of them: specifications that an administrator can read, run as tests.
//!
//! A page is Markdown. A block `yaml estate` is what the files say, `yaml actual` what there is before (see
//! [`crate::estate::plan`] for what its comments can say), `text expected` what seatplan answers, `text may` what a role
//! may do. `UPDATE=1 cargo test` writes the `expected` blocks anew; read what it wrote.

use std::fmt::Write as _;

use seatplan::model::{Access, OptionName, RoleName, Value};
use seatplan::plan::{How, Plan};
use seatplan::product::{OptionKind, Product};

use crate::estate;

/// Runs every block of a page and compares, or writes, the `expected` ones.
///
/// `path` is relative to `tests/it`; `product` answers the `may` blocks.
pub(crate) fn run(path: &str, product: Option<&Product>) {
    let file = format!("{}/tests/it/{path}", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(&file).expect("the page is part of the tests");
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
            "text may" => {
                let product = product.expect("a page with `may` is about a product");
                body.lines().map(|line| may(product, line)).collect()
            }
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
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, written).expect("the page can be written");
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
