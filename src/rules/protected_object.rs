//! Objects whose removal loses data are not removed unless each removal is accepted.

use super::facts::PlanFacts;
use super::wording::at;
use super::{Check, Rule};
use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use crate::model::ResourceId;
use crate::plan::{Step, is_destructive};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "GUARD006",
        name: "protected-object",
        severity: Severity::Error,
        doc: r#"
### What it means
A plan removes something that an account owns, or makes it anew, and the product says that its data is lost then.

### Why
It cannot be undone: whoever removes it must have meant it, and said how many.

### Example
```yaml bad
accounts:
  acme-events:
    product: events
    access: {ana@acme.example: {role: owner}}
    rooms: {old: {}, kept: {}}
users:
  ana@acme.example: {name: Ana}
products:
  events:
    title: Events
    user: {identity: email, fold: case, roles: one}
    roles: {owner: {rank: 1, administers: true}}
    objects:
      rooms: {protect: true}
---
accounts:
  acme-events:
    product: events
    unmanaged: remove
    access: {ana@acme.example: {role: owner}}
    rooms: {kept: {}}
users:
  ana@acme.example: {name: Ana}
products:
  events:
    title: Events
    user: {identity: email, fold: case, roles: one}
    roles: {owner: {rank: 1, administers: true}}
    objects:
      rooms: {protect: true}
```
```yaml good
accounts:
  acme-events:
    product: events
    access: {ana@acme.example: {role: owner}}
    rooms: {old: {}, kept: {}}
users:
  ana@acme.example: {name: Ana}
products:
  events:
    title: Events
    user: {identity: email, fold: case, roles: one}
    roles: {owner: {rank: 1, administers: true}}
    objects:
      rooms: {protect: true}
---
accounts:
  acme-events:
    product: events
    unmanaged: remove
    access: {ana@acme.example: {role: owner}}
    rooms: {old: {}, kept: {}}
users:
  ana@acme.example: {name: Ana}
products:
  events:
    title: Events
    user: {identity: email, fold: case, roles: one}
    roles: {owner: {rank: 1, administers: true}}
    objects:
      rooms: {protect: true}
```

### What to do
Save what must be kept. Then plan with `--accept-removals` and the number that the message gives.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    let is_protected = |step: &&&Step| match &step.address.resource {
        ResourceId::Object { kind, .. } => {
            let rules = facts.product.objects.get(kind);
            rules.is_some_and(|it| it.protect == Some(true)) && is_destructive(step, facts.product)
        }
        _ => false,
    };
    let total = facts.plan.removals();
    if facts.plan.guards.accepted_removals.is_some_and(|it| u64::from(it) == total) {
        return;
    }
    for step in facts.steps.iter().filter(is_protected) {
        let message = format!("{} would be removed, and its data lost", step.address);
        let diagnostic = at(Diagnostic::new(&RULE.code, message), facts.line(step), "");
        sink.push(diagnostic.help(format!(
            "if that is meant, plan with `--accept-removals {total}`: the plan removes {total} in all"
        )));
    }
}
