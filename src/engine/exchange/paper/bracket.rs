//! Attached exits: held until their entry fills, then working, sized by what has filled.
//!
//! Invariant: the stop covers all that filled; the targets together never more than that.

use super::core::PaperCore;
use super::log::LogEvent;
use super::order::{OrderNumber, Stage};
use crate::domain::money::{MoneyError, Quantity, Ratio};
use crate::domain::order::{AttachedSpec, Leg};
use crate::domain::time::Timestamp;

/// Returns how much each attached exit covers once `filled` of its entry has filled, in the order of `attached`.
///
/// A stop covers all of it. Targets take their shares, floored to `step`; the last takes what the others leave of the
/// targets' common share. A share that cannot be worked out exactly covers nothing.
pub fn grants(attached: &[AttachedSpec], filled: Quantity, step: Quantity) -> Vec<Quantity> {
    let targets: Vec<&AttachedSpec> = attached.iter().filter(|exit| exit.leg != Leg::Stop).collect();
    let mut left = common_share(&targets).and_then(|share| floored(filled, share, step)).unwrap_or(Quantity::ZERO);
    let mut waiting = targets.len();
    let mut grant = |exit: &AttachedSpec| {
        if exit.leg == Leg::Stop {
            return filled;
        }
        waiting -= 1;
        let own = floored(filled, exit.share, step).unwrap_or(Quantity::ZERO);
        let part = if waiting == 0 { left } else { own.min(left) };
        left = left.saturating_minus(part);
        part
    };
    attached.iter().map(&mut grant).collect()
}

/// Returns the targets' shares together, at most one.
fn common_share(targets: &[&AttachedSpec]) -> Result<Ratio, MoneyError> {
    let sum = targets.iter().try_fold(Ratio::ZERO, |sum, exit| Ratio::new(sum.value() + exit.share.value()))?;
    Ok(sum.min(Ratio::ONE))
}

fn floored(filled: Quantity, share: Ratio, step: Quantity) -> Result<Quantity, MoneyError> {
    filled.share(share)?.floor_to(step)
}

impl PaperCore {
    /// Raises the exits of an entry to what has filled; those that were held begin to work.
    pub(super) fn grow_exits(&mut self, parent: OrderNumber, at: Timestamp) {
        let step = self.step_of(parent);
        let Some(order) = self.state.orders.get(&parent).filter(|order| !order.spec.attached.is_empty()) else { return };
        let (over, instrument) = (order.stage.is_over(), order.spec.instrument.clone());
        let grants = grants(&order.spec.attached, order.filled, step);
        let mut began = Vec::new();
        for (number, grant) in (parent + 1..).zip(grants) {
            if self.grant(number, grant, at) {
                began.push(number);
            }
        }
        if over {
            self.drop_held_exits(parent, at);
        }
        // An entry that only reduced an opposite position leaves its exits no room.
        self.shrink_exits(&instrument, at);
        for number in began {
            self.start(number, at);
        }
    }

    /// Raises one exit to `grant`; tells whether it thereby begins to work.
    fn grant(&mut self, number: OrderNumber, grant: Quantity, at: Timestamp) -> bool {
        let Some(exit) = self.state.orders.get_mut(&number).filter(|exit| !exit.stage.is_over()) else { return false };
        let held = exit.stage == Stage::Held;
        let Some(tie) = exit.attachment.as_mut() else { return false };
        let more = grant.saturating_minus(tie.granted);
        if more.is_zero() {
            return false;
        }
        tie.granted = grant;
        // Neither sum can exceed what the entry asked for, which was checked when it arrived.
        exit.quantity = if held { grant } else { exit.quantity.plus(more).unwrap_or(exit.quantity) };
        exit.at = at;
        if held {
            exit.stage = if exit.spec.order_type.has_trigger() { Stage::Waiting } else { Stage::Taking };
        }
        let event = LogEvent::Resized { venue_id: exit.venue_id(), quantity: exit.quantity };
        self.note(at, event);
        self.touch(number);
        held
    }

