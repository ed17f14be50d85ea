//! A plan must not remove or lower somebody who is protected.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use std::collections::BTreeMap;

use super::facts::PlanFacts;
use super::wording::at;
use super::{Check, Rule};
use crate::model::Subject;

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
    let guard = &facts.desired.guards.protected;
    // By identity as well: no line of the account may name the person any more. And by the identity that the guard knows:
    // where it stands in another revision, a change may have given the key to somebody else.
    let subjects: BTreeMap<Subject, usize> = (guard.iter().enumerate())
        .flat_map(|(at, it)| {
            let now = facts.desired.people.get(&it.user);
            let people = now.into_iter().chain(&it.person);
            people.map(move |person| (person, at))
        })
        .filter_map(|(person, at)| Some((facts.product.user.subject_of(person)?, at)))
        .collect();
    for loss in facts.losses().filter(|_| !guard.is_empty()) {
        let user = facts.user(loss.address);
        let by_line = user.and_then(|user| guard.iter().position(|it| it.user == *user));
        let by_identity = || subjects.get(loss.subject).copied();
        let Some(at_guard) = by_line.or_else(by_identity) else {
            continue;
        };
        let protected = &guard[at_guard];
        let what = match loss.is_removal {
            true => "removes the access",
            false => "lowers the access",
        };
        let message = format!(
            "this plan {what} of \"{}\" to \"{}\", who is protected",
            protected.user, facts.name
        );
        let diagnostic = at(Diagnostic::new(&RULE.code, message), facts.line_at(loss.step, loss.address), "");
        let diagnostic = at(diagnostic, facts.gone(loss.step, loss.address), "given here before");
        let diagnostic = at(diagnostic, Some(protected.span), "protected here");
        sink.push(diagnostic.help("take the user off the list first, in a change of its own"));
    }
}
