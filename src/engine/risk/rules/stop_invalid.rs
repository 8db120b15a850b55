//! STOP_INVALID: a stop lies on the losing side, neither so near that noise trips it nor so far that it protects nothing;
//! targets lie on the winning side.

use crate::domain::money::{Price, Ratio, Rounding};
use crate::domain::plan::PlanKind;
use crate::domain::position::Direction;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Asker, Facts, Finding};

use super::finding::{deny, pass};
use super::unjudged::{Unjudged, settle};
use super::{opening, wording};

/// Concerns openings and protect plans with a stop or targets.
///
/// Openings are measured from their price. Exits of a position are measured from the mark, and a stop is too far only if it is
/// far from the entry as well: a break-even stop under a large gain is no mistake. The account's own protection may come
/// nearer or lie farther (it trails), but never on the wrong side.
pub fn look(facts: &Facts<'_>) -> Finding {
    if facts.plan.stop.is_none() && facts.plan.targets.is_empty() {
        return Finding::NotConcerned;
    }
    match (facts.plan.kind, facts.asker) {
        (PlanKind::Open, _) => settle(Code::StopInvalid, judge_opening(facts)),
        // Protection does not wait for a price; the venue refuses a stop that would fire at once, and then it closes.
        (PlanKind::Protect, Asker::Protection) if facts.quote.is_none() => Finding::NotConcerned,
        (PlanKind::Protect, _) => settle(Code::StopInvalid, judge_exits(facts)),
        (PlanKind::Close, _) => Finding::NotConcerned,
    }
}

/// Returns how far `level` lies from `reference` on the losing side; negative on the winning side.
pub fn losing_distance(reference: Price, level: Price, direction: Direction) -> Result<Ratio, Unjudged> {
    let change = level.change_from(reference)?;
    Ok(match direction {
        Direction::Long => change.negated(),
        Direction::Short => change,
    })
}

fn judge_opening(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let direction = facts.plan.direction;
    let entry = opening::price(facts)?;
    if let Some(denial) = misplaced_target(facts, entry)? {
        return Ok(denial);
    }
    let Some(stop) = facts.plan.stop.as_ref() else { return Ok(pass(side_word(direction).1, "targets there")) };
    let distance = losing_distance(entry, stop.trigger, direction)?;
    if let Some(denial) = misplaced_stop(facts, entry, stop.trigger, distance, distance)? {
        return Ok(denial);
    }
    // An order that fills at once has a position at the mark, where its stop must not fire at once.
    let mark = opening::quote(facts)?.mark;
    if opening::takes_now(facts)? && losing_distance(mark, stop.trigger, direction)?.value().is_sign_negative() {
        return Ok(on_the_wrong_side(facts, mark, stop.trigger));
    }
    Ok(pass(bounds(facts), format!("{} away", wording::percent(distance.value()))))
}

fn judge_exits(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let direction = facts.plan.direction;
    let mark = opening::quote(facts)?.mark;
    if let Some(denial) = misplaced_target(facts, mark)? {
        return Ok(denial);
    }
    let Some(stop) = facts.plan.stop.as_ref() else { return Ok(pass(side_word(direction).1, "targets there")) };
    let from_mark = losing_distance(mark, stop.trigger, direction)?;
    let from_entry = facts.entry_price.map(|entry| losing_distance(entry, stop.trigger, direction)).transpose()?;
    let nearer = from_entry.map_or(from_mark, |from_entry| from_entry.min(from_mark));
    if let Some(denial) = misplaced_stop(facts, mark, stop.trigger, from_mark, nearer)? {
        return Ok(denial);
    }
    Ok(pass(bounds(facts), format!("{} away", wording::percent(from_mark.value()))))
}

/// Returns the denial of a stop at `trigger`: `near` is held to the smallest distance, `far` to the largest.
fn misplaced_stop(facts: &Facts<'_>, reference: Price, trigger: Price, near: Ratio, far: Ratio) -> Result<Option<Finding>, Unjudged> {
    if near.value() <= rust_decimal::Decimal::ZERO {
        return Ok(Some(on_the_wrong_side(facts, reference, trigger)));
    }
    let limits = facts.limits;
    let bounded = facts.asker != Asker::Protection;
    let word = if near.value() < limits.stop_distance_min {
        "too near"
    } else if far.value() > limits.stop_distance_max {
        "too far"
    } else {
        return Ok(None);
    };
    let actual = format!("{trigger} is {} away, {word}", wording::percent(near.value()));
    Ok(bounded.then(|| deny(Code::StopInvalid, bounds(facts), actual, a_valid_stop(facts, reference))))
}

fn misplaced_target(facts: &Facts<'_>, reference: Price) -> Result<Option<Finding>, Unjudged> {
    let direction = facts.plan.direction;
    for target in &facts.plan.targets {
        let distance = losing_distance(reference, target.price, direction)?;
        if distance.value() >= rust_decimal::Decimal::ZERO {
            let (_, winning) = side_word(direction);
            let limit = format!("targets {winning} {reference}");
            return Ok(Some(deny(
                Code::StopInvalid,
                limit,
                format!("a target at {}", target.price),
                format!("a target {winning} {reference}"),
            )));
        }
    }
    Ok(None)
}

fn on_the_wrong_side(facts: &Facts<'_>, reference: Price, trigger: Price) -> Finding {
    let (losing, _) = side_word(facts.plan.direction);
    let limit = format!("a stop {losing} {reference}");
    deny(Code::StopInvalid, limit, format!("a stop at {trigger}"), a_valid_stop(facts, reference))
}

/// Returns the words for the losing and the winning side.
const fn side_word(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Long => ("below", "above"),
        Direction::Short => ("above", "below"),
    }
}

