//! Wording that more than one format uses: counts, steps, differences.

use crate::model::{
    Access, AccountName, Action, Address, Capacity, Fact, Field, Grant, Kind, Resource, ResourceId,
};
use crate::ops::base::{Attestation, Claim, Renewed};
use crate::ops::seats::ShareUsed;
use crate::plan::{Cause, Difference, EffectKind, Instruction, LotProof, Plan, Step, Task, Via};
use crate::text::inert;

/// What is said of accounts that were read though nobody asked for them.
pub(crate) const COUNTED: &str = "Only counted, since pools are shared with it";

/// Where the arithmetic of a pool stands that belongs to another account.
pub(crate) fn counted_with(head: &AccountName) -> String {
    format!("one pool with {head}, and counted there")
}

/// What each of several accounts uses of a pool.
pub(crate) fn shares(shares: &[ShareUsed], between: &str) -> String {
    let shares = shares.iter();
    let each: Vec<_> = shares
        .map(|it| format!("{} {}", it.account, grouped(it.used)))
        .collect();
    each.join(between)
}

/// Where something is, beside something on another account.
pub(crate) fn elsewhere(account: &AccountName, beside: &AccountName) -> String {
    match account == beside {
        true => String::new(),
        false => format!(" on {account}"),
    }
}

/// A number with its noun: `1 change`, `1,509 people`. `many` is the plural.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        grouped(number as u64),
        if number == 1 { one } else { many }
    )
}

/// A number in groups of three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// Phrases as a list: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// The first few of many names: `a and b`, `a, b, c, d, e and 7 more`.
pub(crate) fn some(names: &[String]) -> String {
    const SHOWN: usize = 5;
    match names.len().saturating_sub(SHOWN) {
        0 => listed(names),
        more => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}

/// What a step is about, without the account: `access alice@acme.example`.
pub(crate) fn thing(address: &Address) -> String {
    match &address.resource {
        ResourceId::Setting(name) => format!("setting {name}"),
        ResourceId::Seats(pool) => format!("seats of {pool}"),
        ResourceId::Object { kind, name } => format!("{kind} {name}"),
        ResourceId::Team(team) => format!("team {team}"),
        ResourceId::Access(subject) => format!("access {subject}"),
        ResourceId::Member { team, subject } => format!("member {subject} of team {team}"),
    }
}

/// The nouns of a kind of thing, for one and for many.
pub(crate) fn kind(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Setting => ("setting", "settings"),
        Kind::Seats => ("quantity", "quantities"),
        Kind::Object => ("object", "objects"),
        Kind::Team => ("team", "teams"),
        Kind::Access => ("access", "accesses"),
        Kind::Member => ("place in a team", "places in teams"),
    }
}

/// The sign of an action, as in a difference of texts.
pub(crate) fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Rename => ">",
        Action::Remove => "-",
    }
}

/// A resource in a few words; empty if that it exists is all there is to say.
pub(crate) fn described(resource: &Resource) -> String {
    match resource {
        Resource::Setting(value) => value.to_string(),
        Resource::Seats(quantity) => quantity.to_string(),
        Resource::Object(object) => {
            let fields = object.fields.iter();
            let words: Vec<_> = fields
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            words.join(", ")
        }
        Resource::Team(team) => team
            .parent
            .as_ref()
            .map(|parent| format!("below {parent}"))
            .unwrap_or_default(),
        Resource::Access(access) => described_access(access),
        Resource::Member(member) => if member.lead { "lead" } else { "" }.to_owned(),
    }
}

fn described_access(access: &Access) -> String {
    let roles = access.roles.iter().map(ToString::to_string);
    let options = access
        .options
        .iter()
        .map(|(name, value)| format!("{name}: {value}"));
    let grants = access
        .grants
        .iter()
        .map(|(name, grant)| format!("{name}: {}", granted(*grant)));
    let words: Vec<_> = roles.chain(options).chain(grants).collect();
    if words.is_empty() {
        "no role".to_owned()
    } else {
        words.join(", ")
    }
}

/// The word for a grant's value.
pub(crate) fn granted(grant: Grant) -> &'static str {
    match grant {
        Grant::Access => "access",
        Grant::None => "none",
    }
}

