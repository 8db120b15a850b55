//! What the tests of this room share: two instruments, a book of round levels, and orders in one line.

use rust_decimal::Decimal;

use super::core::{PaperCore, State};
use super::log::Record;
use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::{Instrument, InstrumentId, InstrumentStatus, Market, Symbol};
use crate::domain::maintenance::Bracket;
use crate::domain::margin::MarginMode;
use crate::domain::market::{Level, Print, Tick};
use crate::domain::money::{Amount, Leverage, Price, Quantity, Ratio};
use crate::domain::order::{AttachedSpec, Fill, Leg, OrderReport, OrderSpec, OrderType, Side, TimeInForce};
use crate::domain::time::Timestamp;
use crate::engine::ports::SubmitOutcome;

pub fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}
pub fn price(text: &str) -> Price {
    Price::new(dec(text)).unwrap()
}
pub fn qty(text: &str) -> Quantity {
    Quantity::new(dec(text)).unwrap()
}
pub fn amount(text: &str) -> Amount {
    Amount::new(dec(text)).unwrap()
}
pub fn ratio(text: &str) -> Ratio {
    Ratio::new(dec(text)).unwrap()
}
pub fn leverage(text: &str) -> Leverage {
    Leverage::new(dec(text)).unwrap()
}
pub fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}
pub fn id(text: &str) -> ClientOrderId {
    ClientOrderId::new(text)
}
pub fn spot() -> InstrumentId {
    InstrumentId::new(Symbol::new("BTC", "USDT"), Market::Spot)
}
pub fn perp() -> InstrumentId {
    InstrumentId::new(Symbol::new("BTC", "USDT"), Market::Perp)
}

pub fn instruments() -> Vec<Instrument> {
    [spot(), perp()]
        .into_iter()
        .map(|id| Instrument {
            tick: price("0.1"),
            step: qty("0.001"),
            min_notional: amount("5"),
            maker_fee: ratio("0.0002"),
            taker_fee: ratio("0.001"),
            maintenance: if id.market == Market::Perp { ratio("0.005") } else { Ratio::ZERO },
            brackets: if id.market == Market::Perp { vec![Bracket { floor: amount("1000000"), rate: ratio("0.05") }] } else { Vec::new() },
            leverage_max: if id.market == Market::Perp { leverage("20") } else { Leverage::ONE },
            major: true,
            status: InstrumentStatus::Trading,
            id,
        })
        .collect()
}

fn levels(text: &str) -> Vec<Level> {
    let level = |part: &str| {
        let (p, q) = part.split_once('x').unwrap();
        Level { price: price(p), quantity: qty(q) }
    };
    text.split_whitespace().map(level).collect()
}

/// A tick such as `tick(&spot(), 1, "100", "99.9x1 99.8x2", "100.1x1 100.2x2")`.
pub fn tick(instrument: &InstrumentId, ms: i64, mark: &str, bids: &str, asks: &str) -> Tick {
    Tick { instrument: instrument.clone(), at: at(ms), mark: price(mark), print: None, bids: levels(bids), asks: levels(asks) }
}

/// A tick with a book of three levels of 1 BTC around the mark.
pub fn around(instrument: &InstrumentId, ms: i64, mark: &str) -> Tick {
    let level = |ticks: i64| Level { price: Price::new(dec(mark) + Decimal::new(ticks, 1)).unwrap(), quantity: qty("1") };
    let (bids, asks) = ([-1, -2, -3].map(level).to_vec(), [1, 2, 3].map(level).to_vec());
    Tick { instrument: instrument.clone(), at: at(ms), mark: price(mark), print: None, bids, asks }
}

pub fn printed(mut tick: Tick, at: &str, quantity: &str, aggressor: Side) -> Tick {
    tick.print = Some(Print { price: price(at), quantity: qty(quantity), aggressor });
    tick
}

pub fn market(name: &str, instrument: InstrumentId, side: Side, quantity: &str) -> OrderSpec {
    OrderSpec {
        id: id(name),
        instrument,
        side,
        order_type: OrderType::Market,
        quantity: qty(quantity),
        price: None,
        trigger: None,
        tif: TimeInForce::Ioc,
        reduce_only: false,
        leverage: Leverage::ONE,
        margin_mode: MarginMode::default(),
        attached: Vec::new(),
    }
}
pub fn limit(name: &str, instrument: InstrumentId, side: Side, quantity: &str, at: &str) -> OrderSpec {
    OrderSpec { order_type: OrderType::Limit, price: Some(price(at)), tif: TimeInForce::Gtc, ..market(name, instrument, side, quantity) }
}
pub fn stop(name: &str, instrument: InstrumentId, side: Side, quantity: &str, at: &str) -> OrderSpec {
    OrderSpec {
        order_type: OrderType::StopMarket,
        trigger: Some(price(at)),
        tif: TimeInForce::Gtc,
        ..market(name, instrument, side, quantity)
    }
}
pub fn reducing(spec: OrderSpec) -> OrderSpec {
    OrderSpec { reduce_only: true, ..spec }
}
pub fn lasting(spec: OrderSpec, tif: TimeInForce) -> OrderSpec {
    OrderSpec { tif, ..spec }
}
pub fn levered(spec: OrderSpec, times: &str) -> OrderSpec {
    OrderSpec { leverage: leverage(times), ..spec }
}
pub fn crossed(spec: OrderSpec) -> OrderSpec {
    OrderSpec { margin_mode: MarginMode::Cross, ..spec }
}
/// Adds a stop `{id}-s` and targets `{id}-t1…` of equal shares in per cent.
pub fn bracket(mut spec: OrderSpec, stop_at: &str, targets: &[(&str, &str)]) -> OrderSpec {
    let name = spec.id.as_str().to_owned();
    spec.attached.push(AttachedSpec { id: id(&format!("{name}-s")), leg: Leg::Stop, price: price(stop_at), share: Ratio::ONE });
    for (n, (at, share)) in (1u8..).zip(targets) {
        let id = id(&format!("{name}-t{n}"));
        spec.attached.push(AttachedSpec { id, leg: Leg::Target(n), price: price(at), share: ratio(share) });
    }
    spec
}

pub fn core() -> PaperCore {
    PaperCore::new(instruments(), State::opening(amount("100000"))).unwrap()
}

/// A venue that has seen one round book at 100 on both instruments.
pub fn open_core() -> PaperCore {
    let mut core = core();
    for instrument in [spot(), perp()] {
        assert!(core.on_tick(&around(&instrument, 1, "100")).is_empty());
    }
    core
}

/// Submits an order that must be taken.
pub fn taken(core: &mut PaperCore, spec: OrderSpec) -> (Vec<OrderReport>, Vec<Fill>, Record) {
    match core.submit(spec, at(2)) {
        (SubmitOutcome::Accepted { orders, fills }, record) => (orders, fills, record),
        (other, _) => panic!("not taken: {other:?}"),
    }
}

/// Submits an order that must be refused; returns code and reason.
pub fn refused(core: &mut PaperCore, spec: OrderSpec) -> (String, String) {
    match core.submit(spec, at(2)) {
        (SubmitOutcome::Rejected { code, reason }, _) => (code, reason),
        (other, _) => panic!("not refused: {other:?}"),
    }
}

/// Executions as `price×quantity`, for one-line assertions.
pub fn deals(fills: &[Fill]) -> Vec<String> {
    fills.iter().map(|fill| format!("{}x{}", fill.price, fill.quantity)).collect()
}
pub fn deals_of(record: &Record) -> Vec<String> {
    record.fills.iter().map(|(_, fill)| format!("{}x{}", fill.price, fill.quantity)).collect()
}
