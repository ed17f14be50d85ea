//! What one person is on an account, and what holds for one person alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::definition::{Constraint, Definition, Selector, Typed, denies};
use super::problem::Problem;
use crate::model::WeeklyHours;
use crate::product::{OptionKind, RolesPerUser};

/// What one person has on an account, as it is stored and sent: roles sorted, options that equal the default left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Access {
    #[serde(default)]
    pub(super) roles: Vec<String>,
    #[serde(default)]
    pub(super) options: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) grants: BTreeMap<String, String>,
}

/// A person with everything that rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) access: Access,
    /// The life-cycle state, if it is not "active".
    pub(super) phase: Option<String>,
    pub(super) standing: Standing,
    /// What the account around them makes of it.
    pub(super) around: Around,
}

/// What settings and owned objects make of an access.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// What the person has of each grant, written or by default.
    pub(super) grants: BTreeMap<String, String>,
    /// The fields of each role that is an owned object.
    pub(super) roles: Vec<BTreeMap<String, Value>>,
}

/// What a person is in the account's teams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// In one at least.
    pub(super) in_team: bool,
    /// Leading one at least.
    pub(super) leads_team: bool,
}

impl Access {
    /// The same access in the one form that it is stored in. Nothing is refused here.
    pub(super) fn canonical(mut self, definition: &Definition) -> Self {
        self.roles.sort_unstable();
        self.roles.dedup();
        self.options = self
            .options
            .into_iter()
            .map(|(name, value)| match definition.options.get(&name) {
                Some(rule) => (name, rule.read(&value).unwrap_or(value)),
                None => (name, value),
            })
            .filter(|(name, value)| {
                let rule = definition.options.get(name);
                rule.is_none_or(|rule| rule.default().as_ref() != Some(value))
            })
            .collect();
        self
    }

    /// Whether an option is at another value than its default; a set of nothing restricts nothing. The access must be
    /// canonical.
    pub(super) fn is_set(&self, option: &str) -> bool {
        let value = self.options.get(option);
        value.is_some_and(|it| it.as_array().is_none_or(|words| !words.is_empty()))
    }

    /// Refuses roles, options and grants that the product does not have, and values that are not of their type.
    ///
    /// `self` must be canonical.
    pub(super) fn check(
        &self,
        definition: &Definition,
        objects: &super::objects::Objects,
    ) -> Result<(), Problem> {
        let kind = definition.user.owned_roles.as_ref();
        let is_owned = |role: &String| {
            kind.is_some_and(|kind| objects.contains_key(&(kind.clone(), role.clone())))
        };
        for role in &self.roles {
            if !definition.roles.contains_key(role) && !is_owned(role) {
                return Err(Problem::rule(
                    "unknown_role",
                    format!("the product has no role \"{role}\""),
                ));
            }
        }
        let wrong_number = match (definition.user.roles, self.roles.len()) {
            (RolesPerUser::One, 1) | (RolesPerUser::Optional, 0 | 1) | (RolesPerUser::Many, _) => {
                None
            }
            (RolesPerUser::One, count) => Some(("exactly one role", count)),
            (RolesPerUser::Optional, count) => Some(("at most one role", count)),
        };
        if let Some((wanted, count)) = wrong_number {
            return Err(Problem::rule(
                "number_of_roles",
                format!("a person has {wanted} here, not {count}"),
            ));
        }
        for (name, value) in &self.options {
            let rule = definition.options.get(name).ok_or_else(|| {
                Problem::rule(
                    "unknown_option",
                    format!("the product has no option \"{name}\""),
                )
            })?;
            if let Err(why) = rule.read(value) {
                return Err(Problem::rule(
                    "wrong_value",
                    format!("option \"{name}\": {why}"),
                ));
            }
            if !rule.roles.is_empty() && !self.roles.iter().any(|role| rule.roles.contains(role)) {
                return Err(Problem::rule(
                    "option_not_for_role",
                    format!("option \"{name}\" is only for {}", rule.roles.join(", ")),
                ));
            }
        }
        for (name, value) in &self.grants {
            if !definition.grants.contains_key(name) {
                let detail = format!("the product has no add-on \"{name}\"");
                return Err(Problem::rule("unknown_grant", detail));
            }
            if !matches!(value.as_str(), "access" | "none") {
                let detail = format!("add-on \"{name}\": expected access or none, found {value}");
                return Err(Problem::rule("wrong_value", detail));
            }
        }
        Ok(())
    }
}

