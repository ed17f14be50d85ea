//! Names that nothing has.

use crate::diagnostic::{Code, Severity};

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

/// A name that the account's product does not have.
pub static NOT_IN_PRODUCT: Code = Code {
    id: "REF002",
    name: "not-in-product",
    severity: Severity::Error,
    doc: r#"
### What it means
A role, option, grant, setting, pool or team is written that the account's product does not have.

### Why
The product definition is all that seatplan knows of the vendor; what it does not name cannot be given.

### Example
```yaml bad
users:
  ana@acme.example: {access: {acme-support: {role: agnet}}}
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
Write the name that the message gives as nearest, or one of those that it lists.
"#,
};
