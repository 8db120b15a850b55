//! Candle files played back as a feed.
//!
//! Invariant: each candle is played open → nearer extreme → farther extreme → close, all symbols merged in order of
//! time; nothing of the future is in a tick or in an hourly bar.

pub mod shape;
pub mod shelf;
pub mod track;

use std::path::PathBuf;

use super::candle_directory::CandleDirectory;
use super::candle_file::CandleError;
use super::listing::{Fees, SymbolChoice};
use super::timeframe::Timeframe;
use crate::domain::instrument::{Instrument, InstrumentId, Symbol};
use crate::domain::market::{Bar, MarketSource, Tick};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::engine::ports::Feed;
use shelf::{Series, Shelf};
use track::Track;

/// A step that keeps quotes fresh under the 5 s rule without a tick a second.
pub const STEP_MS_USUAL: i64 = 4_000;

/// Ticks that one call of [`Feed::due`] returns at most; the rest stays due, and `next_at` says so.
pub const TICKS_PER_CALL_MAX: usize = 20_000;

/// Candles that are kept from before the beginning, for the hours a chart shows.
const KEPT_BEFORE_MS: i64 = 30 * DAY_MS;

/// What to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayOptions {
    /// Folder of candle files.
    pub directory: PathBuf,
    /// Candle length; none: for each symbol the finest that covers the beginning.
    pub timeframe: Option<Timeframe>,
    /// Where to begin; none: where the finest candles begin.
    pub from: Option<Timestamp>,
    /// Which symbols.
    pub symbols: SymbolChoice,
    /// Longest time between two ticks of a symbol, in milliseconds; a candle has at least eight.
    pub step_ms: i64,
    /// Fee rates of the instruments.
    pub fees: Fees,
}

/// Why there is nothing to play.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A folder or file that cannot be read.
    #[error(transparent)]
    Candles(#[from] CandleError),
    /// No candle file of that symbol and length.
    #[error("{} has no candle file of {symbol} in the length that was asked for", directory.display())]
    NoFile {
        /// The folder.
        directory: PathBuf,
        /// What was asked for.
        symbol: Symbol,
    },
    /// No candle file at all.
    #[error("{} holds no candle files named SYMBOL-TIMEFRAME.csv or .csv.gz, such as BTCUSDT-5m.csv.gz", .0.display())]
    Empty(PathBuf),
    /// The beginning lies behind the end of the data.
    #[error("the candles end before {}", shown(*.0))]
    Ended(Timestamp),
    /// Numbers that are too large to be traded.
    #[error("the candles of {0} hold numbers that are too large")]
    TooLarge(Symbol),
}

/// A market out of candle files.
#[derive(Debug, Clone)]
pub struct ReplayMarket {
    starts_at: Timestamp,
    step_ms: i64,
    tracks: Vec<Track>,
}

impl ReplayMarket {
    /// Reads the candles and goes to the beginning.
    ///
    /// # Errors
    /// [`ReplayError`] with what is missing or wrong.
    pub fn open(options: &ReplayOptions) -> Result<Self, ReplayError> {
        let mut shelf = Shelf::new(CandleDirectory::open(&options.directory)?, options.timeframe, &options.symbols)?;
        let starts_at = match options.from {
            Some(from) => from,
            None => shelf.beginning()?,
        };
        let step_ms = options.step_ms.max(1);
        let mut tracks = Vec::new();
        for Series { symbol, timeframe, bars } in shelf.covering(starts_at)? {
            let kept_from = starts_at.plus_ms(-KEPT_BEFORE_MS);
            let kept = bars.partition_point(|bar| bar.open_at < kept_from);
            let track = Track::new(&symbol, timeframe, bars.get(kept..).unwrap_or_default(), options.fees);
            let mut track = track.ok_or(ReplayError::TooLarge(symbol))?;
            track.seek(starts_at, step_ms);
            tracks.push(track);
        }
        if tracks.is_empty() {
            return Err(ReplayError::Ended(starts_at));
        }
        Ok(Self { starts_at, step_ms, tracks })
    }

    /// Sets the longest time between two ticks of a symbol, from each symbol's next candle on.
    pub fn set_step_ms(&mut self, step_ms: i64) {
        self.step_ms = step_ms.max(1);
    }

    /// The first in the order of symbols among those that come next.
    fn next_track(&mut self) -> Option<(Timestamp, &mut Track)> {
        self.tracks.iter_mut().filter_map(|track| track.next_at().map(|at| (at, track))).min_by_key(|(at, _)| *at)
    }
}

impl Feed for ReplayMarket {
    fn source(&self) -> MarketSource {
        MarketSource::Replay
    }

    fn instruments(&self) -> Vec<Instrument> {
        self.tracks.iter().flat_map(|track| track.instruments().to_vec()).collect()
    }

    fn starts_at(&self) -> Timestamp {
        self.starts_at
    }

    fn next_at(&self) -> Option<Timestamp> {
        self.tracks.iter().filter_map(Track::next_at).min()
    }

    fn due(&mut self, now: Timestamp) -> Vec<Tick> {
        let mut ticks = Vec::new();
        let step_ms = self.step_ms;
        while ticks.len() < TICKS_PER_CALL_MAX {
            match self.next_track() {
                Some((at, track)) if at <= now => track.advance(step_ms, &mut ticks),
                _ => break,
            }
        }
        ticks
    }

    fn set_step_ms(&mut self, step_ms: i64) {
        Self::set_step_ms(self, step_ms);
    }

    fn snapshot(&self) -> Option<String> {
        None
    }

    fn hourly_bars(&self, instrument: &InstrumentId, now: Timestamp, count: usize) -> Vec<Bar> {
        let track = self.tracks.iter().find(|track| track.instruments().iter().any(|listed| listed.id == *instrument));
        track.map(|track| track.hourly_bars(now, count)).unwrap_or_default()
    }
}

fn shown(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.ms()).map_or_else(|_| format!("{} ms", at.ms()), |at| at.to_string())
}
