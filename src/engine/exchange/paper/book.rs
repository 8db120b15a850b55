//! What is left of one instrument's visible book since its latest tick.
//!
//! Invariant: a quantity that was taken is gone until the next tick of the instrument.

use crate::domain::market::{Level, Tick};
use crate::domain::money::{Amount, MoneyError, Price, Quantity};
use crate::domain::order::Side;

/// The visible book, less what was taken from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibleBook {
    /// Mark price of the tick.
    pub mark: Price,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

/// Tells whether a resting limit of `side` at `limit` would trade with a counterpart at `price`.
pub fn crosses(side: Side, limit: Price, price: Price) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    }
}

impl VisibleBook {
    /// Returns the whole book of a tick.
    pub fn of(tick: &Tick) -> Self {
        Self { mark: tick.mark, bids: tick.bids.clone(), asks: tick.asks.clone() }
    }

    /// Replaces the book by that of a later tick.
    pub fn refresh(&mut self, tick: &Tick) {
        self.mark = tick.mark;
        self.bids.clone_from(&tick.bids);
        self.asks.clone_from(&tick.asks);
    }

    /// Returns the levels that an order of `side` takes from, best first.
    fn facing(&self, side: Side) -> &[Level] {
        match side {
            Side::Buy => &self.asks,
            Side::Sell => &self.bids,
        }
    }

    /// Returns the best level that an order of `side` can take at `limit` or better.
    pub fn best(&self, side: Side, limit: Option<Price>) -> Option<Level> {
        let level = self.facing(side).iter().find(|level| !level.quantity.is_zero())?;
        limit.is_none_or(|limit| crosses(side, limit, level.price)).then_some(*level)
    }

    /// Takes `quantity` from the level of `price` that faces an order of `side`.
    pub fn take(&mut self, side: Side, price: Price, quantity: Quantity) {
        let levels = match side {
            Side::Buy => &mut self.asks,
            Side::Sell => &mut self.bids,
        };
        if let Some(level) = levels.iter_mut().find(|level| level.price == price && !level.quantity.is_zero()) {
            level.quantity = level.quantity.saturating_minus(quantity);
        }
    }

    /// Returns how much is displayed at `price` on the side where an order of `side` would rest.
    pub fn displayed(&self, side: Side, price: Price) -> Quantity {
        self.facing(side.opposite()).iter().find(|level| level.price == price).map_or(Quantity::ZERO, |level| level.quantity)
    }

    /// Returns how much of `wanted` can be taken at `limit` or better, and its notional.
    ///
    /// # Errors
    /// [`MoneyError`] if the notional cannot be held.
    pub fn takeable(&self, side: Side, limit: Option<Price>, wanted: Quantity) -> Result<(Quantity, Amount), MoneyError> {
        let (mut taken, mut notional) = (Quantity::ZERO, Amount::ZERO);
        for level in self.facing(side) {
            let left = wanted.saturating_minus(taken);
            if left.is_zero() || limit.is_some_and(|limit| !crosses(side, limit, level.price)) {
                break;
            }
            let part = left.min(level.quantity);
            taken = taken.plus(part)?;
            notional = notional.plus(level.price.notional(part)?)?;
        }
        Ok((taken, notional))
    }
}
