//! What can be wrong with how an estate is written.

use crate::diagnostic::{Code, Severity};

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
A number of days, a length of time, a share, an amount of money or a currency is not written as one, or lies outside of
what it can be.

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
A name is empty, begins or ends with a space, begins with an `@`, or holds a `/` or a character that keeps names apart.

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

/// Two periods of one access on the same day.
pub static OVERLAPPING_PERIODS: Code = Code {
    id: "LANG007",
    name: "overlapping-periods",
    severity: Severity::Error,
    doc: r#"
### What it means
A list of periods for one user, team or bundle on one account has two that share a day.

### Why
On such a day two entries would say what holds, and neither comes first.

### Example
```yaml bad
users:
  ana@acme.example:
    access:
      acme-support:
        - {role: agent, until: 2100-03-31}
        - {role: manager, from: 2100-03-31}
accounts:
  acme-support: {product: respond-io}
```
```yaml good
users:
  ana@acme.example:
    access:
      acme-support:
        - {role: agent, until: 2100-03-31}
        - {role: manager, from: 2100-04-01}
accounts:
  acme-support: {product: respond-io}
```

### What to do
`until` is the last day of a period and `from` the first of the next: let them follow each other.
"#,
};

/// Two bundles or two teams that say different things.
pub static DISAGREEMENT: Code = Code {
    id: "LANG008",
    name: "disagreement",
    severity: Severity::Error,
    doc: r#"
### What it means
Two bundles, or two teams, of one user give different values for the same role, option or grant; or one gives access and
the other says `none`.

### Why
If it is ambiguous it is forbidden: no order among bundles or among teams would be the one that everybody expects.

### Example
```yaml bad
users:
  ana@acme.example: {teams: [sales, support]}
teams:
  sales: {access: {acme-support: {role: agent, options: {contact_visibility: self}}}}
  support: {access: {acme-support: {role: agent, options: {contact_visibility: team}}}}
accounts:
  acme-support: {product: respond-io}
```
```yaml good
users:
  ana@acme.example:
    teams: [sales, support]
    access: {acme-support: {options: {contact_visibility: self}}}
teams:
  sales: {access: {acme-support: {role: agent, options: {contact_visibility: self}}}}
  support: {access: {acme-support: {role: agent, options: {contact_visibility: all}}}}
accounts:
  acme-support: {product: respond-io}
```

### What to do
Write the value under the user: that comes first. Or let the two say the same.
"#,
};

/// Both `role` and `roles`.
pub static ROLES: Code = Code {
    id: "LANG009",
    name: "role-and-roles",
    severity: Severity::Error,
    doc: r#"
### What it means
One access has both `role` and `roles`.

### Why
They are two ways to write one thing, and here they could say two things.

### Example
```yaml bad
users:
  ana@acme.example: {access: {acme-support: {role: agent, roles: [agent]}}}
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
Write `role` where one is meant, `roles` where the product allows several.
"#,
};

/// A value that an option or setting does not take.
pub static WRONG_VALUE: Code = Code {
    id: "LANG010",
    name: "wrong-value",
    severity: Severity::Error,
    doc: r#"
### What it means
An option or a setting has a value of another type than the product declares, or a word that it does not take.

### Why
A value that the vendor does not know would fail when the plan is carried out, or mean something else.

### Example
```yaml bad
users:
  ana@acme.example: {access: {acme-support: {role: agent, options: {contact_visibility: own}}}}
accounts:
  acme-support: {product: respond-io}
```
```yaml good
users:
  ana@acme.example: {access: {acme-support: {role: agent, options: {contact_visibility: self}}}}
accounts:
  acme-support: {product: respond-io}
```

### What to do
Write a value as the help says. Switches and numbers stand without quotes.
"#,
};

/// A mirrored team with members of its own.
pub static MIRROR_AND_OWN: Code = Code {
    id: "LANG011",
    name: "mirror-and-own",
    severity: Severity::Error,
    doc: r#"
### What it means
A team of an account has `from:` and also `members:`, `leads:` or `parent:`.

### Why
A mirrored team is what the team of the estate is; a second list of members would say something else.

### Example
```yaml bad
users:
  ana@acme.example: {teams: [support], access: {acme-support: {role: agent}}}
teams:
  support: {}
accounts:
  acme-support:
    product: respond-io
    teams: {support: {from: support, members: [ana@acme.example]}}
```
```yaml good
users:
  ana@acme.example: {teams: [support], access: {acme-support: {role: agent}}}
teams:
  support: {}
accounts:
  acme-support:
    product: respond-io
    teams: {support: {from: support}}
```

### What to do
Delete `from:` for a team of the account's own, or the other keys for a mirrored one.
"#,
};

/// Something that lies in itself.
pub static CYCLE: Code = Code {
    id: "LANG012",
    name: "cycle",
    severity: Severity::Error,
    doc: r#"
### What it means
Following the parents of a team or an account leads back to it.

### Why
Access reaches down from a team to the teams in it; in a circle everybody would have everything.

### Example
```yaml bad
teams:
  staff: {parent: support}
  support: {parent: staff}
```
```yaml good
teams:
  staff: {}
  support: {parent: staff}
```

### What to do
Delete one of the parents on the path that the message shows.
"#,
};

/// An earlier name that something else has now.
pub static FORMER_IN_USE: Code = Code {
    id: "LANG013",
    name: "former-in-use",
    severity: Severity::Error,
    doc: r#"
### What it means
`formerly:` names an identity or a team that another user or team has now, or that two users name.

### Why
Taking it for a rename would give one person's access to another: handles and addresses are given to new people once they
are free.

### Example
```yaml bad
users:
  ana@acme.example: {formerly: [bob@acme.example]}
  bob@acme.example: {}
```
```yaml good
users:
  ana@acme.example: {formerly: [ana.martin@acme.example]}
  bob@acme.example: {}
```

### What to do
Delete the entry. Whoever has the identity now is a user of their own.
"#,
};

/// A kind of things that an account owns, and none of them.
pub static NOTHING_OWNED: Code = Code {
    id: "LANG014",
    name: "nothing-owned",
    severity: Severity::Warning,
    doc: r#"
### What it means
An account has the key of a kind of things that it owns, and nothing under it. That is as if the key were not written: what
the account has of the kind is left alone.

### Why
An emptied section looks like one whose things are all to be removed. Nothing empty ever means that.

### Example
```yaml bad
accounts:
  acme-rooms:
    product: rooms
    rooms: {}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    objects:
      rooms: {fields: {code: {type: text}}}
```
```yaml good
accounts:
  acme-rooms:
    product: rooms
    rooms: {cellar: none}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    objects:
      rooms: {fields: {code: {type: text}}}
```

### What to do
To have the last one removed write its name with `none`; it is removed like anything that is written so, and counts as a
removal. To leave them alone delete the key.
"#,
};
