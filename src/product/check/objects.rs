//! Owned objects: that their fields can be written and compared.

use super::{Check, codes};
use crate::diagnostic::Diagnostic;
use crate::model::Value;
use crate::product::{ChangeHow, FieldKind, FieldRule, ReplaceHow};
use crate::text::{Spanned, Word};

/// Keys of an account that no kind of objects can be called.
const TAKEN: &[&str] = &[
    "product",
    "connection",
    "unmanaged",
    "parent",
    "settings",
    "seats",
    "billing",
    "teams",
    "access",
];

/// First words of operations that no kind of objects can be called.
const WORDS: &[&str] = &["setting", "seats", "object", "team", "access", "member"];

impl Check<'_> {
    pub(super) fn objects(&mut self) {
        let product = self.product;
        for (kind, rules) in product.objects.iter() {
            if TAKEN.contains(&kind.value.as_str()) || WORDS.contains(&kind.value.as_str()) {
                self.unclear(kind, "this word has a meaning of its own at an account");
            }
            for (name, rule) in rules.fields.iter() {
                self.field(kind, name, rule);
            }
        }
        for (name, replace) in product.replace.iter() {
            if replace.of.value != "access" {
                self.kind(&replace.of);
                if replace.how != ReplaceHow::DestroyFirst {
                    self.unclear(name, "objects are replaced destroy-first");
                }
            } else if replace.how != ReplaceHow::CreateFirst {
                self.unclear(name, "accesses are replaced create-first");
            }
            if let Some(state) = replace.wait_for.as_ref().filter(|it| it.value != "active") {
                self.known("state", state, &product.states);
            }
            if replace.carry.is_some() && product.hand_over.is_none() {
                self.unclear(name, "nothing is carried over without \"hand_over:\"");
            }
        }
    }

    fn field(&mut self, kind: &Spanned<Word>, name: &Spanned<Word>, rule: &FieldRule) {
        let wrong = match rule.r#type {
            FieldKind::Enum if rule.values.is_empty() => Some("an enum needs \"values:\""),
            FieldKind::Enum | FieldKind::Set => None,
            _ if !rule.values.is_empty() => Some("only enums and sets have \"values:\""),
            _ => None,
        };
        let replaced = |it: &crate::product::Replace| it.of.value == kind.value;
        let wrong = wrong.or_else(|| {
            if rule.pattern.is_some() && rule.r#type != FieldKind::Text {
                Some("only a text has a pattern")
            } else if rule.later == Some(true)
                && (rule.required == Some(true) || rule.default.is_some())
            {
                Some("what comes later is neither required nor has a default")
            } else if rule.required == Some(true) && rule.default.is_some() {
                Some("what is required needs no default")
            } else if rule.allows == Some(true)
                && (rule.r#type != FieldKind::Set
                    || (self.product.user.owned_roles.as_ref())
                        .is_none_or(|it| it.value != kind.value))
            {
                Some("only a set of the kind that \"owned_roles\" names has \"allows\"")
            } else if rule.change == Some(ChangeHow::Replace)
                && !self.product.replace.iter().any(|(_, it)| replaced(it))
            {
                Some("\"replace:\" does not say how objects of this kind are replaced")
            } else {
                None
            }
        });
        if let Some(wrong) = wrong {
            self.unclear(name, wrong);
        }
        let Some(default) = &rule.default else { return };
        if !fits(&default.0, rule) {
            let message = format!(
                "the field \"{}\" cannot be meant: its default \"{}\" is not a value of the type {}",
                name.value.as_str(),
                default.0,
                rule.r#type.word()
            );
            self.sink
                .push(Diagnostic::new(&codes::WRONG_DEFAULT, message).at(name.span, ""));
        }
    }
}

/// Whether a value is one of a field's type.
fn fits(value: &Value, rule: &FieldRule) -> bool {
    let is_known = |word: &Word| rule.values.iter().any(|it| it.value == *word);
    match (rule.r#type, value) {
        (FieldKind::Switch, Value::Switch(_)) | (FieldKind::Count, Value::Count(_)) => true,
        (FieldKind::Enum, Value::Word(word)) => is_known(word),
        (FieldKind::Set, Value::Words(words)) => {
            rule.values.is_empty() || words.iter().all(is_known)
        }
        (FieldKind::Text, Value::Word(word)) => {
            (rule.pattern.as_ref()).is_none_or(|it| it.value.matches(word))
        }
        _ => false,
    }
}

/// A word that stands for one value of a field.
pub(super) fn check_word(
    cx: &mut Check<'_>,
    name: &Spanned<Word>,
    rule: &FieldRule,
    value: &Spanned<Word>,
) {
    let is_known = match rule.r#type {
        FieldKind::Enum => rule.values.contains(value),
        FieldKind::Set => rule.values.is_empty() || rule.values.contains(value),
        FieldKind::Switch => matches!(value.value.as_str(), "true" | "false"),
        FieldKind::Count => value.value.parse::<u32>().is_ok(),
        FieldKind::Text | FieldKind::User => true,
    };
    if !is_known {
        let known = rule.values.iter().map(|it| it.value.as_str()).collect();
        let what = format!("value of the field \"{}\"", name.value.as_str());
        cx.unknown(&what, value, known);
    }
}
