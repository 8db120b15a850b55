//! RISK_PER_TRADE: what is lost if the stop fires, both fees included, stays a small share of equity.

use rust_decimal::Decimal;

use crate::domain::money::{Amount, Price, Quantity};
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::Unjudged;
use super::{opening, room, wording};

/// Concerns openings with a stop. Some profiles only warn; missing data denies all the same.
pub fn look(facts: &Facts<'_>) -> Finding {
    if facts.plan.stop.is_none() {
        return Finding::NotConcerned;
    }
    opening::look(facts, Code::RiskPerTrade, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let plan = facts.plan;
    let share = facts.limits.risk_per_trade_share_max;
    let equity = opening::equity(facts)?;
    let allowed = room::part_of(equity, share)?;
    let loss = loss_at_stop(facts, opening::order(facts)?.quantity)?;
    let limit = format!("{} ({} of equity)", wording::quote_down(plan, allowed), wording::percent(share));
    let actual = wording::quote_up(plan, loss);
    if loss <= allowed {
        return Ok(pass(limit, actual));
    }
    if facts.limits.risk_per_trade_warns {
        let part = loss.as_share_of(equity).map_or_else(|_| actual.clone(), |part| wording::percent(part.value()));
        let text = format!("The stop would cost {actual}, {part} of equity; {} is prudent.", wording::percent(share));
        return Ok(Finding::Warn { limit, actual, text });
    }
    let unit_loss = Price::new(loss_at_stop(facts, Quantity::new(Decimal::ONE)?)?.value())?;
    let would_pass = room::phrase(facts, allowed, unit_loss, "a nearer stop");
    Ok(deny(Code::RiskPerTrade, limit, actual, would_pass))
}

/// Returns quantity × (distance to the stop + taker fee at both prices).
fn loss_at_stop(facts: &Facts<'_>, quantity: Quantity) -> Result<Amount, Unjudged> {
    let trigger = facts.plan.stop.as_ref().ok_or(Unjudged::NoOrder)?.trigger;
    let rate = opening::instrument(facts)?.taker_fee;
    let entered = opening::price(facts)?.notional(quantity)?;
    let left = trigger.notional(quantity)?;
    let fees = entered.plus(left)?.share(rate)?;
    Ok(entered.minus(left)?.magnitude().plus(fees)?)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, amount, denial, quantity, table};
    use super::*;
    use crate::engine::risk::limits::Limits;

    /// 0.1 at 60,000 with a stop at 58,800: 120 lost and 11.88 in fees.
    fn live() -> Sample {
        let mut sample = Sample { limits: Limits::live(), ..Sample::perp_long() };
        sample.limit("60000");
        sample
    }

    #[test]
    fn table_of_cases() {
        table(
            look,
            live,
            &[
                ("inside", |_| {}, "pass"),
                ("edge", |s| s.equity = Some(amount("13188")), "pass"),
                ("just over", |s| s.equity = Some(amount("13187.9")), "deny"),
                (
                    "paper only warns",
                    |s| {
                        s.limits = Limits::paper();
                        s.equity = Some(amount("1000"))
                    },
                    "warn",
                ),
                ("paper, inside", |s| s.limits = Limits::paper(), "pass"),
                (
                    "no equity, even on paper",
                    |s| {
                        s.limits = Limits::paper();
                        s.equity = None
                    },
                    "deny",
                ),
                ("a lost equity", |s| s.equity = Some(amount("-1")), "deny"),
                ("no price", |s| s.quote = None, "deny"),
                ("not listed", |s| s.instrument = None, "deny"),
                (
                    "overflow",
                    |s| {
                        s.stop(HUGE);
                        s.order().quantity = quantity(HUGE)
                    },
                    "deny",
                ),
                ("no stop", |s| s.plan.stop = None, "not concerned"),
                ("a close", |s| *s = Sample::close_long(), "not concerned"),
                ("a moved stop", |s| *s = Sample { equity: Some(amount("1")), ..Sample::protect_long() }, "not concerned"),
            ],
        );
    }

    #[test]
    fn what_it_says_would_pass_does() {
        let refusal = denial(look, live, |s| s.equity = Some(amount("1000")));
        assert_eq!(refusal.would_pass, "at most 0.00758 BTC");
        let mut sample = Sample { equity: Some(amount("1000")), ..live() };
        sample.order().quantity = quantity("0.00758");
        assert!(matches!(look(&sample.facts()), Finding::Pass { .. }));
    }
}
