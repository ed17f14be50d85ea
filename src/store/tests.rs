use std::path::PathBuf;

use super::fixture::{MADE_AT, grant, plan, revoke};
use super::*;
use crate::plan::{Plan, StepId};

const HOUR_MS: u32 = 3_600_000;

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".seatplan/state.db");
    (folder, path)
}

fn locked(path: &std::path::Path) -> Store {
    let mut store = Store::open(path).unwrap();
    store.acquire("ana on laptop", MADE_AT, HOUR_MS).unwrap();
    store
}

fn intent(plan: &Plan, run: &RunId, step: &str) -> Write {
    let step = plan.steps.iter().find(|it| it.id.0 == step).unwrap();
    Write::Intent {
        step: step.id.clone(),
        operation: operation_id(run, plan, &step.id),
        request: request_digest(step),
    }
}

fn outcome(step: &str, outcome: Outcome) -> Write {
    Write::Outcome {
        step: StepId(step.to_owned()),
        outcome,
    }
}

fn done(step: &str) -> Write {
    outcome(step, Outcome::Done { phase: None })
}

#[test]
fn an_outcome_its_audit_row_and_its_counter_are_one() {
    let (_folder, path) = folder();
    let mut store = locked(&path);
    let plan = plan(vec![revoke("bob", &[]), grant("eve", &[])]);
    let run = store.open_run(MADE_AT, &plan).unwrap();
    let intents = [intent(&plan, &run, "bob"), intent(&plan, &run, "eve")];
    store.journal(&run).commit(MADE_AT, &intents).unwrap();
    // The second write is not legal, so that the first must leave no trace either.
    let twice = [done("bob"), done("bob")];
    let error = store.journal(&run).commit(MADE_AT, &twice).unwrap_err();
    assert!(matches!(error, StoreError::Illegal { .. }) && error.is_bug());
    assert_eq!(store.removals_since(&"acme".into(), MADE_AT).unwrap(), 0);
    assert_eq!(store.audit().unwrap().len(), 1);

    store
        .journal(&run)
        .commit(MADE_AT, &[done("bob"), done("eve")])
        .unwrap();
    let moment = MADE_AT + jiff::SignedDuration::from_millis(1);
    assert_eq!(store.removals_since(&"acme".into(), MADE_AT).unwrap(), 1);
    assert_eq!(store.removals_since(&"acme".into(), moment).unwrap(), 0);
    let log: Vec<_> = store
        .audit()
        .unwrap()
        .into_iter()
        .map(|it| (it.event, it.address))
        .collect();
    assert_eq!(
        log,
        [
            ("opened".to_owned(), String::new()),
            ("done".to_owned(), "acme/access/bob".to_owned()),
            ("done".to_owned(), "acme/access/eve".to_owned()),
        ]
    );
    assert_eq!(store.verify_audit().unwrap(), None);
}

#[test]
fn what_is_sent_must_be_what_was_reviewed() {
    let (_folder, path) = folder();
    let mut store = locked(&path);
    let plan = plan(vec![grant("eve", &[])]);
    let run = store.open_run(MADE_AT, &plan).unwrap();
    let mut other = plan.clone();
    other.steps[0].after = Some(fixture::access("owner"));
    let error = store
        .journal(&run)
        .commit(MADE_AT, &[intent(&other, &run, "eve")])
        .unwrap_err();
    assert!(matches!(error, StoreError::NotReviewed { .. }));
}

#[test]
fn a_changed_row_breaks_the_chain() {
    let (_folder, path) = folder();
    let mut store = locked(&path);
    let plan = plan(vec![grant("eve", &[])]);
    let run = store.open_run(MADE_AT, &plan).unwrap();
    let writes = [intent(&plan, &run, "eve"), done("eve")];
    store.journal(&run).commit(MADE_AT, &writes).unwrap();
    store.close_run(MADE_AT, &run, "applied").unwrap();
    let change = |sql: &str| store.db.execute(sql, []).unwrap();
    change("UPDATE audit SET subject = 'mallory' WHERE seq = 2");
    let broken = |seq, why| Some(Broken { seq, why });
    assert_eq!(store.verify_audit().unwrap(), broken(2, "it was changed"));
    change("UPDATE audit SET subject = 'eve' WHERE seq = 2");
    assert_eq!(store.verify_audit().unwrap(), None);
    change("DELETE FROM audit WHERE seq = 2");
    assert_eq!(store.verify_audit().unwrap(), broken(2, "it is missing"));
}

