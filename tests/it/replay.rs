//! Candle files played back: the way through a candle, the merge of symbols, where it begins, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy exempts test functions only, not what they call")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use outcry::domain::instrument::{InstrumentId, Market, Symbol};
use outcry::domain::market::{MarketSource, Tick};
use outcry::domain::money::Ratio;
use outcry::domain::order::Side;
use outcry::domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use outcry::engine::market::board::QuoteBoard;
use outcry::engine::market::listing::{Fees, SymbolChoice};
use outcry::engine::market::replay::{ReplayError, ReplayMarket, ReplayOptions, STEP_MS_USUAL, TICKS_PER_CALL_MAX};
use outcry::engine::ports::{Feed, Quotes};
use rust_decimal::{Decimal, dec};

use crate::reference::shared;

/// A folder of candle files that is removed afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("candles-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with(self, file: &str, rows: &[String]) -> Self {
        let text = format!("timestamp_ms,open,high,low,close,volume\n{}\n", rows.join("\n"));
        let out = fs::File::create(self.0.join(file)).unwrap();
        if file.ends_with(".gz") {
            let mut encoder = GzEncoder::new(out, Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap();
        } else {
            fs::write(self.0.join(file), text).unwrap();
        }
        self
    }

    fn options(&self) -> ReplayOptions {
        ReplayOptions { directory: self.0.clone(), ..options() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn options() -> ReplayOptions {
    let rate = Ratio::new(dec!(0.001)).unwrap();
    ReplayOptions {
        directory: PathBuf::new(),
        timeframe: None,
        from: None,
        symbols: SymbolChoice::All,
        step_ms: 10 * MINUTE_MS,
        fees: Fees { maker: rate, taker: rate },
    }
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

fn id(text: &str) -> InstrumentId {
    text.parse().unwrap()
}

/// `count` flat candles from `first_ms` on, each a unit higher than the one before.
fn flat(first_ms: i64, length_ms: i64, count: i64) -> Vec<String> {
    (0..count).map(|n| format!("{},{p},{p}.5,{p},{p},8", first_ms + n * length_ms, p = 100 + n)).collect()
}

fn spot(ticks: &[Tick]) -> Vec<&Tick> {
    ticks.iter().filter(|tick| tick.instrument.market == Market::Spot).collect()
}

#[test]
fn a_candle_becomes_its_path_with_a_book_around_it() {
    let folder = Folder::new("path").with("BTCUSDT-1h.csv", &["0,100,104,70,90,8.5".to_owned()]);
    let mut replay = ReplayMarket::open(&folder.options()).unwrap();
    assert_eq!((replay.source(), replay.starts_at(), replay.next_at()), (MarketSource::Replay, at(0), Some(at(0))));
    let ticks = replay.due(at(HOUR_MS));
    assert_eq!(replay.next_at(), None);
    assert!(replay.due(at(i64::MAX)).is_empty());
    let spot = spot(&ticks);
    let marks: Vec<Decimal> = spot.iter().map(|tick| tick.mark.value()).collect();
    assert_eq!(marks, [100, 102, 104, 93, 82, 70, 80, 90].map(Decimal::from));
    assert_eq!(spot.iter().map(|tick| tick.at.ms()).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7].map(|n| n * HOUR_MS / 8));
    for tick in &spot {
        assert_eq!((tick.bids.len(), tick.asks.len()), (10, 10));
        assert!(tick.bids[0].price < tick.asks[0].price);
        assert!(tick.bids.is_sorted_by(|a, b| a.price > b.price) && tick.asks.is_sorted_by(|a, b| a.price < b.price));
        let print = tick.print.unwrap();
        let touch = if print.aggressor == Side::Buy { tick.asks[0] } else { tick.bids[0] };
        assert_eq!((print.price, touch.price), (tick.mark, tick.mark));
    }
    let traded: Decimal = spot.iter().map(|tick| tick.print.unwrap().quantity.value()).sum();
    assert_eq!(traded, dec!(8.5));
    assert_eq!(ticks.len(), 16, "the perpetual follows the same path");
}

#[test]
fn the_grids_come_from_the_data_and_the_rules_from_the_coin() {
    let folder = Folder::new("grids")
        .with("BTCUSDT-1h.csv", &["0,92792.05,92848.1,92706,92782.39,51.41651".to_owned()])
        .with("PEPEUSDT-1h.csv.gz", &["0,2.334e-05,2.334e-05,2.282e-05,2.301e-05,564671068833.0".to_owned()])
        .with("FOOUSDT-1h.csv", &["0,5,5,5,5,0".to_owned()])
        .with("ETHBTC-1h.csv", &["0,0.05,0.05,0.05,0.05,1".to_owned()]);
    let replay = ReplayMarket::open(&folder.options()).unwrap();
    let instruments = replay.instruments();
    let of = |text: &str| instruments.iter().find(|instrument| instrument.id == id(text)).unwrap();
    assert_eq!((of("BTC/USDT:perp").tick.value(), of("BTC/USDT:perp").step.value()), (dec!(0.01), dec!(0.00001)));
    assert_eq!((of("PEPE/USDT:spot").tick.value(), of("PEPE/USDT:spot").step.value()), (dec!(0.00000001), dec!(1)));
    assert!(of("BTC/USDT:perp").major && !of("FOO/USDT:perp").major);
    assert_eq!(of("FOO/USDT:perp").leverage_max.value(), dec!(20));
    assert_eq!(of("FOO/USDT:spot").leverage_max.value(), dec!(1));
    assert!(!instruments.iter().any(|instrument| instrument.id == id("ETH/BTC:perp")), "perpetuals are margined in USDT");
}

#[test]
fn symbols_are_merged_in_order_of_time_and_files_named_perp_are_passed_over() {
    let folder = Folder::new("merge")
        .with("BTCUSDT-5m.csv", &flat(0, 5 * MINUTE_MS, 12))
        .with("ETHUSDT-1h.csv", &flat(0, HOUR_MS, 1))
        .with("BTCUSDT-PERP-1h-futures.csv", &["not read".to_owned()]);
    fs::write(folder.0.join("README.md"), "words").unwrap();
    let mut replay = ReplayMarket::open(&folder.options()).unwrap();
    let ticks = replay.due(at(HOUR_MS));
    assert!(ticks.is_sorted_by_key(|tick| tick.at));
    assert_eq!(ticks.len(), 2 * (12 * 8 + 8));
}

#[test]
fn it_begins_where_it_is_told_in_the_finest_candles_that_cover_it() {
    let folder = Folder::new("from")
        .with("BTCUSDT-5m.csv", &flat(10 * HOUR_MS, 5 * MINUTE_MS, 24))
        .with("BTCUSDT-1h.csv", &flat(0, HOUR_MS, 12))
        .with("ETHUSDT-1h.csv", &flat(0, HOUR_MS, 5));
    let begin = |from: Option<i64>| ReplayMarket::open(&ReplayOptions { from: from.map(at), ..folder.options() });

    let unsaid = begin(None).unwrap();
    assert_eq!((unsaid.starts_at(), unsaid.next_at()), (at(10 * HOUR_MS), Some(at(10 * HOUR_MS))));
    assert_eq!(unsaid.instruments().len(), 2, "ETH has ended by then");

    let from = 3 * HOUR_MS + 10 * MINUTE_MS;
    let mut coarse = begin(Some(from)).unwrap();
    assert_eq!(coarse.starts_at(), at(from));
    let first = coarse.due(at(from));
    assert_eq!(first.len(), 4, "each instrument has a quote at the beginning");
    assert!(first.iter().all(|tick| tick.at <= at(from) && at(from).since(tick.at) < HOUR_MS / 8));
    assert_eq!(first[0].mark.value().trunc(), dec!(103));

    // At any moment and any step the first tick is the last one that is not in the future.
    for (from, step_ms) in [(0, 1), (1, 7_000), (HOUR_MS - 1, 7_000), (3_599_000, 1), (2 * HOUR_MS + 12_345, 4_000), (77_777, 999)] {
        let options = ReplayOptions { from: Some(at(from)), timeframe: Some("1h".parse().unwrap()), step_ms, ..folder.options() };
        let mut replay = ReplayMarket::open(&options).unwrap();
        assert!(replay.next_at().unwrap() <= at(from));
        assert_eq!(replay.due(at(from)).len(), 4, "{from} {step_ms}");
        assert!(replay.next_at().unwrap() > at(from));
    }

    let late = begin(Some(20 * HOUR_MS)).unwrap_err();
    assert_eq!(late.to_string(), "the candles end before 1970-01-01T20:00:00Z");
}

#[test]
fn hourly_bars_know_nothing_of_the_future() {
    let folder = Folder::new("hours").with("BTCUSDT-5m.csv", &flat(HOUR_MS + 5 * MINUTE_MS, 5 * MINUTE_MS, 100));
    let replay = ReplayMarket::open(&folder.options()).unwrap();
    let btc = id("BTC/USDT:perp");
    let bars = replay.hourly_bars(&btc, at(4 * HOUR_MS + 1), 100);
    assert_eq!(bars.iter().map(|bar| bar.open_at.ms() / HOUR_MS).collect::<Vec<_>>(), [2, 3], "the first hour is not whole");
    let bar = bars[0];
    assert_eq!([bar.open, bar.high, bar.low, bar.close].map(|price| price.value()), [dec!(111), dec!(122.5), dec!(111), dec!(122)]);
    assert_eq!(bar.volume.value(), dec!(96));
    assert_eq!(replay.hourly_bars(&btc, at(4 * HOUR_MS - 1), 100).len(), 1);
    assert_eq!(replay.hourly_bars(&btc, at(8 * HOUR_MS), 2).len(), 2);
    assert!(replay.hourly_bars(&id("XXX/USDT:perp"), at(8 * HOUR_MS), 2).is_empty());
}

#[test]
fn ticks_are_never_farther_apart_than_the_step_and_come_in_bounded_helpings() {
    let folder = Folder::new("step").with("BTCUSDT-1h.csv", &flat(0, HOUR_MS, 30));
    let mut replay = ReplayMarket::open(&ReplayOptions { step_ms: STEP_MS_USUAL, ..folder.options() }).unwrap();
    let ticks = replay.due(at(30 * HOUR_MS));
    assert_eq!(ticks.len(), TICKS_PER_CALL_MAX);
    assert!(spot(&ticks).windows(2).all(|pair| pair[1].at.since(pair[0].at) <= STEP_MS_USUAL));
    replay.set_step_ms(HOUR_MS);
    assert_eq!(replay.due(at(30 * HOUR_MS)).len(), 2 * (800 + 18 * 8), "the running candle ends as it began");
}

#[test]
fn what_cannot_be_played_is_refused_with_a_sentence() {
    let empty = Folder::new("empty");
    assert!(matches!(ReplayMarket::open(&empty.options()), Err(ReplayError::Empty(_))));
    let missing = ReplayOptions { directory: empty.0.join("nowhere"), ..options() };
    assert!(matches!(ReplayMarket::open(&missing), Err(ReplayError::Candles(_))));

    let folder = Folder::new("bad").with("BTCUSDT-1h.csv", &["0,1,2,1,2,5".to_owned(), "0,1,2,1,2,5".to_owned()]);
    let error = ReplayMarket::open(&folder.options()).unwrap_err().to_string();
    assert!(error.ends_with("BTCUSDT-1h.csv, line 3: the time 0 stands there twice"), "{error}");
    let named = SymbolChoice::Only(vec![Symbol::new("DOGE", "USDT")]);
    let error = ReplayMarket::open(&ReplayOptions { symbols: named, ..folder.options() }).unwrap_err();
    assert!(error.to_string().contains("no candle file of DOGE/USDT"), "{error}");

    let huge = Folder::new("huge").with("BTCUSDT-1h.csv", &["0,1,2,0.00000001,2,900000000000000".to_owned()]);
    assert_eq!(ReplayMarket::open(&huge.options()).unwrap().instruments().len(), 2);
    let huge = huge.with("BTCUSDT-1h.csv", &["0,900000000000000.12345678,900000000000001,1,2,1".to_owned()]);
    assert!(matches!(ReplayMarket::open(&huge.options()), Err(ReplayError::TooLarge(_))));

    let twice = Folder::new("twice").with("BTCUSDT-1h.csv", &flat(0, HOUR_MS, 1)).with("BTCUSDT-1h.csv.gz", &flat(0, HOUR_MS, 1));
    let error = ReplayMarket::open(&twice.options()).unwrap_err().to_string();
    assert!(error.contains("keep one"), "{error}");
}

/// Through the crash of 2025-10-10: the board's bars and average agree with the files'.
#[test]
fn the_shared_candles_play_through_the_crash() {
    let Some(directory) = shared("candles") else { return };
    // 2025-10-10T12:00:00Z
    let from = at(1_760_097_600_000);
    let mut replay = ReplayMarket::open(&ReplayOptions { directory, from: Some(from), step_ms: STEP_MS_USUAL, ..options() }).unwrap();
    assert!(replay.instruments().len() >= 60, "{}", replay.instruments().len());
    let btc = id("BTC/USDT:perp");
    let board = QuoteBoard::new(replay.source());
    board.preload(&btc, &replay.hourly_bars(&btc, from, 200));
    let until = from.plus_ms(12 * HOUR_MS);
    let (mut lowest, mut previous) = (Decimal::MAX, from);
    while replay.next_at().is_some_and(|at| at <= until) {
        for tick in replay.due(until) {
            assert!(tick.at >= previous);
            previous = tick.at;
            if tick.instrument == btc {
                lowest = lowest.min(tick.mark.value());
                board.on_tick(&tick);
            }
        }
    }
    assert!((dec!(95000)..dec!(110000)).contains(&lowest), "the low of the crash: {lowest}");
    let fresh = QuoteBoard::new(replay.source());
    fresh.preload(&btc, &replay.hourly_bars(&btc, until, 212));
    assert_eq!(board.atr_1h(&btc), fresh.atr_1h(&btc));
    assert!(board.quote(&btc).unwrap().at <= until);
}
