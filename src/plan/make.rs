//! Makes a plan: account by account, difference, steps, order, proof; then the digest of all.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::charged::savings;
use super::diff::{Change, Diff, Scope, diff};
use super::how::{Hands, Surroundings, undoable};
use super::limits::{self, Limit, limits, widen};
use super::order::{Draft, Rank, Turn, order, rank, replaced};
use super::pools::PoolFacts;
use super::rename::Renames;
use super::scarce::scarce;
use super::scenes::Scenes;
use super::sequence::Stuck;
use super::structure::Needs;
use super::turns::turns;
use super::{
    AccountPlan, Capabilities, Cause, Difference, GuardRecord, How, Other, Plan, Refusal, Step,
    StepId, actor, cost, digest, fields, held, pools, proof, scenes, structure, takes, transfer,
    transitions, words,
};
use crate::model::{
    AccountName, Action, Actor, Address, Desired, Field, Finding, Kind, Observation,
};
use crate::product::{Constraint, Products};
use crate::text::{Place, Sources};

/// The version of the format of plans.
pub const PLAN_VERSION: u32 = 1;

/// Everything that a plan is made from.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    /// What the estate wants.
    pub desired: &'a Desired,
    /// What was seen, by account. An account that is not here is left out of the plan.
    pub observations: &'a BTreeMap<AccountName, Observation>,
    /// The product definitions.
    pub products: &'a Products,
    /// What each account's provider does by itself; nothing for an account that is not here.
    pub capabilities: &'a BTreeMap<AccountName, Capabilities>,
    /// The sources that the lines of `desired` lie in.
    pub sources: &'a Sources,
    /// The current instant; a desired state for a later one makes a forecast.
    pub now: jiff::Timestamp,
    /// Where the guards come from and what was accepted in their face.
    pub guards: GuardRecord,
}

/// Makes the plan that turns what was seen into what is wanted.
///
/// Accounts that are not wanted, were not observed or whose product is not defined are left out. The same inputs always
/// give the same plan, whatever the order of files.
pub fn make(inputs: &Inputs<'_>) -> Plan {
    let nothing = Capabilities::default();
    let mut guards = inputs.guards.clone();
    guards.min_admins = inputs
        .desired
        .guards
        .min_admins
        .map_or(1, |(least, _)| least);
    let mut plan = Plan {
        version: PLAN_VERSION,
        estate: inputs.desired.estate.clone(),
        made_at: inputs.now,
        at: inputs.desired.at,
        forecast: inputs.desired.at > inputs.now,
        accounts: BTreeMap::new(),
        steps: Vec::new(),
        refusals: Vec::new(),
        findings: Vec::new(),
        guards,
        cost: None,
        digest: String::new(),
    };
    for (name, account) in &inputs.desired.accounts {
        let (Some(observation), Some(product)) = (
            inputs.observations.get(name),
            inputs.products.get(&account.product),
        ) else {
            continue;
        };
        let scope = Scope {
            name,
            account,
            product,
            observation,
            capabilities: inputs.capabilities.get(name).unwrap_or(&nothing),
            desired: inputs.desired,
        };
        plan_account(scope, inputs.sources, &mut plan);
    }
    let costs = plan.accounts.iter();
    plan.cost = cost::total(costs.filter_map(|(name, it)| Some((name, it.cost.as_ref()?))));
    plan.digest = digest::digest(&plan);
    plan
}

