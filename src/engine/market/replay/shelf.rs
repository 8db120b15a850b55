//! Which candle files a replay plays.
//!
//! Invariant: each symbol is played from one file: the finest that covers the beginning, or, where the symbol came
//! later, the finest of all. A file is read at most once.

use std::collections::BTreeMap;

use super::ReplayError;
use crate::domain::instrument::Symbol;
use crate::domain::market::Bar;
use crate::domain::time::Timestamp;
use crate::engine::market::candle_directory::CandleDirectory;
use crate::engine::market::listing::SymbolChoice;
use crate::engine::market::timeframe::Timeframe;

/// The candles of one file.
#[derive(Debug, Clone)]
pub struct Series {
    /// Whose.
    pub symbol: Symbol,
    /// Length of each.
    pub timeframe: Timeframe,
    /// Oldest first; at least one.
    pub bars: Vec<Bar>,
}

/// The files that may be played.
#[derive(Debug)]
pub struct Shelf {
    directory: CandleDirectory,
    /// For each symbol the lengths there are, finest first.
    candidates: BTreeMap<Symbol, Vec<Timeframe>>,
    read: BTreeMap<(Symbol, Timeframe), Vec<Bar>>,
}

impl Shelf {
    /// Returns the files of a folder that were asked for.
    ///
    /// # Errors
    /// [`ReplayError`] if there are none, or none of a symbol that was named.
    pub fn new(directory: CandleDirectory, only: Option<Timeframe>, symbols: &SymbolChoice) -> Result<Self, ReplayError> {
        let wanted = |symbol: &Symbol| match symbols {
            SymbolChoice::All => true,
            SymbolChoice::Only(named) => named.contains(symbol),
        };
        let mut candidates: BTreeMap<Symbol, Vec<Timeframe>> = BTreeMap::new();
        for (symbol, timeframe) in directory.series() {
            if wanted(symbol) && only.is_none_or(|only| only == timeframe) {
                candidates.entry(symbol.clone()).or_default().push(timeframe);
            }
        }
        if let SymbolChoice::Only(named) = symbols
            && let Some(missing) = named.iter().find(|symbol| !candidates.contains_key(*symbol))
        {
            return Err(ReplayError::NoFile { directory: directory.path().to_owned(), symbol: missing.clone() });
        }
        if candidates.is_empty() {
            return Err(ReplayError::Empty(directory.path().to_owned()));
        }
        Ok(Self { directory, candidates, read: BTreeMap::new() })
    }

    /// Returns where the finest candles begin.
    ///
    /// # Errors
    /// [`ReplayError::Candles`] if a file cannot be read.
    pub fn beginning(&mut self) -> Result<Timestamp, ReplayError> {
        let empty = || ReplayError::Empty(self.directory.path().to_owned());
        let finest = self.candidates.values().flatten().min().copied().ok_or_else(empty)?;
        let having: Vec<Symbol> =
            self.candidates.iter().filter(|(_, lengths)| lengths.contains(&finest)).map(|(symbol, _)| symbol.clone()).collect();
        let mut beginning: Option<Timestamp> = None;
        for symbol in having {
            let first = self.bars(&symbol, finest)?.first().map(|bar| bar.open_at);
            beginning = beginning.into_iter().chain(first).min();
        }
        beginning.ok_or_else(|| ReplayError::Empty(self.directory.path().to_owned()))
    }

    /// Returns the series to play from `at` on, in the order of their symbols; a symbol that ended before is left out.
    ///
    /// # Errors
    /// [`ReplayError::Candles`] if a file cannot be read.
    pub fn covering(mut self, at: Timestamp) -> Result<Vec<Series>, ReplayError> {
        let mut chosen = Vec::new();
        for (symbol, lengths) in self.candidates.clone() {
            let mut later: Option<Timeframe> = None;
            let mut covers: Option<Timeframe> = None;
            for timeframe in lengths {
                match place(self.bars(&symbol, timeframe)?, timeframe, at) {
                    Place::Covers => {
                        covers = Some(timeframe);
                        break;
                    }
                    Place::Later => later = later.or(Some(timeframe)),
                    Place::Ended => {}
                }
            }
            let Some(timeframe) = covers.or(later) else { continue };
            let bars = self.read.remove(&(symbol.clone(), timeframe)).unwrap_or_default();
            chosen.push(Series { symbol, timeframe, bars });
        }
        Ok(chosen)
    }

    fn bars(&mut self, symbol: &Symbol, timeframe: Timeframe) -> Result<&[Bar], ReplayError> {
        let key = (symbol.clone(), timeframe);
        if !self.read.contains_key(&key) {
            let bars = self.directory.read(symbol, timeframe)?.unwrap_or_default();
            self.read.insert(key.clone(), bars);
        }
        Ok(self.read.get(&key).map(Vec::as_slice).unwrap_or_default())
    }
}

/// Where a series lies, seen from a moment.
enum Place {
    Covers,
    Later,
    Ended,
}

fn place(bars: &[Bar], timeframe: Timeframe, at: Timestamp) -> Place {
    match (bars.first(), bars.last()) {
        (Some(first), _) if at < first.open_at => Place::Later,
        (_, Some(last)) if at < last.open_at.plus_ms(timeframe.ms()) => Place::Covers,
        _ => Place::Ended,
    }
}