impl Typed {
    /// The default in the one form that values are stored in.
    pub(super) fn default(&self) -> Option<Value> {
        let default = self.default.as_ref()?;
        self.read(default).ok()
    }

    /// The value in the one form that it is stored in, or a phrase that says why it is not of the type.
    pub(super) fn read(&self, value: &Value) -> Result<Value, String> {
        let wrong = |wanted: &str| Err(format!("expected {wanted}, found {value}"));
        let known = |word: &str| self.values.iter().any(|it| it == word);
        match self.r#type {
            OptionKind::Switch if value.is_boolean() => Ok(value.clone()),
            OptionKind::Switch => wrong("true or false"),
            OptionKind::Count => match value.as_u64() {
                Some(count) if count <= u64::from(u32::MAX) => Ok(value.clone()),
                _ => wrong("a whole number"),
            },
            OptionKind::Enum => match value.as_str() {
                Some(word) if known(word) => Ok(value.clone()),
                _ => wrong(&format!("one of {}", self.values.join(", "))),
            },
            OptionKind::Set => {
                let words = value
                    .as_array()
                    .map(|words| words.iter().map(Value::as_str));
                let words: Option<Vec<&str>> = words.and_then(Iterator::collect);
                match words {
                    Some(mut words) if words.iter().all(|word| known(word)) => {
                        words.sort_unstable();
                        words.dedup();
                        Ok(Value::from(words))
                    }
                    _ => wrong(&format!("a list of {}", self.values.join(", "))),
                }
            }
            OptionKind::Text | OptionKind::User => match value.as_str() {
                Some(text) if !text.is_empty() => Ok(value.clone()),
                _ => wrong("text"),
            },
            OptionKind::Hours => match value.as_str().map(WeeklyHours::parse) {
                Some(Ok(hours)) => Ok(Value::from(hours.to_string())),
                Some(Err(why)) => Err(why),
                None => wrong("weekly hours"),
            },
        }
    }
}

/// The words by which selectors and conditions name a value; a set has one for each element.
pub(super) fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        Value::Array(items) => items.iter().flat_map(words).collect(),
        other => vec![other.to_string()],
    }
}

impl Selector {
    /// Whether the person is one of those meant.
    pub(super) fn selects(&self, definition: &Definition, person: &Person) -> bool {
        self.selects_for(definition, person, None)
    }

    /// The same, where `each` stands for a word.
    pub(super) fn selects_for(
        &self,
        definition: &Definition,
        person: &Person,
        word: Option<&str>,
    ) -> bool {
        let access = &person.access;
        let is_set = |name: &String| access.is_set(name);
        let has_value = |(name, wanted): (&String, &Vec<String>)| {
            let default = || {
                definition
                    .options
                    .get(name)
                    .and_then(|it| it.default.as_ref())
            };
            let value = access.options.get(name).or_else(default);
            let words = value.map(words).unwrap_or_default();
            wanted.iter().any(|word| match word.as_str() {
                "any" => is_set(name),
                word => words.iter().any(|it| it == word),
            })
        };
        let has_role = |wanted: &Vec<String>| access.roles.iter().any(|role| wanted.contains(role));
        self.role.as_ref().is_none_or(has_role)
            && self.options.iter().all(has_value)
            && (self.any_option.is_empty() || self.any_option.iter().any(is_set))
            && self
                .leads_team
                .is_none_or(|it| it == person.standing.leads_team)
            && self.in_team.is_none_or(|it| it == person.standing.in_team)
            && self.has_role.is_none_or(|it| it != access.roles.is_empty())
            && (self.administers).is_none_or(|it| it == definition.is_administrator(access))
            && (self.grants.iter()).all(|(name, it)| person.around.grants.get(name) == Some(it))
            && (self.role_fields.is_empty() || {
                let mut roles = person.around.roles.iter();
                roles.any(|fields| has_fields(fields, &self.role_fields, word))
            })
    }
}

