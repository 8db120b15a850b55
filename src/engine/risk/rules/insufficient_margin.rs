//! INSUFFICIENT_MARGIN: on a perpetual, margin and fee fit into what is free; a buffer stays for fees.

use crate::domain::instrument::Market;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::insufficient_balance::judge_cost;
use super::opening;
use super::unjudged::Unjudged;

/// Concerns openings of perpetuals. What is needed is the margin, the fee of the whole notional and the buffer.
pub fn look(facts: &Facts<'_>) -> Finding {
    match facts.plan.instrument.market {
        Market::Spot => Finding::NotConcerned,
        Market::Perp => opening::look(facts, Code::InsufficientMargin, judge),
    }
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    judge_cost(facts, Code::InsufficientMargin)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, amount, denial, quantity, table};
    use super::*;

    #[test]
    fn table_of_cases() {
        // 0.1 BTC at 60,000 and 5×: 1,200 margin + 6 fee + 12 buffer.
        table(
            look,
            Sample::perp_long,
            &[
                ("plenty", |_| {}, "pass"),
                (
                    "edge",
                    |s| {
                        s.limit("60000");
                        s.free_quote = amount("1218")
                    },
                    "pass",
                ),
                (
                    "just over",
                    |s| {
                        s.limit("60000");
                        s.free_quote = amount("1217.999999")
                    },
                    "deny",
                ),
                ("nothing free", |s| s.free_quote = amount("0"), "deny"),
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
                ("spot", |s| *s = Sample::spot_buy(), "not concerned"),
                (
                    "a close",
                    |s| {
                        *s = Sample::close_long();
                        s.free_quote = amount("0")
                    },
                    "not concerned",
                ),
                ("a stop", |s| *s = Sample::protect_long(), "not concerned"),
            ],
        );
    }

    #[test]
    fn what_it_says_would_pass_does() {
        let spoil = |s: &mut Sample| {
            s.limit("60000");
            s.free_quote = amount("100")
        };
        assert_eq!(denial(look, Sample::perp_long, spoil).would_pass, "at most 0.00821 BTC");
        let mut sample = Sample::perp_long();
        spoil(&mut sample);
        sample.order().quantity = quantity("0.00821");
        assert!(matches!(look(&sample.facts()), Finding::Pass { .. }));
    }
}