fn plan_account(scope: Scope<'_>, sources: &Sources, plan: &mut Plan) {
    let mut diff = diff(scope);
    let min_admins = plan.guards.min_admins;
    if diff.changes.iter().any(|it| it.held.is_some()) {
        hold(scope, &mut diff, sources, min_admins);
    }
    let mut findings = diff.findings;
    findings.extend(scope.observation.findings.iter().cloned());
    let changes = diff.changes;
    let unordered = Unordered::new(scope, changes, &diff.renames, sources, min_admins);
    let (facts, ranks, scenes) = (unordered.facts, unordered.ranks, unordered.scenes);
    let (needs, limits) = (unordered.needs, widen(unordered.limits));
    let drafts = join(unordered.steps, unordered.rest);
    let scarce = {
        let steps: Vec<&Step> = drafts.iter().map(|it| &it.step).collect();
        let scarce = scarce(&facts, &steps, &[needs.clone(), replaced(&drafts)].concat());
        scarce.named(&steps)
    };
    let needs = [needs, unordered.pins].concat();
    let savings = {
        let steps = drafts.iter().map(|it| &it.step);
        savings(&facts, &steps.collect::<Vec<_>>(), &ranks)
    };
    let (mut steps, stuck) = order(scope, drafts, needs, limits, &savings);

    let proofs = proof::prove(&facts, &steps);
    findings.extend(proof::warn(scope, &scenes, &proofs, &mut steps, &ranks));
    findings.extend(unchecked_actor(scope, &steps));
    findings.extend(actor::undecided(scope, &scenes, &steps));
    let refusals = proof::refusals(
        scope,
        &proofs,
        &steps,
        &ranks,
        &scarce,
        &plan.guards,
        sources,
    );
    plan.refusals.extend(refusals);
    plan.refusals.extend(unordered.refusals);
    plan.refusals
        .extend(stuck.map(|stuck| circle(&stuck, &steps)));
    plan.findings.extend(findings);
    plan.accounts.insert(
        scope.name.clone(),
        AccountPlan {
            product: scope.account.product.clone(),
            parent: scope.account.parent.clone(),
            settings: scenes::written_settings(scope),
            target: scope.observation.target.clone(),
            from: scope.observation.from.clone(),
            actor: scope.observation.actor.clone(),
            observed_at: scope.observation.taken_at,
            people: people(scope),
            cost: cost::of(scope, &proofs, &steps, &ranks),
            pools: proofs,
            gaps: scope.observation.gaps.clone(),
        },
    );
    plan.steps.append(&mut steps);
}

/// Takes out the changes that rest on something that could not be read, and tells of them.
fn hold(scope: Scope<'_>, diff: &mut Diff<'_>, sources: &Sources, min_admins: u32) {
    let changes = diff.changes.clone();
    let all = Unordered::new(scope, changes, &diff.renames, sources, min_admins);
    let gaps: HashMap<&Address, usize> = (diff.changes.iter())
        .filter_map(|it| Some((&it.address, it.held?)))
        .collect();
    let given = all.steps.iter().map(|it| gaps.get(&it.address).copied());
    let held = held::held(&all.steps, given.collect(), &all.needs, &all.limits);
    let held: HashMap<&Address, usize> = (all.steps.iter().zip(held))
        .filter_map(|(step, gap)| Some((&step.address, gap?)))
        .collect();
    let of_changes = diff.changes.iter().map(|it| &it.address);
    let told = of_changes.filter_map(|it| Some((it, *held.get(it)?)));
    diff.findings
        .splice(0..0, held::told(&scope.observation.gaps, told));
    diff.changes.retain(|it| !held.contains_key(&it.address));
}

/// The steps of an account in the order of their ranks, and everything that their order is made from.
struct Unordered<'a> {
    scenes: Scenes<'a>,
    steps: Vec<Step>,
    rest: Rest,
    ranks: HashMap<StepId, Rank>,
    /// What steps need whatever the numbers.
    needs: Needs,
    /// Needs that make what each step takes and frees true in every order.
    pins: Needs,
    facts: Vec<PoolFacts>,
    limits: Vec<Limit>,
    /// Why no order of settings and quantities is legal.
    refusals: Vec<Refusal>,
}

