//! Stops and targets: from what was said to prices on the tick.

use rust_decimal::Decimal;

use crate::domain::evidence::{Evidence, EvidenceMap};
use crate::domain::instrument::Instrument;
use crate::domain::margin::MarginMode;
use crate::domain::money::{Amount, Leverage, MoneyError, Price, Quantity, Ratio, Rounding};
use crate::domain::plan::{StopPlan, TargetPlan};
use crate::domain::position::{Direction, Execution, Position, after_execution};
use crate::domain::request::{LevelSpec, TargetSpec};

use super::{Sizing, Unplannable};
use crate::domain::refusal::Code;

/// Where a position would begin.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// Of which instrument.
    pub instrument: &'a Instrument,
    /// Long or short.
    pub direction: Direction,
    /// At which price.
    pub entry: Price,
    /// With which leverage.
    pub leverage: Leverage,
    /// In which margin mode.
    pub margin_mode: MarginMode,
}

/// Returns the trigger of a stop at `level`, on the tick and never farther away than said.
///
/// # Errors
/// [`MoneyError`] if the level is no price.
pub fn stop_trigger(direction: Direction, from: Price, level: LevelSpec, tick: Price) -> Result<Price, MoneyError> {
    let (sign, rounding) = match direction {
        Direction::Long => (Decimal::NEGATIVE_ONE, Rounding::Up),
        Direction::Short => (Decimal::ONE, Rounding::Down),
    };
    let raw = match level {
        LevelSpec::Price(price) => price,
        LevelSpec::Distance(distance) => from.moved_by(Ratio::new(distance.value() * sign)?)?,
    };
    raw.to_tick(tick, rounding)
}

/// Returns the limit price of a target at `level`, on the tick and never farther away than said.
///
/// # Errors
/// [`MoneyError`] if the level is no price.
pub fn target_price(direction: Direction, from: Price, level: LevelSpec, tick: Price) -> Result<Price, MoneyError> {
    let (sign, rounding) = match direction {
        Direction::Long => (Decimal::ONE, Rounding::Down),
        Direction::Short => (Decimal::NEGATIVE_ONE, Rounding::Up),
    };
    let raw = match level {
        LevelSpec::Price(price) => price,
        LevelSpec::Distance(distance) => from.moved_by(Ratio::new(distance.value() * sign)?)?,
    };
    raw.to_tick(tick, rounding)
}

/// Returns the targets on the tick, nearest first. A target without a share gets an equal part of what the others leave.
///
/// The evidence is numbered in the order said; it is numbered anew in the order of the prices.
///
/// # Errors
/// [`Unplannable::Refused`] if the shares come to more than the whole.
pub fn targets(
    direction: Direction,
    from: Price,
    wanted: &[TargetSpec],
    tick: Price,
    evidence: &mut EvidenceMap,
) -> Result<Vec<TargetPlan>, Unplannable> {
    let said: Decimal = wanted.iter().filter_map(|target| target.share).map(Ratio::value).sum();
    let open = wanted.iter().filter(|target| target.share.is_none()).count();
    if said > Decimal::ONE || (open > 0 && said == Decimal::ONE) {
        let actual = format!("{} %", (said * Decimal::ONE_HUNDRED).normalize());
        return Err(Unplannable::refused(Code::BadNumber, "target shares of 100 % together", &actual, "shares that come to at most 100 %"));
    }
    let rest = Decimal::ONE - said;
    let equal = if open == 0 { Decimal::ZERO } else { (rest / Decimal::from(open)).trunc_with_scale(12) };
    let mut left = open;
    let mut given = Decimal::ZERO;
    let mut plans = Vec::with_capacity(wanted.len());
    for (n, target) in (1..).zip(wanted) {
        let share = match target.share {
            Some(share) => share,
            None => {
                left -= 1;
                // The last one takes what rounding left, so that the parts make the whole.
                let part = if left == 0 { rest - given } else { equal };
                given += part;
                Ratio::new(part)?
            }
        };
        let plan = TargetPlan { price: target_price(direction, from, target.level, tick)?, share };
        plans.push((plan, evidence.remove(&format!("target.{n}")), evidence.remove(&format!("target.{n}.share"))));
    }
    plans.sort_by(|(a, ..), (b, ..)| match direction {
        Direction::Long => a.price.cmp(&b.price),
        Direction::Short => b.price.cmp(&a.price),
    });
    for (n, (_, level, part)) in (1..).zip(&plans) {
        evidence.extend(level.clone().map(|level| (format!("target.{n}"), level)));
        let rule = if plans.len() == 1 { "all of it, for the only target" } else { "an equal part of what the others leave" };
        let part = part.clone().unwrap_or_else(|| Evidence::computed(rule));
        evidence.insert(format!("target_share.{n}"), part);
    }
    Ok(plans.into_iter().map(|(plan, ..)| plan).collect())
}

