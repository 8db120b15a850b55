//! Balances and equity.
//!
//! Equity = cash in quote currency + coins at their spot mark + margin and unrealised profit of perpetuals.

use std::collections::BTreeMap;

use crate::domain::instrument::{Currency, InstrumentId, Market, Symbol};
use crate::domain::market::Quote;
use crate::domain::money::{Amount, MoneyError, Quantity};
use crate::domain::notice::BalanceView;
use crate::domain::position::Position;
use crate::domain::rows::{BalanceRow, OrderRow, PositionRow};

use super::AnswerError;

/// Returns one view a currency, in the order of its code.
///
/// # Errors
/// [`MoneyError`] if a sum cannot be held.
pub fn views(rows: &[BalanceRow], orders: &[OrderRow], positions: &[PositionRow]) -> Result<Vec<BalanceView>, MoneyError> {
    let mut reserved = BTreeMap::new();
    for reservation in orders.iter().filter_map(|order| order.reservation.as_ref()) {
        add(&mut reserved, &reservation.currency, reservation.amount)?;
    }
    let mut margin = BTreeMap::new();
    for position in open(positions).filter(|position| position.instrument.market == Market::Perp) {
        add(&mut margin, &position.instrument.symbol.quote, position.margin)?;
    }
    let mut cash = BTreeMap::new();
    for row in rows {
        add(&mut cash, &row.currency, row.cash)?;
    }
    let mut currencies: Vec<&Currency> = cash.keys().chain(reserved.keys()).chain(margin.keys()).collect();
    currencies.sort();
    currencies.dedup();
    let of = |amounts: &BTreeMap<Currency, Amount>, currency: &Currency| amounts.get(currency).copied().unwrap_or(Amount::ZERO);
    let mut views = Vec::new();
    for currency in currencies {
        let view = BalanceView {
            currency: currency.clone(),
            free: of(&cash, currency).minus(of(&reserved, currency))?,
            reserved: of(&reserved, currency),
            margin: of(&margin, currency),
        };
        if !(view.free.is_zero() && view.reserved.is_zero() && view.margin.is_zero()) {
            views.push(view);
        }
    }
    Ok(views)
}

/// Returns what everything is worth at mark prices, in `quote_currency`.
///
/// # Errors
/// [`AnswerError::NoPrice`] if something held has no price; [`AnswerError::Money`] if the sum cannot be held.
pub fn equity(
    quote_currency: &Currency,
    rows: &[BalanceRow],
    positions: &[PositionRow],
    quote: &dyn Fn(&InstrumentId) -> Option<Quote>,
) -> Result<Amount, AnswerError> {
    let mut equity = Amount::ZERO;
    for row in rows.iter().filter(|row| !row.cash.is_zero()) {
        let worth = if row.currency == *quote_currency {
            row.cash
        } else {
            let symbol = Symbol { base: row.currency.clone(), quote: quote_currency.clone() };
            worth(row.cash, &InstrumentId::new(symbol, Market::Spot), quote)?
        };
        equity = equity.plus(worth)?;
    }
    // Spot holdings are balances of their coin, and so are in the sum already.
    for position in open(positions).filter(|position| position.instrument.market == Market::Perp) {
        let mark = quote(&position.instrument).ok_or_else(|| AnswerError::NoPrice(position.instrument.clone()))?.mark;
        equity = equity.plus(position.margin)?.plus(position.unrealized(mark)?)?;
    }
    Ok(equity)
}

fn worth(coins: Amount, instrument: &InstrumentId, quote: &dyn Fn(&InstrumentId) -> Option<Quote>) -> Result<Amount, AnswerError> {
    let mark = quote(instrument).ok_or_else(|| AnswerError::NoPrice(instrument.clone()))?.mark;
    // A balance is an amount of coins: the same digits as a quantity, and never below zero.
    let quantity = Quantity::new(coins.value())?;
    Ok(mark.notional(quantity)?)
}

fn open(positions: &[PositionRow]) -> impl Iterator<Item = &Position> {
    positions.iter().filter_map(|row| row.position.as_ref())
}

fn add(sums: &mut BTreeMap<Currency, Amount>, currency: &Currency, amount: Amount) -> Result<(), MoneyError> {
    let sum = sums.entry(currency.clone()).or_insert(Amount::ZERO);
    *sum = sum.plus(amount)?;
    Ok(())
}
