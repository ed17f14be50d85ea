//! How deep teams may lie in each other.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use std::collections::BTreeMap;

use super::facts::DesiredFacts;
use super::wording::{at, broken};
use super::{Check, Rule};
use crate::model::{Entry, Field, Resource, ResourceId, TeamName};
use crate::product::Constraint;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE008",
        name: "max-depth",
        severity: Severity::Error,
        doc: r#"
### What it means
A team of an account lies deeper in other teams than the product allows, or lies in one although teams of the product
never do.

### Why
The vendor refuses such a team, or flattens it without a word.

### Example
```yaml bad
accounts:
  acme-support:
    product: respond-io
    teams:
      all: {}
      front: {parent: all}
```
```yaml good
accounts:
  acme-support:
    product: respond-io
    teams:
      all: {}
      front: {}
```

### What to do
Take the `parent:` away, or move the team up.
"#,
    },
    since: "0.1",
    check: Check::Desired(check),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    let teams: BTreeMap<&TeamName, (Option<&TeamName>, &Entry)> = facts
        .desired
        .state
        .of_account(facts.name)
        .filter_map(|(address, entry)| match (&address.resource, &entry.resource) {
            (ResourceId::Team(name), Resource::Team(team)) => {
                Some((name, (team.parent.as_ref(), entry)))
            }
            _ => None,
        })
        .collect();
    let flat = facts.product.teams.as_ref().is_some_and(|it| !it.nested);
    for (team, (parent, entry)) in &teams {
        let (Some(parent), true) = (parent, flat) else {
            continue;
        };
        let message = format!(
            "team \"{team}\" of \"{}\" lies in \"{parent}\", but teams of this product do not nest",
            facts.name
        );
        let diagnostic = Diagnostic::new(&RULE.code, message)
            .help("take the `parent:` away")
            .note(format!("`teams.nested` is false in the product {}", facts.account.product));
        sink.push(at(diagnostic, entry.origin(&Field::Parent), ""));
    }
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::MaxDepth(rule) = constraint else {
            continue;
        };
        for (team, (_, entry)) in &teams {
            let depth = depth(team, &teams);
            if depth <= rule.limit as usize {
                continue;
            }
            let message = format!(
                "team \"{team}\" of \"{}\" is on level {depth}, and {} is the deepest: {}",
                facts.name, rule.limit, rule.text
            );
            let diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message)
                .help("move the team up");
            let diagnostic = at(diagnostic, entry.origin(&Field::Parent), "");
            sink.push(at(diagnostic, Some(name.span), "the product's rule"));
        }
    }
}

/// The level of a team, from 1; teams in a circle, which is another error, count each team once.
fn depth(team: &TeamName, teams: &BTreeMap<&TeamName, (Option<&TeamName>, &Entry)>) -> usize {
    let above = std::iter::successors(Some(team), |it| teams.get(it).and_then(|it| it.0));
    above.take(teams.len()).count()
}
