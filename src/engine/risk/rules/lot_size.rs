//! LOT_SIZE: a quantity is above zero and a multiple of the venue's step. Exits are held to it like everything else.

use crate::domain::money::{MoneyError, Quantity};
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::{Unjudged, settle};
use super::{opening, wording};

/// Concerns every plan with an order. Exits that rest with a position are sized by the venue.
pub fn look(facts: &Facts<'_>) -> Finding {
    match facts.plan.order.as_ref() {
        Some(order) => settle(Code::LotSize, judge(facts, order.quantity)),
        None => Finding::NotConcerned,
    }
}

fn judge(facts: &Facts<'_>, quantity: Quantity) -> Result<Finding, Unjudged> {
    let plan = facts.plan;
    let step = opening::instrument(facts)?.step;
    let limit = format!("a multiple of {}", wording::base(plan, step));
    let actual = wording::base(plan, quantity);
    let rest = quantity.value().checked_rem(step.value()).ok_or(MoneyError::Overflow)?;
    if rest.is_zero() && !quantity.is_zero() {
        return Ok(pass(limit, actual));
    }
    let floor = quantity.floor_to(step)?;
    let would_pass = if floor.is_zero() { format!("at least {}", wording::base(plan, step)) } else { wording::base(plan, floor) };
    Ok(deny(Code::LotSize, limit, actual, would_pass))
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
                ("on the step", |_| {}, "pass"),
                ("one step", |s| s.order().quantity = quantity("0.00001"), "pass"),
                ("off it", |s| s.order().quantity = quantity("0.100001"), "deny"),
                ("nothing", |s| s.order().quantity = quantity("0"), "deny"),
                ("less than a step", |s| s.order().quantity = quantity("0.000009"), "deny"),
                ("the smallest number there is", |s| s.order().quantity = quantity("0.0000000000000000000000000001"), "deny"),
                ("the largest number there is", |s| s.order().quantity = quantity(HUGE), "pass"),
                ("not listed", |s| s.instrument = None, "deny"),
                ("a step of zero", |s| s.instrument.as_mut().unwrap().step = quantity("0"), "deny"),
                (
                    "a step of many digits",
                    |s| {
                        s.order().quantity = quantity(HUGE);
                        s.instrument.as_mut().unwrap().step = quantity("0.0000000000000000000000000003");
                    },
                    "deny",
                ),
            ],
        );
        table(
            look,
            Sample::close_long,
            &[("a close on the step", |_| {}, "pass"), ("a close off it", |s| s.order().quantity = quantity("0.100001"), "deny")],
        );
        table(look, Sample::protect_long, &[("no order", |_| {}, "not concerned")]);
    }

    #[test]
    fn it_names_the_step_below() {
        let refusal = denial(look, Sample::spot_buy, |s| s.order().quantity = quantity("0.123456"));
        assert_eq!(refusal.would_pass, "0.12345 BTC");
        let refusal = denial(look, Sample::spot_buy, |s| s.order().quantity = quantity("0.000001"));
        assert_eq!(refusal.would_pass, "at least 0.00001 BTC");
    }
}
