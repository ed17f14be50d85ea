//! Operations: that their names are changes that there can be, and what follows from them.

use super::{Check, codes};
use crate::diagnostic::Diagnostic;
use crate::model::{Action, Kind};
use crate::product::Via;
use crate::text::{Spanned, Word, nearest};

/// What can be done to a kind of things.
const ACTIONS: [Action; 4] = [
    Action::Create,
    Action::Update,
    Action::Rename,
    Action::Remove,
];

/// Kinds whose operations begin with their own word; owned objects begin with their kind's name.
const KINDS: [Kind; 5] = [
    Kind::Setting,
    Kind::Seats,
    Kind::Team,
    Kind::Access,
    Kind::Member,
];

impl Check<'_> {
    pub(super) fn operations(&mut self) {
        let product = self.product;
        for (name, operation) in product.operations.iter() {
            self.operation(name);
            operation.actor.iter().for_each(|it| self.role(it));
            if let Some(then) = operation.then.as_ref().filter(|it| it.value != "active") {
                self.known("state", then, &product.states);
                let kind = name.value.split('.').next().unwrap_or_default();
                if product.states.get(&then.value).is_some()
                    && !product.has_state(kind, &then.value)
                {
                    self.unclear(
                        name,
                        "the state that follows is one of another kind of things",
                    );
                }
            }
            if operation.by.is_some() && operation.via != Via::Vendor {
                self.unclear(
                    name,
                    "\"by\" says who asks the vendor, and it is not the vendor who does it",
                );
            }
        }
        for (_, state) in product.states.iter() {
            if let Some(of) = state.of.as_ref().filter(|it| it.value != "access") {
                self.kind(of);
            }
        }
    }

    /// The name of an operation, wherever it stands.
    pub(super) fn operation(&mut self, name: &Spanned<Word>) {
        let text = name.value.as_str();
        let all = self.all_operations();
        let (head, part) = match text.match_indices('.').nth(1) {
            Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        if all.iter().any(|it| it == head) {
            if let Some(part) = part {
                self.part(name, head, part);
            }
            return;
        }
        let message = format!("\"{text}\" is not an operation");
        let diagnostic = Diagnostic::new(&codes::NOT_AN_OPERATION, message).at(name.span, "");
        self.sink
            .push(match nearest(text, all.iter().map(String::as_str)) {
                Some(near) => diagnostic
                    .help(format!("did you mean \"{near}\"?"))
                    .replace(name.span, format!("write \"{near}\""), near),
                None => diagnostic.help("write KIND.ACTION: \"access.create\""),
            });
    }

    fn all_operations(&self) -> Vec<String> {
        let kinds = KINDS.iter().map(|it| it.word());
        let objects = self.product.objects.iter();
        let kinds = kinds.chain(objects.map(|(name, _)| name.value.as_str()));
        let operations =
            kinds.flat_map(|kind| ACTIONS.map(|action| format!("{kind}.{}", action.word())));
        let more = ["seats.raise", "seats.lower", "access.transfer"];
        operations.chain(more.map(str::to_owned)).collect()
    }

    /// The part of a thing that an operation is about.
    fn part(&mut self, name: &Spanned<Word>, head: &str, part: &str) {
        let product = self.product;
        let part = &Spanned::new(Word::new(part), name.span);
        match head.split_once('.').map_or(head, |(kind, _)| kind) {
            "setting" => self.setting(part),
            "seats" => self.pool(part),
            "access" => {
                let options = product.options.iter().map(|(it, _)| it.value.as_str());
                let grants = product.grants.iter().map(|(it, _)| it.value.as_str());
                let known: Vec<_> = options.chain(grants).chain(["role"]).collect();
                if !known.contains(&part.value.as_str()) {
                    self.unknown("option or grant", part, known);
                }
            }
            "team" | "member" => self.unknown("part", part, Vec::new()),
            kind => {
                if let Some(rules) = product.objects.get(kind) {
                    self.known("field", part, &rules.fields);
                }
            }
        }
    }
}
