//! The accept loop of whatever this process offers on a port: the operators' endpoint, the webhook.
//!
//! Invariant I12: connections are counted and each has an end; whoever sends the head of a request slowly is gone before
//! others have to wait for room.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::counter::Counter;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::engine::deadline::{pause, within};
use crate::tasks::Tasks;

/// Connections at once; one more is closed at once.
const CONNECTIONS_MAX: usize = 256;
/// How long the head of a request may take to arrive.
const HEAD_MAX: Duration = Duration::from_secs(5);
/// How long a connection lives, however busy; a live stream has left this count by then.
const CONNECTION_MAX: Duration = Duration::from_secs(120);
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields of a request.
const HEADERS_MAX: usize = 64;
/// Pause after a failed accept: the process may be out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Answers with `router` on `listener` until the process ends; counts in `refused` who finds no room.
///
/// # Errors
/// None: a connection that fails is its own affair.
pub async fn run(listener: TcpListener, router: axum::Router, refused: Counter) -> Result<(), Infallible> {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = Tasks::default();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match Arc::clone(&room).try_acquire_owned() {
                    Ok(place) => connections.spawn("connection", connection(stream, Peer(peer.ip()), router.clone(), place)),
                    Err(_) => {
                        refused.inc();
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    pause(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.first_end() => {}
        }
    }
}

async fn connection(stream: TcpStream, peer: Peer, router: axum::Router, place: OwnedSemaphorePermit) -> Result<(), Infallible> {
    let service = TowerToHyperService::new(router.layer(Extension(peer)));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Some(Err(error)) = within(CONNECTION_MAX, served).await {
        tracing::debug!(%error, peer = %peer.0, "a connection failed");
    }
    drop(place);
    Ok(())
}
