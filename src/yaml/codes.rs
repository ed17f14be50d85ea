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
    &NOT_YAML,
    &REPEATED_KEY,
    &TAB,
    &TOO_DEEP,
    &TOO_LARGE,
    &TOO_MANY_ALIASES,
    &UNKNOWN_ALIAS,
    &SELF_REFERENCE,
    &MERGE_KEY,
    &TAG,
    &SECOND_DOCUMENT,
    &CONFLICT_MARKER,
    &CONTROL_CHARACTER,
    &BYTE_ORDER_MARK,
    &INVISIBLE_IN_COMMENT,
    &SECRET,
    &REFERENCE,
    &NOT_A_KEY,
    &DIRECTIVE,
    &NOT_UTF8,
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
A quantity is not written as plain decimal digits, or is 0 where there must be one at least.

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

/// Text that YAML does not allow.
pub static NOT_YAML: Code = Code {
    id: "YAML001",
    name: "not-yaml",
    severity: Severity::Error,
    doc: r#"
### What it means
The file breaks a rule of YAML at the place shown.

### Why
What was meant cannot be known. Reading goes on at the next line that can be read, so that other problems are told in the
same run; what follows from this one may be told too.

### Example
```yaml bad
users:
  ana@acme.example: {name: "Ana}
```
```yaml good
users:
  ana@acme.example: {name: "Ana"}
```

### What to do
Mend the first such problem of a file, then look again.
"#,
};

/// A key that one mapping has twice.
pub static REPEATED_KEY: Code = Code {
    id: "YAML002",
    name: "repeated-key",
    severity: Severity::Error,
    doc: r#"
### What it means
The same key stands twice in one mapping. The first is read, the second is left out.

### Why
Most YAML readers silently keep the last one, so that somebody's access depends on the order of lines.

### Example
```yaml bad
users:
  ana@acme.example: {name: Ana}
  ana@acme.example: {name: Anna}
```
```yaml good
users:
  ana@acme.example: {name: Ana}
  anna@acme.example: {name: Anna}
```

### What to do
Delete one of the two, or join what they hold under one key.
"#,
};

/// A tab where YAML allows only spaces.
pub static TAB: Code = Code {
    id: "YAML003",
    name: "tab",
    severity: Severity::Error,
    doc: r#"
### What it means
A tab stands in the indentation, or where a value begins or ends.

### Why
YAML does not allow it, because a tab has no agreed width: the line would belong to one key here and to another there.

### Example
```text bad
users:
<tab>ana@acme.example: {name: Ana}
```
```text good
users:
  ana@acme.example: {name: Ana}
```

### What to do
Write spaces. Most editors can change a whole file at once.
"#,
};

/// Nesting beyond the limit.
pub static TOO_DEEP: Code = Code {
    id: "YAML004",
    name: "too-deep",
    severity: Severity::Error,
    doc: r#"
### What it means
Lists and mappings stand in each other more than 64 deep. The rest of the file is not read.

### Why
Such a file is broken or hostile: the deepest thing that an estate can say has about eight levels.

### Example
```text bad
[[[[[[[[ ... more than 64 ... ]]]]]]]]
```
```text good
users:
  ana@acme.example: {teams: [support]}
```

### What to do
Write the file flatter.
"#,
};

/// A file or a text beyond a limit.
pub static TOO_LARGE: Code = Code {
    id: "YAML005",
    name: "too-large",
    severity: Severity::Error,
    doc: r#"
### What it means
A file has more than 32 MiB or more than 2,000,000 keys and values, or one text has more than 64 KiB.

### Why
A limit keeps a broken generator, or a stranger's pull request, from using up the memory of the machine that checks it.

### Example
```text bad
a file of 200 MB
```
```text good
the same in files of at most 32 MiB; which file a thing stands in means nothing
```

### What to do
Split the file into several, or shorten the text.
"#,
};

/// Aliases that stand for too much.
pub static TOO_MANY_ALIASES: Code = Code {
    id: "YAML006",
    name: "too-many-aliases",
    severity: Severity::Error,
    doc: r#"
### What it means
The aliases of one file stand for more than 100,000 values together, or for more than 64 levels. From the alias shown on,
they are not read.

### Why
A few lines of aliases of aliases can stand for billions of values and stop the machine (an alias bomb).

### Example
```text bad
a: &a [x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
... and so on
```
```text good
bundles:
  everyday: {acme-chat: {role: agent}}
```

### What to do
Write what users share once, as a bundle, or write it out.
"#,
};

