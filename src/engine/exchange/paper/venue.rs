//! The venue's face: one lock around the machine and its archive, and the sink for what is pushed.
//!
//! Invariant: nothing is answered or pushed before it is in the archive. After a commit of unknown outcome, or a call
//! that was dropped in the middle of one, the machine is rebuilt from the file before it does anything else.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::Mutex as AsyncMutex;

use super::archive::{Archive, MemoryArchive};
use super::core::{ListingError, PaperCore, State};
use super::file::{FileError, VenueFile};
use super::log::{LogEntry, Record, Totals};
use super::rules::VenueRules;
use crate::domain::funding::Funding;
use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::{Instrument, InstrumentId};
use crate::domain::market::Tick;
use crate::domain::money::Amount;
use crate::domain::order::{Fill, OrderReport, OrderSpec};
use crate::domain::time::Timestamp;
use crate::engine::ports::{CancelOutcome, Clock, Exchange, QueryError, SubmitOutcome, VenueAccount, VenueEvent, VenueSink};

/// What a paper account holds when it is opened, in USDT, unless told otherwise.
pub const DEPOSIT_DEFAULT: rust_decimal::Decimal = rust_decimal::dec!(100_000);

/// Executions read from the archive at a time.
const PAGE_ROWS: usize = 10_000;

/// Why a paper venue could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The instruments do not fit.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A paper venue with one account.
pub struct PaperVenue {
    inner: AsyncMutex<Inner>,
    sink: Mutex<Option<VenueSink>>,
    clock: Arc<dyn Clock>,
    instruments: Vec<Instrument>,
}

struct Inner {
    core: PaperCore,
    archive: Archive,
    /// Whether the machine is known to stand where the archive stands.
    trusted: bool,
}

impl PaperVenue {
    /// Returns a venue that remembers until the process ends, with an account that holds `deposit`.
    ///
    /// # Errors
    /// [`ListingError`] if an instrument is quoted in another currency than the account's.
    pub fn in_memory(instruments: Vec<Instrument>, deposit: Amount, clock: Arc<dyn Clock>) -> Result<Self, ListingError> {
        let core = PaperCore::new(instruments.clone(), State::opening(deposit))?;
        Ok(Self::new(core, Archive::Memory(MemoryArchive::default()), instruments, clock))
    }

    /// Opens the venue in a file; a new file begins with an account that holds `deposit`.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be used, or an order or position in it has no instrument.
    pub async fn open(path: &Path, instruments: Vec<Instrument>, deposit: Amount, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let file = VenueFile::open(path).await?;
        let state = match file.state().await? {
            Some(state) => state,
            None => {
                let state = State::opening(deposit);
                let totals = Some(Totals::of(&state));
                file.commit(&Record { totals, ..Record::default() }).await?;
                state
            }
        };
        let core = PaperCore::new(instruments.clone(), state)?;
        Ok(Self::new(core, Archive::File(file), instruments, clock))
    }

    /// Returns the venue with rules of its own.
    #[must_use]
    pub fn with_rules(self, rules: VenueRules) -> Self {
        let inner = self.inner.into_inner();
        Self { inner: AsyncMutex::new(Inner { core: inner.core.with_rules(rules), ..inner }), ..self }
    }

    /// Returns a value out of a venue's file that is not open, such as the market it was left with.
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be used.
    pub async fn stored_meta(path: &Path, key: &str) -> Result<Option<String>, FileError> {
        let file = VenueFile::open(path).await?;
        let value = file.meta(key).await;
        file.close().await;
        value
    }

    fn new(core: PaperCore, archive: Archive, instruments: Vec<Instrument>, clock: Arc<dyn Clock>) -> Self {
        Self { inner: AsyncMutex::new(Inner { core, archive, trusted: true }), sink: Mutex::new(None), clock, instruments }
    }

