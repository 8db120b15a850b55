//! Whole numbers of ticks and steps, and the decimals they stand for.
//!
//! Invariant: every generated price and quantity is made here out of integers, so it lies on its grid exactly and has
//! the same digits on any machine.

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::money::{Price, Quantity};

/// A grid whose unit is a power of ten: `10^-scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    scale: u32,
}

/// Most decimal places of a grid.
pub const SCALE_MAX: u32 = 8;

impl Grid {
    /// Returns the grid of `10^-scale`, at most [`SCALE_MAX`] places.
    pub fn of_scale(scale: u32) -> Self {
        Self { scale: scale.min(SCALE_MAX) }
    }

    /// Returns the unit: 0.01 for scale 2.
    pub fn unit(self) -> Decimal {
        Decimal::new(1, self.scale)
    }

    /// Returns how many units make one.
    pub const fn units_per_one(self) -> i64 {
        10i64.pow(self.scale)
    }

    /// Returns the price of `units`; `None` unless it is above zero and can be held.
    pub fn price(self, units: i64) -> Option<Price> {
        Price::from_units(units, self.scale).or_else(|| Price::new(Decimal::new(units, self.scale)).ok())
    }

    /// Returns the quantity of `units`, or zero where there is none to be held.
    pub fn quantity(self, units: i64) -> Quantity {
        let checked = || Quantity::new(Decimal::new(units, self.scale)).ok();
        Quantity::from_units(units, self.scale).or_else(checked).unwrap_or(Quantity::ZERO)
    }

    /// Returns the units nearest to `value` (halves away from zero); `None` if they do not fit.
    pub fn units(self, value: Decimal) -> Option<i64> {
        let scaled = value.checked_mul(Decimal::from(self.units_per_one()))?;
        scaled.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn units_and_decimals_go_both_ways() {
        let grid = Grid::of_scale(2);
        assert_eq!(grid.unit(), dec!(0.01));
        assert_eq!(grid.price(9_279_205).unwrap().to_string(), "92792.05");
        assert_eq!(grid.price(9_279_200).unwrap().to_string(), "92792", "canonical form");
        assert_eq!(grid.units(dec!(92792.055)), Some(9_279_206));
        assert_eq!(grid.price(0), None);
        assert_eq!(grid.quantity(-1), Quantity::ZERO);
        assert_eq!(grid.units(Decimal::MAX), None);
        assert_eq!(Grid::of_scale(20), Grid::of_scale(SCALE_MAX));
    }

    proptest! {
        #[test]
        fn every_unit_comes_back(units in 1i64..1_000_000_000_000_000, scale in 0u32..=SCALE_MAX) {
            let grid = Grid::of_scale(scale);
            let price = grid.price(units).unwrap();
            prop_assert_eq!(grid.units(price.value()), Some(units));
            let checked = Price::new(Decimal::new(units, scale)).unwrap();
            prop_assert_eq!((price, price.to_string()), (checked, checked.to_string()), "as the checked way gives it");
        }
    }
}
