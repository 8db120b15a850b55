//! Stops that the venue moves by itself, and stops that can be left behind.
//!
//! Invariant: a stop trails in one place, at the venue or by the account's own ladder, never in both. A position whose
//! stop-limits the price has run past is closed as if it had no stop.

use crate::domain::instrument::InstrumentId;
use crate::domain::money::{Quantity, Ratio};
use crate::domain::order::{Leg, OrderType, Side};
use crate::domain::plan::{Plan, StopPlan};
use crate::domain::rows::{OrderRow, PositionRow, Protection};
use crate::domain::trail::{Trail, is_tighter};
use crate::engine::ports::Quotes;

use super::draft::Draft;
use super::machine::Desk;

/// Takes over where a plan has the stop, and who trails it.
pub(super) fn note(protection: &mut Protection, plan: &Plan) {
    let stop = plan.stop.as_ref();
    let by_account = stop.filter(|stop| stop.at_venue.is_none());
    protection.stop = stop.map(|stop| stop.trigger);
    protection.stop_limit = stop.and_then(|stop| stop.limit);
    protection.at_venue = stop.and_then(|stop| stop.at_venue);
    protection.trailing = by_account.and_then(|stop| stop.trailing);
    protection.trail_from = by_account.and(plan.upkeep.trail_from);
}

/// Makes a stop that the account places be of the kind that the position's stop was. One that is moved elsewhere fires at
/// the market: the limit belonged to the old trigger.
pub(super) fn keep_kind(stop: &mut StopPlan, protection: &Protection, trailing: Option<Ratio>) {
    stop.trailing = trailing;
    stop.at_venue = protection.at_venue;
    stop.limit = protection.stop_limit.filter(|_| protection.stop == Some(stop.trigger));
}

impl Desk {
    /// Takes over where the venue has moved the stop to.
    pub(super) fn follow_venue(&self, d: &mut Draft<'_>, row: PositionRow) -> PositionRow {
        let order = row.protection.stop_order.as_ref().and_then(|id| d.order(id)).filter(|order| order.spec.trail.is_some());
        let (Some(order), Some(stop)) = (order, row.protection.stop) else { return row };
        let Some(trigger) = order.spec.trigger.filter(|trigger| is_tighter(order.spec.side, *trigger, stop)) else { return row };
        // What moved has begun to trail: a stop in its place must not wait for that again.
        let at_venue = row.protection.at_venue.map(|trail| Trail { from: None, ..trail });
        let protection = Protection { stop: Some(trigger), at_venue, ..row.protection.clone() };
        let row = PositionRow { protection, ..row };
        d.put_position(row.clone(), "position.trailed", &format!("the venue moved the stop to {trigger}"));
        row
    }

    /// Closes a position whose stop-limits the price has run past, unless other stops cover it.
    pub(super) fn close_left_behind(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, instrument: &InstrumentId) {
        let Some(row) = d.position(instrument).cloned() else { return };
        let (Some(position), Some(quote)) = (&row.position, quotes.quote(instrument)) else { return };
        let behind = |order: &&OrderRow| {
            let side = order.spec.side;
            let (Some(trigger), Some(limit)) = (order.spec.trigger, order.spec.price) else { return false };
            let past = match side {
                Side::Sell => quote.bid < limit,
                Side::Buy => quote.ask > limit,
            };
            order.spec.order_type == OrderType::StopLimit && past && order.spec.order_type.fires(side, trigger, quote.mark)
        };
        let stops: Vec<&OrderRow> =
            d.live_orders_of(instrument).into_iter().filter(|order| order.leg == Leg::Stop && order.state.is_proven()).collect();
        let cover = stops.iter().filter(|order| !behind(order)).fold(Quantity::ZERO, |sum, o| sum.plus(o.remaining()).unwrap_or(sum));
        let open = cover < position.quantity && stops.iter().any(behind);
        if !open || row.protection.closing_at.is_some() || self.is_closing(d, instrument) {
            return;
        }
        let key = self.rule_key(d, instrument, "left_behind");
        // Without a price there is no plan; the next look tries again.
        let Ok(plan) = self.partial_close(d, quotes, &key, instrument, Ratio::ONE) else { return };
        let text = format!("{}: the price has run past the limit of its stop; closing.", instrument.name());
        d.alert(&text, Some("POSITION_UNPROTECTED"));
        let protection = Protection { closing_at: Some(d.now), ..row.protection.clone() };
        d.put_position(PositionRow { protection, ..row }, "position.left_behind", "the price is past the limit of its stop");
        self.run(d, quotes, plan, &key, "STOP_LEFT_BEHIND");
    }
}
