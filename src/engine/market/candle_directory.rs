//! A folder of candle files named `SYMBOL-TIMEFRAME.csv[.gz]`: `BTCUSDT-5m.csv.gz`.
//!
//! Invariant: what is listed can be told from its name alone; a name that holds `PERP`, or is no candle file's, is
//! passed over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::candle_file::{self, CandleError};
use super::timeframe::Timeframe;
use crate::domain::instrument::Symbol;
use crate::domain::market::Bar;

/// Most entries of a folder that are looked at.
const ENTRIES_MAX: usize = 10_000;
/// Longest code of a base currency.
const BASE_BYTES_MAX: usize = 16;
/// Quote currencies that are told from the end of a name; a longer one before its own ending.
const QUOTES: [&str; 12] = ["FDUSD", "USDT", "USDC", "TUSD", "BUSD", "DAI", "USD", "EUR", "GBP", "BTC", "ETH", "BNB"];

/// The candle files of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandleDirectory {
    path: PathBuf,
    files: BTreeMap<(Symbol, Timeframe), PathBuf>,
}

impl CandleDirectory {
    /// Lists a folder. No file is opened yet.
    ///
    /// # Errors
    /// [`CandleError`] if the folder cannot be read, has too many entries, or holds one candle series twice.
    pub fn open(path: &Path) -> Result<Self, CandleError> {
        let unreadable = |why: String| CandleError::Unreadable { path: path.to_owned(), why };
        let entries = std::fs::read_dir(path).map_err(|error| unreadable(error.to_string()))?;
        let mut files = BTreeMap::new();
        for (count, entry) in entries.enumerate() {
            if count >= ENTRIES_MAX {
                return Err(unreadable(format!("more than {ENTRIES_MAX} entries")));
            }
            let entry = entry.map_err(|error| unreadable(error.to_string()))?;
            let Some(series) = entry.file_name().to_str().and_then(series) else { continue };
            if let Some(other) = files.insert(series, entry.path()) {
                let (first, second) = if other < entry.path() { (other, entry.path()) } else { (entry.path(), other) };
                return Err(CandleError::Twice { first, second });
            }
        }
        Ok(Self { path: path.to_owned(), files })
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what there is, by symbol and then from the finest candles to the coarsest.
    pub fn series(&self) -> impl Iterator<Item = (&Symbol, Timeframe)> {
        self.files.keys().map(|(symbol, timeframe)| (symbol, *timeframe))
    }

    /// Reads one series, oldest candle first; `None` if the folder does not have it.
    ///
    /// # Errors
    /// [`CandleError`] with file and line.
    pub fn read(&self, symbol: &Symbol, timeframe: Timeframe) -> Result<Option<Vec<Bar>>, CandleError> {
        let path = self.files.get(&(symbol.clone(), timeframe));
        path.map(|path| candle_file::read(path, timeframe)).transpose()
    }
}

/// Returns what a file of this name holds; `None` if it is no candle file's name.
fn series(name: &str) -> Option<(Symbol, Timeframe)> {
    let stem = name.strip_suffix(".csv.gz").or_else(|| name.strip_suffix(".csv"))?;
    if stem.contains("PERP") {
        return None;
    }
    let (pair, timeframe) = stem.split_once('-')?;
    Some((symbol_of(pair)?, timeframe.parse().ok()?))
}

/// Splits `BTCUSDT` into its two currencies; `None` if it does not end in a known quote currency.
fn symbol_of(pair: &str) -> Option<Symbol> {
    let (base, quote) = QUOTES.iter().find_map(|quote| pair.strip_suffix(quote).map(|base| (base, quote)))?;
    let plain = base.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (plain && (1..=BASE_BYTES_MAX).contains(&base.len())).then(|| Symbol::new(base, quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_symbol_and_length() {
        let cases = [
            ("BTCUSDT-5m.csv.gz", Some("BTC/USDT 5m")),
            ("USD1USDT-1h.csv", Some("USD1/USDT 1h")),
            ("ETHBTC-1d.csv", Some("ETH/BTC 1d")),
            ("BTCUSDC-60m.csv", Some("BTC/USDC 1h")),
            ("BTCUSDT-PERP-1h-futures.csv.gz", None),
            ("BTCUSDTPERP-1h.csv", None),
            ("README.md", None),
            ("USDT-1h.csv", None),
            ("BTCXYZ-1h.csv", None),
            ("BTCUSDT-1h.csv.zip", None),
            ("BTCUSDT.csv", None),
            ("../BTCUSDT-1h.csv", None),
            ("btcusdt-1h.csv", None),
        ];
        for (name, expected) in cases {
            let found = series(name).map(|(symbol, timeframe)| format!("{symbol} {timeframe}"));
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_folder_that_is_none_is_refused() {
        let error = CandleDirectory::open(Path::new("/nonexistent/candles")).unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/candles: "), "{error}");
    }
}
