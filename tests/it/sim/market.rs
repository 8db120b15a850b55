//! The market of a run: three coins on a schedule of busy and quiet times. In busy time a tick comes every few seconds
//! and holds a minute or so of movement, so that stops, targets and loss rules are reached; in quiet time it is coarse.

use std::collections::BTreeMap;

use outcry::domain::funding::last_moment;
use outcry::domain::instrument::{Instrument, InstrumentId, Symbol};
use outcry::domain::market::{Bar, Level, MarketSource, Tick};
use outcry::domain::money::{Quantity, Ratio};
use outcry::domain::time::{MINUTE_MS, Timestamp};
use outcry::engine::market::listing::{Fees, SymbolChoice};
use outcry::engine::market::simulated::{Setup, SimulatedMarket};
use outcry::engine::ports::Feed;
use rust_decimal::{Decimal, dec};

use super::luck::Luck;

/// The coins, as a person writes them.
pub const COINS: [&str; 3] = ["btc", "eth", "sol"];
/// Longest time between two ticks in quiet time.
const COARSE_MS: i64 = 10 * MINUTE_MS;

/// A stretch of busy time.
#[derive(Debug, Clone, Copy)]
pub struct Busy {
    /// First tick.
    pub from: Timestamp,
    /// End.
    pub until: Timestamp,
    /// Milliseconds between two ticks.
    pub step_ms: i64,
    /// Milliseconds of movement in a tick.
    pub moved_ms: i64,
}

/// Returns the busy times of a day that begins at `start`.
pub fn schedule(seed: u64, start: Timestamp, day_ms: i64) -> Vec<Busy> {
    let mut luck = Luck::new(seed, "schedule");
    let count = 12;
    let slot = day_ms / count;
    let busy = |index: i64| {
        let begins = start.plus_ms(index * slot);
        let moment = last_moment(begins.plus_ms(slot - 1));
        let from = match index {
            0 => start,
            // Positions are open when funding is paid.
            _ if moment >= begins => moment.plus_ms(-luck.between(20_000, 80_000)),
            _ => begins.plus_ms(luck.between(0, slot / 3)),
        };
        let until = from.plus_ms(luck.between(90_000, 160_000));
        Busy { from, until, step_ms: luck.between(1, 6) * 1_000, moved_ms: luck.between(5, 240) * 1_000 }
    };
    (0..count).map(busy).collect()
}

/// The feed of a run.
pub struct SimFeed {
    inner: SimulatedMarket,
    busy: Vec<Busy>,
    starts_at: Timestamp,
    last: Option<Timestamp>,
    /// What is left of each level's quantity: one is all of it.
    depth: Decimal,
    steps: BTreeMap<InstrumentId, Decimal>,
}

impl SimFeed {
    /// Returns the market of `seed`; `thin` leaves little at each level.
    pub fn new(seed: u64, starts_at: Timestamp, busy: Vec<Busy>, thin: bool) -> Self {
        let symbols = COINS.map(|coin| Symbol::new(coin, "USDT")).to_vec();
        let fees = Fees { maker: Ratio::new(dec!(0.001)).unwrap(), taker: Ratio::new(dec!(0.001)).unwrap() };
        let setup = Setup { seed, starts_at, step_ms: 1_000, symbols: SymbolChoice::Only(symbols), fees };
        let depth = if thin { dec!(0.02) } else { Decimal::ONE };
        let inner = SimulatedMarket::new(&setup).unwrap();
        let steps = inner.instruments().into_iter().map(|listed| (listed.id, listed.step.value())).collect();
        Self { inner, busy, starts_at, last: None, depth, steps }
    }

    fn current(&self, at: Timestamp) -> Option<&Busy> {
        self.busy.iter().find(|busy| busy.from <= at && at < busy.until)
    }

    fn thinned(&self, tick: Tick) -> Tick {
        let step = self.steps.get(&tick.instrument).copied().unwrap_or(Decimal::ONE);
        let thin = |level: Level| {
            let steps = (level.quantity.value() * self.depth / step).floor().max(Decimal::ONE);
            Level { quantity: Quantity::new(steps * step).unwrap(), ..level }
        };
        Tick { bids: tick.bids.into_iter().map(thin).collect(), asks: tick.asks.into_iter().map(thin).collect(), ..tick }
    }
}

impl Feed for SimFeed {
    fn source(&self) -> MarketSource {
        MarketSource::Simulated
    }

    fn instruments(&self) -> Vec<Instrument> {
        self.inner.instruments()
    }

    fn starts_at(&self) -> Timestamp {
        self.starts_at
    }

    fn next_at(&self) -> Option<Timestamp> {
        let Some(last) = self.last else { return Some(self.starts_at) };
        if let Some(busy) = self.current(last) {
            return Some(last.plus_ms(busy.step_ms));
        }
        let coarse = last.plus_ms(COARSE_MS);
        let next = self.busy.iter().map(|busy| busy.from).find(|from| *from > last);
        Some(next.map_or(coarse, |from| from.min(coarse)))
    }

    fn due(&mut self, now: Timestamp) -> Vec<Tick> {
        let mut ticks = Vec::new();
        while let Some(at) = self.next_at().filter(|at| *at <= now) {
            let moved = self.current(at).map_or(MINUTE_MS, |busy| busy.moved_ms);
            self.inner.set_step_ms(moved);
            let inner_at = self.inner.next_at().unwrap_or(at);
            let made = self.inner.due(inner_at);
            let thin = self.depth < Decimal::ONE;
            ticks.extend(made.into_iter().map(|tick| {
                let tick = Tick { at, ..tick };
                if thin { self.thinned(tick) } else { tick }
            }));
            self.last = Some(at);
        }
        ticks
    }

    fn set_step_ms(&mut self, _step_ms: i64) {}

    fn snapshot(&self) -> Option<String> {
        None
    }

    fn hourly_bars(&self, instrument: &InstrumentId, _now: Timestamp, count: usize) -> Vec<Bar> {
        // Only the range of the hours matters here, so the past is that of the beginning.
        self.inner.hourly_bars(instrument, self.starts_at, count)
    }
}
