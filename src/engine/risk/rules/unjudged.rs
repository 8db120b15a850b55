//! Why a rule could not judge. A rule that cannot judge denies: nothing is let through for want of data.

use crate::domain::money::MoneyError;
use crate::domain::refusal::{Code, Refusal};
use crate::engine::risk::facts::Finding;

/// What was missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unjudged {
    /// No quote.
    #[error("no price yet")]
    NoPrice,
    /// A mark price is missing, so equity is not known.
    #[error("no equity yet, for a mark price is missing")]
    NoEquity,
    /// The venue does not list the instrument.
    #[error("not listed by the venue")]
    NotListed,
    /// The plan has no order of the needed kind.
    #[error("no order in the plan")]
    NoOrder,
    /// A number cannot be held.
    #[error(transparent)]
    Number(#[from] MoneyError),
}

impl Unjudged {
    /// Returns the refusal that a rule of `code` gives when it cannot judge.
    pub fn refusal(self, code: Code) -> Refusal {
        let (limit, would_pass) = match self {
            Self::NoPrice => ("a price to judge by", "the same order once the market has a price"),
            Self::NoEquity => ("an equity to judge by", "the same order once every position has a mark price"),
            Self::NotListed => ("an instrument that the venue lists", "an instrument that the venue lists"),
            Self::NoOrder => ("a plan with an order", "a plan with an order"),
            Self::Number(_) => ("numbers that can be held exactly", "a smaller number with fewer digits"),
        };
        Refusal::new(code, limit, self.to_string(), would_pass)
    }
}

/// Returns the finding of a rule of `code`; one that could not judge denies.
pub fn settle(code: Code, judged: Result<Finding, Unjudged>) -> Finding {
    judged.unwrap_or_else(|unjudged| Finding::Deny(unjudged.refusal(code)))
}