/// Returns the liquidation price of a position that starts so as long as it lies in the first maintenance
/// bracket, where it does not depend on the size; a larger one is judged by LIQUIDATION_DISTANCE.
///
/// # Errors
/// [`MoneyError`] if the numbers cannot be held.
pub fn liquidation_price(start: &Start<'_>) -> Result<Option<Price>, MoneyError> {
    unit_position(start)?.map_or(Ok(None), |position| position.liquidation_price(start.instrument.maintenance))
}

fn unit_position(start: &Start<'_>) -> Result<Option<Position>, MoneyError> {
    let execution = Execution {
        side: start.direction.closing_side().opposite(),
        quantity: Quantity::new(Decimal::ONE)?,
        price: start.entry,
        leverage: start.leverage,
        margin_mode: start.margin_mode,
        at: crate::domain::time::Timestamp::from_ms(0),
    };
    Ok(after_execution(&start.instrument.id, None, execution)?.position)
}

impl Sizing<'_> {
    /// Returns the default stop: the nearest of some ATRs, a share of the price, and a share of the way to liquidation.
    pub(super) fn default_stop(&self, start: &Start<'_>, evidence: &mut EvidenceMap) -> Result<StopPlan, Unplannable> {
        let limits = self.limits;
        let far = start.entry.moved_by(Ratio::new(limits.default_stop_max)?)?.minus(start.entry);
        let mut best = (far, format!("{} % of the price", (limits.default_stop_max * Decimal::ONE_HUNDRED).normalize()));
        if let Some(atr) = self.quotes.atr_1h(&start.instrument.id) {
            let distance = Amount::new(atr.value() * limits.default_stop_atr)?;
            if distance < best.0 {
                best = (distance, format!("{} × ATR(14, 1h)", limits.default_stop_atr));
            }
        }
        // Where a cross position is liquidated depends on its size and on the others: LIQUIDATION_DISTANCE judges it.
        let isolated = start.margin_mode == MarginMode::Isolated;
        if let Some(liquidation) = liquidation_price(start)?.filter(|_| isolated) {
            let way = start.entry.minus(liquidation).magnitude();
            let distance = way.share(Ratio::new(limits.stop_to_liquidation_max)?)?;
            if distance < best.0 {
                let percent = (limits.stop_to_liquidation_max * Decimal::ONE_HUNDRED).normalize();
                best = (distance, format!("{percent} % of the way to liquidation at {liquidation}"));
            }
        }
        let (distance, rule) = best;
        let signed = if start.direction == Direction::Long { distance.negated() } else { distance };
        let level = LevelSpec::Price(start.entry.plus(signed)?);
        let trigger = stop_trigger(start.direction, start.entry, level, start.instrument.tick)?;
        let text = format!("{rule}, the nearest of ATR, share of price and way to liquidation");
        evidence.insert("stop".to_owned(), Evidence::default_setting(text));
        Ok(StopPlan { trigger, trailing: None })
    }
}
