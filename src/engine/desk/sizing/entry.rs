//! How an opening order meets the market: order type, limit or cap, and the price a person may expect.

use rust_decimal::Decimal;

use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};
use crate::domain::instrument::Instrument;
use crate::domain::market::Quote;
use crate::domain::money::{MoneyError, Price, Ratio, Rounding};
use crate::domain::order::{OrderType, Side, TimeInForce};
use crate::domain::plan::OcoPlan;
use crate::domain::request::OpenPrice;
use crate::engine::risk::limits::Limits;

/// How an order meets the market.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Limit, stop or market.
    pub order_type: OrderType,
    /// How long it lives.
    pub tif: TimeInForce,
    /// Limit, or the slippage cap of a market order.
    pub price: Option<Price>,
    /// Trigger of a stop entry.
    pub trigger: Option<Price>,
    /// The price a person may expect.
    pub expected: Price,
    /// Whether "market" was asked.
    pub at_market: bool,
    /// Whether it may take from the book (then the taker fee is shown).
    pub takes: bool,
    /// The stop of a pair.
    pub oco: Option<OcoPlan>,
}

impl Entry {
    /// Writes where the order's prices come from. A price that was said has its evidence already.
    pub(super) fn note(&self, side: Side, cap: Decimal, evidence: &mut EvidenceMap) {
        if self.at_market {
            let word = if side == Side::Buy { "best ask" } else { "best bid" };
            evidence.insert("price".to_owned(), Evidence::of(EvidenceKind::Quote, word));
            if self.price.is_some() {
                let rule = format!("the mid ± {} %, the slippage cap", (cap * Decimal::ONE_HUNDRED).normalize());
                evidence.insert("limit".to_owned(), Evidence::computed(rule));
            }
            return;
        }
        let Some(said) = evidence.get("price").cloned() else { return };
        for (field, _) in [("limit", self.price), ("trigger", self.trigger)].into_iter().filter(|(_, price)| price.is_some()) {
            evidence.entry(field.to_owned()).or_insert_with(|| said.clone());
        }
    }
}

/// Returns the slippage cap of an instrument as a share of the mid.
pub fn slippage_cap(instrument: &Instrument, limits: &Limits) -> Decimal {
    if instrument.major { limits.slippage_major } else { limits.slippage_other }
}

/// Returns the price beyond which a market order of this side must not pay: `mid × (1 ± cap)`, rounded inwards.
///
/// # Errors
/// [`MoneyError`] if there is no such price.
pub fn capped_price(quote: &Quote, side: Side, cap: Decimal, tick: Price) -> Result<Price, MoneyError> {
    let (signed, rounding) = match side {
        Side::Buy => (cap, Rounding::Down),
        Side::Sell => (-cap, Rounding::Up),
    };
    quote.mid().moved_by(Ratio::new(signed)?)?.to_tick(tick, rounding)
}

/// Returns how an order that waits for `trigger` meets the market: at `limit`, or at the market.
fn triggered(tick: Price, side: Side, trigger: Price, limit: Option<Price>, wins: bool) -> Result<Entry, MoneyError> {
    let (towards, away) = if side == Side::Buy { (Rounding::Up, Rounding::Down) } else { (Rounding::Down, Rounding::Up) };
    // A stop fires no sooner than said; a take-profit, which comes from the other side, no sooner either.
    let trigger = trigger.to_tick(tick, if wins { away } else { towards })?;
    let price = limit.map(|limit| limit.to_tick(tick, away)).transpose()?;
    let order_type = match (wins, price) {
        (false, None) => OrderType::StopMarket,
        (false, Some(_)) => OrderType::StopLimit,
        (true, None) => OrderType::TakeProfitMarket,
        (true, Some(_)) => OrderType::TakeProfitLimit,
    };
    let expected = price.unwrap_or(trigger);
    Ok(Entry { order_type, tif: TimeInForce::Gtc, price, trigger: Some(trigger), expected, at_market: false, takes: true, oco: None })
}

/// Returns how an order at `wanted` meets the market.
///
/// # Errors
/// [`MoneyError`] if a price cannot be put on the tick.
pub fn entry(instrument: &Instrument, quote: &Quote, side: Side, wanted: &OpenPrice, cap: Decimal) -> Result<Entry, MoneyError> {
    let away = if side == Side::Buy { Rounding::Down } else { Rounding::Up };
    let touch = quote.touch(side);
    match wanted {
        OpenPrice::Market => {
            let price = Some(capped_price(quote, side, cap, instrument.tick)?);
            Ok(Entry {
                order_type: OrderType::Limit,
                tif: TimeInForce::Ioc,
                price,
                trigger: None,
                expected: touch,
                at_market: true,
                takes: true,
                oco: None,
            })
        }
        OpenPrice::Limit { price, post_only } => {
            let price = price.to_tick(instrument.tick, away)?;
            let tif = if *post_only { TimeInForce::PostOnly } else { TimeInForce::Gtc };
            let crosses = if side == Side::Buy { price >= touch } else { price <= touch };
            let takes = crosses && !post_only;
            // A limit through the touch fills at the touch first; the person may expect the better price but not count on it.
            let (price, expected) = (Some(price), price);
            Ok(Entry { order_type: OrderType::Limit, tif, price, trigger: None, expected, at_market: false, takes, oco: None })
        }
        OpenPrice::Stop(trigger) => triggered(instrument.tick, side, *trigger, None, false),
        OpenPrice::StopLimit { trigger, limit } => triggered(instrument.tick, side, *trigger, Some(*limit), false),
        OpenPrice::Touch { trigger, limit } => {
            let wins = OrderType::StopMarket.fires(side, *trigger, quote.mark);
            triggered(instrument.tick, side, *trigger, *limit, wins)
        }
        OpenPrice::Oco { price, stop, stop_limit } => {
            let other = triggered(instrument.tick, side, *stop, *stop_limit, false)?;
            let oco = other.trigger.map(|trigger| OcoPlan { trigger, limit: other.price });
            let limit = OpenPrice::Limit { price: *price, post_only: false };
            Ok(Entry { oco, ..entry(instrument, quote, side, &limit, cap)? })
        }
    }
}
