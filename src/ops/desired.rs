//! From the files on disk to what they want: the part that every command about an estate begins with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::estate::{Loaded, Origin, Tree};
use super::inventory::{self, Attestations};
use super::problems::Problems;
use super::validate::Read;
use super::{Error, connections};
use crate::config::{self, Config, Settings, codes};
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::env::Env;
use crate::model::{AccountName, Desired, Kind};
use crate::product::Products;
use crate::rules::{self, DesiredContext};
use crate::text::Sources;

/// An estate that was read, resolved and checked as far as that goes without a network.
///
/// What the files say, names not resolved, is in it only where somebody asks for it: see [`WrittenEstate`].
#[derive(Debug)]
pub struct Estate<C = ()> {
    /// The folder of `seatplan.yaml`.
    pub root: PathBuf,
    /// Its files.
    pub sources: Sources,
    /// What `seatplan.yaml` says.
    pub settings: Settings,
    /// What the files say, names not resolved.
    pub config: C,
    /// Its product definitions.
    pub products: Products,
    /// What it wants. Incomplete where there are errors.
    pub desired: Desired,
    /// Who has seen what there is, on accounts that are kept in an inventory.
    pub attestations: BTreeMap<AccountName, Attestations>,
    /// What is wrong or worth attention.
    pub sink: Sink,
    /// How much was read.
    pub read: Read,
}

/// An estate with what its files say, for commands that tell what is written where.
pub type WrittenEstate = Estate<Config>;

/// The instant that files are read against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// An instant.
    Instant(jiff::Timestamp),
    /// The first moment of a day in the estate's time zone.
    Day(jiff::civil::Date),
}

/// Reads the estate that a folder belongs to; `at` is now unless given.
///
/// # Errors
/// If there is no estate, or its folder cannot be read.
pub fn read(env: &Env, start: Option<&Path>, at: Option<At>) -> Result<Estate, Error> {
    read_keeping(env, start, at, |_| ())
}

/// Reads the estate that a folder belongs to, and keeps what its files say.
///
/// # Errors
/// As [`read`].
pub fn read_written(
    env: &Env,
    start: Option<&Path>,
    at: Option<At>,
) -> Result<WrittenEstate, Error> {
    read_keeping(env, start, at, Config::clone)
}

/// Reads the estate that a folder belongs to, and keeps of what its files say what is asked for.
///
/// # Errors
/// As [`read`].
pub(super) fn read_keeping<C>(
    env: &Env,
    start: Option<&Path>,
    at: Option<At>,
    keep: impl FnOnce(&Config) -> C,
) -> Result<Estate<C>, Error> {
    let root = super::estate::find_root(env, start)?;
    let loaded = super::estate::load(env, &root)?;
    let at = at.unwrap_or_else(|| At::Instant(env.now()));
    let mut estate = resolve(root, loaded, at, keep)?;
    connections::check(&estate.desired, &mut estate.sink);
    estate.attestations = inventory::check(
        env,
        &estate.root,
        &estate.desired,
        &estate.products,
        &mut estate.sources,
        &mut estate.sink,
    );
    Ok(estate)
}

/// The estate at a revision, as far as it can be read, without its inventories. Its texts join those of another estate, so
/// that both can be pointed at together.
///
/// # Errors
/// None that a revision can cause.
pub(super) fn of_revision(
    tree: &Tree,
    sources: &mut Sources,
    at: jiff::Timestamp,
) -> Result<Estate, Error> {
    let origin = Origin::Revision(tree);
    let loaded = super::estate::load_beside(origin, std::mem::take(sources))?;
    let mut estate = resolve(PathBuf::new(), loaded, At::Instant(at), |_| ())?;
    std::mem::swap(sources, &mut estate.sources);
    Ok(estate)
}

