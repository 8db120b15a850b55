//! What holds after any sequence of orders, cancels and ticks.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;

use super::account::Account;
use super::core::{PaperCore, State};
use super::fixtures::{amount, at, id, instruments, perp, spot};
use super::kinds_watch::KindsWatch;
use super::log::{Record, Totals};
use super::order::{PaperOrder, Stage};
use super::random_orders::{instrument, spec, tick};
use crate::domain::instrument::{InstrumentId, Market};
use crate::domain::market::Tick;
use crate::domain::money::{Amount, Price, Quantity};
use crate::domain::order::{FillCause, OrderSpec, Side};
use crate::domain::position::{Execution, Position, after_execution};
use crate::domain::time::HOUR_MS;

#[derive(Debug, Clone)]
enum Op {
    Submit(OrderSpec),
    /// Of one of the latest orders.
    Cancel(u64),
    Tick(Tick),
    /// Over so many eighths of what is held, with limit and stop so many ticks around the mark.
    Pair(InstrumentId, i64, i64, i64),
    /// The venue goes on from what is durable.
    Restart,
}

fn pair() -> impl Strategy<Value = Op> {
    (instrument(), 1i64..=8, 1i64..60, 1i64..60).prop_map(|(instrument, eighths, up, down)| Op::Pair(instrument, eighths, up, down))
}

/// A pair that fits what is held and the mark, if anything is held.
fn fitting_pair(core: &PaperCore, instrument: &InstrumentId, eighths: i64, up: i64, down: i64) -> Option<OrderSpec> {
    let held = core.state().account.position(instrument)?;
    let mark = core.books.get(instrument)?.mark;
    let side = held.direction.closing_side();
    let part = held.quantity.value() * Decimal::from(eighths) / Decimal::from(8);
    let quantity = Quantity::new(part).ok()?.floor_to(core.instruments.get(instrument)?.step).ok()?;
    let direction = if side == Side::Sell { 1 } else { -1 };
    let at = |ticks: i64| (mark.value() + Decimal::new(direction * ticks, 1)).to_string();
    let spec = super::fixtures::pair("x", instrument.clone(), side, "1", &at(up), &at(-down));
    (!quantity.is_zero()).then_some(OrderSpec { quantity, ..spec })
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![4 => spec().prop_map(Op::Submit), 1 => (0u64..6).prop_map(Op::Cancel), 5 => tick().prop_map(Op::Tick), 1 => Just(Op::Restart), 2 => pair()];
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
            let held = self.positions.get(&fill.instrument);
            let reducible =
                held.filter(|held| held.direction.closing_side() == fill.side).map_or(Decimal::ZERO, |held| held.quantity.value());
            let order = record.orders.iter().find(|order| Some(&order.spec.id) == fill.order.as_ref());
            let exit = order.is_none_or(|order| order.spec.reduce_only);
            assert!(!exit || fill.quantity.value() <= reducible, "an exit took more than was held: {fill:?}");
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

/// Runs a script and checks everything after each step; returns all records, and what was seen of the kinds of orders.
fn run(script: &[Op]) -> (Vec<Record>, [u64; 3]) {
    let mut core = PaperCore::new(instruments(), State::opening(amount("1000"))).unwrap();
    let mut witness = Witness::new();
    let mut durable = Durable::default();
    let mut kinds = KindsWatch::default();
    let mut records = Vec::new();
    for (place, op) in script.iter().enumerate() {
        // An hour a step: funding moments come in between.
        let now = at(i64::try_from(place).unwrap() * HOUR_MS);
        let wanted = match op {
            Op::Submit(spec) => Some(spec.clone()),
            Op::Pair(instrument, eighths, up, down) => fitting_pair(&core, instrument, *eighths, *up, *down),
            _ => None,
        };
        let record = match op {
            Op::Submit(_) | Op::Pair(..) => {
                let Some(mut spec) = wanted else { continue };
                // Every eighth name comes again, so that ids are re-used after their order ended.
                let name = format!("o{}", place % 8);
                if let Some(other) = &mut spec.oco {
                    other.id = id(&format!("{name}-o"));
                }
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
            Op::Restart => {
                core = PaperCore::new(instruments(), durable.state()).unwrap();
                continue;
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
        kinds.see(&record);
        kinds.agrees(&core);
        durable.keep(&record);
        durable.agrees(&core);
        records.push(record);
    }
    (records, kinds.seen)
}

/// What a file would hold: rows replaced by their later form, as text.
#[derive(Default)]
struct Durable {
    orders: BTreeMap<u64, String>,
    positions: BTreeMap<InstrumentId, String>,
    totals: Option<String>,
}

impl Durable {
    /// What a venue opens its file with.
    fn state(&self) -> State {
        let Some(totals) = self.totals.as_deref().map(|body| serde_json::from_str::<Totals>(body).unwrap()) else {
            return State::opening(amount("1000"));
        };
        let orders = self.orders.values().map(|body| serde_json::from_str::<PaperOrder>(body).unwrap());
        let orders = orders.filter(|order| !order.stage.is_over()).map(|order| (order.number, order)).collect();
        let positions = self.positions.iter().map(|(id, body)| (id.clone(), serde_json::from_str(body).unwrap())).collect();
        let account = Account { cash: totals.cash, positions };
        State { account, orders, counters: totals.counters, funded: totals.funded }
    }

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

/// Without this the properties of the kinds could hold because nothing of the kind ever happens.
#[test]
fn the_random_scripts_fill_stop_limits_and_pairs_and_move_triggers() {
    let mut runner = TestRunner::deterministic();
    let mut seen = [0; 3];
    for _ in 0..1_500 {
        let script = ops().new_tree(&mut runner).unwrap().current();
        run(&script).1.iter().zip(&mut seen).for_each(|(times, sum)| *sum += times);
    }
    assert!(seen.iter().all(|times| *times >= 20), "{seen:?}");
}
