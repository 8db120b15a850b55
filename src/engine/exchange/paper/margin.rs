//! Liquidation: the venue closes a position whose margin fell to maintenance.
//!
//! Invariant: a liquidation never costs the wallet more than the isolated margin.

use std::sync::Arc;

use super::core::PaperCore;
use super::order::{OrderNumber, Stage};
use crate::domain::instrument::{Instrument, InstrumentId, Market};
use crate::domain::money::{Amount, MoneyError, Price, Rounding};
use crate::domain::order::{Fill, FillCause};
use crate::domain::position::{Direction, Execution, Position};
use crate::domain::time::Timestamp;

/// How often the closing price is moved by a tick towards the trader where rounding left it beyond bankruptcy.
const NUDGES_MAX: u32 = 4;

/// Tells whether margin plus unrealised profit at `mark` is down to the maintenance margin.
///
/// # Errors
/// [`MoneyError`] if the numbers cannot be held.
pub fn is_due(position: &Position, instrument: &Instrument, mark: Price) -> Result<bool, MoneyError> {
    if instrument.id.market == Market::Spot {
        return Ok(false);
    }
    let equity = position.margin.plus(position.unrealized(mark)?)?;
    Ok(equity <= mark.notional(position.quantity)?.share(instrument.maintenance)?)
}

/// Returns the price at which the venue closes: the worse of the liquidation price and the touch, but never beyond
/// the price at which margin, loss and fee come to nothing, on the tick grid towards the trader.
fn closing_price(position: &Position, instrument: &Instrument, touch: Price) -> Result<Price, MoneyError> {
    let towards_trader = match position.direction {
        Direction::Long => Rounding::Up,
        Direction::Short => Rounding::Down,
    };
    let worse = |a: Price, b: Price| match position.direction {
        Direction::Long => a.min(b),
        Direction::Short => a.max(b),
    };
    let better = |a: Price, b: Price| match position.direction {
        Direction::Long => a.max(b),
        Direction::Short => a.min(b),
    };
    let mut price = touch;
    if let Some(liquidation) = position.liquidation_price(instrument.maintenance)? {
        price = worse(price, liquidation.to_tick(instrument.tick, towards_trader)?);
    }
    // The equation of the liquidation price with the fee in place of maintenance: margin + loss − fee = 0.
    if let Some(bankruptcy) = position.liquidation_price(instrument.taker_fee)? {
        price = better(price, bankruptcy.to_tick(instrument.tick, towards_trader)?);
    }
    Ok(price)
}

impl PaperCore {
    /// Liquidates the position in an instrument if it is due at `mark`.
    pub(super) fn liquidate_if_due(&mut self, id: &InstrumentId, mark: Price, at: Timestamp) {
        let (Some(position), Some(instrument)) = (self.state.account.position(id), self.instruments.get(id)) else { return };
        if is_due(position, instrument, mark).unwrap_or(false) {
            self.liquidate(id, at);
        }
    }

    /// Ends all orders of an instrument and closes its position.
    pub(super) fn liquidate(&mut self, id: &InstrumentId, at: Timestamp) {
        let (Some(position), Some(instrument)) = (self.state.account.position(id).cloned(), self.instruments.get(id).map(Arc::clone))
        else {
            return;
        };
        let of_instrument = self.state.orders.values().filter(|order| order.spec.instrument == *id);
        let numbers: Vec<OrderNumber> = of_instrument.map(|order| order.number).collect();
        for number in numbers {
            self.end(number, Stage::Expired, "the position is liquidated", at);
        }
        // Numbers that cannot be held leave the position open; the next tick tries again at its own prices.
        if let Err(error) = self.close_by_venue(&position, &instrument, at) {
            tracing::warn!(instrument = %id, %error, "a liquidation could not be booked");
        }
    }

    fn close_by_venue(&mut self, position: &Position, instrument: &Instrument, at: Timestamp) -> Result<(), MoneyError> {
        let side = position.direction.closing_side();
        let touch = self.books.get(&instrument.id).map(|book| book.best(side, None).map_or(book.mark, |level| level.price));
        let mut price = closing_price(position, instrument, touch.unwrap_or(position.entry_price()?))?;
        let towards_trader = match position.direction {
            Direction::Long => Amount::new(instrument.tick.value())?,
            Direction::Short => Amount::new(-instrument.tick.value())?,
        };
        for _ in 0..NUDGES_MAX {
            let execution = Execution { side, quantity: position.quantity, price, leverage: position.leverage, at };
            let booking = self.state.account.work_out(instrument, execution, instrument.taker_fee)?;
            if booking.cash_change.is_negative() {
                price = price.plus(towards_trader)?;
                continue;
            }
            let balance = self.state.account.cash.balance.plus(booking.cash_change)?;
            let fee = booking.fee;
            self.state.account.book(&instrument.id, booking, balance);
            let (trade, trade_id) = self.next_trade();
            let fill = Fill {
                trade_id,
                order: None,
                instrument: instrument.id.clone(),
                side,
                quantity: position.quantity,
                price,
                fee,
                fee_currency: instrument.id.symbol.quote.clone(),
                leverage: position.leverage,
                maker: false,
                cause: FillCause::Liquidation,
                at,
            };
            self.record_fill(None, trade, fill);
            return Ok(());
        }
        Err(MoneyError::Negative)
    }
}
