//! A proposal sized and priced into legs. Frozen on a card; what is confirmed is what is sent (invariant 4 of the simulation).

use serde::{Deserialize, Serialize};

use super::evidence::EvidenceMap;
use super::ids::{AccountId, PlanId, SourceKey};
use super::instrument::InstrumentId;
use super::margin::MarginMode;
use super::market::{MarketSource, Quote};
use super::money::{Amount, Leverage, Price, Quantity, Ratio};
use super::order::{OrderType, Side, TimeInForce};
use super::position::Direction;
use super::time::Timestamp;
use super::upkeep::Upkeep;

/// What a plan does to the account's risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// Opens or adds to a position.
    Open,
    /// Closes or reduces one.
    Close,
    /// Places or moves exits of one.
    Protect,
}

/// A sized, priced plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Derived from the key.
    pub id: PlanId,
    /// Whose account.
    pub account: AccountId,
    /// The cause.
    pub key: SourceKey,
    /// What it does to risk.
    pub kind: PlanKind,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Side of the main order; for a protect plan the side of the exits.
    pub side: Side,
    /// Which way the position gains that this plan opens, closes or protects.
    pub direction: Direction,
    /// The order that opens or closes; none for a protect plan.
    pub order: Option<MainOrder>,
    /// Leverage of the position; one on spot.
    pub leverage: Leverage,
    /// Margin mode of the position.
    #[serde(default, skip_serializing_if = "MarginMode::is_isolated")]
    pub margin_mode: MarginMode,
    /// The stop that goes with it.
    pub stop: Option<StopPlan>,
    /// Take-profit levels, nearest first.
    pub targets: Vec<TargetPlan>,
    /// What a protect plan does with exits that are in place.
    pub exits: ExitChange,
    /// What the account does with the position on its own.
    #[serde(default, skip_serializing_if = "Upkeep::is_none")]
    pub upkeep: Upkeep,
    /// The figures a person decides by.
    pub figures: Figures,
    /// Where each figure came from.
    pub evidence: EvidenceMap,
    /// Things to know that deny nothing.
    pub warnings: Vec<String>,
    /// The quote it was priced on.
    pub quote: Quote,
    /// Where that quote came from.
    pub source: MarketSource,
    /// When.
    pub made_at: Timestamp,
}

/// The order that opens or closes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MainOrder {
    /// How it meets the book.
    pub order_type: OrderType,
    /// How long it lives.
    pub tif: TimeInForce,
    /// How much, in base currency, on the step.
    pub quantity: Quantity,
    /// Limit price on the tick; for a market order the slippage cap.
    pub price: Option<Price>,
    /// Trigger price on the tick.
    pub trigger: Option<Price>,
    /// Whether it may only reduce.
    pub reduce_only: bool,
    /// Whether the person asked for "market": the price is then only the cap.
    pub at_market: bool,
}

/// A stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopPlan {
    /// Trigger, on the tick, moved towards safety.
    pub trigger: Price,
    /// If it trails: the distance from the best price.
    pub trailing: Option<Ratio>,
}

/// A take-profit level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetPlan {
    /// Limit price on the tick.
    pub price: Price,
    /// Share of the position.
    pub share: Ratio,
}

/// What a protect plan changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub struct ExitChange {
    /// The stop in place is taken away or replaced.
    pub stop: bool,
    /// The targets in place are taken away or replaced.
    pub targets: bool,
}

/// The figures on a card. Money is in the quote currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Price the person may expect: the touch for a market order, else the limit or trigger.
    pub price: Price,
    /// Quantity × price.
    pub notional: Amount,
    /// Margin set aside; the whole notional on spot.
    pub margin: Amount,
    /// Fee of the main order.
    pub fee: Amount,
    /// Where margin would run out.
    pub liquidation_price: Option<Price>,
    /// Loss if the stop fires at its trigger, both fees included; above zero.
    pub loss_at_stop: Option<Amount>,
    /// Gain at the targets divided by loss at the stop, fees included.
    pub reward_risk: Option<Ratio>,
}
