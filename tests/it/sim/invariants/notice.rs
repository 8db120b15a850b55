//! What people must be told.

use outcry::domain::notice::NoticeBody;
use outcry::domain::rows::OrderRow;
use outcry::domain::time::{SECOND_MS, Timestamp};
use outcry::engine::ports::Commit;

use crate::sim::watch::Watch;

/// How soon the end of an order must be shown once the face takes notices, in milliseconds.
pub const TOLD_MAX_MS: i64 = 60 * SECOND_MS;

/// 17, first half: the commit that ends an order tells of it.
pub fn inv17_told_with_its_end(watch: &mut Watch, row: &OrderRow, made: &Commit, now: Timestamp) {
    let id = row.spec.id.as_str();
    let tells = |body: &NoticeBody| match body {
        NoticeBody::OrderNews { orders, .. } => orders.iter().any(|view| view.id == id),
        NoticeBody::Filled(view) => view.order.as_ref().is_some_and(|view| view.id == id),
        NoticeBody::Rejected { order, .. } => order.id == id,
        _ => false,
    };
    if !made.notices.iter().any(|notice| tells(&notice.body)) {
        watch.broken(17, now, format!("order {id} ended as {} and nobody is told", row.state.as_str()));
    }
}

/// 17, second half: what was committed is shown in time. `working` says since when the face has taken notices.
pub fn inv17_shown_in_time(watch: &mut Watch, working: Timestamp, now: Timestamp) {
    let late = watch.untold.iter().find(|(_, since)| now.since((**since).max(working)) > TOLD_MAX_MS);
    if let Some((id, since)) = late.map(|(id, since)| (id.clone(), *since)) {
        watch.untold.remove(&id);
        watch.broken(17, now, format!("order {id} ended {} ms ago and nobody was told", now.since(since)));
    }
}
