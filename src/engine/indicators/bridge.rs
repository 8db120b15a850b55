//! The one bridge between decimals and indicators.
//!
//! Invariant: [`price_from`] is the only place where an `f64` becomes money. Whoever uses the result for a stop or a
//! size records it as evidence `computed`.

use rust_decimal::Decimal;

use crate::domain::money::Price;

/// Decimal places an indicator is quantised to.
pub const SCALE: u32 = 8;

/// Units of the last of [`SCALE`] places in one.
const UNITS_PER_ONE: f64 = 1e8;

/// Largest value that crosses: ten thousand million, so that its units fit an `i64` with room to spare.
const VALUE_MAX: f64 = 1e10;

/// Returns an indicator's value as the nearest multiple of 1e-8 (halves away from zero); `None` for what is no price:
/// NaN, infinite, negative, rounding to zero, or above 1e10.
pub fn price_from(value: f64) -> Option<Price> {
    // Written so that NaN fails it.
    if !(value > 0.0 && value <= VALUE_MAX) {
        return None;
    }
    let units = libm::round(value * UNITS_PER_ONE) as i64;
    Price::new(Decimal::new(units, SCALE)).ok()
}

/// Returns a decimal as the `f64` that indicators work with: the mantissa over its power of ten, the same bits on any
/// machine.
pub fn float_from(value: Decimal) -> f64 {
    // Powers of ten up to 1e22 are exact in an `f64`; larger scales are rounded once more, far below any tick.
    value.mantissa() as f64 / power_of_ten(value.scale())
}

fn power_of_ten(exponent: u32) -> f64 {
    (0..exponent).fold(1.0, |power, _| power * 10.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn quantises_to_eight_places() {
        let cases = [
            (1.0, dec!(1)),
            (0.123456789, dec!(0.12345679)),
            (0.000000005, dec!(0.00000001)),
            (61500.1, dec!(61500.1)),
            (1e10, dec!(10000000000)),
        ];
        for (value, expected) in cases {
            assert_eq!(price_from(value).unwrap().value(), expected, "{value}");
        }
    }

    #[test]
    fn what_is_no_price_does_not_cross() {
        let cases = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, -0.0, 4e-9, f64::MIN_POSITIVE, 1.0001e10, f64::MAX];
        for value in cases {
            assert_eq!(price_from(value), None, "{value}");
        }
    }

    #[test]
    fn a_decimal_becomes_the_float_one_would_write() {
        for text in ["0", "0.1", "92792.05", "0.00000423", "-1.5", "0.0000000000000000000000000001"] {
            let (ours, std): (f64, f64) = (float_from(text.parse().unwrap()), text.parse().unwrap());
            assert!((ours - std).abs() <= std.abs() * 1e-15, "{text}: {ours}");
        }
    }

    proptest! {
        #[test]
        fn any_float_is_none_or_within_half_a_unit(value in any::<f64>()) {
            if let Some(price) = price_from(value) {
                prop_assert!((float_from(price.value()) - value).abs() <= 0.5e-8 + value * 1e-15);
            }
        }

        #[test]
        fn prices_come_back_unchanged(units in 1i64..90_071_992_547_409) {
            let price = Price::new(Decimal::new(units, SCALE)).unwrap();
            prop_assert_eq!(price_from(float_from(price.value())), Some(price));
        }
    }
}
