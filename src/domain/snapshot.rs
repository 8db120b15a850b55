//! What an account was worth at a moment. Snapshots are observations for reports: nothing is decided from them, they are no
//! link of the chain, and old ones are forgotten.

use serde::{Deserialize, Serialize};

use super::money::Amount;
use super::time::Timestamp;

/// An account at a moment, in quote currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRow {
    /// When.
    pub at: Timestamp,
    /// Everything at mark prices: cash, margin, holdings and unrealised profit.
    pub equity: Amount,
    /// Cash, what orders hold of it included.
    pub cash: Amount,
    /// Margin of perpetuals.
    pub margin: Amount,
    /// Profit or loss of open positions at their marks, without fees.
    pub unrealized: Amount,
    /// Notional of open positions at their marks, longs and shorts added up.
    pub exposure: Amount,
    /// Number of open positions.
    pub positions: u32,
}

/// A snapshot on its way to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotWrite {
    /// The snapshot; one of the same moment is replaced.
    pub row: SnapshotRow,
    /// Snapshots from before this moment are forgotten.
    pub forget_before: Timestamp,
}
