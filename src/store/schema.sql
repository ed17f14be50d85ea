-- The journal's tables. A change here is a new schema number and a migration.
CREATE TABLE seatplan (
    schema INTEGER NOT NULL,
    made_by TEXT NOT NULL
);

CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    opened_by TEXT NOT NULL,
    closed_at INTEGER,
    closed_why TEXT
);
CREATE UNIQUE INDEX one_open_run_per_plan ON runs (digest) WHERE closed_at IS NULL;

-- On its own: a plan is long and never changes, and a row is written anew as a whole.
CREATE TABLE plans (
    run TEXT PRIMARY KEY REFERENCES runs (id),
    plan TEXT NOT NULL
);

CREATE TABLE run_accounts (
    run TEXT NOT NULL REFERENCES runs (id),
    account TEXT NOT NULL,
    PRIMARY KEY (run, account)
) WITHOUT ROWID;

CREATE TABLE operations (
    run TEXT NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL,
    step TEXT NOT NULL,
    account TEXT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT,
    action TEXT NOT NULL,
    operation TEXT,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    epoch INTEGER NOT NULL DEFAULT 0,
    intent_at INTEGER,
    phase TEXT,
    why TEXT NOT NULL DEFAULT '',
    audit INTEGER,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    holder TEXT NOT NULL,
    run TEXT NOT NULL,
    step TEXT NOT NULL,
    operation TEXT NOT NULL,
    account TEXT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    action TEXT NOT NULL,
    event TEXT NOT NULL,
    why TEXT NOT NULL,
    prev BLOB NOT NULL,
    hash BLOB NOT NULL
);

-- By moment: which day that was depends on the estate's timezone, which may change.
CREATE TABLE removals (
    account TEXT NOT NULL,
    at INTEGER NOT NULL,
    people INTEGER NOT NULL,
    PRIMARY KEY (account, at)
) WITHOUT ROWID;

CREATE TABLE lock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL,
    holder TEXT NOT NULL,
    machine TEXT,
    taken_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

-- Room that outcomes will need, taken before the first effect and given back bit by bit.
CREATE TABLE reserve (
    run TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    room BLOB NOT NULL,
    PRIMARY KEY (run, chunk)
);
