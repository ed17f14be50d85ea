//! Runs: a plan that is being carried out, from the moment that it is consumed until nothing of it remains.

use std::collections::BTreeSet;
use std::fmt;

use rusqlite::{OptionalExtension as _, Row};
use sha2::{Digest as _, Sha256};

use super::audit::{self, Entry};
use super::open::moment;
use super::{Store, StoreError, migrate, reserve};
use crate::model::{AccountName, Action, Kind};
use crate::plan::{OperationId, Plan, Step, StepId};

/// A run's identity: 12 hexadecimal digits of a hash over the plan's digest and the instant at which it was made.
///
/// The same plan file gives the same id on every machine, so that it is carried out once even if the journal is lost; a
/// plan that is made again is another one, even if it says the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub String);

impl RunId {
    /// The id of the run that carries out a plan.
    pub fn of(plan: &Plan) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"seatplan run\0");
        hash.update(plan.digest.as_bytes());
        hash.update(plan.made_at.as_millisecond().to_le_bytes());
        Self(hex(&hash.finalize()[..6]))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A run as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its identity.
    pub id: RunId,
    /// The digest of its plan.
    pub digest: String,
    /// When it was opened.
    pub opened_at: jiff::Timestamp,
    /// By whom, in the holder's own words. Raw.
    pub opened_by: String,
    /// When and why it was closed; `None` while something of it remains.
    pub closed: Option<(jiff::Timestamp, String)>,
}

/// The identity of a step's effect: the same in every attempt and every resumption of one run.
pub fn operation_id(run: &RunId, plan: &Plan, step: &StepId) -> OperationId {
    let mut hash = Sha256::new();
    hash.update(b"seatplan operation\0");
    for part in [&run.0, &plan.digest, &step.0] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    OperationId(hex(&hash.finalize()[..16]))
}

/// The digest of what a step sends: what is sent must be what was reviewed.
pub fn request_digest(step: &Step) -> String {
    let text = serde_json::to_vec(step).expect("a step has only text keys");
    hex(&Sha256::digest(text))
}

const COLUMNS: &str = "id, digest, opened_at, opened_by, closed_at, closed_why";

impl Store {
    /// Opens a run for a plan and takes room for its outcomes, before the first effect. From here on the plan is consumed.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] without the lock; [`StoreError::Full`] if there is no room. Nothing is half-done.
    pub fn open_run(&mut self, now: jiff::Timestamp, plan: &Plan) -> Result<RunId, StoreError> {
        let run = RunId::of(plan);
        let text = serde_json::to_string(plan).expect("a plan has only text keys");
        self.write("opening a run", now, |transaction, lease| {
            transaction.execute(
                "INSERT INTO runs (id, digest, opened_at, opened_by) VALUES (?1, ?2, ?3, ?4)",
                (&run.0, &plan.digest, now.as_millisecond(), &lease.holder),
            )?;
            transaction.execute(
                "INSERT INTO plans (run, plan) VALUES (?1, ?2)",
                (&run.0, &text),
            )?;
            for account in accounts(plan) {
                transaction.execute(
                    "INSERT INTO run_accounts (run, account) VALUES (?1, ?2)",
                    (&run.0, account.as_str()),
                )?;
            }
            for (position, step) in plan.steps.iter().enumerate() {
                insert_operation(transaction, &run, position, step)?;
            }
            reserve::take(transaction, &run.0, plan.steps.len())?;
            audit::append(transaction, lease, now, &Entry::run(&run, "opened", ""))?;
            Ok(())
        })?;
        self.run("folding the write-ahead log back", reserve::fold)?;
        Ok(run)
    }

    /// Takes room for what remains of a run that is resumed.
    ///
    /// # Errors
    /// As [`Store::open_run`].
    pub fn reopen_run(&mut self, now: jiff::Timestamp, run: &RunId) -> Result<(), StoreError> {
        self.write("resuming a run", now, |transaction, lease| {
            let remaining: i64 = transaction.query_row(
                "SELECT count(*) FROM operations WHERE run = ?1 AND state NOT IN ('done', 'resolved')",
                [&run.0],
                |row| row.get(0),
            )?;
            reserve::take(transaction, &run.0, remaining as usize)?;
            audit::append(transaction, lease, now, &Entry::run(run, "resumed", ""))?;
            Ok(())
        })?;
        self.run("folding the write-ahead log back", reserve::fold)
    }

    /// Closes a run: `why` says how it ended.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] without the lock.
    pub fn close_run(
        &mut self,
        now: jiff::Timestamp,
        run: &RunId,
        why: &str,
    ) -> Result<(), StoreError> {
        self.write("closing a run", now, |transaction, lease| {
            reserve::give_up(transaction, &run.0)?;
            transaction.execute(
                "UPDATE runs SET closed_at = ?2, closed_why = ?3 WHERE id = ?1 AND closed_at IS NULL",
                (&run.0, now.as_millisecond(), why),
            )?;
            audit::append(transaction, lease, now, &Entry::run(run, "closed", why))?;
            Ok(())
        })
    }

