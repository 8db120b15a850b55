//! Reports as people are told of them: what stands, what each period brought, and how trades went. All amounts are in quote
//! currency.

use serde::{Deserialize, Serialize};

use super::instrument::{InstrumentId, Symbol};
use super::money::{Amount, Ratio};
use super::notice::PositionView;
use super::position::Direction;
use super::request::Window;
use super::rows::FillRow;
use super::time::Timestamp;

/// How long the periods of a report are, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Days.
    Daily,
    /// Weeks that begin on Monday.
    Weekly,
    /// Calendar months.
    Monthly,
}

/// A round trip: from flat to flat, or to the turn of a position that turned around.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// What was traded.
    pub instrument: InstrumentId,
    /// Which way it went.
    pub direction: Direction,
    /// Its first execution.
    pub opened_at: Timestamp,
    /// Its last execution.
    pub closed_at: Timestamp,
    /// Profit or loss without fees.
    pub realized: Amount,
    /// Fees of its executions, above zero when paid.
    pub fees: Amount,
    /// realized − fees. Funding is told by the day, not by the trade.
    pub net: Amount,
}

/// A part of what the account is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationView {
    /// `cash`, or the instrument.
    pub name: String,
    /// What it is worth at mark prices: cash, coins, or margin and unrealised profit.
    pub worth: Amount,
    /// worth ÷ equity; none while equity is not above zero.
    pub share: Option<Ratio>,
}

/// Everything at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortfolioView {
    /// Open positions.
    pub positions: Vec<PositionView>,
    /// What equity consists of, largest first.
    pub allocation: Vec<AllocationView>,
    /// Everything at mark prices.
    pub equity: Amount,
    /// Notional of positions at their marks, longs and shorts added up.
    pub exposure: Amount,
    /// Profit or loss of open positions, without fees.
    pub unrealized: Amount,
    /// equity − the day's first equity.
    pub day: Amount,
    /// Since the account was opened: realised + unrealised − fees + funding.
    pub total: Amount,
}

/// What one period brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodRow {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    /// Realised, without fees.
    pub realized: Amount,
    /// Fees paid, above zero.
    pub fees: Amount,
    /// Funding received (positive) or paid.
    pub funding: Amount,
    /// realized − fees + funding.
    pub net: Amount,
    /// Trades that ended in it.
    pub trades: u32,
    /// Executions booked in it.
    pub fills: u32,
    /// Equity at its end, or now; none if no snapshot is kept from it.
    pub equity: Option<Amount>,
}

/// Periods, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodsView {
    /// How long they are.
    pub period: Period,
    /// One a period.
    pub rows: Vec<PeriodRow>,
}

/// How the trades of one symbol went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SymbolRow {
    /// Which, spot and perpetual together.
    pub symbol: Symbol,
    /// How many trades ended.
    pub trades: u32,
    /// How many of them gained.
    pub wins: u32,
    /// Realised, without fees.
    pub realized: Amount,
    /// Fees, above zero.
    pub fees: Amount,
    /// realized − fees.
    pub net: Amount,
}

/// Trades by symbol, the best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerformanceView {
    /// Over which time.
    pub window: Window,
    /// One a symbol.
    pub rows: Vec<SymbolRow>,
}

/// How the trades of one direction went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideStats {
    /// How many ended.
    pub trades: u32,
    /// How many of them gained.
    pub wins: u32,
    /// Their net profit or loss.
    pub net: Amount,
}

/// Figures of the trades that ended in a window. A trade gains if its net is above zero, loses if below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatsView {
    /// Over which time.
    pub window: Window,
    /// Trades that ended.
    pub trades: u32,
    /// Trades that gained.
    pub wins: u32,
    /// Trades that lost.
    pub losses: u32,
    /// wins ÷ trades.
    pub win_rate: Option<Ratio>,
    /// Sum of gains ÷ sum of losses, both as magnitudes; none without a loss.
    pub profit_factor: Option<Ratio>,
    /// Net of all trades.
    pub net: Amount,
    /// Sum of gains ÷ wins.
    pub average_win: Option<Amount>,
    /// Sum of losses ÷ losses, below zero.
    pub average_loss: Option<Amount>,
    /// The trade with the highest net.
    pub best: Option<Trade>,
    /// The trade with the lowest net.
    pub worst: Option<Trade>,
    /// Long trades.
    pub long: SideStats,
    /// Short trades.
    pub short: SideStats,
    /// Fees of all executions in the window, those of open positions included.
    pub fees: Amount,
    /// Funding in the window.
    pub funding: Amount,
    /// Largest (peak − equity) ÷ peak over the snapshots of the window, where peak is the highest equity before; none
    /// without a snapshot.
    pub drawdown: Option<Ratio>,
    /// Average time from a trade's first to its last execution, in milliseconds.
    pub holding_ms: Option<i64>,
    /// The longest such time.
    pub longest_ms: Option<i64>,
}

/// A page of executions, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryView {
    /// The executions.
    pub fills: Vec<FillRow>,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages there are; at least one.
    pub pages: u32,
    /// Executions on a page.
    pub count: u32,
    /// How many executions there are.
    pub total: u64,
}

/// Most bytes of a document: what every face can carry.
pub const DOCUMENT_BYTES_MAX: usize = 1_000_000;

/// A file for a person: a face sends it as a document, the terminal writes it to its folder of exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentView {
    /// Its name: letters, digits, points and dashes only.
    pub name: String,
    /// Its media type: `text/csv`.
    pub media: String,
    /// Its content, UTF-8, at most [`DOCUMENT_BYTES_MAX`] bytes.
    pub content: String,
    /// What it is, as a sentence.
    pub about: String,
    /// How many rows it has, without the header.
    pub rows: u32,
}
