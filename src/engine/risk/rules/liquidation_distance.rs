//! LIQUIDATION_DISTANCE: the stop trips well before the margin runs out.

use rust_decimal::Decimal;

use crate::domain::instrument::Market;
use crate::domain::margin::MarginMode;
use crate::domain::money::{Amount, MoneyError, Price, Rounding};
use crate::domain::plan::{PlanKind, StopPlan};
use crate::domain::position::{Direction, Position, initial_margin};
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Asker, Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::{Unjudged, settle};
use super::{opening, wording};

/// Concerns perpetuals with a stop: openings, and stops that a person or machine moves where entry and liquidation price are known.
pub fn look(facts: &Facts<'_>) -> Finding {
    let plan = facts.plan;
    let Some(stop) = plan.stop.as_ref() else { return Finding::NotConcerned };
    if plan.instrument.market == Market::Spot {
        return Finding::NotConcerned;
    }
    match (plan.kind, facts.entry_price, plan.figures.liquidation_price) {
        (PlanKind::Open, _, _) => settle(Code::LiquidationDistance, judge_opening(facts, stop)),
        (PlanKind::Protect, Some(entry), Some(liquidation)) if facts.asker != Asker::Protection => {
            settle(Code::LiquidationDistance, judge(facts, stop, entry, liquidation))
        }
        (PlanKind::Protect | PlanKind::Close, _, _) => Finding::NotConcerned,
    }
}

/// Judges by the nearer of the card's liquidation price (which may count a position that is added to) and the order's own.
fn judge_opening(facts: &Facts<'_>, stop: &StopPlan) -> Result<Finding, Unjudged> {
    let entry = opening::price(facts)?;
    // A cross position has the wallet behind it: only the card's price, which counts that, says where it ends.
    let own = match facts.plan.margin_mode {
        MarginMode::Isolated => own_liquidation(facts, entry)?,
        MarginMode::Cross => None,
    };
    let nearest = match (own, facts.plan.figures.liquidation_price) {
        (Some(own), Some(card)) => Some(match facts.plan.direction {
            Direction::Long => own.max(card),
            Direction::Short => own.min(card),
        }),
        (own, card) => own.or(card),
    };
    match nearest {
        Some(liquidation) => judge(facts, stop, entry, liquidation),
        None => Ok(pass("no liquidation price", format!("a stop at {}", stop.trigger))),
    }
}

fn own_liquidation(facts: &Facts<'_>, entry: Price) -> Result<Option<Price>, Unjudged> {
    let plan = facts.plan;
    let quantity = opening::order(facts)?.quantity;
    let cost = entry.notional(quantity)?;
    let position = Position {
        instrument: plan.instrument.clone(),
        direction: plan.direction,
        quantity,
        cost,
        margin: initial_margin(plan.instrument.market, cost, plan.leverage)?,
        leverage: plan.leverage,
        margin_mode: plan.margin_mode,
        opened_at: facts.now,
    };
    Ok(opening::instrument(facts)?.liquidation_price(&position)?)
}

fn judge(facts: &Facts<'_>, stop: &StopPlan, entry: Price, liquidation: Price) -> Result<Finding, Unjudged> {
    let share = facts.limits.stop_to_liquidation_max;
    let limit = format!("at most {} of the way from {entry} to liquidation at {}", wording::percent(share), shown(liquidation));
    let way = towards_loss(facts, entry, liquidation);
    if way.value() <= Decimal::ZERO {
        return Ok(deny(Code::LiquidationDistance, limit, "no way is left: it would be liquidated at once", "a lower leverage"));
    }
    let gone = towards_loss(facts, entry, stop.trigger);
    let farthest = way.value().checked_mul(share).ok_or(MoneyError::Overflow)?;
    let actual = match gone.as_share_of(way) {
        Ok(part) => format!("{} of the way", wording::percent(part.value())),
        Err(error) => error.to_string(),
    };
    if gone.value() <= farthest {
        return Ok(pass(limit, actual));
    }
    Ok(deny(Code::LiquidationDistance, limit, actual, farthest_stop(facts, entry, Amount::new(farthest)?)))
}

/// Returns the distance from `entry` to `level`, above zero on the losing side.
fn towards_loss(facts: &Facts<'_>, entry: Price, level: Price) -> Amount {
    match facts.plan.direction {
        Direction::Long => entry.minus(level),
        Direction::Short => level.minus(entry),
    }
}

