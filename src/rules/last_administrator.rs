//! A plan must leave enough administrators.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use crate::model::{Action, Kind, Subject};
use super::facts::PlanFacts;
use super::moment::Moment;
use super::wording::{at, at_each};
use super::{Check, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "GUARD002",
        name: "last-administrator",
        severity: Severity::Error,
        doc: r#"
### What it means
A plan would leave an account with fewer active administrators than `guards.min_admins` says (1 unless written).
Somebody who has not accepted an invitation yet does not count.

### Why
Without an administrator nobody can undo the change, or any other: only the vendor's support can.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: member}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
---
accounts:
  acme-code:
    product: github-organization
    access: {bob: {role: member}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: member}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
---
accounts:
  acme-code:
    product: github-organization
    access: {bob: {role: admin}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
```

### What to do
Name the next administrator in the same change. The plan makes them one before it takes the old one away.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    if facts.steps.is_empty() {
        return;
    }
    let guard = facts.desired.guards.min_admins;
    let least = guard.map_or(1, |(count, _)| count) as usize;
    let invited: Vec<_> = facts
        .steps
        .iter()
        .filter(|step| step.action == Action::Create && facts.product.invites())
        // A place in a team is no invitation.
        .filter(|step| step.address.kind() == Kind::Access)
        .filter_map(|step| step.address.subject())
        .collect();
    // No more are counted than matter: an account has many people, and nearly always enough administrators.
    let active = |at: &Moment<'_>, most: usize| {
        let is = |it: &&Subject| facts.phase(it).is_none() && !invited.contains(it);
        at.administrators().filter(is).take(most).count()
    };
    let after = active(&facts.after, least);
    if after >= least || active(&facts.before, after + 1) <= after {
        return;
    }
    let message = match after {
        0 => format!("this plan leaves \"{}\" without an active administrator", facts.name),
        1 => format!(
            "this plan leaves \"{}\" with 1 active administrator, and {least} must stay",
            facts.name
        ),
        _ => format!(
            "this plan leaves \"{}\" with {after} active administrators, and {least} must stay",
            facts.name
        ),
    };
    let administered = |at: &Moment<'_>, subject: &Subject| {
        let access = at.access(subject).filter(|_| at.stays(subject));
        access.is_some_and(|it| facts.product.administers(it))
    };
    let losers = facts.losses().filter(|it| {
        administered(&facts.before, it.subject) && !administered(&facts.after, it.subject)
    });
    // Whoever hands a role on and goes loses it only once.
    let mut told = BTreeSet::new();
    let lines = losers.filter(|it| told.insert(it.subject)).map(|it| {
        (facts.line_at(it.step, it.address), format!("{} stops administering", it.subject))
    });
    let diagnostic = at_each(Diagnostic::new(&RULE.code, message), lines);
    let diagnostic = at(diagnostic, guard.map(|it| it.1), "the guard");
    let roles: Vec<_> = facts
        .product
        .roles
        .iter()
        .filter(|(_, role)| role.administers == Some(true))
        .map(|(name, _)| name.value.to_string())
        .collect();
    let pending = facts.after.administrators().count() > after;
    sink.push(diagnostic.help(match pending {
        true => "whoever is invited administers only once they have accepted: take the old administrator away after that"
            .to_owned(),
        false => format!("give somebody else the role {} in the same change", roles.join(" or ")),
    }));
}
