//! How a Desk's runtime stands, as it tells whoever asks after its health. Figures only: nothing is decided by them.

use crate::domain::rows::TradingState;

/// How a runtime stood after its latest input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeskHealth {
    /// The epoch of its hold on the Desk.
    pub epoch: i64,
    /// Whether its books were compared with the venue.
    pub reconciled: bool,
    /// Whether it takes new risk; none before it knows.
    pub trading: Option<TradingState>,
    /// The venue's words that wait for a journal that does not write.
    pub backlog: usize,
}
