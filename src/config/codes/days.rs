//! What can be wrong with days and time zones.

use crate::diagnostic::{Code, Severity};

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

/// `until` before `from`.
pub static ENDS_BEFORE_START: Code = Code {
    id: "TIME003",
    name: "ends-before-it-starts",
    severity: Severity::Error,
    doc: r#"
### What it means
The last day of an access lies before its first.

### Why
The access would never hold, and whoever wrote it meant something else.

### Example
```yaml bad
users:
  ana@acme.example: {access: {acme-support: {role: agent, from: 2100-03-01, until: 2100-02-01}}}
accounts:
  acme-support: {product: respond-io}
```
```yaml good
users:
  ana@acme.example: {access: {acme-support: {role: agent, from: 2100-02-01, until: 2100-03-01}}}
accounts:
  acme-support: {product: respond-io}
```

### What to do
Correct one of the two days. Both belong to the period.
"#,
};

/// An access that has ended.
pub static OVER: Code = Code {
    id: "TIME004",
    name: "access-ended",
    severity: Severity::Warning,
    doc: r#"
### What it means
The last day of an access has passed. It is taken away, or has been. The message shows the instant in UTC.

### Why
An end in the past is often a misspelt year.

### Example
```yaml bad
users:
  ana@acme.example: {access: {acme-support: {role: agent, until: 2001-02-01}}}
accounts:
  acme-support: {product: respond-io}
```
```yaml good
users:
  ana@acme.example: {access: {acme-support: {role: agent, until: 2100-02-01}}}
accounts:
  acme-support: {product: respond-io}
```

### What to do
Correct the day, or delete the line once the access has been taken away.
"#,
};

/// A day that is probably not what was meant.
pub static ODD_DAY: Code = Code {
    id: "TIME005",
    name: "odd-day",
    severity: Severity::Warning,
    doc: r#"
### What it means
A day lies so far away that it means "for ever", or it does not begin at 00:00 because the clocks are put forward at midnight.

### Why
The access would begin or end at another instant than people expect.

### Example
```yaml bad
users:
  ana@acme.example: {access: {acme-support: {role: agent, until: 9999-12-31}}}
accounts:
  acme-support: {product: respond-io}
```
```yaml good
users:
  ana@acme.example: {access: {acme-support: {role: agent}}}
accounts:
  acme-support: {product: respond-io}
```

### What to do
Leave the key out for an access without an end. For a day with a gap there is nothing to do.
"#,
};

/// A setting whose last day has passed.
pub static SETTING_OVER: Code = Code {
    id: "TIME006",
    name: "setting-changed",
    severity: Severity::Warning,
    doc: r#"
### What it means
A setting is written with a last day, `{value, until, then}`, and that day has passed. What stands under `then` holds.

### Why
The line still works, but whoever reads it has to compare a day with the calendar to know what holds.

### Example
```yaml bad
accounts:
  acme-support: {product: respond-io, settings: {plan: {value: growth, until: 2001-02-01, then: advanced}}}
```
```yaml good
accounts:
  acme-support: {product: respond-io, settings: {plan: {value: growth, until: 2100-02-01, then: advanced}}}
```

### What to do
Correct the day, or write the value alone: `plan: advanced`.
"#,
};

/// A setting that is the same before and after its day.
pub static SETTING_STAYS: Code = Code {
    id: "TIME007",
    name: "setting-stays",
    severity: Severity::Warning,
    doc: r#"
### What it means
A setting is written with a last day, and its `value` and its `then` are the same.

### Why
Nothing changes on that day. Either the day means nothing, or one of the two values is not what was meant.

### Example
```yaml bad
accounts:
  acme-support: {product: respond-io, settings: {plan: {value: growth, until: 2100-02-01, then: growth}}}
```
```yaml good
accounts:
  acme-support: {product: respond-io, settings: {plan: {value: growth, until: 2100-02-01, then: advanced}}}
```

### What to do
Correct one of the two values, or write the value alone: `plan: growth`.
"#,
};
