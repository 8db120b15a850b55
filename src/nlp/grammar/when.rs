//! From what was said about prices to when an opening order meets the market.
//!
//! Invariant: two prices make a request only where the words say what each is for.

use super::levels::Levels;
use super::price::{Move, PriceTerms};
use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::money::Price;
use crate::domain::order::Side;
use crate::domain::request::{LevelSpec, OpenPrice};
use crate::nlp::doubt::Doubt;

/// The words about the price of one order.
pub struct When<'a> {
    /// Prices, triggers and conditions.
    pub terms: &'a PriceTerms,
    /// Stops and targets: the stop of a pair is among them.
    pub levels: &'a Levels,
    /// Buy or sell.
    pub side: Side,
    /// Whether it sells what is held.
    pub holdings: bool,
}

impl When<'_> {
    /// Returns when the order meets the market, and writes where that was said into `evidence`.
    ///
    /// # Errors
    /// [`Doubt`] if a price is missing, or the words have more than one reading.
    pub fn price(&self, evidence: &mut EvidenceMap) -> Result<OpenPrice, Doubt> {
        let (terms, holdings) = (self.terms, self.holdings);
        if !terms.pair.is_empty() {
            return self.pair(evidence);
        }
        let stop_entry = terms.is_stop_entry(self.side, !terms.trigger.is_empty() && !terms.price.is_empty())?;
        let span = terms.stop_entry.said().or(terms.stop_limit.said()).or(terms.limit.said()).map(|said| said.span).or(terms.order_type);
        terms.price.note("price", evidence);
        let Some(trigger) = terms.trigger.value().copied() else {
            return self.untriggered(stop_entry, evidence);
        };
        terms.trigger.note(if terms.price.is_empty() { "price" } else { "trigger" }, evidence);
        evidence.extend(span.map(|span| ("order_type".to_owned(), span.said())));
        let limit = terms.price.value().copied();
        // "at 61k when it breaks 70k" names two prices; only "limit" says that both are meant.
        if limit.is_some() && terms.limit.is_empty() {
            return Err(Doubt::twice("price"));
        }
        match (terms.condition.value(), limit) {
            (Some(Move::Touch), limit) if holdings => Ok(OpenPrice::Touch { trigger, limit }),
            (Some(Move::Touch), _) => Err(limit_or_breakout()),
            (_, Some(limit)) if stop_entry || terms.condition.is_empty() => Ok(OpenPrice::StopLimit { trigger, limit }),
            (_, Some(_)) => Err(Doubt::twice("price")),
            (_, None) if !terms.stop_limit.is_empty() => Err(both_prices()),
            (None, None) => Ok(OpenPrice::Stop(trigger)),
            (Some(_), None) if stop_entry => Ok(OpenPrice::Stop(trigger)),
            (Some(_), None) if !terms.market.is_empty() => Err(market_or_limit(trigger)),
            (Some(_), None) => Ok(OpenPrice::Limit { price: trigger, post_only: !terms.post_only.is_empty() }),
        }
    }

    /// Returns the price of an order that waits for no trigger.
    fn untriggered(&self, stop_entry: bool, evidence: &mut EvidenceMap) -> Result<OpenPrice, Doubt> {
        let terms = self.terms;
        if !terms.stop_limit.is_empty() {
            return Err(both_prices());
        }
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
            return Err(market_or_limit(price));
        }
        let span = terms.limit.said().map(|said| said.span).or(terms.order_type);
        evidence.extend(span.map(|span| ("order_type".to_owned(), span.said())));
        Ok(OpenPrice::Limit { price, post_only: !terms.post_only.is_empty() })
    }

    /// Returns the prices of a pair: a limit and a stop over the same coins.
    fn pair(&self, evidence: &mut EvidenceMap) -> Result<OpenPrice, Doubt> {
        let terms = self.terms;
        let (Some(price), Some(LevelSpec::Price(stop)), true) = (terms.price.value(), self.levels.stop.value(), self.holdings) else {
            return Err(Doubt::about(
                "price",
                "A pair sells coins you hold at a limit or at a stop, whichever comes first. Say for example: oco sell 0.1 btc at 70k stop 58k.",
            ));
        };
        terms.price.note("price", evidence);
        terms.pair.note("order_type", evidence);
        self.levels.stop.note("oco", evidence);
        Ok(OpenPrice::Oco { price: *price, stop: *stop, stop_limit: self.levels.stop_limit.value().copied() })
    }
}

fn limit_or_breakout() -> Doubt {
    Doubt::about(
        "order_type",
        "Is that a limit order or a breakout? For a limit say: buy 0.1 btc at 61k. For a breakout say: buy 0.1 btc when it breaks 70k.",
    )
}

fn market_or_limit(price: Price) -> Doubt {
    Doubt::about("order_type", format!("You said market and a price. Do you want the market price now, or a limit order at {price}?"))
        .with_choices(vec!["market".into(), "limit".into()])
}

fn both_prices() -> Doubt {
    Doubt::about("price", "A stop-limit has a trigger and a limit. Say for example: stop limit buy 0.1 btc trigger 62k limit 62.1k.")
}
