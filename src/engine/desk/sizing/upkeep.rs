//! Upkeep in prices: from where on a stop trails, and a trailing distance that was said in average true ranges.

use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};
use crate::domain::instrument::InstrumentId;
use crate::domain::money::{Amount, Ratio};
use crate::domain::order::Leg;
use crate::domain::plan::{StopPlan, TargetPlan};
use crate::domain::position::Direction;
use crate::domain::refusal::Code;
use crate::domain::upkeep::{Upkeep, UpkeepSpec};

use super::levels::{Start, target_price};
use super::{Sizing, Unplannable};

/// Decimal places of a distance that was worked out.
const DISTANCE_SCALE: u32 = 6;

impl Sizing<'_> {
    /// Returns the upkeep that was asked for. `targets` tells whether the position has, or will have, a target.
    ///
    /// # Errors
    /// [`Unplannable`] if the stop is to wait for a target and there is none, or a price cannot be worked out.
    pub(super) fn upkeep(&self, spec: &UpkeepSpec, start: &Start<'_>, targets: bool) -> Result<Upkeep, Unplannable> {
        if spec.even_after_target && !targets {
            let text = "The stop goes to break-even once a target has filled, and there is no target. Name one, for example: target 6%.";
            return Err(Unplannable::Ask { text: text.to_owned(), choices: Vec::new() });
        }
        let from = spec.trail_from.map(|level| target_price(start.direction, start.entry, level, start.instrument.tick)).transpose()?;
        Ok(Upkeep { time_stop: spec.time_stop, even_after_target: spec.even_after_target, trail_from: from })
    }

    /// Returns the trailing distance that was said, or what its multiple of the average true range is of the price.
    ///
    /// # Errors
    /// [`Unplannable`] while the range is not known, or if the distance would reach zero.
    pub(super) fn trailing(
        &self,
        said: Option<Ratio>,
        spec: &UpkeepSpec,
        start: &Start<'_>,
        evidence: &mut EvidenceMap,
    ) -> Result<Option<Ratio>, Unplannable> {
        let Some(multiple) = spec.trail_atr else { return Ok(said) };
        let Some(atr) = self.quotes.atr_1h(&start.instrument.id) else {
            let limit = "14 hours of prices for an average true range";
            return Err(Unplannable::refused(Code::StalePrice, limit, "fewer", "a distance in percent, for example: trail 2%"));
        };
        let distance = Amount::new(atr.value())?.share(multiple)?.as_share_of(Amount::new(start.entry.value())?)?;
        let distance = Ratio::new(distance.value().round_dp(DISTANCE_SCALE))?;
        if distance <= Ratio::ZERO || distance >= Ratio::ONE {
            let actual = format!("{} %", distance.percent());
            return Err(Unplannable::refused(Code::StopInvalid, "a distance between 0 and 100 %", &actual, "another multiple of ATR"));
        }
        let rule = format!("{} × ATR(14, 1h) of {atr} at {}", multiple.value(), start.entry);
        evidence.insert("trailing".to_owned(), Evidence::computed(rule));
        Ok(Some(distance))
    }

    /// Adding to a position without naming a stop keeps the one in place, unless the default lies nearer to the price.
    pub(super) fn stop_in_place(&self, start: &Start<'_>, default: StopPlan, evidence: &mut EvidenceMap) -> StopPlan {
        let Some(row) = self.book.position(&start.instrument.id) else { return default };
        let same_way = row.position.as_ref().is_some_and(|position| position.direction == start.direction);
        let Some(trigger) = row.protection.stop.filter(|_| same_way) else { return default };
        let nearer = match start.direction {
            Direction::Long => trigger >= default.trigger && trigger < start.entry,
            Direction::Short => trigger <= default.trigger && trigger > start.entry,
        };
        if !nearer {
            return default;
        }
        evidence.insert("stop".to_owned(), Evidence::of(EvidenceKind::Account, "the stop of the position it adds to"));
        StopPlan { trigger, trailing: row.protection.trailing }
    }

    /// Says what becomes of the stop in place, and of the targets, when a position is added to.
    pub(super) fn stacks(&self, start: &Start<'_>, stop: Option<&StopPlan>, targets: &[TargetPlan]) -> Option<String> {
        let id = &start.instrument.id;
        let row = self.book.position(id)?;
        let held = row.position.as_ref().filter(|position| position.direction == start.direction)?;
        let old = row.protection.stop?;
        let what = format!("Adds to the {} of {} {}", held.direction.as_str(), held.quantity, id.symbol.base);
        let trails = if row.protection.trailing.is_some() { "trailing stop" } else { "stop" };
        let stop = match stop {
            Some(new) if new.trigger != old => format!("its {trails} at {old} gives way to one at {} for all of it", new.trigger),
            _ => format!("its {trails} at {old} will be for all of it"),
        };
        let grow = if targets.is_empty() && self.has_targets(id) { ", and its targets grow with it" } else { "" };
        Some(format!("{what}: {stop}{grow}."))
    }

    /// Tells whether a position has a target at the venue.
    pub(super) fn has_targets(&self, id: &InstrumentId) -> bool {
        self.book.live_orders_of(id).any(|row| matches!(row.leg, Leg::Target(_)) && !row.state.is_done())
    }
}