/// An alias without its anchor.
pub static UNKNOWN_ALIAS: Code = Code {
    id: "YAML007",
    name: "unknown-alias",
    severity: Severity::Error,
    doc: r#"
### What it means
An alias (`*name`) stands where no anchor (`&name`) of that name was written before it in the same file.

### Why
Anchors do not reach over files, and an alias cannot stand before its anchor.

### Example
```yaml bad
users:
  ana@acme.example: {name: *ana}
```
```yaml good
users:
  ana@acme.example: {name: "*ana"}
```

### What to do
Write the anchor before the alias. A text that begins with a star needs quotes.
"#,
};

/// An alias inside what it stands for.
pub static SELF_REFERENCE: Code = Code {
    id: "YAML008",
    name: "self-reference",
    severity: Severity::Error,
    doc: r#"
### What it means
An alias stands inside the value that its own anchor names, so that the value would contain itself.

### Why
Such a value has no end.

### Example
```yaml bad
users:
  ana@acme.example: &ana
    name: Ana
    teams: *ana
```
```yaml good
users:
  ana@acme.example:
    name: Ana
```

### What to do
Write out what is meant.
"#,
};

/// The merge key `<<`.
pub static MERGE_KEY: Code = Code {
    id: "YAML009",
    name: "merge-key",
    severity: Severity::Error,
    doc: r#"
### What it means
`<<` is not read. It is not part of YAML 1.2, and readers disagree on which value wins.

### Why
Whoever reviews a line of access must be able to see where it comes from. Bundles do what merge keys are used for, and every
line that a bundle gives is shown with its place.

### Example
```yaml bad
users:
  ana@acme.example: &ana {kind: employee}
  bob@acme.example:
    <<: *ana
    name: Bob
```
```yaml good
users:
  ana@acme.example: {kind: employee}
  bob@acme.example: {kind: employee, name: Bob}
```

### What to do
Write what several users share as a bundle under `bundles:` and name it in `bundles:` of each user.
"#,
};

/// A tag.
pub static TAG: Code = Code {
    id: "YAML010",
    name: "tag",
    severity: Severity::Error,
    doc: r#"
### What it means
A tag (`!name` or `!!name`) stands before a value.

### Why
Tags tell other programs to build objects, to run code or to read files. Here the field decides how its value is read, and
every YAML file below `seatplan.yaml` is read, so that nothing needs to be included.

### Example
```yaml bad
users:
  ana@acme.example: {name: !!str Ana}
```
```yaml good
users:
  ana@acme.example: {name: "Ana"}
```

### What to do
Delete the tag; put a text that looks like a number in quotes.
"#,
};

/// A second document in one file.
pub static SECOND_DOCUMENT: Code = Code {
    id: "YAML011",
    name: "second-document",
    severity: Severity::Error,
    doc: r#"
### What it means
A line `---` begins a second document. It is not read.

### Why
Two documents in one file are often an accident of putting files together, and some readers see only one of them.

### Example
```text bad
users:
  ana: {}
---
teams:
  support: {}
```
```text good
users:
  ana: {}
teams:
  support: {}
```

### What to do
Give the second document a file of its own, or delete the line if both are one.
"#,
};

/// A merge conflict that was left standing.
pub static CONFLICT_MARKER: Code = Code {
    id: "YAML012",
    name: "conflict-marker",
    severity: Severity::Error,
    doc: r#"
### What it means
Lines `<<<<<<<`, `=======` and `>>>>>>>` stand in the file: git could not join two changes and somebody committed both.
So that other problems can be told, the first version is read.

### Why
Nobody has decided yet which of the two is meant.

### Example
```text bad
<<<<<<< HEAD
  ana@acme.example: {teams: [support]}
=======
  ana@acme.example: {teams: [sales]}
>>>>>>> move-ana
```
```text good
  ana@acme.example: {teams: [sales]}
```

### What to do
Keep the lines that are meant and delete the markers.
"#,
};

/// A control character in a file.
pub static CONTROL_CHARACTER: Code = Code {
    id: "YAML013",
    name: "control-character",
    severity: Severity::Error,
    doc: r#"
### What it means
The file holds a character that steers a terminal or ends a text (NUL, escape, a carriage return without a line feed, and
so on). The value that it stands in is left out.

### Why
It can hide text from a reviewer, and many such characters in a file mean that it was not saved as UTF-8.

### Example
```text bad
name: Ana<U+001B>[2J
```
```text good
name: Ana
```

### What to do
Delete the character and type the text anew, or save the file as UTF-8.
"#,
};

