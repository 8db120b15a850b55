//! What holds after any sequence of orders, cancels and ticks.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof, proptest};
use proptest::sample::select;
use rust_decimal::Decimal;

use super::core::{PaperCore, State};
use super::fixtures::{amount, at, bracket, crossed, id, instruments, leverage, limit, market, perp, reducing, spot, stop};
use super::log::{Record, Totals};
use super::order::{PaperOrder, Stage};
use crate::domain::instrument::{InstrumentId, Market};
use crate::domain::market::{Level, Print, Tick};
use crate::domain::money::{Amount, Price, Quantity};
use crate::domain::order::{FillCause, OrderSpec, Side, TimeInForce};
use crate::domain::position::{Execution, Position, after_execution};
use crate::domain::time::HOUR_MS;

#[derive(Debug, Clone)]
enum Op {
    Submit(OrderSpec),
    /// Of one of the latest orders.
    Cancel(u64),
    Tick(Tick),
}

fn instrument() -> impl Strategy<Value = InstrumentId> + Clone {
    select(vec![spot(), perp()])
}

fn side() -> impl Strategy<Value = Side> + Clone {
    select(vec![Side::Buy, Side::Sell])
}

fn at_price(ticks: i64) -> Price {
    Price::new(Decimal::new(ticks, 1)).unwrap()
}

fn thousandths(count: i64) -> Quantity {
    Quantity::new(Decimal::new(count, 3)).unwrap()
}

/// An order without a name; names are given in order of submission, so that they may collide only on purpose.
fn spec() -> impl Strategy<Value = OrderSpec> {
    let tif = select(vec![TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::PostOnly]);
    let shape = (0u8..3, instrument(), side(), 1i64..4_000, 930i64..1_070, tif);
    (shape, 1u8..=20, (any::<bool>(), any::<bool>()), proptest::option::weighted(0.4, (1i64..60, 1i64..60))).prop_map(
        |((kind, instrument, side, quantity, ticks, tif), times, (reduces, cross), exits)| {
            let text = at_price(ticks).to_string();
            let mut spec = match kind {
                0 => market("x", instrument, side, "1"),
                1 => OrderSpec { tif, ..limit("x", instrument, side, "1", &text) },
                _ => stop("x", instrument, side, "1", &text),
            };
            spec.quantity = thousandths(quantity * 10);
            if spec.instrument.market == Market::Perp {
                spec.leverage = leverage(&times.to_string());
                spec = if cross { crossed(spec) } else { spec };
            }
            let direction = if side == Side::Buy { 1 } else { -1 };
            match exits {
                _ if reduces => reducing(spec),
                Some((risk, reward)) => {
                    let exit = |distance: i64| at_price(ticks + direction * distance).to_string();
                    bracket(spec, &exit(-risk), &[(&exit(reward), "0.4"), (&exit(reward + 7), "0.6")])
                }
                None => spec,
            }
        },
    )
}

fn tick() -> impl Strategy<Value = Tick> {
    let sizes = vec(0i64..3_000, 6);
    let print = proptest::option::of((-12i64..12, 1i64..5_000, side()));
    (instrument(), 900i64..1_100, sizes, print).prop_map(|(instrument, mark, sizes, print)| {
        let level = |ticks: i64, size: usize| Level { price: at_price(mark + ticks), quantity: thousandths(sizes[size]) };
        let print = print.map(|(ticks, size, aggressor)| Print { price: at_price(mark + ticks), quantity: thousandths(size), aggressor });
        let (bids, asks) = (vec![level(-1, 0), level(-3, 1), level(-9, 2)], vec![level(1, 3), level(2, 4), level(9, 5)]);
        Tick { instrument, at: at(1), mark: at_price(mark), print, bids, asks }
    })
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![4 => spec().prop_map(Op::Submit), 1 => (0u64..6).prop_map(Op::Cancel), 4 => tick().prop_map(Op::Tick)];
    vec(op, 1..60)
}

/// What an outsider can know: the book that was shown, and the executions.
struct Witness {
    shown: BTreeMap<(InstrumentId, Side, Price), Decimal>,
    traded: BTreeMap<(InstrumentId, Side), Decimal>,
    positions: BTreeMap<InstrumentId, Position>,
    realized: Amount,
    fees: Amount,
    funding: Amount,
    cash: Amount,
}

