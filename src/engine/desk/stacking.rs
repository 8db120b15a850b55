//! A position that was added to: one stop for all of it, where the newest plan has it, in place of those that came with the
//! entries, and the targets in place grown with it.
//!
//! Invariant: the old stops stay until the one that covers all is proven. So there is at every moment a stop for the whole,
//! and, each being reduce-only, never one for more. A try that comes to nothing is repeated ever more slowly.

use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};
use crate::domain::instrument::InstrumentId;
use crate::domain::money::{Price, Quantity, Ratio};
use crate::domain::order::{Leg, OrderState};
use crate::domain::plan::{ExitChange, Plan};
use crate::domain::position::{Direction, Position};
use crate::domain::request::{LevelSpec, ProtectRequest, StopChange, TargetChange, TargetSpec};
use crate::domain::rows::{OrderRow, PositionRow, Protection};
use crate::domain::stacking::Stacking;
use crate::domain::time::{MINUTE_MS, SECOND_MS, Timestamp};
use crate::domain::upkeep::UpkeepSpec;
use crate::engine::ports::Quotes;
use rust_decimal::Decimal;

use super::draft::Draft;
use super::machine::Desk;

/// Wait after the first try, in milliseconds; it doubles with each.
const AGAIN_MS: i64 = 4 * SECOND_MS;
/// Longest wait between two tries, in milliseconds.
const AGAIN_MAX_MS: i64 = MINUTE_MS;
/// Decimal places of a share that was worked out.
const SHARE_SCALE: u32 = 12;
/// Which rule acts.
const RULE: &str = "ONE_STOP";

/// Takes note that `plan` added `quantity` to a position that had a stop.
pub(super) fn note(protection: &mut Protection, plan: &Plan, quantity: Quantity, now: Timestamp) {
    let Some(stop) = protection.stop else { return };
    let before = protection.stacking.unwrap_or(Stacking { stop, added: Quantity::ZERO, tries: 0, next_at: now });
    let grown = before.added.plus(quantity).unwrap_or(before.added);
    let added = if plan.targets.is_empty() { grown } else { before.added };
    protection.stacking = Some(Stacking { stop, added, ..before });
}

/// Follows a plan that changes the exits before the one stop stands.
pub(super) fn follow(protection: &mut Protection, plan: &Plan) {
    let added = |stacking: Stacking| if plan.exits.targets { Quantity::ZERO } else { stacking.added };
    protection.stacking = match (protection.stacking, plan.exits.stop, &plan.stop) {
        (Some(stacking), true, Some(stop)) => Some(Stacking { stop: stop.trigger, added: added(stacking), ..stacking }),
        (Some(_), true, None) => None,
        (stacking, false, _) => stacking.map(|stacking| Stacking { added: added(stacking), ..stacking }),
        (None, true, _) => None,
    };
}

impl Desk {
    /// Once the entries that added have ended, one stop for the whole replaces those that came with them.
    pub(super) fn one_stop(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, instrument: &InstrumentId) {
        let Some(row) = d.position(instrument).cloned() else { return };
        let (Some(position), Some(stacking)) = (&row.position, row.protection.stacking) else { return };
        let moving = row.protection.unprotected_since.is_some() || row.protection.closing_at.is_some();
        if moving || stacking.next_at > d.now || self.is_closing(d, instrument) {
            return;
        }
        let orders = d.live_orders_of(instrument);
        let fills = |order: &&OrderRow| order.leg == Leg::Entry && !order.state.is_done() && !order.filled.is_zero();
        let stops: Vec<&OrderRow> =
            orders.iter().copied().filter(|order| order.leg == Leg::Stop && order.state != OrderState::Held).collect();
        if orders.iter().copied().any(|order| fills(&order)) || !stops.iter().all(|order| order.state.is_proven()) {
            return;
        }
        let whole = |order: &&&OrderRow| order.remaining() >= position.quantity;
        let stands = stops.iter().find(whole).is_some_and(|order| Some(&order.spec.id) == row.protection.stop_order.as_ref());
        if stands && stacking.added.is_zero() {
            // The older ones are on their way out.
            if stops.len() == 1 {
                self.stacked(d, row);
            }
            return;
        }
        if self.near(quotes, &row, stacking.stop) {
            return;
        }
        let stop = (!stands).then_some(StopChange::Set(LevelSpec::Price(stacking.stop)));
        self.place_one_stop(d, quotes, &row, stacking, stop);
    }

