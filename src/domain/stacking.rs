//! A position that was added to while it had a stop: one stop for all of it is to take the place of the two.

use serde::{Deserialize, Serialize};

use super::money::{Price, Quantity};
use super::time::Timestamp;

/// What is left to do after a position was added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stacking {
    /// Where the one stop belongs: that of the newest plan.
    pub stop: Price,
    /// How much was added without targets of its own; the targets in place are to grow by it.
    pub added: Quantity,
    /// How often the one stop was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_at: Timestamp,
}
