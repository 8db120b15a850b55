//! Stops that are moved and targets that are set on what is held.

use super::super::bench::Bench;
use super::super::wants::{long, open};
use super::{codes, key};
use crate::domain::money::Price;
use crate::domain::plan::Plan;
use crate::domain::proposal::Want;
use crate::domain::refusal::Code;
use crate::domain::request::{LevelSpec, OpenRequest, OpenVerb, ProtectRequest, StopChange, TargetChange, TargetSpec};
use crate::engine::desk::sizing::Unplannable;
use crate::engine::exchange::paper::fixtures::{amount, price, ratio, spot};

/// Holds a long of 1 BTC at 100.1 with 5×.
fn with_long() -> Bench {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(long("1", "98")));
    bench
}

/// Holds a short of 1 BTC at 99.9 with 5×.
fn with_short() -> Bench {
    let mut bench = Bench::new();
    bench.confirm(Want::Open(OpenRequest { verb: OpenVerb::Short, ..long("1", "102") }));
    bench
}

fn plan(bench: &Bench, stop: Option<StopChange>, targets: Option<TargetChange>) -> Result<Plan, Unplannable> {
    let request = ProtectRequest { symbol: None, stop, targets, upkeep: Default::default(), evidence: Default::default() };
    bench.desk.sizing(bench.now, &bench.board).protect(&key(), &request)
}

fn moved(bench: &Bench, change: StopChange) -> Price {
    plan(bench, Some(change), None).unwrap().stop.unwrap().trigger
}

#[test]
fn break_even_pays_both_fees_and_is_rounded_away_from_a_loss() {
    // 100.1 × 1.002 = 100.3002; 99.9 × 0.998 = 99.7002.
    assert_eq!(moved(&with_long(), StopChange::BreakEven), price("100.4"));
    assert_eq!(moved(&with_short(), StopChange::BreakEven), price("99.7"));
}

#[test]
fn a_distance_is_measured_from_the_entry_and_a_trail_from_the_mark() {
    // 100.1 × 0.98 = 98.098; 99.9 × 1.02 = 101.898.
    assert_eq!(moved(&with_long(), StopChange::Set(LevelSpec::Distance(ratio("0.02")))), price("98.1"));
    assert_eq!(moved(&with_short(), StopChange::Set(LevelSpec::Distance(ratio("0.02")))), price("101.8"));
    let trailing = plan(&with_long(), Some(StopChange::Trail(ratio("0.05"))), None).unwrap().stop.unwrap();
    assert_eq!((trailing.trigger, trailing.trailing), (price("95"), Some(ratio("0.05"))));
}

#[test]
fn the_figures_are_those_of_the_whole_position() {
    let made = plan(&with_long(), Some(StopChange::Set(LevelSpec::Price(price("98")))), None).unwrap();
    // 100.1 − 98 and 0.1 % of 98 on the way out; the way in is paid.
    assert_eq!(made.figures.loss_at_stop, Some(amount("2.198")));
    assert_eq!((made.figures.price, made.figures.notional), (price("100"), amount("100")));
    assert_eq!((made.figures.margin, made.figures.fee), (amount("20.02"), amount("0")));
    let gain = plan(&with_long(), Some(StopChange::BreakEven), None).unwrap();
    // 100.1 − 100.4 + 0.1004: less than nothing is lost.
    assert_eq!(gain.figures.loss_at_stop, Some(amount("-0.1996")));
}

#[test]
fn targets_are_set_with_their_shares() {
    let target = |at: &str, share: Option<&str>| TargetSpec { level: LevelSpec::Price(price(at)), share: share.map(ratio) };
    let wanted = TargetChange::Set(vec![target("110", None), target("104.09", Some("0.25"))]);
    let made = plan(&with_long(), None, Some(wanted)).unwrap();
    let told: Vec<_> = made.targets.iter().map(|target| (target.price, target.share)).collect();
    assert_eq!(told, [(price("104"), ratio("0.25")), (price("110"), ratio("0.75"))]);
    assert_eq!((made.exits.stop, made.exits.targets), (false, true));
}

#[test]
fn a_leveraged_position_keeps_a_stop_and_a_holding_need_not() {
    assert_eq!(codes(plan(&with_long(), Some(StopChange::Remove), None).unwrap_err()), [Code::StopRequired]);
    let mut bench = Bench::new();
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    let made = plan(&bench, Some(StopChange::Remove), None).unwrap();
    assert_eq!((made.instrument, made.stop, made.exits.stop), (spot(), None, true));
}

#[test]
fn nothing_held_is_refused_and_two_are_asked_about() {
    assert_eq!(codes(plan(&Bench::new(), Some(StopChange::BreakEven), None).unwrap_err()), [Code::NoPosition]);
    let mut bench = with_long();
    bench.confirm(Want::Open(open(OpenVerb::Buy, "1")));
    assert!(codes(plan(&bench, Some(StopChange::BreakEven), None).unwrap_err()).is_empty());
}
