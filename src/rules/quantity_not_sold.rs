//! A quantity of seats where none are sold.

use crate::diagnostic::{Code, Diagnostic, Severity, Sink};
use super::facts::DesiredFacts;
use super::wording::at;
use super::{Check, Rule};
use crate::model::{Address, Field, Kind, ResourceId, SettingName};
use crate::product::PoolCapacity;
use crate::text::Word;

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
    for (address, entry) in facts.desired.state.of_kind(facts.name, Kind::Seats) {
        let ResourceId::Seats(name) = &address.resource else {
            continue;
        };
        let Some(one) = facts.product.one_pool(name) else {
            continue;
        };
        // A setting that is not written may be anything at the vendor; then the plan will tell.
        let conditions = || one.pool.capacity.iter().filter_map(|it| it.when.as_ref());
        let written = |setting: &str| {
            let address = Address::setting(facts.name, &SettingName::new(setting));
            facts.desired.state.get(&address)
        };
        let settings = facts.product.settings.iter().map(|(it, _)| &it.value);
        let asked: Vec<_> = settings
            .filter(|it| conditions().any(|when| when.asks_setting(it)))
            .collect();
        if asked.iter().any(|it| written(it).is_none()) {
            continue;
        }
        let capacity = facts.scene.capacity(one);
        let Some(capacity) = capacity.filter(|it| it.purchased != Some(true)) else {
            continue;
        };
        let message = format!(
            "{}s of the pool \"{name}\" of \"{}\" are not for sale: {}",
            one.pool.unit,
            facts.name,
            what_there_is(capacity)
        );
        let diagnostic = Diagnostic::new(&RULE.code, message);
        let mut diagnostic = at(diagnostic, entry.origin(&Field::Whole), "");
        let decides = |it: &&&Word| capacity.when.as_ref().is_some_and(|when| when.asks_setting(it));
        for setting in asked.iter().filter(decides) {
            let span = written(setting).and_then(|it| it.origin(&Field::Whole));
            diagnostic = at(diagnostic, span, "under this setting");
        }
        let sold = one.pool.capacity.iter().find(|it| it.purchased == Some(true));
        let sold = sold.and_then(|it| it.when.as_ref());
        sink.push(match sold {
            Some(sold) => diagnostic.help(format!(
                "take the quantity away; seats are sold where `{}`",
                sold.as_str()
            )),
            None => diagnostic.help("take the quantity away"),
        });
    }
}

fn what_there_is(capacity: &PoolCapacity) -> String {
    if capacity.unlimited == Some(true) {
        return "there is no limit".to_owned();
    }
    match (capacity.number, &capacity.setting, &capacity.people) {
        (Some(number), None, None) => format!("there are {number}"),
        (None, Some(setting), None) => {
            format!("the setting \"{}\" gives their number", setting.value)
        }
        (None, None, Some(_)) => "there are as many as there are people".to_owned(),
        _ => "the product says how many there are".to_owned(),
    }
}
