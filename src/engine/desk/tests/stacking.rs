//! Adding to a position: one stop for the whole, where the newest plan has it, and never a moment without one.

use rust_decimal::Decimal;

use super::bench::Bench;
use super::wants::long;
use crate::domain::order::Leg;
use crate::domain::proposal::Want;
use crate::domain::request::{LevelSpec, OpenRequest, TargetSpec};
use crate::engine::exchange::paper::fixtures::{perp, price, qty, ratio, tick};

fn target(at: &str, share: &str) -> TargetSpec {
    TargetSpec { level: LevelSpec::Price(price(at)), share: Some(ratio(share)) }
}

fn stops(bench: &Bench) -> Vec<(String, String)> {
    let told = |row: &&crate::domain::rows::OrderRow| (row.spec.trigger.unwrap().to_string(), row.remaining().to_string());
    bench.orders(Leg::Stop).iter().map(told).collect()
}

fn deep(bench: &mut Bench, mark: &str) {
    let at = bench.now.ms();
    let mark: Decimal = mark.parse().unwrap();
    let (bid, ask) = (mark - Decimal::new(1, 1), mark + Decimal::new(1, 1));
    bench.tick(tick(&perp(), at, &mark.to_string(), &format!("{bid}x1000"), &format!("{ask}x1000")));
}

#[test]
fn the_newest_plans_stop_is_the_one_stop_for_the_whole_and_the_card_says_so() {
    let mut bench = Bench::new();
    deep(&mut bench, "100");
    bench.confirm(Want::Open(long("2", "97")));
    bench.propose(Want::Open(long("1", "98")));
    assert!(bench.last_words().contains("its stop at 97 gives way to one at 98 for all of it"), "{}", bench.last_words());
    bench.tap(crate::engine::desk::input::TapVerb::Confirm);
    bench.wait(3_000);
    assert_eq!(stops(&bench), [("98".to_owned(), "3".to_owned())]);
    bench.confirm(Want::Open(long("0.5", "96")));
    bench.wait(3_000);
    assert_eq!(stops(&bench), [("96".to_owned(), "3.5".to_owned())]);
    assert_eq!(bench.position(&perp()).unwrap().quantity, qty("3.5"));
    bench.assert_agrees();
}

#[test]
fn at_every_moment_of_it_a_proven_stop_covers_the_whole() {
    let mut bench = Bench::new();
    deep(&mut bench, "100");
    bench.confirm(Want::Open(long("2", "97")));
    bench.confirm(Want::Open(long("1", "98")));
    for _ in 0..30 {
        bench.wait(100);
        let covered: Decimal = bench.orders(Leg::Stop).iter().map(|row| row.remaining().value()).sum();
        let held = bench.position(&perp()).unwrap().quantity.value();
        assert!(covered >= held, "{covered} of {held}");
        assert!(bench.orders(Leg::Stop).iter().all(|row| row.remaining().value() <= held));
    }
    assert_eq!(bench.orders(Leg::Stop).len(), 1);
}

#[test]
fn the_targets_in_place_grow_with_the_position() {
    let mut bench = Bench::new();
    deep(&mut bench, "100");
    bench.confirm(Want::Open(OpenRequest { targets: vec![target("110", "0.25"), target("120", "0.75")], ..long("2", "97") }));
    bench.confirm(Want::Open(long("1", "98")));
    bench.wait(5_000);
    let sizes = |bench: &Bench| [1, 2].map(|n| bench.order(Leg::Target(n)).remaining().to_string());
    assert_eq!(sizes(&bench), ["0.75", "2.25"]);
    assert_eq!(stops(&bench), [("98".to_owned(), "3".to_owned())]);
    // What was added with targets of its own is covered by them.
    bench.confirm(Want::Open(OpenRequest { targets: vec![target("115", "1")], ..long("0.5", "98") }));
    bench.wait(5_000);
    let mut all: Vec<String> = [1, 2].iter().flat_map(|n| bench.orders(Leg::Target(*n))).map(|row| row.remaining().to_string()).collect();
    all.sort();
    assert_eq!(all, ["0.5", "0.75", "2.25"]);
    assert_eq!(stops(&bench), [("98".to_owned(), "3.5".to_owned())]);
    bench.assert_agrees();
}
