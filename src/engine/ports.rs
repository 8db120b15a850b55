//! The traits the outside implements. Each is chosen once, in `app.rs`, and shared as `Arc<dyn Port>`.
//!
//! A port says what is known and what is not: [`SubmitOutcome`] keeps "surely not" apart from "perhaps", and every
//! failed question is an error, never an empty answer (invariant I4).

pub mod mailroom;
pub mod users;

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::actor::ChatId;
use crate::domain::event::DeskEvent;
use crate::domain::funding::Funding;
use crate::domain::ids::{AccountId, ClientOrderId, PlanId, SourceKey};
use crate::domain::instrument::{Currency, Instrument, InstrumentId, Symbol};
use crate::domain::market::{Bar, MarketSource, Tick};
use crate::domain::money::{Amount, Price};
use crate::domain::notice::Notice;
use crate::domain::order::{Fill, OrderReport, OrderSpec};
use crate::domain::position::Position;
use crate::domain::rows::{BalanceRow, FillRow, OrderRow, PendingRow, PlanRow, PnlDayRow, PositionRow, Posting, StateRow};
use crate::domain::snapshot::{SnapshotRow, SnapshotWrite};
use crate::domain::time::Timestamp;

/// The one source of time. Market time in paper trading may run faster than the wall, or stand still.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the present moment of market time.
    fn now(&self) -> Timestamp;

    /// Waits until market time reaches `at`.
    async fn sleep_until(&self, at: Timestamp);
}

/// A stream of market ticks. Sources that make their own time (simulated, replay) are pulled by [`Feed::due`].
pub trait Feed: Send {
    /// Tells where the prices come from.
    fn source(&self) -> MarketSource;

    /// Returns the instruments it has prices for.
    fn instruments(&self) -> Vec<Instrument>;

    /// Returns the market time at which trading on this feed begins.
    fn starts_at(&self) -> Timestamp;

    /// Returns when the next tick is due, or `None` at the end of the data.
    fn next_at(&self) -> Option<Timestamp>;

    /// Returns, in order of time, the ticks that are due at `now` and were not returned before.
    fn due(&mut self, now: Timestamp) -> Vec<Tick>;

    /// Makes the ticks that follow coarser or finer: the longest market time between two ticks of an instrument.
    fn set_step_ms(&mut self, step_ms: i64);

    /// Returns what this market needs to go on from here in another process; `None` if it cannot.
    fn snapshot(&self) -> Option<String>;

    /// Returns closed one-hour bars before `now`, oldest first, at most `count`; the past a chart would show.
    fn hourly_bars(&self, instrument: &InstrumentId, now: Timestamp, count: usize) -> Vec<Bar>;
}

// ---------------------------------------------------------------- venue

/// What a venue answered to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitOutcome {
    /// The venue has it. Children of a bracket are reported beside it; fills come with it.
    Accepted {
        /// The order and its attached exits.
        orders: Vec<OrderReport>,
        /// Executions so far.
        fills: Vec<Fill>,
    },
    /// The venue definitely refused it.
    Rejected {
        /// The venue's code.
        code: String,
        /// The venue's reason.
        reason: String,
    },
    /// It surely did not reach the venue (no byte was written).
    NotSent(String),
    /// It may exist or not.
    Unknown(String),
}

/// A question to a venue that got no usable answer. Never to be read as "not found".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the venue gave no usable answer: {0}")]
pub struct QueryError(pub String);

/// What a venue answered to a cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelOutcome {
    /// Cancelled (or already ended); the report says how it stands.
    Done(Box<OrderReport>),
    /// The venue knows no such order now (it may never have existed, or have ended long ago).
    NotFound,
    /// No usable answer; ask again.
    Unknown(String),
}

/// An account as the venue sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueAccount {
    /// Cash and holdings by currency, without margin: free plus locked.
    pub balances: Vec<(Currency, Amount)>,
    /// Open positions, spot holdings included.
    pub positions: Vec<Position>,
    /// When.
    pub at: Timestamp,
}

/// What a venue pushes on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VenueEvent {
    /// An order changed.
    Order(OrderReport),
    /// An execution.
    Fill(Fill),
    /// A funding payment was settled.
    Funding(Funding),
    /// The stream was interrupted: what happened meanwhile must be asked for.
    Gap,
}

/// Takes what a venue pushes; must not block.
pub type VenueSink = Arc<dyn Fn(VenueEvent) + Send + Sync>;

/// A trading venue.
#[async_trait]
pub trait Exchange: Send + Sync {
    /// Returns the venue's short name (`paper`).
    fn name(&self) -> &'static str;

    /// Tells whether real money moves.
    fn is_live(&self) -> bool;

    /// Begins to push events into `sink`; replaces an earlier sink.
    fn attach(&self, sink: VenueSink);

    /// Sends an order once. Never retried inside.
    async fn submit(&self, order: OrderSpec) -> SubmitOutcome;

    /// Cancels an order by our id.
    async fn cancel(&self, instrument: &InstrumentId, id: &ClientOrderId) -> CancelOutcome;

