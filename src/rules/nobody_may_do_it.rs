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
The account `acme-support` has one owner, Dana, and a change lowers her to manager:

```text bad
"dana@acme.example" must be changed by a person, and nobody on "acme-support" may do it
```
```text good
A second owner is named in the same change, and may do it.
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
        let operation = facts.product.operation(step.address.kind(), step.action);
        let roles: Vec<_> = operation
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
