//! What rules read of a plan that opens: its order, its price, its worth. Missing data is an error, never a default.

use rust_decimal::Decimal;

use crate::domain::instrument::{Instrument, Market};
use crate::domain::market::Quote;
use crate::domain::money::{Amount, Price};
use crate::domain::order::{OrderType, Side};
use crate::domain::plan::{MainOrder, Plan, PlanKind};
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::need::Terms;
use super::unjudged::{Unjudged, settle};

/// Tells whether a plan adds risk. A spot sale never does: it can only give away what is held.
pub fn raises_risk(plan: &Plan) -> bool {
    plan.kind == PlanKind::Open && !is_spot_sale(plan)
}

/// Tells whether a plan sells holdings.
pub fn is_spot_sale(plan: &Plan) -> bool {
    plan.instrument.market == Market::Spot && plan.side == Side::Sell
}

/// Returns what `judge` finds about a plan that adds risk; other plans do not concern such a rule.
pub fn look(facts: &Facts<'_>, code: Code, judge: fn(&Facts<'_>) -> Result<Finding, Unjudged>) -> Finding {
    if raises_risk(facts.plan) { settle(code, judge(facts)) } else { Finding::NotConcerned }
}

/// Returns the plan's order.
pub fn order<'a>(facts: &Facts<'a>) -> Result<&'a MainOrder, Unjudged> {
    facts.plan.order.as_ref().ok_or(Unjudged::NoOrder)
}

/// Returns the plan's instrument.
pub fn instrument<'a>(facts: &Facts<'a>) -> Result<&'a Instrument, Unjudged> {
    facts.instrument.ok_or(Unjudged::NotListed)
}

/// Returns the latest quote.
pub fn quote<'f>(facts: &'f Facts<'_>) -> Result<&'f Quote, Unjudged> {
    facts.quote.as_ref().ok_or(Unjudged::NoPrice)
}

/// Returns the account's equity.
pub fn equity(facts: &Facts<'_>) -> Result<Amount, Unjudged> {
    facts.equity.ok_or(Unjudged::NoEquity)
}

/// Returns the price at which the order is judged.
///
/// At the market: the price on the card as long as the market is inside the card's band, else the touch. A limit: itself, or
/// the bid where a sale would get more. A stop: its trigger, or its limit where that is the higher.
pub fn price(facts: &Facts<'_>) -> Result<Price, Unjudged> {
    let order = order(facts)?;
    if order.order_type.has_trigger() {
        let trigger = order.trigger.ok_or(Unjudged::NoOrder)?;
        return Ok(order.price.map_or(trigger, |limit| limit.max(trigger)));
    }
    let touch = quote(facts)?.touch(facts.plan.side);
    if order.at_market || order.order_type == OrderType::Market {
        let card = facts.plan.figures.price;
        let moved = touch.change_from(card)?;
        return Ok(if moved.magnitude().value() <= facts.limits.card_band { card } else { touch });
    }
    let limit = order.price.ok_or(Unjudged::NoOrder)?;
    Ok(match facts.plan.side {
        Side::Buy => limit,
        Side::Sell => limit.max(touch),
    })
}

/// Returns quantity × [`price`].
pub fn notional(facts: &Facts<'_>) -> Result<Amount, Unjudged> {
    Ok(price(facts)?.notional(order(facts)?.quantity)?)
}

/// Returns quantity × mark, as exposure is measured.
pub fn notional_at_mark(facts: &Facts<'_>) -> Result<Amount, Unjudged> {
    Ok(quote(facts)?.mark.notional(order(facts)?.quantity)?)
}

/// Returns what the order's cost is reckoned by. Fees are those of an order that takes, the dearer case.
pub fn terms(facts: &Facts<'_>) -> Result<Terms, Unjudged> {
    let price = price(facts)?;
    let worst = match facts.plan.side {
        Side::Buy => order(facts)?.price.map_or(price, |limit| limit.max(price)),
        Side::Sell => price,
    };
    let fee_rate = instrument(facts)?.taker_fee;
    Ok(Terms { price, worst, leverage: facts.plan.leverage, fee_rate, buffer: facts.limits.fee_buffer })
}

/// Tells whether the order takes from the book at once.
pub fn takes_now(facts: &Facts<'_>) -> Result<bool, Unjudged> {
    let order = order(facts)?;
    let quote = quote(facts)?;
    Ok(match (order.order_type, order.price) {
        (OrderType::Market, _) => true,
        (kind, _) if kind.has_trigger() => false,
        (_, _) if order.at_market => true,
        (_, Some(limit)) => match facts.plan.side {
            Side::Buy => limit >= quote.ask,
            Side::Sell => limit <= quote.bid,
        },
        (_, None) => return Err(Unjudged::NoOrder),
    })
}

/// Returns the figure for deep markets or the one for all others.
pub const fn by_depth(instrument: &Instrument, major: Decimal, other: Decimal) -> Decimal {
    if instrument.major { major } else { other }
}
