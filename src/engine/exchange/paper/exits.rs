//! Reduce-only orders share one position: they are shrunk with it, and end when it is flat.
//!
//! Invariant: after every operation each working stop, and all working reduce-only limits of an instrument together,
//! are at most what of the position is not promised to plain sells.

use super::core::PaperCore;
use super::log::LogEvent;
use super::order::{OrderNumber, PaperOrder, Stage};
use crate::domain::instrument::{InstrumentId, Market};
use crate::domain::money::{Price, Quantity};
use crate::domain::order::Side;
use crate::domain::time::Timestamp;

impl PaperCore {
    /// Returns how much reduce-only orders of `side` may sell or buy back together.
    pub(super) fn exit_room(&self, instrument: &InstrumentId, side: Side) -> Quantity {
        let held = self.state.account.reducible(instrument, side);
        match instrument.market {
            Market::Perp => held,
            Market::Spot => held.saturating_minus(self.plain_sells(instrument)),
        }
    }

    /// Returns what resting plain sells of a spot instrument have promised away.
    pub(super) fn plain_sells(&self, instrument: &InstrumentId) -> Quantity {
        let plain = |order: &&PaperOrder| order.is_working() && !order.spec.reduce_only && order.spec.side == Side::Sell;
        let of_instrument = self.state.orders.values().filter(|order| order.spec.instrument == *instrument);
        sum(of_instrument.filter(plain).map(PaperOrder::remaining))
    }

    /// Returns what the working exits of a spot instrument keep from being sold otherwise.
    pub(super) fn kept_for_exits(&self, instrument: &InstrumentId) -> Quantity {
        let exits = || self.state.orders.values().filter(|order| order.is_working_exit() && order.spec.instrument == *instrument);
        let stops = sum(exits().filter(|order| order.is_stop()).map(PaperOrder::remaining));
        let others = sum(exits().filter(|order| !order.is_stop()).map(PaperOrder::remaining));
        stops.max(others).min(self.exit_room(instrument, Side::Sell))
    }

    /// Shrinks the working exits of an instrument to its position; ends those that find no room, and, when flat, all.
    pub(super) fn shrink_exits(&mut self, instrument: &InstrumentId, at: Timestamp) {
        for side in [Side::Buy, Side::Sell] {
            let room = self.exit_room(instrument, side);
            let mut left = room;
            for number in self.exits_nearest_first(instrument, side) {
                let Some(order) = self.state.orders.get(&number) else { continue };
                let remaining = order.remaining();
                let kept = if order.is_stop() { remaining.min(room) } else { remaining.min(left) };
                if !order.is_stop() {
                    left = left.saturating_minus(kept);
                }
                if kept.is_zero() {
                    self.end_exit(number, room, at);
                } else if kept < remaining {
                    self.resize(number, kept, at);
                }
            }
        }
    }

    fn exits_nearest_first(&self, instrument: &InstrumentId, side: Side) -> Vec<OrderNumber> {
        let of_side = |order: &&PaperOrder| order.is_working_exit() && order.spec.side == side && order.spec.instrument == *instrument;
        let mut exits: Vec<(Option<Price>, OrderNumber)> =
            self.state.orders.values().filter(of_side).map(|order| (order.spec.price.or(order.trigger()), order.number)).collect();
        match side {
            Side::Sell => exits.sort(),
            Side::Buy => exits.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1))),
        }
        exits.into_iter().map(|(_, number)| number).collect()
    }

    fn end_exit(&mut self, number: OrderNumber, room: Quantity, at: Timestamp) {
        let why = if room.is_zero() { "the position is flat" } else { "nearer exits cover the position" };
        let entry = self.state.orders.get(&number).and_then(|order| order.attachment).map(|tie| tie.parent);
        self.end(number, Stage::Expired, why, at);
        if let Some(entry) = entry.filter(|_| room.is_zero()) {
            // An entry must not go on buying after the exits that were to protect it have gone.
            self.end(entry, Stage::Expired, "its exits ended with the position", at);
        }
    }

    fn resize(&mut self, number: OrderNumber, remaining: Quantity, at: Timestamp) {
        let Some(order) = self.state.orders.get_mut(&number) else { return };
        let Ok(quantity) = order.filled.plus(remaining) else { return };
        order.quantity = quantity;
        order.at = at;
        let venue_id = order.venue_id();
        self.note(at, LogEvent::Resized { venue_id, quantity });
        self.touch(number);
    }
}

/// Adds quantities whose sum is bounded by what the account holds or could buy; one that is not counts as the largest.
fn sum(quantities: impl Iterator<Item = Quantity>) -> Quantity {
    quantities.fold(Quantity::ZERO, |sum, quantity| sum.plus(quantity).unwrap_or(sum.max(quantity)))
}
