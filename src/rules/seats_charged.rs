//! More seats are used than are bought, and the vendor charges for them.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::{at, units, with_proof};
use super::{Check, Rule};
use crate::model::Capacity;
use crate::product::Overflow;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "SEAT004",
        name: "seats-charged",
        severity: Severity::Warning,
        doc: r#"
### What it means
After the plan more units of a pool would be used than are bought. This product does not refuse that: it charges for
them, or only warns.

### Why
What is charged this way often stays due even if the person is removed again. Somebody should approve it with open
eyes.

### Example
```yaml bad
accounts:
  acme-books: {product: books, access: {}}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    pools:
      user: {unit: seat, capacity: [{number: 0}], overflow: charge}
---
accounts:
  acme-books: {product: books, access: {ana@acme.example: {role: clerk}}}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    pools:
      user: {unit: seat, capacity: [{number: 0}], overflow: charge}
```
```yaml good
accounts:
  acme-books: {product: books, access: {}}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    pools:
      user: {unit: seat, capacity: [{number: 1}], overflow: charge}
---
accounts:
  acme-books: {product: books, access: {ana@acme.example: {role: clerk}}}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    pools:
      user: {unit: seat, capacity: [{number: 1}], overflow: charge}
```

### What to do
Buy a larger pack first if that is cheaper, or leave somebody out; otherwise approve the plan as it is.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for proof in &facts.account_plan.pools {
        let Some(Capacity::Purchased(quantity)) = proof.purchased_after.value() else {
            continue;
        };
        let over = proof.after.saturating_sub(quantity.seats());
        if proof.overflow == Overflow::Refuse || over == 0 || proof.taken == 0 {
            continue;
        }
        let over = units(over, &proof.unit);
        let charged = match proof.overflow {
            Overflow::Charge => ", and the vendor charges for them",
            Overflow::Refuse | Overflow::Warn => "",
        };
        let message = format!(
            "\"{}\" will use {over} of the pool \"{}\" more than are bought{charged}",
            facts.name, proof.pool
        );
        let taker = facts.plan.steps.iter().find(|step| proof.units(facts.name, step) > 0);
        let span = taker.and_then(|step| facts.line(step));
        let diagnostic = with_proof(Diagnostic::new(&RULE.code, message), proof);
        let span = span.or(facts.account.map(|it| it.span));
        sink.push(at(diagnostic, span, "asks for one that is not there"));
    }
}
