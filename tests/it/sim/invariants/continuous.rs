//! What must hold all the time; looked at every second or so of busy time, against the venue's own state.

use std::collections::{BTreeMap, BTreeSet};

use outcry::domain::instrument::{InstrumentId, Market};
use outcry::domain::order::{Fill, OrderReport, OrderType, Side, VenueOrderState};
use outcry::domain::position::Position;
use outcry::domain::rows::{PositionRow, TradingState};
use outcry::domain::time::{SECOND_MS, Timestamp};
use rust_decimal::Decimal;

use crate::sim::faults::Faults;
use crate::sim::watch::Watch;

/// Longest time without a proven stop; the looks' own distance is allowed for on top.
const UNPROTECTED_MAX_MS: i64 = 10 * SECOND_MS;
/// Longest time that an exit rests for a position that is flat.
const FLAT_MAX_MS: i64 = 5 * SECOND_MS;
/// Distance of two looks, the flight of an order and the Desk's own timer together.
const LOOKS_MS: i64 = 7 * SECOND_MS;
/// Within which a breaker trips once equity has crossed its line: one evaluation and one look.
const BREAKER_MAX_MS: i64 = 4 * SECOND_MS;
/// Within which a position is closed whose time is over: the first try inside a cap, then at any price.
const TIME_STOP_MAX_MS: i64 = 30 * SECOND_MS;
/// Cards that may be open at once.
const CARDS_MAX: usize = 500;
/// Orders that something may be expected of at once.
const LIVE_MAX: usize = 300;
/// Questions about one order.
const QUESTIONS_MAX: u32 = 2_000;

/// Tries of the one stop for a position that was added to.
const STACKING_TRIES_MAX: u32 = 40;

/// The venue as it stands.
pub struct Truth {
    pub orders: Vec<OrderReport>,
    pub positions: Vec<Position>,
    pub fills: Vec<Fill>,
}

fn rests(order: &OrderReport) -> bool {
    order.state == VenueOrderState::Working && order.reduce_only
}

/// 7: a leveraged position has stops for all of it at the venue, or is on its way out, within ten seconds.
pub fn inv07_protected(watch: &mut Watch, truth: &Truth, faults: &Faults, now: Timestamp) {
    let covered = |position: &Position| {
        let stops = truth.orders.iter().filter(|order| order.instrument == position.instrument && rests(order));
        let stops = stops.filter(|order| order.order_type == OrderType::StopMarket);
        stops.map(|order| order.quantity.value() - order.filled.value()).sum::<Decimal>() >= position.quantity.value()
    };
    let naked = truth.positions.iter().filter(|position| position.instrument.market == Market::Perp && !covered(position));
    let naked: BTreeMap<InstrumentId, Timestamp> = naked
        .map(|position| {
            let id = position.instrument.clone();
            let since = watch.unprotected.get(&id).copied().unwrap_or(now);
            (id, since)
        })
        .collect();
    for (id, since) in &naked {
        let from = (*since).max(faults.excused_until(id));
        if now.since(from) > UNPROTECTED_MAX_MS + LOOKS_MS {
            watch.broken(7, now, format!("{id} has had no stop at the venue for {} ms", now.since(*since)));
        }
    }
    watch.unprotected = naked;
}

/// 9: no own exit rests for a position that is flat and that no entry may still open.
pub fn inv09_flat_has_no_exits(watch: &mut Watch, truth: &Truth, faults: &Faults, now: Timestamp) {
    let held: BTreeSet<&InstrumentId> = truth.positions.iter().map(|position| &position.instrument).collect();
    let stray = truth.orders.iter().filter(|order| rests(order) && !held.contains(&order.instrument));
    let stray: BTreeMap<InstrumentId, Timestamp> = stray
        .map(|order| {
            let since = watch.flat_with_exits.get(&order.instrument).copied().unwrap_or(now);
            (order.instrument.clone(), since)
        })
        .collect();
    for (id, since) in &stray {
        if now.since((*since).max(faults.excused_until(id))) > FLAT_MAX_MS + LOOKS_MS {
            watch.broken(9, now, format!("{id} is flat and an exit has rested for {} ms", now.since(*since)));
        }
    }
    watch.flat_with_exits = stray;
}

