//! Properties of the rules together: more exposure never helps, and what a refusal says would pass does pass.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::sample::{Sample, word};
use super::*;
use crate::domain::money::{Amount, Leverage, Price, Quantity};
use crate::engine::risk::facts::{Asker, Facts, Finding};
use crate::engine::risk::limits::Limits;

type Look = fn(&Facts<'_>) -> Finding;

const SIZE_RULES: &[Look] = &[
    max_order_notional::look,
    max_order_qty::look,
    insufficient_balance::look,
    insufficient_margin::look,
    risk_per_trade::look,
    max_symbol_exposure::look,
    max_gross_exposure::look,
];

fn refuses(finding: &Finding) -> bool {
    matches!(finding, Finding::Deny(_))
}

/// An account of some size with some exposure, and an order of some steps at a limit.
fn samples() -> impl Strategy<Value = Sample> {
    let account = (0i64..200_000_000, 0i64..50_000_000, 0i64..20_000_000, 0usize..8);
    let order = (1i64..10_000_000, 100i64..2_000_000, 1i64..40, any::<bool>(), any::<bool>(), any::<bool>());
    (account, order).prop_map(|((equity, free, exposure, others), (steps, ticks, leverage, perp, live, machine))| {
        let mut sample = if perp { Sample::perp_long() } else { Sample::spot_buy() };
        sample.limits = if live { Limits::live() } else { Limits::paper() };
        sample.limits.risk_per_trade_warns = false;
        sample.asker = if machine { Asker::Machine } else { Asker::Person };
        let limit = Price::new(Decimal::new(ticks, 1)).unwrap();
        let cents = |value| Amount::new(Decimal::new(value, 2)).unwrap();
        sample.limit(&limit.to_string());
        sample.market_at(&limit.to_string());
        sample.order().quantity = Quantity::new(Decimal::new(steps, 5)).unwrap();
        if perp {
            sample.plan.leverage = Leverage::new(Decimal::from(leverage)).unwrap();
            sample.stop(&(limit.value() * Decimal::new(98, 2)).to_string());
        }
        sample.equity = Some(cents(equity));
        sample.free_quote = cents(free);
        (sample.symbol_exposure, sample.gross_exposure) = (cents(exposure), cents(exposure));
        (sample.other_positions, sample.open_orders) = (others, others * 4);
        sample.usual_quantities = vec![Quantity::new(Decimal::new(700, 5)).unwrap(); others];
        sample
    })
}

/// Returns the quantity in "at most 0.123 BTC".
fn named_quantity(finding: &Finding) -> Option<Quantity> {
    let Finding::Deny(refusal) = finding else { return None };
    let number = refusal.would_pass.strip_prefix("at most ")?.strip_suffix(" BTC")?;
    Some(Quantity::new(number.parse().unwrap()).unwrap())
}

proptest! {
    #[test]
    fn a_larger_order_never_turns_a_denial_into_a_pass(sample in samples(), more in 1i64..1_000_000) {
        let mut larger = sample.clone();
        let quantity = larger.order().quantity;
        larger.order().quantity = quantity.plus(Quantity::new(Decimal::new(more, 5)).unwrap()).unwrap();
        for look in SIZE_RULES {
            if refuses(&look(&sample.facts())) {
                prop_assert!(refuses(&look(&larger.facts())), "{:?}", look(&larger.facts()));
            }
        }
    }

    #[test]
    fn more_exposure_never_turns_a_denial_into_a_pass(sample in samples(), more in 1i64..10_000_000, count in 1usize..5) {
        let more = Amount::new(Decimal::new(more, 2)).unwrap();
        let fuller = Sample {
            symbol_exposure: sample.symbol_exposure.plus(more).unwrap(),
            gross_exposure: sample.gross_exposure.plus(more).unwrap(),
            free_quote: sample.free_quote.minus(more).unwrap(),
            other_positions: sample.other_positions + count,
            open_orders: sample.open_orders + count,
            ..sample.clone()
        };
        for look in SIZE_RULES.iter().chain(&[max_open_positions::look as Look, max_open_orders::look as Look]) {
            if refuses(&look(&sample.facts())) {
                prop_assert!(refuses(&look(&fuller.facts())), "{:?}", look(&fuller.facts()));
            }
        }
    }

    #[test]
    fn more_leverage_never_turns_a_denial_into_a_pass(sample in samples(), more in 1i64..100) {
        let mut higher = sample.clone();
        higher.plan.leverage = Leverage::new(sample.plan.leverage.value() + Decimal::from(more)).unwrap();
        for look in [max_leverage::look as Look, liquidation_distance::look] {
            if refuses(&look(&sample.facts())) {
                prop_assert!(refuses(&look(&higher.facts())));
            }
        }
    }

    #[test]
    fn the_quantity_that_a_refusal_names_passes_that_rule(sample in samples()) {
        for look in SIZE_RULES {
            if let Some(quantity) = named_quantity(&look(&sample.facts())) {
                let mut followed = sample.clone();
                followed.order().quantity = quantity;
                let finding = look(&followed.facts());
                prop_assert_eq!(word(&finding), "pass", "{:?}", finding);
                prop_assert_eq!(word(&lot_size::look(&followed.facts())), "pass");
            }
        }
    }

    #[test]
    fn the_leverage_that_a_refusal_names_passes(sample in samples()) {
        if let Finding::Deny(refusal) = max_leverage::look(&sample.facts()) {
            let mut followed = sample.clone();
            let number = refusal.would_pass.strip_suffix("x or less").unwrap();
            followed.plan.leverage = Leverage::new(number.parse().unwrap()).unwrap();
            prop_assert_eq!(word(&max_leverage::look(&followed.facts())), "pass");
        }
    }

    #[test]
    fn no_rule_panics_and_every_refusal_is_complete(
        sample in samples(),
        price in (1u64..=u64::MAX, 0u32..=28),
        trigger in (1u64..=u64::MAX, 0u32..=28),
        quantity in (0u64..=u64::MAX, 0u32..=28),
        tick in (1u64..=u64::MAX, 0u32..=28),
        step in (0u64..=u64::MAX, 0u32..=28),
    ) {
        let decimal = |(digits, scale): (u64, u32)| Decimal::from_i128_with_scale(i128::from(digits), scale);
        let as_price = |raw| Price::new(decimal(raw)).unwrap_or(Price::new(Decimal::ONE).unwrap());
        let as_quantity = |raw| Quantity::new(decimal(raw)).unwrap_or(Quantity::ZERO);
        let mut hostile = sample;
        hostile.order().price = Some(as_price(price));
        hostile.order().quantity = as_quantity(quantity);
        hostile.stop(&as_price(trigger).to_string());
        let instrument = hostile.instrument.as_mut().unwrap();
        (instrument.tick, instrument.step) = (as_price(tick), as_quantity(step));
        for rule in ALL {
            let found = (rule.look)(&hostile.facts());
            prop_assert!(rule.may_ask || !matches!(found, Finding::SecondCard { .. }), "{}", rule.code);
            if let Finding::Deny(refusal) = found {
                prop_assert!(!(refusal.limit.is_empty() || refusal.actual.is_empty() || refusal.would_pass.is_empty()));
            }
        }
    }
}

#[test]
fn every_rule_stands_once_in_the_list() {
    let mut codes: Vec<_> = ALL.iter().map(|rule| rule.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!((codes.len(), ALL.len()), (30, 30));
}
