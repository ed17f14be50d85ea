//! At most so many people may be something, where a product says so.

use crate::diagnostic::{Code, Severity, Sink};
use super::facts::{DesiredFacts, Holder, PlanFacts, holders};
use super::wording::{at, at_each, broken, person, selector_lines, selector_words};
use super::{Check, Rule};
use crate::model::{Address, Resource, State};
use crate::product::{Constraint, Selector, Standing, Standings};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE004",
        name: "max-count",
        severity: Severity::Error,
        doc: r#"
### What it means
The product limits how many people of an account may be something, and the files have more.

### Why
The vendor refuses the one too many, whoever that happens to be. Where the product only warns, nothing is refused, but
somebody should have a look.

### Example
```yaml bad
accounts:
  acme-events:
    product: events
    access:
      ana@acme.example: {role: multi}
      bob@acme.example: {role: multi}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
products:
  events:
    title: Events
    user: {identity: email, fold: case, roles: one}
    roles:
      multi: {rank: 1}
      guest: {rank: 0}
    constraints:
      one-multi: {type: max_count, of: {role: multi}, limit: 1, text: the vendor takes at most one}
```
```yaml good
accounts:
  acme-events:
    product: events
    access:
      ana@acme.example: {role: multi}
      bob@acme.example: {role: guest}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
products:
  events:
    title: Events
    user: {identity: email, fold: case, roles: one}
    roles:
      multi: {rank: 1}
      guest: {rank: 0}
    constraints:
      one-multi: {type: max_count, of: {role: multi}, limit: 1, text: the vendor takes at most one}
```

### What to do
Give as many of the people whom the message lists something else as are too many.
"#,
    },
    since: "0.1",
    check: Check::Both(check, check_outcome),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::MaxCount(rule) = constraint else {
            continue;
        };
        let is = |it: &&Holder<'_>| {
            let standing = facts.standings.get(it.subject);
            facts.product.selects(&rule.of, it.access, standing)
        };
        let found: Vec<_> = facts.people.iter().filter(is).collect();
        let limit = rule.limit as usize;
        if found.len() <= limit {
            continue;
        }
        let words = selector_words(&rule.of);
        let message = format!(
            "{} on \"{}\" have {words}, and {limit} may: {}",
            found.len(),
            facts.name,
            rule.text
        );
        let diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message);
        let lines = found.iter().map(|it| {
            let lines = selector_lines(facts, &rule.of, it);
            (lines.first().and_then(|line| line.0), person(it))
        });
        let diagnostic = at_each(diagnostic, lines)
            .help(format!("take it from {} of them", found.len() - limit));
        sink.push(at(diagnostic, Some(name.span), "the product's rule"));
    }
}

/// The same over what a plan leaves behind, people included whom no file names; where the files alone break the rule it
/// has been said already.
fn check_outcome(facts: &PlanFacts<'_>, sink: &mut Sink) {
    if facts.steps.is_empty() {
        return;
    }
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::MaxCount(rule) = constraint else {
            continue;
        };
        let limit = rule.limit as usize;
        let count = |state| count(facts, &rule.of, state);
        let (before, after) = (count(facts.before), count(&facts.after));
        if after <= limit || after <= before || count(&facts.desired.state) > limit {
            continue;
        }
        let message = format!(
            "after this plan {after} on \"{}\" have {}, and {limit} may: {}",
            facts.name,
            selector_words(&rule.of),
            rule.text
        );
        let product = &facts.account_plan.product;
        let diagnostic = broken(&RULE.code, product, name, constraint, message);
        // Who has it already, and whom the plan gives it to.
        let is = |state: &State, address: &Address| {
            let Some(Resource::Access(access)) = state.resource(address) else {
                return false;
            };
            let standings = Standings::of(state, facts.name);
            let standing = address.subject().map_or_else(Standing::default, |it| standings.get(it));
            facts.product.selects(&rule.of, access, standing)
        };
        let gains = facts.steps.iter().filter(|step| {
            is(&facts.after, &step.address) && !is(facts.before, &step.address)
        });
        let lines = gains.map(|step| {
            let who = step.address.subject().map(ToString::to_string).unwrap_or_default();
            (facts.line(step), format!("gives it to {who}"))
        });
        let diagnostic = at_each(diagnostic, lines);
        let others = holders(&facts.after, facts.name);
        let others = others.iter().filter(|it| {
            let address = Address::access(facts.name, it.subject);
            is(&facts.after, &address) && facts.desired.state.get(&address).is_none()
        });
        let others: Vec<_> = others.map(|it| it.subject.to_string()).collect();
        let diagnostic = match others.as_slice() {
            [] => diagnostic,
            others => diagnostic.note(format!("no file names {}, who has it", others.join(", "))),
        };
        sink.push(diagnostic.help("take it from people whom no file names, or give it to fewer here"));
    }
}

fn count(facts: &PlanFacts<'_>, of: &Selector, state: &State) -> usize {
    let standings = Standings::of(state, facts.name);
    let people = holders(state, facts.name);
    let is =
        |it: &&Holder<'_>| facts.product.selects(of, it.access, standings.get(it.subject));
    people.iter().filter(is).count()
}
