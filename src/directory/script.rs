//! A script that plays the vendor and the people: who accepts and when, what the vendor refuses, how slow it is.
//!
//! # Design
//! Everything happens in answer to a write of the API and is counted in writes and reads of the API, never in time: a script
//! plays the same in a test, in a demonstration and on a slow machine. Whoever was asked in an earlier program acts in the
//! next one. Lines are tried in order and the first that fits plays; a line that has played as often as it may is passed
//! over. Where a script is given nobody accepts unless a line says so. What a vendor sends never comes with the answer to
//! the request for it, so that it is always something to wait for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::AccountName;

/// A script, shared between the directory and whoever directs it. Cloning gives another handle to the same script.
#[derive(Clone, Debug, Default)]
pub struct Script(Arc<Mutex<Play>>);

#[derive(Debug, Default)]
struct Play {
    lines: Vec<Line>,
    /// What people will do, and after how many more requests.
    due: Vec<(Turn, u32)>,
}

/// Somebody's turn to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// The account.
    pub(super) account: String,
    /// Whoever was asked: a person, or the thing (`KIND/NAME`) that somebody was asked about.
    pub(super) who: String,
    /// The fields that they give.
    pub(super) values: BTreeMap<String, String>,
}

/// What somebody answers, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// Requests in between; 0 is at once.
    pub(super) after: u32,
    /// The fields that they give.
    pub(super) values: BTreeMap<String, String>,
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
    /// A third party sends values that only they know (a code), for the fields that are given later, so many requests
    /// later; with them the thing leaves its life-cycle state.
    Send {
        /// Values by field.
        values: BTreeMap<String, String>,
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
        match self.take(account, &[operation.to_owned()], who, is_refusal)? {
            Act::Refuse(why) => Some(why),
            _ => None,
        }
    }

    /// How long the vendor takes to answer.
    pub(super) fn delays(&self, account: &str, operation: &str, who: &str) -> Option<Duration> {
        let is_delay = |it: &Act| matches!(it, Act::Slow(_));
        match self.take(account, &[operation.to_owned()], who, is_delay)? {
            Act::Slow(time) => Some(time),
            _ => None,
        }
    }

    /// What the person, or the vendor, answers; `None` if they never do.
    ///
    /// `operations` are the words for what was asked of them, such as `access.update.seat` and `access.update`.
    pub(super) fn answers(
        &self,
        account: &str,
        operations: &[String],
        who: &str,
    ) -> Option<Answer> {
        let is_answer = |it: &Act| !matches!(it, Act::Refuse(_) | Act::Slow(_));
        match self.take(account, operations, who, is_answer)? {
            Act::Accept { after } => Some(Answer {
                after,
                ..Answer::default()
            }),
            Act::Send { values, after } => Some(Answer {
                after: after.max(1),
                values,
            }),
            _ => None,
        }
    }

    /// Somebody will act, as answered.
    pub(super) fn later(&self, account: &str, who: &str, answer: Answer) {
        let mut play = self.play();
        play.due
            .retain(|(it, _)| (it.account.as_str(), it.who.as_str()) != (account, who));
        let turn = Turn {
            account: account.to_owned(),
            who: who.to_owned(),
            values: answer.values,
        };
        play.due.push((turn, answer.after));
    }

    /// One more request has come: whose turn it is now.
    pub(super) fn tick(&self) -> Vec<Turn> {
        let mut play = self.play();
        for (_, after) in &mut play.due {
            *after = after.saturating_sub(1);
        }
        let due = std::mem::take(&mut play.due);
        let (now, later) = due.into_iter().partition(|it| it.1 == 0);
        play.due = later;
        now.into_iter().map(|(turn, _)| turn).collect()
    }

    /// The first line that fits and may still play.
    fn take(
        &self,
        account: &str,
        operations: &[String],
        who: &str,
        is: impl Fn(&Act) -> bool,
    ) -> Option<Act> {
        let mut play = self.play();
        let line = play.lines.iter_mut().find(|it| {
            is(&it.act)
                && it.times != Some(0)
                && it.account.as_ref().is_none_or(|it| it.as_str() == account)
                && it.upon.as_ref().is_none_or(|it| operations.contains(it))
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
        let after = |operation: &str, who: &str| {
            let answer = script.answers("a", &[operation.to_owned()], who);
            answer.map(|it| it.after)
        };
        assert_eq!(after("access.create", "eve@x.example"), None);
        assert_eq!(after("access.create", "ana@x.example"), Some(3));
        assert_eq!(after("access.create", "bob@x.example"), Some(0));
        assert_eq!(after("access.update", "bob@x.example"), None);
        assert_eq!(
            script.refuses("a", "access.remove", "ana"),
            Some("not today".to_owned())
        );
        assert_eq!(script.refuses("a", "access.remove", "ana"), None);
    }

    #[test]
    fn people_act_after_the_requests_that_they_wait_for() {
        let script = Script::default();
        let answer = |after: u32| Answer {
            after,
            ..Answer::default()
        };
        script.later("a", "ana", answer(2));
        script.later("a", "bob", answer(1));
        let now = || -> Vec<String> { script.tick().into_iter().map(|it| it.who).collect() };
        assert_eq!(now(), ["bob"]);
        assert_eq!(now(), ["ana"]);
        assert!(now().is_empty());
    }

    #[test]
    fn what_is_sent_never_comes_with_the_answer() {
        let values = BTreeMap::from([("code".to_owned(), "AB12".to_owned())]);
        let send = Act::Send {
            values: values.clone(),
            after: 0,
        };
        let script = Script::new([line("accountants.create", "accountants/*", None, send)]);
        let asked = ["accountants.create".to_owned()];
        let answer = script.answers("a", &asked, "accountants/morel");
        assert_eq!(answer, Some(Answer { after: 1, values }));
    }
}
