//! Reports: everything at a glance, what each period brought, trades by symbol, and files.

use serde_json::{Value, json};

use crate::domain::report::{DocumentView, PerformanceView, Period, PeriodRow, PeriodsView, PortfolioView, SymbolRow};

use super::place::Place;
use super::sheet::Sheet;
use super::table::Column::{self, Numbers, Words};
use super::{Rendered, answer, exact, moment, numbers, positions, table};

const ALLOCATION_COLUMNS: [Column; 3] = [Words("Allocation"), Numbers("Worth"), Numbers("Share")];
const PERIOD_COLUMNS: [Column; 7] =
    [Words("From"), Numbers("Realized"), Numbers("Fees"), Numbers("Funding"), Numbers("Net"), Numbers("Trades"), Numbers("Equity")];
const SYMBOL_COLUMNS: [Column; 6] =
    [Words("Symbol"), Numbers("Trades"), Numbers("Won"), Numbers("Realized"), Numbers("Fees"), Numbers("Net")];

/// Renders everything at a glance.
pub fn portfolio(view: &PortfolioView, place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", "Portfolio"));
    sheet.pair("Equity", numbers::money(view.equity));
    sheet.pair("Day", numbers::signed(view.day));
    sheet.pair("Total", numbers::signed(view.total));
    sheet.pair("Unrealized", numbers::signed(view.unrealized));
    sheet.pair("Exposure", numbers::money(view.exposure));
    if view.positions.is_empty() {
        sheet.line("No open positions.");
    }
    sheet.lines(positions::rows(&view.positions));
    let rows: Vec<Vec<String>> = view
        .allocation
        .iter()
        .map(|part| vec![part.name.clone(), numbers::money(part.worth), part.share.map_or_else(|| "–".to_owned(), numbers::percent)])
        .collect();
    if !rows.is_empty() {
        sheet.lines(table::lines(&ALLOCATION_COLUMNS, &rows));
    }
    let allocation: Vec<Value> = view
        .allocation
        .iter()
        .map(|part| json!({ "name": part.name, "worth": exact::number(part.worth), "share": exact::maybe(part.share) }))
        .collect();
    let figures = json!({
        "equity": exact::number(view.equity),
        "exposure": exact::number(view.exposure),
        "unrealized": exact::number(view.unrealized),
        "day": exact::number(view.day),
        "total": exact::number(view.total),
        "allocation": allocation,
    });
    Rendered::new("answer", sheet.finish())
        .with("portfolio", figures)
        .with("positions", positions::data(&view.positions))
        .with_buttons(["Refresh"])
}

/// Renders what each day, week or month brought.
pub fn periods(view: &PeriodsView, place: &Place) -> Rendered {
    let (title, word) = match view.period {
        Period::Daily => ("By day", "daily"),
        Period::Weekly => ("By week", "weekly"),
        Period::Monthly => ("By month", "monthly"),
    };
    let mut sheet = Sheet::new(place.headline("●", title));
    let rows: Vec<Vec<String>> = view.rows.iter().map(|row| period_row(view.period, row)).collect();
    sheet.lines(table::lines(&PERIOD_COLUMNS, &rows));
    let data: Vec<Value> = view.rows.iter().map(period_data).collect();
    Rendered::new("answer", sheet.finish()).with("periods", json!({ "period": word, "rows": data })).with_buttons(["Refresh"])
}

fn period_row(period: Period, row: &PeriodRow) -> Vec<String> {
    vec![
        if period == Period::Monthly { moment::month(row.from) } else { moment::day(row.from) },
        numbers::signed(row.realized),
        numbers::signed(row.fees.negated()),
        numbers::signed(row.funding),
        numbers::signed(row.net),
        row.trades.to_string(),
        row.equity.map_or_else(|| "–".to_owned(), numbers::money),
    ]
}

fn period_data(row: &PeriodRow) -> Value {
    json!({
        "from_ms": row.from.ms(),
        "until_ms": row.until.ms(),
        "realized": exact::number(row.realized),
        "fees": exact::number(row.fees),
        "funding": exact::number(row.funding),
        "net": exact::number(row.net),
        "trades": row.trades,
        "fills": row.fills,
        "equity": exact::maybe(row.equity),
    })
}

/// Renders trades by symbol.
pub fn performance(view: &PerformanceView, place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", &format!("Performance {}", answer::window(view.window))));
    if view.rows.is_empty() {
        sheet.line("No trade has ended in this time; a trade goes from flat to flat.");
    } else {
        let rows: Vec<Vec<String>> = view.rows.iter().map(symbol_row).collect();
        sheet.lines(table::lines(&SYMBOL_COLUMNS, &rows));
    }
    let data: Vec<Value> = view.rows.iter().map(symbol_data).collect();
    Rendered::new("answer", sheet.finish()).with("performance", json!({ "window": exact::window(view.window), "rows": data }))
}

fn symbol_row(row: &SymbolRow) -> Vec<String> {
    vec![
        row.symbol.to_string(),
        row.trades.to_string(),
        row.wins.to_string(),
        numbers::signed(row.realized),
        numbers::signed(row.fees.negated()),
        numbers::signed(row.net),
    ]
}

fn symbol_data(row: &SymbolRow) -> Value {
    json!({
        "symbol": exact::number(&row.symbol),
        "trades": row.trades,
        "wins": row.wins,
        "realized": exact::number(row.realized),
        "fees": exact::number(row.fees),
        "net": exact::number(row.net),
    })
}

/// Renders a file in words; a face carries the file itself.
pub fn document(document: &DocumentView, place: &Place) -> Rendered {
    let mut sheet = Sheet::new(place.headline("●", "Export"));
    sheet.line(document.about.as_str());
    let DocumentView { name, media, content, rows, .. } = document;
    let data = json!({ "name": name, "media": media, "bytes": content.len(), "rows": rows });
    Rendered::new("answer", sheet.finish()).with("document", data)
}
