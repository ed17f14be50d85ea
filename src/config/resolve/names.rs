//! Names to the things they name, and the nearest thing where there is none.

use std::collections::HashMap;

use crate::config::codes;
use crate::config::identity::wildcard;
use crate::config::merge::{Config, Named};
use crate::diagnostic::{Diagnostic, Sink};
use crate::text::{Spanned, Word, nearest};

/// How many names are compared with misspelt ones in one run; beyond it, misspelt names are told without the nearest. Many
/// thousand unknown names over many thousand users would otherwise take minutes.
const COMPARED_MAX: usize = 500_000;

/// Among many users most are told apart by a count of letters, which costs a small part of a comparison.
const USERS_PER_COMPARISON: usize = 16;

/// What names are looked up in, beside the keys themselves.
pub(super) struct Index<'a> {
    /// Users by the address in `email:`, where the key is another.
    by_email: HashMap<&'a str, u32>,
    /// Users and teams by their earlier names.
    former_users: HashMap<&'a str, u32>,
    former_teams: HashMap<&'a str, u32>,
}

/// Looks names up.
pub(super) struct Names<'a> {
    config: &'a Config,
    index: &'a Index<'a>,
    compared: usize,
    /// Whether a nearest name was wanted when no more might be compared.
    pub(super) ran_short: bool,
}

impl<'a> Index<'a> {
    pub(super) fn new(config: &'a Config) -> Self {
        let users = || (0u32..).zip(config.users.iter());
        let by_email = users().filter_map(|(at, (_, user))| {
            let email = user.email.as_ref()?;
            Some((email.value.as_str(), at))
        });
        let former_users = users().flat_map(|(at, (_, user))| {
            user.formerly.iter().map(move |it| (it.value.as_str(), at))
        });
        let former_teams = (0u32..)
            .zip(config.teams.iter())
            .flat_map(|(at, (_, team))| {
                team.formerly.iter().map(move |it| (it.value.as_str(), at))
            });
        Self {
            by_email: by_email.collect(),
            former_users: former_users.collect(),
            former_teams: former_teams.collect(),
        }
    }
}

impl<'a> Names<'a> {
    pub(super) fn new(config: &'a Config, index: &'a Index<'a>) -> Self {
        Self {
            config,
            index,
            compared: 0,
            ran_short: false,
        }
    }

    /// The same names for work that runs beside other work: it compares nothing, since what it may compare would depend on
    /// the other.
    pub(super) fn beside(&self) -> Self {
        Self {
            compared: COMPARED_MAX,
            ..Self::new(self.config, self.index)
        }
    }

    /// The user of a key or of an `email:`, as written there.
    pub(super) fn user(&mut self, name: &Spanned<Word>, sink: &mut Sink) -> Option<u32> {
        let text = name.value.as_str();
        let found = match self.config.users.position(text) {
            Some(at) => Some(at as u32),
            None => self.index.by_email.get(text).copied(),
        };
        if found.is_none() {
            let now = self.index.former_users.get(text).copied();
            let now = now.map(|at| self.config.users.at(at as usize).0.value.as_str());
            let near = now.or_else(|| self.nearest_user(text));
            sink.push(unknown("user", name, near, now.is_some()).note(
                "everybody who has access stands under \"users:\"; who has left keeps the entry, with \"leaves:\"",
            ));
        }
        found
    }

    pub(super) fn team(&mut self, name: &str, at: &Spanned<Word>, sink: &mut Sink) -> Option<u32> {
        let found = self.config.teams.position(name);
        if found.is_none() {
            let now = self.index.former_teams.get(name).copied();
            let now = now.map(|at| self.config.teams.at(at as usize).0.value.as_str());
            let near = now.or_else(|| self.nearest_of(name, &self.config.teams));
            let shown = Spanned::new(Word::new(name), at.span);
            let mut diagnostic = unknown("team", &shown, near, now.is_some());
            if name != at.value.as_str() {
                // The written word is `team/NAME`: a replacement of the whole span would lose the prefix.
                diagnostic.fix = None;
            }
            sink.push(diagnostic);
        }
        found.map(|at| at as u32)
    }

    pub(super) fn bundle(&mut self, name: &Spanned<Word>, sink: &mut Sink) -> Option<u32> {
        self.find(&self.config.bundles, "bundle", name, sink)
    }

    pub(super) fn account(&mut self, name: &Spanned<Word>, sink: &mut Sink) -> Option<u32> {
        self.find(&self.config.accounts, "account", name, sink)
    }

