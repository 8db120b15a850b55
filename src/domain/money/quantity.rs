//! What can be done with a quantity. Exposure is never rounded up.

use rust_decimal::Decimal;

use super::{MoneyError, Quantity, Ratio, Rounding, canonical, product, to_multiple};

impl Quantity {
    /// Returns `units × 10^-scale`; `None` if it is negative or its units are more than [`MAGNITUDE_MAX`](super::MAGNITUDE_MAX).
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
