//! Records what somebody has done in the text of an inventory, and changes nothing else of it.
//!
//! # Design
//! What comes out is read again before it is given back: the thing must be what was promised, and everything else what it
//! was. So a file in a shape that nobody thought of is refused rather than damaged.

use std::collections::{BTreeMap, BTreeSet};

use super::written::{self, Written};
use super::{Ending, Inventory, Standing, Stood, read};
use crate::diagnostic::Sink;
use crate::model::{
    Access, AccountName, Address, Entry, Grant, Lot, Object, OptionName, PoolName, Quantity,
    Resource, ResourceId, Subject, Value,
};
use crate::product::{Product, RolesPerUser};
use crate::text::{Source, Sources, Span, Word};
use crate::yaml::edit::{self, EditError, Value as Text};
use crate::yaml::{Entries, parse};

/// What somebody has done or seen.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// The thing.
    pub address: &'a Address,
    /// The name it had, if it has another one now.
    pub renamed_from: Option<&'a Address>,
    /// What it is; `None` if it is gone.
    pub after: Option<&'a Resource>,
    /// The life-cycle state that it is in; `None` for active.
    pub phase: Option<&'a str>,
    /// Who says so, and when.
    pub stood: &'a Stood,
    /// What was looked at of a person's options, if not all of them.
    pub looked_at: Option<LookedAt<'a>>,
}

/// Which options were looked at. Whoever stood for the others still does.
#[derive(Clone, Copy, Debug)]
pub struct LookedAt<'a> {
    /// The options.
    pub options: &'a BTreeSet<OptionName>,
    /// Who stood for the person's other options until now, unless they say it themselves.
    pub others: &'a Stood,
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The inventory has errors of its own.
    #[error("the inventory has errors; see `seatplan validate`")]
    Unreadable,
    /// The file has a shape that cannot be edited safely.
    #[error("the file cannot be edited here without changing more than that: {0}; edit it by hand")]
    Shape(String),
}

impl From<EditError> for RecordError {
    fn from(error: EditError) -> Self {
        Self::Shape(error.to_string())
    }
}

/// The text with what was seen in it.
///
/// # Errors
/// See [`RecordError`]; nothing of it is then to be written.
pub fn record(
    text: &str,
    account: &AccountName,
    product: &Product,
    seen: &Seen<'_>,
) -> Result<String, RecordError> {
    let (written, before) = look(text, account, product).ok_or(RecordError::Unreadable)?;
    let recording = Recording {
        written: &written,
        product,
        seen,
    };
    let edited = recording.edit(text)?;
    let (_, after) = look(&edited, account, product)
        .ok_or_else(|| RecordError::Shape("it would not be read as an inventory".to_owned()))?;
    let (state, phases) = promised(&before, seen);
    if after.state != state || after.phases != phases || after.gaps != before.gaps {
        let what = format!("{} would not read back", seen.address);
        return Err(RecordError::Shape(what));
    }
    Ok(edited)
}

/// The text with what is there of a pool until the billing cycle ends; `None` for a pool of which nothing is cancelled.
///
/// # Errors
/// See [`RecordError`]; nothing of it is then to be written.
pub fn record_ending(
    text: &str,
    account: &AccountName,
    product: &Product,
    pool: &PoolName,
    ending: Option<&Ending>,
) -> Result<String, RecordError> {
    let (written, before) = look(text, account, product).ok_or(RecordError::Unreadable)?;
    let route = ["inventory", "cancelled", pool.as_str()];
    let is_written = |it: &Written| {
        it.cancelled
            .as_ref()
            .is_some_and(|it| it.get(pool).is_some())
    };
    let edited = match ending {
        Some(ending) => edit::set(text, &route, &of_ending(ending))?,
        None if is_written(&written) => edit::remove(text, &route)?,
        None => return Ok(text.to_owned()),
    };
    match look(&edited, account, product) {
        Some((written, after)) => {
            let is_as_said = is_written(&written) == ending.is_some();
            let is_else_the_same = after.state == before.state;
            (is_as_said && is_else_the_same).then_some(edited)
        }
        None => None,
    }
    .ok_or_else(|| RecordError::Shape(format!("what is cancelled of {pool} would not read back")))
}

