//! Changing an order that rests.
//!
//! ```text
//! amend = verb {clause}          verb = "amend" | "reprice" | "edit" | "move" | "change" | "raise" | "lower" | …
//! clause = kind | SYM | id | ["to" | "at"] new | filler
//! kind  = "limit" | "order" | "entry" | "bid" | "offer" | "buy" | "sell"       which order is meant, besides its pair
//! id    = cancel.rs
//! new   = PRICE | N SYM                                                       a bare number or one with "$" is the price
//! ```
//!
//! Exits are moved by their name ("move stop to 60k"): where a stop, a target or a trail is spoken of, protect.rs reads.

use super::{amount, cancel, levels, price};
use crate::domain::amend::AmendRequest;
use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::money::{Price, Quantity};
use crate::domain::request::{AmountSpec, CancelWhich, Command, Request};
use crate::nlp::clauses;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::family::{Outcome, Partial};
use crate::nlp::lexicon::Lexicon;
use crate::nlp::number::Mark;
use crate::nlp::slot::Slot;
use crate::nlp::vocabulary;

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("move my btc limit to 60k", "amend BTC/USDT price=60000"),
    ("move the limit order to 60k", "amend only price=60000"),
    ("change my eth order to 0.5 eth", "amend ETH/USDT base=0.5"),
    ("change my btc order to 0.02 btc at 61k", "amend BTC/USDT price=61000 base=0.02"),
    ("amend order 4f7a2 to 61,500", "amend id=4f7a2 price=61500"),
    ("raise my btc bid to $61k", "amend BTC/USDT price=61000"),
    ("reprice my sol buy order at 140", "amend SOL/USDT price=140"),
];

const VERBS: &[&str] =
    &["amend", "reprice", "edit", "move", "change", "raise", "lower", "update", "adjust", "bring", "shift", "modify", "make", "set"];
const KINDS: &[&str] = &["limit", "order", "entry", "bid", "offer"];
const SMALL: &[&str] = &["buy", "sell", "long", "short", "open", "resting", "pending", "price", "size", "up", "down", "for", "it", "and"];

/// Tells whether words behind a verb such as "move" speak of a resting order: of an order, of a number, and of no exit.
pub fn means_an_order(rest: &Cursor<'_>) -> bool {
    let mut ahead = *rest;
    let (mut kind, mut number) = (false, false);
    while !ahead.done() {
        let exits =
            levels::stop_word(&mut ahead.clone()) || levels::trail_word(&mut ahead.clone()) || levels::target_word(&mut ahead.clone());
        if exits || ahead.at_word(&["position", "positions", "orders"]) {
            return false;
        }
        kind |= ahead.at_word(KINDS);
        number |= ahead.number(0).is_some();
        ahead.skip();
    }
    kind && number
}

#[derive(Debug, Default)]
struct Draft {
    which: Slot<CancelWhich>,
    price: Slot<Price>,
    size: Slot<Quantity>,
}

/// Reads a change of a resting order.
pub fn read(mut cursor: Cursor<'_>, lexicon: &Lexicon) -> Outcome {
    let mut draft = Draft::default();
    let mut unknown = Vec::new();
    let read = clauses::read(&mut cursor, &mut unknown, |cursor| draft.clause(cursor));
    let partial = Partial { understood: "change a resting order".into(), unknown };
    if let Err(doubt) = read {
        return partial.asked(doubt);
    }
    if !partial.unknown.is_empty() {
        return if draft.which.is_empty() { partial.unknown_symbol(cursor.text(), lexicon) } else { partial.left_over() };
    }
    if draft.price.is_empty() && draft.size.is_empty() {
        let text = "To what? Say its new price or its new size, for example: move my btc limit to 60k, change my eth order to 0.5 eth.";
        return partial.asked(Doubt::about("price", text));
    }
    Outcome::Request(Request::Command(Command::Amend(draft.request())))
}

impl Draft {
    fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if cursor.eat(VERBS).is_some() {
            return Ok(true);
        }
        Ok(self.changed(cursor)?
            || self.symbol(cursor)?
            || self.id(cursor)?
            || cursor.eat(KINDS).is_some()
            || cursor.eat(SMALL).is_some()
            || cursor.filler())
    }

    /// `to 60k`, `at 60k`, `to 0.02 btc`.
    fn changed(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        if ahead.eat(&["to", "at"]).is_none() && ahead.mark(&['@']).is_none() {
            return Ok(false);
        }
        ahead.eat_all(&["a", "the", "limit", "price", "size", "of"]);
        let Some(said) = ahead.number(0) else { return Ok(false) };
        ahead.skip();
        if said.value.mark == Mark::Percent {
            let text = "I take the new price or size as a number. Say for example: move my btc limit to 60k.";
            return Err(Doubt::about("price", text));
        }
        if ahead.symbol(0).is_some() {
            self.size.fill("amount", amount::base(said.value)?, said.span)?;
            // Where an id says which order is meant, the coin is only the unit.
            if matches!(self.which.value(), Some(CancelWhich::Id(_))) {
                ahead.skip();
            }
        } else if ahead.at_word(vocabulary::QUOTE_WORDS) {
            let text =
                "Is that the new price, or the new size? Say for example: move my btc limit to 60k, or change my btc order to 0.02 btc.";
            return Err(Doubt::about("amount", text));
        } else {
            self.price.fill("price", price::price(said.value)?, said.span)?;
        }
        *cursor = ahead;
        Ok(true)
    }

    fn symbol(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let Some(listed) = cursor.symbol(0) else { return Ok(false) };
        let Some(span) = cursor.skip() else { return Ok(false) };
        self.which.fill("order", CancelWhich::Symbol(listed.symbol.clone()), span)?;
        Ok(true)
    }

    fn id(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let named = cursor.at_word(&["order", "id"]) || cursor.clone().mark(&['#']).is_some();
        if !named {
            return Ok(false);
        }
        let Some(said) = cancel::id(cursor)? else { return Ok(false) };
        self.which.fill("order", CancelWhich::Id(said.value), said.span)?;
        Ok(true)
    }

    fn request(&self) -> AmendRequest {
        let mut evidence = EvidenceMap::new();
        self.which.note("symbol", &mut evidence);
        evidence.entry("symbol".into()).or_insert_with(|| Evidence::computed("no symbol said: the only resting order"));
        self.price.note("price", &mut evidence);
        self.size.note("amount", &mut evidence);
        AmendRequest {
            which: self.which.value().cloned().unwrap_or(CancelWhich::Only),
            price: self.price.value().copied(),
            amount: self.size.value().map(|quantity| AmountSpec::Base(*quantity)),
            evidence,
        }
    }
}
