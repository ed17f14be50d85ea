//! What can be wrong with what is imported. The codes stand here, where the catalogue of all codes may look.

use crate::diagnostic::{Code, Severity};

/// Every code of this module, by id.
pub static CODES: &[&Code] = &[&TEAM_TWICE, &TWO_ROLES, &NOT_IN_ORGANISATION];

/// A team that the configuration of one organisation holds twice.
pub static TEAM_TWICE: Code = Code {
    id: "IMPORT001",
    name: "team-twice",
    severity: Severity::Error,
    doc: r#"
### What it means
Two files of one organisation, or two places in one file, describe a team of the same name.

### Why
peribolos keeps the one that it reads last and forgets the other, so that what is imported would depend on the order of
files.

### Example
```text bad
# acme/org.yaml
teams:
  release: {members: [ana]}
# acme/sig-release/teams.yaml
teams:
  release: {members: [bo]}
```
```text good
# acme/org.yaml
teams: {}
# acme/sig-release/teams.yaml
teams:
  release: {members: [ana, bo]}
```

### What to do
Decide which of the two is right, and delete the other before importing.
"#,
};

/// A person listed both as administrator and as member, or twice in a list.
pub static TWO_ROLES: Code = Code {
    id: "IMPORT002",
    name: "listed-twice",
    severity: Severity::Warning,
    doc: r#"
### What it means
A person stands twice among the people of one organisation or team. Logins that differ only in case are one person.

### Why
The higher of the two roles is imported, which is what GitHub would end up with; the line that says otherwise is lost.

### Example
```text bad
admins: [ana]
members: [Ana, bo]
```
```text good
admins: [ana]
members: [bo]
```

### What to do
Check that the higher role is meant, and delete the other line.
"#,
};

/// A person in a team whose organisation does not list the person.
pub static NOT_IN_ORGANISATION: Code = Code {
    id: "IMPORT003",
    name: "team-member-outside",
    severity: Severity::Warning,
    doc: r#"
### What it means
A team holds somebody whom the organisation lists neither as administrator nor as member.

### Why
Nobody can be in a team without being in the organisation. Adding the person to the organisation would give access that no
line asks for, so the place in the team is left out.

### Example
```text bad
members: [ana]
teams:
  release: {members: [ana, bo]}
```
```text good
members: [ana, bo]
teams:
  release: {members: [ana, bo]}
```

### What to do
Add the person to the organisation, or delete the person from the team, and import again.
"#,
};
