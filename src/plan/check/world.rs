//! An account in memory, and what steps do to it; whether they can is in `possible`.

mod possible;

use std::collections::{BTreeMap, BTreeSet};

use super::Step;
use crate::model::{
    Access, AccountName, Action, Address, Capacity, Entry, Kind, Member, Observation, PoolName,
    ProductId, Quantity, Resource, ResourceId, RoleName, SettingName, State, Subject, Team,
    TeamName, Value,
};
use crate::plan::Side;
use crate::plan::kept::Kept;
use crate::product::{OnePool, Overflow, Product, Scene, Standing, Tenant};

/// More units than anybody has: how "no limit" counts.
const BOUNDLESS: i64 = 1 << 40;

/// An account in memory, as steps change it.
#[derive(Clone)]
pub(super) struct World<'a> {
    pub(super) product: &'a Product,
    /// The account's settings and objects as they are at this point.
    pub(super) scene: Scene<'a>,
    account: AccountName,
    tenant: (ProductId, Option<AccountName>),
    pub(super) things: BTreeMap<ResourceId, Resource>,
    teams: BTreeMap<Subject, BTreeMap<TeamName, bool>>,
    people: BTreeMap<TeamName, BTreeSet<Subject>>,
    children: BTreeMap<TeamName, BTreeSet<TeamName>>,
    /// Life-cycle states of people and owned objects.
    phases: BTreeMap<ResourceId, String>,
    /// Whom the steps invited: they take seats and do not administer before they accept.
    invited: BTreeSet<Subject>,
    /// Everything that units are counted of; the numbers below are in this order.
    pub(super) counters: Vec<Counter<'a>>,
    /// How many units a pool of unknown size counts as having: those in use in the beginning, or in the end where that is
    /// more and somebody accepted it.
    pub(super) full: Vec<i64>,
    /// Whether the size of each pool is not counted on: not every access could be read, here or where it is shared.
    pub(super) blind: Vec<bool>,
}

/// Something that units are counted of: a pool; or the lots of one size of a pool in which every object takes one of its own
/// size. The pools come first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counter<'a> {
    pub one: OnePool<'a>,
    pub size: Option<u32>,
}

impl Counter<'_> {
    /// Whether there must never be too few.
    pub(super) fn is_room(&self) -> bool {
        self.one.pool.overflow == Overflow::Refuse
            && (self.size.is_some() || !self.one.takes_lots())
    }
}

impl std::fmt::Display for Counter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.size {
            Some(size) => write!(f, "lots of {size} of \"{}\"", self.one.name),
            None => write!(f, "units of \"{}\"", self.one.name),
        }
    }
}

/// What one step did to what is counted: units by counter, and administrators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    pub units: Vec<i64>,
    /// How many units there are.
    pub sizes: Vec<i64>,
    pub admins: i64,
    pub is_done: bool,
}

impl<'a> World<'a> {
    pub(super) fn new(
        product: &'a Product,
        tenant: Tenant<'_>,
        observation: &'a Observation,
        settings: &BTreeMap<SettingName, Value>,
        steps: &[&Step],
    ) -> Self {
        let mut world = Self {
            product,
            scene: Scene::new(product, tenant, &State::new()),
            account: tenant.name.clone(),
            tenant: (tenant.product.clone(), tenant.parent.cloned()),
            things: BTreeMap::new(),
            teams: BTreeMap::new(),
            people: BTreeMap::new(),
            children: BTreeMap::new(),
            phases: BTreeMap::new(),
            invited: BTreeSet::new(),
            counters: Vec::new(),
            full: Vec::new(),
            blind: Vec::new(),
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
            world
                .phases
                .insert(address.resource.clone(), phase.to_string());
        }
        // A setting that nobody reads and that no step changes is what the files say it is.
        for (name, value) in settings {
            let id = ResourceId::Setting(name.clone());
            world
                .things
                .entry(id)
                .or_insert_with(|| Resource::Setting(value.clone()));
        }
        world.look_around();
        world.write_as_planned(steps);
        world.counters = world.counters(steps);
        world.full = world.used();
        let is_blind = observation.gaps.iter().any(|it| it.kind == Kind::Access);
        world.blind = vec![is_blind; world.full.len()];
        world
    }

