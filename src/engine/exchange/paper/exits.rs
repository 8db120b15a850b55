//! Reduce-only orders share one position: they are shrunk with it, and end when it is flat.
//!
//! Invariant: after every operation each working stop, and all working reduce-only limits of an instrument together,
//! are at most what of the position is not promised to plain sells. What closes a part of the position otherwise shrinks the
//! limits in proportion.

use super::core::PaperCore;
use super::log::LogEvent;
use super::order::{OrderNumber, PaperOrder, Stage};
use crate::domain::instrument::{Instrument, InstrumentId, Market};
use crate::domain::money::{Price, Quantity};
use crate::domain::order::{Side, TimeInForce};
use crate::domain::time::Timestamp;

/// A working exit while it is fitted.
#[derive(Debug, Clone, Copy)]
struct Exit {
    number: OrderNumber,
    /// Of a limit; none for a stop.
    price: Option<Price>,
    remaining: Quantity,
    /// What it keeps of that.
    kept: Quantity,
    /// Whether it came by itself, not with an entry.
    alone: bool,
    /// The other half of a pair. What a pair may fill together is settled: a half never grows.
    pair: Option<OrderNumber>,
}

impl Exit {
    fn of(order: &PaperOrder) -> Self {
        let price = order.spec.price.or(order.trigger()).filter(|_| !order.is_stop());
        let remaining = order.remaining();
        Self { number: order.number, price, remaining, kept: remaining, alone: order.attachment.is_none(), pair: order.pair }
    }
}

/// Scales limits by what has become of their room, from `before` to `room`, and into the part of it that is `left` to them.
/// Sizes are floored to the step and the last limit takes what that leaves; one that thereby falls below the venue's least
/// notional goes into its neighbour.
fn prorate(exits: &mut [Exit], (before, room, left): (Quantity, Quantity, Quantity), rules: &Instrument) {
    let together = sum(exits.iter().map(|exit| exit.remaining));
    let partial = (room < before && together < before).then(|| part(together, room, before, rules.step)).flatten();
    let target = partial.unwrap_or_else(|| together.min(room)).min(left);
    if target >= together {
        return;
    }
    let (mut left, last) = (target, exits.len().saturating_sub(1));
    for (place, exit) in exits.iter_mut().enumerate() {
        let own = if place == last { left } else { part(exit.remaining, target, together, rules.step).unwrap_or(exit.remaining).min(left) };
        left = left.saturating_minus(own);
        exit.kept = if exit.pair.is_some() { own.min(exit.remaining) } else { own };
    }
    merge_small(exits, rules);
}

/// Lets a limit that was shrunk below the least notional go into the next one, the last into the one before.
fn merge_small(exits: &mut [Exit], rules: &Instrument) {
    let small = |exit: &Exit| {
        let notional = exit.price.and_then(|price| price.notional(exit.kept).ok());
        !exit.kept.is_zero() && exit.kept < exit.remaining && notional.is_some_and(|notional| notional < rules.min_notional)
    };
    for place in 0..exits.len() {
        if !exits.get(place).is_some_and(small) {
            continue;
        }
        let grows = |other: &usize| exits.get(*other).is_some_and(|exit| exit.pair.is_none());
        let before = (0..place).rev().find(|other| grows(other) && exits.get(*other).is_some_and(|exit| !exit.kept.is_zero()));
        let Some(neighbour) = Some(place + 1).filter(grows).or(before) else { continue };
        let Some(moved) = exits.get_mut(place).map(|exit| std::mem::replace(&mut exit.kept, Quantity::ZERO)) else { continue };
        if let Some(exit) = exits.get_mut(neighbour) {
            // Together they are what they were, which could be held.
            exit.kept = exit.kept.plus(moved).unwrap_or(exit.kept);
        }
    }
}

