//! What can be done with an amount. Shares and multiples are exact; parts of a whole are rounded towards zero, margins away
//! from it.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Amount, DIVISION_SCALE, Leverage, MoneyError, Price, Quantity, Ratio, bounded, product, quotient};

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
