//! When an opening order meets the market, and with how much leverage.
//!
//! ```text
//! price    = ("at" | "@") ["price"] ["of"] N ["or" ("better" | "less" | "lower" | "more" | "higher")] | "limit" ["order"] ["at"] [N]
//!          | ["at"] "market" ["order" | "price"] | "post" "only" | "maker" ["only"]
//!          | ("when" | "once" | "if") ["it" | "price" | SYM] move N | "on" "a" "break" ["above" | "below" | "of"] N
//! A condition's price is a trigger; stop_limit.rs says what a limit beside it makes of it.
//! move     = "breaks" ["above" | "below" | "out" "above"] | "crosses" … | "drops" ["to" | "below"] | "rises" ["to" | "above"] | "hits" | "reaches"
//! leverage = Nx | "leverage" ["of"] N | "lev" N | N "leverage"
//! ```
//!
//! A move through a price in the order's direction is a stop entry, a move against it a limit; "hits" says neither: a sale
//! of what is held waits for it, anything else is asked.

use rust_decimal::Decimal;

use crate::domain::instrument::Symbol;
use crate::domain::money::{Leverage, Price};
use crate::domain::order::Side;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::grammar::amount;
use crate::nlp::number::{Mark, Number};
use crate::nlp::slot::Slot;
use crate::nlp::token::Span;

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("buy 0.1 btc at 61k", "open buy BTC/USDT base=0.1 limit=61000"),
    ("buy 0.1 btc @ 61,000 or better", "open buy BTC/USDT base=0.1 limit=61000"),
    ("limit buy 2 sol 140.5", "open buy SOL/USDT base=2 limit=140.5"),
    ("sell 0.1 btc limit 70k post-only", "open sell BTC/USDT base=0.1 limit=70000 post-only"),
    ("buy 0.1 btc at market", "open buy BTC/USDT base=0.1 market"),
    ("buy 0.1 btc when it breaks above 70k", "open buy BTC/USDT base=0.1 stop-entry=70000"),
    ("buy 0.1 btc at market when it breaks 70k", "open buy BTC/USDT base=0.1 stop-entry=70000"),
    ("short 1 eth if it drops below 1,800", "open short ETH/USDT base=1 stop-entry=1800"),
    ("buy 1 eth when it drops to 1.9k", "open buy ETH/USDT base=1 limit=1900"),
    ("stop-buy 0.1 btc at 70k", "open buy BTC/USDT base=0.1 stop-entry=70000"),
    ("long btc at 5x with 300", "open long BTC/USDT margin=300 5x market"),
    ("long btc leverage 5 with 300", "open long BTC/USDT margin=300 5x market"),
];

/// Which way a condition moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Through the price from below.
    Up,
    /// Through the price from above.
    Down,
    /// Through the price in the order's direction ("breaks").
    Along,
    /// To the price, from whichever side ("trades at", "hits").
    Touch,
}

/// What was said about the price of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceTerms {
    /// The price of a limit or of a stop entry.
    pub price: Slot<Price>,
    /// The price of a condition, or the trigger of a stop-limit.
    pub trigger: Slot<Price>,
    /// "stop limit", where it was said.
    pub stop_limit: Slot<()>,
    /// "oco", where it was said.
    pub pair: Slot<()>,
    /// "market", where it was said.
    pub market: Slot<()>,
    /// "limit", where it was said.
    pub limit: Slot<()>,
    /// "post only", where it was said.
    pub post_only: Slot<()>,
    /// "buy stop", "stop entry", where it was said.
    pub stop_entry: Slot<()>,
    /// The move of a condition.
    pub condition: Slot<Move>,
    /// Whose price the condition watches, where it was said.
    pub of: Slot<Symbol>,
    /// The words that made it a limit or a stop order.
    pub order_type: Option<Span>,
}

