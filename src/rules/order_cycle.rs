//! Steps that wait for each other.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::at_each;
use super::{Check, Rule};
use crate::model::Kind;
use crate::plan::{Refusal, Step, StepId};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "PLAN001",
        name: "order-cycle",
        severity: Severity::Error,
        doc: r#"
### What it means
No order of the plan's steps is legal: each of some steps must come before the next one, round in a circle; or a rule of
the product on the account's settings and quantities holds before the plan and after it, and in no order all the way.

### Why
Whichever step went first, the vendor would refuse it. A swap is the usual case.

### Example
```yaml bad
accounts:
  acme-rooms:
    product: rooms
    access:
      ana@acme.example: {role: owner}
      bob@acme.example: {role: host}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    roles:
      owner: {rank: 2, administers: true}
      host: {rank: 1}
    constraints:
      one-owner: {type: exactly_one, of: {role: owner}, text: a room has exactly one owner}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
---
accounts:
  acme-rooms:
    product: rooms
    access:
      ana@acme.example: {role: host}
      bob@acme.example: {role: owner}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    roles:
      owner: {rank: 2, administers: true}
      host: {rank: 1}
    constraints:
      one-owner: {type: exactly_one, of: {role: owner}, text: a room has exactly one owner}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
```
```yaml good
accounts:
  acme-rooms:
    product: rooms
    access:
      ana@acme.example: {role: owner}
      bob@acme.example: {role: host}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    roles:
      owner: {rank: 2, administers: true}
      host: {rank: 1}
    constraints:
      one-owner: {type: exactly_one, of: {role: owner}, text: a room has exactly one owner}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
---
accounts:
  acme-rooms:
    product: rooms
    access:
      bob@acme.example: none
      ana@acme.example: {role: owner}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    roles:
      owner: {rank: 2, administers: true}
      host: {rank: 1}
    constraints:
      one-owner: {type: exactly_one, of: {role: owner}, text: a room has exactly one owner}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
```

### What to do
Make the changes that the message lists in a change of their own, and the rest after it has been applied. What must always
be there exactly once cannot be handed on in two steps at all: where the product's definition says under `single:` how a
role moves, it is one step; elsewhere let the vendor do it, then plan again. Two things that want each other's values, of
which each may be there only once, do it with a third value: give it to one of them first.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for refusal in &facts.plan.refusals {
        if let Refusal::Rule {
            account,
            rule,
            text,
            steps,
            ..
        } = refusal
            && account == facts.name
        {
            sink.push(rule_on_the_way(facts, (rule, text), steps));
        }
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
        let is_object = |step: &&Step| {
            steps.contains(&step.id) && step.address.kind() == Kind::Object
        };
        let waiting = facts.steps.iter().filter(|step| waiting.contains(&step.id));
        let waiting: Vec<_> = waiting.map(|step| step.address.to_string()).collect();
        let help = match waiting.len() == steps.len() {
            // Not even alone could any of them be made: each wants what another one has.
            true if facts.steps.iter().any(is_object) => {
                "give one of them a value that nothing has, in a change of its own, then plan again".to_owned()
            }
            // Something must always be, and be only once.
            true => "let the vendor hand it over, then plan again".to_owned(),
            false => format!("leave for a second change: {}", waiting.join(", ")),
        };
        let diagnostic = match smallest {
            true => diagnostic,
            false => diagnostic.note("fewer may do, but none of them can be left out of this list"),
        };
        sink.push(diagnostic.help(help));
    }
}

fn rule_on_the_way(
    facts: &PlanFacts<'_>,
    (rule, text): (&str, &str),
    steps: &[StepId],
) -> Diagnostic {
    let own = facts.steps.iter().filter(|step| steps.contains(&step.id));
    let lines = own.map(|step| (facts.line(step), step.address.to_string()));
    let message = format!(
        "no order of {} steps on \"{}\" is legal: on the way it would not hold that {text}",
        steps.len(),
        facts.name
    );
    at_each(Diagnostic::new(&RULE.code, message), lines)
        .help("change them in two plans, with values between that the rule allows")
        .note(format!(
            "constraint \"{rule}\" of the product {}",
            facts.account_plan.product
        ))
}
