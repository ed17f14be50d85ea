//! An account in memory, and what steps do to it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Step, Violation};
use crate::model::{
    Access, Action, Capacity, Member, Observation, Resource, ResourceId, Subject, Team, TeamName,
};
use crate::product::{Product, Standing};

/// An account in memory, as steps change it.
pub(super) struct World<'a> {
    product: &'a Product,
    things: BTreeMap<ResourceId, Resource>,
    teams: BTreeMap<Subject, BTreeMap<TeamName, bool>>,
    people: BTreeMap<TeamName, BTreeSet<Subject>>,
    children: BTreeMap<TeamName, BTreeSet<TeamName>>,
    phases: BTreeMap<Subject, String>,
    /// Whom the steps invited: they take seats and do not administer before they accept.
    invited: BTreeSet<Subject>,
}

/// What one step did to what is counted: units per pool, and administrators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    pub units: Vec<i64>,
    pub admins: i64,
    pub is_done: bool,
}

impl<'a> World<'a> {
    pub(super) fn new(product: &'a Product, observation: &'a Observation) -> Self {
        let mut world = Self {
            product,
            things: BTreeMap::new(),
            teams: BTreeMap::new(),
            people: BTreeMap::new(),
            children: BTreeMap::new(),
            phases: BTreeMap::new(),
            invited: BTreeSet::new(),
        };
        for (address, entry) in observation.state.iter() {
            world.put(address.resource.clone(), entry.resource.clone());
        }
        for (pool, fact) in &observation.pools {
            if let Some(Capacity::Purchased(quantity)) = fact.value() {
                let seats = ResourceId::Seats(pool.clone());
                let quantity = || Resource::Seats(quantity.clone());
                world.things.entry(seats).or_insert_with(quantity);
            }
        }
        for (address, phase) in &observation.phases {
            if let ResourceId::Access(subject) = &address.resource {
                world.phases.insert(subject.clone(), phase.to_string());
            }
        }
        world
    }

    fn put(&mut self, id: ResourceId, resource: Resource) {
        self.take(&id);
        match (&id, &resource) {
            (ResourceId::Member { team, subject }, Resource::Member(Member { lead })) => {
                let teams = self.teams.entry(subject.clone()).or_default();
                teams.insert(team.clone(), *lead);
                let people = self.people.entry(team.clone()).or_default();
                people.insert(subject.clone());
            }
            (
                ResourceId::Team(team),
                Resource::Team(Team {
                    parent: Some(parent),
                }),
            ) => {
                let children = self.children.entry(parent.clone()).or_default();
                children.insert(team.clone());
            }
            _ => {}
        }
        self.things.insert(id, resource);
    }

    fn take(&mut self, id: &ResourceId) -> Option<Resource> {
        let resource = self.things.remove(id)?;
        match (id, &resource) {
            (ResourceId::Member { team, subject }, _) => {
                if let Some(teams) = self.teams.get_mut(subject) {
                    teams.remove(team);
                }
                if let Some(people) = self.people.get_mut(team) {
                    people.remove(subject);
                }
            }
            (
                ResourceId::Team(team),
                Resource::Team(Team {
                    parent: Some(parent),
                }),
            ) => {
                if let Some(children) = self.children.get_mut(parent) {
                    children.remove(team);
                }
            }
            _ => {}
        }
        Some(resource)
    }

    /// Does the steps in their order; a step whose effect is there from the start was done before.
    pub(super) fn play(&mut self, steps: &[&Step], found: &mut Vec<Violation>) -> Vec<Effect> {
        let renames: Vec<&Step> = steps
            .iter()
            .filter(|it| it.renamed_from.is_some())
            .copied()
            .collect();
        let is_done = |it: &&Step| {
            let is_renamed = (it.renamed_from.as_ref())
                .is_none_or(|from| !self.things.contains_key(&from.resource));
            let is_gone = it.after.is_some()
                || !self
                    .things
                    .contains_key(&present(&it.address.resource, &renames));
            is_renamed && is_gone && self.is_there(it.after.as_ref(), &it.address.resource)
        };
        let done: Vec<bool> = steps.iter().map(is_done).collect();
        let mut effects = Vec::with_capacity(steps.len());
        for (step, done) in steps.iter().zip(done) {
            if done {
                effects.push(Effect {
                    units: vec![0; self.product.pools.iter().count()],
                    is_done: true,
                    ..Effect::default()
                });
                continue;
            }
            let before = self.standing(step);
            if let Err(text) = self.execute(step) {
                found.push(Violation {
                    address: Some(step.address.clone()),
                    text,
                });
            }
            let after = self.standing(step);
            effects.push(Effect {
                units: after
                    .units
                    .iter()
                    .zip(&before.units)
                    .map(|(a, b)| a - b)
                    .collect(),
                admins: after.admins - before.admins,
                is_done: false,
            });
        }
        effects
    }

