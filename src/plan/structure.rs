//! What steps need each other for whatever the numbers: a member needs the team, a removed team its members gone.

use std::collections::BTreeMap;

use super::diff::Scope;
use super::scenes::Scenes;
use super::{Step, forest, transfer};
use crate::model::{
    Action, Address, Kind, ObjectName, Resource, ResourceId, Subject, TeamName, Value,
};
use crate::product::{Constraint, PlanGate, value_is};

/// Levels of teams that are looked at.
const LEVELS_MAX: usize = 64;

/// Pairs of steps: the first needs the second.
pub(super) type Needs = Vec<(usize, usize)>;

/// The needs between the steps of one account that hold in every order.
pub(super) fn needs(scope: Scope<'_>, steps: &[Step], scenes: &Scenes<'_>) -> Needs {
    let mut by_address: BTreeMap<&Address, usize> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        // Whoever comes and gets a role that one person has is there with the first of the two steps; what is bought of a
        // pool is there before something is cancelled.
        by_address.entry(&step.address).or_insert(at);
    }
    let mut needs = transfer::needs(steps);
    let objects = new_objects(steps);
    let moves = forest::needs(scope, steps);
    for (at, step) in steps.iter().enumerate() {
        // A removal needs only that names are those it uses.
        let counts = |action| match step.action {
            Action::Remove => action == Action::Rename,
            Action::Create | Action::Update | Action::Rename => action != Action::Remove,
        };
        let mut need = |address: Address| {
            if let Some(other) = by_address.get(&address)
                && counts(steps[*other].action)
            {
                needs.push((at, *other));
            }
        };
        match (&step.address.resource, &step.after) {
            (ResourceId::Seats(_), _) => {
                let first = by_address[&step.address];
                needs.extend((first != at).then_some((at, first)));
            }
            (ResourceId::Member { team, subject }, _) => {
                need(Address::team(scope.name, team));
                let access = Address::access(scope.name, subject);
                // What else somebody has decides about leading only where a role leads by itself.
                let access_step = by_address.get(&access).map(|at| &steps[*at]);
                if access_step
                    .is_some_and(|it| it.action != Action::Update || leads_anew(scope, it))
                {
                    need(access);
                }
            }
            (ResourceId::Team(_), Some(Resource::Team(team))) => {
                // Around it everything must be in place, or a team could come to lie in itself on the way; moves that are
                // pinned to an order need only what they are moved into.
                let is_pinned = moves.is_some() && step.action != Action::Create;
                let levels = if is_pinned { 1 } else { LEVELS_MAX };
                for team in around(scope, team.parent.as_ref()).take(levels) {
                    if !is_pinned || names_anew(&by_address, steps, &team) {
                        need(team);
                    }
                }
            }
            (ResourceId::Access(_), Some(Resource::Access(access))) => {
                let roles = access.roles.iter();
                let made = roles.filter_map(|role| objects.get(role.as_str()));
                needs.extend(made.map(|object| (at, *object)));
            }
            _ => {}
        }
    }
    needs.extend(moves.into_iter().flatten());
    removed_teams(scope, steps, &by_address, &mut needs);
    removed_roles(scope, steps, &mut needs);
    successors(scope, steps, &by_address, &mut needs);
    gates(scope, steps, scenes, &mut needs);
    needs
}

/// Whether somebody begins or ceases to lead every team by their role.
fn leads_anew(scope: Scope<'_>, step: &Step) -> bool {
    let leads = |resource: &Option<Resource>| matches!(resource, Some(Resource::Access(access)) if scope.product.always_leads(access));
    leads(&step.before) != leads(&step.after)
}

/// The teams that a team shall lie in, the innermost first.
fn around<'a>(
    scope: Scope<'a>,
    parent: Option<&'a TeamName>,
) -> impl Iterator<Item = Address> + use<'a> {
    let state = &scope.desired.state;
    let outer = move |team: &Address| match state.resource(team) {
        Some(Resource::Team(team)) => {
            let parent = team.parent.as_ref()?;
            Some(Address::team(scope.name, parent))
        }
        _ => None,
    };
    // Teams that lie in a circle are an error elsewhere; here they must only not hang.
    std::iter::successors(parent.map(|it| Address::team(scope.name, it)), outer).take(LEVELS_MAX)
}

/// Whether a step gives a thing its name.
fn names_anew(by_address: &BTreeMap<&Address, usize>, steps: &[Step], thing: &Address) -> bool {
    let step = by_address.get(thing).map(|at| steps[*at].action);
    matches!(step, Some(Action::Create | Action::Rename))
}

/// Objects that the plan creates; roles can be among them.
fn new_objects(steps: &[Step]) -> BTreeMap<&str, usize> {
    let objects = steps.iter().enumerate();
    objects
        .filter_map(|(at, step)| match (&step.address.resource, step.action) {
            (ResourceId::Object { name, .. }, Action::Create | Action::Rename) => {
                Some((ObjectName::as_str(name), at))
            }
            _ => None,
        })
        .collect()
}

