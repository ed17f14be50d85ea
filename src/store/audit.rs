//! The audit log: one row per thing that happened, each with the hash of the one before it.
//!
//! The chain shows that rows were changed or taken out, as long as somebody keeps the newest hash elsewhere; it cannot stop
//! anybody who can write the file.

use rusqlite::{OptionalExtension as _, Row, Transaction};
use sha2::{Digest as _, Sha256};

use super::commit::Failure;
use super::lock::Lease;
use super::open::moment;
use super::{RunId, Store, StoreError};

/// The hash before the first row.
const FIRST: [u8; 32] = [0; 32];

/// What a row says, before it has a number and a hash.
pub(super) struct Entry<'a> {
    pub(super) run: &'a str,
    pub(super) step: &'a str,
    pub(super) operation: &'a str,
    pub(super) account: &'a str,
    pub(super) address: &'a str,
    pub(super) kind: &'a str,
    pub(super) subject: &'a str,
    pub(super) action: &'a str,
    pub(super) event: &'a str,
    pub(super) why: &'a str,
}

impl<'a> Entry<'a> {
    /// A row about a run as a whole.
    pub(super) fn run(run: &'a RunId, event: &'a str, why: &'a str) -> Self {
        Self {
            run: &run.0,
            step: "",
            operation: "",
            account: "",
            address: "",
            kind: "run",
            subject: "",
            action: "",
            event,
            why,
        }
    }
}

/// A row of the audit log. Texts are raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// When it was written.
    pub at: jiff::Timestamp,
    /// The lock's epoch.
    pub epoch: i64,
    /// Who held the lock.
    pub holder: String,
    /// The run.
    pub run: String,
    /// The step; empty for a run as a whole.
    pub step: String,
    /// The effect's identity; empty if nothing was sent.
    pub operation: String,
    /// The account; empty for a run as a whole.
    pub account: String,
    /// What was changed, as text.
    pub address: String,
    /// Its kind's word, or `run`.
    pub kind: String,
    /// The person whom it is about; empty if it is about nobody.
    pub subject: String,
    /// The action's word.
    pub action: String,
    /// What happened: `done`, `refused`, `unknown`, `resolved`, `put back`; for runs `opened`, `resumed`, `unverified`, `closed`.
    pub event: String,
    /// What was said about it.
    pub why: String,
    prev: Vec<u8>,
    hash: Vec<u8>,
}

/// Where the chain of hashes breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The number of the first row that does not fit.
    pub seq: i64,
    /// What does not fit, as a phrase.
    pub why: &'static str,
}

impl AuditRow {
    /// The hash of everything that the row says and of the row before it.
    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(&self.prev);
        hash.update(self.seq.to_le_bytes());
        hash.update(self.at.as_millisecond().to_le_bytes());
        hash.update(self.epoch.to_le_bytes());
        for text in [
            &self.holder,
            &self.run,
            &self.step,
            &self.operation,
            &self.account,
            &self.address,
            &self.kind,
            &self.subject,
            &self.action,
            &self.event,
            &self.why,
        ] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().into()
    }
}

/// Writes a row at the end of the chain and gives its number.
pub(super) fn append(
    transaction: &Transaction<'_>,
    lease: &Lease,
    now: jiff::Timestamp,
    entry: &Entry<'_>,
) -> Result<i64, Failure> {
    let last: Option<(i64, Vec<u8>)> = transaction
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, prev) = last.unwrap_or((0, FIRST.to_vec()));
    let mut row = AuditRow {
        seq: seq + 1,
        at: moment(now.as_millisecond()),
        epoch: lease.epoch,
        holder: lease.holder.clone(),
        run: entry.run.to_owned(),
        step: entry.step.to_owned(),
        operation: entry.operation.to_owned(),
        account: entry.account.to_owned(),
        address: entry.address.to_owned(),
        kind: entry.kind.to_owned(),
        subject: entry.subject.to_owned(),
        action: entry.action.to_owned(),
        event: entry.event.to_owned(),
        why: entry.why.to_owned(),
        prev,
        hash: Vec::new(),
    };
    row.hash = row.digest().to_vec();
    transaction
        .prepare_cached(
            "INSERT INTO audit (seq, at, epoch, holder, run, step, operation, account, address, kind,
             subject, action, event, why, prev, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(rusqlite::params![
            row.seq,
            row.at.as_millisecond(),
            row.epoch,
            row.holder,
            row.run,
            row.step,
            row.operation,
            row.account,
            row.address,
            row.kind,
            row.subject,
            row.action,
            row.event,
            row.why,
            row.prev,
            row.hash,
        ])?;
    Ok(row.seq)
}

impl Store {
    /// Writes a row about a run as a whole.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] without the lock.
    pub fn note_run(
        &mut self,
        now: jiff::Timestamp,
        run: &RunId,
        event: &'static str,
        why: &str,
    ) -> Result<(), StoreError> {
        self.write("writing the audit log", now, |transaction, lease| {
            append(transaction, lease, now, &Entry::run(run, event, why)).map(|_| ())
        })
    }

    /// The audit log, oldest first.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn audit(&self) -> Result<Vec<AuditRow>, StoreError> {
        self.run("reading the audit log", |db| {
            db.prepare("SELECT * FROM audit ORDER BY seq")?
                .query_map([], audit_row)?
                .collect()
        })
    }

    /// Checks the chain of hashes, and that every step that ended has the row that says so; the first place that does not
    /// fit, or `None` if all do.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn verify_audit(&self) -> Result<Option<Broken>, StoreError> {
        let mut prev = FIRST.to_vec();
        for (row, seq) in self.audit()?.iter().zip(1..) {
            let broken = |why| Ok(Some(Broken { seq, why }));
            if row.seq != seq {
                return broken("it is missing");
            }
            if row.prev != prev {
                return broken("it does not follow the row before it");
            }
            if row.hash != row.digest() {
                return broken("it was changed");
            }
            prev.clone_from(&row.hash);
        }
        self.unaudited()
    }

    /// A step that ended without its audit row. Both are written in one transaction, so there can be none.
    fn unaudited(&self) -> Result<Option<Broken>, StoreError> {
        let seq: Option<i64> = self.run("comparing steps and audit log", |db| {
            db.query_row(
                "SELECT coalesce(o.audit, 0) FROM operations o
                 LEFT JOIN audit a ON a.seq = o.audit AND a.run = o.run AND a.step = o.step
                 WHERE o.state IN ('done', 'refused', 'resolved') AND a.event IS NOT o.state LIMIT 1",
                [],
                |row| row.get(0),
            )
            .optional()
        })?;
        Ok(seq.map(|seq| Broken {
            seq,
            why: "a step ended without a row that says so",
        }))
    }
}

fn audit_row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        seq: row.get("seq")?,
        at: moment(row.get("at")?),
        epoch: row.get("epoch")?,
        holder: row.get("holder")?,
        run: row.get("run")?,
        step: row.get("step")?,
        operation: row.get("operation")?,
        account: row.get("account")?,
        address: row.get("address")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        action: row.get("action")?,
        event: row.get("event")?,
        why: row.get("why")?,
        prev: row.get("prev")?,
        hash: row.get("hash")?,
    })
}
