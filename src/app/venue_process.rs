//! `outcry paper-venue`: the paper venue as a process of its own, with its own market. The kill −9 harness needs a venue
//! that survives the Desk's death.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::clock::{WallClock, wall_now};
use crate::config::Settings;
use crate::domain::money::Amount;
use crate::engine::exchange::paper::server;
use crate::engine::exchange::paper::venue::PaperVenue;
use crate::engine::ports::Clock;

use super::StartError;
use super::market::{OpenedMarket, open, stored};

/// Runs a venue with its file at `file`, listening on `address`; prints the address it got as its first line.
///
/// # Errors
/// [`StartError`] if it cannot start, or when it ends.
pub async fn run(settings: &Settings, file: &Path, address: SocketAddr) -> Result<(), StartError> {
    let kept = stored(file).await?;
    let OpenedMarket { feed, starts_at } = open(settings, kept.as_deref(), settings.market.seed, wall_now())?;
    let clock: Arc<dyn Clock> = Arc::new(WallClock::new(starts_at, settings.market.speed));
    let deposit = Amount::new(settings.paper.initial_capital).map_err(StartError::failed)?;
    let venue = PaperVenue::open(file, feed.instruments(), deposit, Arc::clone(&clock)).await.map_err(StartError::failed)?;
    let listener = TcpListener::bind(address).await.map_err(|error| StartError::Failed(format!("cannot listen on {address}: {error}")))?;
    let local = listener.local_addr().map_err(StartError::failed)?;
    announce(&local);
    server::run(listener, Arc::new(venue), feed, clock).await.map_err(StartError::failed)
}

#[expect(clippy::print_stdout, reason = "whoever started the venue reads its address here")]
fn announce(address: &SocketAddr) {
    println!("{address}");
}
