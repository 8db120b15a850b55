//! How a position is told. A stop is told only if the venue has confirmed that it works it.

use crate::domain::market::Quote;
use crate::domain::money::{MoneyError, Price};
use crate::domain::notice::PositionView;
use crate::domain::order::Leg;
use crate::domain::rows::{OrderRow, PositionRow};

/// Returns the view of a row; nothing if it is flat. `liquidation_price` is where it is liquidated.
///
/// # Errors
/// [`MoneyError`] if a figure cannot be held.
pub fn view(
    row: &PositionRow,
    orders: &[OrderRow],
    liquidation_price: Option<Price>,
    quote: Option<Quote>,
) -> Result<Option<PositionView>, MoneyError> {
    let Some(position) = &row.position else {
        return Ok(None);
    };
    Ok(Some(PositionView {
        instrument: row.instrument.clone(),
        direction: position.direction,
        quantity: position.quantity,
        entry_price: position.entry_price()?,
        mark_price: quote.as_ref().map(|quote| quote.mark),
        unrealized: quote.map(|quote| position.unrealized(quote.mark)).transpose()?,
        leverage: position.leverage,
        margin: position.margin,
        margin_mode: position.margin_mode,
        liquidation_price,
        stop: stop(row, orders),
        targets: targets(row, orders),
        upkeep: (&row.protection).into(),
    }))
}

/// The trigger of the proven stop; while a stop is being moved there may be two, and the newer one counts.
fn stop(row: &PositionRow, orders: &[OrderRow]) -> Option<Price> {
    let newest = proven(row, orders).filter(|order| order.leg == Leg::Stop).max_by_key(|order| (order.made_at, order.generation));
    newest.and_then(|order| order.spec.trigger)
}

fn targets(row: &PositionRow, orders: &[OrderRow]) -> Vec<Price> {
    let mut targets: Vec<_> = proven(row, orders).filter(|order| matches!(order.leg, Leg::Target(_))).collect();
    targets.sort_by_key(|order| order.leg);
    targets.into_iter().filter_map(|order| order.spec.price).collect()
}

fn proven<'a>(row: &'a PositionRow, orders: &'a [OrderRow]) -> impl Iterator<Item = &'a OrderRow> {
    orders.iter().filter(|order| order.spec.instrument == row.instrument && order.state.is_proven())
}
