//! Opens the market source that was asked for, and the clock that goes with it.

use std::path::Path;
use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::clock::wall_now;
use crate::config::Settings;
use crate::domain::market::MarketSource;
use crate::domain::money::Ratio;
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::engine::exchange::paper::rules::VenueRules;
use crate::engine::exchange::paper::venue::PaperVenue;
use crate::engine::market::listing::{Fees, SymbolChoice};
use crate::engine::market::replay::{ReplayMarket, ReplayOptions, STEP_MS_USUAL};
use crate::engine::market::simulated::{Setup, SimulatedMarket};
use crate::engine::ports::Feed;

use super::StartError;

/// Milliseconds between two ticks of an instrument.
const STEP_MS: i64 = 1_000;
/// Market time at which a seeded market begins: any fixed moment would do, so that the same seed prints the same bytes.
const SEEDED_START: Timestamp = Timestamp::from_ms(1_790_000_000_000);
/// Under which name the venue's file keeps its market.
const MARKET_KEY: &str = "market.simulated";
/// Under which name the venue's file keeps when its market was kept.
const MOMENT_KEY: &str = "market.moment";
/// Longest time that counts as having passed while the process was down, in wall milliseconds; the market sleeps longer.
const DOWN_MAX_MS: i64 = 10 * MINUTE_MS;

/// Returns the fee rates of the paper venue.
fn fees(settings: &Settings) -> Result<Fees, StartError> {
    let rate = |value| Ratio::new(value).map_err(StartError::failed);
    Ok(Fees { maker: rate(settings.paper.maker_fee)?, taker: rate(settings.paper.taker_fee)? })
}

/// Returns the rules of the paper venue.
///
/// # Errors
/// [`StartError`] if a setting is out of its type's range.
pub fn venue_rules(settings: &Settings) -> Result<VenueRules, StartError> {
    let funding_rate = Ratio::new(settings.paper.funding_rate).map_err(StartError::failed)?;
    Ok(VenueRules { funding_rate, ids_forever: settings.paper.ids_forever })
}

/// A market source that was opened, and how to keep it.
pub struct OpenedMarket {
    /// The source.
    pub feed: Box<dyn Feed>,
    /// Market time to begin at.
    pub starts_at: Timestamp,
}

/// Opens the source that the settings name. `stored` is what the venue's file holds of an earlier simulated market.
///
/// # Errors
/// [`StartError`] with what is missing.
pub fn open(settings: &Settings, stored: Option<&str>, seed: Option<u64>, now: Timestamp) -> Result<OpenedMarket, StartError> {
    match settings.market.source {
        MarketSource::Simulated => simulated(settings, stored, seed, now),
        MarketSource::Replay => replay(settings),
        MarketSource::Live => Err(StartError::Usage(
            "live prices come with the exchange adapters and are not in this version; use --market simulated, or --market replay with --candles".to_owned(),
        )),
    }
}

fn simulated(settings: &Settings, stored: Option<&str>, seed: Option<u64>, now: Timestamp) -> Result<OpenedMarket, StartError> {
    if let Some(stored) = stored {
        let market = SimulatedMarket::restore(stored, fees(settings)?).map_err(StartError::failed)?;
        let starts_at = market.next_at().unwrap_or(now);
        return Ok(OpenedMarket { feed: Box::new(market), starts_at });
    }
    let starts_at = if seed.is_some() { SEEDED_START } else { now };
    let setup = Setup {
        seed: seed.unwrap_or_else(|| now.ms().unsigned_abs()),
        starts_at,
        step_ms: STEP_MS,
        symbols: SymbolChoice::All,
        fees: fees(settings)?,
    };
    let market = SimulatedMarket::new(&setup).map_err(StartError::failed)?;
    Ok(OpenedMarket { feed: Box::new(market), starts_at })
}

fn replay(settings: &Settings) -> Result<OpenedMarket, StartError> {
    let Some(directory) = settings.market.candles.clone() else {
        return Err(StartError::Usage("--market replay needs --candles FOLDER with files such as BTCUSDT-5m.csv.gz".to_owned()));
    };
    let timeframe =
        settings.market.timeframe.as_deref().map(str::parse).transpose().map_err(|error| StartError::Usage(format!("{error}")))?;
    let options = ReplayOptions {
        directory,
        timeframe,
        from: settings.market.from,
        symbols: SymbolChoice::All,
        step_ms: STEP_MS_USUAL,
        fees: fees(settings)?,
    };
    let market = ReplayMarket::open(&options).map_err(|error| StartError::Usage(error.to_string()))?;
    let starts_at = market.starts_at();
    Ok(OpenedMarket { feed: Box::new(market), starts_at })
}

