//! A vendor's export of users, read into an inventory.
//!
//! # Design
//! A row that cannot be read is not left out: whoever is missing from an inventory counts as absent, and would be invited again.
//! So nothing is written while a single row is wrong, and all wrong rows are told with their lines. People whom the export does
//! not list are gone; what it has no column for stays as the inventory has it, and as old as it is there. Everybody whom it
//! does list was seen on the day of the import, whether or not anything changed: where the head of the file stands for nothing
//! but the people it is the head that is renewed, elsewhere each person's line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::ImportError;
use crate::diagnostic::Sink;
use crate::env::Env;
use crate::inventory::{self, Inventory, LookedAt, Seen, Standing, Stood};
use crate::model::{
    Access, AccountName, Address, Entry, Gap, Kind, OptionName, Resource, ResourceId, RoleName,
    Subject, Value, WeeklyHours,
};
use crate::ops::desired::Estate;
use crate::ops::problems::Problems;
use crate::ops::{Error, desired};
use crate::product::{ExportMap, OptionKind, Product};
use crate::provider::inventory::NAME;
use crate::text::{Source, Sources, Word, nearest};
use crate::yaml::{self, Decode as _, Decoder};

/// A longer export is not read.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// What to read.
#[derive(Clone, Debug)]
pub struct Options {
    /// The account; its connection names the inventory.
    pub account: AccountName,
    /// The export.
    pub file: PathBuf,
    /// What its columns mean; the product says it if `None`.
    pub columns: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// The inventory.
    pub inventory: String,
    /// Rows that were read.
    pub rows: usize,
    /// People who were not there before.
    pub added: Vec<String>,
    /// People who have something else now.
    pub changed: Vec<String>,
    /// How many people have the same as before, seen on a later day now.
    pub renewed: usize,
    /// People whom the export does not list any more.
    pub removed: Vec<String>,
    /// Columns that nothing is taken from.
    pub unused: Vec<String>,
    /// Rows that cannot be read; with any of them nothing is written.
    pub bad: Vec<BadRow>,
    /// What is wrong with the map of columns.
    pub problems: Problems,
    /// The text before and after; equal if nothing is written.
    #[serde(skip)]
    pub text: (String, String),
}

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct BadRow {
    /// Its line in the export, from 1.
    pub line: u64,
    /// What is wrong with it, as a phrase; raw.
    pub why: String,
}

/// Reads an export into the inventory of an account.
///
/// # Errors
/// If the account has no inventory, the export or the map cannot be read, or the inventory cannot be written.
pub fn run(env: &Env, dir: Option<&Path>, options: &Options) -> Result<Report, Error> {
    let estate = desired::read(env, dir, None)?;
    let (account, product) = account(&estate, &options.account)?;
    let path = account.ok_or_else(|| wrong(format!(
        "\"{}\" is not kept in an inventory: write connection: {{provider: inventory, file: PATH}}",
        options.account
    )))?;
    let target = estate.root.join(&path);
    let before = match env.read(&target) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|_| Error::read(&target, &std::io::Error::other("it is not UTF-8")))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::read(&target, &error)),
    };
    let (sources, sink, map) = map(env, options, &product)?;
    let mut report = Report {
        version: 1,
        inventory: path.clone(),
        rows: 0,
        added: Vec::new(),
        changed: Vec::new(),
        renewed: 0,
        removed: Vec::new(),
        unused: Vec::new(),
        bad: Vec::new(),
        problems: Problems::new(sources, sink),
        text: (before.clone(), before.clone()),
    };
    let Some(map) = map.filter(|_| !report.problems.refused()) else {
        return Ok(report);
    };
    let text = export(env, &options.file)?;
    let people = Rows {
        map: &map,
        product: &product,
    }
    .read(&text, &mut report)?;
    if !report.bad.is_empty() {
        return Ok(report);
    }
    let name = options
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let today = env.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let stood = Stood {
        on: today,
        standing: Standing::Read(name.into_owned()),
    };
    let merge = Merge {
        account: &options.account,
        product: &product,
        map: &map,
        stood: &stood,
    };
    let after = merge.merge(&before, people, &mut report)?;
    if after != before {
        env.write(&target, after.as_bytes())
            .map_err(|error| Error::write(&target, &error))?;
    }
    report.text.1 = after;
    Ok(report)
}

