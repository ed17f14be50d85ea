//! Something that only some subscription plans have, where a product says so.

use crate::diagnostic::{Code, Severity, Sink};
use super::facts::{DesiredFacts, PlanFacts};
use super::moment::Moment;
use super::wording::{at, at_each, broken, broken_for, person, selector_lines, selector_words};
use super::{Check, Rule};
use crate::model::{Address, Field, Kind, SettingName};
use crate::product::{Constraint, PlanGate, value_is};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "RULE007",
        name: "plan-gate",
        severity: Severity::Error,
        doc: r#"
### What it means
Somebody's access has something that the product only offers under certain settings of the account, its subscription
plan for instance, and the account has another one or does not say which.

### Why
The vendor does not show the switch under another plan, so the step could not be carried out at all. Nor can a plan be left
by an account where somebody still has it whom no file names, or who is cancelled and goes when the billing cycle ends.

### Example
```yaml bad
accounts:
  acme-support:
    product: respond-io
    settings: {plan: growth}
    access:
      ana@acme.example: {role: agent, options: {mask: [phone]}}
      mia@acme.example: {role: manager}
users:
  ana@acme.example: {name: Ana}
  mia@acme.example: {name: Mia}
```
```yaml good
accounts:
  acme-support:
    product: respond-io
    settings: {plan: advanced}
    access:
      ana@acme.example: {role: agent, options: {mask: [phone]}}
      mia@acme.example: {role: manager}
users:
  ana@acme.example: {name: Ana}
  mia@acme.example: {name: Mia}
```

### What to do
Write the setting as it is at the vendor (change the subscription first if need be), or take the option away.
"#,
    },
    since: "0.1",
    check: Check::Both(check, check_outcome),
};

/// Whether the settings have what a rule asks for.
fn is_open(rule: &PlanGate, at: &Moment<'_>) -> bool {
    let actual = at.scene.settings().get(rule.setting.value.as_str());
    actual.is_some_and(|it| rule.values.iter().any(|word| value_is(it, &word.value)))
}

/// The same over what a plan that changes the setting leaves behind: people whom the files do not want, and who are there.
fn check_outcome(facts: &PlanFacts<'_>, sink: &mut Sink) {
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::PlanGate(rule) = constraint else {
            continue;
        };
        if is_open(rule, &facts.after) || !is_open(rule, &facts.before) {
            continue;
        }
        let setting = &rule.setting.value;
        let address = Address::setting(facts.name, &SettingName::new(setting));
        let values: Vec<_> = rule.values.iter().map(|it| format!("\"{}\"", it.value)).collect();
        for left in facts.left_behind() {
            if !facts.after.is_selected(&rule.of, left.subject) {
                continue;
            }
            let of = (name, constraint);
            let diagnostic = broken_for(&left, &RULE.code, facts, of, &rule.text);
            let diagnostic = at(
                diagnostic,
                facts.line_of(&address).or(facts.account.map(|it| it.span)),
                format!("\"{setting}\" changes here"),
            );
            sink.push(diagnostic.help(format!(
                "{} needs {setting} to be {}: {}",
                selector_words(&rule.of),
                values.join(" or "),
                left.help
            )));
        }
    }
}

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (name, constraint) in facts.product.constraints.iter() {
        let Constraint::PlanGate(rule) = constraint else {
            continue;
        };
        let setting = &rule.setting.value;
        let actual = facts.scene.settings().get(setting.as_str());
        if actual.is_some_and(|it| rule.values.iter().any(|word| value_is(it, &word.value))) {
            continue;
        }
        let address = Address::setting(facts.name, &SettingName::new(setting));
        let written = facts.desired.state.get(&address);
        if written.is_none() && !facts.is_read(Kind::Setting) {
            continue;
        }
        let values: Vec<_> = rule.values.iter().map(|it| it.value.to_string()).collect();
        for holder in &facts.people {
            if !facts.selects(&rule.of, holder) {
                continue;
            }
            let message = format!("\"{}\" on \"{}\": {}", person(holder), facts.name, rule.text);
            let diagnostic = broken(&RULE.code, &facts.account.product, name, constraint, message);
            let diagnostic = at_each(diagnostic, selector_lines(facts, &rule.of, holder));
            let diagnostic = match (written, actual) {
                (Some(entry), Some(value)) => {
                    at(diagnostic, entry.origin(&Field::Whole), format!("{setting} is \"{value}\""))
                }
                (_, Some(value)) => {
                    at(diagnostic, Some(facts.account.span), format!("{setting} is \"{value}\""))
                }
                (_, None) => {
                    at(diagnostic, Some(facts.account.span), format!("{setting} is not written"))
                }
            };
            let settings = values.iter().map(|it| format!("`settings: {{{setting}: {it}}}`"));
            let settings: Vec<_> = settings.collect();
            let diagnostic = diagnostic.help(format!(
                "{} needs {}",
                selector_words(&rule.of),
                settings.join(" or ")
            ));
            sink.push(at(diagnostic, Some(name.span), "the product's rule"));
        }
    }
}
