//! An add-on is only for people who have what it rests on.

use super::facts::DesiredFacts;
use super::wording::{at, person, selector_words};
use super::{Check, Rule};
use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use crate::model::{Field, Grant};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE016",
        name: "grant-without-its-base",
        severity: Severity::Error,
        doc: r#"
### What it means
Somebody is given an add-on that the product gives only to people who have something else: a role, a license.

### Why
The vendor's screen does not offer it to anybody else; there are no users of an add-on alone.

### Example
```yaml bad
accounts:
  acme-crm:
    product: crm
    access: {ana@acme.example: {grants: {meetings: access}}}
users:
  ana@acme.example: {name: Ana}
products:
  crm:
    title: CRM
    user: {identity: email, fold: case, roles: optional}
    roles: {member: {rank: 1}}
    grants:
      meetings: {requires: {has_role: true}}
```
```yaml good
accounts:
  acme-crm:
    product: crm
    access: {ana@acme.example: {role: member, grants: {meetings: access}}}
users:
  ana@acme.example: {name: Ana}
products:
  crm:
    title: CRM
    user: {identity: email, fold: case, roles: optional}
    roles: {member: {rank: 1}}
    grants:
      meetings: {requires: {has_role: true}}
```

### What to do
Give the person what the add-on rests on, or take the line of the add-on away.
"#,
    },
    since: "0.1",
    check: Check::Desired(check),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (name, rule) in facts.product.grants.iter() {
        let Some(requires) = rule.requires.as_ref().filter(|it| facts.can_select(it)) else {
            continue;
        };
        for holder in &facts.people {
            let written = holder.access.grants.get(name.value.as_str());
            if written != Some(&Grant::Access) || facts.selects(requires, holder) {
                continue;
            }
            let needs = selector_words(requires);
            let message = format!(
                "\"{}\" on \"{}\" cannot have \"{}\": it needs {needs}",
                person(holder),
                facts.name,
                name.value
            );
            let field = Field::Grant(name.value.as_str().into());
            let rules = match rule.rules.as_slice() {
                [] => String::new(),
                rules => format!(" ({})", rules.join(", ")),
            };
            let diagnostic = at(
                Diagnostic::new(&RULE.code, message),
                holder.entry.origin(&field),
                "given here",
            );
            sink.push(diagnostic.help(format!("give {needs}, or take the grant away")).note(
                format!(
                    "grant \"{}\" of the product {}{rules}",
                    name.value, facts.account.product
                ),
            ));
        }
    }
}
