//! An account as it is and as it will be, as the product's selectors and conditions see it.

use std::collections::{BTreeMap, BTreeSet};

use super::Capabilities;
use super::diff::{Change, Scope};
use super::rename::Renames;
use crate::model::{
    Account, AccountName, Action, Address, Capacity, Fact, Kind, Observation, Resource, ResourceId,
    SettingName,
};
use crate::product::{
    Constraint, Objects, Product, Scene, Selector, Settings, Source, Standings, Tenant,
};

/// An account before and after a plan.
#[derive(Debug)]
pub(super) struct Scenes<'a> {
    /// As it is.
    pub now: Scene<'a>,
    /// As it will be.
    pub then: Scene<'a>,
}

impl<'a> Scenes<'a> {
    /// The scenes around changes of settings alone.
    pub(super) fn around_settings(scope: Scope<'a>, changes: &[Change<'_>]) -> Self {
        let now = observed(scope.product, tenant(scope), scope.observation)
            .with_settings(settings_now(scope));
        let then = now
            .clone()
            .with_settings(settings_then(now.settings(), changes));
        Self { now, then }
    }

    /// The scenes around some changes. Who is in teams is left out unless a rule of the product asks.
    pub(super) fn new(scope: Scope<'a>, changes: &[Change<'_>], renames: &Renames) -> Self {
        let now = observed(scope.product, tenant(scope), scope.observation)
            .with_settings(settings_now(scope));
        let mut then = now
            .clone()
            .with_settings(settings_then(now.settings(), changes))
            .with_objects(objects_then(now.objects(), changes))
            .with_seats(changes.iter().filter_map(|change| {
                match (&change.address.resource, &change.after) {
                    (ResourceId::Seats(pool), Some(Resource::Seats(quantity))) => {
                        Some((pool.as_str().to_owned(), quantity.seats()))
                    }
                    _ => None,
                }
            }));
        let mut now = now;
        if asks_teams(scope.product, !changes.is_empty()) {
            now = now.with_standings(Standings::of(&scope.observation.state, scope.name));
            let members = members_then(scope, changes, renames);
            then = then.with_standings(Standings::of_members(members.iter()));
        }
        Self { now, then }
    }
}

/// Everybody's places in teams once the changes are made, under new names.
fn members_then(
    scope: Scope<'_>,
    changes: &[Change<'_>],
    renames: &Renames,
) -> BTreeMap<ResourceId, Resource> {
    let is_member = |id: &ResourceId| matches!(id, ResourceId::Member { .. });
    let seen = renames.seen(scope.name, scope.observation);
    let mut members: BTreeMap<ResourceId, Resource> = seen
        .map(|it| (it.address.into_owned().resource, it.resource.into_owned()))
        .filter(|(id, _)| is_member(id))
        .collect();
    let mut gone = BTreeSet::new();
    for change in changes {
        match (&change.address.resource, &change.after) {
            (ResourceId::Access(subject), None) => {
                gone.insert(subject);
            }
            (id, Some(after)) if is_member(id) => {
                members.insert(id.clone(), after.clone());
            }
            (id, _) => {
                members.remove(id);
            }
        }
    }
    members.retain(
        |id, _| !matches!(id, ResourceId::Member { subject, .. } if gone.contains(subject)),
    );
    members
}

fn tenant(scope: Scope<'_>) -> Tenant<'_> {
    let Account {
        product, parent, ..
    } = scope.account;
    Tenant {
        name: scope.name,
        product,
        parent: parent.as_ref(),
    }
}

/// An account as it was observed, without who is in teams.
pub(super) fn observed<'a>(
    product: &'a Product,
    tenant: Tenant<'_>,
    observation: &Observation,
) -> Scene<'a> {
    let bought = observation.pools.iter().filter_map(|(pool, fact)| {
        let Some(Capacity::Purchased(quantity)) = Fact::value(fact) else {
            return None;
        };
        let address = Address::seats(tenant.name, pool);
        let is_in_state = observation.state.get(&address).is_some();
        (!is_in_state).then(|| (pool.as_str().to_owned(), quantity.seats()))
    });
    Scene::new(product, tenant, &observation.state).with_seats(bought)
}

