//! A quantity of seats where none are sold.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::DesiredFacts;
use super::wording::at;
use super::{Check, Rule};
use crate::model::{Address, Field, ResourceId, SettingName};
use crate::product::PoolCapacity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: Code {
        id: "SEAT003",
        name: "quantity-not-sold",
        severity: Severity::Error,
        doc: r#"
### What it means
`seats:` asks for a quantity of a pool that cannot be bought under the settings of the account: its plan has no seats,
or a fixed number of them.

### Why
The line would have no effect, and whoever reads it would believe in a limit, or in a bill, that does not exist.

### Example
```yaml bad
accounts:
  acme-code:
    product: github-organization
    settings: {plan: free}
    seats: {member: 5}
```
```yaml good
accounts:
  acme-code:
    product: github-organization
    settings: {plan: team}
    seats: {member: 5}
```

### What to do
Take the quantity away, or write the settings under which the vendor sells seats.
"#,
    },
    since: "0.1",
    check: Check::Desired(check),
};

fn check(facts: &DesiredFacts<'_>, sink: &mut Sink) {
    for (address, entry) in facts.desired.state.of_account(facts.name) {
        let ResourceId::Seats(name) = &address.resource else {
            continue;
        };
        let Some(pool) = facts.product.pools.get(name) else {
            continue;
        };
        // A setting that is not written may be anything at the vendor; then the plan will tell.
        let conditions = pool.capacity.iter().filter_map(|it| it.when.as_ref());
        let mut settings = conditions.flat_map(|when| when.settings.iter());
        let is_written = |setting: &str| {
            let address = Address::setting(facts.name, &SettingName::new(setting));
            facts.desired.state.get(&address).is_some()
        };
        if !settings.all(|(setting, _)| is_written(&setting.value)) {
            continue;
        }
        let capacity = facts.product.capacity(pool, &facts.settings);
        let Some(capacity) = capacity.filter(|it| it.purchased != Some(true)) else {
            continue;
        };
        let message = format!(
            "{}s of the pool \"{name}\" of \"{}\" are not for sale: {}",
            pool.unit,
            facts.name,
            what_there_is(capacity)
        );
        let diagnostic = Diagnostic::new(&RULE.code, message);
        let mut diagnostic = at(diagnostic, entry.origin(&Field::Whole), "");
        let when = capacity.when.iter().flat_map(|it| it.settings.iter());
        for (setting, _) in when {
            let address = Address::setting(facts.name, &SettingName::new(&setting.value));
            let written = facts.desired.state.get(&address);
            let span = written.and_then(|it| it.origin(&Field::Whole));
            diagnostic = at(diagnostic, span, "under this setting");
        }
        let sold = pool.capacity.iter().find(|it| it.purchased == Some(true));
        let sold = sold.and_then(|it| it.when.as_ref()).map(|when| {
            let settings = when.settings.iter().map(|(setting, values)| {
                let values: Vec<_> = values.0.iter().map(|it| it.value.to_string()).collect();
                format!("{}: {}", setting.value, values.join(" or "))
            });
            settings.collect::<Vec<_>>().join(", ")
        });
        sink.push(match sold {
            Some(sold) => diagnostic.help(format!(
                "take the quantity away; seats are sold under `{{{sold}}}`"
            )),
            None => diagnostic.help("take the quantity away"),
        });
    }
}

fn what_there_is(capacity: &PoolCapacity) -> String {
    match (capacity.number, &capacity.setting) {
        (Some(number), _) => format!("there are {number}"),
        (None, Some(setting)) => format!("the setting \"{}\" gives their number", setting.value),
        (None, None) => "there is no limit".to_owned(),
    }
}