/// Returns `quantity × numerator ÷ denominator`, floored to the step; nothing if the numbers cannot be held.
fn part(quantity: Quantity, numerator: Quantity, denominator: Quantity, step: Quantity) -> Option<Quantity> {
    let product = quantity.value().checked_mul(numerator.value())?.checked_div(denominator.value())?;
    Quantity::new(product.normalize()).and_then(|exact| exact.floor_to(step)).ok()
}

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

    /// Remembers how much room the exits of `side` had before something other than one of them takes from it. A resting exit
    /// that fills takes only what it was sized for, and the others were sized for the rest.
    pub(super) fn note_reduction(&mut self, number: OrderNumber) {
        let Some(order) = self.state.orders.get(&number) else { return };
        let rests = matches!(order.spec.tif, TimeInForce::Gtc | TimeInForce::PostOnly) && order.spec.price.is_some() && !order.is_stop();
        if order.spec.reduce_only && rests {
            return;
        }
        let (instrument, side) = (order.spec.instrument.clone(), order.spec.side);
        let room = self.exit_room(&instrument, side);
        self.pending.reduced.entry((instrument, side)).or_insert(room);
    }

    /// Shrinks the working exits of an instrument to its position: stops to all of it, limits in proportion to what was closed
    /// of it beside them. Ends those that find no room, and, when flat, all.
    pub(super) fn shrink_exits(&mut self, instrument: &InstrumentId, at: Timestamp) {
        for side in [Side::Buy, Side::Sell] {
            let room = self.exit_room(instrument, side);
            let before = self.pending.reduced.remove(&(instrument.clone(), side)).unwrap_or(room);
            let exits = self.exits_nearest_first(instrument, side);
            let (stops, limits): (Vec<Exit>, Vec<Exit>) = exits.into_iter().partition(|exit| exit.price.is_none());
            let stops = stops.into_iter().map(|stop| Exit { kept: stop.remaining.min(room), ..stop });
            for exit in stops.chain(self.limits_in(room, before, instrument, limits)).collect::<Vec<_>>() {
                if exit.kept.is_zero() {
                    self.end_exit(exit.number, room, at);
                } else if exit.kept != exit.remaining {
                    self.resize(exit.number, exit.kept, at);
                }
            }
        }
    }

    /// Returns what each limit keeps of `room`, that was `before` wide. Where nothing was closed an order that has just come makes
    /// the exits too many: it keeps all it asked for.
    fn limits_in(&self, room: Quantity, before: Quantity, instrument: &InstrumentId, mut exits: Vec<Exit>) -> Vec<Exit> {
        let Some(rules) = self.instruments.get(instrument) else { return exits };
        let came =
            |exit: &Exit| before == room && exit.alone && exit.number.max(exit.pair.unwrap_or(exit.number)) == self.state.counters.orders;
        let newest = exits.iter().position(came).map(|at| exits.remove(at));
        let left = newest.as_ref().map_or(room, |exit| room.saturating_minus(exit.remaining));
        prorate(&mut exits, (before.max(room), room, left), rules);
        exits.extend(newest.map(|exit| Exit { kept: exit.remaining.min(room), ..exit }));
        exits
    }

    fn exits_nearest_first(&self, instrument: &InstrumentId, side: Side) -> Vec<Exit> {
        let of_side = |order: &&PaperOrder| order.is_working_exit() && order.spec.side == side && order.spec.instrument == *instrument;
        let mut exits: Vec<Exit> = self.state.orders.values().filter(of_side).map(Exit::of).collect();
        match side {
            Side::Sell => exits.sort_by_key(|exit| (exit.price, exit.number)),
            Side::Buy => exits.sort_by_key(|exit| (std::cmp::Reverse(exit.price), exit.number)),
        }
        exits
    }

    fn end_exit(&mut self, number: OrderNumber, room: Quantity, at: Timestamp) {
        let why = if room.is_zero() { "the position is flat" } else { "other exits cover the position" };
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

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
    use rust_decimal::Decimal;

    use super::super::fixtures::{
        bracket, deals_of, id, instruments, limit, market, open_core, perp, printed, qty, reducing, refused, spot, stop, taken, tick,
    };
    use super::*;
    use crate::domain::money::Amount;

    fn size(core: &PaperCore, name: &str) -> Decimal {
        core.open_order(&perp(), &id(name)).map_or(Decimal::ZERO, |order| order.remaining().value())
    }

    /// A venue that holds a long of `quantity` with a stop and these targets, in a book deep enough for all of it.
    fn held(quantity: &str, targets: &[(&str, &str)]) -> PaperCore {
        let mut core = open_core();
        core.on_tick(&tick(&perp(), 3, "100", "99.9x1000", "100.1x1000"));
        taken(&mut core, bracket(market("e", perp(), Side::Buy, quantity), "90", targets));
        core
    }

    fn closed(core: &mut PaperCore, name: &str, quantity: &str) {
        taken(core, reducing(market(name, perp(), Side::Sell, quantity)));
    }

    #[test]
    fn closing_a_part_shrinks_the_targets_in_proportion_and_the_rest_is_the_lasts() {
        let mut core = held("9.999", &[("110", "0.5"), ("120", "0.5")]);
        closed(&mut core, "half", "5");
        let sizes = ["e-s", "e-t1", "e-t2"].map(|name| size(&core, name).to_string());
        assert_eq!(sizes, ["4.999", "2.499", "2.5"]);
    }

    #[test]
    fn targets_for_a_part_of_the_position_keep_their_part() {
        let mut core = held("10", &[("110", "0.2"), ("120", "0.3")]);
        closed(&mut core, "half", "5");
        assert_eq!(["e-t1", "e-t2"].map(|name| size(&core, name).to_string()), ["1", "1.5"]);
    }

    #[test]
    fn a_target_that_fills_shrinks_no_other() {
        let mut core = held("10", &[("110", "0.2"), ("120", "0.3")]);
        let record = core.on_tick(&printed(tick(&perp(), 4, "109", "108.9x9", "109.1x9"), "110.1", "1", Side::Buy));
        assert_eq!(deals_of(&record), ["110x1"]);
        assert_eq!(["e-s", "e-t1", "e-t2"].map(|name| size(&core, name).to_string()), ["9", "1", "3"]);
        // What a stop takes does.
        let record = core.on_tick(&tick(&perp(), 5, "90", "89.9x4.5", "90.1x9"));
        assert_eq!(deals_of(&record), ["89.9x4.5"]);
        assert_eq!(["e-s", "e-t1", "e-t2"].map(|name| size(&core, name).to_string()), ["4.5", "0.5", "1.5"]);
    }

    #[test]
    fn a_target_that_is_shrunk_below_the_least_notional_goes_into_its_neighbour() {
        let mut core = held("1", &[("110", "0.1"), ("120", "0.8"), ("130", "0.1")]);
        closed(&mut core, "most", "0.7");
        // 0.03 at 110 and 0.03 at 130 are worth less than 5.
        assert_eq!(["e-t1", "e-t2", "e-t3"].map(|name| size(&core, name).to_string()), ["0", "0.3", "0"]);
    }

    #[test]
    fn a_reduce_only_order_fits_the_position_or_is_refused() {
        let mut core = held("2", &[("110", "1")]);
        let cases = [
            ("larger than the position", market("a", perp(), Side::Sell, "2.001")),
            ("the wrong way", market("b", perp(), Side::Buy, "1")),
            ("the wrong way, resting", limit("c", perp(), Side::Buy, "1", "90")),
            ("nothing is held", market("d", spot(), Side::Sell, "1")),
            ("a short of it", stop("e", perp(), Side::Buy, "1", "110")),
        ];
        for (what, spec) in cases {
            assert_eq!(refused(&mut core, reducing(spec)).0, "-2022", "{what}");
        }
        closed(&mut core, "all", "2");
        assert!(core.state().orders.is_empty() && core.state().account.positions.is_empty());
        assert_eq!(refused(&mut core, reducing(market("late", perp(), Side::Sell, "0.001"))).0, "-2022", "flat");
    }

    #[test]
    fn several_reduce_only_orders_together_end_flat_and_never_beyond() {
        let mut core = held("4", &[("110", "0.5"), ("120", "0.5")]);
        taken(&mut core, reducing(stop("near", perp(), Side::Sell, "4", "95")));
        taken(&mut core, reducing(limit("part", perp(), Side::Sell, "3", "105")));
        let sizes = ["e-s", "near", "part", "e-t1", "e-t2"].map(|name| size(&core, name).to_string());
        assert_eq!(sizes, ["4", "4", "3", "0.5", "0.5"], "each stop for all of it, the limits together for no more");
        // One jump of the market reaches all of them.
        let record = core.on_tick(&printed(tick(&perp(), 4, "89", "88.9x9", "89.1x9"), "121", "9", Side::Buy));
        let sold: Decimal = record.fills.iter().map(|(_, fill)| fill.quantity.value()).sum();
        assert_eq!(sold, Decimal::from(4), "{:?}", deals_of(&record));
        assert!(core.state().account.positions.is_empty() && core.state().orders.is_empty());
    }

    #[test]
    fn a_new_exit_keeps_its_size_and_the_others_make_room_in_proportion() {
        let mut core = held("10", &[("110", "0.5"), ("120", "0.3")]);
        taken(&mut core, reducing(limit("some", perp(), Side::Sell, "2", "130")));
        assert_eq!(["e-t1", "e-t2", "some"].map(|name| size(&core, name).to_string()), ["5", "3", "2"], "there is room for it");
        taken(&mut core, reducing(limit("more", perp(), Side::Sell, "5", "105")));
        assert_eq!(["e-t1", "e-t2", "some", "more"].map(|name| size(&core, name).to_string()), ["2.5", "1.5", "1", "5"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn whatever_is_closed_the_targets_keep_their_share_to_a_step_each_or_merge(
            thousandths in 1_000i64..200_000, closed_permille in 1i64..1_000, weights in proptest::collection::vec(1i64..100, 1..5), spare in 0i64..100,
        ) {
            let whole: i64 = weights.iter().sum::<i64>() + spare;
            let quantity = Quantity::new(Decimal::new(thousandths, 3)).unwrap();
            let step = qty("0.001");
            let mut exits: Vec<Exit> = (1..).zip(&weights).map(|(number, weight)| {
                let remaining = Quantity::new(quantity.value() * Decimal::from(*weight) / Decimal::from(whole)).unwrap().floor_to(step).unwrap();
                Exit { number, price: Some(Price::new(Decimal::from(100 + number)).unwrap()), remaining, kept: remaining, alone: false, pair: None }
            }).collect();
            let room = Quantity::new(quantity.value() * Decimal::new(1_000 - closed_permille, 3)).unwrap().floor_to(step).unwrap();
            let rules = &Instrument { min_notional: Amount::ZERO, ..instruments().remove(1) };
            let together = sum(exits.iter().map(|exit| exit.remaining));
            prorate(&mut exits, (quantity, room, room), rules);
            let kept = sum(exits.iter().map(|exit| exit.kept));
            prop_assert!(kept <= room);
            let fair = |of: Quantity| of.value() * room.value() / quantity.value();
            prop_assert!((fair(together) - kept.value()).abs() <= step.value(), "{kept} of {together}");
            let count = Decimal::from(exits.len());
            for exit in &exits {
                prop_assert!((fair(exit.remaining) - exit.kept.value()).abs() <= step.value() * (count + Decimal::ONE), "{exit:?}");
            }
            // With a least notional the same quantity is left, in fewer exits or the same.
            let mut merged: Vec<Exit> = exits.iter().map(|exit| Exit { kept: exit.remaining, ..*exit }).collect();
            prorate(&mut merged, (quantity, room, room), &instruments().remove(1));
            prop_assert_eq!(sum(merged.iter().map(|exit| exit.kept)), kept);
            let small = |exit: &&Exit| exit.kept < exit.remaining && !exit.kept.is_zero() && exit.price.unwrap().notional(exit.kept).unwrap() < instruments()[1].min_notional;
            prop_assert!(merged.iter().filter(small).count() <= usize::from(merged.iter().filter(|exit| !exit.kept.is_zero()).count() == 1));
        }
    }
}
