//! A paper venue in another process, behind the same port.
//!
//! Invariant: an outcome is called "not sent" only if no byte of the request was written; every other call without a
//! readable answer is of unknown outcome.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};

use super::frame::{Method, WireAccount, WireCancel, WireSubmit};
use super::link::{Call, CallError, Claim, RemoteLink, SharedSink};
use super::log::LogEntry;
use crate::domain::funding::Funding;
use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::market::{Bar, Tick};
use crate::domain::order::{Fill, OrderReport, OrderSpec};
use crate::domain::time::Timestamp;
use crate::engine::deadline::within;
use crate::engine::ports::{CancelOutcome, Exchange, QueryError, SubmitOutcome, VenueAccount, VenueSink};

/// How long a call may take before its outcome counts as unknown.
pub const CALL_DEADLINE: Duration = Duration::from_secs(4);
/// Calls that may wait for the wire.
const CALLS_MAX: usize = 1_024;
/// Ticks that may wait to be read; further ones are dropped.
const TICKS_MAX: usize = 4_096;

/// A paper venue in another process.
pub struct RemoteVenue {
    calls: mpsc::Sender<Call>,
    sink: SharedSink,
}

impl RemoteVenue {
    /// Returns the venue at `address`, its connection, which the caller has to run, and its ticks.
    ///
    /// Nothing is connected before [`RemoteLink::run`] is polled; until then, and while the venue cannot be reached,
    /// orders are "not sent" and questions unanswered.
    pub fn connect(address: SocketAddr) -> (Self, RemoteLink, mpsc::Receiver<Tick>) {
        let (calls, queue) = mpsc::channel(CALLS_MAX);
        let (ticks, received) = mpsc::channel(TICKS_MAX);
        let sink: SharedSink = Arc::new(Mutex::new(None));
        let link = RemoteLink::new(address, queue, ticks, Arc::clone(&sink));
        (Self { calls, sink }, link, received)
    }

    /// Returns the whole order log of the venue: the ground truth that a ledger is compared with.
    ///
    /// # Errors
    /// [`QueryError`] if a page was not answered.
    pub async fn log(&self) -> Result<Vec<LogEntry>, QueryError> {
        let mut log: Vec<LogEntry> = Vec::new();
        loop {
            let after = log.last().map_or(0, |entry| entry.sequence);
            let page: Vec<LogEntry> = self.ask(Method::Log { after }).await?;
            if page.is_empty() {
                return Ok(log);
            }
            log.extend(page);
        }
    }

    /// Returns closed one-hour bars of the venue's market, oldest first.
    ///
    /// # Errors
    /// [`QueryError`] if there was no answer.
    pub async fn hourly_bars(&self, instrument: &InstrumentId, count: usize) -> Result<Vec<Bar>, QueryError> {
        self.ask(Method::Bars { instrument: instrument.clone(), count }).await
    }

    /// Returns the venue's market time.
    ///
    /// # Errors
    /// [`QueryError`] if there was no answer.
    pub async fn now(&self) -> Result<Timestamp, QueryError> {
        self.ask(Method::Now).await
    }

    async fn call(&self, method: Method) -> Result<serde_json::Value, CallError> {
        let claim = Claim::default();
        let (reply, answer) = oneshot::channel();
        let call = Call { method, claim: claim.clone(), reply };
        if let Err(error) = self.calls.try_send(call) {
            return Err(CallError::NotSent(error.to_string()));
        }
        let why = match within(CALL_DEADLINE, answer).await {
            Some(Ok(answer)) => return answer,
            Some(Err(_)) => "the connection was given up",
            None => "no answer in time",
        };
        // Whoever takes the claim first decides: taken here, the bytes will never be written.
        if claim.take() { Err(CallError::NotSent(why.to_owned())) } else { Err(CallError::Lost(why.to_owned())) }
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method) -> Result<T, QueryError> {
        match self.call(method).await {
            Ok(value) => serde_json::from_value(value).map_err(|error| QueryError(error.to_string())),
            Err(CallError::NotSent(why) | CallError::Lost(why)) => Err(QueryError(why)),
        }
    }
}

#[async_trait]
impl Exchange for RemoteVenue {
    fn name(&self) -> &'static str {
        "paper"
    }

    fn is_live(&self) -> bool {
        false
    }

    fn attach(&self, sink: VenueSink) {
        *self.sink.lock().unwrap_or_else(PoisonError::into_inner) = Some(sink);
    }

    async fn submit(&self, order: OrderSpec) -> SubmitOutcome {
        match self.call(Method::Submit(order)).await {
            Ok(value) => match serde_json::from_value::<WireSubmit>(value) {
                Ok(outcome) => outcome.into(),
                Err(error) => SubmitOutcome::Unknown(format!("the answer cannot be read: {error}")),
            },
            Err(CallError::NotSent(why)) => SubmitOutcome::NotSent(why),
            Err(CallError::Lost(why)) => SubmitOutcome::Unknown(why),
        }
    }

    async fn cancel(&self, instrument: &InstrumentId, id: &ClientOrderId) -> CancelOutcome {
        let method = Method::Cancel { instrument: instrument.clone(), id: id.clone() };
        match self.ask::<WireCancel>(method).await {
            Ok(outcome) => outcome.into(),
            Err(QueryError(why)) => CancelOutcome::Unknown(why),
        }
    }

    async fn order(&self, instrument: &InstrumentId, id: &ClientOrderId) -> Result<Option<OrderReport>, QueryError> {
        self.ask(Method::Order { instrument: instrument.clone(), id: id.clone() }).await
    }

    async fn open_orders(&self) -> Result<Vec<OrderReport>, QueryError> {
        self.ask(Method::OpenOrders).await
    }

    async fn fills_since(&self, since: Timestamp) -> Result<Vec<Fill>, QueryError> {
        let (mut fills, mut after) = (Vec::new(), 0);
        loop {
            let page: Vec<(u64, Fill)> = self.ask(Method::Fills { since, after }).await?;
            let Some((last, _)) = page.last() else { return Ok(fills) };
            after = *last;
            fills.extend(page.into_iter().map(|(_, fill)| fill));
        }
    }

    async fn funding_since(&self, since: Timestamp) -> Result<Vec<Funding>, QueryError> {
        let (mut fundings, mut after) = (Vec::new(), 0);
        loop {
            let page: Vec<(u64, Funding)> = self.ask(Method::Fundings { since, after }).await?;
            let Some((last, _)) = page.last() else { return Ok(fundings) };
            after = *last;
            fundings.extend(page.into_iter().map(|(_, funding)| funding));
        }
    }

    async fn account(&self) -> Result<VenueAccount, QueryError> {
        self.ask::<WireAccount>(Method::Account).await.map(VenueAccount::from)
    }

    async fn instruments(&self) -> Result<Vec<Instrument>, QueryError> {
        self.ask(Method::Instruments).await
    }
}
