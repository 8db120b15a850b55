//! What a Desk knows beside its books: nothing of it is stored, and a step hands it on as it hands on facts.

use crate::domain::time::Timestamp;

/// What a Desk remembers without storing it: it starts afresh with every process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// Whether the books agreed with the venue since this process began.
    pub reconciled: bool,
    /// Consecutive pictures of the venue that disagreed with the books.
    pub mismatches: u32,
    /// When the next picture is due.
    pub picture_at: Option<Timestamp>,
    /// When the last picture came.
    pub pictured_at: Option<Timestamp>,
    /// When books and venue last agreed.
    pub agreed_at: Option<Timestamp>,
    /// When the loss rules were last looked at; none while they are due, as after every execution.
    pub looked_at: Option<Timestamp>,
    /// When the next snapshot of the account is due; none if none was taken yet.
    pub snapshot_at: Option<Timestamp>,
}
