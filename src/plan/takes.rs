//! Who takes units of the pools: in use now, and what each step takes or frees.

use std::collections::BTreeMap;

use super::Step;
use super::diff::Scope;
use super::scenes::Scenes;
use super::turns::Turns;
use crate::model::{
    Access, AccountName, Action, Address, Kind, Observation, PoolName, Resource, ResourceId,
    Subject,
};
use crate::product::{OnePool, Scene, Selector};
use crate::text::Word;

/// Units of a pool in use.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Used {
    /// All of them.
    pub units: u64,
    /// Of these, by people who have not accepted yet.
    pub waiting: u64,
}

impl Used {
    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            units: self.units + other.units,
            waiting: self.waiting + other.waiting,
        }
    }
}

/// Units in use, for each pool in the order of the definition.
pub(super) fn used(
    scene: &Scene<'_>,
    account: &AccountName,
    observation: &Observation,
) -> Vec<Used> {
    let product = scene.product;
    let pools: Vec<_> = product.each_pool().collect();
    let mut used = vec![Used::default(); pools.len()];
    if used.is_empty() {
        return used;
    }
    for (address, entry) in observation.state.of_account(account) {
        let phase = observation.phases.get(address);
        let waits = u64::from(phase.is_some_and(|it| !product.works(it)));
        for (used, one) in used.iter_mut().zip(&pools) {
            let units = units_of(scene, *one, (address, &entry.resource), phase);
            used.units += units;
            used.waiting += units * waits;
        }
    }
    used
}

/// Units of a pool that a thing in a life-cycle state takes.
pub(super) fn units_of(
    scene: &Scene<'_>,
    one: OnePool<'_>,
    (address, resource): (&Address, &Resource),
    phase: Option<&Word>,
) -> u64 {
    if !scene.product.holds_seat(phase.map(Word::as_str)) {
        return 0;
    }
    match (&address.resource, resource) {
        (ResourceId::Access(subject), Resource::Access(access)) => {
            u64::from(scene.takes_unit(one, access, scene.standing(subject)))
        }
        (ResourceId::Object { kind, .. }, Resource::Object(object)) => {
            scene.units_of_object(one, kind, object)
        }
        _ => 0,
    }
}

/// Fills in what each step takes and frees, and gives the needs that make it true in every order.
///
/// Who counts can depend on a person's places in teams. Then the whole difference is put on one of the person's steps: on
/// the first that may run if units are taken, on the last if they are freed, so that the others never change the count.
/// It can depend on settings and owned objects too: then what those change for everybody is put on their step, and what a
/// person's own step changes is counted after it.
pub(super) fn take_and_free(
    scope: Scope<'_>,
    steps: &mut [Step],
    scenes: &Scenes<'_>,
    turns: &Turns,
) -> Vec<(usize, usize)> {
    let mut flips = flips(scope, steps);
    // Settings come in the order that they have among each other, before owned objects.
    let turn = |at: &usize| {
        turns
            .order
            .iter()
            .position(|it| it == at)
            .unwrap_or(usize::MAX)
    };
    flips.sort_by_key(turn);
    let mut needs: Vec<_> = flips.windows(2).map(|it| (it[1], it[0])).collect();
    let mut seats = objects(scope, steps, scenes);
    let people = people(scope, steps);
    let flipped = flipped(steps, &flips, scenes);
    let before = flipped.last().unwrap_or(&scenes.now);
    for one in scope.product.each_pool() {
        let flip = flips
            .last()
            .copied()
            .filter(|_| one.any_selector(asks_around));
        if flip.is_some() {
            let all = std::iter::once(&scenes.now).chain(&flipped);
            let units: Vec<i64> = all.map(|scene| taken(scope, one, scene)).collect();
            for (flip, units) in flips.iter().zip(units.windows(2)) {
                seats.push((*flip, one.name.clone(), units[1] - units[0]));
            }
        }
        for (subject, of_person) in &people {
            let of_access = |at: &&usize| steps[**at].address.kind() == Kind::Access;
            let accesses: Vec<usize> = of_person.iter().filter(of_access).copied().collect();
            if let [first, .., last] = accesses.as_slice() {
                // Whoever comes before a role is handed to them, or goes after they handed it on: each step has its part.
                let parts = parts(scope, one, subject, &accesses, steps, (before, scenes));
                let parts = accesses.iter().zip(parts);
                seats.extend(parts.map(|(at, units)| (*at, one.name.clone(), units)));
                needs.extend(flip.map(|flip| (*first, flip)));
                let others = of_person.iter().filter(|it| !of_access(it));
                needs.extend(others.map(|other| match steps[*last].action {
                    Action::Remove => (*last, *other),
                    _ => (*other, *last),
                }));
                continue;
            }
            let access_step = accesses.first();
            let step = access_step.map(|at| &steps[*at]);
            let difference = difference(scope, one, subject, step, (before, scenes));
            if let (Some(at), Some(flip)) = (access_step, flip) {
                needs.push((*at, flip));
            }
            let at = match (access_step, difference) {
                (_, 0) => continue,
                (Some(at), _) => *at,
                (None, 1..) => of_person[0],
                (None, _) => of_person[of_person.len() - 1],
            };
            seats.push((at, one.name.clone(), difference));
            let others = of_person.iter().filter(|other| **other != at);
            needs.extend(others.map(|other| match difference {
                1.. => (*other, at),
                _ => (at, *other),
            }));
        }
    }
    for (at, pool, units) in seats {
        let seats = &mut steps[at].seats;
        *seats.entry(PoolName::new(&pool)).or_default() += units;
        seats.retain(|_, units| *units != 0);
    }
    needs
}

