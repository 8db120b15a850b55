//! Decimal money: prices, quantities, amounts and ratios with checked arithmetic only.
//!
//! Invariant I6: no operation here rounds, overflows or changes sign in silence. Every result that cannot be
//! held is a [`MoneyError`]. Values are kept in canonical form (no trailing zeros), so equal values print alike.

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
    if value.abs() > MAGNITUDE_MAX { Err(MoneyError::Overflow) } else { Ok(value.normalize()) }
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

impl Price {
    /// Returns `units × 10^-scale`; `None` unless it is above zero and its units are at most [`MAGNITUDE_MAX`].
    pub fn from_units(units: i64, scale: u32) -> Option<Self> {
        canonical(units, scale).filter(|_| units > 0).map(Self)
    }

    /// Returns the quote amount of `quantity` at this price, exactly.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if the product cannot be held.
    pub fn notional(self, quantity: Quantity) -> Result<Amount, MoneyError> {
        product(self.0, quantity.0).map(Amount)
    }

    /// Returns this price moved by `ratio` of itself: `price × (1 + ratio)`, not yet on the tick grid.
    ///
    /// # Errors
    /// [`MoneyError`] if the result is not a price.
    pub fn moved_by(self, ratio: Ratio) -> Result<Self, MoneyError> {
        Self::new(product(self.0, Decimal::ONE + ratio.0)?)
    }

    /// Returns this price plus a signed distance.
    ///
    /// # Errors
    /// [`MoneyError`] if the result is not a price.
    pub fn plus(self, distance: Amount) -> Result<Self, MoneyError> {
        Self::new(self.0.checked_add(distance.0).ok_or(MoneyError::Overflow)?)
    }

    /// Returns the signed distance `self − other` in quote currency per unit of base.
    pub fn minus(self, other: Self) -> Amount {
        Amount((self.0 - other.0).normalize())
    }

    /// Returns `(self − reference) / reference`.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if the quotient cannot be held.
    pub fn change_from(self, reference: Self) -> Result<Ratio, MoneyError> {
        quotient(self.0 - reference.0, reference.0, RoundingStrategy::MidpointAwayFromZero).map(Ratio)
    }

    /// Returns the multiple of `tick` at or beside this price.
    ///
    /// # Errors
    /// [`MoneyError`] if the tick is not above zero or the price would round to zero.
    pub fn to_tick(self, tick: Self, rounding: Rounding) -> Result<Self, MoneyError> {
        Self::new(to_multiple(self.0, tick.0, rounding)?)
    }

    /// Returns the price halfway between two prices.
    pub fn midpoint(self, other: Self) -> Self {
        Self(((self.0 + other.0) / Decimal::TWO).normalize())
    }

    /// Tells whether this price lies on the grid of `tick`.
    pub fn is_multiple_of(self, tick: Self) -> bool {
        (self.0 % tick.0).is_zero()
    }
}

