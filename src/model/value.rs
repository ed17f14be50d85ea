//! Values of options, settings and object fields.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::{Word, inert};

/// A value of an option, a setting or an object's field, of the type that the product declares.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A switch.
    Switch(bool),
    /// A whole number from 0.
    Count(u32),
    /// A word of an enum, a free text, or a reference to a person's subject or to an object.
    Word(Word),
    /// A set of words, sorted and without repetition.
    Words(Vec<Word>),
    /// Weekly hours.
    Hours(WeeklyHours),
}

impl Value {
    /// A set from words in any order.
    pub fn words(words: impl IntoIterator<Item = Word>) -> Self {
        let mut words: Vec<_> = words.into_iter().collect();
        words.sort_unstable();
        words.dedup();
        Self::Words(words)
    }
}

/// Inert, for people.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(true) => f.write_str("true"),
            Self::Switch(false) => f.write_str("false"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Word(word) => write!(f, "{word}"),
            Self::Words(words) => {
                write!(
                    f,
                    "[{}]",
                    inert(
                        &words
                            .iter()
                            .map(Word::as_str)
                            .collect::<Vec<_>>()
                            .join(", ")
                    )
                )
            }
            Self::Hours(hours) => write!(f, "{hours}"),
        }
    }
}

/// Times of the week in which somebody may log in, as minutes from Monday 00:00 by the clock on the account's wall.
///
/// No vendor says whose clock that is, or what it does on the two nights of a year on which clocks are changed: the hours of
/// one account are taken as hours of one clock, and such a night as any other.
///
/// Intervals are half-open, sorted, and neither touch nor overlap, so that equal permissions are equal values.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct WeeklyHours(Vec<(u16, u16)>);

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY_MINUTES: u16 = 24 * 60;
const WEEK_MINUTES: u16 = 7 * DAY_MINUTES;

/// No time of the week.
const NEVER: &str = "never";

impl WeeklyHours {
    /// Reads `Mon-Fri 08:00-19:00, Sat 09:00-12:00`, or `never`.
    ///
    /// # Errors
    /// A phrase that says what is wrong, for a message.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim() == NEVER {
            return Ok(Self(Vec::new()));
        }
        let mut intervals = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (days, hours) = part
                .split_once(' ')
                .ok_or_else(|| format!("\"{part}\" lacks days or hours"))?;
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let (first, last) = (day(first)?, day(last)?);
            let (open, close) = hours
                .trim()
                .split_once('-')
                .ok_or_else(|| format!("\"{hours}\" is not a range of hours"))?;
            let (open, close) = (minute(open)?, minute(close)?);
            if first > last || open >= close {
                return Err(format!("\"{part}\" ends before it starts"));
            }
            intervals.extend(
                (first..=last).map(|day| (day * DAY_MINUTES + open, day * DAY_MINUTES + close)),
            );
        }
        Ok(Self::of(intervals))
    }

    fn of(mut intervals: Vec<(u16, u16)>) -> Self {
        intervals.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(intervals.len());
        for (open, close) in intervals {
            match merged.last_mut() {
                Some(last) if open <= last.1 => last.1 = last.1.max(close),
                _ => merged.push((open, close)),
            }
        }
        Self(merged)
    }

    /// Every time of the week.
    pub fn always() -> Self {
        Self(vec![(0, WEEK_MINUTES)])
    }

    /// Half-open intervals in minutes from Monday 00:00, sorted, disjoint.
    pub fn intervals(&self) -> &[(u16, u16)] {
        &self.0
    }

    /// Whether it is no time at all.
    pub fn is_never(&self) -> bool {
        self.0.is_empty()
    }

    /// The times of the week that are in either.
    ///
    /// ```
    /// use seatplan::model::WeeklyHours;
    /// let [early, late] = ["Mon 06:00-12:00", "Mon 10:00-18:00"].map(|it| WeeklyHours::parse(it).unwrap());
    /// assert_eq!(early.or(&late).to_string(), "Mon 06:00-18:00");
    /// assert_eq!(early.and(&late).to_string(), "Mon 10:00-12:00");
    /// assert_eq!(WeeklyHours::always().without(&early).to_string(), "Mon 00:00-06:00, Mon 12:00-24:00, Tue-Sun 00:00-24:00");
    /// ```
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied().collect())
    }

    /// The times of the week that are in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.without(&Self::always().without(other))
    }

    /// The times of the week that are in this and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        for (open, close) in &self.0 {
            let mut from = *open;
            for (start, end) in other.0.iter().filter(|it| it.0 < *close && it.1 > *open) {
                if from < *start {
                    left.push((from, *start));
                }
                from = *end;
            }
            if from < *close {
                left.push((from, *close));
            }
        }
        Self(left)
    }
}

