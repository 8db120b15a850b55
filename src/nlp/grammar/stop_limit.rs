//! Stop-limits, pairs, and orders that wait for a price.
//!
//! ```text
//! entry  = "stop" "limit" … "trigger" N … "limit" N           a stop-limit that opens, or sells what is held
//! exit   = "stop" "limit" level limit                         of an order or a position: the stop rests as a stop-limit
//! limit  = ["with" | "and" | "at" | "/"] ["limit"] N
//! pair   = "oco" "sell" … "at" N "stop" N [limit]             one ends the other
//! touch  = "when" "it" ("trades" "at" | "hits" | …) N ["limit" N] ["(take profit)"]      for sales of what is held
//! ```
//!
//! A number right behind "stop limit" is the stop of what is opened; an entry says "trigger".

use crate::domain::money::Price;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::number::Mark;
use crate::nlp::token::Said;

use super::price::price;

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("stop limit buy 0.1 btc trigger 62k limit 62.1k", "open buy BTC/USDT base=0.1 stop-entry=62000 limit=62100"),
    ("buy 0.1 btc stop-limit, trigger 62k, limit 62.1k", "open buy BTC/USDT base=0.1 stop-entry=62000 limit=62100"),
    ("buy 0.1 btc when it breaks 70k limit 70.1k", "open buy BTC/USDT base=0.1 stop-entry=70000 limit=70100"),
    ("stop limit sell 0.1 btc trigger 58k limit 57.9k", "open sell BTC/USDT base=0.1 stop-entry=58000 limit=57900"),
    ("sell half my eth when it trades at 4000 (take profit)", "open sell ETH/USDT share=0.5 touch=4000"),
    ("sell 1 eth when it hits 4000 limit 3990", "open sell ETH/USDT base=1 touch=4000 limit=3990"),
    ("oco sell 0.1 btc at 70k stop 58k", "open sell BTC/USDT base=0.1 oco=70000/58000"),
    ("oco sell 0.1 btc at 70k, stop 58k limit 57.9k", "open sell BTC/USDT base=0.1 oco=70000/58000 limit=57900"),
    ("long btc 5x $500 stop limit 58k limit 57.9k", "open long BTC/USDT quote=500 5x stop=58000 market stop-limit=57900"),
    ("move my btc stop to 58k limit 57.9k", "protect BTC/USDT stop=58000 stop-limit=57900"),
    ("set stop limit on btc at 58k, limit 57.9k", "protect BTC/USDT stop=58000 stop-limit=57900"),
    ("trail my btc stop by 2 %", "protect BTC/USDT trail=2%"),
];

/// Whether a limit may stand behind the level of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Limited {
    /// What follows belongs to something else.
    #[default]
    Never,
    /// It may.
    May,
    /// It must: "stop limit" was said.
    Must,
}

/// Moves over `stop limit`, where the level of an exit follows.
pub fn named(cursor: &mut Cursor<'_>) -> bool {
    let mut ahead = *cursor;
    let found = ahead.any_phrase(&[&["stop", "limit"], &["stop", "loss", "limit"]]).is_some();
    ahead.eat_all(&["at", "of", "price"]);
    if found && ahead.number(0).is_some() {
        *cursor = ahead;
        return true;
    }
    false
}

/// Reads the limit behind the level of a stop.
///
/// # Errors
/// [`Doubt`] if it must be there and is not, or is no price.
pub fn behind(cursor: &mut Cursor<'_>, limited: Limited) -> Result<Option<Said<Price>>, Doubt> {
    if limited == Limited::Never {
        return Ok(None);
    }
    let mut ahead = *cursor;
    ahead.mark(&[',']);
    let joined = ahead.eat(&["with", "and", "at"]).is_some() || ahead.mark(&['/']).is_some();
    let said = ahead.eat(&["limit"]).is_some() || (joined && limited == Limited::Must);
    ahead.eat_all(&["at", "price", "of"]);
    match ahead.number(0).filter(|number| said && number.value.mark != Mark::Percent) {
        Some(number) => {
            ahead.skip();
            *cursor = ahead;
            Ok(Some(Said::new(price(number.value)?, number.span)))
        }
        None if limited == Limited::Must => {
            Err(Doubt::about("stop_limit", "At which limit may the stop sell or buy? Say for example: stop limit 58k limit 57.9k."))
        }
        None => Ok(None),
    }
}
