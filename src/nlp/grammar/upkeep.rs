//! What the account shall do with a position on its own, said with an opening order or for a position that is open.
//!
//! ```text
//! upkeep = time | even
//! time   = ["the"] "time" "stop" [join] DURATION | ("close" | "exit") ["it"] ("after" | "in") DURATION
//! even   = ["then"] [verb] "stop" ["to" | "at"] even-word [when] | ["then"] "breakeven" when      one of "then" and when must be said
//! when   = ("after" | "once" | "when") … ("target" | "tp1" | "tp") ["fills" | "is" "hit" | …]
//! ```

use crate::domain::evidence::EvidenceMap;
use crate::domain::time::{DAY_MS, MINUTE_MS};
use crate::domain::upkeep::TimeStop;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::slot::Slot;
use crate::nlp::token::{Kind, Said, Span};

use super::levels;

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("long sol 5x with 300 stop 4% close after 4h", "open long SOL/USDT margin=300 5x stop=4% market close-after=4 h"),
    ("buy 0.1 btc with a time stop of 2 days", "open buy BTC/USDT base=0.1 market close-after=2 d"),
    ("time stop 4h on btc", "protect BTC/USDT close-after=4 h"),
    ("close btc after 90m", "protect BTC/USDT close-after=1 h 30 min"),
    ("close my position in 4h", "protect only close-after=4 h"),
    ("remove the time stop on btc", "protect BTC/USDT close-after=never"),
    (
        "long sol 5x with 300, stop 4%, take half at 6% and the rest at 10%, then stop to break-even",
        "open long SOL/USDT margin=300 5x stop=4% tp=6%*0.5 tp=10%*0.5 market then-breakeven",
    ),
    (
        "buy 0.1 btc stop 58k tp1 65k 50% tp2 70k 50%, stop to breakeven after tp1",
        "open buy BTC/USDT base=0.1 stop=58000 tp=65000*0.5 tp=70000*0.5 market then-breakeven",
    ),
    ("stop to breakeven after the first target on btc", "protect BTC/USDT then-breakeven"),
    ("scale out of btc at 65k, 67k and 70k", "protect BTC/USDT tp=65000 tp=67000 tp=70000"),
    ("trail btc 2 atr", "protect BTC/USDT trail=2atr"),
    ("buy 0.1 btc trailing stop 1.5x atr", "open buy BTC/USDT base=0.1 market trail=1.5atr"),
    ("trail my sol stop 2% from 160", "protect SOL/USDT trail=2% trail-from=160"),
    ("long btc 5x $500 stop 4% trail 2% after 3%", "open long BTC/USDT quote=500 5x stop=4% trail=2% market trail-from=3%"),
];

/// Shortest time stop, in milliseconds.
const TIME_STOP_MIN_MS: i64 = MINUTE_MS;
/// Longest one.
const TIME_STOP_MAX_MS: i64 = 31 * DAY_MS;
const EVEN: &[&[&str]] = &[&["breakeven"], &["break", "even"], &["be"], &["entry", "price"], &["entry"]];
const TARGETS: &[&[&str]] = &[
    &["the", "first", "target"],
    &["first", "target"],
    &["a", "target"],
    &["the", "target"],
    &["target"],
    &["targets"],
    &["tp1"],
    &["tp"],
];

/// The words of upkeep that were said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// When the position is closed.
    pub time_stop: Slot<TimeStop>,
    /// The stop goes to break-even after a target.
    pub even: Slot<()>,
}

impl Upkeep {
    /// Reads one clause; tells whether one stood here.
    ///
    /// # Errors
    /// [`Doubt`] if a time is out of bounds, or two times are said.
    pub fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        Ok(self.time_stop(cursor)? || self.even(cursor)?)
    }

    /// Tells whether nothing was said.
    pub const fn is_empty(&self) -> bool {
        self.time_stop.is_empty() && self.even.is_empty()
    }

    /// Writes where each was said into `evidence`.
    pub fn note(&self, evidence: &mut EvidenceMap) {
        self.time_stop.note("time_stop", evidence);
        self.even.note("even_after_target", evidence);
    }

    fn time_stop(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        let Some(first) = ahead.token(0).map(|token| token.span) else { return Ok(false) };
        if ahead.phrase(&["time", "stop"]).is_some() {
            ahead.eat_all(&["of", "after", "at", "in", "is", "to", "for"]);
            if duration(&ahead).is_none() {
                return Err(how_long());
            }
        } else if ahead.eat(&["close", "exit"]).is_some() {
            ahead.eat_all(&["it", "the", "my", "position"]);
            if ahead.eat(&["after", "in"]).is_none() || duration(&ahead).is_none() {
                return Ok(false);
            }
        } else {
            return Ok(false);
        }
        let said = time(&mut ahead)?;
        *cursor = ahead;
        self.time_stop.fill("time_stop", said.value, first.to(said.span))?;
        Ok(true)
    }

    fn even(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        let Some(first) = ahead.token(0).map(|token| token.span) else { return Ok(false) };
        let then = ahead.eat(&["then", "afterwards"]).is_some();
        ahead.eat_all(&["move", "bring", "set", "put", "raise", "my", "the"]);
        levels::stop_word(&mut ahead);
        ahead.eat_all(&["to", "at"]);
        let Some(even) = ahead.any_phrase(EVEN) else { return Ok(false) };
        let when = after_a_target(&mut ahead);
        if !then && when.is_none() {
            return Ok(false);
        }
        *cursor = ahead;
        self.even.fill("even_after_target", (), first.to(when.unwrap_or(even)))?;
        Ok(true)
    }
}

/// Reads `after the first target`, `once tp1 is hit`.
fn after_a_target(cursor: &mut Cursor<'_>) -> Option<Span> {
    let mut ahead = *cursor;
    ahead.eat(&["after", "once", "when"])?;
    let target = ahead.any_phrase(TARGETS)?;
    let end = ahead.any_phrase(&[&["has", "filled"], &["is", "filled"], &["fills"], &["is", "hit"], &["hits"], &["filled"], &["hit"]]);
    *cursor = ahead;
    Some(end.unwrap_or(target))
}

/// Returns the length of time here; `90m` was read as ninety million, and here it can only be minutes.
pub fn duration(cursor: &Cursor<'_>) -> Option<Said<i64>> {
    let token = cursor.token(0)?;
    match token.kind {
        Kind::Duration(ms) => Some(Said::new(ms, token.span)),
        Kind::Number(number) if number.m_suffix => Some(Said::new(super::trading::minutes(number.value), token.span)),
        _ => None,
    }
}

/// Reads a time stop's length.
///
/// # Errors
/// [`Doubt`] if it is missing, or outside a minute to 31 days.
pub fn time(cursor: &mut Cursor<'_>) -> Result<Said<TimeStop>, Doubt> {
    let Some(said) = duration(cursor) else { return Err(how_long()) };
    let (mut total, mut span) = (0_i64, said.span);
    while let Some(part) = duration(cursor) {
        total = total.saturating_add(part.value);
        span = span.to(part.span);
        cursor.skip();
    }
    if !(TIME_STOP_MIN_MS..=TIME_STOP_MAX_MS).contains(&total) {
        return Err(how_long());
    }
    Ok(Said::new(TimeStop::After(total), span))
}

fn how_long() -> Doubt {
    Doubt::about("time_stop", "After how long shall I close it? Say a time from 1 minute to 31 days, for example: close btc after 4h.")
}
