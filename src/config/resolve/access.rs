//! What each user has on each account: the user's own entry, then bundles, then teams, field by field.

use rayon::prelude::*;

use super::entries::{Active, Ending, Piece, Written};
use super::groups::{Groups, Place};
use super::names::refuse_repeated;
use super::{Gone, Resolved, Resolver};
use crate::config::codes;
use crate::config::written::{AccessEntry, User};
use crate::diagnostic::{Diagnostic, Sink};
use crate::model::{
    Absence, AbsenceReason, Access, Address, Entry, Field, Fields, Former, Grant, GrantName,
    OptionName, Origin, Origins, Resource, RoleName, Subject, UserKey, Value,
};
use crate::product::{Identity, Product, RolesPerUser};
use crate::text::{Span, Spanned, Word};
use crate::yaml::Entries;

/// How many users are resolved in one go by one thread.
const SHARE: usize = 1_000;

/// What stands under a user, by account.
type Own = Entries<AccessEntry>;

/// How near to the user something is written; nearer ones are asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    Own,
    Bundle,
    Team,
}

/// One thing that says what a user has on an account.
#[derive(Clone, Copy)]
pub(super) struct Source<'w> {
    pub(super) tier: Tier,
    pub(super) written: &'w Written,
    /// The bundle or team, and the line that gives it to the user.
    pub(super) via: Option<(u32, Span)>,
}

/// A user while everything about them is resolved.
#[derive(Clone, Copy)]
struct Who<'a> {
    user: u32,
    key: &'a Spanned<Word>,
    written: &'a User,
    takes_over: Option<(u32, Span)>,
}

/// The fields of an access as they are decided, with the lines that decide them.
#[derive(Default)]
struct Decided<'w> {
    roles: Option<Vec<RoleName>>,
    /// Where the roles come from.
    role_tier: Option<Tier>,
    role_lines: Vec<Span>,
    options: Vec<(&'w OptionName, &'w Value, Span, Tier)>,
    grants: Vec<(&'w GrantName, Option<Grant>, Span, Tier)>,
    priority: Option<(u32, Span, Tier)>,
    is_broken: bool,
}

impl<'a> Resolver<'a> {
    /// Resolves every user into `out`, on all threads. `own` is what stands under each user, by position.
    ///
    /// The users are taken in shares whose size does not depend on the machine, and what the shares found is put together
    /// in the order of the users. A share in which a name is misspelt is done again on its own: how many names are compared
    /// in search of the nearest is limited for all users together. What is written for a share is let go once it is done.
    pub(super) fn accesses(&mut self, mut own: Vec<Own>, groups: &Groups, out: &mut Resolved) {
        let memberships = memberships(&groups.places);
        let this: &Self = self;
        let first = |share: usize| (share * SHARE) as u32;
        let done: Vec<Option<(Resolved, Sink)>> = own
            .par_chunks_mut(SHARE)
            .enumerate()
            .map(|(share, own)| {
                let done = this.beside(first(share), own, &memberships, groups)?;
                own.fill_with(Own::default);
                Some(done)
            })
            .collect();
        for (account, all) in out.accesses.iter_mut().enumerate() {
            let of_account = |(share, _): &(Resolved, Sink)| share.accesses[account].len();
            all.reserve_exact(done.iter().flatten().map(of_account).sum());
        }
        for ((share, own), done) in own.chunks(SHARE).enumerate().zip(done) {
            match done {
                Some((share, sink)) => {
                    out.take(share);
                    self.sink.append(sink);
                }
                None => self.users(first(share), own, &memberships, groups, out),
            }
        }
        drop(own);
        // Users stand in the order of their keys, which is nearly that of subjects that are addresses; logins may be in any.
        for of_account in &mut out.accesses {
            of_account.par_sort_by(|(a, _), (b, _)| a.cmp(b));
        }
    }

    /// Resolves some users while other threads resolve others; `None` if one has to know what the others do.
    fn beside(
        &self,
        first: u32,
        own: &[Own],
        memberships: &[(u32, u32, Span)],
        groups: &Groups,
    ) -> Option<(Resolved, Sink)> {
        let mut sink = Sink::new();
        let mut out = Resolved::new(self.config.accounts.len());
        let mut resolver = Resolver {
            names: self.names.beside(),
            sink: &mut sink,
            ..*self
        };
        resolver.users(first, own, memberships, groups, &mut out);
        let is_short = resolver.names.ran_short;
        (!is_short).then_some((out, sink))
    }

