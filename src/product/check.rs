//! What must hold inside of a definition: that what it names exists, and that what it says can be meant.

use super::codes;
use super::constraint::{Constraint, Selector};
use super::definition::{
    Identity, Matrix, OptionKind, PoolCapacity, Product, SettingDefault, Transition, When,
};
use crate::diagnostic::{Diagnostic, Sink};
use crate::model::{Action, Kind, Value, WeeklyHours};
use crate::text::{Span, Spanned, Word, nearest};
use crate::yaml::Entries;

/// Reports everything in a definition that names what it does not define, or that could never be used.
pub fn check(id: &Spanned<Word>, product: &Product, sink: &mut Sink) {
    let mut cx = Check {
        id: &id.value,
        product,
        sink,
    };
    cx.identity();
    cx.values();
    cx.roles();
    if let Some(matrix) = &product.matrix {
        cx.matrix(matrix);
    }
    cx.pools(id.span);
    cx.constraints();
    cx.effects();
    cx.operations();
}

struct Check<'a> {
    id: &'a Word,
    product: &'a Product,
    sink: &'a mut Sink,
}

impl<'a> Check<'a> {
    fn identity(&mut self) {
        let identity = &self.product.user.identity;
        if matches!(&identity.value, Identity::Login(name) if name.is_empty()) {
            let message = format!("users of {} are known by nothing", self.id.as_str());
            self.sink.push(
                Diagnostic::new(&codes::UNKNOWN_ELEMENT, message)
                    .at(identity.span, "")
                    .help("write \"email\", or the name of a login: \"github\""),
            );
        }
    }

    fn values(&mut self) {
        let product = self.product;
        for (name, rule) in product.settings.iter() {
            self.value(
                "setting",
                name,
                rule.r#type,
                &rule.values,
                rule.default.as_ref(),
            );
        }
        for (name, rule) in product.options.iter() {
            self.value(
                "option",
                name,
                rule.r#type,
                &rule.values,
                rule.default.as_ref(),
            );
            rule.roles.iter().for_each(|it| self.role(it));
            rule.denies.iter().for_each(|it| self.capability(it));
        }
    }

    fn value(
        &mut self,
        what: &str,
        name: &Spanned<Word>,
        kind: OptionKind,
        words: &[Spanned<Word>],
        default: Option<&SettingDefault>,
    ) {
        let takes_words = matches!(kind, OptionKind::Enum | OptionKind::Set);
        let wrong = if takes_words == words.is_empty() {
            Some(match takes_words {
                true => "it needs \"values:\"".to_owned(),
                false => format!("a {} has no \"values:\"", kind.word()),
            })
        } else {
            default.filter(|it| !is_of(&it.0, kind, words)).map(|it| {
                format!(
                    "its default \"{}\" is not a value of the type {}",
                    it.0,
                    kind.word()
                )
            })
        };
        if let Some(wrong) = wrong {
            let message = format!(
                "the {what} \"{}\" cannot be meant: {wrong}",
                name.value.as_str()
            );
            self.sink
                .push(Diagnostic::new(&codes::WRONG_DEFAULT, message).at(name.span, ""));
        }
    }

    fn roles(&mut self) {
        let product = self.product;
        for (_, role) in product.roles.iter() {
            role.may_assign.iter().for_each(|it| self.role(it));
        }
        if let Some(teams) = &product.teams {
            teams.always_lead.iter().for_each(|it| self.role(it));
        }
    }

    fn matrix(&mut self, matrix: &'a Matrix) {
        matrix.roles.iter().for_each(|it| self.role(it));
        for (name, row) in matrix.rows.iter() {
            if row.may.len() != matrix.roles.len() {
                let message = format!(
                    "the row \"{}\" has {} words for {} roles",
                    name.value.as_str(),
                    row.may.len(),
                    matrix.roles.len()
                );
                self.sink
                    .push(Diagnostic::new(&codes::UNEVEN_MATRIX, message).at(name.span, ""));
            }
        }
    }

    fn pools(&mut self, definition: Span) {
        for (name, pool) in self.product.pools.iter() {
            let span = match name.span.is_outside() {
                true => definition,
                false => name.span,
            };
            let unconditional = pool.capacity.iter().position(|it| it.when.is_none());
            let is_reached = unconditional.is_none_or(|at| at + 1 == pool.capacity.len());
            let wrong = if pool.capacity.is_empty() {
                Some("it has no capacity")
            } else if pool.capacity.iter().any(|it| ways(it) != 1) {
                Some("an entry needs exactly one of purchased, number, setting and unlimited")
            } else if !is_reached {
                Some("an entry without \"when\" hides those behind it")
            } else {
                None
            };
            if let Some(wrong) = wrong {
                let message = format!(
                    "the capacity of the pool \"{}\" is unclear: {wrong}",
                    name.value.as_str()
                );
                self.sink
                    .push(Diagnostic::new(&codes::NOT_ONE_CAPACITY, message).at(span, ""));
            }
            for entry in &pool.capacity {
                entry.when.iter().for_each(|it| self.when(it));
                entry.setting.iter().for_each(|it| self.setting(it));
            }
            for selector in [&pool.counts, &pool.never_counts].into_iter().flatten() {
                self.selector(selector);
            }
        }
    }

