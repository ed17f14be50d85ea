//! Makes a plan: account by account the difference and the steps, family by family order and proof; then the digest of all.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::charged::savings;
use super::diff::{Change, Diff, Scope, diff};
use super::family::{Elsewhere, Families, Family, Kin};
use super::how::{Hands, Surroundings, undoable};
use super::limits::{self, Limit, limits, widen};
use super::order::{Draft, Rank, Turn, order, rank, replaced};
use super::pools::PoolFacts;
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
    /// Accounts that are looked at only for what they use of pools that they share: what differs on them is not planned.
    pub counted: &'a BTreeSet<AccountName>,
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
    let is_read = |name: &AccountName| inputs.observations.contains_key(name);
    let families = Families::new(&inputs.desired.accounts, inputs.products, is_read);
    for names in &families.groups {
        let scopes = names.iter().filter_map(|name| {
            let (name, account) = inputs.desired.accounts.get_key_value(name)?;
            Some(Scope {
                name,
                account,
                product: inputs.products.get(&account.product)?,
                observation: inputs.observations.get(name)?,
                capabilities: inputs.capabilities.get(name).unwrap_or(&nothing),
                desired: inputs.desired,
                shares: families.shares(name),
                is_counted: inputs.counted.contains(name),
            })
        });
        plan_family(scopes.collect(), inputs.sources, &mut plan);
    }
    let costs = plan.accounts.iter();
    plan.cost = cost::total(costs.filter_map(|(name, it)| Some((name, it.cost.as_ref()?))));
    plan.digest = digest::digest(&plan);
    plan
}

fn plan_family(scopes: Vec<Scope<'_>>, sources: &Sources, plan: &mut Plan) {
    let mut diffs: Vec<Diff<'_>> = scopes.iter().map(|it| compare(*it)).collect();
    let min_admins = plan.guards.min_admins;
    if diffs
        .iter()
        .any(|it| it.changes.iter().any(|it| it.held.is_some()))
    {
        hold(&scopes, &mut diffs, sources, min_admins);
    }
    let findings: Vec<_> = diffs
        .iter_mut()
        .map(|it| std::mem::take(&mut it.findings))
        .collect();
    let Unordered {
        family,
        steps,
        rest,
        ranks,
        needs,
        pins,
        facts,
        limits,
        refusals,
    } = Unordered::new(&scopes, diffs, sources, min_admins);
    let limits = widen(limits);
    let drafts = join(steps, rest);
    let scarce = {
        let steps: Vec<&Step> = drafts.iter().map(|it| &it.step).collect();
        let scarce = scarce(&facts, &steps, &[needs.clone(), replaced(&drafts)].concat());
        scarce.named(&steps)
    };
    let needs = [needs, pins].concat();
    let savings = {
        let steps = drafts.iter().map(|it| &it.step);
        savings(&facts, &steps.collect::<Vec<_>>(), &ranks)
    };
    let (mut steps, stuck) = order(&family, drafts, needs, limits, &savings);

    let mut proofs = proof::prove(&facts, &steps);
    for (kin, mut findings) in family.0.iter().zip(findings) {
        let scope = kin.scope;
        let proofs = proofs.remove(scope.name).unwrap_or_default();
        findings.extend(scope.noticed().cloned());
        findings.extend(scope.unused_sizes());
        findings.extend(proof::warn(&family, scope, &proofs, &mut steps, &ranks));
        findings.extend(unchecked_actor(scope, &steps));
        findings.extend(actor::undecided(kin, &steps));
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
                counted: scope.is_counted,
                pools: proofs,
                shared: scope.shares.of_others.clone(),
                gaps: scope.observation.gaps.clone(),
            },
        );
    }
    plan.refusals.extend(refusals);
    plan.refusals
        .extend(stuck.map(|stuck| circle(&stuck, &steps)));
    plan.steps.append(&mut steps);
}

