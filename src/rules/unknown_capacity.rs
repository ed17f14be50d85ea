//! It is not known how many seats there are.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::{at, at_askers, with_proof};
use super::{Check, Rule};
use crate::plan::Refusal;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "SEAT002",
        name: "unknown-capacity",
        severity: Severity::Error,
        doc: r#"
### What it means
A plan takes units of a pool, and nobody could say how many there are: the vendor did not tell, or the settings of the
account fit no case of the product's.

### Why
Unknown is not zero, and it is not enough either. A plan that is shown must be one that can be carried out.

### Example
```yaml bad
accounts:
  acme-rooms: {product: rooms, access: {}}
users:
  ana@acme.example: {name: Ana}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    roles:
      host: {rank: 1}
    settings:
      plan: {type: enum, values: [small, large], source: api}
    pools:
      host:
        unit: seat
        capacity:
          - {when: 'account.settings.plan == "small"', number: 1}
          - {when: 'account.settings.plan == "large"', number: 5}
        overflow: refuse
---
accounts:
  acme-rooms: {product: rooms, access: {ana@acme.example: {role: host}}}
users:
  ana@acme.example: {name: Ana}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    roles:
      host: {rank: 1}
    settings:
      plan: {type: enum, values: [small, large], source: api}
    pools:
      host:
        unit: seat
        capacity:
          - {when: 'account.settings.plan == "small"', number: 1}
          - {when: 'account.settings.plan == "large"', number: 5}
        overflow: refuse
```
```yaml good
accounts:
  acme-rooms: {product: rooms, settings: {plan: small}, access: {}}
users:
  ana@acme.example: {name: Ana}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    roles:
      host: {rank: 1}
    settings:
      plan: {type: enum, values: [small, large], source: api}
    pools:
      host:
        unit: seat
        capacity:
          - {when: 'account.settings.plan == "small"', number: 1}
          - {when: 'account.settings.plan == "large"', number: 5}
        overflow: refuse
---
accounts:
  acme-rooms: {product: rooms, settings: {plan: small}, access: {ana@acme.example: {role: host}}}
users:
  ana@acme.example: {name: Ana}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    roles:
      host: {rank: 1}
    settings:
      plan: {type: enum, values: [small, large], source: api}
    pools:
      host:
        unit: seat
        capacity:
          - {when: 'account.settings.plan == "small"', number: 1}
          - {when: 'account.settings.plan == "large"', number: 5}
        overflow: refuse
```

### What to do
See that the credential may read the quantity, and write the settings that the product's pool depends on. Where nobody
can tell seatplan, look the number up at the vendor; if it is enough, say so for this one plan and this one pool with
`--accept-unknown-seats ACCOUNT/POOL`. The plan carries that, and shows it to whoever reviews it.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for refusal in &facts.plan.refusals {
        let Refusal::UnknownCapacity {
            account,
            proof,
            askers,
        } = refusal
        else {
            continue;
        };
        if account != facts.name {
            continue;
        }
        let message = format!(
            "nobody knows how many {}s the pool \"{}\" of \"{account}\" has",
            proof.unit, proof.pool
        );
        let diagnostic = at_askers(Diagnostic::new(&RULE.code, message), facts, askers, &proof.unit);
        let diagnostic = at(diagnostic, facts.account.map(|it| it.span), "the account");
        let diagnostic = match &proof.purchased {
            crate::model::Fact::Unknown { why } => diagnostic.note(why.clone()),
            _ => diagnostic,
        };
        let help = format!(
            "let the credential read the quantity, or write the settings that it depends on; if you looked it up and it is \
             enough, plan with `--accept-unknown-seats {account}/{}`",
            proof.pool
        );
        sink.push(with_proof(diagnostic.help(help), proof));
    }
}
