//! Billing cycles on the calendar: on which days one begins, how much of it is left, and until when one can still act.
//!
//! # Design
//! A cycle begins with a day, in the estate's time zone, and lasts until the day on which the next one begins. Days are
//! counted, never hours, so that a change of clocks shortens no cycle. One known first day ("anchor") gives all others:
//!
//! - monthly and annual cycles begin on the anchor's day of the month, or on the last day of a month that is shorter. They are
//!   counted from the anchor itself and not from the cycle before: after 28 February comes 31 March, not the 28th.
//! - cycles of 30 and 365 days are exactly that long, whatever the calendar does.
//!
//! The day of the renewal is too late to cancel, even where no notice is asked for: the cycle has begun. So with no days of
//! notice the last day to act is the day before. Notice may be longer than a cycle; then the first renewal that one can still
//! act for is a later one.

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How often something is paid.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Cycle {
    /// Every month.
    Monthly,
    /// Every year.
    Annual,
    /// Every 30 days.
    #[serde(rename = "30-days")]
    Days30,
    /// Every 365 days.
    #[serde(rename = "365-days")]
    Days365,
}

impl Cycle {
    /// The word in files and in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Annual => "annual",
            Self::Days30 => "30-days",
            Self::Days365 => "365-days",
        }
    }
}

/// All cycles of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    cycle: Cycle,
    anchor: Date,
}

/// One cycle: the days from `first` to the one before `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub first: Date,
    /// The first day of the cycle after it: the renewal.
    pub next: Date,
    /// Its number, counted from the one that begins with the anchor.
    at: i64,
}

/// A renewal that one can still act for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Deadline {
    /// The last day on which a cancellation counts for it.
    #[schemars(with = "String")]
    pub act_by: Date,
    /// The first day of the cycle that is then paid less for.
    #[schemars(with = "String")]
    pub renewal: Date,
}

impl Calendar {
    /// The calendar of cycles of which one begins on a day.
    pub fn new(cycle: Cycle, anchor: Date) -> Self {
        Self { cycle, anchor }
    }

    /// The cycle that a day lies in; `None` beyond the days that can be counted (the years -9999 to 9999).
    pub fn around(&self, day: Date) -> Option<Period> {
        let days = i64::from((day - self.anchor).get_days());
        // A guess that is off by one at most.
        let guess = match self.cycle {
            Cycle::Monthly => {
                let months = |it: Date| i64::from(it.year()) * 12 + i64::from(it.month());
                months(day) - months(self.anchor)
            }
            Cycle::Annual => i64::from(day.year()) - i64::from(self.anchor.year()),
            Cycle::Days30 => days.div_euclid(30),
            Cycle::Days365 => days.div_euclid(365),
        };
        let at = if self.first(guess)? > day {
            guess - 1
        } else {
            guess
        };
        self.period(at)
    }

    /// The cycle after another one; `None` beyond the days that can be counted.
    pub fn after(&self, period: &Period) -> Option<Period> {
        self.period(period.at + 1)
    }

    /// The first renewal after or on the day after `day` for which a cancellation on that day still counts.
    ///
    /// `None` beyond the days that can be counted.
    pub fn deadline(&self, day: Date, notice_days: u32) -> Option<Deadline> {
        let notice = days(i64::from(notice_days.max(1)))?;
        let earliest = day.checked_add(notice).ok()?;
        let within = self.around(earliest)?;
        // The first renewal that lies on or after the earliest day.
        let renewal = match within.first == earliest {
            true => within.first,
            false => within.next,
        };
        Some(Deadline {
            act_by: renewal.checked_sub(notice).ok()?,
            renewal,
        })
    }

    fn period(&self, at: i64) -> Option<Period> {
        Some(Period {
            first: self.first(at)?,
            next: self.first(at + 1)?,
            at,
        })
    }

    /// The first day of the cycle of a number.
    fn first(&self, at: i64) -> Option<Date> {
        let days_each = |length: i64| {
            let span = days(at.checked_mul(length)?)?;
            self.anchor.checked_add(span).ok()
        };
        match self.cycle {
            Cycle::Monthly => self.months(at),
            Cycle::Annual => self.months(at.checked_mul(12)?),
            Cycle::Days30 => days_each(30),
            Cycle::Days365 => days_each(365),
        }
    }

    /// The anchor's day of the month so many months later, or the last day of a month that is shorter.
    fn months(&self, months: i64) -> Option<Date> {
        let month = i64::from(self.anchor.year()) * 12 + i64::from(self.anchor.month()) - 1;
        let month = month.checked_add(months)?;
        let year = i16::try_from(month.div_euclid(12)).ok()?;
        let number = i8::try_from(month.rem_euclid(12) + 1).ok()?;
        let first = Date::new(year, number, 1).ok()?;
        let day = self.anchor.day().min(first.days_in_month());
        Date::new(year, number, day).ok()
    }
}

