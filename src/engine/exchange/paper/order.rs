//! An order inside the venue: what was asked, how much of it is left, and where it stands.
//!
//! Invariant: `filled ≤ quantity`; an order that ended never changes again.

use serde::{Deserialize, Serialize};

use crate::domain::ids::VenueOrderId;
use crate::domain::money::{Price, Quantity, Ratio};
use crate::domain::order::{Leg, OrderReport, OrderSpec, VenueOrderState};
use crate::domain::time::Timestamp;

/// The venue's running number of an order; a lower number arrived earlier.
pub type OrderNumber = u64;

/// Where an order stands at the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// An attached exit whose entry has not filled.
    Held,
    /// A stop or take-profit whose trigger was not reached.
    Waiting,
    /// Takes from the visible book, now and on following ticks until nothing is left.
    Taking,
    /// A limit in the queue at its price.
    Resting {
        /// What still stands before it in the queue.
        ahead: Quantity,
    },
    /// Filled whole.
    Filled,
    /// Ended by request.
    Canceled,
    /// Ended by the venue.
    Expired,
}

impl Stage {
    /// Tells whether the order ended.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Filled | Self::Canceled | Self::Expired)
    }

    const fn reported(self) -> VenueOrderState {
        match self {
            Self::Held => VenueOrderState::Held,
            Self::Waiting | Self::Taking | Self::Resting { .. } => VenueOrderState::Working,
            Self::Filled => VenueOrderState::Filled,
            Self::Canceled => VenueOrderState::Canceled,
            Self::Expired => VenueOrderState::Expired,
        }
    }
}

/// What ties an attached exit to its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The entry.
    pub parent: OrderNumber,
    /// Stop or target.
    pub leg: Leg,
    /// Which share of what the entry fills it covers.
    pub share: Ratio,
    /// How much the entry's fills have given it so far.
    pub granted: Quantity,
}

/// Where a trailing stop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailing {
    /// Whether it has begun to trail.
    pub begun: bool,
    /// Its trigger now; it only ever moves towards the price.
    pub trigger: Price,
    /// The trigger that was last told.
    pub told: Price,
}

/// An order at the venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperOrder {
    /// The venue's number.
    pub number: OrderNumber,
    /// What was asked; attached exits are orders of their own.
    pub spec: OrderSpec,
    /// The entry it belongs to, for an attached exit.
    pub attachment: Option<Attachment>,
    /// The other half of its pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<OrderNumber>,
    /// Where it stands, for a trailing stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing: Option<Trailing>,
    /// Its size now: what was asked, or what the venue shrank or raised it to.
    pub quantity: Quantity,
    /// How much has filled.
    pub filled: Quantity,
    /// Where it stands.
    pub stage: Stage,
    /// When it last changed.
    pub at: Timestamp,
}

impl PaperOrder {
    /// Returns an order as it arrives, by itself.
    pub fn new(number: OrderNumber, spec: OrderSpec, at: Timestamp) -> Self {
        let trailing = spec.trail.and(spec.trigger).map(|trigger| Trailing { begun: false, trigger, told: trigger });
        let stage = if spec.order_type.has_trigger() { Stage::Waiting } else { Stage::Taking };
        Self { number, quantity: spec.quantity, filled: Quantity::ZERO, attachment: None, pair: None, trailing, stage, at, spec }
    }

    /// Returns where it fires; none for an order without a trigger.
    pub fn trigger(&self) -> Option<Price> {
        self.trailing.map(|trailing| trailing.trigger).or(self.spec.trigger)
    }

    /// Returns what is still to be filled.
    pub fn remaining(&self) -> Quantity {
        self.quantity.saturating_minus(self.filled)
    }

    /// Tells whether it takes or may take part in the market: neither held back nor ended.
    pub const fn is_working(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Taking | Stage::Resting { .. })
    }

    /// Tells whether it is an exit that shares the position with others.
    pub const fn is_working_exit(&self) -> bool {
        self.spec.reduce_only && self.is_working()
    }

    /// Tells whether it is a stop.
    pub const fn is_stop(&self) -> bool {
        self.spec.order_type.is_stop()
    }

    /// Returns the venue's id as text.
    pub fn venue_id(&self) -> VenueOrderId {
        VenueOrderId::new(self.number.to_string())
    }

    /// Returns the order as the venue reports it.
    pub fn report(&self) -> OrderReport {
        OrderReport {
            id: self.spec.id.clone(),
            venue_id: self.venue_id(),
            instrument: self.spec.instrument.clone(),
            side: self.spec.side,
            order_type: self.spec.order_type,
            state: self.stage.reported(),
            quantity: self.quantity,
            filled: self.filled,
            price: self.spec.price,
            trigger: self.trigger(),
            reduce_only: self.spec.reduce_only,
            at: self.at,
        }
    }
}
