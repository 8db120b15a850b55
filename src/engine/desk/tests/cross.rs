//! Cross margin at the Desk: the mode of a position, the liquidation price of its wallet, the guard and the gate.

use rust_decimal::Decimal;

use super::bench::Bench;
use super::wants::{long, open};
use crate::domain::margin::MarginMode;
use crate::domain::money::Leverage;
use crate::domain::proposal::Want;
use crate::domain::request::{LevelSpec, OpenRequest, OpenVerb};
use crate::engine::exchange::paper::fixtures::{perp, price, tick};
use crate::engine::risk::limits::Limits;

fn cross(request: OpenRequest) -> Want {
    Want::Open(OpenRequest { margin_mode: Some(MarginMode::Cross), ..request })
}

fn deep(bench: &mut Bench, mark: &str) {
    let at = bench.now.ms();
    let mark: Decimal = mark.parse().unwrap();
    let (bid, ask) = (mark - Decimal::new(1, 1), mark + Decimal::new(1, 1));
    bench.tick(tick(&perp(), at, &mark.to_string(), &format!("{bid}x100000"), &format!("{ask}x100000")));
}

#[test]
fn a_position_keeps_its_mode_and_another_word_is_refused() {
    let mut bench = Bench::new();
    deep(&mut bench, "100");
    bench.confirm(cross(long("2", "97")));
    assert_eq!(bench.position(&perp()).unwrap().margin_mode, MarginMode::Cross);
    // Nothing is said of it: what is open decides.
    bench.confirm(Want::Open(long("1", "97")));
    assert_eq!(bench.position(&perp()).unwrap().margin_mode, MarginMode::Cross);
    bench.propose(Want::Open(OpenRequest { margin_mode: Some(MarginMode::Isolated), ..long("0.5", "97") }));
    assert!(bench.last_words().contains("NOT_ALLOWED"), "{}", bench.last_words());
    bench.propose(cross(open(OpenVerb::Buy, "1")));
    assert!(bench.last_words().contains("Spot has no margin"), "{}", bench.last_words());
    bench.assert_agrees();
}

#[test]
fn the_setting_decides_where_nothing_is_said_and_the_word_over_it() {
    let mut bench = Bench::with(Limits { margin_mode: MarginMode::Cross, ..Limits::paper() });
    bench.confirm(Want::Open(long("1", "98")));
    assert_eq!(bench.position(&perp()).unwrap().margin_mode, MarginMode::Cross);
    let mut bench = Bench::with(Limits { margin_mode: MarginMode::Cross, ..Limits::paper() });
    bench.confirm(Want::Open(OpenRequest { margin_mode: Some(MarginMode::Isolated), ..long("1", "98") }));
    assert_eq!(bench.position(&perp()).unwrap().margin_mode, MarginMode::Isolated);
}

#[test]
fn the_gate_measures_the_stop_by_the_wallets_liquidation_price() {
    // At 20x an isolated long of 100 ends near 95.5, and a stop at 93 lies beyond it.
    let far = |quantity: &str, mode| {
        let leverage = Some(Leverage::new(Decimal::from(20)).unwrap());
        let stop = Some(LevelSpec::Price(price("93")));
        Want::Open(OpenRequest { leverage, stop, margin_mode: Some(mode), ..long(quantity, "93") })
    };
    let mut bench = Bench::new();
    deep(&mut bench, "100");
    bench.propose(far("10", MarginMode::Isolated));
    assert!(bench.last_words().contains("LIQUIDATION_DISTANCE"), "{}", bench.last_words());
    // A wallet of 100,000 stands for 10 of them down to nothing, and for 9,900 not as far as the stop needs.
    bench.propose(far("10", MarginMode::Cross));
    assert!(bench.card().is_some(), "{}", bench.last_words());
    bench.tap(crate::engine::desk::input::TapVerb::Decline);
    bench.propose(far("9900", MarginMode::Cross));
    assert!(bench.last_words().contains("LIQUIDATION_DISTANCE"), "{}", bench.last_words());
}
