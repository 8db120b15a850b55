//! Upkeep of open positions: the time stop, the stop to break-even after a target, the moment from which a stop trails.
//!
//! Invariant: like everything the monitor does, each act is a plan that passes the gate under the account's own protection,
//! and only ever takes risk away.

use crate::domain::instrument::InstrumentId;
use crate::domain::money::{Price, Ratio};
use crate::domain::notice::NoticeBody;
use crate::domain::plan::Plan;
use crate::domain::position::Direction;
use crate::domain::rows::{PositionRow, Protection};
use crate::domain::time::Timestamp;
use crate::domain::upkeep::{TimeStop, Upkeep};
use crate::engine::ports::Quotes;

use super::draft::{Draft, Recipient};
use super::machine::Desk;
use super::sizing::protect::break_even;

/// Takes over what a plan says of upkeep; the time counts from `from`.
pub(super) fn note(protection: &mut Protection, upkeep: &Upkeep, from: Timestamp) {
    match upkeep.time_stop {
        Some(TimeStop::After(ms)) => protection.close_at = Some(from.plus_ms(ms)),
        Some(TimeStop::Never) => protection.close_at = None,
        None => {}
    }
    protection.even_after_target |= upkeep.even_after_target;
}

impl Desk {
    /// Closes a position whose time is over, and goes on until it is flat.
    pub(super) fn time_stop(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, instrument: &InstrumentId) {
        let Some(row) = d.position(instrument).cloned() else { return };
        let due = row.position.is_some() && row.protection.close_at.is_some_and(|at| at <= d.now);
        if !due || row.protection.closing_at.is_some() || self.is_closing(d, instrument) {
            return;
        }
        let key = self.rule_key(d, instrument, "time");
        // Without a price there is no plan; the next look tries again.
        let Ok(plan) = self.partial_close(d, quotes, &key, instrument, Ratio::ONE) else { return };
        d.alert(&format!("{}: its time is over; closing.", instrument.name()), None);
        let protection = Protection { closing_at: Some(d.now), ..row.protection.clone() };
        d.put_position(PositionRow { protection, ..row }, "position.time_stop", "its time is over");
        self.run(d, quotes, plan, &key, "TIME_STOP");
    }

    /// Moves the stop to break-even once a target has filled, as soon as the price leaves room for it.
    pub(super) fn even_after_target(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, instrument: &InstrumentId) {
        let Some(row) = d.position(instrument).cloned() else { return };
        let filled = |id| d.order(id).is_some_and(|order| !order.filled.is_zero());
        let Some(position) = row.position.as_ref().filter(|_| row.protection.even_after_target) else { return };
        let moving = row.protection.unprotected_since.is_some() || row.protection.closing_at.is_some();
        if moving || !row.protection.target_orders.iter().any(filled) || self.stop_is_moving(d, &row) {
            return;
        }
        let (Some(rules), Some(quote)) = (self.instruments.get(instrument), quotes.quote(instrument)) else { return };
        let Ok(even) = break_even(rules, position) else { return };
        let protection = Protection { even_after_target: false, ..row.protection.clone() };
        let done = PositionRow { protection, ..row.clone() };
        let (behind, room) = match position.direction {
            Direction::Long => (row.protection.stop.is_none_or(|stop| stop < even), quote.mark.minus(even)),
            Direction::Short => (row.protection.stop.is_none_or(|stop| stop > even), even.minus(quote.mark)),
        };
        if !behind {
            return d.put_position(done, "position.even", "the stop is at break-even or better already");
        }
        if room.value() < quote.mark.value() * self.settings.limits.stop_distance_min {
            return;
        }
        d.put_position(done.clone(), "position.even", &format!("a target has filled; stop to {even}"));
        self.place_stop(d, quotes, &done, even, row.protection.trailing, "BREAK_EVEN");
    }

    /// Tells whether the stop that is to stand is not proven yet.
    pub(super) fn stop_is_moving(&self, d: &Draft<'_>, row: &PositionRow) -> bool {
        row.protection.stop_order.as_ref().and_then(|id| d.order(id)).is_some_and(|order| !order.state.is_proven())
    }

    /// Tells whether a stop trails now; one that waits for its price begins to once the mark has reached it.
    pub(super) fn trails(&self, d: &mut Draft<'_>, row: &PositionRow, mark: Price) -> bool {
        let (Some(from), Some(position)) = (row.protection.trail_from, &row.position) else { return true };
        let reached = match position.direction {
            Direction::Long => mark >= from,
            Direction::Short => mark <= from,
        };
        if reached {
            let protection = Protection { trail_from: None, best: Some(mark), ..row.protection.clone() };
            d.put_position(PositionRow { protection, ..row.clone() }, "position.trails", &format!("the mark has reached {from}"));
        }
        false
    }

    /// Tells of a plan that places no order: nothing else would.
    pub(super) fn tell_upkeep(&self, d: &mut Draft<'_>, plan: &Plan, to: &Recipient) {
        let name = plan.instrument.name();
        let mut said = Vec::new();
        match plan.upkeep.time_stop {
            Some(TimeStop::After(ms)) => said.push(format!("it is closed in {}", crate::domain::time::spoken(ms))),
            Some(TimeStop::Never) => said.push("it has no time stop any more".to_owned()),
            None => {}
        }
        if plan.upkeep.even_after_target {
            said.push("its stop goes to break-even once a target has filled".to_owned());
        }
        d.tell(format!("upkeep:{}", plan.id), to, NoticeBody::Text(format!("{name}: {}.", said.join("; "))));
    }
}