    /// Returns an order by our id; `None` is the venue's clean "not found".
    async fn order(&self, instrument: &InstrumentId, id: &ClientOrderId) -> Result<Option<OrderReport>, QueryError>;

    /// Returns all orders that are held or working.
    async fn open_orders(&self) -> Result<Vec<OrderReport>, QueryError>;

    /// Returns all executions at or after `since`, oldest first.
    async fn fills_since(&self, since: Timestamp) -> Result<Vec<Fill>, QueryError>;

    /// Returns all funding payments settled at or after `since`, oldest first.
    async fn funding_since(&self, since: Timestamp) -> Result<Vec<Funding>, QueryError>;

    /// Returns balances and positions.
    async fn account(&self) -> Result<VenueAccount, QueryError>;

    /// Returns the instruments the venue lists.
    async fn instruments(&self) -> Result<Vec<Instrument>, QueryError>;
}

// ---------------------------------------------------------------- journal

/// Everything that becomes true together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Whose Desk.
    pub account: AccountId,
    /// The lease's epoch; a commit of an older epoch is refused.
    pub epoch: i64,
    /// Facts, in order; each writes its row and one link of the hash chain.
    pub events: Vec<DeskEvent>,
    /// Ledger lines; each transaction among them sums to zero per currency.
    pub postings: Vec<Posting>,
    /// What people are told.
    pub notices: Vec<Notice>,
    /// The message that is thereby dealt with.
    pub inbox_done: Option<SourceKey>,
    /// What the account is worth now, if it is looked at.
    pub snapshot: Option<SnapshotWrite>,
}

/// A licence to send: the rows as they stand once it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    /// Whose Desk.
    pub account: AccountId,
    /// The lease's epoch, checked in the same UPDATE.
    pub epoch: i64,
    /// The order (first) and its attached exits, in state `Sending`; each must be `planned` in the database.
    pub orders: Vec<OrderRow>,
    /// The events that tell of it.
    pub events: Vec<DeskEvent>,
    /// Whether the order opens risk: then the stored trading state must be `active`.
    pub opens: bool,
}

/// Why nothing, or perhaps something, was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Nothing was written.
    #[error("nothing was written: {0}")]
    NotWritten(String),
    /// Nothing was written, because its cause was dealt with before.
    #[error("this was dealt with before ({0})")]
    Duplicate(String),
    /// Another process owns the Desk.
    #[error("another process owns this account's desk ({0})")]
    NotOwner(String),
    /// The commit may have taken place; read again before anything else.
    #[error("the outcome of the commit is not known: {0}")]
    Unknown(String),
}

/// All rows of an account, to start from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BookRows {
    /// Cards that wait.
    pub pendings: Vec<PendingRow>,
    /// Plans that are not done.
    pub plans: Vec<PlanRow>,
    /// Opening plans of the last thirty days that are done: for rates, duplicates and the usual size.
    pub opened: Vec<PlanRow>,
    /// Orders that are not done, and tombstones of the last seven days.
    pub orders: Vec<OrderRow>,
    /// Executions of those orders, and of the last seven days: for telling duplicates.
    pub fills: Vec<FillRow>,
    /// Balances.
    pub balances: Vec<BalanceRow>,
    /// Positions.
    pub positions: Vec<PositionRow>,
    /// Trading state; none for a new account.
    pub state: Option<StateRow>,
    /// The latest day's profit and loss.
    pub pnl_day: Option<PnlDayRow>,
    /// Time of the last event.
    pub last_event_at: Option<Timestamp>,
}

/// A message as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxMessage {
    /// Unique; redelivery has the same key.
    pub key: SourceKey,
    /// Who wrote it, as JSON of an `Actor`.
    pub actor: crate::domain::actor::Actor,
    /// The text, or the tap (`tap:{nonce}:{verb}`).
    pub body: String,
    /// When it came.
    pub received_at: Timestamp,
}

/// Whether a message is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboxClaim {
    /// Never seen; it is stored now.
    New,
    /// Seen before and not dealt with yet.
    Open,
    /// Dealt with.
    Done,
}

/// A notice waiting to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxNotice {
    /// Its place in the queue.
    pub sequence: i64,
    /// The notice.
    pub notice: Notice,
}

/// The durable memory: one `commit` makes a step's facts true together (invariant I3).
#[async_trait]
pub trait Journal: Send + Sync {
    /// Takes the role of this account's one Desk and returns the epoch, or fails with [`JournalError::NotOwner`].
    async fn claim_desk(&self, account: &AccountId, now: Timestamp) -> Result<i64, JournalError>;

    /// Loads an account.
    async fn load(&self, account: &AccountId) -> Result<BookRows, JournalError>;

    /// Writes a step.
    async fn commit(&self, commit: &Commit) -> Result<(), JournalError>;

    /// Gives a licence to send: true exactly if every order was `planned`, the epoch is current, and the state allows it.
    async fn license(&self, license: &License) -> Result<bool, JournalError>;

