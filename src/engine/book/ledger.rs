//! Double-entry bookkeeping: each kind of money movement is one function that returns balanced lines.
//!
//! Invariant I6: the lines of one transaction sum to zero in every currency; [`check_balanced`] proves it and the
//! journal refuses a commit that fails it. Assets and expenses are positive when they grow, income and equity negative.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::domain::funding::Funding;
use crate::domain::instrument::{Currency, Market};
use crate::domain::money::{Amount, MoneyError};
use crate::domain::order::{Fill, Side};
use crate::domain::position::{FillEffect, Position};
use crate::domain::rows::Posting;
use crate::domain::time::Timestamp;

/// Cash of a currency.
pub const CASH: &str = "cash";
/// Profit and loss realised by closing.
pub const REALIZED: &str = "income:realized";
/// Fees paid.
pub const FEE: &str = "expense:fee";
/// Funding received, or paid.
pub const FUNDING: &str = "income:funding";
/// What was paid in.
pub const DEPOSIT: &str = "equity:deposit";

/// The lines of one transaction.
struct Entry {
    transaction: String,
    at: Timestamp,
    lines: Vec<Posting>,
}

impl Entry {
    fn line(&mut self, ledger: impl Into<String>, currency: &Currency, amount: Amount) {
        if !amount.is_zero() {
            let (transaction, at) = (self.transaction.clone(), self.at);
            self.lines.push(Posting { transaction, ledger: ledger.into(), currency: currency.clone(), amount, at });
        }
    }
}

/// Returns the lines of money or coins that were there when the account was opened.
pub fn deposit(currency: &Currency, amount: Amount, at: Timestamp) -> Vec<Posting> {
    let mut entry = Entry { transaction: format!("deposit:{currency}"), at, lines: Vec::new() };
    entry.line(CASH, currency, amount);
    entry.line(DEPOSIT, currency, amount.negated());
    entry.lines
}

/// Returns the lines of a position that was there when the account was opened (its coins are part of the cash deposit).
pub fn adopted(position: &Position, at: Timestamp) -> Vec<Posting> {
    let instrument = &position.instrument;
    let mut entry = Entry { transaction: format!("adopted:{instrument}"), at, lines: Vec::new() };
    let (ledger, amount) = match instrument.market {
        Market::Spot => (format!("cost:{instrument}"), position.cost),
        Market::Perp => (format!("margin:{instrument}"), position.margin),
    };
    entry.line(ledger, &instrument.symbol.quote, amount);
    entry.line(DEPOSIT, &instrument.symbol.quote, amount.negated());
    entry.lines
}

/// Returns the lines of an execution.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn execution(fill: &Fill, effect: &FillEffect) -> Result<Vec<Posting>, MoneyError> {
    let instrument = &fill.instrument;
    let mut entry = Entry { transaction: format!("fill:{instrument}:{}", fill.trade_id), at: fill.at, lines: Vec::new() };
    let quote = &instrument.symbol.quote;
    match instrument.market {
        Market::Spot => spot_lines(&mut entry, fill, effect)?,
        Market::Perp => {
            entry.line(CASH, quote, effect.realized.minus(effect.margin_change)?);
            entry.line(format!("margin:{instrument}"), quote, effect.margin_change);
            entry.line(REALIZED, quote, effect.realized.negated());
        }
    }
    entry.line(CASH, &fill.fee_currency, fill.fee.negated());
    entry.line(FEE, &fill.fee_currency, fill.fee);
    Ok(entry.lines)
}

fn spot_lines(entry: &mut Entry, fill: &Fill, effect: &FillEffect) -> Result<(), MoneyError> {
    let instrument = &fill.instrument;
    let (base, quote) = (&instrument.symbol.base, &instrument.symbol.quote);
    let notional = fill.price.notional(fill.quantity)?;
    let coins = Amount::new(fill.quantity.value())?;
    let cost = format!("cost:{instrument}");
    let (cash, cost_change, coins_change) = match fill.side {
        Side::Buy => (notional.negated(), notional, coins),
        Side::Sell => (notional, effect.closed_cost.negated(), coins.negated()),
    };
    entry.line(CASH, quote, cash);
    entry.line(cost, quote, cost_change);
    entry.line(REALIZED, quote, effect.realized.negated());
    entry.line(CASH, base, coins_change);
    entry.line(format!("market:{instrument}"), base, coins_change.negated());
    Ok(())
}

/// Returns the lines of a funding payment of which `from_margin` came out of the position's margin.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn funding(payment: &Funding, from_margin: Amount) -> Result<Vec<Posting>, MoneyError> {
    let instrument = &payment.instrument;
    let transaction = format!("funding:{instrument}:{}", payment.moment.ms());
    let mut entry = Entry { transaction, at: payment.at, lines: Vec::new() };
    let quote = &instrument.symbol.quote;
    entry.line(CASH, quote, payment.amount.plus(from_margin)?);
    entry.line(format!("margin:{instrument}"), quote, from_margin.negated());
    entry.line(FUNDING, quote, payment.amount.negated());
    Ok(entry.lines)
}

/// Returns the lines that move ledgers of one currency by these amounts, against realised profit.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn correction(currency: &Currency, changes: &[(String, Amount)], at: Timestamp) -> Result<Vec<Posting>, MoneyError> {
    let mut entry = Entry { transaction: format!("correction:{currency}:{}", at.ms()), at, lines: Vec::new() };
    let mut sum = Amount::ZERO;
    for (ledger, amount) in changes {
        entry.line(ledger, currency, *amount);
        sum = sum.plus(*amount)?;
    }
    entry.line(REALIZED, currency, sum.negated());
    Ok(entry.lines)
}

/// Returns the change of cash in `currency` that these lines make.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn cash_change(lines: &[Posting], currency: &Currency) -> Result<Amount, MoneyError> {
    lines.iter().filter(|line| line.ledger == CASH && line.currency == *currency).try_fold(Amount::ZERO, |sum, line| sum.plus(line.amount))
}

/// Returns the first transaction and currency whose lines do not sum to zero.
///
/// # Errors
/// [`MoneyError::Overflow`] if a sum cannot be held.
pub fn check_balanced(lines: &[Posting]) -> Result<Option<(String, Currency, Amount)>, MoneyError> {
    let mut sums: BTreeMap<(&str, &Currency), Amount> = BTreeMap::new();
    for line in lines {
        let sum = sums.entry((&line.transaction, &line.currency)).or_insert(Amount::ZERO);
        *sum = sum.plus(line.amount)?;
    }
    Ok(sums
        .into_iter()
        .find(|(_, sum)| !sum.is_zero())
        .map(|((transaction, currency), sum)| (transaction.to_owned(), currency.clone(), sum)))
}
