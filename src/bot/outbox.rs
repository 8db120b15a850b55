//! Delivery of committed notices to a face, at least once and in order.
//!
//! Invariant: a notice is marked as delivered only after the face has taken it. A crash between the two shows it
//! again; it never loses it.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use crate::domain::notice::{Notice, NoticeBody};
use crate::engine::ports::{Journal, JournalError, OutboxNotice};

use super::render::{self, Rendered, place::Place};

/// Notices fetched at a time.
const BATCH_NOTICES: u32 = 32;

/// Why a face did not take a notice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaceError {
    /// Nobody listens any more; a reason to leave quietly.
    #[error("the reader of the output is gone")]
    Closed,
    /// It may work later.
    #[error("the message could not be shown: {0}")]
    Failed(String),
}

/// Something that shows notices to a person.
#[async_trait]
pub trait Face: Send + Sync {
    /// Shows a notice; once it returns, the notice counts as delivered.
    async fn show(&self, notice: &Notice, rendered: &Rendered) -> Result<(), FaceError>;
}

/// Why delivery stopped. What was not shown stays in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DrainError {
    /// The outbox could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The face did not take a notice.
    #[error(transparent)]
    Face(#[from] FaceError),
}

/// The one consumer of an account's outbox.
pub struct Outbox {
    journal: Arc<dyn Journal>,
    place: Place,
    // Two drains at once would show the same notice twice, and out of order.
    turn: Mutex<()>,
}

impl Outbox {
    /// Returns a consumer that renders for `place`.
    pub fn new(journal: Arc<dyn Journal>, place: Place) -> Self {
        Self { journal, place, turn: Mutex::new(()) }
    }

    /// Delivers everything that waits, oldest first.
    ///
    /// # Errors
    /// [`DrainError`]; the notice it stopped at, and those after it, are kept.
    pub async fn drain(&self, face: &dyn Face) -> Result<(), DrainError> {
        let _turn = self.turn.lock().await;
        loop {
            let waiting = self.journal.outbox_next(BATCH_NOTICES).await?;
            if waiting.is_empty() {
                return Ok(());
            }
            let mut delivered = Vec::with_capacity(waiting.len());
            let mut failure = None;
            for (notice, sequences) in gathered(waiting) {
                if let Err(error) = face.show(&notice, &render::render(&notice, &self.place)).await {
                    failure = Some(error);
                    break;
                }
                delivered.extend(sequences);
            }
            if !delivered.is_empty() {
                self.journal.outbox_done(&delivered).await?;
            }
            if let Some(error) = failure {
                return Err(error.into());
            }
        }
    }
}

/// Returns the notices as they are shown: neighbours that say the same of different orders are one message (three exits
/// that end with their position are news once).
fn gathered(waiting: Vec<OutboxNotice>) -> Vec<(Notice, Vec<i64>)> {
    let mut shown: Vec<(Notice, Vec<i64>)> = Vec::with_capacity(waiting.len());
    for OutboxNotice { sequence, notice } in waiting {
        match shown.last_mut() {
            Some((last, sequences)) if say_the_same(last, &notice) => {
                if let (NoticeBody::OrderNews { orders, .. }, NoticeBody::OrderNews { orders: more, .. }) = (&mut last.body, notice.body) {
                    orders.extend(more);
                }
                sequences.push(sequence);
            }
            _ => shown.push((notice, vec![sequence])),
        }
    }
    shown
}

fn say_the_same(one: &Notice, other: &Notice) -> bool {
    match (&one.body, &other.body) {
        (NoticeBody::OrderNews { text, .. }, NoticeBody::OrderNews { text: same, .. }) => {
            text == same && one.chat == other.chat && one.cause == other.cause
        }
        _ => false,
    }
}
