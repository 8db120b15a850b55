//! Upkeep: time stops, break-even after a target, trailing from a price and by ATR.

use super::bench::{Bench, Board};
use super::wants::long;
use crate::domain::ids::SourceKey;
use crate::domain::instrument::InstrumentId;
use crate::domain::market::{MarketSource, Quote};
use crate::domain::money::Price;
use crate::domain::order::Leg;
use crate::domain::proposal::Want;
use crate::domain::request::{LevelSpec, OpenRequest, ProtectRequest, TargetSpec};
use crate::domain::time::{HOUR_MS, MINUTE_MS};
use crate::domain::trail::Callback;
use crate::domain::upkeep::{TimeStop, UpkeepSpec};
use crate::engine::exchange::paper::fixtures::{perp, price, qty, ratio};
use crate::engine::ports::Quotes;

const NOTHING: UpkeepSpec = UpkeepSpec { time_stop: None, even_after_target: false, trail_from: None, trail_atr: None, stop_limit: None };

fn kept(upkeep: UpkeepSpec) -> Want {
    Want::Open(OpenRequest { upkeep, ..long("2", "98") })
}

fn protect(upkeep: UpkeepSpec) -> Want {
    Want::Protect(ProtectRequest { symbol: Some(perp().symbol), stop: None, targets: None, upkeep, evidence: Default::default() })
}

#[test]
fn a_time_stop_closes_the_position_when_its_time_is_over_also_after_a_restart() {
    let mut bench = Bench::new();
    bench.confirm(kept(UpkeepSpec { time_stop: Some(TimeStop::After(HOUR_MS)), ..NOTHING }));
    bench.now = bench.now.plus_ms(HOUR_MS - MINUTE_MS);
    bench.mark("100");
    bench.restart();
    bench.wait(30_000);
    assert!(bench.position(&perp()).is_some());
    bench.now = bench.now.plus_ms(MINUTE_MS);
    bench.mark("100");
    bench.wait(3_000);
    assert!(bench.position(&perp()).is_none());
    assert!(bench.said("its time is over") > 0);
    bench.assert_agrees();
}

#[test]
fn a_time_stop_can_be_set_and_taken_away_later_and_is_answered() {
    let mut bench = Bench::new();
    bench.confirm(kept(NOTHING));
    bench.confirm(protect(UpkeepSpec { time_stop: Some(TimeStop::After(HOUR_MS)), ..NOTHING }));
    assert!(bench.last_words().contains("closed in 1 h"), "{}", bench.last_words());
    bench.confirm(protect(UpkeepSpec { time_stop: Some(TimeStop::Never), ..NOTHING }));
    bench.now = bench.now.plus_ms(2 * HOUR_MS);
    bench.mark("100");
    bench.wait(3_000);
    assert!(bench.position(&perp()).is_some() && bench.orders(Leg::Stop).len() == 1);
    bench.assert_agrees();
}

#[test]
fn once_a_target_has_filled_the_stop_goes_to_break_even_and_never_back() {
    let mut bench = Bench::new();
    let target = |at: &str| TargetSpec { level: LevelSpec::Price(price(at)), share: Some(ratio("0.5")) };
    let upkeep = UpkeepSpec { even_after_target: true, ..NOTHING };
    bench.confirm(Want::Open(OpenRequest { targets: vec![target("104"), target("108")], upkeep, ..long("2", "98") }));
    bench.wait(3_000);
    assert_eq!(bench.order(Leg::Stop).spec.trigger, Some(price("98")), "no target has filled");
    bench.mark("105");
    bench.wait(3_000);
    // Two taker fees of 0.1 % above the entry at 100.1 and 100.2 (the book holds one at each level).
    let stop = bench.order(Leg::Stop).spec.trigger.unwrap();
    assert!(stop > price("100.1") && stop < price("100.6"), "{stop}");
    assert_eq!(bench.orders(Leg::Stop).len(), 1);
    bench.wait(10_000);
    assert_eq!(bench.order(Leg::Stop).spec.trigger, Some(stop));
    bench.assert_agrees();
}

#[test]
fn break_even_after_a_target_needs_a_target() {
    let mut bench = Bench::new();
    bench.propose(kept(UpkeepSpec { even_after_target: true, ..NOTHING }));
    assert!(bench.last_words().contains("there is no target") && bench.card().is_none());
}

#[test]
fn a_stop_that_trails_from_a_price_stands_still_until_the_mark_has_reached_it() {
    let mut bench = Bench::new();
    let upkeep = UpkeepSpec { trail_from: Some(LevelSpec::Price(price("106"))), ..NOTHING };
    bench.confirm(Want::Open(OpenRequest { trailing: Some(ratio("0.05")), upkeep, ..long("1", "96") }));
    let at = |bench: &mut Bench, mark: &str| {
        bench.mark(mark);
        bench.wait(3_000);
        bench.order(Leg::Stop).spec.trigger.unwrap()
    };
    assert_eq!(at(&mut bench, "105"), price("96"));
    assert_eq!(at(&mut bench, "107"), price("101.7"), "5 % under 107");
    assert_eq!(at(&mut bench, "103"), price("101.7"));
    bench.assert_agrees();
}

#[test]
fn adding_without_naming_a_stop_keeps_the_one_in_place_where_it_is_nearer() {
    let mut bench = Bench::new();
    bench.confirm(kept(NOTHING));
    bench.mark("101");
    bench.confirm(Want::Open(OpenRequest { stop: None, ..long("1", "98") }));
    bench.wait(3_000);
    let stops = bench.orders(Leg::Stop);
    assert!(stops.iter().all(|row| row.spec.trigger == Some(price("98"))), "the default of 5 % is farther away");
    assert_eq!(stops.iter().map(|row| row.remaining().value()).sum::<rust_decimal::Decimal>(), qty("3").value());
    bench.assert_agrees();
}

/// The bench's prices with an average true range.
struct Ranged<'a>(&'a Board);

impl Quotes for Ranged<'_> {
    fn quote(&self, instrument: &InstrumentId) -> Option<Quote> {
        self.0.quote(instrument)
    }

    fn atr_1h(&self, _: &InstrumentId) -> Option<Price> {
        Some(price("1.5"))
    }

    fn source(&self) -> MarketSource {
        self.0.source()
    }
}

#[test]
fn a_distance_in_true_ranges_is_worked_out_from_the_price_and_shown_with_its_rule() {
    let bench = Bench::new();
    let upkeep = UpkeepSpec { trail_atr: Some(ratio("2")), ..NOTHING };
    let request = OpenRequest { stop: None, upkeep, ..long("1", "98") };
    let key = SourceKey::new("t:1");
    let plan = bench.desk.sizing(bench.now, &Ranged(&bench.board)).open(&key, &request).unwrap();
    // 2 × 1.5 of 100.1, the ask.
    let stop = plan.stop.unwrap();
    assert_eq!(stop.trailing, Some(ratio("0.02997")));
    assert_eq!(stop.at_venue.map(|trail| trail.callback), Some(Callback::Distance(price("3"))), "given to the venue as it is");
    assert!(plan.evidence["trailing"].text.as_deref().is_some_and(|text| text.contains("2 × ATR")), "{:?}", plan.evidence["trailing"]);
    assert!(bench.desk.sizing(bench.now, &bench.board).open(&key, &request).is_err(), "no range is known yet");
}