    fn constraints(&mut self) {
        for (_, constraint) in self.product.constraints.iter() {
            match constraint {
                Constraint::Excludes(it) => {
                    [&it.a, &it.b].into_iter().for_each(|it| self.selector(it))
                }
                Constraint::Requires(it) => {
                    [&it.a, &it.b].into_iter().for_each(|it| self.selector(it))
                }
                Constraint::MaxCount(it) | Constraint::MinCount(it) => self.selector(&it.of),
                Constraint::ExactlyOne(it) => self.selector(&it.of),
                Constraint::PlanGate(it) => {
                    self.selector(&it.of);
                    self.setting_values(&it.setting, &it.values);
                }
                Constraint::Actor(it) => {
                    it.operations.0.iter().for_each(|it| self.operation(it));
                    it.capability.iter().for_each(|it| self.capability(it));
                }
                Constraint::Immutable(it) => {
                    it.options.iter().for_each(|it| self.option(it));
                    it.settings.iter().for_each(|it| self.setting(it));
                }
                Constraint::MaxDepth(_) => {}
            }
        }
    }

    fn effects(&mut self) {
        for (_, effect) in self.product.effects.iter() {
            let Transition {
                operation,
                access,
                option,
            } = &effect.upon;
            operation.0.iter().for_each(|it| self.operation(it));
            access.iter().for_each(|it| self.selector(it));
            option.iter().for_each(|it| self.option(it));
            effect.when.iter().for_each(|it| self.when(it));
        }
    }

    fn operations(&mut self) {
        let product = self.product;
        for (name, operation) in product.operations.iter() {
            self.operation(name);
            operation.actor.iter().for_each(|it| self.role(it));
            if let Some(then) = operation.then.as_ref().filter(|it| it.value != "active") {
                self.known("state", then, &product.states);
            }
        }
    }

