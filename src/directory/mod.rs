//! The embedded access directory: a foreign system that lives here.
//!
//! It keeps who may use which account, and enforces any product definition it is given: roles, options, plan gates,
//! exclusions, what accounts own, add-on rights, pools of every kind, who may do what, the last administrator. It shares only the nouns with the rest of the
//! program and checks with code of its own, so that a plan which it carries out was right, and not merely consistent.
//! The provider talks to it over HTTP like to any vendor.
//!
//! # The API
//! Everything lies below `/v1` and speaks JSON. `Authorization: Bearer TOKEN` is needed except for `GET /v1`.
//! Names in paths are percent-encoded. Bodies have at most 1 MiB. It speaks plain HTTP: outside of one machine it belongs
//! behind something that speaks TLS, and the provider insists on that.
//!
//! | Request | Does |
//! |---|---|
//! | `PUT /accounts/A` `{product, definition, parent}` | opens an account (bootstrap token), perhaps below another one; again: takes the newer definition |
//! | `GET /accounts/A` | `{account, target, product, at}`; `target` is the tenant's immutable id, `at` the directory's clock |
//! | `GET /accounts/A/whoami` | `{kind: service, name}` or `{kind: person, subject, roles}` |
//! | `GET /accounts/A/settings`, `seats`, `teams`, `access`, `members`, `objects`, `objects/K`, `handovers`, `invoices`, `commits` | one page |
//! | `GET`, `PUT`, `DELETE /accounts/A/settings/S` | a setting: `{setting, value}` |
//! | `GET`, `PUT /accounts/A/seats/P` | a pool: `{pool, unit, overflow, purchased, cancelled_to, limit, unlimited, used}`; quantities are numbers or lots `[{size, count}]` |
//! | `GET`, `PUT`, `DELETE /accounts/A/objects/K/N` | something that the account owns: `{kind, name, fields, phase}` |
//! | `GET`, `PUT`, `DELETE /accounts/A/teams/T` | a team: `{team, parent}`; removing one removes its places |
//! | `GET`, `PUT`, `DELETE /accounts/A/teams/T/members/S` | a place in a team: `{team, subject, lead}` |
//! | `GET`, `PUT`, `DELETE /accounts/A/access/S` | a person's access: `{subject, roles, options, grants, phase}` |
//! | `POST /accounts/A/access/S/rename`, `teams/T/rename`, `objects/K/N/rename` `{to}` | another name, everything else kept |
//! | `POST /accounts/A/access/S/transfer` `{value, other: {subject, value}}` | moves a role that exactly one person has to S; `other` is its holder, who may leave (`null`) |
//! | `POST /accounts/A/access/S/accept` | plays the person: accepts the invitation, activates the add-on |
//! | `POST /accounts/A/objects/K/N/accept` `{value: {fields}}` | plays whoever ends its state; the vendor may give the fields that are given later |
//! | `POST /accounts/A/cycle-end` | plays the end of the billing cycle: what was cancelled is gone |
//! | `POST /accounts/A/tokens` `{subject}` or `{service}` | makes a token, shown once; `DELETE .../tokens/ID` ends it |
//!
//! **Pages.** `?limit=` (100, at most 1,000) and `?cursor=`; an answer is `{items, next}`, `next` is `null` on the last
//! page. Items are ordered by their key, so that an item that stays is seen exactly once whatever else comes or goes.
//!
//! **Writes** send `{value}` and, if the caller wants them to be compared first, `{if_before}`: what the thing is believed
//! to be, `null` for "not there". If it is something else by now the answer is 412 with the `current` value; if it already
//! is what it shall be, nothing is done. A removal of access may name who takes over (`hand_over_to`), which is recorded.
//! A removal of something that holds data must say so (`accept_data_loss`); what cannot be changed in place is removed and
//! made anew by a PUT that says `replace`. Units taken beyond what there are, where the
//! vendor charges for them, are `invoices`, and stay there.
//! With an `Idempotency-Key` a request that had an effect has it once: the same request under the same key gets the kept
//! answer, another request under it is refused (422). Refusals are not kept; answers are, for 40 days at least.
//!
//! **Refusals** are `application/problem+json` with a stable `code`: `unauthorized`, `not_permitted`, `no_such_account`,
//! `no_such_route`, `not_found`, `malformed`, `bad_cursor`, `too_large`, `bad_definition`, `conflict`, `moved`, `key_reused`, `busy`;
//! `unknown_role`, `number_of_roles`, `unknown_option`, `wrong_value`, `option_not_for_role`, `unknown_grant`,
//! `unknown_setting`, `unknown_team`, `no_access`, `no_teams`, `no_leads`, `not_nested`, `cycle`, `too_deep`, `excluded`, `required`,
//! `plan_gate`, `immutable`, `too_many`, `too_few`, `last_administrator`, `no_seat`, `seats_in_use`, `not_for_sale`, `shared_pool`,
//! `unknown_receiver`, `unknown_kind`, `unknown_field`, `missing_field`, `not_unique`, `replace_only`, `not_here`, `in_use`, `protected`,
//! `not_assignable`, `grant_requires`, `broken_rule`, `not_single`, `not_active`, `not_in_lots`, `below_minimum`, `refused_by_vendor` (a script says so). A status below 500, or `busy`, means that nothing was done.
//!
//! # Design
//! One thread with a runtime of its own, one connection, one write at a time: SQLite has one writer anyway, and a server
//! that does not share its caller's runtime can be started from anywhere and outlives nothing. Limits are checked against
//! counts that are kept in memory beside the file and counted anew when another process has written to it, so that a write
//! costs the same in an account of fifty thousand people as in one of five; a write that changes for everybody what they are
//! (a setting, a profile that is a role) looks at everybody. A write is on disk before it is answered
//! (WAL, `synchronous=FULL`). Limits that are already broken (a definition became stricter) refuse what makes them worse,
//! never what makes them better.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use tokio::sync::watch;

