//! The state of a simulated market as text, so that it goes on where it stopped.
//!
//! Invariant: a market taken up again gives the very ticks it would have given; a text that is damaged is refused.

use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::hours::Lived;
use super::mood::Mood;
use super::path::Path;
use super::{Setup, SimulatedError, SimulatedMarket};
use crate::domain::instrument::Symbol;
use crate::domain::time::Timestamp;
use crate::engine::market::listing::{Fees, SymbolChoice};

/// Version of the text's layout.
const LAYOUT: u32 = 1;

/// Longest text that is read.
const TEXT_BYTES_MAX: usize = 1_000_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    layout: u32,
    seed: u64,
    starts_at: Timestamp,
    step_ms: i64,
    last_at: Option<Timestamp>,
    mood: Mood,
    coins: Vec<SavedCoin>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedCoin {
    symbol: Symbol,
    path: Path,
    book: Dice,
    lived: Lived,
}

impl SimulatedMarket {
    /// Returns the whole state as JSON: some 400 bytes a coin, and 60 more for each hour lived (bounded).
    pub fn snapshot(&self) -> String {
        let coins = self.runners.iter().map(|runner| SavedCoin {
            symbol: runner.coin.symbol(),
            path: runner.path.clone(),
            book: runner.book_dice.clone(),
            lived: runner.lived.clone(),
        });
        let saved = Saved {
            layout: LAYOUT,
            seed: self.seed,
            starts_at: self.starts_at,
            step_ms: self.step_ms,
            last_at: self.last_at,
            mood: self.mood.clone(),
            coins: coins.collect(),
        };
        // Integers, texts and lists only: there is nothing in it that JSON cannot say.
        serde_json::to_string(&saved).unwrap_or_default()
    }

    /// Takes a market up again from its [`snapshot`](Self::snapshot). Fees are settings, not state, and come anew.
    ///
    /// # Errors
    /// [`SimulatedError`] if the text is damaged or names a coin that is not simulated.
    pub fn restore(text: &str, fees: Fees) -> Result<Self, SimulatedError> {
        let bad = |why: &str| SimulatedError::BadState(why.to_owned());
        if text.len() > TEXT_BYTES_MAX {
            return Err(bad("it is too long"));
        }
        let saved: Saved = serde_json::from_str(text).map_err(|error| bad(&error.to_string()))?;
        if saved.layout != LAYOUT {
            return Err(bad("it has another layout"));
        }
        if saved.last_at.is_some_and(|last_at| last_at < saved.starts_at) {
            return Err(bad("it ended before it began"));
        }
        if !saved.mood.is_sound() {
            return Err(bad("the market is not in a state it can be in"));
        }
        let symbols = saved.coins.iter().map(|coin| coin.symbol.clone()).collect();
        let Saved { seed, starts_at, step_ms, .. } = saved;
        let mut market = Self::new(&Setup { seed, starts_at, step_ms, symbols: SymbolChoice::Only(symbols), fees })?;
        market.last_at = saved.last_at;
        market.mood = saved.mood;
        for (runner, coin) in market.runners.iter_mut().zip(saved.coins) {
            let start = runner.coin.start_ticks as f64;
            let in_order = runner.coin.symbol() == coin.symbol;
            if !(in_order && coin.path.is_sound(start) && coin.book.is_sound() && coin.lived.is_sound()) {
                return Err(bad(&format!("{} is not in a state it can be in", coin.symbol)));
            }
            runner.path = coin.path;
            runner.book_dice = coin.book;
            runner.lived = coin.lived;
        }
        Ok(market)
    }
}
