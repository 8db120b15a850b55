//! Orders, fills, and the one table of an order's life.

mod state;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::ids::{ClientOrderId, TradeId, VenueOrderId};
use super::instrument::{Currency, InstrumentId};
use super::margin::MarginMode;
use super::money::{Amount, Leverage, Price, Quantity, Ratio};
use super::time::Timestamp;

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Buy.
    Buy,
    /// Sell.
    Sell,
}

impl Side {
    /// Returns the other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// Returns the word used in JSON and on cards.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }
}

/// How an order meets the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderType {
    /// At any price; used only by the last rung of an emergency close.
    Market,
    /// At the limit price or better.
    Limit,
    /// Becomes a market order once the mark price reaches the trigger.
    StopMarket,
}

/// How long an order lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeInForce {
    /// Until cancelled.
    Gtc,
    /// What fills at once; the rest is cancelled.
    Ioc,
    /// All at once or nothing.
    Fok,
    /// Rests, or is rejected if it would take.
    PostOnly,
}

/// What an order is for, inside its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// Opens or adds to a position.
    Entry,
    /// Protective stop.
    Stop,
    /// Take-profit level, counted from 1.
    Target(u8),
    /// Closes or reduces a position.
    Close,
}

impl Leg {
    /// Tells whether this leg can add risk.
    pub const fn opens(self) -> bool {
        matches!(self, Self::Entry)
    }
}

/// An order as it goes over the wire. Children in `attached` rest with the venue until this order fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSpec {
    /// Our id.
    pub id: ClientOrderId,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How it meets the book.
    pub order_type: OrderType,
    /// How much, in base currency.
    pub quantity: Quantity,
    /// Limit price; present exactly for limit orders.
    pub price: Option<Price>,
    /// Trigger (by mark price); present exactly for stop orders.
    pub trigger: Option<Price>,
    /// How long it lives.
    pub tif: TimeInForce,
    /// Whether it may only reduce a position. The venue shrinks such orders with the position and cancels them when it is flat.
    pub reduce_only: bool,
    /// Leverage of the position it opens; one on spot.
    pub leverage: Leverage,
    /// Margin mode of the position it opens.
    #[serde(default, skip_serializing_if = "MarginMode::is_isolated")]
    pub margin_mode: MarginMode,
    /// Exits that the venue places, sized by what has filled, as soon as this order fills.
    pub attached: Vec<AttachedSpec>,
}

/// An exit that rests with its parent: a stop (stop-market) or a target (limit), always reduce-only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedSpec {
    /// Our id.
    pub id: ClientOrderId,
    /// Stop or target.
    pub leg: Leg,
    /// Trigger of a stop, limit price of a target.
    pub price: Price,
    /// Share of the filled quantity it covers: one for a stop.
    pub share: Ratio,
}

/// Where an order stands. The order of the variants is not its rank; see [`OrderState::rank`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Approved and reserved; no byte has been sent.
    Planned,
    /// Never sent, and never will be: its plan grew too old.
    Lapsed,
    /// Licensed: bytes may be on the wire.
    Sending,
    /// Proved never to have reached the venue.
    NotSent,
    /// It may or may not exist at the venue; we ask.
    Unknown,
    /// The venue holds it until its parent fills.
    Held,
    /// Resting.
    Open,
    /// Resting with fills.
    Partial,
    /// A cancel was sent; the venue decides.
    Canceling,
    /// Filled whole. Terminal.
    Filled,
    /// Ended by cancel (perhaps with fills). A tombstone.
    Canceled,
    /// Refused by the venue. Terminal.
    Rejected,
    /// Ended by the venue (IOC rest, FOK, parent gone, flat). A tombstone.
    Expired,
    /// Asked for and not there, three times, after the horizon. A tombstone.
    Absent,
}

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderEvent {
    /// The licence to send was committed.
    Licensed,
    /// The plan grew too old, or was denied on the second look, before anything was sent.
    Lapsed,
    /// Proof that no byte reached the venue.
    NotSent,
    /// No proof either way.
    OutcomeUnknown,
    /// The venue holds it for its parent.
    Held,
    /// The venue works it, with nothing filled.
    Working,
    /// The venue works it, with fills.
    PartlyFilled,
    /// We sent a cancel.
    CancelSent,
    /// The cancel did not take: the order still works.
    CancelRefused,
    /// Filled whole.
    Filled,
    /// The venue cancelled it.
    Canceled,
    /// The venue refused it.
    Rejected,
    /// The venue ended it.
    Expired,
    /// Three clean negatives after the horizon.
    Absent,
}

/// What an event does to a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// The order moves.
    To(OrderState),
    /// Late evidence that a tombstone was wrong: the order moves, and people are told.
    Revived(OrderState),
    /// Old news; nothing changes.
    Stale,
    /// The table has no such row: a defect, to be reported and not obeyed.
    Illegal,
}

