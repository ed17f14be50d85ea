//! The directory's JSON, to and from the nouns.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::model::{
    Access, Fields, Grant, Member, Object, OptionName, Quantity, Resource, RoleName, SettingName,
    Team, Value, WeeklyHours,
};
use crate::product::{FieldKind, OptionKind, Product};
use crate::text::Word;

/// One page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AccountItem {
    pub(super) account: String,
    pub(super) target: String,
    pub(super) at: jiff::Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum WhoamiItem {
    Service { name: String },
    Person { subject: String, roles: Vec<String> },
}

#[derive(Debug, Deserialize)]
pub(super) struct SettingItem {
    pub(super) setting: SettingName,
    pub(super) value: Json,
}

#[derive(Debug, Deserialize)]
pub(super) struct SeatsItem {
    pub(super) pool: String,
    pub(super) purchased: Option<Quantity>,
    /// What will be left of it when the billing cycle ends, if some of it is cancelled.
    pub(super) cancelled_to: Option<Quantity>,
    pub(super) limit: Option<u32>,
    pub(super) unlimited: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct TeamItem {
    pub(super) team: String,
    pub(super) parent: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MemberItem {
    pub(super) team: String,
    pub(super) subject: String,
    pub(super) lead: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct AccessItem {
    pub(super) subject: String,
    pub(super) roles: Vec<RoleName>,
    pub(super) options: BTreeMap<String, Json>,
    pub(super) grants: BTreeMap<String, Grant>,
    pub(super) phase: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ObjectItem {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) fields: BTreeMap<String, Json>,
    pub(super) phase: String,
}

/// An answer to a write, of which only the phase is looked at.
#[derive(Debug, Deserialize)]
pub(super) struct Written {
    phase: Option<String>,
}

impl Written {
    /// The phase in the body of a success; `None` if it is "active", or not said.
    pub(super) fn phase(body: &[u8]) -> Option<Word> {
        let written: Self = serde_json::from_slice(body).ok()?;
        written.phase.as_deref().and_then(phase)
    }
}

/// A phase other than "active".
pub(super) fn phase(word: &str) -> Option<Word> {
    (word != "active").then(|| Word::new(word))
}

impl TeamItem {
    pub(super) fn resource(&self) -> Resource {
        Resource::Team(Team {
            parent: self.parent.as_deref().map(Into::into),
        })
    }
}

impl MemberItem {
    pub(super) fn resource(&self) -> Resource {
        Resource::Member(Member { lead: self.lead })
    }
}

impl SettingItem {
    /// # Errors
    /// A phrase, if the product does not know the setting or its value is of another type.
    pub(super) fn resource(&self, product: &Product) -> Result<Resource, String> {
        let rule = product.settings.get(&self.setting);
        let rule = rule.ok_or_else(|| format!("it has a setting \"{}\"", self.setting))?;
        Ok(Resource::Setting(value(rule.r#type, &self.value)?))
    }
}

impl AccessItem {
    /// # Errors
    /// A phrase, if the product does not know an option or its value is of another type.
    pub(super) fn resource(self, product: &Product) -> Result<Resource, String> {
        let mut options = Fields::default();
        for (name, json) in &self.options {
            let rule = product.options.get(name);
            let rule =
                rule.ok_or_else(|| format!("\"{}\" has an option \"{name}\"", self.subject))?;
            let value = value(rule.r#type, json)?;
            if rule.default.as_ref().map(|it| &it.0) != Some(&value) {
                options.insert(OptionName::new(name), value);
            }
        }
        let mut roles = self.roles;
        roles.sort_unstable();
        roles.dedup();
        let grants = self
            .grants
            .iter()
            .map(|(name, grant)| (name.as_str().into(), *grant));
        Ok(Resource::Access(Access {
            roles,
            options,
            grants: grants.collect(),
        }))
    }
}

impl ObjectItem {
    /// # Errors
    /// A phrase, if the product does not know the kind or a field, or a value is of another type.
    pub(super) fn resource(&self, product: &Product) -> Result<Resource, String> {
        let rule = product.objects.get(&self.kind);
        let rule = rule.ok_or_else(|| format!("it has things called \"{}\"", self.kind))?;
        let mut fields = Fields::default();
        for (name, json) in &self.fields {
            let rule = rule.fields.get(name);
            let rule = rule.ok_or_else(|| format!("\"{}\" has a field \"{name}\"", self.name))?;
            let value = value(option_kind(rule.r#type), json)?;
            let is_default = rule.default.as_ref().map(|it| &it.0) == Some(&value);
            if !is_default && rule.later != Some(true) {
                fields.insert(Word::new(name), value);
            }
        }
        Ok(Resource::Object(Object { fields }))
    }
}

/// The types of fields are among those of options.
fn option_kind(kind: FieldKind) -> OptionKind {
    match kind {
        FieldKind::Switch => OptionKind::Switch,
        FieldKind::Count => OptionKind::Count,
        FieldKind::Enum => OptionKind::Enum,
        FieldKind::Set => OptionKind::Set,
        FieldKind::Text => OptionKind::Text,
        FieldKind::User => OptionKind::User,
    }
}

/// The JSON of a resource as the directory takes it.
pub(super) fn body_of(resource: &Resource) -> Json {
    match resource {
        Resource::Setting(value) => json_of(value),
        Resource::Seats(quantity) => json!(quantity),
        Resource::Team(team) => json!({"parent": team.parent}),
        Resource::Member(member) => json!({"lead": member.lead}),
        Resource::Access(access) => {
            let options: BTreeMap<&str, Json> = access
                .options
                .iter()
                .map(|(name, it)| (name.as_str(), json_of(it)))
                .collect();
            json!({"roles": access.roles, "options": options, "grants": access.grants})
        }
        Resource::Object(object) => {
            let fields = object.fields.iter();
            let fields: BTreeMap<&str, Json> = fields
                .map(|(name, it)| (name.as_str(), json_of(it)))
                .collect();
            json!({"fields": fields})
        }
    }
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Switch(on) => json!(on),
        Value::Count(count) => json!(count),
        Value::Word(word) => json!(word),
        Value::Words(words) => json!(words),
        Value::Hours(hours) => json!(hours.to_string()),
    }
}

fn value(kind: OptionKind, json: &Json) -> Result<Value, String> {
    let read = match kind {
        OptionKind::Switch => json.as_bool().map(Value::Switch),
        OptionKind::Count => json
            .as_u64()
            .and_then(|it| u32::try_from(it).ok())
            .map(Value::Count),
        OptionKind::Enum | OptionKind::Text | OptionKind::User => {
            json.as_str().map(|it| Value::Word(it.into()))
        }
        OptionKind::Set => {
            let words = json.as_array().map(|it| it.iter().map(Json::as_str));
            let words: Option<Vec<&str>> = words.and_then(Iterator::collect);
            words.map(|words| Value::words(words.into_iter().map(Word::from)))
        }
        OptionKind::Hours => json
            .as_str()
            .and_then(|it| WeeklyHours::parse(it).ok())
            .map(Value::Hours),
    };
    read.ok_or_else(|| format!("{json} is not a value of type {}", kind.word()))
}
