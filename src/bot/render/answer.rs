//! Answers about money and settings: balances, price, profit and loss, fills, settings.

use serde_json::{Value, json};

use crate::domain::instrument::Symbol;
use crate::domain::market::{MarketSource, Quote};
use crate::domain::money::Amount;
use crate::domain::notice::{BalanceView, PnlView, SettingView};
use crate::domain::order::FillCause;
use crate::domain::report::HistoryView;
use crate::domain::request::Window;
use crate::domain::rows::FillRow;

use super::place::Place;
use super::sheet::Sheet;
use super::table::Column::{self, Numbers, Words};
use super::{Rendered, exact, moment, naming, numbers, table};

const BALANCE_COLUMNS: [Column; 4] = [Words("Currency"), Numbers("Free"), Numbers("Reserved"), Numbers("Margin")];
const FILL_COLUMNS: [Column; 7] =
    [Words("Time (UTC)"), Words("What"), Words("Side"), Numbers("Size"), Numbers("Price"), Numbers("Fee"), Numbers("Realized")];

/// Renders balances and equity.
pub fn balances(balances: &[BalanceView], equity: Amount, place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", "Balance"));
    let rows: Vec<Vec<String>> = balances.iter().map(balance_row).collect();
    if rows.is_empty() {
        sheet.line("The account is empty.");
    } else {
        sheet.lines(table::lines(&BALANCE_COLUMNS, &rows));
    }
    sheet.line(format!("Equity {} at mark prices", numbers::money(equity)));
    Rendered::new("answer", sheet.finish())
        .with("balances", json!(balances.iter().map(exact::balance).collect::<Vec<_>>()))
        .with("equity", exact::number(equity))
        .with_buttons(["Refresh"])
}

fn balance_row(balance: &BalanceView) -> Vec<String> {
    let amounts = [balance.free, balance.reserved, balance.margin].map(numbers::money);
    std::iter::once(balance.currency.to_string()).chain(amounts).collect()
}

/// Renders a price.
pub fn price(symbol: &Symbol, quote: &Quote, source: MarketSource, place: &Place) -> Rendered {
    let place = Place { source, ..place.clone() };
    let mut sheet = Sheet::new(place.headline("●", &format!("{symbol} {}", numbers::price(quote.mark))));
    sheet.pair("Bid", numbers::price(quote.bid));
    sheet.pair("Ask", numbers::price(quote.ask));
    sheet.pair("Mark", numbers::price(quote.mark));
    sheet.pair("Seen", moment::full(quote.at));
    Rendered::new("answer", sheet.finish()).with("price", exact::price(symbol, quote, source)).with_buttons(["Refresh"])
}

/// Returns a window in words.
pub const fn window(window: Window) -> &'static str {
    match window {
        Window::Today => "today",
        Window::Week => "last 7 days",
        Window::Month => "last 30 days",
        Window::All => "since the start",
    }
}

/// Renders profit and loss.
pub fn pnl(pnl: &PnlView, place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", &format!("P&L {}", window(pnl.window))));
    sheet.pair("Realized", numbers::signed(pnl.realized));
    sheet.pair("Unrealized", numbers::signed(pnl.unrealized));
    sheet.pair("Fees", numbers::signed(pnl.fees.negated()));
    sheet.pair("Funding", numbers::signed(pnl.funding));
    sheet.pair("Total", numbers::signed(pnl.total));
    Rendered::new("answer", sheet.finish()).with("pnl", exact::pnl(pnl))
}

/// Renders a page of fills. Its buttons turn to the pages beside it.
pub fn history(view: &HistoryView, place: &Place) -> Rendered {
    let HistoryView { fills, page, pages, count, total } = view;
    let mut sheet = Sheet::new(place.headline("●", if *page == 1 { "Latest fills" } else { "Earlier fills" }));
    if fills.is_empty() {
        sheet.line("No fills yet.");
    } else {
        let rows: Vec<Vec<String>> = fills.iter().map(fill_row).collect();
        sheet.lines(table::lines(&FILL_COLUMNS, &rows));
    }
    let (newer, older) = (*page > 1, page < pages);
    if newer || older {
        let say = match (newer, older) {
            (false, _) => "say `more`",
            (true, true) => "say `more` or `newer`",
            (true, false) => "say `newer`",
        };
        sheet.line(format!("Page {page} of {pages} · {total} fills · {say}"));
    }
    let buttons = [("Newer", newer), ("More", older)].into_iter().filter(|(_, shown)| *shown).map(|(label, _)| label);
    Rendered::new("answer", sheet.finish())
        .with("fills", json!(fills.iter().map(exact::fill).collect::<Vec<_>>()))
        .with("page", json!({ "page": page, "pages": pages, "count": count, "total": total }))
        .with_buttons(buttons)
}

fn fill_row(row: &FillRow) -> Vec<String> {
    let fill = &row.fill;
    let leg = match (fill.cause, row.leg) {
        (FillCause::Liquidation, _) => "liquidation".to_owned(),
        (FillCause::Order, Some(leg)) => naming::leg(leg),
        (FillCause::Order, None) => "order".to_owned(),
    };
    vec![
        moment::short(fill.at),
        format!("{} {leg}", naming::short_instrument(&fill.instrument)),
        fill.side.as_str().to_owned(),
        numbers::quantity(fill.quantity),
        numbers::price(fill.price),
        numbers::money(fill.fee),
        if row.realized.is_zero() { "–".to_owned() } else { numbers::signed(row.realized) },
    ]
}

/// Renders settings with their origins.
pub fn settings(settings: &[SettingView], place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", "Settings"));
    for setting in settings {
        sheet.pair(setting.name.as_str(), format!("{} ({})", setting.value, setting.origin));
    }
    let rows: Vec<Value> = settings.iter().map(|one| json!({ "name": one.name, "value": one.value, "origin": one.origin })).collect();
    Rendered::new("answer", sheet.finish()).with("settings", json!(rows))
}