    /// Whether a thing is what it shall be, as far as the vendor tells.
    fn is_there(&self, after: Option<&Resource>, id: &ResourceId) -> bool {
        match (after, self.things.get(id)) {
            (Some(Resource::Access(after)), Some(Resource::Access(now))) => {
                let is_told = |option: &str| {
                    let rule = self.product.options.get(option);
                    now.options.get(option).is_some()
                        || rule.is_none_or(|it| it.readable != Some(false))
                };
                let options = after.options.iter().filter(|(name, _)| is_told(name));
                after.roles == now.roles
                    && after.grants == now.grants
                    && options.eq(now.options.iter())
            }
            (after, now) => after == now,
        }
    }

    /// What the person whom a step is about counts for, under the old name and the new one.
    fn standing(&self, step: &Step) -> Effect {
        let names = [Some(&step.address), step.renamed_from.as_ref()];
        let people = names.into_iter().flatten().filter_map(|it| it.subject());
        let mut sum = Effect {
            units: vec![0; self.product.pools.iter().count()],
            ..Effect::default()
        };
        for subject in people {
            let Some(Resource::Access(access)) =
                self.things.get(&ResourceId::Access(subject.clone()))
            else {
                continue;
            };
            let is_active = !self.phases.contains_key(subject) && !self.invited.contains(subject);
            sum.admins += i64::from(is_active && self.product.administers(access));
            for (units, taken) in sum.units.iter_mut().zip(self.units(subject, access)) {
                *units += taken;
            }
        }
        sum
    }

    fn units(&self, subject: &Subject, access: &Access) -> Vec<i64> {
        let teams = self.teams.get(subject);
        let standing = Standing {
            in_team: teams.is_some_and(|it| !it.is_empty()),
            leads_team: teams.is_some_and(|it| it.values().any(|lead| *lead)),
        };
        let phase = self.phases.get(subject).map(String::as_str);
        let holds = self.product.holds_seat(phase);
        let pools = self.product.pools.iter();
        pools
            .map(|(_, pool)| i64::from(holds && self.product.takes_unit(pool, access, standing)))
            .collect()
    }

    /// Units in use, by pool.
    pub(super) fn used(&self) -> Vec<i64> {
        let mut used = vec![0; self.product.pools.iter().count()];
        for (id, resource) in &self.things {
            if let (ResourceId::Access(subject), Resource::Access(access)) = (id, resource) {
                for (used, units) in used.iter_mut().zip(self.units(subject, access)) {
                    *used += units;
                }
            }
        }
        used
    }

    fn execute(&mut self, step: &Step) -> Result<(), String> {
        let id = &step.address.resource;
        if let Some(from) = &step.renamed_from {
            self.rename(&from.resource, id)?;
        }
        let now = self.things.get(id);
        if now != step.before.as_ref() {
            return Err("what is there is not what the step says is there before".to_owned());
        }
        match &step.after {
            Some(after) => {
                self.is_possible(id, after)?;
                self.put(id.clone(), after.clone());
                if let (ResourceId::Access(subject), Action::Create) = (id, step.action)
                    && self.product.invites()
                {
                    self.invited.insert(subject.clone());
                }
            }
            None => {
                self.is_removable(id)?;
                self.take(id);
                if let ResourceId::Access(subject) = id {
                    let teams = self.teams.remove(subject).unwrap_or_default();
                    for team in teams.into_keys() {
                        self.take(&ResourceId::Member {
                            team,
                            subject: subject.clone(),
                        });
                    }
                    self.phases.remove(subject);
                }
            }
        }
        Ok(())
    }

