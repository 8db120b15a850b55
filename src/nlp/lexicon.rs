//! The names of what can be traded: tickers, coin names, cashtags and pairs in any form.
//!
//! Invariant: a name it does not hold is never guessed; near names are only offered as a question.

use std::collections::{BTreeMap, BTreeSet};

use super::vocabulary;
use crate::domain::instrument::{Instrument, Market, Symbol};

/// The quote currency where none is said.
const QUOTE_DEFAULT: &str = "USDT";

/// Coin names beside their tickers.
const NAMES: &[(&str, &str)] = &[
    ("bitcoin", "btc"),
    ("xbt", "btc"),
    ("ether", "eth"),
    ("ethereum", "eth"),
    ("solana", "sol"),
    ("ripple", "xrp"),
    ("dogecoin", "doge"),
    ("cardano", "ada"),
    ("avalanche", "avax"),
    ("chainlink", "link"),
    ("litecoin", "ltc"),
    ("polkadot", "dot"),
    ("shiba", "shib"),
    ("tron", "trx"),
    ("toncoin", "ton"),
    ("aptos", "apt"),
    ("arbitrum", "arb"),
    ("optimism", "op"),
    ("cosmos", "atom"),
    ("uniswap", "uni"),
    ("polygon", "pol"),
    ("stellar", "xlm"),
    ("monero", "xmr"),
    ("filecoin", "fil"),
    ("injective", "inj"),
    ("binancecoin", "bnb"),
];

/// Endings that say the perpetual.
const PERP_ENDINGS: &[&str] = &["perp", "p", "swap"];

/// Something that can be traded, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The pair.
    pub symbol: Symbol,
    /// The market, where the name says it (`BTC-PERP`).
    pub market: Option<Market>,
    /// Whether the quote currency was said, too.
    pub quote_said: bool,
}

/// All names.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    bases: BTreeMap<String, Symbol>,
    names: BTreeMap<String, String>,
    quotes: BTreeSet<String>,
    pairs: BTreeMap<String, Symbol>,
}

impl Lexicon {
    /// Collects the names of `instruments`. A ticker that is also a word of the grammar needs a cashtag or a pair.
    pub fn new(instruments: &[Instrument]) -> Self {
        let mut lexicon = Self::default();
        for instrument in instruments {
            let symbol = &instrument.id.symbol;
            let (base, quote) = (symbol.base.as_str().to_ascii_lowercase(), symbol.quote.as_str().to_ascii_lowercase());
            lexicon.pairs.insert(format!("{base}{quote}"), symbol.clone());
            let preferred = symbol.quote.as_str() == QUOTE_DEFAULT;
            if preferred || !lexicon.bases.contains_key(&base) {
                lexicon.bases.insert(base, symbol.clone());
            }
            lexicon.quotes.insert(quote);
        }
        for (name, ticker) in NAMES {
            if lexicon.bases.contains_key(*ticker) {
                lexicon.names.insert((*name).to_owned(), (*ticker).to_owned());
            }
        }
        lexicon
    }

    /// Returns what a plain word in lower case names.
    pub fn word(&self, word: &str) -> Option<Listed> {
        if vocabulary::contains(word) {
            return None;
        }
        self.joined(word).or_else(|| if word.chars().count() > 1 { self.ticker(word) } else { None })
    }

    /// Returns what a cashtag names (`btc` of `$btc`); words of the grammar and single letters count here.
    pub fn ticker(&self, word: &str) -> Option<Listed> {
        let base = self.names.get(word).map_or(word, String::as_str);
        self.bases.get(base).map(|symbol| Listed { symbol: symbol.clone(), market: None, quote_said: false })
    }

    /// Returns what `base` and `quote` name together (`btc`, `usdt` of `btc-usdt`).
    pub fn pair(&self, base: &str, quote: &str) -> Option<Listed> {
        if PERP_ENDINGS.contains(&quote) {
            return self.joined(base).or_else(|| self.ticker(base)).map(|listed| Listed { market: Some(Market::Perp), ..listed });
        }
        let base = self.names.get(base).map_or(base, String::as_str);
        // Dollars are read as the default quote currency, as in "$200".
        if quote == "usd" && !self.quotes.contains("usd") {
            return self.ticker(base).map(|listed| Listed { quote_said: true, ..listed });
        }
        let symbol = self.pairs.get(&format!("{base}{quote}"))?;
        Some(Listed { symbol: symbol.clone(), market: None, quote_said: true })
    }

