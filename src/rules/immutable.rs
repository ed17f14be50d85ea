//! An option or setting that cannot be changed once it is set, where a product says so.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::PlanFacts;
use super::wording::{at, broken};
use super::{Check, Rule};
use crate::model::{Action, Field, ResourceId};
use crate::product::Constraint;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE012",
        name: "immutable",
        severity: Severity::Error,
        doc: r#"
### What it means
A plan changes an option or a setting that the product lets nobody change once it is set.

### Why
The vendor has no such operation, so the plan could not be carried out.

### Example
```yaml bad
accounts:
  acme-rooms: {product: rooms, settings: {region: eu}}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    settings:
      region: {type: enum, values: [eu, us], source: api}
    constraints:
      region-stays: {type: immutable, settings: [region], text: the region is chosen once}
---
accounts:
  acme-rooms: {product: rooms, settings: {region: us}}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    settings:
      region: {type: enum, values: [eu, us], source: api}
    constraints:
      region-stays: {type: immutable, settings: [region], text: the region is chosen once}
```
```yaml good
accounts:
  acme-rooms: {product: rooms, settings: {region: eu}}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    settings:
      region: {type: enum, values: [eu, us], source: api}
    constraints:
      region-stays: {type: immutable, settings: [region], text: the region is chosen once}
---
accounts:
  acme-rooms: {product: rooms, settings: {region: eu}}
products:
  rooms:
    title: Rooms
    user: {identity: email, fold: case, roles: one}
    settings:
      region: {type: enum, values: [eu, us], source: api}
    constraints:
      region-stays: {type: immutable, settings: [region], text: the region is chosen once}
```

### What to do
Write the value that is there. If another one is needed, a new account or a new access is the only way at most
vendors.
"#,
    },
    since: "0.1",
    check: Check::Plan(check),
};

fn check(facts: &PlanFacts<'_>, sink: &mut Sink) {
    check_fields(facts, sink);
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::Immutable(rule) = constraint else {
            continue;
        };
        for step in facts.steps.iter().filter(|step| step.action == Action::Update) {
            let others = step.other.iter().flat_map(|it| &it.differences);
            let changed = step.differences.iter().chain(others);
            let changed = changed.filter(|it| it.before.is_some());
            let mut fixed = changed.filter_map(|it| match (&step.address.resource, &it.field) {
                (ResourceId::Setting(setting), Field::Whole) => {
                    let mut settings = rule.settings.iter();
                    let is = settings.any(|it| it.value == setting.as_str());
                    is.then_some((setting.as_str(), it))
                }
                (_, Field::Option(option)) => {
                    let mut options = rule.options.iter();
                    let is = options.any(|it| it.value == option.as_str());
                    is.then_some((option.as_str(), it))
                }
                _ => None,
            });
            let Some((what, difference)) = fixed.next() else {
                continue;
            };
            let before = difference.before.as_deref().unwrap_or_default();
            let message = format!(
                "\"{what}\" of {} cannot be changed from \"{before}\": {}",
                step.address, rule.text
            );
            let product = &facts.account_plan.product;
            let diagnostic = broken(&RULE.code, product, name, constraint, message)
                .help(format!("write \"{before}\" again"));
            sink.push(at(diagnostic, facts.line(step), ""));
        }
    }
}

/// Fields of owned objects that the product says cannot be changed.
fn check_fields(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for step in facts.steps.iter().filter(|step| step.action == Action::Update) {
        let ResourceId::Object { kind, name } = &step.address.resource else {
            continue;
        };
        let Some(rules) = facts.product.objects.get(kind) else {
            continue;
        };
        for difference in step.differences.iter().filter(|it| it.before.is_some()) {
            let Field::Object(field) = &difference.field else {
                continue;
            };
            let rule = rules.fields.get(field);
            if rule.is_none_or(|it| it.immutable != Some(true)) {
                continue;
            }
            let before = difference.before.as_deref().unwrap_or_default();
            let message = format!(
                "\"{field}\" of \"{name}\" cannot be changed from \"{before}\" once it is there"
            );
            let diagnostic = Diagnostic::new(&RULE.code, message);
            let diagnostic = at(diagnostic, facts.line(step), "");
            sink.push(diagnostic.help(format!(
                "write \"{before}\" again, or give what you want another name"
            )));
        }
    }
}
