//! Somebody in a team of an account who has no access to the account.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::{DesiredFacts, PlanFacts};
use super::wording::at;
use super::{Check, Rule};
use crate::model::{Action, Address, Field, Kind, ResourceId};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE011",
        name: "member-without-access",
        severity: Severity::Error,
        doc: r#"
### What it means
A team that exists at the vendor has a member who has no access to the account.

### Why
Vendors either refuse such a member or invite the person without saying so, and then a seat is taken that no line asks
for.

### Example
```yaml bad
accounts:
  acme-support:
    product: respond-io
    teams:
      front: {members: [ana@acme.example]}
    access:
      dana@acme.example: {role: owner}
users:
  ana@acme.example: {name: Ana}
  dana@acme.example: {name: Dana}
```
```yaml good
accounts:
  acme-support:
    product: respond-io
    teams:
      front: {members: [ana@acme.example]}
    access:
      ana@acme.example: {role: agent}
      dana@acme.example: {role: owner}
users:
  ana@acme.example: {name: Ana}
  dana@acme.example: {name: Dana}
```

### What to do
Give the person access to the account (`team/NAME` under `access` gives it to a whole team of the estate), or take
them out of the team.
"#,
    },
    since: "0.1",
    check: Check::Both(check, check_outcome),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (address, entry) in facts.desired.state.of_kind(facts.name, Kind::Member) {
        let ResourceId::Member { team, subject } = &address.resource else {
            continue;
        };
        if facts.has_access(subject) {
            continue;
        }
        let gone = facts.desired.absences.get(&Address::access(facts.name, subject));
        if gone.is_none() && !facts.is_whole_truth() {
            continue;
        }
        let who = entry.user.as_ref().map_or_else(|| subject.to_string(), ToString::to_string);
        let message = format!(
            "\"{who}\" is in the team \"{team}\" of \"{}\" without access to it",
            facts.name
        );
        let diagnostic = Diagnostic::new(&RULE.code, message);
        let diagnostic = at(diagnostic, entry.origin(&Field::Whole), "");
        let diagnostic = at(diagnostic, gone.map(|it| it.span), "gives no access");
        sink.push(diagnostic.help(format!(
            "give \"{who}\" access to \"{}\", or take them out of the team",
            facts.name
        )));
    }
}

/// The same for people who are only at the vendor.
fn check_outcome(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for step in &facts.steps {
        let ResourceId::Member { team, subject } = &step.address.resource else {
            continue;
        };
        if step.action == Action::Remove || facts.after.access(subject).is_some() {
            continue;
        }
        let message = format!(
            "\"{subject}\" joins the team \"{team}\" of \"{}\" without access to it",
            facts.name
        );
        let diagnostic = at(Diagnostic::new(&RULE.code, message), facts.line(step), "");
        sink.push(diagnostic.help(format!("give \"{subject}\" access to \"{}\"", facts.name)));
    }
}
