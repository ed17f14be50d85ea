//! One transaction of the journal: rows, audit and counters together, under the epoch of the lock.

use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior};

use super::audit::{self, Entry};
use super::lock::Lease;
use super::open::moment;
use super::runs::is_removal;
use super::{
    Journal, Operation, OperationState, Outcome, RunId, Store, StoreError, Write, reserve,
};
use crate::plan::StepId;

/// Characters of a vendor's words that are kept: room for them was taken in advance.
const WHY_CHARS_MAX: usize = 300;

/// The journal of one run in a [`Store`] whose lock is ours.
#[derive(Debug)]
pub struct RunJournal<'a> {
    store: &'a mut Store,
    run: RunId,
}

impl Store {
    /// The journal of a run.
    pub fn journal(&mut self, run: &RunId) -> RunJournal<'_> {
        RunJournal {
            run: run.clone(),
            store: self,
        }
    }

    /// Does something in a transaction that also shows that the lock is still ours, and prolongs it.
    pub(super) fn write<T>(
        &mut self,
        doing: &'static str,
        now: jiff::Timestamp,
        f: impl FnOnce(&Transaction<'_>, &Lease) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let Some(lease) = &self.lease else {
            return Err(self.fenced());
        };
        let path = &self.path;
        let attempt = || {
            let transaction = self
                .db
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let until = now.as_millisecond() + lease.lasts_ms;
            let ours = transaction
                .prepare_cached(
                    "UPDATE lock SET expires_at = max(expires_at, ?1) WHERE epoch = ?2",
                )?
                .execute((until, lease.epoch))?;
            if ours != 1 {
                return Err(Failure::Ours(StoreError::Fenced { path: path.clone() }));
            }
            let value = f(&transaction, lease)?;
            transaction.commit()?;
            Ok(value)
        };
        attempt().map_err(|failure| match failure {
            Failure::Database(error) => StoreError::of(path, doing, &error),
            Failure::Ours(error) => error,
        })
    }
}

