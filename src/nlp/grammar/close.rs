//! Closing and reducing positions.
//!
//! ```text
//! close   = {verb | amount | which | market | after | filler}
//! verb    = "close" | "exit" | "flatten" | "unwind" | "get" "out" "of" | "reduce" | "trim"
//! amount  = ["by"] (share.rs | N SYM | "$" N | N usd)          nothing said: all of it; reduce and trim must say how much
//! which   = SYM | "everything" | "all" ["positions"] | ["my"] "position" | "it"
//! after   = ("after" | "in") DURATION                        no close now, but a time stop (upkeep.rs)
//! market  = "spot" | "perp" | … | "long" | "short"             a long or a short is a perpetual
//! ```

use super::amount::{self, Wanted};
use super::open::market_word;
use super::upkeep;
use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::instrument::{Market, Symbol};
use crate::domain::money::Ratio;
use crate::domain::request::{AmountSpec, CloseRequest, CloseWhich, Command, ProtectRequest, Request};
use crate::domain::upkeep::{TimeStop, UpkeepSpec};
use crate::nlp::clauses;
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::family::{Outcome, Partial};
use crate::nlp::lexicon::Lexicon;
use crate::nlp::slot::Slot;
use crate::nlp::token::{Kind, Span};

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("close btc", "close BTC/USDT share=1"),
    ("close half of my eth", "close ETH/USDT share=0.5"),
    ("close 25% sol", "close SOL/USDT share=0.25"),
    ("close 0.5 eth", "close ETH/USDT base=0.5"),
    ("close $200 of btc", "close BTC/USDT quote=200"),
    ("close everything", "close everything share=1"),
    ("close all my positions", "close everything share=1"),
    ("close my position", "close only share=1"),
    ("exit btc", "close BTC/USDT share=1"),
    ("get out of sol", "close SOL/USDT share=1"),
    ("reduce my eth position by a third", "close ETH/USDT share=0.333333333333"),
    ("close my btc long", "close BTC/USDT perp share=1"),
    ("/fx btc", "close BTC/USDT share=1 at-once"),
];

const VERBS: &[&[&str]] =
    &[&["close", "out", "of"], &["close", "out"], &["close"], &["exit"], &["flatten"], &["unwind"], &["get", "out", "of"], &["get", "out"]];
const REDUCE: &[&str] = &["reduce", "trim"];

#[derive(Debug, Default)]
struct Draft {
    symbol: Slot<Symbol>,
    everything: Slot<()>,
    position: Slot<()>,
    amount: Slot<Wanted>,
    market: Slot<Market>,
    side: Slot<&'static str>,
    reduces: bool,
    after: Slot<TimeStop>,
}

/// Reads a close; `at_once` is where the stop word `/fx` stands.
pub fn read(mut cursor: Cursor<'_>, at_once: Option<Span>, lexicon: &Lexicon) -> Outcome {
    let mut draft = Draft::default();
    let mut unknown = Vec::new();
    let read = clauses::read(&mut cursor, &mut unknown, |cursor| draft.clause(cursor));
    let partial = Partial { understood: draft.understood(), unknown };
    if let Err(doubt) = read {
        return partial.asked(doubt);
    }
    if !partial.unknown.is_empty() {
        let named = !draft.symbol.is_empty() || !draft.everything.is_empty() || !draft.position.is_empty();
        return if named { partial.left_over() } else { partial.unknown_symbol(cursor.text(), lexicon) };
    }
    if draft.after.said().is_some() {
        return match draft.later(at_once) {
            Ok(request) => Outcome::Request(Request::Command(Command::Protect(request))),
            Err(doubt) => partial.asked(doubt),
        };
    }
    match draft.request(at_once) {
        Ok(request) => Outcome::Request(Request::Command(Command::Close(request))),
        Err(doubt) => partial.asked(doubt),
    }
}