    fn stacked(&self, d: &mut Draft<'_>, row: PositionRow) {
        let protection = Protection { stacking: None, ..row.protection.clone() };
        d.put_position(PositionRow { protection, ..row }, "position.stacked", "one stop covers all of it");
    }

    /// Tells whether a stop would lie too near to the price for the gate, or through it: the ones in place do.
    fn near(&self, quotes: &dyn Quotes, row: &PositionRow, stop: Price) -> bool {
        let (Some(position), Some(quote)) = (&row.position, quotes.quote(&row.instrument)) else { return true };
        let room = match position.direction {
            Direction::Long => quote.mark.minus(stop),
            Direction::Short => stop.minus(quote.mark),
        };
        room.value() < quote.mark.value() * self.settings.limits.stop_distance_min
    }

    /// Places the one stop, unless it stands already, and the grown targets.
    fn place_one_stop(&self, d: &mut Draft<'_>, quotes: &dyn Quotes, row: &PositionRow, stacking: Stacking, stop: Option<StopChange>) {
        let Some(position) = &row.position else { return };
        let targets = self.grown_targets(d, position, stacking.added);
        let mut request = ProtectRequest {
            symbol: Some(row.instrument.symbol.clone()),
            stop,
            targets: (!targets.is_empty()).then_some(TargetChange::Set(targets)),
            upkeep: UpkeepSpec::default(),
            evidence: EvidenceMap::from([("stop".to_owned(), Evidence::of(EvidenceKind::Mandate, RULE))]),
        };
        let wait = AGAIN_MS.saturating_mul(1_i64.checked_shl(stacking.tries.min(16)).unwrap_or(1)).min(AGAIN_MAX_MS);
        let next = Stacking { added: Quantity::ZERO, tries: stacking.tries.saturating_add(1), next_at: d.now.plus_ms(wait), ..stacking };
        let protection = Protection { stacking: Some(next), ..row.protection.clone() };
        d.put_position(PositionRow { protection, ..row.clone() }, "position.stacking", "one stop for all of it");
        let key = self.rule_key(d, &row.instrument, RULE);
        let sizing = self.sizing(d.now, quotes);
        let plan = sizing.protect_instrument(&key, &row.instrument, &request).or_else(|_| {
            // The average entry may have moved beyond a target: the targets stay as they are.
            request.targets = None;
            sizing.protect_instrument(&key, &row.instrument, &request)
        });
        let Some(mut plan) = plan.ok().filter(|plan| plan.exits != ExitChange::default()) else { return };
        if let Some(stop) = &mut plan.stop {
            stop.trailing = row.protection.trailing;
        }
        plan.upkeep.trail_from = row.protection.trail_from;
        self.run(d, quotes, plan, &key, RULE);
    }

    /// Returns the targets in place with the shares that they had before `added` came: of the whole now, so that they grow.
    fn grown_targets(&self, d: &Draft<'_>, position: &Position, added: Quantity) -> Vec<TargetSpec> {
        let before = position.quantity.saturating_minus(added);
        let mut targets: Vec<&OrderRow> = d.live_orders_of(&position.instrument);
        targets.retain(|order| matches!(order.leg, Leg::Target(_)) && order.state.is_proven());
        targets.sort_by_key(|order| order.spec.price);
        if position.direction == Direction::Short {
            targets.reverse();
        }
        if added.is_zero() || before.is_zero() {
            return Vec::new();
        }
        let mut left = Decimal::ONE;
        let mut grown = Vec::with_capacity(targets.len());
        for order in &targets {
            let exact = order.remaining().value() / before.value();
            // A remainder of less than a share's last place belongs to the last target.
            let share = exact.round_dp_with_strategy(SHARE_SCALE, rust_decimal::RoundingStrategy::ToZero).min(left);
            left -= share;
            let (Some(price), Ok(share)) = (order.spec.price, Ratio::new(share)) else { return Vec::new() };
            grown.push(TargetSpec { level: LevelSpec::Price(price), share: Some(share) });
        }
        let dust = Decimal::new(1, SHARE_SCALE - 2);
        if let (Some(last), true) = (grown.last_mut(), left < dust) {
            last.share = last.share.and_then(|share| Ratio::new(share.value() + left).ok());
        }
        grown
    }
}
