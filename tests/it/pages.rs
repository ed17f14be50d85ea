//! Pages of small estates and what comes of them: specifications that an administrator can read, run as tests.
//!
//! A page is Markdown. A block `yaml estate` is what the files say, `yaml actual` what there is before (see
//! [`crate::estate::plan`] for what its comments can say), `text expected` what seatplan answers, `text may` what a role
//! may do. A heading `## F08, F10: sentence` names the facts that the blocks below it show.
//!
//! `UPDATE=1 cargo test` writes the `expected` blocks anew; read what it wrote.

use std::fmt::Write as _;
use std::sync::Arc;

use seatplan::model::{
    Access, AccountName, Address, Capacity, Entry, Fact, Grant, GrantName, OptionName, ProductId,
    Resource, RoleName, SettingName, State, Value,
};
use seatplan::plan::{How, Plan};
use seatplan::product::{Ability, OptionKind, Product, Reason, Scene, Tenant};

use crate::estate::{self, Instead};

/// A page, in the order of its text.
pub(crate) struct Page {
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

/// What stands below one heading: facts by id, and the blocks that show them.
pub(crate) struct Scenario<'a> {
    pub(crate) heading: &'a str,
    blocks: Vec<(&'a str, &'a str)>,
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
    pub(crate) fn read(path: &str) -> Self {
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

    /// The scenarios, in the order of the page.
    pub(crate) fn scenarios(&self) -> Vec<Scenario<'_>> {
        let mut scenarios = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Line(line) => {
                    scenarios.extend(line.strip_prefix("## ").map(|heading| Scenario {
                        heading,
                        blocks: Vec::new(),
                    }));
                }
                Piece::Block(kind, body) => {
                    let scenario: &mut Scenario<'_> =
                        scenarios.last_mut().expect("a heading comes first");
                    scenario.blocks.push((kind, body));
                }
            }
        }
        scenarios
    }
}

impl Scenario<'_> {
    /// The facts that its heading names: `F08, F10` before the colon.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        let ids = self.heading.split_once(": ").map_or("", |it| it.0);
        ids.split(", ").filter(|it| !it.is_empty())
    }

    /// Whether every block answers as written when a product is defined in another way.
    pub(crate) fn holds_with(&self, id: &str, product: &Arc<Product>) -> bool {
        let mut play = Play::of(Some((id, product)));
        let mut blocks = self.blocks.iter();
        blocks.all(|(kind, body)| play.block(kind, body).is_none_or(|found| found == *body))
    }

    /// Whether it has a block that says what must come out.
    pub(crate) fn expects(&self) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.any(|(kind, _)| matches!(*kind, "text expected" | "text may"))
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
                let (id, product) = self.instead.expect("a page with `may` is about a product");
                return Some(body.lines().map(|line| may((id, product), line)).collect());
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
            match &planned.plan {
                Some(plan) => text += &steps(plan),
                None if planned.estate.sink.has_errors() => {}
                None => text += "what there is cannot be\n",
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
        if let Some(other) = &step.other {
            let _ = write!(text, "\n  at once: {}", other.address);
            for it in &other.differences {
                let before = it.before.as_deref().unwrap_or("-");
                let after = it.after.as_deref().unwrap_or("-");
                let _ = write!(text, ", {} {before} -> {after}", it.field);
            }
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
                    let word = if input.secret { "secret" } else { "asks for" };
                    let _ = writeln!(text, "  {word}: {}: {}", input.name, input.text);
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
            let for_good = if effect.irreversible {
                " (cannot be undone)"
            } else {
                ""
            };
            let word = effect.kind.word();
            let _ = writeln!(text, "  {word}: {}{for_good}", effect.text);
        }
    }
    for account in plan.accounts.values() {
        for pool in &account.pools {
            let (bought, after) = (capacity(&pool.purchased), capacity(&pool.purchased_after));
            if pool.freed == 0 && pool.taken == 0 && bought == after {
                continue;
            }
            let bought = match bought == after {
                true => bought,
                false => format!("{bought} -> {after}"),
            };
            let _ = writeln!(
                text,
                "pool {}: bought {bought}, used {}, freed {}, taken {}, after {}",
                pool.pool, pool.used, pool.freed, pool.taken, pool.after
            );
            for lots in &pool.lots {
                let number = |it: Option<u64>| it.map_or("unknown".to_owned(), |it| it.to_string());
                let bought = match (number(lots.bought), number(lots.bought_after)) {
                    (now, then) if now == then => now,
                    (now, then) => format!("{now} -> {then}"),
                };
                let _ = writeln!(
                    text,
                    "  lots of {}: bought {bought}, used {}, freed {}, taken {}, after {}",
                    lots.size, lots.used, lots.freed, lots.taken, lots.after
                );
            }
            for it in &pool.shares {
                let _ = writeln!(
                    text,
                    "  {}: used {}, freed {}, taken {}, after {}",
                    it.account, it.used, it.freed, it.taken, it.after
                );
            }
        }
    }
    // What it costs, where the estate says what is paid.
    let costs = plan.accounts.values().filter_map(|it| it.cost.as_ref());
    for cost in costs.filter(|it| it.terms.is_some()) {
        for line in &cost.lines {
            let _ = writeln!(text, "cost: {}", crate::money::shown(line));
        }
    }
    for finding in &plan.findings {
        let _ = writeln!(text, "note: {}: {}", finding.address, finding.text);
    }
    text
}

