//! Exactly one person must be something, where a product says so.

use crate::diagnostic::{Code, Severity, Sink};
use super::facts::{DesiredFacts, Holder, PlanFacts};
use super::moment::Moment;
use super::wording::{at, at_each, broken, line, person, selector_lines, selector_words};
use super::{Check, Rule};
use crate::model::Field;
use crate::product::Constraint;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE006",
        name: "exactly-one",
        severity: Severity::Error,
        doc: r#"
### What it means
The product says that exactly one person of an account is something, its owner for instance, and the account has
none of them or several.

### Why
With two the vendor refuses the second, and with none it refuses to take the first one away: the plan would stop half
way.

### Example
```yaml bad
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    roles:
      owner: {rank: 2, administers: true}
      host: {rank: 1}
    constraints:
      one-owner: {type: exactly_one, of: {role: owner}, text: a room has exactly one owner}
accounts:
  acme-rooms:
    product: rooms
    access:
      ana@acme.example: {role: owner}
      bob@acme.example: {role: owner}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
```
```yaml good
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    roles:
      owner: {rank: 2, administers: true}
      host: {rank: 1}
    constraints:
      one-owner: {type: exactly_one, of: {role: owner}, text: a room has exactly one owner}
accounts:
  acme-rooms:
    product: rooms
    access:
      ana@acme.example: {role: owner}
      bob@acme.example: {role: host}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
```

### What to do
Leave the role to one person and give the others another one. To hand it on, change both lines together.
"#,
    },
    since: "0.1",
    check: Check::Both(check, check_outcome),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::ExactlyOne(rule) = constraint else {
            continue;
        };
        let is = |it: &&Holder<'_>| {
            facts.selects(&rule.of, it)
        };
        let found: Vec<_> = facts.people.iter().filter(is).collect();
        // Where the files are not the whole truth, the one may be somebody whom they do not name; and an account without
        // anybody has nothing to say yet.
        let is_missing = found.is_empty() && facts.is_whole_truth() && !facts.people.is_empty();
        if found.len() == 1 || (found.is_empty() && !is_missing) {
            continue;
        }
        let words = selector_words(&rule.of);
        let message = format!(
            "{} on \"{}\" have {words}, not 1: {}",
            found.len(),
            facts.name,
            rule.text
        );
        let mut diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message);
        if found.is_empty() {
            diagnostic = at(diagnostic, Some(facts.account.span), "nobody here does")
                .help(format!("give one person {words}"));
        } else {
            let lines = found.iter().map(|it| {
                let lines = selector_lines(facts, &rule.of, it);
                let span = lines.first().map_or_else(|| line(it.entry, &Field::Whole), |it| it.0);
                (span, person(it))
            });
            diagnostic = at_each(diagnostic, lines)
                .help("leave it to one of them and give the others something else");
        }
        sink.push(at(diagnostic, Some(name.span), "the product's rule"));
    }
}

/// The same over what a plan leaves behind, people included whom no file names.
fn check_outcome(facts: &PlanFacts<'_>, sink: &mut Sink) {
    if facts.steps.is_empty() {
        return;
    }
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::ExactlyOne(rule) = constraint else {
            continue;
        };
        let count = |at: &Moment<'_>| match at.selected(&rule.of).count() {
            // Whoever goes when the billing cycle ends is there until then, and is not the one afterwards.
            1 => at.selected(&rule.of).filter(|it| at.stays(it)).count(),
            all => all,
        };
        let (before, after) = (count(&facts.before), count(&facts.after));
        if after == 1 || after == before || facts.after.people.is_empty() {
            continue;
        }
        let message = format!(
            "after this plan {after} on \"{}\" have {}, not 1: {}",
            facts.name,
            selector_words(&rule.of),
            rule.text
        );
        let product = &facts.account_plan.product;
        let diagnostic = broken(&RULE.code, product, name, constraint, message)
            .help(format!(
                "`seatplan import --account {}` writes everybody whom the account has and no file names",
                facts.name
            ));
        let going = facts.after.going_words(&rule.of).into_iter();
        let diagnostic = going.fold(diagnostic, |it, note| it.note(note));
        sink.push(at(diagnostic, facts.account.map(|it| it.span), ""));
    }
}
