//! How much is bought or sold, and at which prices.

use rust_decimal::dec;

use super::super::bench::Bench;
use super::super::wants::{at_limit, long, open};
use super::{codes, key, opened};
use crate::domain::money::{Price, Quantity};
use crate::domain::order::{OrderType, Side, TimeInForce};
use crate::domain::plan::Plan;
use crate::domain::refusal::Code;
use crate::domain::request::{AmountSpec, LevelSpec, OpenPrice, OpenRequest, OpenVerb, TargetSpec};
use crate::engine::desk::sizing::entry::{capped_price, entry};
use crate::engine::exchange::paper::fixtures::{amount, instruments, leverage, price, qty, ratio};

fn of(amount: AmountSpec, request: OpenRequest) -> OpenRequest {
    OpenRequest { amount, ..request }
}

fn quantity(plan: &Plan) -> Quantity {
    plan.order.as_ref().unwrap().quantity
}

fn limit(plan: &Plan) -> Option<Price> {
    plan.order.as_ref().unwrap().price
}

#[test]
fn an_amount_of_quote_currency_is_divided_by_the_ask_and_floored() {
    let plan = opened(&of(AmountSpec::Quote(amount("1000")), open(OpenVerb::Buy, "1"))).unwrap();
    // 1000 ÷ 100.1 = 9.99000999…; 9.99 × 100.1 = 999.999; 0.1 % of it. Not above 100 + 0.5 %.
    assert_eq!((quantity(&plan), limit(&plan)), (qty("9.99"), Some(price("100.5"))));
    assert_eq!((plan.figures.price, plan.figures.notional, plan.figures.fee), (price("100.1"), amount("999.999"), amount("0.999999")));
    assert_eq!((plan.figures.margin, plan.leverage, plan.stop), (amount("999.999"), leverage("1"), None));
    let order = plan.order.unwrap();
    assert_eq!((order.order_type, order.tif, order.at_market), (OrderType::Limit, TimeInForce::Ioc, true));
}

#[test]
fn an_amount_of_base_currency_is_floored_to_the_step() {
    let plan = opened(&open(OpenVerb::Buy, "1.2349999")).unwrap();
    assert_eq!(quantity(&plan), qty("1.234"));
    assert_eq!(codes(opened(&open(OpenVerb::Buy, "0.0009999")).unwrap_err()), [Code::LotSize]);
    // 0.1 ÷ 100.1 = 0.00099900…, just under a step.
    let little = of(AmountSpec::Quote(amount("0.1")), open(OpenVerb::Buy, "1"));
    assert_eq!(codes(opened(&little).unwrap_err()), [Code::LotSize]);
}

#[test]
fn a_share_of_the_balance_keeps_fee_and_buffer_aside_when_it_is_all_of_it() {
    let share = |share: &str, request: OpenRequest| quantity(&opened(&of(AmountSpec::Share(ratio(share)), request)).unwrap());
    // 50,000 ÷ 100.1 = 499.5004995…
    assert_eq!(share("0.5", open(OpenVerb::Buy, "1")), qty("499.5"));
    // A unit needs 100.1 × 1.011 = 101.2011 (at the cap it would be 100.5 × 1.001 = 100.6005); 100,000 ÷ 101.2011 = 988.1315….
    assert_eq!(share("1", open(OpenVerb::Buy, "1")), qty("988.131"));
    // 10 % × 5 ÷ 100 = 500 at a limit of 100.
    assert_eq!(share("0.1", at_limit(long("1", "95"), "100")), qty("500"));
    // All of it at 5×: a unit needs 20 + 0.1 + 0.2 = 20.3; 100,000 ÷ 20.3 = 4,926.1083….
    assert_eq!(share("1", at_limit(long("1", "95"), "100")), qty("4926.108"));
    // A short that sells under the market fills at the bid of 99.9: 10,000 × 5 ÷ 99.9 = 500.5005….
    let short = OpenRequest { verb: OpenVerb::Short, ..long("1", "104") };
    assert_eq!(share("0.1", at_limit(short, "99.5")), qty("500.5"));
}

#[test]
fn money_behind_a_resting_order_is_not_free_for_a_share() {
    let mut bench = Bench::new();
    let first = of(AmountSpec::Base(qty("500")), at_limit(open(OpenVerb::Buy, "1"), "80"));
    bench.confirm(crate::domain::proposal::Want::Open(first));
    // 500 × 80 × 1.001 = 40,040 are held; half of 59,960 ÷ 100.1 = 299.5004….
    let plan = bench.desk.sizing(bench.now, &bench.board).open(&key(), &of(AmountSpec::Share(ratio("0.5")), open(OpenVerb::Buy, "1")));
    assert_eq!(quantity(&plan.unwrap()), qty("299.5"));
}

#[test]
fn margin_times_leverage_is_the_position_and_notional_is_it_already() {
    let request = at_limit(long("1", "95"), "100");
    for said in [AmountSpec::Quote(amount("200.05")), AmountSpec::Margin(amount("200.05")), AmountSpec::Notional(amount("1000.25"))] {
        // 200.05 × 5 ÷ 100 = 10.0025, floored; the margin is what the floored quantity needs.
        let plan = opened(&of(said.clone(), request.clone())).unwrap();
        assert_eq!(quantity(&plan), qty("10.002"), "{said:?}");
        assert_eq!((plan.figures.notional, plan.figures.margin), (amount("1000.2"), amount("200.04")), "{said:?}");
        // It rests under the ask: 0.02 %.
        assert_eq!(plan.figures.fee, amount("0.20004"), "{said:?}");
        // 80 left over 0.995 of each unit: 80 ÷ 0.995 = 80.40201….
        assert_eq!(plan.figures.liquidation_price.unwrap().value().round_dp(3), dec!(80.402), "{said:?}");
    }
}

