//! How rules print numbers. Limits are rounded down and what was asked is rounded up, so that a refusal never looks like a tie.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::money::{Amount, Quantity};
use crate::domain::plan::Plan;

/// Decimal places of quote amounts in sentences.
const AMOUNT_PLACES: u32 = 2;
/// Decimal places of percentages in sentences.
const PERCENT_PLACES: u32 = 4;

/// Returns `share` as percent: 0.003 gives "0.3 %".
pub fn percent(share: Decimal) -> String {
    match share.checked_mul(Decimal::ONE_HUNDRED) {
        Some(percent) => format!("{} %", percent.round_dp(PERCENT_PLACES).normalize()),
        None => format!("{share} of the whole"),
    }
}

/// Returns a number with two decimals at most, never above `value`.
pub fn rounded_down(value: Decimal) -> String {
    value.round_dp_with_strategy(AMOUNT_PLACES, RoundingStrategy::ToNegativeInfinity).normalize().to_string()
}

/// Returns a number with two decimals at most, never below `value`.
pub fn rounded_up(value: Decimal) -> String {
    value.round_dp_with_strategy(AMOUNT_PLACES, RoundingStrategy::ToPositiveInfinity).normalize().to_string()
}

/// Returns a quote amount of this plan, rounded down: "4989.99 USDT".
pub fn quote_down(plan: &Plan, amount: Amount) -> String {
    format!("{} {}", rounded_down(amount.value()), plan.instrument.symbol.quote)
}

/// Returns a quote amount of this plan, rounded up.
pub fn quote_up(plan: &Plan, amount: Amount) -> String {
    format!("{} {}", rounded_up(amount.value()), plan.instrument.symbol.quote)
}

/// Returns a base quantity of this plan: "0.123 BTC".
pub fn base(plan: &Plan, quantity: Quantity) -> String {
    format!("{quantity} {}", plan.instrument.symbol.base)
}

/// Returns a time as a person says it: "12 s", "4 min", "3 h"; rounded up.
pub fn duration(ms: i64) -> String {
    let seconds = ms.max(0).saturating_add(999) / 1_000;
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", (seconds + 59) / 60),
        _ => format!("{} h", seconds.saturating_add(3_599) / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_limit_never_looks_larger_and_a_figure_never_smaller_than_it_is() {
        assert_eq!(rounded_down(dec!(1000.009)), "1000");
        assert_eq!(rounded_up(dec!(1000.001)), "1000.01");
        assert_eq!(rounded_down(dec!(-0.001)), "-0.01");
        assert_eq!(percent(dec!(0.003)), "0.3 %");
        assert_eq!(percent(Decimal::MAX), format!("{} of the whole", Decimal::MAX));
    }

    #[test]
    fn durations_are_rounded_up() {
        for (ms, text) in [(-5, "0 s"), (1, "1 s"), (119_000, "119 s"), (120_001, "3 min"), (7_200_000, "2 h")] {
            assert_eq!(duration(ms), text);
        }
        assert!(duration(i64::MAX).ends_with(" h"));
    }
}
