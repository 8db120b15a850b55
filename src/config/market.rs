//! Where prices come from.

use std::path::PathBuf;

use rust_decimal::Decimal;

use crate::domain::market::MarketSource;
use crate::domain::time::Timestamp;

use super::form::{self, Form, Takes};
use super::key::{Key, key};

/// Stretches of time a candle file may have.
pub const TIMEFRAMES: &[&str] = &["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d"];

/// The market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Market {
    /// Which sort of market.
    pub source: MarketSource,
    /// Seed of the simulated market; none makes a fresh one for a new account.
    pub seed: Option<u64>,
    /// Directory of the candle files that replay plays.
    pub candles: Option<PathBuf>,
    /// Timeframe to replay, one of [`TIMEFRAMES`]; none takes the finest that covers the start.
    pub timeframe: Option<String>,
    /// Market time to begin at; none begins where the data does.
    pub from: Option<Timestamp>,
    /// How many times faster than the wall clock market time runs.
    pub speed: Decimal,
}

impl Default for Market {
    fn default() -> Self {
        Self { source: MarketSource::Simulated, seed: None, candles: None, timeframe: None, from: None, speed: Decimal::ONE }
    }
}

impl Market {
    /// Tells whether the source cannot work for want of candle files.
    pub fn needs_candles(&self) -> bool {
        self.source == MarketSource::Replay && self.candles.is_none()
    }
}

const SOURCE: Form<MarketSource> = Form {
    expected: "one of simulated, replay, live",
    example: "\"simulated\"",
    takes: Takes::Text,
    read: |text| {
        let words = [MarketSource::Simulated, MarketSource::Replay, MarketSource::Live];
        let word = form::one_of(text, &words.map(MarketSource::as_str))?;
        words.into_iter().find(|source| source.as_str() == word).ok_or_else(|| form::Wrong("is none of them".to_owned()))
    },
    show: |source| source.as_str().to_owned(),
};

const TIMEFRAME: Form<String> = Form {
    expected: "one of 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d",
    example: "\"5m\"",
    takes: Takes::Text,
    read: |text| form::one_of(text, TIMEFRAMES).map(str::to_owned),
    show: Clone::clone,
};

/// The keys of this table.
pub const KEYS: &[Key] = &[
    key!("market.source", Some("OUTCRY_MARKET"), "Where prices come from.", SOURCE, market.source),
    key!("market.seed", Some("OUTCRY_SEED"), "Seed of the simulated market; none draws a fresh one.", optional form::SEED, market.seed),
    key!("market.candles", Some("OUTCRY_CANDLES"), "Directory of the candle files that replay plays.", optional form::PATH, market.candles),
    key!("market.timeframe", None, "Timeframe to replay; none takes the finest there is.", optional TIMEFRAME, market.timeframe),
    key!("market.from", None, "Market time to begin at; none begins with the data.", optional form::MOMENT, market.from),
    key!("market.speed", None, "How many times faster than the wall clock market time runs.", form::SPEED, market.speed),
];
