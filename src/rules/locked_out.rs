//! Login hours must leave somebody who administers the account a way in.
//!
//! # Design
//! An option of the type `hours` says when somebody may log in: the product language has no other use for it. The hours of
//! everybody who administers an account are laid over each other, by one clock. What no vendor documents is taken in the
//! plainest way: the clock is the account's own, the same for everybody, and the nights on which clocks are changed are nights
//! like any other.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use crate::model::{Access, Action, Address, Field, Kind, OptionName, Subject, Value, WeeklyHours};
use crate::product::{OptionKind, Product};
use super::facts::PlanFacts;
use super::moment::Moment;
use super::wording::at_each;
use super::{Check, Rule};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE018",
        name: "administrators-locked-out",
        severity: Severity::Error,
        doc: r#"
### What it means
After the plan nobody who administers the account can log in at all: the login hours of all of them are `never`. Where some of
them can, but none at some times of the week, this is a warning that names those times.

### Why
Whoever sets the hours can be the one whom they keep out. Outside of everybody's hours nobody can give them back, or help
somebody else, and where they are `never` only the vendor's support can.

### Example
```yaml bad
accounts:
  acme-books: {product: dailybiz, access: {dana@acme.example: {options: {admin: true}}}}
users:
  dana@acme.example: {}
---
accounts:
  acme-books: {product: dailybiz, access: {dana@acme.example: {options: {admin: true, login_hours: never}}}}
users:
  dana@acme.example: {}
```
```yaml good
accounts:
  acme-books:
    product: dailybiz
    access: {dana@acme.example: {options: {admin: true}}, eva@acme.example: {options: {admin: true}}}
users:
  dana@acme.example: {}
  eva@acme.example: {}
---
accounts:
  acme-books:
    product: dailybiz
    access:
      dana@acme.example: {options: {admin: true, login_hours: "Mon-Fri 08:00-19:00"}}
      eva@acme.example: {options: {admin: true}}
users:
  dana@acme.example: {}
  eva@acme.example: {}
```

### What to do
Leave one administrator without hours, or give them hours that fill the gap. A gap that is meant needs nothing: the plan
warns of it once. The hours are compared by the account's own clock; the nights on which clocks are changed are not looked at.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

/// The times of the week at which somebody who administers an account can log in, and how many can at some time.
struct Open {
    hours: WeeklyHours,
    people: usize,
}

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    let options: Vec<_> = limits(facts.product).collect();
    if facts.steps.is_empty() || options.is_empty() {
        return;
    }
    let is_invited = |subject: &Subject| {
        let creates = |address: &Address, action| {
            action == Action::Create
                && address.kind() == Kind::Access
                && address.subject() == Some(subject)
        };
        facts.product.invites() && { facts.steps.iter() }.any(|it| creates(&it.address, it.action))
    };
    let open = |at: &Moment<'_>| -> Open {
        let is_active = |it: &&Subject| facts.phase(it).is_none() && !is_invited(it);
        let people: Vec<_> = at.administrators().filter(is_active).collect();
        let never = || WeeklyHours::always().without(&WeeklyHours::always());
        let each = people.iter().filter_map(|it| Some(hours(facts.product, at.access(it)?, &options)));
        Open {
            hours: each.fold(never(), |all, one| all.or(&one)),
            people: people.len(),
        }
    };
    let after = open(&facts.after);
    // That nobody administers it is said by another rule.
    if after.people == 0 || after.hours == WeeklyHours::always() {
        return;
    }
    let before = open(&facts.before);
    let gap = WeeklyHours::always().without(&after.hours);
    if before.people > 0 && gap.and(&before.hours).is_never() {
        // It was like that before.
        return;
    }
    let name = facts.name.as_str();
    let lines = facts.steps.iter().flat_map(|step| {
        let sides = step.sides().filter_map(|side| Some((side.address, side.address.subject()?)));
        let limited = sides.filter(|(_, subject)| {
            let access = facts.after.access(subject);
            access.is_some_and(|it| {
                facts.product.administers(it) && hours(facts.product, it, &options) != WeeklyHours::always()
            })
        });
        limited.map(|(address, subject)| {
            let access = facts.after.access(subject);
            let shown = access.map(|it| hours(facts.product, it, &options));
            let said = options.iter().find_map(|option| {
                facts.desired.state.get(address)?.origin(&Field::Option(option.clone()))
            });
            let line = said.or_else(|| facts.line_at(step, address));
            (line, shown.map_or_else(String::new, |it| format!("{subject}: {it}")))
        })
    });
    let message = match after.hours.is_never() {
        true => format!("after this plan nobody who administers \"{name}\" can log in at any time"),
        false => format!("after this plan nobody who administers \"{name}\" can log in on {gap}"),
    };
    let mut diagnostic = at_each(Diagnostic::new(&RULE.code, message), lines);
    if !after.hours.is_never() {
        diagnostic.severity = Severity::Warning;
    }
    sink.push(
        diagnostic
            .note("hours are those of the account's own clock, which nobody tells, the same for everybody")
            .help("leave one administrator without hours, or give one hours that fill the gap"),
    );
}

/// The options that say when somebody may log in.
fn limits(product: &Product) -> impl Iterator<Item = OptionName> {
    let options = product.options.iter();
    let hours = options.filter(|(_, it)| it.r#type == OptionKind::Hours);
    hours.map(|(name, _)| OptionName::new(&name.value))
}

/// When somebody may log in: at the times that all their options leave.
fn hours(product: &Product, access: &Access, options: &[OptionName]) -> WeeklyHours {
    let of = |name: &OptionName| {
        let written = access.options.get(name);
        match written.or_else(|| product.option_default(name)) {
            Some(Value::Hours(hours)) => hours.clone(),
            // A default is a word of the definition, which was checked when it was read.
            Some(Value::Word(word)) => {
                WeeklyHours::parse(word).unwrap_or_else(|_| WeeklyHours::always())
            }
            _ => WeeklyHours::always(),
        }
    };
    { options.iter() }.fold(WeeklyHours::always(), |all, name| all.and(&of(name)))
}