    /// Ends the exits of an entry that ended before anything filled for them.
    pub(super) fn drop_held_exits(&mut self, parent: OrderNumber, at: Timestamp) {
        for number in self.exits_of(parent) {
            if self.state.orders.get(&number).is_some_and(|exit| exit.stage == Stage::Held) {
                self.end(number, Stage::Expired, "its entry ended and left nothing for it", at);
            }
        }
    }

    fn exits_of(&self, parent: OrderNumber) -> Vec<OrderNumber> {
        let of_parent = |exit: &&super::order::PaperOrder| exit.attachment.is_some_and(|tie| tie.parent == parent);
        self.state.orders.values().filter(of_parent).map(|exit| exit.number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{around, at, bracket, id, limit, market, open_core, perp, printed, qty, reducing, spot, taken};
    use super::*;
    use crate::domain::order::{Side, VenueOrderState};

    #[test]
    fn targets_take_floored_shares_and_the_last_one_the_remainder() {
        let spec = bracket(limit("e", spot(), Side::Buy, "1", "99"), "90", &[("110", "0.333"), ("120", "0.333"), ("130", "0.334")]);
        let sizes = |filled: &str| grants(&spec.attached, qty(filled), qty("0.001"));
        assert_eq!(sizes("1"), [qty("1"), qty("0.333"), qty("0.333"), qty("0.334")]);
        assert_eq!(sizes("0.01"), [qty("0.01"), qty("0.003"), qty("0.003"), qty("0.004")]);
        assert_eq!(sizes("0.001"), [qty("0.001"), qty("0"), qty("0"), qty("0.001")]);
        assert_eq!(sizes("0"), [qty("0"); 4]);
    }

    #[test]
    fn exits_of_an_entry_that_never_filled_expire_with_it() {
        let mut core = open_core();
        let (orders, ..) = taken(&mut core, bracket(limit("e", perp(), Side::Buy, "1", "99"), "90", &[("110", "1")]));
        assert_eq!(orders.iter().map(|order| order.state).skip(1).collect::<Vec<_>>(), [VenueOrderState::Held; 2]);
        let (report, record) = core.cancel(&perp(), &id("e"), at(3));
        assert_eq!(report.unwrap().state, VenueOrderState::Canceled);
        let states: Vec<_> = record.orders.iter().map(|order| order.report().state).collect();
        assert_eq!(states, [VenueOrderState::Canceled, VenueOrderState::Expired, VenueOrderState::Expired]);
        assert!(core.state().orders.is_empty());
    }

    #[test]
    fn exits_grow_by_what_their_entry_fills_and_not_with_the_position() {
        let mut core = open_core();
        taken(&mut core, market("before", perp(), Side::Buy, "1"));
        core.on_tick(&around(&perp(), 3, "100"));
        taken(&mut core, bracket(limit("e", perp(), Side::Buy, "2", "99.9"), "90", &[("110", "1")]));
        for (print, covered) in [("1.5", "0.5"), ("1", "1.5")] {
            core.on_tick(&printed(around(&perp(), 4, "100"), "99.9", print, Side::Sell));
            assert_eq!(core.open_order(&perp(), &id("e-s")).unwrap().quantity, qty(covered));
            assert_eq!(core.open_order(&perp(), &id("e-t1")).unwrap().quantity, qty(covered));
        }
        assert_eq!(core.state().account.position(&perp()).unwrap().quantity, qty("2.5"));
    }

    #[test]
    fn an_entry_does_not_go_on_filling_once_its_exits_went_with_the_position() {
        let mut core = open_core();
        taken(&mut core, bracket(limit("e", spot(), Side::Buy, "3", "100.1"), "90", &[("110", "1")]));
        taken(&mut core, reducing(market("close", spot(), Side::Sell, "1")));
        assert!(core.state().orders.is_empty(), "neither exits nor an entry without them");
    }
}
