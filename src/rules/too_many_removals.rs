//! A plan must not take access away from more people than the guard allows.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::{at, at_each};
use super::{Check, Rule};
use crate::plan::Step;
use crate::text::Span;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "GUARD001",
        name: "too-many-removals",
        severity: Severity::Error,
        doc: r#"
### What it means
A plan takes access to one account away from more people than `guards.removals` allows, in this plan or together with
the removals of its window. Below 10 people on the account only `max` counts.

### Why
A renamed folder, a wrong merge or an emptied file looks just like many people leaving. Removals are the steps that
hurt most when they are not meant.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: member}, cleo: {role: member}}
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
guards: {removals: {max: 1}}
# file: code.yaml
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    access: {ana: {role: admin}, bob: {role: member}, cleo: {role: member}}
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
guards: {removals: {max: 1}}
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

### What to do
Look at the list of removals. If it is right, accept exactly that number with `--accept-removals N`: the number becomes
part of the plan that is reviewed. If it is not, find the lines that are missing.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

/// Below so many people a share says nothing: one of three is a third.
const PERCENT_PEOPLE_MIN: u32 = 10;

/// The most people that one line is said to remove.
const NAMES_MAX: usize = 8;

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    let Some(guard) = &facts.desired.guards.removals else {
        return;
    };
    let removals: Vec<_> = facts.removals().collect();
    let (now, recent) = (removals.len() as u64, u64::from(facts.recent_removals));
    if now == 0 {
        return;
    }
    let people = facts.account_plan.people;
    let by_count = guard.max.map(u64::from);
    let by_share = guard
        .percent
        .filter(|_| people >= PERCENT_PEOPLE_MIN)
        .map(|percent| u64::from(people) * u64::from(percent) / 100);
    let limit = [by_count, by_share].into_iter().flatten().min();
    let Some(limit) = limit.filter(|limit| now + recent > *limit) else {
        return;
    };
    let total = facts.plan.removals();
    let accepted = facts.plan.guards.accepted_removals;
    if accepted.is_some_and(|it| u64::from(it) == total) {
        return;
    }
    let earlier = match recent {
        0 => String::new(),
        _ => format!(" after {recent} in the {}", window(guard.window_days)),
    };
    let message = format!(
        "this plan takes access to \"{}\" away from {now} of {people}{earlier}, and the guard allows {limit}",
        facts.name
    );
    let mut diagnostic = at(Diagnostic::new(&RULE.code, message), Some(guard.span), "the guard");
    diagnostic = at_each(diagnostic, by_line(facts, &removals));
    if let Some(percent) = guard.percent.filter(|_| people < PERCENT_PEOPLE_MIN) {
        diagnostic = diagnostic.note(format!(
            "{percent} percent do not count: the account has fewer than {PERCENT_PEOPLE_MIN} people"
        ));
    }
    let help = match accepted {
        Some(other) => format!(
            "`--accept-removals {other}` names another number: the plan removes {total} in all"
        ),
        None => format!("if all of them are meant, plan with `--accept-removals {total}`"),
    };
    sink.push(diagnostic.help(help));
}

fn window(days: Option<u32>) -> String {
    match days {
        None => "last days".to_owned(),
        Some(1) => "same day".to_owned(),
        Some(days) => format!("last {days} days"),
    }
}

/// The lines behind removals with whom they remove: one `unmanaged: remove` can stand behind many. Where the line that gave
/// the access is gone, it is that one.
fn by_line(facts: &PlanFacts<'_>, removals: &[&Step]) -> Vec<(Option<Span>, String)> {
    let mut lines: Vec<(Option<Span>, Vec<String>)> = Vec::new();
    for step in removals {
        let span = facts.gone(step, &step.address).or_else(|| facts.line(step));
        let who = step.address.subject().map(ToString::to_string).unwrap_or_default();
        match lines.iter_mut().find(|line| line.0 == span) {
            Some((_, people)) => people.push(who),
            None => lines.push((span, vec![who])),
        }
    }
    let words = lines.into_iter().map(|(span, people)| {
        let more = people.len().saturating_sub(NAMES_MAX);
        let names = people[..people.len() - more].join(", ");
        match more {
            0 => (span, format!("removes {names}")),
            more => (span, format!("removes {names} and {more} more")),
        }
    });
    words.collect()
}
