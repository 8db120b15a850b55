//! TICK_SIZE: every price of a plan lies on the venue's grid, exits included.

use crate::domain::money::{MoneyError, Price, Rounding};
use crate::domain::plan::Plan;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::opening;
use super::unjudged::{Unjudged, settle};

/// Concerns every plan that names a price.
pub fn look(facts: &Facts<'_>) -> Finding {
    let prices = prices(facts.plan);
    if prices.is_empty() { Finding::NotConcerned } else { settle(Code::TickSize, judge(facts, &prices)) }
}

fn prices(plan: &Plan) -> Vec<(&'static str, Price)> {
    let order = plan.order.as_ref();
    let of_order = [("price", order.and_then(|order| order.price)), ("trigger", order.and_then(|order| order.trigger))];
    let stop = ("stop", plan.stop.as_ref().map(|stop| stop.trigger));
    let named = of_order.into_iter().chain([stop]).filter_map(|(name, price)| Some((name, price?)));
    let stop_limit = plan.stop.as_ref().and_then(|stop| stop.limit).map(|limit| ("limit of the stop", limit));
    let trails_from = plan.stop.as_ref().and_then(|stop| stop.at_venue?.from).map(|from| ("trails from", from));
    let pair = order.and_then(|order| order.oco).into_iter().flat_map(|other| [Some(other.trigger), other.limit]).flatten();
    let named = named.chain(stop_limit).chain(trails_from).chain(pair.map(|price| ("stop", price)));
    named.chain(plan.targets.iter().map(|target| ("target", target.price))).collect()
}

fn judge(facts: &Facts<'_>, prices: &[(&'static str, Price)]) -> Result<Finding, Unjudged> {
    let tick = opening::instrument(facts)?.tick;
    let limit = format!("multiples of {tick}");
    let mut off = Vec::new();
    let mut near = Vec::new();
    for (name, price) in prices {
        let rest = price.value().checked_rem(tick.value()).ok_or(MoneyError::Overflow)?;
        if !rest.is_zero() {
            off.push(format!("{name} {price}"));
            near.push(format!("{name} {}", neighbours(*price, tick)));
        }
    }
    if off.is_empty() {
        return Ok(pass(limit, prices.iter().map(|(name, price)| format!("{name} {price}")).collect::<Vec<_>>().join(", ")));
    }
    Ok(deny(Code::TickSize, limit, off.join(", "), near.join(", ")))
}

fn neighbours(price: Price, tick: Price) -> String {
    let up = price.to_tick(tick, Rounding::Up).unwrap_or(tick);
    match price.to_tick(tick, Rounding::Down) {
        Ok(down) => format!("{down} or {up}"),
        Err(_) => up.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, denial, price, table};
    use super::*;

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::perp_long,
            &[
                ("on the grid", |_| {}, "pass"),
                ("price off it", |s| s.order().price = Some(price("60300.05")), "deny"),
                ("trigger off it", |s| s.order().trigger = Some(price("60300.05")), "deny"),
                ("stop off it", |s| s.stop("58800.01"), "deny"),
                ("target off it", |s| s.plan.targets[0].price = price("63000.001"), "deny"),
                ("one tick", |s| s.order().price = Some(price("0.1")), "pass"),
                ("smallest", |s| s.order().price = Some(price("0.0000000000000000000000000001")), "deny"),
                ("largest", |s| s.order().price = Some(price(HUGE)), "pass"),
                ("not listed", |s| s.instrument = None, "deny"),
                (
                    "no price named",
                    |s| {
                        *s = Sample::spot_buy();
                        s.order().price = None
                    },
                    "not concerned",
                ),
            ],
        );
        table(look, Sample::protect_long, &[("exits on the grid", |_| {}, "pass"), ("exits off it", |s| s.stop("58800.01"), "deny")]);
        table(look, Sample::close_long, &[("a close off the grid", |s| s.order().price = Some(price("57000.01")), "deny")]);
    }

    #[test]
    fn it_names_every_price_and_its_neighbours() {
        let refusal = denial(look, Sample::perp_long, |s| {
            s.stop("58800.01");
            s.order().price = Some(price("0.01"))
        });
        assert_eq!(refusal.actual, "price 0.01, stop 58800.01");
        assert_eq!(refusal.would_pass, "price 0.1, stop 58800 or 58800.1");
    }
}
