//! A reviewed file as a vendor: it is read like any other, and executes nothing, so that every step is a person's task.
//!
//! # Design
//! The file is read anew each time: what somebody records while a run is open is there at the next look. It is opened below
//! the estate's root without following a link, as the files of the estate are. Nothing here writes: recording what was done
//! is `tasks done`, in the working tree, and a person commits it.
//!
//! Where a change is compared with a base revision, what the revision says is the actual state: a change cannot say itself
//! what it starts from.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::{Capabilities, ReadBack, ReadError, Reader};
use crate::diagnostic::{Severity, Sink};
use crate::env::Env;
use crate::inventory::{self, Inventory};
use crate::model::{AccountName, Actor, Address, Observation, TargetId};
use crate::product::Product;
use crate::text::{Source, Sources, inert};

/// Its name in a `connection:`.
pub const NAME: &str = "inventory";

/// A longer file is no inventory.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The inventory of one account.
#[derive(Clone, Debug)]
pub struct File {
    /// The machine.
    pub env: Env,
    /// The estate's folder.
    pub root: PathBuf,
    /// The file, from there.
    pub path: String,
    /// The account.
    pub account: AccountName,
    /// Its product.
    pub product: Arc<Product>,
    /// Days for which what people have seen counts; without end if `None`.
    pub attested_for_days: Option<u32>,
    /// What it says in the revision that a change is compared with; what it says on disk if `None`.
    pub held: Option<Held>,
}

/// An inventory as it stands in a revision.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its text.
    pub text: Arc<str>,
    /// Where that is from, for people: its path there and the revision.
    pub from: String,
}

impl File {
    /// The file's text.
    ///
    /// # Errors
    /// Why it cannot be read, as a phrase.
    pub fn text(&self) -> Result<String, String> {
        if let Some(held) = &self.held {
            return Ok(held.text.to_string());
        }
        let path = Path::new(&self.path);
        let is_plain = |it: Component<'_>| matches!(it, Component::Normal(_));
        if self.path.is_empty() || !path.components().all(is_plain) {
            return Err("it is not a path below the folder of seatplan.yaml".to_owned());
        }
        let bytes = self.env.read_below(&self.root, path, BYTES_MAX);
        let bytes = bytes.map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
    }

    /// The present day, in UTC.
    pub fn today(&self) -> jiff::civil::Date {
        self.env.now().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    fn read(&self) -> Result<Inventory, ReadError> {
        let wrong =
            |why: String| ReadError::Connection(format!("\"{}\": {why}", inert(&self.path)));
        let text = self.text().map_err(wrong)?;
        let mut sources = Sources::new();
        let source = Source::new(self.path.as_str(), text);
        let id = sources.next_id();
        let mut sink = Sink::new();
        let read = inventory::read(
            &source,
            id,
            &self.account,
            &self.product,
            self.today(),
            &mut sink,
        );
        sources.add(source);
        sink.sort();
        let errors = sink.diagnostics().iter();
        let mut errors = errors.filter(|it| it.severity == Severity::Error);
        if let Some(first) = errors.next() {
            let line = first.primary().map(|span| sources.place(span).line);
            let line = line.map_or_else(String::new, |line| format!("line {line}: "));
            return Err(wrong(format!("{line}{}", first.message)));
        }
        read.ok_or_else(|| wrong("it holds no inventory".to_owned()))
    }
}

#[async_trait]
impl Reader for File {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn observe(&self) -> Result<Observation, ReadError> {
        let mut inventory = self.read()?;
        let mut findings = std::mem::take(&mut inventory.unknown);
        if let Some(days) = self.attested_for_days {
            findings.extend(inventory.age(self.today(), days));
        }
        Ok(Observation {
            account: self.account.clone(),
            target: TargetId(inventory.target.unwrap_or_else(|| self.path.clone())),
            taken_at: self.env.now(),
            from: (self.held.as_ref()).map_or_else(|| self.path.clone(), |it| it.from.clone()),
            actor: Actor::Unknown,
            state: inventory.state,
            phases: inventory.phases,
            pools: inventory.pools,
            ending: (inventory.ending.into_iter())
                .map(|(pool, it)| (pool, it.there))
                .collect(),
            gaps: inventory.gaps,
            findings,
        })
    }

    async fn read_back(&self, addresses: &[Address]) -> Result<Vec<ReadBack>, ReadError> {
        let inventory = self.read()?;
        let read_back = |address: &Address| ReadBack {
            address: address.clone(),
            resource: inventory.state.resource(address).cloned(),
            phase: inventory.phases.get(address).cloned(),
        };
        Ok(addresses.iter().map(read_back).collect())
    }
}