/// From what was read to what it wants, without inventories.
fn resolve<C>(
    root: PathBuf,
    loaded: Loaded,
    at: At,
    keep: impl FnOnce(&Config) -> C,
) -> Result<Estate<C>, Error> {
    let mut sink = loaded.sink;
    let config = keep(&loaded.config);
    let settings = loaded.config.settings.clone();
    let (users, accounts) = (loaded.config.users.len(), loaded.config.accounts.len());
    let at = match at {
        At::Instant(at) => at,
        At::Day(day) => first_moment(&settings, day)?,
    };
    let (products, sources) = (loaded.products, loaded.sources);
    let desired = wanted(loaded.config, &products, &sources, at, &mut sink);
    let accesses = desired.state.iter();
    let read = Read {
        files: sources.len(),
        users,
        accounts,
        accesses: accesses
            .filter(|(address, _)| address.kind() == Kind::Access)
            .count(),
    };
    Ok(Estate {
        root,
        sources,
        settings,
        config,
        products,
        desired,
        attestations: BTreeMap::new(),
        sink,
        read,
    })
}

/// What files that were read want at an instant, with what is wrong with that.
pub(super) fn wanted(
    config: Config,
    products: &Products,
    sources: &Sources,
    at: jiff::Timestamp,
    sink: &mut Sink,
) -> Desired {
    let mut unresolved = Sink::new();
    let desired = config::resolve(config, products, at, &mut unresolved);
    append_without_unread_names(sink, unresolved, sources);
    let facts = DesiredContext {
        desired: &desired,
        products,
    };
    let mut broken_rules = Sink::new();
    rules::check_desired(&facts, &mut broken_rules);
    append_without_echoes(sink, broken_rules, sources);
    desired
}

/// The first moment of a day in the estate's time zone.
///
/// # Errors
/// If the day has none.
pub(super) fn first_moment(
    settings: &Settings,
    day: jiff::civil::Date,
) -> Result<jiff::Timestamp, Error> {
    let zone = settings.timezone.as_ref();
    let zone = zone.map_or(jiff::tz::TimeZone::UTC, |zone| zone.0.clone());
    let start = day.to_zoned(zone);
    let start = start.map_err(|error| Error::Day(day, error.to_string()))?;
    Ok(start.timestamp())
}

/// Adds what the rules found, but for errors on a line that could not be read right: what such a line lacks follows from
/// the error that is told already, and mending that one may be all there is to do.
fn append_without_echoes(sink: &mut Sink, found: Sink, sources: &Sources) {
    let line = |it: &Diagnostic| {
        let span = it.primary().filter(|span| !span.is_outside())?;
        Some((span.source, sources.place(span).line))
    };
    let errors = |it: &&Diagnostic| it.severity == Severity::Error;
    let broken: BTreeSet<_> = sink
        .diagnostics()
        .iter()
        .filter(errors)
        .filter_map(line)
        .collect();
    if broken.is_empty() {
        return sink.append(found);
    }
    for diagnostic in found.diagnostics() {
        if !line(diagnostic).is_some_and(|it| broken.contains(&it)) {
            sink.push(diagnostic.clone());
        }
    }
}

/// Adds what resolving found, but for names that stand in a file with something that could not be read: most likely they
/// are written there, and mending the file is all there is to do.
fn append_without_unread_names(sink: &mut Sink, found: Sink, sources: &Sources) {
    let errors = sink.diagnostics().iter();
    let errors = errors.filter(|it| it.severity == Severity::Error);
    let broken: BTreeSet<_> = errors
        .filter_map(|it| it.primary())
        .filter(|span| !span.is_outside())
        .map(|span| span.source)
        .collect();
    if broken.is_empty() {
        return sink.append(found);
    }
    let stands_in_broken = |it: &Diagnostic| {
        let Some(span) = it.primary().filter(|span| !span.is_outside()) else {
            return false;
        };
        let name = sources.slice(span).trim_matches(['"', '\'']);
        let name = name.strip_prefix("team/").unwrap_or(name);
        let others = broken.iter().filter(|it| **it != span.source);
        !name.is_empty() && { others }.any(|it| sources.get(*it).text().contains(name))
    };
    for diagnostic in found.diagnostics() {
        let is_unknown = diagnostic.code.id == codes::UNKNOWN_NAME.id;
        if !is_unknown || !stands_in_broken(diagnostic) {
            sink.push(diagnostic.clone());
        }
    }
}

impl<C> Estate<C> {
    /// The problems, with the texts that they point into.
    pub fn problems(self) -> Problems {
        Problems::new(self.sources, self.sink)
    }
}
