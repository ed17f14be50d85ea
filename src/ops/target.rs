//! The accounts as targets: where each is reached, with which credential, and reading them all.
//!
//! Accounts whose `connection:` has no URL live in the embedded directory, which is started in this process and keeps its
//! file under `.seatplan/`. To be there at all they are opened on it first: that is what signing up is at a vendor, and
//! gives nobody anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;

use super::plan::Unread;
use crate::directory;
use crate::env::Env;
use crate::model::{Account, AccountName, Desired, Observation, ProductId, SecretSource};
use crate::product::{Product, Products};
use crate::provider::{self, Capabilities, ReadError, Reader, Target, Writer};

/// The folder of an estate that seatplan writes for itself.
pub const FOLDER: &str = ".seatplan";

/// A longer credential file is not a credential.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// Ways to the accounts of an estate. The embedded directory runs as long as this lives.
#[derive(Debug)]
pub struct Targets {
    links: BTreeMap<AccountName, Link>,
    directory: Option<directory::Running>,
}

#[derive(Debug)]
struct Link {
    product: Arc<Product>,
    provider: String,
    reach: Reach,
}

/// What an account is reached at.
#[derive(Debug)]
enum Reach {
    Service(Target),
    File(provider::inventory::File),
}

impl Link {
    fn reader(&self, name: &AccountName) -> Result<Box<dyn Reader>, ReadError> {
        match &self.reach {
            Reach::Service(target) => {
                provider::open_reader(name, &self.product, &self.provider, target)
            }
            Reach::File(file) => Ok(Box::new(file.clone())),
        }
    }

    /// A writer; `None` where everything is done by people.
    fn writer(&self, name: &AccountName) -> Result<Option<Box<dyn Writer>>, ReadError> {
        match &self.reach {
            Reach::Service(target) => {
                provider::open_writer(name, &self.product, &self.provider, target).map(Some)
            }
            Reach::File(_) => Ok(None),
        }
    }
}

/// What reading some accounts gave.
#[derive(Debug, Default)]
pub struct Read {
    /// What was seen.
    pub observations: BTreeMap<AccountName, Observation>,
    /// What each account's provider does by itself.
    pub capabilities: BTreeMap<AccountName, Capabilities>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Accounts that nobody asked for: they share pools with one that somebody asked for, and were read for what they use.
    pub counted: BTreeSet<AccountName>,
}

/// Finds the way to each of some accounts; those to which there is none come back with the reason.
pub fn open(
    env: &Env,
    root: &Path,
    desired: &Desired,
    products: &Products,
    wanted: impl Fn(&AccountName) -> bool,
) -> (Targets, Vec<Unread>) {
    let mut targets = Targets {
        links: BTreeMap::new(),
        directory: None,
    };
    let mut unread = Vec::new();
    for (name, account) in desired.accounts.iter().filter(|(name, _)| wanted(name)) {
        let Some(product) = products.get(&account.product) else {
            continue; // The files were refused for it before.
        };
        let way = Way::of(account);
        let link = targets.link(env, root, name, (&account.product, product), &way);
        match link {
            Ok(link) => {
                targets.links.insert(name.clone(), link);
            }
            Err(why) => unread.push(Unread {
                account: name.clone(),
                why,
            }),
        }
    }
    (targets, unread)
}

/// The way to one account that no file names yet.
///
/// # Errors
/// Why there is none, as a phrase; raw.
pub fn open_one(
    env: &Env,
    root: &Path,
    name: &AccountName,
    product: (&ProductId, &Arc<Product>),
    way: &Way<'_>,
) -> Result<Targets, String> {
    let mut targets = Targets {
        links: BTreeMap::new(),
        directory: None,
    };
    let link = targets.link(env, root, name, product, way)?;
    targets.links.insert(name.clone(), link);
    Ok(targets)
}

/// How an account is reached, as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Way<'w> {
    /// The provider's name.
    pub provider: &'w str,
    /// Where it answers; `None` for the embedded directory.
    pub url: Option<&'w str>,
    /// Where the credential is kept.
    pub token: Option<&'w SecretSource>,
    /// A script for the embedded directory.
    pub script: Option<&'w str>,
    /// The file of an inventory.
    pub file: Option<&'w str>,
    /// Days for which what people have seen counts.
    pub attested_for_days: Option<u32>,
    /// The account that it is a sub-account of.
    pub parent: Option<&'w AccountName>,
}

impl<'w> Way<'w> {
    fn of(account: &'w Account) -> Self {
        let connection = &account.connection;
        Self {
            provider: connection.provider.as_str(),
            url: connection.url.as_deref(),
            token: connection.token.as_ref(),
            script: connection.script.as_deref(),
            file: connection.file.as_deref(),
            attested_for_days: connection.attested_for_days,
            parent: account.parent.as_ref(),
        }
    }
}

