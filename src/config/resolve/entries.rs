//! One written access, checked against the account's product and read for today.

use super::days::When;
use super::names::refuse_repeated;
use super::values::{self, Type, Typed};
use super::{Resolver, Site};
use crate::config::codes;
use crate::config::written::{self, AccessEntry, GrantWord, NoAccess};
use crate::diagnostic::Diagnostic;
use crate::model::{Grant, GrantName, OptionName, RoleName, Value};
use crate::text::{Span, Spanned, Word, nearest};

/// What one subject is written to have on one account, today.
#[derive(Debug)]
pub(super) struct Written {
    /// The account's position.
    pub(super) account: u32,
    /// The key that the access stands under.
    pub(super) line: Span,
    pub(super) active: Active,
}

/// What holds today of everything that is written for one subject and account.
#[derive(Debug)]
pub(super) enum Active {
    /// This access.
    Access(Box<Piece>),
    /// `none` is written.
    None(Ending),
    /// `until` has passed.
    Over(Ending),
    /// `from` has not come.
    Later,
}

/// The line that ends an access, and who takes over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub(super) line: Span,
    pub(super) hand_over_to: Option<(u32, Span)>,
}

/// The fields that are written; the others come from elsewhere.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) roles: Option<(Vec<RoleName>, Span)>,
    pub(super) options: Vec<(OptionName, Value, Span)>,
    /// `None` stands for `inherit`.
    pub(super) grants: Vec<(GrantName, Option<Grant>, Span)>,
    pub(super) start: Option<jiff::civil::Date>,
    pub(super) priority: Option<(u32, Span)>,
    pub(super) hand_over_to: Option<(u32, Span)>,
    /// Something in it could not be read and has been reported.
    pub(super) is_broken: bool,
}

impl<'a> Resolver<'a> {
    /// Reads everything that is written for one subject on one account; `None` if the account is not known.
    pub(super) fn read(&mut self, account: &Spanned<Word>, entry: &AccessEntry) -> Option<Written> {
        let position = self.names.account(account, self.sink)?;
        self.read_at(position, account.span, entry)
    }

    /// The same for an account that is known.
    pub(super) fn read_at(
        &mut self,
        account: u32,
        line: Span,
        entry: &AccessEntry,
    ) -> Option<Written> {
        self.site(account)?;
        let active = match entry {
            AccessEntry::Access(access) => self.one_access(account, line, access),
            AccessEntry::None(none) => Active::None(self.no_access(none)),
            AccessEntry::Periods(periods) => self.periods(account, periods),
        };
        Some(Written {
            account,
            line,
            active,
        })
    }

    fn no_access(&mut self, none: &Spanned<NoAccess>) -> Ending {
        let to = none.value.hand_over_to.as_ref();
        Ending {
            line: none.span,
            hand_over_to: to.and_then(|it| self.taker(it)),
        }
    }

    fn one_access(&mut self, account: u32, line: Span, access: &written::Access) -> Active {
        let piece = self.piece(account, access);
        let when = self.when(access);
        if when == When::Over {
            self.warn_over(access);
        }
        match when {
            When::Now => Active::Access(Box::new(piece)),
            When::Later => Active::Later,
            When::Over => Active::Over(ending(access, line, &piece)),
        }
    }

    fn periods(&mut self, account: u32, periods: &[Spanned<written::Access>]) -> Active {
        self.refuse_overlaps(periods);
        let mut now = None;
        let mut over: Option<(jiff::civil::Date, Ending)> = None;
        let mut last = None;
        for period in periods {
            let piece = self.piece(account, &period.value);
            match self.when(&period.value) {
                When::Now => now = Some(piece),
                When::Later => last = Some(When::Later),
                When::Over => {
                    let ending = ending(&period.value, period.span, &piece);
                    let until = period.value.until.as_ref().map(|it| it.value.0);
                    let until = until.unwrap_or(jiff::civil::Date::MAX);
                    if over.as_ref().is_none_or(|(latest, _)| *latest < until) {
                        over = Some((until, ending));
                    }
                    last = last.or(Some(When::Over));
                }
            }
        }
        if now.is_none() && last == Some(When::Over) {
            let latest = periods.iter().max_by_key(|it| until(&it.value));
            latest.inspect(|it| self.warn_over(&it.value));
        }
        match (now, over) {
            (Some(piece), _) => Active::Access(Box::new(piece)),
            (None, Some((_, ending))) => Active::Over(ending),
            (None, None) => Active::Later,
        }
    }

