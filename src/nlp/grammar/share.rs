//! Shares of what is there.
//!
//! ```text
//! share = "half" | ["a"] "third" | ["a"] "quarter" | "two" "thirds" | "three" "quarters" | "all" | "max" | "everything" | N "%"
//! ```
//!
//! Invariant: a share is above zero and at most one.

use rust_decimal::Decimal;

use crate::domain::money::Ratio;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::number::Mark;
use crate::nlp::token::{Said, Span};

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("sell half of my eth", "open sell ETH/USDT share=0.5 market"),
    ("sell a third of my eth", "open sell ETH/USDT share=0.333333333333 market"),
    ("sell three quarters of my sol", "open sell SOL/USDT share=0.75 market"),
    ("sell ½ of my sol", "open sell SOL/USDT share=0.5 market"),
    ("buy btc with 25% of my balance", "open buy BTC/USDT share=0.25 market"),
    ("buy eth with all my usdt", "open buy ETH/USDT share=1 market"),
    ("sell max sol", "open sell SOL/USDT share=1 market"),
];

/// Words for a share, with the share in 1e-12.
const WORDS: &[(&[&str], i64)] = &[
    (&["half"], 500_000_000_000),
    (&["two", "thirds"], 666_666_666_666),
    (&["a", "third"], 333_333_333_333),
    (&["one", "third"], 333_333_333_333),
    (&["third"], 333_333_333_333),
    (&["three", "quarters"], 750_000_000_000),
    (&["a", "quarter"], 250_000_000_000),
    (&["one", "quarter"], 250_000_000_000),
    (&["quarter"], 250_000_000_000),
    (&["all"], 1_000_000_000_000),
    (&["everything"], 1_000_000_000_000),
    (&["max"], 1_000_000_000_000),
    (&["maximum"], 1_000_000_000_000),
];

/// Reads a word that is a share.
///
/// # Errors
/// [`Doubt`] only if the share could not be held, which no word here brings about.
pub fn word(cursor: &mut Cursor<'_>) -> Result<Option<Said<Ratio>>, Doubt> {
    for (phrase, share) in WORDS {
        if let Some(span) = cursor.phrase(phrase) {
            return ratio(Decimal::new(*share, 12), span).map(Some);
        }
    }
    Ok(None)
}

/// Reads a word or a percentage that is a share.
///
/// # Errors
/// [`Doubt`] if the percentage is not above zero and at most 100.
pub fn read(cursor: &mut Cursor<'_>) -> Result<Option<Said<Ratio>>, Doubt> {
    if let Some(share) = word(cursor)? {
        return Ok(Some(share));
    }
    match cursor.number(0) {
        Some(said) if said.value.mark == Mark::Percent => {
            cursor.skip();
            // "2,500%" is either nonsense or a decimal comma, and zero is refused with the right sentence.
            let percent = if said.value.doubtful { Decimal::ZERO } else { said.value.value };
            ratio(percent / Decimal::ONE_HUNDRED, said.span).map(Some)
        }
        _ => Ok(None),
    }
}

fn ratio(value: Decimal, span: Span) -> Result<Said<Ratio>, Doubt> {
    let bad = || Doubt::about("amount", "A share must be above 0% and at most 100%. Say for example: sell 25% of my eth.");
    if value <= Decimal::ZERO || value > Decimal::ONE {
        return Err(bad());
    }
    Ratio::new(value).map(|ratio| Said::new(ratio, span)).map_err(|_| bad())
}
