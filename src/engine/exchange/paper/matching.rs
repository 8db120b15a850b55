//! Matching by price and time: orders that take from the visible book, and limits that rest in the queue at their price.
//!
//! Invariant: a taking order pays the levels' prices, one execution a level; a resting one is filled at its limit, only by
//! volume that traded through it or that reached it after the queue it joined.

use super::book::crosses;
use super::core::PaperCore;
use super::log::LogEvent;
use super::order::{OrderNumber, PaperOrder, Stage};
use super::settle::{Deal, Role, Unbookable};
use crate::domain::instrument::InstrumentId;
use crate::domain::market::{Print, Tick};
use crate::domain::money::{Price, Quantity};
use crate::domain::order::{Side, TimeInForce};
use crate::domain::time::Timestamp;

impl PaperCore {
    /// Lets an order begin to work: a stop looks at its trigger, a limit takes what it can and rests, a market order takes.
    pub(super) fn start(&mut self, number: OrderNumber, at: Timestamp) {
        let Some(order) = self.state.orders.get(&number) else { return };
        match order.stage {
            Stage::Waiting => self.trigger_if_reached(number, at),
            Stage::Taking => self.work(number, at),
            _ => {}
        }
    }

    /// Matches the orders of an instrument against its new tick: resting limits first, for they were there before it.
    pub(super) fn match_tick(&mut self, tick: &Tick) {
        for side in [Side::Buy, Side::Sell] {
            if let Some(print) = &tick.print {
                self.fill_by_print(&tick.instrument, side, print, tick.at);
            }
            self.fill_by_crossing(&tick.instrument, side, tick.at);
        }
        let active = |order: &&PaperOrder| matches!(order.stage, Stage::Waiting | Stage::Taking);
        let of_instrument = self.state.orders.values().filter(|order| order.spec.instrument == tick.instrument);
        let numbers: Vec<OrderNumber> = of_instrument.filter(active).map(|order| order.number).collect();
        for number in numbers {
            self.start(number, tick.at);
        }
    }

    fn trigger_if_reached(&mut self, number: OrderNumber, at: Timestamp) {
        let Some(order) = self.state.orders.get_mut(&number) else { return };
        let Some(mark) = self.books.get(&order.spec.instrument).map(|book| book.mark) else { return };
        if !order.trigger().is_some_and(|trigger| order.spec.order_type.fires(order.spec.side, trigger, mark)) {
            return;
        }
        order.stage = Stage::Taking;
        order.at = at;
        let venue_id = order.venue_id();
        self.note(at, LogEvent::Triggered { venue_id });
        self.touch(number);
        self.part(number, at);
        self.work(number, at);
    }

    /// Takes from the book, then lets the rest rest, go on or end, as the order says.
    fn work(&mut self, number: OrderNumber, at: Timestamp) {
        let Some(order) = self.state.orders.get(&number) else { return };
        if order.spec.tif == TimeInForce::Fok && order.spec.order_type.has_limit() && !self.can_fill_whole(order) {
            self.end(number, Stage::Expired, "the visible book does not fill it whole", at);
            return;
        }
        self.take(number, at);
        self.place_rest(number, at);
        self.settle(number, at);
    }

    fn can_fill_whole(&self, order: &PaperOrder) -> bool {
        let Some(book) = self.books.get(&order.spec.instrument) else { return false };
        let takeable = book.takeable(order.spec.side, order.spec.price, order.remaining());
        takeable.is_ok_and(|(quantity, _)| quantity >= order.remaining())
    }

    fn take(&mut self, number: OrderNumber, at: Timestamp) {
        while let Some(order) = self.state.orders.get(&number).filter(|order| order.stage == Stage::Taking) {
            let (side, limit, remaining) = (order.spec.side, order.spec.price, order.remaining());
            let instrument = order.spec.instrument.clone();
            let Some(level) = self.books.get(&instrument).and_then(|book| book.best(side, limit)) else { return };
            let deal = Deal { quantity: remaining.min(level.quantity), price: level.price, role: Role::Taker };
            match self.execute(number, deal, at) {
                Ok(()) => self.consume(&instrument, side, deal),
                Err(Unbookable::Bankrupt) => return self.liquidate(&instrument, at),
                Err(why) => return self.end(number, Stage::Expired, &why.to_string(), at),
            }
        }
    }