/// What can go wrong within a transaction.
pub(super) enum Failure {
    Database(rusqlite::Error),
    Ours(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl Journal for RunJournal<'_> {
    fn commit(&mut self, now: jiff::Timestamp, writes: &[Write]) -> Result<(), StoreError> {
        let run = &self.run;
        self.store
            .write("writing what was done", now, |transaction, lease| {
                reserve::give_back(transaction, &run.0, writes.len())?;
                for write in writes {
                    apply(transaction, lease, run, now, write)?;
                }
                Ok(())
            })
    }

    fn operations(&self) -> Result<Vec<Operation>, StoreError> {
        let rows: Vec<(Operation, String)> = self.store.run("reading the journal", |db| {
            db.prepare_cached(
                "SELECT step, attempts, intent_at, phase, why, state FROM operations
                 WHERE run = ?1 ORDER BY position",
            )?
            .query_map([&self.run.0], |row| {
                let operation = Operation {
                    step: StepId(row.get(0)?),
                    state: OperationState::Planned,
                    attempts: row.get(1)?,
                    intent_at: row.get::<_, Option<i64>>(2)?.map(moment),
                    phase: row.get(3)?,
                    why: row.get(4)?,
                };
                Ok((operation, row.get(5)?))
            })?
            .collect()
        })?;
        rows.into_iter()
            .map(|(operation, word)| {
                let state = OperationState::of_word(&word).ok_or_else(|| StoreError::Damaged {
                    path: self.store.path.clone(),
                    why: format!("a step is in a state \"{word}\" that there is not"),
                })?;
                Ok(Operation { state, ..operation })
            })
            .collect()
    }
}

/// The columns of a row that a change of it needs.
struct Current {
    state: String,
    epoch: i64,
    request: String,
    operation: Option<String>,
    account: String,
    address: String,
    kind: String,
    subject: Option<String>,
    action: String,
}

fn apply(
    transaction: &Transaction<'_>,
    lease: &Lease,
    run: &RunId,
    now: jiff::Timestamp,
    write: &Write,
) -> Result<(), Failure> {
    let step = write.step();
    let current = current(transaction, run, step)?;
    let from = current
        .as_ref()
        .and_then(|it| OperationState::of_word(&it.state));
    let (Some(current), Some(from)) = (current, from) else {
        return Err(Failure::Ours(StoreError::NotReviewed {
            step: step.clone(),
        }));
    };
    let to = write.state();
    if !from.may_become(to) || current.epoch > lease.epoch {
        let step = step.clone();
        return Err(Failure::Ours(StoreError::Illegal { step, from, to }));
    }
    match write {
        Write::Intent {
            operation, request, ..
        } => {
            let same = current.operation.is_none_or(|it| it == operation.0);
            if *request != current.request || !same {
                return Err(Failure::Ours(StoreError::NotReviewed {
                    step: step.clone(),
                }));
            }
            transaction
                .prepare_cached(
                    "UPDATE operations SET state = 'intent', operation = ?3, epoch = ?4,
                     attempts = attempts + 1, intent_at = ?5, why = ''
                     WHERE run = ?1 AND step = ?2",
                )?
                .execute((
                    &run.0,
                    &step.0,
                    &operation.0,
                    lease.epoch,
                    now.as_millisecond(),
                ))?;
        }
        Write::Outcome { outcome, .. } => {
            book(transaction, lease, run, now, step, outcome, &current)?;
        }
    }
    Ok(())
}

fn book(
    transaction: &Transaction<'_>,
    lease: &Lease,
    run: &RunId,
    now: jiff::Timestamp,
    step: &StepId,
    outcome: &Outcome,
    current: &Current,
) -> Result<(), Failure> {
    let why: String = outcome.why().chars().take(WHY_CHARS_MAX).collect();
    let event = match outcome {
        Outcome::PutBack { .. } => "put back",
        _ => outcome.state().word(),
    };
    let seq = audit::append(
        transaction,
        lease,
        now,
        &Entry {
            run: &run.0,
            step: &step.0,
            operation: current.operation.as_deref().unwrap_or(""),
            account: &current.account,
            address: &current.address,
            kind: &current.kind,
            subject: current.subject.as_deref().unwrap_or(""),
            action: &current.action,
            event,
            why: &why,
        },
    )?;
    transaction
        .prepare_cached(
            "UPDATE operations SET state = ?3, epoch = ?4, phase = ?5, why = ?6, audit = ?7
             WHERE run = ?1 AND step = ?2",
        )?
        .execute((
            &run.0,
            &step.0,
            outcome.state().word(),
            lease.epoch,
            outcome.phase(),
            &why,
            seq,
        ))?;
    let is_ours = current.operation.is_some();
    if is_ours && outcome.state().is_confirmed() && is_removal(&current.kind, &current.action) {
        transaction
            .prepare_cached(
                "INSERT INTO removals (account, at, people) VALUES (?1, ?2, 1)
                 ON CONFLICT (account, at) DO UPDATE SET people = people + 1",
            )?
            .execute((&current.account, now.as_millisecond()))?;
    }
    Ok(())
}

fn current(
    transaction: &Transaction<'_>,
    run: &RunId,
    step: &StepId,
) -> rusqlite::Result<Option<Current>> {
    transaction
        .prepare_cached(
            "SELECT state, epoch, request, operation, account, address, kind, subject, action
             FROM operations WHERE run = ?1 AND step = ?2",
        )?
        .query_row((&run.0, &step.0), |row| {
            Ok(Current {
                state: row.get(0)?,
                epoch: row.get(1)?,
                request: row.get(2)?,
                operation: row.get(3)?,
                account: row.get(4)?,
                address: row.get(5)?,
                kind: row.get(6)?,
                subject: row.get(7)?,
                action: row.get(8)?,
            })
        })
        .optional()
}
