//! A role that exactly one person has is moved in one step, which changes two accesses at once.
//!
//! # Design
//! - Comparing gives two changes, one for each of the two people; neither can be first. Here they become one, at the address
//!   of whoever gets the role, with the present holder as its other side.
//! - Nobody is given the role who is not there or cannot act yet. Whoever is new comes first with the role that the
//!   definition names as `otherwise`; where people must accept an invitation, the role follows with the plan that finds
//!   them active, and the holder stays what they are until then.
//! - A holder who goes hands the role on first, has the role `otherwise` for as long as it takes, and is removed by a step of
//!   their own: it counts as a removal, and says who takes over.
//! - Somebody who also gets another name in place is renamed first; the role follows with the next plan.
//! - What only the next holder will be able to do waits until the role has moved: nobody could do it before.
//! - So one thing can be changed by several steps of a plan. They need each other in the order: created, handed on, removed.

use std::collections::BTreeSet;

use super::diff::{Change, Diff, Scope, same};
use super::{How, Step, StepId};
use crate::model::{Access, Action, Address, Entry, Finding, OptionName, Resource, RoleName};
use crate::product::Product;
use crate::text::{Span, Spanned, Word};

/// The other access that a change is about: what the holder of the role becomes.
#[derive(Clone, Debug)]
pub(super) struct Handed<'a> {
    pub address: Address,
    pub before: Resource,
    pub after: Resource,
    pub spans: Vec<Span>,
    pub entry: Option<&'a Entry>,
}

/// A role that exactly one person has.
struct Single {
    role: RoleName,
    otherwise: RoleName,
}

/// Makes one change of the two that move a role which exactly one person has.
pub(super) fn join<'a>(scope: Scope<'a>, diff: &mut Diff<'a>) {
    for (_, single) in scope.product.single.iter() {
        let single = Single {
            role: RoleName::new(&single.role.value),
            otherwise: RoleName::new(&single.otherwise.value),
        };
        single.join(scope, diff);
    }
}

impl Single {
    fn join<'a>(&self, scope: Scope<'a>, diff: &mut Diff<'a>) {
        let Some(holder) = self.holder(scope) else {
            return;
        };
        let now = diff.renames.address(holder).into_owned();
        let gets = |it: &Change<'_>| self.is_had(&it.after) && !self.is_had(&it.before);
        let mut takers = diff.changes.iter().filter(|it| gets(it));
        let (Some(taker), None) = (takers.next(), takers.next()) else {
            return;
        };
        let taker = taker.address.clone();
        let given = diff.changes.iter().position(|it| it.address == now);
        let given = given.filter(|at| !self.is_had(&diff.changes[*at].after));
        // A holder who is replaced under another name has no change yet.
        let is_kept = diff.renames.kept.contains_key(holder);
        let is_held = |it: &Change<'_>| it.held.is_some();
        let of_taker = |it: &&Change<'_>| it.address == taker;
        if (given.is_none() && !is_kept)
            || given.is_some_and(|at| is_held(&diff.changes[at]))
            || diff.changes.iter().find(of_taker).is_none_or(is_held)
        {
            return;
        }
        let given = given.map(|at| diff.changes.remove(at));
        let at = diff.changes.iter().position(|it| it.address == taker);
        let at = at.expect("it was found above and is another one");
        match self.why_later(scope, &diff.changes[at], given.as_ref()) {
            Some(why) => self.later(scope, diff, at, given, why),
            None => self.now(
                scope,
                diff,
                at,
                given.expect("without a change it is later"),
            ),
        }
    }

    /// Who has the role now; `None` if that is not exactly one person.
    fn holder<'a>(&self, scope: Scope<'a>) -> Option<&'a Address> {
        let seen = scope.observation.state.of_account(scope.name);
        let mut holders = seen.filter(|(_, entry)| self.has(&entry.resource));
        match (holders.next(), holders.next()) {
            (Some((address, _)), None) => Some(address),
            _ => None,
        }
    }

    fn has(&self, resource: &Resource) -> bool {
        matches!(resource, Resource::Access(it) if it.roles.contains(&self.role))
    }

    fn is_had(&self, resource: &Option<Resource>) -> bool {
        resource.as_ref().is_some_and(|it| self.has(it))
    }

    /// What the role waits for, as the end of a sentence.
    fn why_later(
        &self,
        scope: Scope<'_>,
        taker: &Change<'_>,
        given: Option<&Change<'_>>,
    ) -> Option<&'static str> {
        let phase = scope.observation.phases.get(&taker.address);
        let is_waiting = phase.is_some_and(|it| !scope.product.works(it));
        let is_invited = taker.action == Action::Create && scope.product.invites();
        let is_renamed = |it: &Change<'_>| it.action == Action::Rename;
        match () {
            () if is_waiting || is_invited => Some("once they have accepted"),
            () if is_renamed(taker) || given.is_some_and(is_renamed) => {
                Some("once everybody has their new name")
            }
            () if given.is_none() => Some("once its holder can be replaced"),
            () => None,
        }
    }

    /// The role moves with a later plan: until then both have what they have, and whoever is new comes without it.
    fn later<'a>(
        &self,
        scope: Scope<'a>,
        diff: &mut Diff<'a>,
        at: usize,
        given: Option<Change<'a>>,
        why: &str,
    ) {
        let Change { address, .. } = &diff.changes[at];
        let who = address.subject().map(ToString::to_string);
        let who = who.unwrap_or_default();
        diff.findings.push(Finding {
            address: address.clone(),
            text: format!("gets the role \"{}\" with a later plan, {why}", self.role),
        });
        let taker = &mut diff.changes[at];
        taker.after = self.without(taker, scope.product);
        if !is_change(taker, scope.product) {
            diff.changes.remove(at);
        }
        let Some(mut given) = given else { return };
        if given.action == Action::Remove {
            diff.findings.push(Finding {
                address: given.address,
                text: format!(
                    "stays until \"{who}\" can take the role \"{}\" over",
                    self.role
                ),
            });
            return;
        }
        if let (Some(Resource::Access(before)), Some(Resource::Access(after))) =
            (&given.before, &mut given.after)
        {
            *after = with_roles_of(before, after, scope.product);
        }
        if is_change(&given, scope.product) {
            diff.changes.push(given);
        }
    }

    /// The role moves with this plan.
    fn now<'a>(&self, scope: Scope<'a>, diff: &mut Diff<'a>, at: usize, mut given: Change<'a>) {
        let product = scope.product;
        let (Some(before), after) = (given.before.clone(), given.after.clone()) else {
            return;
        };
        let between = match &before {
            Resource::Access(access) => self.other_than(access, product),
            other => other.clone(),
        };
        let taker = &mut diff.changes[at];
        let comes = (taker.action == Action::Create).then(|| taker.clone());
        taker.other = Some(Box::new(Handed {
            address: given.address.clone(),
            before,
            after: after.unwrap_or_else(|| between.clone()),
            spans: given.spans.clone(),
            entry: given.entry,
        }));
        if let Some(mut comes) = comes {
            comes.after = self.without(&comes, product);
            taker.action = Action::Update;
            taker.before.clone_from(&comes.after);
            // Steps of one rank keep the order of their changes, and this is the order of the two.
            diff.changes.insert(at, comes);
        }
        if given.action == Action::Remove {
            given.before = Some(between);
            diff.changes.push(given);
        }
    }

    /// What somebody has who does not get the role yet.
    fn without(&self, taker: &Change<'_>, product: &Product) -> Option<Resource> {
        let Some(Resource::Access(after)) = &taker.after else {
            return taker.after.clone();
        };
        Some(match &taker.before {
            Some(Resource::Access(before)) => {
                Resource::Access(with_roles_of(before, after, product))
            }
            _ => self.other_than(after, product),
        })
    }

    /// The same access without the role.
    fn other_than(&self, access: &Access, product: &Product) -> Resource {
        let mut access = access.clone();
        access.roles.retain(|it| *it != self.role);
        if access.roles.is_empty() {
            access.roles.push(self.otherwise.clone());
        }
        Resource::Access(fitting(access, product))
    }
}