    fn selector(&mut self, selector: &'a Selector) {
        for role in selector.role.iter().flat_map(|it| &it.0) {
            self.role(role);
        }
        for (name, values) in selector.options.iter() {
            self.option(name);
            if let Some(rule) = self.product.options.get(&name.value) {
                for value in values.0.iter().filter(|it| it.value != "any") {
                    self.word("option", name, rule.r#type, &rule.values, value);
                }
            }
        }
        selector.any_option.iter().for_each(|it| self.option(it));
    }

    fn when(&mut self, when: &'a When) {
        for (name, values) in when.settings.iter() {
            self.setting_values(name, &values.0);
        }
    }

    fn setting_values(&mut self, name: &'a Spanned<Word>, values: &'a [Spanned<Word>]) {
        self.setting(name);
        if let Some(rule) = self.product.settings.get(&name.value) {
            for value in values {
                self.word("setting", name, rule.r#type, &rule.values, value);
            }
        }
    }

    /// A word that stands for one value of an option or a setting.
    fn word(
        &mut self,
        what: &str,
        name: &Spanned<Word>,
        kind: OptionKind,
        words: &[Spanned<Word>],
        value: &Spanned<Word>,
    ) {
        let is_known = match kind {
            OptionKind::Enum | OptionKind::Set => words.contains(value),
            OptionKind::Switch => matches!(value.value.as_str(), "true" | "false"),
            OptionKind::Count => value.value.parse::<u32>().is_ok(),
            OptionKind::Text | OptionKind::Hours | OptionKind::User => true,
        };
        if !is_known {
            let known = words.iter().map(|it| it.value.as_str()).collect();
            let what = format!("value of the {what} \"{}\"", name.value.as_str());
            self.unknown(&what, value, known);
        }
    }

    fn role(&mut self, name: &Spanned<Word>) {
        self.known("role", name, &self.product.roles);
    }

    fn option(&mut self, name: &Spanned<Word>) {
        self.known("option", name, &self.product.options);
    }

    fn setting(&mut self, name: &Spanned<Word>) {
        self.known("setting", name, &self.product.settings);
    }

    fn capability(&mut self, name: &Spanned<Word>) {
        match &self.product.matrix {
            Some(matrix) => self.known("capability", name, &matrix.rows),
            None => self.unknown("capability", name, Vec::new()),
        }
    }

    fn known<T>(&mut self, what: &str, name: &Spanned<Word>, among: &Entries<T>) {
        if among.get(&name.value).is_none() {
            let known = among.iter().map(|(it, _)| it.value.as_str()).collect();
            self.unknown(what, name, known);
        }
    }

    fn unknown(&mut self, what: &str, name: &Spanned<Word>, known: Vec<&str>) {
        let text = name.value.as_str();
        let message = format!("{} defines no {what} \"{text}\"", self.id.as_str());
        let diagnostic = Diagnostic::new(&codes::UNKNOWN_ELEMENT, message).at(name.span, "");
        self.sink.push(match nearest(text, known.iter().copied()) {
            Some(near) => diagnostic
                .help(format!("did you mean \"{near}\"?"))
                .replace(name.span, format!("write \"{near}\""), near),
            None if known.is_empty() => diagnostic,
            None => diagnostic.help(format!("it defines {}", known.join(", "))),
        });
    }

    fn operation(&mut self, name: &Spanned<Word>) {
        let text = name.value.as_str();
        let is_known = text.split_once('.').is_some_and(|(kind, action)| {
            KINDS.iter().any(|it| it.word() == kind) && ACTIONS.iter().any(|it| it.word() == action)
        });
        if is_known {
            return;
        }
        let all: Vec<String> = KINDS
            .iter()
            .flat_map(|kind| ACTIONS.map(|action| format!("{}.{}", kind.word(), action.word())))
            .collect();
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
}

const KINDS: [Kind; 6] = [
    Kind::Setting,
    Kind::Seats,
    Kind::Object,
    Kind::Team,
    Kind::Access,
    Kind::Member,
];

const ACTIONS: [Action; 4] = [
    Action::Create,
    Action::Update,
    Action::Rename,
    Action::Remove,
];

/// How many ways of saying its size an entry has.
fn ways(capacity: &PoolCapacity) -> usize {
    usize::from(capacity.purchased == Some(true))
        + usize::from(capacity.number.is_some())
        + usize::from(capacity.setting.is_some())
        + usize::from(capacity.unlimited == Some(true))
}

fn is_of(value: &Value, kind: OptionKind, words: &[Spanned<Word>]) -> bool {
    let is_known = |word: &Word| words.iter().any(|it| it.value == *word);
    match (kind, value) {
        (OptionKind::Switch, Value::Switch(_)) | (OptionKind::Count, Value::Count(_)) => true,
        (OptionKind::Enum, Value::Word(word)) => is_known(word),
        (OptionKind::Set, Value::Words(words)) => words.iter().all(is_known),
        (OptionKind::Text, Value::Word(_)) => true,
        (OptionKind::Hours, Value::Word(word)) => WeeklyHours::parse(word).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::product::{built_in, read};

    #[test]
    fn built_in_definitions_have_no_problem() {
        for (id, text) in built_in() {
            if let Err(sink) = read(id, text) {
                panic!("{id}: {:#?}", sink.diagnostics());
            }
        }
    }

    fn messages(text: &str) -> Vec<String> {
        let sink = read("chat", text).expect_err("it has problems");
        sink.diagnostics()
            .iter()
            .map(|it| format!("{}: {}", it.code.id, it.message))
            .collect()
    }

    const BASE: &str = "title: Chat\nuser: {identity: email, fold: case, roles: one}\n";

    #[test]
    fn every_name_inside_of_a_definition_must_exist() {
        let text = format!(
            "{BASE}
roles: {{member: {{rank: 1, may_assign: [membr]}}}}
options:
  mask: {{type: switch, roles: [owner], denies: [export]}}
constraints:
  a: {{type: excludes, a: {{role: boss}}, b: {{any_option: [maks]}}, text: x}}
  b: {{type: plan_gate, of: {{}}, setting: plan, values: [big], text: x}}
pools:
  seats: {{unit: seat, capacity: [{{setting: size}}], overflow: refuse}}
operations:
  access.create: {{via: api, then: invitd}}
  access.make: {{via: api}}
"
        );
        insta::assert_snapshot!(messages(&text).join("\n"), @r#"
        PRODUCT001: chat defines no role "owner"
        PRODUCT001: chat defines no capability "export"
        PRODUCT001: chat defines no role "membr"
        PRODUCT001: chat defines no setting "size"
        PRODUCT001: chat defines no role "boss"
        PRODUCT001: chat defines no option "maks"
        PRODUCT001: chat defines no setting "plan"
        PRODUCT001: chat defines no state "invitd"
        PRODUCT003: "access.make" is not an operation
        "#);
    }

    #[test]
    fn a_capacity_behind_one_without_condition_is_never_reached() {
        let text = format!(
            "{BASE}pools:\n  seats: {{unit: seat, capacity: [{{number: 1}}, {{number: 2}}], overflow: refuse}}\n"
        );
        insta::assert_snapshot!(messages(&text).join("\n"), @r#"PRODUCT004: the capacity of the pool "seats" is unclear: an entry without "when" hides those behind it"#);
    }

    #[test]
    fn a_matrix_row_has_a_word_for_every_role() {
        let text = format!(
            "{BASE}roles: {{member: {{rank: 1}}}}\nmatrix: {{roles: [member], rows: {{export: {{may: [allow, deny]}}}}}}\n"
        );
        insta::assert_snapshot!(messages(&text).join("\n"), @r#"PRODUCT002: the row "export" has 2 words for 1 roles"#);
    }
}
