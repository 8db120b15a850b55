//! Margin modes.
//!
//! ```text
//! mode = ("cross" | "crossed" | "isolated") ["margin"]
//! ```

use crate::domain::margin::MarginMode;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::slot::Slot;

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("long btc 5x cross with 300", "open long BTC/USDT margin=300 5x cross market"),
    ("short 2 sol at 3x, cross margin", "open short SOL/USDT base=2 3x cross market"),
    ("long eth 3x isolated margin 500", "open long ETH/USDT margin=500 3x isolated market"),
];

/// Reads a margin mode.
pub fn clause(cursor: &mut Cursor<'_>, slot: &mut Slot<MarginMode>) -> Result<bool, Doubt> {
    let Some(mode) = cursor.word(0).and_then(mode_word) else { return Ok(false) };
    let Some(span) = cursor.skip() else { return Ok(false) };
    // "cross margin", but "cross margin 300" says how much, too.
    if cursor.number(1).is_none() {
        cursor.eat(&["margin"]);
    }
    slot.fill("margin mode", mode, span)?;
    Ok(true)
}

fn mode_word(word: &str) -> Option<MarginMode> {
    match word {
        "cross" | "crossed" => Some(MarginMode::Cross),
        "isolated" => Some(MarginMode::Isolated),
        _ => None,
    }
}