fn capacity(fact: &Fact<Capacity>) -> String {
    match fact.value() {
        Some(Capacity::Purchased(quantity)) => quantity.to_string(),
        Some(Capacity::Unlimited) => "no limit".to_owned(),
        None => "unknown".to_owned(),
    }
}

/// Answers `ROLE WORDS: CAPABILITY = WORD`. A word is a switch that is on, or an option, a grant or, behind `where`, a
/// setting of the account with its value: `user crm_access=limited where plan=basic`.
fn may((id, product): (&str, &Product), line: &str) -> String {
    let (who, question) = line.split_once(": ").expect("who: what = may");
    let (capability, _) = question.split_once(" = ").expect("what = may");
    let found = allowed((id, product), who, capability);
    format!(
        "{who}: {capability} = {}\n",
        found.unwrap_or_else(str::to_owned)
    )
}

fn allowed<'a>(
    (id, product): (&str, &Product),
    who: &str,
    capability: &str,
) -> Result<String, &'a str> {
    let (who, settings) = who.split_once(" where ").unwrap_or((who, ""));
    let mut words = who.split(' ');
    let role = words.next().expect("a role");
    product.role(role).ok_or("(no such role)")?;
    let mut access = Access {
        roles: vec![RoleName::new(role)],
        ..Access::default()
    };
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, "true"));
        if let Some(rule) = product.options.get(name) {
            let value = typed(rule.r#type, value);
            access.options.insert(OptionName::new(name), value);
        } else if product.grants.get(name).is_some() {
            let value = match value {
                "access" => Grant::Access,
                _ => Grant::None,
            };
            access.grants.insert(GrantName::new(name), value);
        } else {
            return Err("(no such option)");
        }
    }
    let account = AccountName::new("account");
    let mut state = State::new();
    for setting in settings.split(' ').filter(|it| !it.is_empty()) {
        let (name, value) = setting.split_once('=').expect("SETTING=VALUE");
        let rule = product.settings.get(name).ok_or("(no such setting)")?;
        let address = Address::setting(&account, &SettingName::new(name));
        let value = Resource::Setting(typed(rule.r#type, value));
        state.insert(address, Entry::observed(value));
    }
    let tenant = Tenant {
        name: &account,
        product: &ProductId::new(id),
        parent: None,
    };
    let scene = Scene::new(product, tenant, &state);
    let answer = scene.may(&access, capability).ok_or("(no such row)")?;
    let limits = answer.reasons.iter().filter_map(|it| match it {
        Reason::LimitedBy(option, _) => Some(option.as_str()),
        _ => None,
    });
    let limits: Vec<_> = limits.collect();
    Ok(match answer.ability {
        Ability::Allowed => "allow".to_owned(),
        Ability::Limited => format!("allow, limited by {}", limits.join(", ")),
        Ability::AskOwner => "ask-owner".to_owned(),
        Ability::Denied => "deny".to_owned(),
    })
}

fn typed(kind: OptionKind, value: &str) -> Value {
    match kind {
        OptionKind::Switch => Value::Switch(value == "true"),
        OptionKind::Count => Value::Count(value.parse().expect("a number")),
        OptionKind::Set => Value::words([value.into()]),
        _ => Value::Word(value.into()),
    }
}
