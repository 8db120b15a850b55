//! What open orders hold of the account until they fill or end.
//!
//! Invariant: what all open orders lock together is never more than what is there, and never negative. Locks are worked
//! out anew from the orders each time, so that they cannot drift from them.

use super::core::PaperCore;
use super::order::{OrderNumber, PaperOrder};
use crate::domain::instrument::{Instrument, InstrumentId, Market};
use crate::domain::money::{Amount, Leverage, MoneyError, Quantity};
use crate::domain::order::{OrderSpec, OrderType, Side};
use crate::domain::position::initial_margin;

impl PaperCore {
    /// Returns the cash that all open orders lock.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn locked_cash(&self) -> Result<Amount, MoneyError> {
        let orders = self.state.orders.values();
        orders.map(|order| self.lock_of(order, order.remaining())).try_fold(Amount::ZERO, |sum, lock| sum.plus(lock?))
    }

    /// Returns the cash that a new order may use: what no order locks, less the losses that stand open in cross positions.
    ///
    /// # Errors
    /// [`MoneyError`] if the numbers cannot be held.
    pub(super) fn free_cash(&self) -> Result<Amount, MoneyError> {
        self.state.account.cash.balance.minus(self.locked_cash()?)?.plus(self.cross_wallet()?.open_loss()?)
    }

    /// Returns the cash that will be locked once only `rest` of the order `number` is left to fill.
    pub(super) fn locked_cash_after(&self, number: OrderNumber, rest: Quantity) -> Result<Amount, MoneyError> {
        let left = |order: &PaperOrder| if order.number == number { rest } else { order.remaining() };
        let orders = self.state.orders.values();
        orders.map(|order| self.lock_of(order, left(order))).try_fold(Amount::ZERO, |sum, lock| sum.plus(lock?))
    }

    pub(super) fn lock_of(&self, order: &PaperOrder, left: Quantity) -> Result<Amount, MoneyError> {
        let spends = order.spec.instrument.market == Market::Perp || order.spec.side == Side::Buy;
        if order.spec.reduce_only || !spends || !order.is_working() || left.is_zero() {
            return Ok(Amount::ZERO);
        }
        let (Some(price), Some(instrument)) = (order.spec.price.or(order.spec.trigger), self.instruments.get(&order.spec.instrument))
        else {
            return Ok(Amount::ZERO);
        };
        cost_of(instrument, price.notional(left)?, order.spec.leverage)
    }

    /// Returns the cash an order needs before it is taken: the lock of one that rests, or what the visible book asks.
    pub(super) fn cash_needed(&self, instrument: &Instrument, spec: &OrderSpec) -> Result<Amount, MoneyError> {
        let book = self.books.get(&instrument.id);
        let notional = match (spec.order_type, spec.price.or(spec.trigger), book) {
            (OrderType::Market, _, Some(book)) => book.takeable(spec.side, None, spec.quantity)?.1,
            (OrderType::Limit, Some(limit), Some(book)) if spec.side == Side::Sell => {
                // A sell that takes a better bid is a larger position than its limit tells.
                let bid = book.best(Side::Sell, None).map_or(limit, |level| level.price.max(limit));
                bid.notional(spec.quantity)?
            }
            (_, Some(price), _) => price.notional(spec.quantity)?,
            _ => Amount::ZERO,
        };
        cost_of(instrument, notional, spec.leverage)
    }

    /// Returns how much of a spot holding can be sold by a plain order.
    pub(super) fn free_holding(&self, instrument: &InstrumentId) -> Quantity {
        let held = self.state.account.reducible(instrument, Side::Sell);
        held.saturating_minus(self.plain_sells(instrument)).saturating_minus(self.kept_for_exits(instrument))
    }
}

/// Returns what an order of `notional` may cost: all of it on spot, its margin on a perpetual, and the taker's fee.
fn cost_of(instrument: &Instrument, notional: Amount, leverage: Leverage) -> Result<Amount, MoneyError> {
    let outlay = match instrument.id.market {
        Market::Spot => notional,
        Market::Perp => initial_margin(Market::Perp, notional, leverage)?,
    };
    outlay.plus(notional.share(instrument.taker_fee)?)
}
