//! The venue's answers: to a send, to a cancel, and what it pushes. Each is folded into the order it is about.
//!
//! Fold rules: what has filled only grows; a lower rank never overwrites a higher one; an order the books do not know is
//! never touched (RELIABILITY 3.2, 3.5 in the design pages; here `domain::order::transition`).

use crate::domain::ids::ClientOrderId;
use crate::domain::notice::{NoticeBody, OrderView};
use crate::domain::order::{Leg, OrderEvent, OrderReport, OrderState, VenueOrderState};
use crate::domain::rows::{Asking, OrderRow};
use crate::domain::trail::is_tighter;
use crate::engine::ports::{CancelOutcome, Quotes, SubmitOutcome};

use super::draft::{Draft, Recipient};
use super::machine::Desk;

/// Wait before the first question about an order of unknown outcome, in milliseconds.
pub const FIRST_QUESTION_MS: i64 = 500;

impl Desk {
    /// Takes the answer to a send.
    pub(super) fn submitted(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, id: &ClientOrderId, outcome: SubmitOutcome) {
        let Some(row) = d.order(id).cloned() else {
            return d.alert(&format!("defect: an answer came for the unknown order {id}"), None);
        };
        match outcome {
            SubmitOutcome::Accepted { orders, fills } => {
                fills.iter().for_each(|fill| self.fill(d, quotes, fill, "answer to the order"));
                orders.iter().for_each(|report| self.report(d, report, "answer to the order"));
                self.tell_resting(d, id);
            }
            SubmitOutcome::Rejected { code, reason } => {
                let detail = format!("the venue refused: {code} {reason}");
                self.with_children(d, id, OrderEvent::Rejected, &detail);
                if row.leg == Leg::Entry || row.leg == Leg::Close {
                    let order = Box::new(OrderView::from(d.order(id).unwrap_or(&row)));
                    let body = NoticeBody::Rejected { order, code, reason };
                    self.tell_order(d, &row, "rejected", body);
                }
            }
            SubmitOutcome::NotSent(reason) => {
                self.with_children(d, id, OrderEvent::NotSent, &reason);
                let text =
                    format!("Not placed: the order did not reach the venue ({reason}). Nothing was traded; ask again for a new card.");
                self.tell_news(d, &row, "not_sent", text);
            }
            SubmitOutcome::Unknown(reason) => {
                self.with_children(d, id, OrderEvent::OutcomeUnknown, &reason);
                // The venue may have pushed meanwhile what its answer would have said.
                if d.order(id).is_none_or(|row| row.state != OrderState::Unknown) {
                    return;
                }
                self.ask_later(d, id);
                let text =
                    format!("Sent, but the venue's answer was lost ({reason}). Checking what became of it; it will not be sent again.");
                self.tell_news(d, &row, "unknown", text);
            }
        }
    }

    /// Moves an order and the exits attached to it that have not begun a life of their own.
    pub(super) fn with_children(&self, d: &mut Draft<'_>, id: &ClientOrderId, event: OrderEvent, detail: &str) {
        d.move_order(id, event, detail);
        let children: Vec<ClientOrderId> =
            d.live_orders().iter().filter(|row| row.parent.as_ref() == Some(id)).map(|row| row.spec.id.clone()).collect();
        for child in children {
            if d.move_order(&child, event, detail).is_some() && event == OrderEvent::OutcomeUnknown {
                self.ask_later(d, &child);
            }
        }
    }

    /// Begins to ask about an order of unknown outcome.
    pub(super) fn ask_later(&self, d: &mut Draft<'_>, id: &ClientOrderId) {
        let Some(row) = d.order(id).cloned() else { return };
        let asking = Asking { next_at: d.now.plus_ms(FIRST_QUESTION_MS), asked: 0, negatives: 0, last_negative_at: None };
        d.put_order(OrderRow { asking: Some(asking), ..row }, "order.asking", "its outcome is asked for");
    }

    /// Takes the answer to a cancel.
    pub(super) fn cancelled(&self, d: &mut Draft<'_>, _quotes: &dyn Quotes, id: &ClientOrderId, outcome: CancelOutcome) {
        match outcome {
            CancelOutcome::Done(report) => self.report(d, &report, "answer to the cancel"),
            // The venue has no such order now: it may have filled a moment ago, so it is asked for, never assumed.
            CancelOutcome::NotFound | CancelOutcome::Unknown(_) => {
                if d.order(id).is_some_and(|row| !row.state.is_done() && row.asking.is_none()) {
                    self.ask_later(d, id);
                }
            }
        }
    }

    /// Takes an order's state as the venue reports it.
    pub(super) fn report(&self, d: &mut Draft<'_>, report: &OrderReport, source: &str) {
        let Some(row) = d.order(&report.id).cloned() else {
            if self.ids.is_ours(&report.id) {
                d.alert(&format!("the venue has an order of ours that the books do not know: {}", report.id), None);
            }
            return;
        };
        let missing = report.filled > row.filled;
        let event = match report.state {
            VenueOrderState::Held => OrderEvent::Held,
            VenueOrderState::Working if row.filled.is_zero() => OrderEvent::Working,
            VenueOrderState::Working => OrderEvent::PartlyFilled,
            VenueOrderState::Filled => OrderEvent::Filled,
            VenueOrderState::Canceled => OrderEvent::Canceled,
            VenueOrderState::Expired => OrderEvent::Expired,
        };
        self.take_size(d, &row, report, source);
        // An end that the fills in the books do not bear out yet: ask for the executions first, then let it end.
        if missing {
            if d.order(&report.id).is_some_and(|row| row.asking.is_none()) {
                self.ask_later(d, &report.id);
            }
            if matches!(event, OrderEvent::Filled | OrderEvent::PartlyFilled) {
                return;
            }
        } else if row.asking.is_some() {
            self.stop_asking(d, &report.id);
        }
        let working = event == OrderEvent::Working || event == OrderEvent::PartlyFilled;
        if working && row.state == OrderState::Canceling && source.starts_with("question") {
            // The cancel was lost on its way, or overtaken by the question: it is sent again until the venue has decided.
            if let Some(row) = d.move_order(&report.id, OrderEvent::CancelRefused, "the venue still works it") {
                d.put_order(OrderRow { cancel_wanted: true, ..row }, "order.cancel_wanted", "the cancel did not arrive");
            }
            return;
        }
        let found = row.state == OrderState::Unknown && row.parent.is_none();
        if d.move_order(&report.id, event, source).is_some() && found {
            self.tell_resting(d, &report.id);
        }
    }

