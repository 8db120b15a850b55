//! The journal's face: checks that need no database, then a transaction, tried again only where the database asks for it.

use async_trait::async_trait;
use sqlx::Row;

use crate::domain::actor::ChatId;
use crate::domain::event::{Change, DeskEvent};
use crate::domain::ids::{AccountId, SourceKey};
use crate::domain::notice::Notice;
use crate::domain::order::OrderState;
use crate::domain::time::Timestamp;
use crate::engine::ports::{BookRows, Commit, InboxClaim, InboxMessage, Journal, JournalError, License, OutboxNotice};

use super::ledger::balanced;
use super::open::Store;
use super::outbox::Answer;
use super::write::{ATTEMPTS_MAX, Failure};

/// Bytes of the secret that order ids are derived from.
pub(super) const INSTALL_KEY_BYTES: usize = 32;

/// Runs a transaction again while the database asks for it.
macro_rules! attempts {
    ($store:expr, $work:expr) => {{
        let mut attempt = 1;
        loop {
            match $work.await {
                Err(failure) if failure.is_transient() && attempt < ATTEMPTS_MAX => attempt += 1,
                outcome => break outcome.map_err(|failure: Failure| failure.into_error($store)),
            }
        }
    }};
}

pub(super) use attempts;

/// Checks that a licence tells of exactly what it licences: every row is `Sending`, and one event carries that very row.
pub(super) fn coherent(license: &License) -> Result<(), JournalError> {
    for order in &license.orders {
        let told = license.events.iter().any(|event| matches!(&event.change, Change::Order(row) if **row == *order));
        if order.state != OrderState::Sending || !told {
            let reason = format!("the licence of order {} does not carry its row in state sending", order.spec.id);
            return Err(JournalError::NotWritten(reason));
        }
    }
    if license.orders.is_empty() {
        return Err(JournalError::NotWritten("a licence without orders licences nothing".into()));
    }
    Ok(())
}

/// Checks that facts from outside the Desk change no row.
pub(super) fn only_acts(acts: &[DeskEvent]) -> Result<(), JournalError> {
    match acts.iter().find(|event| !matches!(event.change, Change::Act(_))) {
        Some(event) => Err(JournalError::NotWritten(format!("{} is no act; only the Desk writes other facts", event.kind))),
        None => Ok(()),
    }
}

#[async_trait]
impl Journal for Store {
    async fn claim_desk(&self, account: &AccountId, _now: Timestamp) -> Result<i64, JournalError> {
        self.take_role(account).await
    }

    async fn load(&self, account: &AccountId) -> Result<BookRows, JournalError> {
        self.read_book(account).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), JournalError> {
        balanced(&commit.postings).map_err(JournalError::NotWritten)?;
        attempts!(self, self.try_commit(commit))
    }

    async fn license(&self, license: &License) -> Result<bool, JournalError> {
        coherent(license)?;
        attempts!(self, self.try_license(license))
    }

    async fn inbox_claim(&self, message: &InboxMessage) -> Result<InboxClaim, JournalError> {
        match self.read_inbox_claim(&message.key).await? {
            Some(claim) => Ok(claim),
            None => attempts!(self, self.try_inbox_claim(message)),
        }
    }

    async fn inbox_open(&self) -> Result<Vec<InboxMessage>, JournalError> {
        self.read_inbox_open().await
    }

    async fn outbox_next(&self, count: u32) -> Result<Vec<OutboxNotice>, JournalError> {
        self.read_outbox(count).await
    }

    async fn outbox_done(&self, sequences: &[i64]) -> Result<(), JournalError> {
        attempts!(self, self.try_outbox_done(sequences))
    }

    async fn answer(&self, notices: Vec<Notice>, inbox_done: Option<SourceKey>) -> Result<(), JournalError> {
        self.answer_together(Answer { notices, inbox_done }).await
    }

    async fn record(
        &self,
        account: &AccountId,
        acts: &[DeskEvent],
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError> {
        only_acts(acts)?;
        attempts!(self, self.try_record(account, acts, (&notices, inbox_done.as_ref())))
    }

    async fn open_question(&self, chat: ChatId) -> Result<Option<String>, JournalError> {
        self.read_question(chat).await
    }

    async fn set_question(&self, chat: ChatId, question: Option<String>) -> Result<(), JournalError> {
        self.write_question(chat, question).await
    }

    async fn install_key(&self, fresh: &[u8]) -> Result<Vec<u8>, JournalError> {
        if fresh.len() != INSTALL_KEY_BYTES {
            return Err(JournalError::NotWritten(format!("an install key has {INSTALL_KEY_BYTES} bytes, not {}", fresh.len())));
        }
        let insert = "INSERT INTO meta (key, value) VALUES ('install_key', $1) ON CONFLICT (key) DO NOTHING";
        let made = sqlx::query(insert).bind(hex::encode(fresh)).execute(self.writer());
        self.engine().bounded(made).await.map_err(|error| JournalError::Unknown(self.sentence(&error)))?;
        let row = sqlx::query("SELECT value FROM meta WHERE key = 'install_key' LIMIT 1").fetch_one(self.writer());
        let row = self.engine().bounded(row).await.map_err(|error| self.unread(&error))?;
        let stored: String = row.try_get(0).map_err(|error| self.unread(&error))?;
        match hex::decode(&stored) {
            Ok(key) if key.len() == INSTALL_KEY_BYTES => Ok(key),
            _ => Err(JournalError::NotWritten("the stored install key is damaged; restore a backup".into())),
        }
    }
}