/// The accounts to read: those that were asked for, and all that share pools with them; all if none were asked for.
pub(super) fn wanted(
    desired: &Desired,
    products: &Products,
    asked: &[AccountName],
) -> BTreeSet<AccountName> {
    match asked {
        [] => desired.accounts.keys().cloned().collect(),
        some => products.with_family(&desired.accounts, some.iter().cloned()),
    }
}

impl Targets {
    /// Whether every account lives in this process.
    pub fn all_in_process(&self) -> bool {
        let directory = self.directory.as_ref();
        self.links.values().all(|it| match &it.reach {
            Reach::Service(target) => directory.is_some_and(|running| running.url == target.url),
            Reach::File(_) => true,
        })
    }

    /// Takes for the actual state of an account what its inventory says in a revision, not what it says on disk.
    pub(super) fn hold(&mut self, account: &AccountName, held: provider::inventory::Held) {
        if let Some(Reach::File(file)) = self.links.get_mut(account).map(|it| &mut it.reach) {
            file.held = Some(held);
        }
    }

    /// The inventory of an account that has one.
    pub(super) fn inventory(&self, account: &AccountName) -> Option<&provider::inventory::File> {
        match &self.links.get(account)?.reach {
            Reach::File(file) => Some(file),
            Reach::Service(_) => None,
        }
    }

    /// A reader for each account.
    ///
    /// # Errors
    /// The first account whose connection cannot be used, with the reason.
    pub fn readers(
        &self,
    ) -> Result<BTreeMap<AccountName, Arc<dyn Reader>>, (AccountName, ReadError)> {
        self.each(|name, link| link.reader(name).map(Arc::from))
    }

    /// A writer for each account that has one. Only `apply` asks for them.
    ///
    /// # Errors
    /// The first account whose connection cannot be used, with the reason.
    pub(super) fn writers(
        &self,
    ) -> Result<BTreeMap<AccountName, Arc<dyn Writer>>, (AccountName, ReadError)> {
        let writers = self.each(|name, link| Ok(link.writer(name)?.map(Arc::from)))?;
        let there = writers.into_iter();
        Ok(there.filter_map(|(name, it)| Some((name, it?))).collect())
    }

    /// Reads all accounts side by side; those that were `asked` for (all if it is empty) and others.
    pub async fn read(&self, asked: &[AccountName]) -> Read {
        let is_counted = |it: &&AccountName| !asked.is_empty() && !asked.contains(it);
        let mut read = Read {
            counted: self.links.keys().filter(is_counted).cloned().collect(),
            ..Read::default()
        };
        let mut under_way = tokio::task::JoinSet::new();
        for (name, link) in &self.links {
            match link.reader(name) {
                Ok(reader) => {
                    let name = name.clone();
                    let capabilities = reader.capabilities();
                    read.capabilities.insert(name.clone(), capabilities);
                    under_way.spawn(async move { (name, reader.observe().await) });
                }
                Err(error) => read.unread.push(unread(name, &error)),
            }
        }
        while let Some(ended) = under_way.join_next().await {
            match ended.expect("a reader does not panic, and nobody cancels it") {
                (name, Ok(observation)) => {
                    read.observations.insert(name, observation);
                }
                (name, Err(error)) => read.unread.push(unread(&name, &error)),
            }
        }
        read.unread.sort_by(|a, b| a.account.cmp(&b.account));
        read
    }

    fn each<T>(
        &self,
        open: impl Fn(&AccountName, &Link) -> Result<T, ReadError>,
    ) -> Result<BTreeMap<AccountName, T>, (AccountName, ReadError)> {
        let links = self.links.iter();
        links
            .map(|(name, link)| match open(name, link) {
                Ok(opened) => Ok((name.clone(), opened)),
                Err(error) => Err((name.clone(), error)),
            })
            .collect()
    }

