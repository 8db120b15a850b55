//! The way of a price through one candle: open, nearer extreme, farther extreme, close.
//!
//! Invariant: the open is the first price and the close the last, both extremes are touched, and no price lies outside.

/// Fewest prices of a candle.
pub const SLOTS_MIN: i64 = 8;

/// Prices of a candle in units of its grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ohlc {
    /// First.
    pub open: i64,
    /// Highest.
    pub high: i64,
    /// Lowest.
    pub low: i64,
    /// Last.
    pub close: i64,
}

/// Returns the price at `slot` (from zero) of `slots` prices spread evenly over the candle.
pub fn price(candle: Ohlc, slot: i64, slots: i64) -> i64 {
    let Ohlc { open, high, low, close } = candle;
    let (up, down) = (high - open, open - low);
    // With both as near, the last stretch goes the way the candle went.
    let high_first = up < down || (up == down && close < open);
    let (near, far) = if high_first { (high, low) } else { (low, high) };
    let last = slots.max(SLOTS_MIN) - 1;
    let (near_slot, far_slot) = (2 * last / 7, 5 * last / 7);
    let slot = slot.clamp(0, last);
    if slot <= near_slot {
        between(open, near, slot, near_slot)
    } else if slot <= far_slot {
        between(near, far, slot - near_slot, far_slot - near_slot)
    } else {
        between(far, close, slot - far_slot, last - far_slot)
    }
}

/// Returns the point `part` of `whole` of the way from one price to the other, rounded towards the first.
fn between(from: i64, to: i64, part: i64, whole: i64) -> i64 {
    let way = (i128::from(to) - i128::from(from)) * i128::from(part) / i128::from(whole.max(1));
    // A part of the way between two numbers that fit, fits.
    i64::try_from(way).map_or(to, |way| from + way)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(open: i64, high: i64, low: i64, close: i64, slots: i64) -> Vec<i64> {
        (0..slots).map(|slot| price(Ohlc { open, high, low, close }, slot, slots)).collect()
    }

    #[test]
    fn the_nearer_extreme_comes_first() {
        assert_eq!(path(100, 104, 70, 90, 8), [100, 102, 104, 93, 82, 70, 80, 90]);
        assert_eq!(path(100, 130, 96, 110, 8), [100, 98, 96, 107, 118, 130, 120, 110]);
        assert_eq!(path(100, 110, 90, 105, 8)[2], 90, "as near: a rising candle ends upwards");
        assert_eq!(path(100, 110, 90, 95, 8)[2], 110);
        assert_eq!(path(5, 5, 5, 5, 8), [5; 8]);
    }

    proptest! {
        #[test]
        fn every_path_is_that_of_its_candle(
            low in 1i64..1_000_000, spread in 0i64..1_000_000, open in 0f64..1.0, close in 0f64..1.0, slots in 8i64..200,
        ) {
            let within = |share: f64| low + (share * spread as f64) as i64;
            let (open, high, close) = (within(open), low + spread, within(close));
            let path = path(open, high, low, close, slots);
            prop_assert_eq!((path[0], path[path.len() - 1]), (open, close));
            prop_assert_eq!((path.iter().min(), path.iter().max()), (Some(&low), Some(&high)));
        }
    }
}
