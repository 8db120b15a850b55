//! What is done after a step is committed.

use crate::domain::ids::{ClientOrderId, SourceKey};
use crate::domain::instrument::InstrumentId;
use crate::domain::time::Timestamp;
use crate::engine::risk::approve::Approved;

use super::draft::Recipient;

/// Something to do outside, after its facts are committed.
#[derive(Debug)]
pub enum Effect {
    /// Get the licence for an order and send it, once.
    Send(Approved),
    /// Ask the venue to cancel an order.
    Cancel {
        /// Which instrument.
        instrument: InstrumentId,
        /// Which order.
        id: ClientOrderId,
    },
    /// Ask the venue what became of an order.
    Ask {
        /// Which instrument.
        instrument: InstrumentId,
        /// Which order.
        id: ClientOrderId,
        /// Executions since then are asked for, too.
        since: Timestamp,
    },
    /// Ask the venue for its whole picture.
    Reconcile {
        /// Executions since then.
        since: Timestamp,
        /// Who is shown the picture as proof of what was done, if somebody is.
        proof: Option<Proof>,
    },
}

/// Somebody who is shown what stands at the venue after a stop word.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The message.
    pub key: SourceKey,
    /// Who.
    pub to: Recipient,
    /// What was done, as a sentence.
    pub text: String,
    /// What is left to choose.
    pub choices: Vec<String>,
}
