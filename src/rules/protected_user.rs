//! A plan must not remove or lower somebody who is protected.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::at;
use super::{Check, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "GUARD003",
        name: "protected-user",
        severity: Severity::Error,
        doc: r#"
### What it means
A plan removes or lowers the access of a user whom `guards.protected` names.

### Why
Protected users are those without whom nobody could put things right: the people who are called at night. The list
stands in `seatplan.yaml`, away from the lines that it guards.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: admin}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
---
# file: seatplan.yaml
seatplan: 1
name: example
timezone: Europe/Paris
defaults: {unmanaged: remove}
guards: {protected: [bob]}
# file: code.yaml
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: member}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: admin}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
---
# file: seatplan.yaml
seatplan: 1
name: example
timezone: Europe/Paris
defaults: {unmanaged: remove}
guards: {protected: [bob]}
# file: code.yaml
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: member}, bob: {role: admin}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
```

### What to do
Take the user off the list in a change of its own, which is reviewed first, or leave the access as it is.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for step in facts.losses() {
        let Some(user) = facts.user(step) else {
            continue;
        };
        let mut protected = facts.desired.guards.protected.iter();
        let Some((_, span)) = protected.find(|(it, _)| it == user) else {
            continue;
        };
        let what = if step.after.is_none() {
            "removes the access"
        } else {
            "lowers the access"
        };
        let message = format!("this plan {what} of \"{user}\" to \"{}\", who is protected", facts.name);
        let diagnostic = at(Diagnostic::new(&RULE.code, message), facts.line(step), "");
        let diagnostic = at(diagnostic, Some(*span), "protected here");
        sink.push(diagnostic.help("take the user off the list first, in a change of its own"));
    }
}
