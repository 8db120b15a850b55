//! The rows of SPEC §9's `data`. Numbers are decimal strings and never rounded.

use std::fmt::Display;

use serde_json::{Value, json};

use crate::domain::market::{MarketSource, Quote};
use crate::domain::notice::{BalanceView, OrderView, PnlView, PositionView};
use crate::domain::order::{FillCause, Leg, OrderType};
use crate::domain::refusal::Refusal;
use crate::domain::request::Window;
use crate::domain::rows::FillRow;
use crate::domain::time::Timestamp;

use super::naming;

/// Returns a number as a string.
pub fn number(value: impl Display) -> Value {
    Value::String(value.to_string())
}

/// Returns a number as a string, or null.
pub fn maybe(value: Option<impl Display>) -> Value {
    value.map_or(Value::Null, number)
}

/// Returns an execution. `realized_pnl` is there when the execution closed something.
pub fn fill(row: &FillRow) -> Value {
    let fill = &row.fill;
    let mut value = json!({
        "order_id": maybe(fill.order.as_ref()),
        "trade_id": fill.trade_id.as_str(),
        "symbol": number(&fill.instrument.symbol),
        "instrument": fill.instrument.market.as_str(),
        "side": fill.side.as_str(),
        "quantity": number(fill.quantity),
        "price": number(fill.price),
        "fee": number(fill.fee),
        "leg": maybe(row.leg.map(leg)),
        "cause": match fill.cause { FillCause::Order => "order", FillCause::Liquidation => "liquidation" },
        "at_ms": fill.at.ms(),
    });
    if let Value::Object(map) = &mut value
        && (!row.realized.is_zero() || row.leg != Some(Leg::Entry))
    {
        map.insert("realized_pnl".to_owned(), number(row.realized));
    }
    value
}

/// Returns an order. `trail` is there when the venue moves its trigger.
pub fn order(order: &OrderView) -> Value {
    let mut value = json!({
        "id": order.id,
        "symbol": number(&order.instrument.symbol),
        "instrument": order.instrument.market.as_str(),
        "side": order.side.as_str(),
        "leg": leg(order.leg),
        "order_type": order_type(order.order_type),
        "state": order.state.as_str(),
        "quantity": number(order.quantity),
        "filled": number(order.filled),
        "price": maybe(order.price),
        "trigger": maybe(order.trigger),
        "why": order.why,
    });
    if let (Value::Object(map), Some(trail)) = (&mut value, order.trail) {
        map.insert("trail".to_owned(), json!(trail));
    }
    value
}

/// Returns what an order is for, as one word.
pub fn leg(leg: Leg) -> String {
    naming::leg(leg).replace(' ', "_")
}

/// Returns an order type as one word.
pub const fn order_type(order_type: OrderType) -> &'static str {
    order_type.as_str()
}

/// Returns a position.
pub fn position(position: &PositionView) -> Value {
    json!({
        "symbol": number(&position.instrument.symbol),
        "instrument": position.instrument.market.as_str(),
        "side": position.direction.as_str(),
        "quantity": number(position.quantity),
        "entry_price": number(position.entry_price),
        "mark_price": maybe(position.mark_price),
        "unrealized_pnl": maybe(position.unrealized),
        "leverage": number(position.leverage),
        "margin": number(position.margin),
        "liquidation_price": maybe(position.liquidation_price),
        "stop": maybe(position.stop),
        "targets": position.targets.iter().map(number).collect::<Vec<_>>(),
        "trailing": maybe(position.upkeep.trailing),
        "trail_from": maybe(position.upkeep.trail_from),
        "even_after_target": position.upkeep.even_after_target,
        "close_at_ms": position.upkeep.close_at.map(Timestamp::ms),
    })
}

/// Returns a balance.
pub fn balance(balance: &BalanceView) -> Value {
    json!({
        "currency": balance.currency.as_str(),
        "free": number(balance.free),
        "reserved": number(balance.reserved),
        "margin": number(balance.margin),
    })
}

/// Returns a quote.
pub fn price(symbol: impl Display, quote: &Quote, source: MarketSource) -> Value {
    json!({
        "symbol": number(symbol),
        "bid": number(quote.bid),
        "ask": number(quote.ask),
        "mark": number(quote.mark),
        "at_ms": quote.at.ms(),
        "source": source.as_str(),
    })
}

/// Returns a window as one word.
pub const fn window(window: Window) -> &'static str {
    match window {
        Window::Today => "today",
        Window::Week => "week",
        Window::Month => "month",
        Window::All => "all",
    }
}

/// Returns profit and loss.
pub fn pnl(pnl: &PnlView) -> Value {
    json!({
        "window": window(pnl.window),
        "realized": number(pnl.realized),
        "unrealized": number(pnl.unrealized),
        "fees": number(pnl.fees),
        "funding": number(pnl.funding),
        "total": number(pnl.total),
    })
}

/// Returns a refusal.
pub fn refusal(refusal: &Refusal) -> Value {
    json!({ "code": refusal.code.as_str(), "limit": refusal.limit, "actual": refusal.actual, "would_pass": refusal.would_pass })
}