impl Period {
    /// How many days it has.
    pub fn days(&self) -> u32 {
        between(self.first, self.next)
    }

    /// How many of its days are left on a day, that day included; all of them before it begins, none after its end.
    pub fn days_left(&self, day: Date) -> u32 {
        between(day.max(self.first), self.next)
    }
}

/// A span of so many days; `None` for more than the calendar has, which a span refuses to hold.
fn days(count: i64) -> Option<Span> {
    Span::new().try_days(count).ok()
}

/// Days from one day to another; none if it is not a later one.
fn between(from: Date, to: Date) -> u32 {
    u32::try_from((to - from).get_days()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::{Calendar, Cycle};

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// First days of the cycles from the one that a day lies in, the golden calendars.
    #[track_caller]
    fn begins(cycle: Cycle, anchor: &str, from: &str, expected: &[&str]) {
        let calendar = Calendar::new(cycle, day(anchor));
        let mut period = calendar.around(day(from)).unwrap();
        let mut found = vec![period.first.to_string()];
        while found.len() < expected.len() {
            period = calendar.after(&period).unwrap();
            found.push(period.first.to_string());
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn a_month_from_the_28th_is_the_same_day_everywhere() {
        begins(
            Cycle::Monthly,
            "2027-01-28",
            "2027-01-28",
            &["2027-01-28", "2027-02-28", "2027-03-28", "2027-04-28"],
        );
    }

    #[test]
    fn a_month_from_the_29th_ends_february_early_but_for_leap_years() {
        begins(
            Cycle::Monthly,
            "2027-01-29",
            "2027-01-29",
            &["2027-01-29", "2027-02-28", "2027-03-29", "2027-04-29"],
        );
        begins(
            Cycle::Monthly,
            "2027-01-29",
            "2028-02-01",
            &["2028-01-29", "2028-02-29", "2028-03-29"],
        );
    }

    #[test]
    fn a_month_from_the_30th_and_31st_comes_back_to_its_day() {
        begins(
            Cycle::Monthly,
            "2028-01-30",
            "2028-01-30",
            &["2028-01-30", "2028-02-29", "2028-03-30", "2028-04-30"],
        );
        begins(
            Cycle::Monthly,
            "2027-01-31",
            "2027-02-01",
            &[
                "2027-01-31",
                "2027-02-28",
                "2027-03-31",
                "2027-04-30",
                "2027-05-31",
            ],
        );
    }

    #[test]
    fn cycles_before_the_anchor_are_counted_from_it_too() {
        begins(
            Cycle::Monthly,
            "2027-03-31",
            "2026-11-30",
            &["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"],
        );
        begins(
            Cycle::Days30,
            "2027-03-31",
            "2027-01-31",
            &["2027-01-30", "2027-03-01", "2027-03-31"],
        );
    }

    #[test]
    fn a_year_from_29_february_begins_on_the_28th_in_between() {
        begins(
            Cycle::Annual,
            "2024-02-29",
            "2027-01-01",
            &["2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"],
        );
    }

    #[test]
    fn a_century_without_a_leap_day_is_one() {
        begins(
            Cycle::Annual,
            "2096-02-29",
            "2099-12-31",
            &["2099-02-28", "2100-02-28", "2101-02-28"],
        );
    }

    #[test]
    fn cycles_of_30_and_365_days_move_through_the_calendar() {
        begins(
            Cycle::Days30,
            "2028-01-31",
            "2028-01-31",
            &["2028-01-31", "2028-03-01", "2028-03-31", "2028-04-30"],
        );
        begins(
            Cycle::Days365,
            "2027-03-01",
            "2027-03-01",
            &["2027-03-01", "2028-02-29", "2029-02-28", "2030-02-28"],
        );
    }

    #[test]
    fn what_is_left_counts_the_day_itself() {
        let calendar = Calendar::new(Cycle::Monthly, day("2027-01-31"));
        for (at, left, days) in [
            ("2027-01-31", 28, 28),
            ("2027-02-27", 1, 28),
            ("2027-02-28", 31, 31),
            ("2027-03-30", 1, 31),
            ("2028-02-28", 1, 29),
            ("2028-02-29", 31, 31),
        ] {
            let period = calendar.around(day(at)).unwrap();
            assert_eq!(
                (period.days_left(day(at)), period.days()),
                (left, days),
                "{at}"
            );
        }
        let year = Calendar::new(Cycle::Annual, day("2027-03-01"));
        assert_eq!(year.around(day("2027-03-01")).unwrap().days(), 366);
        assert_eq!(year.around(day("2027-02-28")).unwrap().days(), 365);
    }

    /// Clocks go forward in Paris on 2027-03-28 and back on 2027-10-31, and Cairo has no midnight on 2027-04-30: days are
    /// counted, so nothing of that is seen.
    #[test]
    fn a_change_of_clocks_shortens_no_cycle() {
        for (anchor, days) in [("2027-03-28", 31), ("2027-10-31", 30), ("2027-04-30", 30)] {
            let calendar = Calendar::new(Cycle::Monthly, day(anchor));
            let period = calendar.around(day(anchor)).unwrap();
            assert_eq!(period.first, day(anchor));
            assert_eq!(period.days(), days, "{anchor}");
        }
    }

    #[track_caller]
    fn acts(cycle: Cycle, anchor: &str, notice: u32, on: &str, expected: (&str, &str)) {
        let calendar = Calendar::new(cycle, day(anchor));
        let deadline = calendar.deadline(day(on), notice).unwrap();
        let found = (deadline.act_by.to_string(), deadline.renewal.to_string());
        assert_eq!(
            found,
            (expected.0.to_owned(), expected.1.to_owned()),
            "{on}"
        );
    }

    #[test]
    fn the_last_day_to_act_lies_the_notice_before_the_renewal() {
        let monthly =
            |notice, on, expected| acts(Cycle::Monthly, "2027-01-31", notice, on, expected);
        monthly(15, "2027-02-13", ("2027-02-13", "2027-02-28"));
        monthly(15, "2027-02-14", ("2027-03-16", "2027-03-31"));
        // Without notice the day before is the last: on the day itself the cycle has begun.
        monthly(0, "2027-02-27", ("2027-02-27", "2027-02-28"));
        monthly(0, "2027-02-28", ("2027-03-30", "2027-03-31"));
        monthly(1, "2027-02-27", ("2027-02-27", "2027-02-28"));
    }

    #[test]
    fn notice_may_be_longer_than_a_cycle() {
        let monthly = |on, expected| acts(Cycle::Monthly, "2027-01-15", 90, on, expected);
        monthly("2027-01-14", ("2027-01-15", "2027-04-15"));
        monthly("2027-01-16", ("2027-02-14", "2027-05-15"));
    }

    #[test]
    fn days_that_cannot_be_counted_are_not() {
        let calendar = Calendar::new(Cycle::Annual, day("9999-12-31"));
        assert_eq!(calendar.around(day("9999-12-31")), None);
        assert_eq!(calendar.deadline(day("9999-12-31"), u32::MAX), None);
        let daily = Calendar::new(Cycle::Days30, day("2027-01-01"));
        assert_eq!(daily.deadline(day("2027-01-01"), u32::MAX), None);
    }

    proptest::proptest! {
        #![proptest_config(crate::chance::cases(2_000))]

        #[test]
        fn every_day_lies_in_exactly_one_cycle(
            anchor in 0_i32..40_000, at in 0_i32..40_000, kind in 0_usize..4, notice in 0_u32..400,
        ) {
            use jiff::ToSpan as _;
            let epoch = day("1990-01-01");
            let (anchor, at) = (epoch + anchor.days(), epoch + at.days());
            let cycle = [Cycle::Monthly, Cycle::Annual, Cycle::Days30, Cycle::Days365][kind];
            let calendar = Calendar::new(cycle, anchor);
            let period = calendar.around(at).unwrap();
            proptest::prop_assert!(period.first <= at && at < period.next);
            proptest::prop_assert_eq!(calendar.around(period.first), Some(period));
            let after = calendar.after(&period).unwrap();
            proptest::prop_assert_eq!(after.first, period.next);
            proptest::prop_assert_eq!(calendar.around(period.next), Some(after));
            proptest::prop_assert_eq!(calendar.around(anchor).unwrap().first, anchor);
            let left = period.days_left(at);
            proptest::prop_assert!(1 <= left && left <= period.days());
            let deadline = calendar.deadline(at, notice).unwrap();
            proptest::prop_assert!(at <= deadline.act_by && deadline.act_by < deadline.renewal);
            // Nobody could have acted for the renewal before that one any more.
            let before = calendar.around(deadline.renewal - 1.days()).unwrap();
            let missed = before.first - i64::from(notice.max(1)).days();
            proptest::prop_assert!(missed < at);
        }
    }
}
