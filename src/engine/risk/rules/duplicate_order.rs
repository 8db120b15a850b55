//! DUPLICATE_ORDER: the same order again within moments is more often a slip than a wish.

use crate::domain::money::{MoneyError, Quantity};
use crate::domain::plan::PlanKind;
use crate::domain::refusal::{Code, Refusal};
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{pass, second_look};
use super::unjudged::{Unjudged, settle};
use super::{opening, wording};

/// Concerns openings and spot sales: a second card for a person, a denial for a machine.
pub fn look(facts: &Facts<'_>) -> Finding {
    match facts.plan.kind {
        PlanKind::Open => settle(Code::DuplicateOrder, judge(facts)),
        PlanKind::Close | PlanKind::Protect => Finding::NotConcerned,
    }
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let quantity = opening::order(facts)?.quantity;
    let window_ms = facts.limits.duplicate_window_ms;
    let limit = format!("no such order in the last {}", wording::duration(window_ms));
    for (at, earlier) in facts.similar_opens {
        let age_ms = facts.now.since(*at);
        if age_ms > window_ms || !is_same(facts, quantity, *earlier)? {
            continue;
        }
        let side = facts.plan.side.as_str();
        let ago = wording::duration(age_ms);
        let same = wording::base(facts.plan, *earlier);
        let actual = format!("{side} {same} {ago} ago");
        let text = format!("Really {side} again? You confirmed {same} {ago} ago.");
        let wait = wording::duration(window_ms.saturating_sub(age_ms).saturating_add(1));
        let refusal = Refusal::new(Code::DuplicateOrder, limit, actual, format!("the same order in {wait}, or another quantity"));
        return Ok(second_look(facts, refusal, text));
    }
    Ok(pass(limit, "none"))
}

/// Tells whether the two differ by the allowed share of the earlier one at most.
fn is_same(facts: &Facts<'_>, quantity: Quantity, earlier: Quantity) -> Result<bool, Unjudged> {
    let apart = quantity.saturating_minus(earlier).max(earlier.saturating_minus(quantity));
    let near = earlier.value().checked_mul(facts.limits.duplicate_quantity_share).ok_or(MoneyError::Overflow)?;
    Ok(apart.value() <= near)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, quantity, table};
    use super::*;
    use crate::domain::time::Timestamp;
    use crate::engine::risk::facts::{Asker, Stage};

    fn earlier(sample: &mut Sample, ms: i64, text: &str) {
        sample.similar_opens.push((sample.now.plus_ms(-ms), quantity(text)));
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "one table")]
    fn table_of_cases() {
        table(
            look,
            Sample::spot_buy,
            &[
                ("none before", |_| {}, "pass"),
                ("the same", |s| earlier(s, 1_000, "0.1"), "second card"),
                ("edge of the window", |s| earlier(s, 30_000, "0.1"), "second card"),
                ("just older", |s| earlier(s, 30_001, "0.1"), "pass"),
                (
                    "edge of 1 %",
                    |s| {
                        earlier(s, 1_000, "0.1");
                        s.order().quantity = quantity("0.101")
                    },
                    "second card",
                ),
                (
                    "just more",
                    |s| {
                        earlier(s, 1_000, "0.1");
                        s.order().quantity = quantity("0.10101")
                    },
                    "pass",
                ),
                (
                    "edge below",
                    |s| {
                        earlier(s, 1_000, "0.1");
                        s.order().quantity = quantity("0.099")
                    },
                    "second card",
                ),
                (
                    "after the tap",
                    |s| {
                        earlier(s, 1_000, "0.1");
                        s.stage = Stage::Approve
                    },
                    "pass",
                ),
                (
                    "a machine",
                    |s| {
                        earlier(s, 1_000, "0.1");
                        s.asker = Asker::Machine
                    },
                    "deny",
                ),
                (
                    "another among several",
                    |s| {
                        earlier(s, 2_000, "5");
                        earlier(s, 1_000, "0.1")
                    },
                    "second card",
                ),
                ("no order", |s| s.plan.order = None, "deny"),
                (
                    "extreme numbers",
                    |s| {
                        earlier(s, 0, HUGE);
                        s.similar_opens.push((Timestamp::from_ms(i64::MAX), quantity("0.1")));
                    },
                    "second card",
                ),
                (
                    "a sale",
                    |s| {
                        *s = Sample::spot_sale();
                        earlier(s, 1_000, "0.1")
                    },
                    "second card",
                ),
                (
                    "a close",
                    |s| {
                        *s = Sample::close_long();
                        earlier(s, 1_000, "0.1")
                    },
                    "not concerned",
                ),
            ],
        );
    }
}
