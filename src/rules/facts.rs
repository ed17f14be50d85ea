//! What rules look at, gathered once per account.

use std::collections::BTreeMap;

use super::moment::Moment;
use crate::model::{
    Access, Account, AccountName, Action, Address, Desired, Entry, Field, Kind, Object, ObjectName,
    Observation, Resource, ResourceId, State, Subject, UnmanagedMode, UserKey,
};
use crate::plan::{AccountPlan, Cause, Plan, Step};
use crate::product::{Condition, Product, Products, Scene, Selector, Standings, Tenant};
use crate::text::Span;

/// What rules of the desired scope are given.
#[derive(Clone, Copy, Debug)]
pub struct DesiredContext<'a> {
    /// What the files say.
    pub desired: &'a Desired,
    /// The definitions.
    pub products: &'a Products,
}

/// What rules of the plan scope are given.
#[derive(Clone, Copy, Debug)]
pub struct PlanContext<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What the files say; gives the plan's lines.
    pub desired: &'a Desired,
    /// What was read.
    pub observations: &'a BTreeMap<AccountName, Observation>,
    /// The definitions.
    pub products: &'a Products,
    /// How many people lost access in earlier runs within the guard's window, by account; none for an account that is
    /// not there.
    pub recent_removals: &'a BTreeMap<AccountName, u32>,
}

/// One account as the files want it.
pub(super) struct DesiredFacts<'a> {
    pub(super) desired: &'a Desired,
    pub(super) products: &'a Products,
    pub(super) name: &'a AccountName,
    pub(super) account: &'a Account,
    pub(super) product: &'a Product,
    /// Everybody with access, in the order of subjects.
    pub(super) people: Vec<Holder<'a>>,
    /// The account as the files want it, with who is in teams if a constraint asks.
    pub(super) scene: Scene<'a>,
}

/// Somebody with access.
#[derive(Clone, Copy)]
pub(super) struct Holder<'a> {
    pub(super) subject: &'a Subject,
    pub(super) access: &'a Access,
    pub(super) entry: &'a Entry,
}

/// An access that a step takes away, or of which it lowers the rank.
#[derive(Clone, Copy)]
pub(super) struct Loss<'a> {
    pub(super) step: &'a Step,
    pub(super) address: &'a Address,
    pub(super) subject: &'a Subject,
    pub(super) is_removal: bool,
}

/// Somebody who is there after a plan and whom the files do not want there.
pub(super) struct LeftBehind<'a> {
    pub(super) subject: &'a Subject,
    /// Why, as a clause about them.
    pub(super) why: &'static str,
    /// What to do.
    pub(super) help: &'static str,
}

/// One account as a plan finds it and leaves it.
pub(super) struct PlanFacts<'a> {
    pub(super) plan: &'a Plan,
    pub(super) desired: &'a Desired,
    pub(super) name: &'a AccountName,
    /// The account in the files; `None` for a plan that was made from other files.
    pub(super) account: Option<&'a Account>,
    pub(super) account_plan: &'a AccountPlan,
    pub(super) observation: Option<&'a Observation>,
    pub(super) product: &'a Product,
    /// The account's steps in the plan's order.
    pub(super) steps: Vec<&'a Step>,
    /// The account before the plan and after it; without its people if there are no steps, since nobody asks then.
    pub(super) before: Moment<'a>,
    pub(super) after: Moment<'a>,
    pub(super) recent_removals: u32,
}

impl<'a> DesiredContext<'a> {
    pub(super) fn accounts(self) -> impl Iterator<Item = DesiredFacts<'a>> {
        let Self { desired, products } = self;
        desired.accounts.iter().filter_map(move |(name, account)| {
            let product = products.get(&account.product)?;
            Some(DesiredFacts {
                desired,
                products,
                name,
                account,
                product,
                people: holders(&desired.state, name).collect(),
                scene: scene(
                    product,
                    Tenant {
                        name,
                        product: &account.product,
                        parent: account.parent.as_ref(),
                    },
                    &desired.state,
                ),
            })
        })
    }
}

/// An account in a state, with who is in teams if a constraint asks.
pub(super) fn scene<'a>(product: &'a Product, tenant: Tenant<'_>, state: &State) -> Scene<'a> {
    let scene = Scene::new(product, tenant, state);
    match product.constraints_ask_for_teams() {
        true => scene.with_standings(Standings::of(state, tenant.name)),
        false => scene,
    }
}

