//! Position arithmetic: what a fill does to a position, and where margin runs out.
//!
//! The venue and the book both call these functions, so that they agree to the last digit (invariant I6).

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::instrument::{InstrumentId, Market};
use super::margin::MarginMode;
use super::money::{Amount, Leverage, MoneyError, Price, Quantity, Ratio};
use super::order::Side;
use super::time::Timestamp;

/// Which way a position gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

impl Direction {
    /// Returns the direction that an order of this side opens.
    pub const fn opened_by(side: Side) -> Self {
        match side {
            Side::Buy => Self::Long,
            Side::Sell => Self::Short,
        }
    }

    /// Returns the side of an order that reduces such a position.
    pub const fn closing_side(self) -> Side {
        match self {
            Self::Long => Side::Sell,
            Self::Short => Side::Buy,
        }
    }

    /// Returns the word used in JSON and on cards.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Long => "long",
            Self::Short => "short",
        }
    }
}

/// Holdings of one instrument. Spot holdings are long positions without margin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Which way it gains.
    pub direction: Direction,
    /// How much, in base currency; above zero.
    pub quantity: Quantity,
    /// What the quantity cost at its entry prices, without fees; the average price is `cost ÷ quantity`.
    pub cost: Amount,
    /// Margin set aside for it; zero on spot. All that can be lost if it is isolated, a part of what stands for it if not.
    pub margin: Amount,
    /// Leverage it was opened with; one on spot.
    pub leverage: Leverage,
    /// What stands for its losses.
    #[serde(default, skip_serializing_if = "MarginMode::is_isolated")]
    pub margin_mode: MarginMode,
    /// When the first fill opened it.
    pub opened_at: Timestamp,
}

/// What one fill does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FillEffect {
    /// The position afterwards; `None` when flat.
    pub position: Option<Position>,
    /// Profit (positive) or loss of the quantity that was closed, without fees.
    pub realized: Amount,
    /// Cost of the quantity that was closed.
    pub closed_cost: Amount,
    /// Margin set aside (positive) or released (negative).
    pub margin_change: Amount,
}

/// An execution, reduced to what position arithmetic needs.
#[derive(Debug, Clone, Copy)]
pub struct Execution {
    /// Bought or sold.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
    /// Leverage if it opens; one on spot.
    pub leverage: Leverage,
    /// Margin mode of a position that it opens.
    pub margin_mode: MarginMode,
    /// When.
    pub at: Timestamp,
}

/// Returns what `execution` does to `current`.
///
/// On spot a sale never goes below zero holdings. On a perpetual an execution larger than the position closes it and
/// opens the rest the other way.
///
/// # Errors
/// [`MoneyError::Negative`] for a spot sale of more than is held; overflow.
pub fn after_execution(instrument: &InstrumentId, current: Option<&Position>, execution: Execution) -> Result<FillEffect, MoneyError> {
    let Some(position) = current else {
        return opened(instrument, execution);
    };
    if Direction::opened_by(execution.side) == position.direction {
        return increased(position, execution);
    }
    if execution.quantity <= position.quantity {
        return reduced(position, execution);
    }
    let rest = execution.quantity.minus(position.quantity)?;
    let closed = reduced(position, Execution { quantity: position.quantity, ..execution })?;
    let reopened = opened(instrument, Execution { quantity: rest, ..execution })?;
    Ok(FillEffect {
        position: reopened.position,
        realized: closed.realized,
        closed_cost: closed.closed_cost,
        margin_change: closed.margin_change.plus(reopened.margin_change)?,
    })
}

fn opened(instrument: &InstrumentId, execution: Execution) -> Result<FillEffect, MoneyError> {
    let direction = Direction::opened_by(execution.side);
    if instrument.market == Market::Spot && direction == Direction::Short {
        return Err(MoneyError::Negative);
    }
    let cost = execution.price.notional(execution.quantity)?;
    let margin = initial_margin(instrument.market, cost, execution.leverage)?;
    let position = Position {
        instrument: instrument.clone(),
        direction,
        quantity: execution.quantity,
        cost,
        margin,
        leverage: execution.leverage,
        margin_mode: execution.margin_mode,
        opened_at: execution.at,
    };
    Ok(FillEffect { position: Some(position), realized: Amount::ZERO, closed_cost: Amount::ZERO, margin_change: margin })
}

