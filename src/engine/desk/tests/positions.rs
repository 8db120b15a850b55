//! Positions, their exits, and the ladder that ends in closing.

use super::bench::Bench;
use super::wants::{at_limit, close, long, open};
use crate::domain::money::Leverage;
use crate::domain::order::{Leg, OrderState};
use crate::domain::proposal::Want;
use crate::domain::request::{
    CloseRequest, CloseWhich, LevelSpec, OpenPrice, OpenRequest, OpenVerb, ProtectRequest, StopChange, TradingWord,
};
use crate::domain::rows::TradingState;
use crate::engine::desk::input::Input;
use crate::engine::exchange::paper::fixtures::{perp, price, qty, ratio, spot};
use crate::engine::risk::limits::Limits;

fn limit_close(at: &str) -> OpenRequest {
    OpenRequest { price: OpenPrice::Limit { price: price(at), post_only: false }, ..open(OpenVerb::Sell, "1") }
}

#[test]
fn a_long_opens_with_its_stop_and_closes_flat() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("2", "98")));
    assert_eq!(bench.order(Leg::Stop).spec.trigger, Some(price("98")));
    bench.assert_agrees();
    bench.confirm(Want::Close(close("1")));
    assert!(bench.position(&perp()).is_none());
    bench.assert_agrees();
}

#[test]
fn everything_is_closed_by_one_word_however_many_positions_there_are() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    bench.confirm(Want::Close(CloseRequest { which: CloseWhich::Everything, ..close("1") }));
    assert!(bench.position(&perp()).is_none() && bench.position(&spot()).is_none());
    bench.assert_agrees();
}

#[test]
fn a_loss_limit_that_the_last_close_crosses_is_seen_at_once() {
    // 0.3 USDT of 100,000: a purchase at 100.1 costs 0.1 and its fee, the sale at 99.9 as much again.
    let mut bench = Bench::with(Limits { daily_loss_share_max: rust_decimal::dec!(0.000003), ..Limits::paper() });
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    bench.wait(2_000);
    assert_eq!(bench.desk.book().state().unwrap().trading, TradingState::Active);
    bench.confirm(Want::Close(close("1")));
    assert!(bench.position(&spot()).is_none());
    bench.wait(1_500);
    assert_eq!(bench.desk.book().state().unwrap().trading, TradingState::Reducing, "although nothing is held");
}

#[test]
fn panic_flattens_every_position() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    bench.confirm(Want::Open(at_limit(long("1", "90"), "95")));
    let key = bench.key();
    bench.input(Input::Trading { word: TradingWord::Panic, actor: super::bench::TRADER, key });
    assert!(bench.position(&perp()).is_none() && bench.position(&spot()).is_none());
    assert!(bench.orders(Leg::Entry).is_empty());
    bench.assert_agrees();
}

#[test]
fn a_resting_close_does_not_stand_in_the_way_of_an_emergency() {
    let mut bench = Bench::new();
    let stop = Some(LevelSpec::Price(price("98")));
    bench.confirm(Want::Open(OpenRequest { stop, ..open(OpenVerb::Buy, "1") }));
    bench.confirm(Want::Open(limit_close("120")));
    assert_eq!(bench.order(Leg::Close).state, OrderState::Open);
    bench.faults.refused = Some(Leg::Stop);
    let stop = bench.order(Leg::Stop).spec.id.clone();
    bench.lose(&stop);
    bench.wait(20_000);
    assert!(bench.position(&spot()).is_none(), "closed although a close rested");
    assert_eq!(bench.desk.book().state().unwrap().trading, TradingState::Halted);
    assert!(bench.alerts() < 12, "{} alerts", bench.alerts());
}

#[test]
fn a_second_entry_whose_stop_is_lost_gets_a_whole_stop_and_is_not_closed() {
    let mut bench = Bench::new();
    let stop = Some(LevelSpec::Price(price("98")));
    bench.confirm(Want::Open(OpenRequest { stop, ..open(OpenVerb::Buy, "1") }));
    bench.confirm(Want::Open(open(OpenVerb::Buy, "0.5")));
    bench.wait(3_000);
    assert_eq!(bench.order(Leg::Stop).remaining(), qty("1.5"));
    bench.wait(20_000);
    assert_eq!(bench.orders(Leg::Stop).len(), 1);
    assert_eq!(bench.position(&spot()).unwrap().quantity, qty("1.5"));
    bench.assert_agrees();
}

#[test]
fn the_held_stop_of_a_resting_entry_does_not_count_for_the_position() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    let lost = bench.order(Leg::Stop).spec.id.clone();
    bench.confirm(Want::Open(at_limit(long("1", "90"), "95")));
    bench.lose(&lost);
    bench.wait(3_000);
    let resting = bench.orders(Leg::Stop).into_iter().filter(|row| row.state == OrderState::Open).count();
    assert_eq!(resting, 1, "a new stop stands at once");
    assert!(bench.position(&perp()).is_some());
    bench.assert_agrees();
}

