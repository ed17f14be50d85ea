//! Conditions: CEL expressions over plain data, compiled once when a definition is read.
//!
//! # Design
//! - CEL (the language of Kubernetes validation rules) has no side effects, no loops beyond lists that are there, and
//!   tells "does not hold" from "cannot be said". The crate `cel` is its one complete implementation in Rust.
//! - Its work is bounded before it starts: an expression is short, its brackets are not deep, and at most two of its
//!   list macros lie in each other. The lists are the few roles, options and fields of one access.
//! - A key that is missing is an error in CEL. A condition that cannot be said does not hold.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use serde::Serialize;

use super::codes;
use crate::diagnostic::Diagnostic;
use crate::text::Word;
use crate::yaml::{Decode, Decoder, Node};

/// A condition may have this many bytes.
const LENGTH_MAX: usize = 1000;
/// Brackets of a condition may lie this deep in each other.
const DEPTH_MAX: usize = 16;
/// List macros (`all`, `exists`, `map`, ...) may lie this deep in each other.
const MACROS_MAX: usize = 2;

/// A CEL expression that is true or false.
#[derive(Clone, Debug)]
pub struct Condition {
    text: Word,
    program: Arc<cel::Program>,
    mentions: Arc<[Mention]>,
}

/// Something that a condition looks at: `account.settings.plan` as words, and the texts that it is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mention {
    /// The words of the path, the variable first; a list macro's own variables are left out.
    pub path: Vec<String>,
    /// Texts that the value is compared with.
    pub compared: Vec<String>,
}

/// Plain data by variable: what conditions are evaluated over.
#[derive(Clone, Debug, Default)]
pub struct Facts(BTreeMap<&'static str, cel::Value>);

/// Why a condition cannot be said, as a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotBeSaid(pub String);

impl Condition {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Why it is not one, as a phrase.
    ///
    /// ```
    /// use seatplan::product::{Condition, Facts};
    /// let condition = Condition::new(r#"account.plan in ["basic", "pro"]"#).unwrap();
    /// let facts = Facts::default().with("account", &serde_json::json!({"plan": "pro"}));
    /// assert_eq!(condition.holds(&facts), Ok(true));
    /// assert!(condition.holds(&Facts::default()).is_err(), "there is no account");
    /// assert!(Condition::new("account.plan ==").is_err());
    /// ```
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > LENGTH_MAX {
            return Err(format!("it is longer than {LENGTH_MAX} bytes"));
        }
        if depth(text) > DEPTH_MAX {
            return Err(format!(
                "its brackets are more than {DEPTH_MAX} levels deep"
            ));
        }
        let program =
            cel::Program::compile(text).map_err(|errors| match errors.errors.first() {
                Some(error) => error.msg.clone(),
                None => "it cannot be read".to_owned(),
            })?;
        let mut walk = Walk::default();
        walk.expression(program.expression());
        if walk.macros_deepest > MACROS_MAX {
            return Err(format!(
                "more than {MACROS_MAX} list macros lie in each other"
            ));
        }
        Ok(Self {
            text: Word::new(text),
            program: Arc::new(program),
            mentions: walk.mentions.into(),
        })
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// If it looks at something that there is not, or is neither true nor false.
    pub fn holds(&self, facts: &Facts) -> Result<bool, CannotBeSaid> {
        let mut context = cel::Context::with_env(Arc::clone(environment()));
        for (name, value) in &facts.0 {
            if self.looks_at(name) {
                context.add_variable_from_value(*name, value.clone());
            }
        }
        match self.program.execute(&context) {
            Ok(cel::Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(CannotBeSaid("it is neither true nor false".to_owned())),
            Err(cel::ExecutionError::NoSuchKey(key)) => {
                Err(CannotBeSaid(format!("\"{key}\" is not known")))
            }
            Err(error) => Err(CannotBeSaid(error.to_string().to_lowercase())),
        }
    }

    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it looks at, in the order of the expression.
    pub fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    /// Whether it looks at a variable.
    pub fn looks_at(&self, variable: &str) -> bool {
        let root = |it: &Mention| it.path.first().is_some_and(|root| root == variable);
        self.mentions.iter().any(root)
    }

    /// Whether a setting of the account decides on it.
    pub fn asks_setting(&self, setting: &str) -> bool {
        self.asks_account("settings", setting)
    }

    /// Whether what is bought of a pool of the account decides on it.
    pub fn asks_seats(&self, pool: &str) -> bool {
        self.asks_account("seats", pool)
    }

    fn asks_account(&self, of: &str, wanted: &str) -> bool {
        self.mentions.iter().any(|it| match it.path.as_slice() {
            [root] => root == "account",
            [root, part] => root == "account" && part == of,
            [root, part, name, ..] => root == "account" && part == of && name == wanted,
            [] => false,
        })
    }
}

impl Facts {
    /// The same with the data of a variable.
    ///
    /// # Panics
    /// Never for data of plain structs, maps and lists.
    #[must_use]
    pub fn with(mut self, variable: &'static str, data: &impl Serialize) -> Self {
        let value = cel::to_value(data).expect("plain data has a value");
        self.0.insert(variable, value);
        self
    }
}

fn environment() -> &'static Arc<cel::Env> {
    static ENVIRONMENT: OnceLock<Arc<cel::Env>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| Arc::new(cel::Env::stdlib()))
}