use crate::model::{AccountName, ProductId, TargetId};
use crate::product::Product;

mod body;
mod constraint;
mod database;
mod definition;
mod family;
mod faults;
mod http;
mod objects;
mod people;
mod permit;
mod person;
mod phases;
mod problem;
mod reads;
mod script;
mod seed;
mod service;
mod subscription;
mod tally;
mod teams;
mod token;
mod values;
mod work;
mod world;

pub use faults::{Fault, Faults, Trouble};
pub use problem::Problem;
pub use script::{Act, Line, Script};
pub use seed::Seed;

use service::Directory;

/// A source of randomness: fills a buffer, or says why it cannot.
pub type Random = Arc<dyn Fn(&mut [u8]) -> io::Result<()> + Send + Sync>;

/// How to start a directory.
#[derive(Clone)]
pub struct Settings {
    /// The SQLite file; made, readable by its owner alone, if it is not there.
    pub database: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// The token of whoever set the directory up; `None` takes the one in the file, made at the first start.
    pub bootstrap_token: Option<SecretString>,
    /// What becomes of invitations.
    pub accept: Accept,
    /// The clock.
    pub clock: Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>,
    /// Fills a buffer with bytes that cannot be guessed.
    pub random: Random,
    /// Faults to play; a fresh [`Faults`] plays none.
    pub faults: Faults,
    /// A script that plays the vendor and the people. With lines in it nobody accepts unless one of them says so.
    pub script: Script,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("database", &self.database)
            .field("address", &self.address)
            .field("accept", &self.accept)
            .finish_non_exhaustive()
    }
}

/// What becomes of invitations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accept {
    /// People accept at once: nobody could click a link.
    #[default]
    AtOnce,
    /// They wait, in the state that the product says, until `POST .../accept`.
    Manual,
}

