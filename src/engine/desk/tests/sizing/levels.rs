//! Stops and targets: where they come from, and which way they are rounded.

use super::super::bench::Bench;
use super::super::wants::{at_limit, long};
use super::{Ranged, codes, key};
use crate::domain::evidence::EvidenceMap;
use crate::domain::money::Price;
use crate::domain::position::Direction;
use crate::domain::refusal::Code;
use crate::domain::request::{LevelSpec, OpenRequest, OpenVerb, TargetSpec};
use crate::engine::desk::sizing::Unplannable;
use crate::engine::desk::sizing::levels::{stop_trigger, target_price, targets};
use crate::engine::exchange::paper::fixtures::{leverage, price, ratio};

/// The stop of an order at 100 that names none.
fn default_stop(verb: OpenVerb, times: &str, atr: Option<&str>) -> Price {
    let bench = Bench::new();
    let request = OpenRequest { verb, leverage: Some(leverage(times)), stop: None, ..at_limit(long("1", "95"), "100") };
    let plan = match atr {
        Some(atr) => bench.desk.sizing(bench.now, &Ranged(&bench.board, price(atr))).open(&key(), &request),
        None => bench.desk.sizing(bench.now, &bench.board).open(&key(), &request),
    };
    plan.unwrap().stop.unwrap().trigger
}

#[test]
fn the_default_stop_is_the_nearest_of_three_distances() {
    // 5 % of the price, as long as nothing is nearer.
    assert_eq!(default_stop(OpenVerb::Long, "5", None), price("95"));
    assert_eq!(default_stop(OpenVerb::Short, "5", None), price("105"));
    assert_eq!(default_stop(OpenVerb::Long, "5", Some("2.6")), price("95"), "2 × 2.6 is farther");
    // 2 × 1.234 = 2.468, towards the entry on the tick.
    assert_eq!(default_stop(OpenVerb::Long, "5", Some("1.234")), price("97.6"));
    assert_eq!(default_stop(OpenVerb::Short, "5", Some("1.234")), price("102.4"));
    // At 20× liquidation is at 95 ÷ 0.995 = 95.4773…; 60 % of the way of 4.5226… is 2.7135….
    assert_eq!(default_stop(OpenVerb::Long, "20", None), price("97.3"));
    // A short's is at 105 ÷ 1.005 = 104.4776…; 60 % of 4.4776… is 2.6865….
    assert_eq!(default_stop(OpenVerb::Short, "20", None), price("102.6"));
}

#[test]
fn a_stop_is_never_farther_away_than_said() {
    let stop = |direction, level| stop_trigger(direction, price("100"), level, price("0.1")).unwrap();
    assert_eq!(stop(Direction::Long, LevelSpec::Price(price("95.01"))), price("95.1"));
    assert_eq!(stop(Direction::Short, LevelSpec::Price(price("104.99"))), price("104.9"));
    assert_eq!(stop(Direction::Long, LevelSpec::Distance(ratio("0.0333"))), price("96.7"));
    assert_eq!(stop(Direction::Short, LevelSpec::Distance(ratio("0.0333"))), price("103.3"));
    assert_eq!(stop(Direction::Long, LevelSpec::Price(price("95.1"))), price("95.1"));
}

#[test]
fn a_target_is_never_farther_away_than_said() {
    let target = |direction, level| target_price(direction, price("100"), level, price("0.1")).unwrap();
    assert_eq!(target(Direction::Long, LevelSpec::Price(price("110.09"))), price("110"));
    assert_eq!(target(Direction::Short, LevelSpec::Price(price("90.01"))), price("90.1"));
    assert_eq!(target(Direction::Long, LevelSpec::Distance(ratio("0.0333"))), price("103.3"));
    assert_eq!(target(Direction::Short, LevelSpec::Distance(ratio("0.0333"))), price("96.7"));
}

/// Targets as `price share`, in order.
fn shared(direction: Direction, wanted: &[(&str, Option<&str>)]) -> Result<Vec<String>, Unplannable> {
    let wanted: Vec<TargetSpec> =
        wanted.iter().map(|(at, share)| TargetSpec { level: LevelSpec::Price(price(at)), share: share.map(ratio) }).collect();
    let plans = targets(direction, price("100"), &wanted, price("0.1"), &mut EvidenceMap::new())?;
    Ok(plans.iter().map(|plan| format!("{} {}", plan.price, plan.share.value())).collect())
}

#[test]
fn targets_stand_nearest_first_and_keep_their_shares() {
    let two = shared(Direction::Long, &[("110.07", Some("0.3")), ("104", Some("0.5"))]).unwrap();
    assert_eq!(two, ["104 0.5", "110 0.3"], "what is left keeps running");
    let short = shared(Direction::Short, &[("90", Some("0.3")), ("96", Some("0.7"))]).unwrap();
    assert_eq!(short, ["96 0.7", "90 0.3"]);
}

#[test]
fn targets_without_a_share_divide_what_is_left_to_the_last_digit() {
    assert_eq!(shared(Direction::Long, &[("104", None)]).unwrap(), ["104 1"]);
    let third = "0.333333333333";
    let three = shared(Direction::Long, &[("104", None), ("106", None), ("108", None)]).unwrap();
    assert_eq!(three, [format!("104 {third}"), format!("106 {third}"), format!("108 {third}").replace("333333333333", "333333333334")]);
    let mixed = shared(Direction::Long, &[("104", Some("0.5")), ("106", None), ("108", None)]).unwrap();
    assert_eq!(mixed, ["104 0.5", "106 0.25", "108 0.25"]);
}

#[test]
fn shares_beyond_the_whole_are_refused() {
    for wanted in [[("104", Some("0.6")), ("106", Some("0.5"))], [("104", Some("1")), ("106", None)]] {
        assert_eq!(codes(shared(Direction::Long, &wanted).unwrap_err()), [Code::BadNumber], "{wanted:?}");
    }
}