/// How deep brackets lie in each other at most; those within texts count too, which refuses nothing that is sensible.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Collects what an expression looks at.
#[derive(Default)]
struct Walk {
    mentions: Vec<Mention>,
    /// Variables of the list macros around.
    own: Vec<String>,
    macros: usize,
    macros_deepest: usize,
}

impl Walk {
    fn expression(&mut self, node: &IdedExpr) {
        match &node.expr {
            Expr::Call(call)
                if matches!(
                    call.func_name.as_str(),
                    operators::EQUALS | operators::NOT_EQUALS | operators::IN
                ) =>
            {
                let before = self.mentions.len();
                let mut texts = Vec::new();
                for part in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
                    texts.extend(literals(part));
                    self.expression(part);
                }
                if let [mention] = &mut self.mentions[before..] {
                    mention.compared.extend(texts);
                }
            }
            Expr::Call(call) if path(node).is_none() => {
                for part in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
                    self.expression(part);
                }
            }
            Expr::Ident(_) | Expr::Select(_) | Expr::Call(_) => match path(node) {
                Some(path) if self.own.contains(&path[0]) => {}
                Some(path) => self.mentions.push(Mention {
                    path,
                    compared: Vec::new(),
                }),
                None => {
                    if let Expr::Select(select) = &node.expr {
                        self.expression(&select.operand);
                    }
                }
            },
            Expr::Comprehension(it) => {
                self.expression(&it.iter_range);
                self.macros += 1;
                self.macros_deepest = self.macros_deepest.max(self.macros);
                let outer = self.own.len();
                self.own.extend([it.iter_var.clone(), it.accu_var.clone()]);
                self.own.extend(it.iter_var2.clone());
                for part in [&it.accu_init, &it.loop_cond, &it.loop_step, &it.result] {
                    self.expression(part);
                }
                self.own.truncate(outer);
                self.macros -= 1;
            }
            Expr::List(list) => list.elements.iter().for_each(|it| self.expression(it)),
            Expr::Map(map) => map.entries.iter().for_each(|it| self.entry(&it.expr)),
            Expr::Struct(it) => it.entries.iter().for_each(|it| self.entry(&it.expr)),
            Expr::Literal(_) | Expr::Unspecified => {}
        }
    }

    fn entry(&mut self, entry: &EntryExpr) {
        match entry {
            EntryExpr::StructField(it) => self.expression(&it.value),
            EntryExpr::MapEntry(it) => {
                self.expression(&it.key);
                self.expression(&it.value);
            }
        }
    }
}

