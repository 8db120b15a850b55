//! The length of a candle: `5m`, `1h`, `1d`.

use std::fmt;
use std::str::FromStr;

use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};

/// The units a length is written in, longest first.
const UNITS: [(char, i64); 5] = [('w', 7 * DAY_MS), ('d', DAY_MS), ('h', HOUR_MS), ('m', MINUTE_MS), ('s', SECOND_MS)];

/// Longest candle.
const LENGTH_MS_MAX: i64 = 7 * DAY_MS;

/// The length of a candle; between one second and one week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeframe {
    ms: i64,
}

impl Timeframe {
    /// Returns the length in milliseconds.
    pub const fn ms(self) -> i64 {
        self.ms
    }
}

/// A text that is no candle length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no candle length; write a number and s, m, h, d or w, up to one week: 5m, 1h, 1d")]
pub struct TimeframeError(String);

impl FromStr for Timeframe {
    type Err = TimeframeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let (unit, unit_ms) = *UNITS.iter().find(|(unit, _)| text.ends_with(*unit))?;
            let digits = text.strip_suffix(unit)?;
            // Digits alone: the standard parser would take a sign.
            let plain = digits.len() <= 5 && digits.bytes().all(|byte| byte.is_ascii_digit());
            let count: i64 = plain.then(|| digits.parse().ok())??;
            let ms = count.checked_mul(unit_ms)?;
            (1..=LENGTH_MS_MAX).contains(&ms).then_some(Self { ms })
        };
        parsed().ok_or_else(|| TimeframeError(text.chars().take(20).collect()))
    }
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().find(|(_, unit_ms)| self.ms % unit_ms == 0) {
            Some((unit, unit_ms)) => write!(f, "{}{unit}", self.ms / unit_ms),
            None => write!(f, "{}ms", self.ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_lengths() {
        for (text, ms) in [("5m", 300_000), ("1h", HOUR_MS), ("1d", DAY_MS), ("30s", 30_000), ("1w", 7 * DAY_MS)] {
            let timeframe: Timeframe = text.parse().unwrap();
            assert_eq!((timeframe.ms(), timeframe.to_string()), (ms, text.to_owned()));
        }
        assert_eq!("60m".parse::<Timeframe>().unwrap().to_string(), "1h");
    }

    #[test]
    fn refuses_everything_else() {
        for text in ["", "m", "0m", "-5m", "+5m", "5", "5x", "2w", "99999999999999999999d", "5 m", "1.5h", "５m"] {
            assert!(text.parse::<Timeframe>().is_err(), "{text}");
        }
    }
}
