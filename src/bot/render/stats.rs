//! Figures of trades.

use serde_json::{Value, json};

use crate::domain::report::{SideStats, StatsView, Trade};

use super::place::Place;
use super::sheet::Sheet;
use super::{Rendered, answer, exact, moment, naming, numbers};

/// Renders figures of trades.
pub fn render(view: &StatsView, place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", &format!("Statistics {}", answer::window(view.window))));
    if view.trades == 0 {
        sheet.line("No trade has ended in this time; a trade goes from flat to flat.");
    } else {
        write_trades(view, &mut sheet);
    }
    sheet.pair("Fees", numbers::signed(view.fees.negated()));
    sheet.pair("Funding", numbers::signed(view.funding));
    sheet.pair("Max drawdown", view.drawdown.map_or_else(|| "no snapshot yet".to_owned(), numbers::percent));
    Rendered::new("answer", sheet.finish()).with("stats", data(view)).with_buttons(["Refresh"])
}

fn write_trades(view: &StatsView, sheet: &mut Sheet) {
    let dash = || "–".to_owned();
    sheet.pair("Trades", format!("{} · {} won, {} lost", view.trades, view.wins, view.losses));
    sheet.pair("Win rate", view.win_rate.map_or_else(dash, numbers::percent));
    sheet.pair("Profit factor", view.profit_factor.map_or_else(|| "– (no loss)".to_owned(), numbers::ratio));
    sheet.pair("Net", numbers::signed(view.net));
    sheet.pair("Average win", view.average_win.map_or_else(dash, numbers::signed));
    sheet.pair("Average loss", view.average_loss.map_or_else(dash, numbers::signed));
    sheet.pair("Best", view.best.as_ref().map_or_else(dash, told));
    sheet.pair("Worst", view.worst.as_ref().map_or_else(dash, told));
    sheet.pair("Long", side(view.long));
    sheet.pair("Short", side(view.short));
    sheet.pair("Held", view.holding_ms.map_or_else(dash, |ms| format!("{} on average", moment::length(ms))));
    sheet.pair("Longest", view.longest_ms.map_or_else(dash, moment::length));
}

fn told(trade: &Trade) -> String {
    format!("{} · {} {}", numbers::signed(trade.net), naming::short_instrument(&trade.instrument), trade.direction.as_str())
}

fn side(side: SideStats) -> String {
    format!("{} · {} won · {}", side.trades, side.wins, numbers::signed(side.net))
}

fn data(view: &StatsView) -> Value {
    json!({
        "window": exact::window(view.window),
        "trades": view.trades,
        "wins": view.wins,
        "losses": view.losses,
        "win_rate": exact::maybe(view.win_rate),
        "profit_factor": exact::maybe(view.profit_factor),
        "net": exact::number(view.net),
        "average_win": exact::maybe(view.average_win),
        "average_loss": exact::maybe(view.average_loss),
        "best": view.best.as_ref().map(trade),
        "worst": view.worst.as_ref().map(trade),
        "long": side_data(view.long),
        "short": side_data(view.short),
        "fees": exact::number(view.fees),
        "funding": exact::number(view.funding),
        "max_drawdown": exact::maybe(view.drawdown),
        "holding_ms": view.holding_ms,
        "longest_ms": view.longest_ms,
    })
}

fn side_data(side: SideStats) -> Value {
    json!({ "trades": side.trades, "wins": side.wins, "net": exact::number(side.net) })
}

fn trade(trade: &Trade) -> Value {
    json!({
        "symbol": exact::number(&trade.instrument.symbol),
        "instrument": trade.instrument.market.as_str(),
        "side": trade.direction.as_str(),
        "opened_at_ms": trade.opened_at.ms(),
        "closed_at_ms": trade.closed_at.ms(),
        "realized": exact::number(trade.realized),
        "fees": exact::number(trade.fees),
        "net": exact::number(trade.net),
    })
}
