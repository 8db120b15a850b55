//! REDUCE_ONLY_WOULD_INCREASE: an exit is on the closing side and never larger than what it closes (invariant 8 of the simulation).

use rust_decimal::Decimal;

use crate::domain::instrument::Market;
use crate::domain::money::Quantity;
use crate::domain::order::Side;
use crate::domain::plan::{MainOrder, Plan, PlanKind};
use crate::domain::position::Direction;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Asker, Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::{Unjudged, settle};
use super::{opening, wording};

const CODE: Code = Code::ReduceOnlyWouldIncrease;

/// Concerns every plan. Openings are held to it where they have targets, meet a position the other way (which they would reduce
/// or flip, while their card speaks of a new one), or come from those who may only exit.
pub fn look(facts: &Facts<'_>) -> Finding {
    let exits_only = matches!(facts.asker, Asker::StopWord | Asker::Protection);
    match facts.plan.kind {
        PlanKind::Open if exits_only && opening::raises_risk(facts.plan) => {
            deny(CODE, "exits only", "an opening order", "a card that you confirm")
        }
        PlanKind::Open => against(facts)
            .or_else(|| oversized_targets(facts.plan))
            .unwrap_or_else(|| pass("an opening that meets no position the other way", "none")),
        PlanKind::Close => settle(CODE, judge_close(facts)),
        PlanKind::Protect => judge_protect(facts),
    }
}

/// Returns the denial of an opening on a perpetual whose position goes the other way.
fn against(facts: &Facts<'_>) -> Option<Finding> {
    let plan = facts.plan;
    let (held, quantity) = facts.position?;
    if plan.instrument.market == Market::Spot || held == plan.direction {
        return None;
    }
    let limit = format!("no {} while a {} is open", plan.direction.as_str(), held.as_str());
    let actual = format!("a {} of {} is open", held.as_str(), wording::base(plan, quantity));
    Some(deny(CODE, limit, actual, format!("close {} first", plan.instrument.symbol)))
}

fn judge_close(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let plan = facts.plan;
    let order = opening::order(facts)?;
    let Some((direction, held)) = facts.position else { return Ok(no_position(plan)) };
    if let Some(denial) = wrong_side(plan, direction) {
        return Ok(denial);
    }
    let limit = format!("at most {} ({})", wording::base(plan, held), direction.as_str());
    let actual = wording::base(plan, order.quantity);
    if order.quantity > held {
        return Ok(deny(CODE, limit, actual, format!("at most {}", wording::base(plan, closable(facts, held)))));
    }
    if !marked(plan, order) {
        return Ok(deny(CODE, "a close that may only reduce", "an order that could open", "the same close, marked reduce-only"));
    }
    Ok(pass(limit, actual))
}

/// On a perpetual the venue itself must be told; on spot a sale cannot go below zero.
fn marked(plan: &Plan, order: &MainOrder) -> bool {
    order.reduce_only || plan.instrument.market == Market::Spot
}

fn closable(facts: &Facts<'_>, held: Quantity) -> Quantity {
    facts.instrument.and_then(|instrument| held.floor_to(instrument.step).ok()).unwrap_or(held)
}

fn judge_protect(facts: &Facts<'_>) -> Finding {
    let plan = facts.plan;
    let Some((direction, held)) = facts.position else { return no_position(plan) };
    wrong_side(plan, direction)
        .or_else(|| oversized_targets(plan))
        .unwrap_or_else(|| pass(format!("exits of {} ({})", wording::base(plan, held), direction.as_str()), "not more"))
}

fn no_position(plan: &Plan) -> Finding {
    let limit = format!("a position in {}", plan.instrument);
    deny(CODE, limit, "none is open", "`positions` shows what is open")
}

fn wrong_side(plan: &Plan, held: Direction) -> Option<Finding> {
    let closing = held.closing_side();
    if plan.side == closing && plan.direction == held {
        return None;
    }
    let word = |side: Side| match side {
        Side::Buy => "a buy",
        Side::Sell => "a sale",
    };
    let limit = format!("{} (the position is {})", word(closing), held.as_str());
    let actual = format!("{} of a {}", word(plan.side), plan.direction.as_str());
    Some(deny(CODE, limit, actual, format!("close {}", plan.instrument.symbol)))
}

