//! What of a plan must be seen first: refusals, losses, what cannot be undone, costs. Shared by the formats for people.

use std::collections::BTreeMap;

use super::words::{count, listed, thing};
use crate::model::{AccountName, Action, Kind};
use crate::output::words;
use crate::plan::{
    Asker, EffectKind, LotProof, Plan, PoolProof, Refusal, Step, StepEffect, StepId,
};
use crate::text::{Place, inert};

/// Something to see first.
pub(crate) struct Danger {
    pub(crate) level: Level,
    /// One or two sentences, inert.
    pub(crate) text: String,
    /// The lines behind a refusal.
    pub(crate) places: Vec<Place>,
}

/// What sort of danger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// The plan must not be applied.
    Refusal,
    /// What a guard or a refusal would have stopped was accepted by a person.
    Accepted,
    /// Somebody loses something, or it cannot be undone.
    Loss,
    /// It costs money.
    Cost,
}

/// More names than this are counted.
const NAMES_MAX: usize = 5;

/// The dangers of a plan, the worst first. Refusals are left out where diagnostics tell them better, with the lines.
pub(crate) fn of(plan: &Plan, refusals_are_told: bool) -> Vec<Danger> {
    let refusals = plan.refusals.iter().filter(|_| !refusals_are_told);
    let mut dangers: Vec<_> = refusals.map(|it| refusal(plan, it)).collect();
    dangers.extend(accepted(plan));
    for account in plan.accounts.keys() {
        losses(plan, account, &mut dangers);
    }
    let (costs, effects): (Vec<_>, Vec<_>) = effects(plan)
        .into_iter()
        .partition(|it| it.level == Level::Cost);
    dangers.extend(effects);
    dangers.extend(super::costs::due_now(plan).map(|text| Danger {
        level: Level::Cost,
        text,
        places: Vec::new(),
    }));
    dangers.extend(costs);
    dangers
}

/// What was accepted in the face of guards, in the words of those who look at the plan.
fn accepted(plan: &Plan) -> Vec<Danger> {
    let unknown = plan.accounts.iter().flat_map(|(name, account)| {
        let mut pools = account.pools.iter().collect::<Vec<_>>();
        pools.retain(|it| plan.guards.accepts_unknown(name, &it.pool));
        pools.into_iter().map(move |it| {
            format!(
                "it was accepted that nobody knows how many of pool {} {name} has: {}",
                it.pool,
                arithmetic(it)
            )
        })
    });
    let removals = plan.guards.accepted_removals.map(|number| {
        let number = count(number as usize, "removal was", "removals were");
        format!("exactly {number} accepted in the face of the guards")
    });
    let told = removals.into_iter().chain(unknown);
    told.map(|text| Danger {
        level: Level::Accepted,
        text,
        places: Vec::new(),
    })
    .collect()
}

fn losses(plan: &Plan, account: &AccountName, dangers: &mut Vec<Danger>) {
    let removed = |kind: Kind| {
        words::steps_of(plan, account)
            .filter(move |it| it.action == Action::Remove && it.address.kind() == kind)
    };
    let people: Vec<_> = removed(Kind::Access).map(name).collect();
    if !people.is_empty() {
        let text = format!(
            "{} access to {account}: {}",
            count(people.len(), "person loses", "people lose"),
            names(&people)
        );
        dangers.push(loss(text));
    }
    for (kind, one, many) in [
        (Kind::Team, "team is removed", "teams are removed"),
        (Kind::Object, "object is removed", "objects are removed"),
    ] {
        let things: Vec<_> = removed(kind).map(name).collect();
        if !things.is_empty() {
            let number = count(things.len(), one, many);
            dangers.push(loss(format!("{number} in {account}: {}", names(&things))));
        }
    }
}

/// Effects that matter, each once with everything that causes it.
fn effects(plan: &Plan) -> Vec<Danger> {
    let mut causes: BTreeMap<(EffectLevel, &str), Vec<String>> = BTreeMap::new();
    for step in &plan.steps {
        for effect in &step.effects {
            let Some(level) = level_of(effect) else {
                continue;
            };
            let causes = causes.entry((level, effect.text.as_str())).or_default();
            causes.push(name(step));
        }
    }
    let dangers = causes.into_iter().map(|((level, text), causes)| Danger {
        level: match level {
            EffectLevel::Cost => Level::Cost,
            EffectLevel::Final | EffectLevel::Loss => Level::Loss,
        },
        text: format!(
            "{}{} ({})",
            inert(text).trim_end_matches('.'),
            if level == EffectLevel::Final {
                "; this cannot be undone"
            } else {
                ""
            },
            names(&causes)
        ),
        places: Vec::new(),
    });
    dangers.collect()
}