    fn consume(&mut self, instrument: &InstrumentId, side: Side, deal: Deal) {
        if let Some(book) = self.books.get_mut(instrument) {
            book.take(side, deal.price, deal.quantity);
        }
    }

    /// Decides about what the visible book did not fill: a limit joins the queue, a stop goes on, the others end.
    fn place_rest(&mut self, number: OrderNumber, at: Timestamp) {
        let Some(order) = self.state.orders.get_mut(&number).filter(|order| order.stage == Stage::Taking) else { return };
        match (order.spec.order_type.has_trigger(), order.spec.tif, order.spec.price) {
            (true, _, None) => {}
            (_, TimeInForce::Gtc | TimeInForce::PostOnly, Some(price)) => {
                let side = order.spec.side;
                let ahead = self.books.get(&order.spec.instrument).map_or(Quantity::ZERO, |book| book.displayed(side, price));
                order.stage = Stage::Resting { ahead };
                self.touch(number);
            }
            _ => self.end(number, Stage::Expired, "the visible book did not fill it", at),
        }
    }

    /// Fills resting limits of one side by a print: those it went through, then those at its price after their queue.
    fn fill_by_print(&mut self, instrument: &InstrumentId, side: Side, print: &Print, at: Timestamp) {
        let mut left = print.quantity;
        for number in self.resting_by_priority(instrument, side) {
            let Some((limit, ahead, remaining)) = self.resting(number) else { continue };
            if limit == print.price && print.aggressor != side.opposite() {
                // Somebody took from the other side of the book; this side's queue did not move.
                continue;
            }
            if !crosses(side, limit, print.price) {
                break;
            }
            let before = if limit == print.price { ahead } else { Quantity::ZERO };
            let reaches = left.saturating_minus(before);
            self.set_ahead(number, before.saturating_minus(left));
            let quantity = remaining.min(reaches);
            if !quantity.is_zero() && self.fill_resting(number, limit, quantity, at) {
                left = left.saturating_minus(quantity);
            }
        }
    }

    /// Fills resting limits that the new book crosses, by what the crossing levels hold.
    fn fill_by_crossing(&mut self, instrument: &InstrumentId, side: Side, at: Timestamp) {
        for number in self.resting_by_priority(instrument, side) {
            while let Some((limit, _, remaining)) = self.resting(number) {
                let Some(level) = self.books.get(instrument).and_then(|book| book.best(side, Some(limit))) else { return };
                self.set_ahead(number, Quantity::ZERO);
                let quantity = remaining.min(level.quantity);
                if !self.fill_resting(number, limit, quantity, at) {
                    break;
                }
                self.consume(instrument, side, Deal { quantity, price: level.price, role: Role::Maker });
            }
        }
    }

    /// Fills a resting limit at its price; tells whether it did.
    fn fill_resting(&mut self, number: OrderNumber, price: Price, quantity: Quantity, at: Timestamp) -> bool {
        match self.execute(number, Deal { quantity, price, role: Role::Maker }, at) {
            Ok(()) => {
                self.settle(number, at);
                true
            }
            Err(Unbookable::Bankrupt) => {
                if let Some(instrument) = self.instrument_of(number) {
                    self.liquidate(&instrument.id, at);
                }
                false
            }
            Err(why) => {
                self.end(number, Stage::Expired, &why.to_string(), at);
                false
            }
        }
    }

    fn resting(&self, number: OrderNumber) -> Option<(Price, Quantity, Quantity)> {
        let order = self.state.orders.get(&number)?;
        match (order.stage, order.spec.price) {
            (Stage::Resting { ahead }, Some(price)) => Some((price, ahead, order.remaining())),
            _ => None,
        }
    }

