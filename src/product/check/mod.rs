//! What must hold inside of a definition: that what it names exists, and that what it says can be meant.

mod conditions;
mod constraints;
mod objects;
mod operations;
mod pools;

use self::conditions::Over;
use super::codes;
use super::constraint::Selector;
use super::definition::{
    Identity, Matrix, OptionKind, OptionRule, Product, SettingDefault, Transition,
};
use crate::diagnostic::{Diagnostic, Sink};
use crate::model::{Value, WeeklyHours};
use crate::text::{Spanned, Word, nearest};
use crate::yaml::{Entries, OneOrMany};

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
    cx.objects();
    cx.grants();
    cx.pools(id.span);
    cx.constraints();
    cx.effects();
    cx.operations();
    cx.observed();
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
            for (value, _) in rule.words.iter() {
                self.word("setting", name, rule.r#type, &rule.values, value);
            }
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
            let capabilities = rule.denies.iter().chain(&rule.limits);
            capabilities.for_each(|it| self.capability(it));
            self.vendor_words(name, rule);
        }
    }

    /// The vendor's words, and sentences, for values of an option.
    fn vendor_words(&mut self, name: &Spanned<Word>, rule: &'a OptionRule) {
        for (value, _) in rule.words.iter().chain(rule.text_when.iter()) {
            self.word("option", name, rule.r#type, &rule.values, value);
        }
    }

    fn grants(&mut self) {
        for (name, rule) in self.product.grants.iter() {
            for (value, _) in rule.values.iter() {
                if !matches!(value.value.as_str(), "access" | "none") {
                    self.unknown("value of a grant", value, vec!["access", "none"]);
                }
            }
            for default in &rule.default {
                if let Some(when) = &default.when {
                    self.condition(when, name, &[Over::Account]);
                }
            }
            let unconditional = rule.default.iter().position(|it| it.when.is_none());
            if unconditional.is_some_and(|at| at + 1 != rule.default.len()) {
                self.unclear(name, "a default without \"when\" hides those behind it");
            }
            if let Some(when) = &rule.opens_when {
                self.condition(when, name, &[Over::Account]);
            }
            rule.requires.iter().for_each(|it| self.selector(it));
            rule.opens.iter().for_each(|it| self.capability(it));
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
            if let Some(scope) = &role.scope {
                self.known("scope", scope, &product.scopes);
            }
        }
        for (name, single) in product.single.iter() {
            self.role(&single.role);
            self.role(&single.otherwise);
            self.operation(&single.transfer);
            let is_transfer = single.transfer.value == "access.transfer";
            if !is_transfer || product.operations.get(&single.transfer.value).is_none() {
                self.unclear(
                    name,
                    "\"transfer\" must be access.transfer, and among the operations",
                );
            }
            if single.otherwise.value == single.role.value {
                self.unclear(name, "\"otherwise\" must be another role than \"role\"");
            }
        }
        if let Some(kind) = &product.user.owned_roles {
            self.kind(kind);
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

    fn effects(&mut self) {
        let product = self.product;
        for (name, effect) in product.effects.iter() {
            self.transition(name, &effect.upon);
            if let Some(when) = &effect.when {
                self.condition(when, name, &[Over::Account]);
            }
        }
        for (name, order) in product.order.iter() {
            self.transition(name, &order.first);
            self.transition(name, &order.then);
        }
        for (name, preparation) in product.preparations.iter() {
            self.transition(name, &preparation.upon);
        }
    }

    fn transition(&mut self, of: &Spanned<Word>, transition: &'a Transition) {
        let it = transition;
        it.operation.0.iter().for_each(|it| self.operation(it));
        let selectors = it.before.iter().chain(&it.access);
        selectors.for_each(|it| self.selector(it));
        it.option.iter().for_each(|it| self.option(it));
        it.grant.iter().for_each(|it| self.grant(it));
        it.setting.iter().for_each(|it| self.setting(it));
        it.overflow.iter().for_each(|it| self.pool(it));
        if it.operation.0.is_empty() && it.overflow.is_none() {
            self.unclear(of, "it names no operation");
        }
        let parts = [&it.option, &it.grant, &it.setting];
        let parts = parts.into_iter().flatten().count();
        if parts > 1 || (it.to.is_some() && parts == 0) {
            self.unclear(
                of,
                "\"to\" needs one of option, grant and setting, and there can be only one",
            );
        }
        for value in it.to.iter().flat_map(|it| &it.0) {
            let rule = |name: &Option<Spanned<Word>>| name.clone();
            if let Some(name) = rule(&it.option)
                && let Some(rule) = self.product.options.get(&name.value)
            {
                if value.value != "any" {
                    self.word("option", &name, rule.r#type, &rule.values, value);
                }
            } else if let Some(name) = rule(&it.setting)
                && let Some(rule) = self.product.settings.get(&name.value)
            {
                self.word("setting", &name, rule.r#type, &rule.values, value);
            } else if it.grant.is_some() && !matches!(value.value.as_str(), "access" | "none") {
                self.unknown("value of a grant", value, vec!["access", "none"]);
            }
        }
    }

    fn observed(&mut self) {
        for (_, it) in self.product.observed.iter() {
            it.visible_to.iter().for_each(|it| self.role(it));
        }
    }

    fn selector(&mut self, selector: &'a Selector) {
        for role in selector.role.iter().flat_map(|it| &it.0) {
            self.role(role);
        }
        for (name, values) in selector.options.iter() {
            self.option(name);
            if let Some(rule) = self.product.options.get(&name.value) {
                let stands_for_another = ["any", "each"];
                for value in values
                    .0
                    .iter()
                    .filter(|it| !stands_for_another.contains(&it.value.as_str()))
                {
                    self.word("option", name, rule.r#type, &rule.values, value);
                }
            }
        }
        selector.any_option.iter().for_each(|it| self.option(it));
        for (name, _) in selector.grants.iter() {
            self.grant(name);
        }
        match &self.product.user.owned_roles {
            Some(kind) => self.fields(kind, &selector.role_fields),
            None => {
                if let Some((name, _)) = selector.role_fields.iter().next() {
                    self.unclear(name, "roles of this product are no owned objects");
                }
            }
        }
    }

    /// Values of fields of owned objects.
    fn fields(&mut self, kind: &Spanned<Word>, fields: &'a Entries<OneOrMany<Spanned<Word>>>) {
        let Some(rules) = self.product.objects.get(&kind.value) else {
            return;
        };
        for (name, values) in fields.iter() {
            self.known("field", name, &rules.fields);
            let Some(rule) = rules.fields.get(&name.value) else {
                continue;
            };
            for value in values.0.iter().filter(|it| it.value != "each") {
                objects::check_word(self, name, rule, value);
            }
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
        // Roles that accounts own are named by the accounts.
        if self.product.user.owned_roles.is_none() || self.product.roles.get(&name.value).is_some()
        {
            self.known("role", name, &self.product.roles);
        }
    }

    fn grant(&mut self, name: &Spanned<Word>) {
        self.known("grant", name, &self.product.grants);
    }

    fn kind(&mut self, name: &Spanned<Word>) {
        self.known("kind of objects", name, &self.product.objects);
    }

    fn pool(&mut self, name: &Spanned<Word>) {
        if self.product.pools.get(&name.value).is_none()
            && self.product.one_pool(&name.value).is_none()
        {
            let known = self.product.each_pool().map(|it| it.name.as_str());
            self.unknown("pool", name, known.collect());
        }
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

    fn unclear(&mut self, element: &Spanned<Word>, why: &str) {
        let message = format!("\"{}\" cannot be meant: {why}", element.value.as_str());
        self.sink
            .push(Diagnostic::new(&codes::UNCLEAR, message).at(element.span, ""));
    }
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
    fn whole_lots_are_taken_where_there_are_only_whole_lots() {
        let of = |wrong: &str| {
            let sites = "sites: {fields: {size: {type: count, required: true}}}";
            let keys = "unit: place, counts_objects: sites, weight_field: size, takes: lots, sold_in: lots, cancels: whole";
            let pool = format!("{keys}, capacity: [{{purchased: true}}], overflow: refuse");
            let pool = match wrong.split_once(" -> ") {
                Some((from, to)) => pool.replace(from, to),
                None => pool,
            };
            let text = format!("{BASE}objects:\n  {sites}\npools:\n  seats: {{{pool}}}\n");
            messages(&text).join("\n")
        };
        let said = [
            "counts_objects: sites, weight_field: size, -> ",
            "sold_in: lots, cancels: whole -> sold_in: units",
            "cancels: whole -> cancels: any",
            "{purchased: true} -> {purchased: true, number: 5}",
            "refuse -> charge",
        ];
        insta::assert_snapshot!(said.map(of).join("\n"), @r#"
        PRODUCT008: "seats" cannot be meant: what takes a lot of its own size is an object: it needs "counts_objects" and "weight_field"
        PRODUCT008: "seats" cannot be meant: whole lots are taken where whole lots are bought and cancelled: it needs "sold_in: lots", and no "cancels: any"
        PRODUCT008: "seats" cannot be meant: whole lots are taken where whole lots are bought and cancelled: it needs "sold_in: lots", and no "cancels: any"
        PRODUCT008: "seats" cannot be meant: whole lots are taken of what is bought and of nothing else: its capacity is {purchased: true}
        PRODUCT008: "seats" cannot be meant: whole lots are taken where there are some: it needs "overflow: refuse"
        "#);
    }

    #[test]
    fn what_is_shared_is_limited_and_counted_by_the_unit() {
        let of = |keys: &str| {
            let text = format!(
                "{BASE}objects:\n  sites: {{fields: {{size: {{type: count, required: true}}}}}}\npools:\n  seats: {{unit: seat, shared: family, overflow: refuse, {keys}}}\n"
            );
            messages(&text).join("\n")
        };
        let lots = "counts_objects: sites, weight_field: size, takes: lots, sold_in: lots, cancels: whole, capacity: [{purchased: true}]";
        insta::assert_snapshot!(["capacity: [{unlimited: true}]", lots].map(of).join("\n"), @r#"
        PRODUCT008: "seats" cannot be meant: it is shared, and there is no limit to share: leave out "shared"
        PRODUCT008: "seats" cannot be meant: whole lots are taken on one account alone: leave out "shared", or "takes: lots"
        "#);
    }

    #[test]
    fn a_matrix_row_has_a_word_for_every_role() {
        let text = format!(
            "{BASE}roles: {{member: {{rank: 1}}}}\nmatrix: {{roles: [member], rows: {{export: {{may: [allow, deny]}}}}}}\n"
        );
        insta::assert_snapshot!(messages(&text).join("\n"), @r#"PRODUCT002: the row "export" has 2 words for 1 roles"#);
    }
}
