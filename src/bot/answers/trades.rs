//! Trades out of executions: a trade begins with the execution that leaves flat and ends with the one that comes back.
//!
//! The book's own realised profit of each execution is taken; an execution that turns a perpetual around ends one trade and
//! begins the next, its fee shared by quantity. A sale of coins that no execution bought (they were there when the account
//! was opened) belongs to no trade.

use std::collections::BTreeMap;

use crate::domain::instrument::{InstrumentId, Market};
use crate::domain::money::{Amount, MoneyError, Quantity};
use crate::domain::position::Direction;
use crate::domain::report::Trade;
use crate::domain::rows::FillRow;
use crate::domain::time::Timestamp;

/// A trade that has not ended.
#[derive(Debug, Clone)]
struct Running {
    direction: Direction,
    quantity: Quantity,
    opened_at: Timestamp,
    realized: Amount,
    fees: Amount,
}

/// Executions in the order they were booked, on their way to becoming trades.
#[derive(Debug, Default)]
pub struct Trades {
    running: BTreeMap<InstrumentId, Running>,
}

impl Trades {
    /// Takes the next execution; returns the trade that it ends.
    ///
    /// # Errors
    /// [`MoneyError`] if a sum cannot be held.
    pub fn take(&mut self, row: &FillRow) -> Result<Option<Trade>, MoneyError> {
        let fill = &row.fill;
        let direction = Direction::opened_by(fill.side);
        let Some(running) = self.running.get_mut(&fill.instrument) else {
            self.begin(row, direction, fill.quantity, fill.fee);
            return Ok(None);
        };
        if running.direction == direction {
            running.quantity = running.quantity.plus(fill.quantity)?;
            running.fees = running.fees.plus(fill.fee)?;
            return Ok(None);
        }
        let closes = fill.quantity.min(running.quantity);
        let fee = fill.fee.prorated(closes, fill.quantity)?;
        running.realized = running.realized.plus(row.realized)?;
        running.fees = running.fees.plus(fee)?;
        running.quantity = running.quantity.saturating_minus(fill.quantity);
        if !running.quantity.is_zero() {
            return Ok(None);
        }
        let Some(ended) = self.running.remove(&fill.instrument) else { return Ok(None) };
        let rest = fill.quantity.saturating_minus(closes);
        if !rest.is_zero() {
            self.begin(row, direction, rest, fill.fee.minus(fee)?);
        }
        Ok(Some(Trade {
            instrument: fill.instrument.clone(),
            direction: ended.direction,
            opened_at: ended.opened_at,
            closed_at: fill.at,
            realized: ended.realized,
            fees: ended.fees,
            net: ended.realized.minus(ended.fees)?,
        }))
    }

    fn begin(&mut self, row: &FillRow, direction: Direction, quantity: Quantity, fees: Amount) {
        let fill = &row.fill;
        if fill.instrument.market == Market::Spot && direction == Direction::Short {
            return;
        }
        let running = Running { direction, quantity, opened_at: fill.at, realized: Amount::ZERO, fees };
        self.running.insert(fill.instrument.clone(), running);
    }
}
