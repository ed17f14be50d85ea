//! Journals of older versions: read as they are, and brought up to our schema by whoever takes the lock.
//!
//! # Design
//! Not when the file is opened: a run of the older version may be under way then, and its outcomes must still find the tables
//! that it knows. Whoever has the lock knows that there is none: a run that lost the lock cannot write any more.

use rusqlite::{Connection, Transaction};

use super::open::SCHEMA;

/// The schema that the file has.
pub(super) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("SELECT schema FROM seatplan", [], |row| row.get(0))
}

/// What gives the removals of a journal: rows of `account`, `at` in milliseconds and `people`.
///
/// Schema 1 counted them by days of UTC. Its counters and its audit log were written together, and the log says when.
pub(super) fn removals(version: i64) -> &'static str {
    match version {
        1 => {
            "SELECT account, at, count(*) AS people FROM audit
             WHERE kind = 'access' AND action = 'remove' AND operation <> ''
             AND event IN ('done', 'resolved') GROUP BY account, at"
        }
        _ => "SELECT account, at, people FROM removals",
    }
}

/// Brings the tables up to our schema. The transaction is the one in which the lock is taken.
pub(super) fn migrate(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    if version(transaction)? == 1 {
        transaction.execute_batch(&format!(
            "DROP TABLE removals;
             CREATE TABLE removals (
                 account TEXT NOT NULL,
                 at INTEGER NOT NULL,
                 people INTEGER NOT NULL,
                 PRIMARY KEY (account, at)
             ) WITHOUT ROWID;
             INSERT INTO removals (account, at, people) {};",
            removals(1)
        ))?;
    }
    transaction.execute(
        "UPDATE seatplan SET schema = ?1, made_by = ?2 WHERE schema < ?1",
        (SCHEMA, env!("CARGO_PKG_VERSION")),
    )?;
    Ok(())
}
