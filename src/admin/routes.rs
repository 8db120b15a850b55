//! The one table of routes. The router and `/openapi.json` are both made from it, so neither can lack what the other has.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use super::refused::Refused;
use super::window::Window;
use super::{account, guard, health, kill, live, openapi, prices, record, scrape};

/// Largest body that is read, in bytes.
pub const BODY_BYTES_MAX: usize = 4 * 1024;

/// A parameter of a route.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// `path`, `query` or `header`.
    pub place: &'static str,
    /// What it is, as `/openapi.json` says it.
    pub about: &'static str,
}

/// A route.
pub struct Route {
    /// `get` or `post`.
    pub method: &'static str,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// What it answers, in one line.
    pub about: &'static str,
    /// Whether it is answered without a token.
    pub open: bool,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// The media type of its answer.
    pub answers: &'static str,
    /// What answers it.
    pub handler: fn() -> MethodRouter<Arc<Window>>,
}

const JSON: &str = "application/json";
const LIMIT: Parameter = Parameter { name: "limit", place: "query", about: "How many, from 1 to 1000; 100 unless it is said." };
const AFTER_MS: Parameter = Parameter {
    name: "after",
    place: "query",
    about: "Only what is later than this, in milliseconds since 1970; the beginning unless it is said.",
};
const AFTER_EVENT: Parameter =
    Parameter { name: "after", place: "query", about: "Only events after this number; the latest page unless it is said." };
const OVER: Parameter = Parameter { name: "window", place: "query", about: "today, week, month or all; all unless it is said." };
const SYMBOL: Parameter = Parameter { name: "symbol", place: "path", about: "A pair: BTC-USDT, BTCUSDT or BTC%2FUSDT." };
const ONCE: Parameter = Parameter {
    name: "Idempotency-Key",
    place: "header",
    about: "1 to 64 letters, digits, - or _. The same key again changes nothing more; without one each request is new.",
};

const fn look(path: &'static str, about: &'static str, handler: fn() -> MethodRouter<Arc<Window>>) -> Route {
    Route { method: "get", path, about, open: false, parameters: &[], answers: JSON, handler }
}

/// Every route there is.
pub const ROUTES: &[Route] = &[
    look("/api/account", "Balances, equity, trading state and the day's profit and loss.", || get(account::summary)),
    look("/api/positions", "Positions that are not flat, with their protection.", || get(account::positions)),
    look("/api/orders", "Orders that are not done.", || get(account::orders)),
    Route { parameters: &[LIMIT], ..look("/api/trades", "The latest executions, newest first.", || get(account::trades)) },
    Route {
        parameters: &[AFTER_MS, LIMIT],
        ..look("/api/equity-curve", "What the account was worth, minute by minute, oldest first.", || get(record::equity_curve))
    },
    Route {
        parameters: &[OVER],
        ..look("/api/performance", "How trades that ended went, by symbol and together.", || get(record::performance))
    },
    Route {
        parameters: &[AFTER_EVENT, LIMIT],
        ..look("/api/events", "Links of the chain of events, in their order.", || get(record::events))
    },
    look("/api/trading-pairs", "What can be traded, with its grid and fees.", || get(prices::pairs)),
    Route { parameters: &[SYMBOL], ..look("/api/market-data/{symbol}", "The latest prices of a pair.", || get(prices::market_data)) },
    Route {
        method: "post",
        parameters: &[ONCE],
        ..look("/api/kill", "Says a stop word as the owner: pause, stop, panic, cancel_entries or flatten.", || post(kill::say))
    },
    Route {
        answers: "text/plain",
        ..look("/ws", "WebSocket: fills, positions and notices as they are committed, a JSON object a message.", || get(live::listen))
    },
    Route { open: true, ..look("/healthz", "The process lives.", || get(health::alive)) },
    Route { open: true, ..look("/readyz", "Whether each thing that trading needs is there.", || get(health::ready)) },
    Route { answers: scrape::MEDIA_TYPE, ..look("/metrics", "Figures in OpenMetrics text.", || get(scrape::answer)) },
    look("/openapi.json", "This description.", || get(openapi::answer)),
];

/// Returns the router of all routes.
pub fn router(window: &Arc<Window>) -> Router {
    ROUTES
        .iter()
        .fold(Router::new(), |router, route| router.route(route.path, (route.handler)()))
        .method_not_allowed_fallback(async || Refused::Method)
        .fallback(async || Refused::NotFound("there is no such route; see /openapi.json".to_owned()))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(window), guard::pass))
        .with_state(Arc::clone(window))
}

/// Tells whether a route is answered without a token.
pub fn is_open(path: &str) -> bool {
    ROUTES.iter().any(|route| route.open && route.path == path)
}