/// What differs on an account; nothing where only its use of what it shares is looked at.
fn compare(scope: Scope<'_>) -> Diff<'_> {
    match scope.is_counted {
        true => Diff::default(),
        false => diff(scope),
    }
}

/// Takes out the changes that rest on something that could not be read, and tells of them.
fn hold(scopes: &[Scope<'_>], diffs: &mut [Diff<'_>], sources: &Sources, min_admins: u32) {
    let all = Unordered::new(scopes, diffs.to_vec(), sources, min_admins);
    let offsets = gap_offsets(scopes);
    let gaps: HashMap<&Address, usize> = (diffs.iter().zip(&offsets))
        .flat_map(|(diff, offset)| {
            let changes = diff.changes.iter();
            changes.filter_map(move |it| Some((&it.address, offset + it.held?)))
        })
        .collect();
    let given = all.steps.iter().map(|it| gaps.get(&it.address).copied());
    let held = held::held(&all.steps, given.collect(), &all.needs, &all.limits);
    let held: HashMap<&Address, usize> = (all.steps.iter().zip(held))
        .filter_map(|(step, gap)| Some((&step.address, gap?)))
        .collect();
    let gaps: Vec<_> = scopes
        .iter()
        .flat_map(|scope| scope.observation.gaps.iter().map(|it| (scope.name, it)))
        .collect();
    for diff in diffs {
        let of_changes = diff.changes.iter().map(|it| &it.address);
        let told = of_changes.filter_map(|it| Some((it, *held.get(it)?)));
        diff.findings.splice(0..0, held::told(&gaps, told));
        diff.changes.retain(|it| !held.contains_key(&it.address));
    }
}

/// Where the gaps of each account begin among those of all.
fn gap_offsets(scopes: &[Scope<'_>]) -> Vec<usize> {
    let counts = scopes.iter().scan(0, |sum, scope| {
        let before = *sum;
        *sum += scope.observation.gaps.len();
        Some(before)
    });
    counts.collect()
}

/// The steps of a family in the order of their ranks, and everything that their order is made from.
struct Unordered<'a> {
    family: Family<'a>,
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
    fn new(scopes: &[Scope<'a>], diffs: Vec<Diff<'_>>, sources: &Sources, min_admins: u32) -> Self {
        let kin = scopes.iter().zip(&diffs).map(|(scope, diff)| Kin {
            scope: *scope,
            scenes: Scenes::new(*scope, &diff.changes, &diff.renames),
        });
        let family = Family(kin.collect());
        let elsewhere = Elsewhere::of(&family.0);
        let alone = family.0.iter().zip(diffs);
        let alone = alone.map(|(it, diff)| Alone::new(it, diff, &elsewhere, sources, min_admins));
        Self::of(alone.collect(), family)
    }

    /// Puts the steps of all accounts in one line.
    fn of(accounts: Vec<Alone>, family: Family<'a>) -> Self {
        let all = accounts.iter().enumerate();
        let mut line: Vec<(&Rank, usize, usize)> = all
            .flat_map(|(account, it)| {
                let ranks = it.ranks.iter().enumerate();
                ranks.map(move |(at, rank)| (rank, account, at))
            })
            .collect();
        line.sort();
        let mut places: Vec<Vec<usize>> =
            accounts.iter().map(|it| vec![0; it.ranks.len()]).collect();
        for (place, (_, account, at)) in line.iter().enumerate() {
            places[*account][*at] = place;
        }
        let mut steps: Vec<Option<(Step, RestOfOne, Rank)>> = vec![None; line.len()];
        let offsets: Vec<_> = family.0.iter().map(|it| it.scope).collect();
        let offsets = gap_offsets(&offsets);
        let (mut needs, mut pins, mut facts) = (Needs::new(), Needs::new(), Vec::new());
        let (mut limits, mut refusals) = (Vec::new(), Vec::new());
        for ((mut it, places), offset) in accounts.into_iter().zip(&places).zip(offsets) {
            let of_account = it.steps.into_iter().zip(it.rest).zip(it.ranks);
            for (at, ((step, rest), rank)) in of_account.enumerate() {
                steps[places[at]] = Some((step, rest, rank));
            }
            let moved = |(step, other): (usize, usize)| (places[step], places[other]);
            needs.extend(it.needs.into_iter().map(moved));
            pins.extend(it.pins.into_iter().map(moved));
            for pool in &mut it.facts {
                for (at, _) in &mut pool.resized {
                    *at = places[*at];
                }
                let lots = pool.lots.iter_mut().flatten();
                for (at, _) in lots.flat_map(|it| &mut it.changes) {
                    *at = places[*at];
                }
            }
            facts.append(&mut it.facts);
            for limit in &mut it.limits {
                for (at, _) in &mut limit.uses {
                    *at = places[*at];
                }
                limit.uses.sort_by_key(|it| it.0);
                limit.rests_on = limit.rests_on.map(|gap| gap + offset);
            }
            limits.append(&mut it.limits);
            refusals.append(&mut it.refusals);
        }
        let (mut of_family, mut rest, mut ranks) = (Vec::new(), Vec::new(), HashMap::new());
        for (step, of_step, rank) in steps.into_iter().flatten() {
            ranks.insert(step.id.clone(), rank);
            of_family.push(step);
            rest.push(of_step);
        }
        for pool in &facts {
            for (at, more) in pool.rooms() {
                *of_family[at].room.entry(pool.name.clone()).or_default() += more;
            }
        }
        let lots = facts.iter().flat_map(|it| it.lots.iter().flatten());
        for (at, change) in lots.flat_map(|it| &it.changes) {
            of_family[*at].lots.push(change.clone());
        }
        let limits = [limits::of_pools(&facts, &of_family), limits].concat();
        Self {
            family,
            steps: of_family,
            rest,
            ranks,
            needs,
            pins,
            facts,
            limits,
            refusals,
        }
    }
}

/// The same of one account, by the places among its own steps.
struct Alone {
    steps: Vec<Step>,
    rest: Rest,
    ranks: Vec<Rank>,
    needs: Needs,
    pins: Needs,
    facts: Vec<PoolFacts>,
    /// All but those of pools.
    limits: Vec<Limit>,
    refusals: Vec<Refusal>,
}

impl Alone {
    fn new(
        kin: &Kin<'_>,
        diff: Diff<'_>,
        elsewhere: &Elsewhere,
        sources: &Sources,
        min_admins: u32,
    ) -> Self {
        let (scope, scenes) = (kin.scope, &kin.scenes);
        let (mut drafts, inherited) = drafts(scope, diff.changes, scenes, sources);
        let actor = &scope.observation.actor;
        drafts.sort_by_cached_key(|draft| rank(draft, actor));
        let ranks = drafts.iter().map(|draft| rank(draft, actor)).collect();
        let (mut steps, rest) = split(drafts);
        let mut needs = structure::needs(scope, &steps, scenes);
        needs.extend(transfer::waits(&steps, &inherited));
        needs.extend(transitions::orders(&steps, scenes));
        needs.extend(limits::needs(scope, &steps, scenes));
        let turns = turns(scope, &steps, scenes, &needs, elsewhere);
        needs.extend(&turns.needs);
        let mut pins = takes::take_and_free(scope, &mut steps, scenes, &turns);
        let facts = pools::facts(scope, &steps, scenes, &turns, elsewhere);
        pins.extend(facts.iter().flat_map(|it| &it.pins));
        Self {
            refusals: turns.refusals(scope, &steps),
            limits: limits(scope, &steps, scenes, min_admins),
            needs,
            steps,
            rest,
            ranks,
            pins,
            facts,
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

/// What only the ordering of steps looks at.
type Rest = Vec<RestOfOne>;
type RestOfOne = (Option<Address>, Turn, Option<crate::model::UserKey>);

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
    let is_own = |step: &&Step| step.address.account == *scope.name;
    let step = steps.iter().filter(is_own).find(|it| it.how == How::Api)?;
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
