//! The words that change whether trading goes on, and the terminal's own words.
//!
//! ```text
//! trading  = word ["trading" | "everything" | "all"]      word = "pause" | "resume" | "unpause" | "stop" | "panic"
//!          | "cancel" ["all"] ["open"] "entries" | "flatten"
//! terminal = "wait" time {time} | "quit" | "exit"         time = N ("s" | "m" | "h" | "d" …)
//! ```
//!
//! Invariant: these match the whole message or nothing, so that a stop word never hides inside a longer sentence.

use rust_decimal::Decimal;

use crate::domain::request::{Command, Request, TradingWord};
use crate::domain::time::{DAY_MS, MINUTE_MS};
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::family::{Outcome, Partial};
use crate::nlp::token::Kind;

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("pause", "trading pause"),
    ("pause trading", "trading pause"),
    ("resume trading please", "trading resume"),
    ("stop", "trading stop"),
    ("Stop everything!", "trading stop"),
    ("PANIC", "trading panic"),
    ("/panic", "trading panic"),
    ("cancel all open entries", "trading cancel-entries"),
    ("flatten", "trading flatten"),
    ("wait 10m", "wait 600000"),
    ("wait 1h 30 minutes", "wait 5400000"),
    ("quit", "quit"),
    ("exit", "quit"),
];

/// Longest stretch that may be waited.
const WAIT_MAX_MS: i64 = 31 * DAY_MS;

/// Returns the trading word of a name.
pub fn word(name: &str) -> Option<TradingWord> {
    match name {
        "pause" => Some(TradingWord::Pause),
        "resume" | "unpause" => Some(TradingWord::Resume),
        "stop" => Some(TradingWord::Stop),
        "panic" => Some(TradingWord::Panic),
        _ => None,
    }
}

/// Reads a whole message as a trading word.
pub fn read(mut cursor: Cursor<'_>) -> Option<Request> {
    cursor.fillers();
    let found = if cursor.phrase(&["cancel"]).is_some() {
        cursor.eat_all(&["all", "the", "my", "open"]);
        cursor.phrase(&["entries"]).map(|_| TradingWord::CancelEntries)?
    } else if cursor.phrase(&["flatten"]).is_some() {
        TradingWord::Flatten
    } else {
        let found = word(cursor.word(0)?)?;
        cursor.skip();
        cursor.eat_all(&["all", "the"]);
        cursor.eat(&["trading", "everything"]);
        found
    };
    cursor.fillers();
    cursor.done().then_some(Request::Command(Command::Trading(found)))
}

/// Reads a whole message as a word of the terminal.
pub fn terminal(mut cursor: Cursor<'_>) -> Option<Outcome> {
    cursor.fillers();
    if cursor.eat(&["quit", "exit", "bye"]).is_some() {
        cursor.fillers();
        return cursor.done().then_some(Outcome::Request(Request::Quit));
    }
    cursor.eat(&["wait"])?;
    Some(wait(cursor))
}

/// Reads how long to wait.
pub fn wait(mut cursor: Cursor<'_>) -> Outcome {
    let partial = Partial { understood: "wait".into(), unknown: Vec::new() };
    let how_long = || Doubt::about("duration", "How long? Say a time from 1 second to 31 days, for example: wait 10m, or wait 2h.");
    let mut total: i64 = 0;
    while let Some(token) = cursor.token(0) {
        match &token.kind {
            Kind::Duration(ms) if *ms > 0 => total = total.saturating_add(*ms),
            // "10m" was read as ten million, and here it can only be minutes.
            Kind::Number(number) if number.m_suffix => total = total.saturating_add(minutes(number.value)),
            _ if crate::nlp::vocabulary::is_filler(token) || token.word() == Some("for") => {}
            Kind::Duration(_) | Kind::Number(_) | Kind::Bad(_) => return partial.asked(how_long()),
            _ => return Partial { unknown: vec![token.span], ..partial }.left_over(),
        }
        cursor.skip();
    }
    if (1..=WAIT_MAX_MS).contains(&total) { Outcome::Request(Request::Wait(total)) } else { partial.asked(how_long()) }
}

/// Returns the minutes that a number with an `m` stands for, in milliseconds.
pub fn minutes(millions: Decimal) -> i64 {
    let ms = millions.checked_div(Decimal::from(1_000_000)).and_then(|m| m.checked_mul(Decimal::from(MINUTE_MS)));
    ms.and_then(|ms| i64::try_from(ms.trunc()).ok()).filter(|ms| *ms > 0).unwrap_or(i64::MAX)
}