    /// Resolves some users, one after the other: as many as there is something for in `own`, from position `first` on.
    pub(super) fn users(
        &mut self,
        first: u32,
        own: &[Own],
        memberships: &[(u32, u32, Span)],
        groups: &Groups,
        out: &mut Resolved,
    ) {
        let mut at_accounts = since(&groups.users, |(user, _)| *user < first);
        let mut memberships = since(memberships, |(user, ..)| *user < first);
        let config = self.config;
        for (user, own) in (first..).zip(own) {
            let (key, written) = config.users.at(user as usize);
            let who = Who {
                user,
                key,
                written,
                takes_over: written
                    .hand_over_to
                    .as_deref()
                    .and_then(|it| self.taker(it)),
            };
            let mine = next(&mut at_accounts, |(it, _)| *it == user);
            let teams = next(&mut memberships, |(it, ..)| *it == user);
            self.one_user(who, own, mine, teams, groups, out);
        }
    }

    fn one_user(
        &mut self,
        who: Who<'a>,
        own: &Own,
        at_accounts: &[(u32, Written)],
        teams: &[(u32, u32, Span)],
        groups: &Groups,
        out: &mut Resolved,
    ) {
        let own: Vec<Written> = own
            .iter()
            .filter_map(|(name, entry)| self.read(name, entry))
            .collect();
        let mut sources: Vec<Source<'_>> = own
            .iter()
            .chain(at_accounts.iter().map(|(_, it)| it))
            .map(|written| Source {
                tier: Tier::Own,
                written,
                via: None,
            })
            .collect();
        self.take_bundles(who, groups, &mut sources);
        from_teams(teams, groups, &mut sources);
        sources.sort_by_key(|it| (it.written.account, it.tier));
        self.watch(who.user, &sources, out);
        let has_left = self.has_left(who, &sources, out);
        for on_account in sources.chunk_by(|a, b| a.written.account == b.written.account) {
            self.refuse_second_own(on_account);
            let is_access = |it: &Source<'_>| !matches!(it.written.active, Active::None(_));
            out.has_access[on_account[0].written.account as usize] |=
                on_account.iter().any(is_access);
            if !has_left {
                self.settle(who, on_account, out);
            }
        }
    }

