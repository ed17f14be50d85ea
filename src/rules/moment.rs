//! What rules ask about an account before a plan and after it, without a copy of everybody's access.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{holders, scene};
use crate::model::{
    Access, Address, Entry, Kind, Observation, Resource, ResourceId, State, Subject,
};
use crate::plan::Step;
use crate::product::{Product, Scene, Selector, Tenant};

/// One account at one moment.
pub(super) struct Moment<'a> {
    /// Everybody with access, in the order of subjects.
    pub(super) people: Vec<(&'a Subject, &'a Access)>,
    /// Those of them who go when the billing cycle ends.
    pub(super) going: BTreeSet<&'a Subject>,
    /// The account around them, with who is in teams if a constraint asks.
    pub(super) scene: Scene<'a>,
}

impl<'a> Moment<'a> {
    /// The account as a state has it.
    pub(super) fn of(state: &'a State, tenant: Tenant<'a>, product: &'a Product) -> Self {
        let people = holders(state, tenant.name);
        Self {
            people: people.map(|it| (it.subject, it.access)).collect(),
            going: BTreeSet::new(),
            scene: scene(product, tenant, state),
        }
    }

    /// The same without the people.
    pub(super) fn without_people(state: &State, tenant: Tenant<'_>, product: &'a Product) -> Self {
        Self {
            people: Vec::new(),
            going: BTreeSet::new(),
            scene: scene(product, tenant, state),
        }
    }

    /// The account of a state once all steps are done.
    pub(super) fn after(&self, steps: &[&'a Step], state: &State, tenant: Tenant<'_>) -> Self {
        let product = self.scene.product;
        let cancelled = steps.iter().filter(|it| it.lingers(product));
        let cancelled = cancelled.filter_map(|it| match &it.address.resource {
            ResourceId::Access(subject) => Some(subject),
            _ => None,
        });
        let things = match steps {
            [] => None,
            _ => Some(things_after(state, steps, tenant, product)),
        };
        Self {
            people: people_after(&self.people, steps, product),
            going: self.going.iter().copied().chain(cancelled).collect(),
            scene: things.map_or_else(|| self.scene.clone(), |it| scene(product, tenant, &it)),
        }
    }

    /// The same, with those who go when the billing cycle ends by their life-cycle states.
    pub(super) fn seen(mut self, observation: Option<&'a Observation>) -> Self {
        let product = self.scene.product;
        let phases = observation.into_iter().flat_map(|it| &it.phases);
        let ending = phases.filter(|(_, phase)| product.is_ending(phase));
        self.going
            .extend(ending.filter_map(|(address, _)| match &address.resource {
                ResourceId::Access(subject) => Some(subject),
                _ => None,
            }));
        self
    }

    /// What somebody has; `None` for somebody without access.
    pub(super) fn access(&self, subject: &Subject) -> Option<&'a Access> {
        let at = self.people.binary_search_by(|(it, _)| (*it).cmp(subject));
        at.ok().map(|at| self.people[at].1)
    }

    /// Everybody who administers the account and stays when the billing cycle ends.
    pub(super) fn administrators(&self) -> impl Iterator<Item = &'a Subject> {
        let product = self.scene.product;
        let mut people = self.people.iter();
        std::iter::from_fn(move || people.find(|(_, access)| product.administers(access)))
            .map(|(subject, _)| *subject)
            .filter(|it| self.stays(it))
    }

    /// Whether somebody does not go when the billing cycle ends.
    pub(super) fn stays(&self, subject: &Subject) -> bool {
        !self.going.contains(subject)
    }

    /// Everybody whom a selector is about.
    pub(super) fn selected(&self, of: &Selector) -> impl Iterator<Item = &'a Subject> {
        let people = self.people.iter();
        people
            .filter(move |(subject, access)| self.selects(of, subject, access))
            .map(|(subject, _)| *subject)
    }

    /// That some of those whom a selector is about are there only until the billing cycle ends; `None` if nobody is.
    pub(super) fn going_words(&self, of: &Selector) -> Option<String> {
        let going: Vec<_> = self
            .selected(of)
            .filter(|it| !self.stays(it))
            .map(ToString::to_string)
            .collect();
        let is = if going.len() == 1 { "is" } else { "are" };
        let shown = going.join(", ");
        (!going.is_empty())
            .then(|| format!("{shown} {is} cancelled, and there until the billing cycle ends"))
    }

    /// Whether a selector is about somebody.
    pub(super) fn is_selected(&self, of: &Selector, subject: &Subject) -> bool {
        let access = self.access(subject);
        access.is_some_and(|access| self.selects(of, subject, access))
    }

    fn selects(&self, of: &Selector, subject: &Subject, access: &Access) -> bool {
        self.scene.selects(of, access, self.scene.standing(subject))
    }
}

