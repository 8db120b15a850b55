//! STOP_REQUIRED: perpetuals and everything a machine opens have a stop (invariant I5); a stop in place is not taken away bare.

use crate::domain::instrument::Market;
use crate::domain::plan::PlanKind;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Asker, Facts, Finding};

use super::finding::{deny, pass};
use super::opening;

/// Concerns openings, and protect plans that touch the stop. Spot orders that a person types may go without one.
pub fn look(facts: &Facts<'_>) -> Finding {
    let plan = facts.plan;
    let concerned = match plan.kind {
        PlanKind::Open => opening::raises_risk(plan),
        PlanKind::Protect => plan.exits.stop,
        PlanKind::Close => false,
    };
    let needed = plan.instrument.market == Market::Perp || facts.asker == Asker::Machine;
    if !concerned || !needed {
        return Finding::NotConcerned;
    }
    match &plan.stop {
        Some(stop) => pass("a stop", format!("a stop at {}", stop.trigger)),
        None if facts.limits.require_stop => deny(Code::StopRequired, "a stop", "no stop", would_pass(facts)),
        None => pass("a stop is not required here", "no stop"),
    }
}

fn would_pass(facts: &Facts<'_>) -> String {
    let limits = facts.limits;
    let (nearest, farthest) = (super::wording::percent(limits.stop_distance_min), super::wording::percent(limits.stop_distance_max));
    match facts.plan.kind {
        PlanKind::Open => format!("the same with a stop {nearest} to {farthest} away"),
        PlanKind::Close | PlanKind::Protect => "another stop in its place, or a close".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, table};
    use super::*;

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::perp_long,
            &[
                ("with a stop", |_| {}, "pass"),
                ("without", |s| s.plan.stop = None, "deny"),
                (
                    "without, at 1×",
                    |s| {
                        s.plan.stop = None;
                        s.plan.leverage = crate::domain::money::Leverage::ONE
                    },
                    "deny",
                ),
                (
                    "without, where none is required",
                    |s| {
                        s.plan.stop = None;
                        s.limits.require_stop = false
                    },
                    "pass",
                ),
                (
                    "missing data changes nothing",
                    |s| {
                        s.plan.stop = None;
                        (s.quote, s.instrument) = (None, None)
                    },
                    "deny",
                ),
                ("spot by a person", |s| *s = Sample::spot_buy(), "not concerned"),
                ("spot by a machine", |s| *s = Sample { asker: Asker::Machine, ..Sample::spot_buy() }, "deny"),
                ("a sale by a machine", |s| *s = Sample { asker: Asker::Machine, ..Sample::spot_sale() }, "not concerned"),
                ("a close", |s| *s = Sample::close_long(), "not concerned"),
            ],
        );
        table(
            look,
            Sample::protect_long,
            &[
                ("a stop moved", |_| {}, "pass"),
                ("a stop taken away", |s| s.plan.stop = None, "deny"),
                (
                    "only targets changed",
                    |s| {
                        s.plan.stop = None;
                        s.plan.exits.stop = false
                    },
                    "not concerned",
                ),
                (
                    "taken away where none is required",
                    |s| {
                        s.plan.stop = None;
                        s.limits.require_stop = false
                    },
                    "pass",
                ),
            ],
        );
    }
}
