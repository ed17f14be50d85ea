//! Grants that people get or lose though no line is written for them: a trial ends, and what its plan gave to everybody is
//! from then on only for those who are named.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::forecast::{Expected, Files};
use crate::model::{
    AccountName, Entry, Grant, GrantName, Kind, Observation, Resource, ResourceId, State, Subject,
};
use crate::ops::target;
use crate::plan::Plan;
use crate::product::{GrantRule, Product, Scene, Standings, Tenant};
use crate::text::Place;

/// A grant that turns on a day for everybody for whom nothing is written.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Flip {
    /// The account.
    pub account: AccountName,
    /// The grant.
    pub grant: GrantName,
    /// What they have before that day.
    pub from: Grant,
    /// What they have from that day on.
    pub to: Grant,
    /// Who, in order; never empty.
    pub people: Vec<Subject>,
    /// The line of the setting that turns it.
    pub place: Option<Place>,
}

/// What turns between two days.
pub(super) fn flips(
    estate: &Files,
    read: &target::Read,
    before: &Expected,
    then: &Expected,
) -> Vec<Flip> {
    let mut flips = Vec::new();
    for (name, account) in &then.plan.accounts {
        let product = estate.products.get(&account.product);
        let (Some(product), Some(observation)) = (product, read.observations.get(name)) else {
            continue;
        };
        let side = |expected| Side::new(product, name, observation, expected);
        let (Some(was), Some(is)) = (side(before), side(then)) else {
            continue;
        };
        for (grant, rule) in product.grants.iter() {
            let default = |it: &Side<'_>| it.scene.grant_default(&grant.value);
            let (Some(from), Some(to)) = (default(&was), default(&is)) else {
                continue;
            };
            if from == to {
                continue;
            }
            let grant = GrantName::new(&grant.value);
            let had = was.inheriting(&grant, rule);
            let mut people = is.inheriting(&grant, rule);
            people.retain(|it| had.contains(it));
            if !people.is_empty() {
                flips.push(Flip {
                    account: name.clone(),
                    grant,
                    from,
                    to,
                    people: people.into_iter().collect(),
                    place: cause(estate, name, rule, before, then),
                });
            }
        }
    }
    flips
}

/// An account as the files will have made it by a day.
struct Side<'a> {
    name: &'a AccountName,
    observation: &'a Observation,
    plan: &'a Plan,
    scene: Scene<'a>,
}

impl<'a> Side<'a> {
    fn new(
        product: &'a Product,
        name: &'a AccountName,
        observation: &'a Observation,
        expected: &'a Expected,
    ) -> Option<Self> {
        let plan = &expected.plan;
        let account = plan.accounts.get(name)?;
        let tenant = Tenant {
            name,
            product: &account.product,
            parent: account.parent.as_ref(),
        };
        // Defaults are for the account: who is on it need not be looked at.
        let is_of_account = |kind| matches!(kind, Kind::Setting | Kind::Seats | Kind::Object);
        let scene = Scene::new(
            product,
            tenant,
            &made(name, observation, plan, is_of_account),
        );
        let mut settings = scene.settings().clone();
        settings.extend(account.settings.clone());
        Some(Self {
            name,
            observation,
            plan,
            scene: scene.with_settings(settings),
        })
    }

    /// The people who can have a grant and for whom nothing is written of it.
    fn inheriting(&self, grant: &GrantName, rule: &GrantRule) -> BTreeSet<Subject> {
        let is_of_people = |kind| matches!(kind, Kind::Access | Kind::Member);
        let people = made(self.name, self.observation, self.plan, is_of_people);
        let standings = Standings::of(&people, self.name);
        let inheriting = people.iter().filter_map(|(address, entry)| {
            let (ResourceId::Access(subject), Resource::Access(access)) =
                (&address.resource, &entry.resource)
            else {
                return None;
            };
            let can = |it| self.scene.selects(it, access, standings.get(subject));
            let inherits = access.grants.get(grant.as_str()).is_none()
                && rule.requires.as_ref().is_none_or(can);
            inherits.then(|| subject.clone())
        });
        inheriting.collect()
    }
}

/// What there is of some kinds on an account once the steps of a plan are done.
fn made(
    name: &AccountName,
    observation: &Observation,
    plan: &Plan,
    is_asked: impl Fn(Kind) -> bool,
) -> State {
    let there = observation.state.of_account(name);
    let there = there.filter(|(address, _)| is_asked(address.kind()));
    let mut made: BTreeMap<_, _> = there.map(|(at, it)| (at.clone(), it.clone())).collect();
    let steps = plan.steps.iter().filter(|it| it.address.account == *name);
    for step in steps.filter(|it| is_asked(it.address.kind())) {
        made.remove(step.renamed_from.as_ref().unwrap_or(&step.address));
        if let Some(after) = &step.after {
            made.insert(step.address.clone(), Entry::observed(after.clone()));
        }
    }
    made.into_iter().collect()
}

/// The line of the first setting that decides on a grant and that is another one on the later day.
fn cause(
    estate: &Files,
    name: &AccountName,
    rule: &GrantRule,
    before: &Expected,
    then: &Expected,
) -> Option<Place> {
    let changed = then
        .desired
        .state
        .of_account(name)
        .find(|(address, entry)| {
            let ResourceId::Setting(setting) = &address.resource else {
                return false;
            };
            let mut conditions = rule.default.iter().filter_map(|it| it.when.as_ref());
            conditions.any(|it| it.asks_setting(setting))
                && before.desired.state.resource(address) != Some(&entry.resource)
        });
    let (_, entry) = changed?;
    Some(estate.sources.place(entry.origins.first()?.span))
}
