//! Credentials in files.

use crate::diagnostic::{Code, Severity};

/// A credential in a file.
pub static SECRET_IN_FILE: Code = Code {
    id: "SECRET001",
    name: "secret-in-file",
    severity: Severity::Error,
    doc: r#"
### What it means
A credential itself is written into a file of the estate. It is not shown.

### Why
Files of an estate are read by everyone who reviews them, and stay in the history for good.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    connection: {url: "https://dana:not-a-real-password@directory.acme.example"}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    connection: {url: "https://directory.acme.example", token: {env: ACME_CODE_TOKEN}}
```

### What to do
Write where the credential is kept, `{env: NAME}` or `{file: PATH}`, and replace it at the vendor if it was a real one.
"#,
};
