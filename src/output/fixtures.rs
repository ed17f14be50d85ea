//! Report values that the tests of more than one format use.

use std::collections::BTreeMap;

use crate::model::{
    Access, AccountName, Action, Actor, Address, Resource, RoleName, Subject, TargetId,
};
use crate::ops::plan::{Purpose, Report};
use crate::ops::problems::Problems;
use crate::plan::{AccountPlan, Cause, GuardRecord, How, Plan, Step, StepId};
use crate::text::Place;

/// A plan that gives so many people access to one account and takes it from others.
pub(crate) fn plan(additions: usize, removals: usize) -> Report {
    let account = AccountName::new("acme-code");
    let removals = (0..removals).map(|at| step(&account, Action::Remove, at));
    let additions = (0..additions).map(|at| step(&account, Action::Create, 100_000 + at));
    let plan = Plan {
        version: 1,
        estate: "acme".to_owned(),
        made_at: jiff::Timestamp::UNIX_EPOCH,
        at: jiff::Timestamp::UNIX_EPOCH,
        forecast: false,
        accounts: BTreeMap::from([(account.clone(), account_plan())]),
        steps: additions.chain(removals).collect(),
        refusals: Vec::new(),
        findings: Vec::new(),
        guards: GuardRecord::default(),
        cost: None,
        digest: "sha256:0123456789abcdef".to_owned(),
    };
    Report {
        version: 1,
        purpose: Purpose::Plan,
        plan: Some(plan),
        problems: Problems::default(),
        unread: Vec::new(),
        pending: Vec::new(),
        waiting: Default::default(),
        base: None,
        saved_to: None,
        dir: None,
    }
}

fn account_plan() -> AccountPlan {
    AccountPlan {
        product: "a-product".into(),
        parent: None,
        settings: Default::default(),
        target: TargetId("t-1".to_owned()),
        from: "https://directory.example".to_owned(),
        actor: Actor::Unknown,
        observed_at: jiff::Timestamp::UNIX_EPOCH,
        people: 10,
        pools: Vec::new(),
        cost: None,
        counted: false,
        shared: Default::default(),
        gaps: Vec::new(),
    }
}

fn step(account: &AccountName, action: Action, number: usize) -> Step {
    let resource = Resource::Access(Access {
        roles: vec![RoleName::new("member")],
        ..Access::default()
    });
    let subject = Subject::new(format!("person-{number}@acme.example"));
    let is_removal = action == Action::Remove;
    Step {
        id: StepId(format!("{number:012x}")),
        address: Address::access(account, &subject),
        action,
        renamed_from: None,
        before: is_removal.then(|| resource.clone()),
        after: (!is_removal).then_some(resource),
        differences: Vec::new(),
        how: How::Api,
        needs: Vec::new(),
        effects: Vec::new(),
        undoable: true,
        cause: if is_removal {
            Cause::None
        } else {
            Cause::Written
        },
        places: vec![Place {
            path: "people/all.yaml".into(),
            line: 1 + number as u32,
            column: 3,
            revision: None,
        }],
        hand_over_to: None,
        then: None,
        seats: BTreeMap::new(),
        other: None,
        room: BTreeMap::new(),
        lots: Vec::new(),
        is_remade: false,
        was: None,
    }
}