fn tenant<'a>(name: &'a AccountName, account: &'a AccountPlan) -> Tenant<'a> {
    Tenant {
        name,
        product: &account.product,
        parent: account.parent.as_ref(),
    }
}

impl DesiredFacts<'_> {
    /// Whether a selector is about somebody.
    pub(super) fn selects(&self, selector: &Selector, holder: &Holder<'_>) -> bool {
        let standing = self.scene.standing(holder.subject);
        self.scene.selects(selector, holder.access, standing)
    }

    /// The objects of a kind that the files say the account owns, in the order of their names.
    pub(super) fn objects_of<'s>(
        &'s self,
        of: &'s str,
    ) -> impl Iterator<Item = (&'s ObjectName, &'s Object, &'s Entry)> {
        let entries = self.desired.state.of_kind(self.name, Kind::Object);
        entries.filter_map(
            move |(address, entry)| match (&address.resource, &entry.resource) {
                (ResourceId::Object { kind, name }, Resource::Object(object)) if **kind == *of => {
                    Some((name, object, entry))
                }
                _ => None,
            },
        )
    }

    /// Whether the files are the whole truth about the account, so that whom and what they do not name is not there.
    pub(super) fn is_whole_truth(&self) -> bool {
        self.account.unmanaged.mode == UnmanagedMode::Remove
            && self.is_read(Kind::Access)
            && self.is_read(Kind::Object)
    }

    /// Whether everything of a kind that is written could be read, so that what is not there is not written.
    pub(super) fn is_read(&self, kind: Kind) -> bool {
        !self.account.unread.contains(&kind)
    }

    /// Whether everything could be read that a selector asks for beside somebody's own access.
    pub(super) fn can_select(&self, selector: &Selector) -> bool {
        (selector.grants.is_empty() || self.is_read(Kind::Setting))
            && (selector.role_fields.is_empty() || self.is_read(Kind::Object))
            && (!selector.asks_teams() || self.is_read(Kind::Member))
    }

    /// Whether everything of the account itself could be read that an expression looks at.
    pub(super) fn can_decide(&self, expression: &Condition) -> bool {
        !expression.looks_at("account")
            || (self.is_read(Kind::Setting) && self.is_read(Kind::Seats))
    }

    /// Whether the files give somebody access.
    pub(super) fn has_access(&self, subject: &Subject) -> bool {
        self.people
            .binary_search_by(|it| it.subject.cmp(subject))
            .is_ok()
    }
}

impl<'a> PlanContext<'a> {
    pub(super) fn accounts(self) -> impl Iterator<Item = PlanFacts<'a>> {
        let mut steps: BTreeMap<&AccountName, Vec<&Step>> = BTreeMap::new();
        for step in &self.plan.steps {
            steps.entry(&step.address.account).or_default().push(step);
        }
        self.plan
            .accounts
            .iter()
            .filter_map(move |(name, account_plan)| {
                let product = self.products.get(&account_plan.product)?;
                let observation = self.observations.get(name);
                let steps = steps.remove(name).unwrap_or_default();
                static NOTHING: State = State::new();
                let state = observation.map_or(&NOTHING, |it| &it.state);
                let tenant = tenant(name, account_plan);
                let before = match steps.is_empty() {
                    true => Moment::without_people(state, tenant, product),
                    false => Moment::of(state, tenant, product).seen(observation),
                };
                let after = before.after(&steps, state, tenant);
                Some(PlanFacts {
                    plan: self.plan,
                    desired: self.desired,
                    name,
                    account: self.desired.accounts.get(name),
                    account_plan,
                    observation,
                    product,
                    steps,
                    before,
                    after,
                    recent_removals: self.recent_removals.get(name).copied().unwrap_or(0),
                })
            })
    }
}

