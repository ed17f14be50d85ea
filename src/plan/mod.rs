//! From desired and actual to a plan: the difference, an order for it, the proof that it fits, and a digest.
//!
//! Everything is decided here; the executor makes no choice. Nothing here reads a clock, a file or a network, and nothing
//! here knows YAML: lines arrive as places.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{
    AccountName, Action, Actor, Address, Capacity, Fact, Field, Finding, Kind, PoolName, ProductId,
    Resource, SettingName, Subject, TargetId, Value,
};
pub use crate::product::{EffectKind, Overflow, Via};
use crate::text::{Place, Word};

mod actor;
mod charged;
mod check;
mod closure;
mod comings;
mod cost;
mod diff;
mod digest;
mod family;
mod fields;
mod file;
mod forest;
mod hand;
mod held;
mod how;
mod instructions;
mod kept;
mod limits;
mod lots;
mod make;
mod moved;
mod order;
mod places;
mod pools;
mod proof;
mod rename;
mod scarce;
mod scenes;
mod seen;
mod sequence;
mod structure;
mod takes;
mod transfer;
mod transitions;
mod turns;
mod unique;
mod words;

pub use check::{Checked, Violation, check};
pub use cost::{
    AccountCost, Charged, Cost, CostLine, CycleChange, PerCycle, PlanCost, Pricing, Sunk, Unknown,
    terms_moved,
};
pub use file::{PlanFileError, from_json, to_json};
pub use hand::{is_destructive, may_not, operations_of};
pub use make::{Inputs, PLAN_VERSION, make};
pub use moved::{Moved, moved};
pub use seen::Seen;

/// A plan: what will be done, in a legal order, with the proof that it fits, or why it cannot be done.
///
/// It is immutable once made, stands alone (no sources, no desired state are needed to apply it), and is what
/// `plan --out` writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Plan {
    /// Version of this format.
    pub version: u32,
    /// The estate's name.
    pub estate: String,
    /// When it was made; not part of the digest.
    #[schemars(with = "String")]
    pub made_at: jiff::Timestamp,
    /// The instant that the files were read against.
    #[schemars(with = "String")]
    pub at: jiff::Timestamp,
    /// Whether `at` lies in the future: then the plan is a forecast and cannot be applied.
    pub forecast: bool,
    /// The accounts that were compared, by name, those without steps included.
    pub accounts: BTreeMap<AccountName, AccountPlan>,
    /// Steps in an order in which they may be carried out; empty when in sync.
    pub steps: Vec<Step>,
    /// Why the plan must not be applied; empty if it may be.
    pub refusals: Vec<Refusal>,
    /// What was found and is left alone.
    pub findings: Vec<Finding>,
    /// Which guards held and what was accepted in their face.
    pub guards: GuardRecord,
    /// What it costs, over all accounts; nothing where it costs and saves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<PlanCost>,
    /// Digest of effects, facts, targets and guards: the plan's identity.
    pub digest: String,
}

impl Plan {
    /// The accounts whose differences are planned: all but those that were only read for what they use of shared pools.
    pub fn compared(&self) -> impl Iterator<Item = (&AccountName, &AccountPlan)> {
        self.accounts.iter().filter(|(_, it)| !it.counted)
    }

    /// The account that a pool of an account belongs to: mostly itself.
    pub fn head_of<'a>(&'a self, account: &'a AccountName, pool: &PoolName) -> &'a AccountName {
        let shared = self.accounts.get(account).map(|it| &it.shared);
        shared.and_then(|it| it.get(pool)).unwrap_or(account)
    }

    /// The accounts that carrying the plan out rests on: those that have steps, and those that share a pool that a step takes
    /// units of, frees or resizes.
    pub fn rests_on(&self) -> BTreeSet<&AccountName> {
        let with_steps = self.steps.iter().map(|it| &it.address.account);
        let known = with_steps.filter_map(|it| self.accounts.get_key_value(it));
        let mut accounts: BTreeSet<&AccountName> = known.map(|(name, _)| name).collect();
        for (name, account) in &self.accounts {
            for proof in account.pools.iter().filter(|it| !it.shares.is_empty()) {
                let is_moved = |step: &Step| {
                    proof.units(name, step) != 0
                        || step.address.account == *name && step.room.contains_key(&proof.pool)
                };
                if self.steps.iter().any(is_moved) {
                    accounts.insert(name);
                    accounts.extend(proof.shares.iter().map(|it| &it.account));
                }
            }
        }
        accounts
    }
}