#[test]
fn only_one_holds_the_lock_and_the_other_learns_who() {
    let (_folder, path) = folder();
    let first = locked(&path);
    let mut second = Store::open(&path).unwrap();
    let error = second.acquire("bob in ci", MADE_AT, HOUR_MS).unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"ana on laptop\" (since 2026-05-28T20:26:40Z) is at work on this estate"
    );
    drop(first);
}

#[test]
fn a_holder_that_died_on_this_machine_is_followed_at_once() {
    let (_folder, path) = folder();
    // Dropped without a release: so ends a process that is killed.
    drop(locked(&path));
    let mut second = Store::open(&path).unwrap();
    second.acquire("bob in ci", MADE_AT, HOUR_MS).unwrap();
    assert_eq!(second.epoch(), 2);
}

#[test]
fn a_holder_elsewhere_is_waited_for_until_its_lease_ends() {
    let (_folder, path) = folder();
    let first = locked(&path);
    first
        .db
        .execute("UPDATE lock SET machine = NULL", [])
        .unwrap();
    drop(first);
    let mut second = Store::open(&path).unwrap();
    assert!(matches!(
        second.acquire("bob in ci", MADE_AT, HOUR_MS),
        Err(StoreError::Held(_))
    ));
    let later = MADE_AT + jiff::SignedDuration::from_millis(i64::from(HOUR_MS));
    second.acquire("bob in ci", later, HOUR_MS).unwrap();
}

#[test]
fn a_holder_that_slept_too_long_cannot_write_any_more() {
    let (_folder, path) = folder();
    let mut first = locked(&path);
    let plan = plan(vec![grant("eve", &[])]);
    let run = first.open_run(MADE_AT, &plan).unwrap();
    let later = MADE_AT + jiff::SignedDuration::from_hours(2);
    let mut second = Store::open(&path).unwrap();
    second.acquire("bob in ci", later, HOUR_MS).unwrap();
    let write = [intent(&plan, &run, "eve")];
    let error = first.journal(&run).commit(later, &write).unwrap_err();
    assert!(matches!(error, StoreError::Fenced { .. }));
    assert!(matches!(first.renew(later), Err(StoreError::Fenced { .. })));
    // Letting go of a lock that is somebody else's by now changes nothing.
    first.release().unwrap();
    second.journal(&run).commit(later, &write).unwrap();
}

#[test]
fn one_run_at_a_time_carries_a_plan_out_and_a_newer_plan_ends_older_ones() {
    let (_folder, path) = folder();
    let mut store = locked(&path);
    let old = plan(vec![grant("eve", &[])]);
    let run = store.open_run(MADE_AT, &old).unwrap();
    assert!(store.open_run(MADE_AT, &old).is_err());
    assert_eq!(store.plan_of(&run).unwrap(), old);

    let new = Plan {
        digest: "d2".to_owned(),
        ..plan(vec![grant("bob", &[])])
    };
    let newer = store.open_run(MADE_AT, &new).unwrap();
    store.close_replaced(MADE_AT, &newer).unwrap();
    let open: Vec<_> = store
        .open_runs()
        .unwrap()
        .into_iter()
        .map(|it| it.id)
        .collect();
    assert_eq!(open, std::slice::from_ref(&newer));
    let closed = store.run_of(&run).unwrap().unwrap().closed.unwrap();
    assert_eq!(closed, (MADE_AT, format!("run {newer} has a newer plan")));
}

