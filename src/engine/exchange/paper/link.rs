//! The wire of a remote venue: one connection, kept up; requests out, answers and pushes in.
//!
//! Invariant: a request whose first byte may have been written is never reported as not sent, and never written twice.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::{mpsc, oneshot};

use super::frame::{ANSWER_BYTES_MAX, Method, Push, Request, VenueLine};
use super::line::LineReader;
use crate::domain::market::Tick;
use crate::engine::deadline::{self, within};
use crate::engine::ports::{VenueEvent, VenueSink};

/// How long a connection attempt, or writing one request, may take.
const WIRE_DEADLINE: Duration = Duration::from_secs(2);
/// First pause after a lost connection; doubled at each failure.
const BACKOFF_MIN: Duration = Duration::from_millis(50);
/// Longest pause between attempts.
const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallError {
    /// No byte of it was written.
    NotSent(String),
    /// It may have reached the venue.
    Lost(String),
}

/// The right to write a call's bytes, which goes to the link or back to the caller, once.
#[derive(Clone, Default)]
pub(super) struct Claim(Arc<AtomicBool>);

impl Claim {
    /// Takes it; false if it was taken before.
    pub(super) fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// A request on its way to the wire.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) claim: Claim,
    pub(super) reply: oneshot::Sender<Result<serde_json::Value, CallError>>,
}

/// Where a remote venue's pushes go.
pub(super) type SharedSink = Arc<Mutex<Option<VenueSink>>>;

/// The connection of a [`RemoteVenue`](super::remote::RemoteVenue); somebody has to [`run`](RemoteLink::run) it.
pub struct RemoteLink {
    address: SocketAddr,
    calls: mpsc::Receiver<Call>,
    ticks: mpsc::Sender<Tick>,
    sink: SharedSink,
    last_id: u64,
    subscriptions: u64,
}

type Waiting = BTreeMap<u64, oneshot::Sender<Result<serde_json::Value, CallError>>>;

impl RemoteLink {
    pub(super) fn new(address: SocketAddr, calls: mpsc::Receiver<Call>, ticks: mpsc::Sender<Tick>, sink: SharedSink) -> Self {
        Self { address, calls, ticks, sink, last_id: 0, subscriptions: 0 }
    }

    /// Keeps the connection up until the venue's other half is dropped.
    pub async fn run(mut self) {
        let mut pause = BACKOFF_MIN;
        loop {
            let subscriptions = self.subscriptions;
            match within(WIRE_DEADLINE, TcpStream::connect(self.address)).await {
                Some(Ok(stream)) => match self.converse(stream).await {
                    Ok(()) => return,
                    Err(error) => tracing::warn!(%error, address = %self.address, "the connection to the paper venue was lost"),
                },
                Some(Err(error)) => tracing::debug!(%error, address = %self.address, "the paper venue cannot be reached"),
                None => tracing::debug!(address = %self.address, "the paper venue did not answer in time"),
            }
            // A venue that connects and then turns away has not been of use.
            pause = if self.subscriptions > subscriptions { BACKOFF_MIN } else { pause };
            if !self.refuse_calls_for(pause).await {
                return;
            }
            pause = (pause * 2).min(BACKOFF_MAX);
        }
    }

    /// Answers calls with "not sent" for a while; false once there will be no more calls.
    async fn refuse_calls_for(&mut self, pause: Duration) -> bool {
        let mut over = std::pin::pin!(deadline::pause(pause));
        loop {
            tokio::select! {
                () = &mut over => return true,
                call = self.calls.recv() => {
                    let Some(call) = call else { return false };
                    if call.claim.take() {
                        let _ = call.reply.send(Err(CallError::NotSent(format!("no connection to {}", self.address))));
                    }
                }
            }
        }
    }

    /// Speaks on one connection; `Ok` once there will be no more calls.
    async fn converse(&mut self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (reader, mut writer) = stream.into_split();
        let mut lines = LineReader::new(reader, ANSWER_BYTES_MAX);
        let mut waiting = Waiting::new();
        self.write(&mut writer, Method::Subscribe).await?;
        let subscription = self.last_id;
        let outcome = loop {
            tokio::select! {
                line = lines.next() => match line {
                    Ok(Some(line)) => {
                        if let Err(error) = self.take(&line, &mut waiting, subscription) {
                            break Err(error);
                        }
                    }
                    Ok(None) => break Err(io::ErrorKind::UnexpectedEof.into()),
                    Err(error) => break Err(error),
                },
                call = self.calls.recv() => {
                    let Some(call) = call else { break Ok(()) };
                    if !call.claim.take() {
                        continue;
                    }
                    waiting.retain(|_, reply| !reply.is_closed());
                    waiting.insert(self.last_id + 1, call.reply);
                    if let Err(error) = self.write(&mut writer, call.method).await {
                        break Err(error);
                    }
                }
            }
        };
        for reply in std::mem::take(&mut waiting).into_values() {
            let _ = reply.send(Err(CallError::Lost("the connection was lost before the answer".to_owned())));
        }
        outcome
    }

    async fn write(&mut self, writer: &mut OwnedWriteHalf, method: Method) -> io::Result<()> {
        self.last_id += 1;
        let mut bytes = serde_json::to_vec(&Request { id: self.last_id, method })?;
        bytes.push(b'\n');
        within(WIRE_DEADLINE, writer.write_all(&bytes)).await.ok_or_else(|| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// Takes in one line of the venue's. After a lost connection the subscription's answer is where the gap ends.
    fn take(&mut self, line: &[u8], waiting: &mut Waiting, subscription: u64) -> io::Result<()> {
        let line: VenueLine = serde_json::from_slice(line)?;
        match (line.id, line.push) {
            (Some(id), _) if id == subscription => {
                if self.subscriptions > 0 {
                    self.push(VenueEvent::Gap);
                }
                self.subscriptions += 1;
            }
            (Some(id), _) => {
                let answer = match (line.result, line.error) {
                    (Some(result), None) => Ok(result),
                    (_, error) => Err(CallError::Lost(error.unwrap_or_else(|| "the answer is empty".to_owned()))),
                };
                if let Some(reply) = waiting.remove(&id) {
                    let _ = reply.send(answer);
                }
            }
            // A reader that is behind wants the latest prices, not all of them.
            (None, Some(Push::Tick(tick))) => drop(self.ticks.try_send(tick)),
            (None, Some(Push::Event(event))) => self.push(event.into()),
            (None, None) => return Err(io::Error::other(line.error.unwrap_or_else(|| "a line without meaning".to_owned()))),
        }
        Ok(())
    }

    fn push(&self, event: VenueEvent) {
        let sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sink) = sink {
            sink(event);
        }
    }
}
