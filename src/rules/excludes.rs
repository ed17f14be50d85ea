//! Two things that no access may be at once, where a product says so.

use crate::diagnostic::{Code, Severity, Sink};
use super::facts::DesiredFacts;
use super::wording::{at, at_each, broken, person, selector_lines, selector_remedy};
use super::{Check, Rule};
use crate::product::Constraint;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE002",
        name: "excludes",
        severity: Severity::Error,
        doc: r#"
### What it means
The product says that two things exclude each other, and one person's access on one account is both.

### Why
The vendor refuses the combination, or takes it and lets one of the two silently have no effect. What a reviewer
approved would then not be what people have.

### Example
```yaml bad
accounts:
  acme-books:
    product: books
    access:
      ana@acme.example: {role: clerk, options: {limited_crm: true, limited_deals: true}}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    options:
      limited_crm: {type: switch, default: false}
      limited_deals: {type: switch, default: false}
    constraints:
      crm-or-deals:
        type: excludes
        a: {options: {limited_crm: any}}
        b: {options: {limited_deals: any}}
        text: with both, the limit on deals has no effect
```
```yaml good
accounts:
  acme-books:
    product: books
    access:
      ana@acme.example: {role: clerk, options: {limited_crm: true}}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: one}
    roles:
      clerk: {rank: 1}
    options:
      limited_crm: {type: switch, default: false}
      limited_deals: {type: switch, default: false}
    constraints:
      crm-or-deals:
        type: excludes
        a: {options: {limited_crm: any}}
        b: {options: {limited_deals: any}}
        text: with both, the limit on deals has no effect
```

### What to do
Keep one of the two lines that the message points at. If they come from different places (a bundle and a team, say),
write the field under the user: the user's own entry comes first.
"#,
    },
    since: "0.1",
    check: Check::Desired(check),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::Excludes(rule) = constraint else {
            continue;
        };
        for holder in &facts.people {
            if !facts.selects(&rule.a, holder) || !facts.selects(&rule.b, holder) {
                continue;
            }
            let message = format!("\"{}\" on \"{}\": {}", person(holder), facts.name, rule.text);
            let diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message);
            // The second side first: a constraint reads "a excludes b", and b is what somebody wrote too much.
            let mut lines = selector_lines(facts, &rule.b, holder);
            lines.extend(selector_lines(facts, &rule.a, holder));
            let diagnostic = at_each(diagnostic, lines).help(format!(
                "{}, or {}",
                selector_remedy(facts, &rule.b, holder),
                selector_remedy(facts, &rule.a, holder)
            ));
            sink.push(at(diagnostic, Some(name.span), "the product's rule"));
        }
    }
}
