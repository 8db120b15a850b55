//! `/metrics`. What changes by itself is looked up when it is asked for.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::refused::Refused;
use super::window::Window;

/// What the figures are written as.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Notices that are counted at most.
const OUTBOX_COUNTED_MAX: u32 = 1_000;

/// Answers with the figures. A database that does not answer leaves its figures as they were: the rest must be seen then.
pub async fn answer(State(window): State<Arc<Window>>) -> Result<Response, Refused> {
    let now = window.clock.now();
    let metrics = &window.metrics;
    let seconds = |ms: i64| ms.max(0) as f64 / 1_000.0;
    match window.views.positions(&window.account).await {
        Ok(rows) => {
            let longest = rows.iter().filter_map(|row| row.protection.unprotected_since).map(|since| now.since(since)).max();
            metrics.unprotected.set(longest.map_or(0.0, seconds));
        }
        Err(error) => tracing::warn!(%error, "the positions could not be read for their figures"),
    }
    match window.journal.inbox_open().await {
        Ok(open) => {
            metrics.message_age.set(open.first().map_or(0.0, |oldest| seconds(now.since(oldest.received_at))));
        }
        Err(error) => tracing::warn!(%error, "the inbox could not be read for its figures"),
    }
    match window.journal.outbox_next(OUTBOX_COUNTED_MAX).await {
        Ok(waiting) => {
            metrics.outbox.set(i64::try_from(waiting.len()).unwrap_or(i64::MAX));
        }
        Err(error) => tracing::warn!(%error, "the outbox could not be read for its figures"),
    }
    metrics.listeners.set(i64::try_from(window.live.listeners()).unwrap_or(i64::MAX));
    metrics.active_users.set(i64::try_from(window.trail.active_users()).unwrap_or(i64::MAX));
    metrics.queue("desk", window.door.waiting());
    metrics.queue("desk_backlog", window.health.borrow().backlog);
    let text = metrics.text().map_err(|error| Refused::Unavailable(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response())
}