pub(super) fn of_ending(ending: &Ending) -> Text {
    let until = ending.until.map(|it| Text::Plain(it.to_string()));
    let parts = [
        ("there", Some(of_quantity(&ending.there))),
        ("until", until),
    ];
    let parts = parts
        .into_iter()
        .filter_map(|(key, it)| Some((key.to_owned(), it?)));
    Text::Map(parts.collect())
}

/// The text with somebody else standing for the file, from another day on; `None` where the file says more than who has access,
/// since whoever has only seen the people cannot stand for the rest.
///
/// # Errors
/// See [`RecordError`]; nothing of it is then to be written.
pub fn stand_for_people(
    text: &str,
    account: &AccountName,
    product: &Product,
    stood: &Stood,
) -> Result<Option<String>, RecordError> {
    let (written, before) = look(text, account, product).ok_or(RecordError::Unreadable)?;
    let says_more = written.settings.is_some()
        || written.seats.is_some()
        || written.teams.is_some()
        || !written.objects.is_empty();
    if says_more {
        return Ok(None);
    }
    let (old, _) = of_stood(&written.stood.value);
    let (new, value) = of_stood(stood);
    let mut edited = text.to_owned();
    if old != new {
        edited = edit::rename(&edited, &["inventory", old], new)?;
    }
    edited = edit::set(&edited, &["inventory", new], &value)?;
    match look(&edited, account, product) {
        Some((_, after)) if after.state == before.state => Ok(Some(edited)),
        _ => Err(RecordError::Shape(
            "its head would not read back".to_owned(),
        )),
    }
}

fn look(text: &str, account: &AccountName, product: &Product) -> Option<(Written, Inventory)> {
    let source = Source::new("inventory", text);
    let id = Sources::new().next_id();
    let mut sink = Sink::new();
    let document = parse(&source, id, &mut sink);
    let written = written::decode(&document, Span::point(id, 0), &mut sink)?;
    let inventory = read::check(
        &written,
        account,
        product,
        jiff::civil::Date::MAX,
        &mut sink,
    );
    (!sink.has_errors()).then_some((written, inventory))
}

/// What must be there afterwards.
fn promised(before: &Inventory, seen: &Seen<'_>) -> (crate::model::State, BTreeMap<Address, Word>) {
    let mut state = before.state.clone();
    let mut phases = before.phases.clone();
    let address = seen.address;
    phases.remove(address);
    if let Some(from) = seen.renamed_from {
        state.remove(from);
        phases.remove(from);
        rename_members(&mut state, from, address);
    }
    match seen.after {
        Some(resource) => {
            state.insert(address.clone(), Entry::observed(resource.clone()));
            let phase = seen.phase.map(|it| (address.clone(), Word::new(it)));
            phases.extend(phase);
        }
        None => {
            state.remove(address);
            let goes_along: Vec<_> = state
                .iter()
                .filter(|(it, _)| match (&it.resource, &address.resource) {
                    (ResourceId::Member { subject, .. }, ResourceId::Access(gone)) => {
                        subject == gone
                    }
                    (ResourceId::Member { team, .. }, ResourceId::Team(gone)) => team == gone,
                    _ => false,
                })
                .map(|(it, _)| it.clone())
                .collect();
            for it in goes_along {
                state.remove(&it);
            }
        }
    }
    (state, phases)
}

fn rename_members(state: &mut crate::model::State, from: &Address, to: &Address) {
    let moved: Vec<_> = state
        .iter()
        .filter_map(|(it, entry)| {
            let ResourceId::Member { team, subject } = &it.resource else {
                return None;
            };
            let (team, subject) = match (&from.resource, &to.resource) {
                (ResourceId::Team(old), ResourceId::Team(new)) if team == old => (new, subject),
                (ResourceId::Access(old), ResourceId::Access(new)) if subject == old => (team, new),
                _ => return None,
            };
            Some((
                it.clone(),
                Address::member(&it.account, team, subject),
                entry.clone(),
            ))
        })
        .collect();
    for (old, new, entry) in moved {
        state.remove(&old);
        state.insert(new, entry);
    }
}

