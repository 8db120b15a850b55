//! The account, from committed rows alone.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::cross;
use crate::domain::instrument::InstrumentId;
use crate::domain::money::Amount;
use crate::domain::position::Position;
use crate::domain::rows::{BalanceRow, FillRow, OrderRow, PositionRow};
use crate::domain::time::Timestamp;
use crate::engine::book::books::Book;
use crate::engine::book::valuation;
use crate::engine::ports::BookRows;

use super::refused::Refused;
use super::window::Window;

/// Executions that are answered with unless it is said how many.
const TRADES_USUAL: u32 = 100;
/// Most executions that are answered with.
const TRADES_MAX: u32 = 1_000;

/// Answers with balances, equity, trading state and the day's profit and loss.
///
/// # Errors
/// [`Refused::Unavailable`] if the database does not answer.
pub async fn summary(State(window): State<Arc<Window>>) -> Result<Json<Value>, Refused> {
    let account = &window.account;
    let rows = BookRows {
        balances: window.views.balances(account).await?,
        positions: window.views.positions(account).await?,
        orders: window.views.open_orders(account).await?,
        state: window.views.state(account).await?,
        ..BookRows::default()
    };
    let today = rows.state.as_ref().map_or(Timestamp::from_ms(0), |state| state.day);
    let day = window.views.pnl_days(account, today).await?.pop();
    let book = Book::from_rows(account.clone(), window.quote_currency.clone(), rows);
    // Something that is held and has no price yet leaves the equity unknown, and unknown is null, never a guess.
    let equity = valuation::equity(&book, &*window.quotes).ok();
    let balances: Vec<Value> = book
        .balances()
        .map(|row| json!({ "currency": row.currency, "total": row.cash, "free": valuation::free(&book, &row.currency, None).ok() }))
        .collect();
    Ok(Json(json!({
        "account": account,
        "venue": window.venue,
        "mode": if window.live_money { "LIVE" } else { "PAPER" },
        "currency": window.quote_currency,
        "equity": equity,
        "balances": balances,
        "trading": book.state().map(|state| json!({
            "state": state.trading, "why": state.why, "since_ms": state.since.ms(), "until_ms": state.until.map(Timestamp::ms),
            "day_equity": state.day_equity, "peak_equity": state.peak_equity, "opened_ms": state.opened_at.ms(),
        })),
        "today": day.map(|day| json!({
            "day_ms": day.day.ms(), "realized": day.realized, "fees": day.fees, "funding": day.funding, "fills": day.fills,
        })),
        "at_ms": window.clock.now().ms(),
    })))
}

/// Answers with positions that are not flat.
///
/// # Errors
/// [`Refused::Unavailable`] if the database does not answer.
pub async fn positions(State(window): State<Arc<Window>>) -> Result<Json<Value>, Refused> {
    let rows = window.views.positions(&window.account).await?;
    let balances = window.views.balances(&window.account).await?;
    let told: Vec<Value> = rows.iter().filter_map(|row| Some(position(&window, row, row.position.as_ref()?, (&balances, &rows)))).collect();
    Ok(Json(json!({ "positions": told })))
}

fn position(window: &Window, row: &PositionRow, position: &Position, (balances, rows): (&[BalanceRow], &[PositionRow])) -> Value {
    let mark = window.quotes.quote(&row.instrument).map(|quote| quote.mark);
    let rules = |id: &InstrumentId| window.instruments.iter().find(|instrument| instrument.id == *id);
    let cash = balances.iter().find(|row| row.currency == position.instrument.symbol.quote).map_or(Amount::ZERO, |row| row.cash);
    let held = rows.iter().filter_map(|row| row.position.as_ref());
    let listed = |id: &InstrumentId| Some((rules(id)?, window.quotes.quote(id)?.mark));
    let liquidation = rules(&row.instrument).and_then(|own| cross::liquidation_price((position, own), cash, held, listed).ok().flatten());
    json!({
        "symbol": row.instrument.symbol,
        "instrument": row.instrument.market,
        "side": position.direction,
        "quantity": position.quantity,
        "entry_price": position.entry_price().ok(),
        "mark_price": mark,
        "unrealized": mark.and_then(|mark| position.unrealized(mark).ok()),
        "leverage": position.leverage,
        "margin": position.margin,
        "margin_mode": position.margin_mode,
        "liquidation_price": liquidation,
        "stop": row.protection.stop,
        "stop_required": row.protection.required,
        "unprotected_since_ms": row.protection.unprotected_since.map(Timestamp::ms),
        "opened_ms": position.opened_at.ms(),
    })
}

/// Answers with orders that are not done.
///
/// # Errors
/// [`Refused::Unavailable`] if the database does not answer.
pub async fn orders(State(window): State<Arc<Window>>) -> Result<Json<Value>, Refused> {
    let rows = window.views.open_orders(&window.account).await?;
    Ok(Json(json!({ "orders": rows.iter().map(order).collect::<Vec<_>>() })))
}

fn order(row: &OrderRow) -> Value {
    json!({
        "id": row.spec.id,
        "plan": row.plan,
        "symbol": row.spec.instrument.symbol,
        "instrument": row.spec.instrument.market,
        "side": row.spec.side,
        "type": row.spec.order_type,
        "leg": row.leg,
        "state": row.state,
        "quantity": row.spec.quantity,
        "filled": row.filled,
        "price": row.spec.price,
        "trigger": row.spec.trigger,
        "reduce_only": row.spec.reduce_only,
        "why": row.why,
        "made_ms": row.made_at.ms(),
        "changed_ms": row.changed_at.ms(),
    })
}

/// What `/api/trades` is asked with.
#[derive(Deserialize)]
pub struct Page {
    limit: Option<u32>,
}

/// Answers with the latest executions, newest first.
///
/// # Errors
/// [`Refused::BadRequest`] for a limit out of range; [`Refused::Unavailable`] if the database does not answer.
pub async fn trades(
    State(window): State<Arc<Window>>,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Refused> {
    let wrong = || Refused::BadRequest(format!("limit is a whole number from 1 to {TRADES_MAX}"));
    let limit = page.map_err(|_| wrong())?.limit.unwrap_or(TRADES_USUAL);
    if !(1..=TRADES_MAX).contains(&limit) {
        return Err(wrong());
    }
    let rows = window.views.fills(&window.account, limit).await?;
    Ok(Json(json!({ "trades": rows.iter().map(trade).collect::<Vec<_>>() })))
}

/// Returns an execution as it is told.
pub fn trade(row: &FillRow) -> Value {
    let fill = &row.fill;
    json!({
        "id": fill.trade_id,
        "order": fill.order,
        "plan": row.plan,
        "symbol": fill.instrument.symbol,
        "instrument": fill.instrument.market,
        "side": fill.side,
        "quantity": fill.quantity,
        "price": fill.price,
        "fee": fill.fee,
        "fee_currency": fill.fee_currency,
        "realized": row.realized,
        "maker": fill.maker,
        "cause": fill.cause,
        "at_ms": fill.at.ms(),
    })
}