    /// Closes every other run that has steps on an account of `run`: its plan is newer.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] without the lock.
    pub fn close_replaced(&mut self, now: jiff::Timestamp, run: &RunId) -> Result<(), StoreError> {
        let replaced: Vec<RunId> = self.run("looking for older runs", |db| {
            db.prepare(
                "SELECT DISTINCT o.id FROM runs o JOIN run_accounts a ON a.run = o.id
                 WHERE o.closed_at IS NULL AND o.id <> ?1
                 AND a.account IN (SELECT account FROM run_accounts WHERE run = ?1)",
            )?
            .query_map([&run.0], |row| row.get(0).map(RunId))?
            .collect()
        })?;
        for older in replaced {
            self.close_run(now, &older, &format!("run {run} has a newer plan"))?;
        }
        Ok(())
    }

    /// The runs that still have something to do, oldest first.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn open_runs(&self) -> Result<Vec<Run>, StoreError> {
        self.run("reading the open runs", |db| {
            let text = format!(
                "SELECT {COLUMNS} FROM runs WHERE closed_at IS NULL ORDER BY opened_at, id"
            );
            db.prepare(&text)?.query_map([], run_of_row)?.collect()
        })
    }

    /// A run by its identity.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn run_of(&self, id: &RunId) -> Result<Option<Run>, StoreError> {
        self.run("reading a run", |db| {
            let text = format!("SELECT {COLUMNS} FROM runs WHERE id = ?1");
            db.query_row(&text, [&id.0], run_of_row).optional()
        })
    }

    /// The plan that a run carries out.
    ///
    /// # Errors
    /// If it is not there, or cannot be understood any more.
    pub fn plan_of(&self, id: &RunId) -> Result<Plan, StoreError> {
        let text: String = self.run("reading a run's plan", |db| {
            db.query_row("SELECT plan FROM plans WHERE run = ?1", [&id.0], |row| {
                row.get(0)
            })
        })?;
        serde_json::from_str(&text).map_err(|error| StoreError::Damaged {
            path: self.path.clone(),
            why: format!("the plan of run {id} cannot be read: {error}"),
        })
    }

    /// The last step whose id begins with `id` and that is confirmed in some run, and what it changed, as text.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn confirmed_step(&self, id: &str) -> Result<Option<(StepId, String)>, StoreError> {
        self.run("looking for a step", |db| {
            db.query_row(
                "SELECT o.step, o.address FROM operations o JOIN runs r ON r.id = o.run
                 WHERE substr(o.step, 1, length(?1)) = ?1 AND o.state IN ('done', 'resolved')
                 ORDER BY r.opened_at DESC LIMIT 1",
                [id],
                |row| Ok((StepId(row.get(0)?), row.get(1)?)),
            )
            .optional()
        })
    }

    /// How many people lost their access to an account at `since` or later.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn removals_since(
        &self,
        account: &AccountName,
        since: jiff::Timestamp,
    ) -> Result<u64, StoreError> {
        let count: i64 = self.run("counting removals", |db| {
            let removals = migrate::removals(migrate::version(db)?);
            let text = format!(
                "SELECT coalesce(sum(people), 0) FROM ({removals}) WHERE account = ?1 AND at >= ?2"
            );
            let since = since.as_millisecond();
            db.query_row(&text, (account.as_str(), since), |row| row.get(0))
        })?;
        Ok(count.unsigned_abs())
    }
}

fn accounts(plan: &Plan) -> BTreeSet<&AccountName> {
    plan.steps
        .iter()
        .map(|step| &step.address.account)
        .collect()
}

fn insert_operation(
    transaction: &rusqlite::Transaction<'_>,
    run: &RunId,
    position: usize,
    step: &Step,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO operations
             (run, position, step, account, address, kind, subject, action, request, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'planned')",
        )?
        .execute((
            &run.0,
            position as i64,
            &step.id.0,
            step.address.account.as_str(),
            step.address.to_string(),
            step.address.kind().word(),
            step.address.subject().map(|it| it.as_str()),
            step.action.word(),
            request_digest(step),
        ))?;
    Ok(())
}

/// Whether a confirmed row counts for the guard on removals: one person loses one account.
pub(super) fn is_removal(kind: &str, action: &str) -> bool {
    kind == Kind::Access.word() && action == Action::Remove.word()
}

fn run_of_row(row: &Row<'_>) -> rusqlite::Result<Run> {
    let closed_at: Option<i64> = row.get(4)?;
    let why: Option<String> = row.get(5)?;
    Ok(Run {
        id: RunId(row.get(0)?),
        digest: row.get(1)?,
        opened_at: moment(row.get(2)?),
        opened_by: row.get(3)?,
        closed: closed_at.map(|at| (moment(at), why.unwrap_or_default())),
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
