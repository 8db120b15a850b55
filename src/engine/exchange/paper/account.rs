//! The account: one cash balance, spot holdings and positions on margin, isolated and cross.
//!
//! Invariant: cash + margin of perpetuals + cost of spot holdings + fees paid − realised profit − funding = deposit,
//! exactly, after every execution and every funding payment; and cash is never negative.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::instrument::{Currency, Instrument, InstrumentId, Market};
use crate::domain::money::{Amount, MoneyError, Quantity, Ratio};
use crate::domain::order::Side;
use crate::domain::position::{Execution, Position, after_execution};

/// The currency of the account's cash; every listed instrument is quoted in it.
pub const CASH_CURRENCY: &str = "USDT";

/// Cash and what it began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cash {
    /// What was paid in at the start.
    pub deposit: Amount,
    /// What is there now: free and locked, without margin.
    pub balance: Amount,
}

/// Cash and positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Cash.
    pub cash: Cash,
    /// Positions that are not flat, spot holdings included.
    pub positions: BTreeMap<InstrumentId, Position>,
}

/// An execution that was worked out and not yet booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// The position afterwards; `None` when flat.
    pub position: Option<Position>,
    /// The fee, above zero.
    pub fee: Amount,
    /// What cash gains (positive) or pays.
    pub cash_change: Amount,
    /// Cash afterwards.
    pub balance: Amount,
    /// Whether the execution only reduced a position.
    pub reduces: bool,
}

impl Account {
    /// Returns an account that holds `deposit` and nothing else.
    pub const fn new(deposit: Amount) -> Self {
        Self { cash: Cash { deposit, balance: deposit }, positions: BTreeMap::new() }
    }

    /// Returns the position in an instrument.
    pub fn position(&self, instrument: &InstrumentId) -> Option<&Position> {
        self.positions.get(instrument)
    }

    /// Returns how much an order of `side` could reduce the position by.
    pub fn reducible(&self, instrument: &InstrumentId, side: Side) -> Quantity {
        match self.position(instrument) {
            Some(position) if position.direction.closing_side() == side => position.quantity,
            _ => Quantity::ZERO,
        }
    }

    /// Works out what `execution` does, with a fee of `rate` on its notional. Changes nothing.
    ///
    /// # Errors
    /// [`MoneyError`] if a number cannot be held exactly, or a spot sale exceeds the holdings.
    pub fn work_out(&self, instrument: &Instrument, execution: Execution, rate: Ratio) -> Result<Booking, MoneyError> {
        let current = self.position(&instrument.id);
        let notional = execution.price.notional(execution.quantity)?;
        let fee = notional.share(rate)?;
        let effect = after_execution(&instrument.id, current, execution)?;
        let gross = match (instrument.id.market, execution.side) {
            (Market::Spot, Side::Buy) => notional.negated(),
            (Market::Spot, Side::Sell) => notional,
            (Market::Perp, _) => effect.realized.minus(effect.margin_change)?,
        };
        let reduces = self.reducible(&instrument.id, execution.side) >= execution.quantity;
        let cash_change = gross.minus(fee)?;
        let balance = self.cash.balance.plus(cash_change)?;
        Ok(Booking { position: effect.position, fee, cash_change, balance, reduces })
    }

    /// Books what was worked out.
    pub fn book(&mut self, instrument: &InstrumentId, booking: Booking) {
        self.cash.balance = booking.balance;
        match booking.position {
            Some(position) => self.positions.insert(instrument.clone(), position),
            None => self.positions.remove(instrument),
        };
    }

    /// Returns cash and holdings by currency, without margin.
    pub fn balances(&self) -> Vec<(Currency, Amount)> {
        let holdings = self.positions.values().filter(|position| position.instrument.market == Market::Spot).filter_map(|position| {
            let amount = Amount::new(position.quantity.value()).ok()?;
            Some((position.instrument.symbol.base.clone(), amount))
        });
        std::iter::once((Currency::new(CASH_CURRENCY), self.cash.balance)).chain(holdings).collect()
    }
}
