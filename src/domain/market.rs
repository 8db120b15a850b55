//! What the market says: ticks with a book around the mid, the latest quote, and bars.

use serde::{Deserialize, Serialize};

use super::instrument::InstrumentId;
use super::money::{Price, Quantity};
use super::order::Side;
use super::time::Timestamp;

/// One price level of an order book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// How much rests there.
    pub quantity: Quantity,
}

/// A trade that printed on the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// At which price.
    pub price: Price,
    /// How much, in base currency.
    pub quantity: Quantity,
    /// Who crossed the spread: `Buy` lifted the ask, `Sell` hit the bid.
    pub aggressor: Side,
}

/// One step of the market for one instrument: what traded since the last tick, and the book after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// Which instrument.
    pub instrument: InstrumentId,
    /// Market time of the tick.
    pub at: Timestamp,
    /// Price that margin and stops are measured by.
    pub mark: Price,
    /// The trade that printed, if one did.
    pub print: Option<Print>,
    /// Bids, best (highest) first; at least one.
    pub bids: Vec<Level>,
    /// Asks, best (lowest) first; at least one.
    pub asks: Vec<Level>,
}

/// The latest state of one instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Best bid.
    pub bid: Price,
    /// Best ask.
    pub ask: Price,
    /// Mark price.
    pub mark: Price,
    /// Market time it was seen.
    pub at: Timestamp,
}

impl Quote {
    /// Returns the price halfway between bid and ask.
    pub fn mid(&self) -> Price {
        self.bid.midpoint(self.ask)
    }

    /// Returns the price a market order of this side would meet first.
    pub fn touch(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        }
    }
}

/// A candle over one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// Start of the stretch.
    pub open_at: Timestamp,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Base currency traded.
    pub volume: Quantity,
}

/// Where prices come from; every card names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketSource {
    /// Seeded random market; no real prices.
    Simulated,
    /// Candle files played back.
    Replay,
    /// A venue's live stream.
    Live,
}

impl MarketSource {
    /// Returns the word used in JSON and on cards.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Replay => "replay",
            Self::Live => "live",
        }
    }
}
