//! What can be wrong between a change and the revision that it is compared with. The codes stand here, where the catalogue
//! of all codes may look.

use crate::diagnostic::{Code, Severity};

/// Every code of this module, by id.
pub static CODES: &[&Code] = &[
    &NO_REPOSITORY,
    &NO_REVISION,
    &UNREADABLE,
    &NO_ESTATE,
    &NOT_CONTAINED,
    &GUARD_LOOSENED,
    &OWN_ATTESTATION,
    &ACCOUNT_GONE,
    &CONNECTION_CHANGED,
];

/// There is no repository to read a base revision from.
pub static NO_REPOSITORY: Code = Code {
    id: "BASE001",
    name: "no-repository",
    severity: Severity::Error,
    doc: r#"
### What it means
`--base` was given, and the estate's folder is in no git repository, git does not trust the one it is in, or the program
`git` is not there.

### Why
Guards and inventories are to be those of a revision. Without it they would be those of the change itself, which nobody has
agreed to yet; so nothing is planned.

### Example
```text bad
cd unpacked-archive && seatplan plan --base main
```
```text good
git clone https://git.acme.example/estate && cd estate && seatplan plan --base main
```

### What to do
Run it in a clone. In a container, install git; where git says "dubious ownership", the clone belongs to another user:
`git config --global --add safe.directory FOLDER`. Without `--base` the guards are those of the working tree.
"#,
};

/// The repository does not have the base revision.
pub static NO_REVISION: Code = Code {
    id: "BASE002",
    name: "no-such-revision",
    severity: Severity::Error,
    doc: r#"
### What it means
The revision after `--base` is not in the repository.

### Why
CI services mostly fetch one commit only, which has neither other branches nor the commits before. Or the name is misspelt.

### Example
```text bad
- uses: actions/checkout@v5
- run: seatplan plan --base origin/main
```
```text good
- uses: actions/checkout@v5
  with: {fetch-depth: 0}
- run: seatplan plan --base origin/main
```

### What to do
Fetch it: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` for GitLab, `git fetch --unshallow origin` by hand; for a
branch `git fetch origin BRANCH`.
"#,
};

/// The estate at the base revision cannot be read.
pub static UNREADABLE: Code = Code {
    id: "BASE003",
    name: "base-unreadable",
    severity: Severity::Error,
    doc: r#"
### What it means
`seatplan.yaml` of the base revision has an error, so that its guards cannot be read; or an object of the revision is missing
in the repository. As a warning: other files of the base have errors, so that what was removed from them cannot be named.

### Why
A guard that cannot be read would be no guard.

### Example
```text bad
# seatplan.yaml at the base
guards: {removals: {max: five}}
```
```text good
# seatplan.yaml at the base
guards: {removals: {max: 5}}
```

### What to do
Mend the base first, in a change that is planned without `--base`. If objects are missing, the clone is a partial one: fetch
without a filter.
"#,
};

/// There is no estate at the base revision.
pub static NO_ESTATE: Code = Code {
    id: "BASE004",
    name: "no-estate-at-base",
    severity: Severity::Warning,
    doc: r#"
### What it means
The base revision has no `seatplan.yaml` in this folder: the estate is new, or was moved here. The base counts as empty, and
guards and inventories are those of the change.

### Why
Somebody has to be the first to write a guard. But whoever moves an estate to another folder takes its guards along, and may
write others.

### Example
```text bad
git mv estate access && edit access/seatplan.yaml        # in one change
```
```text good
git mv estate access                                     # alone; `seatplan.yaml` stays as it is
```

### What to do
For a new estate review `seatplan.yaml` itself. Move an estate in a change that does nothing else.
"#,
};

/// The change was not made from the base revision.
pub static NOT_CONTAINED: Code = Code {
    id: "BASE005",
    name: "base-not-contained",
    severity: Severity::Warning,
    doc: r#"
### What it means
The base revision has commits that the working tree was not made from.

### Why
What was merged there in the meantime looks as if the change took it away again: people are shown as removed whom the change
does not touch, and what others have attested as if it were taken back.

### Example
```text bad
git switch my-change && seatplan plan --base origin/main          # main has moved on
```
```text good
git switch my-change && git merge origin/main && seatplan plan --base origin/main
```

### What to do
Merge the base into the change, or rebase the change, and plan again. On a pull request actions/checkout does that by itself:
what it checks out is the merge, and `HEAD^1` is its base.
"#,
};

/// A change allows itself more than the base does.
pub static GUARD_LOOSENED: Code = Code {
    id: "BASE006",
    name: "guard-loosened",
    severity: Severity::Warning,
    doc: r#"
### What it means
The change takes away a guard, or makes it allow more. For this plan the guard of the base holds; the new one holds from the
next change on.

### Why
A guard that a change may loosen for itself guards nothing.

### Example
```text bad
guards: {removals: {max: 50}}        # was max: 5, and the same change removes 30 people
```
```text good
guards: {removals: {max: 50}}        # alone, reviewed for what it is
```

### What to do
Ask for the reason. If the guard is right for once only, pass it with `--accept-removals N` instead.
"#,
};

/// Somebody says what their own access is.
pub static OWN_ATTESTATION: Code = Code {
    id: "BASE007",
    name: "own-attestation",
    severity: Severity::Error,
    doc: r#"
### What it means
A change of an inventory says that somebody's access is another one, and stands on that very person's word: the person is
named after `attested: {by: ...}`, or has written the commit. In an inventory that is new with the change it is a warning.

### Why
An inventory is what is known of an account that no program can read. Whoever could change in it what they have themselves
could make a plan overlook it.

### Example
```text bad
access: {bob@acme.example: {role: owner, attested: {by: bob@acme.example, on: 2026-11-20}}}   # was role: agent
```
```text good
access: {bob@acme.example: {role: owner, attested: {by: dana@acme.example, on: 2026-11-20}}}
```

### What to do
Let somebody else look, and write and commit the line: `seatplan tasks done ID --as ADDRESS` does that for a task. Who has
written a commit is known by its author's address and by `Co-authored-by`; both are claims, like `by`.
"#,
};

/// An account is not in the files any more.
pub static ACCOUNT_GONE: Code = Code {
    id: "BASE008",
    name: "account-gone",
    severity: Severity::Warning,
    doc: r#"
### What it means
The base has an account that the change does not have any more.

### Why
Nothing on it is compared or changed from then on: nobody loses access there, and nobody who leaves is taken off it.

### Example
```text bad
accounts: {}                     # acme-crm was here, with twelve people
```
```text good
accounts:
  acme-crm: {product: crm, unmanaged: remove}     # first nobody has access; then the account goes
```

### What to do
If the account is closed at the vendor, all is well. Else take everybody off it first.
"#,
};

/// A change says that an account is reached elsewhere.
pub static CONNECTION_CHANGED: Code = Code {
    id: "BASE009",
    name: "connection-changed",
    severity: Severity::Warning,
    doc: r#"
### What it means
The change says that an account is reached at another address, or with another credential, than the base says. The account is
not read: a credential is only sent where the base says. Or it says that another provider keeps the account: an inventory, for
instance, whose every word is then the change's own.

### Why
Whoever proposes a change could otherwise send a credential of the machine that plans it wherever they want.

### Example
```text bad
connection: {url: https://attacker.example, token: {env: SUPPORT_TOKEN}}
```
```text good
connection: {url: https://directory.acme.example, token: {env: SUPPORT_TOKEN}}
```

### What to do
Review the connection, and merge it in a change of its own; the next plan reads the account there.
"#,
};