/// What somebody has who gets other roles later: the roles of now, and of the options what fits them. What only the roles of
/// now can have stays as it is until then.
fn with_roles_of(before: &Access, after: &Access, product: &Product) -> Access {
    let mut access = after.clone();
    access.roles.clone_from(&before.roles);
    let mut access = fitting(access, product);
    for name in unfit(&after.roles, product) {
        if let Some(value) = before.options.get(&name) {
            access.options.insert(name, value.clone());
        }
    }
    access
}

/// An access without the options that its roles cannot have.
fn fitting(mut access: Access, product: &Product) -> Access {
    for name in unfit(&access.roles, product) {
        access.options.remove(&name);
    }
    access
}

/// The options that nobody with these roles can have.
fn unfit(roles: &[RoleName], product: &Product) -> Vec<OptionName> {
    let fits = |of: &[Spanned<Word>]| {
        let mut has = roles.iter();
        of.is_empty() || has.any(|role| of.iter().any(|it| it.value == role.as_str()))
    };
    let rules = product.options.iter();
    let unfit = rules.filter(|(_, rule)| !fits(&rule.roles));
    unfit
        .map(|(name, _)| OptionName::new(&name.value))
        .collect()
}

fn is_change(change: &Change<'_>, product: &Product) -> bool {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            change.action != Action::Update || !same(after, before, product)
        }
        _ => true,
    }
}

/// Pairs of steps of which the first needs the second: what only the next holder of a role may do comes once the role has
/// moved.
pub(super) fn waits(steps: &[Step], inherited: &BTreeSet<StepId>) -> Vec<(usize, usize)> {
    let of_heir = |step: &Step, transfer: &Step| {
        let heir = transfer.address.subject();
        matches!(&step.how, How::Task(it) if it.who.iter().any(|it| heir == Some(it)))
    };
    let all = || steps.iter().enumerate();
    let inherited = all().filter(|(_, it)| inherited.contains(&it.id));
    let transfers = |step: &'_ Step| {
        let transfers = all().filter(|(_, it)| it.other.is_some() && of_heir(step, it));
        transfers.map(|(at, _)| at).collect::<Vec<_>>()
    };
    let pairs =
        inherited.flat_map(|(at, step)| transfers(step).into_iter().map(move |it| (at, it)));
    pairs.collect()
}

/// Pairs of steps of which the first needs the second: a new person comes before the role does, and goes after it went.
pub(super) fn needs(steps: &[Step]) -> Vec<(usize, usize)> {
    let mut needs = Vec::new();
    for (at, transfer) in steps
        .iter()
        .enumerate()
        .filter(|(_, it)| it.other.is_some())
    {
        for side in transfer.sides() {
            let of_side = |it: &&(usize, &Step)| it.1.address == *side.address && it.0 != at;
            let steps = steps.iter().enumerate();
            needs.extend(
                steps
                    .filter(|it| of_side(&it))
                    .map(|(other, step)| match step.action {
                        Action::Remove => (other, at),
                        _ => (at, other),
                    }),
            );
        }
    }
    needs
}
