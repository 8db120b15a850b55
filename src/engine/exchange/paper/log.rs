//! The order log: everything that ever happened to an order, in the order in which it happened.
//!
//! Invariant: rows are only added. The log is the ground truth that a ledger is compared with.

use serde::{Deserialize, Serialize};

use std::collections::BTreeMap;

use super::core::{Counters, State};
use super::order::{OrderNumber, PaperOrder};
use crate::domain::funding::Funding;
use crate::domain::ids::VenueOrderId;
use crate::domain::instrument::InstrumentId;
use crate::domain::money::{Price, Quantity};
use crate::domain::order::{Fill, OrderSpec};
use crate::domain::position::Position;
use crate::domain::time::Timestamp;
use crate::engine::ports::VenueEvent;

/// One row of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Running number, from 1.
    pub sequence: u64,
    /// When it reached or happened at the venue.
    pub at: Timestamp,
    /// What happened.
    pub event: LogEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogEvent {
    /// An order arrived and was taken, with its attached exits or its other half inside.
    Accepted {
        /// The venue's id; those inside have the ids that follow.
        venue_id: VenueOrderId,
        /// As it arrived.
        spec: OrderSpec,
    },
    /// An order arrived and was refused.
    Rejected {
        /// As it arrived.
        spec: OrderSpec,
        /// The venue's code.
        code: String,
        /// The venue's reason.
        reason: String,
    },
    /// An attached exit began to work, or was raised by a further fill of its entry, or was shrunk with the position.
    Resized {
        /// Which.
        venue_id: VenueOrderId,
        /// Its size now.
        quantity: Quantity,
    },
    /// An order's trigger was reached.
    Triggered {
        /// Which.
        venue_id: VenueOrderId,
    },
    /// The venue moved a trailing stop's trigger.
    Trailed {
        /// Which.
        venue_id: VenueOrderId,
        /// The trigger now.
        trigger: Price,
    },
    /// An execution.
    Filled {
        /// Of which order; none for a liquidation.
        venue_id: Option<VenueOrderId>,
        /// The execution.
        fill: Fill,
    },
    /// A position paid or received funding.
    Funded {
        /// The payment.
        funding: Funding,
    },
    /// An order ended by request.
    Canceled {
        /// Which.
        venue_id: VenueOrderId,
    },
    /// An order was ended by the venue.
    Expired {
        /// Which.
        venue_id: VenueOrderId,
        /// Why.
        why: String,
    },
}

/// Everything one operation changed: what must be durable before anybody hears of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Orders as they stand afterwards, by number.
    pub orders: Vec<PaperOrder>,
    /// Numbers of those orders whose report changed (the others only moved in a queue).
    pub told: Vec<OrderNumber>,
    /// Executions, with their running numbers.
    pub fills: Vec<(u64, Fill)>,
    /// Funding payments, with their running numbers.
    pub fundings: Vec<(u64, Funding)>,
    /// Rows of the log.
    pub log: Vec<LogEntry>,
    /// Positions as they stand afterwards; `None` when flat.
    pub positions: Vec<(InstrumentId, Option<Position>)>,
    /// Cash and running numbers, if they changed.
    pub totals: Option<Totals>,
}

/// What is neither an order nor a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Cash and what it began with.
    pub cash: super::account::Cash,
    /// Running numbers.
    pub counters: Counters,
    /// The latest funding moment that was settled, by instrument.
    #[serde(default)]
    pub funded: BTreeMap<InstrumentId, Timestamp>,
}

impl Totals {
    /// Returns the totals of a state.
    pub fn of(state: &State) -> Self {
        Self { cash: state.account.cash, counters: state.counters, funded: state.funded.clone() }
    }
}

impl Record {
    /// Tells whether nothing changed.
    pub const fn is_empty(&self) -> bool {
        self.orders.is_empty()
            && self.fills.is_empty()
            && self.fundings.is_empty()
            && self.log.is_empty()
            && self.positions.is_empty()
            && self.totals.is_none()
    }

    /// Returns what is pushed about it: funding, which was settled before anything traded, executions, then the orders they
    /// moved.
    pub fn events(&self) -> Vec<VenueEvent> {
        let fills = self.fills.iter().map(|(_, fill)| VenueEvent::Fill(fill.clone()));
        let news = self.orders.iter().filter(|order| self.told.contains(&order.number));
        let fundings = self.fundings.iter().map(|(_, funding)| VenueEvent::Funding(funding.clone()));
        fundings.chain(fills).chain(news.map(|order| VenueEvent::Order(order.report()))).collect()
    }
}
