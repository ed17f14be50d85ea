//! A vendor in memory: what is there, since when it can be seen, and who did it.

use std::collections::{BTreeMap, BTreeSet};

use seatplan::model::{Address, Capacity, Fact, Observation, Resource, ResourceId};
use seatplan::plan::{OperationId, Plan, Step, StepId};
use seatplan::provider::{Answer, ReadBack};

use crate::support::estate::applied;

/// What a vendor does with a request that it may have seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manners {
    /// It does whatever arrives, every time. Nothing arrives after its sender has stopped waiting for it to take effect.
    Naive,
    /// It knows identities: what was done under one is not done again. Requests arrive as late as they like.
    Keyed,
    /// It knows no identities and refuses what does not fit what is there. Requests arrive as late as they like.
    Conflict,
}

pub(super) struct Vendor {
    manners: Manners,
    /// What there was, from which moment on; the last is what there is.
    history: Vec<(u64, Observation)>,
    done: BTreeSet<StepId>,
    commits: BTreeMap<OperationId, u32>,
    pub(super) repeated: u32,
}

impl Vendor {
    pub(super) fn new(manners: Manners, observation: Observation) -> Self {
        Self {
            manners,
            history: vec![(0, observation)],
            done: BTreeSet::new(),
            commits: BTreeMap::new(),
            repeated: 0,
        }
    }

    /// A request arrives and is worked on.
    pub(super) fn arrive(
        &mut self,
        now: u64,
        plan: &Plan,
        step: &Step,
        operation: &OperationId,
    ) -> Answer {
        match self.manners {
            Manners::Keyed if self.commits.contains_key(operation) => {
                self.repeated += 1;
                return Answer::Done { phase: None };
            }
            Manners::Conflict if !self.fits(step) => {
                self.repeated += 1;
                let why = "that is not what is there".to_owned();
                return Answer::Refused { why };
            }
            _ => {}
        }
        let count = self.commits.entry(operation.clone()).or_default();
        *count += 1;
        assert_eq!(*count, 1, "{} takes effect twice", step.address);
        for need in &step.needs {
            assert!(
                self.done.contains(need),
                "{} comes before what it needs",
                step.address
            );
        }
        self.done.insert(step.id.clone());
        let after = applied(self.now(), std::slice::from_ref(step));
        check(plan, &after, step);
        self.history.push((now, after));
        Answer::Done { phase: None }
    }

    /// What can be seen of some addresses, as it was at a moment.
    pub(super) fn read(&self, at: u64, addresses: &[Address]) -> Vec<ReadBack> {
        let mut past = self.history.iter().rev();
        let seen = past.find(|(since, _)| *since <= at);
        let (_, observation) = seen.unwrap_or(&self.history[0]);
        let read = |address: &Address| ReadBack {
            address: address.clone(),
            resource: resource(observation, address),
            phase: None,
        };
        addresses.iter().map(read).collect()
    }

    pub(super) fn now(&self) -> &Observation {
        let (_, observation) = self.history.last().expect("there is a beginning");
        observation
    }

    pub(super) fn at_start(&self) -> &Observation {
        &self.history[0].1
    }

    pub(super) fn is_done(&self, step: &StepId) -> bool {
        self.done.contains(step)
    }

    fn fits(&self, step: &Step) -> bool {
        let now = self.now();
        match &step.renamed_from {
            Some(from) => resource(now, from).is_some() && resource(now, &step.address).is_none(),
            None => resource(now, &step.address) == step.before,
        }
    }
}

/// What must be true after every single effect: no pool is overdrawn, and somebody administers.
fn check(plan: &Plan, after: &Observation, step: &Step) {
    let (mut full, mut light, mut admins) = (0, 0, 0);
    for (_, entry) in after.state.iter() {
        let Resource::Access(access) = &entry.resource else {
            continue;
        };
        let has = |role: &str| u64::from(access.roles.iter().any(|it| it.as_str() == role));
        full += has("editor").max(has("admin"));
        light += has("viewer");
        admins += has("admin");
    }
    for (pool, used) in [("full", full), ("light", light)] {
        let bought = match after.pools.get(pool) {
            Some(Fact::Known(Capacity::Purchased(quantity))) => quantity.seats(),
            other => panic!("the pool has {other:?}"),
        };
        let used_at_start = plan.accounts.values().flat_map(|it| &it.pools);
        let used_at_start = used_at_start
            .filter(|it| it.pool.as_str() == pool)
            .map(|it| it.used);
        let limit = bought.max(used_at_start.max().unwrap_or(0));
        assert!(
            used <= limit,
            "{} overdraws {pool}: {used} of {limit}",
            step.address
        );
    }
    assert!(
        admins >= 1,
        "{} leaves nobody who administers",
        step.address
    );
}

fn resource(observation: &Observation, address: &Address) -> Option<Resource> {
    if let ResourceId::Seats(pool) = &address.resource {
        return match observation.pools.get(pool)?.value()? {
            Capacity::Purchased(quantity) => Some(Resource::Seats(quantity.clone())),
            Capacity::Unlimited => None,
        };
    }
    observation.state.resource(address).cloned()
}
