//! What can be wrong with a product definition beyond its shape.

use crate::diagnostic::{Code, Severity};

/// Every code of this module, by id.
pub static CODES: &[&Code] = &[
    &UNKNOWN_ELEMENT,
    &UNEVEN_MATRIX,
    &NOT_AN_OPERATION,
    &NOT_ONE_CAPACITY,
    &WRONG_DEFAULT,
    &BUILT_IN,
    &NOT_AN_EXPRESSION,
    &UNCLEAR,
];

/// A name inside of a definition that nothing in it has.
pub static UNKNOWN_ELEMENT: Code = Code {
    id: "PRODUCT001",
    name: "unknown-element",
    severity: Severity::Error,
    doc: r#"
### What it means
A product definition names a role, option, setting, state, capability or value that it does not define.

### Why
A constraint on a misspelt role would never hold anybody back.

### Example
```yaml bad
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles:
      admin: {rank: 2, administers: true, may_assign: [admin, membr]}
      member: {rank: 1}
```
```yaml good
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles:
      admin: {rank: 2, administers: true, may_assign: [admin, member]}
      member: {rank: 1}
```

### What to do
Write the name that the message gives as nearest, or define the element.
"#,
};

/// A row of the matrix with more or fewer words than there are roles.
pub static UNEVEN_MATRIX: Code = Code {
    id: "PRODUCT002",
    name: "uneven-matrix",
    severity: Severity::Error,
    doc: r#"
### What it means
A row of `matrix:` does not have one word for each of the matrix's roles.

### Why
The words stand in the order of the roles; with one missing, each later role would get the word of its neighbour.

### Example
```yaml bad
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {admin: {rank: 2}, member: {rank: 1}}
    matrix:
      roles: [admin, member]
      rows:
        export: {may: [allow]}
```
```yaml good
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {admin: {rank: 2}, member: {rank: 1}}
    matrix:
      roles: [admin, member]
      rows:
        export: {may: [allow, deny]}
```

### What to do
Write one of `allow`, `ask-owner` and `deny` for each role, in the order of `roles:`.
"#,
};

/// Not a kind of change.
pub static NOT_AN_OPERATION: Code = Code {
    id: "PRODUCT003",
    name: "not-an-operation",
    severity: Severity::Error,
    doc: r#"
### What it means
An operation is not written as `KIND.ACTION` or `KIND.ACTION.PART`, such as `access.create` or `access.update.role`.

### Why
Operations are what plans are made of; for one that never occurs, nothing that is said here would ever be used.

### Example
```yaml bad
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    operations:
      user.invite: {via: person}
```
```yaml good
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    operations:
      access.create: {via: person}
```

### What to do
Write a kind (`setting`, `seats`, `team`, `access`, `member`, or a kind of the definition's `objects:`), a dot, and an action
(`create`, `update`, `rename`, `remove`; for `seats` also `raise` and `lower`; for `access` also `transfer`). A third word narrows
it to one part: an option, a grant or `role` for `access`, a setting, a pool, a field of an object.
"#,
};

/// A capacity that says nothing, or two things.
pub static NOT_ONE_CAPACITY: Code = Code {
    id: "PRODUCT004",
    name: "not-one-capacity",
    severity: Severity::Error,
    doc: r#"
### What it means
An entry of a pool's `capacity:` names nothing (`purchased`, `number`, `setting`, `setting_each`, `people`, `unlimited`), or
`unlimited` and something else; or an entry stands behind one without a condition, where it is never reached.

### Why
How many seats there are would be undecided, and with it every proof.

### Example
```yaml bad
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    pools:
      member: {unit: seat, capacity: [{number: 10, unlimited: true}], overflow: refuse}
```
```yaml good
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    pools:
      member: {unit: seat, capacity: [{purchased: true}], overflow: refuse}
```

### What to do
Write in each entry what its units are the sum of, or `unlimited: true` alone, and the entry without `when:` last.
"#,
};

/// A default that the type does not take.
pub static WRONG_DEFAULT: Code = Code {
    id: "PRODUCT005",
    name: "wrong-default",
    severity: Severity::Error,
    doc: r#"
### What it means
The default of an option or a setting is not a value of its type, or an enum or a set has no `values:`.

### Why
What is not written is read as the default; a default that cannot be written could never be compared with it.

### Example
```yaml bad
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    options:
      visibility: {type: enum, values: [all, own], default: "none"}
```
```yaml good
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    options:
      visibility: {type: enum, values: [all, own], default: all}
```

### What to do
Write a default of the type, one of the values for an enum.
"#,
};

/// An id that a built-in definition has.
pub static BUILT_IN: Code = Code {
    id: "PRODUCT006",
    name: "built-in-product",
    severity: Severity::Error,
    doc: r#"
### What it means
The estate defines a product under an id that is built in.

### Why
Reviewers know what the built-in product allows; a definition that takes its place in silence could allow anything.

### Example
```yaml bad
products:
  respond-io:
    title: Our respond.io
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
```
```yaml good
products:
  our-respond-io:
    title: Our respond.io
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
```

### What to do
Give the definition an id of its own and name that at the accounts.
"#,
};

/// Not a CEL expression, or not a regular expression.
pub static NOT_AN_EXPRESSION: Code = Code {
    id: "PRODUCT007",
    name: "not-an-expression",
    severity: Severity::Error,
    doc: r#"
### What it means
A condition is not a CEL expression, looks at something that there is not, or is too long; or a `pattern:` is not a regular
expression.

### Why
A condition that cannot be evaluated would never hold, and nobody would notice.

### Example
```yaml bad
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    pools:
      member: {unit: seat, capacity: [{when: "account.plan =", number: 5}], overflow: refuse}
```
```yaml good
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    settings:
      plan: {type: enum, values: [free, paid], source: written}
    roles: {member: {rank: 1}}
    pools:
      member: {unit: seat, capacity: [{when: 'account.settings.plan == "free"', number: 5}], overflow: refuse}
```

### What to do
Write an expression over these variables; which of them there are depends on what the condition is about:

- `account`: `name`, `product`, `parent` (null if there is none), `settings.NAME` with defaults filled in, `seats.POOL`
- `user`: `key`, `name`, `email`, `kind`, `private`, `logins.NAME`
- `access`: `roles`, `options.NAME` and `grants.NAME` with defaults filled in, `administers`, `leads_team`, `in_team`, `state`
- `object`: `kind`, `name`, `fields.NAME`
"#,
};

/// An element that says too little, or two things that exclude each other.
pub static UNCLEAR: Code = Code {
    id: "PRODUCT008",
    name: "unclear-element",
    severity: Severity::Error,
    doc: r#"
### What it means
An element of a definition lacks what gives it a meaning, or says two things that exclude each other: a transition without an
operation, a constraint that counts nothing, a pool of lots without a word on what is sold.

### Why
It would be read and never used.

### Example
```yaml bad
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    effects:
      mail: {upon: {}, kind: mail, text: An invitation is sent.}
```
```yaml good
products:
  chat:
    title: Chat
    user: {identity: email, fold: case, roles: one}
    roles: {member: {rank: 1}}
    effects:
      mail: {upon: {operation: access.create}, kind: mail, text: An invitation is sent.}
```

### What to do
Write what the message names as missing, or take one of the two away.
"#,
};
