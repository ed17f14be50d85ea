//! A quantity of a pool that belongs to another account.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::DesiredFacts;
use super::wording::at;
use super::{Check, Rule};
use crate::model::{Address, Field, PoolName};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "SEAT006",
        name: "shared-pool",
        severity: Severity::Error,
        doc: r#"
### What it means
`seats:` of a sub-account asks for a quantity of a pool that is shared in the family (`shared: family` in the product
definition). Such a pool belongs to the topmost account whose product shares it, and units are bought there.

### Why
The vendor sells nothing to the sub-account. Two quantities for one pool would contradict each other, and the smaller would
look like a limit for the sub-account that does not exist.

### Example
```yaml bad
accounts:
  acme-books:
    product: books
    seats: {user: 5}
  acme-books-south:
    product: books
    parent: acme-books
    seats: {user: 2}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    pools:
      user: {unit: seat, shared: family, capacity: [{purchased: true}], overflow: refuse}
```
```yaml good
accounts:
  acme-books:
    product: books
    seats: {user: 7}
  acme-books-south:
    product: books
    parent: acme-books
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    pools:
      user: {unit: seat, shared: family, capacity: [{purchased: true}], overflow: refuse}
```

### What to do
Write the quantity for everybody at the account that the message names, and take it away here.
"#,
    },
    since: "0.1",
    check: Check::Desired(check),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for one in facts.product.each_pool() {
        let accounts = &facts.desired.accounts;
        let head = facts.products.pool_head(accounts, facts.name, one.name);
        if head == facts.name {
            continue;
        }
        let pool = PoolName::new(one.name);
        let line = |of: &_| {
            let entry = facts.desired.state.get(&Address::seats(of, &pool));
            let today = entry.and_then(|it| it.origin(&Field::Whole));
            let later = || accounts.get(of)?.later_seats.get(&pool).map(|it| it.span);
            today.or_else(later)
        };
        let Some(span) = line(facts.name) else {
            continue;
        };
        let message = format!(
            "the pool \"{pool}\" of \"{}\" is that of \"{head}\", where its {}s are bought",
            facts.name, one.pool.unit
        );
        let diagnostic = Diagnostic::new(&RULE.code, message).at(span, "nothing is bought here");
        let there = line(head);
        let diagnostic = match there {
            Some(_) => at(diagnostic, there, "what everybody shares is bought here"),
            None => {
                let account = accounts.get(head).map(|it| it.span);
                at(diagnostic, account, "no quantity is written here")
            }
        };
        sink.push(diagnostic.help(format!(
            "take the quantity away, and write what all of them need together under `seats:` of \"{head}\""
        )));
    }
}
