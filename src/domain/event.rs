//! Committed facts. An event carries the whole row it writes; the journal stores both in one transaction.

use serde::{Deserialize, Serialize};

use super::act::Act;
use super::rows::{BalanceRow, FillRow, OrderRow, PendingRow, PlanRow, PnlDayRow, PositionRow, StateRow};
use super::time::Timestamp;

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskEvent {
    /// Its kind, as `noun.verb`: `order.sending`, `fill.booked`.
    pub kind: String,
    /// What it is about: an order id, a plan id, an instrument.
    pub subject: String,
    /// The evidence, in words: a response, a venue event, a rule, a person.
    pub detail: String,
    /// When.
    pub at: Timestamp,
    /// The row as it stands afterwards.
    pub change: Change,
}

/// A row after a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A card.
    Pending(Box<PendingRow>),
    /// A plan.
    Plan(Box<PlanRow>),
    /// An order.
    Order(Box<OrderRow>),
    /// An execution; rows of this kind are only added.
    Fill(Box<FillRow>),
    /// A balance.
    Balance(BalanceRow),
    /// A position.
    Position(Box<PositionRow>),
    /// The trading state.
    State(StateRow),
    /// A day's profit and loss.
    PnlDay(PnlDayRow),
    /// An act that matters for security; it has no row of its own.
    Act(Box<Act>),
    /// The ledger lines of the same step, sealed by the journal; it has no row of its own.
    Ledger(LedgerSeal),
}

/// What proves the ledger lines of a step: the lines themselves lie beside the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerSeal {
    /// How many lines.
    pub lines: u32,
    /// SHA-256 of the lines in the order of their transactions, in hex.
    pub digest: String,
}
