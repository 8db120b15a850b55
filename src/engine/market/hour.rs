//! One-hour bars out of single prices.
//!
//! Invariant: a bar is given out once, closed, and only if the whole hour was seen; bars come in order of time.

use crate::domain::market::Bar;
use crate::domain::money::{Price, Quantity};
use crate::domain::time::{HOUR_MS, MINUTE_MS, Timestamp};

/// A bar whose first price comes later than this after the hour began does not stand for the hour.
const LATE_START_MS: i64 = MINUTE_MS;

/// Returns the start of the UTC hour that holds `at`.
pub fn start_of(at: Timestamp) -> Timestamp {
    Timestamp::from_ms(at.ms() - at.ms().rem_euclid(HOUR_MS))
}

/// The bar of the present hour.
#[derive(Debug, Clone, Default)]
pub struct HourBuilder {
    running: Option<Running>,
}

#[derive(Debug, Clone)]
struct Running {
    bar: Bar,
    /// Whether the hour was seen from its beginning.
    whole: bool,
}

impl HourBuilder {
    /// Takes a price and what was traded at it, and returns the bar of the hour that thereby ended.
    pub fn push(&mut self, at: Timestamp, price: Price, traded: Quantity) -> Option<Bar> {
        let hour = start_of(at);
        if let Some(running) = &mut self.running
            && running.bar.open_at == hour
        {
            running.extend(price, traded);
            return None;
        }
        let ended = self.running.take();
        // An hour that follows directly on one we watched was seen from its beginning, however coarse the ticks are.
        let follows = ended.as_ref().is_some_and(|ended| ended.bar.open_at.plus_ms(HOUR_MS) == hour);
        let whole = follows || at.since(hour) <= LATE_START_MS;
        let bar = Bar { open_at: hour, open: price, high: price, low: price, close: price, volume: traded };
        self.running = Some(Running { bar, whole });
        ended.filter(|ended| ended.whole).map(|ended| ended.bar)
    }
}

impl Running {
    fn extend(&mut self, price: Price, traded: Quantity) {
        self.bar.high = self.bar.high.max(price);
        self.bar.low = self.bar.low.min(price);
        self.bar.close = price;
        // A volume too large to be held stays at its last value; no price depends on it.
        self.bar.volume = self.bar.volume.plus(traded).unwrap_or(self.bar.volume);
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    fn push(builder: &mut HourBuilder, at_ms: i64, price: i64) -> Option<Bar> {
        let traded = Quantity::new(Decimal::ONE).unwrap();
        builder.push(Timestamp::from_ms(at_ms), Price::new(Decimal::from(price)).unwrap(), traded)
    }

    #[test]
    fn an_hour_becomes_one_bar_when_the_next_begins() {
        let mut builder = HourBuilder::default();
        for (at, price) in [(0, 10), (60_000, 14), (120_000, 9), (HOUR_MS - 1, 11)] {
            assert_eq!(push(&mut builder, at, price), None);
        }
        let bar = push(&mut builder, HOUR_MS, 12).unwrap();
        let ohlc = [bar.open, bar.high, bar.low, bar.close].map(|price| price.value());
        assert_eq!(ohlc, [10, 14, 9, 11].map(Decimal::from));
        assert_eq!((bar.open_at.ms(), bar.volume.value()), (0, Decimal::from(4)));
    }

    #[test]
    fn an_hour_that_was_entered_late_gives_no_bar() {
        let mut builder = HourBuilder::default();
        assert_eq!(push(&mut builder, HOUR_MS / 2, 10), None);
        assert_eq!(push(&mut builder, HOUR_MS + 5 * MINUTE_MS, 11), None, "half an hour is no hour");
        let bar = push(&mut builder, 2 * HOUR_MS, 12).unwrap();
        assert_eq!(bar.open_at.ms(), HOUR_MS, "an hour that follows a watched one is whole although its ticks are coarse");
        assert_eq!(push(&mut builder, 5 * HOUR_MS + 2 * MINUTE_MS, 12).unwrap().open_at.ms(), 2 * HOUR_MS);
        assert_eq!(push(&mut builder, 6 * HOUR_MS, 12), None, "after a gap the first hour was entered late");
    }
}
