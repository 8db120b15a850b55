//! What can be traded, and the grid its prices and quantities must lie on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::{SmolStr, StrExt};

use super::maintenance::Bracket;
use super::money::{Amount, Leverage, Price, Quantity, Ratio};
use super::order_types::OrderTypes;

/// A currency code in upper case: `BTC`, `USDT`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(SmolStr);

impl Currency {
    /// Returns the currency of `code`, in upper case.
    pub fn new(code: &str) -> Self {
        Self(code.to_ascii_uppercase_smolstr())
    }

    /// Returns the code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A market pair written `BASE/QUOTE`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    /// What is bought and sold.
    pub base: Currency,
    /// What it is paid in.
    pub quote: Currency,
}

impl Symbol {
    /// Returns the pair of two currency codes.
    pub fn new(base: &str, quote: &str) -> Self {
        Self { base: Currency::new(base), quote: Currency::new(quote) }
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.quote)
    }
}

/// A text that is no `BASE/QUOTE` pair.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no pair of the form BASE/QUOTE")]
pub struct SymbolError(String);

impl FromStr for Symbol {
    type Err = SymbolError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((base, quote)) if !base.is_empty() && !quote.is_empty() && !quote.contains('/') => Ok(Self::new(base, quote)),
            _ => Err(SymbolError(text.to_owned())),
        }
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Spot holdings or a USDT-margined perpetual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Market {
    /// The coins themselves.
    Spot,
    /// A perpetual contract with isolated margin.
    Perp,
}

impl Market {
    /// Returns the word used in JSON and on cards.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spot => "spot",
            Self::Perp => "perp",
        }
    }
}

/// One tradable thing: a pair on one market. Its text form is `BTC/USDT:perp`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstrumentId {
    /// The pair.
    pub symbol: Symbol,
    /// Spot or perpetual.
    pub market: Market,
}

impl InstrumentId {
    /// Returns the instrument of a pair on a market.
    pub const fn new(symbol: Symbol, market: Market) -> Self {
        Self { symbol, market }
    }

    /// Returns the name a person reads: `BTC/USDT spot` or `BTC/USDT perpetual`.
    pub fn name(&self) -> String {
        let market = match self.market {
            Market::Spot => "spot",
            Market::Perp => "perpetual",
        };
        format!("{} {market}", self.symbol)
    }
}

impl fmt::Display for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.symbol, self.market.as_str())
    }
}

impl FromStr for InstrumentId {
    type Err = SymbolError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (symbol, market) = text.split_once(':').ok_or_else(|| SymbolError(text.to_owned()))?;
        let market = match market {
            "spot" => Market::Spot,
            "perp" => Market::Perp,
            _ => return Err(SymbolError(text.to_owned())),
        };
        Ok(Self { symbol: symbol.parse()?, market })
    }
}

impl Serialize for InstrumentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for InstrumentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether the venue takes orders for an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstrumentStatus {
    /// Orders are matched.
    Trading,
    /// Listed, but orders are refused.
    Halted,
}

/// An instrument's rules at its venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// Which.
    pub id: InstrumentId,
    /// Prices are multiples of this.
    pub tick: Price,
    /// Quantities are multiples of this.
    pub step: Quantity,
    /// Smallest quote amount of an order that opens.
    pub min_notional: Amount,
    /// Fee rate of a resting order that is hit.
    pub maker_fee: Ratio,
    /// Fee rate of an order that takes from the book.
    pub taker_fee: Ratio,
    /// Maintenance margin as a share of notional, in the first bracket; zero on spot.
    pub maintenance: Ratio,
    /// The brackets above the first, by rising floor; see [`super::maintenance`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brackets: Vec<Bracket>,
    /// Largest leverage the venue allows; one on spot.
    pub leverage_max: Leverage,
    /// Whether it is one of the deep markets with the tighter collar and slippage cap (BTC, ETH).
    pub major: bool,
    /// Whether orders are taken.
    pub status: InstrumentStatus,
    /// Which kinds of orders are taken.
    #[serde(default)]
    pub order_types: OrderTypes,
}
