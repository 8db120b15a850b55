//! The account's state as rows. Each row is what the database holds and what the Desk keeps in memory; events carry
//! whole rows, so that applying an event and storing it are the same act (see `ARCHITECTURE.md`, "Rows and events").

use serde::{Deserialize, Serialize};

use super::actor::{Actor, ChatId, UserId};
use super::ids::{ClientOrderId, Nonce, PlanId, SourceKey, VenueOrderId};
use super::instrument::{Currency, InstrumentId};
use super::money::{Amount, Price, Quantity, Ratio};
use super::order::{Fill, Leg, OrderSpec, OrderState};
use super::pace::Pace;
use super::plan::Plan;
use super::position::Position;
use super::proposal::Proposal;
use super::refusal::Refusal;
use super::stacking::Stacking;
use super::time::Timestamp;

/// A card that waits for a tap, or that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRow {
    /// Single-use number behind its buttons.
    pub nonce: Nonce,
    /// Who may tap, and where.
    pub actor: Actor,
    /// What was wanted, to make the plan anew when a button changes it.
    pub proposal: Proposal,
    /// What a tap does; empty for a card that only resumes trading.
    pub plans: Vec<Plan>,
    /// Where it stands.
    pub state: PendingState,
    /// Whether this is the second card that a rule asked for.
    pub second: bool,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Where a card stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingState {
    /// Waits.
    Open,
    /// Tapped once.
    Confirmed,
    /// Answered no.
    Declined,
    /// Too old.
    Expired,
    /// Another card took its place.
    Replaced,
}

impl PendingState {
    /// Returns the word stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Replaced => "replaced",
        }
    }
}

/// Who allowed a plan: the record of an `Authority`, which itself is never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorityRecord {
    /// A tap on the card.
    Tapped {
        /// Whose.
        by: UserId,
        /// When.
        at: Timestamp,
        /// Of which card.
        nonce: Nonce,
    },
    /// A stop word: exits only.
    StopWord {
        /// Whose.
        by: UserId,
        /// When.
        at: Timestamp,
    },
    /// The standing order to protect positions: exits only.
    Protection {
        /// Which rule.
        rule: String,
        /// When.
        at: Timestamp,
    },
}

/// Where a confirmed plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// Tapped or otherwise allowed, not yet approved on a fresh quote.
    Confirmed,
    /// Approved and reserved.
    Approved,
    /// Refused by a rule.
    Denied,
    /// Too old to act on.
    Lapsed,
    /// Nothing more will happen.
    Done,
}

impl PlanState {
    /// Returns the word stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Lapsed => "lapsed",
            Self::Done => "done",
        }
    }
}

/// A rule's finding, kept for "why?".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRecord {
    /// The rule's code.
    pub code: super::refusal::Code,
    /// `pass`, `warn`, `second_card` or `deny`.
    pub finding: String,
    /// What the rule allows.
    pub limit: String,
    /// What was asked.
    pub actual: String,
}

/// A plan after its card: confirmed, or denied before there was one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    /// The frozen plan.
    pub plan: Plan,
    /// SHA-256 of the plan's canonical JSON, in hex.
    pub plan_hash: String,
    /// Where it stands.
    pub state: PlanState,
    /// Who allowed it; none when it was denied before a card.
    pub authority: Option<AuthorityRecord>,
    /// Who asked; none for machines.
    pub actor: Option<Actor>,
    /// What was said.
    pub text: String,
    /// Every rule's finding at the last look.
    pub rules: Vec<RuleRecord>,
    /// Why it was denied.
    pub refusals: Vec<Refusal>,
    /// When it was confirmed or denied.
    pub at: Timestamp,
}

/// Money or coins set aside for an order until it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// In which currency.
    pub currency: Currency,
    /// How much is still set aside.
    pub amount: Amount,
}

/// An order of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    /// What was, or will be, sent.
    pub spec: OrderSpec,
    /// Of which plan.
    pub plan: PlanId,
    /// What it is for.
    pub leg: Leg,
    /// Counts replacements of the same leg, from 0.
    pub generation: u32,
    /// The order it rests with, for an attached exit.
    pub parent: Option<ClientOrderId>,
    /// Where it stands.
    pub state: OrderState,
    /// How much has filled.
    pub filled: Quantity,
    /// Notional of what has filled.
    pub filled_notional: Amount,
    /// Fees paid.
    pub fees: Amount,
    /// What is set aside for it.
    pub reservation: Option<Reservation>,
    /// The venue's id, once known.
    pub venue_id: Option<VenueOrderId>,
    /// When the licence was given.
    pub sent_at: Option<Timestamp>,
    /// How the question after an unknown outcome stands.
    pub asking: Option<Asking>,
    /// A cancel is wanted as soon as the venue can take one.
    pub cancel_wanted: bool,
    /// When a cancel was last sent.
    pub cancel_sent_at: Option<Timestamp>,
    /// What caused it, to answer in the right place.
    pub cause: SourceKey,
    /// Where its notices go; none for machines (the owner's chat).
    pub chat: Option<ChatId>,
    /// The latest reason in words (a venue's refusal, a rule).
    pub why: String,
    /// When it was planned.
    pub made_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
}

