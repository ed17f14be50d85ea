//! What accounts own, of the kinds that their products declare.

use super::entries::not_in_product;
use super::values::{self, Type, Typed};
use super::{Resolved, Resolver, Site};
use crate::config::codes;
use crate::config::identity::check_vendor_name;
use crate::config::written::{ACCOUNT_KEYS, Account, OwnedKind, OwnedObject};
use crate::diagnostic::Diagnostic;
use crate::model::{
    Absence, AbsenceReason, Address, Entry, Field, Former, KindName, Object, ObjectName, Origin,
    Resource, ResourceId, Value,
};
use crate::product::{FieldKind, FieldRule, ObjectKind, OptionKind, Under};
use crate::text::{Span, Spanned, Word, nearest};
use crate::yaml::codes as yaml_codes;

impl<'a> Resolver<'a> {
    /// The objects of an account into `out`; the kinds that it writes are managed.
    pub(super) fn objects(
        &mut self,
        position: u32,
        site: &Site<'a>,
        account: &'a Account,
        out: &mut Resolved,
    ) -> std::collections::BTreeSet<KindName> {
        let mut managed = std::collections::BTreeSet::new();
        for kind in &account.owned.0 {
            let Some(rules) = site.product.objects.get(&kind.kind.value) else {
                self.unknown_kind(kind, site);
                continue;
            };
            for problem in &kind.problems {
                self.sink.push(problem.clone());
            }
            if rules.under == Some(Under::Main)
                && let Some(parent) = &account.parent
            {
                let message = format!(
                    "\"{}\" is a sub-account, and only main accounts own {}",
                    site.name.as_str(),
                    kind.kind.value.as_str()
                );
                self.sink.push(
                    Diagnostic::new(&codes::NOT_IN_PRODUCT, message)
                        .at(kind.kind.span, "")
                        .at(parent.span, "its main account"),
                );
                continue;
            }
            // Nothing that is empty removes everything.
            if kind.objects.is_empty() && kind.problems.is_empty() {
                self.nothing_owned(kind);
            }
            if kind.is_managed() {
                managed.insert(KindName::new(&kind.kind.value));
            }
            for (name, object) in kind.objects.iter() {
                self.object(position, site, (kind, rules), (name, object), out);
            }
        }
        managed
    }

    fn nothing_owned(&mut self, kind: &OwnedKind) {
        let text = kind.kind.value.as_str();
        let message = format!("\"{text}\" names nothing, so whatever the account has of it stays");
        self.sink.push(
            Diagnostic::new(&codes::NOTHING_OWNED, message)
                .at(kind.kind.span, "")
                .help("to have one removed write its name with none, as in `NAME: none`; else delete the key"),
        );
    }

    fn unknown_kind(&mut self, kind: &OwnedKind, site: &Site<'a>) {
        let kinds = site.product.objects.iter();
        let kinds = kinds.map(|(name, _)| name.value.as_str());
        let known: Vec<&str> = ACCOUNT_KEYS.iter().copied().chain(kinds).collect();
        let text = kind.kind.value.as_str();
        let message = format!(
            "unknown key \"{text}\" in an account of {}",
            site.product_id
        );
        let diagnostic = Diagnostic::new(&yaml_codes::UNKNOWN_KEY, message).at(kind.kind.span, "");
        self.sink.push(match nearest(text, known.iter().copied()) {
            Some(near) => diagnostic
                .help(format!("did you mean \"{near}\"?"))
                .replace(kind.kind.span, format!("write \"{near}\""), near),
            None => diagnostic.help(format!("the keys here are {}", known.join(", "))),
        });
    }

