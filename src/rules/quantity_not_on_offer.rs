//! A quantity of seats that nobody can buy or cancel like that.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::{DesiredFacts, PlanFacts};
use super::wording::{at, units};
use super::{Check, Rule};
use crate::model::{Field, PoolName, Quantity, Resource, ResourceId};
use crate::product::{Cancels, OnePool, Scene, SoldIn};
use crate::text::Span;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "SEAT005",
        name: "quantity-not-on-offer",
        severity: Severity::Error,
        doc: r#"
### What it means
`seats:` asks for a quantity of a pool that the vendor does not sell or cancel like that: less than the least that it sells,
a number where whole lots are bought and cancelled, or lots where every unit is sold by itself.

### Why
The vendor would refuse the step, when others of the plan are done already.

### Example
```yaml bad
accounts:
  acme-meet:
    product: clickmeeting
    seats: {sub_accounts: 75}
    access: {olga@acme.example: {role: owner}}
users:
  olga@acme.example: {name: Olga}
```
```yaml good
accounts:
  acme-meet:
    product: clickmeeting
    seats: {sub_accounts: [{size: 50, count: 1}, {size: 25, count: 1}]}
    access: {olga@acme.example: {role: owner}}
users:
  olga@acme.example: {name: Olga}
```

### What to do
Write a quantity that is on offer; `seatplan show product NAME` says how a pool is sold.
"#,
    },
    since: "0.1",
    check: Check::Both(check, check_plan),
};

/// What is wrong with a quantity, and what to write instead.
struct Objection {
    message: String,
    help: String,
}

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (address, entry) in facts.desired.state.of_account(facts.name) {
        let (ResourceId::Seats(name), Resource::Seats(quantity)) =
            (&address.resource, &entry.resource)
        else {
            continue;
        };
        let one = facts.product.one_pool(name);
        let mut conditions = one.iter().flat_map(|it| &it.pool.capacity);
        let can_decide = conditions.all(|it| it.when.as_ref().is_none_or(|it| facts.can_decide(it)));
        let Some(one) = one.filter(|it| can_decide && is_sold(*it, &facts.scene)) else {
            continue;
        };
        let objection = below_minimum(one, quantity).or_else(|| wrong_form(one, quantity));
        if let Some(objection) = objection {
            let account = facts.name.as_str();
            sink.push(say(&objection, (name, account), entry.origin(&Field::Whole)));
        }
    }
}

/// Where a part of a lot can be cancelled, a number stands for what is left: less than there is now.
fn check_plan(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for step in &facts.steps {
        let (ResourceId::Seats(name), Some(Resource::Seats(after @ Quantity::Number(1..)))) =
            (&step.address.resource, &step.after)
        else {
            continue;
        };
        let now = match &step.before {
            Some(Resource::Seats(now)) => now.seats(),
            _ => 0,
        };
        let in_lots = |it: &OnePool<'_>| it.pool.sold_in == Some(SoldIn::Lots);
        if let Some(one) = facts.product.one_pool(name).filter(in_lots)
            && after.seats() >= now
        {
            let unit = &one.pool.unit;
            let objection = Objection {
                message: format!("{unit}s of the pool are bought in whole lots"),
                help: format!(
                    "write the lots, as `[{{size: 50, count: 2}}]`; a number says how many of {} are left",
                    units(now, unit)
                ),
            };
            let account = facts.name.as_str();
            sink.push(say(&objection, (name, account), facts.line(step)));
        }
    }
}

/// Whether anything is bought of a pool under the settings that the files want.
fn is_sold(one: OnePool<'_>, scene: &Scene<'_>) -> bool {
    scene.capacity(one).is_some_and(|it| it.purchased == Some(true))
}

fn below_minimum(one: OnePool<'_>, quantity: &Quantity) -> Option<Objection> {
    let minimum = u64::from(one.pool.minimum?);
    (quantity.seats() < minimum).then(|| Objection {
        message: format!(
            "at least {} must be bought, and {} are asked for",
            units(minimum, &one.pool.unit),
            quantity.seats()
        ),
        help: format!("write {minimum} or more, or the settings under which none are sold"),
    })
}

fn wrong_form(one: OnePool<'_>, quantity: &Quantity) -> Option<Objection> {
    let is_in_lots = one.pool.sold_in == Some(SoldIn::Lots);
    let unit = &one.pool.unit;
    match quantity {
        Quantity::Lots(_) if !is_in_lots => Some(Objection {
            message: format!("every {unit} is sold by itself, not in lots"),
            help: format!("write the number: {}", quantity.seats()),
        }),
        Quantity::Number(1..) if is_in_lots && one.pool.cancels != Some(Cancels::Any) => {
            Some(Objection {
                message: format!("{unit}s are bought and cancelled in whole lots"),
                help: "write the lots, as `[{size: 50, count: 2}]`, or 0 for none".to_owned(),
            })
        }
        _ => None,
    }
}

fn say(objection: &Objection, (pool, account): (&PoolName, &str), span: Option<Span>) -> Diagnostic {
    let message = format!(
        "the pool \"{pool}\" of \"{account}\" has no such quantity on offer: {}",
        objection.message
    );
    at(Diagnostic::new(&RULE.code, message), span, "").help(objection.help.clone())
}
