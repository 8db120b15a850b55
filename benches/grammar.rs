//! How long the grammar takes for a sentence: `cargo bench --bench grammar`.
//!
//! divan prints fastest, slowest, median and mean; the last benchmark prints the 50th and 99th percentile of single
//! readings over all sentences, which is the figure that docs/performance.md keeps.

#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use outcry::domain::instrument::{Instrument, InstrumentId, InstrumentStatus, Market, Symbol};
use outcry::domain::money::{Amount, Leverage, Price, Quantity, Ratio};
use outcry::domain::order_types::OrderTypes;
use outcry::nlp::lexicon::Lexicon;
use outcry::nlp::read::read;
use rust_decimal::dec;

const BASES: &[&str] = &["BTC", "ETH", "SOL", "BNB", "XRP", "DOGE", "ADA", "AVAX", "LINK", "LTC", "PEPE", "SHIB"];

const SENTENCES: &[&str] = &[
    "buy 200 usdt of btc",
    "long sol 5x with 300, stop 4%, take half at 6% and the rest at 10%",
    "long btc 5x $500 tp1 65k 30% tp2 70k 70% sl 58k at 61,250.50 post-only",
    "close half of my eth",
    "cancel all my btc orders",
    "set targets on eth 2000 and 2200",
    "show me my open positions please",
    "pnl week",
    "yes",
    "wait 10m",
    "buy 100 of foo",
    "buuy 0.1 btc witth a stpo at 58k plaese",
    "should I buy some bitcoin now?",
    "xyzzy plugh frobnicate wibble wobble",
    "price of etherium",
];

fn main() -> std::io::Result<()> {
    divan::main();
    percentiles()
}

fn lexicon() -> Lexicon {
    let instruments: Vec<Instrument> =
        BASES.iter().flat_map(|base| [Market::Spot, Market::Perp].map(|market| instrument(base, market))).flatten().collect();
    Lexicon::new(&instruments)
}

fn instrument(base: &str, market: Market) -> Option<Instrument> {
    Some(Instrument {
        id: InstrumentId::new(Symbol::new(base, "USDT"), market),
        tick: Price::new(dec!(0.01)).ok()?,
        step: Quantity::new(dec!(0.001)).ok()?,
        min_notional: Amount::new(dec!(5)).ok()?,
        maker_fee: Ratio::ZERO,
        taker_fee: Ratio::ZERO,
        maintenance: Ratio::ZERO,
        brackets: Vec::new(),
        leverage_max: Leverage::ONE,
        major: false,
        status: InstrumentStatus::Trading,
        order_types: OrderTypes::plain(),
    })
}

#[divan::bench(args = SENTENCES)]
fn sentence(bencher: divan::Bencher<'_, '_>, text: &str) {
    let lexicon = lexicon();
    bencher.bench_local(|| read(black_box(text), &lexicon));
}

#[divan::bench(args = [1_024, 4_096, 100_000])]
fn long_text(bencher: divan::Bencher<'_, '_>, length: usize) {
    let lexicon = lexicon();
    let text: String = "buy 0.1 btc and tp 65k ".chars().cycle().take(length).collect();
    bencher.bench_local(|| read(black_box(&text), &lexicon));
}

/// Times single readings, sentence after sentence.
fn percentiles() -> std::io::Result<()> {
    let lexicon = lexicon();
    let mut took_ns: Vec<u128> = Vec::new();
    for _ in 0..4_000 {
        for text in SENTENCES {
            let start = Instant::now();
            black_box(read(black_box(text), &lexicon));
            took_ns.push(start.elapsed().as_nanos());
        }
    }
    took_ns.sort_unstable();
    let at = |percent: usize| took_ns.get(took_ns.len() * percent / 100).copied().unwrap_or_default();
    writeln!(std::io::stdout(), "readings {}   p50 {} ns   p99 {} ns", took_ns.len(), at(50), at(99))
}
