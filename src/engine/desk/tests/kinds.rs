//! Orders of all kinds through the whole Desk: stop-limits, take-profits, pairs, and stops that the venue moves.

use super::bench::Bench;
use super::wants::{long, open};
use crate::domain::ids::ClientOrderId;
use crate::domain::money::Price;
use crate::domain::order::{Leg, OrderState, OrderType};
use crate::domain::order_types::OrderTypes;
use crate::domain::proposal::Want;
use crate::domain::request::{AmountSpec, OpenPrice, OpenRequest, OpenVerb, ProtectRequest, StopChange};
use crate::domain::rows::{OrderRow, Protection, TradingState};
use crate::domain::upkeep::UpkeepSpec;
use crate::engine::exchange::paper::fixtures::{perp, price, qty, ratio, spot};

/// A desk whose venue takes markets, limits and stop-markets only.
fn plain() -> Bench {
    let mut bench = Bench::new();
    bench.desk.instruments.values_mut().for_each(|listed| listed.order_types = OrderTypes::plain());
    bench
}

fn sale(price: OpenPrice) -> Want {
    Want::Open(OpenRequest { price, amount: AmountSpec::Base(qty("0.5")), ..open(OpenVerb::Sell, "0.5") })
}

fn trailed() -> Want {
    Want::Open(OpenRequest { stop: None, trailing: Some(ratio("0.05")), ..long("1", "98") })
}

fn trail_now(share: &str) -> Want {
    Want::Protect(ProtectRequest {
        symbol: Some(perp().symbol),
        stop: Some(StopChange::Trail(ratio(share))),
        targets: None,
        upkeep: UpkeepSpec::default(),
        evidence: Default::default(),
    })
}

fn stops(bench: &Bench) -> Vec<(OrderType, Option<Price>)> {
    bench.orders(Leg::Stop).iter().filter(|row| row.state.is_proven()).map(|row| (row.spec.order_type, row.spec.trigger)).collect()
}

fn protection(bench: &Bench) -> Protection {
    bench.desk.book().position(&perp()).unwrap().protection.clone()
}

fn row(bench: &Bench, id: &ClientOrderId) -> OrderRow {
    bench.desk.book().order(id).unwrap().clone()
}

#[test]
fn the_venue_trails_the_stop_and_the_books_follow_it_also_after_a_restart() {
    let mut bench = Bench::new();
    bench.confirm(trailed());
    assert_eq!(stops(&bench), [(OrderType::TrailingStop, Some(price("95.1")))]);
    assert_eq!(protection(&bench).trailing, None, "the account's ladder stays out of it");
    let sent = bench.sent.len();
    bench.mark("110");
    bench.wait(3_000);
    assert_eq!(stops(&bench), [(OrderType::TrailingStop, Some(price("104.5")))], "5 % under 110");
    assert_eq!(protection(&bench).stop, Some(price("104.5")));
    bench.restart();
    bench.mark("108");
    bench.wait(3_000);
    assert_eq!(stops(&bench), [(OrderType::TrailingStop, Some(price("104.5")))], "and never back");
    assert_eq!(bench.sent.len(), sent, "moved without an order of ours");
    bench.assert_agrees();
}

#[test]
fn a_trailing_stop_that_was_lost_is_placed_again_where_the_venue_had_it() {
    let mut bench = Bench::new();
    bench.confirm(trailed());
    bench.mark("110");
    bench.wait(3_000);
    let id = bench.order(Leg::Stop).spec.id.clone();
    bench.lose(&id);
    bench.wait(90_000);
    let again = bench.order(Leg::Stop).clone();
    assert_ne!(again.spec.id, id);
    assert_eq!((again.spec.order_type, again.spec.trigger), (OrderType::TrailingStop, Some(price("104.5"))));
    assert_eq!(stops(&bench).len(), 1);
    bench.assert_agrees();
}

#[test]
fn trail_replaces_the_fixed_stop_by_one_at_the_venue() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    bench.confirm(trail_now("0.03"));
    bench.wait(3_000);
    assert_eq!(stops(&bench), [(OrderType::TrailingStop, Some(price("97")))], "exactly one stop");
    bench.assert_agrees();
}

#[test]
fn a_trailing_stop_that_is_refused_leaves_the_one_in_place() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    bench.faults.refused = Some(Leg::Stop);
    bench.confirm(trail_now("0.03"));
    bench.faults.refused = None;
    bench.wait(3_000);
    assert_eq!(stops(&bench), [(OrderType::StopMarket, Some(price("98")))]);
    let protection = protection(&bench);
    assert_eq!((protection.stop, protection.at_venue), (Some(price("98")), None), "the books say what is there");
    bench.assert_agrees();
}

