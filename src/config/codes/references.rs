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
A role, option, grant, setting, pool, team or field is written that the account's product does not have, or not on accounts
of this sort: a role that the vendor gives per event, objects that only main accounts own. Where roles are objects that the
account owns, the account writes no such object.

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

/// Another name of something.
pub static OTHER_NAME: Code = Code {
    id: "REF003",
    name: "other-name",
    severity: Severity::Warning,
    doc: r#"
### What it means
A product or a grant is written by another of its names: one that it had, or one that the vendor gives it elsewhere.

### Why
Two names for one thing make reviewers look for two things. The line is read as what it means.

### Example
```yaml bad
products:
  crm:
    title: CRM
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    grants:
      meetings: {aliases: {lead-capture: {since: 2025-01-01}}}
accounts:
  acme-crm: {product: crm}
users:
  ana@acme.example: {access: {acme-crm: {role: member, grants: {lead-capture: access}}}}
```
```yaml good
products:
  crm:
    title: CRM
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    grants:
      meetings: {aliases: {lead-capture: {since: 2025-01-01}}}
accounts:
  acme-crm: {product: crm}
users:
  ana@acme.example: {access: {acme-crm: {role: member, grants: {meetings: access}}}}
```

### What to do
Write the name that the message gives.
"#,
};

/// A name that a thing does not have on the day.
pub static NAME_OUT_OF_DATE: Code = Code {
    id: "REF004",
    name: "name-out-of-date",
    severity: Severity::Error,
    doc: r#"
### What it means
A product or a grant is written by a name that it does not have on the day that the files are read for: no more, or not yet.

### Why
Vendors give an old name to something else. A line that gives access must not mean another thing when that happens.

### Example
```yaml bad
products:
  crm:
    title: CRM
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    grants:
      meetings: {aliases: {lead-capture: {until: 2024-12-31}}}
accounts:
  acme-crm: {product: crm}
users:
  ana@acme.example: {access: {acme-crm: {role: member, grants: {lead-capture: access}}}}
```
```yaml good
products:
  crm:
    title: CRM
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    grants:
      meetings: {aliases: {lead-capture: {until: 2024-12-31}}}
accounts:
  acme-crm: {product: crm}
users:
  ana@acme.example: {access: {acme-crm: {role: member, grants: {meetings: access}}}}
```

### What to do
Write the name that the message gives.
"#,
};
