//! SLIPPAGE_CAP: a market order carries the worst price it may pay, and that price lies near the mid.

use rust_decimal::Decimal;

use crate::domain::money::{MoneyError, Ratio, Rounding};
use crate::domain::order::{OrderType, Side};
use crate::domain::plan::{MainOrder, PlanKind};
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Asker, Facts, Finding, Stage};

use super::finding::{deny, pass};
use super::unjudged::{Unjudged, settle};
use super::{opening, wording};

/// Concerns market orders, and breakouts whose trigger already lies behind the market. Only protection and stop words may
/// close without a cap: the last rung of an emergency.
pub fn look(facts: &Facts<'_>) -> Finding {
    let Some(order) = facts.plan.order.as_ref() else { return Finding::NotConcerned };
    let emergency = facts.plan.kind == PlanKind::Close && matches!(facts.asker, Asker::StopWord | Asker::Protection);
    match order.order_type {
        OrderType::StopMarket | OrderType::StopLimit if facts.plan.kind == PlanKind::Open => {
            settle(Code::SlippageCap, judge_breakout(facts, order))
        }
        OrderType::Market if emergency => pass("an emergency close needs no cap", "no cap"),
        OrderType::Market => deny(Code::SlippageCap, "a market order with a cap", "no cap", "the same order with a limit price"),
        // Without a price there is nothing to measure the cap by; an emergency close does not wait for one.
        OrderType::Limit if order.at_market && emergency && facts.quote.is_none() => Finding::NotConcerned,
        OrderType::Limit if order.at_market => settle(Code::SlippageCap, judge(facts, order)),
        _ => Finding::NotConcerned,
    }
}

fn judge(facts: &Facts<'_>, order: &MainOrder) -> Result<Finding, Unjudged> {
    let mid = opening::quote(facts)?.mid();
    let cap = order.price.ok_or(Unjudged::NoOrder)?;
    let share = allowed(facts)?;
    let change = cap.change_from(mid)?;
    let (worse, ratio, rounding, better) = match facts.plan.side {
        Side::Buy => (change.value(), Ratio::new(share)?, Rounding::Down, "or lower"),
        Side::Sell => (change.negated().value(), Ratio::new(-share)?, Rounding::Up, "or higher"),
    };
    let limit = format!("a cap within {} of {mid}", wording::percent(share));
    let actual = format!("{cap}, {} worse", wording::percent(worse));
    if worse <= share {
        return Ok(pass(limit, actual));
    }
    let bound = mid.moved_by(ratio)?;
    let bound = facts.instrument.map_or(Ok(bound), |instrument| bound.to_tick(instrument.tick, rounding))?;
    Ok(deny(Code::SlippageCap, limit, actual, format!("a cap of {bound} {better}")))
}

/// Returns how far from the mid the cap may lie. After the tap the card's band is added: the cap is frozen on the card while
/// the mid moves, and leaving the band is the card's own refusal.
fn allowed(facts: &Facts<'_>) -> Result<Decimal, Unjudged> {
    let limits = facts.limits;
    let share = match facts.plan.kind {
        PlanKind::Close => limits.slippage_emergency,
        PlanKind::Open | PlanKind::Protect => opening::by_depth(opening::instrument(facts)?, limits.slippage_major, limits.slippage_other),
    };
    match facts.stage {
        Stage::Check => Ok(share),
        Stage::Approve => share.checked_add(limits.card_band).ok_or(Unjudged::Number(MoneyError::Overflow)),
    }
}

/// A breakout behind the market would fire at once, as a market order without a cap.
fn judge_breakout(facts: &Facts<'_>, order: &MainOrder) -> Result<Finding, Unjudged> {
    let mark = opening::quote(facts)?.mark;
    let trigger = order.trigger.ok_or(Unjudged::NoOrder)?;
    let (ahead, word) = match facts.plan.side {
        Side::Buy => (trigger > mark, "above"),
        Side::Sell => (trigger < mark, "below"),
    };
    let limit = format!("a trigger {word} {mark}");
    if ahead {
        return Ok(pass(limit, trigger.to_string()));
    }
    let actual = format!("{trigger}: it would fire at once, without a cap");
    Ok(deny(Code::SlippageCap, limit.clone(), actual, format!("{limit}, or a market order")))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, denial, price, table};
    use super::*;

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::spot_buy,
            &[
                ("edge of 0.5 %", |_| {}, "pass"),
                ("just over", |s| s.order().price = Some(price("60300.1")), "deny"),
                (
                    "other instruments have 1 %",
                    |s| {
                        s.order().price = Some(price("60600"));
                        s.instrument.as_mut().unwrap().major = false;
                    },
                    "pass",
                ),
                (
                    "after the tap the mid may have moved inside the band",
                    |s| {
                        s.market_at("59800");
                        s.stage = Stage::Approve;
                    },
                    "pass",
                ),
                (
                    "but not further",
                    |s| {
                        s.market_at("59000");
                        s.stage = Stage::Approve
                    },
                    "deny",
                ),
                ("no cap price", |s| s.order().price = None, "deny"),
                ("no cap at all", |s| s.order().order_type = OrderType::Market, "deny"),
                ("no price", |s| s.quote = None, "deny"),
                ("not listed", |s| s.instrument = None, "deny"),
                ("extreme", |s| s.order().price = Some(price(HUGE)), "deny"),
                ("a limit", |s| s.limit("60000"), "not concerned"),
                ("a breakout ahead", |s| s.stop_entry("60000.1"), "pass"),
                ("a breakout at the mark", |s| s.stop_entry("60000"), "deny"),
                (
                    "a breakout without a price",
                    |s| {
                        s.stop_entry("60000.1");
                        s.quote = None
                    },
                    "deny",
                ),
            ],
        );
        table(
            look,
            Sample::perp_short,
            &[
                ("sale, edge", |_| {}, "pass"),
                ("sale, over", |s| s.order().price = Some(price("59699.9")), "deny"),
                ("sale, breakout behind", |s| s.stop_entry("60000.1"), "deny"),
            ],
        );
    }

    #[test]
    fn closes_may_slip_further() {
        table(
            look,
            Sample::close_long,
            &[
                ("edge of 5 %", |s| s.order().price = Some(price("57000")), "pass"),
                ("over", |s| s.order().price = Some(price("56999.9")), "deny"),
                ("a person's close needs a cap", |s| s.order().order_type = OrderType::Market, "deny"),
                (
                    "protection's last rung does not",
                    |s| {
                        s.order().order_type = OrderType::Market;
                        s.asker = Asker::Protection;
                    },
                    "pass",
                ),
                ("protection without a price", |s| (s.quote, s.asker) = (None, Asker::Protection), "not concerned"),
                ("not listed", |s| s.instrument = None, "pass"),
            ],
        );
        table(look, Sample::protect_long, &[("no order", |_| {}, "not concerned")]);
    }

    #[test]
    fn the_named_cap_is_the_last_one_inside() {
        let refusal = denial(look, Sample::spot_buy, |s| s.order().price = Some(price("61000")));
        assert!(refusal.would_pass.contains(" 60300 or lower"), "{refusal}");
    }
}
