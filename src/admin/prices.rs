//! What can be traded, and at which prices.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::domain::instrument::Instrument;

use super::refused::Refused;
use super::window::Window;

/// Answers with what can be traded.
pub async fn pairs(State(window): State<Arc<Window>>) -> Json<Value> {
    Json(json!({ "venue": window.venue, "pairs": window.instruments.iter().map(pair).collect::<Vec<_>>() }))
}

fn pair(instrument: &Instrument) -> Value {
    json!({
        "symbol": instrument.id.symbol,
        "instrument": instrument.id.market,
        "tick": instrument.tick,
        "step": instrument.step,
        "min_notional": instrument.min_notional,
        "maker_fee": instrument.maker_fee,
        "taker_fee": instrument.taker_fee,
        "leverage_max": instrument.leverage_max,
        "status": instrument.status,
    })
}

/// Answers with the latest prices of a pair, on each of its markets.
///
/// # Errors
/// [`Refused::NotFound`] for a pair that is not traded.
pub async fn market_data(State(window): State<Arc<Window>>, Path(symbol): Path<String>) -> Result<Json<Value>, Refused> {
    let instruments = window.instruments_of(&symbol);
    let Some(first) = instruments.first() else {
        return Err(Refused::NotFound("no such pair is traded; see /api/trading-pairs".to_owned()));
    };
    let now = window.clock.now();
    let quotes: Vec<Value> = instruments
        .iter()
        .map(|instrument| {
            let quote = window.quotes.quote(&instrument.id);
            json!({
                "instrument": instrument.id.market,
                "bid": quote.as_ref().map(|quote| quote.bid),
                "ask": quote.as_ref().map(|quote| quote.ask),
                "mark": quote.as_ref().map(|quote| quote.mark),
                "at_ms": quote.as_ref().map(|quote| quote.at.ms()),
                "age_ms": quote.as_ref().map(|quote| now.since(quote.at).max(0)),
                "atr_1h": window.quotes.atr_1h(&instrument.id),
            })
        })
        .collect();
    Ok(Json(json!({ "symbol": first.id.symbol, "source": window.quotes.source().as_str(), "quotes": quotes })))
}
