//! An option that somebody with such a role cannot have.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::{DesiredFacts, Holder};
use super::wording::{at, line, person};
use super::{Check, Rule};
use crate::model::Field;
use crate::product::Constraint;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE001",
        name: "option-not-for-role",
        severity: Severity::Error,
        doc: r#"
### What it means
An access sets an option that the product only has for other roles.

### Why
The vendor's screen does not have the switch for such a person: the step could not be carried out, and the restriction
that the line promises would not exist.

### Example
```yaml bad
accounts:
  acme-support:
    product: respond-io
    access:
      ana@acme.example: {role: manager, options: {contact_visibility: self}}
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
Give the role that the option is for, or take the option away. If it comes from a bundle or a team, write the option
with its default under the user.
"#,
    },
    since: "0.1",
    check: Check::Desired(check),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    // Somebody without any role has another problem first.
    for holder in facts.people.iter().filter(|it| !it.access.roles.is_empty()) {
        for (option, value) in holder.access.options.iter() {
            let Some(rule) = facts.product.options.get(option) else {
                continue;
            };
            let allowed = |role: &str| rule.roles.iter().any(|it| it.value == role);
            let is_for = rule.roles.is_empty() || holder.access.roles.iter().any(|it| allowed(it));
            let is_set = facts.product.option_is_set(holder.access, option);
            if is_for || !is_set || is_excluded(facts, holder) {
                continue;
            }
            let roles: Vec<_> = rule.roles.iter().map(|it| it.value.to_string()).collect();
            let roles = roles.join(" and ");
            let message = format!(
                "\"{}\" on \"{}\" cannot have \"{option}\": it is for {roles} only",
                person(holder),
                facts.name
            );
            let field = Field::Option(option.clone());
            let own: Vec<_> = holder.access.roles.iter().map(|it| it.to_string()).collect();
            let diagnostic = Diagnostic::new(&RULE.code, message);
            let diagnostic = at(diagnostic, line(holder.entry, &field), format!("set to {value}"));
            let diagnostic = at(
                diagnostic,
                line(holder.entry, &Field::Roles),
                format!("has the role \"{}\"", own.join("\", \"")),
            );
            let rules = match rule.rules.as_slice() {
                [] => String::new(),
                rules => format!(" ({})", rules.join(", ")),
            };
            sink.push(
                diagnostic
                    .help(format!("take \"{option}\" away, or give the role {roles}"))
                    .note(format!(
                        "option \"{option}\" of the product {}{rules}",
                        facts.account.product
                    )),
            );
        }
    }
}

/// Whether a constraint of type `excludes` says the same with the product's own words; one message is enough.
fn is_excluded(facts: &DesiredFacts<'_>, holder: &Holder<'_>) -> bool {
    let mut constraints = facts.product.constraints.iter();
    constraints.any(|(_, constraint)| match constraint {
        Constraint::Excludes(rule) => {
            rule.a.role.is_some()
                && facts.selects(&rule.a, holder)
                && facts.selects(&rule.b, holder)
        }
        _ => false,
    })
}
