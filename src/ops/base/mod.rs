//! The revision that a change is compared with: its guards hold, its inventories are the actual state, its lines are named
//! where the change took them away.
//!
//! # Design
//! - **Whoever proposes a change can write every file of it.** So what decides about the change is read from where it cannot
//!   write: the base, in git's object store.
//! - **The base is read as an estate like any other**, by the same rules and into the same sources, so that a problem can
//!   point at both. Only its `seatplan.yaml` must be without errors: a change that mends another broken file must not be
//!   refused for it.
//! - **An inventory that the base does not have is the change's own word**, all of it. An account has to begin somewhere; a
//!   reviewer is told so.
//! - **A credential goes where the base says.** An account whose address or credential the change says is not read: see
//!   `Base::untrusted`.
//! - `apply` takes no base. A saved plan carries what its guards were and reads again what they rest on; a fresh one is made
//!   of what was merged. Whoever wants the guards of before the merge plans with `--base HEAD^1 --out FILE`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::Error;
use super::desired::{self, Estate};
use super::estate::{Held, SETTINGS_FILE, Tree};
use super::plan::Unread;
use crate::config::codes::base as base_codes;
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::env::Env;
use crate::inventory::{self, Inventory};
use crate::model::{Account, AccountName, Desired};
use crate::provider;
use crate::text::{Source, SourceId, Sources};
use crate::yaml::limits;

mod attested;
mod git;
mod gone;
mod guards;
mod people;

pub use attested::{Attestation, Claim, Renewed};
use git::{GitError, Listed, ObjectId, Repository, Sort};

/// What a plan says of its base revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// The revision, as it was asked for; raw.
    pub revision: String,
    /// Its commit.
    pub commit: String,
    /// Whether there is no estate in it, so that guards and inventories are those of the change.
    pub is_new: bool,
    /// What the change says of accounts that are kept in inventories, by account and address. The plan starts from what the
    /// base says.
    pub attestations: Vec<Attestation>,
    /// How many things are attested anew without being another, by account and by who stands for them.
    pub renewed: Vec<Renewed>,
    /// Accounts whose inventory is new with the change: the plan starts from what the change says.
    pub new_inventories: Vec<AccountName>,
}

impl Report {
    /// The commit's beginning, for people.
    pub fn short(&self) -> &str {
        self.commit.get(..7).unwrap_or(&self.commit)
    }
}

/// A base revision that was read.
pub(super) struct Base<'e> {
    repository: Repository<'e>,
    name: String,
    commit: ObjectId,
    /// What it wants; `None` if there is no estate in it.
    desired: Option<Desired>,
    /// Its inventories and the change's.
    inventories: BTreeMap<AccountName, Pair>,
}

/// What the base and the change say of one account.
struct Pair {
    /// The path in the base, its text and what it says; `None` if the inventory is new with the change.
    before: Option<(String, Arc<str>, Inventory)>,
    /// The path in the change.
    path: String,
    after: Inventory,
}

/// Reads the base revision of an estate that has no errors, and lets its guards hold. `None`, and the reason in the estate's
/// sink, if it cannot be read.
///
/// # Errors
/// None that a repository can cause.
pub(super) fn read<'e>(
    env: &'e Env,
    name: &str,
    estate: &mut Estate,
) -> Result<Option<Base<'e>>, Error> {
    let found = Repository::open(env, &estate.root).and_then(|repository| {
        let commit = repository.commit(name)?;
        let tree = tree(&repository, &commit)?;
        Ok((repository, commit, tree))
    });
    let (repository, commit, tree) = match found {
        Ok(found) => found,
        Err(error) => {
            estate.sink.push(diagnostic(&error));
            return Ok(None);
        }
    };
    if repository.contains(&commit) == Some(false) {
        let message = format!(
            "the working tree was not made from \"{name}\" ({}): what was merged there since looks undone here",
            commit.short()
        );
        let help = "merge it into the change, or rebase the change, and plan again";
        let diagnostic = Diagnostic::new(&base_codes::NOT_CONTAINED, message).help(help);
        estate.sink.push(diagnostic);
    }
    let mut base = Base {
        repository,
        name: name.to_owned(),
        commit,
        desired: None,
        inventories: BTreeMap::new(),
    };
    if tree.has(SETTINGS_FILE) {
        match base.read_estate(&tree, estate)? {
            Some(desired) => base.desired = Some(desired),
            None => return Ok(None),
        }
    } else {
        let diagnostic = base.no_estate();
        estate.sink.push(diagnostic);
    }
    base.read_inventories(&tree, estate);
    if let Some(was) = &base.desired {
        guards::compare(&was.guards, &estate.desired.guards, &mut estate.sink);
        accounts_gone(was, &estate.desired, &mut estate.sink);
        estate.desired.gone = gone::lines(was, &estate.desired, &estate.sources);
        estate.desired.guards = was.guards.clone();
    }
    Ok(Some(base))
}