/// Whether fields have one of the values each that are asked for.
pub(super) fn has_fields(
    fields: &BTreeMap<String, Value>,
    wanted: &BTreeMap<String, Vec<String>>,
    word: Option<&str>,
) -> bool {
    wanted.iter().all(|(name, wanted)| {
        let values = fields.get(name).map(words).unwrap_or_default();
        let mut wanted = wanted.iter().map(|it| match (it.as_str(), word) {
            ("each", Some(word)) => word,
            (other, _) => other,
        });
        wanted.any(|it| values.iter().any(|value| value == it))
    })
}

/// A person's access as expressions see it.
fn facts_of(definition: &Definition, person: &Person) -> Value {
    let mut options: BTreeMap<&str, &Value> = BTreeMap::new();
    for (name, rule) in &definition.options {
        options.extend(rule.default.as_ref().map(|it| (name.as_str(), it)));
    }
    let access = &person.access;
    options.extend(
        access
            .options
            .iter()
            .map(|(name, value)| (name.as_str(), value)),
    );
    serde_json::json!({
        "roles": access.roles,
        "options": options,
        "grants": person.around.grants,
        "administers": definition.is_administrator(access),
        "leads_team": person.standing.leads_team,
        "in_team": person.standing.in_team,
        "state": person.phase.as_deref().unwrap_or("active"),
    })
}

/// Refuses what no person of the account may be, whatever the others are.
pub(super) fn check_person(
    definition: &Definition,
    settings: &BTreeMap<String, Value>,
    person: &Person,
) -> Result<(), Problem> {
    for (name, rule) in &definition.grants {
        let written = person.access.grants.get(name).map(String::as_str);
        let fits = rule
            .requires
            .as_ref()
            .is_none_or(|it| it.selects(definition, person));
        if written == Some("access") && !fits {
            let detail = format!("this person cannot have the add-on \"{name}\"");
            return Err(Problem::rule("required", detail));
        }
    }
    for (name, constraint) in &definition.constraints {
        let selects = |selector: &Selector| selector.selects(definition, person);
        let broken = match constraint {
            Constraint::Excludes(it) if denies(it.level) => {
                (selects(&it.a) && selects(&it.b)).then_some(("excluded", &it.text))
            }
            Constraint::Requires(it) if denies(it.level) => {
                (selects(&it.a) && !selects(&it.b)).then_some(("required", &it.text))
            }
            Constraint::Cel(it) if denies(it.level) && it.on == "access" => {
                let data = facts_of(definition, person);
                let says = it.must.says(definition, settings, Some(("access", &data)));
                // What the directory does not know, it does not refuse.
                (says == Some(false)).then_some(("expression", &it.text))
            }
            Constraint::PlanGate(it) if denies(it.level) => {
                let open = gate_is_open(definition, settings, &it.setting, &it.values);
                (selects(&it.of) && !open).then_some(("plan_gate", &it.text))
            }
            _ => None,
        };
        if let Some((code, text)) = broken {
            return Err(Problem::rule(code, text.clone()).with("constraint", name.clone().into()));
        }
    }
    Ok(())
}

/// Whether a setting has one of the values that open a gate. A setting that nothing says anything about opens none.
pub(super) fn gate_is_open(
    definition: &Definition,
    settings: &BTreeMap<String, Value>,
    setting: &str,
    values: &[String],
) -> bool {
    setting_value(definition, settings, setting)
        .is_some_and(|value| words(value).iter().any(|word| values.contains(word)))
}

/// The value of a setting: what is stored, else the product's default.
pub(super) fn setting_value<'a>(
    definition: &'a Definition,
    settings: &'a BTreeMap<String, Value>,
    setting: &str,
) -> Option<&'a Value> {
    let default = || {
        definition
            .settings
            .get(setting)
            .and_then(|it| it.default.as_ref())
    };
    settings.get(setting).or_else(default)
}
