//! The simulated market: a dozen coins, each on spot and as a perpetual, out of one seed.
//!
//! Invariant I10: the same seed and the same schedule of calls give the same bytes on any machine; a subset of the
//! coins gives the same paths as all of them.

pub mod bits;
pub mod coin;
pub mod depth;
pub mod dice;
pub mod hours;
pub mod mood;
pub mod path;
pub mod regime;
pub mod saved;

use crate::domain::instrument::{Instrument, InstrumentId, Symbol};
use crate::domain::market::{Bar, MarketSource, Tick};
use crate::domain::order::Side;
use crate::domain::time::{DAY_MS, Timestamp};
use crate::engine::ports::Feed;

use super::listing::{Fees, SymbolChoice};
use coin::{COINS, Coin};
use depth::Bookmaker;
use dice::Dice;
use hours::{Hour, Lived};
use mood::{Mood, MoodPace, Weather};
use path::{Move, Pace, Path};

/// Ticks that one call of [`Feed::due`] returns at most; the rest stays due, and `next_at` says so.
pub const TICKS_PER_CALL_MAX: usize = 20_000;

/// Longest step.
pub const STEP_MS_MAX: i64 = DAY_MS;

/// Share of trades whose aggressor pushes the way the price went.
const WITH_THE_MOVE: f64 = 0.75;

/// What a simulated market is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// The seed of everything.
    pub seed: u64,
    /// Market time of the first ticks.
    pub starts_at: Timestamp,
    /// Milliseconds between two ticks of a coin.
    pub step_ms: i64,
    /// Which coins.
    pub symbols: SymbolChoice,
    /// Fee rates of the instruments.
    pub fees: Fees,
}

/// Why a simulated market cannot be made or taken up again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulatedError {
    /// A pair that is not simulated.
    #[error("{0} is not in the simulated market; it has {names}", names = names())]
    UnknownSymbol(Symbol),
    /// A choice that names no coin, or one twice.
    #[error("the simulated market needs at least one coin, and each only once")]
    BadChoice,
    /// A step that makes no sense.
    #[error("a step of {0} ms is not between 1 and {STEP_MS_MAX}")]
    BadStep(i64),
    /// A stored state that was not stored by this program, or is damaged.
    #[error("the stored state of the simulated market cannot be read: {0}")]
    BadState(String),
}

/// A market that makes its own prices.
#[derive(Debug, Clone)]
pub struct SimulatedMarket {
    seed: u64,
    starts_at: Timestamp,
    step_ms: i64,
    last_at: Option<Timestamp>,
    mood: Mood,
    mood_pace: MoodPace,
    runners: Vec<Runner>,
}

/// One coin on its way.
#[derive(Debug, Clone)]
struct Runner {
    coin: &'static Coin,
    instruments: [Instrument; 2],
    pace: Pace,
    bookmaker: Bookmaker,
    past: Vec<Hour>,
    path: Path,
    book_dice: Dice,
    lived: Lived,
}

impl SimulatedMarket {
    /// Opens the market.
    ///
    /// # Errors
    /// [`SimulatedError`] for an unknown or doubled coin, or a step out of bounds.
    pub fn new(setup: &Setup) -> Result<Self, SimulatedError> {
        let Setup { seed, starts_at, step_ms, .. } = *setup;
        if !(1..=STEP_MS_MAX).contains(&step_ms) {
            return Err(SimulatedError::BadStep(step_ms));
        }
        let coins = chosen(&setup.symbols)?;
        let runners = coins.into_iter().map(|coin| Runner::new(coin, setup)).collect::<Result<_, _>>()?;
        let (mood, mood_pace) = (Mood::new(Dice::new(seed, "mood")), MoodPace::new(step_ms));
        Ok(Self { seed, starts_at, step_ms, last_at: None, mood, mood_pace, runners })
    }

    /// Sets the time between two ticks of a coin from the last tick on: longer to pass quiet time cheaply. It is kept
    /// within 1 ms and [`STEP_MS_MAX`]. The path stays the same for the same schedule of calls.
    pub fn set_step_ms(&mut self, step_ms: i64) {
        self.step_ms = step_ms.clamp(1, STEP_MS_MAX);
        self.mood_pace = MoodPace::new(self.step_ms);
        for runner in &mut self.runners {
            runner.pace = Pace::new(&runner.coin.temper, self.step_ms);
        }
    }

    fn step(&mut self, at: Timestamp, ticks: &mut Vec<Tick>) {
        // The first ticks show the starting prices.
        let weather = self.last_at.is_some().then(|| self.mood.step(&self.mood_pace));
        for runner in &mut self.runners {
            runner.step(at, weather.as_ref(), ticks);
        }
        self.last_at = Some(at);
    }
}

