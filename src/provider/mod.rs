//! The port to vendors: what every provider can be asked to do.
//!
//! A provider observes an account and executes steps on it. Commands that only read are handed a [`Reader`]; `apply` alone
//! gets a [`Writer`]. To add a provider of a service, add a folder, a word in [`NAMES`] and a line in [`open_reader`] and
//! [`open_writer`], and let it pass the conformance story of `tests/it/conformance.rs`. An [`inventory`] is a file rather
//! than a service, and has no writer.

use std::sync::Arc;

use async_trait::async_trait;

use crate::model::{AccountName, Address, Observation, Resource};
use crate::plan::Step;
pub use crate::plan::{Capabilities, OperationId};
use crate::product::Product;
use crate::text::Word;

pub mod directory;
pub mod http;
pub mod inventory;

/// The names that `connection: {provider: NAME}` takes.
pub const NAMES: &[&str] = &["directory", "inventory"];

/// Where an account is reached, and with what.
#[derive(Clone, Debug)]
pub struct Target {
    /// The service's URL: https, or http on this machine.
    pub url: String,
    /// The credential.
    pub token: Option<secrecy::SecretString>,
}

/// A reader for one account. Nothing is sent yet.
///
/// # Errors
/// [`ReadError::Connection`] if the provider has no such name or the target cannot be used.
pub fn open_reader(
    account: &AccountName,
    product: &Arc<Product>,
    provider: &str,
    target: &Target,
) -> Result<Box<dyn Reader>, ReadError> {
    match provider {
        "directory" => {
            let limits = http::Limits::default();
            Ok(Box::new(directory::Directory::new(
                account, product, target, limits,
            )?))
        }
        _ => Err(unknown(provider)),
    }
}

/// A writer for one account. Nothing is sent yet.
///
/// # Errors
/// As [`open_reader`].
pub fn open_writer(
    account: &AccountName,
    product: &Arc<Product>,
    provider: &str,
    target: &Target,
) -> Result<Box<dyn Writer>, ReadError> {
    match provider {
        "directory" => {
            let limits = http::Limits::default();
            Ok(Box::new(directory::Directory::new(
                account, product, target, limits,
            )?))
        }
        _ => Err(unknown(provider)),
    }
}

fn unknown(provider: &str) -> ReadError {
    if provider == inventory::NAME {
        let why = "an inventory is a file: write \"file:\" in the connection, and no \"url:\"";
        return ReadError::Connection(why.to_owned());
    }
    let known = NAMES.join(", ");
    ReadError::Connection(format!(
        "there is no provider \"{provider}\"; the providers are {known}"
    ))
}

/// Reads one account.
#[async_trait]
pub trait Reader: Send + Sync {
    /// What the provider can execute by itself, as data.
    fn capabilities(&self) -> Capabilities;

    /// Reads everything of the account, page by page.
    ///
    /// A kind that could not be read completely is a gap of the observation; an `Err` means that nothing is known.
    async fn observe(&self) -> Result<Observation, ReadError>;

    /// Reads single things by their key, never from a list: absence here counts.
    async fn read_back(&self, addresses: &[Address]) -> Result<Vec<ReadBack>, ReadError>;
}

/// Executes steps on one account.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Sends one step once. The same `operation` sent twice takes effect once.
    async fn execute(&self, step: &Step, operation: &OperationId) -> Answer;
}

/// What one thing was read back as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBack {
    /// The thing.
    pub address: Address,
    /// What it is; `None` if it is not there.
    pub resource: Option<Resource>,
    /// Its life-cycle state, if it is not "active".
    pub phase: Option<Word>,
}

/// What came of sending a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The vendor confirmed it.
    Done {
        /// The life-cycle state that it left the thing in, if not "active".
        phase: Option<Word>,
    },
    /// The vendor provably did not do it.
    Refused {
        /// The vendor's words; raw.
        why: String,
    },
    /// It provably did not reach the vendor, or the vendor asked to come back later; it may be sent again.
    NotNow {
        /// What happened.
        why: String,
        /// How long the vendor asks to wait, in milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// Nobody knows whether it took effect. It is settled by reading back, never by guessing.
    Unknown {
        /// What happened.
        why: String,
    },
}

/// Why an account could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such account at the target.
    #[error("there is no account \"{account}\" at {at}")]
    NoSuchAccount {
        /// The account.
        account: String,
        /// Where.
        at: String,
    },
    /// The credential is missing, wrong or not enough.
    #[error("{at} does not accept the credential: {why}")]
    Credential {
        /// Where.
        at: String,
        /// What it said.
        why: String,
    },
    /// The target did not answer, or not in time.
    #[error("{at} did not answer: {why}")]
    Unreachable {
        /// Where.
        at: String,
        /// What happened.
        why: String,
    },
    /// The target answered something that makes no sense.
    #[error("{at} gave an answer that makes no sense: {why}")]
    Protocol {
        /// Where.
        at: String,
        /// What was wrong with it.
        why: String,
    },
    /// A setting of the connection is wrong.
    #[error("{0}")]
    Connection(String),
}