impl<'a> Unordered<'a> {
    fn new(
        scope: Scope<'a>,
        changes: Vec<Change<'_>>,
        renames: &Renames,
        sources: &Sources,
        min_admins: u32,
    ) -> Self {
        let scenes = Scenes::new(scope, &changes, renames);
        let (mut drafts, inherited) = drafts(scope, changes, &scenes, sources);
        let actor = &scope.observation.actor;
        drafts.sort_by_cached_key(|draft| rank(draft, actor));
        let ranks = drafts
            .iter()
            .map(|draft| (draft.step.id.clone(), rank(draft, actor)))
            .collect();
        let (mut steps, rest) = split(drafts);
        let mut needs = structure::needs(scope, &steps, &scenes);
        needs.extend(transfer::waits(&steps, &inherited));
        needs.extend(transitions::orders(&steps, &scenes));
        needs.extend(limits::needs(scope, &steps, &scenes));
        let turns = turns(scope, &steps, &scenes, &needs);
        needs.extend(&turns.needs);
        let mut pins = takes::take_and_free(scope, &mut steps, &scenes, &turns);
        let facts = pools::facts(scope, &steps, &scenes, &turns);
        pins.extend(facts.iter().flat_map(|it| &it.pins));
        for pool in &facts {
            for (at, more) in pool.rooms() {
                *steps[at].room.entry(pool.name.clone()).or_default() += more;
            }
        }
        for (at, change) in facts
            .iter()
            .flat_map(|it| it.lots.iter().flatten())
            .flat_map(|it| &it.changes)
        {
            steps[*at].lots.push(change.clone());
        }
        Self {
            refusals: turns.refusals(scope, &steps),
            needs,
            limits: limits(scope, &steps, &facts, &scenes, min_admins),
            steps,
            rest,
            ranks,
            pins,
            facts,
            scenes,
        }
    }
}

/// The steps that make the changes, without order, needs and seats; and those that nobody may do before a role has moved.
fn drafts(
    scope: Scope<'_>,
    changes: Vec<Change<'_>>,
    scenes: &Scenes<'_>,
    sources: &Sources,
) -> (Vec<Draft>, BTreeSet<StepId>) {
    if changes.is_empty() {
        return (Vec::new(), BTreeSet::new());
    }
    let around = Surroundings { scope, scenes };
    let mut hands = Hands::new(scope, &changes);
    let priorities = &scope.desired.priorities;
    let draft = |change: Change<'_>| {
        let differences = fields::differences(
            change.before.as_ref(),
            change.after.as_ref(),
            change.entry,
            change.spans.first().copied(),
            sources,
        );
        let mut step = Step {
            id: digest::step_id(&change),
            how: How::Api,
            needs: Vec::new(),
            undoable: true,
            effects: Vec::new(),
            cause: change.cause,
            places: places(scope, &change, &differences, sources),
            was: was(scope, &change, sources),
            hand_over_to: change.hand_over_to.clone(),
            then: None,
            seats: BTreeMap::new(),
            other: other(&change, sources).map(Box::new),
            room: BTreeMap::new(),
            lots: Vec::new(),
            is_remade: false,
            differences,
            address: change.address.clone(),
            action: change.action,
            renamed_from: change.renamed_from,
            before: change.before,
            after: change.after,
        };
        let operations = words::operations(&step, scope.product);
        let gives = |differences: &[usize]| words::gives(&step, differences, scenes);
        let states = operations.iter().rev().filter(|it| gives(&it.2));
        let then = states.filter_map(|it| it.1.then.as_ref()).next();
        let then = then.filter(|it| it.value != "active");
        step.is_remade = words::is_replaced(&step, scope.product);
        step.then = then.map(|it| it.value.clone());
        step.how = hands.how(&step, scenes);
        step.effects = around.effects(&step);
        step.undoable = undoable(&operations, &step.effects);
        Draft {
            turn: Turn {
                priority: Reverse(priorities.get(&change.address).copied().unwrap_or_default()),
                start: scope.desired.starts.get(&change.address).copied(),
            },
            user: change.entry.and_then(|it| it.user.clone()),
            replaced_by: change.replaced_by,
            step,
        }
    };
    let drafts = changes.into_iter().map(draft).collect();
    (drafts, hands.into_inherited())
}