/// A byte order mark in the middle of a file.
pub static BYTE_ORDER_MARK: Code = Code {
    id: "YAML014",
    name: "byte-order-mark",
    severity: Severity::Error,
    doc: r#"
### What it means
A byte order mark (`U+FEFF`) stands elsewhere than at the very beginning. At the beginning it is allowed.

### Why
It cannot be seen, and would become part of a name.

### Example
```text bad
users:
  <U+FEFF>ana@acme.example: {name: Ana}
```
```text good
users:
  ana@acme.example: {name: Ana}
```

### What to do
Delete it. It usually comes from putting two files together.
"#,
};

/// A character in a comment that nobody can see.
pub static INVISIBLE_IN_COMMENT: Code = Code {
    id: "YAML015",
    name: "invisible-in-comment",
    severity: Severity::Warning,
    doc: r#"
### What it means
A comment holds a zero-width character or one that changes the direction of writing.

### Why
A reviewer may take part of the comment for a line of YAML, or a line of YAML for a comment ("Trojan Source",
CVE-2021-42574).

### Example
```text bad
name: Ana # <U+202E>nimda
```
```text good
name: Ana # admin
```

### What to do
Delete the character.
"#,
};

/// A secret in a file.
pub static SECRET: Code = Code {
    id: "YAML016",
    name: "secret",
    severity: Severity::Error,
    doc: r#"
### What it means
A text looks like a token, a password or a private key: by its first characters, or because it stands under a key like
`token` or `password`. It is not read, and it is shown nowhere.

### Why
Whoever can read the repository, its forks and its history has the secret.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    unmanaged: report
    connection: {token: hunter2-hunter2}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    unmanaged: report
    connection: {token: {env: ACME_CODE_TOKEN}}
```

### What to do
Revoke it at the vendor, then write where to find the new one: `{env: NAME}` for an environment variable, `{file: PATH}`
for a file outside the repository.
"#,
};

/// `${NAME}` in a text.
pub static REFERENCE: Code = Code {
    id: "YAML017",
    name: "variable-in-text",
    severity: Severity::Warning,
    doc: r#"
### What it means
A text holds `${NAME}`. It is taken as it is written; nothing is put in its place.

### Why
Shells, Compose files and CI systems do replace such texts, so the line may be read as something that it is not.

### Example
```yaml bad
users:
  ana@acme.example: {name: "${ANA_NAME}"}
```
```yaml good
users:
  ana@acme.example: {name: Ana}
```

### What to do
Write the value itself. A secret is written `{env: NAME}` where a field takes one.
"#,
};

/// A key that is no text.
pub static NOT_A_KEY: Code = Code {
    id: "YAML018",
    name: "not-a-key",
    severity: Severity::Error,
    doc: r#"
### What it means
A list, a mapping or nothing stands where a key belongs.

### Why
Keys are names, and a name is a text.

### Example
```yaml bad
users:
  [ana, bob]: {name: Ana}
```
```yaml good
users:
  ana: {name: Ana}
```

### What to do
Write a text. One that begins with a bracket, a brace or a question mark needs quotes.
"#,
};

/// A directive.
pub static DIRECTIVE: Code = Code {
    id: "YAML019",
    name: "directive",
    severity: Severity::Error,
    doc: r#"
### What it means
A line `%YAML` or `%TAG` stands in the file.

### Why
Every file is read as YAML 1.2, whatever it says about itself, so that it means the same to everybody.

### Example
```yaml bad
%YAML 1.1
---
users:
  ana: {name: Ana}
```
```yaml good
users:
  ana: {name: Ana}
```

### What to do
Delete the line.
"#,
};

/// Bytes that are not UTF-8.
pub static NOT_UTF8: Code = Code {
    id: "YAML020",
    name: "not-utf8",
    severity: Severity::Error,
    doc: r#"
### What it means
The file has bytes, from the place shown on, that are not UTF-8. Nothing of it is read.

### Why
A guess at another encoding would change names, and with them who gets access.

### Example
```text bad
a file saved as UTF-16 or Latin-1
```
```text good
the same file saved as UTF-8
```

### What to do
Save the file as UTF-8.
"#,
};
