//! One symbol of a replay: its candles, where it stands in them, and the book around its price.
//!
//! Invariant: ticks are made one at a time from integers; memory holds the candles and nothing per tick.

use rust_decimal::Decimal;

use super::shape::{self, Ohlc};
use crate::domain::instrument::{Instrument, Symbol};
use crate::domain::market::{Bar, Level, Print, Tick};
use crate::domain::money::MoneyError;
use crate::domain::order::Side;
use crate::domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::engine::market::grid::{Grid, SCALE_MAX};
use crate::engine::market::hour;
use crate::engine::market::listing::{Fees, Listing};
use crate::engine::market::simulated::coin::COINS;
use crate::engine::market::timeframe::Timeframe;

/// Levels of a side of the book.
const LEVELS: i64 = 10;
/// The spread is this part of the price (0.2 basis points), and at least one tick.
const SPREAD_PART: i64 = 50_000;
/// Levels are this part of the price apart (0.5 basis points), and at least one tick.
const GAP_PART: i64 = 20_000;
/// A level holds this part of the volume of an average minute.
const DEPTH_PART: i128 = 10;

/// A larger price is refused: the book above it must fit as well.
const PRICE_UNITS_MAX: i64 = 100_000_000_000_000;
/// No level holds more steps than this.
const LEVEL_STEPS_MAX: i64 = 1_000_000_000_000;

/// A candle in units of its grids.
#[derive(Debug, Clone, Copy)]
struct Candle {
    open_at: Timestamp,
    prices: Ohlc,
    volume: i64,
}

/// One symbol on its way through its candles.
#[derive(Debug, Clone)]
pub struct Track {
    instruments: Vec<Instrument>,
    prices: Grid,
    quantities: Grid,
    timeframe: Timeframe,
    candles: Vec<Candle>,
    /// Usual quantity of a level, in steps.
    level_steps: i64,
    /// The candle that is being played, the place in it, and into how many it is divided.
    index: usize,
    slot: i64,
    slots: i64,
    last_price: i64,
}

impl Track {
    /// Returns a track over `bars` (oldest first); `None` if a number is too large for its grid, or there are no bars.
    pub fn new(symbol: &Symbol, timeframe: Timeframe, bars: &[Bar], fees: Fees) -> Option<Self> {
        let first = bars.first()?;
        let prices = price_grid(bars);
        let quantities = quantity_grid(first);
        let candles: Vec<Candle> = bars.iter().map(|bar| candle(bar, prices, quantities)).collect::<Option<_>>()?;
        let instruments = instruments(&listing(symbol, prices, quantities), fees).ok()?;
        let traded: i128 = candles.iter().map(|candle| i128::from(candle.volume)).sum();
        let minutes = candles.len() as i128 * i128::from(timeframe.ms()).max(1);
        let per_minute = traded.checked_mul(i128::from(MINUTE_MS))? / minutes;
        let level_steps = i64::try_from(per_minute / DEPTH_PART).unwrap_or(LEVEL_STEPS_MAX).clamp(1, LEVEL_STEPS_MAX);
        let last_price = candles.first()?.prices.open;
        let (index, slot, slots) = (0, 0, shape::SLOTS_MIN);
        Some(Self { instruments, prices, quantities, timeframe, candles, level_steps, index, slot, slots, last_price })
    }

    /// Returns its instruments.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// Goes to the last tick at or before `at`, or to the first one after it where there is none.
    pub fn seek(&mut self, at: Timestamp, step_ms: i64) {
        let reached = self.candles.partition_point(|candle| candle.open_at <= at);
        self.index = reached.saturating_sub(1);
        self.slots = slots(self.timeframe, step_ms);
        self.slot = 0;
        let Some(candle) = self.candles.get(self.index) else { return };
        let (inside, prices) = (at.since(candle.open_at), candle.prices);
        if inside >= self.timeframe.ms() {
            self.last_price = prices.close;
            self.begin(self.index + 1, step_ms);
            return;
        }
        // The guess may be one too small, for offsets are rounded down.
        let guess = inside.max(0) * self.slots / self.timeframe.ms();
        self.slot = if guess + 1 < self.slots && self.offset(guess + 1) <= inside { guess + 1 } else { guess };
        self.last_price = shape::price(prices, self.slot - 1, self.slots);
    }

    /// Returns when the next tick comes; `None` at the end of the candles.
    pub fn next_at(&self) -> Option<Timestamp> {
        let candle = self.candles.get(self.index)?;
        Some(candle.open_at.plus_ms(self.offset(self.slot)))
    }

    /// Makes the next tick of each of its instruments and moves on; a new candle is divided into steps of `step_ms`.
    pub fn advance(&mut self, step_ms: i64, ticks: &mut Vec<Tick>) {
        let (Some(candle), Some(at)) = (self.candles.get(self.index).copied(), self.next_at()) else { return };
        let price = shape::price(candle.prices, self.slot, self.slots);
        let rises = price > self.last_price || (price == self.last_price && self.slot % 2 == 0);
        let aggressor = if rises { Side::Buy } else { Side::Sell };
        let is_last = self.slot + 1 >= self.slots;
        let share = candle.volume / self.slots;
        let volume = if is_last { candle.volume - share * (self.slots - 1) } else { share };
        self.push(at, price, aggressor, volume, ticks);
        self.last_price = price;
        if is_last { self.begin(self.index + 1, step_ms) } else { self.slot += 1 }
    }

