//! What a chat's face remembers: the message that shows a card, where an answer belongs, and what the chat wants to be told.
//!
//! Nothing of it decides about trading. Losing it costs comfort: a card is then no longer edited, but told of anew.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::actor::ChatId;
use crate::domain::time::Timestamp;
use crate::engine::ports::{JournalError, OutboxNotice};

use super::open::Store;
use super::outbox::NEXT_MAX;

/// Most marks of a chat that are returned at once.
pub(super) const OPEN_MAX: i64 = 20;

/// Something that a face remembers about a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// In which chat.
    pub chat: ChatId,
    /// About what: `card:{nonce}`, or `cause:{source key}`.
    pub key: String,
    /// The message that shows it, or that an answer is to be written into.
    pub message: Option<i64>,
    /// The topic it stands in.
    pub thread: Option<i64>,
    /// When.
    pub at: Timestamp,
    /// Whether it still waits for its outcome.
    pub open: bool,
    /// What else is known, as JSON.
    pub body: String,
}

/// The memory of a face.
#[async_trait]
pub trait ChatMarks: Send + Sync {
    /// Stores a mark; one of the same chat and key is replaced.
    async fn put_mark(&self, mark: &Mark) -> Result<(), JournalError>;

    /// Returns a mark.
    async fn mark(&self, chat: ChatId, key: &str) -> Result<Option<Mark>, JournalError>;

    /// Returns a chat's marks that wait for their outcome, newest first, at most 20.
    async fn open_marks(&self, chat: ChatId) -> Result<Vec<Mark>, JournalError>;

    /// Forgets the marks from before a moment.
    async fn forget_marks(&self, before: Timestamp) -> Result<(), JournalError>;

    /// Returns what a chat wants, as JSON; `None` if it never said so.
    async fn wishes(&self, chat: ChatId) -> Result<Option<String>, JournalError>;

    /// Stores what a chat wants, as JSON.
    async fn set_wishes(&self, chat: ChatId, wishes: &str) -> Result<(), JournalError>;

    /// Returns undelivered notices behind a place in the queue, oldest first.
    async fn outbox_after(&self, sequence: i64, count: u32) -> Result<Vec<OutboxNotice>, JournalError>;
}

#[async_trait]
impl ChatMarks for Store {
    async fn put_mark(&self, mark: &Mark) -> Result<(), JournalError> {
        let sql = "INSERT INTO telegram_messages (chat, key, message, thread, at, open, body) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (chat, key) DO UPDATE SET message = excluded.message, thread = excluded.thread, at = excluded.at, \
             open = excluded.open, body = excluded.body";
        let query = sqlx::query(sql).bind(mark.chat.0).bind(mark.key.as_str()).bind(mark.message).bind(mark.thread);
        let query = query.bind(mark.at.ms()).bind(i64::from(mark.open)).bind(mark.body.as_str());
        self.written(query.execute(self.writer())).await
    }

    async fn mark(&self, chat: ChatId, key: &str) -> Result<Option<Mark>, JournalError> {
        let sql = "SELECT chat, key, message, thread, at, open, body FROM telegram_messages WHERE chat = $1 AND key = $2 LIMIT 1";
        let row = sqlx::query(sql).bind(chat.0).bind(key).fetch_optional(self.readers());
        let row = self.engine().bounded(row).await.map_err(|error| self.unread(&error))?;
        row.map(|row| mark_of(&row)).transpose().map_err(|error| self.unread(&error))
    }

    async fn open_marks(&self, chat: ChatId) -> Result<Vec<Mark>, JournalError> {
        let sql = "SELECT chat, key, message, thread, at, open, body FROM telegram_messages WHERE chat = $1 AND open = 1 \
             ORDER BY at DESC, key LIMIT $2";
        let rows = sqlx::query(sql).bind(chat.0).bind(OPEN_MAX).fetch_all(self.readers());
        let rows = self.engine().bounded(rows).await.map_err(|error| self.unread(&error))?;
        rows.iter().map(mark_of).collect::<Result<_, _>>().map_err(|error| self.unread(&error))
    }

    async fn forget_marks(&self, before: Timestamp) -> Result<(), JournalError> {
        let query = sqlx::query("DELETE FROM telegram_messages WHERE at < $1").bind(before.ms());
        self.written(query.execute(self.writer())).await
    }

    async fn wishes(&self, chat: ChatId) -> Result<Option<String>, JournalError> {
        let row = sqlx::query("SELECT body FROM telegram_chats WHERE chat = $1 LIMIT 1").bind(chat.0).fetch_optional(self.readers());
        let row = self.engine().bounded(row).await.map_err(|error| self.unread(&error))?;
        row.map(|row| row.try_get(0)).transpose().map_err(|error| self.unread(&error))
    }

    async fn set_wishes(&self, chat: ChatId, wishes: &str) -> Result<(), JournalError> {
        let sql = "INSERT INTO telegram_chats (chat, body) VALUES ($1, $2) ON CONFLICT (chat) DO UPDATE SET body = excluded.body";
        self.written(sqlx::query(sql).bind(chat.0).bind(wishes).execute(self.writer())).await
    }

    async fn outbox_after(&self, sequence: i64, count: u32) -> Result<Vec<OutboxNotice>, JournalError> {
        let rows = sqlx::query("SELECT sequence, body FROM outbox WHERE done = 0 AND sequence > $1 ORDER BY sequence LIMIT $2")
            .bind(sequence)
            .bind(i64::from(count.min(NEXT_MAX)))
            .fetch_all(self.readers());
        let rows = self.engine().bounded(rows).await.map_err(|error| self.unread(&error))?;
        rows.iter()
            .map(|row| {
                let sequence = row.try_get(0).map_err(|error| self.unread(&error))?;
                Ok(OutboxNotice { sequence, notice: super::load::decoded(row, 1, "notice")? })
            })
            .collect()
    }
}

impl Store {
    /// Waits for a single statement, which commits itself: its failure does not tell whether it took place.
    async fn written<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>> + Send) -> Result<(), JournalError> {
        self.engine().bounded(work).await.map(|_| ()).map_err(|error| JournalError::Unknown(self.sentence(&error)))
    }
}

fn mark_of(row: &AnyRow) -> Result<Mark, sqlx::Error> {
    let open: i64 = row.try_get(5)?;
    Ok(Mark {
        chat: ChatId(row.try_get(0)?),
        key: row.try_get(1)?,
        message: row.try_get(2)?,
        thread: row.try_get(3)?,
        at: Timestamp::from_ms(row.try_get(4)?),
        open: open != 0,
        body: row.try_get(6)?,
    })
}
