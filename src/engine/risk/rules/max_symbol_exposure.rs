//! MAX_SYMBOL_EXPOSURE: how much of the account may hang on one symbol.

use crate::domain::money::Amount;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::Unjudged;
use super::{opening, room, wording};

/// Concerns openings. What works, is reserved or has an unknown outcome already counts in the facts.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::MaxSymbolExposure, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let scope = Scope {
        code: Code::MaxSymbolExposure,
        existing: facts.symbol_exposure,
        share: facts.limits.symbol_exposure_share_max,
        name: facts.plan.instrument.symbol.to_string(),
    };
    judge_exposure(facts, &scope)
}

/// What an exposure limit is about.
pub struct Scope {
    /// The code it denies with.
    pub code: Code,
    /// What is there already, at mark.
    pub existing: Amount,
    /// Its limit as a share of equity.
    pub share: rust_decimal::Decimal,
    /// Its name: a pair, or all of them.
    pub name: String,
}

/// Judges what is there and this plan together, both at mark, against a share of equity.
pub fn judge_exposure(facts: &Facts<'_>, scope: &Scope) -> Result<Finding, Unjudged> {
    let plan = facts.plan;
    let largest = room::part_of(opening::equity(facts)?, scope.share)?;
    let after = scope.existing.plus(opening::notional_at_mark(facts)?)?;
    let limit = format!("{} in {}", wording::quote_down(plan, largest), scope.name);
    let actual = wording::quote_up(plan, after);
    if after <= largest {
        return Ok(pass(limit, actual));
    }
    let left = largest.minus(scope.existing)?;
    let nothing = format!("nothing more in {} until something is closed or cancelled", scope.name);
    let would_pass = room::phrase(facts, left, opening::quote(facts)?.mark, &nothing);
    Ok(deny(scope.code, limit, actual, would_pass))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, amount, denial, quantity, table};
    use super::*;
    use crate::engine::risk::limits::Limits;

    /// 20,000 USDT are allowed; the order is worth 6,000 at mark.
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
                ("edge", |s| s.symbol_exposure = amount("14000"), "pass"),
                ("just over", |s| s.symbol_exposure = amount("14000.01"), "deny"),
                ("full", |s| s.symbol_exposure = amount("25000"), "deny"),
                ("other symbols do not count", |s| s.gross_exposure = amount("90000"), "pass"),
                ("no equity", |s| s.equity = None, "deny"),
                ("no price", |s| s.quote = None, "deny"),
                ("a lost equity", |s| s.equity = Some(amount("-1")), "deny"),
                ("overflow of the sum", |s| s.symbol_exposure = amount(HUGE), "deny"),
                ("overflow of the order", |s| s.order().quantity = quantity(HUGE), "deny"),
                ("a close", |s| *s = Sample { symbol_exposure: amount(HUGE), ..Sample::close_long() }, "not concerned"),
                ("a sale", |s| *s = Sample { symbol_exposure: amount(HUGE), ..Sample::spot_sale() }, "not concerned"),
            ],
        );
    }

    #[test]
    fn it_says_what_still_fits() {
        assert_eq!(denial(look, live, |s| s.symbol_exposure = amount("17000")).would_pass, "at most 0.05 BTC");
        assert!(denial(look, live, |s| s.symbol_exposure = amount("20000")).would_pass.starts_with("nothing more in BTC/USDT"));
    }
}