#[test]
fn where_the_venue_does_not_trail_the_account_does() {
    let mut bench = plain();
    bench.confirm(trailed());
    assert_eq!(stops(&bench)[0].0, OrderType::StopMarket);
    assert_eq!(protection(&bench).trailing, Some(ratio("0.05")));
    bench.mark("110");
    bench.wait(3_000);
    assert_eq!(stops(&bench), [(OrderType::StopMarket, Some(price("104.5")))], "a new stop took the place of the old one");
    bench.assert_agrees();
}

#[test]
fn a_stop_limit_that_is_left_behind_is_closed_all_the_same() {
    let mut bench = Bench::new();
    let upkeep = UpkeepSpec { stop_limit: Some(price("97.9")), ..UpkeepSpec::default() };
    bench.confirm(Want::Open(OpenRequest { upkeep, ..long("1", "98") }));
    assert_eq!(stops(&bench), [(OrderType::StopLimit, Some(price("98")))]);
    bench.mark("98.5");
    bench.wait(3_000);
    assert!(bench.position(&perp()).is_some());
    bench.mark("97");
    bench.wait(5_000);
    assert!(bench.position(&perp()).is_none(), "the price ran past the limit");
    assert!(bench.said("run past the limit of its stop") > 0);
    assert_eq!(bench.desk.book().state().unwrap().trading, TradingState::Active, "it was the person's own choice");
    assert!(bench.orders(Leg::Stop).is_empty());
    bench.assert_agrees();
}

#[test]
fn an_entry_by_stop_limit_waits_fills_inside_its_limit_and_is_protected() {
    let mut bench = Bench::new();
    let limit = OpenPrice::StopLimit { trigger: price("102"), limit: price("102.2") };
    bench.confirm(Want::Open(OpenRequest { price: limit, ..long("1", "98") }));
    assert_eq!(bench.order(Leg::Entry).spec.order_type, OrderType::StopLimit);
    bench.mark("102");
    assert_eq!(bench.position(&perp()).unwrap().entry_price().unwrap(), price("102.1"));
    assert_eq!(stops(&bench).len(), 1);
    bench.assert_agrees();
}

#[test]
fn a_sale_that_waits_for_a_price_is_a_take_profit_above_and_a_stop_below() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    bench.confirm(sale(OpenPrice::Touch { trigger: price("90"), limit: None }));
    bench.confirm(sale(OpenPrice::Touch { trigger: price("110"), limit: None }));
    let kinds: Vec<_> = bench.orders(Leg::Close).iter().map(|row| row.spec.order_type).collect();
    assert!(kinds.contains(&OrderType::StopMarket) && kinds.contains(&OrderType::TakeProfitMarket), "{kinds:?}");
    bench.mark("110");
    assert_eq!(bench.position(&spot()).unwrap().quantity, qty("0.5"));
    bench.assert_agrees();
}

#[test]
fn of_a_pair_one_ends_the_other_and_both_are_told() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    bench.confirm(sale(OpenPrice::Oco { price: price("105"), stop: price("95"), stop_limit: None }));
    assert!(bench.last_words().contains("one ends the other"), "{}", bench.last_words());
    let ids: Vec<_> = bench.orders(Leg::Close).iter().map(|row| row.spec.id.clone()).collect();
    assert_eq!(ids.len(), 2);
    bench.restart();
    bench.mark("95");
    assert_eq!(bench.position(&spot()).unwrap().quantity, qty("0.5"));
    let mut states: Vec<_> = ids.iter().map(|id| row(&bench, id).state).collect();
    states.sort();
    assert_eq!(states, [OrderState::Filled, OrderState::Expired]);
    bench.assert_agrees();
}

#[test]
fn a_pair_around_no_market_and_kinds_the_venue_has_not_are_refused() {
    let mut bench = plain();
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    let told = |bench: &mut Bench, want: Want| {
        bench.propose(want);
        assert!(bench.card().is_none());
        bench.last_words()
    };
    let pair = |at: &str| sale(OpenPrice::Oco { price: price(at), stop: price("95"), stop_limit: None });
    assert!(told(&mut bench, pair("105")).contains("a pair of orders"));
    let stop_limit = UpkeepSpec { stop_limit: Some(price("97.9")), ..UpkeepSpec::default() };
    assert!(told(&mut bench, Want::Open(OpenRequest { upkeep: stop_limit, ..long("1", "98") })).contains("stop_limit"));
    let mut bench = Bench::new();
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    assert!(told(&mut bench, pair("99")).contains("between them"));
    let above = UpkeepSpec { stop_limit: Some(price("98.1")), ..UpkeepSpec::default() };
    assert!(told(&mut bench, Want::Open(OpenRequest { upkeep: above, ..long("1", "98") })).contains("at or below"));
}
