//! INSTRUMENT_NOT_TRADING: the venue takes no orders. Exits are tried all the same, for the halt may end any moment.

use crate::domain::instrument::InstrumentStatus;
use crate::domain::plan::PlanKind;
use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::opening;
use super::unjudged::{Unjudged, settle};

/// Concerns openings and spot sales.
pub fn look(facts: &Facts<'_>) -> Finding {
    match facts.plan.kind {
        PlanKind::Open => settle(Code::InstrumentNotTrading, judge(facts)),
        PlanKind::Close | PlanKind::Protect => Finding::NotConcerned,
    }
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let instrument = opening::instrument(facts)?;
    Ok(match instrument.status {
        InstrumentStatus::Trading => pass("an instrument that trades", "it trades"),
        InstrumentStatus::Halted => deny(
            Code::InstrumentNotTrading,
            "an instrument that trades",
            format!("{} is halted at the venue", instrument.id),
            "the same order once the venue trades it again, or another pair",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, table};
    use super::*;

    fn halt(sample: &mut Sample) {
        sample.instrument.as_mut().unwrap().status = InstrumentStatus::Halted;
    }

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::perp_long,
            &[
                ("trading", |_| {}, "pass"),
                ("halted", halt, "deny"),
                ("not listed", |s| s.instrument = None, "deny"),
                (
                    "a sale while halted",
                    |s| {
                        *s = Sample::spot_sale();
                        halt(s)
                    },
                    "deny",
                ),
                (
                    "a close while halted",
                    |s| {
                        *s = Sample::close_long();
                        halt(s)
                    },
                    "not concerned",
                ),
                ("a close of what is not listed", |s| *s = Sample { instrument: None, ..Sample::close_long() }, "not concerned"),
                (
                    "a stop while halted",
                    |s| {
                        *s = Sample::protect_long();
                        halt(s)
                    },
                    "not concerned",
                ),
            ],
        );
    }
}
