//! The look for the card: every rule on one plan, with all that was found.
//!
//! Invariant I2: there is one list of rules and nobody skips it; what exits may skip is written inside each rule.

use crate::domain::refusal::{Code, Refusal};
use crate::domain::rows::RuleRecord;

use super::facts::{Facts, Finding};
use super::rules;

/// What all rules together found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Every reason against the plan, in the order of the rules.
    pub refusals: Vec<Refusal>,
    /// Sentences for the card that deny nothing.
    pub warnings: Vec<String>,
    /// Sentences for a second card; empty if one card is enough.
    pub second_card: Vec<String>,
    /// What each concerned rule found, for "why?".
    pub records: Vec<RuleRecord>,
}

impl Verdict {
    /// Tells whether no rule denies the plan. A second card may still be wanted; see [`Verdict::second_card`].
    pub fn passes(&self) -> bool {
        self.refusals.is_empty()
    }
}

/// Returns what every rule finds about `facts`.
pub fn check(facts: &Facts<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    for rule in rules::ALL {
        verdict.take((rule.look)(facts), rule.code);
    }
    verdict
}

/// Returns why a second card is wanted, if it is: those rules alone that may ask for one.
pub fn second_looks(facts: &Facts<'_>) -> Vec<String> {
    let mut verdict = Verdict::default();
    for rule in rules::ALL.iter().filter(|rule| rule.may_ask) {
        verdict.take((rule.look)(facts), rule.code);
    }
    verdict.second_card
}

impl Verdict {
    fn take(&mut self, finding: Finding, code: Code) {
        match finding {
            Finding::NotConcerned => {}
            Finding::Pass { limit, actual } => self.record(code, "pass", limit, actual),
            Finding::Warn { limit, actual, text } => {
                self.warnings.push(text);
                self.record(code, "warn", limit, actual);
            }
            Finding::SecondCard { limit, actual, text } => {
                self.second_card.push(text);
                self.record(code, "second_card", limit, actual);
            }
            Finding::Deny(refusal) => {
                self.record(refusal.code, "deny", refusal.limit.clone(), refusal.actual.clone());
                self.refusals.push(refusal);
            }
        }
    }

    fn record(&mut self, code: Code, finding: &str, limit: String, actual: String) {
        self.records.push(RuleRecord { code, finding: finding.to_owned(), limit, actual });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::{Amount, Leverage};
    use crate::domain::rows::TradingState;
    use crate::engine::risk::facts::{Asker, Stage};
    use crate::engine::risk::limits::Limits;
    use crate::engine::risk::rules::sample::{Sample, quantity};
    use rust_decimal::dec;

    #[test]
    fn ordinary_plans_pass_on_paper() {
        for sample in [Sample::perp_long(), Sample::spot_buy(), Sample::spot_sale(), Sample::close_long(), Sample::protect_long()] {
            let verdict = check(&sample.facts());
            assert!(verdict.passes(), "{:?}", verdict.refusals);
            assert!(verdict.second_card.is_empty() && verdict.warnings.is_empty(), "{verdict:?}");
        }
    }

    #[test]
    fn all_that_fail_are_reported_at_once_in_the_order_of_the_rules() {
        let mut sample = Sample::perp_long();
        sample.plan.leverage = Leverage::new(dec!(50)).unwrap();
        sample.order().quantity = quantity("1000");
        sample.trading = TradingState::Reducing;
        let codes: Vec<_> = check(&sample.facts()).refusals.iter().map(|refusal| refusal.code).collect();
        for code in [Code::TradingStateReducing, Code::MaxOrderNotional, Code::MaxLeverage, Code::MaxGrossExposure] {
            assert!(codes.contains(&code), "{code} is missing in {codes:?}");
        }
        let order: Vec<_> = codes.iter().map(|code| rules::ALL.iter().position(|rule| rule.code == *code)).collect();
        assert!(order.iter().flatten().is_sorted());
    }

    #[test]
    fn a_second_card_is_asked_for_once_and_not_after_the_tap() {
        let mut sample = Sample::spot_buy();
        sample.similar_opens = vec![(sample.now, sample.order().quantity)];
        let verdict = check(&sample.facts());
        assert!(verdict.passes() && verdict.second_card.len() == 1);
        sample.stage = Stage::Approve;
        assert!(check(&sample.facts()).second_card.is_empty());
        sample.asker = Asker::Machine;
        assert!(!check(&sample.facts()).passes());
    }

    #[test]
    fn exits_pass_where_every_size_rate_and_loss_rule_would_deny() {
        for mut sample in [Sample::close_long(), Sample::protect_long()] {
            sample.limits = Limits { rate_10s_max: 0, open_orders_max: 0, open_positions_max: 0, ..Limits::live() };
            sample.equity = None;
            sample.free_quote = Amount::ZERO;
            sample.trading = TradingState::Reducing;
            for asker in [Asker::Person, Asker::StopWord, Asker::Protection] {
                sample.asker = asker;
                let verdict = check(&sample.facts());
                assert!(verdict.passes(), "{asker:?}: {:?}", verdict.refusals);
            }
        }
    }

    #[test]
    fn an_opening_without_any_data_is_denied_by_many_rules_and_panics_nowhere() {
        let mut sample = Sample::perp_long();
        (sample.quote, sample.equity, sample.instrument) = (None, None, None);
        assert!(check(&sample.facts()).refusals.len() > 10);
    }
}
