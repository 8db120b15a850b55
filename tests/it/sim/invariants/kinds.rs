//! What must hold of orders by their kind: limits behind triggers, pairs, and stops that the venue moves.

use std::collections::BTreeMap;

use outcry::domain::ids::ClientOrderId;
use outcry::domain::instrument::InstrumentId;
use outcry::domain::money::Price;
use outcry::domain::order::{AttachedSpec, Fill, Leg, OrderReport, OrderSpec, OrderType, Side};
use outcry::domain::time::{SECOND_MS, Timestamp};
use outcry::domain::trail::is_tighter;
use outcry::engine::ports::Quotes;
use rust_decimal::Decimal;

use super::continuous::Truth;
use crate::sim::faults::Faults;
use crate::sim::watch::Watch;

/// Within which a position is closed whose stop-limit was left behind.
const LEFT_BEHIND_MAX_MS: i64 = 30 * SECOND_MS;

/// What the watcher keeps of kinds.
#[derive(Default)]
pub struct Kinds {
    /// Limit prices of what was taken, exits and other halves included.
    limits: BTreeMap<ClientOrderId, Price>,
    /// Both halves of each pair, with the first one's id and what was asked.
    halves: BTreeMap<ClientOrderId, (ClientOrderId, Decimal)>,
    /// What pairs have filled, by their first half.
    filled: BTreeMap<ClientOrderId, Decimal>,
    /// The latest trigger of each trailing stop at the venue.
    triggers: BTreeMap<ClientOrderId, Price>,
    /// Since when a position's stops are left behind.
    left_behind: BTreeMap<InstrumentId, Timestamp>,
    /// How many orders of each kind the venue took.
    pub counts: BTreeMap<&'static str, u64>,
}

impl Kinds {
    /// Takes in an order that the venue took.
    pub fn taken(&mut self, spec: &OrderSpec) {
        let exits = spec.attached.iter().map(AttachedSpec::order_type);
        let pair = spec.oco.is_some().then_some("pair");
        let kinds = exits.chain([spec.order_type]).map(OrderType::as_str).chain(pair);
        kinds.for_each(|kind| *self.counts.entry(kind).or_default() += 1);
        let attached = spec.attached.iter().filter_map(|exit| Some((exit.id.clone(), exit.limit?)));
        self.limits.extend(attached);
        self.limits.extend(spec.price.map(|price| (spec.id.clone(), price)));
        if let Some(other) = spec.oco.as_deref() {
            self.limits.extend(other.limit.map(|limit| (other.id.clone(), limit)));
            let pair = (spec.id.clone(), spec.quantity.value());
            self.halves.insert(spec.id.clone(), pair.clone());
            self.halves.insert(other.id.clone(), pair);
        }
    }
}

/// 31: a position whose stop-limit the price has run past is closed soon, unless other stops cover it.
pub fn inv31_left_behind_is_closed(watch: &mut Watch, truth: &Truth, faults: &Faults, settled: bool, now: Timestamp) {
    let open = |order: &&OrderReport| watch.orders.get(&order.id).is_some_and(|row| row.leg == Leg::Stop);
    let left = |order: &OrderReport| {
        let quote = watch.board.as_ref().and_then(|board| board.quote(&order.instrument));
        let (Some(quote), Some(limit), Some(trigger)) = (quote, order.price, order.trigger) else { return false };
        let past = match order.side {
            Side::Sell => quote.bid < limit,
            Side::Buy => quote.ask > limit,
        };
        order.order_type == OrderType::StopLimit && past && order.order_type.fires(order.side, trigger, quote.mark)
    };
    let mut behind = BTreeMap::new();
    for position in &truth.positions {
        let stops: Vec<&OrderReport> = truth.orders.iter().filter(|order| order.instrument == position.instrument).filter(open).collect();
        let covering = stops.iter().filter(|order| !left(order)).map(|order| order.quantity.value() - order.filled.value());
        if stops.iter().any(|order| left(order)) && covering.sum::<Decimal>() < position.quantity.value() {
            let since = watch.kinds.left_behind.get(&position.instrument).copied().unwrap_or(now);
            behind.insert(position.instrument.clone(), since);
        }
    }
    for (id, since) in &behind {
        if settled && now.since((*since).max(faults.excused_until(id))) > LEFT_BEHIND_MAX_MS {
            watch.broken(31, now, format!("the price has been past the limit of the stop of {id} for {} ms", now.since(*since)));
        }
    }
    watch.kinds.left_behind = behind;
}

/// 32 and 33: no execution is worse than its order's limit, and a pair never fills more than what was asked for both.
pub fn inv32_33_fills_fit_their_kind(watch: &mut Watch, fills: &[Fill], now: Timestamp) {
    for fill in fills {
        let Some(id) = &fill.order else { continue };
        let worse = watch.kinds.limits.get(id).is_some_and(|limit| match fill.side {
            Side::Buy => fill.price > *limit,
            Side::Sell => fill.price < *limit,
        });
        if worse {
            watch.broken(32, now, format!("order {id} filled at {}, beyond its limit", fill.price));
        }
        let Some((first, asked)) = watch.kinds.halves.get(id).cloned() else { continue };
        let filled = watch.kinds.filled.entry(first).or_default();
        *filled += fill.quantity.value();
        if *filled > asked {
            let text = format!("the pair of {id} filled {filled} of {asked}");
            watch.broken(33, now, text);
        }
    }
}

/// 34: the venue never moves a trailing stop away from the price.
pub fn inv34_triggers_only_tighten(watch: &mut Watch, truth: &Truth, now: Timestamp) {
    for order in truth.orders.iter().filter(|order| order.order_type == OrderType::TrailingStop) {
        let Some(trigger) = order.trigger else { continue };
        if let Some(before) = watch.kinds.triggers.insert(order.id.clone(), trigger)
            && is_tighter(order.side, before, trigger)
        {
            watch.broken(34, now, format!("the stop {} went from {before} back to {trigger}", order.id));
        }
    }
}
