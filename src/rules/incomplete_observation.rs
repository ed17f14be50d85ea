//! Nothing may be added or removed because of something that could not be read.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::at;
use super::{Check, Rule};
use crate::model::Action;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "GUARD005",
        name: "incomplete-observation",
        severity: Severity::Error,
        doc: r#"
### What it means
An account could not be read completely: a page failed, or the credential may not see everything. As an error, the plan
has steps that rest on something being there or not; as a warning, nothing of that kind is changed.

### Why
What could not be read looks like what is not there. A plan from it would invite people twice, and a guard that counts
people would count wrongly.

### Example
The second page of the members did not come:

```yaml bad
# unread: access
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
---
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: member}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
---
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: member}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
```

### What to do
Plan again. If it stays, see that the credential may read everything that the message names.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for gap in &facts.account_plan.gaps {
        let rests_on_absence = |step: &&&crate::plan::Step| {
            gap.hides(&step.address)
                && matches!(step.action, Action::Create | Action::Remove | Action::Rename)
        };
        let is_of_no_interest = gap.objects.as_ref().is_some_and(|kind| {
            // What no file says and nobody has as a role is left alone in any case.
            let owned_roles = facts.product.user.owned_roles.as_ref();
            owned_roles.is_none_or(|it| it.value != kind.as_str())
                && facts.account.is_some_and(|it| !it.manages_kinds.contains(kind))
        });
        if is_of_no_interest {
            continue;
        }
        let kind = gap.word();
        let what = format!("the {kind} of \"{}\" could not be read completely", facts.name);
        let step = facts.steps.iter().find(rests_on_absence);
        let mut diagnostic = match step {
            Some(step) => {
                let message = format!("{what}, and this plan adds or removes some of it");
                let diagnostic = Diagnostic::new(&RULE.code, message);
                at(diagnostic, facts.line(step), "rests on what could not be read")
            }
            None => {
                let message = format!("{what}; nothing of it is added or removed");
                Diagnostic::new(&RULE.code, message)
            }
        };
        if step.is_none() {
            diagnostic.severity = Severity::Warning;
        }
        let diagnostic = at(diagnostic, facts.account.map(|it| it.span), "the account");
        sink.push(diagnostic.note(gap.why.clone()).help("plan again once it can be read"));
    }
}
