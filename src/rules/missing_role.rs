//! A role that is an object of the account must be there, and must not go while somebody has it.

use super::facts::PlanFacts;
use super::wording::at;
use super::{Check, Rule};
use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use crate::model::{Address, Field, ResourceId};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE017",
        name: "role-not-there",
        severity: Severity::Error,
        doc: r#"
### What it means
Somebody would have a role that the account does not own: nobody made it, it was deleted at the vendor, or this plan removes it
while somebody still has it.

### Why
The vendor refuses to give it; or whoever has it would lose what it allows, without a line that says so.

### Example
```yaml bad
accounts:
  acme-books:
    product: books
    access: {ana@acme.example: {}}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: many, owned_roles: roles}
    objects:
      roles: {fields: {comment: {type: text}}}
---
accounts:
  acme-books:
    product: books
    access: {ana@acme.example: {roles: [clerk]}}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: many, owned_roles: roles}
    objects:
      roles: {fields: {comment: {type: text}}}
```
```yaml good
accounts:
  acme-books:
    product: books
    access: {ana@acme.example: {}}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: many, owned_roles: roles}
    objects:
      roles: {fields: {comment: {type: text}}}
---
accounts:
  acme-books:
    product: books
    roles: {clerk: {}}
    access: {ana@acme.example: {roles: [clerk]}}
users:
  ana@acme.example: {name: Ana}
products:
  books:
    title: Books
    user: {identity: email, fold: case, roles: many, owned_roles: roles}
    objects:
      roles: {fields: {comment: {type: text}}}
```

### What to do
Write the role under the account, or give another one. To remove a role, take it from everybody first.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    let Some(kind) = &facts.product.user.owned_roles else {
        return;
    };
    let gaps = facts.observation.iter().flat_map(|it| &it.gaps);
    if facts.steps.is_empty() || gaps.into_iter().any(|it| it.hides_objects(&kind.value)) {
        return;
    }
    let owned = facts.after.scene.objects().get(kind.value.as_str());
    for (subject, access) in &facts.after.people {
        for role in &access.roles {
            let is_owned = owned.is_some_and(|it| it.contains_key(role.as_str()));
            // Whoever has a role that gets another name keeps it under that.
            let is_renamed = facts.steps.iter().any(|step| {
                let former = step.renamed_from.as_ref().map(|it| &it.resource);
                matches!(former, Some(ResourceId::Object { kind: of, name })
                    if kind.value == of.as_str() && name.as_str() == role.as_str())
            });
            if facts.product.role(role).is_some() || is_owned || is_renamed {
                continue;
            }
            let message = format!(
                "\"{}\" would have the role \"{role}\", which \"{}\" does not own",
                subject, facts.name
            );
            let address = Address::access(facts.name, subject);
            let desired = facts.desired.state.get(&address);
            let span = desired.and_then(|it| it.origin(&Field::Roles));
            let there = owned.into_iter().flatten().map(|(name, _)| name.as_str());
            let diagnostic = at(
                Diagnostic::new(&RULE.code, message),
                span.or(facts.account.map(|it| it.span)),
                "",
            );
            let near = crate::text::nearest(role, there);
            sink.push(match near {
                Some(near) => diagnostic.help(format!("did you mean \"{near}\"?")),
                None => diagnostic.help(format!(
                    "write it under \"{}:\" of the account, or give another one",
                    kind.value
                )),
            });
        }
    }
}
