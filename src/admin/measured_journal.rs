//! A journal whose commits are timed, and told to those who listen once they are written. It changes nothing.

use std::sync::Arc;

use async_trait::async_trait;

use crate::clock::Stopwatch;
use crate::domain::actor::ChatId;
use crate::domain::event::DeskEvent;
use crate::domain::ids::{AccountId, SourceKey};
use crate::domain::notice::Notice;
use crate::domain::time::Timestamp;
use crate::engine::ports::{BookRows, Commit, InboxClaim, InboxMessage, Journal, JournalError, License, OutboxNotice};

use super::live::Live;
use super::metrics::Metrics;
use super::trail::Trail;

/// A journal, measured.
pub struct MeasuredJournal {
    /// The journal.
    pub inner: Arc<dyn Journal>,
    /// Where its commits are counted.
    pub metrics: Arc<Metrics>,
    /// Where its messages are followed.
    pub trail: Arc<Trail>,
    /// Who is told.
    pub live: Live,
}

#[async_trait]
impl Journal for MeasuredJournal {
    async fn claim_desk(&self, account: &AccountId, now: Timestamp) -> Result<i64, JournalError> {
        self.inner.claim_desk(account, now).await
    }

    async fn load(&self, account: &AccountId) -> Result<BookRows, JournalError> {
        self.inner.load(account).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), JournalError> {
        let watch = Stopwatch::start();
        let outcome = self.inner.commit(commit).await;
        self.metrics.committed(watch.passed(), outcome.as_ref().copied());
        if outcome.is_ok() {
            self.trail.committed(commit);
            self.live.tell(commit);
        }
        outcome
    }

    async fn license(&self, license: &License) -> Result<bool, JournalError> {
        let watch = Stopwatch::start();
        let outcome = self.inner.license(license).await;
        self.metrics.committed(watch.passed(), outcome.as_ref().map(|_| ()));
        outcome
    }

    async fn inbox_claim(&self, message: &InboxMessage) -> Result<InboxClaim, JournalError> {
        let claim = self.inner.inbox_claim(message).await?;
        if claim == InboxClaim::New {
            self.trail.message(message);
        }
        Ok(claim)
    }

    async fn record(
        &self,
        account: &AccountId,
        acts: &[DeskEvent],
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError> {
        self.inner.record(account, acts, notices, inbox_done).await
    }

    async fn inbox_open(&self) -> Result<Vec<InboxMessage>, JournalError> {
        self.inner.inbox_open().await
    }

    async fn outbox_next(&self, count: u32) -> Result<Vec<OutboxNotice>, JournalError> {
        self.inner.outbox_next(count).await
    }

    async fn outbox_done(&self, sequences: &[i64]) -> Result<(), JournalError> {
        self.inner.outbox_done(sequences).await
    }

    async fn answer(&self, notices: Vec<Notice>, inbox_done: Option<SourceKey>) -> Result<(), JournalError> {
        let outcome = self.inner.answer(notices, inbox_done.clone()).await;
        if let (Ok(()), Some(key)) = (&outcome, &inbox_done) {
            self.trail.done(key);
        }
        outcome
    }

    async fn open_question(&self, chat: ChatId) -> Result<Option<String>, JournalError> {
        self.inner.open_question(chat).await
    }

    async fn set_question(&self, chat: ChatId, question: Option<String>) -> Result<(), JournalError> {
        self.inner.set_question(chat, question).await
    }

    async fn install_key(&self, fresh: &[u8]) -> Result<Vec<u8>, JournalError> {
        self.inner.install_key(fresh).await
    }
}
