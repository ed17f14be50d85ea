//! When to try again: pauses, waits that a service asks for, and a budget.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::Limits;

/// Pauses between attempts: each a random part of a bound that doubles ("full jitter"), so that many clients that failed
/// together do not come back together.
pub(super) struct FullJitter {
    bound: Duration,
    max: Duration,
    left: usize,
    random: u64,
}

impl FullJitter {
    pub(super) fn new(limits: Limits) -> Self {
        use std::hash::{BuildHasher as _, Hasher as _};
        // The hasher's keys are random; jitter needs to differ between clients, not to be unguessable.
        let random = std::hash::RandomState::new().build_hasher().finish();
        let left = limits.attempts_max.saturating_sub(1);
        Self {
            bound: limits.pause,
            max: limits.pause_max,
            left,
            random,
        }
    }
}

impl Iterator for FullJitter {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        // SplitMix64.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let share = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
        let pause = self.bound.mul_f64(share);
        self.bound = (self.bound * 2).min(self.max);
        Some(pause)
    }
}

/// How many repetitions may still be sent: ten, and one more for every ten requests. A service that fails always gets a
/// tenth more load from us, not five times as much.
#[derive(Debug)]
pub(super) struct Budget(AtomicI64);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicI64::new(100))
    }
}

impl Budget {
    pub(super) fn earn(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn spend(&self) -> bool {
        let spent = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                (left >= 10).then(|| left - 10)
            });
        spent.is_ok()
    }
}

/// Reads `Retry-After`: seconds, or a date, which is taken against the answer's own `Date` (RFC 9110, 10.2.3). At most an
/// hour; what is past counts as now; what cannot be read as `None`.
pub(super) fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_secs(3_600);
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|it| it.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let instant = |text: &str| {
        jiff::fmt::rfc2822::parse(text)
            .ok()
            .map(|it| it.timestamp())
    };
    let (until, now) = (instant(value)?, instant(date?)?);
    let seconds = until.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(seconds.max(0).unsigned_abs()).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_in_every_form_and_capped() {
        let date = "Sat, 21 Nov 2026 10:00:00 GMT";
        let read = |value| retry_after(value, Some(date)).map(|it| it.as_secs());
        assert_eq!(read("7"), Some(7));
        assert_eq!(read("1000000000"), Some(3_600));
        assert_eq!(read("99999999999999999999999"), Some(3_600));
        assert_eq!(read("Sat, 21 Nov 2026 10:00:30 GMT"), Some(30));
        assert_eq!(read("Sat, 21 Nov 2026 09:00:00 GMT"), Some(0));
        assert_eq!(read("-5"), None);
        assert_eq!(read("soon"), None);
        assert_eq!(retry_after("Sat, 21 Nov 2026 10:00:30 GMT", None), None);
    }

    #[test]
    fn pauses_grow_and_end() {
        let limits = Limits {
            attempts_max: 4,
            ..Limits::default()
        };
        let pauses: Vec<_> = FullJitter::new(limits).collect();
        assert_eq!(pauses.len(), 3);
        for (pause, bound) in pauses.iter().zip([200, 400, 800]) {
            assert!(*pause <= Duration::from_millis(bound));
        }
    }

    #[test]
    fn the_budget_is_a_tenth_of_the_requests() {
        let budget = Budget::default();
        let spent = (0..50).filter(|_| budget.spend()).count();
        assert_eq!(spent, 10);
        (0..10).for_each(|_| budget.earn());
        assert!(budget.spend());
        assert!(!budget.spend());
    }
}