impl Base<'_> {
    /// What the plan records: where its guards are from.
    pub(super) fn guards_from(&self) -> (String, Option<String>) {
        match &self.desired {
            Some(_) => (self.name.clone(), Some(self.commit.as_str().to_owned())),
            None => (WORKING_TREE.to_owned(), None),
        }
    }

    /// The inventories that the actual state is read from.
    pub(super) fn held(&self) -> impl Iterator<Item = (&AccountName, provider::inventory::Held)> {
        let short = self.commit.short();
        self.inventories.iter().filter_map(move |(name, pair)| {
            let (path, text, _) = pair.before.as_ref()?;
            let held = provider::inventory::Held {
                text: Arc::clone(text),
                from: format!("{path} at {short}"),
            };
            Some((name, held))
        })
    }

    /// Accounts that must not be read where the change says they are, and why not.
    pub(super) fn untrusted(
        &self,
        asked: impl Fn(&AccountName) -> bool,
        estate: &mut Estate,
    ) -> Vec<Unread> {
        let was = self.desired.as_ref();
        let mut unread = Vec::new();
        for (name, account) in estate
            .desired
            .accounts
            .iter()
            .filter(|(name, _)| asked(name))
        {
            let before = was.and_then(|it| it.accounts.get(name));
            let is_trusted = is_trusted(was, account);
            let message = match before {
                Some(it) if is_trusted && it.connection.provider != account.connection.provider => {
                    format!("the change says that \"{name}\" is kept elsewhere")
                }
                _ if is_trusted => continue,
                _ => format!("the base does not know \"{name}\" with this address and credential"),
            };
            let mut diagnostic = Diagnostic::new(&base_codes::CONNECTION_CHANGED, message)
                .at(account.connection.span, "now");
            if let Some(before) = before {
                diagnostic = diagnostic.at(before.connection.span, "was");
            }
            let help = "merge the connection in a change of its own, after looking where it leads";
            estate.sink.push(diagnostic.help(help));
            if !is_trusted {
                unread.push(Unread {
                    account: name.clone(),
                    why: "the change says where it is, so no credential was sent there".to_owned(),
                });
            }
        }
        unread
    }

    fn read_estate(&self, tree: &Tree, estate: &mut Estate) -> Result<Option<Desired>, Error> {
        let settings = estate.sources.next_id();
        let was = desired::of_revision(tree, &mut estate.sources, estate.desired.at)?;
        let guarded = was.settings.guards.as_ref();
        let protected = guarded.map_or(0, |it| it.protected.len());
        let errors: Vec<_> = was.sink.diagnostics().iter().filter(is_error).collect();
        let of_settings = |it: &&&Diagnostic| it.primary().is_none_or(|it| it.source == settings);
        let reason = errors.iter().find(of_settings);
        // Whom a broken file names is not known, and may be protected.
        let is_lost = was.desired.guards.protected.len() < protected;
        if reason.is_some() || is_lost {
            let message = format!(
                "the guards at \"{}\" ({}) cannot be read",
                self.name,
                self.commit.short()
            );
            let diagnostic = Diagnostic::new(&base_codes::UNREADABLE, message);
            let first = reason.or(errors.first());
            let diagnostic = first.map_or(diagnostic.clone(), |it| because(diagnostic, it));
            let help = "mend the base first, in a change that is planned without --base";
            estate.sink.push(diagnostic.help(help));
            return Ok(None);
        }
        if let Some(first) = errors.first() {
            let message = format!(
                "files at \"{}\" ({}) have errors: what was removed from them cannot be named",
                self.name,
                self.commit.short()
            );
            let mut diagnostic = Diagnostic::new(&base_codes::UNREADABLE, message);
            diagnostic.severity = Severity::Warning;
            estate.sink.push(because(diagnostic, first));
        }
        Ok(Some(was.desired))
    }

    fn no_estate(&self) -> Diagnostic {
        let message = format!(
            "there is no estate here at \"{}\" ({}): its guards are those of the change itself",
            self.name,
            self.commit.short()
        );
        let mut diagnostic = Diagnostic::new(&base_codes::NO_ESTATE, message);
        let elsewhere = self.repository.named(&self.commit, SETTINGS_FILE);
        let elsewhere = elsewhere.unwrap_or_default();
        if !elsewhere.is_empty() {
            let shown: Vec<_> = elsewhere
                .iter()
                .take(ELSEWHERE_MAX)
                .map(|it| format!("\"{it}\""))
                .collect();
            diagnostic = diagnostic.note(format!(
                "it has {}: if that estate was moved here, compare its guards",
                shown.join(", ")
            ));
        }
        diagnostic
    }

    /// Reads what the base and the change say of each account that both keep in an inventory.
    fn read_inventories(&mut self, tree: &Tree, estate: &mut Estate) {
        for (name, attested) in &estate.attestations {
            let (Some(account), today) = (estate.desired.accounts.get(name), attested.today) else {
                continue;
            };
            let Some(product) = estate.products.get(&account.product) else {
                continue;
            };
            let read = |sources: &Sources, id: SourceId| {
                let mut sink = Sink::new();
                let read = inventory::read(sources.get(id), id, name, product, today, &mut sink);
                match read {
                    Some(it) if !sink.has_errors() => Ok(it),
                    _ => Err(sink),
                }
            };
            let Ok(after) = read(&estate.sources, attested.source) else {
                continue; // The files were refused for it before.
            };
            let mut before = None;
            let was = self.desired.as_ref().and_then(|it| it.accounts.get(name));
            if let Some((path, text)) = was.and_then(|it| self.inventory_text(tree, it)) {
                let text: Arc<str> = text.into();
                let source = Source::new(path.as_str(), &text);
                let id = estate
                    .sources
                    .add(source.at_revision(Some(Arc::clone(tree.revision()))));
                match read(&estate.sources, id) {
                    Ok(it) => before = Some((path, text, it)),
                    Err(sink) => estate.sink.push(self.unreadable_inventory(name, &sink)),
                }
            }
            let path = account.connection.file.clone().unwrap_or_default();
            self.inventories.insert(
                name.clone(),
                Pair {
                    before,
                    path,
                    after,
                },
            );
        }
    }

    /// The path and the text of an account's inventory at the base.
    fn inventory_text(&self, tree: &Tree, account: &Account) -> Option<(String, String)> {
        let connection = &account.connection;
        let path = connection.file.as_ref()?;
        if connection.provider != provider::inventory::NAME {
            return None;
        }
        let bytes = match tree.read(path, limits::FILE_BYTES_MAX as u64) {
            Ok(bytes) => Arc::from(bytes),
            Err(_) => {
                // It need not have the name of a YAML file.
                let object = self.repository.object(self.commit.as_str(), path).ok()??;
                self.repository.files(&[&object]).ok()?.pop()?
            }
        };
        Some((path.clone(), String::from_utf8(bytes.to_vec()).ok()?))
    }

    fn unreadable_inventory(&self, name: &AccountName, sink: &Sink) -> Diagnostic {
        let message = format!(
            "the inventory of \"{name}\" at \"{}\" ({}) cannot be read: what the change says is taken instead",
            self.name,
            self.commit.short()
        );
        let mut diagnostic = Diagnostic::new(&base_codes::UNREADABLE, message);
        diagnostic.severity = Severity::Warning;
        match sink.diagnostics().iter().find(is_error) {
            Some(first) => because(diagnostic, first),
            None => diagnostic,
        }
    }
}