    fn link(
        &mut self,
        env: &Env,
        root: &Path,
        name: &AccountName,
        product: (&ProductId, &Arc<Product>),
        connection: &Way<'_>,
    ) -> Result<Link, String> {
        let (id, product) = product;
        if connection.provider == provider::inventory::NAME {
            let path = connection.file.ok_or("its connection names no file")?;
            return Ok(Link {
                product: Arc::clone(product),
                provider: connection.provider.to_owned(),
                reach: Reach::File(provider::inventory::File {
                    env: env.clone(),
                    root: root.to_owned(),
                    path: path.to_owned(),
                    account: name.clone(),
                    product: Arc::clone(product),
                    attested_for_days: connection.attested_for_days,
                    held: None,
                }),
            });
        }
        let target = match connection.url {
            Some(url) => Target {
                url: url.to_owned(),
                token: token(env, root, connection.token)?,
            },
            None => {
                let running = self.embedded(env, root)?;
                running
                    .provision_under(name, id, product, connection.parent)
                    .map_err(|problem| problem.to_string())?;
                if let Some(path) = connection.script {
                    let lines = super::script::read(env, &root.join(path));
                    let lines = lines.map_err(|error| format!("its script: {error}"))?;
                    super::script::check(&lines, &[&**product])
                        .map_err(|why| format!("its script: {why} of {}", product.title))?;
                    running
                        .script
                        .add(lines.into_iter().map(|it| directory::Line {
                            account: Some(name.clone()),
                            ..it
                        }));
                }
                Target {
                    url: running.url.clone(),
                    token: Some(running.bootstrap_token.clone()),
                }
            }
        };
        Ok(Link {
            product: Arc::clone(product),
            provider: connection.provider.to_owned(),
            reach: Reach::Service(target),
        })
    }

    /// The directory of this process, started by the first account that needs it.
    fn embedded(&mut self, env: &Env, root: &Path) -> Result<&directory::Running, String> {
        if self.directory.is_none() {
            let database = own_folder(env, root)
                .map_err(|error| {
                    let folder = folder(env, root);
                    format!("the folder {} cannot be written: {error}", folder.display())
                })?
                .join("directory.db");
            let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
            let settings = settings(env, database, address, directory::Accept::AtOnce);
            let running = directory::start(settings)
                .map_err(|error| format!("the embedded directory does not start: {error}"))?;
            self.directory = Some(running);
        }
        Ok(self.directory.as_ref().expect("it was just started"))
    }
}

/// The settings of a directory whose clock and randomness are the machine's.
pub(super) fn settings(
    env: &Env,
    database: PathBuf,
    address: std::net::SocketAddr,
    accept: directory::Accept,
) -> directory::Settings {
    let (clock, random) = (env.clone(), env.clone());
    directory::Settings {
        database,
        address,
        bootstrap_token: None,
        accept,
        clock: Arc::new(move || clock.now()),
        random: Arc::new(move |buffer| {
            for chunk in buffer.chunks_mut(32) {
                let bytes = random.random_bytes::<32>()?;
                chunk.copy_from_slice(&bytes[..chunk.len()]);
            }
            Ok(())
        }),
        faults: directory::Faults::default(),
        script: directory::Script::default(),
    }
}

/// Where what seatplan remembers of an estate is kept: where the machine says, else in the estate's own folder.
///
/// # Design
/// No file of the estate may name it: a change under review that moves it would start without the lock, without the window of
/// the guard, and without what is unknown of earlier runs.
pub(super) fn folder(env: &Env, root: &Path) -> PathBuf {
    match env.store() {
        Some(folder) => folder.to_owned(),
        None => env.directory().join(root).join(FOLDER),
    }
}

/// The estate's own folder, made if it is not there, and kept out of git.
///
/// # Errors
/// If it cannot be written.
pub(super) fn own_folder(env: &Env, root: &Path) -> std::io::Result<PathBuf> {
    let folder = folder(env, root);
    let ignore = folder.join(".gitignore");
    if env.read(&ignore).is_err() {
        env.write(
            &ignore,
            b"# Written by seatplan: what is here belongs to this machine.\n*\n",
        )?;
    }
    Ok(folder)
}

/// The credential, if one is named. The reason why there is none never holds any of it.
fn token(
    env: &Env,
    root: &Path,
    source: Option<&SecretSource>,
) -> Result<Option<SecretString>, String> {
    let text = match source {
        None => return Ok(None),
        Some(SecretSource::Env(name)) => env
            .variable(name)
            .ok_or_else(|| format!("the environment variable \"{name}\" is not set"))?,
        Some(SecretSource::File(path)) => {
            let bytes = env
                .read(&root.join(path))
                .map_err(|error| format!("the token file \"{path}\" cannot be read: {error}"))?;
            if bytes.len() > TOKEN_BYTES_MAX {
                return Err(format!("the token file \"{path}\" is too long for a token"));
            }
            String::from_utf8(bytes)
                .map_err(|_| format!("the token file \"{path}\" is not text"))?
        }
    };
    let text = text.trim();
    if text.is_empty() {
        return Err("the token is empty".to_owned());
    }
    Ok(Some(SecretString::from(text)))
}

fn unread(account: &AccountName, error: &ReadError) -> Unread {
    Unread {
        account: account.clone(),
        why: error.to_string(),
    }
}
