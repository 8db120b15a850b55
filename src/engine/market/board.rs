//! The quote board: the latest state of each instrument, and the average true range of its closed hours.
//!
//! Invariant: what it shows never goes back in time, and a reader waits at most for one tick to be noted.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::domain::instrument::InstrumentId;
use crate::domain::market::{Bar, MarketSource, Quote, Tick};
use crate::domain::money::{Price, Quantity};
use crate::domain::time::Timestamp;
use crate::engine::indicators::atr::Atr;
use crate::engine::indicators::bridge;
use crate::engine::ports::Quotes;

use super::hour::HourBuilder;

/// The latest prices of one market source, shared by everybody who asks.
#[derive(Debug)]
pub struct QuoteBoard {
    source: MarketSource,
    entries: RwLock<BTreeMap<InstrumentId, Entry>>,
}

#[derive(Debug)]
struct Entry {
    quote: Option<Quote>,
    hour: HourBuilder,
    atr: Atr,
    /// Start of the last bar the average has taken in.
    atr_until: Option<Timestamp>,
}

impl QuoteBoard {
    /// Returns an empty board for prices of `source`.
    pub fn new(source: MarketSource) -> Self {
        Self { source, entries: RwLock::new(BTreeMap::new()) }
    }

    /// Notes a tick; hours are made of marks. One that is older than what is shown, or has no two sides, is passed over.
    pub fn on_tick(&self, tick: &Tick) {
        let (Some(bid), Some(ask)) = (tick.bids.first(), tick.asks.first()) else { return };
        let quote = Quote { bid: bid.price, ask: ask.price, mark: tick.mark, at: tick.at };
        let traded = tick.print.map_or(Quantity::ZERO, |print| print.quantity);
        let mut entries = self.write();
        // The common case must not clone the key.
        match entries.get_mut(&tick.instrument) {
            Some(entry) => entry.note(quote, traded),
            None => entries.entry(tick.instrument.clone()).or_insert_with(Entry::new).note(quote, traded),
        }
    }

    /// Seeds an instrument's past with closed one-hour bars, oldest first; to be called before its ticks. Bars that are
    /// not newer than what is already taken in are passed over.
    pub fn preload(&self, instrument: &InstrumentId, bars: &[Bar]) {
        let mut entries = self.write();
        let entry = entries.entry(instrument.clone()).or_insert_with(Entry::new);
        for bar in bars {
            entry.take_hour(bar);
        }
    }

    // No code panics while it holds the lock, and each entry is valid after every statement, so a poisoned lock is
    // read on rather than spread.
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<InstrumentId, Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<InstrumentId, Entry>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Quotes for QuoteBoard {
    fn quote(&self, instrument: &InstrumentId) -> Option<Quote> {
        self.read().get(instrument)?.quote.clone()
    }

    fn atr_1h(&self, instrument: &InstrumentId) -> Option<Price> {
        bridge::price_from(self.read().get(instrument)?.atr.value()?)
    }

    fn source(&self) -> MarketSource {
        self.source
    }
}

impl Entry {
    fn new() -> Self {
        Self { quote: None, hour: HourBuilder::default(), atr: Atr::fourteen(), atr_until: None }
    }

    fn note(&mut self, quote: Quote, traded: Quantity) {
        if self.quote.as_ref().is_some_and(|shown| shown.at > quote.at) {
            return;
        }
        if let Some(bar) = self.hour.push(quote.at, quote.mark, traded) {
            self.take_hour(&bar);
        }
        self.quote = Some(quote);
    }

