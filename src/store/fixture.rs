//! Small plans for tests of the store and of what is built on it.

use std::collections::BTreeMap;

use crate::model::{Access, Action, Address, Fields, Resource, RoleName};
use crate::plan::{Cause, GuardRecord, How, Plan, Step, StepId};

/// The instant at which test plans are made.
pub(crate) const MADE_AT: jiff::Timestamp = jiff::Timestamp::constant(1_780_000_000, 0);

/// A plan of the steps, without proofs.
pub(crate) fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        version: 1,
        estate: "acme".to_owned(),
        made_at: MADE_AT,
        at: MADE_AT,
        forecast: false,
        accounts: BTreeMap::new(),
        steps,
        refusals: Vec::new(),
        findings: Vec::new(),
        guards: GuardRecord::default(),
        cost: None,
        digest: "d1".to_owned(),
    }
}

/// A step that gives `name` access to the account `acme`, after the steps in `needs`.
pub(crate) fn grant(name: &str, needs: &[&str]) -> Step {
    Step {
        id: StepId(name.to_owned()),
        address: Address::access(&"acme".into(), &name.into()),
        action: Action::Create,
        renamed_from: None,
        before: None,
        after: Some(access("member")),
        differences: Vec::new(),
        how: How::Api,
        needs: needs.iter().map(|it| StepId((*it).to_owned())).collect(),
        effects: Vec::new(),
        undoable: true,
        cause: Cause::Written,
        places: Vec::new(),
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

/// A step that takes the access of `name` away.
pub(crate) fn revoke(name: &str, needs: &[&str]) -> Step {
    Step {
        action: Action::Remove,
        before: Some(access("member")),
        after: None,
        cause: Cause::None,
        ..grant(name, needs)
    }
}

/// An access with one role.
pub(crate) fn access(role: &str) -> Resource {
    Resource::Access(Access {
        roles: vec![RoleName::new(role)],
        options: Fields::default(),
        grants: Fields::default(),
    })
}
