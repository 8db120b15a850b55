//! The venue as a process of its own: it paces its market, matches, and serves clients on the loopback interface.
//!
//! Invariant: a client's fault ends that client's session and nothing else; at most [`CLIENTS_MAX`] are served at once.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::broadcast;

use super::frame::{Push, WireEvent};
use super::session::{self, Floor};
use super::venue::PaperVenue;
use crate::engine::deadline::pause;
use crate::engine::ports::{Clock, Exchange, Feed};

/// Clients served at once; a further one is turned away.
pub const CLIENTS_MAX: usize = 8;
/// Pushes that may wait for the slowest client before it is disconnected.
pub const PUSHES_MAX: usize = 8_192;
/// Pause after a connection could not be accepted (no descriptors left, for example).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why the process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Somebody else than this machine could connect.
    #[error("the paper venue serves the loopback interface only, not {0}")]
    NotLoopback(std::net::SocketAddr),
    /// The listener.
    #[error("the paper venue cannot listen: {0}")]
    Listen(#[from] io::Error),
}

/// A market that others may look at while it is served.
pub type SharedFeed = Arc<Mutex<Box<dyn Feed>>>;

type Session = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Runs `venue` on the market of `feed`, paced by `clock`, and serves clients of `listener`. Returns only on an error;
/// dropping it ends everything. It takes over the venue's sink.
///
/// # Errors
/// [`ServeError`] if the listener is open to other machines.
pub async fn run(listener: TcpListener, venue: Arc<PaperVenue>, feed: SharedFeed, clock: Arc<dyn Clock>) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let (pushes, _) = broadcast::channel(PUSHES_MAX);
    let events = pushes.clone();
    venue.attach(Arc::new(move |event| {
        // Nobody listening is no error.
        let _ = events.send(Arc::new(Push::Event(WireEvent::from(event))));
    }));
    let floor = Arc::new(Floor { venue, feed, clock });
    let mut sessions: Vec<Session> = Vec::new();
    let mut market = std::pin::pin!(pace(Arc::clone(&floor), pushes.clone()));
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if sessions.len() < CLIENTS_MAX => {
                    sessions.push(Box::pin(session::serve(stream, Arc::clone(&floor), pushes.subscribe())));
                }
                Ok((_, client)) => tracing::warn!(%client, "the paper venue has no place for another client"),
                Err(error) => {
                    tracing::warn!(%error, "the paper venue could not accept a connection");
                    pause(ACCEPT_PAUSE).await;
                }
            },
            ended = first_to_end(&mut sessions) => {
                if let Err(error) = ended {
                    tracing::info!(%error, "the paper venue disconnected a client");
                }
            }
            () = &mut market => {}
        }
    }
}

/// Lets the market go on at the clock's pace. Never ends: at the end of the data the last prices stand.
async fn pace(floor: Arc<Floor>, pushes: broadcast::Sender<Arc<Push>>) {
    loop {
        let next = floor.feed.lock().unwrap_or_else(PoisonError::into_inner).next_at();
        let Some(next) = next else { return std::future::pending().await };
        floor.clock.sleep_until(next).await;
        let ticks = floor.feed.lock().unwrap_or_else(PoisonError::into_inner).due(floor.clock.now());
        for tick in ticks {
            if let Err(error) = floor.venue.on_tick(&tick).await {
                tracing::error!(%error, "the paper venue could not make a tick durable");
            }
            let _ = pushes.send(Arc::new(Push::Tick(tick)));
        }
        // A market that is late has its next tick due already; clients must have their turn all the same.
        tokio::task::yield_now().await;
    }
}

/// Drives all sessions and returns the result of the first that ends; waits for ever if there is none.
async fn first_to_end(sessions: &mut Vec<Session>) -> io::Result<()> {
    poll_fn(|context| {
        for place in 0..sessions.len() {
            let Some(session) = sessions.get_mut(place) else { break };
            if let Poll::Ready(result) = session.as_mut().poll(context) {
                drop(sessions.swap_remove(place));
                return Poll::Ready(result);
            }
        }
        Poll::Pending
    })
    .await
}
