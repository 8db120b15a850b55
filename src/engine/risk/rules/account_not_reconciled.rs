//! ACCOUNT_NOT_RECONCILED: nothing is opened, and while halted nothing is closed by hand, on books the venue has not confirmed.

use crate::domain::plan::PlanKind;
use crate::domain::refusal::Code;
use crate::domain::rows::TradingState;
use crate::engine::risk::facts::{Asker, Facts, Finding};

use super::finding::{deny, pass};

/// Spot sales count as openings here: no venue bounds them by a position.
pub fn look(facts: &Facts<'_>) -> Finding {
    let by_hand = matches!(facts.asker, Asker::Person | Asker::StopWord);
    let concerned = match facts.plan.kind {
        PlanKind::Open => true,
        PlanKind::Close => by_hand && facts.trading == TradingState::Halted,
        PlanKind::Protect => false,
    };
    if !concerned {
        return Finding::NotConcerned;
    }
    if facts.reconciled {
        return pass("an account that agrees with the venue", "it agrees");
    }
    deny(
        Code::AccountNotReconciled,
        "an account that agrees with the venue",
        "not compared with the venue yet",
        "the same order once the account is reconciled; stops stay in place",
    )
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
                ("reconciled", |_| {}, "pass"),
                ("not yet", |s| s.reconciled = false, "deny"),
                ("not yet, machine", |s| (s.reconciled, s.asker) = (false, Asker::Machine), "deny"),
                ("a spot sale is not bounded by the venue", |s| *s = Sample { reconciled: false, ..Sample::spot_sale() }, "deny"),
            ],
        );
        table(
            look,
            Sample::close_long,
            &[
                ("a close runs while active", |s| s.reconciled = false, "not concerned"),
                ("a person's close waits while halted", |s| (s.reconciled, s.trading) = (false, TradingState::Halted), "deny"),
                ("and runs once reconciled", |s| s.trading = TradingState::Halted, "pass"),
                (
                    "protection never waits",
                    |s| (s.reconciled, s.trading, s.asker) = (false, TradingState::Halted, Asker::Protection),
                    "not concerned",
                ),
            ],
        );
        table(look, Sample::protect_long, &[("a stop never waits", |s| s.reconciled = false, "not concerned")]);
    }
}
