//! Pages of small estates and what comes of them: specifications that an administrator can read, run as tests.
//!
//! A page is Markdown. A block `yaml estate` is what the files say, `yaml actual` what there is before (see
//! [`crate::estate::plan`] for what its comments can say), `text expected` what seatplan answers, `text may` what a role
//! may do. A heading `## F08, F10: sentence` names the facts that the blocks below it show.
//!
//! `UPDATE=1 cargo test` writes the `expected` blocks anew; read what it wrote.

use std::fmt::Write as _;

use seatplan::model::{Access, OptionName, RoleName, Value};
use seatplan::plan::{How, Plan};
use seatplan::product::{OptionKind, Product};

use crate::estate::{self, Instead};

/// A page, in the order of its text.
struct Page {
    file: String,
    pieces: Vec<Piece>,
}

/// A part of a page.
enum Piece {
    /// A line that is not in a block.
    Line(String),
    /// A block: what follows the fence, and the lines inside.
    Block(String, String),
}

/// Runs every block of a page and compares, or writes, the `expected` ones.
///
/// `path` is relative to `tests/it`. A page about a product names it: the definition answers the `may` blocks.
pub(crate) fn run(path: &str, product: Instead<'_>) {
    let page = Page::read(path);
    let mut written = String::new();
    let mut wrong = Vec::new();
    let mut heading = "";
    let mut play = Play::of(product);
    for piece in &page.pieces {
        let (kind, body) = match piece {
            Piece::Line(line) => {
                heading = line.strip_prefix("## ").unwrap_or(heading);
                let _ = writeln!(written, "{line}");
                continue;
            }
            Piece::Block(kind, body) => (kind, body),
        };
        let found = play.block(kind, body);
        let found = found.as_ref().unwrap_or(body);
        if found != body {
            let difference = similar::TextDiff::from_lines(body, found);
            wrong.push(format!("## {heading}\n{}", difference.unified_diff()));
        }
        let _ = write!(written, "```{kind}\n{found}```\n");
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&page.file, written).expect("the page can be written");
        return;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

impl Page {
    /// Reads a page; `path` is relative to `tests/it`.
    fn read(path: &str) -> Self {
        let file = format!("{}/tests/it/{path}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&file).expect("the page is part of the tests");
        let mut pieces = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            pieces.push(match line.strip_prefix("```") {
                Some(kind) if !kind.is_empty() => {
                    let body = lines.by_ref().take_while(|it| *it != "```");
                    let body = body.map(|line| format!("{line}\n")).collect();
                    Piece::Block(kind.to_owned(), body)
                }
                _ => Piece::Line(line.to_owned()),
            });
        }
        Self { file, pieces }
    }
}

/// Blocks, played one after the other.
struct Play<'a> {
    instead: Instead<'a>,
    actual: Option<String>,
    desired: Option<String>,
}

impl<'a> Play<'a> {
    fn of(instead: Instead<'a>) -> Self {
        Self {
            instead,
            actual: None,
            desired: None,
        }
    }

    /// What a block should say; `None` for one that asks nothing.
    fn block(&mut self, kind: &str, body: &str) -> Option<String> {
        match kind {
            "yaml actual" => self.actual = Some(body.to_owned()),
            "yaml estate" => self.desired = Some(body.to_owned()),
            "text may" => {
                let (_, product) = self.instead.expect("a page with `may` is about a product");
                return Some(body.lines().map(|line| may(product, line)).collect());
            }
            "text expected" => {
                let desired = self.desired.take().expect("an estate block comes first");
                return Some(answer(
                    self.actual.take().as_deref(),
                    &desired,
                    self.instead,
                ));
            }
            other => panic!("what is a block \"{other}\"?"),
        }
        None
    }
}

/// What seatplan answers to an estate, or to an estate and what there is.
fn answer(actual: Option<&str>, desired: &str, instead: Instead<'_>) -> String {
    let mut text = String::new();
    let estate = match actual {
        None => estate::read_with(desired, instead),
        Some(actual) => {
            let planned = estate::plan_with(actual, desired, instead);
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
        for need in plan.steps.iter().filter(|it| step.needs.contains(&it.id)) {
            let _ = writeln!(text, "  after: {}", need.address);
        }
        if let How::Task(task) = &step.how {
            let who: Vec<_> = task.who.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "  task: {}", task.why);
            let _ = writeln!(text, "  who: {}", who.join(", "));
            for it in &task.instructions {
                for line in &it.prepare {
                    let _ = writeln!(text, "  first: {line}");
                }
                if let Some(path) = &it.path {
                    let _ = writeln!(text, "  where: {path}");
                }
                for path in &it.also {
                    let _ = writeln!(text, "  or: {path}");
                }
                if let Some(by) = &it.by {
                    let _ = writeln!(text, "  by: {by}");
                }
                for line in &it.set {
                    let _ = writeln!(text, "  set: {line}");
                }
                for input in &it.inputs {
                    let _ = writeln!(text, "  input: {}: {}", input.name, input.text);
                }
                if let Some(confirm) = &it.confirm {
                    let _ = writeln!(text, "  confirm: {confirm}");
                }
                for line in &it.note {
                    let _ = writeln!(text, "  note: {line}");
                }
            }
        }
        if let Some(receiver) = &step.hand_over_to {
            let _ = writeln!(text, "  hands over to: {receiver}");
        }
        if let Some(state) = &step.then {
            let _ = writeln!(text, "  then: {state}");
        }
        for effect in &step.effects {
            let _ = writeln!(text, "  {}: {}", effect.kind.word(), effect.text);
        }
    }
    for finding in &plan.findings {
        let _ = writeln!(text, "note: {}: {}", finding.address, finding.text);
    }
    text
}

/// Answers `ROLE OPTION: CAPABILITY = WORD`.
fn may(product: &Product, line: &str) -> String {
    let (who, question) = line.split_once(": ").expect("who: what = may");
    let (capability, _) = question.split_once(" = ").expect("what = may");
    let mut words = who.split(' ');
    let role = words.next().expect("a role");
    if product.role(role).is_none() {
        return format!("{who}: {capability} = (no such role)\n");
    }
    let mut access = Access {
        roles: vec![RoleName::new(role)],
        ..Access::default()
    };
    for word in words {
        let (option, value) = word.split_once('=').unwrap_or((word, "true"));
        let Some(rule) = product.options.get(option) else {
            return format!("{who}: {capability} = (no such option)\n");
        };
        let value = match rule.r#type {
            OptionKind::Switch => Value::Switch(value == "true"),
            _ => Value::Word(value.into()),
        };
        access.options.insert(OptionName::new(option), value);
    }
    let may = product.capability(&access, capability);
    let word = may.map_or("(no such row)", |it| it.word());
    format!("{who}: {capability} = {word}\n")
}
