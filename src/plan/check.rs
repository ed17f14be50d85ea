//! The checker: re-simulates a plan and trusts nothing that planning computed.
//!
//! # Design
//! It shares types with planning and no code: it counts seats and administrators from the states that it makes by doing the
//! steps in memory, never from what the steps say. It runs on every plan made in any test and again before every apply; a
//! violation is a mistake in this program, not in an estate.
//!
//! A plan that is refused is checked for its shape alone, since its order is only there to be shown.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use super::{Plan, PoolProof, Step, StepId};
use crate::model::{
    Access, AccountName, Action, Address, Capacity, Fact, Member, Observation, Resource,
    ResourceId, Subject, Team, TeamName,
};
use crate::product::{Overflow, Product, Products, Standing};

/// Something that must not be so in any plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What it is about, if it is about one thing.
    pub address: Option<Address>,
    /// What is wrong, as a phrase.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) => write!(f, "{address}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Checks a plan against what was observed.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check(
    plan: &Plan,
    observations: &BTreeMap<AccountName, Observation>,
    products: &Products,
) -> Result<(), Vec<Violation>> {
    let mut found = Vec::new();
    shape(plan, &mut found);
    for (name, account) in &plan.accounts {
        let steps: Vec<&Step> = plan
            .steps
            .iter()
            .filter(|it| it.address.account == *name)
            .collect();
        if steps.is_empty() {
            continue;
        }
        let (Some(observation), Some(product)) =
            (observations.get(name), products.get(&account.product))
        else {
            found.push(Violation {
                address: None,
                text: format!("{name} has steps and was not observed"),
            });
            continue;
        };
        let mut world = World::new(product, observation);
        let used = world.used();
        let trace = world.play(&steps, &mut found);
        if plan.refusals.is_empty() {
            let account = Account {
                product,
                observation,
                used: &used,
                proofs: &account.pools,
                min_admins: i64::from(plan.guards.min_admins),
            };
            account.check(&steps, &trace, &mut found);
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// Every step has an id, an address and a place of its own, and comes after what it needs.
fn shape(plan: &Plan, found: &mut Vec<Violation>) {
    let (mut ids, mut addresses) = (HashSet::new(), HashSet::new());
    for step in &plan.steps {
        let mut wrong = |text: String| {
            found.push(Violation {
                address: Some(step.address.clone()),
                text,
            });
        };
        if !plan.accounts.contains_key(&step.address.account) {
            wrong("the step is for an account that the plan does not have".to_owned());
        }
        for needed in step.needs.iter().filter(|it| !ids.contains(*it)) {
            if plan.refusals.is_empty() {
                wrong(format!(
                    "the step needs {needed}, which does not come before it"
                ));
            }
        }
        if !ids.insert(&step.id) {
            wrong(format!("two steps have the id {}", step.id));
        }
        if !addresses.insert(&step.address) {
            wrong("two steps change the same thing".to_owned());
        }
        if step.places.is_empty() {
            wrong("no line causes the step".to_owned());
        }
        let is_shaped = match step.action {
            Action::Create => step.before.is_none() && step.after.is_some(),
            Action::Update => step.before.is_some() && step.after.is_some(),
            Action::Rename => {
                step.before.is_some() && step.after.is_some() && step.renamed_from.is_some()
            }
            Action::Remove => step.before.is_some() && step.after.is_none(),
        };
        if !is_shaped {
            wrong(format!(
                "before and after do not fit a {}",
                step.action.word()
            ));
        }
    }
}

/// An account in memory, as steps change it.
struct World<'a> {
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
struct Effect {
    units: Vec<i64>,
    admins: i64,
    is_done: bool,
}

impl<'a> World<'a> {
    fn new(product: &'a Product, observation: &'a Observation) -> Self {
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
    fn play(&mut self, steps: &[&Step], found: &mut Vec<Violation>) -> Vec<Effect> {
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
    fn used(&self) -> Vec<i64> {
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

/// One account's limits.
struct Account<'a> {
    product: &'a Product,
    observation: &'a Observation,
    /// Units in use before the steps, by pool.
    used: &'a [i64],
    proofs: &'a [PoolProof],
    min_admins: i64,
}

/// A number that steps change and that must stay above zero whenever it falls.
struct Room {
    name: String,
    start: i64,
    changes: Vec<i64>,
}

impl Account<'_> {
    fn check(&self, steps: &[&Step], effects: &[Effect], found: &mut Vec<Violation>) {
        let is_resumed = effects.iter().any(|it| it.is_done);
        let mut rooms = vec![self.admins(effects)];
        for (at, (name, pool)) in self.product.pools.iter().enumerate() {
            let Some(proof) = self
                .proofs
                .iter()
                .find(|it| it.pool.as_str() == name.value.as_str())
            else {
                found.push(Violation {
                    address: None,
                    text: format!("the pool \"{}\" has no proof", name.value),
                });
                continue;
            };
            let units: Vec<i64> = effects.iter().map(|it| it.units[at]).collect();
            let used = self.used[at];
            if !is_resumed {
                self.arithmetic(proof, used, &units, steps, found);
            }
            if pool.overflow == Overflow::Refuse {
                rooms.extend(self.room(proof, used, &units, steps, effects));
            }
        }
        let needs = positions(steps);
        for order in orders(&needs, &rooms) {
            for room in &rooms {
                if let Some(at) = breaks(room, &order) {
                    found.push(Violation {
                        address: Some(steps[at].address.clone()),
                        text: format!("in an order that the needs allow, {} run out", room.name),
                    });
                    return;
                }
            }
        }
    }

    fn arithmetic(
        &self,
        proof: &PoolProof,
        used: i64,
        units: &[i64],
        steps: &[&Step],
        found: &mut Vec<Violation>,
    ) {
        let mut wrong = |what: &str, says: u64, is: i64| {
            found.push(Violation {
                address: None,
                text: format!(
                    "the proof of \"{}\" says {what} {says} where it is {is}",
                    proof.pool
                ),
            });
        };
        let differs = |says: u64, is: i64| i64::try_from(says) != Ok(is);
        if differs(proof.used, used) {
            wrong("used", proof.used, used);
        }
        let after = used + units.iter().sum::<i64>();
        if differs(proof.after, after) {
            wrong("after", proof.after, after);
        }
        for (step, units) in steps.iter().zip(units) {
            if step.seats.get(&proof.pool).copied().unwrap_or_default() != *units {
                let said = step.seats.get(&proof.pool).copied().unwrap_or_default();
                wrong("of a step", said.unsigned_abs(), *units);
            }
        }
    }

    fn admins(&self, effects: &[Effect]) -> Room {
        let accesses = self.observation.state.iter().filter(|(address, entry)| {
            !self.observation.phases.contains_key(*address)
                && matches!(&entry.resource, Resource::Access(it) if self.product.administers(it))
        });
        let now = i64::try_from(accesses.count()).unwrap_or(i64::MAX);
        Room {
            name: "administrators".to_owned(),
            start: now - self.min_admins,
            changes: effects.iter().map(|it| it.admins).collect(),
        }
    }

    /// Free units, by step; `None` if there is no limit at any time.
    fn room(
        &self,
        proof: &PoolProof,
        used: i64,
        units: &[i64],
        steps: &[&Step],
        effects: &[Effect],
    ) -> Option<Room> {
        const BOUNDLESS: i64 = 1 << 40;
        let seats = |fact: &Fact<Capacity>| {
            fact.value().map(|it| match it {
                Capacity::Purchased(quantity) => {
                    i64::try_from(quantity.seats()).unwrap_or(BOUNDLESS)
                }
                Capacity::Unlimited => BOUNDLESS,
            })
        };
        let mut changes: Vec<i64> = units.iter().map(|it| -it).collect();
        // What is not known counts as exactly as much as is used.
        let before = seats(&proof.purchased).unwrap_or(used);
        let Some(after) = seats(&proof.purchased_after) else {
            return Some(Room {
                name: format!(
                    "units of \"{}\", of which it is not known how many there are,",
                    proof.pool
                ),
                start: 0,
                changes,
            });
        };
        if before == BOUNDLESS && after == BOUNDLESS {
            return None;
        }
        // The size changes with the purchase, and what a purchase does not explain changes with the settings.
        let mut rest = after - before;
        let mut resized = 0;
        let mut settings = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            match (&step.address.resource, &step.before, &step.after) {
                (
                    ResourceId::Seats(pool),
                    Some(Resource::Seats(old)),
                    Some(Resource::Seats(new)),
                ) if *pool == proof.pool && rest != 0 => {
                    let more = i64::try_from(new.seats()).unwrap_or(BOUNDLESS)
                        - i64::try_from(old.seats()).unwrap_or(BOUNDLESS);
                    rest -= more;
                    if effects[at].is_done {
                        resized += more;
                    } else {
                        changes[at] += more;
                    }
                }
                (ResourceId::Setting(_), ..) => settings.push(at),
                _ => {}
            }
        }
        let decisive = if rest < 0 {
            settings.first()
        } else {
            settings.last()
        };
        if let Some(at) = decisive {
            if effects[*at].is_done {
                resized += rest;
            } else {
                changes[*at] += rest;
            }
        }
        Some(Room {
            name: format!("units of \"{}\"", proof.pool),
            start: before + resized - used,
            changes,
        })
    }
}

/// The first step of an order that makes a number fall below zero.
fn breaks(room: &Room, order: &[usize]) -> Option<usize> {
    let mut left = room.start;
    for at in order {
        left += room.changes[*at];
        if room.changes[*at] < 0 && left < 0 {
            return Some(*at);
        }
    }
    None
}

fn positions(steps: &[&Step]) -> Vec<Vec<usize>> {
    let places: HashMap<&StepId, usize> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| (&step.id, at))
        .collect();
    steps
        .iter()
        .map(|step| {
            step.needs
                .iter()
                .filter_map(|id| places.get(id).copied())
                .collect()
        })
        .collect()
}

/// How many steps there may be so that every order is tried.
const EVERY_ORDER_MAX: usize = 6;

/// How many orders are drawn beside the worst ones.
const DRAWN_ORDERS: u64 = 8;

/// The stored order, then every order that the needs allow if there are few steps, else for each number the order that uses
/// it up as fast as it can, and some that are drawn.
fn orders(needs: &[Vec<usize>], rooms: &[Room]) -> Vec<Vec<usize>> {
    let mut orders = vec![(0..needs.len()).collect()];
    if needs.len() <= EVERY_ORDER_MAX {
        every_order(needs, &mut Vec::new(), &mut orders);
        return orders;
    }
    for room in rooms {
        orders.push(order_by(needs, |at| room.changes[at]));
    }
    if needs.len() <= 1 << 12 {
        for seed in 0..DRAWN_ORDERS {
            orders.push(order_by(needs, |at| drawn(seed, at)));
        }
    }
    orders
}

/// A number that looks drawn and is always the same (SplitMix64).
fn drawn(seed: u64, at: usize) -> i64 {
    let mut it = (seed << 32 | at as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (it ^ (it >> 31)).cast_signed()
}

fn every_order(needs: &[Vec<usize>], order: &mut Vec<usize>, orders: &mut Vec<Vec<usize>>) {
    if order.len() == needs.len() {
        orders.push(order.clone());
    }
    for at in 0..needs.len() {
        if !order.contains(&at) && needs[at].iter().all(|it| order.contains(it)) {
            order.push(at);
            every_order(needs, order, orders);
            order.pop();
        }
    }
}

/// The order that always does the step with the smallest key among those that can be done.
fn order_by(needs: &[Vec<usize>], key: impl Fn(usize) -> i64) -> Vec<usize> {
    let mut missing: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut dependents = vec![Vec::new(); needs.len()];
    for (at, needed) in needs.iter().enumerate() {
        for other in needed {
            dependents[*other].push(at);
        }
    }
    let ready = (0..needs.len()).filter(|at| missing[*at] == 0);
    let mut ready: BTreeSet<(i64, usize)> = ready.map(|at| (key(at), at)).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some((_, at)) = ready.pop_first() {
        order.push(at);
        for dependent in &dependents[at] {
            missing[*dependent] -= 1;
            if missing[*dependent] == 0 {
                ready.insert((key(*dependent), *dependent));
            }
        }
    }
    order
}