/// What a plan knows of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AccountPlan {
    /// The product.
    pub product: ProductId,
    /// The account that this one is a sub-account of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<AccountName>,
    /// Settings that nobody can read or set, as the files say.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<SettingName, Value>,
    /// Which tenant was read.
    pub target: TargetId,
    /// From where.
    pub from: String,
    /// Who will act for steps by API.
    pub actor: Actor,
    /// When it was read; not part of the digest.
    #[schemars(with = "String")]
    pub observed_at: jiff::Timestamp,
    /// How many people have access, before the plan.
    pub people: u32,
    /// Whether it was only read for what it uses of pools that it shares: what differs on it is not planned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counted: bool,
    /// The proof, per pool of its own.
    pub pools: Vec<PoolProof>,
    /// Pools that belong to another account, with which the proof stands.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shared: BTreeMap<PoolName, AccountName>,
    /// What the steps cost; nothing where they cost and save nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<AccountCost>,
    /// Kinds of things that could not be read, so that nothing of them is removed.
    pub gaps: Vec<crate::model::Gap>,
}

impl AccountPlan {
    /// Whether steps of some account take units of its pools that it shares, free or resize them.
    pub fn lends(&self) -> bool {
        let mut shared = self.pools.iter().filter(|it| !it.shares.is_empty());
        shared.any(|it| it.taken + it.freed > 0 || it.purchased != it.purchased_after)
    }
}

/// One action that makes one difference go away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Step {
    /// A short hash of account, address, before and after: the same difference always has the same id.
    pub id: StepId,
    /// What is changed.
    pub address: Address,
    /// What is done to it.
    pub action: Action,
    /// The address it had, for a rename.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<Address>,
    /// What it is now; `None` for a creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Resource>,
    /// What it shall be; `None` for a removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Resource>,
    /// The parts that differ, in the order of the fields.
    pub differences: Vec<Difference>,
    /// How it is carried out.
    pub how: How,
    /// Steps that must be confirmed first.
    pub needs: Vec<StepId>,
    /// What else it causes.
    pub effects: Vec<StepEffect>,
    /// Whether the opposite change undoes it.
    pub undoable: bool,
    /// Why it is there.
    pub cause: Cause,
    /// The lines that cause it, the primary one first; never empty.
    pub places: Vec<Place>,
    /// For what no line names any more: the line that asked for it in the base revision, if a base is given and had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Place>,
    /// Who takes over from a leaver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over_to: Option<Subject>,
    /// The life-cycle state that follows, if it is not "active".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Word>,
    /// Pools and how many units of each it takes (positive) or frees (negative).
    #[serde(default)]
    pub seats: BTreeMap<PoolName, i64>,
    /// Pools whose size it changes, and by how many units: a purchase, a setting that sizes a pool, somebody who counts. What
    /// sets a limit or lifts it changes no number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub room: BTreeMap<PoolName, i64>,
    /// Lots that it takes, frees, buys or cancels in pools where every object takes a lot of its own size, by pool and size.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<LotChange>,
    /// Whether what it changes is removed and made anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_remade: bool,
    /// The other thing that it changes at once: from whom a role is taken that exactly one person has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Box<Other>>,
}

/// The other thing that a step changes at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Other {
    /// What is changed.
    pub address: Address,
    /// What it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Resource>,
    /// What it shall be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Resource>,
    /// The parts that differ, in the order of the fields.
    #[serde(default)]
    pub differences: Vec<Difference>,
}

/// What a step does to the lots of one size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LotChange {
    /// The pool.
    pub pool: PoolName,
    /// Units in one lot.
    pub size: u32,
    /// Lots that it takes (positive) or frees (negative).
    pub used: i64,
    /// Lots that it buys (positive) or cancels (negative).
    pub bought: i64,
}

