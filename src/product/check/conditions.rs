//! Conditions: that what they look at exists, and that what it is compared with can be its value.

use super::{Check, codes};
use crate::diagnostic::Diagnostic;
use crate::product::{Condition, Mention, OptionKind};
use crate::text::{Spanned, Word, nearest};

/// A variable that there is where a condition stands.
#[derive(Clone, Copy)]
pub(super) enum Over<'k> {
    Account,
    Access,
    User,
    /// Whoever makes a change.
    Actor,
    /// An owned object of this kind.
    Object(&'k str),
}

impl Over<'_> {
    fn variable(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Access => "access",
            Self::User => "user",
            Self::Actor => "actor",
            Self::Object(_) => "object",
        }
    }

    fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Account => &["name", "product", "parent", "settings", "seats"],
            Self::Access => &[
                "roles",
                "options",
                "grants",
                "administers",
                "leads_team",
                "in_team",
                "state",
            ],
            Self::User => &["key", "name", "email", "kind", "private", "logins"],
            Self::Actor => &["roles", "administers"],
            Self::Object(_) => &["kind", "name", "fields"],
        }
    }
}

impl Check<'_> {
    /// A condition of an element that is evaluated over these variables.
    pub(super) fn condition(
        &mut self,
        condition: &Condition,
        of: &Spanned<Word>,
        over: &[Over<'_>],
    ) {
        for mention in condition.mentions() {
            if let Some(wrong) = self.wrong(mention, over) {
                let message = format!(
                    "the condition of \"{}\" looks at what there is not: {wrong}",
                    of.value.as_str()
                );
                self.sink
                    .push(Diagnostic::new(&codes::NOT_AN_EXPRESSION, message).at(of.span, ""));
            }
        }
    }

    fn wrong(&self, mention: &Mention, over: &[Over<'_>]) -> Option<String> {
        let root = mention.path.first()?;
        let Some(over) = over.iter().find(|it| it.variable() == root) else {
            let known: Vec<_> = over.iter().map(|it| it.variable()).collect();
            return Some(format!("\"{root}\" (there is {})", known.join(", ")));
        };
        let part = mention.path.get(1)?;
        if !over.parts().contains(&part.as_str()) {
            return Some(near(&[root, part], over.parts().iter().copied()));
        }
        let name = mention.path.get(2)?;
        let product = self.product;
        let names = |all: Vec<&'_ str>| {
            let path = [root.as_str(), part, name];
            (!all.contains(&name.as_str())).then(|| near(&path, all.into_iter()))
        };
        match (over, part.as_str()) {
            (Over::Account, "settings") => names(
                product
                    .settings
                    .iter()
                    .map(|(it, _)| it.value.as_str())
                    .collect(),
            )
            .or_else(|| {
                let rule = product.settings.get(name)?;
                value(mention, rule.r#type, &rule.values)
            }),
            (Over::Account, "seats") => {
                names(product.each_pool().map(|it| it.name.as_str()).collect())
            }
            (Over::Access, "options") => names(
                product
                    .options
                    .iter()
                    .map(|(it, _)| it.value.as_str())
                    .collect(),
            )
            .or_else(|| {
                let rule = product.options.get(name)?;
                value(mention, rule.r#type, &rule.values)
            }),
            (Over::Access, "grants") => names(
                product
                    .grants
                    .iter()
                    .map(|(it, _)| it.value.as_str())
                    .collect(),
            ),
            (Over::Object(kind), "fields") => {
                let rules = product.objects.get(kind)?;
                names(
                    rules
                        .fields
                        .iter()
                        .map(|(it, _)| it.value.as_str())
                        .collect(),
                )
            }
            _ => None,
        }
    }
}

/// A text that something is compared with and that it can never be.
fn value(mention: &Mention, kind: OptionKind, words: &[Spanned<Word>]) -> Option<String> {
    if kind != OptionKind::Enum {
        return None;
    }
    let is_known = |text: &String| words.iter().any(|it| it.value == text.as_str());
    let unknown = mention.compared.iter().find(|it| !is_known(it))?;
    let known: Vec<_> = words.iter().map(|it| it.value.as_str()).collect();
    let path = mention.path.join(".");
    Some(format!(
        "\"{path}\" is never \"{unknown}\", only {}",
        known.join(", ")
    ))
}

fn near<'n>(path: &[&str], known: impl Iterator<Item = &'n str>) -> String {
    let known: Vec<_> = known.collect();
    let last = path.last().copied().unwrap_or_default();
    let path = path.join(".");
    match nearest(last, known.iter().copied()) {
        Some(near) => format!("\"{path}\" (did you mean \"{near}\"?)"),
        None => format!("\"{path}\" (there is {})", known.join(", ")),
    }
}
