//! MAX_LEVERAGE: the account's limit and the venue's, whichever is lower.

use crate::domain::money::Amount;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::opening;
use super::unjudged::Unjudged;

/// Concerns openings; on spot the venue's limit is one.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::MaxLeverage, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let instrument = opening::instrument(facts)?;
    // A venue allows less of it the more is held; what the position holds already counts.
    let held = match facts.position {
        Some((direction, quantity)) if direction == facts.plan.direction => facts.plan.figures.price.notional(quantity)?,
        _ => Amount::ZERO,
    };
    let notional = facts.plan.figures.notional.plus(held)?;
    let largest = facts.limits.leverage_max.min(instrument.leverage_max_at(notional)?.value()).normalize();
    let leverage = facts.plan.leverage;
    let (limit, actual) = (largest.to_string(), leverage.to_string());
    if leverage.value() <= largest {
        return Ok(pass(limit, actual));
    }
    Ok(deny(Code::MaxLeverage, limit, actual, format!("{largest}x or less")))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, denial, leverage, table};
    use super::*;
    use crate::engine::risk::limits::Limits;

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::perp_long,
            &[
                ("inside", |_| {}, "pass"),
                ("edge", |s| s.plan.leverage = leverage("20"), "pass"),
                ("just over", |s| s.plan.leverage = leverage("20.01"), "deny"),
                ("live edge", |s| (s.limits, s.plan.leverage) = (Limits::live(), leverage("3")), "pass"),
                ("live, over", |s| s.limits = Limits::live(), "deny"),
                ("the venue's limit", |s| s.instrument.as_mut().unwrap().leverage_max = leverage("4"), "deny"),
                (
                    "spot has none",
                    |s| {
                        *s = Sample::spot_buy();
                        s.plan.leverage = leverage("2")
                    },
                    "deny",
                ),
                ("not listed", |s| s.instrument = None, "deny"),
                ("extreme", |s| s.plan.leverage = leverage(HUGE), "deny"),
                (
                    "a close",
                    |s| {
                        *s = Sample::close_long();
                        s.plan.leverage = leverage("50")
                    },
                    "not concerned",
                ),
            ],
        );
    }

    #[test]
    fn it_speaks_as_people_type() {
        let refusal = denial(look, Sample::perp_long, |s| s.plan.leverage = leverage("50"));
        let spoken = (refusal.limit.as_str(), refusal.actual.as_str(), refusal.would_pass.as_str());
        assert_eq!(spoken, ("20", "50", "20x or less"));
    }
}