/// One of the things that a step changes.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What is changed.
    pub address: &'a Address,
    /// What it is now.
    pub before: &'a Option<Resource>,
    /// What it shall be.
    pub after: &'a Option<Resource>,
}

impl Step {
    /// Whether what it removes is there until the billing cycle ends.
    pub(crate) fn lingers(&self, product: &crate::product::Product) -> bool {
        let then = self.then.as_ref().filter(|_| self.after.is_none());
        then.is_some_and(|it| product.is_ending(it))
    }

    /// Everything that it changes: its own address, then the other one.
    pub fn sides(&self) -> impl Iterator<Item = Side<'_>> {
        let own = Side {
            address: &self.address,
            before: &self.before,
            after: &self.after,
        };
        let other = self.other.as_ref().map(|it| Side {
            address: &it.address,
            before: &it.before,
            after: &it.after,
        });
        std::iter::once(own).chain(other)
    }

    /// Whether another step may change one thing with it: it moves a role, or buys or cancels.
    pub(crate) fn may_share(&self) -> bool {
        self.other.is_some() || self.address.kind() == Kind::Seats
    }

    /// Whether it changes something again that another step, which it needs, has changed before it: somebody who is new
    /// gets a role, or a role's holder goes after having handed it on; or lots are cancelled after others were bought.
    pub fn changes_again(&self, before: &Self, address: &Address) -> bool {
        let both = [self, before];
        both.iter().any(|it| it.may_share())
            && self.needs.contains(&before.id)
            && both
                .iter()
                .all(|step| step.sides().any(|it| it.address == address))
    }
}

/// Steps of a plan, to find those that change one thing one after the other.
#[derive(Clone, Debug)]
pub struct Steps<'a> {
    all: Vec<&'a Step>,
    /// One of any two steps that change one thing is among them.
    shared: Vec<&'a Step>,
}

impl<'a> Steps<'a> {
    /// Looks at some steps.
    pub fn new(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let all: Vec<&Step> = steps.into_iter().collect();
        let shared = all.iter().filter(|it| it.may_share());
        Self {
            shared: shared.copied().collect(),
            all,
        }
    }

    /// The step that changes something again after a step did.
    pub fn later(&self, step: &Step, address: &Address) -> Option<&'a Step> {
        let mut around = self.around(step).iter().copied();
        around.find(|it| it.changes_again(step, address))
    }

    /// The step that changes something before a step does again.
    pub fn earlier(&self, step: &Step, address: &Address) -> Option<&'a Step> {
        let mut around = self.around(step).iter().copied();
        around.find(|it| step.changes_again(it, address))
    }

    fn around(&self, step: &Step) -> &[&'a Step] {
        match step.other.is_some() {
            true => &self.all,
            false => &self.shared,
        }
    }
}

/// A step's identity: 12 hexadecimal digits.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct StepId(pub String);

impl std::fmt::Display for StepId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One part of a resource that differs, as text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Difference {
    /// The part.
    pub field: Field,
    /// What it is now; `None` where there is nothing.
    pub before: Option<String>,
    /// What it shall be; `None` where there shall be nothing.
    pub after: Option<String>,
    /// The line behind it.
    pub place: Option<Place>,
}

/// How a step is carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By the provider.
    Api,
    /// By people.
    Task(Task),
}

/// What a person must do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Task {
    /// What sort of person.
    pub via: Via,
    /// Why the provider does not do it, as a phrase.
    pub why: String,
    /// Who may do it, twenty at most; never the person concerned, unless it is theirs to do. Empty if there is nobody.
    pub who: Vec<Subject>,
    /// What to do, screen by screen, in this order; empty if the definition does not say.
    pub instructions: Vec<Instruction>,
}

/// One visit to a screen, or one request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Instruction {
    /// The operation of the definition.
    pub operation: String,
    /// Who asks the vendor for it, and how.
    pub by: Option<String>,
    /// The screen path, in the vendor's words.
    pub path: Option<String>,
    /// Other paths to the same screen.
    pub also: Vec<String>,
    /// What to do first.
    pub prepare: Vec<String>,
    /// What to set there.
    pub set: Vec<String>,
    /// What to press in the end.
    pub confirm: Option<String>,
    /// What else to know.
    pub note: Vec<String>,
    /// Values that are not in the files.
    pub inputs: Vec<Input>,
}

