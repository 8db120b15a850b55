//! INSUFFICIENT_BALANCE: on spot, nobody spends or sells more than is free; a buffer stays for fees.

use crate::domain::instrument::Market;
use crate::domain::order::Side;
use crate::domain::plan::PlanKind;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::{Unjudged, settle};
use super::{opening, room, wording};

/// Concerns spot openings and sales. A close is bounded by its position instead, for exits in place may hold the coins.
pub fn look(facts: &Facts<'_>) -> Finding {
    if facts.plan.kind != PlanKind::Open || facts.plan.instrument.market != Market::Spot {
        return Finding::NotConcerned;
    }
    let judged = match facts.plan.side {
        Side::Buy => judge_buy(facts),
        Side::Sell => judge_sale(facts),
    };
    settle(Code::InsufficientBalance, judged)
}

fn judge_buy(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    judge_cost(facts, Code::InsufficientBalance)
}

/// Judges what the order needs against the free quote currency; the margin rule asks the same.
pub fn judge_cost(facts: &Facts<'_>, code: Code) -> Result<Finding, Unjudged> {
    let plan = facts.plan;
    let terms = opening::terms(facts)?;
    let need = terms.needed(opening::order(facts)?.quantity)?;
    let limit = format!("{} free, {} kept for fees", wording::quote_down(plan, facts.free_quote), wording::percent(terms.buffer));
    let actual = format!("{} needed", wording::quote_up(plan, need));
    if need <= facts.free_quote {
        return Ok(pass(limit, actual));
    }
    let fits = terms.affordable(facts.free_quote, opening::instrument(facts)?.step)?;
    let would_pass = room::at_most(facts, fits, "nothing until quote currency is free");
    Ok(deny(code, limit, actual, would_pass))
}

fn judge_sale(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let plan = facts.plan;
    let quantity = opening::order(facts)?.quantity;
    let limit = format!("{} free", wording::base(plan, facts.free_base));
    let actual = wording::base(plan, quantity);
    if quantity <= facts.free_base {
        return Ok(pass(limit, actual));
    }
    let sellable = facts.free_base.floor_to(opening::instrument(facts)?.step)?;
    let nothing = format!("nothing until {} is free; cancel a resting sale if there is one", plan.instrument.symbol.base);
    let would_pass = room::at_most(facts, sellable, &nothing);
    Ok(deny(Code::InsufficientBalance, limit, actual, would_pass))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, amount, denial, quantity, table};
    use super::*;

    #[test]
    fn table_of_cases() {
        // 0.1 BTC at 60,000: 6,000 + 6 fee + 60 buffer.
        table(
            look,
            Sample::spot_buy,
            &[
                ("plenty", |_| {}, "pass"),
                (
                    "edge",
                    |s| {
                        s.limit("60000");
                        s.free_quote = amount("6066")
                    },
                    "pass",
                ),
                (
                    "just over",
                    |s| {
                        s.limit("60000");
                        s.free_quote = amount("6065.999999")
                    },
                    "deny",
                ),
                ("nothing free", |s| s.free_quote = amount("0"), "deny"),
                ("less than nothing", |s| s.free_quote = amount("-1"), "deny"),
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
                ("a perpetual", |s| *s = Sample::perp_long(), "not concerned"),
                ("a close", |s| *s = Sample::close_long(), "not concerned"),
            ],
        );
        table(
            look,
            Sample::spot_sale,
            &[
                ("edge", |s| s.free_base = quantity("0.1"), "pass"),
                ("just over", |s| s.free_base = quantity("0.09999999"), "deny"),
                ("nothing held", |s| s.free_base = quantity("0"), "deny"),
                ("no order", |s| s.plan.order = None, "deny"),
                ("quote currency does not matter", |s| s.free_quote = amount("-5"), "pass"),
            ],
        );
    }

    #[test]
    fn what_it_says_would_pass_does() {
        let spoil = |s: &mut Sample| {
            s.limit("60000");
            s.free_quote = amount("1000")
        };
        let refusal = denial(look, Sample::spot_buy, spoil);
        assert_eq!(refusal.would_pass, "at most 0.01648 BTC");
        let mut sample = Sample::spot_buy();
        spoil(&mut sample);
        sample.order().quantity = quantity("0.01648");
        assert!(matches!(look(&sample.facts()), Finding::Pass { .. }));
        sample.order().quantity = quantity("0.01649");
        assert!(matches!(look(&sample.facts()), Finding::Deny(_)));
        let refusal = denial(look, Sample::spot_sale, |s| s.free_base = quantity("0.0299999"));
        assert_eq!(refusal.would_pass, "at most 0.02999 BTC");
    }
}