/// The name of the part that differs; `None` for the whole, which needs no name.
pub(crate) fn part(field: &Field) -> Option<String> {
    (*field != Field::Whole).then(|| field.to_string())
}

/// One side of a difference, inert; `nothing` where there is nothing.
pub(crate) fn side(text: Option<&str>) -> String {
    text.map_or_else(|| "nothing".to_owned(), |text| inert(text).into_owned())
}

/// A difference on one line: `role: member -> admin`.
pub(crate) fn difference(difference: &Difference) -> String {
    let before = side(difference.before.as_deref());
    let after = side(difference.after.as_deref());
    match part(&difference.field) {
        Some(name) => format!("{name}: {before} -> {after}"),
        None => format!("{before} -> {after}"),
    }
}

/// What the holder of a role becomes who hands it on.
pub(crate) fn handed(other: &crate::plan::Other) -> String {
    let parts: Vec<_> = other.differences.iter().map(difference).collect();
    format!("at once {}: {}", thing(&other.address), parts.join("; "))
}

/// Why a step is there, where that is not simply the line that asks for it.
pub(crate) fn cause(cause: Cause) -> Option<&'static str> {
    match cause {
        Cause::Written => None,
        Cause::None => Some("`none` is written"),
        Cause::Leaves => Some("the day of `leaves` has come"),
        Cause::Until => Some("the last day of `until` has passed"),
        Cause::Unmanaged => Some("no line names it"),
    }
}

/// A change of an inventory in a few words: `access bob@acme.example: agent -> owner`.
pub(crate) fn attested(it: &Attestation) -> String {
    let state = it.state.as_deref().map(inert);
    let state = state.map_or_else(String::new, |it| format!(" ({it})"));
    let side = |resource: &Option<Resource>| resource.as_ref().map(described);
    let what = match (side(&it.before), side(&it.after)) {
        (None, Some(now)) => now,
        (Some(was), Some(now)) if was == now => now,
        (Some(was), Some(now)) => format!("{was} -> {now}"),
        (Some(was), None) if it.is_untold => format!("was {was}, and is not told any more"),
        (Some(was), None) => format!("was {was}"),
        (None, None) => String::new(),
    };
    let what = format!("{what}{state}");
    let thing = thing(&it.address);
    match what.trim() {
        "" | "was" => thing,
        what => format!("{thing}: {what}"),
    }
}

/// What was done to a thing, according to a change of an inventory.
pub(crate) fn attested_action(it: &Attestation) -> Action {
    match (&it.before, &it.after) {
        (None, _) => Action::Create,
        (_, None) => Action::Remove,
        _ => Action::Update,
    }
}

/// Who says so, and who wrote it: `attested by dana@acme.example on 2026-11-20, written by dana@acme.example`.
pub(crate) fn vouched(it: &Attestation) -> String {
    let claims: Vec<_> = it.claims.iter().map(claimed).collect();
    let claims = match claims.as_slice() {
        [] => "nobody stands for it".to_owned(),
        claims => listed(claims),
    };
    let authors = it.authors.iter().flatten();
    let authors: Vec<_> = authors.map(|it| inert(it).into_owned()).collect();
    match authors.as_slice() {
        [] => format!("{claims}; who wrote it is not known"),
        authors => format!("{claims}; written by {}", listed(authors)),
    }
}

/// Who stands for something, as an inventory claims.
pub(crate) fn claimed(claim: &Claim) -> String {
    match claim {
        Claim::Attested { by, on } => format!("attested by {} on {on}", inert(by)),
        Claim::Read { from, on } => format!("read from {} on {on}", inert(from)),
    }
}

/// What is attested anew without being another.
pub(crate) fn renewed(it: &Renewed) -> String {
    let things = count(it.things, "thing", "things");
    format!(
        "{things} of {} as before, {} anew",
        it.account,
        claimed(&it.claim)
    )
}

/// How many steps of each action a plan has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) create: usize,
    pub(crate) update: usize,
    pub(crate) rename: usize,
    pub(crate) remove: usize,
    pub(crate) tasks: usize,
}

