//! Short answers to the card or the question that is open.
//!
//! ```text
//! reply = ("yes" | "y" | "confirm" | "ok" | …) | ("no" | "n" | "decline" | …) | "1" … "9"
//!       | ("half" | "½") ["size"] | ("double" | "×2" | "x2" | "2x" | "twice") ["size"] | ["to" | "as" | "make it"] ("market" | "limit") ["order" | "instead"]
//! ```
//!
//! Invariant: a reply is the whole message, besides marks at its end and "please" or "thanks".

use rust_decimal::Decimal;

use crate::domain::request::Reply;
use crate::nlp::cursor::Cursor;
use crate::nlp::number::Mark;

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("yes", "reply confirm"),
    ("Y", "reply confirm"),
    ("yes please!", "reply confirm"),
    ("go ahead", "reply confirm"),
    ("no", "reply decline"),
    ("no thanks", "reply decline"),
    ("3", "reply choice 3"),
    ("half", "reply half"),
    ("½", "reply half"),
    ("x2", "reply double"),
    ("double it", "reply double"),
    ("market", "reply market"),
    ("make it a limit order", "reply limit"),
];

const YES: &[&[&str]] = &[
    &["yes", "do", "it"],
    &["yes"],
    &["y"],
    &["yep"],
    &["yeah"],
    &["yup"],
    &["confirm", "it"],
    &["confirm"],
    &["confirmed"],
    &["ok"],
    &["okay"],
    &["sure"],
    &["do", "it"],
    &["go", "ahead"],
];
const NO: &[&[&str]] = &[&["no"], &["n"], &["nope"], &["nah"], &["decline"], &["never", "mind"], &["nevermind"]];

/// Reads a whole message as a reply.
pub fn read(mut cursor: Cursor<'_>) -> Option<Reply> {
    let reply = one(&mut cursor)?;
    while cursor.eat(&["please", "thanks", "thank", "you", "pls"]).is_some() || cursor.mark(&['.', '!', ',', ')']).is_some() {}
    cursor.done().then_some(reply)
}

fn one(cursor: &mut Cursor<'_>) -> Option<Reply> {
    if cursor.any_phrase(YES).is_some() {
        return Some(Reply::Confirm);
    }
    if cursor.any_phrase(NO).is_some() {
        return Some(Reply::Decline);
    }
    if let Some(reply) = size(cursor) {
        cursor.eat(&["it", "the"]);
        cursor.eat(&["size"]);
        return Some(reply);
    }
    cursor.any_phrase(&[&["make", "it"], &["switch", "to"], &["to"], &["as"]]);
    cursor.eat(&["a"]);
    let reply = if cursor.eat(&["market"]).is_some() { Some(Reply::ToMarket) } else { cursor.eat(&["limit"]).map(|_| Reply::ToLimit) };
    cursor.eat(&["order"]);
    cursor.eat(&["instead"]);
    reply
}

fn size(cursor: &mut Cursor<'_>) -> Option<Reply> {
    if cursor.eat(&["half", "halve"]).is_some() {
        return Some(Reply::Half);
    }
    if cursor.eat(&["double", "twice"]).is_some() {
        return Some(Reply::Double);
    }
    if cursor.multiplier().is_some_and(|said| said.value == Decimal::TWO) {
        cursor.skip();
        return Some(Reply::Double);
    }
    let number = cursor.number(0)?.value;
    let whole =
        number.mark == Mark::Bare && number.value >= Decimal::ONE && number.value <= Decimal::from(9) && number.value.fract().is_zero();
    let choice = if whole { u32::try_from(number.value.trunc()).ok()? } else { return None };
    cursor.skip();
    Some(Reply::Choice(choice))
}
