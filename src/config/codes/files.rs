//! What can be wrong with the files of an estate, before what they say is looked at.

use crate::diagnostic::{Code, Severity};

/// Every code of this module, by id.
pub static CODES: &[&Code] = &[
    &LINK,
    &NOT_A_FILE,
    &UNREADABLE,
    &TWIN_NAMES,
    &RESERVED_NAME,
    &NO_MATCH,
    &OUTSIDE,
    &EMPTY_FILE,
    &EMPTY_SECTION,
    &NESTED_ESTATE,
    &TOO_MANY_FILES,
    &BAD_GLOB,
    &NOT_UNICODE,
];

/// A symbolic link in the place of a file or folder.
pub static LINK: Code = Code {
    id: "FILE001",
    name: "symbolic-link",
    severity: Severity::Error,
    doc: r#"
### What it means
A YAML file, or a folder that could hold some, is a symbolic link.

### Why
A link can lead out of the repository, to a file that nobody has reviewed, or back to a folder above it. Somebody can also
change where it leads after it was checked. So no link is followed, and none is passed over in silence.

### Example
```text bad
people.yaml -> /etc/people.yaml
```
```text good
people.yaml, a file
```

### What to do
Put the file itself in the place of the link. If the link is no part of the estate, add it to `.gitignore`, or say with
`files:` which files are.
"#,
};

/// Something else than a file under the name of one.
pub static NOT_A_FILE: Code = Code {
    id: "FILE002",
    name: "not-a-file",
    severity: Severity::Error,
    doc: r#"
### What it means
A folder, a pipe, a socket or a device has a name that ends with `.yaml` or `.yml`.

### Why
Reading it could wait for ever, and passing it over could lose part of the estate.

### Example
```text bad
people.yaml/ (a folder)
```
```text good
people/ (a folder) with people/support.yaml in it
```

### What to do
Rename it or take it out of the estate.
"#,
};

/// A file or folder that cannot be read.
pub static UNREADABLE: Code = Code {
    id: "FILE003",
    name: "unreadable",
    severity: Severity::Error,
    doc: r#"
### What it means
The operating system does not let seatplan read a file or folder of the estate.

### Why
What cannot be read is not the same as what is not there: people in that file would look as if they had been deleted.

### Example
```text bad
chmod 000 people/support.yaml
```
```text good
chmod 644 people/support.yaml
```

### What to do
Give the user who runs seatplan the right to read it.
"#,
};

/// Two names that some systems take for one.
pub static TWIN_NAMES: Code = Code {
    id: "FILE004",
    name: "twin-names",
    severity: Severity::Error,
    doc: r#"
### What it means
Two files or folders have names that differ only in capital letters, or in how accents are encoded.

### Why
Windows and macOS keep only one of them, so that two people with the same commit have different estates.

### Example
```yaml bad
# file: people/support.yaml
users:
  ana@acme.example: {name: Ana}
# file: people/Support.yaml
users:
  bob@acme.example: {name: Bob}
```
```yaml good
# file: people/support.yaml
users:
  ana@acme.example: {name: Ana}
# file: people/sales.yaml
users:
  bob@acme.example: {name: Bob}
```

### What to do
Rename one of them.
"#,
};

/// A name that Windows cannot have.
pub static RESERVED_NAME: Code = Code {
    id: "FILE005",
    name: "reserved-name",
    severity: Severity::Error,
    doc: r#"
### What it means
A file or folder is called like a Windows device (`con`, `nul`, `com1`), ends with a dot or a space, or holds a character
that Windows does not allow in names.

### Why
The repository cannot be cloned completely there.

### Example
```yaml bad
# file: people/aux.yaml
users:
  ana@acme.example: {name: Ana}
```
```yaml good
# file: people/auxiliary.yaml
users:
  ana@acme.example: {name: Ana}
```

### What to do
Rename it.
"#,
};

/// A glob of `files:` that matches nothing.
pub static NO_MATCH: Code = Code {
    id: "FILE006",
    name: "no-match",
    severity: Severity::Error,
    doc: r#"
### What it means
A glob under `files:` in `seatplan.yaml` matches no file.

### Why
A folder that was renamed must not mean that everybody in it is removed.

### Example
```yaml bad
# file: seatplan.yaml
seatplan: 1
name: example
timezone: Europe/Paris
defaults: {unmanaged: remove}
files: ["people/**"]
```
```yaml good
# file: seatplan.yaml
seatplan: 1
name: example
timezone: Europe/Paris
defaults: {unmanaged: remove}
files: ["people/**"]
# file: people/support.yaml
users:
  ana@acme.example: {name: Ana}
```

### What to do
Correct the glob, or delete it. Globs are relative to `seatplan.yaml`; a folder with all that is in it is `folder/**`.
"#,
};

