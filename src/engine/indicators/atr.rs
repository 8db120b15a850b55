//! Average true range after Wilder: how far a price travels in one bar, gaps included.
//!
//! Invariant: one bar in is O(1) without allocation, and the batch is the same stream run over a slice.
//!
//! True range of a bar = max(high − low, |high − previous close|, |low − previous close|), defined from the second bar
//! on. The first average is the mean of the first `n` true ranges, each later one is
//! `(previous × (n − 1) + true range) / n` (Wilder, "New Concepts in Technical Trading Systems", 1978; the same
//! conventions as TA-Lib's ATR with unstable period 0).

use super::ParameterError;

/// Largest period; a longer one would not warm up on any history that is kept.
pub const PERIOD_MAX: usize = 100_000;

/// A running average true range.
#[derive(Debug, Clone, PartialEq)]
pub struct Atr {
    period: usize,
    previous_close: Option<f64>,
    ranges_seen: usize,
    /// Sum of the true ranges while warming up, their average afterwards.
    state: f64,
}

impl Atr {
    /// Starts an average over `period` true ranges.
    ///
    /// # Errors
    /// [`ParameterError::Period`] unless the period is within 1 and [`PERIOD_MAX`].
    pub fn new(period: usize) -> Result<Self, ParameterError> {
        if !(1..=PERIOD_MAX).contains(&period) {
            return Err(ParameterError::Period { period, min: 1, max: PERIOD_MAX });
        }
        Ok(Self::of_valid(period))
    }

    /// Starts the average over 14 true ranges, the period Wilder proposed.
    pub const fn fourteen() -> Self {
        Self::of_valid(14)
    }

    const fn of_valid(period: usize) -> Self {
        Self { period, previous_close: None, ranges_seen: 0, state: 0.0 }
    }

    /// Takes the next bar and returns the average up to it; `None` for the first `period` bars.
    pub fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        let previous = self.previous_close.replace(close)?;
        let range = (high - low).max((high - previous).abs()).max((low - previous).abs());
        let n = self.period as f64;
        if self.ranges_seen < self.period {
            self.ranges_seen += 1;
            self.state += range;
            if self.ranges_seen == self.period {
                self.state /= n;
            }
        } else {
            self.state = (self.state * (n - 1.0) + range) / n;
        }
        self.value()
    }

    /// Returns the average up to the last bar; `None` while warming up.
    pub fn value(&self) -> Option<f64> {
        (self.ranges_seen == self.period).then_some(self.state)
    }
}

/// Returns the average at each of `bars` (high, low, close), oldest first; `None` while warming up.
///
/// # Errors
/// [`ParameterError::Period`] as [`Atr::new`].
pub fn batch(bars: &[(f64, f64, f64)], period: usize) -> Result<Vec<Option<f64>>, ParameterError> {
    let mut atr = Atr::new(period)?;
    Ok(bars.iter().map(|&(high, low, close)| atr.push(high, low, close)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // True ranges from the second bar on: 3 (gap up: 13 − 10), 2, 4 (gap down: 14 − 10).
        let bars = [(11.0, 9.0, 10.0), (13.0, 12.0, 12.5), (14.0, 12.0, 14.0), (12.0, 10.0, 11.0)];
        let expected = [None, None, Some(2.5), Some(3.25)];
        assert_eq!(batch(&bars, 2).unwrap(), expected);
    }

    #[test]
    fn warm_up_is_none_for_exactly_the_period() {
        let mut atr = Atr::fourteen();
        for bar in 0..14 {
            assert_eq!(atr.push(2.0, 1.0, 1.5), None, "bar {bar}");
            assert_eq!(atr.value(), None);
        }
        assert_eq!(atr.push(2.0, 1.0, 1.5), Some(1.0));
        assert_eq!(atr.value(), Some(1.0));
    }

    #[test]
    fn parameters_are_checked() {
        assert_eq!(Atr::new(0), Err(ParameterError::Period { period: 0, min: 1, max: PERIOD_MAX }));
        assert!(Atr::new(PERIOD_MAX + 1).is_err());
        assert_eq!(Atr::new(14).unwrap(), Atr::fourteen());
    }
}
