//! The inbox in memory, a batch at a time.

use async_trait::async_trait;

use crate::domain::ids::SourceKey;
use crate::domain::notice::Notice;
use crate::engine::ports::mailroom::Mailroom;
use crate::engine::ports::{InboxClaim, InboxMessage, Journal, JournalError};

use super::MemoryStore;

#[async_trait]
impl Mailroom for MemoryStore {
    async fn take_in(&self, messages: &[InboxMessage]) -> Result<Vec<InboxClaim>, JournalError> {
        let mut claims = Vec::with_capacity(messages.len());
        for message in messages {
            claims.push(self.inbox_claim(message).await?);
        }
        Ok(claims)
    }

    async fn dismiss(&self, keys: &[SourceKey], notices: Vec<Notice>) -> Result<(), JournalError> {
        let mut durable = self.writable()?;
        for key in keys {
            durable.mark_done(key.clone());
        }
        durable.tell(notices);
        Ok(())
    }
}
