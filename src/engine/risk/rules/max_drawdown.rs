//! MAX_DRAWDOWN: far below its highest equity an account opens nothing until a person has looked.

use crate::domain::money::Amount;
use crate::domain::refusal::Code;
use crate::engine::risk::continuous;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::pass;
use super::unjudged::Unjudged;
use super::{opening, wording};

/// Concerns openings. The same limit is watched between orders; this is its look before one.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::MaxDrawdown, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let equity = opening::equity(facts)?;
    Ok(match continuous::drawdown_breached(equity, facts.peak_equity, facts.limits) {
        Some(refusal) => Finding::Deny(refusal),
        None => {
            let limit = format!("a loss below {} of the highest equity", wording::percent(facts.limits.drawdown_share_max));
            let lost = facts.peak_equity.minus(equity)?.max(Amount::ZERO);
            pass(limit, format!("{} lost", wording::quote_up(facts.plan, lost)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, amount, table};
    use super::*;
    use crate::engine::risk::limits::Limits;

    fn live() -> Sample {
        Sample { limits: Limits::live(), ..Sample::spot_buy() }
    }

    #[test]
    fn table_of_cases() {
        table(
            look,
            live,
            &[
                ("at the peak", |_| {}, "pass"),
                ("just inside", |s| s.equity = Some(amount("90000.01")), "pass"),
                ("edge: reached", |s| s.equity = Some(amount("90000")), "deny"),
                ("paper", |s| (s.limits, s.equity) = (Limits::paper(), Some(amount("50000.01"))), "pass"),
                ("paper, reached", |s| (s.limits, s.equity) = (Limits::paper(), Some(amount("50000"))), "deny"),
                ("no equity", |s| s.equity = None, "deny"),
                ("extreme", |s| (s.equity, s.peak_equity) = (Some(amount("-1000000000000000")), amount(HUGE)), "deny"),
                ("a close", |s| *s = Sample { equity: Some(amount("1")), ..Sample::close_long() }, "not concerned"),
                ("a stop", |s| *s = Sample { equity: Some(amount("1")), ..Sample::protect_long() }, "not concerned"),
            ],
        );
    }
}