fn increased(position: &Position, execution: Execution) -> Result<FillEffect, MoneyError> {
    let cost = execution.price.notional(execution.quantity)?;
    let margin = initial_margin(position.instrument.market, cost, execution.leverage)?;
    let after = Position {
        quantity: position.quantity.plus(execution.quantity)?,
        cost: position.cost.plus(cost)?,
        margin: position.margin.plus(margin)?,
        leverage: execution.leverage,
        ..position.clone()
    };
    Ok(FillEffect { position: Some(after), realized: Amount::ZERO, closed_cost: Amount::ZERO, margin_change: margin })
}

fn reduced(position: &Position, execution: Execution) -> Result<FillEffect, MoneyError> {
    let closed_cost = position.cost.prorated(execution.quantity, position.quantity)?;
    let released = position.margin.prorated(execution.quantity, position.quantity)?;
    let proceeds = execution.price.notional(execution.quantity)?;
    let realized = match position.direction {
        Direction::Long => proceeds.minus(closed_cost)?,
        Direction::Short => closed_cost.minus(proceeds)?,
    };
    let quantity = position.quantity.minus(execution.quantity)?;
    let after = if quantity.is_zero() {
        None
    } else {
        Some(Position { quantity, cost: position.cost.minus(closed_cost)?, margin: position.margin.minus(released)?, ..position.clone() })
    };
    Ok(FillEffect { position: after, realized, closed_cost, margin_change: released.negated() })
}

/// Returns the margin a notional of `cost` needs at `leverage`; zero on spot.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn initial_margin(market: Market, cost: Amount, leverage: Leverage) -> Result<Amount, MoneyError> {
    match market {
        Market::Spot => Ok(Amount::ZERO),
        Market::Perp => cost.over_leverage(leverage),
    }
}

impl Position {
    /// Returns the average entry price.
    ///
    /// # Errors
    /// [`MoneyError`] if the position is empty.
    pub fn entry_price(&self) -> Result<Price, MoneyError> {
        self.cost.average_over(self.quantity)
    }

    /// Returns profit (positive) or loss at `mark`, without fees.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn unrealized(&self, mark: Price) -> Result<Amount, MoneyError> {
        let value = mark.notional(self.quantity)?;
        match self.direction {
            Direction::Long => value.minus(self.cost),
            Direction::Short => self.cost.minus(value),
        }
    }

    /// Returns the mark price at which margin plus unrealised profit equals the maintenance margin, or `None` where
    /// no price above zero does (spot, or a long without borrowing).
    ///
    /// Long: `P = (cost − margin) ÷ (q × (1 − m))`; short: `P = (cost + margin) ÷ (q × (1 + m))`, from
    /// `margin + (P − entry) × q = m × P × q` (isolated margin, one rate, fees not counted). With brackets see
    /// [`Instrument::liquidation_price`](super::instrument::Instrument::liquidation_price).
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn liquidation_price(&self, maintenance: Ratio) -> Result<Option<Price>, MoneyError> {
        self.price_of_margin(maintenance, Amount::ZERO)
    }

    /// Returns the mark price at which margin plus unrealised profit equals `rate × notional − deduction`, the line of one
    /// maintenance bracket; `None` where no price above zero does. Long: `P = (cost − margin − d) ÷ (q × (1 − r))`; short:
    /// `P = (cost + margin + d) ÷ (q × (1 + r))`.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub fn price_of_margin(&self, rate: Ratio, deduction: Amount) -> Result<Option<Price>, MoneyError> {
        if self.instrument.market == Market::Spot {
            return Ok(None);
        }
        let (debt, factor) = match self.direction {
            Direction::Long => (self.cost.minus(self.margin)?.minus(deduction)?, Ratio::new(Ratio::ONE.value() - rate.value())?),
            Direction::Short => (self.cost.plus(self.margin)?.plus(deduction)?, Ratio::new(Ratio::ONE.value() + rate.value())?),
        };
        if debt.is_zero() || debt.is_negative() {
            return Ok(None);
        }
        debt.average_over(self.quantity.share(factor)?).map(Some)
    }
}