/// The account after each of the steps that change for everybody who counts, one after the other, nothing else done yet.
///
/// What goes is still there, and what gets another name is there under both: people have the roles that were observed.
fn flipped<'a>(steps: &[Step], flips: &[usize], scenes: &Scenes<'a>) -> Vec<Scene<'a>> {
    let mut scene = scenes.now.clone();
    let scenes = flips.iter().map(|at| {
        let step = &steps[*at];
        match (&step.address.resource, &step.after) {
            (ResourceId::Setting(name), _) => {
                let mut settings = scene.settings().clone();
                match scenes.then.settings().get(name) {
                    Some(value) => settings.insert(name.clone(), value.clone()),
                    None => settings.remove(name),
                };
                scene = scene.clone().with_settings(settings);
            }
            (ResourceId::Object { kind, name }, Some(Resource::Object(object))) => {
                let mut objects = scene.objects().clone();
                let former = step.renamed_from.as_ref().map(|it| &it.resource);
                let of_kind = objects.entry(kind.clone()).or_default();
                if let Some(ResourceId::Object { name, .. }) = former {
                    of_kind.insert(name.clone(), object.clone());
                }
                of_kind.insert(name.clone(), object.clone());
                scene = scene.clone().with_objects(objects);
            }
            _ => {}
        }
        scene.clone()
    });
    scenes.collect()
}

/// Units of a pool that the people who were observed take in a scene.
fn taken(scope: Scope<'_>, one: OnePool<'_>, scene: &Scene<'_>) -> i64 {
    let accesses = scope.observation.state.of_account(scope.name);
    let taken = accesses.filter(
        |(address, entry)| match (&address.resource, &entry.resource) {
            (ResourceId::Access(subject), Resource::Access(access)) => {
                // Standings are those of now: what teams change is put on the person's own steps.
                holds(scope, address) && scene.takes_unit(one, access, scene.standing(subject))
            }
            _ => false,
        },
    );
    i64::try_from(taken.count()).unwrap_or(i64::MAX)
}

/// Steps of people by person: of their access, and of their places in teams where those decide who counts.
fn people(scope: Scope<'_>, steps: &[Step]) -> BTreeMap<Subject, Vec<usize>> {
    let mut people: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    let mut pools = scope.product.each_pool();
    let by_team = pools.any(|it| it.any_selector(Selector::asks_teams));
    for (at, step) in steps.iter().enumerate() {
        for side in step.sides() {
            match (&side.address.resource, by_team) {
                (ResourceId::Access(subject), _) | (ResourceId::Member { subject, .. }, true) => {
                    people.entry(subject.clone()).or_default().push(at);
                }
                _ => {}
            }
        }
    }
    people
}

/// Steps that change for everybody who counts: settings that decide on a grant's default, and owned objects that are
/// somebody's role, in the order of the steps.
pub(super) fn flips(scope: Scope<'_>, steps: &[Step]) -> Vec<usize> {
    let product = scope.product;
    let decides = |setting: &str| {
        let mut defaults = product.grants.iter().flat_map(|(_, it)| &it.default);
        defaults.any(|it| {
            it.when
                .as_ref()
                .is_some_and(|when| when.asks_setting(setting))
        })
    };
    let is_role =
        |kind: &str| (product.user.owned_roles.as_ref()).is_some_and(|it| it.value == kind);
    let steps = steps.iter().enumerate();
    let flips = steps.filter(|(_, step)| match &step.address.resource {
        ResourceId::Setting(name) => decides(name),
        ResourceId::Object { kind, .. } => {
            is_role(kind) && matches!(step.action, Action::Update | Action::Rename)
        }
        _ => false,
    });
    flips.map(|(at, _)| at).collect()
}

/// Whether steps that change for everybody who counts decide on who takes units of a pool: each person's own steps come after
/// them then.
pub(super) fn depends_on_steps(scope: Scope<'_>, one: OnePool<'_>, steps: &[Step]) -> bool {
    one.any_selector(asks_around) && !flips(scope, steps).is_empty()
}