/// 8, second half: by the venue's own executions no exit ever opened a position or turned one round.
pub fn inv08_no_exit_flips(watch: &mut Watch, truth: &Truth, now: Timestamp) {
    for fill in &truth.fills {
        let signed = match fill.side {
            Side::Buy => fill.quantity.value(),
            Side::Sell => -fill.quantity.value(),
        };
        let before = watch.held.get(&fill.instrument).copied().unwrap_or_default();
        let after = before + signed;
        let exit = fill
            .order
            .as_ref()
            .is_none_or(|id| watch.exits_taken.contains_key(id) || watch.taken.get(id).is_some_and(|(spec, _)| spec.reduce_only));
        let turned = before * after < Decimal::ZERO || after.abs() > before.abs();
        if exit && turned {
            watch.broken(8, now, format!("an exit took {} from {before} to {after}", fill.instrument));
        }
        watch.held.insert(fill.instrument.clone(), after);
        watch.venue_fills.push(fill.clone());
    }
}

/// 22: the loss rules act within one look of the crossing. `settled` tells that the process runs long enough, and that
/// nothing keeps it from reading and writing.
pub fn inv22_breaker_trips(watch: &mut Watch, settled: bool, now: Timestamp) {
    let crossed = match (&watch.state, watch.equity()) {
        (Some(state), Some(equity)) if state.trading == TradingState::Active && state.day == now.day_start() => {
            let day = state.day_equity.value() * (Decimal::ONE - watch.limits.daily_loss_share_max);
            let peak = state.peak_equity.value() * (Decimal::ONE - watch.limits.drawdown_share_max);
            equity <= day || equity <= peak
        }
        _ => false,
    };
    watch.over_the_loss = if crossed && settled { Some(watch.over_the_loss.unwrap_or(now)) } else { None };
    if let Some(since) = watch.over_the_loss
        && now.since(since) > BREAKER_MAX_MS
    {
        watch.over_the_loss = None;
        watch.broken(22, now, format!("a loss limit was crossed {} ms ago and entries are still taken", now.since(since)));
    }
}

/// 27: a position whose time is over is closed soon. `settled` tells that nothing keeps the process from it.
pub fn inv27_time_stops_close(watch: &mut Watch, faults: &Faults, settled: bool, now: Timestamp) {
    let late = |row: &&PositionRow| {
        let over = row.position.is_some().then_some(row.protection.close_at).flatten();
        settled && over.is_some_and(|at| now.since(at.max(faults.excused_until(&row.instrument))) > TIME_STOP_MAX_MS)
    };
    let found = watch.positions.values().find(late).map(|row| format!("{} is open although its time is over", row.instrument));
    if let Some(text) = found {
        watch.broken(27, now, text);
    }
}

/// 28, while it lasts: the one stop of a position that was added to is not tried again and again.
pub fn inv28_few_tries(watch: &mut Watch, now: Timestamp) {
    let tries = watch.positions.values().filter_map(|row| row.protection.stacking).map(|stacking| stacking.tries).max().unwrap_or(0);
    if tries > STACKING_TRIES_MAX {
        watch.broken(28, now, format!("the one stop of a position was tried {tries} times"));
    }
}

/// 23: cards, live orders and questions stay inside their bounds.
pub fn inv23_bounded_state(watch: &mut Watch, now: Timestamp) {
    let cards = watch.pendings.values().filter(|row| row.state == outcry::domain::rows::PendingState::Open).count();
    let live = watch.orders.values().filter(|row| !row.state.is_done()).count();
    let asked = watch.orders.values().filter_map(|row| row.asking).map(|asking| asking.asked).max().unwrap_or(0);
    if cards > CARDS_MAX || live > LIVE_MAX || asked > QUESTIONS_MAX {
        watch.broken(23, now, format!("{cards} open cards, {live} live orders, {asked} questions about one order"));
    }
}
