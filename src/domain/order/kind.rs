//! What each kind of order needs, and when it fires.

use super::{OrderType, Side};
use crate::domain::money::Price;

impl OrderType {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Market, Self::Limit, Self::StopMarket, Self::StopLimit, Self::TakeProfitMarket, Self::TakeProfitLimit, Self::TrailingStop];

    /// Returns the word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Limit => "limit",
            Self::StopMarket => "stop_market",
            Self::StopLimit => "stop_limit",
            Self::TakeProfitMarket => "take_profit_market",
            Self::TakeProfitLimit => "take_profit_limit",
            Self::TrailingStop => "trailing_stop",
        }
    }

    /// Tells whether it has a limit price.
    pub const fn has_limit(self) -> bool {
        matches!(self, Self::Limit | Self::StopLimit | Self::TakeProfitLimit)
    }

    /// Tells whether it waits for a trigger.
    pub const fn has_trigger(self) -> bool {
        !matches!(self, Self::Market | Self::Limit)
    }

    /// Tells whether it is a stop: its trigger lies on the losing side.
    pub const fn is_stop(self) -> bool {
        matches!(self, Self::StopMarket | Self::StopLimit | Self::TrailingStop)
    }

    /// Tells whether its trigger lies on the winning side.
    pub const fn takes_profit(self) -> bool {
        matches!(self, Self::TakeProfitMarket | Self::TakeProfitLimit)
    }

    /// Tells whether an order of `side` fires at `mark`: a stop when the price goes against it (a sell at or under its
    /// trigger), a take-profit when it goes its way.
    pub fn fires(self, side: Side, trigger: Price, mark: Price) -> bool {
        match (side, self.takes_profit()) {
            (Side::Sell, false) | (Side::Buy, true) => mark <= trigger,
            (Side::Buy, false) | (Side::Sell, true) => mark >= trigger,
        }
    }
}
