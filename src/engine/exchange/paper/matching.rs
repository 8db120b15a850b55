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
use crate::domain::order::{OrderType, Side, TimeInForce};
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
        if !order.spec.trigger.is_some_and(|trigger| is_triggered(order.spec.side, trigger, mark)) {
            return;
        }
        order.stage = Stage::Taking;
        order.at = at;
        let venue_id = order.venue_id();
        self.note(at, LogEvent::Triggered { venue_id });
        self.touch(number);
        self.work(number, at);
    }

    /// Takes from the book, then lets the rest rest, go on or end, as the order says.
    fn work(&mut self, number: OrderNumber, at: Timestamp) {
        let Some(order) = self.state.orders.get(&number) else { return };
        if order.spec.tif == TimeInForce::Fok && order.spec.order_type == OrderType::Limit && !self.can_fill_whole(order) {
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
        match (order.spec.order_type, order.spec.tif, order.spec.price) {
            (OrderType::StopMarket, _, _) => {}
            (OrderType::Limit, TimeInForce::Gtc | TimeInForce::PostOnly, Some(price)) => {
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

/// Tells whether a stop of `side` fires: a sell at or under its trigger, a buy at or above it.
pub(super) fn is_triggered(side: Side, trigger: Price, mark: Price) -> bool {
    match side {
        Side::Sell => mark <= trigger,
        Side::Buy => mark >= trigger,
    }
}