fn wrong(why: String) -> Error {
    Error::Import(ImportError::Export(why))
}

/// The file of an account's inventory, if it has one, and its product.
fn account(
    estate: &Estate,
    name: &AccountName,
) -> Result<(Option<String>, std::sync::Arc<Product>), Error> {
    let Some(account) = estate.desired.accounts.get(name) else {
        let known = estate.desired.accounts.keys().map(AccountName::as_str);
        return Err(Error::unknown("account", name, known));
    };
    let product = estate.products.get(&account.product);
    let product =
        product.ok_or_else(|| Error::unknown("product", &account.product, std::iter::empty()))?;
    let is_inventory = account.connection.provider == NAME;
    let file = account.connection.file.clone().filter(|_| is_inventory);
    Ok((file, std::sync::Arc::clone(product)))
}

/// What the columns mean: the file that was named, else what the product says.
fn map(
    env: &Env,
    options: &Options,
    product: &Product,
) -> Result<(Sources, Sink, Option<ExportMap>), Error> {
    let (mut sources, mut sink) = (Sources::new(), Sink::new());
    let Some(path) = &options.columns else {
        let mut maps = product
            .imports
            .iter()
            .filter_map(|(_, it)| it.export.clone());
        let map = maps.next().ok_or_else(|| {
            wrong(format!(
                "{} says nothing about an export; say with --columns FILE what the columns mean",
                product.title
            ))
        })?;
        return Ok((sources, sink, Some(map)));
    };
    let bytes = env.read(path).map_err(|error| Error::read(path, &error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::read(path, &std::io::Error::other("it is not UTF-8")))?;
    let source = Source::new(path.display().to_string(), text);
    let document = yaml::parse(&source, sources.next_id(), &mut sink);
    let mut cx = Decoder::new();
    let map = document
        .root
        .as_ref()
        .and_then(|root| ExportMap::decode(root, &mut cx));
    sink.append(cx.sink);
    drop(document);
    sources.add(source);
    Ok((sources, sink, map))
}

fn export(env: &Env, path: &Path) -> Result<String, Error> {
    let bytes = env.read(path).map_err(|error| Error::read(path, &error))?;
    if bytes.len() > BYTES_MAX {
        return Err(wrong(format!(
            "the export has {} bytes, more than {BYTES_MAX}",
            bytes.len()
        )));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        wrong(format!(
            "the export is not UTF-8 at byte {at}; save it as \"CSV UTF-8\""
        ))
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// What one row says.
struct Person {
    access: Access,
    /// Options that the export has a column for.
    options: BTreeSet<OptionName>,
    phase: Option<Word>,
}

/// What the rows of an export mean.
struct Rows<'a> {
    map: &'a ExportMap,
    product: &'a Product,
}

/// Where each thing stands in a row.
struct Columns {
    identity: usize,
    role: Option<usize>,
    state: Option<usize>,
    options: Vec<(OptionName, usize)>,
}

impl Rows<'_> {
    fn read(&self, text: &str, report: &mut Report) -> Result<BTreeMap<Subject, Person>, Error> {
        let head = text.lines().next().unwrap_or_default();
        let count = |it: &u8| head.bytes().filter(|byte| byte == it).count();
        let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(count);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter.unwrap_or(b','))
            .flexible(true)
            .from_reader(text.as_bytes());
        let unreadable = |error: csv::Error| wrong(format!("the export cannot be read: {error}"));
        let headers = reader.headers().map_err(unreadable)?.clone();
        let names: Vec<&str> = headers.iter().map(str::trim).collect();
        let columns = self.columns(&names, report)?;
        let mut people = BTreeMap::new();
        let mut lines: BTreeMap<Subject, u64> = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            let line = record.position().map_or(0, csv::Position::line);
            if record.iter().all(|it| it.trim().is_empty()) {
                continue;
            }
            report.rows += 1;
            let mut bad = |why: String| report.bad.push(BadRow { line, why });
            if record.len() != names.len() {
                let why = format!(
                    "it has {} cells, and the head {}",
                    record.len(),
                    names.len()
                );
                bad(why);
                continue;
            }
            match self.person(&columns, &record) {
                Err(why) => bad(why),
                Ok((subject, person)) => match lines.insert(subject.clone(), line) {
                    Some(earlier) => bad(format!(
                        "\"{}\" stands on line {earlier} already",
                        subject.as_str()
                    )),
                    None => {
                        people.insert(subject, person);
                    }
                },
            }
        }
        if report.rows == 0 {
            return Err(wrong(
                "the export has no rows, and an account without anybody is not believed".to_owned(),
            ));
        }
        Ok(people)
    }

    fn columns(&self, names: &[&str], report: &mut Report) -> Result<Columns, Error> {
        let find = |wanted: &[String]| {
            names.iter().position(|name| {
                wanted
                    .iter()
                    .any(|it| it.to_lowercase() == name.to_lowercase())
            })
        };
        let must = |what: &str, wanted: &[String]| {
            find(wanted).ok_or_else(|| {
                wrong(format!(
                    "the export has no column for the {what} (\"{}\"); it has {}; say with --columns FILE what they mean",
                    wanted.join("\", \""),
                    names.join(", ")
                ))
            })
        };
        let it = &self.map.columns;
        let columns = Columns {
            identity: must("identity", &it.identity.0)?,
            role: match it.role.0.as_slice() {
                [] => None,
                wanted => Some(must("role", wanted)?),
            },
            state: match it.state.0.as_slice() {
                [] => None,
                wanted => Some(must("state", wanted)?),
            },
            options: (it.options.iter())
                .filter_map(|(name, wanted)| {
                    Some((OptionName::from(name.value.clone()), find(&wanted.0)?))
                })
                .collect(),
        };
        let used: BTreeSet<usize> = [Some(columns.identity), columns.role, columns.state]
            .into_iter()
            .flatten()
            .chain(columns.options.iter().map(|it| it.1))
            .collect();
        let unused = names
            .iter()
            .enumerate()
            .filter(|(at, _)| !used.contains(at));
        report.unused = unused.map(|(_, name)| (*name).to_owned()).collect();
        Ok(columns)
    }

    fn person(
        &self,
        columns: &Columns,
        record: &csv::StringRecord,
    ) -> Result<(Subject, Person), String> {
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let identity = cell(columns.identity);
        if identity.is_empty() {
            return Err("it names nobody".to_owned());
        }
        if let Some(c) = identity
            .chars()
            .find(|c| crate::text::is_unsafe_to_show(*c))
        {
            return Err(format!(
                "the identity holds U+{:04X}, which is not shown",
                c as u32
            ));
        }
        let separators = self.map.separator.as_deref().unwrap_or(";");
        let mut roles = Vec::new();
        for word in columns.role.map(cell).unwrap_or_default().split(separators) {
            let word = word.trim();
            if !word.is_empty() {
                roles.push(RoleName::from(self.word(
                    "role",
                    word,
                    &self.map.roles,
                    |it| self.product.role(it).is_some(),
                )?));
            }
        }
        roles.sort_unstable();
        roles.dedup();
        let phase = match columns.state.map(cell).unwrap_or_default() {
            "" => None,
            word => {
                let known = |it: &str| it == "active" || self.product.states.get(it).is_some();
                let state = self.word("state", word, &self.map.states, known)?;
                Some(state).filter(|it| *it != "active")
            }
        };
        let mut access = Access {
            roles,
            ..Access::default()
        };
        for (name, at) in &columns.options {
            let text = cell(*at);
            if let Some(value) = self.option(name, text, separators)?
                && !self.product.is_default(name, &value)
            {
                access.options.insert(name.clone(), value);
            }
        }
        let options = columns.options.iter().map(|it| it.0.clone()).collect();
        let person = Person {
            access,
            options,
            phase,
        };
        Ok((self.product.user.subject(&Word::new(identity)), person))
    }

    /// Our word for one of the export's: as the map says, else the same if it is one of ours.
    fn word(
        &self,
        what: &str,
        text: &str,
        map: &yaml::Entries<crate::text::Spanned<Word>>,
        known: impl Fn(&str) -> bool,
    ) -> Result<Word, String> {
        let mapped = map
            .iter()
            .find(|(it, _)| it.value.to_lowercase() == text.to_lowercase());
        if let Some((_, word)) = mapped {
            return match known(&word.value) {
                true => Ok(word.value.clone()),
                false => Err(format!(
                    "the map says that the {what} \"{text}\" is \"{}\", which there is not",
                    word.value.as_str()
                )),
            };
        }
        let ours = text.to_lowercase();
        if known(&ours) {
            return Ok(Word::new(ours));
        }
        let near = nearest(text, map.iter().map(|(it, _)| it.value.as_str()));
        let near = near.map_or_else(String::new, |it| format!("; is it \"{it}\"?"));
        Err(format!("nothing says what the {what} \"{text}\" is{near}"))
    }

    fn option(&self, name: &str, text: &str, separators: &str) -> Result<Option<Value>, String> {
        let Some(rule) = self.product.options.get(name) else {
            return Err(format!(
                "the map names an option \"{name}\", which there is not"
            ));
        };
        if text.is_empty() {
            return Ok(None);
        }
        let values = self.map.values.get(name);
        let mapped = |text: &str| {
            let ours = values.and_then(|it| {
                let mut all = it.iter();
                all.find(|(it, _)| it.value.to_lowercase() == text.to_lowercase())
            });
            ours.map_or_else(|| text.to_owned(), |(_, it)| it.value.as_str().to_owned())
        };
        let known = |it: &str| rule.values.iter().any(|word| word.value == it);
        let value = match rule.r#type {
            OptionKind::Switch => match mapped(text).to_lowercase().as_str() {
                "true" | "yes" | "1" | "on" => Some(Value::Switch(true)),
                "false" | "no" | "0" | "off" => Some(Value::Switch(false)),
                _ => None,
            },
            OptionKind::Count => mapped(text).parse().ok().map(Value::Count),
            OptionKind::Enum => Some(mapped(text))
                .filter(|it| known(it))
                .map(|it| Value::Word(it.into())),
            OptionKind::Set => {
                let words = text
                    .split(separators)
                    .map(str::trim)
                    .filter(|it| !it.is_empty());
                let words: Vec<String> = words.map(mapped).collect();
                let all_known = rule.values.is_empty() || words.iter().all(|it| known(it));
                all_known.then(|| Value::words(words.into_iter().map(Word::from)))
            }
            OptionKind::Text => Some(Value::Word(mapped(text).into())),
            OptionKind::Hours => WeeklyHours::parse(&mapped(text)).ok().map(Value::Hours),
            OptionKind::User => {
                let subject = self.product.user.subject(&Word::new(text));
                Some(Value::Word(Word::new(subject.as_str())))
            }
        };
        match value {
            Some(value) => Ok(Some(value)),
            None => Err(format!("\"{text}\" is no value of the option \"{name}\"")),
        }
    }
}