impl Counts {
    /// The counts of some steps.
    pub(crate) fn of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut counts = Self::default();
        for step in steps {
            match step.action {
                Action::Create => counts.create += 1,
                Action::Update => counts.update += 1,
                Action::Rename => counts.rename += 1,
                Action::Remove => counts.remove += 1,
            }
            counts.tasks += usize::from(matches!(step.how, crate::plan::How::Task(_)));
        }
        counts
    }

    /// All steps.
    pub(crate) fn all(self) -> usize {
        self.create + self.update + self.rename + self.remove
    }

    /// `3 to add, 1 to change, 0 to rename ...`, leaving out what there is none of.
    pub(crate) fn phrase(self) -> String {
        let parts: Vec<_> = [
            (self.create, "to add"),
            (self.update, "to change"),
            (self.rename, "to rename"),
            (self.remove, "to remove"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", grouped(number as u64)))
        .collect();
        parts.join(", ")
    }
}

/// The steps of a plan that concern one account, in plan order.
pub(crate) fn steps_of<'a>(
    plan: &'a Plan,
    account: &'a crate::model::AccountName,
) -> impl Iterator<Item = &'a Step> {
    plan.steps
        .iter()
        .filter(move |step| step.address.account == *account)
}

/// The word for a sort of effect.
pub(crate) fn effect(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Billing => "billing",
        EffectKind::Visibility => "visibility",
        EffectKind::DataLoss => "data loss",
        EffectKind::Delay => "delay",
        EffectKind::Mail => "mail",
        EffectKind::LockOut => "lock-out",
        EffectKind::Other => "note",
    }
}

/// How many seats there are: `25`, `no limit`, `unknown`.
pub(crate) fn capacity(fact: &Fact<Capacity>) -> String {
    match fact {
        Fact::Known(Capacity::Purchased(quantity)) => quantity.to_string(),
        Fact::Attested {
            value: Capacity::Purchased(quantity),
            by,
            on,
            aged,
        } => {
            let aged = if *aged { ", aged" } else { "" };
            format!("{quantity} (says {} on {on}{aged})", inert(by))
        }
        Fact::Known(Capacity::Unlimited)
        | Fact::Attested {
            value: Capacity::Unlimited,
            ..
        } => "no limit".to_owned(),
        Fact::Unknown { .. } => "unknown".to_owned(),
    }
}

/// How many lots of a size there are, before and after: `2`, `2 -> 3`, `unknown`.
pub(crate) fn lots_bought(lots: &LotProof) -> String {
    match (lots.bought, lots.bought_after) {
        (now, then) if now == then => number(now),
        (now, then) => format!("{} -> {}", number(now), number(then)),
    }
}

/// A number, or `unknown`.
pub(crate) fn number(number: Option<u64>) -> String {
    number.map_or_else(|| "unknown".to_owned(), grouped)
}

/// What a person must do, on one line.
pub(crate) fn task(task: &Task) -> String {
    let screen = |it: &Instruction| {
        let path = it.path.as_deref().map(inert)?;
        let confirm = it.confirm.as_deref().map(inert);
        let confirm = confirm.map_or_else(String::new, |it| format!(", then \"{it}\""));
        Some(format!("{path}{confirm}"))
    };
    let screens: Vec<_> = task.instructions.iter().filter_map(screen).collect();
    let path = screens.join("; ");
    let names: Vec<_> = task.who.iter().map(ToString::to_string).collect();
    let names = listed(&names);
    let (what, why) = match task.via {
        // Why a program does not do it goes without saying.
        Via::Vendor => (Some("the vendor must do it"), None),
        Via::User => (Some("the user must do it"), None),
        Via::Api | Via::Person => (None, Some(inert(&task.why).into_owned())),
    };
    let path = Some(path).filter(|it| !it.is_empty()).or(why);
    let what: Vec<_> = what
        .map(ToOwned::to_owned)
        .into_iter()
        .chain(path)
        .collect();
    let what = what.join(": ");
    match (task.via, task.who.is_empty()) {
        (Via::Person, true) => format!("{what} (nobody here may do it)"),
        (_, true) => what,
        (Via::Vendor, false) => format!("{what}, asked by {names}"),
        (_, false) => format!("{what} ({names})"),
    }
}
