//! PRICE_COLLAR: a limit that reaches far through the market is a slip of the finger; one that rests far away is worth a word.

use rust_decimal::Decimal;

use crate::domain::money::{Price, Ratio, Rounding};
use crate::domain::order::Side;
use crate::domain::plan::PlanKind;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Asker, Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::{Unjudged, settle};
use super::{opening, wording};

/// Concerns limits of openings, and a person's or machine's closes at a limit. Market orders have the slippage cap instead.
pub fn look(facts: &Facts<'_>) -> Finding {
    let Some(order) = facts.plan.order.as_ref() else { return Finding::NotConcerned };
    if !order.order_type.has_limit() || order.at_market {
        return Finding::NotConcerned;
    }
    match (facts.plan.kind, facts.asker) {
        (PlanKind::Open, _) | (PlanKind::Close, Asker::Person | Asker::Machine) => settle(Code::PriceCollar, judge(facts)),
        (PlanKind::Close, Asker::StopWord | Asker::Protection) | (PlanKind::Protect, _) => Finding::NotConcerned,
    }
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let instrument = opening::instrument(facts)?;
    let limits = facts.limits;
    let side = facts.plan.side;
    let price = opening::order(facts)?.price.ok_or(Unjudged::NoOrder)?;
    // What waits for a trigger meets the market there.
    let mid = opening::order(facts)?.trigger.map_or_else(|| opening::quote(facts).map(|quote| quote.mid()), Ok)?;
    let collar = opening::by_depth(instrument, limits.collar_major, limits.collar_other);
    let change = price.change_from(mid)?;
    // Above zero: through the market. Below: resting on the near side.
    let through = match side {
        Side::Buy => change.value(),
        Side::Sell => change.negated().value(),
    };
    let word = match side {
        Side::Buy => "above",
        Side::Sell => "below",
    };
    let limit = format!("at most {} {word} {mid}", wording::percent(collar));
    let actual = format!("{price}, {} {word}", wording::percent(through));
    if through > collar {
        let bound = edge(facts, mid, collar)?;
        let better = if side == Side::Buy { "or lower" } else { "or higher" };
        return Ok(deny(Code::PriceCollar, limit, actual, format!("a limit of {bound} {better}, or a market order")));
    }
    if through < -limits.passive_warning {
        let away = wording::percent(-through);
        let text = format!("The limit {price} lies {away} away from the market ({mid}); it may never fill.");
        return Ok(Finding::Warn { limit, actual, text });
    }
    Ok(pass(limit, actual))
}

/// Returns the last price on the tick inside the collar.
fn edge(facts: &Facts<'_>, mid: Price, collar: Decimal) -> Result<Price, Unjudged> {
    let tick = opening::instrument(facts)?.tick;
    let (ratio, rounding) = match facts.plan.side {
        Side::Buy => (Ratio::new(collar)?, Rounding::Down),
        Side::Sell => (Ratio::new(-collar)?, Rounding::Up),
    };
    Ok(mid.moved_by(ratio)?.to_tick(tick, rounding)?)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, denial, table};
    use super::*;

    #[test]
    #[allow(clippy::too_many_lines, reason = "one table")]
    fn table_of_cases() {
        table(
            look,
            Sample::spot_buy,
            &[
                ("market order", |_| {}, "not concerned"),
                ("breakout", |s| s.stop_entry("61000"), "not concerned"),
                ("passive", |s| s.limit("59000"), "pass"),
                ("edge of 2 %", |s| s.limit("61200"), "pass"),
                ("just over", |s| s.limit("61200.1"), "deny"),
                (
                    "other instruments have 5 %",
                    |s| {
                        s.limit("63000");
                        s.instrument.as_mut().unwrap().major = false
                    },
                    "pass",
                ),
                (
                    "and no more",
                    |s| {
                        s.limit("63000.1");
                        s.instrument.as_mut().unwrap().major = false
                    },
                    "deny",
                ),
                ("passive, edge of 20 %", |s| s.limit("48000"), "pass"),
                ("passive, beyond", |s| s.limit("47999.9"), "warn"),
                (
                    "no price",
                    |s| {
                        s.limit("60000");
                        s.quote = None
                    },
                    "deny",
                ),
                (
                    "not listed",
                    |s| {
                        s.limit("60000");
                        s.instrument = None
                    },
                    "deny",
                ),
                ("extreme", |s| s.limit(HUGE), "deny"),
                ("smallest", |s| s.limit("0.0000000000000000000000000001"), "warn"),
            ],
        );
        table(
            look,
            Sample::perp_short,
            &[
                ("sale, edge", |s| s.limit("58800"), "pass"),
                ("sale, just over", |s| s.limit("58799.9"), "deny"),
                ("sale, far above", |s| s.limit("72000.1"), "warn"),
            ],
        );
        table(
            look,
            Sample::close_long,
            &[
                ("a person's close", |s| s.limit("58799.9"), "deny"),
                (
                    "protection's close",
                    |s| {
                        s.limit("50000");
                        s.asker = Asker::Protection
                    },
                    "not concerned",
                ),
            ],
        );
        table(look, Sample::protect_long, &[("no order", |_| {}, "not concerned")]);
    }

    #[test]
    fn the_named_price_is_the_last_one_inside() {
        assert!(denial(look, Sample::spot_buy, |s| s.limit("65000")).would_pass.contains(" 61200 or lower"));
        assert!(denial(look, Sample::perp_short, |s| s.limit("50000")).would_pass.contains(" 58800 or higher"));
    }
}
