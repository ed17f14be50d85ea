//! How a change is carried out: by the provider or by a person, who may do it, and what else it causes.

use std::collections::BTreeMap;

use super::diff::{Change, Scope};
use super::scenes::Scenes;
use super::{Difference, How, StepEffect, Task};
use crate::model::{
    Access, Action, Actor, Address, Field, Kind, Resource, ResourceId, RoleName, Subject,
};
use crate::product::{Acting, Concerned, EffectKind, Operation, Selector, Standing, Via};

/// The most people that a task names as those who may do it.
pub(super) const WHO_MAX: usize = 20;

/// What decides who may do a change: its operation, and the roles of the person concerned before and after.
type Concern = (Kind, Action, Vec<RoleName>, Vec<RoleName>);

/// Who acts on one account, and who could.
pub(super) struct Hands<'a> {
    scope: Scope<'a>,
    /// The access of the person that the credential reads back as; `None` where no rule about people applies.
    acting: Option<(&'a Subject, Access)>,
    /// Who may do an operation that concerns these roles: one more than is ever named.
    able: BTreeMap<Concern, Vec<Subject>>,
}

impl<'a> Hands<'a> {
    pub(super) fn new(scope: Scope<'a>) -> Self {
        let acting = match &scope.observation.actor {
            Actor::Person { subject, roles } => {
                let access = Address::access(scope.name, subject);
                let access = match scope.observation.state.resource(&access) {
                    Some(Resource::Access(access)) => access.clone(),
                    _ => Access {
                        roles: roles.clone(),
                        ..Access::default()
                    },
                };
                Some((subject, access))
            }
            Actor::Service { .. } | Actor::Unknown => None,
        };
        Self {
            scope,
            acting,
            able: BTreeMap::new(),
        }
    }

    /// Who does a change.
    pub(super) fn how(&mut self, change: &Change<'_>) -> How {
        let kind = change.address.kind();
        let operation = self.scope.product.operation(kind, change.action);
        let can = self
            .scope
            .capabilities
            .executes
            .contains(&(kind, change.action));
        let refused = self.acting.as_ref().and_then(|(subject, access)| {
            let acting = Acting { subject, access };
            (self.scope.product)
                .refuses_actor(kind, change.action, acting, concerned(change))
                .map(|why| format!("{subject} acts here: {why}"))
        });
        let why = match (can, refused) {
            (true, None) => return How::Api,
            (true, Some(why)) => why,
            (false, _) => "the connection cannot do this".to_owned(),
        };
        let via = match operation.map(|it| it.via) {
            None | Some(Via::Api) => Via::Person,
            Some(via) => via,
        };
        How::Task(Task {
            via,
            why,
            who: self.who(via, change),
            path: operation.and_then(|it| it.path.clone()),
            confirm: operation.and_then(|it| it.confirm.clone()),
        })
    }

    fn who(&mut self, via: Via, change: &Change<'_>) -> Vec<Subject> {
        let concerned = change.address.subject();
        if via == Via::User {
            return concerned.cloned().into_iter().collect();
        }
        let able = self.able(change);
        let others = able.iter().filter(|it| Some(*it) != concerned);
        others.take(WHO_MAX).cloned().collect()
    }

    /// Active people who may do it to somebody with these roles; rules about oneself are left to the caller.
    fn able(&mut self, change: &Change<'_>) -> &[Subject] {
        let scope = self.scope;
        let kind = change.address.kind();
        let before = roles(change.before.as_ref());
        let after = roles(change.after.as_ref());
        let key = (kind, change.action, before, after);
        self.able.entry(key).or_insert_with(|| {
            let others = Concerned {
                subject: None,
                ..concerned(change)
            };
            let accesses = scope.observation.state.of_account(scope.name);
            accesses
                .filter_map(
                    |(address, entry)| match (&address.resource, &entry.resource) {
                        (ResourceId::Access(subject), Resource::Access(access)) => {
                            Some((address, subject, access))
                        }
                        _ => None,
                    },
                )
                .filter(|(address, ..)| !scope.observation.phases.contains_key(*address))
                .filter(|(_, subject, access)| {
                    let acting = Acting { subject, access };
                    scope
                        .product
                        .refuses_actor(kind, change.action, acting, others)
                        .is_none()
                })
                .map(|(_, subject, _)| subject.clone())
                .take(WHO_MAX + 1)
                .collect()
        })
    }
}

fn concerned<'a>(change: &'a Change<'_>) -> Concerned<'a> {
    let access = |resource: &'a Option<Resource>| match resource {
        Some(Resource::Access(access)) => Some(access),
        _ => None,
    };
    Concerned {
        subject: change.address.subject(),
        before: access(&change.before),
        after: access(&change.after),
    }
}

fn roles(resource: Option<&Resource>) -> Vec<RoleName> {
    match resource {
        Some(Resource::Access(access)) => access.roles.clone(),
        _ => Vec::new(),
    }
}

/// What the product says about the surroundings of changes on one account.
pub(super) struct Surroundings<'a> {
    pub scope: Scope<'a>,
    pub scenes: &'a Scenes<'a>,
}

impl Surroundings<'_> {
    /// What a change causes besides itself, in the order of the definition.
    pub(super) fn effects(
        &self,
        change: &Change<'_>,
        differences: &[Difference],
    ) -> Vec<StepEffect> {
        let product = self.scope.product;
        let word = format!("{}.{}", change.address.kind().word(), change.action.word());
        let mut effects: Vec<_> = product
            .effects
            .iter()
            .map(|(_, effect)| effect)
            .filter(|effect| {
                effect
                    .upon
                    .operation
                    .0
                    .iter()
                    .any(|it| it.value == word.as_str())
            })
            .filter(|effect| {
                effect
                    .upon
                    .access
                    .as_ref()
                    .is_none_or(|it| self.selects(it, change))
                    && (effect.upon.option.as_ref())
                        .is_none_or(|it| changes_option(differences, &it.value))
                    && (effect.when.as_ref()).is_none_or(|it| self.scenes.then.holds(it))
            })
            .map(|effect| StepEffect {
                kind: effect.kind,
                text: effect.text.clone(),
                irreversible: effect.irreversible == Some(true),
            })
            .collect();
        if let Some(hand_over) = &product.hand_over
            && change.address.kind() == Kind::Access
            && change.action == Action::Remove
            && change.hand_over_to.is_none()
        {
            effects.push(StepEffect {
                kind: EffectKind::DataLoss,
                text: format!(
                    "Nobody takes over: {}: {}.",
                    hand_over.what, hand_over.otherwise
                ),
                irreversible: false,
            });
        }
        effects
    }

    /// Whether the access that a change is about is meant: the one afterwards, or before a removal.
    fn selects(&self, selector: &Selector, change: &Change<'_>) -> bool {
        let person = change.address.subject();
        let (resource, scene) = match change.action {
            Action::Remove => (&change.before, &self.scenes.now),
            Action::Create | Action::Update | Action::Rename => (&change.after, &self.scenes.then),
        };
        let standing = person.map_or_else(Standing::default, |it| scene.standing(it));
        matches!(resource, Some(Resource::Access(access))
            if scene.selects(selector, access, standing))
    }
}

fn changes_option(differences: &[Difference], option: &str) -> bool {
    differences
        .iter()
        .any(|it| matches!(&it.field, Field::Option(name) if name.as_str() == option))
}

/// Whether the opposite change undoes a change.
pub(super) fn undoable(operation: Option<&Operation>, effects: &[StepEffect]) -> bool {
    operation.is_none_or(|it| it.irreversible != Some(true))
        && !effects.iter().any(|it| it.irreversible)
}