/// Puts people into an inventory.
struct Merge<'a> {
    account: &'a AccountName,
    product: &'a Product,
    map: &'a ExportMap,
    stood: &'a Stood,
}

impl Merge<'_> {
    fn merge(
        &self,
        before: &str,
        people: BTreeMap<Subject, Person>,
        report: &mut Report,
    ) -> Result<String, Error> {
        let old = self.look(before)?;
        let Some(old) = old else {
            return Ok(self.anew(people, report));
        };
        let is_known = !old.gaps.iter().any(|it| it.kind == Kind::Access);
        if !is_known {
            return Err(wrong(
                "the inventory has no \"access:\"; write \"access: {}\" into it first".to_owned(),
            ));
        }
        let shape = |error: inventory::RecordError| wrong(error.to_string());
        let mut text = before.to_owned();
        for (address, entry) in old.state.of_account(self.account) {
            if let (ResourceId::Access(subject), Resource::Access(_)) =
                (&address.resource, &entry.resource)
                && !people.contains_key(subject)
            {
                text = self.record(&text, address, None, None, None)?;
                report.removed.push(subject.as_str().to_owned());
            }
        }
        let head = inventory::stand_for_people(&text, self.account, self.product, self.stood);
        let renewed_head = head.map_err(shape)?;
        text = renewed_head.unwrap_or(text);
        let now = self.look(&text)?.unwrap_or_default();
        for (subject, person) in people {
            let address = Address::access(self.account, &subject);
            let was = match old.state.resource(&address) {
                Some(Resource::Access(access)) => Some(access),
                _ => None,
            };
            let after = merged(was, &person, self.map);
            let phase = match self.map.columns.state.0.is_empty() {
                true => old.phases.get(&address).cloned(),
                false => person.phase.clone(),
            };
            let is_same =
                was.is_some_and(|it| *it == after) && old.phases.get(&address) == phase.as_ref();
            let others = old.stood.get(&address).filter(|it| *it != self.stood);
            // Options that the export does not tell are not seen again with the rest.
            let is_partly_old = after
                .options
                .iter()
                .any(|it| !person.options.contains(it.0));
            let is_seen = now.stood.get(&address) == Some(self.stood);
            if !is_same || !is_seen || (is_partly_old && others.is_some()) {
                let looked_at = others.map(|others| LookedAt {
                    options: &person.options,
                    others,
                });
                let resource = Resource::Access(after);
                let phase = phase.as_ref();
                text = self.record(&text, &address, Some(&resource), phase, looked_at)?;
            }
            match was {
                None => report.added.push(subject.as_str().to_owned()),
                Some(_) if !is_same => report.changed.push(subject.as_str().to_owned()),
                Some(_) if others.is_some() => report.renewed += 1,
                Some(_) => {}
            }
        }
        // Nobody was seen on a later day where the text says nothing new.
        if text == before {
            report.renewed = 0;
        }
        Ok(text)
    }

    fn record(
        &self,
        text: &str,
        address: &Address,
        after: Option<&Resource>,
        phase: Option<&Word>,
        looked_at: Option<LookedAt<'_>>,
    ) -> Result<String, Error> {
        let seen = Seen {
            address,
            renamed_from: None,
            after,
            phase: phase.map(Word::as_str),
            stood: self.stood,
            looked_at,
        };
        inventory::record(text, self.account, self.product, &seen)
            .map_err(|error| wrong(error.to_string()))
    }

    /// What the inventory says; `None` for one that is not there yet.
    fn look(&self, text: &str) -> Result<Option<Inventory>, Error> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let (mut sources, mut sink) = (Sources::new(), Sink::new());
        let source = Source::new("inventory", text);
        let id = sources.next_id();
        let read = inventory::read(
            &source,
            id,
            self.account,
            self.product,
            self.stood.on,
            &mut sink,
        );
        sources.add(source);
        match read.filter(|_| !sink.has_errors()) {
            Some(inventory) => Ok(Some(inventory)),
            None => Err(wrong(
                "the inventory has errors; `seatplan validate` tells them".to_owned(),
            )),
        }
    }

    fn anew(&self, people: BTreeMap<Subject, Person>, report: &mut Report) -> String {
        let mut inventory = Inventory::default();
        for kind in [Kind::Setting, Kind::Team, Kind::Member, Kind::Object] {
            let why = "the export does not tell".to_owned();
            inventory.gaps.push(Gap::of(kind, why));
        }
        for (subject, person) in people {
            let address = Address::access(self.account, &subject);
            let phase = person.phase.map(|it| (address.clone(), it));
            inventory.phases.extend(phase);
            let access = Entry::observed(Resource::Access(person.access));
            inventory.state.insert(address, access);
            report.added.push(subject.as_str().to_owned());
        }
        let comment = "Read from an export. Sections that are not here are not known: write \"teams: {}\" where there are none.";
        inventory::render(&inventory, self.account, self.product, self.stood, comment)
    }
}

/// What somebody has now: what the export says, and what it has no column for as it was.
fn merged(was: Option<&Access>, person: &Person, map: &ExportMap) -> Access {
    let mut access = person.access.clone();
    let Some(was) = was else {
        return access;
    };
    if map.columns.role.0.is_empty() {
        access.roles.clone_from(&was.roles);
    }
    for (name, value) in was.options.iter() {
        if !person.options.contains(name) {
            access.options.insert(name.clone(), value.clone());
        }
    }
    access.grants = was.grants.clone();
    access
}