    fn take_bundles<'w>(
        &mut self,
        who: Who<'a>,
        groups: &'w Groups,
        sources: &mut Vec<Source<'w>>,
    ) {
        refuse_repeated(&who.written.bundles, "bundle", self.sink);
        for name in &who.written.bundles {
            let Some(at) = self.names.bundle(name, self.sink) else {
                continue;
            };
            sources.extend(groups.bundles[at as usize].iter().map(|written| Source {
                tier: Tier::Bundle,
                written,
                via: Some((at, name.span)),
            }));
        }
    }

    fn refuse_second_own(&mut self, on_account: &[Source<'_>]) {
        let own = |it: &&Source<'_>| it.tier == Tier::Own;
        let mut lines = on_account.iter().filter(own).map(|it| it.written.line);
        let (Some(first), Some(again)) = (lines.next(), lines.next()) else {
            return;
        };
        self.sink.push(
            Diagnostic::new(&codes::WRITTEN_TWICE, "one access is written twice")
                .at(again.max(first), "written again here")
                .at(again.min(first), "first written here")
                .help("keep one of them; several periods are written as one list"),
        );
    }

    /// Whether the user has left; then they are absent from every account, whatever is written.
    fn has_left(&mut self, who: Who<'a>, sources: &[Source<'_>], out: &mut Resolved) -> bool {
        let Some(leaves) = &who.written.leaves else {
            return false;
        };
        let help = "leave the key out for somebody who stays";
        self.calendar.check(leaves, help, self.sink);
        if !self.calendar.has_come(leaves.value) {
            return false;
        }
        for account in 0..self.config.accounts.len() as u32 {
            let own = sources.iter().find(|it| it.written.account == account);
            let taker = own.and_then(|it| taker(&it.written.active));
            let ending = Ending {
                line: leaves.span,
                hand_over_to: taker,
            };
            self.absent(who, account, AbsenceReason::Leaves, ending, out);
        }
        true
    }

    /// Decides what one user has on one account.
    fn settle(&mut self, who: Who<'a>, sources: &[Source<'_>], out: &mut Resolved) {
        let account = sources[0].written.account;
        let mut layers: Vec<&[Source<'_>]> = Vec::with_capacity(3);
        for tier in sources.chunk_by(|a, b| a.tier == b.tier) {
            let none = tier.iter().find_map(|it| match &it.written.active {
                Active::None(ending) => Some((it, *ending)),
                _ => None,
            });
            let given = tier.iter().find(|it| piece(it).is_some());
            match (none, given) {
                (Some((none, _)), Some(given)) => {
                    self.refuse_none_and_access(who, account, none, given);
                    out.gone.insert((who.user, account), Gone::Broken);
                    return;
                }
                (Some((_, ending)), None) if layers.is_empty() => {
                    self.absent(who, account, AbsenceReason::None, ending, out);
                    return;
                }
                (Some(_), None) => break,
                (None, Some(_)) => layers.push(tier),
                (None, None) => {}
            }
        }
        if !layers.is_empty() {
            self.present(who, account, &layers, out);
            return;
        }
        let over = sources.iter().find_map(|it| match &it.written.active {
            Active::Over(ending) => Some(*ending),
            _ => None,
        });
        match over {
            Some(ending) => self.absent(who, account, AbsenceReason::Until, ending, out),
            None => {
                out.gone.insert((who.user, account), Gone::Later);
            }
        }
    }

    fn present(
        &mut self,
        who: Who<'a>,
        account: u32,
        layers: &[&[Source<'_>]],
        out: &mut Resolved,
    ) {
        let decided = self.decide(who, account, layers);
        let first = &layers[0][0];
        let first = layers[0]
            .iter()
            .find(|it| piece(it).is_some())
            .unwrap_or(first);
        let is_complete = !decided.is_broken;
        let Some(subject) = self.subject(who.user, account) else {
            self.lacks_identity(who.user, account, first.written.line);
            out.gone.insert((who.user, account), Gone::Broken);
            return;
        };
        if !is_complete {
            out.gone.insert((who.user, account), Gone::Broken);
            return;
        }
        let site = self
            .site(account)
            .expect("a written access has a known account");
        let address = Address::access(&site.name, &subject);
        if let Some(start) = piece(first).and_then(|it| it.start) {
            out.starts.insert(address.clone(), start);
        }
        if let Some((priority, ..)) = decided.priority {
            out.priorities.insert(address.clone(), priority);
        }
        let formers = self.formers(who, account, &address);
        if !formers.is_empty() {
            out.formers.insert(address.clone(), formers);
        }
        let origins = origins(layers, &decided);
        let is_default = |name: &OptionName, value: &Value| site.product.is_default(name, value);
        let access = Access {
            roles: decided.roles.unwrap_or_default(),
            options: fields(
                decided
                    .options
                    .iter()
                    .filter(|(name, value, ..)| !is_default(name, value))
                    .map(|(name, value, ..)| ((*name).clone(), (*value).clone())),
            ),
            grants: fields(
                decided
                    .grants
                    .iter()
                    .filter_map(|(name, grant, ..)| Some(((*name).clone(), (*grant)?))),
            ),
        };
        let entry = Entry {
            resource: Resource::Access(access),
            origins,
            user: Some(user_key(who.key)),
        };
        out.accesses[account as usize].push((subject, Box::new(entry)));
    }

    fn decide<'w>(
        &mut self,
        who: Who<'a>,
        account: u32,
        layers: &[&'w [Source<'w>]],
    ) -> Decided<'w> {
        let site = self.site(account);
        let product = site.expect("a written access has a known account").product;
        let unites = product.user.roles == RolesPerUser::Many;
        let mut decided = Decided::default();
        for source in layers.iter().copied().flatten() {
            let Some(piece) = piece(source) else {
                continue;
            };
            decided.is_broken |= piece.is_broken;
        }
        for layer in layers {
            if self.decide_roles(who, account, layer, unites, &mut decided) {
                break;
            }
        }
        for source in layers.iter().copied().flatten() {
            let Some(piece) = piece(source) else {
                continue;
            };
            self.decide_options(who, (account, product), source.tier, piece, &mut decided);
            self.decide_grants(who, account, source.tier, piece, &mut decided);
            self.decide_priority(who, account, source.tier, piece, &mut decided);
        }
        decided
    }

    /// Takes the roles of one tier; true if it says any.
    fn decide_roles(
        &mut self,
        who: Who<'a>,
        account: u32,
        layer: &[Source<'_>],
        unites: bool,
        decided: &mut Decided<'_>,
    ) -> bool {
        let written = |it: &Source<'_>| piece(it).and_then(|it| it.roles.clone());
        let mut all = layer.iter().filter_map(written);
        let Some((mut roles, line)) = all.next() else {
            return false;
        };
        decided.role_lines.push(line);
        for (more, line) in all {
            if unites {
                decided.role_lines.push(line);
                roles.extend(more);
            } else if more != roles {
                let lines = (line, decided.role_lines[0]);
                self.refuse_disagreement(who, account, "role", lines);
                decided.is_broken = true;
            }
        }
        roles.sort_unstable();
        roles.dedup();
        decided.roles = Some(roles);
        decided.role_tier = layer.first().map(|it| it.tier);
        true
    }

    fn decide_options<'w>(
        &mut self,
        who: Who<'a>,
        (account, product): (u32, &Product),
        tier: Tier,
        piece: &'w Piece,
        decided: &mut Decided<'w>,
    ) {
        let has_nearer_role = decided.role_tier.is_some_and(|it| it < tier);
        for (name, value, line) in &piece.options {
            if has_nearer_role && !fits(product, name, decided.roles.as_deref().unwrap_or_default())
            {
                continue;
            }
            let before = decided.options.iter().find(|(it, ..)| *it == name);
            match before {
                None => decided.options.push((name, value, *line, tier)),
                Some((_, other, first, from)) if *from == tier && *other != value => {
                    let lines = (*line, *first);
                    self.refuse_disagreement(who, account, name, lines);
                    decided.is_broken = true;
                }
                Some(_) => {}
            }
        }
    }

    fn decide_grants<'w>(
        &mut self,
        who: Who<'a>,
        account: u32,
        tier: Tier,
        piece: &'w Piece,
        decided: &mut Decided<'w>,
    ) {
        for (name, grant, line) in &piece.grants {
            let before = decided.grants.iter().find(|(it, ..)| *it == name);
            match before {
                None => decided.grants.push((name, *grant, *line, tier)),
                Some((_, other, first, from)) if *from == tier && other != grant => {
                    let lines = (*line, *first);
                    self.refuse_disagreement(who, account, name, lines);
                    decided.is_broken = true;
                }
                Some(_) => {}
            }
        }
    }

    fn decide_priority(
        &mut self,
        who: Who<'a>,
        account: u32,
        tier: Tier,
        piece: &Piece,
        decided: &mut Decided<'_>,
    ) {
        let Some((priority, line)) = piece.priority else {
            return;
        };
        match decided.priority {
            None => decided.priority = Some((priority, line, tier)),
            Some((other, first, from)) if from == tier && other != priority => {
                self.refuse_disagreement(who, account, "priority", (line, first));
                decided.is_broken = true;
            }
            Some(_) => {}
        }
    }

    fn refuse_disagreement(
        &mut self,
        who: Who<'a>,
        account: u32,
        field: &str,
        (line, first): (Span, Span),
    ) {
        let (account, _) = self.config.accounts.at(account as usize);
        let message = format!(
            "\"{}\" gets two values for \"{field}\" on \"{}\"",
            who.key.value.as_str(),
            account.value.as_str()
        );
        self.sink.push(
            Diagnostic::new(&codes::DISAGREEMENT, message)
                .at(line, "one")
                .at(first, "the other")
                .at(who.key.span, "both reach this user")
                .help("write the value under the user: that comes first"),
        );
    }

    fn refuse_none_and_access(
        &mut self,
        who: Who<'a>,
        account: u32,
        none: &Source<'_>,
        given: &Source<'_>,
    ) {
        let (account, _) = self.config.accounts.at(account as usize);
        let message = format!(
            "\"{}\" gets both access and none on \"{}\"",
            who.key.value.as_str(),
            account.value.as_str()
        );
        self.sink.push(
            Diagnostic::new(&codes::DISAGREEMENT, message)
                .at(none.written.line, "none")
                .at(given.written.line, "access")
                .at(who.key.span, "both reach this user")
                .help("write the access, or none, under the user: that comes first"),
        );
    }

    fn absent(
        &mut self,
        who: Who<'a>,
        account: u32,
        reason: AbsenceReason,
        ending: Ending,
        out: &mut Resolved,
    ) {
        let gone = match reason {
            AbsenceReason::None => Gone::None,
            AbsenceReason::Leaves | AbsenceReason::Until => Gone::Over,
        };
        out.gone.insert((who.user, account), gone);
        let (Some(subject), Some(site)) = (self.subject(who.user, account), self.site(account))
        else {
            return;
        };
        let taker = ending.hand_over_to.or(who.takes_over);
        let hand_over_to = taker.and_then(|(user, line)| match self.subject(user, account) {
            Some(subject) => Some((subject, line)),
            None => {
                // A leaver's one successor need not be on every account.
                if Some((user, line)) != who.takes_over {
                    self.lacks_identity(user, account, line);
                }
                None
            }
        });
        let absence = Absence {
            reason,
            span: ending.line,
            hand_over_to,
            user: Some(user_key(who.key)),
        };
        out.absences
            .insert(Address::access(&site.name, &subject), absence);
    }

    /// Where the user was before, by the identity that the account's product keys on.
    fn formers(&self, who: Who<'a>, account: u32, address: &Address) -> Vec<Former> {
        let Some(site) = self.site(account) else {
            return Vec::new();
        };
        let rules = &site.product.user;
        let identity = |former: &Word| -> Option<Subject> {
            match &rules.identity.value {
                Identity::Email => {
                    let address = crate::config::identity::canonical(former).ok()?;
                    Some(rules.subject(&Word::new(address)))
                }
                Identity::Login(login) => {
                    let handle = former.strip_prefix(login.as_str())?.strip_prefix(':')?;
                    Some(rules.subject(&Word::new(handle)))
                }
            }
        };
        let formers = who.written.formerly.iter().filter_map(|former| {
            Some(Former {
                address: Address::access(&site.name, &identity(&former.value)?),
                span: former.span,
            })
        });
        formers.filter(|it| it.address != *address).collect()
    }
}

