//! What the operators' window looks at. Everything in it is behind a port; it holds no state of its own.

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use governor::DefaultKeyedRateLimiter;
use tokio::sync::{Semaphore, watch};

use crate::domain::actor::Actor;
use crate::domain::ids::AccountId;
use crate::domain::instrument::{Currency, Instrument, InstrumentId, Symbol};
use crate::engine::desk::door::DeskDoor;
use crate::engine::desk::health::DeskHealth;
use crate::engine::ports::{Clock, Journal, JournalError, Quotes, Views};
use crate::store::history::History;

use super::live::Live;
use super::metrics::Metrics;
use super::record::Reports;
use super::token::Token;
use super::trail::Trail;

/// Asks the database whether the Desk's role is still held under an epoch.
pub type Lease = Arc<dyn Fn(i64) -> BoxFuture<'static, Result<bool, JournalError>> + Send + Sync>;

/// What every route sees.
pub struct Window {
    /// Who may look.
    pub token: Token,
    /// Whose account.
    pub account: AccountId,
    /// What the account counts in.
    pub quote_currency: Currency,
    /// The venue's short name.
    pub venue: String,
    /// Whether real money moves.
    pub live_money: bool,
    /// Whose word a stop from here is: the owner's, in the owner's chat.
    pub owner: Actor,
    /// The durable memory.
    pub journal: Arc<dyn Journal>,
    /// Reads of it.
    pub views: Arc<dyn Views>,
    /// The record as it lies there.
    pub history: Arc<dyn History>,
    /// How trades went.
    pub reports: Reports,
    /// The latest prices.
    pub quotes: Arc<dyn Quotes>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What is traded.
    pub instruments: Vec<Instrument>,
    /// Oldest price that is traded on, in milliseconds of market time.
    pub quote_age_max_ms: i64,
    /// The Desk's door.
    pub door: DeskDoor,
    /// How the Desk stands.
    pub health: watch::Receiver<DeskHealth>,
    /// Whether the Desk's role is held.
    pub lease: Lease,
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// What is followed from port to port.
    pub trail: Arc<Trail>,
    /// What is told as it happens.
    pub live: Live,
    /// Room for listeners.
    pub listeners: Arc<Semaphore>,
    /// How much each peer asks.
    pub limiter: DefaultKeyedRateLimiter<IpAddr>,
}

impl Window {
    /// Returns the instruments of a pair, written `BTC/USDT`, `BTC-USDT` or `BTCUSDT`.
    pub fn instruments_of(&self, text: &str) -> Vec<&Instrument> {
        let wanted: String = text.chars().filter(|c| !matches!(c, '/' | '-')).collect();
        let name = |symbol: &Symbol| format!("{}{}", symbol.base, symbol.quote);
        self.instruments.iter().filter(|instrument| name(&instrument.id.symbol).eq_ignore_ascii_case(&wanted)).collect()
    }

    /// Returns the age of the newest price in milliseconds of market time; `None` while there is none.
    pub fn newest_price_age_ms(&self) -> Option<i64> {
        let now = self.clock.now();
        let ids: Vec<&InstrumentId> = self.instruments.iter().map(|instrument| &instrument.id).collect();
        ids.into_iter().filter_map(|id| self.quotes.quote(id)).map(|quote| now.since(quote.at).max(0)).min()
    }
}
