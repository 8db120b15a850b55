//! Short names for the findings that rules give.

use crate::domain::refusal::{Code, Refusal};
use crate::engine::risk::facts::{Asker, Facts, Finding, Stage};

/// Returns a pass with its numbers.
pub fn pass(limit: impl Into<String>, actual: impl Into<String>) -> Finding {
    Finding::Pass { limit: limit.into(), actual: actual.into() }
}

/// Returns a denial with its numbers.
pub fn deny(code: Code, limit: impl Into<String>, actual: impl Into<String>, would_pass: impl Into<String>) -> Finding {
    Finding::Deny(Refusal::new(code, limit, actual, would_pass))
}

/// Returns what a rule gives that a person may answer with a second yes: a second card before the tap, a pass after it,
/// and a denial where no person is asked.
pub fn second_look(facts: &Facts<'_>, refusal: Refusal, text: String) -> Finding {
    match (facts.asker, facts.stage) {
        (Asker::Person, Stage::Check) => Finding::SecondCard { limit: refusal.limit, actual: refusal.actual, text },
        (Asker::Person, Stage::Approve) => pass(refusal.limit, refusal.actual),
        (Asker::StopWord | Asker::Protection | Asker::Machine, _) => Finding::Deny(refusal),
    }
}
