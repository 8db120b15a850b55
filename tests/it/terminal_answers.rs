//! Answers from rows and quotes, exact to the digit.

use outcry::bot::answers::{AnswerError, balances, positions};
use outcry::domain::ids::{ClientOrderId, PlanId, SourceKey};
use outcry::domain::instrument::{Currency, Instrument, InstrumentId, InstrumentStatus, Market, Symbol};
use outcry::domain::market::Quote;
use outcry::domain::money::{Amount, Leverage, Price, Quantity};
use outcry::domain::order::{Leg, OrderSpec, OrderState, OrderType, Side, TimeInForce};
use outcry::domain::position::{Direction, Position};
use outcry::domain::rows::{BalanceRow, OrderRow, PositionRow, Protection, Reservation};

use super::terminal_fixtures::{NOW, amount, instrument, leverage, price, quantity, quote, ratio};

fn order(leg: Leg, state: OrderState, generation: u32, at: &str) -> OrderRow {
    let is_stop = leg == Leg::Stop;
    OrderRow {
        spec: OrderSpec {
            id: ClientOrderId::new(format!("{leg:?}-{generation}")),
            instrument: instrument(Market::Perp),
            side: Side::Sell,
            order_type: if is_stop { OrderType::StopMarket } else { OrderType::Limit },
            quantity: quantity("0.065"),
            price: (!is_stop).then(|| price(at)),
            trigger: is_stop.then(|| price(at)),
            tif: TimeInForce::Gtc,
            reduce_only: true,
            leverage: leverage("20"),
            margin_mode: Default::default(),
            attached: Vec::new(),
        },
        plan: PlanId::new("plan-1"),
        leg,
        generation,
        parent: None,
        state,
        filled: Quantity::ZERO,
        filled_notional: Amount::ZERO,
        fees: Amount::ZERO,
        reservation: None,
        venue_id: None,
        sent_at: None,
        asking: None,
        cancel_wanted: false,
        cancel_sent_at: None,
        cause: SourceKey::new("term:s:1"),
        chat: None,
        why: String::new(),
        made_at: NOW.plus_ms(i64::from(generation)),
        changed_at: NOW,
    }
}

fn perp_row() -> PositionRow {
    PositionRow {
        instrument: instrument(Market::Perp),
        position: Some(Position {
            instrument: instrument(Market::Perp),
            direction: Direction::Long,
            quantity: quantity("0.065"),
            cost: amount("3997.5065"),
            margin: amount("199.875325"),
            leverage: leverage("20"),
            margin_mode: Default::default(),
            opened_at: NOW,
        }),
        generation: 1,
        protection: Protection::default(),
        changed_at: NOW,
        funded: Vec::new(),
    }
}

fn listed() -> Instrument {
    Instrument {
        id: instrument(Market::Perp),
        tick: price("0.1"),
        step: quantity("0.001"),
        min_notional: amount("5"),
        maker_fee: ratio("0.0002"),
        taker_fee: ratio("0.001"),
        maintenance: ratio("0.005"),
        brackets: Vec::new(),
        leverage_max: leverage("20"),
        major: true,
        status: InstrumentStatus::Trading,
    }
}

fn liquidation(row: &PositionRow) -> Option<Price> {
    row.position.as_ref().and_then(|position| listed().liquidation_price(position).unwrap())
}

#[test]
fn only_a_proven_stop_is_told_and_of_two_the_newer() {
    let told = |orders: &[OrderRow]| positions::view(&perp_row(), orders, liquidation(&perp_row()), Some(quote())).unwrap().unwrap();
    let held = told(&[order(Leg::Stop, OrderState::Held, 0, "60000"), order(Leg::Stop, OrderState::Unknown, 1, "60100")]);
    assert_eq!(held.stop, None);
    let moved = told(&[
        order(Leg::Stop, OrderState::Open, 1, "60270"),
        order(Leg::Stop, OrderState::Open, 0, "60000"),
        order(Leg::Target(2), OrderState::Partial, 0, "65190.1"),
        order(Leg::Target(1), OrderState::Open, 0, "63345.1"),
        order(Leg::Target(3), OrderState::Held, 0, "70000"),
    ]);
    assert_eq!(moved.stop, Some(price("60270")));
    assert_eq!(moved.targets, [price("63345.1"), price("65190.1")]);
    let other = OrderRow {
        spec: OrderSpec { instrument: instrument(Market::Spot), ..order(Leg::Stop, OrderState::Open, 0, "1").spec },
        ..order(Leg::Stop, OrderState::Open, 0, "1")
    };
    assert_eq!(told(&[other]).stop, None);
}

#[test]
fn a_position_is_told_with_exact_figures() {
    let view = positions::view(&perp_row(), &[], liquidation(&perp_row()), Some(quote())).unwrap().unwrap();
    assert_eq!(view.entry_price, price("61500.1"));
    // (61498 − 61500.1) × 0.065
    assert_eq!(view.unrealized, Some(amount("-0.1365")));
    // (3997.5065 − 199.875325) ÷ (0.065 × 0.995)
    assert_eq!(view.liquidation_price, Some(price("58718.688442211055")));
    let blind = positions::view(&perp_row(), &[], None, None).unwrap().unwrap();
    assert_eq!((blind.mark_price, blind.unrealized, blind.liquidation_price), (None, None, None));
    let flat = PositionRow { position: None, ..perp_row() };
    assert_eq!(positions::view(&flat, &[], liquidation(&perp_row()), Some(quote())), Ok(None));
}

#[test]
fn balances_keep_free_reserved_and_margin_apart() {
    let usdt = Currency::new("USDT");
    let rows =
        [BalanceRow { currency: usdt.clone(), cash: amount("99800.5") }, BalanceRow { currency: Currency::new("SOL"), cash: Amount::ZERO }];
    let reserved = OrderRow {
        reservation: Some(Reservation { currency: usdt.clone(), amount: amount("600.6") }),
        ..order(Leg::Entry, OrderState::Open, 0, "60000")
    };
    let views = balances::views(&rows, &[reserved.clone(), reserved], &[perp_row()]).unwrap();
    // Currencies of which nothing is left are not told.
    assert_eq!(views.len(), 1);
    assert_eq!((views[0].free, views[0].reserved, views[0].margin), (amount("98599.3"), amount("1201.2"), amount("199.875325")));
}

#[test]
fn equity_counts_each_coin_once_and_refuses_to_guess_a_price() {
    let spot = PositionRow {
        instrument: instrument(Market::Spot),
        position: perp_row().position.map(|position| Position {
            instrument: instrument(Market::Spot),
            quantity: quantity("0.5"),
            cost: amount("30000"),
            margin: Amount::ZERO,
            leverage: Leverage::ONE,
            ..position
        }),
        ..perp_row()
    };
    let usdt = Currency::new("USDT");
    let rows =
        [BalanceRow { currency: usdt.clone(), cash: amount("1000") }, BalanceRow { currency: Currency::new("BTC"), cash: amount("0.5") }];
    let known = |_: &InstrumentId| Some(quote());
    // 1000 + 0.5 × 61498 + 199.875325 − 0.1365
    assert_eq!(balances::equity(&usdt, &rows, &[spot, perp_row()], &known), Ok(amount("31948.738825")));
    let unknown = |_: &InstrumentId| -> Option<Quote> { None };
    let missing = InstrumentId::new(Symbol::new("BTC", "USDT"), Market::Spot);
    assert_eq!(balances::equity(&usdt, &rows, &[], &unknown), Err(AnswerError::NoPrice(missing)));
}
