//! Points in time as whole milliseconds since the Unix epoch, UTC.
//!
//! The domain never reads a clock: `now` is always an argument (invariant I10).

use serde::{Deserialize, Serialize};

/// One second in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One day in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// A moment of market time, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the moment `ms` milliseconds after the epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Returns the milliseconds since the epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Returns the moment `ms` milliseconds later (earlier if negative), saturating at the ends of time.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Returns how many milliseconds have passed since `earlier`; negative if `earlier` lies ahead.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the start of the UTC day that holds this moment.
    pub const fn day_start(self) -> Self {
        Self(self.0 - self.0.rem_euclid(DAY_MS))
    }
}

/// Returns a length of time as people say it: `4 h`, `1 d 6 h`, `90 s`.
pub fn spoken(ms: i64) -> String {
    let units = [(DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min"), (SECOND_MS, "s")];
    let mut left = ms.max(0);
    let mut words = Vec::new();
    for (unit, name) in units {
        if left >= unit {
            words.push(format!("{} {name}", left / unit));
            left %= unit;
        }
    }
    if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_start_is_midnight_utc_before_and_after_the_epoch() {
        assert_eq!(Timestamp::from_ms(DAY_MS + 5).day_start(), Timestamp::from_ms(DAY_MS));
        assert_eq!(Timestamp::from_ms(-1).day_start(), Timestamp::from_ms(-DAY_MS));
    }

    #[test]
    fn arithmetic_saturates_instead_of_overflowing() {
        assert_eq!(Timestamp::from_ms(i64::MAX).plus_ms(1).ms(), i64::MAX);
        assert_eq!(Timestamp::from_ms(i64::MIN).since(Timestamp::from_ms(1)), i64::MIN);
    }
}
