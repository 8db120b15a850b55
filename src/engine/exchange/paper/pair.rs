//! Two orders over one quantity: a limit and a stop, of which one ends the other.
//!
//! Invariant: what the two fill together is never more than what was asked. What one fills the other loses; when one ends,
//! or the stop's trigger is reached, the other ends.

use super::core::PaperCore;
use super::log::LogEvent;
use super::order::{OrderNumber, PaperOrder, Stage};
use crate::domain::order::OrderSpec;
use crate::domain::time::Timestamp;

impl PaperCore {
    /// Enters the stop of a pair beside its limit.
    pub(super) fn enter_other_half(&mut self, limit: OrderNumber, spec: OrderSpec, now: Timestamp) {
        let number = self.next_order();
        self.enter(PaperOrder { pair: Some(limit), ..PaperOrder::new(number, spec, now) });
        if let Some(order) = self.state.orders.get_mut(&limit) {
            order.pair = Some(number);
        }
    }

    /// Takes from the other half what this one has filled beyond what the pair was told before.
    pub(super) fn settle_pair(&mut self, number: OrderNumber, at: Timestamp) {
        let Some(order) = self.state.orders.get(&number) else { return };
        let Some(pair) = order.pair else { return };
        if order.stage.is_over() {
            return self.end_other_half(number, "the order it was paired with was filled", at);
        }
        let Some(other) = self.state.orders.get(&pair).filter(|other| !other.stage.is_over()) else { return };
        // Both began with the same quantity, so what is left of the pair is what neither has filled.
        let left = order.spec.quantity.saturating_minus(order.filled).saturating_minus(other.filled);
        if left.is_zero() {
            return self.end(pair, Stage::Expired, "the order it was paired with was filled", at);
        }
        let Ok(quantity) = other.filled.plus(left.min(other.remaining())) else { return };
        if let Some(other) = self.state.orders.get_mut(&pair).filter(|other| other.quantity != quantity) {
            other.quantity = quantity;
            other.at = at;
            let venue_id = other.venue_id();
            self.note(at, LogEvent::Resized { venue_id, quantity });
            self.touch(pair);
        }
    }

    /// Ends the limit of a pair whose stop was triggered; the stop goes on alone.
    pub(super) fn part(&mut self, stop: OrderNumber, at: Timestamp) {
        let Some(limit) = self.state.orders.get_mut(&stop).and_then(|order| order.pair.take()) else { return };
        if let Some(order) = self.state.orders.get_mut(&limit) {
            order.pair = None;
        }
        self.end(limit, Stage::Expired, "the stop it was paired with was triggered", at);
    }

    /// Ends the other half of a pair, if it has not ended.
    pub(super) fn end_other_half(&mut self, number: OrderNumber, why: &str, at: Timestamp) {
        let Some(order) = self.state.orders.get(&number) else { return };
        let stage = if order.stage == Stage::Canceled { Stage::Canceled } else { Stage::Expired };
        if let Some(pair) = order.pair {
            self.end(pair, stage, why, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::core::PaperCore;
    use super::super::fixtures::{around, at, deals_of, id, market, open_core, pair, printed, qty, reducing, refused, spot, taken, tick};
    use super::*;
    use crate::domain::market::Tick;
    use crate::domain::order::{Side, TimeInForce, VenueOrderState};

    /// Holds 1 BTC, half of it in a pair with the market at 100 in between.
    fn paired() -> PaperCore {
        let mut core = open_core();
        taken(&mut core, market("in", spot(), Side::Buy, "1"));
        let (orders, fills, _) = taken(&mut core, pair("p", spot(), Side::Sell, "0.5", "105", "95"));
        let states: Vec<_> = orders.iter().map(|order| (order.id.as_str(), order.state)).collect();
        assert_eq!(states, [("p", VenueOrderState::Working), ("p-o", VenueOrderState::Working)]);
        assert!(fills.is_empty());
        core
    }

    fn print_above(quantity: &str) -> Tick {
        printed(around(&spot(), 3, "104"), "105.1", quantity, Side::Buy)
    }

    #[test]
    fn what_the_limit_fills_the_stop_loses_and_the_whole_ends_it() {
        let mut core = paired();
        assert_eq!(deals_of(&core.on_tick(&print_above("0.2"))), ["105x0.2"]);
        assert_eq!(core.open_order(&spot(), &id("p-o")).unwrap().quantity, qty("0.3"), "shrunk by what the limit filled");
        assert_eq!(deals_of(&core.on_tick(&print_above("9"))), ["105x0.3"]);
        assert!(core.state().orders.is_empty());
        assert_eq!(core.state().account.position(&spot()).unwrap().quantity, qty("0.5"), "the other half of the coins is kept");
    }

    #[test]
    fn a_triggered_stop_ends_the_limit_before_it_sells_what_is_left() {
        let mut core = paired();
        core.on_tick(&print_above("0.2"));
        let record = core.on_tick(&tick(&spot(), 4, "95", "94.9x0.1", "95.1x1"));
        assert_eq!(deals_of(&record), ["94.9x0.1"]);
        assert!(core.open_order(&spot(), &id("p")).is_none(), "one at a time");
        assert_eq!(deals_of(&core.on_tick(&around(&spot(), 5, "110"))), ["109.9x0.2"], "fired once, it goes on");
        assert_eq!(core.state().account.position(&spot()).unwrap().quantity, qty("0.5"));
    }

    #[test]
    fn cancelling_either_cancels_both() {
        for name in ["p", "p-o"] {
            let mut core = paired();
            let (report, record) = core.cancel(&spot(), &id(name), at(3));
            assert_eq!(report.unwrap().state, VenueOrderState::Canceled);
            assert!(record.orders.iter().all(|order| order.stage == Stage::Canceled) && record.orders.len() == 2);
            assert!(core.state().orders.is_empty());
        }
    }

    #[test]
    fn a_pair_must_lie_around_the_market_and_only_reduce() {
        let mut core = open_core();
        taken(&mut core, market("in", spot(), Side::Buy, "1"));
        let good = || pair("p", spot(), Side::Sell, "0.5", "105", "95");
        let cases = [
            (pair("p", spot(), Side::Sell, "0.5", "99", "95"), "-2010"),
            (pair("p", spot(), Side::Sell, "0.5", "105", "100"), "-2010"),
            (OrderSpec { reduce_only: false, ..good() }, "-1128"),
            (OrderSpec { tif: TimeInForce::Ioc, ..good() }, "-1128"),
            (pair("p", spot(), Side::Sell, "1.001", "105", "95"), "-2022"),
        ];
        for (spec, code) in cases {
            assert_eq!(refused(&mut core, spec.clone()).0, code, "{spec:?}");
        }
        taken(&mut core, good());
        taken(&mut core, reducing(market("all", spot(), Side::Sell, "1")));
        assert!(core.state().orders.is_empty(), "flat: neither is left");
    }
}
