//! SELF_CROSS: no order trades with an own order that rests on the other side.

use crate::domain::money::Price;
use crate::domain::order::{OrderType, Side};
use crate::domain::plan::PlanKind;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Asker, Facts, Finding};

use super::finding::{deny, pass};

/// Concerns openings, spot sales and a person's or machine's closes at a limit. Closes at the market are not held up by it, and
/// a breakout meets an own order only after the market has gone through that order.
pub fn look(facts: &Facts<'_>) -> Finding {
    let plan = facts.plan;
    let Some(order) = plan.order.as_ref() else { return Finding::NotConcerned };
    let by_choice = matches!(facts.asker, Asker::Person | Asker::Machine);
    let concerned = match plan.kind {
        PlanKind::Open => !order.order_type.has_trigger(),
        PlanKind::Close => by_choice && order.order_type == OrderType::Limit && !order.at_market,
        PlanKind::Protect => false,
    };
    if !concerned {
        return Finding::NotConcerned;
    }
    let opposite = facts.resting.iter().filter(|(side, _)| *side == plan.side.opposite()).map(|(_, price)| *price);
    let (best, limit_word) = match plan.side {
        Side::Buy => (opposite.min(), "below"),
        Side::Sell => (opposite.max(), "above"),
    };
    let Some(best) = best else { return pass("no own order on the other side", "none") };
    let limit = format!("a price {limit_word} your own {} at {best}", plan.side.opposite().as_str());
    match order.price {
        Some(reach) if !crosses(plan.side, reach, best) => pass(limit, reach.to_string()),
        Some(reach) => deny(Code::SelfCross, limit.clone(), format!("reaches {reach}"), format!("{limit}, or cancel that order")),
        None => deny(Code::SelfCross, limit.clone(), "reaches any price", format!("{limit}, or cancel that order")),
    }
}

fn crosses(side: Side, reach: Price, resting: Price) -> bool {
    match side {
        Side::Buy => reach >= resting,
        Side::Sell => reach <= resting,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, price, table};
    use super::*;

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::spot_buy,
            &[
                ("nothing rests", |_| {}, "pass"),
                ("same side", |s| s.resting = vec![(Side::Buy, price("60100"))], "pass"),
                ("beyond the cap", |s| s.resting = vec![(Side::Sell, price("60300.1"))], "pass"),
                ("edge", |s| s.resting = vec![(Side::Sell, price("60300"))], "deny"),
                ("inside the cap", |s| s.resting = vec![(Side::Sell, price("70000")), (Side::Sell, price("60200"))], "deny"),
                (
                    "no price on the order",
                    |s| {
                        s.order().price = None;
                        s.resting = vec![(Side::Sell, price(HUGE))];
                    },
                    "deny",
                ),
                (
                    "a breakout",
                    |s| {
                        s.stop_entry("61000");
                        s.resting = vec![(Side::Sell, price("60500"))]
                    },
                    "not concerned",
                ),
                (
                    "missing prices change nothing",
                    |s| {
                        s.quote = None;
                        s.resting = vec![(Side::Sell, price("60300"))];
                    },
                    "deny",
                ),
            ],
        );
        table(
            look,
            Sample::perp_short,
            &[
                ("sale, beyond", |s| s.resting = vec![(Side::Buy, price("59699.9"))], "pass"),
                ("sale, edge", |s| s.resting = vec![(Side::Buy, price("50000")), (Side::Buy, price("59700"))], "deny"),
            ],
        );
        table(
            look,
            Sample::close_long,
            &[
                ("a close at the market", |s| s.resting = vec![(Side::Buy, price("59900"))], "not concerned"),
                (
                    "a close at a limit",
                    |s| {
                        s.limit("59900");
                        s.resting = vec![(Side::Buy, price("59900"))]
                    },
                    "deny",
                ),
                (
                    "protection's close",
                    |s| {
                        s.limit("59900");
                        s.asker = Asker::Protection;
                        s.resting = vec![(Side::Buy, price("59900"))];
                    },
                    "not concerned",
                ),
            ],
        );
        table(look, Sample::protect_long, &[("no order", |_| {}, "not concerned")]);
    }
}