#[test]
fn outcomes_fit_after_the_disk_is_full() {
    let (_folder, path) = folder();
    let mut store = locked(&path);
    let names: Vec<String> = (0..400)
        .map(|it| format!("person-{it:03}@example.com"))
        .collect();
    let plan = plan(names.iter().map(|it| revoke(it, &[])).collect());
    let run = store.open_run(MADE_AT, &plan).unwrap();
    // From here on, neither the database nor its log may grow.
    let pages: i64 = store
        .db
        .pragma_query_value(None, "page_count", |it| it.get(0))
        .unwrap();
    store
        .db
        .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
        .unwrap();
    let log_bytes = || {
        std::fs::metadata(path.with_extension("db-wal"))
            .unwrap()
            .len()
    };
    let before = log_bytes();
    let why = "a vendor with many words ".repeat(20);
    for batch in names.chunks(8) {
        let intents: Vec<_> = batch.iter().map(|it| intent(&plan, &run, it)).collect();
        store.journal(&run).commit(MADE_AT, &intents).unwrap();
        let unknown = |it: &String| outcome(it, Outcome::Unknown { why: why.clone() });
        let unknown: Vec<_> = batch.iter().map(unknown).collect();
        store.journal(&run).commit(MADE_AT, &unknown).unwrap();
        let found = |it: &String| outcome(it, Outcome::Resolved { phase: None });
        let found: Vec<_> = batch.iter().map(found).collect();
        store.journal(&run).commit(MADE_AT, &found).unwrap();
    }
    assert_eq!(log_bytes(), before);
    assert_eq!(store.audit().unwrap().len(), 801);
    assert_eq!(store.verify_audit().unwrap(), None);
    store.close_run(MADE_AT, &run, "applied").unwrap();
    let left: i64 = store
        .db
        .query_row("SELECT count(*) FROM reserve", [], |it| it.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn a_file_that_is_not_ours_or_too_new_or_damaged_is_refused_by_name() {
    let (folder, path) = folder();
    drop(Store::open(&path).unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute("UPDATE seatplan SET schema = 7, made_by = '9.1.0'", [])
        .unwrap();
    drop(db);
    let error = Store::open(&path).unwrap_err().to_string();
    assert!(
        error.ends_with("has schema 7, written by seatplan 9.1.0; this version knows schema 2")
    );

    let other = folder.path().join("other.db");
    let db = rusqlite::Connection::open(&other).unwrap();
    db.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    drop(db);
    assert!(matches!(
        Store::open(&other),
        Err(StoreError::Foreign { .. })
    ));

    let text = folder.path().join("notes.db");
    std::fs::write(
        &text,
        "not a database, but long enough to be looked at as if it were one".repeat(20),
    )
    .unwrap();
    assert!(matches!(
        Store::open(&text),
        Err(StoreError::Foreign { .. })
    ));
}

#[test]
fn a_damaged_page_is_found_before_anything_is_sent() {
    let (folder, path) = folder();
    let mut store = locked(&path);
    let plan = plan(
        (0..50)
            .map(|it| grant(&format!("person-{it}"), &[]))
            .collect(),
    );
    let run = store.open_run(MADE_AT, &plan).unwrap();
    store.close_run(MADE_AT, &run, "applied").unwrap();
    drop(store);
    // Without the pages that nobody uses: damage there is no damage.
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute("VACUUM", []).unwrap();
    drop(db);
    let whole = std::fs::read(&path).unwrap();
    let mut unseen = Vec::new();
    for page in 0..whole.len() / 4096 {
        let mut bytes = whole.clone();
        for byte in &mut bytes[page * 4096..page * 4096 + 16] {
            *byte ^= 0xA5;
        }
        let copy = folder.path().join("copy.db");
        std::fs::write(&copy, bytes).unwrap();
        if Store::open(&copy).is_ok() {
            unseen.push(page);
        }
        for it in ["copy.db-wal", "copy.db-shm"] {
            let _ = std::fs::remove_file(folder.path().join(it));
        }
    }
    assert_eq!(unseen, [0; 0], "of {} pages", whole.len() / 4096);
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = folder();
    let _store = locked(&path);
    for (path, mode) in [(path.as_path(), 0o600), (path.parent().unwrap(), 0o700)] {
        let found = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{}", path.display());
    }
}

#[test]
fn looking_makes_nothing() {
    let (_folder, path) = folder();
    assert!(Store::look(&path).unwrap().is_none());
    assert!(!path.exists());
    drop(Store::open(&path).unwrap());
    let store = Store::look(&path).unwrap().unwrap();
    assert_eq!(store.removals_since(&"acme".into(), MADE_AT).unwrap(), 0);
}

/// A journal as schema 1 had it, in which bob lost access by our doing an hour after carla, and dan by somebody else's.
fn old_journal(path: &std::path::Path) {
    let mut store = locked(path);
    let plan = plan(vec![
        revoke("carla", &[]),
        revoke("bob", &[]),
        revoke("dan", &[]),
        grant("eve", &[]),
    ]);
    let run = store.open_run(MADE_AT, &plan).unwrap();
    let mut journal = store.journal(&run);
    let intents = ["carla", "bob", "eve"].map(|it| intent(&plan, &run, it));
    journal.commit(MADE_AT, &intents).unwrap();
    let resolved = |step| outcome(step, Outcome::Resolved { phase: None });
    journal
        .commit(MADE_AT, &[done("carla"), done("eve"), resolved("dan")])
        .unwrap();
    let why = "no answer".to_owned();
    let unknown = outcome("bob", Outcome::Unknown { why });
    journal
        .commit(MADE_AT + HOUR, &[unknown, resolved("bob")])
        .unwrap();
    store.close_run(MADE_AT + HOUR, &run, "applied").unwrap();
    store.release().unwrap();
    drop(store);
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch(
        "UPDATE seatplan SET schema = 1, made_by = '0.1.0';
         DROP TABLE removals;
         CREATE TABLE removals (
             account TEXT NOT NULL,
             day TEXT NOT NULL,
             people INTEGER NOT NULL,
             PRIMARY KEY (account, day)
         ) WITHOUT ROWID;
         INSERT INTO removals VALUES ('acme', '2026-05-28', 2);",
    )
    .unwrap();
}

const HOUR: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// What the journal says of people who lost access to `acme`: ever, since an hour after [`MADE_AT`], and later.
fn removals(store: &Store) -> [u64; 3] {
    let since = [MADE_AT, MADE_AT + HOUR, MADE_AT + HOUR * 2];
    since.map(|it| store.removals_since(&"acme".into(), it).unwrap())
}

#[test]
fn an_older_journal_is_read_as_it_is_and_brought_up_to_ours_with_the_lock() {
    let (_folder, path) = folder();
    old_journal(&path);
    let schema = || -> i64 {
        let db = rusqlite::Connection::open(&path).unwrap();
        db.query_row("SELECT schema FROM seatplan", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(removals(&Store::look(&path).unwrap().unwrap()), [2, 1, 0]);
    let mut store = Store::open(&path).unwrap();
    assert_eq!((removals(&store), schema()), ([2, 1, 0], 1));

    store.acquire("ana", MADE_AT + HOUR * 2, HOUR_MS).unwrap();
    assert_eq!((removals(&store), schema()), ([2, 1, 0], 2));
    assert!(store.verify_audit().unwrap().is_none());
    let plan = Plan {
        digest: "d2".to_owned(),
        ..plan(vec![revoke("fay", &[])])
    };
    let run = store.open_run(MADE_AT + HOUR * 2, &plan).unwrap();
    let writes = [intent(&plan, &run, "fay"), done("fay")];
    store
        .journal(&run)
        .commit(MADE_AT + HOUR * 2, &writes)
        .unwrap();
    drop(store);
    assert_eq!(removals(&Store::look(&path).unwrap().unwrap()), [3, 2, 1]);
}

#[test]
fn an_older_journal_stays_as_it_is_while_somebody_else_holds_its_lock() {
    let (_folder, path) = folder();
    old_journal(&path);
    let db = rusqlite::Connection::open(&path).unwrap();
    let later = (MADE_AT + HOUR * 5).as_millisecond();
    db.execute("UPDATE lock SET holder = 'old', expires_at = ?1", [later])
        .unwrap();
    let mut store = Store::open(&path).unwrap();
    let error = store.acquire("ana", MADE_AT + HOUR, HOUR_MS).unwrap_err();
    assert!(matches!(error, StoreError::Held(held) if held.holder == "old"));
    // What a run of the older version still has to say finds its table.
    db.execute("INSERT INTO removals VALUES ('acme', '2026-05-29', 1)", [])
        .unwrap();
}