/// The settings of an account as far as they are known: read, else written where nobody can read or set them, else
/// default.
fn settings_now(scope: Scope<'_>) -> Settings {
    let mut settings = scope
        .product
        .settings_in(&scope.observation.state, scope.name);
    settings.extend(written_settings(scope));
    settings
}

/// Settings that nobody can read or set, as the files say.
pub(super) fn written_settings(scope: Scope<'_>) -> Settings {
    if sets(scope.capabilities) {
        return Settings::new();
    }
    let rules = scope.product.settings.iter();
    let written = rules.filter(|(_, rule)| rule.source == Source::Written);
    let written = written.filter_map(|(name, _)| {
        let name = SettingName::new(&name.value);
        let address = Address::setting(scope.name, &name);
        match scope.desired.state.resource(&address) {
            Some(Resource::Setting(value)) if scope.observation.state.get(&address).is_none() => {
                Some((name, value.clone()))
            }
            _ => None,
        }
    });
    written.collect()
}

fn sets(capabilities: &Capabilities) -> bool {
    let creates = (Kind::Setting, Action::Create);
    capabilities.executes.contains(&creates)
}

fn settings_then(now: &Settings, changes: &[Change<'_>]) -> Settings {
    let mut settings = now.clone();
    for change in changes {
        if let (ResourceId::Setting(name), Some(Resource::Setting(value))) =
            (&change.address.resource, &change.after)
        {
            settings.insert(name.clone(), value.clone());
        }
    }
    settings
}

/// What the account will own. A renamed object stays under its old name too, since whoever has it as a role may be read
/// under either.
fn objects_then(now: &Objects, changes: &[Change<'_>]) -> Objects {
    let mut objects = now.clone();
    for change in changes {
        let ResourceId::Object { kind, name } = &change.address.resource else {
            continue;
        };
        let of_kind = objects.entry(kind.clone()).or_default();
        let Some(Resource::Object(object)) = &change.after else {
            of_kind.remove(name);
            continue;
        };
        of_kind.insert(name.clone(), object.clone());
        if let Some(ResourceId::Object { name, .. }) =
            change.renamed_from.as_ref().map(|it| &it.resource)
        {
            of_kind.insert(name.clone(), object.clone());
        }
    }
    objects
}

/// Whether any rule that planning reads asks who is in teams; without changes only pools are read.
fn asks_teams(product: &Product, is_changed: bool) -> bool {
    let mut pools = product.pools.iter();
    if pools.any(|(_, pool)| {
        let counts = pool.counts.iter().chain(&pool.never_counts);
        counts.flat_map(|it| &it.0).any(Selector::asks_teams)
    }) {
        return true;
    }
    is_changed && {
        let effects = product.effects.iter().map(|(_, it)| &it.upon);
        let preparations = product.preparations.iter().map(|(_, it)| &it.upon);
        let orders = product.order.iter();
        let orders = orders.flat_map(|(_, it)| [&it.first, &it.then]);
        let transitions = effects.chain(preparations).chain(orders);
        let mut of_changes = transitions.flat_map(|it| it.access.iter().chain(&it.before));
        let mut constraints = product.constraints.iter();
        of_changes.any(Selector::asks_teams) || constraints.any(|(_, it)| asks_teams_now(it))
    }
}

fn asks_teams_now(constraint: &Constraint) -> bool {
    let is_counted = matches!(
        constraint,
        Constraint::MaxCount(_)
            | Constraint::MinCount(_)
            | Constraint::ExactlyOne(_)
            | Constraint::PlanGate(_)
    );
    is_counted && constraint.selectors().iter().any(|it| it.asks_teams())
}

/// The tenant of an account of a plan.
pub(super) fn tenant_of<'a>(name: &'a AccountName, account: &'a super::AccountPlan) -> Tenant<'a> {
    Tenant {
        name,
        product: &account.product,
        parent: account.parent.as_ref(),
    }
}
