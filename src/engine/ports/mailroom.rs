//! Messages that come in batches, from a service that delivers again whatever was not confirmed.

use async_trait::async_trait;

use crate::domain::ids::SourceKey;
use crate::domain::notice::Notice;

use super::{InboxClaim, InboxMessage, JournalError};

/// The inbox, a batch at a time.
#[async_trait]
pub trait Mailroom: Send + Sync {
    /// Stores the messages that are new, all in one commit, and tells how each stands. Only then may they be confirmed to
    /// whoever delivers them.
    async fn take_in(&self, messages: &[InboxMessage]) -> Result<Vec<InboxClaim>, JournalError>;

    /// Closes messages that nothing will be done about, and queues what is told, in one commit. Those that were dealt with
    /// meanwhile stay as they are.
    async fn dismiss(&self, keys: &[SourceKey], notices: Vec<Notice>) -> Result<(), JournalError>;
}