/// A path that leads out of the estate.
pub static OUTSIDE: Code = Code {
    id: "FILE007",
    name: "outside",
    severity: Severity::Error,
    doc: r#"
### What it means
A glob under `files:` is absolute, holds `..`, or is an address.

### Why
The estate is what stands below `seatplan.yaml` and is reviewed with it.

### Example
```yaml bad
# file: seatplan.yaml
seatplan: 1
name: example
timezone: Europe/Paris
defaults: {unmanaged: remove}
files: ["../shared/*.yaml"]
```
```yaml good
# file: seatplan.yaml
seatplan: 1
name: example
timezone: Europe/Paris
defaults: {unmanaged: remove}
files: ["shared/*.yaml"]
# file: shared/people.yaml
users:
  ana@acme.example: {name: Ana}
```

### What to do
Move the files below `seatplan.yaml` and write their path relative to it.
"#,
};

/// A file that holds nothing.
pub static EMPTY_FILE: Code = Code {
    id: "FILE008",
    name: "empty-file",
    severity: Severity::Error,
    doc: r#"
### What it means
A file of the estate is empty or holds only comments.

### Why
An emptied file looks like one whose people are all to be removed. Nothing empty ever means that.

### Example
```yaml bad
# file: people/support.yaml
# nobody yet
```
```yaml good
# file: people/support.yaml
users:
  ana@acme.example: {name: Ana}
```

### What to do
Delete the file, or write what belongs into it.
"#,
};

/// A section that holds nothing.
pub static EMPTY_SECTION: Code = Code {
    id: "FILE009",
    name: "empty-section",
    severity: Severity::Error,
    doc: r#"
### What it means
A key at the top of a file, such as `users:`, has nothing under it.

### Why
An emptied section looks like one whose entries are all to be removed. Nothing empty ever means that.

### Example
```yaml bad
users: {}
teams:
  support: {}
```
```yaml good
teams:
  support: {}
```

### What to do
Delete the key, or write what belongs under it.
"#,
};

/// A `seatplan.yaml` below another one.
pub static NESTED_ESTATE: Code = Code {
    id: "FILE010",
    name: "nested-estate",
    severity: Severity::Error,
    doc: r#"
### What it means
A folder below the root has a `seatplan.yaml` of its own.

### Why
It cannot be told which of the two estates the files beside it belong to.

### Example
```text bad
seatplan.yaml
examples/small/seatplan.yaml
```
```text good
seatplan.yaml with files: ["people/**", "accounts/**"]
examples/small/seatplan.yaml
```

### What to do
Move one of them, or say with `files:` which files belong to the outer estate.
"#,
};

/// More files than an estate may have.
pub static TOO_MANY_FILES: Code = Code {
    id: "FILE011",
    name: "too-many-files",
    severity: Severity::Error,
    doc: r#"
### What it means
There are more than 100,000 YAML files below the root.

### Why
Most likely a folder of generated files was taken in by mistake.

### Example
```text bad
a root that holds node_modules/
```
```text good
files: ["people/**", "accounts/**"]
```

### What to do
Say with `files:` which files belong to the estate, or add the others to `.gitignore`.
"#,
};

/// A glob that cannot be read.
pub static BAD_GLOB: Code = Code {
    id: "FILE012",
    name: "bad-glob",
    severity: Severity::Error,
    doc: r#"
### What it means
A glob under `files:` has a bracket or a brace that is not closed, or another fault.

### Why
It would match nothing, or not what was meant.

### Example
```yaml bad
# file: seatplan.yaml
seatplan: 1
name: example
timezone: Europe/Paris
defaults: {unmanaged: remove}
files: ["people/[a.yaml"]
```
```yaml good
# file: seatplan.yaml
seatplan: 1
name: example
timezone: Europe/Paris
defaults: {unmanaged: remove}
files: ["people/*.yaml"]
# file: people/a.yaml
users:
  ana@acme.example: {name: Ana}
```

### What to do
Correct it. `*` stands for any characters but `/`, `**` for folders, `?` for one character, `{a,b}` for one of several.
"#,
};

/// A name that is not Unicode.
pub static NOT_UNICODE: Code = Code {
    id: "FILE013",
    name: "not-unicode",
    severity: Severity::Error,
    doc: r#"
### What it means
The name of a file or folder has bytes that are not UTF-8.

### Why
It cannot be shown or written down, and other systems cannot have it.

### Example
```text bad
people/zo<E9>.yaml (Latin-1)
```
```text good
people/zoé.yaml (UTF-8)
```

### What to do
Rename it.
"#,
};
