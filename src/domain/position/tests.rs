//! Position arithmetic: nothing is lost over parts, and liquidation is where margin runs out.

use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

use super::*;
use crate::domain::instrument::Symbol;

fn perp() -> InstrumentId {
    InstrumentId::new(Symbol::new("BTC", "USDT"), Market::Perp)
}

fn execution(side: Side, quantity: i64, price: i64, leverage: i64) -> Execution {
    Execution {
        side,
        quantity: Quantity::new(Decimal::new(quantity, 3)).unwrap(),
        price: Price::new(Decimal::new(price, 2)).unwrap(),
        leverage: Leverage::new(Decimal::from(leverage)).unwrap(),
        margin_mode: Default::default(),
        at: Timestamp::from_ms(0),
    }
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn at_the_liquidation_price_margin_and_profit_are_the_maintenance(
        side in side(), quantity in 1..1_000_000_i64, price in 1..10_000_000_i64, leverage in 1..126_i64
    ) {
        let position = after_execution(&perp(), None, execution(side, quantity, price, leverage)).unwrap().position.unwrap();
        let maintenance = Ratio::new(dec!(0.005)).unwrap();
        if let Some(at) = position.liquidation_price(maintenance).unwrap() {
            let left = position.margin.plus(position.unrealized(at).unwrap()).unwrap();
            let needed = at.notional(position.quantity).unwrap().share(maintenance).unwrap();
            let off = left.minus(needed).unwrap().magnitude().value();
            prop_assert!(off <= position.quantity.value() * dec!(0.000000000002), "off by {off}");
        } else {
            prop_assert!(side == Side::Buy && position.margin >= position.cost);
        }
    }

    #[test]
    fn closing_in_parts_gives_back_all_cost_and_margin(
        side in side(), quantity in 2..1_000_000_i64, price in 100..10_000_000_i64, leverage in 1..126_i64,
        parts in prop::collection::vec((1..500_000_i64, 100..10_000_000_i64), 1..6)
    ) {
        let opening = after_execution(&perp(), None, execution(side, quantity, price, leverage)).unwrap();
        let opened = opening.position.clone().unwrap();
        let (mut position, mut margin, mut cost) = (opening.position, opening.margin_change, Amount::ZERO);
        let last = std::iter::once((quantity, price));
        for (part, price) in parts.into_iter().chain(last) {
            let Some(held) = position.take() else { break };
            let part = Quantity::new(Decimal::new(part, 3)).unwrap().min(held.quantity);
            let exit = Execution { quantity: part, ..execution(side.opposite(), 1, price, leverage) };
            let effect = after_execution(&perp(), Some(&held), exit).unwrap();
            margin = margin.plus(effect.margin_change).unwrap();
            cost = cost.plus(effect.closed_cost).unwrap();
            position = effect.position;
        }
        prop_assert!(position.is_none());
        prop_assert_eq!(margin, Amount::ZERO);
        prop_assert_eq!(cost, opened.cost);
    }

    #[test]
    fn a_larger_execution_turns_the_position_around(quantity in 1..1_000_i64, more in 1..1_000_i64, price in 100..1_000_000_i64) {
        let held = after_execution(&perp(), None, execution(Side::Buy, quantity, price, 5)).unwrap();
        let turned = after_execution(&perp(), held.position.as_ref(), execution(Side::Sell, quantity + more, price, 5)).unwrap();
        let after = turned.position.unwrap();
        prop_assert_eq!(after.direction, Direction::Short);
        prop_assert_eq!(after.quantity, Quantity::new(Decimal::new(more, 3)).unwrap());
        prop_assert_eq!(turned.realized, Amount::ZERO, "closed where it was opened");
        prop_assert_eq!(held.margin_change.plus(turned.margin_change).unwrap(), after.margin);
    }
}

#[test]
fn spot_never_goes_below_nothing() {
    let spot = InstrumentId { market: Market::Spot, ..perp() };
    assert_eq!(after_execution(&spot, None, execution(Side::Sell, 1, 100, 1)), Err(MoneyError::Negative));
    let held = after_execution(&spot, None, execution(Side::Buy, 1_000, 100, 1)).unwrap().position;
    assert_eq!(after_execution(&spot, held.as_ref(), execution(Side::Sell, 1_001, 100, 1)), Err(MoneyError::Negative));
}
