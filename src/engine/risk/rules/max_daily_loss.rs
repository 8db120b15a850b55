//! MAX_DAILY_LOSS: after a bad day nothing is opened before midnight UTC.

use crate::domain::refusal::Code;
use crate::engine::risk::continuous;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::pass;
use super::unjudged::Unjudged;
use super::{opening, wording};

/// Concerns openings. The same limit is watched between orders; this is its look before one.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::MaxDailyLoss, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let equity = opening::equity(facts)?;
    Ok(match continuous::daily_loss_breached(equity, facts.day_equity, facts.limits) {
        Some(refusal) => Finding::Deny(refusal),
        None => {
            let limit = format!("a loss below {} since midnight UTC", wording::percent(facts.limits.daily_loss_share_max));
            let lost = facts.day_equity.minus(equity)?.max(crate::domain::money::Amount::ZERO);
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
                ("no loss", |_| {}, "pass"),
                ("a gain", |s| s.equity = Some(amount("150000")), "pass"),
                ("just inside", |s| s.equity = Some(amount("97000.01")), "pass"),
                ("edge: reached", |s| s.equity = Some(amount("97000")), "deny"),
                ("over", |s| s.equity = Some(amount("90000")), "deny"),
                ("paper", |s| (s.limits, s.equity) = (Limits::paper(), Some(amount("80000.01"))), "pass"),
                ("paper, reached", |s| (s.limits, s.equity) = (Limits::paper(), Some(amount("80000"))), "deny"),
                ("no equity", |s| s.equity = None, "deny"),
                ("nothing left", |s| s.equity = Some(amount("0")), "deny"),
                ("extreme", |s| (s.equity, s.day_equity) = (Some(amount("-1000000000000000")), amount(HUGE)), "deny"),
                ("a close", |s| *s = Sample { equity: Some(amount("1")), ..Sample::close_long() }, "not concerned"),
                ("a sale", |s| *s = Sample { equity: Some(amount("1")), ..Sample::spot_sale() }, "not concerned"),
            ],
        );
    }
}
