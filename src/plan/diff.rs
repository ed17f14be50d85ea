//! The difference between what shall be and what is, as changes with the lines that cause them.
//!
//! # Design
//! Both sides are in the order of their addresses, so the difference is one walk over both; a change costs something, what
//! is equal costs a comparison. Within an account the order is settings, seats, objects, teams, access, members: when the
//! walk comes to somebody's place in a team it is already known whether the team or the person goes.
//!
//! A kind that could not be read completely is neither removed from nor added to: what is missing from the observation may
//! well be there.
//!
//! What is cancelled stays until the billing cycle ends, and nobody is given it (C33 to C35, F19, F20). Of a bought quantity the
//! state therefore holds what will be left ([`Observation::ending`] says what is there until then): planned again, nothing is
//! cancelled twice, and whoever asks for more raises it, from what will be left. People and things whose removal ends with the
//! cycle stay in the state, under the life-cycle state that says so. Wanted again they are told and no step is made, since no
//! vendor says how a removal is taken back.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::family::Shares;
use super::rename::{Renames, Seen, renames};
use super::scenes::Scenes;
use super::transfer::{self, Handed};
use super::{Capabilities, Cause, Pricing};
use crate::model::{
    AbsenceReason, Access, Account, AccountName, Action, Address, Capacity, Desired, Entry, Fact,
    Fields, Finding, Grant, GrantName, Kind, Member, Object, Observation, Quantity, Resource,
    ResourceId, State, Subject, TeamName, UnmanagedMode,
};
use crate::product::{Product, Scene, Source};
use crate::text::Span;

/// One difference and the lines that cause it.
#[derive(Clone, Debug)]
pub(super) struct Change<'a> {
    /// The address with new names.
    pub address: Address,
    /// What is done.
    pub action: Action,
    /// The present address, for a rename.
    pub renamed_from: Option<Address>,
    /// What is there.
    pub before: Option<Resource>,
    /// What shall be there.
    pub after: Option<Resource>,
    /// Why.
    pub cause: Cause,
    /// The lines that cause it, the primary one first; never empty.
    pub spans: Vec<Span>,
    /// The desired entry, for the lines of its parts.
    pub entry: Option<&'a Entry>,
    /// Who takes over.
    pub hand_over_to: Option<Subject>,
    /// For a removed access that is replaced by another one: that one.
    pub replaced_by: Option<Address>,
    /// The gap, by its place among the observation's, if the change would rest on it: then it is not made (see `held`).
    pub held: Option<usize>,
    /// What else it changes at once: from whom a role is taken that exactly one person has.
    pub other: Option<Box<Handed<'a>>>,
}

/// What differs on one account.
#[derive(Clone, Default)]
pub(super) struct Diff<'a> {
    /// The changes in the order of their addresses, those that are held back included.
    pub changes: Vec<Change<'a>>,
    /// What was found and is left alone.
    pub findings: Vec<Finding>,
    /// What is renamed.
    pub renames: Renames,
}

/// Everything that a comparison of one account looks at.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub name: &'a AccountName,
    pub account: &'a Account,
    pub product: &'a Product,
    pub observation: &'a Observation,
    pub capabilities: &'a Capabilities,
    pub desired: &'a Desired,
    pub shares: &'a Shares,
    /// Whether only what it uses of pools that it shares is looked at.
    pub is_counted: bool,
}

impl<'a> Scope<'a> {
    /// What the provider noticed while it read the account.
    pub(super) fn noticed(self) -> impl Iterator<Item = &'a Finding> {
        let findings = self.observation.findings.iter();
        findings.filter(move |_| !self.is_counted)
    }

    /// Where the account's seats are priced, on the day that the files are read for.
    pub(super) fn pricing(&self) -> Pricing<'a> {
        let at = self.desired.at.to_zoned(self.desired.timezone.clone());
        Pricing {
            billing: self.account.billing.as_ref(),
            product: self.product,
            observation: self.observation,
            today: at.date(),
        }
    }
}

