//! The directory's file: its schema, and rows in and out. Nothing is decided here.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;

use super::person::Access;
use super::world::{Bought, Object, Objects};

/// Marks the file as a seatplan directory (`PRAGMA application_id`).
const APPLICATION: i32 = 0x5350_4449;
/// The version of the schema (`PRAGMA user_version`).
const VERSION: i32 = 3;

const SCHEMA: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, target TEXT NOT NULL UNIQUE, product TEXT NOT NULL,
    definition TEXT NOT NULL, parent TEXT) STRICT;
CREATE TABLE settings (
    account INTEGER NOT NULL, setting TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (account, setting)) STRICT, WITHOUT ROWID;
CREATE TABLE seats (
    account INTEGER NOT NULL, pool TEXT NOT NULL, quantity TEXT NOT NULL, cancelled_to TEXT,
    PRIMARY KEY (account, pool)) STRICT, WITHOUT ROWID;
CREATE TABLE objects (
    account INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, phase TEXT,
    PRIMARY KEY (account, kind, name)) STRICT, WITHOUT ROWID;
CREATE TABLE invoices (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, pool TEXT NOT NULL, units INTEGER NOT NULL,
    thing TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE teams (
    account INTEGER NOT NULL, team TEXT NOT NULL, parent TEXT,
    PRIMARY KEY (account, team)) STRICT, WITHOUT ROWID;
CREATE INDEX children ON teams (account, parent);
CREATE TABLE access (
    account INTEGER NOT NULL, subject TEXT NOT NULL, value TEXT NOT NULL, phase TEXT,
    PRIMARY KEY (account, subject)) STRICT, WITHOUT ROWID;
CREATE TABLE members (
    account INTEGER NOT NULL, team TEXT NOT NULL, subject TEXT NOT NULL, lead INTEGER NOT NULL,
    PRIMARY KEY (account, team, subject)) STRICT, WITHOUT ROWID;
CREATE INDEX teams_of ON members (account, subject, lead);
CREATE TABLE handovers (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, leaver TEXT NOT NULL, receiver TEXT NOT NULL,
    what TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE tokens (
    id TEXT PRIMARY KEY, account INTEGER NOT NULL, hash BLOB NOT NULL, subject TEXT, service TEXT,
    at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE answers (
    account INTEGER NOT NULL, key TEXT NOT NULL, digest BLOB NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (account, key)) STRICT, WITHOUT ROWID;
CREATE TABLE commits (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, key TEXT, operation TEXT NOT NULL,
    thing TEXT NOT NULL, actor TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX commits_of ON commits (account, key);
";

/// What makes a file of a version one of the next: from 1, what accounts own; from 2, lots, sub-accounts, invoices.
const UPGRADES: [&str; 2] = [
    "
CREATE TABLE objects (
    account INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, phase TEXT,
    PRIMARY KEY (account, kind, name)) STRICT, WITHOUT ROWID;
",
    "
ALTER TABLE accounts ADD COLUMN parent TEXT;
CREATE TABLE bought (
    account INTEGER NOT NULL, pool TEXT NOT NULL, quantity TEXT NOT NULL, cancelled_to TEXT,
    PRIMARY KEY (account, pool)) STRICT, WITHOUT ROWID;
INSERT INTO bought SELECT account, pool, CAST(purchased AS TEXT), NULL FROM seats;
DROP TABLE seats;
ALTER TABLE bought RENAME TO seats;
CREATE TABLE invoices (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, pool TEXT NOT NULL, units INTEGER NOT NULL,
    thing TEXT NOT NULL, at TEXT NOT NULL) STRICT;
",
];

/// An account as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) target: String,
    pub(super) product: String,
    /// The account that it is a sub-account of.
    pub(super) parent: Option<String>,
}

/// A place in a team as it is stored: whether leading was asked for. Roles may make it so anyway.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) team: String,
    pub(super) subject: String,
    pub(super) lead: bool,
}

/// Opens the file, making it readable by its owner alone if it is new.
///
/// # Errors
/// If it cannot be opened, is something else, or was written by a newer version.
pub(super) fn open(path: &Path) -> io::Result<Connection> {
    let wrong = |why: String| io::Error::other(format!("\"{}\" {why}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut create = std::fs::OpenOptions::new();
    create.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut create, 0o600);
    create.open(path)?;
    let connection = Connection::open(path).map_err(|it| wrong(it.to_string()))?;
    let prepare = || -> rusqlite::Result<(i32, i32)> {
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.set_prepared_statement_cache_capacity(64);
        let begin = connection.unchecked_transaction()?;
        let number = |name| begin.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let found = (number("application_id")?, number("user_version")?);
        let tables: i64 =
            begin.query_row("SELECT count(*) FROM sqlite_schema", [], |it| it.get(0))?;
        if found == (0, 0) && tables == 0 {
            begin.execute_batch(SCHEMA)?;
            begin.pragma_update(None, "application_id", APPLICATION)?;
            begin.pragma_update(None, "user_version", VERSION)?;
            begin.commit()?;
            return Ok((APPLICATION, VERSION));
        }
        if let (APPLICATION, older @ 1..VERSION) = found {
            let upgrades = UPGRADES.iter().skip(older.unsigned_abs() as usize - 1);
            for upgrade in upgrades {
                begin.execute_batch(upgrade)?;
            }
            begin.pragma_update(None, "user_version", VERSION)?;
            begin.commit()?;
            return Ok((APPLICATION, VERSION));
        }
        Ok(found)
    };
    match prepare().map_err(|it| wrong(format!("cannot be used: {it}")))? {
        (APPLICATION, VERSION) => Ok(connection),
        (APPLICATION, newer) => Err(wrong(format!(
            "has format {newer}, this seatplan knows format {VERSION}"
        ))),
        _ => Err(wrong("is not a seatplan directory".to_owned())),
    }
}

/// A line of the directory's own notes.
pub(super) fn meta(db: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

pub(super) fn account(db: &Connection, name: &str) -> rusqlite::Result<Option<Account>> {
    db.prepare_cached("SELECT id, name, target, product, parent FROM accounts WHERE name = ?1")?
        .query_row([name], account_of)
        .optional()
}

/// Every account, by name.
pub(super) fn accounts(db: &Connection) -> rusqlite::Result<Vec<Account>> {
    db.prepare_cached("SELECT id, name, target, product, parent FROM accounts ORDER BY name")?
        .query_map([], account_of)?
        .collect()
}

/// How many levels of accounts lie below one.
pub(super) fn levels_below(db: &Connection, name: &str) -> rusqlite::Result<u32> {
    db.prepare_cached(
        "WITH RECURSIVE below (name, level) AS (
           VALUES (?1, 0)
           UNION SELECT a.name, level + 1 FROM accounts a JOIN below ON a.parent = below.name WHERE level < 100)
         SELECT max(level) FROM below",
    )?
    .query_row([name], |row| row.get(0))
}

pub(super) fn account_of(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get(0)?,
        name: row.get(1)?,
        target: row.get(2)?,
        product: row.get(3)?,
        parent: row.get(4)?,
    })
}

pub(super) fn definition(db: &Connection, account: i64) -> rusqlite::Result<String> {
    db.prepare_cached("SELECT definition FROM accounts WHERE id = ?1")?
        .query_row([account], |row| row.get(0))
}

pub(super) fn settings(db: &Connection, account: i64) -> rusqlite::Result<BTreeMap<String, Value>> {
    db.prepare_cached("SELECT setting, value FROM settings WHERE account = ?1")?
        .query_map([account], |row| Ok((row.get(0)?, json_of(row, 1)?)))?
        .collect()
}

/// What is bought, by pool.
pub(super) fn bought(db: &Connection, account: i64) -> rusqlite::Result<BTreeMap<String, Bought>> {
    db.prepare_cached("SELECT pool, quantity, cancelled_to FROM seats WHERE account = ?1")?
        .query_map([account], |row| {
            let is_cancelled = row.get_ref(2)?.as_str_or_null()?.is_some();
            let bought = Bought {
                quantity: json_of(row, 1)?,
                then: is_cancelled.then(|| json_of(row, 2)).transpose()?,
            };
            Ok((row.get(0)?, bought))
        })?
        .collect()
}

pub(super) fn put_bought(
    db: &Connection,
    account: i64,
    pool: &str,
    bought: &Bought,
) -> rusqlite::Result<()> {
    let json = |it| serde_json::to_string(it).expect("numbers are JSON");
    let (quantity, then) = (json(&bought.quantity), bought.then.as_ref().map(json));
    db.prepare_cached("INSERT OR REPLACE INTO seats VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![account, pool, quantity, then])
        .map(drop)
}

/// What an account owns.
pub(super) fn objects(db: &Connection, account: i64) -> rusqlite::Result<Objects> {
    let mut objects = Objects::new();
    let mut rows =
        db.prepare_cached("SELECT kind, name, value, phase FROM objects WHERE account = ?1")?;
    let rows = rows.query_map([account], |row| {
        let object = Object {
            fields: json_of(row, 2)?,
            phase: row.get(3)?,
        };
        Ok((row.get::<_, String>(0)?, row.get(1)?, object))
    })?;
    for row in rows {
        let (kind, name, object) = row?;
        objects.entry(kind).or_default().insert(name, object);
    }
    Ok(objects)
}

pub(super) fn put_object(
    db: &Connection,
    account: i64,
    kind: &str,
    name: &str,
    object: &Object,
) -> rusqlite::Result<()> {
    let fields = serde_json::to_string(&object.fields).expect("JSON values are JSON");
    db.prepare_cached("INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![account, kind, name, fields, object.phase])
        .map(drop)
}

pub(super) fn remove_object(
    db: &Connection,
    account: i64,
    kind: &str,
    name: &str,
) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM objects WHERE account = ?1 AND kind = ?2 AND name = ?3")?
        .execute(params![account, kind, name])
        .map(drop)
}

/// The people of an account: access, phase, how many places in teams, whether leading was asked for in one of them.
pub(super) fn people(
    db: &Connection,
    account: i64,
) -> rusqlite::Result<Vec<(Access, Option<String>, u32, bool)>> {
    db.prepare_cached(
        "SELECT value, phase,
           (SELECT count(*) FROM members m WHERE m.account = a.account AND m.subject = a.subject),
           (SELECT coalesce(max(lead), 0) FROM members m WHERE m.account = a.account AND m.subject = a.subject)
         FROM access a WHERE account = ?1",
    )?
    .query_map([account], |row| {
        Ok((json_of(row, 0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?
    .collect()
}

/// The people with a role, by subject.
pub(super) fn with_role(
    db: &Connection,
    account: i64,
    role: &str,
) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached(
        "SELECT subject FROM access, json_each(access.value, '$.roles') r
         WHERE account = ?1 AND r.value = ?2 ORDER BY subject",
    )?
    .query_map(params![account, role], |row| row.get(0))?
    .collect()
}

/// Gives a role another name for everybody who has it.
pub(super) fn rename_role(
    db: &Connection,
    account: i64,
    from: &str,
    to: &str,
) -> rusqlite::Result<()> {
    for subject in with_role(db, account, from)? {
        if let Some((mut access, phase)) = access(db, account, &subject)? {
            for role in access.roles.iter_mut().filter(|it| *it == from) {
                to.clone_into(role);
            }
            access.roles.sort_unstable();
            put_access(db, account, &subject, &access, phase.as_deref())?;
        }
    }
    Ok(())
}

/// The people in a life-cycle state other than active, by subject, with the state.
pub(super) fn waiting(db: &Connection, account: i64) -> rusqlite::Result<Vec<(String, String)>> {
    db.prepare_cached(
        "SELECT subject, phase FROM access WHERE account = ?1 AND phase IS NOT NULL ORDER BY subject",
    )?
    .query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// A person's access and phase.
pub(super) fn access(
    db: &Connection,
    account: i64,
    subject: &str,
) -> rusqlite::Result<Option<(Access, Option<String>)>> {
    db.prepare_cached("SELECT value, phase FROM access WHERE account = ?1 AND subject = ?2")?
        .query_row(params![account, subject], |row| {
            Ok((json_of(row, 0)?, row.get(1)?))
        })
        .optional()
}

pub(super) fn put_access(
    db: &Connection,
    account: i64,
    subject: &str,
    access: &Access,
    phase: Option<&str>,
) -> rusqlite::Result<()> {
    let value = serde_json::to_string(access).expect("strings and JSON values are JSON");
    db.prepare_cached("INSERT OR REPLACE INTO access VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![account, subject, value, phase])
        .map(drop)
}

pub(super) fn remove_access(db: &Connection, account: i64, subject: &str) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM access WHERE account = ?1 AND subject = ?2")?
        .execute(params![account, subject])
        .map(drop)
}

/// A team's parent; the outer `None` means that there is no such team.
pub(super) fn team(
    db: &Connection,
    account: i64,
    team: &str,
) -> rusqlite::Result<Option<Option<String>>> {
    db.prepare_cached("SELECT parent FROM teams WHERE account = ?1 AND team = ?2")?
        .query_row(params![account, team], |row| row.get(0))
        .optional()
}

/// The teams that lie in a team, by name.
pub(super) fn children(db: &Connection, account: i64, team: &str) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached("SELECT team FROM teams WHERE account = ?1 AND parent = ?2 ORDER BY team")?
        .query_map(params![account, team], |row| row.get(0))?
        .collect()
}

/// Whether leading was asked for; `None` if the person is not in the team.
pub(super) fn member(
    db: &Connection,
    account: i64,
    team: &str,
    subject: &str,
) -> rusqlite::Result<Option<bool>> {
    db.prepare_cached("SELECT lead FROM members WHERE account = ?1 AND team = ?2 AND subject = ?3")?
        .query_row(params![account, team, subject], |row| row.get(0))
        .optional()
}

/// How many places in teams a person has, and in how many of them leading was asked for.
pub(super) fn places(db: &Connection, account: i64, subject: &str) -> rusqlite::Result<(u32, u32)> {
    db.prepare_cached(
        "SELECT count(*), coalesce(sum(lead), 0) FROM members WHERE account = ?1 AND subject = ?2",
    )?
    .query_row(params![account, subject], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// The people in a team, by subject.
pub(super) fn members_of(
    db: &Connection,
    account: i64,
    team: &str,
) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached("SELECT subject FROM members WHERE account = ?1 AND team = ?2 ORDER BY 1")?
        .query_map(params![account, team], |row| row.get(0))?
        .collect()
}

pub(super) fn put_member(db: &Connection, account: i64, place: &Place) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO members VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![account, place.team, place.subject, place.lead])
        .map(drop)
}

pub(super) fn remove_member(
    db: &Connection,
    account: i64,
    team: &str,
    subject: &str,
) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM members WHERE account = ?1 AND team = ?2 AND subject = ?3")?
        .execute(params![account, team, subject])
        .map(drop)
}

/// A JSON value of a text column that the directory itself wrote.
pub(super) fn json_of<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}