struct Recording<'a> {
    written: &'a Written,
    product: &'a Product,
    seen: &'a Seen<'a>,
}

impl Recording<'_> {
    fn edit(&self, text: &str) -> Result<String, EditError> {
        let mut text = text.to_owned();
        if let Some(from) = self.seen.renamed_from {
            text = self.rename(&text, from)?;
        }
        match (&self.seen.address.resource, self.seen.after) {
            (ResourceId::Setting(name), after) => {
                let value = match after {
                    Some(Resource::Setting(value)) => Some(of_value(value)),
                    _ => None,
                };
                self.stated(&text, "settings", name, value)
            }
            (ResourceId::Seats(pool), after) => {
                let value = match after {
                    Some(Resource::Seats(quantity)) => Some(of_quantity(quantity)),
                    _ => None,
                };
                self.stated(&text, "seats", pool, value)
            }
            (ResourceId::Access(subject), Some(Resource::Access(access))) => {
                self.access(text, subject, access)
            }
            (ResourceId::Access(subject), _) => self.remove_access(text, subject),
            (ResourceId::Team(team), Some(Resource::Team(it))) => {
                let route = ["inventory", "teams", team.as_str()];
                let is_there = self.written.teams.as_ref();
                if is_there.and_then(|it| it.get(team)).is_none() {
                    text = edit::set(&text, &route, &Text::Map(self.own(None)))?;
                }
                let parent = it
                    .parent
                    .as_ref()
                    .map(|it| Text::Text(it.as_str().to_owned()));
                text = put(&text, &[&route[..], &["parent"]].concat(), parent)?;
                self.stand(text, &route)
            }
            (ResourceId::Team(team), _) => {
                edit::remove(&text, &["inventory", "teams", team.as_str()])
            }
            (ResourceId::Member { team, subject }, after) => {
                let lead = match after {
                    Some(Resource::Member(member)) => Some(member.lead),
                    _ => None,
                };
                self.member(text, team, subject, lead)
            }
            (ResourceId::Object { kind, name }, Some(Resource::Object(object))) => {
                self.object(text, kind, name, object)
            }
            (ResourceId::Object { kind, name }, _) => {
                edit::remove(&text, &["inventory", kind.as_str(), name.as_str()])
            }
        }
    }

    fn rename(&self, text: &str, from: &Address) -> Result<String, EditError> {
        match (&from.resource, &self.seen.address.resource) {
            (ResourceId::Access(old), ResourceId::Access(new)) => {
                let key = self.key(old);
                let mut text = edit::rename(text, &["inventory", "access", &key], new)?;
                for (team, it) in self.written.teams.iter().flat_map(|it| it.iter()) {
                    for (list, people) in
                        [("members", &it.value.members), ("leads", &it.value.leads)]
                    {
                        if people.iter().any(|it| self.is(&it.value, old)) {
                            let route = ["inventory", "teams", team.value.as_str(), list];
                            text = edit::take(&text, &route, |it| self.is(it, old))?;
                            text = edit::push(&text, &route, new)?;
                        }
                    }
                }
                Ok(text)
            }
            (ResourceId::Team(old), ResourceId::Team(new)) => {
                edit::rename(text, &["inventory", "teams", old.as_str()], new)
            }
            (ResourceId::Object { kind, name: old }, ResourceId::Object { name: new, .. }) => {
                edit::rename(text, &["inventory", kind.as_str(), old.as_str()], new)
            }
            _ => Ok(text.to_owned()),
        }
    }

    /// A setting or a quantity: the value alone where the file's default stands for it.
    fn stated(
        &self,
        text: &str,
        section: &str,
        name: &str,
        value: Option<Text>,
    ) -> Result<String, EditError> {
        let value = value.map(|value| match self.is_default() {
            true => value,
            false => {
                let mut entries = vec![("is".to_owned(), value)];
                entries.extend(self.own(None));
                Text::Map(entries)
            }
        });
        put(text, &["inventory", section, name], value)
    }

    fn access(
        &self,
        mut text: String,
        subject: &Subject,
        access: &Access,
    ) -> Result<String, EditError> {
        let named: Vec<(&str, Text)> = roles(self.product, access);
        let people = self.written.access.as_ref();
        let was = people.and_then(|it| {
            let mut all = it.iter();
            all.find(|(key, _)| self.is(&key.value, subject))
        });
        let Some((key, was)) = was else {
            let parts = named
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value));
            let mut entries: Vec<_> = parts.collect();
            for (key, parts) in [("options", options(access)), ("grants", grants(access))] {
                if !parts.is_empty() {
                    entries.push((key.to_owned(), Text::Map(parts)));
                }
            }
            entries.extend(self.own(self.seen.phase));
            let route = ["inventory", "access", subject.as_str()];
            return edit::set(&text, &route, &Text::Map(entries));
        };
        let route = ["inventory", "access", key.value.as_str()];
        let at = |part: &'static str| [route[0], route[1], route[2], part];
        for part in ["role", "roles"] {
            let is_written = match part {
                "role" => was.value.role.is_some(),
                _ => !was.value.roles.is_empty(),
            };
            let now = named.iter().find(|(key, _)| *key == part);
            if is_written || now.is_some() {
                text = put(&text, &at(part), now.map(|(_, value)| value.clone()))?;
            }
        }
        // What is said to be unknown stays so until somebody says what it is.
        let known = was.value.options.iter().filter(|(_, it)| it.value.is_ok());
        for (name, _) in known {
            if access.options.get(name.value.as_str()).is_none() {
                text = edit::remove(&text, &[&at("options")[..], &[&name.value]].concat())?;
            }
        }
        // Where there were none, they go on one line.
        for (part, all, had_some) in [
            ("options", options(access), !was.value.options.is_empty()),
            ("grants", grants(access), !was.value.grants.is_empty()),
        ] {
            if !had_some && !all.is_empty() {
                text = edit::set(&text, &at(part), &Text::Map(all))?;
            }
        }
        let changed = access.options.iter();
        for (name, value) in changed.filter(|_| !was.value.options.is_empty()) {
            let route = [&at("options")[..], &[name.as_str()]].concat();
            if let Some(others) = self.who_still_stands_for(name) {
                let is_own = was.value.options.get(name);
                if is_own.is_some_and(|it| it.stood.is_none()) {
                    let (key, stood) = of_stood(others);
                    let parts = vec![("is".to_owned(), of_value(value)), (key.to_owned(), stood)];
                    text = edit::set(&text, &route, &Text::Map(parts))?;
                }
                continue;
            }
            text = self.put_new(&text, &route, was.value.options.get(name), of_value(value))?;
        }
        for (name, _) in was.value.grants.iter() {
            if access.grants.get(name.value.as_str()).is_none() {
                text = edit::remove(&text, &[&at("grants")[..], &[&name.value]].concat())?;
            }
        }
        let changed = access.grants.iter();
        for (name, grant) in changed.filter(|_| !was.value.grants.is_empty()) {
            let old = was.value.grants.get(name).map(|it| it.value.0);
            if old != Some(*grant) {
                let route = [&at("grants")[..], &[name.as_str()]].concat();
                text = edit::set(&text, &route, &of_grant(*grant))?;
            }
        }
        for (part, is_left) in [
            (
                "options",
                access.options.is_empty()
                    && !was.value.options.is_empty()
                    && was.value.options.iter().all(|(_, it)| it.value.is_ok()),
            ),
            (
                "grants",
                access.grants.is_empty() && !was.value.grants.is_empty(),
            ),
        ] {
            if is_left {
                text = edit::remove(&text, &at(part))?;
            }
        }
        let state = self.seen.phase.map(|it| Text::Text(it.to_owned()));
        if state.is_some() || was.value.state.is_some() {
            text = put(&text, &at("state"), state)?;
        }
        self.stand(text, &route)
    }

    /// Whoever stood for an option that nobody has looked at now, if that is somebody else.
    fn who_still_stands_for(&self, option: &OptionName) -> Option<&Stood> {
        let looked_at = self.seen.looked_at.as_ref()?;
        (!looked_at.options.contains(option)).then_some(looked_at.others)
    }

    /// Sets a value unless the same stands there already without an attestation of its own.
    fn put_new(
        &self,
        text: &str,
        route: &[&str],
        was: Option<&written::Stated<written::Literal>>,
        value: Text,
    ) -> Result<String, EditError> {
        let is_same = was.is_some_and(|it| match (&it.value, &value, &it.stood) {
            (Ok(it), Text::Text(text), None) => {
                matches!(&it.value, written::Literal::Scalar(word, _) if *word == text.as_str())
            }
            _ => false,
        });
        match is_same {
            true => Ok(text.to_owned()),
            false => edit::set(text, route, &value),
        }
    }

    fn remove_access(&self, text: String, subject: &Subject) -> Result<String, EditError> {
        let key = self.key(subject);
        let mut text = edit::remove(&text, &["inventory", "access", &key])?;
        for (team, _) in self.written.teams.iter().flat_map(|it| it.iter()) {
            for list in ["members", "leads"] {
                let route = ["inventory", "teams", team.value.as_str(), list];
                text = edit::take(&text, &route, |it| self.is(it, subject))?;
            }
        }
        Ok(text)
    }

    fn member(
        &self,
        mut text: String,
        team: &str,
        subject: &Subject,
        lead: Option<bool>,
    ) -> Result<String, EditError> {
        let key = self.key(subject);
        for (list, is_here) in [
            ("members", lead == Some(false)),
            ("leads", lead == Some(true)),
        ] {
            let route = ["inventory", "teams", team, list];
            text = edit::take(&text, &route, |it| self.is(it, subject))?;
            if is_here {
                text = edit::push(&text, &route, &key)?;
            }
        }
        self.stand(text, &["inventory", "teams", team])
    }

    fn object(
        &self,
        mut text: String,
        kind: &str,
        name: &str,
        object: &Object,
    ) -> Result<String, EditError> {
        let route = ["inventory", kind, name];
        let objects = self.written.objects.iter();
        let was = objects
            .filter(|(it, _)| it.value == kind)
            .find_map(|(_, it): &(_, Entries<_>)| it.get(name));
        let Some(was) = was else {
            let fields = object.fields.iter();
            let mut entries: Vec<_> = fields
                .map(|(field, value)| (field.as_str().to_owned(), of_value(value)))
                .collect();
            entries.extend(self.own(self.seen.phase));
            return edit::set(&text, &route, &Text::Map(entries));
        };
        for (field, _) in &was.value.fields {
            if object.fields.get(field.value.as_str()).is_none() {
                text = edit::remove(&text, &[&route[..], &[&field.value]].concat())?;
            }
        }
        for (field, value) in object.fields.iter() {
            let fields = was.value.fields.iter();
            let old = fields
                .filter(|(it, _)| it.value == field.as_str())
                .map(|(_, it)| it)
                .next();
            let route = [&route[..], &[field.as_str()]].concat();
            text = self.put_new(&text, &route, old, of_value(value))?;
        }
        let state = self.seen.phase.map(|it| Text::Text(it.to_owned()));
        if state.is_some() || was.value.state.is_some() {
            text = put(&text, &[&route[..], &["state"]].concat(), state)?;
        }
        self.stand(text, &route)
    }

    /// The state and who stands for it, as the last parts of a new entry.
    fn own(&self, phase: Option<&str>) -> Vec<(String, Text)> {
        let mut entries = Vec::new();
        entries.extend(phase.map(|it| ("state".to_owned(), Text::Text(it.to_owned()))));
        if !self.is_default() {
            let (key, value) = of_stood(self.seen.stood);
            entries.push((key.to_owned(), value));
        }
        entries
    }

    /// Says of an entry that was there who stands for it now.
    fn stand(&self, text: String, route: &[&str]) -> Result<String, EditError> {
        let (key, value) = of_stood(self.seen.stood);
        let mut text = text;
        for other in ["attested", "read"] {
            if other != key || self.is_default() {
                text = edit::remove(&text, &[route, &[other]].concat())?;
            }
        }
        match self.is_default() {
            true => Ok(text),
            false => edit::set(&text, &[route, &[key]].concat(), &value),
        }
    }

    fn is_default(&self) -> bool {
        self.written.stood.value == *self.seen.stood
    }

    /// The key under which a person stands, or will.
    fn key(&self, subject: &Subject) -> String {
        let people = self.written.access.iter().flat_map(|it| it.iter());
        let mut keys = people.map(|(key, _)| key.value.as_str());
        let found = keys.find(|key| self.is(key, subject));
        found.unwrap_or(subject).to_owned()
    }

    fn is(&self, key: &str, subject: &Subject) -> bool {
        self.product.user.subject(&Word::new(key)) == *subject
    }
}