/// Compares one account.
pub(super) fn diff<'a>(scope: Scope<'a>) -> Diff<'a> {
    let renames = renames(
        scope.name,
        scope.desired,
        scope.observation,
        scope.product,
        scope.capabilities,
    );
    let mut walk = Walk {
        scope,
        removed_teams: BTreeMap::new(),
        removed_people: BTreeSet::new(),
        unread: BTreeMap::new(),
        scenes: None,
        by_default: BTreeMap::new(),
        changes: Vec::new(),
        findings: Vec::new(),
        renames: &renames,
    };
    let mut wanted = scope.desired.state.of_account(scope.name).peekable();
    let mut seen = renames.seen(scope.name, scope.observation).peekable();
    loop {
        let side = match (wanted.peek(), seen.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((address, _)), Some(it)) => (*address).cmp(&*it.address),
        };
        match side {
            Ordering::Less => walk.wanted_only(wanted.next().expect("it was peeked")),
            Ordering::Greater => walk.seen_only(seen.next().expect("it was peeked")),
            Ordering::Equal => walk.both(
                wanted.next().expect("it was peeked"),
                seen.next().expect("it was peeked"),
            ),
        }
    }
    let (changes, findings) = walk.finish();
    let mut diff = Diff {
        changes,
        findings,
        renames,
    };
    transfer::join(scope, &mut diff);
    diff
}

/// Whether something was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    There,
    Missing,
}

struct Walk<'a, 'r> {
    scope: Scope<'a>,
    renames: &'r Renames,
    removed_teams: BTreeMap<TeamName, (Cause, Span)>,
    removed_people: BTreeSet<Subject>,
    /// The account before and after its settings change; made when somebody's grants are first looked at.
    scenes: Option<Scenes<'a>>,
    /// By grant that is written and that the default gives anyway: the first address, how many, what is said, the value.
    by_default: BTreeMap<GrantName, (Address, usize, String, Grant)>,
    /// By option that cannot be read: the first address where it is asked for, and how many.
    unread: BTreeMap<crate::model::OptionName, (Address, usize)>,
    changes: Vec<Change<'a>>,
    findings: Vec<Finding>,
}

