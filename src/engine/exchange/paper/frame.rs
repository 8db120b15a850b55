//! What travels between a venue's process and its user: one JSON object a line.
//!
//! Requests are `{"id":1,"method":"submit","params":{…}}`; answers `{"id":1,"result":…}` or `{"id":1,"error":"…"}`;
//! pushes `{"push":{"tick":…}}` or `{"push":{"event":…}}`. Invariant: a frame is either understood whole or refused.

use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::funding::Funding;
use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::{Currency, InstrumentId};
use crate::domain::market::Tick;
use crate::domain::money::Amount;
use crate::domain::order::{Fill, OrderReport, OrderSpec};
use crate::domain::position::Position;
use crate::domain::time::Timestamp;
use crate::engine::ports::{CancelOutcome, SubmitOutcome, VenueAccount, VenueEvent};

/// Longest request line, in bytes.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Longest line a venue sends, in bytes.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Rows of a page of executions or of the log.
pub const PAGE_ROWS: usize = 500;
/// Longest page of the log, in bytes; well inside [`ANSWER_BYTES_MAX`].
pub const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// Most bars in one answer.
pub const BARS_MAX: usize = 2_000;

/// A question or an instruction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the caller; the answer has the same.
    pub id: u64,
    /// What is wanted.
    #[serde(flatten)]
    pub method: Method,
}

/// What can be wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum Method {
    /// Begin to push ticks and events on this connection.
    Subscribe,
    /// Send an order.
    Submit(OrderSpec),
    /// Cancel an order.
    Cancel {
        /// Of which instrument.
        instrument: InstrumentId,
        /// Its client id.
        id: ClientOrderId,
    },
    /// Look an order up.
    Order {
        /// Of which instrument.
        instrument: InstrumentId,
        /// Its client id.
        id: ClientOrderId,
    },
    /// All held and working orders.
    OpenOrders,
    /// A page of executions, as `[number, fill]`.
    Fills {
        /// At or after this time.
        since: Timestamp,
        /// With a number above this.
        after: u64,
    },
    /// A page of funding payments, as `[number, funding]`.
    Fundings {
        /// Settled at or after this time.
        since: Timestamp,
        /// With a number above this.
        after: u64,
    },
    /// Balances and positions.
    Account,
    /// What is listed.
    Instruments,
    /// A page of the order log.
    Log {
        /// Rows above this.
        after: u64,
    },
    /// Closed one-hour bars before now.
    Bars {
        /// Of which instrument.
        instrument: InstrumentId,
        /// How many.
        count: usize,
    },
    /// The venue's market time.
    Now,
}

/// A line from the venue: an answer (with `id`) or a push.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct VenueLine {
    /// Of which request; none for a push, and for a complaint about an unreadable line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The answer; `null` is one ("there is no such order"), absence is none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub result: Option<serde_json::Value>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Something that was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<Push>,
}

/// Reads a field that is there, whatever it holds: without this a `null` would read as a missing answer.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(deserializer).map(Some)
}

/// What a venue sends on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Push {
    /// One step of the market.
    Tick(Tick),
    /// An order changed, an execution, or a gap.
    Event(WireEvent),
}

/// [`VenueEvent`] on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireEvent {
    /// An order changed.
    Order(OrderReport),
    /// An execution.
    Fill(Fill),
    /// A funding payment.
    Funding(Funding),
    /// Something may be missing.
    Gap,
}

impl From<VenueEvent> for WireEvent {
    fn from(event: VenueEvent) -> Self {
        match event {
            VenueEvent::Order(report) => Self::Order(report),
            VenueEvent::Fill(fill) => Self::Fill(fill),
            VenueEvent::Funding(funding) => Self::Funding(funding),
            VenueEvent::Gap => Self::Gap,
        }
    }
}