/// Sets a value, or takes it out.
fn put(text: &str, route: &[&str], value: Option<Text>) -> Result<String, EditError> {
    match value {
        Some(value) => edit::set(text, route, &value),
        None => edit::remove(text, route),
    }
}

pub(super) fn options(access: &Access) -> Vec<(String, Text)> {
    let options = access.options.iter();
    options
        .map(|(name, value)| (name.as_str().to_owned(), of_value(value)))
        .collect()
}

pub(super) fn grants(access: &Access) -> Vec<(String, Text)> {
    let grants = access.grants.iter();
    grants
        .map(|(name, grant)| (name.as_str().to_owned(), of_grant(*grant)))
        .collect()
}

/// Roles as they are written: one as `role`, where the product gives one.
pub(super) fn roles(product: &Product, access: &Access) -> Vec<(&'static str, Text)> {
    let text = |role: &crate::model::RoleName| Text::Text(role.as_str().to_owned());
    match access.roles.as_slice() {
        [] => Vec::new(),
        [one] if product.user.roles != RolesPerUser::Many => vec![("role", text(one))],
        all => vec![("roles", Text::List(all.iter().map(text).collect()))],
    }
}

pub(super) fn of_stood(stood: &Stood) -> (&'static str, Text) {
    let (key, who, name) = match &stood.standing {
        Standing::Attested(by) => ("attested", "by", by),
        Standing::Read(from) => ("read", "from", from),
    };
    let entries = vec![
        (who.to_owned(), Text::Text(name.clone())),
        ("on".to_owned(), Text::Plain(stood.on.to_string())),
    ];
    (key, Text::Map(entries))
}

pub(super) fn of_grant(grant: Grant) -> Text {
    let word = match grant {
        Grant::Access => "access",
        Grant::None => "none",
    };
    Text::Text(word.to_owned())
}

pub(super) fn of_value(value: &Value) -> Text {
    match value {
        Value::Switch(on) => Text::Switch(*on),
        Value::Count(count) => Text::Count(*count),
        Value::Word(word) => Text::Text(word.as_str().to_owned()),
        Value::Words(words) => {
            let words = words.iter().map(|it| Text::Text(it.as_str().to_owned()));
            Text::List(words.collect())
        }
        Value::Hours(hours) => Text::Text(hours.to_string()),
    }
}

pub(super) fn of_quantity(quantity: &Quantity) -> Text {
    let lot = |lot: &Lot| {
        Text::Map(vec![
            ("size".to_owned(), Text::Count(lot.size)),
            ("count".to_owned(), Text::Count(lot.count)),
        ])
    };
    match quantity {
        Quantity::Number(number) => Text::Count(*number),
        Quantity::Lots(lots) => Text::List(lots.iter().map(lot).collect()),
    }
}
