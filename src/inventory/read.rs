//! What an inventory says, held against the product.

use std::collections::BTreeSet;

use super::written::{self, Literal, Stated, Written};
use super::{Ending, Inventory, Standing, Stood, codes};
use crate::diagnostic::{Code, Diagnostic, Sink};
use crate::model::{
    Access, AccountName, Address, Capacity, Entry, Fact, Fields, Finding, Gap, GrantName, Kind,
    KindName, Member, Object, ObjectName, OptionName, PoolName, Resource, ResourceId, RoleName,
    SettingName, Team, TeamName, Value, WeeklyHours,
};
use crate::product::{FieldKind, ObjectKind, OptionKind, Product};
use crate::text::{Span, Spanned, Word, nearest};

/// Reports what does not fit and gives the rest.
pub(super) fn check(
    written: &Written,
    account: &AccountName,
    product: &Product,
    today: jiff::civil::Date,
    sink: &mut Sink,
) -> Inventory {
    if written.account.value != account.as_str() {
        let message = format!(
            "this is the inventory of \"{}\", and the connection of \"{}\" names it",
            written.account.value.as_str(),
            account.as_str()
        );
        sink.push(
            Diagnostic::new(&codes::OTHER_ACCOUNT, message)
                .at(written.account.span, "")
                .help("name the account's own file in its connection, and the account in the file"),
        );
    }
    let mut check = Check {
        account,
        product,
        today,
        stood: written.stood.value.clone(),
        inventory: Inventory {
            target: written
                .target
                .as_ref()
                .map(|it| it.value.as_str().to_owned()),
            ..Inventory::default()
        },
        sink,
    };
    check.not_later(&written.stood);
    check.settings(written);
    check.seats(written);
    check.access(written);
    check.teams(written);
    check.objects(written);
    check.inventory
}

struct Check<'a> {
    account: &'a AccountName,
    product: &'a Product,
    today: jiff::civil::Date,
    /// Who stands for what nobody else stands for.
    stood: Stood,
    inventory: Inventory,
    sink: &'a mut Sink,
}

/// What a value is of, for messages, and the type that the product declares.
struct Type<'p> {
    what: String,
    kind: OptionKind,
    words: &'p [Spanned<Word>],
}

impl<'a> Check<'a> {
    fn settings(&mut self, written: &Written) {
        let product = self.product;
        let Some(settings) = &written.settings else {
            if !product.settings.is_empty() {
                self.gap(Kind::Setting, "settings");
            }
            return;
        };
        for (name, stated) in settings.iter() {
            let Some(rule) = product.settings.get(&name.value) else {
                let known = product.settings.iter().map(|(name, _)| name.value.as_str());
                self.not_in_product("setting", name, known);
                continue;
            };
            let of = Type {
                what: format!("the setting \"{}\"", name.value.as_str()),
                kind: rule.r#type,
                words: &rule.values,
            };
            let address = Address::setting(self.account, &SettingName::from(name.value.clone()));
            if let Some(value) = self.stated(&address, &of.what, stated)
                && let Some(value) = self.value(value, &of)
            {
                let stood = self.whose(stated.stood.as_ref());
                self.put(address, name.span, Resource::Setting(value), stood);
            }
        }
    }

    fn seats(&mut self, written: &Written) {
        let product = self.product;
        for (name, stated) in written.seats.iter().flat_map(|it| it.iter()) {
            if product.one_pool(&name.value).is_none() {
                let known: Vec<_> = product.each_pool().map(|it| it.name.as_str()).collect();
                self.not_in_product("pool", name, known.into_iter());
                continue;
            }
            let pool = PoolName::from(name.value.clone());
            let address = Address::seats(self.account, &pool);
            let stood = self.whose(stated.stood.as_ref());
            let fact = match &stated.value {
                Err(why) => Fact::Unknown {
                    why: why.value.as_str().to_owned(),
                },
                Ok(quantity) => {
                    let quantity = quantity.value.0.clone();
                    self.put(
                        address,
                        name.span,
                        Resource::Seats(quantity.clone()),
                        stood.clone(),
                    );
                    let value = Capacity::Purchased(quantity);
                    match stood.standing {
                        Standing::Read(_) => Fact::Known(value),
                        Standing::Attested(by) => Fact::Attested {
                            value,
                            by,
                            on: stood.on,
                            aged: false,
                        },
                    }
                }
            };
            self.inventory.pools.insert(pool, fact);
        }
        for (name, cancelled) in written.cancelled.iter().flat_map(|it| it.iter()) {
            if product.one_pool(&name.value).is_none() {
                let known: Vec<_> = product.each_pool().map(|it| it.name.as_str()).collect();
                self.not_in_product("pool", name, known.into_iter());
                continue;
            }
            let until = cancelled.value.until.map(|it| it.0);
            if until.is_none_or(|it| self.today <= it) {
                let there = cancelled.value.there.0.clone();
                let pool = PoolName::from(name.value.clone());
                self.inventory.ending.insert(pool, Ending { there, until });
            }
        }
    }

