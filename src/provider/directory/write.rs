//! Steps as requests: one each.

use async_trait::async_trait;
use serde_json::{Map, Value as Json, json};

use super::Directory;
use super::wire::{Written, body_of};
use crate::model::{Action, Address, Resource, ResourceId};
use crate::plan::{How, Step};
use crate::product::ChangeHow;
use crate::provider::http::{Method, Request};
use crate::provider::{Answer, OperationId, Writer};

#[async_trait]
impl Writer for Directory {
    async fn execute(&self, step: &Step, operation: &OperationId) -> Answer {
        let Some((method, path, body)) = self.request_of(step) else {
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

impl Directory {
    /// The method, the path below the account and the body of a step; `None` for what no directory can do.
    fn request_of(&self, step: &Step) -> Option<(Method, Vec<String>, Json)> {
        if !matches!(step.how, How::Api) {
            return None;
        }
        let mut body = compared(&step.before, &step.after);
        let (method, path) = match (step.action, &step.address.resource) {
            (_, ResourceId::Access(_)) if step.other.is_some() => {
                let other = step.other.as_deref()?;
                let mut moved = compared(&other.before, &other.after);
                moved.insert("subject".to_owned(), json!(other.address.subject()?));
                body.insert("other".to_owned(), Json::Object(moved));
                let mut path = path_of(&step.address);
                path.push("transfer".to_owned());
                (Method::Post, path)
            }
            (Action::Rename, ResourceId::Member { .. }) => {
                // The place went along when the team or the person was renamed; what is left is to make it what it shall be.
                body.remove("if_before");
                (Method::Put, path_of(&step.address))
            }
            (Action::Rename, ResourceId::Setting(_) | ResourceId::Seats(_)) => return None,
            (Action::Rename, to) => {
                let to = match to {
                    ResourceId::Team(to) => to.as_str(),
                    ResourceId::Access(to) => to.as_str(),
                    ResourceId::Object { name, .. } => name.as_str(),
                    _ => return None,
                };
                body.insert("to".to_owned(), json!(to));
                let mut path = path_of(step.renamed_from.as_ref()?);
                path.push("rename".to_owned());
                (Method::Post, path)
            }
            // Quantities are never absent: none is zero.
            (Action::Remove, ResourceId::Seats(_)) => {
                body.insert("value".to_owned(), json!(0));
                (Method::Put, path_of(&step.address))
            }
            (Action::Remove, resource) => {
                if let Some(receiver) = &step.hand_over_to {
                    body.insert("hand_over_to".to_owned(), json!(receiver));
                }
                if let ResourceId::Object { kind, .. } = resource {
                    self.accept_loss(kind, &mut body);
                }
                (Method::Delete, path_of(&step.address))
            }
            (Action::Update, ResourceId::Object { kind, .. }) if self.is_replaced(kind, step) => {
                body.insert("replace".to_owned(), json!(true));
                self.accept_loss(kind, &mut body);
                (Method::Put, path_of(&step.address))
            }
            (Action::Create | Action::Update, _) => (Method::Put, path_of(&step.address)),
        };
        Some((method, path, Json::Object(body)))
    }

    /// Whoever reviewed the plan accepted the loss of what is removed: it counted among its removals.
    fn accept_loss(&self, kind: &str, body: &mut Map<String, Json>) {
        let rule = self.product.objects.get(kind);
        if rule.is_some_and(|it| it.protect == Some(true)) {
            body.insert("accept_data_loss".to_owned(), json!(true));
        }
    }

    /// Whether a step changes what only a new thing can have.
    fn is_replaced(&self, kind: &str, step: &Step) -> bool {
        let (Some(Resource::Object(before)), Some(Resource::Object(after))) =
            (&step.before, &step.after)
        else {
            return false;
        };
        let rule = self.product.objects.get(kind);
        let mut fields = rule.into_iter().flat_map(|it| it.fields.iter());
        fields.any(|(name, field)| {
            let (was, is) = (
                before.fields.get(&name.value),
                after.fields.get(&name.value),
            );
            field.change == Some(ChangeHow::Replace) && was.is_some() && was != is
        })
    }
}

/// What a thing is believed to be, and what it shall be.
fn compared(before: &Option<Resource>, after: &Option<Resource>) -> Map<String, Json> {
    let mut body = Map::new();
    let before = before.as_ref().map_or(Json::Null, body_of);
    body.insert("if_before".to_owned(), before);
    if let Some(after) = after {
        body.insert("value".to_owned(), body_of(after));
    }
    body
}

fn path_of(address: &Address) -> Vec<String> {
    let path = match &address.resource {
        ResourceId::Setting(name) => vec!["settings", name],
        ResourceId::Seats(pool) => vec!["seats", pool],
        ResourceId::Team(team) => vec!["teams", team],
        ResourceId::Access(subject) => vec!["access", subject],
        ResourceId::Member { team, subject } => vec!["teams", team, "members", subject],
        ResourceId::Object { kind, name } => vec!["objects", kind, name],
    };
    path.into_iter().map(str::to_owned).collect()
}