/// Returns what a venue's file holds of its simulated market; `None` for a new file.
///
/// # Errors
/// [`StartError::Failed`] if the file cannot be read.
pub async fn stored(venue: &Path) -> Result<Option<String>, StartError> {
    if !venue.exists() {
        return Ok(None);
    }
    PaperVenue::stored_meta(venue, MARKET_KEY).await.map_err(|error| unusable(venue, &error))
}

/// Returns why a venue's file cannot be used, with the file and what would work.
pub fn unusable(venue: &Path, error: &dyn std::fmt::Display) -> StartError {
    StartError::Failed(format!("{error} ({}). Make it readable and writable, restore a backup, or name another database", venue.display()))
}

/// When a market was kept.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Moment {
    /// By the wall.
    wall: Timestamp,
    /// In the market.
    market: Timestamp,
}

impl Moment {
    /// Returns the market time to go on from at `wall`, if the market goes on while its process is down and was kept
    /// `kept_every`: up to that much may have been lived after this moment was kept.
    pub fn resumed(self, wall: Timestamp, speed: Decimal, kept_every: Duration) -> Timestamp {
        let least = i64::try_from(kept_every.as_millis()).unwrap_or(i64::MAX).min(DOWN_MAX_MS);
        let down = wall.since(self.wall).clamp(least, DOWN_MAX_MS);
        let passed = speed.checked_mul(Decimal::from(down)).and_then(|passed| passed.to_i64());
        self.market.plus_ms(passed.unwrap_or(down))
    }
}

/// Returns when the market in a venue's file was kept; `None` for a new file.
///
/// # Errors
/// [`StartError::Failed`] if the file cannot be read.
pub async fn moment(venue: &Path) -> Result<Option<Moment>, StartError> {
    if !venue.exists() {
        return Ok(None);
    }
    let stored = PaperVenue::stored_meta(venue, MOMENT_KEY).await.map_err(|error| unusable(venue, &error))?;
    stored.map(|text| serde_json::from_str(&text)).transpose().map_err(StartError::failed)
}

/// Lets the market pass until `now`: nobody was there to trade on these prices. Returns the moment of the first price to
/// come, at which whoever comes back begins.
pub fn pass_unseen(feed: &mut dyn Feed, now: Timestamp) -> Timestamp {
    while feed.next_at().is_some_and(|at| at < now) && !feed.due(now.plus_ms(-1)).is_empty() {}
    feed.next_at().map_or(now, |at| at.max(now))
}

/// Keeps a simulated market in the venue's file, with the market time it is `now`.
pub async fn keep(venue: &PaperVenue, snapshot: Option<String>, now: Timestamp) {
    let Some(snapshot) = snapshot else { return };
    let moment = serde_json::to_string(&Moment { wall: wall_now(), market: now });
    let kept = async {
        venue.put_meta(MARKET_KEY, &snapshot).await.map_err(|error| error.to_string())?;
        let moment = moment.map_err(|error| error.to_string())?;
        venue.put_meta(MOMENT_KEY, &moment).await.map_err(|error| error.to_string())
    };
    if let Err(error) = kept.await {
        tracing::error!(error, "the simulated market could not be kept");
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn market_time_goes_on_while_the_process_is_down_and_never_goes_back() {
        let kept = Moment { wall: Timestamp::from_ms(1_000_000), market: Timestamp::from_ms(50_000_000) };
        let second = Duration::from_secs(1);
        let at = |wall_ms: i64, speed| kept.resumed(kept.wall.plus_ms(wall_ms), speed, second).since(kept.market);
        assert_eq!(at(3_000, dec!(5)), 15_000);
        assert_eq!(at(3_000, dec!(0.5)), 1_500);
        assert_eq!(at(10, dec!(5)), 5_000, "what was lived after the last keeping is not lived again");
        assert_eq!(at(-90_000, dec!(5)), 5_000, "a wall clock that was set back");
        assert_eq!(at(DOWN_MAX_MS * 9, dec!(1)), DOWN_MAX_MS, "a long sleep");
    }
}