    /// Takes in one step of the market; what it causes is durable and pushed when this returns.
    ///
    /// # Errors
    /// [`FileError`] if what it caused could not be made durable; then nothing was pushed, and the venue stands where
    /// its file stands.
    pub async fn on_tick(&self, tick: &Tick) -> Result<(), FileError> {
        let mut inner = self.ready().await?;
        let record = inner.core.on_tick(tick);
        self.keep(&mut inner, &record).await
    }

    /// Returns rows of the order log above `after`, oldest first, at most `count`.
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be read.
    pub async fn log(&self, after: u64, count: usize) -> Result<Vec<LogEntry>, FileError> {
        self.ready().await?.archive.log(after, count).await
    }

    /// Returns executions at or after `since` with a running number above `after`, oldest first, at most `count`.
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be read.
    pub async fn fills_page(&self, since: Timestamp, after: u64, count: usize) -> Result<Vec<(u64, Fill)>, FileError> {
        self.ready().await?.archive.fills(since, after, count).await
    }

    /// Returns funding payments settled at or after `since` with a running number above `after`, oldest first, at most `count`.
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be read.
    pub async fn fundings_page(&self, since: Timestamp, after: u64, count: usize) -> Result<Vec<(u64, Funding)>, FileError> {
        self.ready().await?.archive.fundings(since, after, count).await
    }

    /// Stores a value beside the venue's own rows, such as the snapshot of a simulated market.
    ///
    /// # Errors
    /// [`FileError`] if it could not be made durable.
    pub async fn put_meta(&self, key: &str, value: &str) -> Result<(), FileError> {
        self.ready().await?.archive.put_meta(key, value).await
    }

    /// Returns a value that was stored with [`PaperVenue::put_meta`].
    ///
    /// # Errors
    /// [`FileError`] if the file cannot be read.
    pub async fn meta(&self, key: &str) -> Result<Option<String>, FileError> {
        self.ready().await?.archive.meta(key).await
    }

    /// Returns what the venue must never forget, for comparison.
    ///
    /// # Errors
    /// [`FileError`] if the file had to be read and could not be.
    pub async fn state(&self) -> Result<State, FileError> {
        Ok(self.ready().await?.core.state().clone())
    }

    /// Lets go of the file. Not needed for durability; after it every call fails.
    pub async fn close(&self) {
        if let Archive::File(file) = &self.inner.lock().await.archive {
            file.close().await;
        }
    }

    /// Returns the machine, at one with its archive.
    async fn ready(&self) -> Result<tokio::sync::MutexGuard<'_, Inner>, FileError> {
        let mut inner = self.inner.lock().await;
        if !inner.trusted {
            if let Some(state) = inner.archive.state().await? {
                inner.core.recover(state);
            }
            inner.trusted = true;
            // What the interrupted call did was perhaps committed and never told.
            self.push([VenueEvent::Gap]);
        }
        Ok(inner)
    }

    /// Makes a record durable, then pushes it.
    async fn keep(&self, inner: &mut Inner, record: &Record) -> Result<(), FileError> {
        if record.is_empty() {
            return Ok(());
        }
        inner.trusted = false;
        inner.archive.keep(record).await?;
        inner.trusted = true;
        self.push(record.events());
        Ok(())
    }

    fn push(&self, events: impl IntoIterator<Item = VenueEvent>) {
        let sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sink) = sink {
            events.into_iter().for_each(|event| sink(event));
        }
    }
}

