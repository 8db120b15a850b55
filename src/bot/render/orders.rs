//! Orders: a narrow table, and news of them.

use serde_json::{Value, json};

use crate::domain::notice::OrderView;

use super::place::Place;
use super::sheet::Sheet;
use super::table::Column::{self, Numbers, Words};
use super::{Rendered, exact, naming, numbers, table};

const COLUMNS: [Column; 7] =
    [Words("Id"), Words("What"), Words("Side"), Numbers("Size"), Numbers("Filled"), Numbers("Price"), Words("State")];
/// Characters of an order id that are enough to name it.
const ID_SHOWN: usize = 8;

/// Renders the answer to "orders".
pub fn answer(orders: &[OrderView], place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", "Open orders"));
    if orders.is_empty() {
        sheet.line("No open orders.");
    }
    sheet.lines(rows(orders));
    Rendered::new("answer", sheet.finish()).with("orders", data(orders)).with_buttons(["Refresh"])
}

/// Renders news of orders: they rest, ended or changed.
pub fn news(text: &str, orders: &[OrderView], place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", "Orders"));
    sheet.line(text);
    sheet.lines(rows(orders));
    Rendered::new("answer", sheet.finish()).with("orders", data(orders))
}

/// Returns the lines of a table; none for no orders.
pub fn rows(orders: &[OrderView]) -> Vec<String> {
    if orders.is_empty() {
        return Vec::new();
    }
    let rows: Vec<Vec<String>> = orders.iter().map(row).collect();
    table::lines(&COLUMNS, &rows)
}

/// Returns the orders for `data`.
pub fn data(orders: &[OrderView]) -> Value {
    json!(orders.iter().map(exact::order).collect::<Vec<_>>())
}

/// Returns an order in one line.
pub fn title(order: &OrderView) -> String {
    format!(
        "{} {} {} {} · {} {}",
        order.side.as_str(),
        numbers::quantity(order.quantity),
        order.instrument.symbol.base,
        naming::leg(order.leg),
        order.instrument.name(),
        price(order),
    )
}

fn row(order: &OrderView) -> Vec<String> {
    vec![
        order.id.chars().take(ID_SHOWN).collect(),
        format!("{} {}", naming::short_instrument(&order.instrument), naming::leg(order.leg)),
        order.side.as_str().to_owned(),
        numbers::quantity(order.quantity),
        numbers::quantity(order.filled),
        price(order),
        naming::order_state(order.state).to_owned(),
    ]
}

fn price(order: &OrderView) -> String {
    match (order.trigger, order.price) {
        (Some(trigger), limit) => {
            let name = if order.order_type.takes_profit() { "take profit" } else { "stop" };
            let limit = limit.map(|limit| format!(" limit {}", numbers::price(limit))).unwrap_or_default();
            let trail = order.trail.as_ref().map(|trail| format!(" trail {}", naming::callback(trail))).unwrap_or_default();
            format!("{name} {}{limit}{trail}", numbers::price(trigger))
        }
        (None, Some(limit)) => numbers::price(limit),
        (None, None) => naming::order_type(order.order_type).to_owned(),
    }
}
