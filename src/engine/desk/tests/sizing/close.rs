//! How much of what is held is closed, and what that comes to.

use super::super::bench::Bench;
use super::super::wants::{close, long, open};
use super::{codes, key};
use crate::domain::instrument::Market;
use crate::domain::money::Quantity;
use crate::domain::order::{OrderType, Side};
use crate::domain::plan::Plan;
use crate::domain::proposal::Want;
use crate::domain::refusal::Code;
use crate::domain::request::{AmountSpec, CloseRequest, CloseWhich, OpenVerb};
use crate::engine::desk::sizing::Unplannable;
use crate::engine::exchange::paper::fixtures::{amount, perp, price, qty, ratio};

/// Holds 2 BTC on spot (1 bought at 100.1, 1 at 100.2).
fn with_spot() -> Bench {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(open(OpenVerb::Buy, "2")));
    bench
}

/// Holds a long of 1 BTC at 100.1 with 5×.
fn with_long() -> Bench {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    bench
}

fn plans(bench: &Bench, request: &CloseRequest) -> Result<Vec<Plan>, Unplannable> {
    bench.desk.sizing(bench.now, &bench.board).close(&key(), request)
}

fn quantity(bench: &Bench, amount: AmountSpec) -> Quantity {
    let plans = plans(bench, &CloseRequest { amount, ..close("1") }).unwrap();
    assert_eq!(plans.len(), 1);
    plans[0].order.as_ref().unwrap().quantity
}

#[test]
fn a_part_of_a_holding_is_floored_to_the_step() {
    for (bench, held) in [(with_spot(), "2"), (with_long(), "1")] {
        assert_eq!(quantity(&bench, AmountSpec::Share(ratio("1"))), qty(held));
        assert_eq!(quantity(&bench, AmountSpec::Share(ratio("0.5"))).value(), qty(held).value() / rust_decimal::dec!(2));
        assert_eq!(quantity(&bench, AmountSpec::Base(qty("0.7779"))), qty("0.777"));
        // 50 ÷ 99.9 = 0.50050….
        assert_eq!(quantity(&bench, AmountSpec::Quote(amount("50"))), qty("0.5"));
    }
    assert_eq!(quantity(&with_long(), AmountSpec::Share(ratio("0.3339"))), qty("0.333"));
}

#[test]
fn the_figures_of_half_a_long() {
    let plan = plans(&with_long(), &close("0.5")).unwrap().remove(0);
    let order = plan.order.as_ref().unwrap();
    assert_eq!((plan.side, order.reduce_only, order.at_market), (Side::Sell, true, true));
    // The mid of 100 less 0.5 %.
    assert_eq!((order.order_type, order.price), (OrderType::Limit, Some(price("99.5"))));
    // 0.5 × 99.9; half of a margin of 100.1 ÷ 5; 0.1 % of what it is sold for.
    assert_eq!((plan.figures.price, plan.figures.notional), (price("99.9"), amount("49.95")));
    assert_eq!((plan.figures.margin, plan.figures.fee), (amount("10.01"), amount("0.04995")));
}

#[test]
fn at_once_may_slip_farther() {
    let plan = plans(&with_long(), &CloseRequest { at_once: true, ..close("1") }).unwrap().remove(0);
    assert_eq!(plan.order.unwrap().price, Some(price("95")), "5 % under the mid");
}

#[test]
fn at_any_price_is_a_market_order_for_all_of_it() {
    let bench = with_long();
    let plan = bench.desk.sizing(bench.now, &bench.board).close_at_any_price(&key(), &perp()).unwrap();
    let order = plan.order.unwrap();
    assert_eq!((order.order_type, order.price, order.quantity, order.reduce_only), (OrderType::Market, None, qty("1"), true));
}

#[test]
fn everything_is_one_plan_a_position_with_a_key_of_its_own() {
    let mut bench = with_spot();
    bench.confirm(Want::Open(long("1", "98")));
    let all = CloseRequest { which: CloseWhich::Everything, ..close("1") };
    let made = plans(&bench, &all).unwrap();
    let closed: Vec<(Market, Quantity)> = made.iter().map(|plan| (plan.instrument.market, plan.order.as_ref().unwrap().quantity)).collect();
    assert_eq!(closed, [(Market::Spot, qty("2")), (Market::Perp, qty("1"))]);
    assert_ne!(made[0].key, made[1].key);
    assert_ne!(made[0].id, made[1].id);
    let only_perp = plans(&bench, &CloseRequest { market: Some(Market::Perp), ..all }).unwrap();
    assert_eq!(only_perp.len(), 1);
    // BTC is held twice: which one is asked, not guessed.
    assert!(codes(plans(&bench, &close("1")).unwrap_err()).is_empty());
}

#[test]
fn nothing_and_less_than_a_step_are_refused() {
    assert_eq!(codes(plans(&Bench::new(), &close("1")).unwrap_err()), [Code::NoPosition]);
    let little = CloseRequest { amount: AmountSpec::Base(qty("0.0009")), ..close("1") };
    assert_eq!(codes(plans(&with_long(), &little).unwrap_err()), [Code::LotSize]);
}
