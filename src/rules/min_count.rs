//! At least so many people must be something, where a product says so.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Severity, Sink};
use super::facts::{DesiredFacts, Holder, PlanFacts};
use super::moment::Moment;
use super::wording::{at, broken, fields_words, selector_words};
use super::{Check, Rule};
use crate::product::{Constraint, Count};
use crate::text::{Spanned, Word};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE005",
        name: "min-count",
        severity: Severity::Error,
        doc: r#"
### What it means
The product says how many people of an account must be something at least, and there would be fewer.

### Why
The vendor refuses to take the last ones away, so the plan would stop half way; or nobody is left who can do what they
did.

### Example
```yaml bad
accounts:
  acme-books:
    product: books
    access:
      ana@acme.example: {role: clerk}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      admin: {rank: 2, administers: true}
      clerk: {rank: 1}
    constraints:
      one-admin: {type: min_count, of: {role: admin}, limit: 1, text: an account keeps at least one admin}
```
```yaml good
accounts:
  acme-books:
    product: books
    access:
      ana@acme.example: {role: admin}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      admin: {rank: 2, administers: true}
      clerk: {rank: 1}
    constraints:
      one-admin: {type: min_count, of: {role: admin}, limit: 1, text: an account keeps at least one admin}
```

### What to do
Give it to as many people as are missing. Where they exist at the vendor but in no file, `seatplan import` writes
them down.
"#,
    },
    since: "0.1",
    check: Check::Both(check, check_outcome),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    // Where the files are not the whole truth, the missing ones may be people whom they do not name; and an account
    // without anybody has nothing to say yet.
    if !facts.is_whole_truth() || facts.people.is_empty() {
        return;
    }
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::MinCount(rule) = constraint else {
            continue;
        };
        let is_there = |it: &crate::product::Selector| {
            let mut people = facts.people.iter();
            people.any(|person| facts.selects(it, person))
        };
        if !rule.where_any.as_ref().is_none_or(is_there) {
            continue;
        }
        let Some(of) = &rule.of else {
            check_objects(facts, (name, constraint), rule, sink);
            continue;
        };
        let is = |it: &&Holder<'_>| {
            facts.selects(of, it)
        };
        let found = facts.people.iter().filter(is).count();
        let limit = rule.limit as usize;
        if found >= limit {
            continue;
        }
        let words = selector_words(of);
        let message = format!(
            "{found} on \"{}\" have {words}, and {limit} must: {}",
            facts.name, rule.text
        );
        let diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message);
        let diagnostic = at(diagnostic, Some(facts.account.span), "")
            .help(format!("give {} more {words}", limit - found));
        sink.push(at(diagnostic, Some(name.span), "the product's rule"));
    }
}

/// The same over what a plan leaves behind, people included whom no file names.
fn check_outcome(facts: &PlanFacts<'_>, sink: &mut Sink) {
    if facts.steps.is_empty() {
        return;
    }
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::MinCount(rule) = constraint else {
            continue;
        };
        let Some(of) = &rule.of else {
            continue;
        };
        let where_any = rule.where_any.as_ref();
        if where_any.is_some_and(|it| facts.after.selected(it).next().is_none()) {
            continue;
        }
        let limit = rule.limit as usize;
        let count = |at: &Moment<'_>| at.selected(of).filter(|it| at.stays(it)).count();
        let (before, after) = (count(&facts.before), count(&facts.after));
        if after >= limit || after >= before {
            continue;
        }
        let message = format!(
            "after this plan {after} on \"{}\" have {}, and {limit} must: {}",
            facts.name,
            selector_words(of),
            rule.text
        );
        let product = &facts.account_plan.product;
        let diagnostic = broken(&RULE.code, product, name, constraint, message)
            .help("give it to somebody else first");
        let going = facts.after.going_words(of).into_iter();
        let diagnostic = going.fold(diagnostic, |it, note| it.note(note));
        let losing = facts.losses().next().and_then(|it| facts.line_at(it.step, it.address));
        sink.push(at(diagnostic, losing.or(facts.account.map(|it| it.span)), ""));
    }
}

/// Owned objects, in each group that there is.
fn check_objects(
    facts: &DesiredFacts<'_>,
    (name, constraint): (&Spanned<Word>, &Constraint),
    rule: &Count,
    sink: &mut Sink,
) {
    let Some(kind) = &rule.objects else {
        return;
    };
    let mut groups: BTreeMap<Option<String>, usize> = BTreeMap::new();
    if rule.per.is_none() {
        groups.insert(None, 0);
    }
    for (_, object, _) in facts.objects_of(&kind.value) {
        if let Some(group) = rule.group(facts.product, &kind.value, object) {
            *groups.entry(group).or_default() += 1;
        }
    }
    let limit = rule.limit as usize;
    for (group, found) in groups.into_iter().filter(|(_, it)| *it < limit) {
        let of_group = match (&rule.per, group) {
            (Some(field), Some(value)) => format!(" with the {} \"{value}\"", field.value),
            _ => String::new(),
        };
        let message = format!(
            "{found} {} of \"{}\"{of_group} have {}, and {limit} must: {}",
            kind.value,
            facts.name,
            fields_words(&rule.fields),
            rule.text
        );
        let diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message);
        let diagnostic = at(diagnostic, Some(facts.account.span), "");
        sink.push(at(diagnostic, Some(name.span), "the product's rule"));
    }
}
