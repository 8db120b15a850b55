//! MAX_ORDER_QTY: an order far above what this person usually trades is looked at twice.

use rust_decimal::Decimal;

use crate::domain::money::{MoneyError, Quantity};
use crate::domain::refusal::{Code, Refusal};
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{pass, second_look};
use super::unjudged::Unjudged;
use super::{opening, wording};

/// Concerns openings of somebody with enough history: a second card for a person, a denial for a machine.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::MaxOrderQty, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let plan = facts.plan;
    let quantity = opening::order(facts)?.quantity;
    let factor = facts.limits.quantity_median_factor;
    let usual = match median(facts.usual_quantities)? {
        Some(median) if facts.usual_quantities.len() >= facts.limits.quantity_median_orders_min => median,
        _ => return Ok(pass("no usual quantity yet", wording::base(plan, quantity))),
    };
    let largest = Quantity::new(usual.value().checked_mul(factor).ok_or(MoneyError::Overflow)?)?;
    let limit = format!("{} ({factor} times your usual {})", wording::base(plan, largest), wording::base(plan, usual));
    let actual = wording::base(plan, quantity);
    if quantity <= largest {
        return Ok(pass(limit, actual));
    }
    let text = format!("Really {actual}? Your usual order is {}.", wording::base(plan, usual));
    let would_pass = format!("at most {}", wording::base(plan, largest.floor_to(opening::instrument(facts)?.step)?));
    Ok(second_look(facts, Refusal::new(Code::MaxOrderQty, limit, actual, would_pass), text))
}

/// Returns the median; of an even count the mean of the middle two.
fn median(quantities: &[Quantity]) -> Result<Option<Quantity>, MoneyError> {
    let mut sorted = quantities.to_vec();
    sorted.sort_unstable();
    let upper = sorted.get(sorted.len() / 2).copied();
    let lower = sorted.len().checked_sub(1).and_then(|last| sorted.get(last / 2)).copied();
    match (lower, upper) {
        (Some(lower), Some(upper)) if lower != upper => {
            let mean = lower.plus(upper)?.value().checked_div(Decimal::TWO).ok_or(MoneyError::Overflow)?;
            Quantity::new(mean).map(Some)
        }
        (lower, _) => Ok(lower),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, denial, quantity, table};
    use super::*;
    use crate::engine::risk::facts::{Asker, Stage};

    fn usual() -> Sample {
        let usual_quantities = ["0.01", "0.02", "0.01", "0.5", "0.01"].map(quantity).to_vec();
        Sample { usual_quantities, ..Sample::spot_buy() }
    }

    #[test]
    fn table_of_cases() {
        table(
            look,
            usual,
            &[
                ("edge of 10 times the median", |s| s.order().quantity = quantity("0.1"), "pass"),
                ("just over", |s| s.order().quantity = quantity("0.10001"), "second card"),
                (
                    "after the tap",
                    |s| {
                        s.order().quantity = quantity("0.10001");
                        s.stage = Stage::Approve
                    },
                    "pass",
                ),
                (
                    "a machine",
                    |s| {
                        s.order().quantity = quantity("0.10001");
                        s.asker = Asker::Machine
                    },
                    "deny",
                ),
                (
                    "a machine after approval",
                    |s| {
                        s.order().quantity = quantity("0.10001");
                        (s.asker, s.stage) = (Asker::Machine, Stage::Approve);
                    },
                    "deny",
                ),
                (
                    "too little history",
                    |s| {
                        s.order().quantity = quantity("9");
                        s.usual_quantities.truncate(4)
                    },
                    "pass",
                ),
                ("no history", |s| s.usual_quantities.clear(), "pass"),
                ("no order", |s| s.plan.order = None, "deny"),
                ("overflow", |s| s.usual_quantities = vec![quantity(HUGE); 5], "deny"),
                ("a close", |s| *s = Sample { plan: Sample::close_long().plan, ..usual() }, "not concerned"),
            ],
        );
    }

    #[test]
    fn median_of_an_even_count_is_the_mean_of_the_middle_two() {
        let quantities = ["0.4", "0.1", "0.2", "9"].map(quantity);
        assert_eq!(median(&quantities), Ok(Some(quantity("0.3"))));
        assert_eq!(median(&quantities[..1]), Ok(Some(quantity("0.4"))));
        assert_eq!(median(&[]), Ok(None));
    }

    #[test]
    fn it_says_how_much_would_pass() {
        let refusal = denial(look, usual, |s| {
            s.order().quantity = quantity("1");
            s.asker = Asker::Machine
        });
        assert_eq!(refusal.would_pass, "at most 0.1 BTC");
    }
}
