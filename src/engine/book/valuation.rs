//! What the books are worth at mark prices, and how much of them is spoken for.

use crate::domain::instrument::{Currency, InstrumentId, Market, Symbol};
use crate::domain::money::{Amount, MoneyError, Quantity};
use crate::domain::order::{OrderState, Side};
use crate::domain::rows::OrderRow;
use crate::engine::book::books::Book;
use crate::engine::ports::Quotes;

/// Why a value is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValuationError {
    /// An instrument that is held has no price yet.
    #[error("no price yet for {0}")]
    NoPrice(InstrumentId),
    /// A number cannot be held.
    #[error("{0}")]
    Money(#[from] MoneyError),
}

/// Returns everything at mark prices, in the book's quote currency: cash, margin, holdings and unrealised profit.
///
/// # Errors
/// [`ValuationError::NoPrice`] while something that is held has no price.
pub fn equity(book: &Book, quotes: &dyn Quotes) -> Result<Amount, ValuationError> {
    let mut sum = book.balance(&book.quote).map_or(Amount::ZERO, |row| row.cash);
    for position in book.positions().filter_map(|row| row.position.as_ref()) {
        let mark = quotes.quote(&position.instrument).ok_or_else(|| ValuationError::NoPrice(position.instrument.clone()))?.mark;
        let value = match position.instrument.market {
            Market::Spot => mark.notional(position.quantity)?,
            Market::Perp => position.margin.plus(position.unrealized(mark)?)?,
        };
        sum = sum.plus(value)?;
    }
    Ok(sum)
}

/// Returns what open orders hold of a currency.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn reserved(book: &Book, currency: &Currency) -> Result<Amount, MoneyError> {
    let reservations =
        book.live_orders().filter_map(|row| row.reservation.as_ref()).filter(|reservation| reservation.currency == *currency);
    reservations.into_iter().try_fold(Amount::ZERO, |sum, reservation| sum.plus(reservation.amount))
}

/// Returns what can be used of a currency: cash less reservations.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn free(book: &Book, currency: &Currency) -> Result<Amount, MoneyError> {
    let cash = book.balance(currency).map_or(Amount::ZERO, |row| row.cash);
    cash.minus(reserved(book, currency)?)
}

/// Tells whether an order can still add risk.
pub fn may_open(row: &OrderRow) -> bool {
    row.leg.opens() && (row.state.is_live() || row.state == OrderState::Planned)
}

/// Returns the notional of positions and of entries that may still fill, at mark prices (orders at their own price), of one
/// pair or of all.
///
/// # Errors
/// [`ValuationError::NoPrice`] while something that is held has no price.
pub fn exposure(book: &Book, quotes: &dyn Quotes, symbol: Option<&Symbol>) -> Result<Amount, ValuationError> {
    let wanted = |instrument: &InstrumentId| symbol.is_none_or(|symbol| instrument.symbol == *symbol);
    let mut sum = Amount::ZERO;
    for position in book.positions().filter_map(|row| row.position.as_ref()).filter(|position| wanted(&position.instrument)) {
        let mark = quotes.quote(&position.instrument).ok_or_else(|| ValuationError::NoPrice(position.instrument.clone()))?.mark;
        sum = sum.plus(mark.notional(position.quantity)?)?;
    }
    for row in book.live_orders().filter(|row| may_open(row) && wanted(&row.spec.instrument)) {
        let price = match row.spec.price.or(row.spec.trigger) {
            Some(price) => price,
            None => quotes.quote(&row.spec.instrument).ok_or_else(|| ValuationError::NoPrice(row.spec.instrument.clone()))?.mark,
        };
        sum = sum.plus(price.notional(row.remaining())?)?;
    }
    Ok(sum)
}

/// Returns how much of a spot instrument can be sold: holdings less what own sell orders that are no exits hold.
pub fn free_base(book: &Book, instrument: &InstrumentId) -> Quantity {
    let held = book.position(instrument).and_then(|row| row.position.as_ref()).map_or(Quantity::ZERO, |position| position.quantity);
    let selling =
        book.live_orders().filter(|row| row.spec.instrument == *instrument && row.spec.side == Side::Sell && !row.spec.reduce_only);
    selling.fold(held, |left, row| left.saturating_minus(row.remaining()))
}