    fn when(&self, access: &written::Access) -> When {
        let day = |it: &Option<Box<Spanned<written::Day>>>| it.as_ref().map(|it| it.value);
        self.calendar.when(day(&access.from), day(&access.until))
    }

    fn warn_over(&mut self, access: &written::Access) {
        let Some(until) = &access.until else {
            return;
        };
        let ended = self.calendar.end(until.value);
        let mut diagnostic = Diagnostic::new(
            &codes::OVER,
            format!("this access ended with {}", until.value.0),
        );
        diagnostic = match ended {
            Some(instant) => diagnostic.at(until.span, format!("at {instant}")),
            None => diagnostic.at(until.span, ""),
        };
        let help = "once it has been taken away, the line can be deleted";
        self.sink.push(diagnostic.help(help));
    }

    /// Reads and checks the fields, whether or not they hold today.
    fn piece(&mut self, account: u32, access: &written::Access) -> Piece {
        let site = self.site(account).expect("the caller asked for the site");
        let mut piece = Piece {
            start: access.from.as_ref().map(|it| it.value.0),
            priority: access.priority.as_ref().map(|it| (it.value, it.span)),
            hand_over_to: access.hand_over_to.as_ref().and_then(|it| self.taker(it)),
            ..Piece::default()
        };
        self.check_days(access);
        self.read_roles(account, &site, access, &mut piece);
        for (name, literal) in access.options.iter() {
            match self.option(account, &site, name, literal) {
                Some(value) => {
                    piece
                        .options
                        .push((OptionName::from(name.value.clone()), value, literal.span));
                }
                None => piece.is_broken = true,
            }
        }
        for (name, word) in access.grants.iter().flat_map(|it| it.iter()) {
            let Some(name) = self.grant_name(&site, name) else {
                piece.is_broken = true;
                continue;
            };
            let grant = match word.value {
                GrantWord::Access => Some(Grant::Access),
                GrantWord::None => Some(Grant::None),
                GrantWord::Inherit => None,
            };
            piece.grants.push((name, grant, word.span));
        }
        piece
    }

    /// Reports a role that nobody can have on the account; true if it can be had.
    fn check_role(&mut self, account: u32, site: &Site<'a>, role: &Spanned<Word>) -> bool {
        let product = site.product;
        if let Some(rule) = product.role(&role.value) {
            let Some(scope) = &rule.scope else {
                return true;
            };
            let message = format!(
                "the role \"{}\" of {} is given per {}, not on the account",
                role.value.as_str(),
                site.product_id,
                scope.value.as_str()
            );
            let diagnostic = Diagnostic::new(&codes::NOT_IN_PRODUCT, message).at(role.span, "");
            let text = product.scopes.get(&scope.value).map(|it| it.text.clone());
            self.sink.push(match rule.text.clone().or(text) {
                Some(text) => diagnostic.help(text),
                None => diagnostic,
            });
            return false;
        }
        let (_, written) = self.config.accounts.at(account as usize);
        let kind = product.user.owned_roles.as_ref();
        let owned = |kind: &Spanned<Word>| {
            let mut kinds = written.owned.0.iter();
            kinds.find(|it| it.kind.value == kind.value && it.is_managed())
        };
        let objects = match kind.map(owned) {
            // What the account owns is not written here: the plan tells whether it is there.
            Some(None) => return true,
            Some(Some(kind)) => Some(&kind.objects),
            None => None,
        };
        let object = objects.and_then(|it| it.get(&role.value));
        if object.is_some_and(|it| !it.value.is_none) {
            return true;
        }
        let built_in = product.roles.iter().filter(|(_, it)| it.scope.is_none());
        let built_in = built_in.map(|(name, _)| name.value.as_str());
        let objects = objects.into_iter().flat_map(|it| it.iter());
        let objects = objects.filter(|(_, it)| !it.value.is_none);
        let known = built_in.chain(objects.map(|(name, _)| name.value.as_str()));
        self.sink.push(not_in_product("role", role, site, known));
        false
    }