/// Whether a selector asks for what settings and owned objects decide.
fn asks_around(selector: &Selector) -> bool {
    !selector.grants.is_empty() || !selector.role_fields.is_empty()
}

/// What steps of owned objects take and free.
fn objects(scope: Scope<'_>, steps: &[Step], scenes: &Scenes<'_>) -> Vec<(usize, Word, i64)> {
    let mut seats = Vec::new();
    for one in scope.product.each_pool() {
        let units = |resource: &Option<Resource>, kind: &str| match resource {
            Some(Resource::Object(object)) => {
                i64::try_from(scenes.now.units_of_object(one, kind, object)).unwrap_or(i64::MAX)
            }
            _ => 0,
        };
        for (at, step) in steps.iter().enumerate() {
            if let ResourceId::Object { kind, .. } = &step.address.resource {
                let present = step.renamed_from.as_ref().unwrap_or(&step.address);
                let held = i64::from(holds(scope, present));
                let held_then = if step.before.is_some() { held } else { 1 };
                let after = match stays(scope, step) {
                    true => &step.before,
                    false => &step.after,
                };
                let difference = units(after, kind) * held_then - units(&step.before, kind) * held;
                seats.push((at, one.name.clone(), difference));
            }
        }
    }
    seats
}

/// Whether what a step removes goes only when the billing cycle ends, and takes its units until then.
pub(super) fn stays(scope: Scope<'_>, step: &Step) -> bool {
    let then = step.then.as_ref().map(Word::as_str);
    step.lingers(scope.product) && scope.product.holds_seat(then)
}

/// Whether a thing is in a state that takes units.
pub(super) fn holds(scope: Scope<'_>, address: &Address) -> bool {
    let phase = scope.observation.phases.get(address);
    scope.product.holds_seat(phase.map(Word::as_str))
}

/// What each of several steps takes that change somebody's access one after the other.
fn parts(
    scope: Scope<'_>,
    one: OnePool<'_>,
    subject: &Subject,
    accesses: &[usize],
    steps: &[Step],
    (before, scenes): (&Scene<'_>, &Scenes<'_>),
) -> Vec<i64> {
    let address = Address::access(scope.name, subject);
    let mut holds = i64::from(holds(scope, &address));
    let mut taken = match scope.observation.state.resource(&address) {
        Some(Resource::Access(it)) => {
            i64::from(before.takes_unit(one, it, scenes.now.standing(subject))) * holds
        }
        _ => 0,
    };
    let parts = accesses.iter().map(|at| {
        let side = steps[*at].sides().find(|it| *it.address == address);
        let after = side.and_then(|it| {
            if it.before.is_none() {
                holds = 1;
            }
            match it.after {
                Some(Resource::Access(it)) => Some(it),
                _ => None,
            }
        });
        let standing = scenes.then.standing(subject);
        let takes = |it: &Access| i64::from(scenes.then.takes_unit(one, it, standing)) * holds;
        let units = match after {
            Some(after) => takes(after),
            None if stays(scope, &steps[*at]) => taken,
            None => 0,
        };
        let part = units - taken;
        taken = units;
        part
    });
    parts.collect()
}

fn difference(
    scope: Scope<'_>,
    one: OnePool<'_>,
    subject: &Subject,
    step: Option<&Step>,
    (before, scenes): (&Scene<'_>, &Scenes<'_>),
) -> i64 {
    let address = Address::access(scope.name, subject);
    let side = step.and_then(|step| step.sides().find(|it| *it.address == address));
    let present = match step {
        Some(step) if step.address == address => step.renamed_from.as_ref().unwrap_or(&address),
        _ => &address,
    };
    let now = scenes.now.standing(present.subject().unwrap_or(subject));
    let then = scenes.then.standing(subject);
    let takes_now = |access: &Access| i64::from(before.takes_unit(one, access, now));
    let takes_then = |access: &Access| i64::from(scenes.then.takes_unit(one, access, then));
    let holds = i64::from(holds(scope, present));
    let observed = match scope.observation.state.resource(present) {
        Some(Resource::Access(access)) => Some(access),
        _ => None,
    };
    let taken = observed.map_or(0, |it| takes_now(it) * holds);
    let after = match (side, step) {
        (None, _) | (_, None) => observed.map_or(0, |it| takes_then(it) * holds),
        (Some(side), Some(_)) => match (side.after, side.before.is_none()) {
            // Whoever is invited will hold a unit sooner or later.
            (Some(Resource::Access(it)), true) => takes_then(it),
            (Some(Resource::Access(it)), false) => takes_then(it) * holds,
            _ if step.is_some_and(|it| stays(scope, it)) => taken,
            _ => 0,
        },
    };
    after - taken
}
