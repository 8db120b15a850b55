//! What one paper venue does otherwise than another.

use rust_decimal::dec;

use crate::domain::money::Ratio;

/// The rules of a venue that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VenueRules {
    /// Funding rate of one moment while a perpetual trades at its spot's price; see [`crate::domain::funding::rate`].
    pub funding_rate: Ratio,
    /// Whether a client id names one order for ever, as on Coinbase: a repeated one is answered with the first order. Else it
    /// must only differ from those of open orders, as on Binance and Kraken.
    pub ids_forever: bool,
}

impl Default for VenueRules {
    fn default() -> Self {
        Self { funding_rate: Ratio::new(dec!(0.0001)).unwrap_or(Ratio::ZERO), ids_forever: false }
    }
}
