//! Opening the file: made if it is not there, refused if it is damaged, foreign or too new.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::StoreError;
use super::lock::Lease;

/// The schema that this version writes.
pub(super) const SCHEMA: i64 = 2;
/// "seat" in ASCII: tells our files from other SQLite databases.
const APPLICATION_ID: i64 = 0x7365_6174;
/// How long we wait for another program that writes to the file.
const BUSY_MS: u64 = 10_000;
/// Pages in the write-ahead log before it is folded back; see `reserve` for why it is small.
pub(super) const CHECKPOINT_PAGES: u32 = 128;

/// An open journal. One process opens it once; the file itself stands up to several.
#[derive(Debug)]
pub struct Store {
    pub(super) path: PathBuf,
    pub(super) db: Connection,
    pub(super) lease: Option<Lease>,
}

impl Store {
    /// Opens the journal at `path`, making it (mode 0600) and its folder (0700) if they are not there.
    ///
    /// # Errors
    /// If it cannot be opened for writing, is not ours, is damaged, or was written by a newer version. It is never started
    /// anew in place of a damaged one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path).map_err(|error| StoreError::Open {
            path: path.to_owned(),
            why: error.to_string(),
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut store = Self::connect(path, flags)?;
        store.check_kind()?;
        store.run("switching to write-ahead logging", |db| {
            db.pragma_update(None, "journal_mode", "wal")?;
            db.pragma_update(None, "synchronous", "full")?;
            db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
        })?;
        store.make_tables()?;
        store.check_version()?;
        store.check_integrity()?;
        Ok(store)
    }

    /// Opens the journal at `path` for reading only; `None` if there is none.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn look(path: &Path) -> Result<Option<Self>, StoreError> {
        if !fs::metadata(path).is_ok_and(|it| it.len() > 0) {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let store = Self::connect(path, flags)?;
        store.check_kind()?;
        store.check_version()?;
        Ok(Some(store))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        let opened = Connection::open_with_flags(path, flags).and_then(|db| {
            db.busy_timeout(Duration::from_millis(BUSY_MS))?;
            db.pragma_update(None, "foreign_keys", true)?;
            db.pragma_update(None, "trusted_schema", false)?;
            db.pragma_update(None, "cell_size_check", true)?;
            Ok(db)
        });
        Ok(Self {
            db: opened.map_err(|error| StoreError::of(path, "opening it", &error))?,
            path: path.to_owned(),
            lease: None,
        })
    }

    /// Does something with the database, with the file and the doing named if it fails.
    pub(super) fn run<T>(
        &self,
        doing: &'static str,
        f: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        f(&self.db).map_err(|error| StoreError::of(&self.path, doing, &error))
    }

    /// A database of ours, or an empty file that becomes one.
    fn check_kind(&self) -> Result<(), StoreError> {
        let (id, tables) = self.run("reading what it is", |db| {
            let id: i64 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
            let tables: i64 =
                db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            Ok((id, tables))
        })?;
        match id == APPLICATION_ID || (id == 0 && tables == 0) {
            true => Ok(()),
            false => Err(StoreError::Foreign {
                path: self.path.clone(),
            }),
        }
    }

    fn make_tables(&mut self) -> Result<(), StoreError> {
        let path = self.path.clone();
        let fail = |error| StoreError::of(&path, "making its tables", &error);
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(fail)?;
        let tables: i64 = transaction
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(fail)?;
        if tables == 0 {
            let made = || {
                transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
                transaction.execute_batch(include_str!("schema.sql"))?;
                transaction.execute(
                    "INSERT INTO seatplan (schema, made_by) VALUES (?1, ?2)",
                    (SCHEMA, env!("CARGO_PKG_VERSION")),
                )
            };
            made().map_err(fail)?;
        }
        transaction.commit().map_err(fail)
    }

    fn check_version(&self) -> Result<(), StoreError> {
        let (found, by): (i64, String) = self.run("reading its version", |db| {
            db.query_row("SELECT schema, made_by FROM seatplan", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
        })?;
        match found > SCHEMA {
            false => Ok(()),
            true => Err(StoreError::Newer {
                path: self.path.clone(),
                found,
                known: SCHEMA,
                by,
            }),
        }
    }

    fn check_integrity(&self) -> Result<(), StoreError> {
        let why: String = self.run("checking it", |db| {
            db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        })?;
        match why == "ok" {
            true => Ok(()),
            false => Err(StoreError::Damaged {
                path: self.path.clone(),
                why,
            }),
        }
    }
}

/// The beginning and the end of a day, and moments: the store keeps milliseconds since 1970.
pub(super) fn moment(ms: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

/// Makes the file empty if it is not there, for the owner alone, and sees to it that its name outlives a loss of power.
fn make_private(path: &Path) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    make_folder(folder)?;
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    file.sync_all()?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