impl Witness {
    fn new() -> Self {
        let nothing = Amount::ZERO;
        let (shown, traded, positions) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { shown, traded, positions, realized: nothing, fees: nothing, funding: nothing, cash: amount("1000") }
    }

    fn see_tick(&mut self, tick: &Tick) {
        self.shown.retain(|(instrument, ..), _| *instrument != tick.instrument);
        let print = tick.print.map_or(Decimal::ZERO, |print| print.quantity.value());
        for (side, levels) in [(Side::Sell, &tick.bids), (Side::Buy, &tick.asks)] {
            for level in levels {
                self.shown.insert((tick.instrument.clone(), side, level.price), level.quantity.value());
            }
            let visible: Decimal = levels.iter().map(|level| level.quantity.value()).sum();
            self.traded.insert((tick.instrument.clone(), side), visible + print);
        }
    }

    /// Books the executions as the Desk's side would, with its own arithmetic calls.
    fn see(&mut self, record: &Record) {
        for (_, paid) in &record.fundings {
            let position = self.positions.get_mut(&paid.instrument).expect("only who holds something pays");
            position.margin = position.margin.minus(paid.from_margin).unwrap();
            self.cash = self.cash.plus(paid.amount).unwrap().plus(paid.from_margin).unwrap();
            self.funding = self.funding.plus(paid.amount).unwrap();
        }
        for (_, fill) in &record.fills {
            let execution = Execution {
                side: fill.side,
                quantity: fill.quantity,
                price: fill.price,
                leverage: fill.leverage,
                margin_mode: fill.margin_mode,
                at: fill.at,
            };
            let effect = after_execution(&fill.instrument, self.positions.get(&fill.instrument), execution).unwrap();
            let notional = fill.price.notional(fill.quantity).unwrap();
            let change = match (fill.instrument.market, fill.side) {
                (Market::Spot, Side::Buy) => notional.negated(),
                (Market::Spot, Side::Sell) => notional,
                (Market::Perp, _) => effect.realized.minus(effect.margin_change).unwrap(),
            };
            self.cash = self.cash.plus(change).unwrap().minus(fill.fee).unwrap();
            self.fees = self.fees.plus(fill.fee).unwrap();
            self.realized = self.realized.plus(effect.realized).unwrap();
            match effect.position {
                Some(position) => self.positions.insert(fill.instrument.clone(), position),
                None => self.positions.remove(&fill.instrument),
            };
            if fill.cause == FillCause::Liquidation {
                continue;
            }
            let volume = self.traded.get_mut(&(fill.instrument.clone(), fill.side)).unwrap();
            *volume -= fill.quantity.value();
            assert!(*volume >= Decimal::ZERO, "more traded than was shown and printed");
            if !fill.maker {
                let level = self.shown.get_mut(&(fill.instrument.clone(), fill.side, fill.price)).unwrap();
                *level -= fill.quantity.value();
                assert!(*level >= Decimal::ZERO, "a level was taken twice");
            }
        }
    }

    fn agrees(&self, core: &PaperCore) {
        let account = &core.state().account;
        assert_eq!(account.positions, self.positions);
        assert_eq!(account.cash.balance, self.cash);
        let tied = account.positions.values().map(|position| match position.instrument.market {
            Market::Spot => position.cost,
            Market::Perp => position.margin,
        });
        let tied = tied.fold(Amount::ZERO, |sum, part| sum.plus(part).unwrap());
        let all = self.cash.plus(tied).unwrap().plus(self.fees).unwrap().minus(self.realized).unwrap().minus(self.funding).unwrap();
        assert_eq!(all, account.cash.deposit, "cash + margin + cost + fees − realised − funding = deposit");
    }
}

fn check_account(core: &PaperCore) {
    let cash = core.state().account.cash.balance;
    let locked = core.locked_cash().unwrap();
    assert!(!cash.is_negative() && !locked.is_negative() && locked <= cash, "cash {cash}, locked {locked}");
    let held = core.state().account.reducible(&spot(), Side::Sell);
    let promised = core.plain_sells(&spot()).plus(core.kept_for_exits(&spot())).unwrap();
    assert!(promised <= held, "{promised} promised of {held}");
}