/// A value that is not in the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What it is, and who gives or chooses it.
    pub text: String,
    /// Whether it is a secret: chosen on the screen, asked for nowhere, written nowhere.
    pub secret: bool,
}

/// What a step causes besides itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StepEffect {
    /// What sort of thing.
    pub kind: EffectKind,
    /// One sentence.
    pub text: String,
    /// Whether it cannot be undone.
    pub irreversible: bool,
}

/// Why a step is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A line asks for it.
    Written,
    /// A `none` says so.
    None,
    /// The user's `leaves` has come.
    Leaves,
    /// The access's `until` has passed.
    Until,
    /// No line names it, and the account says `unmanaged: remove`.
    Unmanaged,
}

/// The arithmetic of one pool: it holds for every order in which the steps may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PoolProof {
    /// The pool.
    pub pool: PoolName,
    /// What one unit is called.
    pub unit: String,
    /// What happens when there are too few.
    pub overflow: Overflow,
    /// What is bought now.
    pub purchased: Fact<Capacity>,
    /// What will be bought after the plan's own purchases and releases.
    pub purchased_after: Fact<Capacity>,
    /// Units used now, pending invitations included.
    pub used: u64,
    /// Units that the plan frees.
    pub freed: u64,
    /// Units that the plan takes.
    pub taken: u64,
    /// `used - freed + taken`.
    pub after: u64,
    /// The most that are used at any time, over every order in which the steps may run.
    pub peak: u64,
    /// Of `used`, people who have not accepted yet.
    pub waiting: u64,
    /// What of this is each account's that shares the pool, that of the pool first; nothing where no other does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<PoolShare>,
    /// The arithmetic of every size, where every object takes a lot of its own size; the smallest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<LotProof>,
}

/// What one of several accounts uses of a pool that they share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PoolShare {
    /// The account.
    pub account: AccountName,
    /// Units that it uses now, pending invitations included.
    pub used: u64,
    /// Units that its steps free.
    pub freed: u64,
    /// Units that its steps take.
    pub taken: u64,
    /// `used - freed + taken`.
    pub after: u64,
}

/// The arithmetic of the lots of one size: it holds for every order in which the steps may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LotProof {
    /// Units in one lot.
    pub size: u32,
    /// Lots that are bought now; nothing where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought: Option<u64>,
    /// Lots that will be bought after the plan's own purchases and releases; nothing where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bought_after: Option<u64>,
    /// Lots used now.
    pub used: u64,
    /// Lots that the plan frees.
    pub freed: u64,
    /// Lots that the plan takes.
    pub taken: u64,
    /// `used - freed + taken`.
    pub after: u64,
    /// The most that are used at any time, over every order in which the steps may run.
    pub peak: u64,
}

impl LotProof {
    /// Lots that are missing after the plan, 0 where it is not known how many there are.
    pub fn missing(&self) -> u64 {
        let bought = self.bought_after.unwrap_or(u64::MAX);
        self.after.saturating_sub(bought)
    }

    /// Whether the plan is refused because of them. More used than there are is no reason to refuse what makes it better.
    pub fn is_short(&self) -> bool {
        self.missing() > 0 && (self.taken > 0 || self.bought > self.bought_after)
    }
}

impl PoolProof {
    /// What a step takes of the pool of an account (positive) or frees (negative), on that account or on one that shares it.
    pub fn units(&self, account: &AccountName, step: &Step) -> i64 {
        match self.is_of(account, step) {
            true => step.seats.get(&self.pool).copied().unwrap_or_default(),
            false => 0,
        }
    }

    /// Whether a step is of the pool's account, or of one that shares it.
    pub(crate) fn is_of(&self, account: &AccountName, step: &Step) -> bool {
        let of = &step.address.account;
        of == account || self.shares.iter().any(|it| it.account == *of)
    }

