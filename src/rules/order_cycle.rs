//! Steps that wait for each other.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::at_each;
use super::{Check, Rule};
use crate::plan::Refusal;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "PLAN001",
        name: "order-cycle",
        severity: Severity::Error,
        doc: r#"
### What it means
No order of the plan's steps is legal: each of some steps must come before the next one, round in a circle.

### Why
Whichever step went first, the vendor would refuse it. A swap of two names is the usual case.

### Example
Two teams of one account swap their names in one change:

```text bad
no order of 2 steps on "acme-code" is legal: each waits for the next
```
```text good
One team gets its new name in this change, the other one in the next.
```

### What to do
Make one of the changes that the message lists in a change of its own, and the rest after it has been applied.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for refusal in &facts.plan.refusals {
        let Refusal::Cycle {
            steps,
            waiting,
            smallest,
            ..
        } = refusal
        else {
            continue;
        };
        let mut own = facts.steps.iter().filter(|step| steps.contains(&step.id)).peekable();
        if own.peek().is_none() {
            continue;
        }
        let message = format!(
            "no order of {} steps on \"{}\" is legal: each waits for the next",
            steps.len(),
            facts.name
        );
        let lines = own.map(|step| (facts.line(step), step.address.to_string()));
        let diagnostic = at_each(Diagnostic::new(&RULE.code, message), lines);
        let waiting = facts.steps.iter().filter(|step| waiting.contains(&step.id));
        let waiting: Vec<_> = waiting.map(|step| step.address.to_string()).collect();
        let help = format!("leave for a second change: {}", waiting.join(", "));
        let diagnostic = match smallest {
            true => diagnostic,
            false => diagnostic.note("fewer may do, but none of them can be left out of this list"),
        };
        sink.push(diagnostic.help(help));
    }
}