#[test]
fn a_risked_share_is_lost_at_the_stop_with_both_fees() {
    let plan = opened(&of(AmountSpec::Risk(ratio("0.01")), at_limit(long("1", "96"), "100"))).unwrap();
    // A unit loses 4 and pays 0.1 % of 100 + 96: 4.196. 1 % of 100,000 ÷ 4.196 = 238.3222….
    assert_eq!(quantity(&plan), qty("238.322"));
    // 238.322 × 4 = 953.288; fees of 0.02 % of 23,832.2 in and 0.1 % of 22,878.912 out.
    assert_eq!(plan.figures.loss_at_stop, Some(amount("980.933352")));
    let short = OpenRequest { verb: OpenVerb::Short, ..long("1", "104") };
    let plan = opened(&of(AmountSpec::Risk(ratio("0.01")), at_limit(short, "100"))).unwrap();
    // 4 and 0.1 % of 204: 1,000 ÷ 4.204 = 237.8686….
    assert_eq!(quantity(&plan), qty("237.868"));
}

#[test]
fn risk_without_a_stop_is_asked_about() {
    let problem = opened(&of(AmountSpec::Risk(ratio("0.01")), open(OpenVerb::Buy, "1"))).unwrap_err();
    assert!(codes(problem).is_empty(), "a question, not a refusal");
}

#[test]
fn gain_at_the_targets_is_measured_against_the_loss_at_the_stop() {
    let target = |at: &str, share: &str| TargetSpec { level: LevelSpec::Price(price(at)), share: Some(ratio(share)) };
    let request = OpenRequest { targets: vec![target("110", "1")], ..at_limit(long("10", "96"), "100") };
    // Loss 40 + 0.2 + 0.96 = 41.16. Gain 100 − 0.2 − 0.22 = 99.58. 99.58 ÷ 41.16 = 2.41933….
    let plan = opened(&request).unwrap();
    assert_eq!(plan.figures.loss_at_stop, Some(amount("41.16")));
    assert_eq!(plan.figures.reward_risk.unwrap().value().round_dp(4), dec!(2.4193));
    // Half at 110, half at 120: 50 + 100 − 0.2 − 0.11 − 0.12 = 149.57; ÷ 41.16 = 3.63386….
    let request = OpenRequest { targets: vec![target("110", "0.5"), target("120", "0.5")], ..request };
    assert_eq!(opened(&request).unwrap().figures.reward_risk.unwrap().value().round_dp(4), dec!(3.6339));
}

#[test]
fn prices_are_put_on_the_tick_on_the_careful_side() {
    let limits = [(OpenVerb::Buy, "95.19", "95.1"), (OpenVerb::Short, "104.11", "104.2")];
    for (verb, said, meant) in limits {
        let plan = opened(&at_limit(OpenRequest { stop: None, ..open(verb, "1") }, said)).unwrap();
        assert_eq!(limit(&plan), Some(price(meant)), "{verb:?}");
    }
    let triggers = [(OpenVerb::Buy, "105.01", "105.1"), (OpenVerb::Short, "94.99", "94.9")];
    for (verb, said, meant) in triggers {
        let plan = opened(&OpenRequest { price: OpenPrice::Stop(price(said)), ..open(verb, "1") }).unwrap();
        let order = plan.order.unwrap();
        assert_eq!((order.order_type, order.trigger, order.price), (OrderType::StopMarket, Some(price(meant)), None), "{verb:?}");
        assert_eq!(plan.figures.price, price(meant));
    }
}

#[test]
fn the_cap_of_a_market_order_is_rounded_towards_the_market() {
    let bench = Bench::new();
    let quote = crate::domain::market::Quote { ask: price("100.2"), ..bench.board.0.values().next().unwrap().clone() };
    // The mid is 100.05: + 0.5 % is 100.55025, − 0.5 % is 99.54975.
    let capped = |side| capped_price(&quote, side, dec!(0.005), price("0.1")).unwrap();
    assert_eq!((capped(Side::Buy), capped(Side::Sell)), (price("100.5"), price("99.6")));
}

#[test]
fn only_a_limit_that_stays_behind_the_touch_pays_the_maker_fee() {
    let bench = Bench::new();
    let quote = bench.board.0.values().next().unwrap().clone();
    let meets = |side, at: &str, post_only| {
        let wanted = OpenPrice::Limit { price: price(at), post_only };
        let entry = entry(&instruments()[0], &quote, side, &wanted, dec!(0.005)).unwrap();
        (entry.takes, entry.tif, entry.expected)
    };
    assert_eq!(meets(Side::Buy, "100", false), (false, TimeInForce::Gtc, price("100")));
    assert_eq!(meets(Side::Buy, "100.1", false), (true, TimeInForce::Gtc, price("100.1")));
    assert_eq!(meets(Side::Sell, "100", false), (false, TimeInForce::Gtc, price("100")));
    assert_eq!(meets(Side::Sell, "99.9", false), (true, TimeInForce::Gtc, price("99.9")));
    assert_eq!(meets(Side::Buy, "100.1", true), (false, TimeInForce::PostOnly, price("100.1")));
}
