//! What can be wrong with an inventory.

use crate::diagnostic::{Code, Severity};

/// Every code of this module, by number.
pub static CODES: &[&Code] = &[
    &NOT_AN_INVENTORY,
    &OTHER_ACCOUNT,
    &NOT_IN_PRODUCT,
    &WRONG_VALUE,
    &LISTED_TWICE,
    &NOBODY_STANDS,
    &NO_FILE,
    &LATER_THAN_TODAY,
];

/// A file that holds no inventory.
pub static NOT_AN_INVENTORY: Code = Code {
    id: "INV001",
    name: "not-an-inventory",
    severity: Severity::Error,
    doc: r#"
### What it means
A file that a connection names as an inventory holds something else, or something beside the inventory.

### Why
An inventory says what is, the files of the estate say what shall be. A file that could be both would be read as neither
reviewer meant it.

### Example
```text bad
users: {ana@acme.example: {}}
inventory: {account: acme-books, attested: {by: ana@acme.example, on: 2026-11-02}}
```
```text good
inventory: {account: acme-books, attested: {by: ana@acme.example, on: 2026-11-02}}
```

### What to do
Put everything below the one key `inventory:`, and what shall be into another file.
"#,
};

/// An inventory of another account.
pub static OTHER_ACCOUNT: Code = Code {
    id: "INV002",
    name: "inventory-of-another-account",
    severity: Severity::Error,
    doc: r#"
### What it means
The `account:` of an inventory is not the account whose connection names the file, or two connections name one file.

### Why
What is true of one account would be taken for true of another, and people would be removed for it.

### Example
```text bad
accounts/books.yaml:      acme-books: {connection: {provider: inventory, file: inventory/books.yaml}}
inventory/books.yaml:     inventory: {account: acme-crm}
```
```text good
inventory/books.yaml:     inventory: {account: acme-books}
```

### What to do
Name each account's own file in its `connection:`, and the account in the file.
"#,
};

/// A name that the product does not have.
pub static NOT_IN_PRODUCT: Code = Code {
    id: "INV003",
    name: "inventory-not-in-product",
    severity: Severity::Error,
    doc: r#"
### What it means
An inventory names a role, an option, a grant, a setting, a pool, a state or a kind of object that the account's product does
not have.

### Why
It could not be compared with anything. Mostly it is a misspelt word.

### Example
```text bad
access: {ana@acme.example: {role: agnet}}
```
```text good
access: {ana@acme.example: {role: agent}}
```

### What to do
Write the word that the message names. `seatplan show product NAME` lists all of them.
"#,
};

/// A value of another type.
pub static WRONG_VALUE: Code = Code {
    id: "INV004",
    name: "inventory-wrong-value",
    severity: Severity::Error,
    doc: r#"
### What it means
A value in an inventory is not one that the option, setting or field can have.

### Why
It could not be compared with anything. Mostly it is a misspelt word, or a number in quotes.

### Example
```text bad
access: {ana@acme.example: {role: agent, options: {contact_visibility: everything}}}
```
```text good
access: {ana@acme.example: {role: agent, options: {contact_visibility: all}}}
```

### What to do
Write one of the values that the message names, or `{unknown: WHY}` if nobody knows.
"#,
};

/// One person under two keys.
pub static LISTED_TWICE: Code = Code {
    id: "INV005",
    name: "inventory-listed-twice",
    severity: Severity::Error,
    doc: r#"
### What it means
Two keys of an inventory are the same person to the product, which does not tell upper from lower case.

### Why
Nobody could say which of the two is true.

### Example
```text bad
access: {ana@acme.example: {role: agent}, Ana@acme.example: {role: owner}}
```
```text good
access: {ana@acme.example: {role: owner}}
```

### What to do
Keep the line that is true.
"#,
};

/// Nobody stands for a value.
pub static NOBODY_STANDS: Code = Code {
    id: "INV006",
    name: "nobody-stands-for-it",
    severity: Severity::Error,
    doc: r#"
### What it means
An inventory does not say who has seen what it says, or when.

### Why
A plan rests on it. Whoever reviews one must be able to ask somebody, and see how old the answer is.

### Example
```text bad
inventory: {account: acme-books, access: {}}
```
```text good
inventory: {account: acme-books, attested: {by: dana@acme.example, on: 2026-11-02}, access: {}}
```

### What to do
Write `attested: {by: ADDRESS, on: DAY}` at the top of the inventory. Where a single entry or value was seen by somebody else
or later, write the same there: `{is: VALUE, attested: {by: ADDRESS, on: DAY}}`.
"#,
};

/// A connection without a file, or whose file cannot be read.
pub static NO_FILE: Code = Code {
    id: "INV007",
    name: "no-inventory-file",
    severity: Severity::Error,
    doc: r#"
### What it means
The connection of an account names the provider `inventory` without a file, or one that cannot be read.

### Why
The file is all that is known of the account.

### Example
```text bad
connection: {provider: inventory}
```
```text good
connection: {provider: inventory, file: inventory/books.yaml}
```

### What to do
Write `file:` with a path from the folder of `seatplan.yaml`. `seatplan import --account NAME --csv FILE` makes the file from
the vendor's export; by hand it needs `account:`, `attested:` and what you know.
"#,
};

/// Seen on a day that has not come.
pub static LATER_THAN_TODAY: Code = Code {
    id: "INV008",
    name: "seen-in-the-future",
    severity: Severity::Warning,
    doc: r#"
### What it means
An inventory says that something was seen on a day that has not come yet.

### Why
Mostly it is a wrong year. Until that day has passed the value would never count as aged.

### Example
```text bad
attested: {by: dana@acme.example, on: 2062-11-02}
```
```text good
attested: {by: dana@acme.example, on: 2026-11-02}
```

### What to do
Write the day on which it was seen.
"#,
};