#[async_trait]
impl Exchange for PaperVenue {
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
        let mut inner = match self.ready().await {
            Ok(inner) => inner,
            Err(error) => return SubmitOutcome::NotSent(error.to_string()),
        };
        match first_with(&inner, &order).await {
            Ok(None) => {}
            Ok(Some(answer)) => return answer,
            Err(error) => return SubmitOutcome::NotSent(error.to_string()),
        }
        let (outcome, record) = inner.core.submit(order, self.clock.now());
        match self.keep(&mut inner, &record).await {
            Ok(()) => outcome,
            Err(error) => SubmitOutcome::Unknown(error.to_string()),
        }
    }

    async fn cancel(&self, instrument: &InstrumentId, id: &ClientOrderId) -> CancelOutcome {
        let mut inner = match self.ready().await {
            Ok(inner) => inner,
            Err(error) => return CancelOutcome::Unknown(error.to_string()),
        };
        let (canceled, record) = inner.core.cancel(instrument, id, self.clock.now());
        if let Err(error) = self.keep(&mut inner, &record).await {
            return CancelOutcome::Unknown(error.to_string());
        }
        match canceled {
            Some(report) => CancelOutcome::Done(Box::new(report)),
            None => match inner.archive.ended(instrument, id).await {
                Ok(Some(report)) => CancelOutcome::Done(Box::new(report)),
                Ok(None) => CancelOutcome::NotFound,
                Err(error) => CancelOutcome::Unknown(error.to_string()),
            },
        }
    }

    async fn order(&self, instrument: &InstrumentId, id: &ClientOrderId) -> Result<Option<OrderReport>, QueryError> {
        let inner = self.ready().await.map_err(unanswered)?;
        match inner.core.open_order(instrument, id) {
            Some(order) => Ok(Some(order.report())),
            None => inner.archive.ended(instrument, id).await.map_err(unanswered),
        }
    }

    async fn open_orders(&self) -> Result<Vec<OrderReport>, QueryError> {
        let inner = self.ready().await.map_err(unanswered)?;
        Ok(inner.core.state().orders.values().map(|order| order.report()).collect())
    }

    async fn fills_since(&self, since: Timestamp) -> Result<Vec<Fill>, QueryError> {
        let (mut fills, mut after) = (Vec::new(), 0);
        loop {
            let page = self.fills_page(since, after, PAGE_ROWS).await.map_err(unanswered)?;
            let Some((last, _)) = page.last() else { return Ok(fills) };
            after = *last;
            fills.extend(page.into_iter().map(|(_, fill)| fill));
        }
    }

    async fn funding_since(&self, since: Timestamp) -> Result<Vec<Funding>, QueryError> {
        let (mut fundings, mut after) = (Vec::new(), 0);
        loop {
            let page: Vec<(u64, Funding)> = self.fundings_page(since, after, PAGE_ROWS).await.map_err(unanswered)?;
            let Some((last, _)) = page.last() else { return Ok(fundings) };
            after = *last;
            fundings.extend(page.into_iter().map(|(_, funding)| funding));
        }
    }

    async fn account(&self) -> Result<VenueAccount, QueryError> {
        let inner = self.ready().await.map_err(unanswered)?;
        let account = &inner.core.state().account;
        Ok(VenueAccount { balances: account.balances(), positions: account.positions.values().cloned().collect(), at: self.clock.now() })
    }

    async fn instruments(&self) -> Result<Vec<Instrument>, QueryError> {
        Ok(self.instruments.clone())
    }
}

/// Returns the answer to an order whose client id was used before, where ids name one order for ever: that order as it
/// stands. Its executions are had by asking for them.
async fn first_with(inner: &Inner, order: &OrderSpec) -> Result<Option<SubmitOutcome>, FileError> {
    if !inner.core.rules().ids_forever {
        return Ok(None);
    }
    let open = inner.core.open_order_of(&order.id).map(|order| order.report());
    let first = match open {
        Some(report) => Some(report),
        None => inner.archive.first_with(&order.id).await?,
    };
    if let Some(report) = first {
        return Ok(Some(SubmitOutcome::Accepted { orders: vec![report], fills: Vec::new() }));
    }
    for exit in &order.attached {
        if inner.archive.first_with(&exit.id).await?.is_some() {
            let (code, reason) = ("-2010".to_owned(), "Duplicate order sent.".to_owned());
            return Ok(Some(SubmitOutcome::Rejected { code, reason }));
        }
    }
    Ok(None)
}

fn unanswered(error: FileError) -> QueryError {
    QueryError(error.to_string())
}