fn day(text: &str) -> Result<u16, String> {
    let at = DAYS.iter().position(|day| *day == text);
    at.map(|at| at as u16)
        .ok_or_else(|| format!("\"{text}\" is not one of {}", DAYS.join(", ")))
}

fn minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("\"{text}\" is not a time from 00:00 to 24:00");
    let (hour, minute) = text.trim().split_once(':').ok_or_else(wrong)?;
    if hour.len() != 2 || minute.len() != 2 {
        return Err(wrong());
    }
    let (hour, minute): (u16, u16) = (
        hour.parse().map_err(|_| wrong())?,
        minute.parse().map_err(|_| wrong())?,
    );
    let at = hour * 60 + minute;
    if minute < 60 && at <= DAY_MINUTES {
        Ok(at)
    } else {
        Err(wrong())
    }
}

impl fmt::Display for WeeklyHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_never() {
            return f.write_str(NEVER);
        }
        // Runs of days with the same hours, in the order in which a week reaches them.
        let mut runs: Vec<(u16, u16, u16, u16)> = Vec::new();
        for (open, close) in &self.0 {
            for day in (open / DAY_MINUTES)..=((close - 1) / DAY_MINUTES) {
                let start = (*open).max(day * DAY_MINUTES) - day * DAY_MINUTES;
                let end = (*close).min((day + 1) * DAY_MINUTES) - day * DAY_MINUTES;
                let same = |it: &&mut (u16, u16, u16, u16)| {
                    it.1 + 1 == day && (it.2, it.3) == (start, end)
                };
                match runs.iter_mut().find(same) {
                    Some(run) => run.1 = day,
                    None => runs.push((day, day, start, end)),
                }
            }
        }
        let words = runs.iter().map(|(first, last, start, end)| {
            let days = match first == last {
                true => DAYS[usize::from(*first)].to_owned(),
                false => format!("{}-{}", DAYS[usize::from(*first)], DAYS[usize::from(*last)]),
            };
            let clock = |minute: &u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            format!("{days} {}-{}", clock(start), clock(end))
        });
        f.write_str(&words.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::WeeklyHours;

    #[test]
    fn hours_read_back_as_the_shortest_equal_text() {
        let hours =
            WeeklyHours::parse("Mon-Wed 08:00-12:00, Thu 08:00-12:00, Mon 11:00-13:00").unwrap();
        assert_eq!(hours.to_string(), "Mon 08:00-13:00, Tue-Thu 08:00-12:00");
        assert_eq!(WeeklyHours::parse(&hours.to_string()).unwrap(), hours);
        let breaks =
            WeeklyHours::parse("Mon-Fri 13:00-17:00, Mon-Fri 08:00-12:00, Sat 08:00-12:00")
                .unwrap();
        assert_eq!(
            breaks.to_string(),
            "Mon-Sat 08:00-12:00, Mon-Fri 13:00-17:00"
        );
        assert_eq!(WeeklyHours::parse(&breaks.to_string()).unwrap(), breaks);
        assert!(WeeklyHours::parse("Mon 25:00-26:00").is_err());
        assert_eq!(WeeklyHours::parse("never").unwrap().to_string(), "never");
    }

    #[test]
    fn hours_are_taken_together_and_from_each_other_minute_by_minute() {
        let hours = [
            "never",
            "Mon-Sun 00:00-24:00",
            "Mon-Fri 08:00-19:00",
            "Sun 23:00-24:00, Mon 00:00-01:00",
            "Tue 09:00-10:00, Tue 11:00-12:00, Tue 13:00-14:00",
            "Tue 09:30-13:30",
        ];
        let hours = hours.map(|it| WeeklyHours::parse(it).unwrap());
        let holds = |it: &WeeklyHours, minute: u16| {
            { it.intervals().iter() }.any(|(open, close)| *open <= minute && minute < *close)
        };
        for (a, b) in hours.iter().flat_map(|a| hours.iter().map(move |b| (a, b))) {
            let (or, and, without) = (a.or(b), a.and(b), a.without(b));
            for minute in 0..super::WEEK_MINUTES {
                let (in_a, in_b) = (holds(a, minute), holds(b, minute));
                assert_eq!(holds(&or, minute), in_a || in_b, "{a} or {b}");
                assert_eq!(holds(&and, minute), in_a && in_b, "{a} and {b}");
                assert_eq!(holds(&without, minute), in_a && !in_b, "{a} without {b}");
            }
            assert_eq!(WeeklyHours::parse(&or.to_string()), Ok(or.clone()));
        }
    }
}
