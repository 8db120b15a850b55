//! Positions: a narrow table with the exits of each under its line.

use serde_json::{Value, json};

use crate::domain::instrument::Market;
use crate::domain::notice::PositionView;
use crate::domain::upkeep::UpkeepView;

use super::place::Place;
use super::sheet::Sheet;
use super::table::Column::{self, Numbers, Words};
use super::{Rendered, exact, moment, naming, numbers, table};

const COLUMNS: [Column; 6] = [Words("Position"), Words("Side"), Numbers("Size"), Numbers("Entry"), Numbers("Mark"), Numbers("P&L")];

/// Renders the answer to "positions".
pub fn answer(positions: &[PositionView], place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", "Positions"));
    if positions.is_empty() {
        sheet.line("No open positions.");
    }
    sheet.lines(rows(positions));
    Rendered::new("answer", sheet.finish()).with("positions", data(positions)).with_buttons(["Refresh"])
}

/// Returns the lines of a table; none for no positions.
pub fn rows(positions: &[PositionView]) -> Vec<String> {
    if positions.is_empty() {
        return Vec::new();
    }
    let rows: Vec<Vec<String>> = positions.iter().map(row).collect();
    let mut lines = table::lines(&COLUMNS, &rows).into_iter();
    let mut out: Vec<String> = lines.next().into_iter().collect();
    for (line, position) in lines.zip(positions) {
        out.push(line);
        out.extend(exits(position));
        out.extend(upkeep(&position.upkeep));
    }
    out
}

/// Returns the positions for `data`.
pub fn data(positions: &[PositionView]) -> Value {
    json!(positions.iter().map(exact::position).collect::<Vec<_>>())
}

/// Returns a position in one line.
pub fn title(position: &PositionView) -> String {
    format!(
        "{} {} {} from {}",
        position.direction.as_str(),
        numbers::quantity(position.quantity),
        position.instrument.symbol.base,
        numbers::price(position.entry_price),
    )
}

fn row(position: &PositionView) -> Vec<String> {
    vec![
        naming::short_instrument(&position.instrument),
        position.direction.as_str().to_owned(),
        numbers::quantity(position.quantity),
        numbers::price(position.entry_price),
        numbers::maybe_price(position.mark_price),
        position.unrealized.map_or_else(|| "–".to_owned(), numbers::signed),
    ]
}

/// Leverage, liquidation and exits, for a position that has any of them.
fn exits(position: &PositionView) -> Option<String> {
    let mut parts = Vec::new();
    if position.instrument.market == Market::Perp {
        let mode = if position.margin_mode.is_isolated() { "" } else { " cross" };
        parts.push(format!("{}{mode}, margin {}", numbers::leverage(position.leverage), numbers::money(position.margin)));
        parts.push(position.stop.map_or_else(|| "no stop".to_owned(), |stop| format!("stop {}", numbers::price(stop))));
    } else if let Some(stop) = position.stop {
        parts.push(format!("stop {}", numbers::price(stop)));
    }
    if !position.targets.is_empty() {
        let targets: Vec<String> = position.targets.iter().map(|&target| numbers::price(target)).collect();
        parts.push(format!("{} {}", if targets.len() == 1 { "target" } else { "targets" }, targets.join(" / ")));
    }
    if let Some(liquidation) = position.liquidation_price {
        parts.push(format!("liquidation {}", numbers::price(liquidation)));
    }
    (!parts.is_empty()).then(|| format!("    {}", parts.join(" · ")))
}

/// What the account does with a position on its own.
fn upkeep(upkeep: &UpkeepView) -> Option<String> {
    let trailing = upkeep.trailing.map(|distance| {
        let from = upkeep.trail_from.map_or_else(String::new, |from| format!(" from {} on", numbers::price(from)));
        format!("stop trails by {}{from}", numbers::percent(distance))
    });
    let even = upkeep.even_after_target.then(|| "stop to break-even after a target".to_owned());
    let close = upkeep.close_at.map(|at| format!("closes at {}", moment::short(at)));
    let parts: Vec<String> = [trailing, even, close].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("    {}", parts.join(" · ")))
}
