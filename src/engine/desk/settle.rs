//! The end of every step: exits follow positions, plans end with their orders, and nobody's order ends unsaid.

use std::collections::BTreeSet;

use crate::domain::ids::ClientOrderId;
use crate::domain::instrument::InstrumentId;
use crate::domain::notice::{NoticeBody, OrderView};
use crate::domain::order::{Leg, OrderEvent, OrderState, TimeInForce};
use crate::domain::rows::{OrderRow, PlanRow, PlanState, PositionRow, Protection};
use crate::engine::ports::Quotes;

use super::draft::{Draft, Recipient};
use super::effect::Effect;
use super::machine::Desk;

impl Desk {
    /// Brings exits, plans and notices in line with what the step did.
    pub(super) fn settle(&self, d: &mut Draft<'_>, quotes: &dyn Quotes) {
        // Settling an instrument may touch it again (a stop placed anew); a few rounds are always enough.
        for _ in 0..4 {
            let touched = d.take_touched();
            if touched.is_empty() {
                break;
            }
            touched.iter().for_each(|instrument| self.settle_instrument(d, quotes, instrument));
        }
        self.end_plans(d);
        self.go_on_replacing(d, quotes);
        self.tell_exits(d);
        self.tell_ended(d);
    }

    fn settle_instrument(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, instrument: &InstrumentId) {
        self.cancel_revived(d, instrument);
        self.cancel_wanted(d, instrument);
        let Some(row) = d.position(instrument).cloned() else { return };
        match row.position {
            None => self.clear_exits(d, &row),
            Some(_) => self.settle_protection(d, quotes, row),
        }
    }

    /// An entry that was given up (its person was told so, and may have asked again) and turns out to work is cancelled. What
    /// of it has filled stays, protected like any position.
    fn cancel_revived(&self, d: &mut Draft<'_>, instrument: &InstrumentId) {
        let given_up =
            |id: &ClientOrderId| self.book.order(id).is_some_and(|old| matches!(old.state, OrderState::Absent | OrderState::NotSent));
        let orders = d.live_orders_of(instrument);
        let revived = orders.into_iter().filter(|row| row.leg == Leg::Entry && row.state.is_live() && given_up(&row.spec.id));
        let ids: Vec<ClientOrderId> = revived.map(|row| row.spec.id.clone()).collect();
        ids.iter().for_each(|id| self.send_cancel(d, id, "it had been given up"));
    }

    /// A cancel that had to wait for the venue's answer goes out as soon as the order is proven to work.
    fn cancel_wanted(&self, d: &mut Draft<'_>, instrument: &InstrumentId) {
        let ready = |row: &&&OrderRow| row.cancel_wanted && matches!(row.state, OrderState::Open | OrderState::Partial | OrderState::Held);
        let ids: Vec<ClientOrderId> = d.live_orders_of(instrument).iter().filter(ready).map(|row| row.spec.id.clone()).collect();
        ids.iter().for_each(|id| self.send_cancel(d, id, "a cancel was waiting"));
    }

    /// Cancels an order, or remembers to as soon as the venue can take it.
    pub(super) fn send_cancel(&self, d: &mut Draft<'_>, id: &ClientOrderId, why: &str) {
        let Some(row) = d.order(id).cloned() else { return };
        match row.state {
            OrderState::Planned => self.with_children(d, id, OrderEvent::Lapsed, why),
            OrderState::Open | OrderState::Partial | OrderState::Held | OrderState::Canceling => {
                d.move_order(id, OrderEvent::CancelSent, why);
                if let Some(row) = d.order(id).cloned() {
                    let instrument = row.spec.instrument.clone();
                    d.put_order(OrderRow { cancel_wanted: false, cancel_sent_at: Some(d.now), ..row }, "order.cancel_sent", why);
                    d.effect(Effect::Cancel { instrument, id: id.clone() });
                }
            }
            OrderState::Sending | OrderState::Unknown if !row.cancel_wanted => {
                d.put_order(OrderRow { cancel_wanted: true, ..row }, "order.cancel_wanted", why);
            }
            _ => {}
        }
    }