fn bounds(facts: &Facts<'_>) -> String {
    let limits = facts.limits;
    format!("{} to {} away", wording::percent(limits.stop_distance_min), wording::percent(limits.stop_distance_max))
}

/// Names the prices between which a stop would pass, where they can be computed.
fn a_valid_stop(facts: &Facts<'_>, reference: Price) -> String {
    match valid_range(facts, reference) {
        Ok((low, high)) => format!("a stop from {low} to {high} ({})", bounds(facts)),
        Err(_) => format!("a stop {} {reference}, {}", side_word(facts.plan.direction).0, bounds(facts)),
    }
}

/// Returns the lowest and the highest stop on the tick, each rounded into the range.
fn valid_range(facts: &Facts<'_>, reference: Price) -> Result<(Price, Price), Unjudged> {
    let limits = facts.limits;
    let (near, far) = (Ratio::new(limits.stop_distance_min)?, Ratio::new(limits.stop_distance_max)?);
    let (low, high) = match facts.plan.direction {
        Direction::Long => (reference.moved_by(far.negated())?, reference.moved_by(near.negated())?),
        Direction::Short => (reference.moved_by(near)?, reference.moved_by(far)?),
    };
    let tick = opening::instrument(facts)?.tick;
    Ok((low.to_tick(tick, Rounding::Up)?, high.to_tick(tick, Rounding::Down)?))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HUGE, Sample, denial, price, table};
    use super::*;

    fn resting_long() -> Sample {
        let mut sample = Sample::perp_long();
        sample.limit("50000");
        sample.stop("49000");
        sample
    }

    #[test]
    fn table_of_openings() {
        table(
            look,
            resting_long,
            &[
                ("inside", |_| {}, "pass"),
                ("nearest edge", |s| s.stop("49850"), "pass"),
                ("just nearer", |s| s.stop("49850.1"), "deny"),
                ("farthest edge", |s| s.stop("42500"), "pass"),
                ("just farther", |s| s.stop("42499.9"), "deny"),
                ("at the entry", |s| s.stop("50000"), "deny"),
                ("on the wrong side", |s| s.stop("51000"), "deny"),
                ("no price", |s| s.quote = None, "deny"),
                ("extreme", |s| s.stop(HUGE), "deny"),
                ("target at the entry", |s| s.plan.targets[0].price = price("50000"), "deny"),
                ("target just above", |s| s.plan.targets[0].price = price("50000.1"), "pass"),
                ("target below", |s| s.plan.targets[0].price = price("49000"), "deny"),
                ("targets alone", |s| s.plan.stop = None, "pass"),
                (
                    "neither",
                    |s| {
                        s.plan.stop = None;
                        s.plan.targets.clear()
                    },
                    "not concerned",
                ),
                ("a close", |s| *s = Sample::close_long(), "not concerned"),
            ],
        );
        table(
            look,
            Sample::perp_short,
            &[
                ("inside", |_| {}, "pass"),
                ("wrong side", |s| s.stop("59000"), "deny"),
                ("too near", |s| s.stop("60100"), "deny"),
                ("too far", |s| s.stop("69100"), "deny"),
                ("target above", |s| s.plan.targets[0].price = price("61000"), "deny"),
            ],
        );
    }

    #[test]
    fn a_stop_that_would_fire_at_once_is_refused() {
        table(
            look,
            Sample::perp_long,
            &[
                (
                    "a limit through the market",
                    |s| {
                        s.limit("61000");
                        s.stop("60500")
                    },
                    "deny",
                ),
                (
                    "the market fell behind the stop inside the band",
                    |s| {
                        s.stop("59800");
                        s.market_at("59750")
                    },
                    "deny",
                ),
            ],
        );
    }

    #[test]
    fn table_of_exits() {
        table(
            look,
            Sample::protect_long,
            &[
                ("inside", |_| {}, "pass"),
                ("nearest edge", |s| s.stop("59820"), "pass"),
                ("just nearer", |s| s.stop("59820.1"), "deny"),
                ("too far", |s| s.stop("50999.9"), "deny"),
                ("above the mark", |s| s.stop("60500"), "deny"),
                ("break-even under a large gain", |s| s.entry_price = Some(price("45000")), "pass"),
                (
                    "far below the mark, near the entry",
                    |s| {
                        s.entry_price = Some(price("45000"));
                        s.stop("44000")
                    },
                    "pass",
                ),
                ("far below the entry, near the mark", |s| s.entry_price = Some(price("90000")), "pass"),
                ("target below the mark", |s| s.plan.targets[0].price = price("59000"), "deny"),
                ("no price", |s| s.quote = None, "deny"),
                (
                    "only taken away",
                    |s| {
                        s.plan.stop = None;
                        s.plan.targets.clear()
                    },
                    "not concerned",
                ),
            ],
        );
        table(
            look,
            || Sample { asker: Asker::Protection, ..Sample::protect_long() },
            &[
                ("protection trails nearer", |s| s.stop("59990"), "pass"),
                ("or farther", |s| s.stop("30000"), "pass"),
                ("not past the mark", |s| s.stop("60000"), "deny"),
                ("and needs no price", |s| s.quote = None, "not concerned"),
            ],
        );
    }

    #[test]
    fn the_named_range_is_inside() {
        let refusal = denial(look, resting_long, |s| s.stop("51000"));
        assert!(refusal.would_pass.contains("from 42500 to 49850"), "{refusal}");
        for edge in ["42500", "49850"] {
            let mut sample = resting_long();
            sample.stop(edge);
            assert!(matches!(look(&sample.facts()), Finding::Pass { .. }));
        }
        let refusal = denial(look, Sample::perp_short, |s| s.stop("50000"));
        assert!(refusal.would_pass.contains("from 60179"), "{refusal}");
    }
}