    /// The pools, then the sizes of lots that are there or that steps bring.
    fn counters(&self, steps: &[&Step]) -> Vec<Counter<'a>> {
        let pools = || self.product.each_pool();
        let mut counters: Vec<_> = pools().map(|one| Counter { one, size: None }).collect();
        for one in pools().filter(OnePool::takes_lots) {
            let there = self.things.iter();
            let brought = steps.iter().flat_map(|step| {
                let sides = [&step.before, &step.after].into_iter().flatten();
                sides.map(|it| (&step.address.resource, it))
            });
            let sizes: BTreeSet<u32> = (there.chain(brought))
                .flat_map(|(id, resource)| match (id, resource) {
                    (ResourceId::Object { kind, .. }, Resource::Object(object)) => {
                        let units = self.scene.units_of_object(one, kind, object);
                        u32::try_from(units).into_iter().collect()
                    }
                    (ResourceId::Seats(pool), Resource::Seats(Quantity::Lots(lots)))
                        if pool.as_str() == one.name.as_str() =>
                    {
                        lots.iter().map(|it| it.size).collect()
                    }
                    _ => Vec::new(),
                })
                .filter(|it| *it > 0)
                .collect();
            let sizes = sizes.into_iter().map(Some);
            counters.extend(sizes.map(|size| Counter { one, size }));
        }
        counters
    }

    /// Writes what was read as the steps write it, where the account's default hides a grant by now.
    fn write_as_planned(&mut self, steps: &[&Step]) {
        let kept = Kept::of(steps.iter().copied());
        for address in kept.addresses() {
            if let Some(Resource::Access(access)) = self.things.get_mut(&address.resource) {
                let read = std::mem::take(access);
                *access = kept.as_planned(address, read, &self.scene);
            }
        }
    }

    /// Reads the settings, quantities and objects of the account anew.
    fn look_around(&mut self) {
        let around = |id: &ResourceId| {
            matches!(
                id,
                ResourceId::Setting(_) | ResourceId::Seats(_) | ResourceId::Object { .. }
            )
        };
        let things = self.things.iter().take_while(|(id, _)| around(id));
        let state: State = things
            .map(|(id, resource)| {
                let address = Address::new(&self.account, id.clone());
                (address, Entry::observed(resource.clone()))
            })
            .collect();
        let tenant = Tenant {
            name: &self.account,
            product: &self.tenant.0,
            parent: self.tenant.1.as_ref(),
        };
        self.scene = Scene::new(self.product, tenant, &state);
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

    /// Which steps were done before: their effect is there from the start.
    pub(super) fn done(&self, steps: &[&Step]) -> Vec<bool> {
        let renames: Vec<&Step> = steps
            .iter()
            .filter(|it| it.renamed_from.is_some())
            .copied()
            .collect();
        let is_done = |it: &Step, known: &[(&Step, bool)]| {
            let is_renamed = (it.renamed_from.as_ref())
                .is_none_or(|from| !self.things.contains_key(&from.resource));
            let is_gone = it.after.is_some()
                || !self
                    .things
                    .contains_key(&present(&it.address.resource, &renames));
            // What a later step has changed again was done before that.
            let is_overtaken = |side: &Side<'_>| {
                let mut later = known.iter();
                later.any(|(later, done)| *done && later.changes_again(it, side.address))
            };
            let is_side_done =
                |side: Side<'_>| self.is_there(side.after.as_ref(), &side.address.resource);
            let is_cancelled = self.is_ending(it)
                && self.phases.get(&it.address.resource).map(String::as_str)
                    == it.then.as_ref().map(|it| it.as_str());
            is_cancelled
                || is_renamed
                    && it.sides().all(|side| {
                        is_overtaken(&side)
                            || (is_side_done(side) && (is_gone || *side.address != it.address))
                    })
        };
        let mut known: Vec<(&Step, bool)> = Vec::with_capacity(steps.len());
        let mut shared: Vec<(&Step, bool)> = Vec::new();
        for step in steps.iter().rev() {
            let is_transfer = step.other.is_some();
            let done = is_done(step, if is_transfer { &known } else { &shared });
            known.push((step, done));
            if step.may_share() {
                shared.push((step, done));
            }
        }
        known.into_iter().rev().map(|it| it.1).collect()
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
    pub(super) fn standing(&self, step: &Step) -> Effect {
        let mut sum = Effect {
            units: vec![0; self.full.len()],
            sizes: vec![0; self.full.len()],
            ..Effect::default()
        };
        if is_around(step) {
            // These can change for everybody who counts, and how many units there are.
            sum.units = self.used();
            sum.sizes = self.sizes();
            return sum;
        }
        let other = step.other.as_ref().map(|it| &it.address);
        let names = [Some(&step.address), step.renamed_from.as_ref(), other];
        let people = names.into_iter().flatten().filter_map(|it| it.subject());
        for subject in people {
            let Some(Resource::Access(access)) =
                self.things.get(&ResourceId::Access(subject.clone()))
            else {
                continue;
            };
            sum.admins += i64::from(self.is_active(subject) && self.product.administers(access));
            for (units, taken) in sum.units.iter_mut().zip(self.units(subject, access)) {
                *units += taken;
            }
            for (size, counted) in sum.sizes.iter_mut().zip(self.people_of(subject, access)) {
                *size += counted;
            }
        }
        sum
    }

    fn is_active(&self, subject: &Subject) -> bool {
        let phase = self.phases.get(&ResourceId::Access(subject.clone()));
        phase.is_none_or(|it| self.product.works(it) && !self.product.is_ending(it))
            && !self.invited.contains(subject)
    }

    /// Whether somebody does not go when the billing cycle ends.
    pub(super) fn stays(&self, subject: &Subject) -> bool {
        let phase = self.phases.get(&ResourceId::Access(subject.clone()));
        phase.is_none_or(|it| !self.product.is_ending(it))
    }

    /// Whether an access is counted for how many units there are, by counter.
    fn people_of(&self, subject: &Subject, access: &Access) -> Vec<i64> {
        let standing = self.standing_of(subject);
        let counters = self.counters.iter().zip(&self.blind);
        let counts = counters.map(|(it, is_blind)| {
            let selector = self
                .scene
                .capacity(it.one)
                .and_then(|it| it.people.as_ref());
            let counts = selector.is_some_and(|it| self.scene.selects(it, access, standing));
            i64::from(counts && !is_blind)
        });
        counts.collect()
    }

    /// How many units there are, by counter.
    pub(super) fn sizes(&self) -> Vec<i64> {
        let counters = self.counters.iter();
        let counters = counters.zip(self.full.iter().zip(&self.blind));
        let sizes = counters.map(|(it, (full, is_blind))| match (is_blind, it.size) {
            (true, _) => *full,
            (false, None) => self.size(it.one).unwrap_or(*full),
            (false, Some(size)) => self.lots(it.one, size).unwrap_or(*full),
        });
        sizes.collect()
    }

    /// How many lots of a size are bought of a pool; `None` if nobody knows.
    fn lots(&self, one: OnePool<'_>, size: u32) -> Option<i64> {
        match self
            .things
            .get(&ResourceId::Seats(PoolName::new(one.name)))?
        {
            Resource::Seats(Quantity::Number(0)) => Some(0),
            Resource::Seats(Quantity::Lots(lots)) => {
                let of_size = lots.iter().filter(|it| it.size == size);
                Some(of_size.map(|it| i64::from(it.count)).sum())
            }
            _ => None,
        }
    }

    /// How many units a pool has: everything that its capacity names, added up; `None` if some of it is not known.
    fn size(&self, one: OnePool<'_>) -> Option<i64> {
        let capacity = self.scene.capacity(one)?;
        if capacity.unlimited == Some(true) {
            return Some(BOUNDLESS);
        }
        let mut size = i64::from(capacity.number.unwrap_or_default());
        let of_word = || {
            one.word
                .and_then(|it| capacity.setting_each.get(it.as_str()))
        };
        if let Some(setting) = capacity.setting.as_ref().or_else(of_word) {
            match self.scene.settings().get(setting.value.as_str()) {
                Some(Value::Count(count)) => size += i64::from(*count),
                _ => return None,
            }
        }
        if capacity.purchased == Some(true) {
            match self.things.get(&ResourceId::Seats(PoolName::new(one.name))) {
                Some(Resource::Seats(bought)) => {
                    size += i64::try_from(bought.seats()).unwrap_or(BOUNDLESS);
                }
                _ => return None,
            }
        }
        if let Some(selector) = &capacity.people {
            let counted = self.accesses().filter(|(subject, access)| {
                self.scene
                    .selects(selector, access, self.standing_of(subject))
            });
            size += i64::try_from(counted.count()).unwrap_or(BOUNDLESS);
        }
        Some(size.min(BOUNDLESS))
    }

    /// Somebody's access, with their name as it lives here.
    pub(super) fn access(&self, subject: &Subject) -> Option<(&Subject, &Access)> {
        match self
            .things
            .get_key_value(&ResourceId::Access(subject.clone()))?
        {
            (ResourceId::Access(subject), Resource::Access(access)) => Some((subject, access)),
            _ => None,
        }
    }

    /// Everybody who has access.
    pub(super) fn accesses(&self) -> impl Iterator<Item = (&Subject, &Access)> {
        self.things.iter().filter_map(|(id, it)| match (id, it) {
            (ResourceId::Access(subject), Resource::Access(access)) => Some((subject, access)),
            _ => None,
        })
    }

    pub(super) fn standing_of(&self, subject: &Subject) -> Standing {
        let teams = self.teams.get(subject);
        Standing {
            in_team: teams.is_some_and(|it| !it.is_empty()),
            leads_team: teams.is_some_and(|it| it.values().any(|lead| *lead)),
        }
    }

    fn units(&self, subject: &Subject, access: &Access) -> Vec<i64> {
        let standing = self.standing_of(subject);
        let phase = self.phases.get(&ResourceId::Access(subject.clone()));
        let holds = self.product.holds_seat(phase.map(String::as_str));
        let counters = self.counters.iter();
        counters
            .map(|it| i64::from(holds && self.scene.takes_unit(it.one, access, standing)))
            .collect()
    }

    /// What the rules about states look at.
    pub(super) fn phase(&self, id: &ResourceId) -> Option<&str> {
        self.phases.get(id).map(String::as_str)
    }

    /// Units in use, by counter; of lots, how many.
    pub(super) fn used(&self) -> Vec<i64> {
        let mut used = vec![0; self.counters.len()];
        for (id, resource) in &self.things {
            let units: Vec<i64> = match (id, resource) {
                (ResourceId::Access(subject), Resource::Access(access)) => {
                    self.units(subject, access)
                }
                (ResourceId::Object { kind, .. }, Resource::Object(object)) => {
                    let phase = self.phases.get(id).map(String::as_str);
                    let holds = u64::from(self.product.holds_seat(phase));
                    let units = self.counters.iter().map(|it| {
                        let units = self.scene.units_of_object(it.one, kind, object);
                        match it.size {
                            None => units,
                            Some(size) => u64::from(units == u64::from(size)),
                        }
                    });
                    units
                        .map(|it| i64::try_from(it * holds).unwrap_or(i64::MAX))
                        .collect()
                }
                _ => continue,
            };
            for (used, units) in used.iter_mut().zip(units) {
                *used += units;
            }
        }
        used
    }

    pub(super) fn execute(&mut self, step: &Step) -> Result<(), String> {
        let id = &step.address.resource;
        if let Some(from) = &step.renamed_from {
            self.rename(&from.resource, id)?;
        }
        for side in step.sides() {
            if self.things.get(&side.address.resource) != side.before.as_ref() {
                return Err("what is there is not what the step says is there before".to_owned());
            }
        }
        if let Some(other) = &step.other {
            match &other.after {
                Some(after) => self.put(other.address.resource.clone(), after.clone()),
                None => return Err("the other thing would be gone".to_owned()),
            }
        }
        let done = self.change(id, step);
        if is_around(step) {
            self.look_around();
        }
        done
    }

    /// Whether what a step removes is there until the billing cycle ends.
    fn is_ending(&self, step: &Step) -> bool {
        let then = step.then.as_ref().filter(|_| step.after.is_none());
        then.is_some_and(|it| self.product.is_ending(it))
    }

    fn change(&mut self, id: &ResourceId, step: &Step) -> Result<(), String> {
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
            None if self.is_ending(step) => {
                let phase = step.then.as_ref().map(ToString::to_string);
                self.phases.insert(id.clone(), phase.unwrap_or_default());
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
                }
                self.phases.remove(id);
            }
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
        if let Some(phase) = self.phases.remove(from) {
            self.phases.insert(to.clone(), phase);
        }
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
            }
            (ResourceId::Object { kind, name: old }, ResourceId::Object { name: new, .. }) => {
                if self.is_role_kind(kind) {
                    self.rename_role(old, new);
                }
            }
            _ => return Err("things of this kind have no other name".to_owned()),
        }
        Ok(())
    }

    /// Whether objects of a kind are the roles of people.
    fn is_role_kind(&self, kind: &str) -> bool {
        let owned = self.product.user.owned_roles.as_ref();
        owned.is_some_and(|it| it.value == kind)
    }

    /// Whoever has a role has it under its new name.
    fn rename_role(&mut self, old: &str, new: &str) {
        for resource in self.things.values_mut() {
            let Resource::Access(access) = resource else {
                continue;
            };
            for role in &mut access.roles {
                if role.as_str() == old {
                    *role = RoleName::new(new);
                }
            }
            access.roles.sort_unstable();
        }
    }

    fn move_member(&mut self, from: (TeamName, Subject), to: (TeamName, Subject)) {
        let id = |(team, subject): (TeamName, Subject)| ResourceId::Member { team, subject };
        if let Some(member) = self.take(&id(from)) {
            self.put(id(to), member);
        }
    }
}

/// Whether a step changes the account itself or what it owns.
pub(super) fn is_around(step: &Step) -> bool {
    let kind = step.address.kind();
    matches!(kind, Kind::Setting | Kind::Seats | Kind::Object)
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