fn piece<'w>(source: &Source<'w>) -> Option<&'w Piece> {
    match &source.written.active {
        Active::Access(piece) => Some(piece),
        Active::None(_) | Active::Over(_) | Active::Later => None,
    }
}

/// Whether one of the roles can have an option.
fn fits(product: &Product, option: &OptionName, roles: &[RoleName]) -> bool {
    product.options.get(option).is_none_or(|rule| {
        let is_held = |role: &Spanned<Word>| roles.iter().any(|it| role.value == it.as_str());
        rule.roles.is_empty() || rule.roles.iter().any(is_held)
    })
}

fn taker(active: &Active) -> Option<(u32, Span)> {
    match active {
        Active::Access(piece) => piece.hand_over_to,
        Active::None(ending) | Active::Over(ending) => ending.hand_over_to,
        Active::Later => None,
    }
}

fn user_key(key: &Spanned<Word>) -> UserKey {
    UserKey::from(key.value.clone())
}

fn fields<K: Ord, V>(pairs: impl Iterator<Item = (K, V)>) -> Fields<K, V> {
    pairs.collect()
}

/// The lines behind an access: first the line that gives it, then the lines that give the bundle or team to the user, then
/// the line of each field.
fn origins(layers: &[&[Source<'_>]], decided: &Decided<'_>) -> Origins {
    let mut origins = Origins::default();
    let mut add = |field, span| origins.push(Origin { field, span });
    for source in layers[0].iter().filter(|it| piece(it).is_some()) {
        add(Field::Whole, source.written.line);
        if let Some((_, line)) = source.via {
            add(Field::Whole, line);
        }
    }
    for line in &decided.role_lines {
        add(Field::Roles, *line);
    }
    for (name, _, line, _) in &decided.options {
        add(Field::Option((*name).clone()), *line);
    }
    for (name, _, line, _) in &decided.grants {
        add(Field::Grant((*name).clone()), *line);
    }
    origins
}

/// What a user's teams give: those the user is in, and those that they lie in.
fn from_teams<'w>(teams: &[(u32, u32, Span)], groups: &'w Groups, sources: &mut Vec<Source<'w>>) {
    let mut reached: Vec<(u32, Span)> = Vec::new();
    for (_, team, line) in teams {
        let mut at = Some(*team);
        while let Some(team) = at {
            if !groups.teams[team as usize].is_empty() {
                reached.push((team, *line));
            }
            at = groups.parents[team as usize];
        }
    }
    reached.sort_by_key(|(team, _)| *team);
    reached.dedup_by_key(|(team, _)| *team);
    for (team, line) in reached {
        sources.extend(groups.teams[team as usize].iter().map(|written| Source {
            tier: Tier::Team,
            written,
            via: Some((team, line)),
        }));
    }
}

/// Who is in which team, by user.
pub(super) fn memberships(places: &[Vec<Place>]) -> Vec<(u32, u32, Span)> {
    let mut all = Vec::with_capacity(places.iter().map(Vec::len).sum());
    for (team, places) in (0u32..).zip(places) {
        all.extend(places.iter().map(|it| (it.user, team, it.line)));
    }
    all.sort_unstable();
    all
}

/// What stands in an ordered list from the first item on that is not before.
fn since<T>(all: &[T], is_before: impl Fn(&T) -> bool) -> &[T] {
    &all[all.partition_point(is_before)..]
}

/// Takes the items off the front of an ordered list that are wanted.
fn next<'t, T>(rest: &mut &'t [T], is_wanted: impl Fn(&T) -> bool) -> &'t [T] {
    let (wanted, others) = rest.split_at(rest.iter().take_while(|it| is_wanted(it)).count());
    *rest = others;
    wanted
}
