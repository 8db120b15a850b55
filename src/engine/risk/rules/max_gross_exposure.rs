//! MAX_GROSS_EXPOSURE: how much may hang on the market altogether.

use crate::domain::instrument::Market;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::max_symbol_exposure::{Scope, judge_exposure};
use super::opening;
use super::unjudged::Unjudged;

/// Concerns openings. Longs and shorts add up: a hedge is not counted as none.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::MaxGrossExposure, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let share = match facts.plan.instrument.market {
        Market::Spot => facts.limits.gross_exposure_share_max,
        Market::Perp => facts.limits.gross_exposure_perp_share_max,
    };
    let scope = Scope { code: Code::MaxGrossExposure, existing: facts.gross_exposure, share, name: "all pairs together".to_owned() };
    judge_exposure(facts, &scope)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, amount, denial, table};
    use super::*;
    use crate::engine::risk::limits::Limits;

    /// 100,000 USDT are allowed; the order is worth 6,000 at mark.
    fn live() -> Sample {
        Sample { limits: Limits::live(), ..Sample::spot_buy() }
    }

    #[test]
    fn table_of_cases() {
        table(
            look,
            live,
            &[
                ("inside", |_| {}, "pass"),
                ("edge", |s| s.gross_exposure = amount("94000"), "pass"),
                ("just over", |s| s.gross_exposure = amount("94000.01"), "deny"),
                (
                    "a perpetual has twice the room",
                    |s| (*s, s.gross_exposure) = (Sample { limits: Limits::live(), ..Sample::perp_long() }, amount("194000")),
                    "pass",
                ),
                (
                    "and no more",
                    |s| (*s, s.gross_exposure) = (Sample { limits: Limits::live(), ..Sample::perp_long() }, amount("194000.01")),
                    "deny",
                ),
                ("paper has room", |s| (s.limits, s.gross_exposure) = (Limits::paper(), amount("1994000")), "pass"),
                ("paper has an end", |s| (s.limits, s.gross_exposure) = (Limits::paper(), amount("1994000.01")), "deny"),
                ("no equity", |s| s.equity = None, "deny"),
                ("no price", |s| s.quote = None, "deny"),
                ("overflow", |s| s.gross_exposure = amount(HUGE), "deny"),
                ("a close", |s| *s = Sample { gross_exposure: amount(HUGE), ..Sample::close_long() }, "not concerned"),
            ],
        );
    }

    #[test]
    fn it_says_what_still_fits() {
        assert_eq!(denial(look, live, |s| s.gross_exposure = amount("97000")).would_pass, "at most 0.05 BTC");
    }
}
