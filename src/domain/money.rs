//! Decimal money: prices, quantities, amounts and ratios with checked arithmetic only.
//!
//! Invariant I6: no operation here rounds, overflows or changes sign in silence. Every result that cannot be
//! held is a [`MoneyError`]. Values are kept in canonical form (no trailing zeros), so equal values print alike.

mod amount;
mod price;
mod quantity;
#[cfg(test)]
mod tests;

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize};

/// Largest magnitude accepted for any money value; larger ones are refused before they can overflow a product.
pub const MAGNITUDE_MAX: Decimal = rust_decimal::dec!(1_000_000_000_000_000);

/// [`MAGNITUDE_MAX`] as an integer.
const UNITS_MAX: i64 = 1_000_000_000_000_000;

/// Decimal places kept when a division does not end (cost of a part, average price).
pub const DIVISION_SCALE: u32 = 12;

/// Why a money operation has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The exact result does not fit.
    #[error("the number is too large to be held exactly")]
    Overflow,
    /// A value that must be above zero is not.
    #[error("the number must be above zero")]
    NotPositive,
    /// A value that must not be negative is.
    #[error("the number must not be negative")]
    Negative,
    /// Division by zero.
    #[error("division by zero")]
    DivideByZero,
}

/// Which way a price is moved to the next multiple of its tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

fn bounded(value: Decimal) -> Result<Decimal, MoneyError> {
    // Most values are whole or end in another digit than zero, and are far from the bound: their digits alone tell.
    let mantissa = value.mantissa().unsigned_abs();
    if mantissa > u128::from(UNITS_MAX.unsigned_abs()) && value.abs() > MAGNITUDE_MAX {
        return Err(MoneyError::Overflow);
    }
    let canonical = mantissa != 0 && (value.scale() == 0 || !mantissa.is_multiple_of(10));
    Ok(if canonical { value } else { value.normalize() })
}

/// Multiplies exactly: a product that would need more digits than can be held is an overflow, never a rounding.
fn product(a: Decimal, b: Decimal) -> Result<Decimal, MoneyError> {
    let (a, b) = (a.normalize(), b.normalize());
    let result = a.checked_mul(b).ok_or(MoneyError::Overflow)?;
    // Where digits had to be dropped, the scale of the product is smaller than the sum of the scales.
    if !result.is_zero() && result.scale() != a.scale() + b.scale() {
        return Err(MoneyError::Overflow);
    }
    if result.is_zero() && !(a.is_zero() || b.is_zero()) {
        return Err(MoneyError::Overflow);
    }
    bounded(result)
}

/// Divides and keeps [`DIVISION_SCALE`] decimal places.
fn quotient(a: Decimal, b: Decimal, strategy: RoundingStrategy) -> Result<Decimal, MoneyError> {
    if b.is_zero() {
        return Err(MoneyError::DivideByZero);
    }
    let exact = a.checked_div(b).ok_or(MoneyError::Overflow)?;
    bounded(exact.round_dp_with_strategy(DIVISION_SCALE, strategy))
}

fn to_multiple(value: Decimal, step: Decimal, rounding: Rounding) -> Result<Decimal, MoneyError> {
    if step <= Decimal::ZERO {
        return Err(MoneyError::NotPositive);
    }
    let remainder = value.checked_rem(step).ok_or(MoneyError::Overflow)?;
    if remainder.is_zero() {
        return bounded(value);
    }
    let floor = value.checked_sub(remainder).ok_or(MoneyError::Overflow)?;
    match rounding {
        Rounding::Down => bounded(floor),
        Rounding::Up => bounded(floor.checked_add(step).ok_or(MoneyError::Overflow)?),
    }
}

/// Makes a canonical decimal out of integers alone: far cheaper than [`bounded`], for those who make prices by the
/// thousand. `None` for negative units, or more than [`MAGNITUDE_MAX`] of them.
fn canonical(units: i64, scale: u32) -> Option<Decimal> {
    if !(0..=UNITS_MAX).contains(&units) || scale > Decimal::MAX_SCALE {
        return None;
    }
    let (mut units, mut scale) = (units, scale);
    while scale > 0 && units % 10 == 0 {
        units /= 10;
        scale -= 1;
    }
    Some(Decimal::new(units, scale))
}

macro_rules! money_type {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Decimal);

        impl $name {
            /// Checks `value` and returns it in canonical form.
            ///
            /// # Errors
            /// [`MoneyError`] if the value is out of this type's range.
            pub fn new(value: Decimal) -> Result<Self, MoneyError> {
                let check: fn(Decimal) -> Result<(), MoneyError> = $check;
                check(value)?;
                bounded(value).map(Self)
            }

            /// Returns the plain decimal.
            pub const fn value(self) -> Decimal {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = <Decimal as Deserialize>::deserialize(deserializer)?;
                Self::new(value).map_err(serde::de::Error::custom)
            }
        }
    };
}

money_type!(
    /// Quote currency per unit of base currency; always above zero.
    Price,
    |v| if v > Decimal::ZERO { Ok(()) } else { Err(MoneyError::NotPositive) }
);
money_type!(
    /// An amount of base currency (or contracts of one base unit); never negative.
    Quantity,
    |v| if v < Decimal::ZERO { Err(MoneyError::Negative) } else { Ok(()) }
);
money_type!(
    /// A signed amount of some currency; the currency stands beside it.
    Amount,
    |_| Ok(())
);
money_type!(
    /// A signed dimensionless number: 0.02 is two percent.
    Ratio,
    |_| Ok(())
);
money_type!(
    /// Notional divided by margin; at least one.
    Leverage,
    |v| if v >= Decimal::ONE { Ok(()) } else { Err(MoneyError::NotPositive) }
);

impl Ratio {
    /// Zero percent.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// One hundred percent.
    pub const ONE: Self = Self(Decimal::ONE);

    /// Returns `percent` / 100.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if it cannot be held.
    pub fn from_percent(percent: Decimal) -> Result<Self, MoneyError> {
        Self::new(percent.checked_div(Decimal::ONE_HUNDRED).ok_or(MoneyError::Overflow)?)
    }

    /// Returns the ratio as percent: 0.02 gives 2.
    pub fn percent(self) -> Decimal {
        (self.0 * Decimal::ONE_HUNDRED).normalize()
    }

    /// Returns the ratio with its sign turned.
    #[must_use]
    pub fn negated(self) -> Self {
        Self((-self.0).normalize())
    }

    /// Returns the ratio without its sign.
    #[must_use]
    pub fn magnitude(self) -> Self {
        Self(self.0.abs())
    }
}

impl Leverage {
    /// No borrowing.
    pub const ONE: Self = Self(Decimal::ONE);
}