/// Where guards are from without a base.
pub(super) const WORKING_TREE: &str = "working tree";

/// Other estates of a revision that are named.
const ELSEWHERE_MAX: usize = 3;

fn is_error(diagnostic: &&Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

/// Adds the reason, with its first place.
fn because(diagnostic: Diagnostic, reason: &Diagnostic) -> Diagnostic {
    let text = format!("{}: {}", reason.code.id, reason.message);
    match reason.primary() {
        Some(span) if !span.is_outside() => diagnostic.at(span, text),
        _ => diagnostic.note(text),
    }
}

fn diagnostic(error: &GitError) -> Diagnostic {
    let message = error.to_string();
    match error {
        GitError::NoProgram(_) => Diagnostic::new(&base_codes::NO_REPOSITORY, message)
            .help("install git, or plan without --base; then the guards are those of the working tree"),
        GitError::NoRepository(_) => Diagnostic::new(&base_codes::NO_REPOSITORY, message)
            .help("run it in a git clone that belongs to you, or plan without --base"),
        GitError::NoRevision { is_shallow, .. } => {
            let help = match is_shallow {
                true => {
                    "this clone has only the newest commits: fetch all of them, with fetch-depth: 0 for actions/checkout, \
                     or `git fetch --unshallow origin`"
                }
                false => "look at `git branch --all`; a branch is fetched with `git fetch origin BRANCH`",
            };
            Diagnostic::new(&base_codes::NO_REVISION, message).help(help)
        }
        GitError::NoName(_) => Diagnostic::new(&base_codes::NO_REVISION, message)
            .help("name a branch, a tag or a commit: --base origin/main"),
        GitError::Unreadable(_) => Diagnostic::new(&base_codes::UNREADABLE, message)
            .help("fetch the whole repository: `git fetch --refetch --no-filter origin`, or clone it anew"),
    }
}

/// The files of the estate's folder in a commit; those that an estate can be made of with their bytes.
fn tree(repository: &Repository<'_>, commit: &ObjectId) -> Result<Tree, GitError> {
    let listed = repository.list(commit)?;
    let above = repository.ignore_files_above(commit)?;
    let wanted: Vec<&Listed> = listed.iter().filter(|it| is_wanted(it)).collect();
    let objects = wanted.iter().copied().chain(&above).map(|it| &it.object);
    let mut bytes = repository.files(&objects.collect::<Vec<_>>())?.into_iter();
    let read: BTreeMap<&str, Arc<[u8]>> = (wanted.iter().map(|it| it.path.as_str()))
        .zip(bytes.by_ref())
        .collect();
    let above = above.iter().map(|it| {
        let folder = it.path.trim_end_matches(IGNORE_FILE);
        (folder.to_owned(), bytes.next().unwrap_or_default())
    });
    let above = above.collect();
    let held = |it: &Listed| match it.sort {
        Sort::Link => Some(Held::Link),
        Sort::Submodule => None,
        Sort::File => Some(match read.get(it.path.as_str()) {
            Some(bytes) => Held::File(Arc::clone(bytes)),
            None => Held::Unread(it.bytes),
        }),
    };
    let files = listed
        .iter()
        .filter_map(|it| Some((it.path.clone(), held(it)?)));
    let (files, short) = (files.collect(), commit.short().into());
    Ok(Tree::new(short, &repository.prefix, files, &above))
}

/// The file that says which other files belong to nobody.
const IGNORE_FILE: &str = ".gitignore";

/// Whether an estate can be made of a file.
fn is_wanted(it: &Listed) -> bool {
    let path = it.path.to_ascii_lowercase();
    let is_ignore_file = path.rsplit('/').next() == Some(IGNORE_FILE);
    it.sort == Sort::File
        && it.bytes <= limits::FILE_BYTES_MAX as u64
        && (path.ends_with(".yaml") || path.ends_with(".yml") || is_ignore_file)
}

fn accounts_gone(was: &Desired, now: &Desired, sink: &mut Sink) {
    let gone = was
        .accounts
        .iter()
        .filter(|(name, _)| !now.accounts.contains_key(*name));
    for (name, account) in gone {
        let message = format!(
            "the account \"{name}\" is not in the files any more: nothing on it is compared"
        );
        let diagnostic = Diagnostic::new(&base_codes::ACCOUNT_GONE, message)
            .at(account.span, "was here")
            .help("if it is not closed at the vendor, take everybody off it first");
        sink.push(diagnostic);
    }
}

/// Whether an account may be read where a change says it is: the base names its address and its credential, together, for this
/// account or another one. An account without an address lives on this machine.
fn is_trusted(base: Option<&Desired>, account: &Account) -> bool {
    let way = |it: &Account| (it.connection.url.clone(), it.connection.token.clone());
    let known = base.into_iter().flat_map(|it| it.accounts.values());
    account.connection.url.is_none() || { known }.any(|it| way(it) == way(account))
}
