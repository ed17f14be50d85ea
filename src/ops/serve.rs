//! `serve`: the embedded directory on its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::{Error, estate, target};
use crate::directory::{self, Accept};
use crate::env::Env;

/// A directory that runs until it is dropped or stopped.
#[derive(Debug)]
pub struct Served {
    /// The directory.
    pub running: directory::Running,
    /// Its file.
    pub database: PathBuf,
    /// The file that holds its bootstrap token, readable by its owner alone.
    pub token_file: PathBuf,
    /// The accounts of the estate that were opened on it; empty without an estate.
    pub accounts: Vec<String>,
}

/// Starts the directory of an estate with its accounts, or an empty one if there is no estate there.
///
/// # Errors
/// If it cannot listen, or its files cannot be written.
pub fn start(
    env: &Env,
    dir: Option<&Path>,
    listen: SocketAddr,
    accept: Accept,
    script: Option<&Path>,
) -> Result<Served, Error> {
    let estate = match super::desired::read(env, dir, None) {
        Ok(estate) => Some(estate),
        Err(Error::Load(estate::LoadError::NoEstate(_) | estate::LoadError::NoFolder(_))) => None,
        Err(error) => return Err(error),
    };
    let root = match (&estate, dir) {
        (Some(estate), _) => estate.root.clone(),
        (None, Some(dir)) => env.directory().join(dir),
        (None, None) => env.directory().to_owned(),
    };
    let serve = |error: &dyn std::fmt::Display| Error::Serve(error.to_string());
    let folder = target::own_folder(env, &root).map_err(|error| serve(&error))?;
    let database = folder.join("directory.db");
    let mut settings = target::settings(env, database.clone(), listen, accept);
    if let Some(path) = script {
        let lines = super::script::read(env, path)?;
        if let Some(estate) = &estate {
            let products: Vec<_> = estate.products.iter().map(|(_, it)| &**it).collect();
            super::script::check(&lines, &products)
                .map_err(|why| Error::read(path, &std::io::Error::other(why)))?;
        }
        settings.script = directory::Script::new(lines);
    }
    let running = directory::start(settings).map_err(|error| serve(&error))?;
    let mut accounts = Vec::new();
    for (name, account) in estate.iter().flat_map(|it| &it.desired.accounts) {
        let product = estate
            .as_ref()
            .and_then(|it| it.products.get(&account.product));
        if let Some(product) = product.filter(|_| account.connection.url.is_none()) {
            running
                .provision_under(name, &account.product, product, account.parent.as_ref())
                .map_err(|problem| serve(&problem))?;
            accounts.push(name.to_string());
        }
    }
    let token_file = folder.join("directory.token");
    let token = secrecy::ExposeSecret::expose_secret(&running.bootstrap_token);
    env.write_secret(&token_file, token.as_bytes())
        .map_err(|error| Error::write(&token_file, &error))?;
    Ok(Served {
        running,
        database,
        token_file,
        accounts,
    })
}