    /// Returns what a pair without a sign between names: `btcusdt`, `btcusd`, `btcusdtperp`.
    fn joined(&self, word: &str) -> Option<Listed> {
        if let Some(symbol) = self.pairs.get(word) {
            return Some(Listed { symbol: symbol.clone(), market: None, quote_said: true });
        }
        if let Some(base) = word.strip_suffix("usd") {
            return self.pair(base, "usd");
        }
        let pair = word.strip_suffix("perp")?;
        let listed = self.pairs.get(pair).map(|symbol| Listed { symbol: symbol.clone(), market: None, quote_said: true });
        listed.or_else(|| self.ticker(pair)).map(|listed| Listed { market: Some(Market::Perp), ..listed })
    }

    /// Returns the pairs whose names are near to `word`, nearest first, at most three.
    pub fn near(&self, word: &str) -> Vec<Symbol> {
        let mut found: Vec<(usize, &Symbol)> = Vec::new();
        let names = self.names.iter().filter_map(|(name, ticker)| Some((name.as_str(), self.bases.get(ticker)?)));
        let tickers = self.bases.iter().map(|(base, symbol)| (base.as_str(), symbol));
        let pairs = self.pairs.iter().map(|(pair, symbol)| (pair.as_str(), symbol));
        for (name, symbol) in tickers.chain(names).chain(pairs) {
            if let Some((distance, _)) = vocabulary::nearest_of(word, std::iter::once(name)) {
                found.push((distance, symbol));
            }
        }
        found.sort();
        let mut near: Vec<Symbol> = Vec::new();
        for (_, symbol) in found {
            if !near.contains(symbol) && near.len() < 3 {
                near.push(symbol.clone());
            }
        }
        near
    }

    /// Returns some tickers to name in a question, at most `count`; the best known first.
    pub fn some_tickers(&self, count: usize) -> Vec<String> {
        let known =
            ["btc", "eth", "sol", "bnb", "xrp", "doge"].into_iter().filter(|base| self.bases.contains_key(*base)).map(str::to_owned);
        let mut tickers: Vec<String> = known.collect();
        for base in self.bases.keys() {
            if !tickers.contains(base) {
                tickers.push(base.clone());
            }
        }
        tickers.into_iter().take(count).map(|base| base.to_ascii_uppercase()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nlp::tests::market::lexicon;

    #[test]
    fn every_form_of_a_name_is_known() {
        let lexicon = lexicon();
        for (word, symbol, market) in [
            ("btc", "BTC/USDT", None),
            ("bitcoin", "BTC/USDT", None),
            ("ether", "ETH/USDT", None),
            ("btcusdt", "BTC/USDT", None),
            ("solusd", "SOL/USDT", None),
            ("btcusdtperp", "BTC/USDT", Some(Market::Perp)),
            ("ethperp", "ETH/USDT", Some(Market::Perp)),
        ] {
            let listed = lexicon.word(word).unwrap();
            assert_eq!((listed.symbol.to_string().as_str(), listed.market), (symbol, market), "{word}");
        }
        assert_eq!(lexicon.pair("btc", "perp").unwrap().market, Some(Market::Perp));
        assert_eq!(lexicon.pair("btc", "usdc"), None);
        assert_eq!(lexicon.word("foo"), None);
    }

    #[test]
    fn near_names_are_found_nearest_first() {
        assert_eq!(lexicon().near("bitcion").first().map(ToString::to_string).as_deref(), Some("BTC/USDT"));
        assert_eq!(lexicon().near("slo").first().map(ToString::to_string).as_deref(), Some("SOL/USDT"));
        assert!(lexicon().near("quux").is_empty());
    }
}