    /// The grant of a name, present or other, at the product of an account.
    fn grant_name(&mut self, site: &Site<'a>, name: &Spanned<Word>) -> Option<GrantName> {
        let grants = &site.product.grants;
        if grants.get(&name.value).is_some() {
            return Some(GrantName::from(name.value.clone()));
        }
        let other = grants.iter().find_map(|(present, rule)| {
            let alias = rule.aliases.get(&name.value)?;
            Some((present, alias))
        });
        let Some((present, alias)) = other else {
            let known = grants.iter().map(|(name, _)| name.value.as_str());
            self.sink.push(not_in_product("grant", name, site, known));
            return None;
        };
        let today = self.calendar.today();
        let diagnostic = other_name("grant", name, present.value.as_str(), alias, today);
        self.sink.push(diagnostic);
        alias
            .holds_on(today)
            .then(|| GrantName::from(present.value.clone()))
    }

    fn read_roles(
        &mut self,
        account: u32,
        site: &Site<'a>,
        access: &written::Access,
        piece: &mut Piece,
    ) {
        if let (Some(role), Some(roles)) = (&access.role, &access.roles) {
            self.sink.push(
                Diagnostic::new(&codes::ROLES, "both \"role\" and \"roles\" are written")
                    .at(roles.span, "")
                    .at(role.span, "")
                    .help("write one of the two"),
            );
            piece.is_broken = true;
        }
        let (written, span): (&[Spanned<Word>], Span) = match (&access.role, &access.roles) {
            (Some(role), _) => (std::slice::from_ref(role), role.span),
            (None, Some(roles)) => (&roles.value, roles.span),
            (None, None) => return,
        };
        for role in written {
            piece.is_broken |= !self.check_role(account, site, role);
        }
        piece.is_broken |= refuse_repeated(written, "role", self.sink);
        let mut roles: Vec<_> = written
            .iter()
            .map(|it| RoleName::from(it.value.clone()))
            .collect();
        roles.sort_unstable();
        roles.dedup();
        piece.roles = Some((roles, span));
    }

    fn option(
        &mut self,
        account: u32,
        site: &Site<'a>,
        name: &Spanned<Word>,
        literal: &Spanned<written::Literal>,
    ) -> Option<Value> {
        let Some(rule) = site.product.options.get(&name.value) else {
            let known = site
                .product
                .options
                .iter()
                .map(|(name, _)| name.value.as_str());
            self.sink.push(not_in_product("option", name, site, known));
            return None;
        };
        let what = format!(
            "the option \"{}\" of {}",
            name.value.as_str(),
            site.product_id
        );
        let of = Type {
            what: &what,
            kind: rule.r#type,
            words: &rule.values,
        };
        match values::read(literal, of, self.sink)? {
            Typed::Value(value) => Some(value),
            Typed::User(user) => self.user_value(account, &user),
        }
    }

    /// The value of an option or setting that names a user: who that is on the account.
    pub(super) fn user_value(&mut self, account: u32, user: &Spanned<Word>) -> Option<Value> {
        let position = self.names.user(user, self.sink)?;
        match self.subject(position, account) {
            Some(subject) => Some(Value::Word(Word::new(subject.as_str()))),
            None => {
                self.lacks_identity(position, account, user.span);
                None
            }
        }
    }

    /// The user who takes over. Whether they can is a rule over the result.
    pub(super) fn taker(&mut self, name: &Spanned<Word>) -> Option<(u32, Span)> {
        let position = self.names.user(name, self.sink)?;
        Some((position, name.span))
    }

