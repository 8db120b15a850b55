//! Opening orders: buy, sell, long, short.
//!
//! ```text
//! open = {clause}      clause = verb | SYM | amount.rs | price.rs | levels.rs | upkeep.rs | margin.rs | market | filler
//! verb = "buy" | "purchase" | "grab" | "get" | "sell" | ["go" | "open" ["a"] | "enter"] ("long" | "short")
//! market = "spot" | "perp" | "futures" | "swap"
//! ```
//!
//! The clauses may come in any order; each field may be said once. Invariant: a request comes out only if every token was
//! part of a clause, a side, a symbol and an amount were said, and each has one reading.

use super::amount::{self, Wanted};
use super::levels::{self, Levels};
use super::margin;
use super::price::{self, PriceTerms};
use super::upkeep::Upkeep;
use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::instrument::{Market, Symbol};
use crate::domain::margin::MarginMode;
use crate::domain::money::{Leverage, Ratio};
use crate::domain::request::{AmountSpec, Command, OpenPrice, OpenRequest, OpenVerb, Request};
use crate::nlp::cursor::Cursor;
use crate::nlp::doubt::Doubt;
use crate::nlp::family::{Outcome, Partial};
use crate::nlp::lexicon::{Lexicon, Listed};
use crate::nlp::number::{Mark, Number};
use crate::nlp::slot::Slot;
use crate::nlp::token::{Kind, Said, Span};

#[cfg(test)]
pub(in crate::nlp) const EXAMPLES: &[(&str, &str)] = &[
    ("buy 200 usdt of btc", "open buy BTC/USDT quote=200 market"),
    ("buy 0.1 btc", "open buy BTC/USDT base=0.1 market"),
    ("Sell 50 SOL please", "open sell SOL/USDT base=50 market"),
    ("go long eth 3x with 500 usdt", "open long ETH/USDT margin=500 3x market"),
    ("open a short on btc with $200 at 2x", "open short BTC/USDT margin=200 2x market"),
    ("long btc 10x 500", "open long BTC/USDT quote=500 10x market"),
    ("buy $100 of btcusdt perp at 61k", "open buy BTC/USDT perp quote=100 limit=61000"),
    ("sell my eth", "open sell ETH/USDT share=1 market"),
    ("can you buy 0.5 eth now", "open buy ETH/USDT base=0.5 market"),
    ("eth: buy $150", "open buy ETH/USDT quote=150 market"),
];

/// A bare number of quote currency below this is asked about: nobody risks five dollars, but many buy 0.5 btc.
const BARE_QUOTE_MIN: rust_decimal::Decimal = rust_decimal::dec!(10);
const VERBS: &[(&str, OpenVerb)] = &[
    ("buy", OpenVerb::Buy),
    ("buying", OpenVerb::Buy),
    ("purchase", OpenVerb::Buy),
    ("grab", OpenVerb::Buy),
    ("get", OpenVerb::Buy),
    ("sell", OpenVerb::Sell),
    ("selling", OpenVerb::Sell),
    ("long", OpenVerb::Long),
    ("short", OpenVerb::Short),
];
const CONNECTORS: &[&str] =
    &["go", "open", "enter", "place", "order", "trade", "make", "position", "with", "for", "set", "put", "going", "add"];

/// Returns the verb a word says.
pub fn verb(word: &str) -> Option<OpenVerb> {
    VERBS.iter().find(|(name, _)| *name == word).map(|(_, verb)| *verb)
}

/// Returns the word for a verb.
pub const fn verb_word(verb: OpenVerb) -> &'static str {
    match verb {
        OpenVerb::Buy => "buy",
        OpenVerb::Sell => "sell",
        OpenVerb::Long => "long",
        OpenVerb::Short => "short",
    }
}

/// Returns the market a word says.
pub fn market_word(word: &str) -> Option<Market> {
    match word {
        "spot" => Some(Market::Spot),
        "perp" | "perps" | "perpetual" | "perpetuals" | "futures" | "future" | "swap" => Some(Market::Perp),
        _ => None,
    }
}

#[derive(Debug, Default)]
struct Draft {
    verb: Slot<OpenVerb>,
    symbol: Slot<Symbol>,
    quote_said: bool,
    mine: Option<Span>,
    amount: Slot<Wanted>,
    leverage: Slot<Leverage>,
    market: Slot<Market>,
    mode: Slot<MarginMode>,
    price: PriceTerms,
    levels: Levels,
    upkeep: Upkeep,
    unknown: Vec<Span>,
}

