//! The face's memory, in memory.

use async_trait::async_trait;

use crate::domain::actor::ChatId;
use crate::domain::time::Timestamp;
use crate::engine::ports::{JournalError, OutboxNotice};
use crate::store::marks::{ChatMarks, Mark, OPEN_MAX};
use crate::store::outbox::NEXT_MAX;

use super::MemoryStore;

#[async_trait]
impl ChatMarks for MemoryStore {
    async fn put_mark(&self, mark: &Mark) -> Result<(), JournalError> {
        self.writable()?.marks.insert((mark.chat, mark.key.clone()), mark.clone());
        Ok(())
    }

    async fn mark(&self, chat: ChatId, key: &str) -> Result<Option<Mark>, JournalError> {
        Ok(self.alive()?.marks.get(&(chat, key.to_owned())).cloned())
    }

    async fn open_marks(&self, chat: ChatId) -> Result<Vec<Mark>, JournalError> {
        let mut open: Vec<Mark> = self.alive()?.marks.values().filter(|mark| mark.chat == chat && mark.open).cloned().collect();
        open.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.key.cmp(&b.key)));
        open.truncate(usize::try_from(OPEN_MAX).unwrap_or(usize::MAX));
        Ok(open)
    }

    async fn forget_marks(&self, before: Timestamp) -> Result<(), JournalError> {
        self.writable()?.marks.retain(|_, mark| mark.at >= before);
        Ok(())
    }

    async fn wishes(&self, chat: ChatId) -> Result<Option<String>, JournalError> {
        Ok(self.alive()?.wishes.get(&chat).cloned())
    }

    async fn set_wishes(&self, chat: ChatId, wishes: &str) -> Result<(), JournalError> {
        self.writable()?.wishes.insert(chat, wishes.to_owned());
        Ok(())
    }

    async fn outbox_after(&self, sequence: i64, count: u32) -> Result<Vec<OutboxNotice>, JournalError> {
        let durable = self.alive()?;
        let behind = durable.outbox.range(sequence.saturating_add(1)..).take(usize::try_from(count.min(NEXT_MAX)).unwrap_or(usize::MAX));
        Ok(behind.map(|(sequence, notice)| OutboxNotice { sequence: *sequence, notice: notice.clone() }).collect())
    }
}
