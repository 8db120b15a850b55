//! What goes wrong between the Desk and the venue.

use std::collections::BTreeSet;

use crate::domain::ids::ClientOrderId;
use crate::domain::order::Leg;

/// What goes wrong at the venue.
#[derive(Default)]
pub struct Faults {
    /// Answers to this many sends are lost, though the venue takes them.
    pub lost_answers: usize,
    /// This many sends are lost on their way.
    pub lost_sends: usize,
    /// Answers to this many cancels are lost with them.
    pub lost_cancels: usize,
    /// Orders of this leg are refused.
    pub refused: Option<Leg>,
    /// Nothing is pushed.
    pub silent: bool,
    /// Orders that the venue denies to know when it is asked.
    pub forgotten: BTreeSet<ClientOrderId>,
    /// Questions get no answer.
    pub deaf: bool,
}