/// A team is removed after its members and after the teams that lie in it.
fn removed_teams(
    scope: Scope<'_>,
    steps: &[Step],
    by_address: &BTreeMap<&Address, usize>,
    needs: &mut Needs,
) {
    let removed: BTreeMap<&TeamName, usize> = steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| match (&step.address.resource, step.action) {
            (ResourceId::Team(team), Action::Remove) => Some((team, at)),
            _ => None,
        })
        .collect();
    if removed.is_empty() {
        return;
    }
    for (at, step) in steps.iter().enumerate() {
        let team = match (&step.address.resource, &step.before) {
            (ResourceId::Team(_), Some(Resource::Team(team))) => team.parent.as_ref(),
            (ResourceId::Member { team, .. }, _) if step.action == Action::Remove => Some(team),
            _ => None,
        };
        needs.extend(
            team.and_then(|it| removed.get(it))
                .map(|removed| (*removed, at)),
        );
    }
    for (address, _) in scope.observation.state.of_kind(scope.name, Kind::Member) {
        let ResourceId::Member { team, subject } = &address.resource else {
            continue;
        };
        let Some(team) = removed.get(team) else {
            continue;
        };
        let gone = by_address.get(&Address::access(scope.name, subject));
        let gone = gone.filter(|at| steps[**at].action == Action::Remove);
        needs.extend(gone.map(|at| (*team, *at)));
    }
}

/// An object that is somebody's role is removed after everybody has lost the role.
fn removed_roles(scope: Scope<'_>, steps: &[Step], needs: &mut Needs) {
    let Some(kind) = &scope.product.user.owned_roles else {
        return;
    };
    let removed: BTreeMap<&str, usize> = steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| match (&step.address.resource, step.action) {
            (ResourceId::Object { kind: of, name }, Action::Remove)
                if kind.value == of.as_str() =>
            {
                Some((name.as_str(), at))
            }
            _ => None,
        })
        .collect();
    if removed.is_empty() {
        return;
    }
    for (at, step) in steps.iter().enumerate() {
        for side in step.sides() {
            if let Some(Resource::Access(access)) = side.before {
                let had = access
                    .roles
                    .iter()
                    .filter_map(|role| removed.get(role.as_str()));
                needs.extend(had.map(|object| (*object, at)));
            }
        }
    }
}

/// Whoever takes over must be there before the leaver goes, where there is something to take over.
fn successors(
    scope: Scope<'_>,
    steps: &[Step],
    by_address: &BTreeMap<&Address, usize>,
    needs: &mut Needs,
) {
    if scope.product.hand_over.is_none() {
        return;
    }
    let handed = steps.iter().enumerate();
    needs.extend(handed.filter_map(|(at, step)| {
        let taker: &Subject = step.hand_over_to.as_ref()?;
        let taker = by_address.get(&Address::access(scope.name, taker))?;
        (steps[*taker].action == Action::Create).then_some((at, *taker))
    }));
}

/// What a setting allows comes after the setting, and goes before the setting does.
fn gates(scope: Scope<'_>, steps: &[Step], scenes: &Scenes<'_>, needs: &mut Needs) {
    if !steps.iter().any(|it| it.address.kind() == Kind::Setting) {
        return;
    }
    let (now, then) = (scenes.now.settings(), &scenes.then);
    for (_, constraint) in scope.product.constraints.iter() {
        let Constraint::PlanGate(gate) = constraint else {
            continue;
        };
        let setting = steps.iter().position(|step| {
            matches!(&step.address.resource, ResourceId::Setting(name)
                if name.as_str() == gate.setting.value.as_str())
        });
        let Some(setting) = setting else { continue };
        let allows = |value: Option<&Value>| value.is_some_and(|it| opens(gate, it));
        let before = allows(now.get(gate.setting.value.as_str()));
        let after = match &steps[setting].after {
            Some(Resource::Setting(value)) => allows(Some(value)),
            _ => false,
        };
        for (at, step) in steps.iter().enumerate() {
            let meant = |resource: &Option<Resource>| match (resource, step.address.subject()) {
                (Some(Resource::Access(access)), Some(subject)) => {
                    then.selects(&gate.of, access, then.standing(subject))
                }
                _ => false,
            };
            match (before, after) {
                (false, true) if meant(&step.after) => needs.push((at, setting)),
                (true, false) if meant(&step.before) && !meant(&step.after) => {
                    needs.push((setting, at));
                }
                _ => {}
            }
        }
    }
}

fn opens(gate: &PlanGate, value: &Value) -> bool {
    gate.values.iter().any(|it| value_is(value, &it.value))
}