/// `a.b["c"]` as words; `None` for anything else.
fn path(node: &IdedExpr) -> Option<Vec<String>> {
    match &node.expr {
        Expr::Ident(name) => Some(vec![name.clone()]),
        Expr::Select(select) => {
            let mut path = path(&select.operand)?;
            path.push(select.field.clone());
            Some(path)
        }
        Expr::Call(call) if call.func_name == operators::INDEX && call.target.is_none() => {
            let [operand, index] = call.args.as_slice() else {
                return None;
            };
            let mut path = path(operand)?;
            path.push(text(index)?);
            Some(path)
        }
        _ => None,
    }
}

/// The texts of a literal, or of a list of literals.
fn literals(node: &IdedExpr) -> Vec<String> {
    match &node.expr {
        Expr::List(list) => list.elements.iter().filter_map(text).collect(),
        _ => text(node).into_iter().collect(),
    }
}

fn text(node: &IdedExpr) -> Option<String> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
        _ => None,
    }
}

impl Decode for Condition {
    fn decode(node: &Node<'_>, cx: &mut Decoder) -> Option<Self> {
        let text = String::decode(node, cx)?;
        match Self::new(&text) {
            Ok(condition) => Some(condition),
            Err(why) => {
                let message = format!("this is not a CEL expression: {why}");
                cx.sink.push(
                    Diagnostic::new(&codes::NOT_AN_EXPRESSION, message)
                        .at(node.span, "")
                        .help("write one over `account`, `user`, `access`, `object` or `actor`: `account.settings.plan == \"basic\"`"),
                );
                None
            }
        }
    }
}

impl Serialize for Condition {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl schemars::JsonSchema for Condition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Condition".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": LENGTH_MAX,
            "description": "A CEL expression over `account`, `user`, `access`, `object` and `actor`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(text: &str) -> Result<bool, CannotBeSaid> {
        let facts = Facts::default()
            .with(
                "account",
                &json!({"settings": {"plan": "basic", "own-word": true, "size": 3}, "parent": null}),
            )
            .with("access", &json!({"roles": ["clerk", "seller"], "options": {"mask": ["phone"]}}));
        Condition::new(text).expect(text).holds(&facts)
    }

    #[test]
    fn a_condition_is_over_plain_data() {
        for text in [
            r#"account.settings.plan in ["basic", "beyond-trial"]"#,
            r#"account.settings["own-word"]"#,
            "account.settings.size > 2 && account.settings.size == 3",
            "account.parent == null",
            r#"access.roles.exists(it, it == "clerk") && size(access.options.mask) == 1"#,
            r#"!has(account.settings.missing)"#,
            r#"account.settings.plan.matches("^ba")"#,
        ] {
            assert_eq!(holds(text), Ok(true), "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_not_known_to_hold() {
        assert_eq!(
            holds("account.settings.trial == true"),
            Err(CannotBeSaid("\"trial\" is not known".to_owned()))
        );
        assert!(holds("user.kind == 'guest'").is_err());
        assert!(holds("account.settings.plan").is_err(), "not a truth");
    }

    #[test]
    fn what_could_take_long_is_not_compiled() {
        assert!(Condition::new(&"(".repeat(400)).is_err());
        assert!(Condition::new(&format!("true{}", " ".repeat(LENGTH_MAX))).is_err());
        let nested = "access.roles.all(a, access.roles.all(b, access.roles.all(c, a == b)))";
        assert!(Condition::new(nested).is_err());
        assert!(Condition::new("").is_err());
    }

    #[test]
    fn a_condition_says_what_it_looks_at() {
        let condition = Condition::new(
            r#"account.settings["plan"] in ["a", "b"] && access.roles.all(it, it != "c") && account.seats.x > 1"#,
        )
        .expect("it is one");
        let words: Vec<_> = condition
            .mentions()
            .iter()
            .map(|it| (it.path.join("."), it.compared.join(",")))
            .collect();
        assert_eq!(
            words,
            [
                ("account.settings.plan".to_owned(), "a,b".to_owned()),
                ("access.roles".to_owned(), String::new()),
                ("account.seats.x".to_owned(), String::new()),
            ]
        );
        assert!(condition.asks_setting("plan") && !condition.asks_setting("x"));
        assert!(!condition.looks_at("user"));
    }
}