impl<'a> Walk<'a, '_> {
    fn wanted_only(&mut self, (address, entry): (&'a Address, &'a Entry)) {
        match (&address.resource, &entry.resource) {
            (ResourceId::Setting(name), Resource::Setting(value)) => {
                let rule = self.scope.product.settings.get(name);
                let default = rule.and_then(|it| it.default.as_ref()).map(|it| &it.0);
                let written_only = rule.is_some_and(|it| it.source == Source::Written);
                let creates = (Kind::Setting, Action::Create);
                if default == Some(value)
                    || (written_only && !self.scope.capabilities.executes.contains(&creates))
                {
                    return;
                }
            }
            (ResourceId::Seats(_), Resource::Seats(quantity)) => {
                return self.quantity(address, entry, quantity, None);
            }
            _ => {}
        }
        let held = self.gap_below(address, Some(&entry.resource), Side::Missing);
        let after = match &entry.resource {
            Resource::Member(member) => Resource::Member(self.member(address, *member)),
            Resource::Access(access) => {
                let mut after = access.clone();
                after.grants = self.grants(address, access, &Access::default());
                Resource::Access(after)
            }
            other => other.clone(),
        };
        self.change(address, entry, Action::Create, None, Some(after))
            .held = held;
    }

    fn both(&mut self, (address, entry): (&'a Address, &'a Entry), seen: Seen<'a>) {
        if let Some(phase) = self.ending(seen.now) {
            let on = self.scope.pricing().cycle_end_words(None);
            let text = format!(
                "is cancelled (\"{phase}\") and ends with the billing cycle{on}, though the files want it: have the \
                 vendor take the cancellation back before, or plan again afterwards to have it anew"
            );
            return self.find(seen.now, text);
        }
        let after = match (&entry.resource, &*seen.resource) {
            (Resource::Seats(wanted), Resource::Seats(now)) => {
                return self.quantity(address, entry, wanted, Some(now));
            }
            (Resource::Access(wanted), Resource::Access(now)) => {
                Resource::Access(self.access(address, wanted, now))
            }
            (Resource::Member(wanted), Resource::Member(_)) => {
                Resource::Member(self.member(address, *wanted))
            }
            (Resource::Object(wanted), Resource::Object(now)) => {
                Resource::Object(self.object(address, wanted, now))
            }
            (other, _) => other.clone(),
        };
        let is_renamed = *seen.now != *address && address.kind() != Kind::Member;
        if !is_renamed && same(&after, &seen.resource, self.scope.product) {
            if after == (Resource::Member(Member { lead: true })) {
                self.led_by_role(address, seen.now);
            }
            return;
        }
        let held = self.gap_below(address, Some(&after), Side::There);
        let before = Some(seen.resource.into_owned());
        let (action, line) = match is_renamed {
            true => (Action::Rename, Some(self.renames.lines[address])),
            false => (Action::Update, None),
        };
        let change = self.change(address, entry, action, before, Some(after));
        change.held = held;
        if let Some(line) = line {
            change.renamed_from = Some(seen.now.clone());
            change.spans.insert(0, line);
            change.spans.dedup();
        }
    }

    fn seen_only(&mut self, seen: Seen<'a>) {
        if let Some(new) = self.renames.kept.get(seen.now) {
            let who = new.subject().map(ToString::to_string).unwrap_or_default();
            return self.find(
                seen.now,
                format!("stays until \"{who}\" has accepted and can take over"),
            );
        }
        let Some((cause, spans)) = self.why_removed(&seen) else {
            return;
        };
        if let Some(phase) = self.ending(seen.now) {
            if let ResourceId::Access(subject) = &seen.now.resource {
                self.removed_people.insert(subject.clone());
            }
            let on = self.scope.pricing().cycle_end_words(None);
            let text =
                format!("is cancelled already (\"{phase}\") and ends with the billing cycle{on}");
            return self.find(seen.now, text);
        }
        let goes_with_its_team = matches!(&seen.now.resource,
            ResourceId::Member { team, .. } if self.removed_teams.contains_key(team));
        let held = match goes_with_its_team {
            true => None,
            false => self.gap_below(seen.now, None, Side::There),
        };
        match &seen.now.resource {
            // Nothing goes with what stays.
            _ if held.is_some() => {}
            ResourceId::Team(team) => {
                self.removed_teams.insert(team.clone(), (cause, spans[0]));
            }
            ResourceId::Access(subject) => {
                self.removed_people.insert(subject.clone());
            }
            _ => {}
        }
        let replaced_by = self.renames.replaced.get(seen.now).map(|it| it.0.clone());
        let absence = self.absence(seen.now);
        let taker = absence.and_then(|it| it.hand_over_to.as_ref());
        let hand_over_to = taker.map(|(subject, _)| subject.clone());
        // The new one takes over from the old one where the definition says that this is carried over.
        let mut replacements = self.scope.product.replace.iter();
        let carries = replacements.any(|(_, it)| it.of.value == "access" && it.carry.is_some());
        let successor = replaced_by.as_ref().filter(|_| carries);
        let successor = successor.and_then(|it| it.subject().cloned());
        self.changes.push(Change {
            address: seen.address.into_owned(),
            action: Action::Remove,
            renamed_from: None,
            before: Some(seen.resource.into_owned()),
            after: None,
            cause,
            spans,
            entry: None,
            hand_over_to: hand_over_to.or(successor),
            replaced_by,
            held,
            other: None,
        });
    }

    /// The life-cycle state of what was removed and is there until the billing cycle ends.
    fn ending(&self, now: &Address) -> Option<&'a str> {
        let phase = self.scope.observation.phases.get(now)?;
        (self.scope.product.is_ending(phase)).then_some(phase.as_str())
    }

    /// Whether somebody who is removed, or was, goes only when the billing cycle ends.
    fn goes_later(&self, subject: &Subject) -> bool {
        let product = self.scope.product;
        let removal = product.operation(Kind::Access, Action::Remove);
        let then = removal.and_then(|it| it.then.as_ref());
        then.is_some_and(|it| product.is_ending(&it.value))
            || (self.ending(&Address::access(self.scope.name, subject))).is_some()
    }

    /// Why something that is there and is not asked for goes, with the lines; `None` if it stays.
    fn why_removed(&mut self, seen: &Seen<'a>) -> Option<(Cause, Vec<Span>)> {
        let kind = seen.now.kind();
        let is_left_alone = match &seen.now.resource {
            ResourceId::Object { kind, .. } => !self.scope.account.manages_kinds.contains(kind),
            _ => false,
        };
        if (is_left_alone && self.absence(seen.now).is_none())
            || matches!(kind, Kind::Setting | Kind::Seats)
            || (matches!(kind, Kind::Team | Kind::Member) && !self.scope.account.manages_teams)
        {
            return None;
        }
        if let ResourceId::Member { team, subject } = &seen.now.resource {
            let of_team = self.removed_teams.get(team);
            // Places go along with whoever goes, but a team cannot wait for the end of somebody's billing cycle.
            let goes_along = of_team.is_none() || !self.goes_later(subject);
            if self.removed_people.contains(subject) && goes_along {
                return None;
            }
            if let Some((cause, span)) = of_team {
                return Some((*cause, vec![*span]));
            }
        }
        if let Some((_, line)) = self.renames.replaced.get(seen.now) {
            return Some((Cause::Written, vec![*line]));
        }
        if let Some(absence) = self.absence(seen.now) {
            let cause = match absence.reason {
                AbsenceReason::None => Cause::None,
                AbsenceReason::Leaves => Cause::Leaves,
                AbsenceReason::Until => Cause::Until,
            };
            return Some((cause, vec![absence.span]));
        }
        self.unmanaged(seen)
    }

    fn unmanaged(&mut self, seen: &Seen<'a>) -> Option<(Cause, Vec<Span>)> {
        let mut spans = vec![self.scope.account.unmanaged.span];
        if let ResourceId::Member { team, subject } = &seen.address.resource {
            let person = Address::access(self.scope.name, subject);
            // Whoever is not managed at all is told once, as an access.
            if self.scope.desired.state.get(&person).is_none()
                && self.scope.observation.state.get(&person).is_some()
            {
                return None;
            }
            // A team that no file names is told once too; its members go with it or stay with it.
            let team = Address::team(self.scope.name, team);
            let team = self.scope.desired.state.get(&team)?;
            spans.extend(team.origin(&crate::model::Field::Whole));
        }
        match self.scope.account.unmanaged.mode {
            UnmanagedMode::Remove => Some((Cause::Unmanaged, spans)),
            UnmanagedMode::Ignore => None,
            UnmanagedMode::Report => {
                let text = match seen.now.kind() {
                    Kind::Team => "no file names this team",
                    Kind::Object => "no file names this",
                    Kind::Member => "no file puts this person in the team",
                    _ => "no file gives this person access",
                };
                self.find(seen.now, text.to_owned());
                None
            }
        }
    }

    fn absence(&self, now: &Address) -> Option<&'a crate::model::Absence> {
        let absences = &self.scope.desired.absences;
        absences
            .get(now)
            .or_else(|| absences.get(self.renames.absent.get(now)?))
    }

    /// The steps from one quantity to another. Where every object takes a lot of its own size, one may have to be there before
    /// another can go: then lots are bought first, and others cancelled by a step of its own.
    fn stages(
        &self,
        pool: &crate::model::PoolName,
        now: &Quantity,
        wanted: &Quantity,
    ) -> Vec<(Quantity, Quantity)> {
        let one = self.scope.product.one_pool(pool);
        if one.is_some_and(|it| it.takes_lots())
            && let (Quantity::Lots(more), Quantity::Lots(fewer)) = now.change_to(wanted)
            && !more.is_empty()
            && !fewer.is_empty()
            && let Some(all) = now.with_lots(&more)
        {
            return vec![(now.clone(), all.clone()), (all, wanted.clone())];
        }
        vec![(now.clone(), wanted.clone())]
    }

    /// A purchased quantity is observed with its pool; the state may lack it.
    fn quantity(
        &mut self,
        address: &'a Address,
        entry: &'a Entry,
        wanted: &Quantity,
        in_state: Option<&Quantity>,
    ) {
        let ResourceId::Seats(pool) = &address.resource else {
            return;
        };
        let fact = self.scope.observation.pools.get(pool);
        let now = match (in_state, fact.and_then(Fact::value)) {
            (Some(now), _) | (None, Some(Capacity::Purchased(now))) => now,
            (None, Some(Capacity::Unlimited)) => {
                return self.find(address, "there is no limit; nothing is bought".to_owned());
            }
            (None, None) => {
                let why = match fact {
                    Some(Fact::Unknown { why }) => why,
                    _ => "the provider does not tell",
                };
                return self.find(
                    address,
                    format!("how many are bought is not known ({why}); nothing is bought"),
                );
            }
        };
        let (before, after) = (
            Resource::Seats(now.clone()),
            Resource::Seats(wanted.clone()),
        );
        if let (Quantity::Lots(_), Quantity::Number(1..)) = (wanted, now) {
            let text = format!(
                "{now} are bought, and it is not known in lots of which sizes: only the sum is compared"
            );
            self.find(address, text);
        }
        if !same(&after, &before, self.scope.product) {
            for (before, after) in self.stages(pool, now, wanted) {
                let (before, after) = (Resource::Seats(before), Resource::Seats(after));
                self.change(address, entry, Action::Update, Some(before), Some(after));
            }
        } else if let Some(there) = self.scope.observation.ending.get(pool) {
            let on = self.scope.pricing().cycle_end_words(Some(pool));
            let text = format!(
                "{there} are there until the billing cycle ends{on}, and {now} are left then: what is cancelled is given \
                 to nobody"
            );
            self.find(address, text);
        }
    }

    /// What an access shall be: as written, with what the files leave alone kept as it is.
    fn access(&mut self, address: &Address, wanted: &Access, now: &Access) -> Access {
        let mut after = wanted.clone();
        let options = &self.scope.product.options;
        for (name, value) in now.options.iter() {
            let has_default = options.get(name).is_some_and(|it| it.default.is_some());
            if wanted.options.get(name).is_none() && !has_default {
                after.options.insert(name.clone(), value.clone());
            }
        }
        after.grants = self.grants(address, wanted, now);
        for (name, _) in wanted.options.iter() {
            if unread(name, now, self.scope.product) {
                let first = || (address.clone(), 0);
                self.unread.entry(name.clone()).or_insert_with(first).1 += 1;
            }
        }
        after
    }

    /// What an access shall have of the grants: as written, and no change where what is there comes to the same.
    ///
    /// Both sides leave out what the account gives by default. A line that asks for what the default gives asks for nothing.
    fn grants(
        &mut self,
        address: &Address,
        wanted: &Access,
        now: &Access,
    ) -> Fields<GrantName, Grant> {
        let product = self.scope.product;
        if product.grants.is_empty() {
            return wanted.grants.clone();
        }
        let (changes, scope) = (&self.changes, self.scope);
        // Settings come first in the order of addresses, so those that change are known here.
        let scenes = self
            .scenes
            .get_or_insert_with(|| Scenes::around_settings(scope, changes));
        let mut after = Fields::default();
        for (name, rule) in product.grants.iter() {
            let grant = GrantName::new(&name.value);
            let (was, shall) = (now.grants.get(&grant), wanted.grants.get(&grant));
            let by_default = |it: &Scene<'_>| it.grant_default(&name.value).unwrap_or(Grant::None);
            let (default_now, default) = (by_default(&scenes.now), by_default(&scenes.then));
            let wants = shall.copied().unwrap_or(default);
            let keeps = match (was, shall) {
                (Some(was), _) => (*was == wants).then_some(Some(*was)),
                // Also where a setting of this plan makes it the default: the vendor tells no grant that equals it.
                (None, Some(shall)) => (*shall == default).then_some(None),
                (None, None) => Some(None),
            };
            if shall == Some(&Grant::Access)
                && was.is_none()
                && default == Grant::Access
                && default == default_now
            {
                let note = rule.note_when_default.clone();
                let note = note.unwrap_or_else(|| "the account gives it to everybody".to_owned());
                let first = || (address.clone(), 0, note, wants);
                self.by_default.entry(grant.clone()).or_insert_with(first).1 += 1;
            }
            let value = match keeps {
                Some(same) => same,
                None if shall.is_none() => None,
                None => Some(wants),
            };
            if let Some(value) = value {
                after.insert(grant, value);
            }
        }
        // What the product does not know is told elsewhere.
        for (name, grant) in wanted.grants.iter() {
            if product.grants.get(name).is_none() {
                after.insert(name.clone(), *grant);
            }
        }
        after
    }

    /// What an object shall be: as written, with what the files leave alone kept as it is.
    fn object(&self, address: &Address, wanted: &Object, now: &Object) -> Object {
        let ResourceId::Object { kind, .. } = &address.resource else {
            return wanted.clone();
        };
        let rules = self.scope.product.objects.get(kind);
        let mut after = wanted.clone();
        for (name, value) in now.fields.iter() {
            let rule = rules.and_then(|it| it.fields.get(name));
            let has_default = rule.is_some_and(|it| it.default.is_some());
            if wanted.fields.get(name).is_none() && !has_default {
                after.fields.insert(name.clone(), value.clone());
            }
        }
        after
    }

    /// A place in a team: some roles lead every team they are in, whatever is written.
    fn member(&self, address: &Address, wanted: Member) -> Member {
        let person = address
            .subject()
            .map(|it| Address::access(self.scope.name, it));
        let access = person.and_then(|it| self.scope.desired.state.resource(&it));
        let always =
            matches!(access, Some(Resource::Access(it)) if self.scope.product.always_leads(it));
        let has_leads = (self.scope.product.teams.as_ref()).is_some_and(|it| it.lead.is_some());
        Member {
            lead: wanted.lead || (has_leads && always),
        }
    }

    /// Tells of a lead that may be gone with the role that gives it now: what the vendor has under the role shows only once
    /// the role is gone, so no step of this plan can rest on it.
    fn led_by_role(&mut self, address: &Address, now: &Address) {
        let (ResourceId::Member { team, subject }, Some(present)) =
            (&address.resource, now.subject())
        else {
            return;
        };
        let product = self.scope.product;
        let access = |state: &'a State, subject: &Subject| match state
            .resource(&Address::access(self.scope.name, subject))
        {
            Some(Resource::Access(access)) => Some(access),
            _ => None,
        };
        let before = access(&self.scope.observation.state, present);
        let after = access(&self.scope.desired.state, subject);
        let (Some(before), Some(after)) = (before, after) else {
            return;
        };
        if !product.always_leads(before) || product.always_leads(after) {
            return;
        }
        let text = format!(
            "\"{subject}\" leads the team \"{team}\" by a role that this plan takes; the lead follows with the next plan, \
             since whether the vendor keeps it cannot be seen before"
        );
        self.find(address, text);
    }

    fn change(
        &mut self,
        address: &Address,
        entry: &'a Entry,
        action: Action,
        before: Option<Resource>,
        after: Option<Resource>,
    ) -> &mut Change<'a> {
        let whole = entry.origin(&crate::model::Field::Whole);
        self.changes.push(Change {
            address: address.clone(),
            action,
            renamed_from: None,
            before,
            after,
            cause: Cause::Written,
            spans: whole.into_iter().collect(),
            entry: Some(entry),
            hand_over_to: None,
            replaced_by: None,
            held: None,
            other: None,
        });
        self.changes.last_mut().expect("it was pushed")
    }

    /// The gap that a change would rest on: the thing's own kind, unless it is there and stays;
    /// what it must lie in or belong to, unless that was seen; and the members that a removed team would take with it.
    fn gap_below(&self, address: &Address, after: Option<&Resource>, side: Side) -> Option<usize> {
        let gaps = &self.scope.observation.gaps;
        if gaps.is_empty() {
            return None;
        }
        let gap_of = |address: &Address| gaps.iter().position(|it| it.hides(address));
        let is_added_or_removed = side == Side::Missing || after.is_none();
        if let Some(gap) = gap_of(address).filter(|_| is_added_or_removed) {
            return Some(gap);
        }
        if address.kind() == Kind::Team
            && after.is_none()
            && let Some(gap) = gaps.iter().position(|it| it.kind == Kind::Member)
        {
            return Some(gap);
        }
        let mut bases = Vec::new();
        match (&address.resource, after) {
            (ResourceId::Member { team, subject }, _) => {
                bases.push(Address::team(self.scope.name, team));
                bases.push(Address::access(self.scope.name, subject));
            }
            (ResourceId::Team(_), Some(Resource::Team(team))) => {
                let parent = team.parent.iter();
                bases.extend(parent.map(|it| Address::team(self.scope.name, it)));
            }
            _ => {}
        }
        let is_unseen = |base: &Address| self.scope.observation.state.get(base).is_none();
        let bases = bases.into_iter().filter(is_unseen);
        { bases }.find_map(|it| gap_of(&it))
    }

    fn find(&mut self, address: &Address, text: String) {
        self.findings.push(Finding {
            address: address.clone(),
            text,
        });
    }

    fn finish(mut self) -> (Vec<Change<'a>>, Vec<Finding>) {
        for (grant, (address, count, note, value)) in std::mem::take(&mut self.by_default) {
            let more = match count {
                1 => String::new(),
                count => format!(", for this and {} more", count - 1),
            };
            let text = format!(
                "\"{grant}\" is \"{}\" by default: {note}{more}",
                value.word()
            );
            self.find(&address, text);
        }
        for (option, (address, count)) in std::mem::take(&mut self.unread) {
            self.find(
                &address,
                format!(
                    "\"{option}\" cannot be read back, so it is not compared for {count} {}",
                    if count == 1 { "person" } else { "people" }
                ),
            );
        }
        (self.changes, self.findings)
    }
}

/// Whether the vendor does not tell an option that is asked for.
fn unread(option: &str, now: &Access, product: &Product) -> bool {
    let rule = product.options.get(option);
    rule.is_some_and(|it| it.readable == Some(false)) && now.options.get(option).is_none()
}

/// Whether nothing has to be done to make `now` what shall be.
pub(super) fn same(after: &Resource, now: &Resource, product: &Product) -> bool {
    match (after, now) {
        (Resource::Access(after), Resource::Access(now)) if after != now => {
            let hidden: Vec<_> = after
                .options
                .iter()
                .map(|(name, _)| name.clone())
                .filter(|name| unread(name, now, product))
                .collect();
            let mut shown = after.clone();
            for name in &hidden {
                shown.options.remove(name);
            }
            shown == *now
        }
        (Resource::Seats(after), Resource::Seats(now)) => match (after, now) {
            (Quantity::Lots(after), Quantity::Lots(now)) => after == now,
            _ => after.seats() == now.seats(),
        },
        _ => after == now,
    }
}