    /// Returns the resting limits of one side, best price first, then by arrival.
    fn resting_by_priority(&self, instrument: &InstrumentId, side: Side) -> Vec<OrderNumber> {
        let of_side = self.state.orders.values().filter(|order| order.spec.side == side && order.spec.instrument == *instrument);
        let resting = of_side.filter(|order| matches!(order.stage, Stage::Resting { .. }));
        let mut queue: Vec<(Option<Price>, OrderNumber)> = resting.map(|order| (order.spec.price, order.number)).collect();
        match side {
            Side::Sell => queue.sort(),
            Side::Buy => queue.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1))),
        }
        queue.into_iter().map(|(_, number)| number).collect()
    }

    /// Notes a move in the queue: durable, but no news.
    fn set_ahead(&mut self, number: OrderNumber, ahead: Quantity) {
        let Some(order) = self.state.orders.get_mut(&number) else { return };
        if order.stage != (Stage::Resting { ahead }) {
            order.stage = Stage::Resting { ahead };
            self.pending.moved.insert(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{
        around, at, bracket, deals, deals_of, id, lasting, levered, limit, market, open_core, perp, price, printed, qty, reducing, refused,
        spot, stop, taken, tick, triggered,
    };
    use super::*;
    use crate::domain::order::{OrderType, VenueOrderState};

    #[test]
    fn an_order_larger_than_two_levels_has_one_fill_a_level_and_the_book_stays_taken() {
        let mut core = open_core();
        let (orders, fills, _) = taken(&mut core, market("a", spot(), Side::Buy, "2.5"));
        assert_eq!(deals(&fills), ["100.1x1", "100.2x1", "100.3x0.5"]);
        assert_eq!(orders[0].state, VenueOrderState::Filled);
        assert!(fills.iter().all(|fill| !fill.maker));

        let (orders, fills, _) = taken(&mut core, market("b", spot(), Side::Buy, "1"));
        assert_eq!(deals(&fills), ["100.3x0.5"], "what the first order took is gone");
        assert_eq!((orders[0].state, orders[0].filled), (VenueOrderState::Expired, qty("0.5")));

        core.on_tick(&around(&spot(), 3, "100"));
        assert_eq!(deals(&taken(&mut core, market("c", spot(), Side::Buy, "1")).1), ["100.1x1"], "a new tick brings a new book");
    }

    #[test]
    fn limits_end_rest_or_are_refused_as_their_time_in_force_says() {
        let mut core = open_core();
        let (orders, fills, _) = taken(&mut core, lasting(limit("ioc", spot(), Side::Buy, "3", "100.2"), TimeInForce::Ioc));
        assert_eq!((orders[0].state, deals(&fills)), (VenueOrderState::Expired, vec!["100.1x1".into(), "100.2x1".into()]));
        core.on_tick(&around(&spot(), 3, "100"));
        let (orders, fills, _) = taken(&mut core, lasting(limit("fok", spot(), Side::Buy, "3", "100.2"), TimeInForce::Fok));
        assert_eq!((orders[0].state, fills.len()), (VenueOrderState::Expired, 0), "all or nothing");
        let (orders, fills, _) = taken(&mut core, lasting(limit("fok", spot(), Side::Buy, "2", "100.2"), TimeInForce::Fok));
        assert_eq!((orders[0].state, fills.len()), (VenueOrderState::Filled, 2));
        core.on_tick(&around(&spot(), 4, "100"));
        let post = |name, at| lasting(limit(name, spot(), Side::Buy, "1", at), TimeInForce::PostOnly);
        assert_eq!(refused(&mut core, post("p", "100.1")), ("-2010".into(), "Order would immediately match and take.".into()));
        assert_eq!(taken(&mut core, post("p", "100")).0[0].state, VenueOrderState::Working);
        let (orders, fills, _) = taken(&mut core, limit("gtc", spot(), Side::Buy, "3", "100.2"));
        assert_eq!((orders[0].state, fills.len(), orders[0].filled), (VenueOrderState::Working, 2, qty("2")), "the rest rests");
    }

    #[test]
    fn a_resting_limit_waits_for_its_queue_and_a_print_through_it_does_not() {
        let mut core = open_core();
        taken(&mut core, limit("first", spot(), Side::Buy, "2", "99.9"));
        taken(&mut core, limit("second", spot(), Side::Buy, "2", "99.9"));
        let prints = |core: &mut PaperCore, at, quantity, aggressor| {
            deals_of(&core.on_tick(&printed(around(&spot(), 3, "100"), at, quantity, aggressor)))
        };
        assert!(prints(&mut core, "99.9", "5", Side::Buy).is_empty(), "a buyer at our price takes nothing from bids");
        let record = core.on_tick(&printed(around(&spot(), 3, "100"), "99.9", "0.4", Side::Sell));
        assert_eq!((record.orders.len(), record.events()), (2, vec![]), "0.4 of the 1 before us: durable, but no news");
        assert_eq!(prints(&mut core, "99.9", "1.1", Side::Sell), ["99.9x0.5"], "0.6 of queue, then 0.5 for the first");
        assert_eq!(prints(&mut core, "99.9", "2", Side::Sell), ["99.9x1.5", "99.9x0.5"], "by arrival");
        let record = core.on_tick(&printed(around(&spot(), 4, "100"), "99.8", "1", Side::Sell));
        assert_eq!(deals_of(&record), ["99.9x1"], "through the price: at the limit, up to the print's volume");
        assert!(record.fills[0].1.maker);
    }

    #[test]
    fn a_book_that_crosses_a_resting_limit_fills_it_by_what_it_shows() {
        let mut core = open_core();
        taken(&mut core, limit("a", spot(), Side::Buy, "1.5", "99.5"));
        let record = core.on_tick(&tick(&spot(), 3, "99", "98.9x1", "99x1 99.4x0.2 99.6x5"));
        assert_eq!(deals_of(&record), ["99.5x1", "99.5x0.2"]);
        assert_eq!(core.state().orders.values().next().unwrap().remaining(), qty("0.3"));
    }

    #[test]
    fn a_stop_fires_by_mark_and_goes_on_until_it_is_done() {
        let mut core = open_core();
        taken(&mut core, market("in", perp(), Side::Buy, "3"));
        assert_eq!(refused(&mut core, reducing(stop("s", perp(), Side::Sell, "3", "100"))).0, "-2021");
        taken(&mut core, reducing(stop("s", perp(), Side::Sell, "3", "99")));
        assert!(core.on_tick(&around(&perp(), 3, "99.1")).is_empty());
        let record = core.on_tick(&tick(&perp(), 4, "99", "98.9x1 98.8x1", "99.1x1"));
        assert_eq!(deals_of(&record), ["98.9x1", "98.8x1"]);
        let record = core.on_tick(&around(&perp(), 5, "101"));
        assert_eq!(deals_of(&record), ["100.9x1"], "fired once, it does not go back to wait");
        assert!(core.state().orders.is_empty() && core.state().account.positions.is_empty());
    }

    #[test]
    fn a_triggered_stop_limit_takes_down_to_its_limit_and_rests_there() {
        let mut core = open_core();
        taken(&mut core, market("in", perp(), Side::Buy, "3"));
        let spec = triggered("s", perp(), Side::Sell, "3", "99", Some("98.9"), OrderType::StopLimit);
        taken(&mut core, reducing(spec));
        let record = core.on_tick(&tick(&perp(), 3, "99", "98.9x1 98.8x5", "99.1x1"));
        assert_eq!(deals_of(&record), ["98.9x1"], "never under its limit");
        assert!(deals_of(&core.on_tick(&around(&perp(), 4, "97"))).is_empty(), "left behind");
        assert_eq!(deals_of(&core.on_tick(&around(&perp(), 5, "99.2"))), ["98.9x1", "98.9x1"], "and there when the price comes back");
    }

    #[test]
    fn a_take_profit_fires_on_the_winning_side() {
        for (kind, limit, deal) in [(OrderType::TakeProfitMarket, None, "104.9x1"), (OrderType::TakeProfitLimit, Some("104.8"), "104.9x1")]
        {
            let mut core = open_core();
            taken(&mut core, market("in", perp(), Side::Buy, "1"));
            let at = |trigger| reducing(triggered("t", perp(), Side::Sell, "1", trigger, limit, kind));
            assert_eq!(refused(&mut core, at("100")).0, "-2021");
            taken(&mut core, at("105"));
            assert!(core.on_tick(&around(&perp(), 3, "104.9")).is_empty());
            assert_eq!(deals_of(&core.on_tick(&around(&perp(), 4, "105"))), [deal]);
            assert!(core.state().orders.is_empty() && core.state().account.positions.is_empty());
        }
    }

    #[test]
    fn the_same_client_id_is_taken_again_once_the_first_order_ended() {
        let mut core = open_core();
        taken(&mut core, limit("retry", spot(), Side::Buy, "1", "99"));
        assert_eq!(refused(&mut core, limit("retry", spot(), Side::Buy, "1", "99")), ("-2010".into(), "Duplicate order sent.".into()));
        core.cancel(&spot(), &id("retry"), at(3));
        taken(&mut core, market("retry", spot(), Side::Buy, "0.5"));
        taken(&mut core, market("retry", spot(), Side::Buy, "0.5"));
        assert_eq!(core.state().account.position(&spot()).unwrap().quantity, qty("1"), "a naive retry buys twice");
    }

    #[test]
    fn a_bracket_of_a_partly_filled_entry_covers_what_has_filled() {
        let mut core = open_core();
        let entry = bracket(levered(limit("e", perp(), Side::Buy, "5", "100.2"), "10"), "95", &[("105", "0.5"), ("110", "0.5")]);
        let (orders, fills, _) = taken(&mut core, entry);
        assert_eq!(deals(&fills), ["100.1x1", "100.2x1"]);
        let sizes: Vec<_> = orders.iter().map(|order| (order.id.as_str(), order.state, order.quantity)).collect();
        let working = VenueOrderState::Working;
        let expected = [("e", working, qty("5")), ("e-s", working, qty("2")), ("e-t1", working, qty("1")), ("e-t2", working, qty("1"))];
        assert_eq!(sizes, expected);

        core.on_tick(&printed(around(&perp(), 3, "100.5"), "100.1", "2", Side::Sell));
        assert_eq!(core.open_order(&perp(), &id("e-s")).unwrap().quantity, qty("4"), "raised with the entry");
        let record = core.on_tick(&printed(around(&perp(), 4, "104.9"), "105.1", "0.5", Side::Buy));
        assert_eq!(deals_of(&record), ["105x0.5"]);
        assert!(core.open_order(&perp(), &id("e")).is_none(), "an entry ends when its exits begin");
        assert_eq!(core.open_order(&perp(), &id("e-s")).unwrap().quantity, qty("3.5"), "the stop covers what is left");
        let record = core.on_tick(&tick(&perp(), 5, "94", "93.9x9", "94.1x9"));
        assert_eq!(deals_of(&record), ["93.9x3.5"]);
        assert!(core.state().orders.is_empty(), "flat: no exit is left");
    }

    #[test]
    fn a_stop_larger_than_its_margin_ends_in_a_liquidation_that_costs_no_more() {
        let mut core = open_core();
        taken(&mut core, bracket(levered(market("e", perp(), Side::Buy, "1"), "20"), "97", &[]));
        let before = core.state().account.clone();
        let record = core.on_tick(&tick(&perp(), 3, "80", "79.9x9", "80.1x9"));
        assert_eq!(record.fills.len(), 1);
        assert_eq!(record.fills[0].1.order, None);
        let after = &core.state().account;
        assert!(after.cash.balance >= before.cash.balance, "only the margin is gone");
        assert!(after.positions.is_empty() && core.state().orders.is_empty());
        assert!(record.fills[0].1.price > price("95"), "not at the bid of 79.9");
    }
}
