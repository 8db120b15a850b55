//! What can reach a Desk. Chat, stop words, the executor's answers, the venue's pushes and time itself are one enum.

use crate::domain::actor::Actor;
use crate::domain::funding::Funding;
use crate::domain::ids::{ClientOrderId, Nonce, SourceKey};
use crate::domain::order::{Fill, OrderReport};
use crate::domain::proposal::Proposal;
use crate::domain::request::{CancelWhich, TradingWord};
use crate::engine::ports::{CancelOutcome, QueryError, SubmitOutcome, VenueAccount, VenueEvent};

use super::effect::Proof;

/// A button of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TapVerb {
    /// Do it.
    Confirm,
    /// Do not.
    Decline,
    /// A new card at half the size.
    Half,
    /// A new card at twice the size.
    Double,
    /// A new card with a market order.
    ToMarket,
    /// A new card with a limit order at the touch.
    ToLimit,
}

/// One input of a Desk.
#[derive(Debug, Clone)]
pub enum Input {
    /// Somebody, or something, wants to trade.
    Propose(Proposal),
    /// A button was tapped.
    Tap {
        /// Which card.
        nonce: Nonce,
        /// Which button.
        verb: TapVerb,
        /// By whom, where.
        actor: Actor,
        /// The message or tap that caused it.
        key: SourceKey,
    },
    /// Cancel resting orders; needs no card.
    Cancel {
        /// Which.
        which: CancelWhich,
        /// By whom, where.
        actor: Actor,
        /// The message that caused it.
        key: SourceKey,
    },
    /// Pause, the stop words (resume comes as a proposal, for it needs a card).
    Trading {
        /// Which word.
        word: TradingWord,
        /// By whom, where.
        actor: Actor,
        /// The message that caused it.
        key: SourceKey,
    },
    /// The executor's answer to a send.
    Submitted {
        /// Which order.
        order: ClientOrderId,
        /// What the venue said.
        outcome: SubmitOutcome,
    },
    /// The executor's answer to a cancel.
    Cancelled {
        /// Which order.
        order: ClientOrderId,
        /// What the venue said.
        outcome: CancelOutcome,
    },
    /// The executor's answer to a question about an order of unknown outcome: by id, among open orders, among trades.
    Asked {
        /// Which order.
        order: ClientOrderId,
        /// The order by id (`None`: not found), together with the executions since it was sent.
        answer: Result<(Option<OrderReport>, Vec<Fill>), QueryError>,
    },
    /// The venue's whole picture: at the start, after a gap, and from time to time.
    Reconciled {
        /// The picture, or why there is none.
        picture: Result<Box<VenuePicture>, QueryError>,
        /// Who is shown it as proof of what a stop word did.
        proof: Option<Proof>,
    },
    /// The journal gave no licence for an order: it stays unsent.
    LicenseRefused(ClientOrderId),
    /// The venue pushed an order's state.
    OrderPushed(OrderReport),
    /// The venue pushed an execution.
    FillPushed(Fill),
    /// The venue pushed a funding payment.
    FundingPushed(Funding),
    /// The venue's stream was interrupted.
    StreamGap,
    /// Time passed.
    Timer,
}

impl From<VenueEvent> for Input {
    fn from(event: VenueEvent) -> Self {
        match event {
            VenueEvent::Order(report) => Self::OrderPushed(report),
            VenueEvent::Fill(fill) => Self::FillPushed(fill),
            VenueEvent::Funding(funding) => Self::FundingPushed(funding),
            VenueEvent::Gap => Self::StreamGap,
        }
    }
}

/// A venue's whole picture of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenuePicture {
    /// Held and working orders.
    pub orders: Vec<OrderReport>,
    /// Executions since the last known one, with a margin.
    pub fills: Vec<Fill>,
    /// Funding payments of the same time.
    pub fundings: Vec<Funding>,
    /// Balances and positions.
    pub account: VenueAccount,
}
