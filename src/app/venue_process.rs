//! `outcry paper-venue`: the paper venue as a process of its own, with its own market. The kill −9 harness needs a venue
//! that survives the Desk's death.
//!
//! Invariant: its market time never goes back, however its process ended. Like a real venue's it goes on while the process
//! is down, so that whoever traded there finds it at their own time again.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::clock::{WallClock, wall_now};
use crate::config::Settings;
use crate::domain::money::Amount;
use crate::engine::deadline::pause;
use crate::engine::exchange::paper::server::{self, SharedFeed};
use crate::engine::exchange::paper::venue::PaperVenue;
use crate::engine::ports::Clock;

use super::StartError;
use super::market::{OpenedMarket, keep, moment, open, pass_unseen, stored, unusable, venue_rules};

/// How often the market is kept, in wall time.
const KEEP_EVERY: Duration = Duration::from_secs(1);

/// Runs a venue with its file at `file`, listening on `address`; prints the address it got as its first line.
///
/// # Errors
/// [`StartError`] if it cannot start, or when it ends.
pub async fn run(settings: &Settings, file: &Path, address: SocketAddr) -> Result<(), StartError> {
    let kept = stored(file).await?;
    let OpenedMarket { mut feed, starts_at } = open(settings, kept.as_deref(), settings.market.seed, wall_now())?;
    let moment = moment(file).await?;
    let now = moment.map_or(starts_at, |moment| moment.resumed(wall_now(), settings.market.speed, KEEP_EVERY).max(starts_at));
    let now = pass_unseen(&mut *feed, now);
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

async fn keep_market(venue: &PaperVenue, feed: &SharedFeed, clock: &dyn Clock) -> std::convert::Infallible {
    loop {
        let snapshot = feed.lock().unwrap_or_else(PoisonError::into_inner).snapshot();
        keep(venue, snapshot, clock.now()).await;
        pause(KEEP_EVERY).await;
    }
}

#[expect(clippy::print_stdout, reason = "whoever started the venue reads its address here")]
fn announce(address: &SocketAddr) {
    println!("{address}");
}