impl OrderRow {
    /// Returns how much may still fill.
    pub fn remaining(&self) -> Quantity {
        self.spec.quantity.saturating_minus(self.filled)
    }
}

/// How the question after an unknown outcome stands (RELIABILITY §3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// When the next query is due.
    pub next_at: Timestamp,
    /// How many queries were sent.
    pub asked: u32,
    /// Clean negatives after the horizon.
    pub negatives: u32,
    /// When the last clean negative came.
    pub last_negative_at: Option<Timestamp>,
}

/// An execution in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillRow {
    /// As the venue reported it.
    pub fill: Fill,
    /// The plan it belongs to; none for a liquidation.
    pub plan: Option<PlanId>,
    /// What the order was for.
    pub leg: Option<Leg>,
    /// Profit or loss it realised, without fees.
    pub realized: Amount,
}

/// A currency balance in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceRow {
    /// Which currency.
    pub currency: Currency,
    /// What is there and not in margin (reservations are part of it).
    pub cash: Amount,
}

/// A position in the books, with its protection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionRow {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// The position; none when flat (the row then keeps only the generation).
    pub position: Option<Position>,
    /// Counts openings from flat, so that ids of its exits never repeat.
    pub generation: u32,
    /// What it must have.
    pub protection: Protection,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// The latest funding moments that are booked, oldest first: each is booked once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub funded: Vec<Timestamp>,
}

/// What exits a position must have. The orders themselves are order rows of the same instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Protection {
    /// Whether the position must have a stop.
    pub required: bool,
    /// Where the stop must be.
    pub stop: Option<Price>,
    /// The order that is, or will be, that stop.
    pub stop_order: Option<ClientOrderId>,
    /// If the stop trails: its distance.
    pub trailing: Option<Ratio>,
    /// Best mark price since the position was opened, for trailing.
    pub best: Option<Price>,
    /// Target orders.
    pub target_orders: Vec<ClientOrderId>,
    /// |mark − liquidation| ÷ mark at the last opening fill, for the liquidation guard.
    pub liquidation_distance: Option<Ratio>,
    /// Whether the guard has already halved this position.
    pub guard_halved: bool,
    /// Since when the stop is missing or not proven; none while it is proven.
    pub unprotected_since: Option<Timestamp>,
    /// How many stops were placed anew since the position last had a proven one.
    pub replaced: u32,
    /// An emergency close is under way; when its last order was planned.
    pub closing_at: Option<Timestamp>,
    /// How its orders come on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing_pace: Option<Pace>,
    /// When the position is closed because its time is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_at: Option<Timestamp>,
    /// The stop goes to break-even once a target has filled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub even_after_target: bool,
    /// The mark price from which on the stop trails; none means that it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail_from: Option<Price>,
    /// One stop is to take the place of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacking: Option<Stacking>,
    /// Which plan set the protection.
    pub plan: Option<PlanId>,
}

/// Whether new risk is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TradingState {
    /// Everything runs.
    Active,
    /// Exits only.
    Reducing,
    /// Cancels, protection and a person's own closes only; for unknown or dangerous state.
    Halted,
}

impl TradingState {
    /// Returns the word stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Reducing => "reducing",
            Self::Halted => "halted",
        }
    }
}

/// The account's trading state and the marks of its loss rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRow {
    /// Whether new risk is taken.
    pub trading: TradingState,
    /// Why, in words.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
    /// If a rule set it for a time: when it ends.
    pub until: Option<Timestamp>,
    /// Start of the UTC day that the daily loss is measured from.
    pub day: Timestamp,
    /// Equity at that moment, in quote currency.
    pub day_equity: Amount,
    /// Highest equity so far.
    pub peak_equity: Amount,
    /// When the account was opened.
    pub opened_at: Timestamp,
}

/// What one UTC day earned and cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PnlDayRow {
    /// Start of the day.
    pub day: Timestamp,
    /// Realised profit and loss without fees.
    pub realized: Amount,
    /// Fees paid, above zero.
    pub fees: Amount,
    /// Funding received (positive) or paid.
    pub funding: Amount,
    /// Number of fills.
    pub fills: u32,
}

/// One line of the double-entry ledger. The postings of one transaction sum to zero per currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The transaction: `fill:{instrument}:{trade_id}`, `funding:{instrument}:{moment}` or `deposit:{currency}`.
    pub transaction: String,
    /// `cash`, `margin:{instrument}`, `holding:{instrument}`, `income:realized`, `expense:fee`, `equity:deposit`, …
    pub ledger: String,
    /// Currency of the amount.
    pub currency: Currency,
    /// Debit (positive) or credit (negative).
    pub amount: Amount,
    /// When.
    pub at: Timestamp,
}
