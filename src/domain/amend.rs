//! A change of an order that rests: another price, another size. The venue gets a cancel and then, once the order is proven
//! to be gone, a new one.

use serde::{Deserialize, Serialize};

use super::evidence::EvidenceMap;
use super::ids::{ClientOrderId, PlanId};
use super::money::{Price, Quantity};
use super::request::{AmountSpec, CancelWhich};

/// A change of a resting order, as asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmendRequest {
    /// Which order.
    pub which: CancelWhich,
    /// Its new price: the limit, or the trigger of a stop entry.
    pub price: Option<Price>,
    /// Its new size; none keeps what has not filled.
    pub amount: Option<AmountSpec>,
    /// Where each field came from.
    pub evidence: EvidenceMap,
}

/// The order in whose place a plan stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Its id.
    pub order: ClientOrderId,
    /// Its plan.
    pub plan: PlanId,
    /// How much of it had filled when the card was made. If more has filled by the time it is gone, nothing new is sent:
    /// the person decided by another size.
    pub filled: Quantity,
}
