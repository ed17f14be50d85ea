//! A task that nobody may do.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::at;
use super::{Check, Rule};
use crate::plan::How;
use crate::product::Via;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE013",
        name: "nobody-may-do-it",
        severity: Severity::Warning,
        doc: r#"
### What it means
A step must be done by a person, and nobody on the account may do it: those who have the role for it do not exist, or
the step is about the only one who does.

### Why
The step would wait for ever. The rest of the plan can be carried out.

### Example
Where the vendor can only be changed by hand:

```yaml bad
# by hand
accounts:
  acme-support:
    product: respond-io
    access:
      ana@acme.example: {role: agent}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
  dana@acme.example: {name: Dana}
---
accounts:
  acme-support:
    product: respond-io
    access:
      ana@acme.example: {role: agent}
      bob@acme.example: {role: agent}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
  dana@acme.example: {name: Dana}
```
```yaml good
# by hand
accounts:
  acme-support:
    product: respond-io
    access:
      ana@acme.example: {role: agent}
      dana@acme.example: {role: owner}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
  dana@acme.example: {name: Dana}
---
accounts:
  acme-support:
    product: respond-io
    access:
      ana@acme.example: {role: agent}
      bob@acme.example: {role: agent}
      dana@acme.example: {role: owner}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
  dana@acme.example: {name: Dana}
```

### What to do
Give somebody else the role that the message names first, or ask the vendor.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for step in &facts.steps {
        let How::Task(task) = &step.how else {
            continue;
        };
        // What the vendor or the user concerned does needs nobody on the account.
        if !task.who.is_empty() || matches!(task.via, Via::Vendor | Via::User) {
            continue;
        }
        let message = format!(
            "{} must be done by a person, and nobody on \"{}\" may do it",
            step.address, facts.name
        );
        let operations = crate::plan::operations_of(step, facts.product);
        let roles: Vec<_> = operations
            .iter()
            .flat_map(|it| &it.actor)
            .map(|it| it.value.to_string())
            .collect();
        let diagnostic = at(Diagnostic::new(&RULE.code, message), facts.line(step), "");
        let help = match roles.as_slice() {
            [] => "give somebody else a role that administers the account first".to_owned(),
            roles => format!("give somebody else the role {} first", roles.join(" or ")),
        };
        sink.push(diagnostic.help(help).note(format!("why it is a task: {}", task.why)));
    }
}
