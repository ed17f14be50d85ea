//! The verb: finds out what there is, makes the files, writes them.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Adoption, ByHand, Count, Import, Reached, adopt, from_peribolos, write};
use crate::env::Env;
use crate::model::{AccountName, ProductId, SecretSource};
use crate::ops::desired::{self, WrittenEstate};
use crate::ops::plan::Unread;
use crate::ops::problems::Problems;
use crate::ops::target::{self, Way};
use crate::ops::{Error, estate};

/// What is imported.
#[derive(Clone, Debug)]
pub enum Origin {
    /// An account as it is.
    Account {
        /// Its name in the estate.
        name: AccountName,
        /// Its product, for an account that no file names yet.
        product: Option<String>,
        /// Where it answers, for an account that no file names yet; the embedded directory if `None`.
        url: Option<String>,
        /// The environment variable of its credential, for an account that no file names yet.
        token_variable: Option<String>,
    },
    /// A folder of peribolos configuration.
    Peribolos(PathBuf),
}

/// What came of an import.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// The files that were written, relative to the estate's root.
    pub files: Vec<String>,
    /// What they hold.
    pub carried: Vec<Count>,
    /// What was found and is not carried over.
    pub left_out: Vec<Count>,
    /// YAML that belongs into files which exist already, for a person to put there.
    pub by_hand: Vec<ByHand>,
    /// What was wrong with what was read; nothing was written if there is an error.
    pub problems: Problems,
}

/// Imports into the estate that a folder belongs to, or makes one there.
///
/// # Errors
/// If what is to be imported cannot be read, or a file is there already (then nothing was written).
pub async fn run(env: &Env, dir: Option<&Path>, origin: &Origin) -> Result<Report, Error> {
    let (root, import) = match origin {
        Origin::Peribolos(from) => peribolos(env, dir, from)?,
        Origin::Account {
            name,
            product,
            url,
            token_variable,
        } => {
            let estate = desired::read_written(env, dir, None)?;
            if estate.sink.has_errors() {
                return Err(Error::Files(Box::new(estate.problems())));
            }
            let token = token_variable.clone().map(SecretSource::Env);
            let way = Way {
                file: None,
                script: None,
                attested_for_days: None,
                parent: None,
                provider: "directory",
                url: url.as_deref(),
                token: token.as_ref(),
            };
            let import = account(env, &estate, name, product.as_deref(), &way).await?;
            (estate.root, import)
        }
    };
    if !import.sink.has_errors() {
        write(env, &root, &import.files)?;
    }
    Ok(Report {
        version: 1,
        files: import.files.into_iter().map(|it| it.path).collect(),
        carried: import.carried,
        left_out: import.left_out,
        by_hand: import.by_hand,
        problems: Problems::new(import.sources, import.sink),
    })
}

fn peribolos(env: &Env, dir: Option<&Path>, from: &Path) -> Result<(PathBuf, Import), Error> {
    let found = match estate::find_root(env, dir) {
        Ok(root) => Some(root),
        Err(estate::LoadError::NoEstate(_) | estate::LoadError::NoFolder(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let root = found.clone().unwrap_or_else(|| {
        let dir = dir.unwrap_or(Path::new(""));
        env.directory().join(dir)
    });
    let products = match &found {
        Some(root) => estate::load(env, root)?.products,
        None => crate::ops::init::built_in(),
    };
    let name = root.file_name().map(|it| it.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "estate".to_owned());
    let import = from_peribolos(env, from, &products, &name, found.is_none())?;
    Ok((root, import))
}

async fn account(
    env: &Env,
    estate: &WrittenEstate,
    name: &AccountName,
    product: Option<&str>,
    way: &Way<'_>,
) -> Result<Import, Error> {
    let no_way = |why: String| {
        Error::NoConnection(Unread {
            account: name.clone(),
            why,
        })
    };
    let known = estate.desired.accounts.get(name);
    let id = match (known, product) {
        (Some(account), _) => account.product.clone(),
        (None, Some(product)) => ProductId::new(product),
        (None, None) => {
            let names = estate.desired.accounts.keys().map(AccountName::as_str);
            return Err(Error::unknown("account", name, names));
        }
    };
    let Some(definition) = estate.products.get(&id) else {
        let ids = estate.products.iter().map(|(id, _)| ProductId::as_str(id));
        return Err(Error::unknown("product", &id, ids));
    };
    let targets = match known {
        Some(_) => {
            let wanted = |it: &AccountName| it == name;
            let (desired, products) = (&estate.desired, &estate.products);
            let (targets, unread) = target::open(env, &estate.root, desired, products, wanted);
            match unread.into_iter().next() {
                Some(unread) => return Err(Error::NoConnection(unread)),
                None => targets,
            }
        }
        None => {
            target::open_one(env, &estate.root, name, (&id, definition), way).map_err(no_way)?
        }
    };
    let mut read = targets.read(&[]).await;
    let Some(observation) = read.observations.remove(name) else {
        let why = read.unread.into_iter().next().map(|it| it.why);
        return Err(no_way(why.unwrap_or_default()));
    };
    let reached = way.url.filter(|_| known.is_none()).map(|url| Reached {
        url,
        token_variable: match way.token {
            Some(SecretSource::Env(variable)) => Some(variable),
            _ => None,
        },
    });
    Ok(adopt(&Adoption {
        observation: &observation,
        product: definition,
        products: &estate.products,
        product_id: &id,
        config: &estate.config,
        desired: &estate.desired,
        reached,
    }))
}
