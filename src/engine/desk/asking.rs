//! Orders of unknown outcome: asked for until the venue's answer settles them, and never sent again.
//!
//! Invariant I4. Before the horizon a clean "not found" means nothing (the venue may read an old copy of its books); after
//! it, three clean negatives at least two seconds apart make the order absent. A failed question is not an answer.

use crate::domain::ids::ClientOrderId;
use crate::domain::order::{Fill, Leg, OrderEvent, OrderReport, OrderState};
use crate::domain::rows::{Asking, OrderRow};
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::engine::ports::{QueryError, Quotes};

use super::draft::Draft;
use super::effect::Effect;
use super::machine::Desk;

/// Request deadline at the venue, venue's own timeout and read lag together, in milliseconds.
pub const HORIZON_MS: i64 = 30_000;
/// Clean negatives after the horizon that make an order absent.
pub const NEGATIVES_NEEDED: u32 = 3;
/// Least time between negatives that count, in milliseconds.
pub const NEGATIVES_APART_MS: i64 = 2_000;
/// Waits between questions, in milliseconds; the last one repeats.
const QUESTIONS_MS: [i64; 7] = [500, 1_000, 2_000, 4_000, 8_000, 8_000, 2_500];
/// How long an order may stay unknown before a person is called, in milliseconds.
const CALL_AFTER_MS: i64 = 5 * MINUTE_MS;
/// How long a licensed order may wait for the executor's answer, in milliseconds.
pub const ANSWER_MAX_MS: i64 = 10_000;

impl Desk {
    /// Asks about each order whose question is due.
    pub(super) fn ask_due(&self, d: &mut Draft<'_>) {
        let due: Vec<OrderRow> =
            d.live_orders().into_iter().filter(|row| row.asking.is_some_and(|asking| asking.next_at <= d.now)).cloned().collect();
        for row in due {
            let Some(asking) = row.asking else { continue };
            let wait = usize::try_from(asking.asked).ok().and_then(|n| QUESTIONS_MS.get(n)).or(QUESTIONS_MS.last()).copied();
            let next = Asking { next_at: d.now.plus_ms(wait.unwrap_or(2_500)), asked: asking.asked.saturating_add(1), ..asking };
            let since = row.sent_at.unwrap_or(row.made_at).plus_ms(-MINUTE_MS);
            d.effect(Effect::Ask { instrument: row.spec.instrument.clone(), id: row.spec.id.clone(), since });
            self.call_if_long(d, &row);
            d.put_order(OrderRow { asking: Some(next), ..row }, "order.asked", "its outcome is asked for");
        }
    }

    fn call_if_long(&self, d: &mut Draft<'_>, row: &OrderRow) {
        let (Some(sent_at), Some(asking)) = (row.sent_at, row.asking) else { return };
        let crossed = |at: Timestamp| at.since(sent_at) >= CALL_AFTER_MS;
        if crossed(d.now) && !crossed(asking.next_at.plus_ms(-10_000)) && row.state == OrderState::Unknown {
            let text = format!(
                "The outcome of an order in {} is still unknown after five minutes; the instrument waits for it.",
                row.spec.instrument.name()
            );
            d.alert(&text, Some("OUTCOME_UNKNOWN"));
        }
    }

    /// An order that was licensed and never answered for (the executor went away) is unknown, too.
    pub(super) fn doubt_unanswered(&self, d: &mut Draft<'_>, max_age_ms: i64) {
        let sending = |id: &ClientOrderId| d.order(id).is_some_and(|row| row.state == OrderState::Sending);
        // An exit goes with its entry; one whose entry was answered for without it is asked for by itself.
        let late = |row: &&OrderRow| row.state == OrderState::Sending && !row.parent.as_ref().is_some_and(sending);
        let unanswered = |row: &&OrderRow| row.sent_at.is_none_or(|sent_at| d.now.since(sent_at) >= max_age_ms);
        let ids: Vec<ClientOrderId> = d.live_orders().into_iter().filter(late).filter(unanswered).map(|row| row.spec.id.clone()).collect();
        for id in ids {
            self.with_children(d, &id, OrderEvent::OutcomeUnknown, "the send was never answered for");
            self.ask_later(d, &id);
        }
    }

    /// Takes the answer to a question about an order.
    pub(super) fn asked(
        &self,
        d: &mut Draft<'_>,
        quotes: &dyn Quotes,
        id: &ClientOrderId,
        answer: Result<(Option<OrderReport>, Vec<Fill>), QueryError>,
    ) {
        let Ok((report, fills)) = answer else { return };
        fills.iter().for_each(|fill| self.fill(d, quotes, fill, "question: executions"));
        match report {
            Some(report) => {
                self.report(d, &report, "question: order by id");
                self.tell_found(d, id);
            }
            None => self.not_found(d, id),
        }
    }

    fn not_found(&self, d: &mut Draft<'_>, id: &ClientOrderId) {
        let Some(row) = d.order(id).cloned() else { return };
        let Some(asking) = row.asking else { return };
        if row.state.is_done() {
            // It has ended; only its executions were asked for, and the venue's next whole picture brings them, too.
            if asking.asked > NEGATIVES_NEEDED {
                self.stop_asking(d, id);
            }
            return;
        }
        let sent_at = row.sent_at.unwrap_or(row.made_at);
        let apart = asking.last_negative_at.is_none_or(|last| d.now.since(last) >= NEGATIVES_APART_MS);
        if d.now.since(sent_at) < HORIZON_MS || !apart {
            return;
        }
        let negatives = asking.negatives.saturating_add(1);
        if negatives < NEGATIVES_NEEDED {
            let asking = Asking { negatives, last_negative_at: Some(d.now), ..asking };
            d.put_order(OrderRow { asking: Some(asking), ..row }, "order.not_found", "a clean negative after the horizon");
            return;
        }
        d.put_order(OrderRow { asking: None, ..row.clone() }, "order.answered", "three clean negatives after the horizon");
        d.move_order(id, OrderEvent::Absent, "three clean negatives after the horizon");
        if row.leg == Leg::Entry {
            self.tell_news(
                d,
                &row,
                "absent",
                "Not placed: the venue never had the order. Nothing was traded; ask again for a new card.".to_owned(),
            );
        }
    }

    fn tell_found(&self, d: &mut Draft<'_>, id: &ClientOrderId) {
        let was_unknown = self.book.order(id).is_some_and(|row| row.state == OrderState::Unknown);
        let Some(row) = d.order(id).cloned() else { return };
        if was_unknown && row.state != OrderState::Unknown && row.parent.is_none() {
            self.tell_news(d, &row, "found", format!("Settled: the venue has the order, it is {}.", row.state.as_str()));
        }
    }
}