impl From<WireEvent> for VenueEvent {
    fn from(event: WireEvent) -> Self {
        match event {
            WireEvent::Order(report) => Self::Order(report),
            WireEvent::Fill(fill) => Self::Fill(fill),
            WireEvent::Funding(funding) => Self::Funding(funding),
            WireEvent::Gap => Self::Gap,
        }
    }
}

/// [`SubmitOutcome`] on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireSubmit {
    /// Taken.
    Accepted {
        /// The order and its exits.
        orders: Vec<OrderReport>,
        /// Executions so far.
        fills: Vec<Fill>,
    },
    /// Refused.
    Rejected {
        /// The venue's code.
        code: String,
        /// The venue's reason.
        reason: String,
    },
    /// Surely not taken.
    NotSent(String),
    /// Perhaps taken.
    Unknown(String),
}

impl From<SubmitOutcome> for WireSubmit {
    fn from(outcome: SubmitOutcome) -> Self {
        match outcome {
            SubmitOutcome::Accepted { orders, fills } => Self::Accepted { orders, fills },
            SubmitOutcome::Rejected { code, reason } => Self::Rejected { code, reason },
            SubmitOutcome::NotSent(why) => Self::NotSent(why),
            SubmitOutcome::Unknown(why) => Self::Unknown(why),
        }
    }
}

impl From<WireSubmit> for SubmitOutcome {
    fn from(outcome: WireSubmit) -> Self {
        match outcome {
            WireSubmit::Accepted { orders, fills } => Self::Accepted { orders, fills },
            WireSubmit::Rejected { code, reason } => Self::Rejected { code, reason },
            WireSubmit::NotSent(why) => Self::NotSent(why),
            WireSubmit::Unknown(why) => Self::Unknown(why),
        }
    }
}

/// [`CancelOutcome`] on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireCancel {
    /// Cancelled, or ended before.
    Done(Box<OrderReport>),
    /// No such order.
    NotFound,
    /// No usable answer.
    Unknown(String),
}

impl From<CancelOutcome> for WireCancel {
    fn from(outcome: CancelOutcome) -> Self {
        match outcome {
            CancelOutcome::Done(report) => Self::Done(report),
            CancelOutcome::NotFound => Self::NotFound,
            CancelOutcome::Unknown(why) => Self::Unknown(why),
        }
    }
}

impl From<WireCancel> for CancelOutcome {
    fn from(outcome: WireCancel) -> Self {
        match outcome {
            WireCancel::Done(report) => Self::Done(report),
            WireCancel::NotFound => Self::NotFound,
            WireCancel::Unknown(why) => Self::Unknown(why),
        }
    }
}

/// [`VenueAccount`] on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireAccount {
    /// Cash and holdings.
    pub balances: Vec<(Currency, Amount)>,
    /// Positions.
    pub positions: Vec<Position>,
    /// When.
    pub at: Timestamp,
}

impl From<VenueAccount> for WireAccount {
    fn from(account: VenueAccount) -> Self {
        Self { balances: account.balances, positions: account.positions, at: account.at }
    }
}

impl From<WireAccount> for VenueAccount {
    fn from(account: WireAccount) -> Self {
        Self { balances: account.balances, positions: account.positions, at: account.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_nothing_is_not_a_missing_answer() {
        let read = |text: &str| serde_json::from_str::<VenueLine>(text).unwrap().result;
        assert_eq!(read(r#"{"id":1,"result":null}"#), Some(serde_json::Value::Null));
        assert_eq!(read(r#"{"id":1}"#), None);
    }

    #[test]
    fn requests_read_as_documented() {
        let request: Request = serde_json::from_str(r#"{"id":7,"method":"log","params":{"after":3}}"#).unwrap();
        assert_eq!(request, Request { id: 7, method: Method::Log { after: 3 } });
        let request: Request = serde_json::from_str(r#"{"id":8,"method":"account"}"#).unwrap();
        assert_eq!(request.method, Method::Account);
        assert!(serde_json::from_str::<Request>(r#"{"id":8,"method":"withdraw"}"#).is_err());
    }
}
