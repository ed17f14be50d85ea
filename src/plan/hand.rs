//! Questions about steps that people carry out, asked when they say that they did.

use super::{How, Plan, Step, Via, digest};
use crate::model::{Access, Action, Observation, Resource, ResourceId, Subject};
use crate::product::{Acting, Concerned, Constraint, Deed, Level, Operation, Product};

/// Why somebody may not do a step, as a phrase; `None` if they may.
///
/// What a user must do themselves only they may do; anything else is done by somebody active on the account whom the product
/// lets, and never by the person concerned.
pub fn may_not(
    step: &Step,
    who: &Subject,
    product: &Product,
    observation: &Observation,
) -> Option<String> {
    let concerned = step.address.subject();
    if let How::Task(task) = &step.how
        && task.via == Via::User
    {
        return (concerned != Some(who)).then(|| "only the person concerned can do it".to_owned());
    }
    if concerned == Some(who) {
        return Some("nobody changes their own access".to_owned());
    }
    if let Some(why) = hands_on(step, who) {
        return Some(why);
    }
    let address = crate::model::Address::access(&step.address.account, who);
    let Some(Resource::Access(access)) = observation.state.resource(&address) else {
        return Some("they have no access to the account".to_owned());
    };
    if let Some(phase) = (observation.phases.get(&address)).filter(|it| !product.works(it)) {
        return Some(format!("their access is \"{phase}\" and not active yet"));
    }
    let of = |resource: &'_ Option<Resource>| -> Option<Access> {
        match resource {
            Some(Resource::Access(access)) => Some(access.clone()),
            _ => None,
        }
    };
    let (before, after) = (of(&step.before), of(&step.after));
    let concerned = Concerned {
        subject: concerned,
        before: before.as_ref(),
        after: after.as_ref(),
    };
    let actor = Acting {
        subject: who,
        access,
    };
    let words = super::words::words(step, product);
    let operations = operations_of(step, product);
    let deed = Deed {
        words: &words,
        operations: &operations,
    };
    let refused = product.refuses_actor(deed, actor, concerned);
    refused.or_else(|| unnamed(step, who, product))
}

/// What an expression about whoever acts says, of which the plan holds the answer: whom the task names.
fn unnamed(step: &Step, who: &Subject, product: &Product) -> Option<String> {
    let How::Task(task) = &step.how else {
        return None;
    };
    let mut rules = product.constraints.iter().filter_map(|(_, it)| match it {
        Constraint::Cel(rule) if rule.must.looks_at("actor") && rule.level != Some(Level::Warn) => {
            Some(rule)
        }
        _ => None,
    });
    // A task does not name everybody where they are many.
    let is_named = task.who.contains(who) || task.who.len() >= super::how::WHO_MAX;
    rules.next().filter(|_| !is_named).map(|it| it.text.clone())
}

/// Why somebody may not hand on the role that a step moves: only its holder does, whose own access changes with it.
pub(super) fn hands_on(step: &Step, who: &Subject) -> Option<String> {
    let holder = step.other.as_ref()?.address.subject()?;
    (holder != who).then(|| format!("only {holder}, who has the role, hands it on"))
}

/// The operations of a definition that carry a step out, in the order of the definition.
pub fn operations_of<'p>(step: &Step, product: &'p Product) -> Vec<&'p Operation> {
    let operations = super::words::operations(step, product);
    operations.into_iter().map(|it| it.1).collect()
}

/// Whether a step removes something, or removes it to make it anew.
pub fn is_destructive(step: &Step, product: &Product) -> bool {
    step.action == Action::Remove || super::words::is_replaced(step, product)
}

impl Plan {
    /// How many removals there are in all, of people's access and of what accounts own: what `--accept-removals` must name.
    pub fn removals(&self) -> u64 {
        let is_removal = |step: &&Step| match (&step.address.resource, step.action) {
            (ResourceId::Access(_), Action::Remove) => true,
            // An object that is made anew is told by the life-cycle of its effects: it cannot be undone.
            (ResourceId::Object { .. }, Action::Remove) => true,
            (ResourceId::Object { .. }, Action::Update) => step.is_remade,
            _ => false,
        };
        self.steps.iter().filter(is_removal).count() as u64
    }

    /// The plan of one step alone, for one that was done outside of any run.
    pub fn alone(&self, step: Step, now: jiff::Timestamp) -> Self {
        let account = self.accounts.get_key_value(&step.address.account);
        let mut alone = Self {
            made_at: now,
            accounts: account
                .into_iter()
                .map(|(name, it)| (name.clone(), it.clone()))
                .collect(),
            steps: vec![Step {
                needs: Vec::new(),
                ..step
            }],
            refusals: Vec::new(),
            findings: Vec::new(),
            ..self.clone()
        };
        alone.digest = digest::digest(&alone);
        alone
    }
}
