//! The lock: a lease with an epoch that only ever grows.
//!
//! # Design
//! A lease alone makes everybody wait after a crash; a file lock alone trusts file systems that do not have one. So both: the
//! lease decides, and a holder that also has the file lock of this machine (the system lets go of it when the process ends,
//! however it ends) can be recognised as dead before its lease has run out. Only a lease whose holder had the file lock, on
//! this machine since its last start, is cut short that way.
//!
//! One lock for the whole journal, not one for each account. What an older run left open is settled for all accounts of its
//! plan at once, by whoever comes next to one of them; with a lock per account two runs could settle the same steps side by
//! side, or one would have to hold accounts that its plan does not name. Whoever would rather queue than be turned away
//! waits (`--lock-wait`); steps run side by side within a run, so many on each account.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;

use rusqlite::{OptionalExtension as _, TransactionBehavior};

use super::open::moment;
use super::{Held, Store, StoreError, migrate};

/// The lock while it is ours.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) epoch: i64,
    pub(super) holder: String,
    pub(super) lasts_ms: i64,
    /// Kept open for the file lock on it.
    _file: Option<File>,
}

impl Store {
    /// Takes the lock for `lasts_ms` milliseconds from `now`; every write and [`Store::renew`] prolongs it. The tables of an
    /// older version are brought up to ours in the same transaction.
    ///
    /// `holder` says who we are to whoever is turned away: a user, host and process, or the address of a CI run.
    ///
    /// # Errors
    /// [`StoreError::Held`] if somebody else has it.
    pub fn acquire(
        &mut self,
        holder: &str,
        now: jiff::Timestamp,
        lasts_ms: u32,
    ) -> Result<(), StoreError> {
        let path = self.path.clone();
        let fail = |error| StoreError::of(&path, "taking the lock", &error);
        let file = lock_file(self.path.clone());
        let machine = file.as_ref().and_then(|_| machine());
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(fail)?;
        let held = transaction
            .query_row(
                "SELECT epoch, holder, machine, taken_at, expires_at FROM lock",
                [],
                |row| {
                    let held = Held {
                        holder: row.get(1)?,
                        since: moment(row.get(3)?),
                        until: moment(row.get(4)?),
                    };
                    Ok((
                        row.get::<_, i64>(0)?,
                        row.get::<_, Option<String>>(2)?,
                        held,
                    ))
                },
            )
            .optional()
            .map_err(fail)?;
        let mut epoch = 1;
        if let Some((last, of_machine, held)) = held {
            let dead = machine.is_some() && of_machine == machine;
            if held.until > now && !dead {
                return Err(StoreError::Held(held));
            }
            epoch = last + 1;
        }
        migrate::migrate(&transaction).map_err(fail)?;
        let lasts_ms = i64::from(lasts_ms);
        let now_ms = now.as_millisecond();
        transaction
            .execute(
                "INSERT INTO lock (one, epoch, holder, machine, taken_at, expires_at)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (one) DO UPDATE SET epoch = ?1, holder = ?2, machine = ?3,
                 taken_at = ?4, expires_at = ?5",
                (epoch, holder, &machine, now_ms, now_ms + lasts_ms),
            )
            .map_err(fail)?;
        transaction.commit().map_err(fail)?;
        self.lease = Some(Lease {
            epoch,
            holder: holder.to_owned(),
            lasts_ms,
            _file: file,
        });
        Ok(())
    }

    /// Prolongs the lock, during long waits.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] if it is not ours any more.
    pub fn renew(&mut self, now: jiff::Timestamp) -> Result<(), StoreError> {
        let Some(lease) = &self.lease else {
            return Err(self.fenced());
        };
        let until = now.as_millisecond() + lease.lasts_ms;
        let changed = self.run("prolonging the lock", |db| {
            db.execute(
                "UPDATE lock SET expires_at = max(expires_at, ?1) WHERE epoch = ?2",
                (until, lease.epoch),
            )
        })?;
        match changed {
            1 => Ok(()),
            _ => Err(self.fenced()),
        }
    }

    /// Lets go of the lock if it is still ours. The epoch stays.
    ///
    /// # Errors
    /// If it cannot be written; the lock then ends by itself.
    pub fn release(&mut self) -> Result<(), StoreError> {
        let Some(lease) = self.lease.take() else {
            return Ok(());
        };
        self.run("letting go of the lock", |db| {
            db.execute(
                "UPDATE lock SET expires_at = 0, machine = NULL WHERE epoch = ?1",
                [lease.epoch],
            )
        })
        .map(|_| ())
    }

    /// The epoch that we write under; 0 without a lock.
    pub fn epoch(&self) -> i64 {
        self.lease.as_ref().map_or(0, |lease| lease.epoch)
    }

    pub(super) fn fenced(&self) -> StoreError {
        StoreError::Fenced {
            path: self.path.clone(),
        }
    }
}

/// The file lock beside the journal; `None` if somebody has it or the file system has none.
fn lock_file(mut path: PathBuf) -> Option<File> {
    path.set_extension("lock");
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).ok()?;
    file.try_lock().ok().map(|()| file)
}

/// Which machine this is, since its last start: file locks are worth something only within it. `None` where the system does
/// not say; then leases alone decide.
fn machine() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}
