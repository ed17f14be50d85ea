//! What can be wrong with what an estate says.
//!
//! `LANG` is about the language, `REF` about names, `ID` about identities, `TIME` about days, `SECRET` about credentials.

use crate::diagnostic::{Code, Severity};

/// Every code of this module, by id.
pub static CODES: &[&Code] = &[
    &OTHER_VERSION,
    &WRITTEN_TWICE,
    &NOT_AVAILABLE,
    &NOT_A_RANGE,
    &EMPTY_NAME,
    &NO_UNMANAGED,
    &UNKNOWN_NAME,
    &NOT_A_DAY,
    &UNKNOWN_TIME_ZONE,
    &SECRET_IN_FILE,
];

/// A version of the language that this program does not read.
pub static OTHER_VERSION: Code = Code {
    id: "LANG001",
    name: "other-version",
    severity: Severity::Error,
    doc: r#"
### What it means
`seatplan.yaml` names a version of the language that this seatplan does not read.

### Why
A newer version may hold keys that an older program would leave out, and access with them.

### Example
```yaml bad
seatplan: 2
name: acme
defaults: {unmanaged: remove}
```
```yaml good
seatplan: 1
name: acme
defaults: {unmanaged: remove}
```

### What to do
Use a seatplan that reads the version, or write `seatplan: 1` if that is what the files follow.
"#,
};

/// One thing in two places.
pub static WRITTEN_TWICE: Code = Code {
    id: "LANG002",
    name: "written-twice",
    severity: Severity::Error,
    doc: r#"
### What it means
The same user, team, bundle, account or product is written in two places of the estate.

### Why
Files are read in no particular order, so neither of the two could win. Whoever reviews one would not see the other.

### Example
```yaml bad
# file: people/a.yaml
users:
  ana@acme.example: {name: Ana}
# file: people/b.yaml
users:
  ana@acme.example: {kind: contractor}
```
```yaml good
# file: people/a.yaml
users:
  ana@acme.example: {name: Ana, kind: contractor}
# file: people/b.yaml
users:
  bob@acme.example: {name: Bob}
```

### What to do
Keep one of the two and move into it what the other says.
"#,
};

/// A key that a later version takes.
pub static NOT_AVAILABLE: Code = Code {
    id: "LANG003",
    name: "not-available",
    severity: Severity::Error,
    doc: r#"
### What it means
The files use a part of the language that this version of seatplan does not have yet: `policies`.

### Why
A policy that is written but not checked would give false safety.

### Example
```yaml bad
policies:
  no-contractor-admins: {}
```
```yaml good
users:
  ana@acme.example: {kind: contractor}
```

### What to do
Delete the key.
"#,
};

/// A number, an amount or a share outside what it can be.
pub static NOT_A_RANGE: Code = Code {
    id: "LANG004",
    name: "out-of-range",
    severity: Severity::Error,
    doc: r#"
### What it means
A number of days, a share, an amount of money or a currency is not written as one, or lies outside of what it can be.

### Why
A guard with a limit that cannot be reached guards nothing, and an amount that is read differently costs money.

### Example
```yaml bad
seatplan: 1
name: acme
defaults: {unmanaged: remove}
guards: {removals: {max: 5, window: 1 week}}
```
```yaml good
seatplan: 1
name: acme
defaults: {unmanaged: remove}
guards: {removals: {max: 5, window: 7d}}
```

### What to do
Write the value as the help shows it.
"#,
};

/// A name that cannot be one.
pub static EMPTY_NAME: Code = Code {
    id: "LANG005",
    name: "not-a-name",
    severity: Severity::Error,
    doc: r#"
### What it means
A name is empty, begins or ends with a space, or holds a `/`, a `*` or a character that keeps names apart.

### Why
Names are parts of addresses such as `acme-code/team/release`, and a pattern such as `*@acme.example` never stands for people.

### Example
```yaml bad
teams:
  "release/docs": {}
```
```yaml good
teams:
  release-docs: {}
```

### What to do
Write a name without these characters, and everybody who is meant by their own name.
"#,
};

/// An account that does not say what happens to people whom nobody wrote.
pub static NO_UNMANAGED: Code = Code {
    id: "LANG006",
    name: "no-unmanaged",
    severity: Severity::Error,
    doc: r#"
### What it means
Neither the account nor `defaults:` in `seatplan.yaml` says `unmanaged:`.

### Why
What happens to people at the vendor to whom no file gives access has no default, since half of all users expect each answer.

### Example
```yaml bad
# file: seatplan.yaml
seatplan: 1
name: acme
# file: accounts.yaml
accounts:
  acme-code: {product: github-organization}
```
```yaml good
# file: seatplan.yaml
seatplan: 1
name: acme
# file: accounts.yaml
accounts:
  acme-code: {product: github-organization, unmanaged: report}
```

### What to do
Write `unmanaged: remove` (the files are the whole truth), `report` (a finding, never a step) or `ignore`.
"#,
};

/// A name that nothing has.
pub static UNKNOWN_NAME: Code = Code {
    id: "REF001",
    name: "unknown-name",
    severity: Severity::Error,
    doc: r#"
### What it means
A user, team, bundle, account or product is named that no file of the estate writes.

### Why
A misspelt name would give or take nothing, in silence; a deleted user who is still named would be removed in silence.

### Example
```yaml bad
users:
  ana@acme.example: {teams: [suport]}
teams:
  support: {}
```
```yaml good
users:
  ana@acme.example: {teams: [support]}
teams:
  support: {}
```

### What to do
Write the name that the message gives as nearest, add the thing, or delete every place that still names it.
"#,
};

/// Not a day of the calendar.
pub static NOT_A_DAY: Code = Code {
    id: "TIME001",
    name: "not-a-day",
    severity: Severity::Error,
    doc: r#"
### What it means
A day is not written as `YYYY-MM-DD`, the calendar does not have it, or it has a time of day.

### Why
Days begin at 00:00 in the time zone of the estate; a time without a zone would mean different instants to different people.

### Example
```yaml bad
users:
  ana@acme.example: {leaves: 2027-02-30}
```
```yaml good
users:
  ana@acme.example: {leaves: 2027-03-01}
```

### What to do
Write the day as four digits, two and two.
"#,
};

/// A time zone that nobody knows.
pub static UNKNOWN_TIME_ZONE: Code = Code {
    id: "TIME002",
    name: "unknown-time-zone",
    severity: Severity::Error,
    doc: r#"
### What it means
`timezone:` is not a name of the IANA time zone database.

### Why
It decides at which instant a day, and with it an access, begins and ends. Abbreviations such as `CET` stand for several zones.

### Example
```yaml bad
seatplan: 1
name: acme
timezone: Europe/Pariss
defaults: {unmanaged: remove}
```
```yaml good
seatplan: 1
name: acme
timezone: Europe/Paris
defaults: {unmanaged: remove}
```

### What to do
Write a name such as `Europe/Paris` or `UTC`.
"#,
};

/// A credential in a file.
pub static SECRET_IN_FILE: Code = Code {
    id: "SECRET001",
    name: "secret-in-file",
    severity: Severity::Error,
    doc: r#"
### What it means
A credential itself is written into a file of the estate. It is not shown.

### Why
Files of an estate are read by everyone who reviews them, and stay in the history for good.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    connection: {token: "not-a-real-token"}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    connection: {token: {env: ACME_CODE_TOKEN}}
```

### What to do
Write where the credential is kept, `{env: NAME}` or `{file: PATH}`, and replace it at the vendor if it was a real one.
"#,
};
