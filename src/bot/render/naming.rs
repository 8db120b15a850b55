//! The words for things in texts, so that one thing has one name everywhere.

use crate::domain::instrument::{InstrumentId, Market};
use crate::domain::order::{Leg, OrderState, OrderType, Side};
use crate::domain::position::Direction;
use crate::domain::trail::{Callback, Trail};

use super::numbers;

/// Returns `BTC/USDT spot` or `BTC/USDT perp`, for tables.
pub fn short_instrument(id: &InstrumentId) -> String {
    format!("{} {}", id.symbol, id.market.as_str())
}

/// Returns what an opening order is called: spot is bought and sold, a perpetual goes long or short.
pub const fn opening(market: Market, side: Side) -> &'static str {
    match (market, side) {
        (Market::Spot, Side::Buy) => "Buy",
        (Market::Spot, Side::Sell) => "Sell",
        (Market::Perp, Side::Buy) => "Long",
        (Market::Perp, Side::Sell) => "Short",
    }
}

/// Returns what an execution did.
pub const fn executed(side: Side) -> &'static str {
    match side {
        Side::Buy => "Bought",
        Side::Sell => "Sold",
    }
}

/// Returns what an order is for.
pub fn leg(leg: Leg) -> String {
    match leg {
        Leg::Entry => "entry".to_owned(),
        Leg::Stop => "stop".to_owned(),
        Leg::Target(number) => format!("target {number}"),
        Leg::Close => "close".to_owned(),
    }
}

/// Returns how an order meets the book.
pub const fn order_type(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Market => "market",
        OrderType::Limit => "limit",
        OrderType::StopMarket => "stop market",
        OrderType::StopLimit => "stop limit",
        OrderType::TakeProfitMarket => "take-profit",
        OrderType::TakeProfitLimit => "take-profit limit",
        OrderType::TrailingStop => "trailing stop",
    }
}

/// Returns how far behind the price a trailing stop stays: `1%`, or `431.2`.
pub fn callback(trail: &Trail) -> String {
    match trail.callback {
        Callback::Share(share) => numbers::percent(share),
        Callback::Distance(distance) => numbers::price(distance),
    }
}

/// Returns where an order stands.
pub const fn order_state(state: OrderState) -> &'static str {
    match state {
        OrderState::Canceled => "cancelled",
        OrderState::Canceling => "being cancelled",
        OrderState::NotSent => "not sent",
        OrderState::Unknown => "outcome unknown",
        OrderState::Absent => "never placed",
        other => other.as_str(),
    }
}

/// Returns `long` or `short`.
pub const fn direction(direction: Direction) -> &'static str {
    direction.as_str()
}
