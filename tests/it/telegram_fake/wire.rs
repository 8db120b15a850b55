//! The connections and the lock: how requests reach the state, and how a wait hears that it changed.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::state::State;

/// The state with its lock and its bell.
pub struct Wire {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

impl Wire {
    pub fn new(state: State) -> Self {
        Self { state: Mutex::new(state), changed: watch::Sender::new(0) }
    }

    /// Changes the state and rings.
    pub fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        let done = act(&mut self.state.lock().unwrap());
        self.changed.send_modify(|count| *count += 1);
        done
    }

    /// Looks at the state, and again after each change, until `look` finds something or the time is over.
    pub async fn until<R>(&self, limit: Duration, mut look: impl FnMut(&mut State) -> Option<R>) -> Option<R> {
        let end = Instant::now() + limit;
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if let Some(found) = look(&mut self.state.lock().unwrap()) {
                return Some(found);
            }
            timeout_at(end, changed.changed()).await.ok()?.ok()?;
        }
    }
}

/// With it a handler cuts its own connection.
#[derive(Debug, Clone, Default)]
pub struct Cord(Arc<AtomicBool>);

impl Cord {
    /// From now on nothing passes.
    pub fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Connected<IncomingStream<'_, Lines>> for Cord {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Accepts connections that can be cut.
pub struct Lines(pub TcpListener);

impl Listener for Lines {
    type Io = Line;
    type Addr = Cord;

    async fn accept(&mut self) -> (Line, Cord) {
        loop {
            if let Ok((stream, _)) = self.0.accept().await {
                let _ = stream.set_nodelay(true);
                let cord = Cord::default();
                return (Line { stream, cord: cord.clone() }, cord);
            }
            tokio::task::yield_now().await;
        }
    }

    fn local_addr(&self) -> io::Result<Cord> {
        Ok(Cord::default())
    }
}

/// A connection that can be cut.
pub struct Line {
    stream: TcpStream,
    cord: Cord,
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.cord.check()?;
        Pin::new(&mut self.stream).poll_read(task, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.cord.check()?;
        Pin::new(&mut self.stream).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}