/// The table of an order's life: every move an order can make is one row here.
pub const fn transition(from: OrderState, event: OrderEvent) -> Transition {
    use OrderEvent as E;
    use OrderState as S;
    use Transition::{Illegal, Revived, Stale, To};
    match (from, event) {
        // Before the wire.
        (S::Planned, E::Licensed) => To(S::Sending),
        (S::Planned, E::Lapsed) => To(S::Lapsed),
        (S::Planned, E::NotSent) => To(S::NotSent),
        (_, E::Licensed | E::Lapsed) => Illegal,
        // Nothing but a licence leads from a plan to the venue.
        (S::Planned | S::Lapsed, _) => Illegal,

        // The answer to the send, or its absence.
        (S::Sending, E::NotSent) => To(S::NotSent),
        // A child of an order that was never sent, or whose parent proved absent.
        (S::Unknown, E::NotSent) => To(S::NotSent),
        (_, E::NotSent) => Stale,
        (S::Sending, E::OutcomeUnknown) => To(S::Unknown),
        (_, E::OutcomeUnknown) => Stale,
        // The venue has lost, or never had, what it is asked for. Whoever relies on it must know that it is not there.
        (S::Unknown | S::Held | S::Open | S::Partial | S::Canceling, E::Absent) => To(S::Absent),
        // A query can prove absence while the row still says Sending only by way of Unknown.
        (_, E::Absent) => Stale,

        // Working orders.
        (S::Sending | S::Unknown, E::Held) => To(S::Held),
        (S::Sending | S::Unknown | S::Held, E::Working) => To(S::Open),
        (S::Sending | S::Unknown | S::Held | S::Open | S::Partial, E::PartlyFilled) => To(S::Partial),
        // A fill while a cancel is on its way: the cancel is still undecided.
        (S::Canceling, E::PartlyFilled) => To(S::Canceling),
        (S::Held | S::Open | S::Partial, E::CancelSent) => To(S::Canceling),
        // Asking to cancel what may not exist yet is remembered by the caller, not by the state.
        (_, E::CancelSent) => Stale,
        (S::Canceling, E::CancelRefused) => To(S::Open),
        (_, E::CancelRefused) => Stale,

        // Ends.
        (S::Sending | S::Unknown | S::Held | S::Open | S::Partial | S::Canceling, E::Filled) => To(S::Filled),
        (S::Sending | S::Unknown | S::Held | S::Open | S::Partial | S::Canceling, E::Canceled) => To(S::Canceled),
        (S::Sending | S::Unknown | S::Held | S::Open | S::Partial | S::Canceling, E::Expired) => To(S::Expired),
        (S::Sending | S::Unknown, E::Rejected) => To(S::Rejected),
        // A held child can be refused when its parent fills (no room at its price): it ends without resting.
        (S::Held, E::Rejected) => To(S::Rejected),

        // Tombstones move only on evidence of the venue (lost replies, read lag, a fill that raced the cancel).
        (S::Absent | S::NotSent, E::Held) => Revived(S::Held),
        (S::Absent | S::NotSent, E::Working) => Revived(S::Open),
        (S::Absent | S::NotSent, E::PartlyFilled) => Revived(S::Partial),
        (S::Absent | S::NotSent | S::Canceled | S::Expired, E::Filled) => Revived(S::Filled),
        (S::Absent | S::NotSent, E::Canceled) => Revived(S::Canceled),
        (S::Absent | S::NotSent, E::Expired) => Revived(S::Expired),
        (S::Absent | S::NotSent, E::Rejected) => To(S::Rejected),

        // Everything else repeats or trails what is already known.
        (S::Open | S::Partial | S::Canceling | S::Held, E::Held | E::Working) => Stale,
        (S::Filled | S::Canceled | S::Expired | S::Rejected, _) => Stale,
        (S::Open | S::Partial | S::Canceling, E::Rejected) => Illegal,
    }
}

/// How the venue describes an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueOrderState {
    /// Waits for its parent to fill.
    Held,
    /// Rests or waits for its trigger; perhaps partly filled.
    Working,
    /// Filled whole.
    Filled,
    /// Cancelled on request.
    Canceled,
    /// Ended by the venue.
    Expired,
}

/// An order as the venue reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderReport {
    /// Our id, as the venue echoes it.
    pub id: ClientOrderId,
    /// The venue's id.
    pub venue_id: VenueOrderId,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How it meets the book.
    pub order_type: OrderType,
    /// Where it stands.
    pub state: VenueOrderState,
    /// Its size; for a reduce-only order what is left after the venue shrank it, plus what has filled.
    pub quantity: Quantity,
    /// How much has filled.
    pub filled: Quantity,
    /// Limit price.
    pub price: Option<Price>,
    /// Trigger price.
    pub trigger: Option<Price>,
    /// Whether it may only reduce.
    pub reduce_only: bool,
    /// When the venue last changed it.
    pub at: Timestamp,
}

/// Why an execution happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillCause {
    /// An order was matched.
    Order,
    /// The venue closed the position because its margin fell to maintenance.
    Liquidation,
}

/// One execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The venue's id of the execution.
    pub trade_id: TradeId,
    /// The order it belongs to; none for a liquidation.
    pub order: Option<ClientOrderId>,
    /// What was traded.
    pub instrument: InstrumentId,
    /// Bought or sold.
    pub side: Side,
    /// How much, in base currency.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
    /// Cost of the execution, above zero when paid.
    pub fee: Amount,
    /// Currency of the fee (the quote currency on this project's venues).
    pub fee_currency: Currency,
    /// Leverage of the position that it opened or changed; one on spot.
    pub leverage: Leverage,
    /// Margin mode of that position.
    #[serde(default, skip_serializing_if = "MarginMode::is_isolated")]
    pub margin_mode: MarginMode,
    /// Whether the order rested.
    pub maker: bool,
    /// Why.
    pub cause: FillCause,
    /// Venue time.
    pub at: Timestamp,
}
