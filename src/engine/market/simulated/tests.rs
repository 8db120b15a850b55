//! The market as a feed: order, completeness, determinism, and going on from a stored state.

use rust_decimal::dec;

use super::*;
use crate::domain::money::Ratio;

pub fn fees() -> Fees {
    let rate = Ratio::new(dec!(0.001)).unwrap();
    Fees { maker: rate, taker: rate }
}

fn setup(seed: u64, coins: &[&str]) -> Setup {
    let symbols = match coins {
        [] => SymbolChoice::All,
        some => SymbolChoice::Only(some.iter().map(|base| Symbol::new(base, "USDT")).collect()),
    };
    Setup { seed, starts_at: Timestamp::from_ms(1_790_000_000_000), step_ms: 1_000, symbols, fees: fees() }
}

fn market(seed: u64, coins: &[&str]) -> SimulatedMarket {
    SimulatedMarket::new(&setup(seed, coins)).unwrap()
}

fn after(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_790_000_000_000 + ms)
}

/// Fingerprints of stretches of seed 7.
const GOLDEN: [u64; 2] = [6_817_868_278_724_068_603, 1_143_368_187_799_447_731];

/// FNV-1a over the JSON of the ticks.
fn fingerprint(ticks: &[Tick]) -> u64 {
    let text = serde_json::to_string(ticks).unwrap();
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_machine() {
    let ticks = market(7, &[]).due(after(600_000));
    assert_eq!(ticks.len(), 601 * 24);
    // Two weeks more in coarse steps, so that all regimes and several jumps are in it.
    let mut coarse = market(7, &["BTC", "PEPE"]);
    coarse.set_step_ms(600_000);
    let weeks = coarse.due(after(14 * DAY_MS));
    assert_eq!(weeks.len(), 2_017 * 4);
    assert_eq!(
        [fingerprint(&ticks), fingerprint(&weeks)],
        GOLDEN,
        "a change of the generator changes every simulated run: say so in the changelog"
    );
    assert_eq!(ticks, market(7, &[]).due(after(600_000)));
    assert_ne!(ticks, market(8, &[]).due(after(600_000)));
}

#[test]
fn a_subset_walks_the_same_paths_in_the_same_order() {
    let all = market(7, &[]).due(after(60_000));
    let some = market(7, &["ETH", "BTC"]).due(after(60_000));
    let expected: Vec<_> = all.into_iter().filter(|tick| ["BTC", "ETH"].contains(&tick.instrument.symbol.base.as_str())).collect();
    assert_eq!(some, expected);
}

#[test]
fn ticks_come_once_in_order_of_time_whatever_the_calls() {
    let whole = market(3, &["BTC", "PEPE"]).due(after(100_000));
    let mut pieces = Vec::new();
    let mut market = market(3, &["BTC", "PEPE"]);
    assert_eq!(market.next_at(), Some(market.starts_at()));
    assert!(market.due(after(-1)).is_empty());
    for until in [0, 0, 1, 999, 1_000, 37_500, 100_000, 100_000] {
        pieces.extend(market.due(after(until)));
    }
    assert_eq!(pieces, whole);
    assert!(whole.is_sorted_by_key(|tick| tick.at));
    assert_eq!(whole[0].mark.value(), dec!(60000), "the first tick shows the starting price");
    assert!(whole[0].print.is_none());
}

#[test]
fn a_long_time_comes_in_bounded_helpings() {
    let mut market = market(3, &["BTC"]);
    let ticks = market.due(after(DAY_MS));
    assert_eq!(ticks.len(), TICKS_PER_CALL_MAX);
    assert!(market.next_at().unwrap() <= after(DAY_MS));
    assert_eq!(market.due(after(DAY_MS))[0].at, ticks.last().unwrap().at.plus_ms(1_000));
}

#[test]
fn a_coarser_step_passes_quiet_time_cheaply() {
    let mut market = market(3, &["BTC"]);
    market.due(after(10_000));
    market.set_step_ms(3_600_000);
    let ticks = market.due(after(DAY_MS));
    assert_eq!(ticks.len(), 2 * 23);
    assert_eq!(ticks[0].at, after(10_000 + 3_600_000));
    market.set_step_ms(0);
    assert_eq!(market.next_at().unwrap().since(ticks.last().unwrap().at), 1, "a step is never zero");
}

#[test]
fn at_the_end_of_time_there_are_no_more_ticks() {
    let mut market = SimulatedMarket::new(&Setup { starts_at: Timestamp::from_ms(i64::MAX - 1_500), ..setup(1, &["BTC"]) }).unwrap();
    assert_eq!(market.due(Timestamp::from_ms(i64::MAX)).len(), 4);
    assert_eq!(market.next_at(), None);
}

#[test]
fn a_market_goes_on_where_it_was_stored() {
    let mut market = market(11, &["BTC", "SOL", "SHIB"]);
    for _ in 0..4 {
        market.due(after(3 * 3_600_000));
    }
    let text = market.snapshot();
    let mut again = SimulatedMarket::restore(&text, fees()).unwrap();
    assert_eq!(again.snapshot(), text);
    assert_eq!(again.instruments(), market.instruments());
    let btc: InstrumentId = "BTC/USDT:perp".parse().unwrap();
    let now = after(3 * 3_600_000);
    assert_eq!(again.hourly_bars(&btc, now, 500), market.hourly_bars(&btc, now, 500));
    assert_eq!(again.due(after(11_000_000)), market.due(after(11_000_000)));
}

#[test]
fn a_damaged_state_is_refused_with_a_sentence() {
    let text = market(11, &["BTC", "SOL"]).snapshot();
    let cases = [
        String::new(),
        "{}".to_owned(),
        text.chars().take(text.chars().count() / 2).collect(),
        text.replace("\"layout\":1", "\"layout\":2"),
        text.replace("SOL/USDT", "XXX/USDT"),
        text.replace("SOL/USDT", "BTC/USDT"),
        text.replace("\"step_ms\":1000", "\"step_ms\":0"),
        text.replace("\"price\":", "\"price\":1"),
        " ".repeat(2_000_000),
    ];
    let dead = |pointer: &str| {
        let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
        *state.pointer_mut(pointer).unwrap() = serde_json::json!({ "s": [0, 0, 0, 0] });
        state.to_string()
    };
    let dead = ["/mood/dice", "/coins/0/path/dice", "/coins/1/book"].map(dead);
    for case in cases.into_iter().chain(dead) {
        let error = SimulatedMarket::restore(&case, fees()).unwrap_err();
        assert!(!error.to_string().is_empty(), "{error}");
    }
}

#[test]
fn a_choice_must_name_known_coins_once() {
    let unknown = SimulatedMarket::new(&setup(1, &["BTC", "LUNA"])).unwrap_err();
    assert_eq!(unknown, SimulatedError::UnknownSymbol(Symbol::new("LUNA", "USDT")));
    assert!(unknown.to_string().contains("BTC, ETH"), "{unknown}");
    assert_eq!(SimulatedMarket::new(&setup(1, &["BTC", "BTC"])).unwrap_err(), SimulatedError::BadChoice);
    let nothing = Setup { symbols: SymbolChoice::Only(Vec::new()), ..setup(1, &[]) };
    assert_eq!(SimulatedMarket::new(&nothing).unwrap_err(), SimulatedError::BadChoice);
    assert_eq!(SimulatedMarket::new(&Setup { step_ms: 0, ..setup(1, &[]) }).unwrap_err(), SimulatedError::BadStep(0));
}

#[test]
fn the_board_and_the_feed_agree_on_the_hours() {
    let mut feed = market(5, &["BTC"]);
    let board = super::super::board::QuoteBoard::new(MarketSource::Simulated);
    let btc: InstrumentId = "BTC/USDT:spot".parse().unwrap();
    let start = feed.starts_at();
    board.preload(&btc, &feed.hourly_bars(&btc, start, 100));
    assert!(crate::engine::ports::Quotes::atr_1h(&board, &btc).is_some(), "there is an average from the first moment");
    let until = after(5 * 3_600_000);
    while feed.next_at().is_some_and(|at| at <= until) {
        feed.due(until).iter().for_each(|tick| board.on_tick(tick));
    }
    // The first hour was entered late by the board; every later one it built itself equals the feed's.
    let fresh = super::super::board::QuoteBoard::new(MarketSource::Simulated);
    let bars = feed.hourly_bars(&btc, until, 300);
    let skip = hours::PAST_HOURS as usize;
    let seen: Vec<Bar> = bars[..skip].iter().chain(&bars[skip + 1..]).copied().collect();
    fresh.preload(&btc, &seen[skip - 100..]);
    assert_eq!(crate::engine::ports::Quotes::atr_1h(&board, &btc), crate::engine::ports::Quotes::atr_1h(&fresh, &btc));
}
