//! Everything at a glance: positions, what equity consists of, exposure, and what the day and the whole time brought.

use crate::domain::instrument::{Currency, InstrumentId, Market, Symbol};
use crate::domain::market::Quote;
use crate::domain::money::Amount;
use crate::domain::notice::PositionView;
use crate::domain::report::{AllocationView, PortfolioView};
use crate::domain::request::Window;
use crate::domain::rows::{BalanceRow, PnlDayRow, PositionRow, StateRow};
use crate::engine::book::valuation::worth;

use super::{AnswerError, balances, pnl};

/// The rows that a portfolio is made from.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// What totals are told in.
    pub quote_currency: &'a Currency,
    /// Balances.
    pub rows: &'a [BalanceRow],
    /// Positions.
    pub positions: &'a [PositionRow],
    /// Every day so far.
    pub days: &'a [PnlDayRow],
    /// Everything at mark prices.
    pub equity: Amount,
}

/// Returns the portfolio.
///
/// # Errors
/// [`AnswerError::NoPrice`] if something held has no price; [`AnswerError::Money`] if a sum cannot be held.
pub fn view(
    input: Input<'_>,
    positions: Vec<PositionView>,
    state: &StateRow,
    quote: &dyn Fn(&InstrumentId) -> Option<Quote>,
) -> Result<PortfolioView, AnswerError> {
    let (mut exposure, mut unrealized) = (Amount::ZERO, Amount::ZERO);
    for position in input.positions.iter().filter_map(|row| row.position.as_ref()) {
        let mark = quote(&position.instrument).ok_or_else(|| AnswerError::NoPrice(position.instrument.clone()))?.mark;
        exposure = exposure.plus(mark.notional(position.quantity)?)?;
        unrealized = unrealized.plus(position.unrealized(mark)?)?;
    }
    Ok(PortfolioView {
        positions,
        allocation: allocation(input, quote)?,
        equity: input.equity,
        exposure,
        unrealized,
        day: input.equity.minus(state.day_equity)?,
        total: pnl::view(Window::All, input.days, unrealized)?.total,
    })
}

/// Cash, coins at their spot mark, and margin with unrealised profit; together they are equity.
fn allocation(input: Input<'_>, quote: &dyn Fn(&InstrumentId) -> Option<Quote>) -> Result<Vec<AllocationView>, AnswerError> {
    let mut parts: Vec<(String, Amount)> = Vec::new();
    for row in input.rows.iter().filter(|row| !row.cash.is_zero()) {
        let one = [row.clone()];
        let worth = balances::equity(input.quote_currency, &one, &[], quote)?;
        let name = if row.currency == *input.quote_currency {
            format!("{} cash", row.currency)
        } else {
            InstrumentId::new(Symbol { base: row.currency.clone(), quote: input.quote_currency.clone() }, Market::Spot).name()
        };
        parts.push((name, worth));
    }
    for position in input.positions.iter().filter_map(|row| row.position.as_ref()) {
        if position.instrument.market == Market::Perp {
            let mark = quote(&position.instrument).ok_or_else(|| AnswerError::NoPrice(position.instrument.clone()))?.mark;
            parts.push((position.instrument.name(), worth(position, mark)?));
        }
    }
    parts.sort_by(|(a_name, a), (b_name, b)| b.cmp(a).then_with(|| a_name.cmp(b_name)));
    let share = |worth: Amount| {
        let counts = !input.equity.is_zero() && !input.equity.is_negative();
        counts.then(|| worth.as_share_of(input.equity)).transpose()
    };
    parts.into_iter().map(|(name, worth)| Ok(AllocationView { name, worth, share: share(worth)? })).collect()
}
