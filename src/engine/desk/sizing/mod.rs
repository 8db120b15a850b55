//! Sizing: a proposal becomes a plan with a quantity on the step, prices on the tick, and figures a person can decide by.
//!
//! Invariant I7: whatever is not in the person's words gets its evidence here. Quantities are floored, never rounded up;
//! stops are moved towards the entry, never away from it.

pub mod close;
pub mod entry;
pub mod levels;
mod margin;
pub mod open;
pub mod protect;
pub mod quantity;
mod upkeep;

use std::collections::BTreeMap;

use crate::domain::ids::AccountId;
use crate::domain::instrument::{Instrument, InstrumentId, Market, Symbol};
use crate::domain::market::Quote;
use crate::domain::money::MoneyError;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::time::Timestamp;
use crate::engine::book::books::Book;
use crate::engine::ports::Quotes;
use crate::engine::risk::limits::Limits;

use super::ids::IdMaker;

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unplannable {
    /// It cannot be done as asked.
    Refused(Vec<Refusal>),
    /// It can be read in more than one way, or lacks something.
    Ask {
        /// The question.
        text: String,
        /// What could be answered, as a person would type it.
        choices: Vec<String>,
    },
}

impl From<MoneyError> for Unplannable {
    fn from(error: MoneyError) -> Self {
        Self::refused(Code::BadNumber, "numbers that can be held exactly", &error.to_string(), "smaller or rounder numbers")
    }
}

impl Unplannable {
    /// Returns a single refusal.
    pub fn refused(code: Code, limit: &str, actual: &str, would_pass: &str) -> Self {
        Self::Refused(vec![Refusal::new(code, limit, actual, would_pass)])
    }
}

/// What sizing looks at.
pub struct Sizing<'a> {
    /// The books.
    pub book: &'a Book,
    /// The latest prices.
    pub quotes: &'a dyn Quotes,
    /// The account's numbers.
    pub limits: &'a Limits,
    /// What the venue lists.
    pub instruments: &'a BTreeMap<InstrumentId, Instrument>,
    /// Makes plan ids.
    pub ids: &'a IdMaker,
    /// Now.
    pub now: Timestamp,
}

impl<'a> Sizing<'a> {
    /// Returns the account's id.
    fn account(&self) -> AccountId {
        self.book.account.clone()
    }

    /// Returns an instrument the venue lists.
    fn instrument(&self, symbol: &Symbol, market: Market) -> Result<&'a Instrument, Unplannable> {
        let id = InstrumentId::new(symbol.clone(), market);
        self.instruments.get(&id).ok_or_else(|| {
            let listed: Vec<String> =
                self.instruments.keys().filter(|id| id.market == market).take(12).map(|id| id.symbol.to_string()).collect();
            let limit = format!("what the venue lists on {}", market.as_str());
            Unplannable::refused(Code::UnknownInstrument, &limit, &symbol.to_string(), &format!("one of {}", listed.join(", ")))
        })
    }

    /// Returns the latest quote of an instrument.
    fn quote(&self, instrument: &InstrumentId) -> Result<Quote, Unplannable> {
        self.quotes.quote(instrument).ok_or_else(|| {
            Unplannable::refused(Code::StalePrice, "a price of the last seconds", "no price yet", "the same again in a moment")
        })
    }
}