    fn find<T>(
        &mut self,
        all: &'a Named<T>,
        what: &str,
        name: &Spanned<Word>,
        sink: &mut Sink,
    ) -> Option<u32> {
        let found = all.position(&name.value);
        if found.is_none() {
            let near = self.nearest_of(&name.value, all);
            sink.push(unknown(what, name, near, false));
        }
        found.map(|at| at as u32)
    }

    fn nearest_of<T>(&mut self, name: &str, all: &'a Named<T>) -> Option<&'a str> {
        self.may_compare(all.len())
            .then(|| nearest(name, all.names()))?
    }

    fn may_compare(&mut self, names: usize) -> bool {
        self.compared = self.compared.saturating_add(names);
        self.ran_short |= self.compared > COMPARED_MAX;
        self.compared <= COMPARED_MAX
    }

    fn nearest_user(&mut self, name: &str) -> Option<&'a str> {
        if !self.may_compare(self.config.users.len() / USERS_PER_COMPARISON) {
            return None;
        }
        let emails = self
            .config
            .users
            .iter()
            .filter_map(|(_, user)| user.email.as_ref());
        let all = self
            .config
            .users
            .names()
            .chain(emails.map(|it| it.value.as_str()));
        nearest_among_many(name, all)
    }
}

/// A name that nothing has, with the nearest that something has, or the one that it has now.
pub(super) fn unknown(
    what: &str,
    name: &Spanned<Word>,
    near: Option<&str>,
    is_renamed: bool,
) -> Diagnostic {
    let text = name.value.as_str();
    if let Some(diagnostic) = wildcard(text, name.span, what) {
        return diagnostic;
    }
    let diagnostic = Diagnostic::new(&codes::UNKNOWN_NAME, format!("unknown {what} \"{text}\""))
        .at(name.span, "");
    let Some(near) = near else {
        return diagnostic;
    };
    let help = match is_renamed {
        true => format!("\"{text}\" is \"{near}\" now"),
        false => format!("did you mean \"{near}\"?"),
    };
    diagnostic
        .help(help)
        .replace(name.span, format!("write \"{near}\""), near)
}

/// The nearest of very many names. Addresses of one domain differ in their local parts only, so the limit is on those; and
/// a count of letters leaves few candidates for the exact distance.
fn nearest_among_many<'n>(name: &str, all: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let local = name.split('@').next().unwrap_or(name);
    let limit = (local.chars().count() / 3).clamp(1, 3);
    let letters = count_letters(name);
    let is_near = |candidate: &&str| {
        candidate.len().abs_diff(name.len()) <= 2 * limit
            && count_letters(candidate)
                .iter()
                .zip(&letters)
                .map(|(a, b)| usize::from(a.abs_diff(*b)))
                .sum::<usize>()
                <= 2 * limit
    };
    let lower = name.to_lowercase();
    all.filter(is_near)
        .map(|it| (strsim::damerau_levenshtein(&lower, &it.to_lowercase()), it))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, it)| it)
}

/// How often each letter occurs, case aside; other characters share places.
fn count_letters(text: &str) -> [u8; 32] {
    let mut counts = [0u8; 32];
    for byte in text.bytes() {
        let count = &mut counts[usize::from(byte & 31)];
        *count = count.saturating_add(1);
    }
    counts
}

/// Reports a name that stands twice in one list; true if it does. The list keeps the first.
pub(super) fn refuse_repeated(names: &[Spanned<Word>], what: &str, sink: &mut Sink) -> bool {
    if names.len() < 2 {
        return false;
    }
    let mut order: Vec<&Spanned<Word>> = names.iter().collect();
    order.sort_by(|a, b| (&a.value, a.span).cmp(&(&b.value, b.span)));
    let mut is_repeated = false;
    for pair in order
        .windows(2)
        .filter(|pair| pair[0].value == pair[1].value)
    {
        is_repeated = true;
        let message = format!("the {what} \"{}\" is written twice", pair[1].value.as_str());
        sink.push(
            Diagnostic::new(&codes::WRITTEN_TWICE, message)
                .at(pair[1].span, "written again here")
                .at(pair[0].span, "first written here")
                .help("keep one of them"),
        );
    }
    is_repeated
}

#[cfg(test)]
mod tests {
    use super::nearest_among_many;

    #[test]
    fn one_domain_does_not_make_two_people_near() {
        let all = ["zoe@acme.example", "anna@acme.example"];
        assert_eq!(
            nearest_among_many("ana@acme.example", all.into_iter()),
            Some("anna@acme.example")
        );
        assert_eq!(
            nearest_among_many("tom@acme.example", all.into_iter()),
            None
        );
    }
}