    fn access(&mut self, written: &Written) {
        let Some(people) = &written.access else {
            return self.gap(Kind::Access, "access");
        };
        for (key, entry) in people.iter() {
            let subject = self.product.user.subject(&key.value);
            let address = Address::access(self.account, &subject);
            let it = &entry.value;
            let roles = self.roles(written, it);
            let options = self.options(&address, it);
            let grants = self.grants(it);
            let stood = written::of_keys(it.attested.as_ref(), it.read.as_ref());
            let parts = it.options.iter().filter_map(|(_, it)| it.stood.as_ref());
            let stood = self.whose_of(&address, stood.as_ref(), parts);
            self.phase(&address, it.state.as_ref());
            let access = Access {
                roles,
                options,
                grants,
            };
            self.put(address, key.span, Resource::Access(access), stood);
        }
    }

    fn roles(&mut self, written: &Written, access: &written::Access) -> Vec<RoleName> {
        let owned = self.owned_roles(written);
        let built_in = self.product.roles.iter();
        let known: Vec<&str> = (built_in.map(|(name, _)| name.value.as_str()))
            .chain(owned)
            .collect();
        let mut roles = Vec::new();
        for role in access.role.iter().chain(&access.roles) {
            match known.contains(&role.value.as_str()) {
                true => roles.push(RoleName::from(role.value.clone())),
                false => self.not_in_product("role", role, known.iter().copied()),
            }
        }
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// Names of roles that are objects of the account.
    fn owned_roles<'w>(&self, written: &'w Written) -> Vec<&'w str> {
        let kind = self.product.user.owned_roles.as_ref();
        let sections = written.objects.iter();
        let roles = sections.filter(|(it, _)| kind.is_some_and(|kind| kind.value == it.value));
        roles
            .flat_map(|(_, objects)| objects.iter())
            .map(|(name, _)| name.value.as_str())
            .collect()
    }

    fn options(&mut self, address: &Address, it: &written::Access) -> Fields<OptionName, Value> {
        let product = self.product;
        let mut options = Fields::default();
        for (name, stated) in it.options.iter() {
            let Some(rule) = product.options.get(&name.value) else {
                let known = product.options.iter().map(|(name, _)| name.value.as_str());
                self.not_in_product("option", name, known);
                continue;
            };
            let of = Type {
                what: format!("the option \"{}\"", name.value.as_str()),
                kind: rule.r#type,
                words: &rule.values,
            };
            if let Some(value) = self.stated(address, &of.what, stated)
                && let Some(value) = self.value(value, &of)
                && rule.default.as_ref().map(|it| &it.0) != Some(&value)
            {
                options.insert(OptionName::from(name.value.clone()), value);
            }
        }
        options
    }

    fn grants(&mut self, it: &written::Access) -> Fields<GrantName, crate::model::Grant> {
        let product = self.product;
        let mut grants = Fields::default();
        for (name, word) in it.grants.iter() {
            if product.grants.get(&name.value).is_none() {
                let known = product.grants.iter().map(|(name, _)| name.value.as_str());
                self.not_in_product("grant", name, known);
                continue;
            }
            grants.insert(GrantName::from(name.value.clone()), word.value.0);
        }
        grants
    }

    fn teams(&mut self, written: &Written) {
        let Some(teams) = &written.teams else {
            if self.product.teams.is_some() {
                self.gap(Kind::Team, "teams");
                self.gap(Kind::Member, "teams");
            }
            return;
        };
        if self.product.teams.is_none()
            && let Some((name, _)) = teams.iter().next()
        {
            return self.not_in_product("teams, nor a team", name, std::iter::empty());
        }
        for (name, entry) in teams.iter() {
            let team = TeamName::from(name.value.clone());
            let it = &entry.value;
            let stood = written::of_keys(it.attested.as_ref(), it.read.as_ref());
            let stood = self.whose(stood.as_ref());
            let parent = it.parent.as_ref();
            let parent = parent.map(|it| TeamName::from(it.value.clone()));
            let resource = Resource::Team(Team { parent });
            let address = Address::team(self.account, &team);
            self.put(address, name.span, resource, stood.clone());
            let members = it.members.iter().map(|it| (it, false));
            for (key, lead) in members.chain(it.leads.iter().map(|it| (it, true))) {
                let subject = self.product.user.subject(&key.value);
                let address = Address::member(self.account, &team, &subject);
                let resource = Resource::Member(Member { lead });
                self.put(address, key.span, resource, stood.clone());
            }
        }
    }

    fn objects(&mut self, written: &Written) {
        let product = self.product;
        for (kind, objects) in &written.objects {
            let Some(rules) = product.objects.get(&kind.value) else {
                let known = ["settings", "seats", "teams", "access"].into_iter();
                let kinds = product.objects.iter().map(|(name, _)| name.value.as_str());
                self.not_in_product("section", kind, known.chain(kinds));
                continue;
            };
            for (name, entry) in objects.iter() {
                let resource = ResourceId::Object {
                    kind: KindName::from(kind.value.clone()),
                    name: ObjectName::from(name.value.clone()),
                };
                let address = Address::new(self.account, resource);
                let fields = self.fields(&address, rules, &entry.value);
                let parts = entry
                    .value
                    .fields
                    .iter()
                    .filter_map(|(_, it)| it.stood.as_ref());
                let stood = self.whose_of(&address, entry.value.stood.as_ref(), parts);
                self.phase(&address, entry.value.state.as_ref());
                self.put(
                    address,
                    name.span,
                    Resource::Object(Object { fields }),
                    stood,
                );
            }
        }
        for (kind, _) in product.objects.iter() {
            let is_written = written.objects.iter().any(|(it, _)| it.value == kind.value);
            if !is_written {
                self.gap(Kind::Object, &kind.value);
                let gap = self.inventory.gaps.last_mut();
                let gap = gap.expect("it was added");
                gap.objects = Some(KindName::new(&kind.value));
            }
        }
    }

    /// The fields of an object that differ from their defaults.
    fn fields(
        &mut self,
        address: &Address,
        rules: &ObjectKind,
        object: &written::Object,
    ) -> Fields<Word, Value> {
        let mut fields = Fields::default();
        for (name, stated) in &object.fields {
            let Some(rule) = rules.fields.get(&name.value) else {
                let known: Vec<_> = rules
                    .fields
                    .iter()
                    .map(|(it, _)| it.value.as_str())
                    .collect();
                self.not_in_product("field", name, known.into_iter());
                continue;
            };
            let of = Type {
                what: format!("the field \"{}\"", name.value.as_str()),
                kind: match rule.r#type {
                    FieldKind::Switch => OptionKind::Switch,
                    FieldKind::Count => OptionKind::Count,
                    FieldKind::Enum => OptionKind::Enum,
                    FieldKind::Set => OptionKind::Set,
                    FieldKind::Text => OptionKind::Text,
                    FieldKind::User => OptionKind::User,
                },
                words: &rule.values,
            };
            if let Some(value) = self.stated(address, &of.what, stated)
                && let Some(value) = self.value(value, &of)
                && rule.default.as_ref().map(|it| &it.0) != Some(&value)
            {
                fields.insert(name.value.clone(), value);
            }
        }
        fields
    }

    fn phase(&mut self, address: &Address, state: Option<&Spanned<Word>>) {
        let Some(state) = state.filter(|it| it.value != "active") else {
            return;
        };
        let kind = match &address.resource {
            ResourceId::Object { kind, .. } => kind.as_str(),
            _ => "access",
        };
        if !self.product.has_state(kind, &state.value) {
            let states = self
                .product
                .states
                .iter()
                .map(|(name, _)| name.value.as_str());
            let known: Vec<_> = states
                .filter(|it| self.product.has_state(kind, it))
                .collect();
            return self.not_in_product("state", state, known.into_iter().chain(["active"]));
        }
        let phases = &mut self.inventory.phases;
        phases.insert(address.clone(), state.value.clone());
    }

    /// The value, unless it is said to be unknown; then that is found.
    fn stated<'s, T>(
        &mut self,
        address: &Address,
        what: &str,
        stated: &'s Stated<T>,
    ) -> Option<&'s Spanned<T>> {
        match &stated.value {
            Ok(value) => Some(value),
            Err(why) => {
                let why = crate::text::inert(&why.value);
                self.inventory.unknown.push(Finding {
                    address: address.clone(),
                    text: format!("{what} is not known ({why}) and counts as not set"),
                });
                None
            }
        }
    }

    fn value(&mut self, literal: &Spanned<Literal>, of: &Type<'_>) -> Option<Value> {
        let known = || of.words.iter().map(|it| it.value.as_str());
        let read = |text: &Word, plain: bool| match of.kind {
            OptionKind::Switch => match (text.as_str(), plain) {
                ("true", true) => Some(Value::Switch(true)),
                ("false", true) => Some(Value::Switch(false)),
                _ => None,
            },
            OptionKind::Count => text.parse().ok().filter(|_| plain).map(Value::Count),
            OptionKind::Enum => known()
                .any(|it| it == text.as_str())
                .then(|| Value::Word(text.clone())),
            OptionKind::Set => (of.words.is_empty() || known().any(|it| it == text.as_str()))
                .then(|| Value::words([text.clone()])),
            OptionKind::Text => Some(Value::Word(text.clone())),
            OptionKind::Hours => WeeklyHours::parse(text).ok().map(Value::Hours),
            OptionKind::User => {
                let subject = self.product.user.subject(text);
                Some(Value::Word(Word::new(subject.as_str())))
            }
        };
        let value = match &literal.value {
            Literal::Scalar(text, plain) => read(text, *plain),
            Literal::List(words) if of.kind == OptionKind::Set => {
                let is_known = |it: &Spanned<Word>| {
                    of.words.is_empty() || known().any(|known| known == it.value.as_str())
                };
                (words.iter().all(is_known))
                    .then(|| Value::words(words.iter().map(|it| it.value.clone())))
            }
            Literal::List(_) => None,
        };
        if value.is_none() {
            let takes = match of.kind {
                OptionKind::Switch => "true or false, without quotes".to_owned(),
                OptionKind::Count => "a whole number, without quotes".to_owned(),
                OptionKind::Enum => format!("one of {}", known().collect::<Vec<_>>().join(", ")),
                OptionKind::Set => format!("a list of {}", known().collect::<Vec<_>>().join(", ")),
                OptionKind::Text => "a text".to_owned(),
                OptionKind::Hours => "weekly hours: \"Mon-Fri 08:00-19:00\"".to_owned(),
                OptionKind::User => "a person".to_owned(),
            };
            let message = format!("{} has another type of value", of.what);
            self.report(
                &codes::WRONG_VALUE,
                message,
                literal.span,
                format!("it takes {takes}"),
            );
        }
        value
    }

    /// Who stands for something with parts of which others may be stood for by others: the oldest. All of them are kept.
    fn whose_of<'w>(
        &mut self,
        address: &Address,
        own: Option<&Spanned<Stood>>,
        parts: impl Iterator<Item = &'w Spanned<Stood>>,
    ) -> Stood {
        let own = self.whose(own);
        let parts: BTreeSet<&Stood> = parts.map(|it| &it.value).collect();
        let oldest = match parts.first() {
            Some(part) if **part < own => (*part).clone(),
            _ => own.clone(),
        };
        if !parts.is_empty() {
            let all = parts.into_iter().cloned().chain([own]).collect();
            self.inventory.in_parts.insert(address.clone(), all);
        }
        oldest
    }

    /// Who stands for something: itself, else the file.
    fn whose(&mut self, own: Option<&Spanned<Stood>>) -> Stood {
        if let Some(own) = own {
            self.not_later(own);
        }
        own.map_or(&self.stood, |it| &it.value).clone()
    }

    fn not_later(&mut self, stood: &Spanned<Stood>) {
        if stood.value.on > self.today {
            let message = format!(
                "this was seen on {}, a day that has not come",
                stood.value.on
            );
            let diagnostic = Diagnostic::new(&codes::LATER_THAN_TODAY, message);
            self.sink.push(
                diagnostic
                    .at(stood.span, "")
                    .help("write the day on which it was seen"),
            );
        }
    }

    fn put(&mut self, address: Address, span: Span, resource: Resource, stood: Stood) {
        if let Some(earlier) = self.inventory.places.insert(address.clone(), span) {
            let message = format!("\"{}\" is listed twice", shown(&address));
            self.sink.push(
                Diagnostic::new(&codes::LISTED_TWICE, message)
                    .at(span, "here again")
                    .at(earlier, "first here")
                    .help("keep the one that is true"),
            );
            return;
        }
        self.inventory.stood.insert(address.clone(), stood);
        let state = &mut self.inventory.state;
        state.insert(address, Entry::observed(resource));
    }

    fn gap(&mut self, kind: Kind, key: &str) {
        let why = format!("the inventory has no \"{key}:\"");
        self.inventory.gaps.push(Gap::of(kind, why));
    }

    fn not_in_product<'k>(
        &mut self,
        what: &str,
        name: &Spanned<Word>,
        known: impl Iterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.collect();
        let text = name.value.as_str();
        let message = format!("{} has no {what} \"{text}\"", self.product.title);
        let help = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None if known.is_empty() => "delete it".to_owned(),
            None => format!("it has {}", known.join(", ")),
        };
        self.report(&codes::NOT_IN_PRODUCT, message, name.span, help);
    }

    fn report(&mut self, code: &'static Code, message: String, span: Span, help: String) {
        let diagnostic = Diagnostic::new(code, message).at(span, "").help(help);
        self.sink.push(diagnostic);
    }
}

/// What a thing is called in its section.
fn shown(address: &Address) -> String {
    match &address.resource {
        ResourceId::Access(subject) | ResourceId::Member { subject, .. } => {
            subject.as_str().to_owned()
        }
        _ => address.to_string(),
    }
}