    /// Whether more of it is taken than is freed, though nobody knows how much there is: a pool of unknown size counts as
    /// exactly full. Where the vendor lets more be used than there is, that is no question.
    pub fn takes_of_unknown(&self) -> bool {
        let takes_more = match self.lots.as_slice() {
            [] => self.taken > self.freed,
            lots => lots.iter().any(|it| it.taken > it.freed),
        };
        self.overflow != Overflow::Warn && self.purchased_after.value().is_none() && takes_more
    }

    /// What is missing, as words: `2 seats`; the lots that are where every object takes one of its own size.
    pub fn lacks(&self, missing: u64) -> String {
        let count = |count: u64, unit: &str| match count {
            1 => format!("1 {unit}"),
            _ => format!("{count} {unit}s"),
        };
        let short = self.lots.iter().filter(|it| it.is_short());
        let short: Vec<_> = short
            .map(|it| format!("{} of {}", count(it.missing(), "lot"), it.size))
            .collect();
        match short.as_slice() {
            [] => count(missing, &self.unit),
            lots => lots.join(" and "),
        }
    }
}

/// Why a plan must not be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Refusal {
    /// More units of a pool are asked for than there are.
    Seats {
        /// The account.
        account: AccountName,
        /// The arithmetic.
        proof: PoolProof,
        /// How many units are missing; where every object takes a lot of its own size, those of the lots that are.
        missing: u64,
        /// Steps that take units, with their lines, the last in line first.
        askers: Vec<Asker>,
        /// Steps that would have to wait so that everything else fits every pool of the account, the last in line first;
        /// empty if no waiting would help.
        waiting: Vec<Asker>,
        /// Whether it is sure that no fewer would do.
        smallest: bool,
        /// The line that asks for the quantity, if one is written.
        quantity: Option<Place>,
    },
    /// It is not known how many units there are.
    UnknownCapacity {
        /// The account.
        account: AccountName,
        /// The arithmetic.
        proof: PoolProof,
        /// Steps that take units, with their lines.
        askers: Vec<Asker>,
    },
    /// In no order of some settings and quantities a rule of the product holds all the way.
    Rule {
        /// The account.
        account: AccountName,
        /// The rule's name in the definition.
        rule: Word,
        /// What is wrong and why, in the definition's words.
        text: String,
        /// The steps that change what it looks at.
        steps: Vec<StepId>,
        /// Their lines.
        places: Vec<Place>,
    },
    /// No order of the steps is legal.
    Cycle {
        /// The steps that wait for each other.
        steps: Vec<StepId>,
        /// Their lines.
        places: Vec<Place>,
        /// Steps to leave for a later plan so that everything else can be done.
        waiting: Vec<StepId>,
        /// Whether it is sure that no smaller set would do.
        smallest: bool,
    },
}

/// A step that takes a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Asker {
    /// The step's address.
    pub address: Address,
    /// Its line.
    pub place: Option<Place>,
}

impl Asker {
    fn of(step: &Step) -> Self {
        Self {
            address: step.address.clone(),
            place: step.places.first().cloned(),
        }
    }
}

/// Which guards held for a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GuardRecord {
    /// Where the guards were read: `working tree`, or a base revision as it was named.
    pub from: String,
    /// The commit of the base revision. With it the guards are the revision's, and its name is no part of the digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// How many administrators every account keeps at least; planning fills it in from the estate's guards.
    #[serde(default)]
    pub min_admins: u32,
    /// The exact number of removals that was accepted with `--accept-removals`.
    pub accepted_removals: Option<u32>,
    /// Pools whose size nobody knows and of which more is taken all the same, by account, as `--accept-unknown-seats` named
    /// them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accepted_unknown_seats: BTreeMap<AccountName, BTreeSet<PoolName>>,
}

impl GuardRecord {
    /// Whether somebody accepted that nobody knows how large a pool is.
    pub fn accepts_unknown(&self, account: &AccountName, pool: &PoolName) -> bool {
        let accepted = self.accepted_unknown_seats.get(account);
        accepted.is_some_and(|it| it.contains(pool))
    }
}

/// Which operations a provider carries out by itself; everything else becomes a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Kinds and actions that it can execute.
    pub executes: std::collections::BTreeSet<(Kind, Action)>,
}

/// The identity of one effect: the same in every attempt of the same run, so that a vendor can tell a repetition.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct OperationId(pub String);
