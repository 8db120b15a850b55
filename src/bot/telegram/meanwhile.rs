//! Waiting for one thing while others that were begun go on.
//!
//! A loop that owns futures and awaits something else beside them stops them where they stand. One of them may hold the very
//! connection to the database that the loop then waits for, and neither comes to an end.

use std::pin::pin;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

/// Waits for `work` while what is `under_way` goes on, and adds what comes to an end to `ended`.
pub async fn meanwhile<T, F: Future>(work: impl Future<Output = T>, under_way: &mut FuturesUnordered<F>, ended: &mut Vec<F::Output>) -> T {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            Some(end) = under_way.next(), if !under_way.is_empty() => ended.push(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::stream::FuturesUnordered;
    use tokio::sync::Semaphore;

    use super::meanwhile;

    #[tokio::test]
    async fn what_is_under_way_gives_back_what_is_waited_for() {
        let connection = Arc::new(Semaphore::new(1));
        let held = Arc::clone(&connection).acquire_owned().await.unwrap();
        let mut under_way = FuturesUnordered::new();
        under_way.push(async move {
            tokio::task::yield_now().await;
            drop(held);
            7
        });
        let mut ended = Vec::new();
        let given = meanwhile(connection.acquire(), &mut under_way, &mut ended).await;
        assert!(given.is_ok() && ended == [7]);
    }
}