    /// Takes over the venue's id, the size of an exit that the venue grows and shrinks with its position, and where it has
    /// moved the trigger of a trailing stop: nearer to the price, never back, whatever overtook what.
    fn take_size(&self, d: &mut Draft<'_>, row: &OrderRow, report: &OrderReport, source: &str) {
        // A report of less than what has filled is older than the books.
        let fresh = report.filled >= row.filled && !row.state.is_done();
        let resized = row.spec.reduce_only && row.spec.quantity != report.quantity && fresh;
        let trailed = report.trigger.filter(|trigger| {
            let nearer = |at| is_tighter(row.spec.side, *trigger, at);
            row.spec.trail.is_some() && !row.state.is_done() && row.spec.trigger.is_some_and(nearer)
        });
        if row.venue_id.is_some() && !resized && trailed.is_none() {
            return;
        }
        let mut changed = row.clone();
        changed.venue_id = Some(report.venue_id.clone());
        if resized {
            changed.spec.quantity = report.quantity;
        }
        changed.spec.trigger = trailed.or(changed.spec.trigger);
        let kind = match (resized, trailed) {
            (true, _) => "order.resized",
            (false, Some(_)) => "order.trailed",
            (false, None) => "order.known",
        };
        d.put_order(changed, kind, source);
    }

    /// Ends the questions about an order.
    pub(super) fn stop_asking(&self, d: &mut Draft<'_>, id: &ClientOrderId) {
        if let Some(row) = d.order(id).filter(|row| row.asking.is_some()).cloned() {
            d.put_order(OrderRow { asking: None, ..row }, "order.answered", "nothing is left to ask");
        }
    }

    /// The journal gave no licence: the order lapses, and its person is told.
    pub(super) fn license_refused(&self, d: &mut Draft<'_>, id: &ClientOrderId) {
        let Some(row) = d.order(id).filter(|row| row.state == OrderState::Planned).cloned() else { return };
        self.with_children(d, id, OrderEvent::Lapsed, "no licence to send was given");
        let text = "Not placed: trading was stopped, or another process took over, before the order was sent.".to_owned();
        self.tell_news(d, &row, "lapsed", text);
    }

    /// Tells that an order rests at the venue.
    fn tell_resting(&self, d: &mut Draft<'_>, id: &ClientOrderId) {
        let Some(row) = d.order(id).cloned() else { return };
        if !matches!(row.state, OrderState::Open | OrderState::Partial) {
            return;
        }
        let text = match row.leg {
            _ if row.spec.oco.is_some() => return self.tell_pair(d, &row),
            Leg::Stop => self.stop_news(d, &row),
            Leg::Target(_) => "The target is at the venue.".to_owned(),
            _ if row.spec.trigger.is_some() => "The order waits at the venue for its trigger.".to_owned(),
            _ => "The order rests at the venue.".to_owned(),
        };
        self.tell_news(d, &row, "resting", text);
    }

    /// Tells of both halves of a pair at once.
    fn tell_pair(&self, d: &mut Draft<'_>, row: &OrderRow) {
        let other = row.spec.oco.as_deref().and_then(|other| d.order(&other.id)).cloned();
        let orders = std::iter::once(row).chain(&other).map(OrderView::from).collect();
        other.iter().for_each(|other| d.told(&other.spec.id));
        let text = "Both orders are at the venue; one ends the other.".to_owned();
        self.tell_order(d, row, "resting", NoticeBody::OrderNews { text, orders });
    }

    fn stop_news(&self, d: &Draft<'_>, row: &OrderRow) -> String {
        let trailing = d.position(&row.spec.instrument).is_some_and(|held| held.protection.trailing.is_some());
        let by_the_account = row.chat.is_none();
        match (trailing, by_the_account) {
            (true, true) => "The trailing stop has moved.".to_owned(),
            (false, true) => "The account placed a stop.".to_owned(),
            (_, false) => "The stop is at the venue.".to_owned(),
        }
    }

    /// Tells an order's person something about it.
    pub(super) fn tell_news(&self, d: &mut Draft<'_>, row: &OrderRow, what: &str, text: String) {
        let view = OrderView::from(d.order(&row.spec.id).unwrap_or(row));
        self.tell_order(d, row, what, NoticeBody::OrderNews { text, orders: vec![view] });
    }

    fn tell_order(&self, d: &mut Draft<'_>, row: &OrderRow, what: &str, body: NoticeBody) {
        d.told(&row.spec.id);
        d.tell(format!("order:{}:{what}", row.spec.id), &Recipient::of_order(row), body);
    }
}