    /// Flat: no exit of the position may rest, and nothing is protected.
    fn clear_exits(&self, d: &mut Draft<'_>, row: &PositionRow) {
        let exit = |order: &&&OrderRow| order.spec.reduce_only && order.state != OrderState::Canceling && !order.state.is_done();
        // Exits attached to an entry that still works belong to what that entry may yet open.
        let own = |order: &&&OrderRow| order.parent.as_ref().is_none_or(|parent| d.order(parent).is_none_or(|entry| entry.state.is_done()));
        let orders = d.live_orders_of(&row.instrument);
        let ids: Vec<ClientOrderId> = orders.iter().filter(exit).filter(own).map(|order| order.spec.id.clone()).collect();
        ids.iter().for_each(|id| self.send_cancel(d, id, "the position is flat"));
        if row.protection != Protection::default() {
            d.put_position(PositionRow { protection: Protection::default(), ..row.clone() }, "position.flat", "nothing is left to protect");
        }
    }

    /// Keeps the record of whether the stop is proven, and takes away stops that a newer one replaces.
    fn settle_protection(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, row: PositionRow) {
        let row = self.follow_venue(d, row);
        let Some(position) = &row.position else { return };
        let covered = self.covered(d, &row) >= position.quantity;
        let row = if covered { self.adopt_proven_stop(d, row.clone()) } else { row.clone() };
        let newest_proven = row.protection.stop_order.as_ref().and_then(|id| d.order(id)).is_some_and(|order| order.state.is_proven());
        if covered && newest_proven {
            self.retire_older_stops(d, &row);
        }
        let since = match (row.protection.required && !covered, row.protection.unprotected_since) {
            (false, _) => None,
            (true, Some(since)) => Some(since),
            (true, None) => Some(d.now),
        };
        if since != row.protection.unprotected_since {
            let detail = if since.is_some() { "no proven stop for all of it" } else { "a proven stop for all of it" };
            let replaced = if since.is_none() { 0 } else { row.protection.replaced };
            let protection = Protection { unprotected_since: since, replaced, ..row.protection.clone() };
            d.put_position(PositionRow { protection, ..row.clone() }, "position.protection", detail);
        }
        if since.is_some() {
            self.repair_protection(d, quotes, &row.instrument);
        }
    }

    /// Where the order that was to be the stop has ended (refused, say, when it was moved), a stop that is proven takes its
    /// place in the record: what the books say of the stop is what is at the venue.
    fn adopt_proven_stop(&self, d: &mut Draft<'_>, row: PositionRow) -> PositionRow {
        let recorded = row.protection.stop_order.as_ref().and_then(|id| d.order(id));
        if recorded.is_some_and(|order| !order.state.is_done()) {
            return row;
        }
        let orders = d.live_orders_of(&row.instrument);
        let proven = orders.into_iter().filter(|order| order.leg == Leg::Stop && order.state.is_proven());
        let Some(stop) = proven.max_by_key(|order| order.remaining()).cloned() else { return row };
        let (at_venue, stop_limit) = (stop.spec.trail, stop.spec.price);
        let protection =
            Protection { stop_order: Some(stop.spec.id), stop: stop.spec.trigger, at_venue, stop_limit, ..row.protection.clone() };
        let row = PositionRow { protection, ..row };
        d.put_position(row.clone(), "position.protection", "the stop that is at the venue");
        row
    }

    fn retire_older_stops(&self, d: &mut Draft<'_>, row: &PositionRow) {
        let newest = row.protection.stop_order.as_ref();
        let full = newest
            .and_then(|id| d.order(id))
            .is_some_and(|order| row.position.as_ref().is_some_and(|position| order.remaining() >= position.quantity));
        if !full {
            return;
        }
        let older = |order: &&&OrderRow| {
            order.leg == Leg::Stop && Some(&order.spec.id) != newest && matches!(order.state, OrderState::Open | OrderState::Partial)
        };
        let orders = d.live_orders_of(&row.instrument);
        let ids: Vec<ClientOrderId> = orders.iter().filter(older).map(|order| order.spec.id.clone()).collect();
        ids.iter().for_each(|id| self.send_cancel(d, id, "a newer stop is proven"));
    }

