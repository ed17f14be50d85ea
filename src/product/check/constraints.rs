//! Constraints: that what they name exists, and that they count something.

use super::Check;
use super::conditions::Over;
use crate::product::{CelRule, Constraint, Count, UniqueRule};
use crate::text::{Spanned, Word};

impl<'a> Check<'a> {
    pub(super) fn constraints(&mut self) {
        for (name, constraint) in self.product.constraints.iter() {
            for selector in constraint.selectors() {
                self.selector(selector);
            }
            match constraint {
                Constraint::Excludes(_) | Constraint::Requires(_) | Constraint::ExactlyOne(_) => {}
                Constraint::MaxCount(it) | Constraint::MinCount(it) => self.count(name, it),
                Constraint::PlanGate(it) => self.setting_values(&it.setting, &it.values),
                Constraint::Actor(it) => {
                    it.operations.0.iter().for_each(|it| self.operation(it));
                    it.roles.iter().for_each(|it| self.role(it));
                    it.capability.iter().for_each(|it| self.capability(it));
                    let says = !it.roles.is_empty()
                        || it.capability.is_some()
                        || it.not_self == Some(true)
                        || it.may_assign == Some(true);
                    if !says || it.operations.0.is_empty() {
                        self.unclear(name, "it says nothing about the actor, or of no operation");
                    }
                }
                Constraint::Immutable(it) => {
                    it.options.iter().for_each(|it| self.option(it));
                    it.settings.iter().for_each(|it| self.setting(it));
                }
                Constraint::MaxDepth(_) => {}
                Constraint::Unique(it) => self.unique(name, it),
                Constraint::Cel(it) => self.cel(name, it),
            }
        }
    }

    fn count(&mut self, name: &Spanned<Word>, count: &'a Count) {
        match (&count.of, &count.objects) {
            (Some(_), None) if count.fields.is_empty() && count.per.is_none() => {}
            (None, Some(kind)) => {
                self.kind(kind);
                self.fields(kind, &count.fields);
                if let (Some(field), Some(rules)) =
                    (&count.per, self.product.objects.get(&kind.value))
                {
                    self.known("field", field, &rules.fields);
                }
            }
            _ => self.unclear(
                name,
                "it counts accesses with \"of\", or objects with \"objects\" and their fields",
            ),
        }
    }

    fn unique(&mut self, name: &Spanned<Word>, rule: &'a UniqueRule) {
        match &rule.objects {
            Some(kind) => {
                self.kind(kind);
                if let Some(rules) = self.product.objects.get(&kind.value) {
                    self.known("field", &rule.field, &rules.fields);
                }
                if rule.across.is_some() {
                    self.unclear(name, "it is about objects and about accesses");
                }
            }
            None if rule.field.value != "email" => {
                self.unclear(name, "of accesses only \"email\" can be unique");
            }
            None => {}
        }
    }

    fn cel(&mut self, name: &Spanned<Word>, rule: &'a CelRule) {
        let kind = rule.on.value.strip_prefix("object:");
        let over: &[Over<'_>] = match (rule.on.value.as_str(), kind) {
            ("account", _) => &[Over::Account, Over::Actor],
            ("access", _) => &[Over::Account, Over::Access, Over::User, Over::Actor],
            (_, Some(kind)) => {
                let kind = Spanned::new(Word::new(kind), rule.on.span);
                self.kind(&kind);
                self.condition(
                    &rule.must,
                    name,
                    &[Over::Account, Over::Object(&kind.value), Over::Actor],
                );
                return;
            }
            _ => {
                self.unknown(
                    "thing to look at",
                    &rule.on,
                    vec!["account", "access", "object:KIND"],
                );
                return;
            }
        };
        self.condition(&rule.must, name, over);
    }
}
