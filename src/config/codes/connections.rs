//! What can be wrong with how an account is reached.

use crate::diagnostic::{Code, Severity};

/// A URL that no credential is sent to.
pub static URL_NOT_USED: Code = Code {
    id: "CONN001",
    name: "url-not-used",
    severity: Severity::Error,
    doc: r#"
### What it means
The URL of an account's connection is not one that a credential may be sent to: it is not https, it holds a user name, a
password, a query or a fragment, or it leads to an address that no service of ours has.

### Why
Whoever can change a URL could send a credential to a machine of theirs, in the clear, or to the address at which clouds
tell the secrets of a machine. So only https is spoken, and http to this very machine.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    connection: {provider: directory, url: "http://access.acme.example", token: {env: ACME_CODE_TOKEN}}
    settings: {plan: free}
    access: {ana: {role: admin}}
users:
  ana: {logins: {github: ana}}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    connection: {provider: directory, url: "https://access.acme.example", token: {env: ACME_CODE_TOKEN}}
    settings: {plan: free}
    access: {ana: {role: admin}}
users:
  ana: {logins: {github: ana}}
```

### What to do
Write the service's https address as the vendor writes it, and the credential as `token:`.
"#,
};
