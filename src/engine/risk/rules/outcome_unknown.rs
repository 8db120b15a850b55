//! OUTCOME_UNKNOWN: while an order may or may not exist at the venue, nothing is opened beside it (invariant I4).

use crate::domain::plan::PlanKind;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};

/// Spot sales wait too: the order in question may have sold the same coins.
pub fn look(facts: &Facts<'_>) -> Finding {
    if facts.plan.kind != PlanKind::Open {
        return Finding::NotConcerned;
    }
    if !facts.outcome_unknown {
        return pass("no order of unknown outcome", "none");
    }
    let instrument = &facts.plan.instrument;
    deny(
        Code::OutcomeUnknown,
        "no order of unknown outcome",
        format!("the venue has not yet said what became of an order in {instrument}"),
        format!("the same order once that is known (it is being asked for), or another pair than {}", instrument.symbol),
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, table};
    use super::*;
    use crate::engine::risk::facts::Asker;

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::perp_long,
            &[
                ("all known", |_| {}, "pass"),
                ("one unknown", |s| s.outcome_unknown = true, "deny"),
                ("one unknown, machine", |s| (s.outcome_unknown, s.asker) = (true, Asker::Machine), "deny"),
                ("missing prices change nothing", |s| (s.outcome_unknown, s.quote, s.equity) = (true, None, None), "deny"),
                ("a sale waits", |s| *s = Sample { outcome_unknown: true, ..Sample::spot_sale() }, "deny"),
                ("a close does not", |s| *s = Sample { outcome_unknown: true, ..Sample::close_long() }, "not concerned"),
                ("a stop does not", |s| *s = Sample { outcome_unknown: true, ..Sample::protect_long() }, "not concerned"),
            ],
        );
    }
}
