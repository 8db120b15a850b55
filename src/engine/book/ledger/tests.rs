//! Every execution balances in every currency, and moves as much cash as its effect says.

use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

use super::*;
use crate::domain::ids::TradeId;
use crate::domain::instrument::{InstrumentId, Symbol};
use crate::domain::money::{Leverage, Price, Quantity};
use crate::domain::order::FillCause;
use crate::domain::position::{Execution, after_execution};

fn fill(n: usize, market: Market, side: Side, quantity: i64, price: i64) -> Fill {
    Fill {
        trade_id: TradeId::new(n.to_string()),
        order: None,
        instrument: InstrumentId::new(Symbol::new("PEPE", "USDT"), market),
        side,
        quantity: Quantity::new(Decimal::new(quantity, 0)).unwrap(),
        price: Price::new(Decimal::new(price, 8)).unwrap(),
        fee: Amount::new(Decimal::new(quantity * price, 11)).unwrap(),
        fee_currency: Currency::new("USDT"),
        leverage: if market == Market::Spot { Leverage::ONE } else { Leverage::new(Decimal::from(7)).unwrap() },
        margin_mode: Default::default(),
        maker: false,
        cause: FillCause::Order,
        at: Timestamp::from_ms(0),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn executions_balance_and_move_what_they_say(
        perp in any::<bool>(),
        trades in prop::collection::vec((any::<bool>(), 1..1_000_000_000_i64, 100..100_000_i64), 1..12),
    ) {
        let market = if perp { Market::Perp } else { Market::Spot };
        let mut position: Option<Position> = None;
        let (mut cash, mut margin) = (Amount::ZERO, Amount::ZERO);
        let (mut realized, mut fees) = (Amount::ZERO, Amount::ZERO);
        for (n, (buy, quantity, price)) in trades.into_iter().enumerate() {
            let side = if buy { Side::Buy } else { Side::Sell };
            let fill = fill(n, market, side, quantity, price);
            let execution = Execution { side, quantity: fill.quantity, price: fill.price, leverage: fill.leverage, margin_mode: Default::default(), at: fill.at };
            let Ok(effect) = after_execution(&fill.instrument, position.as_ref(), execution) else { continue };
            let lines = super::execution(&fill, &effect).unwrap();
            prop_assert_eq!(check_balanced(&lines).unwrap(), None);
            cash = cash.plus(cash_change(&lines, &fill.fee_currency).unwrap()).unwrap();
            margin = margin.plus(effect.margin_change).unwrap();
            realized = realized.plus(effect.realized).unwrap();
            fees = fees.plus(fill.fee).unwrap();
            position = effect.position;
        }
        // All cash that left is in margin or in the cost of what is held, or was lost and paid in fees.
        let held = position.as_ref().map_or(Amount::ZERO, |p| if perp { p.margin } else { p.cost });
        prop_assert_eq!(cash, realized.minus(fees).unwrap().minus(held).unwrap());
        if perp {
            prop_assert_eq!(margin, held);
        }
    }
}

#[test]
fn a_line_that_does_not_balance_is_named() {
    let lines = deposit(&Currency::new("USDT"), Amount::new(Decimal::TEN).unwrap(), Timestamp::from_ms(0));
    assert_eq!(check_balanced(&lines).unwrap(), None);
    let (transaction, currency, off) = check_balanced(&lines[..1]).unwrap().unwrap();
    assert_eq!((transaction.as_str(), currency.as_str(), off.value()), ("deposit:USDT", "USDT", Decimal::TEN));
}

#[test]
fn a_correction_balances_against_profit_and_leaves_out_what_does_not_move() {
    let usdt = Currency::new("USDT");
    let amount = |value| Amount::new(value).unwrap();
    let changes = [
        (CASH.to_owned(), amount(dec!(0.000000000002))),
        ("margin:BTC/USDT:perp".to_owned(), amount(dec!(-0.000000000001))),
        ("cost:BTC/USDT:spot".to_owned(), Amount::ZERO),
    ];
    let lines = correction(&usdt, &changes, Timestamp::from_ms(1)).unwrap();
    assert_eq!(lines.len(), 3, "cash, margin and profit");
    assert_eq!(lines.last().map(|line| line.amount), Some(amount(dec!(-0.000000000001))));
    assert_eq!(check_balanced(&lines).unwrap(), None);
}
