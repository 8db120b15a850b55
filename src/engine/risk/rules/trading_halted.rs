//! TRADING_HALTED and TRADING_STATE_REDUCING: what each trading state still lets through (invariant 11 of the simulation).

use crate::domain::plan::PlanKind;
use crate::domain::refusal::Code;
use crate::domain::rows::TradingState;
use crate::engine::risk::facts::{Asker, Facts, Finding};

use super::finding::{deny, pass};
use super::opening::raises_risk;

/// Reducing lets exits pass; Halted only protection and a person's own closes. Whether the account is reconciled, which
/// those closes need too, is the next rule's matter.
pub fn look(facts: &Facts<'_>) -> Finding {
    match facts.trading {
        TradingState::Active => pass("trading is active", "active"),
        TradingState::Reducing if raises_risk(facts.plan) => {
            deny(Code::TradingStateReducing, "exits only", "an entry", "a close, a stop or a cancel; `resume` allows entries again")
        }
        TradingState::Reducing => pass("exits only", "an exit"),
        TradingState::Halted if passes_halted(facts) => pass("protection and your own closes only", "such an exit"),
        TradingState::Halted => deny(
            Code::TradingHalted,
            "protection and your own closes only",
            if raises_risk(facts.plan) { "an entry" } else { "another change" },
            "a close or a cancel; `resume` once the reason is gone",
        ),
    }
}

fn passes_halted(facts: &Facts<'_>) -> bool {
    if raises_risk(facts.plan) {
        return false;
    }
    match (facts.asker, facts.plan.kind) {
        (Asker::Machine, _) => false,
        (Asker::Protection, _) => true,
        // Taking a stop away is no exit.
        (Asker::Person | Asker::StopWord, PlanKind::Protect) => facts.plan.stop.is_some() || !facts.plan.exits.stop,
        (Asker::Person | Asker::StopWord, PlanKind::Open | PlanKind::Close) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, denial, table};
    use super::*;

    #[test]
    fn table_of_cases() {
        table(
            look,
            Sample::perp_long,
            &[
                ("active", |_| {}, "pass"),
                ("reducing denies entries", |s| s.trading = TradingState::Reducing, "deny"),
                ("halted denies entries", |s| s.trading = TradingState::Halted, "deny"),
                ("a machine's entry too", |s| (s.trading, s.asker) = (TradingState::Halted, Asker::Machine), "deny"),
                ("protection may not open", |s| (s.trading, s.asker) = (TradingState::Halted, Asker::Protection), "deny"),
                ("missing data changes nothing", |s| (s.trading, s.quote) = (TradingState::Reducing, None), "deny"),
            ],
        );
        table(
            look,
            Sample::close_long,
            &[
                ("reducing lets closes pass", |s| s.trading = TradingState::Reducing, "pass"),
                ("halted lets a person close", |s| s.trading = TradingState::Halted, "pass"),
                ("and a stop word", |s| (s.trading, s.asker) = (TradingState::Halted, Asker::StopWord), "pass"),
                ("and protection", |s| (s.trading, s.asker) = (TradingState::Halted, Asker::Protection), "pass"),
                ("but no machine", |s| (s.trading, s.asker) = (TradingState::Halted, Asker::Machine), "deny"),
            ],
        );
        table(
            look,
            Sample::protect_long,
            &[
                ("a stop may be moved", |s| s.trading = TradingState::Halted, "pass"),
                ("not taken away", |s| (s.trading, s.plan.stop) = (TradingState::Halted, None), "deny"),
            ],
        );
        table(look, Sample::spot_sale, &[("a sale of holdings adds nothing", |s| s.trading = TradingState::Reducing, "pass")]);
    }

    #[test]
    fn each_state_has_its_own_code() {
        let reducing = denial(look, Sample::spot_buy, |s| s.trading = TradingState::Reducing);
        let halted = denial(look, Sample::spot_buy, |s| s.trading = TradingState::Halted);
        assert_eq!((reducing.code, halted.code), (Code::TradingStateReducing, Code::TradingHalted));
    }
}
