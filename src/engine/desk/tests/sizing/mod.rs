//! The figures of plans, against numbers worked out by hand.
//!
//! Unless a test says otherwise: BTC at a mark of 100, bid 99.9, ask 100.1; tick 0.1, step 0.001; maker fee 0.02 %, taker
//! fee 0.1 %, maintenance 0.5 %; 100,000 USDT free.

mod close;
mod levels;
mod open;
mod protect;

use super::bench::{Bench, Board};
use crate::domain::ids::SourceKey;
use crate::domain::instrument::InstrumentId;
use crate::domain::market::{MarketSource, Quote};
use crate::domain::money::Price;
use crate::domain::plan::Plan;
use crate::domain::refusal::Code;
use crate::domain::request::OpenRequest;
use crate::engine::desk::sizing::Unplannable;
use crate::engine::ports::Quotes;

/// A board on which the average true range is known.
struct Ranged<'a>(&'a Board, Price);

impl Quotes for Ranged<'_> {
    fn quote(&self, instrument: &InstrumentId) -> Option<Quote> {
        self.0.quote(instrument)
    }
    fn atr_1h(&self, _: &InstrumentId) -> Option<Price> {
        Some(self.1)
    }
    fn source(&self) -> MarketSource {
        self.0.source()
    }
}

fn key() -> SourceKey {
    SourceKey::new("term:1:9")
}

fn opened(request: &OpenRequest) -> Result<Plan, Unplannable> {
    let bench = Bench::new();
    bench.desk.sizing(bench.now, &bench.board).open(&key(), request)
}

fn codes(problem: Unplannable) -> Vec<Code> {
    match problem {
        Unplannable::Refused(refusals) => refusals.into_iter().map(|refusal| refusal.code).collect(),
        Unplannable::Ask { .. } => Vec::new(),
    }
}