    /// Stores a message, unless it is known.
    async fn inbox_claim(&self, message: &InboxMessage) -> Result<InboxClaim, JournalError>;

    /// Returns messages that were stored and not dealt with, oldest first.
    async fn inbox_open(&self) -> Result<Vec<InboxMessage>, JournalError>;

    /// Returns undelivered notices, oldest first.
    async fn outbox_next(&self, count: u32) -> Result<Vec<OutboxNotice>, JournalError>;

    /// Marks notices as delivered.
    async fn outbox_done(&self, sequences: &[i64]) -> Result<(), JournalError>;

    /// Stores answers that change nothing (replies to queries, questions back) and marks their message as dealt with.
    async fn answer(&self, notices: Vec<Notice>, inbox_done: Option<SourceKey>) -> Result<(), JournalError>;

    /// As [`Journal::answer`], and appends acts that happened outside the Desk to the account's chain, in the same
    /// transaction. Any process may: the chain's order is decided at commit, and the Desk's epoch is neither asked for nor
    /// changed.
    async fn record(
        &self,
        account: &AccountId,
        acts: &[DeskEvent],
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError>;

    /// Returns what a chat was asked last and has not answered, as the bot stored it.
    async fn open_question(&self, chat: ChatId) -> Result<Option<String>, JournalError>;

    /// Stores or clears what a chat was asked.
    async fn set_question(&self, chat: ChatId, question: Option<String>) -> Result<(), JournalError>;

    /// Returns the secret that order ids are derived from. The first start stores `fresh` as that secret.
    async fn install_key(&self, fresh: &[u8]) -> Result<Vec<u8>, JournalError>;
}

/// Reads of committed state, for answers.
#[async_trait]
pub trait Views: Send + Sync {
    /// Returns positions that are not flat.
    async fn positions(&self, account: &AccountId) -> Result<Vec<PositionRow>, JournalError>;

    /// Returns orders that are not done.
    async fn open_orders(&self, account: &AccountId) -> Result<Vec<OrderRow>, JournalError>;

    /// Returns balances.
    async fn balances(&self, account: &AccountId) -> Result<Vec<BalanceRow>, JournalError>;

    /// Returns the trading state.
    async fn state(&self, account: &AccountId) -> Result<Option<StateRow>, JournalError>;

    /// Returns days at or after `from`.
    async fn pnl_days(&self, account: &AccountId, from: Timestamp) -> Result<Vec<PnlDayRow>, JournalError>;

    /// Returns the latest executions, newest first.
    async fn fills(&self, account: &AccountId, count: u32) -> Result<Vec<FillRow>, JournalError>;

    /// Returns how many executions there are.
    async fn fill_count(&self, account: &AccountId) -> Result<u64, JournalError>;

    /// Returns executions newest first, `skip` of them left out.
    async fn fills_page(&self, account: &AccountId, skip: u64, count: u32) -> Result<Vec<FillRow>, JournalError>;

    /// Returns executions in the order they were booked, those after number `after` (0 for the first), each with its number.
    async fn fills_after(&self, account: &AccountId, after: i64, count: u32) -> Result<Vec<(i64, FillRow)>, JournalError>;

    /// Returns the latest snapshot at or before `at`.
    async fn snapshot_at(&self, account: &AccountId, at: Timestamp) -> Result<Option<SnapshotRow>, JournalError>;

    /// Returns snapshots after `after`, oldest first.
    async fn snapshots(&self, account: &AccountId, after: Timestamp, count: u32) -> Result<Vec<SnapshotRow>, JournalError>;

    /// Returns the card that waits in a chat.
    async fn open_pending(&self, account: &AccountId, chat: ChatId) -> Result<Option<PendingRow>, JournalError>;

    /// Returns the latest plan that was confirmed or denied: of a chat, of a symbol in it, or any whose id starts so.
    async fn latest_plan(&self, account: &AccountId, which: &PlanQuery) -> Result<Option<PlanRow>, JournalError>;

    /// Returns the events of a plan and of its orders, oldest first, at most `count`.
    async fn events_of(&self, account: &AccountId, plan: &PlanId, count: u32) -> Result<Vec<DeskEvent>, JournalError>;
}

/// Which plan is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanQuery {
    /// The latest of a chat.
    Chat(ChatId),
    /// The latest of a pair.
    Symbol(Symbol),
    /// Whose id, or one of whose orders' ids, starts with this.
    IdPrefix(String),
}

/// The latest prices, for sizing, risk and answers.
pub trait Quotes: Send + Sync {
    /// Returns the latest quote of an instrument.
    fn quote(&self, instrument: &InstrumentId) -> Option<crate::domain::market::Quote>;

    /// Returns the average true range of closed one-hour bars over 14 bars, quantised to eight decimals; `None` while warming up.
    fn atr_1h(&self, instrument: &InstrumentId) -> Option<Price>;

    /// Tells where the prices come from.
    fn source(&self) -> MarketSource;
}
