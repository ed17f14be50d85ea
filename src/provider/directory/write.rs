//! Steps as requests: one each.

use async_trait::async_trait;
use serde_json::{Map, Value as Json, json};

use super::Directory;
use super::wire::{Written, body_of};
use crate::model::{Action, Address, ResourceId};
use crate::plan::{How, Step};
use crate::provider::http::{Method, Request};
use crate::provider::{Answer, OperationId, Writer};

#[async_trait]
impl Writer for Directory {
    async fn execute(&self, step: &Step, operation: &OperationId) -> Answer {
        let Some((method, path, body)) = request_of(step) else {
            return Answer::Refused {
                why: format!("a directory cannot do {}", step.address),
            };
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let path = self.path(&path);
        let request = Request {
            method,
            body: Some(body),
            key: Some(&operation.0),
            ..Request::get(&path)
        };
        let exchange = self.client.send(&request).await;
        let is_gone = step.action == Action::Remove
            && exchange
                .problem()
                .is_some_and(|problem| problem.code == "not_found");
        match is_gone {
            true => Answer::Done { phase: None },
            false => self.client.answer(&exchange, Written::phase),
        }
    }
}

/// The method, the path below the account and the body of a step; `None` for what no directory can do.
fn request_of(step: &Step) -> Option<(Method, Vec<String>, Json)> {
    if !matches!(step.how, How::Api) {
        return None;
    }
    let mut body = Map::new();
    let before = step.before.as_ref().map_or(Json::Null, body_of);
    body.insert("if_before".to_owned(), before);
    if let Some(after) = &step.after {
        body.insert("value".to_owned(), body_of(after));
    }
    let (method, path) = match (step.action, &step.address.resource) {
        (Action::Rename, ResourceId::Member { .. }) => {
            // The place went along when the team or the person was renamed; what is left is to make it what it shall be.
            body.remove("if_before");
            (Method::Put, path_of(&step.address)?)
        }
        (Action::Rename, ResourceId::Object { name, .. }) => {
            body.insert("to".to_owned(), json!(name));
            (Method::Post, renamed(step)?)
        }
        (Action::Rename, ResourceId::Team(to)) => {
            body.insert("to".to_owned(), json!(to));
            (Method::Post, renamed(step)?)
        }
        (Action::Rename, ResourceId::Access(to)) => {
            body.insert("to".to_owned(), json!(to));
            (Method::Post, renamed(step)?)
        }
        (Action::Rename, ResourceId::Setting(_) | ResourceId::Seats(_)) => return None,
        // Quantities are never absent: none is zero.
        (Action::Remove, ResourceId::Seats(_)) => {
            body.insert("value".to_owned(), json!(0));
            (Method::Put, path_of(&step.address)?)
        }
        (Action::Remove, _) => {
            if let Some(receiver) = &step.hand_over_to {
                body.insert("hand_over_to".to_owned(), json!(receiver));
            }
            (Method::Delete, path_of(&step.address)?)
        }
        (Action::Create | Action::Update, _) => (Method::Put, path_of(&step.address)?),
    };
    Some((method, path, Json::Object(body)))
}

fn renamed(step: &Step) -> Option<Vec<String>> {
    let mut path = path_of(step.renamed_from.as_ref()?)?;
    path.push("rename".to_owned());
    Some(path)
}

fn path_of(address: &Address) -> Option<Vec<String>> {
    let path = match &address.resource {
        ResourceId::Setting(name) => vec!["settings", name],
        ResourceId::Seats(pool) => vec!["seats", pool],
        ResourceId::Team(team) => vec!["teams", team],
        ResourceId::Access(subject) => vec!["access", subject],
        ResourceId::Member { team, subject } => vec!["teams", team, "members", subject],
        ResourceId::Object { kind, name } => vec!["objects", kind, name],
    };
    Some(path.into_iter().map(str::to_owned).collect())
}