impl Draft {
    fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if cursor.any_phrase(VERBS).is_some() {
            return Ok(true);
        }
        if cursor.eat(REDUCE).is_some() {
            self.reduces = true;
            return Ok(true);
        }
        if cursor.any_phrase(&[&["at", "market"], &["at", "the", "market"], &["market"]]).is_some() {
            return Ok(true);
        }
        if (cursor.at_word(&["at", "limit"]) && cursor.number(1).is_some()) || cursor.phrase(&["limit", "at"]).is_some() {
            return Err(Doubt::about(
                "price",
                "I close at the market, not at a price. To sell at a price, set a target: set target on btc at 65k.",
            ));
        }
        Ok(self.after(cursor)?
            || self.everything(cursor)?
            || self.which(cursor)?
            || self.amount(cursor)?
            || self.market(cursor)?
            || cursor.filler())
    }

    /// `after 4h`: not a close, but a time stop.
    fn after(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        if ahead.eat(&["after", "in"]).is_none() || upkeep::duration(&ahead).is_none() {
            return Ok(false);
        }
        let said = upkeep::time(&mut ahead)?;
        *cursor = ahead;
        self.after.fill("time_stop", said.value, said.span)?;
        Ok(true)
    }

    /// Returns the time stop that was asked for.
    fn later(&self, at_once: Option<Span>) -> Result<ProtectRequest, Doubt> {
        let mut evidence = EvidenceMap::new();
        let CloseRequest { which, market, amount, .. } = self.request(at_once)?;
        let symbol = match which {
            CloseWhich::Symbol(symbol) => Some(symbol),
            CloseWhich::Only => None,
            CloseWhich::Everything => return Err(one_by_one()),
        };
        if at_once.is_some() || market.is_some() || amount != AmountSpec::Share(Ratio::ONE) {
            return Err(Doubt::about(
                "time_stop",
                "A time stop closes all of a position, named by its pair. Say for example: close btc after 4h.",
            ));
        }
        self.symbol.note("symbol", &mut evidence);
        evidence.entry("symbol".into()).or_insert_with(|| Evidence::computed("no symbol said: the only open position"));
        self.after.note("time_stop", &mut evidence);
        let upkeep = UpkeepSpec { time_stop: self.after.value().copied(), ..UpkeepSpec::default() };
        Ok(ProtectRequest { symbol, stop: None, targets: None, upkeep, evidence })
    }

    /// `everything`, `all`, `all positions`; but `all of my eth` is a share.
    fn everything(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        let Some(first) = ahead.eat(&["everything", "all"]) else { return Ok(false) };
        ahead.eat_all(&["of", "my", "the", "open"]);
        let named = ahead.eat(&["positions", "trades", "holdings"]).is_some();
        let several = ahead.at_word(&["longs", "shorts"]);
        let symbol_follows = ahead.symbol(0).is_some()
            || ahead
                .token(0)
                .is_some_and(|token| matches!(&token.kind, Kind::Word(word) if !["now", "please", "by"].contains(&word.as_ref())));
        if !named && !several && symbol_follows {
            return Ok(false);
        }
        *cursor = ahead;
        self.everything.fill("symbol", (), first)?;
        Ok(true)
    }

    fn which(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        if let Some(listed) = cursor.symbol(0) {
            let Some(span) = cursor.skip() else { return Ok(false) };
            self.symbol.fill("symbol", listed.symbol.clone(), span)?;
            if let Some(market) = listed.market {
                self.market.fill("market", market, span)?;
            }
            return Ok(true);
        }
        let Some(span) = cursor.eat(&["position", "holding", "holdings", "trade", "it"]) else { return Ok(false) };
        self.position.fill("symbol", (), span)?;
        Ok(true)
    }

    fn amount(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        ahead.eat(&["by"]);
        // "for", "with" and "risk" have no place in a close.
        if !matches!(
            ahead.word(0),
            None | Some("half" | "a" | "one" | "third" | "quarter" | "two" | "three" | "all" | "everything" | "max" | "maximum")
        ) {
            return Ok(false);
        }
        let found = amount::clause(&mut ahead, &mut self.amount)?;
        if found {
            *cursor = ahead;
        }
        Ok(found)
    }

    fn market(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let Some(word) = cursor.word(0) else { return Ok(false) };
        let side = match word {
            "long" | "longs" => Some("long"),
            "short" | "shorts" => Some("short"),
            _ => None,
        };
        let Some(market) = market_word(word).or(side.map(|_| Market::Perp)) else { return Ok(false) };
        let Some(span) = cursor.skip() else { return Ok(false) };
        self.market.fill("market", market, span)?;
        if let Some(side) = side {
            self.side.fill("side", side, span)?;
        }
        Ok(true)
    }

    fn request(&self, at_once: Option<Span>) -> Result<CloseRequest, Doubt> {
        let mut evidence = EvidenceMap::new();
        let which = self.which_position(at_once, &mut evidence)?;
        let amount = self.how_much(&which, &mut evidence)?;
        self.market.note("market", &mut evidence);
        self.side.note("side", &mut evidence);
        evidence.extend(at_once.map(|span| ("at_once".to_owned(), span.said())));
        Ok(CloseRequest { which, market: self.market.value().copied(), amount, at_once: at_once.is_some(), evidence })
    }

    fn which_position(&self, at_once: Option<Span>, evidence: &mut EvidenceMap) -> Result<CloseWhich, Doubt> {
        match (self.symbol.value(), self.everything.is_empty()) {
            (Some(_), false) => Err(Doubt::twice("symbol")),
            (Some(symbol), true) => {
                self.symbol.note("symbol", evidence);
                Ok(CloseWhich::Symbol(symbol.clone()))
            }
            (None, false) => {
                self.everything.note("symbol", evidence);
                // "close all my longs" is less than everything, and a request cannot say that.
                if self.side.is_empty() && self.market.is_empty() { Ok(CloseWhich::Everything) } else { Err(one_by_one()) }
            }
            (None, true) if at_once.is_some() => {
                Err(Doubt::about("symbol", "Which position shall I close at once? Name it, for example: /fx btc."))
            }
            (None, true) => {
                self.position.note("symbol", evidence);
                evidence.entry("symbol".into()).or_insert_with(|| Evidence::computed("no symbol said: the only open position"));
                Ok(CloseWhich::Only)
            }
        }
    }

    fn how_much(&self, which: &CloseWhich, evidence: &mut EvidenceMap) -> Result<AmountSpec, Doubt> {
        self.amount.note("amount", evidence);
        let spec = match self.amount.value() {
            Some(Wanted::Known(spec @ (AmountSpec::Share(_) | AmountSpec::Base(_) | AmountSpec::Quote(_)))) => spec.clone(),
            Some(Wanted::Known(AmountSpec::Notional(amount))) => AmountSpec::Quote(*amount),
            Some(_) => {
                return Err(Doubt::about(
                    "amount",
                    "How much shall I close? Say a share or an amount with its coin, for example: close 25% of btc, or close 0.5 eth.",
                ));
            }
            None if self.reduces => {
                return Err(Doubt::about(
                    "amount",
                    "By how much shall I reduce it? Say for example: reduce btc by half, or reduce btc by 25%.",
                ));
            }
            None => {
                evidence.insert("amount".into(), Evidence::computed("a close without an amount means all of it"));
                return Ok(AmountSpec::Share(Ratio::ONE));
            }
        };
        if !matches!(spec, AmountSpec::Share(_)) && !matches!(which, CloseWhich::Symbol(_)) {
            return Err(Doubt::about("symbol", "Which position? Name it, for example: close 0.5 eth, or close $200 of btc."));
        }
        Ok(spec)
    }

    fn understood(&self) -> String {
        let what = match (self.symbol.value(), self.everything.is_empty()) {
            (Some(symbol), _) => symbol.to_string(),
            (None, false) => "everything".into(),
            (None, true) => "a position".into(),
        };
        match self.amount.value() {
            Some(Wanted::Known(AmountSpec::Share(ratio))) => format!("close {}% of {what}", ratio.percent()),
            _ => format!("close {what}"),
        }
    }
}

fn one_by_one() -> Doubt {
    Doubt::about("symbol", "I close either everything or one position by its name. Say for example: close everything, or close btc.")
}
