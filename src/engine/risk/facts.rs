//! What a rule may look at: one plan and plain figures of the account, gathered by the Desk before the rules run.

use crate::domain::instrument::Instrument;
use crate::domain::market::Quote;
use crate::domain::money::{Amount, Price, Quantity};
use crate::domain::order::Side;
use crate::domain::plan::Plan;
use crate::domain::position::Direction;
use crate::domain::rows::TradingState;
use crate::domain::time::Timestamp;

use super::limits::Limits;

/// Who wants it, as far as rules care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A person, by card.
    Person,
    /// A person, by a stop word: exits only.
    StopWord,
    /// The account's own protection: exits only.
    Protection,
    /// A mandate.
    Machine,
}

/// Which look this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// For the card.
    Check,
    /// After the tap, on a fresh quote. The person has seen a second card if one was needed.
    Approve,
}

/// Everything the rules may look at. Money is in the quote currency; `None` is missing data, and missing data denies.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// Now.
    pub now: Timestamp,
    /// Which look.
    pub stage: Stage,
    /// Who asks.
    pub asker: Asker,
    /// What is judged.
    pub plan: &'a Plan,
    /// Its instrument; none if the venue no longer lists it.
    pub instrument: Option<&'a Instrument>,
    /// The latest quote.
    pub quote: Option<Quote>,
    /// The numbers.
    pub limits: &'a Limits,
    /// Active, Reducing or Halted.
    pub trading: TradingState,
    /// Whether the account agrees with the venue.
    pub reconciled: bool,
    /// Whether an order of this instrument has an unknown outcome.
    pub outcome_unknown: bool,
    /// Equity at mark prices; none while a mark is missing.
    pub equity: Option<Amount>,
    /// Quote currency that is free: cash less reservations.
    pub free_quote: Amount,
    /// Base currency that is free to sell (spot).
    pub free_base: Quantity,
    /// The position in this instrument.
    pub position: Option<(Direction, Quantity)>,
    /// Average entry price of that position; none when flat.
    pub entry_price: Option<Price>,
    /// Number of positions that are open or may be opened by working orders, this instrument left out.
    pub other_positions: usize,
    /// Number of working orders, exits left out.
    pub open_orders: usize,
    /// Notional at mark of position and working entries of this symbol.
    pub symbol_exposure: Amount,
    /// Notional at mark of all positions and working entries.
    pub gross_exposure: Amount,
    /// Own resting orders of this instrument: side and limit price.
    pub resting: &'a [(Side, Price)],
    /// Times of confirmed opening plans in the last day, oldest first, this one left out.
    pub recent_opens: &'a [Timestamp],
    /// Confirmed opening plans of the last half minute on this instrument and side: time and quantity.
    pub similar_opens: &'a [(Timestamp, Quantity)],
    /// Quantities of this person's opening plans of this instrument in the last thirty days.
    pub usual_quantities: &'a [Quantity],
    /// Equity at the start of the UTC day.
    pub day_equity: Amount,
    /// Highest equity so far.
    pub peak_equity: Amount,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The rule does not concern this plan.
    NotConcerned,
    /// Inside the limit.
    Pass {
        /// What the rule allows.
        limit: String,
        /// What was asked.
        actual: String,
    },
    /// Inside the limit, but worth a word on the card.
    Warn {
        /// What the rule allows.
        limit: String,
        /// What was asked.
        actual: String,
        /// The sentence for the card.
        text: String,
    },
    /// Needs a second card ("Really …?").
    SecondCard {
        /// What the rule allows.
        limit: String,
        /// What was asked.
        actual: String,
        /// The sentence for the card.
        text: String,
    },
    /// Not allowed.
    Deny(crate::domain::refusal::Refusal),
}

/// One rule: a name, and a pure function of the facts.
pub struct Rule {
    /// The code it denies with (a rule that may deny with two codes names its first).
    pub code: crate::domain::refusal::Code,
    /// The rule.
    pub look: fn(&Facts<'_>) -> Finding,
    /// Whether it may want a second card.
    pub may_ask: bool,
}
