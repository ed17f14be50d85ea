//! At most so many people may be something, where a product says so.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Severity, Sink};
use super::facts::{DesiredFacts, Holder, PlanFacts};
use super::moment::Moment;
use super::wording::{
    at, at_each, broken, fields_words, person, selector_lines, selector_words,
};
use super::{Check, Rule};
use crate::model::{Field, Kind};
use crate::plan::Step;
use crate::product::{Constraint, Count};
use crate::text::{Spanned, Word};

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
        let Some(of) = &rule.of else {
            check_objects(facts, (name, constraint), rule, sink);
            continue;
        };
        let is = |it: &&Holder<'_>| {
            facts.selects(of, it)
        };
        let found: Vec<_> = facts.people.iter().filter(is).collect();
        let limit = rule.limit as usize;
        if found.len() <= limit {
            continue;
        }
        let words = selector_words(of);
        let message = format!(
            "{} on \"{}\" have {words}, and {limit} may: {}",
            found.len(),
            facts.name,
            rule.text
        );
        let diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message);
        let lines = found.iter().map(|it| {
            let lines = selector_lines(facts, of, it);
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
        let Some(of) = &rule.of else {
            continue;
        };
        let limit = rule.limit as usize;
        let count = |at: &Moment<'_>| at.selected(of).count();
        let (before, after) = (count(&facts.before), count(&facts.after));
        if after <= limit || after <= before {
            continue;
        }
        let wanted = facts.wanted();
        if count(&wanted) > limit {
            continue;
        }
        let message = format!(
            "after this plan {after} on \"{}\" have {}, and {limit} may: {}",
            facts.name,
            selector_words(of),
            rule.text
        );
        let product = &facts.account_plan.product;
        let diagnostic = broken(&RULE.code, product, name, constraint, message);
        // Who has it already, and whom the plan gives it to.
        let is = |at: &Moment<'_>, step: &Step| {
            let who = step.address.subject();
            step.address.kind() == Kind::Access && who.is_some_and(|it| at.is_selected(of, it))
        };
        let gains =
            facts.steps.iter().filter(|step| is(&facts.after, step) && !is(&facts.before, step));
        let lines = gains.map(|step| {
            let who = step.address.subject().map(ToString::to_string).unwrap_or_default();
            (facts.line(step), format!("gives it to {who}"))
        });
        let diagnostic = at_each(diagnostic, lines);
        let others = facts.after.selected(of).filter(|it| facts.after.stays(it));
        let others = others.filter(|it| wanted.access(it).is_none());
        let others: Vec<_> = others.map(ToString::to_string).collect();
        let diagnostic = match others.as_slice() {
            [] => diagnostic,
            others => diagnostic.note(format!("no file names {}, who has it", others.join(", "))),
        };
        let help = match facts.after.going_words(of) {
            Some(_) => "give it to fewer here, or wait until the billing cycle ends",
            None => "take it from people whom no file names, or give it to fewer here",
        };
        let diagnostic = facts.after.going_words(of).into_iter().fold(diagnostic, |it, note| it.note(note));
        sink.push(diagnostic.help(help));
    }
}

/// Owned objects: those that the files name, where each value of the field that `per` names has a limit of its own.
fn check_objects(
    facts: &DesiredFacts<'_>,
    (name, constraint): (&Spanned<Word>, &Constraint),
    rule: &Count,
    sink: &mut Sink,
) {
    let Some(kind) = &rule.objects else {
        return;
    };
    let mut groups: BTreeMap<Option<String>, Vec<_>> = BTreeMap::new();
    for (object_name, object, entry) in facts.objects_of(&kind.value) {
        if let Some(group) = rule.group(facts.product, &kind.value, object) {
            groups.entry(group).or_default().push((object_name, entry));
        }
    }
    let limit = rule.limit as usize;
    for (group, found) in groups.into_iter().filter(|(_, it)| it.len() > limit) {
        let of_group = match (&rule.per, group) {
            (Some(field), Some(value)) => format!(" with the {} \"{value}\"", field.value),
            _ => String::new(),
        };
        let fields = fields_words(&rule.fields);
        let message = format!(
            "{} {} of \"{}\"{of_group} have {fields}, and {limit} may: {}",
            found.len(),
            kind.value,
            facts.name,
            rule.text
        );
        let diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message);
        let lines = found.iter().map(|(object, entry)| {
            let field = rule.fields.iter().next().map(|(name, _)| name.value.clone());
            let field = field.map_or(Field::Whole, Field::Object);
            (entry.origin(&field), object.to_string())
        });
        let diagnostic = at_each(diagnostic, lines)
            .help(format!("take it from {} of them", found.len() - limit));
        sink.push(at(diagnostic, Some(name.span), "the product's rule"));
    }
}