/// The lines that cause a change, the primary one first, each once.
///
/// For an update these are the lines of what differs, for anything else the line that asks for the whole comes first.
fn places(
    scope: Scope<'_>,
    change: &Change<'_>,
    differences: &[Difference],
    sources: &Sources,
) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let mut add = |place: Place| {
        if !places.contains(&place) {
            places.push(place);
        }
    };
    let parts = || differences.iter().filter_map(|it| it.place.clone());
    if change.action == Action::Update {
        parts().for_each(&mut add);
    }
    if change.action != Action::Update || parts().next().is_none() {
        change
            .spans
            .iter()
            .for_each(|span| add(sources.place(*span)));
        parts().for_each(&mut add);
    }
    let others = change.other.iter().flat_map(|it| {
        let of_role = it.entry.and_then(|it| it.origin(&Field::Roles));
        of_role.map_or_else(|| it.spans.clone(), |it| vec![it])
    });
    for place in others.map(|span| sources.place(span)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    if places.is_empty() {
        places.push(sources.place(scope.account.span));
    }
    places
}

/// The line that asked in the base revision for what no line names any more.
fn was(scope: Scope<'_>, change: &Change<'_>, sources: &Sources) -> Option<Place> {
    let unnamed = change.cause == Cause::Unmanaged;
    let line = scope.desired.gone.get(&change.address);
    line.filter(|_| unnamed).map(|span| sources.place(*span))
}

/// The other thing that a change is about.
fn other(change: &Change<'_>, sources: &Sources) -> Option<Other> {
    let other = change.other.as_deref()?;
    let differences = fields::differences(
        Some(&other.before),
        Some(&other.after),
        other.entry,
        other.spans.first().copied(),
        sources,
    );
    Some(Other {
        address: other.address.clone(),
        before: Some(other.before.clone()),
        after: Some(other.after.clone()),
        differences,
    })
}

/// Steps and what only their ordering looks at.
type Rest = Vec<(Option<Address>, Turn, Option<crate::model::UserKey>)>;

fn split(drafts: Vec<Draft>) -> (Vec<Step>, Rest) {
    let split = |it: Draft| (it.step, (it.replaced_by, it.turn, it.user));
    drafts.into_iter().map(split).unzip()
}

fn join(steps: Vec<Step>, rest: Rest) -> Vec<Draft> {
    let join = |(step, (replaced_by, turn, user))| Draft {
        step,
        replaced_by,
        turn,
        user,
    };
    steps.into_iter().zip(rest).map(join).collect()
}

fn people(scope: Scope<'_>) -> u32 {
    let accesses = scope.observation.state.of_kind(scope.name, Kind::Access);
    u32::try_from(accesses.count()).unwrap_or(u32::MAX)
}

/// That rules on who may act could not be checked, if there are any.
fn unchecked_actor(scope: Scope<'_>, steps: &[Step]) -> Option<Finding> {
    let step = steps.iter().find(|step| step.how == How::Api)?;
    let mut constraints = scope.product.constraints.iter();
    let is_ruled = constraints.any(|(_, it)| matches!(it, Constraint::Actor(_)));
    (is_ruled && scope.observation.actor == Actor::Unknown).then(|| Finding {
        address: step.address.clone(),
        text: "whom the credential belongs to could not be read, so who may do this is not checked"
            .to_owned(),
    })
}

fn circle(stuck: &Stuck, steps: &[Step]) -> Refusal {
    // The steps are in the order found, the numbers are those from before.
    let place = |number: &usize| stuck.order.iter().position(|it| it == number);
    let step = |number: &usize| place(number).map(|at| &steps[at]);
    let ids = |numbers: &[usize]| -> Vec<StepId> {
        let mut found: Vec<_> = numbers.iter().filter_map(place).collect();
        found.sort_unstable();
        found.into_iter().map(|at| steps[at].id.clone()).collect()
    };
    let lines = stuck.circle.iter().filter_map(step);
    Refusal::Cycle {
        steps: ids(&stuck.circle),
        places: lines.filter_map(|it| it.places.first().cloned()).collect(),
        waiting: ids(&stuck.waiting),
        smallest: stuck.smallest,
    }
}