    /// Returns the last `count` closed hours that ended by `now`, oldest first; none where candles are longer than that.
    pub fn hourly_bars(&self, now: Timestamp, count: usize) -> Vec<Bar> {
        let Some(first) = self.candles.first() else { return Vec::new() };
        if self.timeframe.ms() > HOUR_MS {
            return Vec::new();
        }
        let until = hour::start_of(now);
        let ended = self.candles.partition_point(|candle| candle.open_at < until);
        let candles = self.candles.get(..ended).unwrap_or_default();
        let hours = candles.chunk_by(|a, b| hour::start_of(a.open_at) == hour::start_of(b.open_at));
        // An hour that began before the kept candles is not whole.
        let mut bars: Vec<Bar> =
            hours.rev().take(count).filter_map(|hour| self.hour(hour)).filter(|bar| bar.open_at >= first.open_at).collect();
        bars.reverse();
        bars
    }

    fn hour(&self, candles: &[Candle]) -> Option<Bar> {
        let (first, last) = (candles.first()?, candles.last()?);
        let price = |units| self.prices.price(units);
        let volume = candles.iter().fold(0i64, |sum, candle| sum.saturating_add(candle.volume));
        Some(Bar {
            open_at: hour::start_of(first.open_at),
            open: price(first.prices.open)?,
            high: price(candles.iter().map(|candle| candle.prices.high).max()?)?,
            low: price(candles.iter().map(|candle| candle.prices.low).min()?)?,
            close: price(last.prices.close)?,
            volume: self.quantities.quantity(volume),
        })
    }

    fn begin(&mut self, index: usize, step_ms: i64) {
        (self.index, self.slot, self.slots) = (index, 0, slots(self.timeframe, step_ms));
    }

    /// Time of a slot after its candle's beginning, in milliseconds.
    const fn offset(&self, slot: i64) -> i64 {
        self.timeframe.ms() * slot / self.slots
    }

    /// The print is at the candle's price exactly, and so is the touch it took from: bars made of marks are the file's.
    fn push(&self, at: Timestamp, price: i64, aggressor: Side, volume: i64, ticks: &mut Vec<Tick>) {
        let spread = (price / SPREAD_PART).max(1);
        let (bid, ask) = match aggressor {
            Side::Buy if price > spread => (price - spread, price),
            // The lowest price there is leaves no room for a bid below it.
            _ => (price, price + spread),
        };
        let gap = (price / GAP_PART).max(1);
        let (bids, asks) = (self.side(bid, -gap), self.side(ask, gap));
        let Some(mark) = self.prices.price(price) else { return };
        let touch = if bid == price { Side::Sell } else { Side::Buy };
        let print = (volume > 0).then(|| Print { price: mark, quantity: self.quantities.quantity(volume), aggressor: touch });
        for instrument in &self.instruments {
            let (bids, asks) = (bids.clone(), asks.clone());
            ticks.push(Tick { instrument: instrument.id.clone(), at, mark, print, bids, asks });
        }
    }

    fn side(&self, best: i64, gap: i64) -> Vec<Level> {
        let level = |index: i64| {
            let steps = i128::from(self.level_steps) * i128::from(60 + 20 * index) / 100;
            let quantity = self.quantities.quantity(i64::try_from(steps).unwrap_or(i64::MAX).max(1));
            self.prices.price(best.checked_add(gap * index)?).map(|price| Level { price, quantity })
        };
        (0..LEVELS).map_while(level).collect()
    }
}

fn slots(timeframe: Timeframe, step_ms: i64) -> i64 {
    let step_ms = step_ms.max(1);
    // Rounded up: ticks are never farther apart than asked.
    (timeframe.ms() / step_ms + i64::from(timeframe.ms() % step_ms != 0)).max(shape::SLOTS_MIN)
}

fn candle(bar: &Bar, prices: Grid, quantities: Grid) -> Option<Candle> {
    let price = |price: crate::domain::money::Price| prices.units(price.value()).filter(|units| (1..=PRICE_UNITS_MAX).contains(units));
    let ohlc = Ohlc { open: price(bar.open)?, high: price(bar.high)?, low: price(bar.low)?, close: price(bar.close)? };
    Some(Candle { open_at: bar.open_at, prices: ohlc, volume: quantities.units(bar.volume.value())? })
}

/// The finest decimals seen among the prices.
fn price_grid(bars: &[Bar]) -> Grid {
    let scales = bars.iter().flat_map(|bar| [bar.open, bar.high, bar.low, bar.close]).map(|price| price.value().scale());
    Grid::of_scale(scales.max().unwrap_or(SCALE_MAX))
}

/// One step is worth some tenths of the quote currency: as many decimals as the price has digits before its point.
fn quantity_grid(bar: &Bar) -> Grid {
    let mut scale = 0;
    let mut rest = bar.close.value();
    while rest >= Decimal::ONE && scale < SCALE_MAX {
        rest /= Decimal::TEN;
        scale += 1;
    }
    Grid::of_scale(scale)
}

/// The rules of a known coin, or careful ones.
fn listing(symbol: &Symbol, prices: Grid, quantities: Grid) -> Listing {
    let known = COINS.iter().find(|coin| coin.symbol() == *symbol).map(|coin| coin.listing());
    let in_dollars = symbol.quote.as_str().contains("USD");
    let unknown = Listing {
        symbol: symbol.clone(),
        tick: prices.unit(),
        step: quantities.unit(),
        min_notional: if in_dollars { Decimal::from(5) } else { Decimal::new(1, 4) },
        maintenance: Decimal::new(1, 2),
        leverage_max: Decimal::from(20),
        major: false,
    };
    Listing { tick: prices.unit(), step: quantities.unit(), ..known.unwrap_or(unknown) }
}

/// Perpetuals are margined in USDT, so other quote currencies have the spot market only.
fn instruments(listing: &Listing, fees: Fees) -> Result<Vec<Instrument>, MoneyError> {
    let [spot, perp] = listing.instruments(fees)?;
    Ok(if listing.symbol.quote.as_str() == "USDT" { vec![spot, perp] } else { vec![spot] })
}