impl PriceTerms {
    /// Reads one clause about the price; tells whether one stood here.
    ///
    /// # Errors
    /// [`Doubt`] if a price is not above zero, a second one, or its condition has two readings.
    pub fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        Ok(self.order_word(cursor)? || self.condition(cursor)? || self.at(cursor)?)
    }

    fn order_word(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if let Some(span) = cursor.any_phrase(&[&["at", "market"], &["at", "the", "market"], &["market"]]) {
            cursor.eat(&["order", "price"]);
            self.market.fill("price", (), span)?;
            return Ok(true);
        }
        if let Some(span) = cursor.any_phrase(&[&["post", "only"], &["postonly"], &["maker", "only"], &["maker"]]) {
            self.post_only.fill("price", (), span)?;
            return Ok(true);
        }
        if let Some(span) = cursor.any_phrase(&[&["stop", "entry"], &["stop", "market", "entry"]]) {
            self.stop_entry.fill("price", (), span)?;
            return Ok(true);
        }
        if let Some(span) = cursor.any_phrase(&[&["stop", "limit"]]) {
            cursor.eat(&["order", "entry"]);
            self.stop_limit.fill("price", (), span)?;
            return Ok(true);
        }
        if let Some(span) = cursor.eat(&["oco"]) {
            cursor.eat(&["order"]);
            self.pair.fill("price", (), span)?;
            return Ok(true);
        }
        if self.take_profit(cursor) {
            return Ok(true);
        }
        if let Some(first) = cursor.eat(&["trigger", "triggers"]) {
            cursor.eat_all(&["price", "at", "of", "is"]);
            while cursor.mark(&['=', ':', '@']).is_some() {}
            self.trigger_here(cursor, first)?;
            return Ok(true);
        }
        let Some(span) = cursor.eat(&["limit"]) else { return Ok(false) };
        self.limit.fill("price", (), span)?;
        cursor.eat(&["order"]);
        let mut ahead = *cursor;
        ahead.eat(&["price"]);
        ahead.mark(&['=', ':']);
        ahead.eat(&["of"]);
        if ahead.number(0).is_some() && !amount::counts_something(&ahead) && ahead.word(1) != Some("of") {
            *cursor = ahead;
            self.price_here(cursor, span)?;
        }
        Ok(true)
    }

    /// `(take profit)`, where the price it waits for was said: it changes nothing.
    fn take_profit(&self, cursor: &mut Cursor<'_>) -> bool {
        let mut ahead = *cursor;
        let bracket = ahead.mark(&['(']).is_some();
        let said = ahead.any_phrase(&[&["as", "a", "take", "profit"], &["take", "profit"], &["as", "a", "tp"], &["tp"]]).is_some();
        ahead.eat(&["order"]);
        let closed = !bracket || ahead.mark(&[')']).is_some();
        // A number behind it makes it a target.
        let found = said && closed && self.condition.value() == Some(&Move::Touch) && ahead.number(0).is_none();
        if found {
            *cursor = ahead;
        }
        found
    }

    fn condition(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        let Some(first) = ahead.any_phrase(&[
            &["when"],
            &["once"],
            &["if"],
            &["on", "a", "break"],
            &["on", "break"],
            &["on", "a", "breakout"],
            &["on", "breakout"],
        ]) else {
            return Ok(false);
        };
        let broke = ahead.word(0).is_some_and(|word| matches!(word, "above" | "below" | "of")) && cursor.word(0) == Some("on");
        ahead.eat_all(&["it", "the", "price", "its"]);
        let of = ahead.symbol(0).cloned();
        let place = of.as_ref().and_then(|_| ahead.skip());
        ahead.eat(&["price"]);
        let Some(direction) = direction(&mut ahead, broke)? else { return Ok(false) };
        ahead.eat_all(&["to", "at", "of", "the"]);
        if ahead.number(0).is_none() {
            return Ok(false);
        }
        *cursor = ahead;
        if let (Some(of), Some(place)) = (of, place) {
            self.of.fill("symbol", of.symbol, place)?;
        }
        let span = self.trigger_here(cursor, first)?;
        self.condition.fill("price", direction, span)?;
        Ok(true)
    }

    fn at(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        let Some(first) = ahead.eat(&["at", "price", "entry"]).or_else(|| ahead.mark(&['@'])) else { return Ok(false) };
        ahead.eat_all(&["at", "a", "the", "price", "of", "entry"]);
        while ahead.mark(&['=', ':', '@']).is_some() {}
        match ahead.number(0) {
            Some(said) if said.value.mark != Mark::Percent && ahead.symbol(1).is_none() => {
                *cursor = ahead;
                self.price_here(cursor, first)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Takes the number under the cursor as the price; `first` begins the words that said it.
    fn price_here(&mut self, cursor: &mut Cursor<'_>, first: Span) -> Result<Span, Doubt> {
        let Some(said) = cursor.number(0) else { return Ok(first) };
        cursor.skip();
        self.price.fill("price", price(said.value)?, said.span)?;
        cursor.eat(&["usdt", "usd", "dollars"]);
        if cursor.word(0) == Some("or")
            && cursor.word(1).is_some_and(|word| matches!(word, "better" | "less" | "lower" | "below" | "more" | "higher" | "above"))
        {
            cursor.skip();
            cursor.skip();
        }
        self.order_type = Some(first.to(said.span));
        Ok(first.to(said.span))
    }

    /// Takes the number under the cursor as the trigger; `first` begins the words that said it.
    fn trigger_here(&mut self, cursor: &mut Cursor<'_>, first: Span) -> Result<Span, Doubt> {
        let Some(said) = cursor.number(0) else {
            return Err(Doubt::about(
                "price",
                "At what price is the trigger? Say for example: stop limit buy 0.1 btc trigger 62k limit 62.1k.",
            ));
        };
        cursor.skip();
        self.trigger.fill("price", price(said.value)?, said.span)?;
        cursor.eat(&["usdt", "usd", "dollars"]);
        let span = first.to(said.span);
        self.order_type = Some(span);
        Ok(span)
    }

    /// Tells whether the words make it a stop entry for an order of `side`; `both` tells that a trigger and a limit were
    /// said.
    ///
    /// # Errors
    /// [`Doubt`] if the words contradict each other.
    pub fn is_stop_entry(&self, side: Side, both: bool) -> Result<bool, Doubt> {
        let through = match (self.condition.value(), side) {
            (None | Some(Move::Touch), _) => false,
            (Some(Move::Along), _) | (Some(Move::Up), Side::Buy) | (Some(Move::Down), Side::Sell) => true,
            (Some(Move::Down), Side::Buy) | (Some(Move::Up), Side::Sell) => false,
        };
        let stop_entry = through || !self.stop_entry.is_empty();
        if stop_entry && !both && (!self.limit.is_empty() || !self.post_only.is_empty()) {
            return Err(Doubt::about(
                "order_type",
                "A limit order waits for a better price, a stop entry for a worse one, and I cannot do both in one order. Say either: buy 0.1 btc at 61k, or: buy 0.1 btc when it breaks 70k.",
            ));
        }
        Ok(stop_entry)
    }
}

fn direction(cursor: &mut Cursor<'_>, broke: bool) -> Result<Option<Move>, Doubt> {
    if broke {
        return Ok(Some(side_word(cursor).unwrap_or(Move::Along)));
    }
    if cursor.eat(&["breaks", "crosses", "clears", "breakout"]).is_some() {
        cursor.eat(&["out", "through"]);
        return Ok(Some(side_word(cursor).unwrap_or(Move::Along)));
    }
    if cursor.eat(&["drops", "falls", "dips"]).is_some() {
        side_word(cursor);
        return Ok(Some(Move::Down));
    }
    if cursor.eat(&["rises", "climbs"]).is_some() {
        side_word(cursor);
        return Ok(Some(Move::Up));
    }
    if cursor.eat(&["goes"]).is_some() {
        return Ok(side_word(cursor));
    }
    if cursor.eat(&["hits", "reaches", "touches"]).is_some() || cursor.phrase(&["trades", "at"]).is_some() {
        return Ok(Some(Move::Touch));
    }
    Ok(side_word(cursor))
}

fn side_word(cursor: &mut Cursor<'_>) -> Option<Move> {
    if cursor.eat(&["above", "over"]).is_some() {
        return Some(Move::Up);
    }
    cursor.eat(&["below", "under"]).map(|_| Move::Down)
}

/// Checks a price.
///
/// # Errors
/// [`Doubt`] unless it is above zero, no percentage, and can be held.
pub fn price(number: Number) -> Result<Price, Doubt> {
    if number.mark == Mark::Percent {
        return Err(Doubt::about("price", "I need that price as a number, not as a percentage. Say for example: buy 0.1 btc at 61k."));
    }
    Price::new(number.value).map_err(|_| {
        Doubt::about("price", "A price must be above zero and below a thousand trillion. Say for example: buy 0.1 btc at 61k.")
    })
}

/// Reads a leverage into `slot`; tells whether one stood here.
///
/// # Errors
/// [`Doubt`] if it is below one or a second one.
pub fn leverage(cursor: &mut Cursor<'_>, slot: &mut Slot<Leverage>) -> Result<bool, Doubt> {
    let mut ahead = *cursor;
    ahead.eat(&["at", "with", "using"]);
    ahead.mark(&['@']);
    let named = ahead.eat(&["leverage", "lev"]).is_some();
    if named {
        ahead.eat_all(&["of", "at", "to", "is"]);
        while ahead.mark(&['=', ':']).is_some() {}
    }
    if let Some(said) = ahead.multiplier() {
        ahead.skip();
        ahead.eat(&["leverage", "lev", "leveraged"]);
        *cursor = ahead;
        return leverage_of(said.value, said.span, slot);
    }
    let Some(said) = ahead.number(0).filter(|said| said.value.mark == Mark::Bare) else { return Ok(false) };
    if !named && !ahead.word(1).is_some_and(|word| matches!(word, "leverage" | "lev")) {
        return Ok(false);
    }
    ahead.skip();
    if !named {
        ahead.skip();
    }
    *cursor = ahead;
    leverage_of(said.value.value, said.span, slot)
}

fn leverage_of(value: Decimal, span: Span, slot: &mut Slot<Leverage>) -> Result<bool, Doubt> {
    let leverage = Leverage::new(value)
        .map_err(|_| Doubt::about("leverage", "A leverage must be at least 1x. Say for example: long sol 5x with 300."))?;
    slot.fill("leverage", leverage, span)?;
    Ok(true)
}
