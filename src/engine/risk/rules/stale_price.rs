//! STALE_PRICE: nobody opens on an old price, a price from the future, or a book whose bid lies above its ask.

use crate::domain::plan::PlanKind;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Asker, Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::{Unjudged, settle};
use super::{opening, wording};

/// Concerns openings and spot sales. A person's close at the market only needs some price; protection and stop words need none.
pub fn look(facts: &Facts<'_>) -> Finding {
    match facts.plan.kind {
        PlanKind::Open => settle(Code::StalePrice, judge(facts)),
        PlanKind::Close if needs_a_price(facts) => settle(
            Code::StalePrice,
            opening::quote(facts).map(|quote| pass("a price, however old", wording::duration(facts.now.since(quote.at)))),
        ),
        PlanKind::Close | PlanKind::Protect => Finding::NotConcerned,
    }
}

fn needs_a_price(facts: &Facts<'_>) -> bool {
    facts.asker == Asker::Person && facts.plan.order.as_ref().is_some_and(|order| order.at_market)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let quote = opening::quote(facts)?;
    let limit = format!("a price of the last {}", wording::duration(facts.limits.quote_age_max_ms));
    let age_ms = facts.now.since(quote.at);
    let again = "the same order once the market has a fresh price";
    if quote.bid > quote.ask {
        let crossed = format!("bid {} above ask {}", quote.bid, quote.ask);
        return Ok(deny(Code::StalePrice, "a bid below the ask", crossed, again));
    }
    if age_ms > facts.limits.quote_age_max_ms {
        return Ok(deny(Code::StalePrice, limit, format!("{} old", wording::duration(age_ms)), again));
    }
    if age_ms < facts.limits.quote_age_max_ms.saturating_neg() {
        let ahead = format!("dated {} ahead", wording::duration(age_ms.saturating_neg()));
        return Ok(deny(Code::StalePrice, limit, ahead, again));
    }
    Ok(pass(limit, format!("{} old", wording::duration(age_ms))))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, price, table};
    use super::*;
    use crate::domain::time::Timestamp;

    fn aged(sample: &mut Sample, ms: i64) {
        sample.quote.as_mut().unwrap().at = sample.now.plus_ms(-ms);
    }

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::perp_long,
            &[
                ("fresh", |_| {}, "pass"),
                ("edge", |s| aged(s, 5_000), "pass"),
                ("just over", |s| aged(s, 5_001), "deny"),
                ("no price", |s| s.quote = None, "deny"),
                ("from the future", |s| aged(s, -5_001), "deny"),
                ("the end of time", |s| s.quote.as_mut().unwrap().at = Timestamp::from_ms(i64::MIN), "deny"),
                ("the other end", |s| s.quote.as_mut().unwrap().at = Timestamp::from_ms(i64::MAX), "deny"),
                ("crossed book", |s| s.quote.as_mut().unwrap().bid = price("60002"), "deny"),
                (
                    "a sale is an order like another",
                    |s| {
                        *s = Sample::spot_sale();
                        aged(s, 5_001)
                    },
                    "deny",
                ),
            ],
        );
    }

    #[test]
    fn exits_are_not_held_up_by_age() {
        table(
            look,
            Sample::close_long,
            &[
                ("old price", |s| aged(s, 3_600_000), "pass"),
                ("no price, person at the market", |s| s.quote = None, "deny"),
                (
                    "no price, person with a limit",
                    |s| {
                        s.limit("61000");
                        s.quote = None
                    },
                    "not concerned",
                ),
                ("no price, stop word", |s| (s.quote, s.asker) = (None, Asker::StopWord), "not concerned"),
                ("no price, protection", |s| (s.quote, s.asker) = (None, Asker::Protection), "not concerned"),
            ],
        );
        table(look, Sample::protect_long, &[("a stop needs none", |s| s.quote = None, "not concerned")]);
    }
}