    fn object(
        &mut self,
        position: u32,
        site: &Site<'a>,
        (kind, rules): (&OwnedKind, &'a ObjectKind),
        (name, object): (&Spanned<Word>, &Spanned<OwnedObject>),
        out: &mut Resolved,
    ) {
        let what = format!("the name of one of the {}", kind.kind.value.as_str());
        if !check_vendor_name(&name.value, name.span, &what, self.sink) {
            return;
        }
        let id = |name: &Word| {
            let id = ResourceId::Object {
                kind: KindName::new(&kind.kind.value),
                name: ObjectName::new(name),
            };
            Address::new(&site.name, id)
        };
        if object.value.is_none {
            let absence = Absence {
                reason: AbsenceReason::None,
                span: name.span.to(object.span),
                hand_over_to: None,
                user: None,
            };
            out.absences.insert(id(&name.value), absence);
            return;
        }
        let mut fields = Vec::new();
        let mut origins = vec![Origin {
            field: Field::Whole,
            span: name.span,
        }];
        for (field, literal) in object.value.fields.iter() {
            let Some(rule) = rules.fields.get(&field.value) else {
                let known = rules.fields.iter().map(|(it, _)| it.value.as_str());
                let what = format!("field of {}", kind.kind.value.as_str());
                self.sink.push(not_in_product(&what, field, site, known));
                continue;
            };
            let Some(value) = self.field(position, site, (kind, field, rule), literal) else {
                continue;
            };
            origins.push(Origin {
                field: Field::Object(field.value.clone()),
                span: literal.span,
            });
            if rule.default.as_ref().map(|it| &it.0) != Some(&value) {
                fields.push((field.value.clone(), value));
            }
        }
        self.missing_fields(kind, rules, (name, object));
        let address = id(&name.value);
        let mut formers = Vec::new();
        for former in &object.value.formerly {
            let mut others = kind.objects.iter().filter(|(_, it)| !it.value.is_none);
            if let Some((now, _)) = others.find(|(it, _)| it.value == former.value) {
                let message = format!(
                    "\"{}\" cannot be an earlier name of \"{}\"",
                    former.value.as_str(),
                    name.value.as_str()
                );
                self.sink.push(
                    Diagnostic::new(&codes::FORMER_IN_USE, message)
                        .at(former.span, "")
                        .at(now.span, "something of the account has this name now"),
                );
                continue;
            }
            formers.push(Former {
                address: id(&former.value),
                span: former.span,
            });
        }
        if !formers.is_empty() {
            out.formers.insert(address.clone(), formers);
        }
        let object = Object {
            fields: fields.into_iter().collect(),
        };
        let mut entry = Entry::desired(Resource::Object(object), name.span);
        entry.origins = origins.into_iter().collect();
        out.add(address, entry);
    }

    fn missing_fields(
        &mut self,
        kind: &OwnedKind,
        rules: &ObjectKind,
        (name, object): (&Spanned<Word>, &Spanned<OwnedObject>),
    ) {
        let required = rules
            .fields
            .iter()
            .filter(|(_, it)| it.required == Some(true));
        for (field, rule) in required {
            if object.value.fields.get(&field.value).is_some() {
                continue;
            }
            let message = format!(
                "\"{}\" of the {} needs the field \"{}\"",
                name.value.as_str(),
                kind.kind.value.as_str(),
                field.value.as_str()
            );
            let diagnostic = Diagnostic::new(&yaml_codes::MISSING_KEY, message)
                .at(object.span, "it is not written here");
            self.sink.push(match &rule.text {
                Some(text) => diagnostic.help(text.clone()),
                None => diagnostic,
            });
        }
    }

    fn field(
        &mut self,
        position: u32,
        site: &Site<'a>,
        (kind, name, rule): (&OwnedKind, &Spanned<Word>, &FieldRule),
        literal: &Spanned<crate::config::written::Literal>,
    ) -> Option<Value> {
        let what = format!(
            "the field \"{}\" of the {} of {}",
            name.value.as_str(),
            kind.kind.value.as_str(),
            site.product_id
        );
        let of = Type {
            what: &what,
            kind: option_kind(rule.r#type),
            words: &rule.values,
        };
        let value = match values::read(literal, of, self.sink)? {
            Typed::Value(value) => value,
            Typed::User(user) => self.user_value(position, &user)?,
        };
        if let (Some(pattern), Value::Word(word)) = (&rule.pattern, &value)
            && !pattern.value.matches(word)
        {
            self.refuse_pattern(&what, word, pattern.value.as_str(), literal.span);
            return None;
        }
        Some(value)
    }

    fn refuse_pattern(&mut self, what: &str, word: &Word, pattern: &str, span: Span) {
        let message = format!("{what} takes no \"{}\"", word.as_str());
        self.sink.push(
            Diagnostic::new(&codes::WRONG_VALUE, message)
                .at(span, "")
                .help(format!("it takes a text of the form {pattern}")),
        );
    }
}

fn option_kind(kind: FieldKind) -> OptionKind {
    match kind {
        FieldKind::Switch => OptionKind::Switch,
        FieldKind::Count => OptionKind::Count,
        FieldKind::Enum => OptionKind::Enum,
        FieldKind::Set => OptionKind::Set,
        FieldKind::Text => OptionKind::Text,
        FieldKind::User => OptionKind::User,
    }
}
