//! Orders and ticks made up at random, for the properties of the venue.

use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use rust_decimal::Decimal;

use super::fixtures::{bracket, crossed, id, leverage, limit, market, perp, reducing, spot, stop};
use crate::domain::instrument::{InstrumentId, Market};
use crate::domain::market::{Level, Print, Tick};
use crate::domain::money::{Price, Quantity, Ratio};
use crate::domain::order::{OcoSpec, OrderSpec, OrderType, Side, TimeInForce};
use crate::domain::trail::{Callback, Trail};

pub fn instrument() -> impl Strategy<Value = InstrumentId> + Clone {
    select(vec![spot(), perp()])
}

pub fn side() -> impl Strategy<Value = Side> + Clone {
    select(vec![Side::Buy, Side::Sell])
}

pub fn at_price(ticks: i64) -> Price {
    Price::new(Decimal::new(ticks, 1)).unwrap()
}

fn thousandths(count: i64) -> Quantity {
    Quantity::new(Decimal::new(count, 3)).unwrap()
}

/// How a stop follows: by share or distance, at once or from some ticks on the winning side.
fn trail() -> impl Strategy<Value = (bool, i64, Option<i64>)> {
    (any::<bool>(), 1i64..80, proptest::option::weighted(0.3, 1i64..40))
}

fn trail_of((share, by, from): (bool, i64, Option<i64>), ticks: i64, direction: i64) -> Trail {
    let callback = if share { Callback::Share(Ratio::new(Decimal::new(by, 3)).unwrap()) } else { Callback::Distance(at_price(by)) };
    Trail { callback, from: from.map(|from| at_price(ticks + direction * from)) }
}

/// An order without a name; names are given in order of submission, so that they may collide only on purpose.
pub fn spec() -> impl Strategy<Value = OrderSpec> {
    let tif = select(vec![TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::PostOnly]);
    let kind = select([&OrderType::ALL[..], &[OrderType::Limit, OrderType::Market]].concat());
    let shape = (kind, instrument(), side(), 1i64..4_000, 930i64..1_070, tif);
    let exits = proptest::option::weighted(0.4, (1i64..60, 1i64..60));
    (shape, 1u8..=20, any::<bool>(), exits, 0u8..4, -20i64..20, trail()).prop_map(
        |((kind, instrument, side, quantity, ticks, tif), times, reduces, exits, flavour, beside, trail)| {
            let direction = if side == Side::Buy { 1 } else { -1 };
            let mut spec = plain(kind, instrument, side, ticks, tif);
            spec.quantity = thousandths(quantity * 10);
            if kind.has_limit() && kind.has_trigger() {
                spec.price = Some(at_price(ticks + beside));
            }
            if kind == OrderType::TrailingStop {
                spec.trail = Some(trail_of(trail, ticks, -direction));
            }
            if spec.instrument.market == Market::Perp {
                spec.leverage = leverage(&times.to_string());
                spec = if quantity % 2 == 0 { crossed(spec) } else { spec };
            }
            match exits {
                _ if reduces && flavour == 0 && kind == OrderType::Limit => paired(reducing(spec), ticks, direction, beside),
                _ if reduces => reducing(spec),
                Some((risk, reward)) => {
                    let exit = |distance: i64| at_price(ticks + direction * distance).to_string();
                    let mut spec = bracket(spec, &exit(-risk), &[(&exit(reward), "0.4"), (&exit(reward + 7), "0.6")]);
                    match flavour {
                        1 => spec.attached[0].trail = Some(trail_of(trail, ticks, direction)),
                        2 => spec.attached[0].limit = Some(at_price(ticks - direction * (risk + beside.abs()))),
                        _ => {}
                    }
                    spec
                }
                None => spec,
            }
        },
    )
}

fn plain(kind: OrderType, instrument: InstrumentId, side: Side, ticks: i64, tif: TimeInForce) -> OrderSpec {
    let text = at_price(ticks).to_string();
    match kind {
        OrderType::Market => market("x", instrument, side, "1"),
        OrderType::Limit => OrderSpec { tif, ..limit("x", instrument, side, "1", &text) },
        _ => OrderSpec { order_type: kind, ..stop("x", instrument, side, "1", &text) },
    }
}

/// Makes a limit the first half of a pair: its stop lies on the other side of the market, some way off.
fn paired(spec: OrderSpec, ticks: i64, direction: i64, beside: i64) -> OrderSpec {
    let stop = ticks + direction * (20 + beside.abs());
    let limit = (beside > 5).then(|| at_price(stop + direction * beside));
    let oco = Some(Box::new(OcoSpec { id: id("x-o"), trigger: at_price(stop), limit }));
    OrderSpec { oco, tif: TimeInForce::Gtc, ..spec }
}

pub fn tick() -> impl Strategy<Value = Tick> {
    let sizes = proptest::collection::vec(0i64..3_000, 6);
    let print = proptest::option::of((-12i64..12, 1i64..5_000, side()));
    (instrument(), 900i64..1_100, sizes, print).prop_map(|(instrument, mark, sizes, print)| {
        let level = |ticks: i64, size: usize| Level { price: at_price(mark + ticks), quantity: thousandths(sizes[size]) };
        let print = print.map(|(ticks, size, aggressor)| Print { price: at_price(mark + ticks), quantity: thousandths(size), aggressor });
        let (bids, asks) = (vec![level(-1, 0), level(-3, 1), level(-9, 2)], vec![level(1, 3), level(2, 4), level(9, 5)]);
        Tick { instrument, at: super::fixtures::at(1), mark: at_price(mark), print, bids, asks }
    })
}
