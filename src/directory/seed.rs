//! What an account has from before: for tests, demonstrations and benchmarks.

use serde_json::{Value as Json, json};

use super::body::Body;
use super::problem::Problem;
use super::service::Directory;
use super::work::{Caller, Work};
use crate::model::{Access, AccountName, Member, Resource, ResourceId, Value};

/// One thing that an account has from before.
#[derive(Clone, Copy, Debug)]
pub struct Seed<'a> {
    /// What it is.
    pub id: &'a ResourceId,
    /// What it is like; the variant fits the id's.
    pub resource: &'a Resource,
}

pub(super) fn seed<'a>(
    directory: &mut Directory,
    account: &AccountName,
    seeds: impl IntoIterator<Item = Seed<'a>>,
) -> Result<(), Problem> {
    let account = directory.account(account)?;
    directory.transaction(&account, &Caller::Bootstrap, |work| {
        seeds.into_iter().try_for_each(|it| put(work, it).map(drop))
    })
}

fn put(work: &mut Work<'_>, seed: Seed<'_>) -> Result<Json, Problem> {
    match (seed.id, seed.resource) {
        (ResourceId::Setting(name), Resource::Setting(value)) => {
            work.put_setting(name, false, &Body::of(json_of(value)))
        }
        (ResourceId::Seats(pool), Resource::Seats(quantity)) => {
            work.put_seats(pool, &Body::of(json!(quantity)))
        }
        (ResourceId::Object { kind, name }, Resource::Object(object)) => {
            let fields = object.fields.iter();
            let fields = fields.map(|(name, it)| (name.as_str().to_owned(), json_of(it)));
            let fields: serde_json::Map<_, _> = fields.collect();
            work.put_object(kind, name, &Body::of(json!({"fields": fields})))
        }
        (ResourceId::Team(team), Resource::Team(value)) => {
            work.put_team(team, &Body::of(json!({"parent": value.parent})))
        }
        (ResourceId::Member { team, subject }, Resource::Member(Member { lead })) => {
            work.put_member(team, subject, &Body::of(json!({"lead": lead})))
        }
        (ResourceId::Access(subject), Resource::Access(access)) => {
            work.put_access(subject, &Body::of(access_json(access)))
        }
        _ => Err(Problem::malformed("the resource does not fit its address")),
    }
}

fn access_json(access: &Access) -> Json {
    let options: serde_json::Map<_, _> = access
        .options
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), json_of(value)))
        .collect();
    json!({"roles": access.roles, "options": options, "grants": access.grants})
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
