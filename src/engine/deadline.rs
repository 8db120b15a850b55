//! The one deadline: everything that leaves the process is waited for at most so long (I12).

use std::future::Future;
use std::time::Duration;

/// Waits for `work`, at most `limit` of wall time; `None` if it took longer.
#[expect(clippy::disallowed_methods, reason = "the one deadline")]
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, work).await.ok()
}

/// Pauses for so much wall time (never to wait for something that could say when it is done).
#[expect(clippy::disallowed_methods, reason = "the one pause of wall time")]
pub async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
