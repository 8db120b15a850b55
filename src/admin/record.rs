//! The record: what the account was worth over time, how its trades went, and the chain of events. Pages are bounded, and each
//! tells where the next begins.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::report::{PerformanceView, StatsView};
use crate::domain::request::Window as Stretch;
use crate::domain::snapshot::SnapshotRow;
use crate::domain::time::Timestamp;
use crate::store::link::Link;

use super::refused::Refused;
use super::window::Window;

/// Rows on a page unless it is said how many.
const ROWS_USUAL: u32 = 100;
/// Most rows on a page.
pub const ROWS_MAX: u32 = 1_000;

/// Tells how trades went over a stretch of time, by symbol and together; fails with a sentence.
pub type Reports = Arc<dyn Fn(Stretch) -> BoxFuture<'static, Result<(PerformanceView, StatsView), String>> + Send + Sync>;

/// What a page is asked with.
#[derive(Deserialize)]
pub struct Page {
    after: Option<i64>,
    limit: Option<u32>,
}

impl Page {
    /// Returns where the page begins, if it is said, and how long it may be.
    fn read(page: Result<Query<Self>, QueryRejection>, after: &str) -> Result<(Option<i64>, u32), Refused> {
        let wrong = || Refused::BadRequest(format!("after is {after}, and limit a whole number from 1 to {ROWS_MAX}"));
        let Query(Self { after, limit }) = page.map_err(|_| wrong())?;
        let limit = limit.unwrap_or(ROWS_USUAL);
        if !(1..=ROWS_MAX).contains(&limit) || after.is_some_and(i64::is_negative) {
            return Err(wrong());
        }
        Ok((after, limit))
    }
}

/// Answers with snapshots of what the account was worth, oldest first.
///
/// # Errors
/// `Refused::BadRequest` for a page out of range; `Refused::Unavailable` if the database does not answer.
pub async fn equity_curve(State(window): State<Arc<Window>>, page: Result<Query<Page>, QueryRejection>) -> Result<Json<Value>, Refused> {
    let (after, limit) = Page::read(page, "a time in milliseconds")?;
    let after = Timestamp::from_ms(after.unwrap_or_default());
    let rows = window.views.snapshots(&window.account, after, limit).await?;
    // A full page may have more behind it; its last moment is where the next begins.
    let next = rows.last().filter(|_| is_full(rows.len(), limit)).map(|row| row.at.ms());
    Ok(Json(json!({ "currency": window.quote_currency, "points": rows.iter().map(point).collect::<Vec<_>>(), "next_after": next })))
}

fn point(row: &SnapshotRow) -> Value {
    json!({
        "at_ms": row.at.ms(),
        "equity": row.equity,
        "cash": row.cash,
        "margin": row.margin,
        "unrealized": row.unrealized,
        "exposure": row.exposure,
        "positions": row.positions,
    })
}

/// What `/api/performance` is asked with.
#[derive(Deserialize)]
pub struct Over {
    window: Option<Stretch>,
}

/// Answers with how trades went, by symbol and together.
///
/// # Errors
/// `Refused::BadRequest` for an unknown window; `Refused::Unavailable` if the database does not answer.
pub async fn performance(State(window): State<Arc<Window>>, over: Result<Query<Over>, QueryRejection>) -> Result<Json<Value>, Refused> {
    let wrong = |_| Refused::BadRequest("window is today, week, month or all".to_owned());
    let over = over.map_err(wrong)?.window.unwrap_or(Stretch::All);
    let (symbols, together) = (window.reports)(over).await.map_err(Refused::Unavailable)?;
    Ok(Json(json!({ "window": over, "currency": window.quote_currency, "symbols": symbols.rows, "together": together })))
}

/// Answers with links of the chain of events in their order: those after a number, or the latest.
///
/// # Errors
/// `Refused::BadRequest` for a page out of range; `Refused::Unavailable` if the database does not answer.
pub async fn events(State(window): State<Arc<Window>>, page: Result<Query<Page>, QueryRejection>) -> Result<Json<Value>, Refused> {
    let (after, limit) = Page::read(page, "the number of an event")?;
    let last = window.history.chain_head(&window.account).await?.map_or(0, |head| head.count);
    let after = after.unwrap_or_else(|| last.saturating_sub(i64::from(limit)).max(0));
    let links = window.history.links(&window.account, after, limit).await?;
    let next = links.last().filter(|link| link.seq < last).map(|link| link.seq);
    Ok(Json(json!({ "count": last, "events": links.iter().map(event).collect::<Vec<_>>(), "next_after": next })))
}

/// Returns a link as it is told: without the row that it carries, which the other routes show as it stands.
fn event(link: &Link) -> Value {
    json!({
        "number": link.seq,
        "at_ms": link.at.ms(),
        "kind": link.kind,
        "subject": link.subject,
        "plan": link.plan,
        "detail": link.detail,
        "previous_hash": link.prev_hash,
        "hash": link.hash,
    })
}

fn is_full(rows: usize, limit: u32) -> bool {
    u32::try_from(rows).is_ok_and(|rows| rows >= limit)
}
