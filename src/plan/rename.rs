//! Which observed things have another name in the files, so that a rename is one change and not a removal and a creation.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Capabilities;
use crate::model::{
    AccountName, Action, Address, Desired, Entry, Kind, KindName, ObjectName, Observation,
    Resource, ResourceId, RoleName, Subject, Team, TeamName,
};
use crate::product::Product;
use crate::text::{Span, Word};

/// The renames of one account.
#[derive(Clone, Debug, Default)]
pub(super) struct Renames {
    /// New names of teams that are renamed in place, by their present name.
    teams: BTreeMap<TeamName, TeamName>,
    /// New names of people who are renamed in place, by their present one.
    subjects: BTreeMap<Subject, Subject>,
    /// New names of owned objects, by their present kind and name.
    objects: BTreeMap<(KindName, ObjectName), ObjectName>,
    /// New names of roles that are owned objects, by their present one.
    roles: BTreeMap<RoleName, RoleName>,
    /// The `formerly` line of what is renamed, by new address.
    pub lines: BTreeMap<Address, Span>,
    /// Present addresses of what cannot be renamed in place and is replaced, with the new address and the `formerly` line.
    pub replaced: BTreeMap<Address, (Address, Span)>,
    /// Present addresses of people whose new self has not accepted yet: they stay until then.
    pub kept: BTreeMap<Address, Address>,
    /// Present addresses of what shall not be there under its new name either, with the new address.
    pub absent: BTreeMap<Address, Address>,
}

/// An observed thing, under the names that it has in the files.
#[derive(Clone, Debug)]
pub(super) struct Seen<'a> {
    /// The address with new names.
    pub address: Cow<'a, Address>,
    /// The address that it has now.
    pub now: &'a Address,
    /// The thing, with new names.
    pub resource: Cow<'a, Resource>,
}

/// Finds what is renamed.
///
/// A former name counts only if something is there under it and the files want nothing else under that name. If something
/// is there under the new name as well, the two are two things; two accesses of one person, though, are an unfinished
/// replacement: the old one goes once the new one is active.
pub(super) fn renames(
    account: &AccountName,
    desired: &Desired,
    observation: &Observation,
    product: &Product,
    capabilities: &Capabilities,
) -> Renames {
    let mut renames = Renames::default();
    let mut claimed = BTreeSet::new();
    let first = Address::new(account, ResourceId::Setting("".into()));
    let of_account = desired
        .formers
        .range(first..)
        .take_while(|(address, _)| address.account == *account);
    for (new, formers) in of_account {
        // What could not be read may be there under its new name.
        if observation.gaps.iter().any(|gap| gap.hides(new)) {
            continue;
        }
        let is_there = observation.state.get(new).is_some();
        if is_there && new.kind() != Kind::Access {
            continue;
        }
        let former = formers.iter().find(|former| {
            former.address.kind() == new.kind()
                && observation.state.get(&former.address).is_some()
                && desired.state.get(&former.address).is_none()
                && !claimed.contains(&former.address)
        });
        let Some(former) = former else { continue };
        let now = former.address.clone();
        claimed.insert(now.clone());
        if desired.state.get(new).is_none() {
            renames.absent.insert(now, new.clone());
        } else if !is_there && in_place(new, product, capabilities) {
            renames.add(&now, new, former.span, product);
        } else if new.kind() == Kind::Access && !is_active(new, observation, product) {
            renames.kept.insert(now, new.clone());
        } else {
            renames.replaced.insert(now, (new.clone(), former.span));
        }
    }
    renames
}

/// Whether somebody has accepted, or will not be asked to.
fn is_active(access: &Address, observation: &Observation, product: &Product) -> bool {
    match observation.state.get(access) {
        Some(_) => {
            let mut replace = product
                .replace
                .iter()
                .filter(|(_, it)| it.of.value == "access");
            let waits_for = replace.find_map(|(_, it)| it.wait_for.as_ref());
            let phase = observation.phases.get(access);
            let is_waited_for = |it: &Word| waits_for.is_some_and(|state| state.value == *it);
            phase.is_none_or(|it| product.works(it) || is_waited_for(it))
        }
        None => !product.invites(),
    }
}

/// Whether a product can give things of a kind another name: its operations say so, or they say nothing about the kind
/// and the provider can.
fn in_place(new: &Address, product: &Product, capabilities: &Capabilities) -> bool {
    let kind = new.kind();
    let word = match &new.resource {
        ResourceId::Object { kind, .. } => kind.as_str(),
        _ => kind.word(),
    };
    if product
        .replace
        .iter()
        .any(|(_, it)| it.of.value == word && kind == Kind::Access)
    {
        return false;
    }
    let says = |action: Action| {
        let name = format!("{word}.{}", action.word());
        product.operations.get(&name).is_some()
    };
    says(Action::Rename)
        || (!says(Action::Create)
            && !says(Action::Update)
            && !says(Action::Remove)
            && capabilities.executes.contains(&(kind, Action::Rename)))
}

