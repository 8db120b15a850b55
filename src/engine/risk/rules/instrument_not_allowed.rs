//! INSTRUMENT_NOT_ALLOWED: the account's list of pairs; an empty list allows all that the venue lists.

use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::opening;

/// Pairs named in a refusal.
const NAMED_MAX: usize = 10;

/// Concerns openings.
pub fn look(facts: &Facts<'_>) -> Finding {
    if !opening::raises_risk(facts.plan) {
        return Finding::NotConcerned;
    }
    let symbol = &facts.plan.instrument.symbol;
    let allowed = &facts.limits.symbols;
    if allowed.is_empty() {
        return pass("every pair that the venue lists", symbol.to_string());
    }
    let named: Vec<String> = allowed.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    let more = if allowed.len() > NAMED_MAX { ", …" } else { "" };
    let list = format!("one of {}{more}", named.join(", "));
    if allowed.contains(symbol) {
        return pass(list, symbol.to_string());
    }
    deny(Code::InstrumentNotAllowed, list.clone(), symbol.to_string(), list)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, denial, table};
    use super::*;
    use crate::domain::instrument::Symbol;

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::spot_buy,
            &[
                ("no list", |_| {}, "pass"),
                ("on the list", |s| s.limits.symbols = vec![Symbol::new("ETH", "USDT"), Symbol::new("BTC", "USDT")], "pass"),
                ("not on it", |s| s.limits.symbols = vec![Symbol::new("ETH", "USDT")], "deny"),
                ("another quote currency", |s| s.limits.symbols = vec![Symbol::new("BTC", "USDC")], "deny"),
                (
                    "missing data changes nothing",
                    |s| {
                        s.limits.symbols = vec![Symbol::new("ETH", "USDT")];
                        (s.instrument, s.quote) = (None, None);
                    },
                    "deny",
                ),
                (
                    "a sale",
                    |s| {
                        *s = Sample::spot_sale();
                        s.limits.symbols = vec![Symbol::new("ETH", "USDT")];
                    },
                    "not concerned",
                ),
                (
                    "a close",
                    |s| {
                        *s = Sample::close_long();
                        s.limits.symbols = vec![Symbol::new("ETH", "USDT")];
                    },
                    "not concerned",
                ),
            ],
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let refusal = denial(look, Sample::spot_buy, |s| {
            s.limits.symbols = (0..500).map(|n| Symbol::new(&format!("C{n}"), "USDT")).collect();
        });
        assert!(refusal.would_pass.len() < 120 && refusal.would_pass.ends_with('…'), "{refusal}");
    }
}
