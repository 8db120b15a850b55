//! How a trailing stop follows the mark price.
//!
//! Invariant: a trigger only ever moves towards the price, never back.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::money::{Amount, MoneyError, Price, Ratio, Rounding};
use super::order::Side;

/// How far behind the mark price a trailing stop stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Callback {
    /// This share of the mark price, between zero and one.
    Share(Ratio),
    /// This much of the quote currency.
    Distance(Price),
}

/// A trailing stop's rule. Until it begins to trail, the stop stands at its first trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// How far behind.
    pub callback: Callback,
    /// The mark price from which on it trails; none means at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Price>,
}

impl Trail {
    /// Tells whether a stop of `side` (a sell protects a long) begins to trail at `mark`.
    pub fn begins(&self, side: Side, mark: Price) -> bool {
        self.from.is_none_or(|from| match side {
            Side::Sell => mark >= from,
            Side::Buy => mark <= from,
        })
    }

    /// Returns the trigger of a stop of `side` when the best price is `best`: on the tick, never farther away than said.
    ///
    /// # Errors
    /// [`MoneyError`] if there is no such price: the callback reaches zero, or a number cannot be held.
    pub fn trigger(&self, side: Side, best: Price, tick: Price) -> Result<Price, MoneyError> {
        let (sign, rounding) = match side {
            Side::Sell => (Decimal::NEGATIVE_ONE, Rounding::Up),
            Side::Buy => (Decimal::ONE, Rounding::Down),
        };
        let raw = match self.callback {
            Callback::Share(share) => best.moved_by(Ratio::new(share.value() * sign)?)?,
            Callback::Distance(distance) => best.plus(Amount::new(distance.value() * sign)?)?,
        };
        raw.to_tick(tick, rounding)
    }
}

/// Tells whether `trigger` lies nearer to the price than `than`, for a stop of `side`.
pub fn is_tighter(side: Side, trigger: Price, than: Price) -> bool {
    match side {
        Side::Sell => trigger > than,
        Side::Buy => trigger < than,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(value: i64) -> Price {
        Price::new(Decimal::new(value, 1)).unwrap()
    }

    #[test]
    fn a_trigger_stays_a_share_or_a_distance_behind_and_on_the_tick() {
        let tick = price(1);
        let share = Trail { callback: Callback::Share(Ratio::new(Decimal::new(2, 2)).unwrap()), from: None };
        assert_eq!(share.trigger(Side::Sell, price(1_003), tick).unwrap(), price(983), "98.294, towards the price");
        assert_eq!(share.trigger(Side::Buy, price(1_003), tick).unwrap(), price(1_023), "102.306, towards the price");
        let distance = Trail { callback: Callback::Distance(price(25)), from: Some(price(1_010)) };
        assert_eq!(distance.trigger(Side::Sell, price(1_003), tick).unwrap(), price(978));
        assert!(distance.trigger(Side::Sell, price(20), tick).is_err(), "beyond zero");
        assert!(!distance.begins(Side::Sell, price(1_009)) && distance.begins(Side::Sell, price(1_010)));
        assert!(distance.begins(Side::Buy, price(1_010)) && !distance.begins(Side::Buy, price(1_011)));
    }
}