/// Names the farthest stop that passes, rounded towards the entry.
fn farthest_stop(facts: &Facts<'_>, entry: Price, farthest: Amount) -> String {
    let (distance, rounding, word) = match facts.plan.direction {
        Direction::Long => (farthest.negated(), Rounding::Up, "higher"),
        Direction::Short => (farthest, Rounding::Down, "lower"),
    };
    let on_grid = entry.plus(distance).and_then(|price| match facts.instrument {
        Some(instrument) => price.to_tick(instrument.tick, rounding),
        None => Ok(price),
    });
    match on_grid {
        Ok(price) => format!("a stop at {price} or {word}, or a lower leverage"),
        Err(_) => "a nearer stop, or a lower leverage".to_owned(),
    }
}

fn shown(price: Price) -> Decimal {
    // Liquidation prices carry twelve decimals; eight are plenty to read.
    price.value().round_dp(8).normalize()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, denial, leverage, price, quantity, table};
    use super::*;

    /// Long 0.1 at 60,000 and 10×; maintenance zero puts liquidation at 54,000 and the edge at 56,400.
    fn long() -> Sample {
        let mut sample = Sample::perp_long();
        sample.limit("60000");
        sample.plan.leverage = leverage("10");
        sample.instrument.as_mut().unwrap().maintenance = crate::domain::money::Ratio::ZERO;
        sample
    }

    #[test]
    fn table_of_openings() {
        table(
            look,
            long,
            &[
                ("inside", |_| {}, "pass"),
                ("edge", |s| s.stop("56400"), "pass"),
                ("just over", |s| s.stop("56399.9"), "deny"),
                ("behind liquidation", |s| s.stop("53000"), "deny"),
                ("the card knows a nearer liquidation", |s| s.plan.figures.liquidation_price = Some(price("59000")), "deny"),
                (
                    "a farther one does not help",
                    |s| {
                        s.plan.figures.liquidation_price = Some(price("1000"));
                        s.stop("56399.9");
                    },
                    "deny",
                ),
                (
                    "liquidated at birth",
                    |s| {
                        s.instrument.as_mut().unwrap().maintenance = crate::domain::money::Ratio::new(rust_decimal::dec!(0.2)).unwrap();
                    },
                    "deny",
                ),
                (
                    "1× long cannot be liquidated",
                    |s| {
                        s.plan.leverage = leverage("1");
                        s.stop("100")
                    },
                    "pass",
                ),
                ("no stop", |s| s.plan.stop = None, "not concerned"),
                ("not listed", |s| s.instrument = None, "deny"),
                ("no price", |s| s.quote = None, "deny"),
                ("nothing bought, nothing liquidated", |s| s.order().quantity = quantity("0"), "pass"),
                (
                    "overflow",
                    |s| {
                        s.limit(HUGE);
                        s.order().quantity = quantity(HUGE)
                    },
                    "deny",
                ),
                (
                    "spot",
                    |s| {
                        *s = Sample::spot_buy();
                        s.stop("59000")
                    },
                    "not concerned",
                ),
                ("a close", |s| *s = Sample::close_long(), "not concerned"),
            ],
        );
        table(look, Sample::perp_short, &[("a short, inside", |_| {}, "pass"), ("a short, over", |s| s.stop("68000"), "deny")]);
    }

    #[test]
    fn a_cross_opening_is_judged_by_the_wallets_price_alone() {
        table(
            look,
            long,
            &[
                (
                    "farther than the order's own",
                    |s| {
                        s.plan.margin_mode = MarginMode::Cross;
                        s.plan.figures.liquidation_price = Some(price("40000"));
                        s.stop("53000");
                    },
                    "pass",
                ),
                (
                    "nearer than the order's own",
                    |s| {
                        s.plan.margin_mode = MarginMode::Cross;
                        s.plan.figures.liquidation_price = Some(price("58500"));
                    },
                    "deny",
                ),
            ],
        );
    }

    #[test]
    fn the_named_stop_passes() {
        let refusal = denial(look, long, |s| s.stop("55000"));
        assert_eq!(refusal.would_pass, "a stop at 56400 or higher, or a lower leverage");
    }

    #[test]
    fn a_stop_that_is_moved_is_held_to_it_too() {
        let known = || {
            let mut sample = Sample::protect_long();
            sample.plan.figures.liquidation_price = Some(price("54000"));
            sample
        };
        table(
            look,
            known,
            &[
                ("inside", |_| {}, "pass"),
                ("over", |s| s.stop("56000"), "deny"),
                ("in profit", |s| s.entry_price = Some(price("55000")), "pass"),
                (
                    "entry not known",
                    |s| {
                        s.entry_price = None;
                        s.stop("56000")
                    },
                    "not concerned",
                ),
                (
                    "protection trails freely",
                    |s| {
                        s.asker = Asker::Protection;
                        s.stop("56000")
                    },
                    "not concerned",
                ),
            ],
        );
    }
}
