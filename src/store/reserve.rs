//! Room for outcomes, taken on the disk before the first effect.
//!
//! # Design
//! A disk that fills up between an effect and its outcome would make us forget what was done. So the pages that outcomes will
//! need are written beforehand, as blobs of random bytes (zeros take no room on some file systems), and given back a few
//! pages ahead of the need, in the same transaction. Writing them also makes the write-ahead log as long as it will ever
//! be: it is folded back every [`CHECKPOINT_PAGES`](super::open::CHECKPOINT_PAGES) and then used again from its start. A file
//! system that never overwrites in place can still refuse; then the outcome is lost, the intent is not, and reading back
//! settles it.

use rusqlite::{Connection, Transaction};

use super::open::CHECKPOINT_PAGES;

/// Bytes of one blob: a few whole pages, since only whole pages can be used for something else.
const CHUNK_BYTES: u64 = 16 * 1024;
/// Bytes that one step's rows may need, with what indexes and half-filled pages add.
const STEP_BYTES: u64 = 1_536;
/// Bytes that are taken whatever the number of steps: twice what the write-ahead log holds between two foldings.
const BASE_BYTES: u64 = 2 * CHECKPOINT_PAGES as u64 * 4096;
/// Free pages that a transaction wants to find, and more for each of its writes.
const FREE_PAGES_MIN: u64 = 16;

/// Takes room for the outcomes of `steps` steps of a run; adds nothing if the run has its room already.
pub(super) fn take(transaction: &Transaction<'_>, run: &str, steps: usize) -> rusqlite::Result<()> {
    let chunks = (BASE_BYTES + steps as u64 * STEP_BYTES).div_ceil(CHUNK_BYTES);
    let mut insert = transaction.prepare_cached(
        "INSERT OR IGNORE INTO reserve (run, chunk, room) VALUES (?1, ?2, randomblob(?3))",
    )?;
    for chunk in 0..chunks {
        insert.execute((run, chunk as i64, CHUNK_BYTES as i64))?;
    }
    Ok(())
}

/// Folds the write-ahead log back, so that the next transaction starts at its beginning.
pub(super) fn fold(db: &Connection) -> rusqlite::Result<()> {
    db.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))
}

/// Gives back as much as `writes` changes may need.
pub(super) fn give_back(
    transaction: &Transaction<'_>,
    run: &str,
    writes: usize,
) -> rusqlite::Result<()> {
    let wanted = FREE_PAGES_MIN + writes as u64;
    loop {
        let free: i64 = transaction.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        if free as u64 >= wanted {
            return Ok(());
        }
        let mut delete = transaction.prepare_cached(
            "DELETE FROM reserve WHERE rowid = (SELECT max(rowid) FROM reserve WHERE run = ?1)",
        )?;
        if delete.execute([run])? == 0 {
            return Ok(());
        }
    }
}

/// Gives back all of it.
pub(super) fn give_up(transaction: &Transaction<'_>, run: &str) -> rusqlite::Result<()> {
    transaction
        .execute("DELETE FROM reserve WHERE run = ?1", [run])
        .map(|_| ())
}