/// Whether an effect is among the dangers.
pub(crate) fn is_told(effect: &StepEffect) -> bool {
    level_of(effect).is_some()
}

fn level_of(effect: &StepEffect) -> Option<EffectLevel> {
    match effect.kind {
        _ if effect.irreversible => Some(EffectLevel::Final),
        EffectKind::DataLoss | EffectKind::LockOut => Some(EffectLevel::Loss),
        EffectKind::Billing => Some(EffectLevel::Cost),
        EffectKind::Visibility | EffectKind::Delay | EffectKind::Mail | EffectKind::Other => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum EffectLevel {
    Final,
    Loss,
    Cost,
}

fn loss(text: String) -> Danger {
    Danger {
        level: Level::Loss,
        text,
        places: Vec::new(),
    }
}

/// The shortest name of what a step is about.
fn name(step: &Step) -> String {
    match step.address.subject() {
        Some(subject) => subject.to_string(),
        None => thing(&step.address),
    }
}

fn names(names: &[String]) -> String {
    if names.len() <= NAMES_MAX {
        return listed(names);
    }
    let mut shown = names[..NAMES_MAX].to_vec();
    shown.push(format!("{} more", names.len() - NAMES_MAX));
    listed(&shown)
}

fn refusal(plan: &Plan, refusal: &Refusal) -> Danger {
    let (text, places) = match refusal {
        Refusal::Seats {
            account,
            proof,
            missing,
            askers,
            quantity,
            ..
        } => (
            format!(
                "{account} lacks {} of pool {}: {}",
                inert(&proof.lacks(*missing)),
                proof.pool,
                arithmetic(proof)
            ),
            asking(askers, quantity.as_ref()),
        ),
        Refusal::UnknownCapacity {
            account,
            proof,
            askers,
        } => (
            format!(
                "nobody knows how many of pool {} {account} has: {}",
                proof.pool,
                arithmetic(proof)
            ),
            asking(askers, None),
        ),
        Refusal::Rule {
            rule,
            text,
            steps,
            places,
            ..
        } => {
            let steps = plan.steps.iter().filter(|it| steps.contains(&it.id));
            let steps: Vec<_> = steps.map(|it| it.address.to_string()).collect();
            let text = format!(
                "no order is legal for {}: on the way the rule {} would be broken: {}",
                names(&steps),
                inert(rule),
                inert(text)
            );
            (text, places.clone())
        }
        Refusal::Cycle {
            steps,
            places,
            waiting,
            ..
        } => {
            let things = |ids: &[StepId]| {
                let steps = plan.steps.iter().filter(|it| ids.contains(&it.id));
                names(&steps.map(|it| it.address.to_string()).collect::<Vec<_>>())
            };
            let text = format!(
                "no order is legal for {}; without {} there is one",
                things(steps),
                things(waiting)
            );
            (text, places.clone())
        }
    };
    Danger {
        level: Level::Refusal,
        text,
        places,
    }
}

/// `25 bought, 24 used, 1 freed, 3 taken, 26 after`; where every object takes a lot of its own size, the sizes of which some
/// are missing.
pub(crate) fn arithmetic(proof: &PoolProof) -> String {
    let number = words::grouped;
    let is_short = |it: &&LotProof| it.missing() > 0 || (it.bought_after.is_none() && it.taken > 0);
    let lots = proof.lots.iter().filter(is_short).map(|it| {
        format!(
            "lots of {}: {} bought, {} used, {} freed, {} taken, {} after",
            it.size,
            words::number(it.bought_after),
            number(it.used),
            number(it.freed),
            number(it.taken),
            number(it.after)
        )
    });
    let lots: Vec<_> = lots.collect();
    if !lots.is_empty() {
        return lots.join("; ");
    }
    let shares = proof.shares.iter().map(|it| {
        format!(
            "; {}: {} used, {} freed, {} taken, {} after",
            it.account,
            number(it.used),
            number(it.freed),
            number(it.taken),
            number(it.after)
        )
    });
    format!(
        "{} bought, {} used, {} freed, {} taken, {} after{}",
        words::capacity(&proof.purchased_after),
        number(proof.used),
        number(proof.freed),
        number(proof.taken),
        number(proof.after),
        shares.collect::<String>()
    )
}

fn asking(askers: &[Asker], quantity: Option<&Place>) -> Vec<Place> {
    let asked = askers.iter().filter_map(|it| it.place.as_ref());
    asked.take(NAMES_MAX).chain(quantity).cloned().collect()
}
