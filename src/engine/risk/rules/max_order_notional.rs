//! MAX_ORDER_NOTIONAL: no single order is worth more than a share of equity, and never more than a fixed sum where one is set.

use crate::domain::money::Amount;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::Unjudged;
use super::{opening, room, wording};

/// Concerns openings.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::MaxOrderNotional, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let largest = largest(facts)?;
    let price = opening::price(facts)?;
    let notional = opening::notional(facts)?;
    let limit = wording::quote_down(facts.plan, largest);
    let actual = wording::quote_up(facts.plan, notional);
    if notional <= largest {
        return Ok(pass(limit, actual));
    }
    let would_pass = room::phrase(facts, largest, price, "nothing: the account's equity is too small for an order");
    Ok(deny(Code::MaxOrderNotional, limit, actual, would_pass))
}

fn largest(facts: &Facts<'_>) -> Result<Amount, Unjudged> {
    let share = room::part_of(opening::equity(facts)?, facts.limits.order_notional_share_max)?;
    match facts.limits.order_notional_max {
        Some(fixed) => Ok(share.min(Amount::new(fixed)?)),
        None => Ok(share),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, amount, denial, price, quantity, table};
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
                ("inside", |s| s.order().quantity = quantity("0.01"), "pass"),
                (
                    "edge of 1000 USDT",
                    |s| {
                        s.limit("50000");
                        s.order().quantity = quantity("0.02")
                    },
                    "pass",
                ),
                (
                    "just over",
                    |s| {
                        s.limit("50000");
                        s.order().quantity = quantity("0.02001")
                    },
                    "deny",
                ),
                (
                    "5 % of a small equity",
                    |s| {
                        s.equity = Some(amount("10000"));
                        s.limit("50000");
                        s.order().quantity = quantity("0.01");
                    },
                    "pass",
                ),
                (
                    "over it",
                    |s| {
                        s.equity = Some(amount("9999.99"));
                        s.limit("50000");
                        s.order().quantity = quantity("0.01")
                    },
                    "deny",
                ),
                ("no equity", |s| s.equity = None, "deny"),
                ("no price", |s| s.quote = None, "deny"),
                ("a negative equity", |s| s.equity = Some(amount("-1")), "deny"),
                (
                    "overflow",
                    |s| {
                        s.limit(HUGE);
                        s.order().quantity = quantity(HUGE)
                    },
                    "deny",
                ),
                (
                    "too many digits",
                    |s| {
                        s.limit("0.1234567890123456789");
                        s.order().quantity = quantity("0.12345678901234567");
                    },
                    "deny",
                ),
                ("a sale", |s| *s = Sample { limits: Limits::live(), ..Sample::spot_sale() }, "not concerned"),
                ("a close", |s| *s = Sample { limits: Limits::live(), ..Sample::close_long() }, "not concerned"),
            ],
        );
    }

    #[test]
    fn a_market_order_is_worth_what_its_card_said_while_the_band_holds() {
        table(
            look,
            live,
            &[
                (
                    "inside the band",
                    |s| {
                        s.plan.figures.price = price("59900");
                        s.order().quantity = quantity("0.01669")
                    },
                    "pass",
                ),
                (
                    "outside",
                    |s| {
                        s.plan.figures.price = price("50000");
                        s.order().quantity = quantity("0.01669")
                    },
                    "deny",
                ),
            ],
        );
    }

    #[test]
    fn it_says_how_much_would_pass() {
        let refusal = denial(look, live, |s| s.limit("50000"));
        assert_eq!((refusal.limit.as_str(), refusal.actual.as_str()), ("1000 USDT", "5000 USDT"));
        assert_eq!(refusal.would_pass, "at most 0.02 BTC");
    }
}
