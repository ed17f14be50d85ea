//! Something that an access must be as well, where a product says so.

use crate::diagnostic::{Code, Severity, Sink};
use super::facts::DesiredFacts;
use super::wording::{at, at_each, broken, person, selector_lines, selector_words};
use super::{Check, Rule};
use crate::product::Constraint;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE003",
        name: "requires",
        severity: Severity::Error,
        doc: r#"
### What it means
The product says that whoever is one thing must be another as well, and somebody's access is only the first.

### Why
The vendor refuses it, or takes it and gives the person less than the line seems to say.

### Example
```yaml bad
accounts:
  acme-support:
    product: respond-io
    teams:
      front: {members: [bob@acme.example]}
    access:
      ana@acme.example: {role: agent, options: {contact_visibility: team}}
      bob@acme.example: {role: agent}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
```
```yaml good
accounts:
  acme-support:
    product: respond-io
    teams:
      front: {members: [ana@acme.example, bob@acme.example]}
    access:
      ana@acme.example: {role: agent, options: {contact_visibility: team}}
      bob@acme.example: {role: agent}
users:
  ana@acme.example: {name: Ana}
  bob@acme.example: {name: Bob}
```

### What to do
Add what is missing, or take away what asks for it.
"#,
    },
    since: "0.1",
    check: Check::Desired(check),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::Requires(rule) = constraint else {
            continue;
        };
        // Who is in which team is only known where the account's teams are managed.
        let asks_for_teams = rule.b.in_team.is_some() || rule.b.leads_team.is_some();
        if asks_for_teams && !facts.account.manages_teams || !facts.can_select(&rule.b) {
            continue;
        }
        for holder in &facts.people {
            if !facts.selects(&rule.a, holder) || facts.selects(&rule.b, holder) {
                continue;
            }
            let message = format!("\"{}\" on \"{}\": {}", person(holder), facts.name, rule.text);
            let diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message);
            let diagnostic = at_each(diagnostic, selector_lines(facts, &rule.a, holder)).help(
                format!("{} needs {}", selector_words(&rule.a), selector_words(&rule.b)),
            );
            sink.push(at(diagnostic, Some(name.span), "the product's rule"));
        }
    }
}
