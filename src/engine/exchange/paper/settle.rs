//! What an execution does: money and position, the order itself, and then everything that hangs on it.
//!
//! Invariant: all numbers of an execution are worked out before the first of them is written, so that one that cannot
//! be booked changes nothing.

use std::sync::Arc;

use super::account::Booking;
use super::core::PaperCore;
use super::cross::is_bankrupt;
use super::log::LogEvent;
use super::order::{OrderNumber, Stage};
use crate::domain::ids::TradeId;
use crate::domain::instrument::Instrument;
use crate::domain::money::{MoneyError, Price, Quantity, Ratio};
use crate::domain::order::{Fill, FillCause};
use crate::domain::position::Execution;
use crate::domain::time::Timestamp;

/// Which side of a trade an order was on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It rested.
    Maker,
    /// It took.
    Taker,
}

impl Role {
    fn fee_rate(self, instrument: &Instrument) -> Ratio {
        match self {
            Self::Maker => instrument.maker_fee,
            Self::Taker => instrument.taker_fee,
        }
    }
}

/// How much traded at which price.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deal {
    pub(super) quantity: Quantity,
    pub(super) price: Price,
    pub(super) role: Role,
}

/// Why an execution does not take place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unbookable {
    /// A number cannot be held exactly.
    #[error("a number of the execution cannot be held exactly")]
    Money(#[from] MoneyError),
    /// It would use money that other orders lock.
    #[error("the free balance does not cover the execution")]
    Funds,
    /// It may only reduce, and there is less to reduce.
    #[error("there is less to reduce than the order asks")]
    WouldIncrease,
    /// It would lose more than stands for the position.
    #[error("the execution would lose more than the margin")]
    Bankrupt,
}

impl PaperCore {
    /// Books one execution of an order. What hangs on it follows in [`PaperCore::settle`].
    pub(super) fn execute(&mut self, number: OrderNumber, deal: Deal, at: Timestamp) -> Result<(), Unbookable> {
        let (Some(order), Some(instrument)) = (self.state.orders.get(&number), self.instrument_of(number)) else {
            return Err(Unbookable::Funds);
        };
        let spec = &order.spec;
        let reduces = self.state.account.reducible(&spec.instrument, spec.side) >= deal.quantity;
        if spec.reduce_only && !reduces {
            return Err(Unbookable::WouldIncrease);
        }
        let current = self.state.account.position(&spec.instrument).filter(|_| reduces);
        let (leverage, margin_mode) =
            current.map_or((spec.leverage, spec.margin_mode), |position| (position.leverage, position.margin_mode));
        let execution = Execution { side: spec.side, quantity: deal.quantity, price: deal.price, leverage, margin_mode, at };
        let booking = self.state.account.work_out(&instrument, execution, deal.role.fee_rate(&instrument))?;
        let filled = order.filled.plus(deal.quantity)?;
        if is_bankrupt(&booking, margin_mode) {
            return Err(Unbookable::Bankrupt);
        }
        let rest = order.remaining().saturating_minus(deal.quantity);
        if !booking.reduces && booking.balance < self.locked_cash_after(number, rest)? {
            return Err(Unbookable::Funds);
        }

        self.note_reduction(number);
        self.book(Some(number), &instrument, execution, booking, deal.role);
        if let Some(order) = self.state.orders.get_mut(&number) {
            order.filled = filled;
            order.at = at;
            if order.remaining().is_zero() {
                order.stage = Stage::Filled;
            }
        }
        self.touch(number);
        self.unlock_losses(at);
        Ok(())
    }

    /// Writes an execution down: account, log, and what is to be told. Without an order it is a liquidation.
    pub(super) fn book(
        &mut self,
        number: Option<OrderNumber>,
        instrument: &Instrument,
        execution: Execution,
        booking: Booking,
        role: Role,
    ) {
        let order = number.and_then(|number| self.state.orders.get(&number));
        let (venue_id, order) = order.map(|order| (order.venue_id(), order.spec.id.clone())).unzip();
        self.state.counters.trades += 1;
        let trade = self.state.counters.trades;
        let fill = Fill {
            trade_id: TradeId::new(trade.to_string()),
            cause: if order.is_some() { FillCause::Order } else { FillCause::Liquidation },
            order,
            instrument: instrument.id.clone(),
            side: execution.side,
            quantity: execution.quantity,
            price: execution.price,
            fee: booking.fee,
            fee_currency: instrument.id.symbol.quote.clone(),
            leverage: execution.leverage,
            margin_mode: execution.margin_mode,
            maker: role == Role::Maker,
            at: execution.at,
        };
        self.state.account.book(&instrument.id, booking);
        self.pending.positions.insert(instrument.id.clone());
        self.note(fill.at, LogEvent::Filled { venue_id, fill: fill.clone() });
        self.pending.fills.push((trade, fill));
    }

    /// Carries the consequences of an order's executions to its entry, its exits and the other exits of the position.
    pub(super) fn settle(&mut self, number: OrderNumber, at: Timestamp) {
        let Some(order) = self.state.orders.get(&number) else { return };
        let instrument = order.spec.instrument.clone();
        let parent = order.attachment.filter(|_| !order.filled.is_zero()).map(|tie| tie.parent);
        if let Some(parent) = parent {
            // What an entry would still buy after its exits began to sell would be protected by less than its plan.
            self.end(parent, Stage::Expired, "its exits began to execute", at);
        }
        self.shrink_exits(&instrument, at);
        self.grow_exits(number, at);
    }

    /// Ends an open order, and the exits that waited for it to fill.
    pub(super) fn end(&mut self, number: OrderNumber, stage: Stage, why: &str, at: Timestamp) {
        let Some(order) = self.state.orders.get_mut(&number).filter(|order| !order.stage.is_over()) else { return };
        order.stage = stage;
        order.at = at;
        let venue_id = order.venue_id();
        let attached = order.spec.attached.len();
        let event = match stage {
            Stage::Canceled => LogEvent::Canceled { venue_id },
            _ => LogEvent::Expired { venue_id, why: why.to_owned() },
        };
        self.note(at, event);
        self.touch(number);
        if attached > 0 {
            self.drop_held_exits(number, at);
        }
    }

    /// Returns the rules of an order's instrument.
    pub(super) fn instrument_of(&self, number: OrderNumber) -> Option<Arc<Instrument>> {
        self.instruments.get(&self.state.orders.get(&number)?.spec.instrument).map(Arc::clone)
    }

    /// Returns the quantity step of an order's instrument.
    pub(super) fn step_of(&self, number: OrderNumber) -> Quantity {
        self.instrument_of(number).map_or(Quantity::ZERO, |instrument| instrument.step)
    }
}