    fn check_days(&mut self, access: &written::Access) {
        for day in [&access.from, &access.until].into_iter().flatten() {
            let help = "leave the key out for an access without an end";
            self.calendar.check(day, help, self.sink);
        }
        let (Some(from), Some(until)) = (&access.from, &access.until) else {
            return;
        };
        if from.value > until.value {
            self.sink.push(
                Diagnostic::new(
                    &codes::ENDS_BEFORE_START,
                    "this access ends before it starts",
                )
                .at(until.span, "its last day")
                .at(from.span, "its first day"),
            );
        }
    }

    fn refuse_overlaps(&mut self, periods: &[Spanned<written::Access>]) {
        let mut order: Vec<_> = periods.iter().collect();
        order.sort_by_key(|it| from(&it.value));
        for pair in order.windows(2) {
            if from(&pair[1].value) > until(&pair[0].value) {
                continue;
            }
            let message = "two periods of one access overlap";
            self.sink.push(
                Diagnostic::new(&codes::OVERLAPPING_PERIODS, message)
                    .at(pair[1].span, "this one begins")
                    .at(pair[0].span, "before this one ends")
                    .help("\"until\" is the last day of a period, \"from\" the first of the next"),
            );
        }
    }
}

fn from(access: &written::Access) -> jiff::civil::Date {
    let day = access.from.as_ref().map(|it| it.value.0);
    day.unwrap_or(jiff::civil::Date::MIN)
}

fn until(access: &written::Access) -> jiff::civil::Date {
    let day = access.until.as_ref().map(|it| it.value.0);
    day.unwrap_or(jiff::civil::Date::MAX)
}

fn ending(access: &written::Access, line: Span, piece: &Piece) -> Ending {
    Ending {
        line: access.until.as_ref().map_or(line, |it| it.span),
        hand_over_to: piece.hand_over_to,
    }
}

/// A name that the account's product does not have, with the nearest that it has.
pub(super) fn not_in_product<'n>(
    what: &str,
    name: &Spanned<Word>,
    site: &Site<'_>,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let known: Vec<_> = known.collect();
    let text = name.value.as_str();
    let diagnostic = Diagnostic::new(
        &codes::NOT_IN_PRODUCT,
        format!("{} has no {what} \"{text}\"", site.product_id),
    )
    .at(name.span, "");
    match nearest(text, known.iter().copied()) {
        Some(near) => diagnostic
            .help(format!("did you mean \"{near}\"?"))
            .replace(name.span, format!("write \"{near}\""), near),
        None if known.is_empty() => diagnostic.help(format!("it has no {what}s at all")),
        None => diagnostic.help(format!("it has {}", known.join(", "))),
    }
}

/// That something is written by another of its names, which it need not have on that day.
pub(super) fn other_name(
    what: &str,
    written: &Spanned<Word>,
    present: &str,
    alias: &crate::product::Alias,
    today: jiff::civil::Date,
) -> Diagnostic {
    let holds = alias.holds_on(today);
    let message = match holds {
        true => format!(
            "the {what} \"{}\" is called \"{present}\" here",
            written.value.as_str()
        ),
        false => format!(
            "nothing is called \"{}\" on {today}: the {what} is \"{present}\"",
            written.value.as_str()
        ),
    };
    let days = match (&alias.since, &alias.until) {
        (Some(since), Some(until)) => format!("its name from {} to {}", since.0, until.0),
        (Some(since), None) => format!("its name since {}", since.0),
        (None, Some(until)) => format!("its name until {}", until.0),
        (None, None) => String::new(),
    };
    let code = match holds {
        true => &codes::OTHER_NAME,
        false => &codes::NAME_OUT_OF_DATE,
    };
    let diagnostic = Diagnostic::new(code, message)
        .at(written.span, days)
        .replace(written.span, format!("write \"{present}\""), present);
    match &alias.text {
        Some(text) => diagnostic.note(text.clone()),
        None => diagnostic,
    }
}