impl<'a> PlanFacts<'a> {
    /// The account as the files want it, whatever the plan does.
    pub(super) fn wanted(&self) -> Moment<'a> {
        let tenant = tenant(self.name, self.account_plan);
        Moment::of(&self.desired.state, tenant, self.product)
    }

    /// Everybody who is there after the plan and whom the files do not want there.
    pub(super) fn left_behind(&self) -> impl Iterator<Item = LeftBehind<'a>> {
        let wanted = |subject: &Subject| {
            let address = Address::access(self.name, subject);
            self.desired.state.get(&address).is_some()
        };
        let people = self.after.people.iter();
        let left = people.filter(move |(subject, _)| !wanted(subject));
        left.map(|(subject, _)| match self.after.stays(subject) {
            true => LeftBehind {
                subject,
                why: "whom the files give no access",
                help: "take it from them first, or leave the account as it is",
            },
            false => LeftBehind {
                subject,
                why: "who is cancelled and there until the billing cycle ends",
                help: "leave the account as it is until they are gone, or take it from them before they are removed",
            },
        })
    }

    /// The line that causes a step, as a span; the plan's own places have outlived the spans.
    pub(super) fn line(&self, step: &Step) -> Option<Span> {
        self.line_at(step, &step.address)
    }

    /// The line that causes what a step does at an address.
    pub(super) fn line_at(&self, step: &Step, address: &Address) -> Option<Span> {
        let other = step.other.as_ref().filter(|it| it.address == *address);
        let differences = other.map_or(&step.differences, |it| &it.differences);
        // A thing that is new is caused by its own line, not by that of the field that comes first.
        let is_new_thing = step.action == Action::Create && address.kind() == Kind::Object;
        let differences = differences.iter().filter(|_| !is_new_thing);
        let field = { differences }
            .next()
            .map_or(Field::Whole, |it| it.field.clone());
        let desired = self.desired.state.get(address);
        let absence = || self.desired.absences.get(address).map(|it| it.span);
        let unmanaged = || {
            let account = self.account?;
            (step.cause == Cause::Unmanaged).then_some(account.unmanaged.span)
        };
        desired
            .and_then(|entry| entry.origin(&field))
            .or_else(absence)
            .or_else(unmanaged)
            .or(self.account.map(|it| it.span))
    }

    /// The line of a base revision that asked for what a step removes since no line names it.
    pub(super) fn gone(&self, step: &Step, address: &Address) -> Option<Span> {
        let line = self.desired.gone.get(address);
        line.copied().filter(|_| step.cause == Cause::Unmanaged)
    }

    /// The line behind an address of the desired state.
    pub(super) fn line_of(&self, address: &Address) -> Option<Span> {
        self.desired.state.get(address)?.origin(&Field::Whole)
    }

    /// The estate's user at an address, where a line of the account names the person.
    pub(super) fn user(&self, address: &Address) -> Option<&UserKey> {
        let entry = self.desired.state.get(address);
        let absence = || self.desired.absences.get(address);
        entry
            .and_then(|it| it.user.as_ref())
            .or_else(|| absence().and_then(|it| it.user.as_ref()))
    }

    /// Steps that take somebody's access away.
    pub(super) fn removals(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().copied().filter(|step| {
            step.action == Action::Remove && matches!(step.address.resource, ResourceId::Access(_))
        })
    }

    /// Accesses that steps take away or of which they lower the rank, that of whoever hands a role on included.
    pub(super) fn losses(&self) -> impl Iterator<Item = Loss<'_>> {
        let sides = self
            .steps
            .iter()
            .flat_map(|step| step.sides().map(|it| (*step, it)));
        sides.filter_map(|(step, side)| {
            let ResourceId::Access(subject) = &side.address.resource else {
                return None;
            };
            let is_loss = match (side.before, side.after) {
                (Some(_), None) => true,
                (Some(Resource::Access(before)), Some(Resource::Access(after))) => {
                    self.product.rank(&after.roles) < self.product.rank(&before.roles)
                }
                _ => false,
            };
            is_loss.then(|| Loss {
                step,
                address: side.address,
                subject,
                is_removal: side.after.is_none(),
            })
        })
    }

    /// The life-cycle state that somebody was seen in, if not "active".
    pub(super) fn phase(&self, subject: &Subject) -> Option<&str> {
        let address = Address::access(self.name, subject);
        Some(self.observation?.phases.get(&address)?.as_str())
    }
}

/// Everybody with access to an account, in the order of subjects.
pub(super) fn holders<'a>(
    state: &'a State,
    account: &'a AccountName,
) -> impl Iterator<Item = Holder<'a>> {
    let entries = state.of_kind(account, Kind::Access);
    entries.filter_map(
        |(address, entry)| match (&address.resource, &entry.resource) {
            (ResourceId::Access(subject), Resource::Access(access)) => Some(Holder {
                subject,
                access,
                entry,
            }),
            _ => None,
        },
    )
}
