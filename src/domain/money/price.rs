//! What can be done with a price. Results lie on no grid until [`Price::to_tick`] puts them there.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Amount, MoneyError, Price, Quantity, Ratio, Rounding, canonical, product, quotient, to_multiple};

impl Price {
    /// Returns `units × 10^-scale`; `None` unless it is above zero and its units are at most [`MAGNITUDE_MAX`](super::MAGNITUDE_MAX).
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
