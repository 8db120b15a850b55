//! `/healthz` and `/readyz`. Both are answered without the token, so they tell nothing but names and yes or no.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::engine::deadline::within;

use super::window::Window;

/// How long the database may take to answer for the process to count as ready.
const DATABASE_MAX: Duration = Duration::from_secs(2);

/// Answers that the process lives: it took the request and has a turn to answer it.
pub async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Answers whether each thing that trading needs is there; 503 unless all are.
pub async fn ready(State(window): State<Arc<Window>>) -> (StatusCode, Json<Value>) {
    let health = *window.health.borrow();
    // The loop's end closes the channel: another process took the Desk, or this one is ending.
    let runs = window.health.has_changed().is_ok();
    let database = matches!(within(DATABASE_MAX, window.views.state(&window.account)).await, Some(Ok(_)));
    let held = matches!(within(DATABASE_MAX, (window.lease)(health.epoch)).await, Some(Ok(true)));
    let fresh = window.newest_price_age_ms().is_some_and(|age_ms| age_ms <= window.quote_age_max_ms);
    let checks =
        [("database", database), ("desk", runs && health.reconciled && health.backlog == 0), ("lease", runs && held), ("feed", fresh)];
    let all = checks.iter().all(|(_, good)| *good);
    let named: serde_json::Map<String, Value> =
        checks.into_iter().map(|(name, good)| (name.to_owned(), json!(if good { "ok" } else { "failed" }))).collect();
    let status = if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "status": if all { "ready" } else { "not ready" }, "checks": named })))
}