/// Everybody with access once all steps are done: the changes are put between those who stay. Who is there until the billing
/// cycle ends is there.
fn people_after<'a>(
    before: &[(&'a Subject, &'a Access)],
    steps: &[&'a Step],
    product: &Product,
) -> Vec<(&'a Subject, &'a Access)> {
    let mut changed: BTreeMap<&Subject, Option<&Access>> = BTreeMap::new();
    for step in steps.iter().filter(|it| !it.lingers(product)) {
        let former = step.renamed_from.as_ref().map(|it| &it.resource);
        if let Some(ResourceId::Access(former)) = former {
            changed.entry(former).or_insert(None);
        }
        for side in step.sides() {
            if let ResourceId::Access(subject) = &side.address.resource {
                let access = match side.after {
                    Some(Resource::Access(access)) => Some(access),
                    _ => None,
                };
                changed.insert(subject, access);
            }
        }
    }
    let mut after = Vec::with_capacity(before.len() + changed.len());
    let mut rest = before;
    for (subject, access) in changed {
        let (stay, later) = rest.split_at(rest.partition_point(|(it, _)| *it < subject));
        after.extend_from_slice(stay);
        after.extend(access.map(|it| (subject, it)));
        rest = match later {
            [(it, _), others @ ..] if *it == subject => others,
            _ => later,
        };
    }
    after.extend_from_slice(rest);
    after
}

/// Everything but people once all steps are done, and places in teams only if a constraint asks. What is there until the
/// billing cycle ends is there. With a team goes who is in it, with a person their places in teams; a new name takes along
/// both.
fn things_after(before: &State, steps: &[&Step], tenant: Tenant<'_>, product: &Product) -> State {
    let asks_teams = product.constraints_ask_for_teams();
    let mut kinds = vec![Kind::Setting, Kind::Seats, Kind::Object, Kind::Team];
    kinds.extend(asks_teams.then_some(Kind::Member));
    let is_asked = |address: &Address| kinds.contains(&address.kind());
    let renames = steps.iter().filter_map(|step| {
        let former = step.renamed_from.as_ref()?;
        Some((&former.resource, &step.address.resource))
    });
    let renames: BTreeMap<_, _> = renames.collect();
    let removals = steps
        .iter()
        .filter(|it| it.after.is_none() && !it.lingers(product));
    let removed: BTreeSet<_> = removals.map(|step| &step.address.resource).collect();
    let asked = kinds.iter();
    let mut after: State = asked
        .flat_map(|kind| before.of_kind(tenant.name, *kind))
        .filter(|(address, _)| !goes_with(&address.resource, &removed))
        .map(|(address, entry)| (renamed(address, &renames), entry.clone()))
        .collect();
    let asked = |step: &&&Step| is_asked(&step.address) && !step.lingers(product);
    for step in steps.iter().filter(asked) {
        match &step.after {
            Some(resource) => {
                after.insert(step.address.clone(), Entry::observed(resource.clone()));
            }
            None => {
                after.remove(&step.address);
            }
        }
    }
    after
}

fn goes_with(id: &ResourceId, removed: &BTreeSet<&ResourceId>) -> bool {
    match id {
        ResourceId::Member { team, subject } => {
            removed.contains(&ResourceId::Team(team.clone()))
                || removed.contains(&ResourceId::Access(subject.clone()))
        }
        _ => false,
    }
}

/// The address that something has once teams and people have their new names.
fn renamed(address: &Address, renames: &BTreeMap<&ResourceId, &ResourceId>) -> Address {
    if renames.is_empty() {
        return address.clone();
    }
    let resource = match &address.resource {
        ResourceId::Member { team, subject } => ResourceId::Member {
            team: match renames.get(&ResourceId::Team(team.clone())) {
                Some(ResourceId::Team(name)) => name.clone(),
                _ => team.clone(),
            },
            subject: match renames.get(&ResourceId::Access(subject.clone())) {
                Some(ResourceId::Access(name)) => name.clone(),
                _ => subject.clone(),
            },
        },
        other => renames
            .get(other)
            .map_or_else(|| other.clone(), |it| (*it).clone()),
    };
    Address::new(&address.account, resource)
}