impl Feed for SimulatedMarket {
    fn source(&self) -> MarketSource {
        MarketSource::Simulated
    }

    fn instruments(&self) -> Vec<Instrument> {
        self.runners.iter().flat_map(|runner| runner.instruments.clone()).collect()
    }

    fn starts_at(&self) -> Timestamp {
        self.starts_at
    }

    fn next_at(&self) -> Option<Timestamp> {
        let Some(last_at) = self.last_at else { return Some(self.starts_at) };
        // Time itself ends before the market does.
        last_at.ms().checked_add(self.step_ms).map(Timestamp::from_ms)
    }

    fn due(&mut self, now: Timestamp) -> Vec<Tick> {
        let mut ticks = Vec::new();
        while let Some(at) = self.next_at()
            && at <= now
            && ticks.len() < TICKS_PER_CALL_MAX
        {
            self.step(at, &mut ticks);
        }
        ticks
    }

    fn set_step_ms(&mut self, step_ms: i64) {
        Self::set_step_ms(self, step_ms);
    }

    fn snapshot(&self) -> Option<String> {
        Some(Self::snapshot(self))
    }

    fn hourly_bars(&self, instrument: &InstrumentId, now: Timestamp, count: usize) -> Vec<Bar> {
        let runner = self.runners.iter().find(|runner| runner.instruments.iter().any(|listed| listed.id == *instrument));
        runner.map(|runner| runner.lived.bars(runner.coin, &runner.past, now, count)).unwrap_or_default()
    }
}

impl Runner {
    fn new(coin: &'static Coin, setup: &Setup) -> Result<Self, SimulatedError> {
        let instruments = coin.listing().instruments(setup.fees).map_err(|error| SimulatedError::BadState(error.to_string()))?;
        let stream = |name: &str| Dice::new(setup.seed, &format!("{}/{name}", coin.base));
        Ok(Self {
            coin,
            instruments,
            pace: Pace::new(&coin.temper, setup.step_ms),
            bookmaker: Bookmaker::new(coin),
            past: hours::past(setup.seed, coin, setup.starts_at),
            path: Path::new(stream("path"), coin.start_ticks as f64),
            book_dice: stream("book"),
            lived: Lived::default(),
        })
    }

    fn step(&mut self, at: Timestamp, weather: Option<&Weather>, ticks: &mut Vec<Tick>) {
        let start = self.coin.start_ticks as f64;
        let Move { price, log_return, volume, agitation } = match weather {
            Some(weather) => self.path.step(&self.pace, weather, start),
            None => Move { price: start, log_return: 0.0, volume: 0.0, agitation: 1.0 },
        };
        // The path's range keeps every price on the scale; were it not so, the coin would fall silent and go stale.
        let Some(depth) = self.bookmaker.book(&mut self.book_dice, price, agitation) else { return };
        let with_the_move = self.book_dice.uniform() < WITH_THE_MOVE;
        let aggressor = if (log_return > 0.0) == with_the_move { Side::Buy } else { Side::Sell };
        let print = self.bookmaker.print(&depth, aggressor, volume);
        self.lived.note(at, depth.mark_ticks, (volume / self.coin.quote_per_step(depth.mark_ticks)) as i64);
        let [spot, perp] = &self.instruments;
        let tick = Tick { instrument: spot.id.clone(), at, mark: depth.mark, print, bids: depth.bids, asks: depth.asks };
        ticks.push(tick.clone());
        ticks.push(Tick { instrument: perp.id.clone(), ..tick });
    }
}

fn chosen(choice: &SymbolChoice) -> Result<Vec<&'static Coin>, SimulatedError> {
    let SymbolChoice::Only(symbols) = choice else { return Ok(COINS.iter().collect()) };
    if let Some(unknown) = symbols.iter().find(|symbol| !COINS.iter().any(|coin| coin.symbol() == **symbol)) {
        return Err(SimulatedError::UnknownSymbol(unknown.clone()));
    }
    // In the table's order, so that the order of the ticks does not depend on how the choice was written.
    let coins: Vec<_> = COINS.iter().filter(|coin| symbols.contains(&coin.symbol())).collect();
    if coins.is_empty() || coins.len() != symbols.len() { Err(SimulatedError::BadChoice) } else { Ok(coins) }
}

fn names() -> String {
    COINS.map(|coin| coin.base).join(", ")
}

#[cfg(test)]
mod statistics;
#[cfg(test)]
mod tests;
