//! An execution.

use crate::domain::money::Quantity;
use crate::domain::notice::{FilledView, OrderView};
use crate::domain::order::{FillCause, Leg};

use super::place::Place;
use super::sheet::Sheet;
use super::{Rendered, exact, naming, numbers, positions};

/// Renders an execution.
pub fn render(view: &FilledView, place: &Place) -> Rendered {
    let fill = &view.fill.fill;
    let symbol = &fill.instrument.symbol;
    let mut sheet = Sheet::new(headline(view, place));
    let (executed, size) = (naming::executed(fill.side), numbers::quantity(fill.quantity));
    sheet.line(format!("{executed} {size} {} at {} · {}", symbol.base, numbers::price(fill.price), fill.instrument.name()));
    if let Some(order) = view.order.as_ref().filter(|order| order.filled < order.quantity) {
        sheet.pair("So far", format!("{} of {} {}", numbers::quantity(order.filled), numbers::quantity(order.quantity), symbol.base));
    }
    sheet.pair("Fee", format!("{} {}", numbers::money(fill.fee), fill.fee_currency));
    if !view.fill.realized.is_zero() {
        sheet.pair("Realized", format!("{} {}", numbers::signed(view.fill.realized), symbol.quote));
    }
    sheet.pair("Now", view.position.as_ref().map_or_else(|| "flat".to_owned(), positions::title));
    if let Some(stop) = view.position.as_ref().and_then(|position| position.stop) {
        sheet.pair("Stop", numbers::price(stop));
    }
    Rendered::new("fill", sheet.finish()).with("fill", exact::fill(&view.fill))
}

fn headline(view: &FilledView, place: &Place) -> String {
    if view.cause == FillCause::Liquidation {
        return place.headline("✗", "Liquidated");
    }
    let partly = view.order.as_ref().is_some_and(is_partly);
    let title = match (view.fill.leg, partly) {
        (Some(Leg::Stop), false) => "Stop filled".to_owned(),
        (Some(Leg::Stop), true) => "Stop partly filled".to_owned(),
        (Some(Leg::Target(number)), false) => format!("Target {number} filled"),
        (Some(Leg::Target(number)), true) => format!("Target {number} partly filled"),
        (Some(Leg::Entry | Leg::Close) | None, false) => "Filled".to_owned(),
        (Some(Leg::Entry | Leg::Close) | None, true) => "Partly filled".to_owned(),
    };
    place.headline("✓", &title)
}

fn is_partly(order: &OrderView) -> bool {
    order.filled > Quantity::ZERO && order.filled < order.quantity
}