/// Returns a denial if the targets together are larger than the position, or one of them is nothing.
fn oversized_targets(plan: &Plan) -> Option<Finding> {
    let total = plan.targets.iter().try_fold(Decimal::ZERO, |sum, target| sum.checked_add(target.share.value()));
    let each_counts = plan.targets.iter().all(|target| target.share.value() > Decimal::ZERO);
    let actual = match total {
        Some(total) if total <= Decimal::ONE && each_counts => return None,
        Some(total) if each_counts => wording::percent(total),
        Some(_) => "a target of nothing".to_owned(),
        None => "more than can be counted".to_owned(),
    };
    Some(deny(CODE, "targets of 100 % together", actual, "targets above 0 %, of 100 % together at most"))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, denial, quantity, ratio, table};
    use super::*;
    use crate::domain::plan::TargetPlan;

    #[test]
    fn table_of_closes() {
        table(
            look,
            Sample::close_long,
            &[
                ("a part", |_| {}, "pass"),
                ("edge: all of it", |s| s.order().quantity = quantity("0.2"), "pass"),
                ("just more", |s| s.order().quantity = quantity("0.20001"), "deny"),
                ("extreme", |s| s.order().quantity = quantity(HUGE), "deny"),
                ("no position", |s| s.position = None, "deny"),
                ("no order", |s| s.plan.order = None, "deny"),
                ("not marked", |s| s.order().reduce_only = false, "deny"),
                (
                    "not marked on spot",
                    |s| {
                        s.order().reduce_only = false;
                        s.plan.instrument.market = Market::Spot
                    },
                    "pass",
                ),
                ("wrong side", |s| s.plan.side = Side::Buy, "deny"),
                ("wrong direction", |s| s.position = Some((Direction::Short, quantity("0.2"))), "deny"),
                (
                    "a stop word is held to it",
                    |s| {
                        s.order().quantity = quantity("0.3");
                        s.asker = Asker::StopWord
                    },
                    "deny",
                ),
                (
                    "and protection",
                    |s| {
                        s.order().quantity = quantity("0.3");
                        s.asker = Asker::Protection
                    },
                    "deny",
                ),
            ],
        );
    }

    #[test]
    fn table_of_exits_and_openings() {
        table(
            look,
            Sample::protect_long,
            &[
                ("exits of the position", |_| {}, "pass"),
                ("no position", |s| s.position = None, "deny"),
                ("the other way", |s| s.position = Some((Direction::Short, quantity("0.2"))), "deny"),
                ("targets of more than all", |s| s.plan.targets.push(s.plan.targets[0].clone()), "deny"),
            ],
        );
        table(
            look,
            Sample::perp_long,
            &[
                ("targets of all", |_| {}, "pass"),
                ("targets of more", |s| s.plan.targets[0].share = ratio("1.0001"), "deny"),
                ("a target of nothing", |s| s.plan.targets.push(TargetPlan { share: ratio("0"), ..s.plan.targets[0].clone() }), "deny"),
                ("a negative target", |s| s.plan.targets[0].share = ratio("-1"), "deny"),
                ("no targets", |s| s.plan.targets.clear(), "pass"),
                ("adding to a long", |s| s.position = Some((Direction::Long, quantity("1"))), "pass"),
                ("against a short", |s| s.position = Some((Direction::Short, quantity("1"))), "deny"),
                ("protection may not open", |s| s.asker = Asker::Protection, "deny"),
                ("nor a stop word", |s| s.asker = Asker::StopWord, "deny"),
            ],
        );
    }

    #[test]
    fn it_names_what_can_be_closed() {
        let refusal = denial(look, Sample::close_long, |s| s.order().quantity = quantity("0.3"));
        assert_eq!(refusal.would_pass, "at most 0.2 BTC");
    }
}