/// Reads an opening order; `said` is the verb where a slash command already gave it.
pub fn read(mut cursor: Cursor<'_>, said: Option<Said<OpenVerb>>, lexicon: &Lexicon) -> Outcome {
    let mut draft = Draft::default();
    let read = match said {
        Some(said) => draft.verb.fill("side", said.value, said.span),
        None => Ok(()),
    };
    let read = read.and_then(|()| draft.clauses(&mut cursor));
    let partial = Partial { understood: draft.understood(), unknown: std::mem::take(&mut draft.unknown) };
    if let Err(doubt) = read {
        return partial.asked(doubt);
    }
    if !partial.unknown.is_empty() {
        return if draft.symbol.is_empty() { partial.unknown_symbol(cursor.text(), lexicon) } else { partial.left_over() };
    }
    match draft.request() {
        Ok(request) => Outcome::Request(Request::Command(Command::Open(request))),
        Err(doubt) => partial.asked(doubt),
    }
}

impl Draft {
    fn clauses(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Doubt> {
        while let Some(token) = cursor.token(0) {
            if let Kind::Bad(issue) = token.kind {
                return Err(Doubt::number(issue, token.span.of(cursor.text())));
            }
            if !self.clause(cursor)? {
                if let Some(named) = nameless_level(*cursor) {
                    return Err(named);
                }
                self.unknown.extend(cursor.skip());
            }
        }
        Ok(())
    }

    fn clause(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        Ok(self.verb(cursor)?
            || self.symbol(cursor)?
            || price::leverage(cursor, &mut self.leverage)?
            || self.upkeep.clause(cursor)?
            || self.levels.clause(cursor)?
            || self.price.clause(cursor)?
            || self.limit_price(cursor)?
            || amount::clause(cursor, &mut self.amount)?
            || self.market(cursor)?
            || margin::clause(cursor, &mut self.mode)?
            || self.connector(cursor))
    }

    fn verb(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        // "stop-buy" and "buy stop": the stop is an entry.
        let leads = if ahead.word(1).is_some_and(|word| verb(word).is_some()) { ahead.eat(&["stop"]) } else { None };
        let Some(word) = ahead.word(0) else { return Ok(false) };
        let Some(said) = verb(word) else { return Ok(false) };
        let Some(span) = ahead.skip() else { return Ok(false) };
        *cursor = ahead;
        let follows = cursor.eat(&["stop"]);
        if let Some(stop) = leads.or(follows) {
            self.price.stop_entry.fill("price", (), stop)?;
            cursor.eat(&["order"]);
            if cursor.number(0).is_some_and(|said| said.value.mark != Mark::Percent)
                && !amount::counts_something(cursor)
                && follows.is_some()
            {
                let number = cursor.number(0).map(|said| said.value);
                let place = cursor.skip();
                if let (Some(number), Some(place)) = (number, place) {
                    self.price.price.fill("price", price::price(number)?, place)?;
                }
            }
        }
        self.verb.fill("side", said, span)?;
        Ok(true)
    }

    /// `limit buy 2 sol 140.5`: once the amount is said, a number left over can only be the price of the limit.
    fn limit_price(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let wants_price = !self.price.limit.is_empty() && self.price.price.is_empty() && !self.amount.is_empty();
        let Some(said) = cursor.number(0).filter(|said| wants_price && said.value.mark != Mark::Percent) else { return Ok(false) };
        if amount::counts_something(cursor) {
            return Ok(false);
        }
        cursor.skip();
        self.price.price.fill("price", price::price(said.value)?, said.span)?;
        Ok(true)
    }

    fn symbol(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let mut ahead = *cursor;
        let mine = ahead.eat(&["my"]);
        let Some(Listed { symbol, market, quote_said }) = ahead.symbol(0) else { return Ok(false) };
        let Some(span) = ahead.skip() else { return Ok(false) };
        *cursor = ahead;
        self.mine = self.mine.or(mine);
        self.quote_said |= quote_said;
        self.symbol.fill("symbol", symbol.clone(), span)?;
        if let Some(market) = market {
            self.market.fill("market", *market, span)?;
        }
        Ok(true)
    }

    fn market(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, Doubt> {
        let Some(market) = cursor.word(0).and_then(market_word) else { return Ok(false) };
        let Some(span) = cursor.skip() else { return Ok(false) };
        self.market.fill("market", market, span)?;
        Ok(true)
    }

    fn connector(&self, cursor: &mut Cursor<'_>) -> bool {
        // "use 10% of my usdt to buy ada"
        let purpose = cursor.word(0) == Some("to") && cursor.word(1).is_some_and(|next| verb(next).is_some());
        cursor.filler() || cursor.eat(CONNECTORS).is_some() || (purpose && cursor.skip().is_some())
    }

    fn request(&self) -> Result<OpenRequest, Doubt> {
        let Some(verb) = self.verb.value().copied() else {
            return Err(Doubt::about("side", "Do you want to buy or to sell? Say for example: buy 200 usdt of btc.")
                .with_choices(vec!["buy".into(), "sell".into()]));
        };
        let Some(symbol) = self.symbol.value().cloned() else {
            return Err(Doubt::about(
                "symbol",
                format!("What do you want to {}? Name a coin, for example: {} 200 usdt of btc.", verb_word(verb), verb_word(verb)),
            ));
        };
        if self.price.of.value().is_some_and(|of| *of != symbol) {
            return Err(Doubt::about(
                "symbol",
                "I can wait for a price of the coin that is traded, not of another one. Say for example: buy 0.1 btc when it breaks 70k.",
            ));
        }
        self.levels.check_stop_side(verb.side())?;
        let mut evidence = EvidenceMap::new();
        let amount = self.amount(verb, &symbol, &mut evidence)?;
        let price = self.price(verb, &mut evidence)?;
        let targets = self.levels.targets.specs()?;
        self.verb.note("side", &mut evidence);
        self.symbol.note("symbol", &mut evidence);
        self.leverage.note("leverage", &mut evidence);
        self.market.note("market", &mut evidence);
        self.mode.note("margin_mode", &mut evidence);
        self.levels.note(&mut evidence);
        self.upkeep.note(&mut evidence);
        if !self.quote_said {
            evidence.insert("quote".into(), Evidence::default_setting(format!("quote currency {}", symbol.quote)));
        }
        Ok(OpenRequest {
            verb,
            symbol,
            market: self.market.value().copied(),
            amount,
            price,
            leverage: self.leverage.value().copied(),
            margin_mode: self.mode.value().copied(),
            stop: self.levels.stop.value().copied(),
            targets,
            trailing: self.levels.trailing.value().copied(),
            upkeep: self.levels.upkeep(&self.upkeep)?,
            evidence,
        })
    }

    fn amount(&self, verb: OpenVerb, symbol: &Symbol, evidence: &mut EvidenceMap) -> Result<AmountSpec, Doubt> {
        self.amount.note("amount", evidence);
        let leveraged = !self.leverage.is_empty();
        match (self.amount.value(), self.mine) {
            (Some(Wanted::Known(AmountSpec::Margin(amount))), _) if !leveraged && matches!(verb, OpenVerb::Buy | OpenVerb::Sell) => {
                // Spot has no margin: "buy btc with 200" spends it.
                if self.market.value() == Some(&Market::Perp) { Ok(AmountSpec::Margin(*amount)) } else { Ok(AmountSpec::Quote(*amount)) }
            }
            (Some(Wanted::Known(spec)), _) => Ok(spec.clone()),
            (Some(Wanted::Bare(number)), _) if leveraged && number.value >= BARE_QUOTE_MIN => {
                Ok(AmountSpec::Quote(amount::quote(*number)?))
            }
            (Some(Wanted::Bare(number)), _) => Err(base_or_quote(verb, symbol, *number)),
            (None, Some(mine)) if verb == OpenVerb::Sell && !leveraged => {
                // "sell my eth" means all of it (the words say whose, and nothing less).
                evidence.insert("amount".into(), mine.said());
                Ok(AmountSpec::Share(Ratio::ONE))
            }
            (None, _) => {
                let (word, base) = (verb_word(verb), symbol.base.as_str().to_ascii_lowercase());
                Err(Doubt::about(
                    "amount",
                    format!("How much {}? Say for example: {word} 200 usdt of {base}, or {word} 25% {base}.", symbol.base),
                ))
            }
        }
    }

    fn price(&self, verb: OpenVerb, evidence: &mut EvidenceMap) -> Result<OpenPrice, Doubt> {
        let terms = &self.price;
        let stop_entry = terms.is_stop_entry(verb.side())?;
        terms.price.note("price", evidence);
        let Some(price) = terms.price.value().copied() else {
            if stop_entry {
                return Err(Doubt::about(
                    "price",
                    "At what price should the stop entry trigger? Say for example: buy 0.1 btc when it breaks 70k.",
                ));
            }
            if !terms.limit.is_empty() || !terms.post_only.is_empty() {
                return Err(Doubt::about("price", "At what price? A limit order needs one, for example: buy 0.1 btc limit 61k."));
            }
            let said = terms.market.said().map(|said| said.span.said());
            evidence
                .insert("order_type".into(), said.unwrap_or_else(|| Evidence::default_setting("a market order unless a price is said")));
            return Ok(OpenPrice::Market);
        };
        if stop_entry {
            let span = terms.stop_entry.said().map(|said| said.span).or(terms.order_type);
            evidence.extend(span.map(|span| ("order_type".to_owned(), span.said())));
            return Ok(OpenPrice::Stop(price));
        }
        if !terms.market.is_empty() {
            return Err(Doubt::about(
                "order_type",
                format!("You said market and a price. Do you want the market price now, or a limit order at {price}?"),
            )
            .with_choices(vec!["market".into(), "limit".into()]));
        }
        let span = terms.limit.said().map(|said| said.span).or(terms.order_type);
        evidence.extend(span.map(|span| ("order_type".to_owned(), span.said())));
        Ok(OpenPrice::Limit { price, post_only: !terms.post_only.is_empty() })
    }

    /// Returns what is clear so far as a phrase, in the words one could say it.
    fn understood(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        words.extend(self.verb.value().map(|verb| verb_word(*verb).to_owned()));
        words.extend(self.symbol.value().map(ToString::to_string));
        words.extend(self.amount.value().map(|wanted| match wanted {
            Wanted::Known(AmountSpec::Quote(amount) | AmountSpec::Notional(amount)) => format!("for {amount} USDT"),
            Wanted::Known(AmountSpec::Base(quantity)) => format!("quantity {quantity}"),
            Wanted::Known(AmountSpec::Margin(amount)) => format!("with {amount} USDT"),
            Wanted::Known(AmountSpec::Share(ratio)) => format!("{}% of it", ratio.percent()),
            Wanted::Known(AmountSpec::Risk(ratio)) => format!("risking {}%", ratio.percent()),
            Wanted::Bare(number) => format!("amount {}", number.value),
        }));
        words.extend(self.leverage.value().map(|leverage| format!("at {leverage}x")));
        words.extend(self.price.price.value().map(|price| format!("price {price}")));
        if !self.levels.stop.is_empty() {
            words.push("with a stop".into());
        }
        if !self.levels.targets.is_empty() {
            words.push("with targets".into());
        }
        words.join(" ")
    }
}

/// Asks for the level of a stop, target or trail that was named without one.
fn nameless_level(mut cursor: Cursor<'_>) -> Option<Doubt> {
    if levels::trail_word(&mut cursor) {
        return Some(Doubt::about("trailing", "At what distance should the stop trail? Say for example: trail 2%."));
    }
    if levels::stop_word(&mut cursor) {
        return Some(Doubt::about("stop", "Where should the stop be? Say a price or a distance, for example: stop 58k, or stop 4%."));
    }
    levels::target_word(&mut cursor).then(|| {
        Doubt::about("target", "Where should the target be? Say a price or a distance, for example: take profit at 65k, or tp 6%.")
    })
}

fn base_or_quote(verb: OpenVerb, symbol: &Symbol, number: Number) -> Doubt {
    let (word, value, base) = (verb_word(verb), number.value, symbol.base.as_str().to_ascii_lowercase());
    let choices =
        vec![format!("{word} {value} {} of {base}", symbol.quote.as_str().to_ascii_lowercase()), format!("{word} {value} {base}")];
    Doubt::about("amount", format!("Do you mean {value} {} or {value} {}?", symbol.quote, symbol.base)).with_choices(choices)
}