fn check_exits(core: &PaperCore) {
    for (instrument, side) in [(spot(), Side::Sell), (perp(), Side::Sell), (perp(), Side::Buy)] {
        let room = core.exit_room(&instrument, side);
        let of_side = |order: &&PaperOrder| order.is_working_exit() && order.spec.side == side && order.spec.instrument == instrument;
        let exits: Vec<&PaperOrder> = core.state().orders.values().filter(of_side).collect();
        let limits: Decimal = exits.iter().filter(|exit| !exit.is_stop()).map(|exit| exit.remaining().value()).sum();
        assert!(limits <= room.value(), "limits of {limits} in a room of {room}");
        assert!(exits.iter().filter(|exit| exit.is_stop()).all(|stop| stop.remaining() <= room));
        assert!(!room.is_zero() || exits.is_empty(), "exits outlive the position");
    }
    for order in core.state().orders.values() {
        assert!(!order.stage.is_over() && !order.remaining().is_zero(), "{order:?}");
        if let (Stage::Held, Some(tie)) = (order.stage, order.attachment) {
            assert!(core.state().orders.contains_key(&tie.parent), "a held exit without its entry");
        }
    }
}

/// Runs a script and checks everything after each step; returns all records.
fn run(script: &[Op]) -> Vec<Record> {
    let mut core = PaperCore::new(instruments(), State::opening(amount("1000"))).unwrap();
    let mut witness = Witness::new();
    let mut durable = Durable::default();
    let mut records = Vec::new();
    for (place, op) in script.iter().enumerate() {
        // An hour a step: funding moments come in between.
        let now = at(i64::try_from(place).unwrap() * HOUR_MS);
        let record = match op {
            Op::Submit(spec) => {
                let mut spec = spec.clone();
                // Every eighth name comes again, so that ids are re-used after their order ended.
                let name = format!("o{}", place % 8);
                for exit in &mut spec.attached {
                    exit.id = id(&format!("{name}{}", exit.id.as_str().trim_start_matches('x')));
                }
                spec.id = id(&name);
                core.submit(spec, now).1
            }
            Op::Cancel(back) => {
                let newest = core.state().orders.values().rev().nth(usize::try_from(*back).unwrap());
                let Some((instrument, id)) = newest.map(|order| (order.spec.instrument.clone(), order.spec.id.clone())) else { continue };
                core.cancel(&instrument, &id, now).1
            }
            Op::Tick(tick) => {
                let tick = Tick { at: now, ..tick.clone() };
                witness.see_tick(&tick);
                core.on_tick(&tick)
            }
        };
        witness.see(&record);
        witness.agrees(&core);
        check_account(&core);
        check_exits(&core);
        durable.keep(&record);
        durable.agrees(&core);
        records.push(record);
    }
    records
}

/// What a file would hold: rows replaced by their later form, as text.
#[derive(Default)]
struct Durable {
    orders: BTreeMap<u64, String>,
    positions: BTreeMap<InstrumentId, String>,
    totals: Option<String>,
}

impl Durable {
    fn keep(&mut self, record: &Record) {
        for order in &record.orders {
            self.orders.insert(order.number, serde_json::to_string(order).unwrap());
        }
        for (instrument, position) in &record.positions {
            self.positions.remove(instrument);
            if let Some(position) = position {
                self.positions.insert(instrument.clone(), serde_json::to_string(position).unwrap());
            }
        }
        if let Some(totals) = &record.totals {
            self.totals = Some(serde_json::to_string(totals).unwrap());
        }
    }

    fn agrees(&self, core: &PaperCore) {
        let orders = self.orders.values().map(|body| serde_json::from_str::<PaperOrder>(body).unwrap());
        let open: BTreeMap<u64, PaperOrder> = orders.filter(|order| !order.stage.is_over()).map(|order| (order.number, order)).collect();
        assert_eq!(&open, &core.state().orders, "a change was left out of the records");
        let positions = self.positions.iter().map(|(id, body)| (id.clone(), serde_json::from_str::<Position>(body).unwrap()));
        assert_eq!(&positions.collect::<BTreeMap<_, _>>(), &core.state().account.positions);
        if let Some(totals) = &self.totals {
            let stored: Totals = serde_json::from_str(totals).unwrap();
            assert_eq!(stored, Totals::of(core.state()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn money_is_conserved_and_exits_fit_after_any_sequence(script in ops()) {
        run(&script);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_same_sequence_makes_the_same_records(script in ops()) {
        assert_eq!(run(&script), run(&script));
    }
}
