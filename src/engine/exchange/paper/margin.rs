//! Liquidation: the venue closes a position whose margin fell to maintenance. For cross positions see `cross`.
//!
//! Invariant: the liquidation of an isolated position never costs the wallet more than its margin; that of a cross position
//! never more than there is.

use std::sync::Arc;

use super::core::PaperCore;
use super::cross::is_bankrupt;
use super::order::{OrderNumber, Stage};
use super::settle::Role;
use crate::domain::instrument::{Instrument, InstrumentId, Market};
use crate::domain::margin::MarginMode;
use crate::domain::money::{Amount, MoneyError, Price, Rounding};
use crate::domain::position::{Direction, Execution, Position};
use crate::domain::time::Timestamp;

/// How often the closing price is moved by a tick towards the trader where rounding left it beyond bankruptcy.
const NUDGES_MAX: u32 = 4;

/// Tells whether an isolated position's margin plus unrealised profit at `mark` is down to the maintenance margin.
///
/// # Errors
/// [`MoneyError`] if the numbers cannot be held.
pub fn is_due(position: &Position, instrument: &Instrument, mark: Price) -> Result<bool, MoneyError> {
    if instrument.id.market == Market::Spot || position.margin_mode == MarginMode::Cross {
        return Ok(false);
    }
    let equity = position.margin.plus(position.unrealized(mark)?)?;
    Ok(equity <= instrument.maintenance_margin(mark.notional(position.quantity)?)?)
}

/// Returns the price at which the venue closes: the worse of the liquidation price and the touch, but never beyond
/// the price at which margin, loss and fee come to nothing, on the tick grid towards the trader. The margin of `position` is
/// all that stands for it.
fn closing_price(position: &Position, instrument: &Instrument, touch: Price, liquidation: Option<Price>) -> Result<Price, MoneyError> {
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
    if let Some(liquidation) = liquidation {
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
        let touch = touch.unwrap_or(position.entry_price()?);
        let mut price = match position.margin_mode {
            MarginMode::Isolated => closing_price(position, instrument, touch, instrument.liquidation_price(position)?)?,
            MarginMode::Cross => {
                let wallet = self.cross_wallet()?;
                let all = Position { margin: position.margin.plus(wallet.cash)?, ..position.clone() };
                closing_price(&all, instrument, touch, wallet.liquidation_price(&instrument.id)?)?
            }
        };
        let towards_trader = match position.direction {
            Direction::Long => Amount::new(instrument.tick.value())?,
            Direction::Short => Amount::new(-instrument.tick.value())?,
        };
        for _ in 0..NUDGES_MAX {
            let (leverage, margin_mode) = (position.leverage, position.margin_mode);
            let execution = Execution { side, quantity: position.quantity, price, leverage, margin_mode, at };
            let booking = self.state.account.work_out(instrument, execution, instrument.taker_fee)?;
            if is_bankrupt(&booking, margin_mode) {
                price = price.plus(towards_trader)?;
                continue;
            }
            self.book(None, instrument, execution, booking, Role::Taker);
            return Ok(());
        }
        Err(MoneyError::Negative)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, Strategy, prop_assert, prop_assert_eq, proptest};
    use rust_decimal::Decimal;

    use super::super::fixtures::{amount, instruments, leverage, perp, qty};
    use super::*;
    use crate::domain::money::Quantity;
    use crate::domain::order::Side;
    use crate::domain::position::after_execution;

    fn positions() -> impl Strategy<Value = Position> {
        (1i64..5_000_000, 1i64..100_000, 2i64..=20, proptest::bool::ANY).prop_map(|(price, quantity, times, long)| {
            let side = if long { Side::Buy } else { Side::Sell };
            let execution = Execution {
                side,
                quantity: Quantity::new(Decimal::new(quantity, 3)).unwrap(),
                price: Price::new(Decimal::new(price + 100, 1)).unwrap(),
                leverage: leverage(&times.to_string()),
                margin_mode: MarginMode::Isolated,
                at: Timestamp::from_ms(1),
            };
            after_execution(&perp(), None, execution).unwrap().position.unwrap()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_liquidation_price_solves_margin_plus_profit_equals_maintenance(position in positions()) {
            let instrument = instruments().remove(1);
            let mark = instrument.liquidation_price(&position).unwrap().unwrap();
            let equity = position.margin.plus(position.unrealized(mark).unwrap()).unwrap();
            let maintenance = instrument.maintenance_margin(mark.notional(position.quantity).unwrap()).unwrap();
            // The price is kept to twelve places; the equation holds to what that leaves of it.
            let tolerance = Decimal::new(2, 12) * position.quantity.value().max(Decimal::ONE);
            prop_assert!((equity.value() - maintenance.value()).abs() <= tolerance);
            let away = Amount::new(match position.direction { Direction::Long => dec_tick(), Direction::Short => -dec_tick() }).unwrap();
            prop_assert!(!is_due(&position, &instrument, mark.plus(away).unwrap()).unwrap());
            prop_assert!(is_due(&position, &instrument, mark.plus(away.negated()).unwrap()).unwrap());
        }

        #[test]
        fn a_liquidation_costs_at_most_the_margin(position in positions(), touch in 1i64..10_000_000) {
            let instrument = instruments().remove(1);
            let mut core = PaperCore::new(instruments(), super::super::core::State::opening(amount("0"))).unwrap();
            core.state.account.positions.insert(perp(), position.clone());
            let mark = instrument.liquidation_price(&position).unwrap().unwrap();
            let beyond = Price::new(Decimal::new(touch, 1)).unwrap();
            let level = crate::domain::market::Level { price: beyond, quantity: qty("1") };
            let mut tick = super::super::fixtures::around(&perp(), 1, "1000");
            (tick.bids, tick.asks, tick.mark) = (vec![level], vec![level], mark.to_tick(instrument.tick, match position.direction {
                Direction::Long => Rounding::Down,
                Direction::Short => Rounding::Up,
            }).unwrap());
            let record = core.on_tick(&tick);
            prop_assert_eq!(record.fills.len(), 1);
            prop_assert!(!core.state().account.cash.balance.is_negative());
            prop_assert!(core.state().account.positions.is_empty());
        }
    }

    fn dec_tick() -> Decimal {
        Decimal::new(1, 1)
    }
}