impl Quantity {
    /// Returns `units × 10^-scale`; `None` if it is negative or its units are more than [`MAGNITUDE_MAX`].
    pub fn from_units(units: i64, scale: u32) -> Option<Self> {
        canonical(units, scale).map(Self)
    }

    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Tells whether nothing is there.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Returns the sum.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if it cannot be held.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        Self::new(self.0.checked_add(other.0).ok_or(MoneyError::Overflow)?)
    }

    /// Returns the difference.
    ///
    /// # Errors
    /// [`MoneyError::Negative`] if `other` is larger.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        Self::new(self.0.checked_sub(other.0).ok_or(MoneyError::Overflow)?)
    }

    /// Returns the difference, or zero where `other` is larger.
    pub fn saturating_minus(self, other: Self) -> Self {
        if other.0 >= self.0 { Self::ZERO } else { Self((self.0 - other.0).normalize()) }
    }

    /// Returns this share of the quantity, exactly.
    ///
    /// # Errors
    /// [`MoneyError`] if the ratio is negative or the product cannot be held.
    pub fn share(self, ratio: Ratio) -> Result<Self, MoneyError> {
        Self::new(product(self.0, ratio.0)?)
    }

    /// Returns the largest multiple of `step` that is not above this quantity (exposure is never rounded up).
    ///
    /// # Errors
    /// [`MoneyError::NotPositive`] if the step is zero.
    pub fn floor_to(self, step: Self) -> Result<Self, MoneyError> {
        to_multiple(self.0, step.0, Rounding::Down).map(Self)
    }

    /// Tells whether this quantity lies on the grid of `step`.
    pub fn is_multiple_of(self, step: Self) -> bool {
        step.0 > Decimal::ZERO && (self.0 % step.0).is_zero()
    }
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Tells whether the amount is zero.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Tells whether the amount is below zero.
    pub fn is_negative(self) -> bool {
        self.0 < Decimal::ZERO
    }

    /// Returns the sum.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if it cannot be held.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        bounded(self.0.checked_add(other.0).ok_or(MoneyError::Overflow)?).map(Self)
    }

    /// Returns the difference.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if it cannot be held.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        bounded(self.0.checked_sub(other.0).ok_or(MoneyError::Overflow)?).map(Self)
    }

    /// Returns the amount with its sign turned.
    #[must_use]
    pub fn negated(self) -> Self {
        Self((-self.0).normalize())
    }

    /// Returns the amount without its sign.
    #[must_use]
    pub fn magnitude(self) -> Self {
        Self(self.0.abs())
    }

    /// Returns this share of the amount, exactly.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if the product cannot be held.
    pub fn share(self, ratio: Ratio) -> Result<Self, MoneyError> {
        product(self.0, ratio.0).map(Self)
    }

    /// Returns the part of this amount that belongs to `part` of `whole`, at [`DIVISION_SCALE`] decimal places towards zero.
    ///
    /// # Errors
    /// [`MoneyError`] if `whole` is zero or the result cannot be held.
    pub fn prorated(self, part: Quantity, whole: Quantity) -> Result<Self, MoneyError> {
        if part == whole {
            return Ok(self);
        }
        if whole.is_zero() {
            return Err(MoneyError::DivideByZero);
        }
        // Divide first, so that no product of large numbers is needed.
        let ratio = part.0.checked_div(whole.0).ok_or(MoneyError::Overflow)?;
        let exact = self.0.checked_mul(ratio).ok_or(MoneyError::Overflow)?;
        bounded(exact.round_dp_with_strategy(DIVISION_SCALE, RoundingStrategy::ToZero)).map(Self)
    }

    /// Returns this amount divided by `leverage`, at [`DIVISION_SCALE`] decimal places away from zero (margin is never rounded down).
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if the quotient cannot be held.
    pub fn over_leverage(self, leverage: Leverage) -> Result<Self, MoneyError> {
        quotient(self.0, leverage.0, RoundingStrategy::AwayFromZero).map(Self)
    }

    /// Returns this amount times `leverage`, exactly.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if the product cannot be held.
    pub fn times_leverage(self, leverage: Leverage) -> Result<Self, MoneyError> {
        product(self.0, leverage.0).map(Self)
    }

    /// Returns how much base currency this quote amount buys at `price`, rounded towards zero; floor it to the step before use.
    ///
    /// # Errors
    /// [`MoneyError::Negative`] for a negative amount, or overflow.
    pub fn at_price(self, price: Price) -> Result<Quantity, MoneyError> {
        Quantity::new(quotient(self.0, price.0, RoundingStrategy::ToZero)?)
    }

    /// Returns this amount as a share of `whole`.
    ///
    /// # Errors
    /// [`MoneyError::DivideByZero`] if `whole` is zero, or overflow.
    pub fn as_share_of(self, whole: Self) -> Result<Ratio, MoneyError> {
        quotient(self.0, whole.0, RoundingStrategy::MidpointAwayFromZero).map(Ratio)
    }

    /// Returns the amount rounded to `places` decimals half away from zero: for showing, never for booking.
    #[must_use]
    pub fn shown(self, places: u32) -> Decimal {
        self.0.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
    }

    /// Returns the average price of `quantity` whose total is this amount, at [`DIVISION_SCALE`] decimal places.
    ///
    /// # Errors
    /// [`MoneyError`] if the quantity is zero or the average is not a price.
    pub fn average_over(self, quantity: Quantity) -> Result<Price, MoneyError> {
        Price::new(quotient(self.0, quantity.0, RoundingStrategy::MidpointAwayFromZero)?)
    }
}

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
