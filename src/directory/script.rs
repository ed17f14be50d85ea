//! A script that plays the vendor and the people: who accepts and when, what the vendor refuses, how slow it is.
//!
//! # Design
//! Everything happens in answer to a write of the API and is counted in writes and reads of the API, never in time: a script
//! plays the same in a test, in a demonstration and on a slow machine. Whoever was asked in an earlier program acts in the next one. Lines are tried in order and the first that fits plays;
//! a line that has played as often as it may is passed over. Where a script is given nobody accepts unless a line says so.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::AccountName;

/// A script, shared between the directory and whoever directs it. Cloning gives another handle to the same script.
#[derive(Clone, Debug, Default)]
pub struct Script(Arc<Mutex<Play>>);

#[derive(Debug, Default)]
struct Play {
    lines: Vec<Line>,
    /// What people will do: the account, who, and after how many more requests.
    due: Vec<(String, String, u32)>,
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The account; every account if `None`.
    pub account: Option<AccountName>,
    /// The operation that it plays upon: `access.create`; every one if `None`.
    pub upon: Option<String>,
    /// Whom or what the operation is about, with `*` for any letters; everything if `None`.
    pub who: Option<String>,
    /// How often it plays; always if `None`.
    pub times: Option<u32>,
    /// What happens.
    pub act: Act,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The person does what the life-cycle state asks of them (accepts, activates), so many requests later; 0 is at once.
    Accept {
        /// Requests in between.
        after: u32,
    },
    /// The vendor refuses, in these words; nothing is done.
    Refuse(String),
    /// The vendor takes this long to answer; it is done.
    Slow(Duration),
    /// Nothing: the person never answers. Keeps later lines from playing.
    Ignore,
}

impl Script {
    /// A script of some lines.
    pub fn new(lines: impl IntoIterator<Item = Line>) -> Self {
        let script = Self::default();
        script.add(lines);
        script
    }

    /// Adds lines to the end.
    pub fn add(&self, lines: impl IntoIterator<Item = Line>) {
        self.play().lines.extend(lines);
    }

    /// Whether nobody has written anything.
    pub fn is_empty(&self) -> bool {
        self.play().lines.is_empty()
    }

    /// The vendor's words if it refuses an operation.
    pub(super) fn refuses(&self, account: &str, operation: &str, who: &str) -> Option<String> {
        let is_refusal = |it: &Act| matches!(it, Act::Refuse(_));
        match self.take(account, operation, who, is_refusal)? {
            Act::Refuse(why) => Some(why),
            _ => None,
        }
    }

    /// How long the vendor takes to answer.
    pub(super) fn delays(&self, account: &str, operation: &str, who: &str) -> Option<Duration> {
        let is_delay = |it: &Act| matches!(it, Act::Slow(_));
        match self.take(account, operation, who, is_delay)? {
            Act::Slow(time) => Some(time),
            _ => None,
        }
    }

    /// After how many requests the person acts; `None` if they never do.
    pub(super) fn accepts(&self, account: &str, operation: &str, who: &str) -> Option<u32> {
        let is_answer = |it: &Act| matches!(it, Act::Accept { .. } | Act::Ignore);
        match self.take(account, operation, who, is_answer)? {
            Act::Accept { after } => Some(after),
            _ => None,
        }
    }

    /// Somebody will act after so many more requests.
    pub(super) fn later(&self, account: &str, who: &str, after: u32) {
        let mut play = self.play();
        play.due
            .retain(|(name, it, _)| (name.as_str(), it.as_str()) != (account, who));
        play.due.push((account.to_owned(), who.to_owned(), after));
    }

    /// One more request has come: whoever acts now, with their account.
    pub(super) fn tick(&self) -> Vec<(String, String)> {
        let mut play = self.play();
        for (.., after) in &mut play.due {
            *after = after.saturating_sub(1);
        }
        let due = std::mem::take(&mut play.due);
        let (now, later) = due.into_iter().partition(|it| it.2 == 0);
        play.due = later;
        now.into_iter()
            .map(|(account, who, _)| (account, who))
            .collect()
    }

    /// The first line that fits and may still play.
    fn take(
        &self,
        account: &str,
        operation: &str,
        who: &str,
        is: impl Fn(&Act) -> bool,
    ) -> Option<Act> {
        let mut play = self.play();
        let line = play.lines.iter_mut().find(|it| {
            is(&it.act)
                && it.times != Some(0)
                && it.account.as_ref().is_none_or(|it| it.as_str() == account)
                && it.upon.as_ref().is_none_or(|it| it == operation)
                && it.who.as_ref().is_none_or(|it| fits(it, who))
        })?;
        if let Some(times) = &mut line.times {
            *times -= 1;
        }
        Some(line.act.clone())
    }

    fn play(&self) -> MutexGuard<'_, Play> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a text fits a pattern in which `*` stands for any letters; case does not count.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(before) = last.replace(part) {
            let before: &str = before;
            let Some(at) = rest.find(before) else {
                return false;
            };
            rest = &rest[at + before.len()..];
        }
    }
    match last {
        None => rest.is_empty(),
        Some(last) => rest.ends_with(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(upon: &str, who: &str, times: Option<u32>, act: Act) -> Line {
        Line {
            account: None,
            upon: Some(upon.to_owned()),
            who: Some(who.to_owned()),
            times,
            act,
        }
    }

    #[test]
    fn a_star_stands_for_any_letters() {
        assert!(fits("*@acme.example", "Ana@acme.example") && fits("a*", "ana") && fits("*", ""));
        assert!(fits("a*b*c", "aXbYc") && !fits("a*b*c", "aXcYb"));
        assert!(fits("ana", "ana") && !fits("ana", "anana") && !fits("an", "ana"));
    }

    #[test]
    fn the_first_line_that_fits_plays_as_often_as_it_may() {
        let script = Script::new([
            line("access.create", "eve*", None, Act::Ignore),
            line("access.create", "*", Some(1), Act::Accept { after: 3 }),
            line("access.create", "*", None, Act::Accept { after: 0 }),
            line(
                "access.remove",
                "*",
                Some(1),
                Act::Refuse("not today".to_owned()),
            ),
        ]);
        assert_eq!(script.accepts("a", "access.create", "eve@x.example"), None);
        assert_eq!(
            script.accepts("a", "access.create", "ana@x.example"),
            Some(3)
        );
        assert_eq!(
            script.accepts("a", "access.create", "bob@x.example"),
            Some(0)
        );
        assert_eq!(script.accepts("a", "access.update", "bob@x.example"), None);
        assert_eq!(
            script.refuses("a", "access.remove", "ana"),
            Some("not today".to_owned())
        );
        assert_eq!(script.refuses("a", "access.remove", "ana"), None);
    }

    #[test]
    fn people_act_after_the_requests_that_they_wait_for() {
        let script = Script::default();
        script.later("a", "ana", 2);
        script.later("a", "bob", 1);
        assert_eq!(script.tick(), [("a".to_owned(), "bob".to_owned())]);
        assert_eq!(script.tick(), [("a".to_owned(), "ana".to_owned())]);
        assert_eq!(script.tick(), []);
    }
}
