//! A journal before which another process takes the Desk over whenever a licence is asked for.

use async_trait::async_trait;
use outcry::domain::actor::ChatId;
use outcry::domain::event::DeskEvent;
use outcry::domain::ids::{AccountId, SourceKey};
use outcry::domain::notice::Notice;
use outcry::domain::time::Timestamp;
use outcry::engine::ports::{BookRows, Commit, InboxClaim, InboxMessage, Journal, JournalError, License, OutboxNotice};
use outcry::store::memory::MemoryStore;

/// The memory journal, taken over before each licence.
pub struct Usurped(pub MemoryStore);

#[async_trait]
impl Journal for Usurped {
    async fn license(&self, license: &License) -> Result<bool, JournalError> {
        self.0.claim_desk(&license.account, Timestamp::from_ms(0)).await?;
        self.0.license(license).await
    }
    async fn claim_desk(&self, account: &AccountId, now: Timestamp) -> Result<i64, JournalError> {
        self.0.claim_desk(account, now).await
    }
    async fn load(&self, account: &AccountId) -> Result<BookRows, JournalError> {
        self.0.load(account).await
    }
    async fn commit(&self, commit: &Commit) -> Result<(), JournalError> {
        self.0.commit(commit).await
    }
    async fn inbox_claim(&self, message: &InboxMessage) -> Result<InboxClaim, JournalError> {
        self.0.inbox_claim(message).await
    }
    async fn inbox_open(&self) -> Result<Vec<InboxMessage>, JournalError> {
        self.0.inbox_open().await
    }
    async fn outbox_next(&self, count: u32) -> Result<Vec<OutboxNotice>, JournalError> {
        self.0.outbox_next(count).await
    }
    async fn outbox_done(&self, sequences: &[i64]) -> Result<(), JournalError> {
        self.0.outbox_done(sequences).await
    }
    async fn answer(&self, notices: Vec<Notice>, inbox_done: Option<SourceKey>) -> Result<(), JournalError> {
        self.0.answer(notices, inbox_done).await
    }
    async fn record(
        &self,
        account: &AccountId,
        acts: &[DeskEvent],
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError> {
        self.0.record(account, acts, notices, inbox_done).await
    }
    async fn open_question(&self, chat: ChatId) -> Result<Option<String>, JournalError> {
        self.0.open_question(chat).await
    }
    async fn set_question(&self, chat: ChatId, question: Option<String>) -> Result<(), JournalError> {
        self.0.set_question(chat, question).await
    }
    async fn install_key(&self, fresh: &[u8]) -> Result<Vec<u8>, JournalError> {
        self.0.install_key(fresh).await
    }
}