    fn take_hour(&mut self, bar: &Bar) {
        if self.atr_until.is_some_and(|until| bar.open_at <= until) {
            return;
        }
        let [high, low, close] = [bar.high, bar.low, bar.close].map(|price| bridge::float_from(price.value()));
        self.atr.push(high, low, close);
        self.atr_until = Some(bar.open_at);
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::{Decimal, dec};

    use super::*;
    use crate::domain::market::{Level, Print};
    use crate::domain::order::Side;
    use crate::domain::time::HOUR_MS;

    fn price(value: Decimal) -> Price {
        Price::new(value).unwrap()
    }

    fn btc() -> InstrumentId {
        "BTC/USDT:spot".parse().unwrap()
    }

    fn tick(at_ms: i64, mark: Decimal) -> Tick {
        let level = |value| Level { price: price(value), quantity: Quantity::new(dec!(2)).unwrap() };
        Tick {
            instrument: btc(),
            at: Timestamp::from_ms(at_ms),
            mark: price(mark),
            print: Some(Print { price: price(mark), quantity: Quantity::new(dec!(1)).unwrap(), aggressor: Side::Buy }),
            bids: vec![level(mark - dec!(0.1)), level(mark - dec!(0.2))],
            asks: vec![level(mark + dec!(0.1))],
        }
    }

    fn hour_bar(hour: i64, low: Decimal, high: Decimal) -> Bar {
        let close = price((low + high) / dec!(2));
        let open_at = Timestamp::from_ms(hour * HOUR_MS);
        Bar { open_at, open: close, high: price(high), low: price(low), close, volume: Quantity::ZERO }
    }

    #[test]
    fn shows_the_latest_tick_and_never_an_older_one() {
        let board = QuoteBoard::new(MarketSource::Simulated);
        assert_eq!(board.quote(&btc()), None);
        board.on_tick(&tick(1_000, dec!(100)));
        board.on_tick(&tick(2_000, dec!(101)));
        board.on_tick(&tick(1_500, dec!(90)));
        let quote = board.quote(&btc()).unwrap();
        assert_eq!((quote.bid, quote.ask, quote.mark), (price(dec!(100.9)), price(dec!(101.1)), price(dec!(101))));
        assert_eq!(quote.at.ms(), 2_000);
        assert_eq!(board.source(), MarketSource::Simulated);
    }

    #[test]
    fn a_tick_without_two_sides_is_passed_over() {
        let board = QuoteBoard::new(MarketSource::Live);
        board.on_tick(&Tick { asks: Vec::new(), ..tick(1_000, dec!(100)) });
        assert_eq!(board.quote(&btc()), None);
    }

    #[test]
    fn the_range_warms_up_from_history_and_goes_on_with_ticks() {
        let board = QuoteBoard::new(MarketSource::Simulated);
        let history: Vec<Bar> = (0..15).map(|hour| hour_bar(hour, dec!(99), dec!(101))).collect();
        board.preload(&btc(), &history[..14]);
        assert_eq!(board.atr_1h(&btc()), None, "fourteen bars have thirteen true ranges");
        board.preload(&btc(), &history);
        assert_eq!(board.atr_1h(&btc()), Some(price(dec!(2))), "the first fourteen were not counted twice");
        board.on_tick(&tick(15 * HOUR_MS, dec!(100)));
        board.on_tick(&tick(15 * HOUR_MS + 1, dec!(116)));
        assert_eq!(board.atr_1h(&btc()), Some(price(dec!(2))), "the hour is not closed");
        board.on_tick(&tick(16 * HOUR_MS, dec!(100)));
        assert_eq!(board.atr_1h(&btc()), Some(price(dec!(3))));
    }

    #[test]
    fn many_threads_may_ask_while_ticks_come_in() {
        let board = QuoteBoard::new(MarketSource::Simulated);
        std::thread::scope(|scope| {
            scope.spawn(|| (1..=1_000).for_each(|at| board.on_tick(&tick(at, dec!(100)))));
            scope.spawn(|| {
                let seen: Vec<i64> = (0..1_000).filter_map(|_| board.quote(&btc())).map(|quote| quote.at.ms()).collect();
                assert!(seen.is_sorted());
            });
        });
        assert_eq!(board.quote(&btc()).unwrap().at.ms(), 1_000);
    }
}
