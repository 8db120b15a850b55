//! `outcry paper-venue`: the paper venue as a process of its own, with its own market. The kill −9 harness needs a venue
//! that survives the Desk's death.
//!
//! Invariant: its market time never goes back, however its process ended. Like a real venue's it goes on while the process
//! is down, so that whoever traded there finds it at their own time again.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::clock::{WallClock, wall_now};
use crate::config::Settings;
use crate::domain::money::Amount;
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::engine::deadline::pause;
use crate::engine::exchange::paper::server::{self, SharedFeed};
use crate::engine::exchange::paper::venue::PaperVenue;
use crate::engine::ports::{Clock, Feed};

use super::StartError;
use super::market::{OpenedMarket, keep, open, stored, unusable, venue_rules};

/// Under which name the venue's file keeps when its market was kept.
const MOMENT_KEY: &str = "market.moment";
/// How often the market is kept, in wall time.
const KEEP_EVERY: Duration = Duration::from_secs(1);
/// Longest time that counts as having passed while the process was down, in wall milliseconds; the market sleeps longer.
const DOWN_MAX_MS: i64 = 10 * MINUTE_MS;

/// When a market was kept.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Moment {
    /// By the wall.
    wall: Timestamp,
    /// In the market.
    market: Timestamp,
}

impl Moment {
    /// Returns the market time to go on from at `wall`. Up to [`KEEP_EVERY`] may have been lived after this moment was kept.
    fn resumed(self, wall: Timestamp, speed: Decimal) -> Timestamp {
        let least = i64::try_from(KEEP_EVERY.as_millis()).unwrap_or(i64::MAX);
        let down = wall.since(self.wall).clamp(least, DOWN_MAX_MS);
        let passed = speed.checked_mul(Decimal::from(down)).and_then(|passed| passed.to_i64());
        self.market.plus_ms(passed.unwrap_or(down))
    }
}

/// Runs a venue with its file at `file`, listening on `address`; prints the address it got as its first line.
///
/// # Errors
/// [`StartError`] if it cannot start, or when it ends.
pub async fn run(settings: &Settings, file: &Path, address: SocketAddr) -> Result<(), StartError> {
    let kept = stored(file).await?;
    let OpenedMarket { mut feed, starts_at } = open(settings, kept.as_deref(), settings.market.seed, wall_now())?;
    let moment = moment(file).await?;
    let now = moment.map_or(starts_at, |moment| moment.resumed(wall_now(), settings.market.speed).max(starts_at));
    pass_unseen(&mut *feed, now);
    let clock: Arc<dyn Clock> = Arc::new(WallClock::new(now, settings.market.speed));
    let deposit = Amount::new(settings.paper.initial_capital).map_err(StartError::failed)?;
    let venue = PaperVenue::open(file, feed.instruments(), deposit, Arc::clone(&clock)).await;
    let venue = venue.map_err(|error| unusable(file, &error))?.with_rules(venue_rules(settings)?);
    let (venue, feed) = (Arc::new(venue), Arc::new(Mutex::new(feed)));
    let listener = TcpListener::bind(address).await.map_err(|error| StartError::Failed(format!("cannot listen on {address}: {error}")))?;
    let local = listener.local_addr().map_err(StartError::failed)?;
    announce(&local);
    tokio::select! {
        served = server::run(listener, Arc::clone(&venue), Arc::clone(&feed), Arc::clone(&clock)) => served.map_err(StartError::failed),
        never = keep_market(&venue, &feed, &*clock) => match never {},
    }
}

/// Returns when the market in a venue's file was kept; `None` for a new file.
async fn moment(file: &Path) -> Result<Option<Moment>, StartError> {
    if !file.exists() {
        return Ok(None);
    }
    let stored = PaperVenue::stored_meta(file, MOMENT_KEY).await.map_err(|error| unusable(file, &error))?;
    stored.map(|text| serde_json::from_str(&text)).transpose().map_err(StartError::failed)
}

/// Lets the market pass until `now`: nobody was there to trade on these prices.
fn pass_unseen(feed: &mut dyn Feed, now: Timestamp) {
    while feed.next_at().is_some_and(|at| at < now) && !feed.due(now.plus_ms(-1)).is_empty() {}
}

async fn keep_market(venue: &PaperVenue, feed: &SharedFeed, clock: &dyn Clock) -> std::convert::Infallible {
    loop {
        let moment = Moment { wall: wall_now(), market: clock.now() };
        let snapshot = feed.lock().unwrap_or_else(PoisonError::into_inner).snapshot();
        keep(venue, snapshot).await;
        match serde_json::to_string(&moment) {
            Ok(text) => {
                if let Err(error) = venue.put_meta(MOMENT_KEY, &text).await {
                    tracing::error!(%error, "the market's moment could not be kept");
                }
            }
            Err(error) => tracing::error!(%error, "the market's moment has no text"),
        }
        pause(KEEP_EVERY).await;
    }
}

#[expect(clippy::print_stdout, reason = "whoever started the venue reads its address here")]
fn announce(address: &SocketAddr) {
    println!("{address}");
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn market_time_goes_on_while_the_process_is_down_and_never_goes_back() {
        let kept = Moment { wall: Timestamp::from_ms(1_000_000), market: Timestamp::from_ms(50_000_000) };
        let at = |wall_ms: i64, speed| kept.resumed(kept.wall.plus_ms(wall_ms), speed).since(kept.market);
        assert_eq!(at(3_000, dec!(5)), 15_000);
        assert_eq!(at(3_000, dec!(0.5)), 1_500);
        assert_eq!(at(10, dec!(5)), 5_000, "what was lived after the last keeping is not lived again");
        assert_eq!(at(-90_000, dec!(5)), 5_000, "a wall clock that was set back");
        assert_eq!(at(DOWN_MAX_MS * 9, dec!(1)), DOWN_MAX_MS, "a long sleep");
    }
}
