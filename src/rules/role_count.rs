//! How many roles one person has, as the product says.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::DesiredFacts;
use super::wording::{at, at_each, person};
use super::{Check, Rule};
use crate::model::Field;
use crate::product::RolesPerUser;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE009",
        name: "role-count",
        severity: Severity::Error,
        doc: r#"
### What it means
The product gives everybody exactly one role (or at most one), and somebody's access has none or several.

### Why
An invitation without a role cannot be sent. Of two roles the vendor would take one, and nobody could say which.

### Example
```yaml bad
accounts:
  acme-support:
    product: respond-io
    access:
      ana@acme.example: {options: {contact_visibility: self}}
users:
  ana@acme.example: {name: Ana}
```
```yaml good
accounts:
  acme-support:
    product: respond-io
    access:
      ana@acme.example: {role: agent, options: {contact_visibility: self}}
users:
  ana@acme.example: {name: Ana}
```

### What to do
Write one `role:`. If two teams give the person one each, write the role under the user: it comes first. To give
nothing at all, write `none`.
"#,
    },
    since: "0.1",
    check: Check::Desired(check),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    let (least, most) = match facts.product.user.roles {
        RolesPerUser::One => (1, 1),
        RolesPerUser::Optional => (0, 1),
        RolesPerUser::Many => return,
    };
    let product = &facts.account.product;
    let known: Vec<_> = facts.product.roles.iter().map(|it| it.0.value.to_string()).collect();
    for holder in &facts.people {
        let count = holder.access.roles.len();
        if (least..=most).contains(&count) {
            continue;
        }
        let who = person(holder);
        let rules = facts.product.user.rules.join(", ");
        let diagnostic = if count == 0 {
            let message = format!("\"{who}\" has no role on \"{}\"", facts.name);
            let diagnostic = Diagnostic::new(&RULE.code, message)
                .help(format!("write `role:` with one of {}", known.join(", ")));
            at(diagnostic, holder.entry.origin(&Field::Whole), "")
        } else {
            let roles: Vec<_> = holder.access.roles.iter().map(|it| it.to_string()).collect();
            let message = format!(
                "\"{who}\" has {count} roles on \"{}\": \"{}\"",
                facts.name,
                roles.join("\", \"")
            );
            let origins = holder.entry.origins.iter();
            let lines = origins.filter(|it| it.field == Field::Roles);
            let diagnostic = Diagnostic::new(&RULE.code, message)
                .help("write the one `role:` under the user: the user's own entry comes first");
            at_each(diagnostic, lines.map(|it| (Some(it.span), "gives a role".to_owned())))
        };
        sink.push(diagnostic.note(match rules.is_empty() {
            true => format!("the product {product} takes one role per person"),
            false => format!("the product {product} takes one role per person ({rules})"),
        }));
    }
}
