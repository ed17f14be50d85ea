//! A pool that two products share and of which they do not say the same.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::DesiredFacts;
use super::wording::at;
use super::{Check, Rule};
use crate::product::{OnePool, Overflow};
use crate::text::Spanned;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "SEAT007",
        name: "shared-unlike",
        severity: Severity::Error,
        doc: r#"
### What it means
A sub-account shares a pool with an account above it (`shared: family`), and the definitions of their products do not say
the same of it: its units have another name, or something else happens when there are too few.

### Why
It is one pool, and what its own account's product says holds for everybody. Whoever reads the other definition would
believe in an invoice, or in a refusal, that never comes; and units of two sorts are hardly meant to be added up.

### Example
```yaml bad
accounts:
  acme-books:
    product: books
  acme-shop:
    product: shop
    parent: acme-books
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    pools:
      user: {unit: seat, shared: family, capacity: [{number: 9}], overflow: refuse}
  shop:
    title: Shop
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    pools:
      user: {unit: licence, shared: family, capacity: [{number: 9}], overflow: charge}
```
```yaml good
accounts:
  acme-books:
    product: books
  acme-shop:
    product: shop
    parent: acme-books
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    pools:
      user: {unit: seat, shared: family, capacity: [{number: 9}], overflow: refuse}
  shop:
    title: Shop
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    pools:
      user: {unit: seat, shared: family, capacity: [{number: 9}], overflow: refuse}
```

### What to do
Say the same in both definitions, or give the pools two names if they are two pools.
"#,
    },
    since: "0.1",
    check: Check::Desired(check),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    let accounts = &facts.desired.accounts;
    for one in facts.product.each_pool() {
        let head = facts.products.pool_head(accounts, facts.name, one.name);
        let Some(account) = accounts.get(head).filter(|_| head != facts.name) else {
            continue;
        };
        let product = facts.products.get(&account.product);
        let Some((product, there)) = product.and_then(|it| Some((it, it.one_pool(one.name)?))) else {
            continue;
        };
        let differs = if one.pool.unit != there.pool.unit {
            format!("a unit of it is a {} here and a {} there", one.pool.unit, there.pool.unit)
        } else if one.pool.overflow != there.pool.overflow {
            let here = word(one.pool.overflow);
            format!("`overflow: {here}` here and `{}` there", word(there.pool.overflow))
        } else {
            continue;
        };
        let message = format!(
            "\"{}\" shares the pool \"{}\" with \"{head}\", and their products do not say the same of it: {differs}",
            facts.name, one.name
        );
        let diagnostic = Diagnostic::new(&RULE.code, message);
        let diagnostic = at(diagnostic, Some(facts.account.span), "");
        let line = |it: &crate::product::Product, one: OnePool<'_>| {
            let mut names = it.pools.iter().filter(|(_, pool)| std::ptr::eq(*pool, one.pool));
            names.next().map(|(name, _): (&Spanned<_>, _)| name.span)
        };
        let diagnostic = at(diagnostic, line(facts.product, one), "here");
        let diagnostic = at(diagnostic, line(product, there), "there");
        sink.push(diagnostic.help("say the same in both definitions, or give the pools two names"));
    }
}

fn word(overflow: Overflow) -> &'static str {
    match overflow {
        Overflow::Refuse => "refuse",
        Overflow::Charge => "charge",
        Overflow::Warn => "warn",
    }
}
