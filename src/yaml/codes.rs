//! What can be wrong with YAML itself and with the shape of what it holds.

use crate::diagnostic::{Code, Severity};

/// Every code of this module, by id.
pub static CODES: &[&Code] = &[
    &UNKNOWN_KEY,
    &MISSING_KEY,
    &WRONG_TYPE,
    &NOT_ONE_OF,
    &NOT_A_COUNT,
    &BARE_WORD,
    &INVISIBLE,
];

/// A key that the mapping does not have.
pub static UNKNOWN_KEY: Code = Code {
    id: "SCHEMA001",
    name: "unknown-key",
    severity: Severity::Error,
    doc: r#"
### What it means
A mapping has a key that seatplan does not know there.

### Why
A misspelt key would otherwise be left out in silence, and with it the access that it was meant to give or take.

### Example
```yaml bad
users:
  ana@acme.example: {nmae: Ana}
```
```yaml good
users:
  ana@acme.example: {name: Ana}
```

### What to do
Write the key that the message names as nearest, or delete it.
"#,
};

/// A required key that is not written.
pub static MISSING_KEY: Code = Code {
    id: "SCHEMA002",
    name: "missing-key",
    severity: Severity::Error,
    doc: r#"
### What it means
A mapping lacks a key that it must have.

### Why
There is no value that would be right for everybody, so seatplan does not choose one.

### Example
```yaml bad
accounts:
  acme-code:
    unmanaged: report
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    unmanaged: report
```

### What to do
Add the key that the message names.
"#,
};

/// A value of another shape than the field takes.
pub static WRONG_TYPE: Code = Code {
    id: "SCHEMA003",
    name: "wrong-type",
    severity: Severity::Error,
    doc: r#"
### What it means
A list stands where a text belongs, a text where a mapping belongs, and so on.

### Why
Guessing what was meant could give access to the wrong person.

### Example
```yaml bad
users:
  ana@acme.example: {name: [Ana, Martin]}
```
```yaml good
users:
  ana@acme.example: {name: Ana Martin}
```

### What to do
Write the value in the shape that the message asks for.
"#,
};

/// A word outside a closed set.
pub static NOT_ONE_OF: Code = Code {
    id: "SCHEMA004",
    name: "not-one-of",
    severity: Severity::Error,
    doc: r#"
### What it means
A field that takes one of a few words has another one.

### Why
Every such word changes what is planned; an unknown one has no meaning.

### Example
```yaml bad
accounts:
  acme-code: {product: github-organization, unmanaged: delete}
```
```yaml good
accounts:
  acme-code: {product: github-organization, unmanaged: remove}
```

### What to do
Write one of the words that the message lists.
"#,
};

/// Something else than a whole number from 0.
pub static NOT_A_COUNT: Code = Code {
    id: "SCHEMA005",
    name: "not-a-count",
    severity: Severity::Error,
    doc: r#"
### What it means
A quantity is not written as plain decimal digits.

### Why
`5.0`, `"5"`, `1e2` and `05` are read differently by different YAML readers, and a quantity of seats costs money.

### Example
```yaml bad
accounts:
  acme-code: {product: github-organization, unmanaged: remove, seats: {member: 5.0}}
```
```yaml good
accounts:
  acme-code: {product: github-organization, unmanaged: remove, settings: {plan: team}, seats: {member: 5}}
```

### What to do
Write digits only: no quotes, sign, fraction or exponent.
"#,
};

/// A plain word that YAML readers disagree about.
pub static BARE_WORD: Code = Code {
    id: "SCHEMA006",
    name: "bare-word",
    severity: Severity::Warning,
    doc: r#"
### What it means
A text is written without quotes but looks like a switch or a number (`no`, `on`, `0123`, `12:30`).

### Why
seatplan takes it as the text that is written. Other readers of the same file, an editor for instance, may take it for
`false` or for a number, and write it back changed.

### Example
```yaml bad
users:
  ana@acme.example: {name: no}
```
```yaml good
users:
  ana@acme.example: {name: "no"}
```

### What to do
Put the text in quotes.
"#,
};

/// A character in a value that nobody can see.
pub static INVISIBLE: Code = Code {
    id: "SCHEMA007",
    name: "invisible-character",
    severity: Severity::Error,
    doc: r#"
### What it means
A name or another value holds a control character, a zero-width character or one that changes the direction of writing.

### Why
The text would be shown differently from what it is, so that a reviewer approves something else than what is applied.

### Example
```yaml bad
users:
  ana@acme.example: {name: "Ana\u202Emartin"}
```
```yaml good
users:
  ana@acme.example: {name: "Ana Martin"}
```

### What to do
Delete the text and type it anew.
"#,
};
