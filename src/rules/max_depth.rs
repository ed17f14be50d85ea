//! How deep teams may lie in each other.

use crate::diagnostic::{Code, Severity, Sink};
use std::collections::BTreeMap;

use super::facts::DesiredFacts;
use super::wording::{at, broken};
use super::{Check, Rule};
use crate::model::{AccountName, Entry, Field, Kind, Resource, ResourceId, TeamName};
use crate::product::{Constraint, DepthOf, MaxDepth};
use crate::text::{Spanned, Word};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE008",
        name: "max-depth",
        severity: Severity::Error,
        doc: r#"
### What it means
A team of an account lies deeper in other teams than the product allows.

### Why
The vendor refuses such a team, or flattens it without a word.

### Example
```yaml bad
accounts:
  acme-rooms:
    product: rooms
    teams:
      all: {}
      front: {parent: all}
      desk: {parent: front}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    teams: {nested: true}
    constraints:
      two-levels: {type: max_depth, limit: 2, text: the vendor shows two levels}
```
```yaml good
accounts:
  acme-rooms:
    product: rooms
    teams:
      all: {}
      front: {parent: all}
      desk: {parent: all}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    teams: {nested: true}
    constraints:
      two-levels: {type: max_depth, limit: 2, text: the vendor shows two levels}
```

### What to do
Move the team up.
"#,
    },
    since: "0.1",
    check: Check::Desired(check),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    let teams: BTreeMap<&TeamName, (Option<&TeamName>, &Entry)> = facts
        .desired
        .state
        .of_kind(facts.name, Kind::Team)
        .filter_map(|(address, entry)| match (&address.resource, &entry.resource) {
            (ResourceId::Team(name), Resource::Team(team)) => {
                Some((name, (team.parent.as_ref(), entry)))
            }
            _ => None,
        })
        .collect();
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::MaxDepth(rule) = constraint else {
            continue;
        };
        if rule.of == Some(DepthOf::Accounts) {
            check_account(facts, (name, constraint), rule, sink);
            continue;
        }
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

/// Levels of sub-accounts: a main account has none above it.
fn check_account(
    facts: &DesiredFacts<'_>,
    (name, constraint): (&Spanned<Word>, &Constraint),
    rule: &MaxDepth,
    sink: &mut Sink,
) {
    let accounts = &facts.desired.accounts;
    let parent = |it: &AccountName| accounts.get(it).and_then(|it| it.parent.clone());
    // Accounts that lie in a circle are an error elsewhere.
    let above = std::iter::successors(parent(facts.name), parent).take(accounts.len());
    let level = above.count();
    if level <= rule.limit as usize {
        return;
    }
    let message = format!(
        "\"{}\" is a sub-account on level {level}, and {} is the deepest: {}",
        facts.name, rule.limit, rule.text
    );
    let diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message)
        .help("name the main account as its parent");
    let diagnostic = at(diagnostic, Some(facts.account.span), "");
    sink.push(at(diagnostic, Some(name.span), "the product's rule"));
}
