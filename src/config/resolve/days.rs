//! Days of the calendar against the instant that everything is read at.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::codes;
use crate::config::written::Day;
use crate::diagnostic::{Diagnostic, Sink};
use crate::text::Spanned;

/// Days beyond this year are more likely a way to say "for ever" than a day.
const YEAR_MAX: i16 = 2199;

/// Which day it is in the estate's time zone.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    today: Date,
    zone: TimeZone,
}

/// How a written period stands to today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Later,
    Now,
    Over,
}

impl Calendar {
    /// The day of an instant: the last one whose beginning is not after it. The clock's own date would be wrong in zones
    /// that turn their clocks back over midnight, where one date comes twice.
    pub(super) fn new(at: jiff::Timestamp, zone: TimeZone) -> Self {
        let date = at.to_zoned(zone.clone()).date();
        let next = date
            .tomorrow()
            .ok()
            .filter(|it| begins(*it, &zone).is_some_and(|it| it <= at));
        Self {
            today: next.unwrap_or(date),
            zone,
        }
    }

    /// How the days from `from` to `until`, both included, stand to today.
    pub(super) fn when(&self, from: Option<Day>, until: Option<Day>) -> When {
        if until.is_some_and(|it| it.0 < self.today) {
            When::Over
        } else if from.is_some_and(|it| it.0 > self.today) {
            When::Later
        } else {
            When::Now
        }
    }

    /// The day of the instant that everything is read at.
    pub(super) fn today(&self) -> jiff::civil::Date {
        self.today
    }

    /// Whether a day has come.
    pub(super) fn has_come(&self, day: Day) -> bool {
        day.0 <= self.today
    }

    /// The instant at which the day after this one begins.
    pub(super) fn end(&self, day: Day) -> Option<jiff::Timestamp> {
        begins(day.0.tomorrow().ok()?, &self.zone)
    }

    /// Warns of days that are probably not what was meant: far away, or not beginning at 00:00. `endless` says how to write
    /// that there is no such day.
    pub(super) fn check(&self, day: &Spanned<Day>, endless: &str, sink: &mut Sink) {
        let date = day.value.0;
        if date.year() > YEAR_MAX {
            let message = format!("{date} is so far away that it means \"for ever\"");
            sink.push(
                Diagnostic::new(&codes::ODD_DAY, message)
                    .at(day.span, "")
                    .help(endless),
            );
            return;
        }
        let Ok(start) = self
            .zone
            .to_ambiguous_zoned(date.at(0, 0, 0, 0))
            .compatible()
        else {
            return;
        };
        let time = start.time();
        if time != jiff::civil::Time::midnight() {
            let message = format!(
                "{date} begins at {time} in {}: the clocks are put forward at midnight",
                self.zone.iana_name().unwrap_or("this time zone")
            );
            sink.push(
                Diagnostic::new(&codes::ODD_DAY, message)
                    .at(day.span, format!("this is {}", start.timestamp())),
            );
        }
    }
}

/// The instant at which a day begins: 00:00, or the first moment after a gap.
fn begins(date: Date, zone: &TimeZone) -> Option<jiff::Timestamp> {
    let start = zone
        .to_ambiguous_zoned(date.at(0, 0, 0, 0))
        .compatible()
        .ok()?;
    Some(start.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day(text.parse().unwrap())
    }

    fn calendar(at: &str, zone: &str) -> Calendar {
        Calendar::new(at.parse().unwrap(), TimeZone::get(zone).unwrap())
    }

    #[test]
    fn days_begin_at_midnight_of_the_zone() {
        let before = calendar("2026-11-30T22:59:59Z", "Europe/Paris");
        let after = calendar("2026-11-30T23:00:00Z", "Europe/Paris");
        let day = day("2026-12-01");
        assert!(!before.has_come(day));
        assert!(after.has_come(day));
    }

    #[test]
    fn the_last_day_counts_to_its_end() {
        let until = Some(day("2026-12-01"));
        assert_eq!(
            calendar("2026-12-01T22:59:59Z", "Europe/Paris").when(None, until),
            When::Now
        );
        assert_eq!(
            calendar("2026-12-01T23:00:00Z", "Europe/Paris").when(None, until),
            When::Over
        );
    }

    #[test]
    fn a_day_without_midnight_begins_after_the_gap() {
        // Clocks in Cairo went from 00:00 to 01:00 on this day.
        let day = day("2024-04-26");
        assert!(!calendar("2024-04-25T21:59:59Z", "Africa/Cairo").has_come(day));
        assert!(calendar("2024-04-25T22:00:00Z", "Africa/Cairo").has_come(day));
    }

    #[test]
    fn a_day_has_come_for_good_though_the_clock_goes_back_over_midnight() {
        // At 00:01 on this day the clocks of St. John's went back to 23:01 of the day before.
        let day = day("2010-11-07");
        assert!(calendar("2010-11-07T02:30:30Z", "America/St_Johns").has_come(day));
        assert!(calendar("2010-11-07T02:45:00Z", "America/St_Johns").has_come(day));
    }
}
