//! MIN_NOTIONAL: an opening order is worth a little more than the venue's minimum, so that what it buys can be sold again,
//! at its stop too.

use rust_decimal::Decimal;

use crate::domain::money::{Amount, MoneyError, Price, Quantity};
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::Unjudged;
use super::{opening, wording};

/// Concerns openings.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::MinNotional, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let plan = facts.plan;
    let quantity = opening::order(facts)?.quantity;
    let minimum = opening::instrument(facts)?.min_notional;
    let factor = facts.limits.min_notional_factor;
    let smallest = Amount::new(minimum.value().checked_mul(factor).ok_or(MoneyError::Overflow)?)?;
    let price = opening::price(facts)?;
    let notional = price.notional(quantity)?;
    if notional < smallest {
        let limit = format!("at least {} ({factor} times the venue's minimum)", wording::quote_up(plan, smallest));
        let would_pass = enough(facts, smallest, price)?;
        return Ok(deny(Code::MinNotional, limit, wording::quote_down(plan, notional), would_pass));
    }
    let limit = format!("at least {}", wording::quote_up(plan, smallest));
    let Some(stop) = plan.stop.as_ref() else { return Ok(pass(limit, wording::quote_down(plan, notional))) };
    let at_stop = stop.trigger.notional(quantity)?;
    if at_stop < minimum {
        let limit = format!("at least {} at the stop", wording::quote_up(plan, minimum));
        let would_pass = enough(facts, minimum, stop.trigger)?;
        return Ok(deny(Code::MinNotional, limit, wording::quote_down(plan, at_stop), would_pass));
    }
    Ok(pass(limit, wording::quote_down(plan, notional)))
}

/// Returns the smallest quantity on the step that is worth `smallest` at `price`, as a person would type it.
fn enough(facts: &Facts<'_>, smallest: Amount, price: Price) -> Result<String, Unjudged> {
    let step = opening::instrument(facts)?.step;
    let floor = smallest.at_price(price)?.floor_to(step)?;
    let enough = if price.notional(floor)? < smallest { floor.plus(step)? } else { floor };
    let enough = if enough.value() > Decimal::ZERO { enough } else { Quantity::new(step.value())? };
    Ok(format!("at least {}", wording::base(facts.plan, enough)))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, denial, quantity, table};
    use super::*;

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::spot_buy,
            &[
                ("inside", |_| {}, "pass"),
                (
                    "edge of 1.1 × 10 USDT",
                    |s| {
                        s.limit("55000");
                        s.order().quantity = quantity("0.0002")
                    },
                    "pass",
                ),
                (
                    "just under",
                    |s| {
                        s.limit("54999.9");
                        s.order().quantity = quantity("0.0002")
                    },
                    "deny",
                ),
                ("nothing", |s| s.order().quantity = quantity("0"), "deny"),
                (
                    "a stop where too little is left",
                    |s| {
                        s.limit("55000");
                        s.order().quantity = quantity("0.0002");
                        s.stop("49999.9");
                    },
                    "deny",
                ),
                (
                    "a stop where just enough is left",
                    |s| {
                        s.limit("55000");
                        s.order().quantity = quantity("0.0002");
                        s.stop("50000");
                    },
                    "pass",
                ),
                ("no price", |s| s.quote = None, "deny"),
                ("not listed", |s| s.instrument = None, "deny"),
                (
                    "overflow",
                    |s| {
                        s.limit(HUGE);
                        s.order().quantity = quantity(HUGE)
                    },
                    "deny",
                ),
                (
                    "a close of dust",
                    |s| {
                        *s = Sample::close_long();
                        s.order().quantity = quantity("0.00001")
                    },
                    "not concerned",
                ),
                (
                    "a sale of dust",
                    |s| {
                        *s = Sample::spot_sale();
                        s.order().quantity = quantity("0.00001")
                    },
                    "not concerned",
                ),
            ],
        );
    }

    #[test]
    fn it_names_the_smallest_order_that_passes() {
        let refusal = denial(look, Sample::spot_buy, |s| {
            s.limit("60000");
            s.order().quantity = quantity("0.0001")
        });
        assert_eq!(refusal.would_pass, "at least 0.00019 BTC");
        let mut sample = Sample::spot_buy();
        sample.limit("60000");
        sample.order().quantity = quantity("0.00019");
        assert!(matches!(look(&sample.facts()), Finding::Pass { .. }));
    }
}
