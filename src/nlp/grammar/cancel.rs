//! Cancelling resting orders.
//!
//! ```text
//! cancel = ("cancel" | "call" "off" | "/cancel") [which]      nothing said: the only open order
//! which  = ["my" | "open"] SYM ["orders"] | ("all" | "everything") ["orders"] | "orders" | ["order"] ["#" | "number" | "id"] ID | "it"
//! ID     = the start of an order's id: letters, digits and dashes, at least one digit
//! ```

use crate::domain::request::{CancelWhich, Command, Request};
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::family::{Outcome, Partial};
use crate::nlp::lexicon::Lexicon;
use crate::nlp::slot::Slot;
use crate::nlp::token::{Kind, Said};

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("cancel all", "cancel all"),
    ("cancel everything", "cancel all"),
    ("cancel my btc orders", "cancel BTC/USDT"),
    ("cancel order 4f7a2", "cancel id=4f7a2"),
    ("cancel #4f7a2-91", "cancel id=4f7a2-91"),
    ("cancel my orders", "cancel all"),
    ("cancel", "cancel only"),
    ("/coo", "cancel all"),
];

/// Longest id that is looked up.
const ID_MAX: usize = 64;

/// Reads a cancellation; `all` is given where the slash command means all orders.
pub fn read(mut cursor: Cursor<'_>, all: bool, lexicon: &Lexicon) -> Outcome {
    let mut which: Slot<CancelWhich> = Slot::default();
    let mut partial = Partial { understood: "cancel orders".into(), unknown: Vec::new() };
    while !cursor.done() {
        match clause(&mut cursor, &mut which) {
            Ok(true) => {}
            Ok(false) => partial.unknown.extend(cursor.skip()),
            Err(doubt) => return partial.asked(doubt),
        }
    }
    if !partial.unknown.is_empty() {
        return if which.is_empty() { partial.unknown_symbol(cursor.text(), lexicon) } else { partial.left_over() };
    }
    let otherwise = if all { CancelWhich::All } else { CancelWhich::Only };
    Outcome::Request(Request::Command(Command::Cancel(which.value().cloned().unwrap_or(otherwise))))
}

fn clause(cursor: &mut Cursor<'_>, which: &mut Slot<CancelWhich>) -> Result<bool, Doubt> {
    if cursor.any_phrase(&[&["cancel"], &["call", "off"]]).is_some() {
        return Ok(true);
    }
    if let Some(listed) = cursor.symbol(0) {
        let Some(span) = cursor.skip() else { return Ok(false) };
        if listed.market.is_some() {
            return Err(Doubt::about(
                "market",
                "I cancel orders by pair, spot and perpetual together. Say for example: cancel my btc orders.",
            ));
        }
        which.fill("order", CancelWhich::Symbol(listed.symbol.clone()), span)?;
        eat_noun(cursor);
        return Ok(true);
    }
    let mut ahead = *cursor;
    if let Some(span) = ahead.eat(&["all", "everything"]) {
        ahead.eat_all(&["of", "my", "the", "open", "resting", "pending", "for", "on"]);
        // "all my btc orders" names a symbol, which is what counts.
        if ahead.symbol(0).is_none() {
            eat_noun(&mut ahead);
            let mut further = ahead;
            further.eat_all(&["of", "my", "the", "for", "on", "in"]);
            if further.symbol(0).is_none() {
                which.fill("order", CancelWhich::All, span)?;
            }
        }
        *cursor = ahead;
        return Ok(true);
    }
    if let Some(said) = id(cursor)? {
        which.fill("order", CancelWhich::Id(said.value), said.span)?;
        return Ok(true);
    }
    if cursor.at_word(&["orders"]) {
        let Some(span) = cursor.skip() else { return Ok(false) };
        let mut further = *cursor;
        further.eat_all(&["of", "my", "the", "for", "on", "in"]);
        if which.is_empty() && further.symbol(0).is_none() {
            which.fill("order", CancelWhich::All, span)?;
        }
        return Ok(true);
    }
    Ok(cursor.filler() || cursor.eat(&["order", "it", "open", "resting", "pending", "for"]).is_some())
}

fn eat_noun(cursor: &mut Cursor<'_>) {
    cursor.eat_all(&["open", "resting", "pending"]);
    cursor.eat(&["orders", "order"]);
}

/// Reads the start of an order's id, after `#`, `order`, `id` or alone, if it holds a digit.
///
/// # Errors
/// [`Doubt`] if it is too long for an id.
pub fn id(cursor: &mut Cursor<'_>) -> Result<Option<Said<String>>, Doubt> {
    let mut ahead = *cursor;
    ahead.eat(&["order"]);
    let named = ahead.eat(&["id", "number", "no", "nr"]).is_some() | ahead.mark(&['#']).is_some();
    let Some(token) = ahead.token(0) else { return Ok(None) };
    if !named && !matches!(token.kind, Kind::Word(_) | Kind::Number(_) | Kind::Bad(_) | Kind::Multiplier(_) | Kind::Duration(_)) {
        return Ok(None);
    }
    let Some(said) = ahead.run() else { return Ok(None) };
    let text = said.value.trim_end_matches(['.', ',', '!', '?']);
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && text.chars().any(|c| c.is_ascii_digit());
    if !plain {
        return Ok(None);
    }
    if text.len() > ID_MAX {
        return Err(Doubt::about(
            "order",
            "That is too long for an order's id. The first few characters are enough, for example: cancel 4f7a2.",
        ));
    }
    *cursor = ahead;
    Ok(Some(Said::new(text.to_owned(), said.span)))
}
