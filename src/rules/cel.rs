//! What a product says with an expression, because nothing else can say it.

use super::facts::{DesiredFacts, PlanFacts};
use super::moment::Moment;
use super::wording::{at, broken, broken_for, person};
use super::{Check, Rule};
use crate::diagnostic::{Code, Severity, Sink};
use crate::model::{Field, Kind, Subject};
use crate::product::{CelRule, Constraint, LookedAt};
use crate::text::{Span, Spanned, Word};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE015",
        name: "expression-does-not-hold",
        severity: Severity::Error,
        doc: r#"
### What it means
A constraint of the product that is written as an expression does not hold for an account, an access or an owned object. As a
warning: it cannot be decided, because it asks for something that is not known.

### Why
The product's definition says it, in its own words; the message repeats them.

### Example
```yaml bad
accounts:
  acme-events:
    product: events
    access: {ana@acme.example: {role: multi}}
users:
  ana@acme.example: {name: Ana, private: true}
products:
  events:
    title: Events
    user: {identity: email, fold: case, roles: one}
    roles: {multi: {rank: 1}, owner: {rank: 2}}
    constraints:
      privacy:
        type: cel
        on: access
        must: '!(user.private && "multi" in access.roles)'
        text: whoever needs privacy must not share an account
```
```yaml good
accounts:
  acme-events:
    product: events
    access: {ana@acme.example: {role: multi}}
users:
  ana@acme.example: {name: Ana}
products:
  events:
    title: Events
    user: {identity: email, fold: case, roles: one}
    roles: {multi: {rank: 1}, owner: {rank: 2}}
    constraints:
      privacy:
        type: cel
        on: access
        must: '!(user.private && "multi" in access.roles)'
        text: whoever needs privacy must not share an account
```

### What to do
Change what the message shows so that the product's sentence holds.
"#,
    },
    since: "0.1",
    check: Check::Both(check, check_outcome),
};

/// The same of people whom the files do not want and who are there after a plan, where it held before and the plan breaks it.
fn check_outcome(facts: &PlanFacts<'_>, sink: &mut Sink) {
    // What they have does not change, only the account around them.
    let is_around = |kind| !matches!(kind, Kind::Access | Kind::Member);
    if !facts.steps.iter().any(|it| is_around(it.address.kind())) {
        return;
    }
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::Cel(rule) = constraint else {
            continue;
        };
        if rule.must.looks_at("actor") || rule.on.value != "access" {
            continue;
        }
        let fails = |at: &Moment<'_>, subject: &Subject| {
            at.access(subject).is_some_and(|access| {
                let looked_at = LookedAt::Access {
                    access,
                    standing: at.scene.standing(subject),
                    person: None,
                    state: facts.phase(subject).unwrap_or("active"),
                };
                at.scene.holds_for(&rule.must, looked_at) == Ok(false)
            })
        };
        for left in facts.left_behind() {
            if !fails(&facts.after, left.subject) || fails(&facts.before, left.subject) {
                continue;
            }
            let of = (name, constraint);
            let diagnostic = broken_for(&left, &RULE.code, facts, of, &rule.text);
            let diagnostic = at(diagnostic, facts.account.map(|it| it.span), "");
            let help = format!("it must hold: {}; {}", rule.must.as_str(), left.help);
            sink.push(diagnostic.help(help));
        }
    }
}

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::Cel(rule) = constraint else {
            continue;
        };
        // Whoever acts is known of the steps of a plan.
        if rule.must.looks_at("actor") || !facts.can_decide(&rule.must) {
            continue;
        }
        let mut one = |looked_at: LookedAt<'_>, span: Option<Span>, what: String| {
            report(facts, (name, constraint), rule, looked_at, (span, what), sink);
        };
        match rule.on.value.as_str() {
            "account" => one(
                LookedAt::Account,
                Some(facts.account.span),
                format!("\"{}\"", facts.name),
            ),
            "access" => {
                for holder in &facts.people {
                    let user = holder.entry.user.as_ref();
                    let person_of = user.and_then(|key| {
                        Some((key.as_str(), facts.desired.people.get(key)?))
                    });
                    let looked_at = LookedAt::Access {
                        access: holder.access,
                        standing: facts.scene.standing(holder.subject),
                        person: person_of,
                        state: "active",
                    };
                    let span = holder.entry.origin(&Field::Whole);
                    one(looked_at, span, format!("\"{}\" on \"{}\"", person(holder), facts.name));
                }
            }
            on => {
                let kind = on.strip_prefix("object:").unwrap_or_default();
                for (object_name, object, entry) in facts.objects_of(kind) {
                    let looked_at = LookedAt::Object {
                        kind,
                        name: object_name,
                        object,
                    };
                    let span = entry.origin(&Field::Whole);
                    let what = format!("\"{object_name}\" of the {kind} of \"{}\"", facts.name);
                    one(looked_at, span, what);
                }
            }
        }
    }
}

fn report(
    facts: &DesiredFacts<'_>,
    (name, constraint): (&Spanned<Word>, &Constraint),
    rule: &CelRule,
    looked_at: LookedAt<'_>,
    (span, what): (Option<Span>, String),
    sink: &mut Sink,
) {
    let message = match facts.scene.holds_for(&rule.must, looked_at) {
        Ok(true) => return,
        Ok(false) => format!("{what}: {}", rule.text),
        Err(why) => format!("{what}: it cannot be decided whether this holds: {}", rule.text)
            + &format!(" ({})", why.0),
    };
    let is_open = facts.scene.holds_for(&rule.must, looked_at).is_err();
    let mut diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message);
    if is_open {
        diagnostic.severity = Severity::Warning;
    }
    let diagnostic = at(diagnostic, span, "").help(format!("it must hold: {}", rule.must.as_str()));
    sink.push(at(diagnostic, Some(name.span), "the product's rule"));
}
