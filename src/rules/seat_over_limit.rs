//! More seats are asked for than there are.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::{asking, at, at_askers, with_proof};
use super::{Check, Rule};
use crate::model::{Address, Field};
use crate::plan::Refusal;
use crate::product::SoldIn;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "SEAT001",
        name: "seat-over-limit",
        severity: Severity::Error,
        doc: r#"
### What it means
After the plan more units of a pool would be used than are bought, and the vendor refuses the one too many. The note
gives the arithmetic: what is bought, what is used now, what the plan frees and takes, and what is used after it.

### Why
The plan would stop half way, with whoever came last left out. Whether that is the person who can wait is not for the
order of some lines to decide.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    settings: {plan: team}
    seats: {member: 2}
    access: {ana: {role: admin}, bob: {role: member}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
---
accounts:
  acme-code:
    product: github-organization
    settings: {plan: team}
    seats: {member: 2}
    access: {ana: {role: admin}, bob: {role: member}, cleo: {role: member}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    settings: {plan: team}
    seats: {member: 2}
    access: {ana: {role: admin}, bob: {role: member}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
---
accounts:
  acme-code:
    product: github-organization
    settings: {plan: team}
    seats: {member: 2}
    access: {ana: {role: admin}, bob: none, cleo: {role: member}}
users:
  ana: {logins: {github: ana}}
  bob: {logins: {github: bob}}
  cleo: {logins: {github: cleo}}
```

### What to do
Raise the quantity under `seats:` by as many as are missing (the plan buys before it grants), or take as many people
away as the message says. Where every object takes a batch of its own size, each size counts by itself: a large batch that
is free is no room for two small ones. It names as few as can be, the last in line first. In line come the higher `priority` of an
access, then the earlier `from`, then the user's key; the order of files never counts. Freeing a seat and taking it in the
same plan is fine: the order sees to it.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

/// The most people that the help names.
const NAMES_MAX: usize = 8;

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for refusal in &facts.plan.refusals {
        let Refusal::Seats {
            account,
            proof,
            missing,
            askers,
            waiting,
            smallest,
            ..
        } = refusal
        else {
            continue;
        };
        if account != facts.name {
            continue;
        }
        let unit = &proof.unit;
        let lacks = proof.lacks(*missing);
        let message = format!("\"{account}\" is {lacks} of the pool \"{}\" short", proof.pool);
        let diagnostic = at_askers(Diagnostic::new(&RULE.code, message), facts, askers, unit);
        let seats = Address::seats(account, &proof.pool);
        let quantity = facts.desired.state.get(&seats);
        let pool = facts.product.one_pool(&proof.pool);
        let capacity = pool.and_then(|pool| facts.after.scene.capacity(pool));
        let is_sold = capacity.is_some_and(|it| it.purchased == Some(true));
        let diagnostic = match quantity {
            Some(entry) => at(
                diagnostic,
                entry.origin(&Field::Whole),
                "the quantity that is asked for",
            ),
            None if is_sold => {
                at(diagnostic, facts.account.map(|it| it.span), "no quantity is written here")
            }
            None => diagnostic,
        };
        let in_lots = pool.is_some_and(|it| it.pool.sold_in == Some(SoldIn::Lots));
        let buy = match is_sold {
            true if !proof.lots.is_empty() => {
                format!("write {lacks} more under `seats: {}`, or ", proof.pool)
            }
            true if in_lots => {
                format!("write more lots under `seats: {}` to have {missing} more, or ", proof.pool)
            }
            true if proof.taken == 0 => {
                format!("write `seats: {{{}: {}}}` to keep what is used, or ", proof.pool, proof.after)
            }
            true => format!(
                "write `seats: {{{}: {}}}` to buy {missing} more, or ",
                proof.pool, proof.after
            ),
            false => String::new(),
        };
        let who = waiting.iter().take(NAMES_MAX);
        let who: Vec<_> = who.map(|it| asking(facts, &it.address).1).collect();
        let perhaps = if *smallest { "" } else { " (fewer might do)" };
        let is_last = askers.iter().zip(waiting).all(|(asker, it)| asker.address == it.address);
        let is_last = is_last && waiting.len() < askers.len();
        let last = if is_last { ", the last in line" } else { "" };
        let leave = match who.as_slice() {
            [] => "take access away from somebody".to_owned(),
            all if all.len() == waiting.len() => format!("leave out {}{last}{perhaps}", all.join(", ")),
            _ => format!("leave out the last {} in line{perhaps}", waiting.len()),
        };
        sink.push(with_proof(diagnostic.help(format!("{buy}{leave}")), proof));
    }
}
