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
An operation is not written as `KIND.ACTION`, such as `access.create`.

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
Write a kind (`setting`, `seats`, `object`, `team`, `access`, `member`), a dot, and an action (`create`, `update`,
`rename`, `remove`).
"#,
};

/// A capacity that says nothing, or two things.
pub static NOT_ONE_CAPACITY: Code = Code {
    id: "PRODUCT004",
    name: "not-one-capacity",
    severity: Severity::Error,
    doc: r#"
### What it means
An entry of a pool's `capacity:` has none, or several, of `purchased`, `number`, `setting` and `unlimited`; or an entry stands
behind one without a condition, where it is never reached.

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
      member: {unit: seat, capacity: [{number: 10, purchased: true}], overflow: refuse}
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
Write exactly one of the four in each entry, and the entry without `when:` last.
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