    /// A plan ends when its main order has ended.
    fn end_plans(&self, d: &mut Draft<'_>) {
        let main = |row: &&OrderRow| matches!(row.leg, Leg::Entry | Leg::Close) && row.state.is_done() && row.asking.is_none();
        let ended: Vec<PlanRow> = d.changed_orders().filter(main).filter_map(|row| self.book.plan(&row.plan)).cloned().collect();
        for row in ended {
            d.put_plan(PlanRow { state: PlanState::Done, ..row }, "its order has ended");
        }
    }

    /// Tells, once for each entry, that all the exits attached to it are at the venue.
    fn tell_exits(&self, d: &mut Draft<'_>) {
        let entries: BTreeSet<ClientOrderId> = d.newly_open().iter().filter_map(|row| row.parent.clone()).collect();
        for entry in entries {
            let mut exits: Vec<OrderRow> = d.live_orders().into_iter().filter(|row| row.parent.as_ref() == Some(&entry)).cloned().collect();
            exits.sort_by_key(|row| row.leg);
            // The other half of a pair is told with the first.
            exits.retain(|row| row.leg != Leg::Close);
            let Some(first) = exits.first().filter(|_| exits.iter().all(|row| row.state.is_proven())) else { continue };
            let text = match exits.as_slice() {
                [one] if one.leg == Leg::Stop => "The stop is at the venue.",
                [_] => "The target is at the venue.",
                _ => "The exits are at the venue.",
            };
            let orders = exits.iter().map(OrderView::from).collect();
            let body = NoticeBody::OrderNews { text: text.to_owned(), orders };
            d.tell(format!("exits:{entry}"), &Recipient::of_order(first), body);
        }
    }

    /// Tells, in one notice a chat, of orders that ended in this step without a word of their own.
    fn tell_ended(&self, d: &mut Draft<'_>) {
        let ended = d.ended_untold();
        let chats: BTreeSet<_> = ended.iter().map(|row| (row.chat, row.cause.clone())).collect();
        for (chat, cause) in chats {
            let rows: Vec<&OrderRow> = ended.iter().filter(|row| row.chat == chat && row.cause == cause).collect();
            let key = rows.iter().map(|row| row.spec.id.as_str()).collect::<Vec<_>>().join("+");
            let orders = rows.iter().map(|row| OrderView::from(*row)).collect();
            let text = ended_text(&rows);
            d.tell(format!("ended:{key}"), &Recipient { chat, cause: Some(cause) }, NoticeBody::OrderNews { text, orders });
        }
    }
}

fn ended_text(rows: &[&OrderRow]) -> String {
    let exits_only = rows.iter().all(|row| row.spec.reduce_only && row.leg != Leg::Close);
    let at_once = |row: &OrderRow| row.state == OrderState::Expired && row.spec.tif != TimeInForce::Gtc;
    match rows {
        [row] if row.state == OrderState::Filled => format!("Filled: {}.", row.filled),
        [row] if row.state == OrderState::Canceled && row.filled.is_zero() => "Cancelled.".to_owned(),
        [row] if row.state == OrderState::Canceled => format!("Cancelled after {} of {} had filled.", row.filled, row.spec.quantity),
        [row] if !row.filled.is_zero() && at_once(row) => {
            format!("Ended with {} of {} filled; the rest was not to be had inside the limit.", row.filled, row.spec.quantity)
        }
        [row] if !row.filled.is_zero() => format!("Ended with {} of {} filled.", row.filled, row.spec.quantity),
        [row] if !exits_only && at_once(row) => "Ended without a fill: nothing was to be had inside the limit.".to_owned(),
        [row] if !exits_only => "Ended without a fill.".to_owned(),
        _ if exits_only => "Exits that are no longer needed have ended.".to_owned(),
        _ => format!("{} orders have ended.", rows.len()),
    }
}
