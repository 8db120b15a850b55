//! The trading state: after a stop word with the proof of what stands at the venue, and in the greeting.

use serde_json::{Value, json};

use crate::domain::market::MarketSource;
use crate::domain::money::Amount;
use crate::domain::notice::{OrderView, PositionView};
use crate::domain::rows::{StateRow, TradingState};

use super::place::Place;
use super::sheet::Sheet;
use super::{Rendered, exact, help, moment, numbers, orders, positions};

/// Renders a change of the trading state. With choices left it is a question.
pub fn render(
    state: &StateRow,
    text: &str,
    orders: &[OrderView],
    positions: &[PositionView],
    choices: &[String],
    place: &Place,
) -> Rendered {
    let mut sheet = Sheet::new(place.headline(sign(state.trading), name(state.trading)));
    sheet.line(text);
    write_reason(state, &mut sheet);
    sheet.line("What stands at the venue now, read back from it:");
    if orders.is_empty() && positions.is_empty() {
        sheet.line("  no orders, no positions");
    }
    sheet.lines(orders::rows(orders));
    sheet.lines(positions::rows(positions));
    let kind = if choices.is_empty() { "answer" } else { "question" };
    if !choices.is_empty() {
        sheet.line("What else?");
    }
    Rendered::new(kind, sheet.finish())
        .with("state", data(state))
        .with("orders", orders::data(orders))
        .with("positions", positions::data(positions))
        .with_buttons(choices.iter().map(String::as_str))
}

/// Renders the greeting.
pub fn welcome(state: &StateRow, equity: Amount, source: MarketSource, place: &Place) -> Rendered {
    let place = Place { source, ..place.clone() };
    let mut sheet = Sheet::new(place.headline("◆", "Outcry"));
    sheet.line("A trading desk you talk to. Every order shows a card first.");
    sheet.pair("Equity", numbers::money(equity));
    sheet.pair("State", name(state.trading).to_lowercase());
    write_reason(state, &mut sheet);
    sheet.line("Say, for example:");
    sheet.lines(help::EXAMPLES.iter().map(|example| format!("  {example}")));
    Rendered::new("answer", sheet.finish())
        .with("equity", exact::number(equity))
        .with("state", data(state))
        .with("source", json!(source.as_str()))
}

fn write_reason(state: &StateRow, sheet: &mut Sheet) {
    if state.trading != TradingState::Active && !state.why.is_empty() {
        sheet.pair("Because", state.why.as_str());
        sheet.pair("Since", moment::full(state.since));
    }
    if let Some(until) = state.until {
        sheet.pair("Until", moment::full(until));
    }
}

fn data(state: &StateRow) -> Value {
    json!({
        "trading": state.trading.as_str(),
        "why": state.why,
        "since_ms": state.since.ms(),
        "until_ms": state.until.map(|until| until.ms()),
    })
}

const fn sign(state: TradingState) -> &'static str {
    match state {
        TradingState::Active => "●",
        TradingState::Reducing => "◐",
        TradingState::Halted => "○",
    }
}

const fn name(state: TradingState) -> &'static str {
    match state {
        TradingState::Active => "Trading",
        TradingState::Reducing => "Exits only",
        TradingState::Halted => "Halted",
    }
}
