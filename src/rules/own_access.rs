//! A plan must not take away the access that it is carried out with.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::at;
use super::{Check, Rule};
use crate::model::Actor;
use crate::plan::How;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "GUARD004",
        name: "own-access",
        severity: Severity::Error,
        doc: r#"
### What it means
A plan removes or lowers the access of the very person whose credential will carry it out. Where the product leaves that
step to somebody else it is a warning: the credential is of no use afterwards.

### Why
Everything after that step would be refused, and the next run could not even read the account. Many vendors refuse
such a step anyway.

### Example
```yaml bad
# actor: ana
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: admin}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
---
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: member}, bob: {role: admin}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
```
```yaml good
# actor: bob
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: admin}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
---
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
Use the credential of somebody else for this change.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    let Actor::Person { subject, .. } = &facts.account_plan.actor else {
        return;
    };
    // Only the holder of a role that one person has can hand it on.
    let own = facts.losses().filter(|it| it.subject == subject && it.step.other.is_none());
    for loss in own {
        let step = loss.step;
        let what = if loss.is_removal {
            "removes"
        } else {
            "lowers"
        };
        let message = format!(
            "this plan {what} the access of \"{subject}\" to \"{}\", who carries it out",
            facts.name
        );
        let mut diagnostic = at(Diagnostic::new(&RULE.code, message), facts.line(step), "");
        if matches!(step.how, How::Task(_)) {
            // Somebody else does it, when everything else is done or later; the credential is of no use afterwards.
            diagnostic.severity = Severity::Warning;
        }
        sink.push(diagnostic.help("use the credential of somebody else for this change"));
    }
}