/// A directory that runs. Dropping it stops it.
pub struct Running {
    /// Where it answers: `http://127.0.0.1:40123`, without a slash at the end.
    pub url: String,
    /// The token of whoever set it up.
    pub bootstrap_token: SecretString,
    /// The script that it plays.
    pub script: Script,
    directory: Arc<Mutex<Directory>>,
    requests: Arc<AtomicU64>,
    stop: watch::Sender<bool>,
    thread: Option<std::thread::JoinHandle<io::Result<()>>>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Starts a directory on a thread of its own.
///
/// # Errors
/// If the file cannot be used or the address cannot be listened on.
pub fn start(settings: Settings) -> io::Result<Running> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let listener = std::net::TcpListener::bind(settings.address)?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    let faults = settings.faults.clone();
    let script = settings.script.clone();
    let (directory, bootstrap_token) = Directory::open(settings)?;
    let server = http::Server {
        directory: Arc::new(Mutex::new(directory)),
        faults,
        requests: Arc::default(),
        stop: watch::Sender::new(false),
    };
    let (directory, requests, stop) = (
        Arc::clone(&server.directory),
        Arc::clone(&server.requests),
        server.stop.clone(),
    );
    let thread = std::thread::Builder::new()
        .name("directory".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                http::serve(server, listener).await
            })
        })?;
    Ok(Running {
        url,
        bootstrap_token,
        script,
        directory,
        requests,
        stop,
        thread: Some(thread),
    })
}

impl Running {
    /// Opens an account for a product, or takes the newer definition of one that is there. Nothing is bought and nobody
    /// is in a new one.
    ///
    /// # Errors
    /// A [`Problem`] if the account is one of another product, or the definition cannot be enforced.
    pub fn provision(
        &self,
        account: &AccountName,
        product: &ProductId,
        definition: &Product,
    ) -> Result<TargetId, Problem> {
        self.provision_under(account, product, definition, None)
    }

    /// The same for an account that may be the sub-account of another one.
    ///
    /// # Errors
    /// As [`Running::provision`]; also if accounts would lie deeper in each other than the product allows.
    pub fn provision_under(
        &self,
        account: &AccountName,
        product: &ProductId,
        definition: &Product,
        parent: Option<&AccountName>,
    ) -> Result<TargetId, Problem> {
        let definition = serde_json::to_value(definition)
            .map_err(|error| Problem::new(500, "internal", error.to_string()))?;
        let parent = parent.map(AccountName::as_str);
        let (account, _) = (self.lock()).provision(account, product, &definition, parent)?;
        Ok(TargetId(account.target))
    }

    /// Puts what an account has from before, in one transaction and under the same rules as single writes.
    ///
    /// # Errors
    /// A [`Problem`] if one of them is refused; then nothing was put.
    pub fn seed<'a>(
        &self,
        account: &AccountName,
        seeds: impl IntoIterator<Item = Seed<'a>>,
    ) -> Result<(), Problem> {
        seed::seed(&mut self.lock(), account, seeds)
    }

    /// How many requests were received, those befallen by faults included.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many changes were made under an idempotency key: more than one is a double.
    ///
    /// # Errors
    /// A [`Problem`] if the file cannot be read.
    pub fn commits_of(&self, key: &str) -> Result<u64, Problem> {
        self.lock().commits_of(key)
    }

    /// How many changes were made at all.
    ///
    /// # Errors
    /// A [`Problem`] if the file cannot be read.
    pub fn commits(&self) -> Result<u64, Problem> {
        self.lock().commits()
    }

    /// Stops it: no new connections, a moment for requests under way.
    ///
    /// # Errors
    /// If serving had failed.
    pub fn stop(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        self.stop.send_replace(true);
        match self.thread.take().map(std::thread::JoinHandle::join) {
            None => Ok(()),
            Some(Ok(ended)) => ended,
            Some(Err(_)) => Err(io::Error::other("the directory's thread panicked")),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Directory> {
        self.directory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whoever wants to know calls `stop`.
        let _ = self.end();
    }
}
