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

/// Times of the week in which something is permitted, as minutes from Monday 00:00 in the account's time zone.
///
/// Intervals are half-open, sorted, and neither touch nor overlap, so that equal permissions are equal values.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct WeeklyHours(Vec<(u16, u16)>);

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const DAY_MINUTES: u16 = 24 * 60;

impl WeeklyHours {
    /// Reads `Mon-Fri 08:00-19:00, Sat 09:00-12:00`.
    ///
    /// # Errors
    /// A phrase that says what is wrong, for a message.
    pub fn parse(text: &str) -> Result<Self, String> {
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
        intervals.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(intervals.len());
        for (open, close) in intervals {
            match merged.last_mut() {
                Some(last) if open <= last.1 => last.1 = last.1.max(close),
                _ => merged.push((open, close)),
            }
        }
        Ok(Self(merged))
    }

    /// Half-open intervals in minutes from Monday 00:00, sorted, disjoint.
    pub fn intervals(&self) -> &[(u16, u16)] {
        &self.0
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
        let mut parts: Vec<(usize, usize, String)> = Vec::new();
        for (open, close) in &self.0 {
            for day in (open / DAY_MINUTES)..=((close - 1) / DAY_MINUTES) {
                let start = (*open).max(day * DAY_MINUTES) - day * DAY_MINUTES;
                let end = (*close).min((day + 1) * DAY_MINUTES) - day * DAY_MINUTES;
                let hours = format!(
                    "{:02}:{:02}-{:02}:{:02}",
                    start / 60,
                    start % 60,
                    end / 60,
                    end % 60
                );
                match parts.last_mut() {
                    Some((_, last, same)) if *last + 1 == day as usize && *same == hours => {
                        *last = day as usize
                    }
                    _ => parts.push((day as usize, day as usize, hours)),
                }
            }
        }
        let words = parts
            .iter()
            .map(|(first, last, hours)| match first == last {
                true => format!("{} {hours}", DAYS[*first]),
                false => format!("{}-{} {hours}", DAYS[*first], DAYS[*last]),
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
        assert!(WeeklyHours::parse("Mon 25:00-26:00").is_err());
    }
}
