//! What the books are worth at mark prices, and how much of them is spoken for.

use crate::domain::ids::PlanId;
use crate::domain::instrument::{Currency, InstrumentId, Market, Symbol};
use crate::domain::money::{Amount, MoneyError, Price, Quantity};
use crate::domain::order::{OrderState, Side};
use crate::domain::plan::Plan;
use crate::domain::position::Position;
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
        sum = sum.plus(worth(position, mark)?)?;
    }
    Ok(sum)
}

/// Returns what a position is worth at a mark price: holdings, or margin and unrealised profit.
///
/// # Errors
/// [`MoneyError`] if the numbers cannot be held.
pub fn worth(position: &Position, mark: Price) -> Result<Amount, MoneyError> {
    match position.instrument.market {
        Market::Spot => mark.notional(position.quantity),
        Market::Perp => position.margin.plus(position.unrealized(mark)?),
    }
}

/// Whose orders are left out where a plan is judged: its own, for what it holds back for itself never counts against it,
/// and those of the plan in whose place it stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Besides<'a> {
    own: Option<&'a PlanId>,
    replaced: Option<&'a PlanId>,
}

impl<'a> Besides<'a> {
    /// Leaves nothing out.
    pub const NOTHING: Self = Self { own: None, replaced: None };

    /// Leaves out what belongs to `plan`.
    pub fn plan(plan: &'a Plan) -> Self {
        Self { own: Some(&plan.id), replaced: plan.replaces.as_ref().map(|replaced| &replaced.plan) }
    }

    /// Tells whether what belongs to a plan is left out.
    pub fn leaves_out(self, plan: &PlanId) -> bool {
        self.own == Some(plan) || self.replaced == Some(plan)
    }
}

/// Returns the orders that something is still expected of, besides those of the plan that is judged.
pub fn orders_besides<'a>(book: &'a Book, besides: Besides<'a>) -> impl Iterator<Item = &'a OrderRow> {
    book.live_orders().filter(move |row| !besides.leaves_out(&row.plan))
}

/// Returns what can be used of a currency: cash less what open orders hold of it, those of `besides` left out.
///
/// # Errors
/// [`MoneyError::Overflow`].
pub fn free(book: &Book, currency: &Currency, besides: Besides<'_>) -> Result<Amount, MoneyError> {
    let cash = book.balance(currency).map_or(Amount::ZERO, |row| row.cash);
    let reservations = orders_besides(book, besides).filter_map(|row| row.reservation.as_ref());
    let held = reservations.filter(|reservation| reservation.currency == *currency);
    held.into_iter().try_fold(cash, |left, reservation| left.minus(reservation.amount))
}

/// Tells whether an order can still add risk.
pub fn may_open(row: &OrderRow) -> bool {
    row.leg.opens() && (row.state.is_live() || row.state == OrderState::Planned)
}

/// Where an account stands, one plan's own orders left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Everything at mark prices; see [`equity`].
    pub equity: Amount,
    /// Notional of positions and of entries that may still fill, at mark prices (orders at their own price).
    pub gross_exposure: Amount,
    /// The part of it in the plan's pair, on both markets.
    pub symbol_exposure: Amount,
}

/// Returns what the account is worth and what hangs on the market, in one pass over positions and orders.
///
/// # Errors
/// [`ValuationError::NoPrice`] while something that is held or ordered at the market has no price.
pub fn standing(book: &Book, quotes: &dyn Quotes, symbol: &Symbol, besides: Besides<'_>) -> Result<Standing, ValuationError> {
    let mark = |id: &InstrumentId| quotes.quote(id).map(|quote| quote.mark).ok_or_else(|| ValuationError::NoPrice(id.clone()));
    let cash = book.balance(&book.quote).map_or(Amount::ZERO, |row| row.cash);
    let mut sum = Standing { equity: cash, gross_exposure: Amount::ZERO, symbol_exposure: Amount::ZERO };
    for position in book.positions().filter_map(|row| row.position.as_ref()) {
        let mark = mark(&position.instrument)?;
        sum.equity = sum.equity.plus(worth(position, mark)?)?;
        sum.expose(mark.notional(position.quantity)?, position.instrument.symbol == *symbol)?;
    }
    for row in orders_besides(book, besides).filter(|row| may_open(row)) {
        let price = row.spec.price.or(row.spec.trigger).map_or_else(|| mark(&row.spec.instrument), Ok)?;
        sum.expose(price.notional(row.remaining())?, row.spec.instrument.symbol == *symbol)?;
    }
    Ok(sum)
}

impl Standing {
    fn expose(&mut self, notional: Amount, in_symbol: bool) -> Result<(), MoneyError> {
        self.gross_exposure = self.gross_exposure.plus(notional)?;
        if in_symbol {
            self.symbol_exposure = self.symbol_exposure.plus(notional)?;
        }
        Ok(())
    }
}

/// Returns how many instruments other than `plan`'s are held, or may be by entries that still work.
pub fn other_positions(book: &Book, plan: &Plan) -> usize {
    let others = |id: &&InstrumentId| **id != plan.instrument;
    let held = |id: &&InstrumentId| book.position(id).is_some_and(|row| row.position.is_some());
    let opening = |id: &&InstrumentId| !held(id) && book.live_orders_of(id).any(may_open);
    let holding = book.positions().filter(|row| row.position.is_some()).map(|row| &row.instrument);
    holding.filter(others).count() + book.instruments_ordered().filter(others).filter(opening).count()
}

/// Returns how much of a spot instrument can be sold: holdings less what own sell orders that are no exits hold, those of
/// `besides` left out.
pub fn free_base(book: &Book, instrument: &InstrumentId, besides: Besides<'_>) -> Quantity {
    let held = book.position(instrument).and_then(|row| row.position.as_ref()).map_or(Quantity::ZERO, |position| position.quantity);
    let others = book.live_orders_of(instrument).filter(|row| !besides.leaves_out(&row.plan));
    let selling = others.filter(|row| row.spec.side == Side::Sell && !row.spec.reduce_only);
    selling.fold(held, |left, row| left.saturating_minus(row.remaining()))
}