impl Renames {
    /// The renames that a plan carries out on one account, to read an observation from before or after them.
    pub(super) fn of_plan(plan: &super::Plan, account: &AccountName, product: &Product) -> Self {
        let mut renames = Self::default();
        for step in &plan.steps {
            if let Some(now) = &step.renamed_from
                && step.address.account == *account
            {
                renames.rename(now, &step.address, product);
            }
        }
        renames
    }

    fn add(&mut self, now: &Address, new: &Address, line: Span, product: &Product) {
        self.lines.insert(new.clone(), line);
        self.rename(now, new, product);
    }

    fn rename(&mut self, now: &Address, new: &Address, product: &Product) {
        match (&now.resource, &new.resource) {
            (ResourceId::Team(now), ResourceId::Team(new)) => {
                self.teams.insert(now.clone(), new.clone());
            }
            (ResourceId::Access(now), ResourceId::Access(new)) => {
                self.subjects.insert(now.clone(), new.clone());
            }
            (ResourceId::Object { kind, name: now }, ResourceId::Object { name: new, .. }) => {
                let owned = product.user.owned_roles.as_ref();
                if owned.is_some_and(|it| it.value == kind.as_str()) {
                    let (now, new) = (RoleName::new(now.as_str()), RoleName::new(new.as_str()));
                    self.roles.insert(now, new);
                }
                self.objects
                    .insert((kind.clone(), now.clone()), new.clone());
            }
            _ => {}
        }
    }

    /// Whether nothing is renamed in place.
    fn is_empty(&self) -> bool {
        self.teams.is_empty() && self.subjects.is_empty() && self.objects.is_empty()
    }

    /// An address with new names.
    pub(super) fn address<'a>(&self, now: &'a Address) -> Cow<'a, Address> {
        let team = |it: &TeamName| self.teams.get(it).cloned();
        let subject = |it: &Subject| self.subjects.get(it).cloned();
        let resource = match &now.resource {
            ResourceId::Team(it) => team(it).map(ResourceId::Team),
            ResourceId::Access(it) => subject(it).map(ResourceId::Access),
            ResourceId::Member {
                team: in_team,
                subject: who,
            } => {
                let new = (team(in_team), subject(who));
                (new.0.is_some() || new.1.is_some()).then(|| ResourceId::Member {
                    team: new.0.unwrap_or_else(|| in_team.clone()),
                    subject: new.1.unwrap_or_else(|| who.clone()),
                })
            }
            ResourceId::Object { kind, name } => {
                let new = self.objects.get(&(kind.clone(), name.clone())).cloned();
                new.map(|name| ResourceId::Object {
                    kind: kind.clone(),
                    name,
                })
            }
            ResourceId::Setting(_) | ResourceId::Seats(_) => None,
        };
        resource.map_or(Cow::Borrowed(now), |it| {
            Cow::Owned(Address::new(&now.account, it))
        })
    }

    /// A resource with new names.
    pub(super) fn resource<'a>(&self, now: &'a Resource) -> Cow<'a, Resource> {
        if let Resource::Access(access) = now
            && access.roles.iter().any(|it| self.roles.contains_key(it))
        {
            let mut access = access.clone();
            for role in &mut access.roles {
                if let Some(new) = self.roles.get(role) {
                    *role = new.clone();
                }
            }
            access.roles.sort_unstable();
            return Cow::Owned(Resource::Access(access));
        }
        let Resource::Team(Team {
            parent: Some(now_in),
        }) = now
        else {
            return Cow::Borrowed(now);
        };
        self.teams.get(now_in).map_or(Cow::Borrowed(now), |new| {
            Cow::Owned(Resource::Team(Team {
                parent: Some(new.clone()),
            }))
        })
    }

    /// What is observed on an account, with new names, in the order of the addresses with new names.
    pub(super) fn seen<'a>(
        &self,
        account: &'a AccountName,
        observation: &'a Observation,
    ) -> Box<dyn Iterator<Item = Seen<'a>> + 'a> {
        let entries = observation.state.of_account(account);
        if self.is_empty() {
            return Box::new(entries.map(|(now, entry): (&Address, &Entry)| Seen {
                address: Cow::Borrowed(now),
                now,
                resource: Cow::Borrowed(&entry.resource),
            }));
        }
        let mut seen: Vec<Seen<'a>> = entries
            .map(|(now, entry)| Seen {
                address: self.address(now),
                now,
                resource: self.resource(&entry.resource),
            })
            .collect();
        seen.sort_by(|a, b| a.address.cmp(&b.address));
        Box::new(seen.into_iter())
    }
}
