//! A live account written into an inventory: where its API will not be used any more, or to look at it in a review.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::ImportError;
use crate::env::Env;
use crate::inventory::{self, Ending, Inventory, Standing, Stood};
use crate::model::AccountName;
use crate::ops::{Error, desired, plan, target};

/// What came of it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// The file that was written.
    pub inventory: String,
    /// How many things it holds.
    pub things: usize,
    /// What could not be read and is therefore not in it.
    pub unknown: Vec<String>,
}

/// Reads an account through its connection and writes what there is into a new inventory.
///
/// # Errors
/// If the account cannot be read, or the file is there already or cannot be written.
pub async fn run(
    env: &Env,
    dir: Option<&Path>,
    account: &AccountName,
    file: &Path,
) -> Result<Report, Error> {
    let estate = desired::read(env, dir, None)?;
    if estate.sink.has_errors() {
        return Err(Error::Files(Box::new(estate.problems())));
    }
    let Some(written) = estate.desired.accounts.get(account) else {
        let known = estate.desired.accounts.keys().map(AccountName::as_str);
        return Err(Error::unknown("account", account, known));
    };
    let path: PathBuf = estate.root.join(file);
    if env.exists(&path) {
        return Err(Error::Exists { path });
    }
    let (targets, unread) =
        target::open(env, &estate.root, &estate.desired, &estate.products, |it| {
            it == account
        });
    if let Some(first) = unread.into_iter().next() {
        return Err(Error::NoConnection(first));
    }
    let mut read = targets.read(&[]).await;
    let Some(observation) = read.observations.remove(account) else {
        let why = read
            .unread
            .first()
            .map(|it| it.why.clone())
            .unwrap_or_default();
        let account = account.clone();
        return Err(Error::NoConnection(plan::Unread { account, why }));
    };
    let product = estate.products.get(&written.product).ok_or_else(|| {
        Error::Import(ImportError::Export("its product is not defined".to_owned()))
    })?;
    let from = written.connection.url.clone();
    let stood = Stood {
        on: env.now().to_zoned(jiff::tz::TimeZone::UTC).date(),
        standing: Standing::Read(from.unwrap_or_else(|| "the embedded directory".to_owned())),
    };
    let things = observation.state.len();
    let unknown = observation
        .gaps
        .iter()
        .map(|it| format!("{}: {}", it.word(), it.why));
    let report = Report {
        version: 1,
        inventory: file.display().to_string(),
        things,
        unknown: unknown.collect(),
    };
    // A cycle that is not written has no last day.
    let pricing = crate::plan::Pricing {
        billing: written.billing.as_ref(),
        product,
        observation: &observation,
        today: stood.on,
    };
    let until = pricing.cycle_end().and_then(|it| it.yesterday().ok());
    let inventory = Inventory {
        ending: (observation.ending.iter())
            .map(|(pool, there)| {
                let there = there.clone();
                (pool.clone(), Ending { there, until })
            })
            .collect(),
        target: Some(observation.target.0),
        state: observation.state,
        phases: observation.phases,
        pools: observation.pools,
        gaps: observation.gaps,
        ..Inventory::default()
    };
    let comment = "Read from a live account. Sections that are not here could not be read.";
    let text = inventory::render(&inventory, account, product, &stood, comment);
    env.write(&path, text.as_bytes())
        .map_err(|error| Error::write(&path, &error))?;
    Ok(report)
}
