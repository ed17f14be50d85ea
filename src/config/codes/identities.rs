//! What can be wrong with who is who.

use crate::diagnostic::{Code, Severity};

/// An address that not every vendor takes.
pub static NOT_AN_ADDRESS: Code = Code {
    id: "ID001",
    name: "not-an-address",
    severity: Severity::Error,
    doc: r#"
### What it means
A user's key with an `@`, or an `email:`, is not an address in the strict form that every vendor takes. The message says why.

### Why
Vendors read odd addresses differently, so that one text could be two people.

### Example
```yaml bad
users:
  "ana@acme.example.": {}
```
```yaml good
users:
  ana@acme.example: {}
```

### What to do
Write the plain address: `name@domain`, without quotes, comments or spaces.
"#,
};

/// Two users with one identity.
pub static SAME_IDENTITY: Code = Code {
    id: "ID002",
    name: "same-identity",
    severity: Severity::Error,
    doc: r#"
### What it means
Two users have the same address or the same handle. Case and different ways of writing the same characters do not count.

### Why
The vendor has one person there; two entries could give that person two different accesses.

### Example
```yaml bad
users:
  ana@acme.example: {}
  ana-m: {email: Ana@ACME.example}
```
```yaml good
users:
  ana@acme.example: {}
  ana-m: {email: ana.m@acme.example}
```

### What to do
Make the two one user, or correct the identity that is wrong.
"#,
};

/// An identity that looks like another user's.
pub static LOOK_ALIKE: Code = Code {
    id: "ID003",
    name: "look-alike",
    severity: Severity::Error,
    doc: r#"
### What it means
Two identities differ only in characters that look the same, such as a Latin and a Cyrillic letter, or `i` without its dot.

### Why
A reviewer cannot tell them apart, so access for one would be approved for the other.

### Example
```yaml bad
users:
  mike@acme.example: {}
  "mıke@acme.example": {}
```
```yaml good
users:
  mike@acme.example: {}
  mika@acme.example: {}
```

### What to do
Type the identity anew, with the letters that are meant.
"#,
};

/// A name with letters of several scripts, or in an odd writing.
pub static ODD_CHARACTERS: Code = Code {
    id: "ID004",
    name: "odd-characters",
    severity: Severity::Error,
    doc: r#"
### What it means
A key, a handle or another name mixes letters of several scripts, or holds a character that is another writing of a plainer
one, such as a ligature.

### Why
Such names look like plain ones and are not.

### Example
```yaml bad
users:
  ana: {logins: {github: "аna"}}
```
```yaml good
users:
  ana: {logins: {github: "ana"}}
```

### What to do
Type the name anew.
"#,
};

/// Two addresses that some services deliver to one mailbox.
pub static NEARLY_SAME: Code = Code {
    id: "ID005",
    name: "nearly-same-address",
    severity: Severity::Warning,
    doc: r#"
### What it means
Two users' addresses differ only in dots, or in a part after `+`.

### Why
Some mail services deliver both to one person, who would then take two seats. No rule says which services do.

### Example
```yaml bad
users:
  ana.martin@acme.example: {}
  anamartin@acme.example: {}
```
```yaml good
users:
  ana.martin@acme.example: {}
  bob.martin@acme.example: {}
```

### What to do
Make sure that they are two people.
"#,
};

/// Access for somebody whom the product cannot know.
pub static LACKS_IDENTITY: Code = Code {
    id: "ID006",
    name: "lacks-identity",
    severity: Severity::Error,
    doc: r#"
### What it means
A user has access to an account whose product knows people by an identity that the user does not have written.

### Why
There would be nobody to give the access to.

### Example
```yaml bad
users:
  ana@acme.example: {access: {acme-code: {role: member}}}
accounts:
  acme-code: {product: github-organization}
```
```yaml good
users:
  ana@acme.example: {logins: {github: ana-m}, access: {acme-code: {role: member}}}
accounts:
  acme-code: {product: github-organization}
```

### What to do
Write the identity under the user: `email:`, or `logins: {NAME: handle}`.
"#,
};

/// A key that can be taken for something else.
pub static AMBIGUOUS_KEY: Code = Code {
    id: "ID007",
    name: "ambiguous-key",
    severity: Severity::Warning,
    doc: r#"
### What it means
A user's key is only digits, or it is the handle of another user.

### Why
seatplan reads it as a key and nothing else, but people may take it for a vendor's id or for the other user.

### Example
```yaml bad
users:
  dana-k: {}
  eve: {logins: {github: dana-k}}
```
```yaml good
users:
  dana-k: {logins: {github: dana-k}}
  eve: {logins: {github: eve-k}}
```

### What to do
Take a key that people recognise, best the address.
"#,
};

/// A name that stands for many.
pub static WILDCARD: Code = Code {
    id: "ID008",
    name: "wildcard",
    severity: Severity::Error,
    doc: r#"
### What it means
Where a name belongs there is a pattern: a `*`, or a domain without anybody before the `@`.

### Why
It would give access to people whom nobody has thought of, now or later: whoever gets an address at the domain, or whoever
can make one look so. Each access has a line that names who has it, and every other thing a name of its own.

### Example
```yaml bad
users:
  "*@acme.example": {}
```
```yaml good
users:
  ana@acme.example: {}
  bob@acme.example: {}
```

### What to do
Write each person, or each thing, by its own name. Where many people shall have the same, write a team with the access, and its name under `teams:` of each person.
"#,
};