    fn is_possible(&self, id: &ResourceId, after: &Resource) -> Result<(), String> {
        let team_is_there =
            |team: &TeamName| self.things.contains_key(&ResourceId::Team(team.clone()));
        match (id, after) {
            (ResourceId::Member { team, .. }, _) if !team_is_there(team) => {
                Err(format!("the team \"{team}\" is not there yet"))
            }
            (ResourceId::Member { subject, .. }, _)
                if !self
                    .things
                    .contains_key(&ResourceId::Access(subject.clone())) =>
            {
                Err(format!("\"{subject}\" has no access yet"))
            }
            (
                ResourceId::Team(team),
                Resource::Team(Team {
                    parent: Some(parent),
                }),
            ) => {
                if !team_is_there(parent) {
                    return Err(format!("the team \"{parent}\" is not there yet"));
                }
                if self.lies_in(parent, team) {
                    return Err(format!("the team \"{parent}\" lies in it"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether a team is another one or lies in it, at any depth.
    fn lies_in(&self, team: &TeamName, other: &TeamName) -> bool {
        let mut team = team.clone();
        // More levels than things: then they lie in a circle already.
        for _ in 0..=self.things.len() {
            if team == *other {
                return true;
            }
            match self.things.get(&ResourceId::Team(team)) {
                Some(Resource::Team(Team {
                    parent: Some(parent),
                })) => team = parent.clone(),
                _ => return false,
            }
        }
        true
    }

    fn is_removable(&self, id: &ResourceId) -> Result<(), String> {
        let ResourceId::Team(team) = id else {
            return Ok(());
        };
        if self.people.get(team).is_some_and(|it| !it.is_empty()) {
            return Err("people are still in the team".to_owned());
        }
        if self.children.get(team).is_some_and(|it| !it.is_empty()) {
            return Err("another team still lies in the team".to_owned());
        }
        Ok(())
    }

    fn rename(&mut self, from: &ResourceId, to: &ResourceId) -> Result<(), String> {
        if self.things.contains_key(to) {
            return Err("something has the new name already".to_owned());
        }
        let Some(thing) = self.take(from) else {
            return Err("nothing has the old name".to_owned());
        };
        self.put(to.clone(), thing);
        match (from, to) {
            (ResourceId::Team(from), ResourceId::Team(to)) => {
                for subject in self.people.remove(from).unwrap_or_default() {
                    let (team, new) = (from.clone(), to.clone());
                    self.move_member((team, subject.clone()), (new, subject));
                }
                for child in self.children.remove(from).unwrap_or_default() {
                    let parent = Some(to.clone());
                    self.put(ResourceId::Team(child), Resource::Team(Team { parent }));
                }
            }
            (ResourceId::Access(from), ResourceId::Access(to)) => {
                for team in self.teams.remove(from).unwrap_or_default().into_keys() {
                    self.move_member((team.clone(), from.clone()), (team, to.clone()));
                }
                if let Some(phase) = self.phases.remove(from) {
                    self.phases.insert(to.clone(), phase);
                }
            }
            _ => return Err("things of this kind have no other name".to_owned()),
        }
        Ok(())
    }

    fn move_member(&mut self, from: (TeamName, Subject), to: (TeamName, Subject)) {
        let id = |(team, subject): (TeamName, Subject)| ResourceId::Member { team, subject };
        if let Some(member) = self.take(&id(from)) {
            self.put(id(to), member);
        }
    }
}

/// What a place in a team is called before the steps rename anything.
fn present(id: &ResourceId, renames: &[&Step]) -> ResourceId {
    let ResourceId::Member { team, subject } = id else {
        return id.clone();
    };
    let (mut team, mut subject) = (team.clone(), subject.clone());
    for step in renames {
        let from = step.renamed_from.as_ref().map(|it| &it.resource);
        match (from, &step.address.resource) {
            (Some(ResourceId::Team(old)), ResourceId::Team(new)) if *new == team => {
                team = old.clone();
            }
            (Some(ResourceId::Access(old)), ResourceId::Access(new)) if *new == subject => {
                subject = old.clone();
            }
            _ => {}
        }
    }
    ResourceId::Member { team, subject }
}
