//! Which kinds of orders a venue takes for an instrument.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::order::OrderType;

/// What is taken. A venue that says nothing takes markets, limits and stop-markets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTypes {
    kinds: BTreeSet<OrderType>,
    /// Whether two orders may be tied so that one ends the other.
    pub oco: bool,
}

impl OrderTypes {
    /// Markets, limits and stop-markets.
    pub fn plain() -> Self {
        Self { kinds: [OrderType::Market, OrderType::Limit, OrderType::StopMarket].into(), oco: false }
    }

    /// Every kind there is, tied pairs included.
    pub fn all() -> Self {
        Self { kinds: OrderType::ALL.into(), oco: true }
    }

    /// Tells whether a kind is taken.
    pub fn permits(&self, kind: OrderType) -> bool {
        self.kinds.contains(&kind)
    }
}

impl Default for OrderTypes {
    fn default() -> Self {
        Self::plain()
    }
}