#[test]
fn a_moved_stop_replaces_the_old_one_and_a_refused_one_leaves_it_in_the_record() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    let moved = |at: &str| {
        let stop = Some(StopChange::Set(LevelSpec::Price(price(at))));
        Want::Protect(ProtectRequest { symbol: Some(perp().symbol), stop, targets: None, evidence: Default::default() })
    };
    bench.confirm(moved("99"));
    assert_eq!(bench.orders(Leg::Stop).len(), 1);
    assert_eq!(bench.order(Leg::Stop).spec.trigger, Some(price("99")));
    bench.faults.refused = Some(Leg::Stop);
    bench.confirm(moved("98.5"));
    let protection = &bench.desk.book().position(&perp()).unwrap().protection;
    assert_eq!(protection.stop, Some(price("99")), "the books name the stop that is there");
    assert_eq!(protection.stop_order.as_ref(), Some(&bench.order(Leg::Stop).spec.id));
    bench.assert_agrees();
}

#[test]
fn an_entry_against_the_position_only_reduces_it_and_leaves_its_stop_alone() {
    let mut bench = Bench::new();
    let leverage = Some(Leverage::new(rust_decimal::dec!(5)).unwrap());
    let stop = Some(LevelSpec::Price(price("110")));
    let short = OpenRequest { leverage, stop, ..open(OpenVerb::Short, "0.4") };
    bench.confirm(Want::Open(at_limit(short, "104")));
    bench.confirm(Want::Open(at_limit(long("1", "95"), "98")));
    bench.mark("97");
    assert_eq!(bench.position(&perp()).map(|p| p.quantity), Some(qty("1")));
    bench.mark("105");
    let position = bench.position(&perp()).unwrap().clone();
    assert_eq!((position.direction.as_str(), position.quantity), ("long", qty("0.6")));
    let protection = bench.desk.book().position(&perp()).unwrap().protection.clone();
    assert_eq!(protection.stop, Some(price("95")), "the stop of the long, not the short's");
    bench.wait(15_000);
    assert!(bench.position(&perp()).is_some(), "nothing was closed");
    bench.assert_agrees();
}

#[test]
fn a_later_fill_of_an_entry_does_not_take_back_a_stop_that_was_moved() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(at_limit(long("5", "90"), "99")));
    bench.trade_at("99", "2");
    let held = bench.position(&perp()).map(|p| p.quantity);
    assert!(held.is_some_and(|held| held < qty("5")), "{held:?}");
    let stop = Some(StopChange::Set(LevelSpec::Price(price("95"))));
    bench.confirm(Want::Protect(ProtectRequest { symbol: Some(perp().symbol), stop, targets: None, evidence: Default::default() }));
    bench.mark("98.5");
    bench.wait(5_000);
    assert_eq!(bench.position(&perp()).unwrap().quantity, qty("5"));
    let row = bench.desk.book().position(&perp()).unwrap();
    assert_eq!(row.protection.stop, Some(price("95")));
    assert_eq!(row.protection.unprotected_since, None);
    bench.assert_agrees();
}

#[test]
fn a_stop_that_the_venue_lost_is_not_believed_for_long() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    let stop = bench.order(Leg::Stop).spec.id.clone();
    bench.wait(40_000);
    bench.faults.silent = true;
    bench.lose(&stop);
    bench.faults.silent = false;
    bench.faults.forgotten.insert(stop.clone());
    bench.wait(60_000);
    assert_eq!(bench.desk.book().order(&stop).unwrap().state, OrderState::Absent);
    assert_ne!(bench.order(Leg::Stop).spec.id, stop, "another one stands");
    bench.assert_agrees();
}

#[test]
fn trailing_follows_the_best_price_and_never_turns_back() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(OpenRequest { stop: None, trailing: Some(ratio("0.05")), ..long("1", "98") }));
    for mark in ["104", "108", "103"] {
        bench.mark(mark);
        bench.wait(2_000);
    }
    assert_eq!(bench.orders(Leg::Stop).len(), 1);
    assert_eq!(bench.order(Leg::Stop).spec.trigger, Some(price("102.6")));
    bench.assert_agrees();
}

#[test]
fn a_restart_gives_an_unprotected_position_its_ten_seconds_anew() {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    let stop = bench.order(Leg::Stop).spec.id.clone();
    bench.faults.deaf = true;
    bench.lose(&stop);
    bench.now = bench.now.plus_ms(3_600_000);
    bench.faults.deaf = false;
    bench.mark("100");
    bench.restart();
    bench.wait(5_000);
    assert!(bench.position(&perp()).is_some() && bench.orders(Leg::Stop).len() == 1);
    assert_eq!(bench.desk.book().state().unwrap().trading, TradingState::Active);
}
